#include "study/run_reader.hpp"

#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "balmer/atomic_file.hpp"
#include "balmer/error.hpp"
#include "balmer/number.hpp"

namespace balmer {

namespace {

namespace fs = std::filesystem;

/// The fields of one line of front.csv: commas between them, quotes around those that hold commas, doubled inside.
std::vector<std::string> fields_of(const std::string& line) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"') {
            if (quoted && i + 1 < line.size() && line[i + 1] == '"') {
                fields.back() += line[++i];
            } else {
                quoted = !quoted;
            }
        } else if (line[i] == ',' && !quoted) {
            fields.emplace_back();
        } else {
            fields.back() += line[i];
        }
    }
    return fields;
}

std::vector<FrontRow> read_front(const fs::path& path) {
    const std::string text = read_file(path);
    std::vector<FrontRow> rows;
    std::size_t line = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const auto fields = fields_of(text.substr(begin, end - begin));
        begin = end + 1;
        if (++line == 1) {
            continue;
        }
        const auto complexity = fields.size() == 5 ? parse_double(fields[0]) : std::nullopt;
        const auto loss = fields.size() == 5 ? parse_double(fields[1]) : std::nullopt;
        if (!complexity || !loss) {
            throw Error({.file = path.string(), .line = line, .column = 0, .name = ""},
                        "expected Complexity,Loss,Equation,Validation,Score as a run writes them");
        }
        rows.push_back({.complexity = static_cast<int>(*complexity),
                        .loss = *loss,
                        .validation = parse_double(fields[3]).value_or(std::nan("")),
                        .score = parse_double(fields[4]).value_or(std::nan("")),
                        .equation = fields[2]});
    }
    return rows;
}

std::vector<int> complexities(const std::vector<FrontRow>& front) {
    std::vector<int> result;
    for (const FrontRow& row : front) {
        result.push_back(row.complexity);
    }
    return result;
}

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json, const char* name) {
    return json.contains(name) && json[name].is_string() ? json[name].get<std::string>() : "";
}

std::vector<std::string> texts_of(const Json& json, const char* name) {
    std::vector<std::string> texts;
    if (!json.contains(name) || !json[name].is_array()) {
        return texts;
    }
    for (const auto& entry : json[name]) {
        if (entry.is_string()) {
            texts.push_back(entry.get<std::string>());
        }
    }
    return texts;
}

void read_reductions(RunReader& run, const Json& json) {
    if (!json.contains("reductions") || !json["reductions"].is_array()) {
        return;
    }
    for (const auto& step : json["reductions"]) {
        const std::size_t place = run.reductions.size();
        const bool has_parent = step.is_object() && step.contains("parent") && step["parent"].is_number_unsigned();
        const auto parent = has_parent ? step["parent"].get<std::size_t>() : 0;
        const auto number = [&](const char* name) { return step.contains(name) && step[name].is_number() ? step[name].get<double>() : 0; };
        run.reductions.push_back({.parent = parent < place ? parent : place,
                                  .kind = text_of(step, "kind"),
                                  .words = text_of(step, "words"),
                                  .target = text_of(step, "target"),
                                  .variables = texts_of(step, "variables"),
                                  .error_before = number("error_before"),
                                  .error_after = number("error_after"),
                                  .solution = text_of(step, "solution")});
    }
}

std::string name(RunState state) {
    switch (state) {
        case RunState::finished: return "finished";
        case RunState::interrupted: return "interrupted";
        case RunState::running: return "running";
        case RunState::killed: return "killed before it could end";
        case RunState::elsewhere: return "running on another machine, or killed there";
    }
    return "";
}

void read_facts(RunReader& run, const Json& json) {
    const auto number = [&](const char* name) { return json.contains(name) && json[name].is_number() ? json[name].get<double>() : 0; };
    run.facts.emplace_back("balmer", text_of(json, "version"));
    run.facts.emplace_back("state", name(run.state) + (run.stop.empty() ? "" : ", stopped by: " + run.stop));
    if (number("seconds") > 0) {
        run.facts.emplace_back("time", fmt::format("{:.1f} s", number("seconds")));
        run.facts.emplace_back("evaluations", fmt::format("{:.4g}", number("evaluations")));
    }
    if (json.contains("data") && json["data"].is_object()) {
        const auto& data = json["data"];
        const std::size_t rows = data.contains("rows") && data["rows"].is_number_unsigned() ? data["rows"].get<std::size_t>() : 0;
        run.facts.emplace_back("data", fmt::format("{}, {} rows fitted, fingerprint {}", text_of(data, "source"), rows, text_of(data, "fingerprint")));
    }
    const auto stated = texts_of(json, "stated");
    for (const std::string& name : stated) {
        if (json.contains("parameters") && json["parameters"].is_object()) {
            std::string value = text_of(json["parameters"], name.c_str());
            std::replace(value.begin(), value.end(), '\n', ' ');
            run.facts.emplace_back(name, value);
        }
    }
}

RunState state_of(const Json& json, const fs::path& path) {
    const std::string state = json.value("state", "");
    if (state != "running") {
        return state == "interrupted" ? RunState::interrupted : RunState::finished;
    }
    if (RunFolder::is_held(path)) {
        return RunState::running;
    }
    char here[256] = {};
    (void)::gethostname(here, sizeof here - 1);
    const std::string host = json.contains("process") && json["process"].is_object() ? json["process"].value("host", "") : "";
    return host.empty() || host == here ? RunState::killed : RunState::elsewhere;
}

void read_run_json(RunReader& run) {
    const fs::path file = run.path / "run.json";
    const auto json = Json::parse(read_file(file), nullptr, false);
    if (!json.is_object()) {
        throw Error({.file = file.string(), .line = 0, .column = 0, .name = ""}, "this is no run.json of balmer");
    }
    run.stop = text_of(json, "stop");
    run.state = state_of(json, run.path);
    if (json.contains("verdict") && json["verdict"].is_object()) {
        run.verdict = json["verdict"].value("name", "");
        run.evidence = json["verdict"].value("evidence", std::vector<std::string>());
    }
    if (json.contains("chosen") && json["chosen"].is_number_integer() && json["chosen"].get<int>() > 0) {
        run.chosen = json["chosen"].get<int>();
    }
    run.notes = texts_of(json, "notes");
    run.stages = texts_of(json, "report");
    read_reductions(run, json);
    read_facts(run, json);
}

std::string_view without_spaces(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\n");
    return first == std::string_view::npos ? std::string_view() : text.substr(first, text.find_last_not_of(" \t\n") + 1 - first);
}

/// "a = formula; b = formula": every name in the formulas that is no function is a column.
Model model_from(std::string_view text) {
    std::vector<Expression> formulas;
    std::vector<std::string> names;
    Vocabulary vocabulary;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(';', begin), text.size());
        const std::string_view part = without_spaces(text.substr(begin, end - begin));
        const std::size_t equals = part.find('=');
        const std::string name(without_spaces(part.substr(0, std::min(equals, part.size()))));
        begin = end + 1;
        if (part.empty()) {
            continue;
        }
        if (name.empty() || equals == std::string_view::npos) {
            throw Error({.name = std::string(part)}, "a formula has a name before it: \"y = a + b\", and \"y = a + b; z = a*b\" are two");
        }
        if (std::ranges::find(names, name) != names.end()) {
            throw Error({.name = name}, "two formulas have this name");
        }
        names.push_back(name);
        formulas.push_back(parse(without_spaces(part.substr(equals + 1)), vocabulary, UnknownName::feature));
    }
    Model model = Model::from_expressions(std::move(formulas), std::move(vocabulary));
    for (std::size_t k = 0; k < names.size(); ++k) {
        model.outputs[k].name = names[k];
    }
    return model;
}

}  // namespace

RunReader RunReader::open(const fs::path& path) {
    if (!fs::exists(path)) {
        throw Error({.file = path.string(), .line = 0, .column = 0, .name = ""},
                    "no such run folder. `balmer fit` says at its end where it keeps the run");
    }
    if (!fs::is_directory(path) || !fs::exists(path / "run.json")) {
        throw Error({.file = path.string(), .line = 0, .column = 0, .name = ""},
                    "this is no run folder (no run.json in it). `balmer fit` makes one");
    }
    RunReader run;
    run.path = path;
    read_run_json(run);
    if (!fs::exists(path / "front.csv")) {
        throw Error({.file = path.string(), .line = 0, .column = 0, .name = ""},
                    "the run has found no formula yet (no front.csv). Try again when the search has gone on for a while");
    }
    run.front = read_front(path / "front.csv");
    return run;
}

int RunReader::best() const {
    const auto known = complexities(front);
    if (chosen && std::find(known.begin(), known.end(), *chosen) != known.end()) {
        return *chosen;
    }
    const auto lowest = std::min_element(front.begin(), front.end(), [](const FrontRow& a, const FrontRow& b) { return a.loss < b.loss; });
    if (lowest == front.end()) {
        throw Error({.file = path.string(), .line = 0, .column = 0, .name = ""}, "the front of this run is empty");
    }
    return lowest->complexity;
}

Model RunReader::model(int complexity) const {
    const auto known = complexities(front);
    if (std::find(known.begin(), known.end(), complexity) == known.end()) {
        throw Error(fmt::format("{} has no formula of complexity {}; there are {}", path.string(), complexity, fmt::join(known, ", ")));
    }
    return load_model(path / "models" / fmt::format("complexity_{:03}.json", complexity));
}

Model model_of(const std::string& text, std::optional<int> complexity) {
    const bool is_file = fs::is_regular_file(text), is_formula = !fs::exists(text) && text.find('=') != std::string::npos;
    if (!is_file && !is_formula) {
        if (!fs::exists(text)) {
            throw Error({.file = text}, "no such run folder or model file. `balmer fit` says at its end where it keeps the run; a formula has a name before it: \"y = a + b\"");
        }
        const RunReader run = RunReader::open(text);
        return run.model(complexity.value_or(run.best()));
    }
    if (complexity) {
        throw Error(fmt::format("--complexity chooses from a run folder, {} is a {}", text, is_file ? "model file" : "formula"));
    }
    return is_file ? load_model(text) : model_from(text);
}

}  // namespace balmer
