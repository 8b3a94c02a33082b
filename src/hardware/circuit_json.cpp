#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

#include "balmer/atomic_file.hpp"
#include "balmer/circuit.hpp"
#include "balmer/error.hpp"
#include "hardware/intervals.hpp"
#include "model/json_reader.hpp"
#include "model/pretty_json.hpp"

// The schema is described in docs/specs/circuit.md.

namespace balmer {

namespace {

using Json = nlohmann::ordered_json;

constexpr long long schema_version = 1;

/// The words of an enumeration, in its order.
template <class Value, std::size_t N>
struct Words {
    std::array<std::string_view, N> words;

    Json write(Value value) const { return std::string(words[static_cast<std::size_t>(value)]); }
    Value read(const JsonReader& json) const {
        const std::string word = json.text();
        for (std::size_t i = 0; i < N; ++i) {
            if (words[i] == word) {
                return static_cast<Value>(i);
            }
        }
        json.fail(fmt::format("unknown word '{}'.{} Known: {}", word, suggest(word, std::span<const std::string_view>(words)), fmt::join(words, ", ")));
    }
};

constexpr Words<Rounding, 2> rounding_words{{"floor", "nearest"}};
constexpr Words<Overflow, 2> overflow_words{{"saturate", "wrap"}};
constexpr Words<Multiplier, 3> multiplier_words{{"automatic", "dsp", "lut"}};
constexpr Words<OutputKind, 3> kind_words{{"value", "class_code", "decision"}};

Words<CircuitOp, circuit_op_count> op_words() {
    Words<CircuitOp, circuit_op_count> words{};
    for (std::size_t i = 0; i < circuit_op_count; ++i) {
        words.words[i] = name_of(static_cast<CircuitOp>(i));
    }
    return words;
}

Json to_json(const InputPort& port) {
    return {{"name", port.name}, {"column", port.column}, {"format", to_string(port.format)},
            {"rounding", rounding_words.write(port.rounding)}, {"overflow", overflow_words.write(port.overflow)}};
}

Json to_json(const CircuitTable& table) {
    Json columns = Json::array();
    for (const TableColumn& column : table.columns) {
        columns.push_back({{"name", column.name}, {"formula", column.formula}, {"values", column.values}});
    }
    return {{"name", table.name}, {"first", table.first}, {"columns", columns}};
}

std::size_t shifts_of(CircuitOp op) { return op == CircuitOp::round ? 1 : shifted_operands(op); }

Json to_json(const Circuit& circuit, const CircuitNode& node) {
    Json json = {{"name", node.name}, {"op", std::string(name_of(node.op))}};
    if (node.op == CircuitOp::input) {
        json["input"] = node.source;
    }
    if (node.op == CircuitOp::table) {
        json["table"] = circuit.tables[node.source].name;
        json["column"] = node.column;
    }
    if (arity_of(node.op) > 0) {
        Json operands = Json::array();
        for (std::size_t k = 0; k < static_cast<std::size_t>(arity_of(node.op)); ++k) {
            operands.push_back(circuit.nodes[node.operands[k]].name);
        }
        json["of"] = operands;
    }
    if (shifts_of(node.op) > 0) {
        json["shift"] = std::vector<int>(node.shift.begin(), node.shift.begin() + static_cast<std::ptrdiff_t>(shifts_of(node.op)));
    }
    if (node.op == CircuitOp::round) {
        json["rounding"] = rounding_words.write(node.rounding);
    }
    if (node.multiplier != Multiplier::automatic) {
        json["multiplier"] = multiplier_words.write(node.multiplier);
    }
    json["fraction"] = node.fraction;
    json["interval"] = {node.low, node.high};
    json["stage"] = node.stage;
    return json;
}

Json to_json(const Circuit& circuit, const OutputPort& port) {
    return {{"name", port.name}, {"column", port.column}, {"node", circuit.nodes[port.node].name}, {"format", to_string(port.format)},
            {"kind", kind_words.write(port.kind)}, {"formula", port.formula}};
}

// Reading.

/// Index of the entry of that name; the map of names to indices is small and ordered.
class NameIndex {
public:
    void add(const std::string& name) { names_.push_back(name); }
    std::uint32_t find(const JsonReader& json, std::string_view what) const {
        const std::string name = json.text();
        for (std::size_t i = names_.size(); i-- > 0;) {
            if (names_[i] == name) {
                return static_cast<std::uint32_t>(i);
            }
        }
        json.fail(fmt::format("there is no {} '{}' before this place.{}", what, name, suggest(name, names_)));
    }

private:
    std::vector<std::string> names_;
};

int small_integer(const JsonReader& json) {
    const long long value = json.integer();
    if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) {
        json.fail(fmt::format("{} is out of range", value));
    }
    return static_cast<int>(value);
}

std::uint32_t index(const JsonReader& json) {
    const long long value = json.integer();
    if (value < 0 || value > std::numeric_limits<std::uint32_t>::max()) {
        json.fail(fmt::format("{} is no index", value));
    }
    return static_cast<std::uint32_t>(value);
}

FixedPoint read_format(const JsonReader& json) {
    try {
        return parse_fixed_point(json.text());
    } catch (const Error& error) {
        if (!error.place().file.empty()) {
            throw;
        }
        json.fail(error.message());
    }
}

InputPort read_input(const JsonReader& json) {
    InputPort port;
    port.name = json["name"].text();
    port.column = json.text_or("column", port.name);
    port.format = read_format(json["format"]);
    port.rounding = json.has("rounding") ? rounding_words.read(json["rounding"]) : port.rounding;
    port.overflow = json.has("overflow") ? overflow_words.read(json["overflow"]) : port.overflow;
    return port;
}

CircuitTable read_table(const JsonReader& json) {
    CircuitTable table;
    table.name = json["name"].text();
    table.first = json["first"].integer();
    for (const JsonReader& entry : json["columns"].list()) {
        TableColumn column;
        column.name = entry["name"].text();
        column.formula = entry.text_or("formula", "");
        for (const JsonReader& value : entry["values"].list()) {
            column.values.push_back(value.integer());
        }
        table.columns.push_back(std::move(column));
    }
    return table;
}

CircuitNode read_node(const JsonReader& json, const NameIndex& nodes, const NameIndex& tables) {
    static const auto words = op_words();
    CircuitNode node;
    node.name = json["name"].text();
    node.op = words.read(json["op"]);
    if (node.op == CircuitOp::input) {
        node.source = index(json["input"]);
    }
    if (node.op == CircuitOp::table) {
        node.source = tables.find(json["table"], "table");
        node.column = index(json["column"]);
    }
    if (const int arity = arity_of(node.op); arity > 0) {
        const auto operands = json["of"].list();
        if (operands.size() != static_cast<std::size_t>(arity)) {
            json["of"].fail(fmt::format("{} takes {} operands, found {}", name_of(node.op), arity, operands.size()));
        }
        for (std::size_t k = 0; k < operands.size(); ++k) {
            node.operands[k] = nodes.find(operands[k], "node");
        }
    }
    if (const std::size_t count = shifts_of(node.op); count > 0) {
        const auto shifts = json["shift"].list();
        if (shifts.size() != count) {
            json["shift"].fail(fmt::format("{} has {} shifts, found {}", name_of(node.op), count, shifts.size()));
        }
        for (std::size_t k = 0; k < count; ++k) {
            node.shift[k] = small_integer(shifts[k]);
        }
    }
    node.rounding = node.op == CircuitOp::round ? rounding_words.read(json["rounding"]) : node.rounding;
    node.multiplier = json.has("multiplier") ? multiplier_words.read(json["multiplier"]) : node.multiplier;
    const auto interval = json["interval"].list();
    if (interval.size() != 2) {
        json["interval"].fail("an interval has two ends");
    }
    node.low = interval[0].integer();
    node.high = interval[1].integer();
    node.fraction = small_integer(json["fraction"]);
    node.stage = small_integer(json["stage"]);
    return node;
}

void check_version(const JsonReader& root) {
    if (!root.has("balmer_circuit")) {
        root.fail("this is not a circuit: the entry 'balmer_circuit' with the version of the format is missing. `balmer firmware` writes one "
                  "as circuit.json");
    }
    if (const JsonReader version = root["balmer_circuit"]; version.integer() != schema_version) {
        version.fail(fmt::format("the file has version {} of the circuit format, this program reads version {}; a newer balmer may read it",
                                 version.integer(), schema_version));
    }
}

void read_remarks(const JsonReader& root, Circuit& circuit) {
    circuit.latency = small_integer(root["latency"]);
    circuit.clock = root.number_or("clock", 0);
    if (root.has("classes")) {
        for (const JsonReader& label : root["classes"].list()) {
            circuit.classes.push_back(label.text());
        }
    }
    if (root.has("notes")) {
        for (const JsonReader& note : root["notes"].list()) {
            circuit.notes.push_back(note.text());
        }
    }
    if (root.has("about")) {
        for (const auto& [key, value] : root["about"].members()) {
            circuit.about.emplace_back(key, value.text());
        }
    }
}

}  // namespace

std::string to_json(const Circuit& circuit) {
    Json json;
    json["balmer_circuit"] = schema_version;
    json["name"] = circuit.name;
    json["latency"] = circuit.latency;
    json["clock"] = json_number(circuit.clock);
    for (const char* part : {"inputs", "tables", "nodes", "outputs"}) {
        json[part] = Json::array();
    }
    for (const InputPort& port : circuit.inputs) {
        json["inputs"].push_back(to_json(port));
    }
    for (const CircuitTable& table : circuit.tables) {
        json["tables"].push_back(to_json(table));
    }
    for (const CircuitNode& node : circuit.nodes) {
        json["nodes"].push_back(to_json(circuit, node));
    }
    for (const OutputPort& port : circuit.outputs) {
        json["outputs"].push_back(to_json(circuit, port));
    }
    json["classes"] = circuit.classes;
    json["notes"] = circuit.notes;
    json["about"] = Json::object();
    for (const auto& [key, value] : circuit.about) {
        json["about"][key] = value;
    }
    return pretty_json(json);
}

Circuit circuit_from_json(const std::string& text, const std::string& source) {
    const Json json = JsonReader::parse(text, source);
    const JsonReader root(json, source, "");
    check_version(root);
    Circuit circuit;
    circuit.name = root["name"].text();
    NameIndex tables, nodes;
    for (const JsonReader& entry : root["inputs"].list()) {
        circuit.inputs.push_back(read_input(entry));
    }
    for (const JsonReader& entry : root["tables"].list()) {
        circuit.tables.push_back(read_table(entry));
        tables.add(circuit.tables.back().name);
    }
    for (const JsonReader& entry : root["nodes"].list()) {
        circuit.nodes.push_back(read_node(entry, nodes, tables));
        nodes.add(circuit.nodes.back().name);
    }
    for (const JsonReader& entry : root["outputs"].list()) {
        OutputPort port;
        port.name = entry["name"].text();
        port.column = entry.text_or("column", port.name);
        port.formula = entry.text_or("formula", "");
        port.node = nodes.find(entry["node"], "node");
        port.format = read_format(entry["format"]);
        port.kind = entry.has("kind") ? kind_words.read(entry["kind"]) : OutputKind::value;
        circuit.outputs.push_back(std::move(port));
    }
    read_remarks(root, circuit);
    validate(circuit, source);
    return circuit;
}

void save(const Circuit& circuit, const std::filesystem::path& path) { write_file_atomically(path, to_json(circuit)); }

Circuit load_circuit(const std::filesystem::path& path) { return circuit_from_json(read_file(path), path.string()); }

}  // namespace balmer
