#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace balmer {

/// How low bits are dropped.
enum class Rounding : std::uint8_t {
    floor,    ///< towards minus infinity: truncation of two's complement
    nearest,  ///< to the nearest; ties towards plus infinity
};

/// What happens to a value beyond the range of a format.
enum class Overflow : std::uint8_t {
    saturate,  ///< the nearest end of the range
    wrap,      ///< modulo 2^width
};

/// Whether a format has a sign bit.
enum class Sign : std::uint8_t { with, without };

/// A fixed-point format: an integer of `width` bits, sign bit included, that stands for integer * 2^-fraction.
struct FixedPoint {
    int width = 8;            ///< total bits, 1 ... 60
    int fraction = 0;         ///< bits after the binary point; may be negative, and larger than width
    Sign sign = Sign::with;   ///< two's complement, or never negative

    /// Smallest integer of the format.
    std::int64_t lowest() const { return sign == Sign::with ? -(std::int64_t{1} << (width - 1)) : 0; }
    /// Largest integer of the format.
    std::int64_t highest() const { return (std::int64_t{1} << (sign == Sign::with ? width - 1 : width)) - 1; }
    /// Value of the last bit, 2^-fraction.
    double step() const;
    bool operator==(const FixedPoint&) const = default;
};

/// "fixed<8,4>" (width, bits before the binary point with the sign bit) or "ufixed<8,4>".
std::string to_string(FixedPoint format);
/// Reads that text, and ap_fixed<8,4>, ap_ufixed<8,4>, int<12>, uint<12>. Throws balmer::Error with what is allowed.
FixedPoint parse_fixed_point(std::string_view text);
/// The smallest format with `fraction` bits after the point that holds every integer of [low, high]; unsigned when low >= 0.
FixedPoint format_for(std::int64_t low, std::int64_t high, int fraction);
/// The integer of the format that stands for x. NaN becomes 0.
std::int64_t quantize(double x, FixedPoint format, Rounding rounding, Overflow overflow);

/// Operations of a circuit. docs/specs/circuit.md says what each computes, in integers.
enum class CircuitOp : std::uint8_t {
    input,      ///< the integer at a port
    constant,   ///< a fixed integer
    add,        ///< (a << shift[0]) + (b << shift[1])
    subtract,   ///< (a << shift[0]) - (b << shift[1])
    multiply,   ///< a * b
    table,      ///< one column of a table at address a
    saturate,   ///< a, or the nearer end of [low, high]
    wrap,       ///< the integer of [low, high] that equals a modulo 2^width
    round,      ///< a without its shift[0] low bits
    scale,      ///< a << shift[0], under a binary point of its own
    select,     ///< a != 0 ? b : c
    less,       ///< (a << shift[0]) < (b << shift[1]) ? 1 : 0
    less_equal, ///< (a << shift[0]) <= (b << shift[1]) ? 1 : 0
    equal,      ///< (a << shift[0]) == (b << shift[1]) ? 1 : 0
};

/// The number of circuit operations.
inline constexpr std::size_t circuit_op_count = static_cast<std::size_t>(CircuitOp::equal) + 1;

/// Name of an operation in files and messages: "input", "add", ...
std::string_view name_of(CircuitOp op);
/// The number of operands, 0 to 3.
int arity_of(CircuitOp op);

/// What a multiplication is built from.
enum class Multiplier : std::uint8_t { automatic, dsp, lut };

/// One value of a circuit: an operation on earlier values. Its integer lies in [low, high] for every input and stands for integer * 2^-fraction.
struct CircuitNode {
    CircuitOp op = CircuitOp::constant;
    std::string name;                            ///< an identifier, unique in the circuit; for people, taken from the formula
    std::array<std::uint32_t, 3> operands{};     ///< indices of earlier nodes, arity_of(op) of them
    std::array<int, 2> shift{};                  ///< see CircuitOp
    std::int64_t low = 0, high = 0;              ///< exact by the operation's rule; saturate and wrap: their parameter
    int fraction = 0;                            ///< bits after the binary point
    std::uint32_t source = 0;                    ///< input: index in Circuit::inputs; table: index in Circuit::tables
    std::uint32_t column = 0;                    ///< table: index in CircuitTable::columns
    Rounding rounding = Rounding::floor;         ///< round only
    Multiplier multiplier = Multiplier::automatic;  ///< multiply only: a wish of the schedule
    int stage = 0;                               ///< pipeline stage that computes it, 0 ... latency

    /// The smallest format of its integers.
    FixedPoint format() const { return format_for(low, high, fraction); }
    bool operator==(const CircuitNode&) const = default;
};

/// One result of a table for every address.
struct TableColumn {
    std::string name;                  ///< an identifier, unique in the table
    std::string formula;               ///< what it holds, for people: "0.53*tanh(u) + 0.24"
    std::vector<std::int64_t> values;  ///< values[address - first]
    bool operator==(const TableColumn&) const = default;
};

/// A function by its values: columns of one length over the addresses first, first + 1, ... Nodes may share it.
struct CircuitTable {
    std::string name;                ///< an identifier, unique among tables and nodes
    std::int64_t first = 0;          ///< lowest address
    std::vector<TableColumn> columns;

    /// Number of addresses.
    std::size_t size() const { return columns.empty() ? 0 : columns.front().values.size(); }
    bool operator==(const CircuitTable&) const = default;
};

/// An input port. `format` is what the wires carry; the other members say how a data column becomes that integer.
struct InputPort {
    std::string name;                        ///< an identifier
    std::string column;                      ///< name in the model and in data files
    FixedPoint format;
    Rounding rounding = Rounding::nearest;   ///< of data that come as real numbers
    Overflow overflow = Overflow::saturate;  ///< of data beyond the format
    bool operator==(const InputPort&) const = default;
};

/// What the integer at an output port means.
enum class OutputKind : std::uint8_t {
    value,       ///< integer * 2^-fraction approximates the formula
    class_code,  ///< index of the winning class
    decision,    ///< 1 when the score passes the threshold
};

/// An output port: a node of the same fraction whose interval lies within the format.
struct OutputPort {
    std::string name;     ///< an identifier
    std::string column;   ///< output or class label of the model
    std::string formula;  ///< for people
    std::uint32_t node = 0;
    FixedPoint format;
    OutputKind kind = OutputKind::value;
    bool operator==(const OutputPort&) const = default;
};

/// Formulas as integer logic: values in static single assignment, every operand before its user, with a pipeline schedule. The contract of
/// interpreter, emitters and cost model is docs/specs/circuit.md; `validate` checks it.
struct Circuit {
    std::string name = "circuit";   ///< an identifier: the module's name
    std::vector<InputPort> inputs;
    std::vector<CircuitTable> tables;
    std::vector<CircuitNode> nodes;
    std::vector<OutputPort> outputs;
    int latency = 0;                ///< clock cycles from inputs to outputs; 0: no registers
    double clock = 0;               ///< period that the schedule was made for, nanoseconds; 0: none
    std::vector<std::string> classes;                        ///< labels by class code, when there are any
    std::vector<std::string> notes;                          ///< one line each: what happens outside a domain, ...
    std::vector<std::pair<std::string, std::string>> about;  ///< facts for the header: model, mode, agreement, version, ...

    bool operator==(const Circuit&) const = default;
};

/// Largest magnitude of any integer in a circuit, operands after their shift included: 2^60 - 1.
inline constexpr std::int64_t circuit_limit = (std::int64_t{1} << 60) - 1;
/// Most addresses of a table.
inline constexpr std::size_t table_limit = std::size_t{1} << 16;

/// Throws balmer::Error that names the node and the rule it breaks; `source` is the file's name or empty.
void validate(const Circuit& circuit, const std::string& source = {});
/// The interval of a node by its operation's rule from the intervals of earlier nodes: {low, high}. Saturate and wrap: the node's own.
std::pair<std::int64_t, std::int64_t> interval_of(const Circuit& circuit, const CircuitNode& node);
/// Whether a word must not name a port, table or node: keywords of Verilog, SystemVerilog, VHDL and C++ in any case, clk, rst, and what starts with balmer_.
bool is_reserved_word(std::string_view word);

/// The reference: the integers at the outputs for integers at the inputs, in the order of the ports. Asserts that inputs fit their formats.
std::vector<std::int64_t> interpret(const Circuit& circuit, std::span<const std::int64_t> inputs);
/// The same with the integer of every node.
std::vector<std::int64_t> interpret_nodes(const Circuit& circuit, std::span<const std::int64_t> inputs);

/// Registers that the schedule needs behind each node: a value computed in stage s and last used in stage t passes t - s registers of its
/// width; an output is used in stage `latency`. Constants need none.
std::vector<int> register_ranks(const Circuit& circuit);

/// JSON text of a circuit; the same circuit gives the same bytes.
std::string to_json(const Circuit& circuit);
/// And back, validated. Throws balmer::Error that says what is wrong and where in `source`.
Circuit circuit_from_json(const std::string& text, const std::string& source);
/// Writes the JSON text to a file, atomically. Throws balmer::Error.
void save(const Circuit& circuit, const std::filesystem::path& path);
/// Reads a circuit from its JSON file. Throws balmer::Error.
Circuit load_circuit(const std::filesystem::path& path);

}  // namespace balmer
