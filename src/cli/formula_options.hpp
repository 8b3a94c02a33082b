#pragma once

#include <string>
#include <vector>

#include "balmer/expression.hpp"

namespace CLI {
class App;
}

namespace balmer::cli {

/// A formula on the command line with the operators that it may use.
struct FormulaOptions {
    std::string formula;
    std::vector<std::string> define;

    /// Adds FORMULA and --define.
    void add_to(CLI::App& app);
    /// A vocabulary with the operators of --define and these columns.
    Vocabulary vocabulary(std::vector<std::string> features = {}) const;
};

}  // namespace balmer::cli
