#include "balmer/derivative.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "balmer/error.hpp"
#include "balmer/simplify.hpp"
#include "cli/commands.hpp"
#include "cli/formula_options.hpp"

namespace balmer::cli {

namespace {

struct DerivativeArguments {
    FormulaOptions formula;
    std::string by;
};

int derivative_command(const DerivativeArguments& options) {
    Vocabulary vocabulary = options.formula.vocabulary();
    const Expression expression = parse(options.formula.formula, vocabulary, UnknownName::feature);
    const auto& names = vocabulary.features;
    const auto found = std::find(names.begin(), names.end(), options.by);
    if (found == names.end()) {
        throw Error(fmt::format("--by {}: the formula has no variable of that name.{} It has: {}", options.by, suggest(options.by, names),
                                names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
    }
    const By by{.kind = By::Kind::feature, .index = static_cast<std::int32_t>(found - names.begin())};
    const SimplifyResult shortest = simplify(derivative(expression, by, vocabulary.definitions), vocabulary.definitions, {});
    write_result("", print(tidied(shortest.expression), vocabulary) + "\n");
    return exit_done;
}

}  // namespace

void add_derivative(CLI::App& app, std::function<int()>& run) {
    auto options = std::make_shared<DerivativeArguments>();
    auto* derivative_app = app.add_subcommand("derivative",
                                              "the exact derivative of a formula\n\n"
                                              "Prints the derivative by one variable, simplified. Piecewise constant operators (sign, step, floor, comparisons) "
                                              "have derivative 0. Every name that is no function is a variable.");
    options->formula.add_to(*derivative_app);
    derivative_app->add_option("--by", options->by, "the variable")->type_name("NAME")->required();
    derivative_app->footer("Example:\n  balmer derivative \"x^2*sin(y)\" --by x");
    derivative_app->callback([options, &run] { run = [options] { return derivative_command(*options); }; });
}

}  // namespace balmer::cli
