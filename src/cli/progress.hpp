#pragma once

#include <memory>
#include <string>

#include "balmer/study.hpp"

namespace balmer::cli {

/// A listener that shows a fit on standard error: "bar" (a live line under the formulas as they come), "plain" (lines), "json" (a JSON
/// object a line), "none"; "auto" is bar on a terminal and plain elsewhere. Throws balmer::Error for other names.
std::unique_ptr<FitListener> make_progress(const std::string& name, double seconds, double evaluations);

}  // namespace balmer::cli
