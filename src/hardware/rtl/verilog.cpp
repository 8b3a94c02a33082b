#include "hardware/rtl/verilog.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hardware/rtl/signals.hpp"

namespace balmer {

namespace in_verilog {
namespace {

bool has_sign(const CircuitNode& node) { return node.low < 0; }

std::string range(FixedPoint format) {
    const std::string bits = format.width == 1 ? "" : fmt::format(" [{}:0]", format.width - 1);
    return (format.sign == Sign::with ? " signed" : "") + bits;
}

// Wide enough that neither the number nor, where it has one, its sign is lost when tools widen before they negate.
std::string literal(std::int64_t value, int least_width, Sign sign) {
    const int width = std::max(least_width, signed_width(value, value) + 1);
    if (sign == Sign::without) return fmt::format("{}'d{}", width, value);
    return value < 0 ? fmt::format("-{}'sd{}", width, -value) : fmt::format("{}'sd{}", width, value);
}

class Verilog {
public:
    Verilog(const Circuit& circuit, ValidBit valid) : circuit_(circuit), valid_(valid), signals_(circuit) {}

    std::string text() {
        std::string text = comment(header_lines(circuit_), "//") + "\n";
        for (const auto& table : circuit_.tables) text += table_module(table) + "\n";
        text += ports();
        for (int stage = 0; stage <= circuit_.latency; ++stage) {
            const std::string part = logic(stage) + registers(stage);
            if (circuit_.latency > 0 && !part.empty()) text += fmt::format("\n    // stage {}\n", stage);
            text += part;
        }
        return text + valid_chain() + outputs() + "endmodule\n";
    }

private:
    std::string table_module(const CircuitTable& table) const;
    std::string ports() const;
    std::string logic(int stage) const;
    std::string registers(int stage) const;
    std::string valid_chain() const;
    std::string outputs() const;
    std::string instance(const TableInstance& instance) const;
    std::string expression(const CircuitNode& node) const;
    std::string rounded(const CircuitNode& node) const;
    std::string saturated(const CircuitNode& node) const;

    const CircuitNode& operand(const CircuitNode& node, std::size_t k) const { return circuit_.nodes[node.operands[k]]; }
    // An operand in the stage of its user; constants as literals.
    std::string plain(const CircuitNode& node, std::size_t k) const {
        const auto& from = operand(node, k);
        if (from.op == CircuitOp::constant) return literal(from.low, from.format().width + 1, has_sign(from) ? Sign::with : Sign::without);
        return signals_.in_stage(node.operands[k], node.stage);
    }
    // An operand times 2^shift; signed also when it is not, where its partner is.
    std::string shifted(const CircuitNode& node, std::size_t k, int shift, bool signed_context) const {
        const auto& from = operand(node, k);
        const std::string zeros = shift > 0 ? fmt::format(", {}'d0", shift) : "";
        if (from.op == CircuitOp::constant) {
            const std::int64_t value = from.low * (std::int64_t{1} << shift);
            return literal(value, signed_width(value, value) + 1, signed_context ? Sign::with : Sign::without);
        }
        const auto name = plain(node, k);
        if (has_sign(from)) return shift > 0 ? fmt::format("$signed({{{}{}}})", name, zeros) : name;
        if (signed_context) return fmt::format("$signed({{1'b0, {}{}}})", name, zeros);
        return shift > 0 ? fmt::format("{{{}{}}}", name, zeros) : name;
    }

    const Circuit& circuit_;
    ValidBit valid_;
    Signals signals_;
};

std::string Verilog::table_module(const CircuitTable& table) const {
    const FixedPoint address = address_format(table);
    std::string text;
    for (const auto& column : table.columns) text += comment({fmt::format("{} of {}: {}", column.name, table.name, column.formula)}, "//");
    text += fmt::format("module {} (\n    input wire{} address", table.name, range({address.width, 0, Sign::without}));
    for (const auto& column : table.columns) text += fmt::format(",\n    output reg{} {}", range({column_format(column).width, 0, Sign::without}), column.name);
    text += "\n);\n    always @* begin\n        case (address)\n";
    for (std::size_t i = 0; i < table.size(); ++i) {
        const std::int64_t at = table.first + static_cast<std::int64_t>(i);
        std::string assignments;
        for (const auto& column : table.columns) {
            const int width = column_format(column).width;
            assignments += fmt::format(" {} = {}'d{};", column.name, width, pattern(column.values[i], width));
        }
        text += fmt::format("            {}'d{}:{}{}\n", address.width, pattern(at, address.width), table.columns.size() > 1 ? " begin" + assignments + " end" : assignments,
                            at < 0 ? fmt::format("  // {}", at) : "");
    }
    if (address.width < 60 && table.size() < (std::size_t{1} << address.width)) {
        std::string assignments;
        for (const auto& column : table.columns) assignments += fmt::format(" {0} = {{{1}{{1'bx}}}};", column.name, column_format(column).width);
        text += "            default:" + (table.columns.size() > 1 ? " begin" + assignments + " end" : assignments) + "  // never addressed\n";
    }
    return text + "        endcase\n    end\nendmodule\n";
}

std::string Verilog::ports() const {
    std::vector<std::string> lines;
    if (circuit_.latency > 0) lines.emplace_back("    input wire clk");
    if (valid_ == ValidBit::with) lines.emplace_back("    input wire valid_in");
    for (const auto& port : circuit_.inputs) lines.push_back(fmt::format("    input wire{} {}", range(port.format), port.name));
    for (const auto& port : circuit_.outputs) lines.push_back(fmt::format("    output wire{} {}", range(port.format), port.name));
    if (valid_ == ValidBit::with) lines.emplace_back("    output wire valid_out");
    return fmt::format("module {} (\n{}\n);\n", circuit_.name, fmt::join(lines, ",\n"));
}

// One reading of a table. A node may need fewer bits than its column has, and two nodes may read one column.
std::string Verilog::instance(const TableInstance& instance) const {
    const auto& table = circuit_.tables[instance.table];
    std::string wires, reads;
    std::vector<std::string> connections = {fmt::format(".address({})", instance.address_name)};
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        const int width = column_format(table.columns[c]).width;
        std::string word;
        for (const auto n : instance.nodes) {
            const auto& node = circuit_.nodes[n];
            if (node.column != c) continue;
            const auto format = node.format();
            if (word.empty() && width == format.width) {
                word = node.name;
                wires += fmt::format("    wire{} {};  // {}\n", range(format), node.name, to_string(format));
                continue;
            }
            if (word.empty()) {
                word = signals_.word_name(n);
                wires += fmt::format("    wire{} {};\n", range({width, 0, Sign::without}), word);
            }
            const std::string bits = width > format.width ? fmt::format("[{}:0]", format.width - 1) : "";
            reads += fmt::format("    wire{} {} = {}{};  // {}\n", range(format), node.name, word, bits, to_string(format));
        }
        connections.push_back(fmt::format(".{}({})", table.columns[c].name, word));
    }
    // A wire of the table's own width: tools differ in how they widen port connections.
    return fmt::format("    wire{} {} = {};\n{}    {} {} ({});\n{}", range(address_format(table)), instance.address_name,
                       plain(circuit_.nodes[instance.nodes.front()], 0), wires, table.name, instance.name, fmt::join(connections, ", "), reads);
}

std::string Verilog::saturated(const CircuitNode& node) const {
    const auto& from = operand(node, 0);
    const Sign sign = has_sign(from) ? Sign::with : Sign::without;
    const auto a = plain(node, 0);
    const int width = signed_width(from.low, from.high);
    std::string text;
    if (node.low > from.low) text += fmt::format("{0} < {1} ? {1} : ", a, literal(node.low, width, sign));
    if (node.high < from.high) text += fmt::format("{0} > {1} ? {1} : ", a, literal(node.high, width, sign));
    return text + a;
}

std::string Verilog::rounded(const CircuitNode& node) const {
    const auto& from = operand(node, 0);
    const bool is_signed = has_sign(from);
    const auto a = plain(node, 0);
    const int shift = node.shift[0];
    const char* arrow = is_signed ? ">>>" : ">>";
    if (node.rounding == Rounding::floor) return fmt::format("{} {} {}", a, arrow, shift);
    const int width = std::max(from.format().width, shift) + 2;  // the sum needs one bit more
    return fmt::format("({} + {}) {} {}", a, literal(std::int64_t{1} << (shift - 1), width, is_signed ? Sign::with : Sign::without), arrow, shift);
}

std::string Verilog::expression(const CircuitNode& node) const {
    const auto mixed = [&](std::size_t j, std::size_t k) { return has_sign(operand(node, j)) || has_sign(operand(node, k)); };
    const auto infix = [&](const char* symbol) {
        const bool with_sign = mixed(0, 1);
        return fmt::format("{} {} {}", shifted(node, 0, node.shift[0], with_sign), symbol, shifted(node, 1, node.shift[1], with_sign));
    };
    switch (node.op) {
        case CircuitOp::add: return infix("+");
        case CircuitOp::subtract: return infix("-");
        case CircuitOp::multiply: {
            const bool with_sign = mixed(0, 1);
            return fmt::format("{} * {}", shifted(node, 0, 0, with_sign), shifted(node, 1, 0, with_sign));
        }
        case CircuitOp::saturate: return saturated(node);
        case CircuitOp::wrap: {
            const int width = node.format().width;
            const auto& from = operand(node, 0);
            const bool slice = from.op != CircuitOp::constant && from.format().width > width;
            return slice ? fmt::format("{}[{}:0]", plain(node, 0), width - 1) : plain(node, 0);
        }
        case CircuitOp::round: return rounded(node);
        case CircuitOp::scale: return shifted(node, 0, node.shift[0], has_sign(operand(node, 0)));
        case CircuitOp::select: {
            const bool with_sign = mixed(1, 2);
            const bool bit = operand(node, 0).format().width == 1 && operand(node, 0).op != CircuitOp::constant;
            return fmt::format("{}{} ? {} : {}", plain(node, 0), bit ? "" : " != 0", shifted(node, 1, 0, with_sign), shifted(node, 2, 0, with_sign));
        }
        case CircuitOp::less: return infix("<");
        case CircuitOp::less_equal: return infix("<=");
        case CircuitOp::equal: return infix("==");
        default: return "";
    }
}

std::string Verilog::logic(int stage) const {
    std::string text;
    for (std::size_t i = 0; i < circuit_.nodes.size(); ++i) {
        const auto& node = circuit_.nodes[i];
        if (node.op == CircuitOp::input || node.op == CircuitOp::constant || node.stage != stage) continue;
        if (node.op == CircuitOp::table) {
            for (const auto& place : signals_.instances())
                if (place.nodes.front() == i) text += instance(place);
            continue;
        }
        std::string wish;
        if (node.op == CircuitOp::multiply && node.multiplier != Multiplier::automatic)
            wish = fmt::format("(* use_dsp = \"{}\" *) ", node.multiplier == Multiplier::dsp ? "yes" : "no");
        const auto format = node.format();
        text += fmt::format("    {}wire{} {} = {};  // {}\n", wish, range(format), node.name, expression(node), to_string(format));
    }
    return text;
}

// Registers between this stage and the next.
std::string Verilog::registers(int stage) const {
    std::string declarations, transfers;
    for (std::uint32_t i = 0; i < circuit_.nodes.size(); ++i) {
        const int rank = stage - circuit_.nodes[i].stage + 1;
        if (rank < 1 || rank > signals_.ranks()[i]) continue;
        declarations += fmt::format("    reg{} {};\n", range(circuit_.nodes[i].format()), signals_.name(i, rank));
        transfers += fmt::format("        {} <= {};\n", signals_.name(i, rank), signals_.name(i, rank - 1));
    }
    return transfers.empty() ? "" : declarations + "    always @(posedge clk) begin\n" + transfers + "    end\n";
}

std::string Verilog::valid_chain() const {
    if (valid_ == ValidBit::without || circuit_.latency == 0) return "";
    const auto& chain = signals_.valid_chain();
    return fmt::format("\n    reg [{0}:0] {1} = 0;\n    always @(posedge clk) {1} <= {2};\n", circuit_.latency - 1, chain,
                       circuit_.latency == 1 ? "valid_in" : fmt::format("{{{}[{}:0], valid_in}}", chain, circuit_.latency - 2));
}

std::string Verilog::outputs() const {
    std::string text = "\n";
    for (const auto& port : circuit_.outputs) {
        const auto& node = circuit_.nodes[port.node];
        const auto value = node.op == CircuitOp::constant ? literal(node.low, node.format().width + 1, has_sign(node) ? Sign::with : Sign::without)
                                                          : signals_.in_stage(port.node, circuit_.latency);
        text += fmt::format("    assign {} = {};\n", port.name, value);
    }
    if (valid_ == ValidBit::with)
        text += circuit_.latency == 0 ? "    assign valid_out = valid_in;\n"
                                      : fmt::format("    assign valid_out = {}[{}];\n", signals_.valid_chain(), circuit_.latency - 1);
    return text;
}

}  // namespace
}  // namespace in_verilog

std::string verilog(const Circuit& circuit, ValidBit valid) { return in_verilog::Verilog(circuit, valid).text(); }

}  // namespace balmer
