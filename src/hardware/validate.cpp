#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "balmer/circuit.hpp"
#include "balmer/error.hpp"
#include "hardware/intervals.hpp"
#include "hardware/lower_case.hpp"

namespace balmer {

namespace {

/// Checks one circuit; every complaint names the part of the file.
class Validator {
public:
    Validator(const Circuit& circuit, const std::string& source) : circuit_(circuit), source_(source) {}

    void check() {
        check_name("name", circuit_.name);
        check_inputs();
        check_tables();
        for (std::size_t i = 0; i < circuit_.nodes.size(); ++i) {
            check_node(i);
        }
        check_outputs();
        require(circuit_.latency >= 0, "latency", fmt::format("a latency is not negative, found {}", circuit_.latency));
    }

private:
    void require(bool holds, const std::string& where, const std::string& message) const {
        if (!holds) {
            throw Error({.file = source_, .line = 0, .column = 0, .name = where}, message);
        }
    }

    void check_name(const std::string& where, const std::string& name) {
        require(legal_shape(name), where, fmt::format("'{}' is no identifier: letters, digits and single underscores inside, a letter first", name));
        require(!is_reserved_word(name), where, fmt::format("'{}' is a keyword of Verilog, VHDL or C++, or reserved: take another name", name));
    }

    // VHDL allows no underscore at an end and no two in a row.
    static bool legal_shape(const std::string& name) {
        bool legal = !name.empty() && std::isalpha(static_cast<unsigned char>(name[0])) && name.back() != '_';
        for (std::size_t i = 0; i < name.size(); ++i) {
            const auto c = static_cast<unsigned char>(name[i]);
            legal = legal && c < 128 && (std::isalnum(c) || (c == '_' && name[i - 1] != '_'));
        }
        return legal;
    }

    void check_unique(const std::string& where, const std::string& name) {
        check_name(where, name);
        require(taken_.insert(lower_case(name)).second, where,
                fmt::format("the name '{}' occurs twice (upper and lower case are equal, as in VHDL)", name));
    }

    void check_format(const std::string& where, FixedPoint format) const {
        require(format.width >= 1 && format.width <= 60, where, fmt::format("a width of {} bits is outside 1 ... 60", format.width));
    }

    void check_inputs() {
        for (std::size_t i = 0; i < circuit_.inputs.size(); ++i) {
            check_format(fmt::format("inputs[{}]", i), circuit_.inputs[i].format);
        }
    }

    void check_tables() {
        for (std::size_t i = 0; i < circuit_.tables.size(); ++i) {
            const CircuitTable& table = circuit_.tables[i];
            const std::string where = fmt::format("tables[{}]", i);
            check_unique(where, table.name);
            require(table.size() >= 1 && table.size() <= table_limit, where,
                    fmt::format("a table has 1 to {} addresses, found {}", table_limit, table.size()));
            require(within_limit(table.first), where, "the first address is beyond 60 bits");
            std::set<std::string> columns;
            for (const TableColumn& column : table.columns) {
                check_name(where, column.name);
                require(columns.insert(column.name).second, where, fmt::format("two columns are called '{}'", column.name));
                require(column.values.size() == table.size(), where, "its columns differ in length");
                require(std::ranges::all_of(column.values, [](std::int64_t x) { return within_limit(x); }), where, 
                        fmt::format("a value of column '{}' is beyond 60 bits", column.name));
            }
        }
    }

    void check_node(std::size_t i) {
        const CircuitNode& node = circuit_.nodes[i];
        const std::string where = fmt::format("nodes[{}] ({})", i, node.name);
        check_unique(where, node.name);
        for (std::size_t k = 0; k < static_cast<std::size_t>(arity_of(node.op)); ++k) {
            require(node.operands[k] < i, where, "an operand must stand before its user");
        }
        require(std::abs(node.fraction) <= 120, where, fmt::format("{} bits after the binary point are outside -120 ... 120", node.fraction));
        for (const int shift : node.shift) {
            require(shift >= 0 && shift < 60, where, fmt::format("a shift of {} is outside 0 ... 59", shift));
        }
        check_sources(i, where);
        check_fractions(node, where);
        check_interval(node, where);
        check_stage(node, where);
    }

    void check_sources(std::size_t i, const std::string& where) {
        const CircuitNode& node = circuit_.nodes[i];
        if (node.op == CircuitOp::input) {
            require(node.source < circuit_.inputs.size(), where, fmt::format("there is no input {}", node.source));
            require(read_.insert(node.source).second, where, fmt::format("input {} has two nodes", node.source));
            require(circuit_.inputs[node.source].name == node.name, where, "the node of an input has the port's name");
        }
        if (node.op == CircuitOp::table) {
            require(node.source < circuit_.tables.size(), where, fmt::format("there is no table {}", node.source));
            const CircuitTable& table = circuit_.tables[node.source];
            require(node.column < table.columns.size(), where, fmt::format("the table has no column {}", node.column));
            const CircuitNode& address = operand(node, 0);
            const std::int64_t last = table.first + static_cast<std::int64_t>(table.size()) - 1;
            require(address.low >= table.first && address.high <= last, where,
                    fmt::format("its address lies in {} ... {}, the table holds {} ... {}", address.low, address.high, table.first, last));
        }
        require(node.op != CircuitOp::round || node.shift[0] > 0, where, "round drops at least one bit");
    }

    void check_fractions(const CircuitNode& node, const std::string& where) const {
        const auto is = [&](int fraction) {
            require(node.fraction == fraction, where, fmt::format("it has {} bits after the binary point, by its operands {}", node.fraction, fraction));
        };
        const auto aligned = [&](std::size_t k) { return operand(node, k).fraction + node.shift[k]; };
        switch (node.op) {
            case CircuitOp::input: return is(circuit_.inputs[node.source].format.fraction);
            case CircuitOp::add:
            case CircuitOp::subtract: is(aligned(0)); return is(aligned(1));
            case CircuitOp::multiply: return is(operand(node, 0).fraction + operand(node, 1).fraction);
            case CircuitOp::saturate:
            case CircuitOp::wrap: return is(operand(node, 0).fraction);
            case CircuitOp::round: return is(operand(node, 0).fraction - node.shift[0]);
            case CircuitOp::select: is(operand(node, 1).fraction); return is(operand(node, 2).fraction);
            case CircuitOp::less:
            case CircuitOp::less_equal:
            case CircuitOp::equal:
                require(aligned(0) == aligned(1), where, "the operands of a comparison are not aligned");
                return is(0);
            case CircuitOp::constant:
            case CircuitOp::table:
            case CircuitOp::scale: return;
        }
    }

    void check_interval(const CircuitNode& node, const std::string& where) const {
        require(node.low <= node.high, where, "its interval is empty");
        require(within_limit(node.low) && within_limit(node.high), where, "its interval is beyond 60 bits");
        for (std::size_t k = 0; k < shifted_operands(node.op); ++k) {
            require(within_limit(shifted_interval(operand(node, k), node.shift[k])), where, "a shifted operand is beyond 60 bits");
        }
        if (node.op == CircuitOp::saturate) {
            require(node.low >= operand(node, 0).low && node.high <= operand(node, 0).high, where,
                    "the bounds of saturate lie within the operand's interval");
        } else if (node.op == CircuitOp::wrap) {
            const FixedPoint format = node.format();
            require(node.low == format.lowest() && node.high == format.highest(), where, "the interval of wrap is the range of a format");
        } else if (node.op == CircuitOp::constant) {
            require(node.low == node.high, where, "a constant has one value");
        } else {
            const WideInterval rule = wide_interval(circuit_, node);
            require(rule.low == node.low && rule.high == node.high, where,
                    fmt::format("its interval is {} ... {}, by its operation {} ... {}", node.low, node.high,
                                within_limit(rule) ? static_cast<std::int64_t>(rule.low) : -circuit_limit,
                                within_limit(rule) ? static_cast<std::int64_t>(rule.high) : circuit_limit));
        }
    }

    void check_stage(const CircuitNode& node, const std::string& where) const {
        require(node.stage >= 0 && node.stage <= circuit_.latency, where,
                fmt::format("stage {} is outside 0 ... {}", node.stage, circuit_.latency));
        for (std::size_t k = 0; k < static_cast<std::size_t>(arity_of(node.op)); ++k) {
            const CircuitNode& before = operand(node, k);
            require(before.op == CircuitOp::constant || before.stage <= node.stage, where,
                    fmt::format("it stands in stage {}, its operand '{}' in stage {}", node.stage, before.name, before.stage));
        }
    }

    void check_outputs() {
        require(!circuit_.outputs.empty(), "outputs", "a circuit has at least one output");
        for (std::size_t i = 0; i < circuit_.outputs.size(); ++i) {
            const OutputPort& port = circuit_.outputs[i];
            const std::string where = fmt::format("outputs[{}] ({})", i, port.name);
            check_unique(where, port.name);
            check_format(where, port.format);
            require(port.node < circuit_.nodes.size(), where, fmt::format("there is no node {}", port.node));
            const CircuitNode& node = circuit_.nodes[port.node];
            require(node.fraction == port.format.fraction, where, "its node has another binary point");
            require(node.low >= port.format.lowest() && node.high <= port.format.highest(), where,
                    fmt::format("{} ... {} does not fit {}", node.low, node.high, to_string(port.format)));
        }
        for (std::size_t i = 0; i < circuit_.inputs.size(); ++i) {
            require(read_.contains(static_cast<std::uint32_t>(i)), fmt::format("inputs[{}]", i), "the port has no node");
        }
    }

    const CircuitNode& operand(const CircuitNode& node, std::size_t k) const { return circuit_.nodes[node.operands[k]]; }

    const Circuit& circuit_;
    const std::string& source_;
    std::set<std::string> taken_;
    std::set<std::uint32_t> read_;
};

}  // namespace

void validate(const Circuit& circuit, const std::string& source) { Validator(circuit, source).check(); }

}  // namespace balmer
