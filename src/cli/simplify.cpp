#include "balmer/simplify.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <memory>

#include "cli/commands.hpp"
#include "cli/formula_options.hpp"

namespace balmer::cli {

namespace {

struct SimplifyArguments {
    FormulaOptions formula;
    std::string measure = "tree";
};

int simplify_command(const SimplifyArguments& options) {
    Vocabulary vocabulary = options.formula.vocabulary();
    const Expression expression = parse(options.formula.formula, vocabulary, UnknownName::feature);
    SimplifyOptions how;
    how.cost = ComplexityMeasure::from_name(options.measure);
    const SimplifyResult result = simplify(expression, vocabulary.definitions, how);
    write_result("", print(tidied(result.expression), vocabulary) + "\n");
    return exit_done;
}

}  // namespace

void add_simplify(CLI::App& app, std::function<int()>& run) {
    auto options = std::make_shared<SimplifyArguments>();
    auto* simplify_app = app.add_subcommand("simplify",
                                            "the shortest equal formula\n\n"
                                            "Finds the formula of least complexity that has the same value wherever the given one is finite, by "
                                            "equality saturation. Every name that is no function is a real variable.");
    options->formula.add_to(*simplify_app);
    simplify_app->add_option("--measure", options->measure, "what counts: tree, sympy, cycles, or a file of operator,weight lines")->type_name("MEASURE")->capture_default_str();
    simplify_app->footer("Examples:\n  balmer simplify \"x*x/x + 0*y\"\n  balmer simplify \"exp(log(a) + log(b))\" --measure sympy");
    simplify_app->callback([options, &run] { run = [options] { return simplify_command(*options); }; });
}

}  // namespace balmer::cli
