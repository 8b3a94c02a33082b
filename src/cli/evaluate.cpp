#include "balmer/evaluate.hpp"

#include <CLI/CLI.hpp>

#include <memory>

#include "balmer/model.hpp"
#include "balmer/readers.hpp"
#include "cli/commands.hpp"
#include "cli/formula_options.hpp"

namespace balmer::cli {

namespace {

struct EvaluateArguments {
    FormulaOptions formula;
    std::string data;
    std::string output;
};

int evaluate_command(const EvaluateArguments& options) {
    const Table data = read_table(options.data);
    std::vector<std::string> columns;
    for (const Column& column : data.numeric) {
        columns.push_back(column.name());
    }
    const Vocabulary vocabulary = options.formula.vocabulary(columns);
    const Model model = Model::from_expressions({parse(options.formula.formula, vocabulary)}, vocabulary);
    Table result;
    result.rows = data.rows;
    result.numeric.emplace_back("value", predict(model, data)[0]);
    result.order.emplace_back("value");
    write_result(options.output, to_csv(result));
    return exit_done;
}

}  // namespace

void add_evaluate(CLI::App& app, std::function<int()>& run) {
    auto options = std::make_shared<EvaluateArguments>();
    auto* evaluate_app = app.add_subcommand("evaluate",
                                            "values of a formula on a table\n\n"
                                            "Writes the header `value` and one number per row of DATA, whose columns are the formula's names. Outside "
                                            "an operator's domain the value is nan.");
    options->formula.add_to(*evaluate_app);
    evaluate_app->add_option("DATA", options->data, "table in any format that fit reads")->required();
    evaluate_app->add_option("-o,--output", options->output, "write here instead of standard output")->type_name("FILE");
    evaluate_app->footer("Example:\n  balmer evaluate \"sqrt(px^2 + py^2)\" events.csv -o pt.csv");
    evaluate_app->callback([options, &run] { run = [options] { return evaluate_command(*options); }; });
}

}  // namespace balmer::cli
