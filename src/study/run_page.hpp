#pragma once

#include <string>

#include "balmer/search.hpp"
#include "study/run_reader.hpp"

namespace balmer {

/// A run as one HTML page. `problem` holds the rows it was fitted on, nullptr when they are not at hand: the page says why in `missing_data`.
std::string run_page(const RunReader& run, const Problem* problem, const std::string& missing_data = {});

}  // namespace balmer
