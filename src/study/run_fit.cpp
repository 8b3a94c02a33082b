#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "balmer/error.hpp"
#include "balmer/readers.hpp"
#include "balmer/run_folder.hpp"
#include "balmer/study.hpp"
#include "study/given_form.hpp"
#include "study/record.hpp"

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

// The recorded parameters; what may change on a resumed run (budget, threads, progress) is taken from the new ones where given.
FitParameters resumed_parameters(const FitParameters& given, const RecordedRun& recorded) {
    const FitParameters defaults;
    FitParameters parameters = recorded.parameters;
    if (given.seconds != defaults.seconds) parameters.seconds = given.seconds;
    if (given.evaluations != defaults.evaluations) parameters.evaluations = given.evaluations;
    if (!given.data.empty()) parameters.data = given.data;
    parameters.threads = given.threads;
    parameters.progress = given.progress;
    parameters.memory = given.memory;
    parameters.select = given.select;
    parameters.resume = given.resume;
    return parameters;
}

FitOutcome finish(SearchResult result, PreparedFit& prepared, const FitParameters& parameters, RunFolder& folder, Recorder& recorder) {
    FitOutcome outcome{.problem = prepared.problem, .result = std::move(result), .models = {}, .folder = folder.path()};
    RunStatus status{.state = outcome.result.stop == StopReason::interrupted ? "interrupted" : "finished",
                     .stop = to_string(outcome.result.stop),
                     .seconds = outcome.result.seconds,
                     .evaluations = outcome.result.evaluations,
                     .node_rows = outcome.result.node_rows,
                     .report = outcome.result.report};
    const auto& front = outcome.result.front;
    for (const auto& member : front.members()) {
        outcome.models.push_back(make_model(member, prepared.problem, true));
        outcome.models.back().provenance["seed"] = std::to_string(parameters.seed);
    }
    if (!front.empty()) {
        outcome.chosen = select(front, selection_named(parameters.select), prepared.problem);
        status.chosen = front.members()[outcome.chosen].complexity;
        recorder.write_front(front, outcome.models);
    }
    recorder.write_status(status);
    return outcome;
}

}  // namespace

FitOutcome run_fit(const FitParameters& given, FitListener& listener, StopToken stop) {
    std::optional<RunFolder> folder;
    FitParameters parameters = given;
    std::string expected_fingerprint;
    if (!given.resume.empty()) {
        folder.emplace(RunFolder::resume(given.resume));
        const auto recorded = read_run_json(folder->read_run(), (folder->path() / "run.json").string());
        expected_fingerprint = recorded.fingerprint;
        parameters = resumed_parameters(given, recorded);
    }
    if (parameters.data.empty()) throw Error("no data given. Use: balmer fit DATA --target NAME");
    (void)selection_named(parameters.select);
    const Budget budget = make_budget(parameters);
    PreparedFit prepared = prepare(parameters, read_table(parameters.data));
    if (!expected_fingerprint.empty() && fingerprint(prepared.problem) != expected_fingerprint)
        throw Error({.file = given.resume}, "this run was made on other data (or other roles of the columns) than '" + parameters.data +
                                                "' now holds. Give the same data, or start a new run with --run-folder");
    const auto searcher = parameters.form.empty() ? make_searcher(parameters.method) : make_form_fitter(parameters.form, prepared.problem);
    if (!folder)
        folder.emplace(RunFolder::create(parameters.run_folder.empty() ? free_run_folder(parameters.data) : fs::path(parameters.run_folder)));

    Recorder recorder(*folder, parameters, prepared, listener, stop);
    recorder.write_status({});
    listener.started(prepared, folder->path());
    const std::string resume = given.resume.empty() ? "" : folder->read_checkpoint().value_or("");
    auto result = searcher->run(prepared.problem, budget, static_cast<std::uint64_t>(parameters.seed), stop, recorder, resume);
    return finish(std::move(result), prepared, parameters, *folder, recorder);
}

}  // namespace balmer
