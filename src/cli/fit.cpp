#include "cli/commands.hpp"

#include <unistd.h>

#include <cmath>
#include <csignal>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "balmer/run_folder.hpp"
#include "balmer/study.hpp"
#include "cli/constants.hpp"
#include "cli/progress.hpp"

namespace balmer::cli {
namespace {

// The handler may only touch what lives for ever.
StopToken& stop_token() {
    static StopToken token;
    return token;
}

void on_interrupt(int) {
    if (stop_token().request_stop() > 0) ::_exit(exit_interrupted);  // asked twice: now
}

void catch_interrupts() {
    (void)stop_token();
    struct sigaction action {};
    action.sa_handler = on_interrupt;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
}

std::string flag_of(const ParameterInfo& row) {
    std::string name = "--" + row.name;
    std::ranges::replace(name, '_', '-');
    return name;
}

// One flag per row of parameters.def.
void add_parameter(CLI::App& fit, const ParameterInfo& row, ParameterReference reference) {
    const std::string name = (row.name == "run_folder" ? "-o," : "") + flag_of(row);  // -o says where, as for every command
    std::string help = row.help;
    if (!row.allowed.empty()) help += " [" + row.allowed + "]";
    std::visit(
        [&](auto* value) {
            using Value = std::remove_pointer_t<decltype(value)>;
            if constexpr (std::is_same_v<Value, bool>) {
                fit.add_flag(name, *value, help)->group(row.group);
            } else {
                auto* option = fit.add_option(name, *value, help)->group(row.group);
                if (row.kind == ParameterKind::TextList) option->delimiter(',');
                if constexpr (std::is_same_v<Value, std::vector<std::string>>) option->take_all()->expected(1)->allow_extra_args(false);
                if (!row.value.empty() && row.kind != ParameterKind::Texts) option->default_str(row.value);
            }
        },
        reference);
}

void print_front(const FitOutcome& outcome) {
    const auto& members = outcome.result.front.members();
    const bool validated = outcome.problem.validation.has_value();
    fmt::print("{:>10}  {:>11}  {}{:>7}  equation\n", "complexity", "loss", validated ? " validation  " : "", "score");
    for (std::size_t i = 0; i < members.size(); ++i) {
        const auto& m = members[i];
        fmt::print("{}{:>9}  {:>11.5g}  {}{:>7.3f}  {}\n", i == outcome.chosen ? '>' : ' ', m.complexity, m.loss,
                   validated ? fmt::format("{:>11.5g}  ", m.validation) : "", m.score,
                   equation_text(m, outcome.problem.vocabulary(), {.digits = 6}));
    }
}

void print_verdict(const std::string& name, const std::vector<std::string>& evidence) {
    fmt::print("\nverdict: {}\n", name);
    for (const auto& sentence : evidence) fmt::print("  {}\n", sentence);
}

int report(const FitOutcome& outcome) {
    const auto& result = outcome.result;
    const bool interrupted = result.stop == StopReason::interrupted;
    if (result.front.empty()) {
        fmt::print("{}\n", interrupted ? "no formula yet"
                                        : "no formula found: none that the operators allow has a finite loss on all rows. Other --operators, a larger "
                                          "--maximum-complexity or a target of ordinary size may help");
    } else {
        print_front(outcome);
        const auto& model = outcome.models[outcome.chosen];
        // What the formula gives where that is not the target itself.
        const bool is_binary = outcome.problem.task == Task::classification && model.outputs.size() == 1;
        const std::string before = is_binary ? "score of " : outcome.problem.loss.predicts_target() ? "" : "logarithm of the mean of ";
        fmt::print("\nchosen:\n");
        for (const auto& output : model.outputs)
            fmt::print("  {}{} = {}\n", before, output.name, print(output.expression, model.vocabulary, {.digits = 8}));
        for (const auto& part : result.front.members()[outcome.chosen].parts) fmt::print("  where {}\n", part);
        for (const auto& [name, label] : {std::pair{"r2", "R2"}, std::pair{"accuracy", "accuracy"}})
            if (const auto found = model.metrics.find(name); found != model.metrics.end()) fmt::print("  {} = {:.6g}\n", label, found->second);
        if (const auto constants = fitted_constants(model); !constants.empty()) fmt::print("\nconstants:\n{}", constants);
        if (outcome.verdict) print_verdict(to_string(outcome.verdict->kind), outcome.verdict->evidence);
        for (const auto& sentence : result.report)
            if (sentence.starts_with("rows: ")) fmt::print("  {}\n", sentence);
    }
    // What networks were given and what became of them.
    bool any = false;
    for (const auto& sentence : result.report)
        if (sentence.starts_with("neural: ")) fmt::print("{}{}\n", std::exchange(any, true) ? "" : "\n", sentence);
    fmt::print("\nstopped: {} after {:.1f} s and {:.4g} evaluations\nrun folder: {}\n", to_string(result.stop), result.seconds, result.evaluations,
               outcome.folder.string());
    const std::string folder = outcome.folder.string();
    if (interrupted) fmt::print("interrupted; go on with: balmer fit --resume {}\n", folder);
    else fmt::print("next: balmer show {0} | balmer predict {0} DATA | balmer export {0} --to python\n", folder);
    return interrupted ? exit_interrupted : exit_done;
}

int fit_command(const FitParameters& parameters) {
    const Budget budget = make_budget(parameters);
    const auto progress = make_progress(parameters.progress, budget.seconds, parameters.evaluations);
    catch_interrupts();
    return report(run_fit(parameters, *progress, stop_token()));
}

}  // namespace

void add_fit(CLI::App& app, std::function<int()>& run) {
    auto parameters = std::make_shared<FitParameters>();
    auto* fit = app.add_subcommand("fit", "find formulas in a table; writes a run folder\n\n"
                                          "Searches for formulas that explain the target by the other columns, prints the best one of every complexity, and "
                                          "keeps the run in a folder: balmer show, predict, export and report read it, also while the search goes on. "
                                          "Ctrl-C once ends it cleanly with everything kept; --resume goes on.");
    fit->add_option("data", parameters->data, "table: CSV, TSV, NPY, NPZ, HDF5 or IDX, also gzipped; - is standard input");
    const auto values = references(*parameters);
    for (std::size_t i = 0; i < values.size(); ++i) add_parameter(*fit, parameter_table()[i], values[i]);
    fit->add_flag_callback("--quiet", [parameters] { parameters->progress = "none"; }, "no progress on standard error")->group("run");
    fit->footer(
        "Examples:\n"
        "  balmer fit events.csv --target mass\n"
        "  balmer fit events.csv --target M --sigma \"0.01*M\" --loss huber --operators \"+ - * / sqrt cos cosh\"\n"
        "  balmer fit --resume run-events-1 --seconds 600");
    fit->callback([fit, parameters, &run] {
        for (const auto& row : parameter_table())
            if (fit->get_option(flag_of(row))->count() > 0) parameters->stated.insert(row.name);
        run = [parameters] { return fit_command(*parameters); };
    });
}

}  // namespace balmer::cli
