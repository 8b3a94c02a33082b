#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "balmer/atomic_file.hpp"
#include "balmer/error.hpp"
#include "cli/commands.hpp"
#include "cli/constants.hpp"
#include "study/run_reader.hpp"

namespace balmer::cli {

namespace {

struct ShowArguments {
    std::string run;
    std::string format = "table";
    int digits = 6;
};

/// One formula of the front, from its model: text with rounded constants, or LaTeX.
std::string formula(const RunReader& run, const FrontRow& row, int digits, bool as_latex) {
    const Model model = run.model(row.complexity);
    std::string text;
    for (const Output& output : model.outputs) {
        const PrintOptions options{.digits = digits, .uncertainties = {}};
        text += text.empty() ? "" : as_latex ? ",\\; " : "; ";
        text += as_latex ? latex(output.expression, model.vocabulary, options) : print(output.expression, model.vocabulary, options);
    }
    return text;
}

bool has_validation(const RunReader& run) {
    return std::any_of(run.front.begin(), run.front.end(), [](const FrontRow& row) { return !std::isnan(row.validation); });
}

/// How the run stands, unless it simply ended.
std::string standing(const RunReader& run) {
    const std::string go_on = "go on with: balmer fit --resume " + run.path.string() + "\n";
    switch (run.state) {
        case RunState::finished: return "";
        case RunState::interrupted: return "the run was interrupted; " + go_on;
        case RunState::running: return "the run is going on\n";
        case RunState::killed: return "the run was killed before it could end; " + go_on;
        case RunState::elsewhere: return "the run is going on on another machine, or was killed there\n";
    }
    return "";
}

std::string as_table(const RunReader& run, int digits) {
    const bool validated = has_validation(run);
    const int best = run.front.empty() ? 0 : run.best();
    std::string text = fmt::format("  {:>10}  {:>11}  {}{:>8}  equation\n", "complexity", "loss", validated ? " validation  " : "", "score");
    for (const FrontRow& row : run.front) {
        text += fmt::format("{} {:>10}  {:>11.5g}  {}{:>8.4f}  {}\n", row.complexity == best ? '>' : ' ', row.complexity, row.loss,
                            validated ? fmt::format("{:>11.5g}  ", row.validation) : "", row.score, formula(run, row, digits, false));
    }
    text += run.chosen ? "> chosen\n" : "> lowest loss so far; the search has not chosen yet\n";
    if (run.chosen && !run.verdict.empty()) text += fmt::format("verdict: {}\n", run.verdict);
    for (const std::string& sentence : run.evidence) text += fmt::format("  {}\n", sentence);
    text += standing(run);
    return text + (run.front.empty() ? "" : category_tables(run.model(best)));
}

std::string as_latex(const RunReader& run, int digits) {
    std::string text = "\\begin{tabular}{rrl}\n  Complexity & Loss & Equation \\\\ \\hline\n";
    for (const FrontRow& row : run.front) {
        text += fmt::format("  {} & {:.4g} & ${}$ \\\\\n", row.complexity, row.loss, formula(run, row, digits, true));
    }
    return text + "\\end{tabular}\n";
}

std::string as_json(const RunReader& run) {
    auto rows = nlohmann::ordered_json::array();
    const auto number = [](double value) { return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr); };
    for (const FrontRow& row : run.front) {
        rows.push_back({{"complexity", row.complexity},
                        {"loss", number(row.loss)},
                        {"validation", number(row.validation)},
                        {"score", number(row.score)},
                        {"equation", row.equation},
                        {"chosen", row.complexity == run.best()}});
    }
    return rows.dump(2) + "\n";
}

int show(const ShowArguments& options) {
    const RunReader run = RunReader::open(options.run);
    std::string text;
    if (options.format == "table") {
        text = as_table(run, options.digits);
    } else if (options.format == "latex") {
        text = as_latex(run, options.digits);
    } else if (options.format == "json") {
        text = as_json(run);
    } else {
        text = front_csv(run.front);
    }
    write_result("", text);
    return exit_done;
}

}  // namespace

void add_show(CLI::App& app, std::function<int()>& run) {
    auto options = std::make_shared<ShowArguments>();
    auto* show_app = app.add_subcommand("show",
                                        "print the front of a run\n\n"
                                        "Prints the best formula of every complexity, simplest first, with its mean loss on the training rows, on "
                                        "the validation rows if there are any, and its score (how much the logarithm of the loss falls per unit of "
                                        "complexity). Works on a run that is going on or was killed.");
    show_app->add_option("RUN", options->run, "run folder")->required();
    show_app->add_option("--format", options->format, "table, latex, json or csv")->type_name("FORMAT")->check(CLI::IsMember({"table", "latex", "json", "csv"}))->capture_default_str();
    show_app->add_option("--digits", options->digits, "significant digits of constants in table and latex, 0 for all")->type_name("N")->check(CLI::Range(0, 17))->capture_default_str();
    show_app->footer("Examples:\n  balmer show run-events-1\n  balmer show run-events-1 --format latex > front.tex");
    show_app->callback([options, &run] { run = [options] { return show(*options); }; });
}

}  // namespace balmer::cli
