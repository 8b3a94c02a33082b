#include "cli/formula_options.hpp"

#include <CLI/CLI.hpp>

namespace balmer::cli {

void FormulaOptions::add_to(CLI::App& app) {
    app.add_option("FORMULA", formula, "a formula, in quotes: + - * / ^, functions, numbers, pi, e, column names")->required();
    app.add_option("--define", define, "an operator of your own, \"name(x) = formula\"; repeatable")->type_name("DEFINITION")->expected(1)->take_all()->allow_extra_args(false);
}

Vocabulary FormulaOptions::vocabulary(std::vector<std::string> features) const {
    Vocabulary result{.features = std::move(features), .parameters = {}, .definitions = {}, .holes = {}};
    for (const std::string& text : define) {
        result.definitions.push_back(parse_definition(text, result));
    }
    return result;
}

}  // namespace balmer::cli
