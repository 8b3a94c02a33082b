#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <set>

#include <fmt/format.h>

#include "balmer/atomic_file.hpp"
#include "balmer/error.hpp"
#include "balmer/readers.hpp"
#include "balmer/run_folder.hpp"
#include "balmer/study.hpp"
#include "study/given_form.hpp"
#include "study/record.hpp"
#include "study/run_page.hpp"
#include "study/survey.hpp"
#include "study/wrong_rows.hpp"

namespace balmer {
namespace {

namespace fs = std::filesystem;

// run-NAME-1, run-NAME-2, ...: the first that is not there.
fs::path free_run_folder(const std::string& data) {
    const std::string stem = data == "-" ? "data" : fs::path(data).filename().stem().stem().string();
    for (int i = 1;; ++i)
        if (fs::path path = fmt::format("run-{}-{}", stem, i); !fs::exists(path)) return path;
}

Selection selection_named(const std::string& name) {
    if (name == "best") return Selection::best;
    if (name == "accuracy") return Selection::accuracy;
    if (name == "description-length") return Selection::description_length;
    const std::string known[] = {"description-length", "best", "accuracy"};
    throw Error({.name = "--select"}, "unknown way to choose '" + name + "'." + suggest(name, known) +
                                          " Allowed: description-length, best, accuracy");
}

// The recorded parameters, with what may change on a resumed run taken from the new ones where given.
FitParameters resumed_parameters(const FitParameters& given, const RecordedRun& recorded) {
    static const std::set<std::string> may_change = {"data", "seconds", "evaluations", "threads", "memory", "select", "progress", "resume"};
    const auto defaults = to_texts({}), asked = to_texts(given);
    auto texts = to_texts(recorded.parameters);
    for (const auto& [name, text] : asked) {
        if (text == defaults.at(name) && !given.stated.contains(name)) continue;
        if (!may_change.contains(name) && text != texts.at(name)) {
            std::string flag = "--" + name;
            std::ranges::replace(flag, '_', '-');
            throw Error({.name = flag}, "a resumed run keeps what it began with (here \"" + texts.at(name) + "\"). New with --resume may be " +
                                            "--seconds, --evaluations, --threads, --memory, --select, --progress; for the rest start a new run");
        }
        texts[name] = text;
    }
    FitParameters parameters = from_texts(texts);
    parameters.stated = recorded.parameters.stated;
    parameters.stated.insert(given.stated.begin(), given.stated.end());
    return parameters;
}

// Circuits compute sums of functions of one column at the cost of one table each: where formulas are weighed so, "auto" looks for them first.
std::vector<std::string> methods_of(const FitParameters& parameters) {
    std::vector<std::string> methods;
    for (const auto& method : parameters.method) {
        if (method == "auto" && parameters.complexity == "lut") methods.insert(methods.end(), {"sums", "auto"});
        else methods.push_back(method);
    }
    return methods;
}

FitOutcome finish(SearchResult result, PreparedFit& prepared, const FitParameters& parameters, const RunFolder* folder, Recorder& recorder) {
    FitOutcome outcome{.problem = prepared.problem, .result = std::move(result), .models = {}, .folder = folder ? folder->path() : fs::path()};
    RunStatus status{.state = outcome.result.stop == StopReason::interrupted ? "interrupted" : "finished",
                     .stop = to_string(outcome.result.stop),
                     .seconds = outcome.result.seconds,
                     .evaluations = outcome.result.evaluations,
                     .node_rows = outcome.result.node_rows,
                     .report = outcome.result.report,
                     .reductions = outcome.result.reductions};
    const auto& front = outcome.result.front;
    const Problem fitted = without_rows(prepared.problem, outcome.result.wrong_rows);
    const ModelMaker maker(fitted);
    for (const auto& member : front.members()) {
        outcome.models.push_back(maker.make(member, Uncertainties::standard_errors));
        outcome.models.back().provenance["seed"] = std::to_string(parameters.seed);
    }
    if (!front.empty()) {
        outcome.chosen = select(front, selection_named(parameters.select), prepared.problem);
        status.chosen = front.members()[outcome.chosen].complexity;
        if (prepared.problem.task == Task::regression && prepared.problem.loss.predicts_target()) outcome.verdict = judge(front, outcome.chosen, prepared.problem);
        if (outcome.verdict) outcome.models[outcome.chosen].provenance["verdict"] = to_string(outcome.verdict->kind);
        status.verdict = outcome.verdict;
        recorder.write_front(front, outcome.models);
    }
    recorder.write_status(status);
    if (folder && !front.empty()) write_file_atomically(folder->path() / "report.html", run_page(RunReader::open(folder->path()), &prepared.problem));
    return outcome;
}

// A folder to go on with, and what its run.json says.
struct Resumed {
    RunFolder folder;
    RecordedRun recorded;
};

std::optional<Resumed> open_resumed(const std::string& path) {
    if (path.empty()) return std::nullopt;
    auto folder = RunFolder::resume(path);
    auto recorded = read_run_json(folder.read_run(), (folder.path() / "run.json").string());
    return Resumed{std::move(folder), std::move(recorded)};
}

// Searches with everything that does not depend on where the table came from. `new_folder`: where a new run is kept, empty for nowhere.
FitOutcome fit_prepared(const FitParameters& parameters, const Table& table, std::optional<Resumed> resumed,
                        const std::function<fs::path()>& new_folder, FitListener& listener, StopToken stop) {
    (void)selection_named(parameters.select);
    const Budget budget = make_budget(parameters);
    PreparedFit prepared = prepare(parameters, table);
    explain_plan(prepared, parameters);
    if (resumed && fingerprint(prepared.problem) != resumed->recorded.fingerprint)
        throw Error({.file = parameters.resume}, "this run was made on other data (or other roles of the columns) than '" + table.source +
                                                     "' now holds. Give the same data, or start a new run with --run-folder");
    const auto searcher = parameters.form.empty() ? make_searcher(methods_of(parameters), neural_options(parameters), prepared.problem.data.sigma.has_value())
                                                  : make_form_searcher(parameters, prepared);
    std::optional<RunFolder> folder;
    if (resumed) folder.emplace(std::move(resumed->folder));
    else if (const auto path = new_folder(); !path.empty()) folder.emplace(RunFolder::create(path));

    Recorder recorder(folder ? &*folder : nullptr, parameters, prepared, listener, stop);
    recorder.write_status({});
    listener.started(prepared, folder ? folder->path() : fs::path());
    const std::string checkpoint = resumed ? folder->read_checkpoint().value_or("") : "";
    auto result = searcher->run(prepared.problem, budget, static_cast<std::uint64_t>(parameters.seed), stop, recorder, checkpoint);
    return finish(std::move(result), prepared, parameters, folder ? &*folder : nullptr, recorder);
}

}  // namespace

FitOutcome run_fit(const FitParameters& given, FitListener& listener, StopToken stop) {
    auto resumed = open_resumed(given.resume);
    const FitParameters parameters = resumed ? resumed_parameters(given, resumed->recorded) : given;
    if (parameters.data.empty()) throw Error("no data given. Use: balmer fit DATA --target NAME");
    if (resumed && !fs::exists(parameters.data) && parameters.data != "-")
        throw Error({.file = parameters.data}, "the data of this run are not there. Name them: balmer fit DATA --resume " + given.resume);
    const auto new_folder = [&] { return parameters.run_folder.empty() ? free_run_folder(parameters.data) : fs::path(parameters.run_folder); };
    const Table table = read_table(parameters.data);
    return fit_prepared(parameters, table, std::move(resumed), new_folder, listener, std::move(stop));
}

FitOutcome fit_table(const FitParameters& given, const Table& table, FitListener& listener, StopToken stop) {
    auto resumed = open_resumed(given.resume);
    const FitParameters parameters = resumed ? resumed_parameters(given, resumed->recorded) : given;
    return fit_prepared(parameters, table, std::move(resumed), [&] { return fs::path(parameters.run_folder); }, listener, std::move(stop));
}

}  // namespace balmer
