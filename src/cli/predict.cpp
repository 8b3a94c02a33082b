#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "balmer/readers.hpp"
#include "cli/commands.hpp"
#include "study/run_reader.hpp"

namespace balmer::cli {

namespace {

struct PredictArguments {
    std::string model;
    std::string data;
    std::string output;
    int complexity = 0;
};

/// The label of every row (empty where all scores are NaN) and the probability of each class.
void add_classes(const Model& model, const std::vector<std::vector<double>>& scores, Table& table) {
    const auto codes = classify(model, scores);
    TextColumn label{.name = "label", .categories = model.classes, .codes = codes};
    label.categories.emplace_back();
    for (std::size_t row = 0; row < codes.size(); ++row) {
        const bool unknown = std::all_of(scores.begin(), scores.end(), [row](const auto& score) { return std::isnan(score[row]); });
        label.codes[row] = unknown ? static_cast<std::uint32_t>(model.classes.size()) : codes[row];
    }
    table.text.push_back(std::move(label));
    table.order.emplace_back("label");
    auto shares = probabilities(model, scores);
    for (std::size_t k = 0; k < shares.size(); ++k) {
        const std::string name = "probability_" + model.classes[k];
        table.numeric.emplace_back(name, std::move(shares[k]));
        table.order.push_back(name);
    }
}

int predict_command(const PredictArguments& options) {
    const Model model = model_of(options.model, options.complexity > 0 ? std::optional(options.complexity) : std::nullopt);
    const Table data = read_table(options.data);
    auto values = predict(model, data);
    Table result;
    result.rows = data.rows;
    if (model.task == Task::classification) {
        add_classes(model, values, result);
    } else {
        for (std::size_t k = 0; k < values.size(); ++k) {
            result.numeric.emplace_back(model.outputs[k].name, std::move(values[k]));
            result.order.push_back(model.outputs[k].name);
        }
    }
    write_result(options.output, to_csv(result));
    return exit_done;
}

}  // namespace

void add_predict(CLI::App& app, std::function<int()>& run) {
    auto options = std::make_shared<PredictArguments>();
    auto* predict_app = app.add_subcommand("predict",
                                           "values of a found formula on a table\n\n"
                                           "Writes comma-separated values with a header, one line per row of DATA: the outputs by name; for classes "
                                           "the label and the probability of each class. Columns are found by name, others are ignored. Outside an "
                                           "operator's domain the value is nan, and so it is where a cell of DATA is missing.");
    predict_app->add_option("RUN|MODEL|FORMULA", options->model, "run folder (its chosen formula), model file, or \"y = formula\" in quotes")->required();
    predict_app->add_option("DATA", options->data, "table in any format that fit reads")->required();
    predict_app->add_option("-o,--output", options->output, "write here instead of standard output")->type_name("FILE");
    predict_app->add_option("--complexity", options->complexity, "the run's formula of this complexity instead of the chosen one")->type_name("N")->check(CLI::PositiveNumber);
    predict_app->footer("Examples:\n  balmer predict run-events-1 more.csv -o predicted.csv\n  balmer predict model.json events.csv | head\n  balmer predict \"pt = sqrt(px^2 + py^2); mt = sqrt(m^2 + px^2 + py^2)\" events.csv");
    predict_app->callback([options, &run] { run = [options] { return predict_command(*options); }; });
}

}  // namespace balmer::cli
