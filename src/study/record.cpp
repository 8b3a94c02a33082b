#include "study/record.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "balmer/error.hpp"
#include "balmer/hash.hpp"
#include "balmer/number.hpp"
#include "balmer/version.hpp"

namespace balmer {
namespace {

using Json = nlohmann::ordered_json;

constexpr int run_schema = 1;
constexpr double seconds_between_fronts = 1, seconds_between_checkpoints = 1;
constexpr double most_of_time = 0.02;  // that checkpoints and fronts may take: where the disk is slow they come less often

std::string host_name() {
    char name[256] = {};
    return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

// Clock ticks after the machine's start at which this process began, 0 where the system does not tell: with the id it names one process.
std::int64_t process_start() {
    std::ifstream file("/proc/self/stat");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    text.erase(0, text.rfind(')') + 1);  // the name before may hold anything
    std::istringstream fields(text);
    constexpr int place = 20;  // proc(5): field 22, the first one after the name being 3
    std::string field;
    for (int i = 0; i < place; ++i) fields >> field;
    return parse_double(field) ? static_cast<std::int64_t>(*parse_double(field)) : 0;
}

}  // namespace

std::string fingerprint(const Problem& problem) {
    std::uint64_t h = problem.data.fingerprint();
    if (problem.validation) h = combine_hash(h, problem.validation->fingerprint());
    return fmt::format("{:016x}", h);
}

namespace {

// The tree of smaller problems, the whole one first.
Json reductions_json(const std::vector<Reduction>& reductions) {
    Json json = Json::array();
    for (const auto& r : reductions)
        json.push_back({{"parent", r.parent},
                        {"kind", r.kind},
                        {"words", r.words},
                        {"target", r.target},
                        {"variables", r.variables},
                        {"error_before", r.error_before},
                        {"error_after", r.error_after},
                        {"solution", r.solution}});
    return json;
}

}  // namespace

std::string run_json(const FitParameters& parameters, const PreparedFit& prepared, const RunStatus& status) {
    const auto& data = prepared.problem.data;
    Json json;
    json["schema"] = run_schema;
    json["version"] = version();
    json["state"] = status.state;
    // Who writes: a run that says it is running and is not was killed.
    json["process"] = {{"host", host_name()}, {"id", static_cast<std::int64_t>(::getpid())}, {"started", process_start()}};
    json["stop"] = status.stop;
    json["chosen"] = status.chosen;
    json["seconds"] = status.seconds;
    json["evaluations"] = status.evaluations;
    json["node_rows"] = status.node_rows;
    json["parameters"] = to_texts(parameters);
    json["stated"] = parameters.stated;
    json["data"] = {{"source", data.source},
                    {"fingerprint", fingerprint(prepared.problem)},
                    {"rows", data.rows()},
                    {"features", data.feature_names()},
                    {"classes", data.classes}};
    json["notes"] = prepared.notes;
    json["report"] = status.report;
    if (!status.reductions.empty()) json["reductions"] = reductions_json(status.reductions);
    if (status.verdict) json["verdict"] = {{"name", to_string(status.verdict->kind)}, {"evidence", status.verdict->evidence}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

RecordedRun read_run_json(const std::string& text, const std::string& source) {
    const auto json = Json::parse(text, nullptr, false);
    const bool readable = json.is_object() && json.value("schema", 0) == run_schema && json.contains("parameters") && json.contains("data");
    if (!readable) throw Error({.file = source}, "this is not a run.json of this version of balmer");
    RecordedRun run;
    run.parameters = from_texts(json["parameters"].get<std::map<std::string, std::string>>());
    run.parameters.stated = json.value("stated", std::set<std::string>());
    run.fingerprint = json["data"].value("fingerprint", "");
    run.seconds = json.value("seconds", 0.0);
    return run;
}

Recorder::Recorder(RunFolder* folder, const FitParameters& parameters, const PreparedFit& prepared, FitListener& listener, StopToken stop)
    : folder_(folder),
      parameters_(parameters),
      prepared_(prepared),
      listener_(listener),
      stop_(std::move(stop)),
      vocabulary_(prepared.problem.vocabulary()),
      maker_(prepared.problem) {}

void Recorder::improved(const Progress& progress, const Candidate& candidate) {
    if (folder_) {
        Json event = {{"seconds", progress.seconds},
                      {"evaluations", progress.evaluations},
                      {"complexity", candidate.complexity},
                      {"loss", candidate.loss},
                      {"stage", progress.stage},
                      {"equation", equation_text(candidate, vocabulary_)}};
        folder_->append_event(event.dump(-1, ' ', false, Json::error_handler_t::replace));
    }
    front_changed_ = true;
    listener_.improved(progress, candidate, vocabulary_);
    write_front_when_due(progress);
}

void Recorder::progressed(const Progress& progress) {
    listener_.progressed(progress, vocabulary_);
    write_front_when_due(progress);
}

void Recorder::write_front_when_due(const Progress& progress) {
    const bool due = first_front_ || since_front_.seconds() > until_front_;
    if (!folder_ || !front_changed_ || !due || !progress.front) return;
    const Stopwatch watch;
    std::vector<Model> models;
    for (const auto& member : progress.front->members()) models.push_back(maker_.make(member, Uncertainties::left_out));
    write_front(*progress.front, models);
    until_front_ = std::max(seconds_between_fronts, watch.seconds() / most_of_time);
}

void Recorder::write_front(const ParetoFront& front, const std::vector<Model>& models) {
    if (folder_) folder_->write_front(front, models);
    since_front_ = Stopwatch();
    front_changed_ = first_front_ = false;
}

void Recorder::write_status(const RunStatus& status) {
    if (folder_) folder_->write_run(run_json(parameters_, prepared_, status));
}

void Recorder::checkpoint(const std::string& bytes) {
    const Stopwatch watch;
    if (folder_) folder_->write_checkpoint(bytes);
    until_checkpoint_ = std::max(seconds_between_checkpoints, watch.seconds() / most_of_time);
    since_checkpoint_ = Stopwatch();
}

void Recorder::table(const std::string& name, const std::string& text) {
    if (folder_) folder_->write_table(name, text);
}

bool Recorder::checkpoint_due() {
    return folder_ && (stop_.stop_requested() || since_checkpoint_.seconds() > until_checkpoint_);
}

}  // namespace balmer
