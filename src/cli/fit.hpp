#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace balmer::cli {

/// Adds the subcommand `fit` to the program; when it is chosen, `run` is what it does and returns the exit code.
void add_fit(CLI::App& app, std::function<int()>& run);

}  // namespace balmer::cli
