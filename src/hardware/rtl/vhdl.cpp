#include "hardware/rtl/vhdl.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hardware/rtl/signals.hpp"

namespace balmer {

namespace in_vhdl {
namespace {

bool has_sign(const CircuitNode& node) { return node.low < 0; }

std::string type_of(FixedPoint format) {
    return fmt::format("{}({} downto 0)", format.sign == Sign::with ? "signed" : "unsigned", format.width - 1);
}

std::string bits(std::int64_t value, int width) {
    std::string text = "\"";
    for (int b = width - 1; b >= 0; --b) text += (value >> b) & 1 ? '1' : '0';
    return text + "\"";
}

// VHDL's integers may have only 32 bits.
std::string literal(std::int64_t value, int width, Sign sign) {
    const bool small = value > -(std::int64_t{1} << 31) && value < (std::int64_t{1} << 31);
    const char* type = sign == Sign::with ? "signed" : "unsigned";
    return small ? fmt::format("to_{}({}, {})", type, value, width) : fmt::format("{}'({})", type, bits(value, width));
}

// A text of a type and sign as the value of a signal. The value fits: resizing never changes it.
std::string fitted(const std::string& text, Sign sign, FixedPoint into) {
    if (sign == into.sign) return fmt::format("resize({}, {})", text, into.width);
    return into.sign == Sign::with ? fmt::format("signed(resize({}, {}))", text, into.width) : fmt::format("resize(unsigned({}), {})", text, into.width);
}

class Vhdl {
public:
    Vhdl(const Circuit& circuit, ValidBit valid) : circuit_(circuit), valid_(valid), signals_(circuit) {}

    std::string text() const {
        std::string text = comment(header_lines(circuit_), "--") + "\n";
        for (const auto& table : circuit_.tables) text += table_entity(table) + "\n";
        text += library() + entity() + fmt::format("architecture rtl of {} is\n", circuit_.name) + declarations() + "begin\n";
        for (int stage = 0; stage <= circuit_.latency; ++stage) {
            const std::string part = logic(stage);
            if (circuit_.latency > 0 && !part.empty()) text += fmt::format("    -- stage {}\n", stage);
            text += part;
        }
        return text + registers() + outputs() + "end architecture;\n";
    }

private:
    static std::string library() { return "library ieee;\nuse ieee.std_logic_1164.all;\nuse ieee.numeric_std.all;\n\n"; }
    std::string table_entity(const CircuitTable& table) const;
    std::string entity() const;
    std::string declarations() const;
    std::string logic(int stage) const;
    std::string registers() const;
    std::string outputs() const;
    std::string instance(const TableInstance& instance) const;
    std::string expression(const CircuitNode& node) const;
    std::string rounded(const CircuitNode& node) const;
    std::string saturated(const CircuitNode& node) const;
    std::string infix(const CircuitNode& node, const char* symbol) const;

    const CircuitNode& operand(const CircuitNode& node, std::size_t k) const { return circuit_.nodes[node.operands[k]]; }
    std::string plain(const CircuitNode& node, std::size_t k) const {
        const auto& from = operand(node, k);
        if (from.op == CircuitOp::constant) return literal(from.low, from.format().width, from.format().sign);
        return signals_.in_stage(node.operands[k], node.stage);
    }
    // An operand times 2^shift as a number of `width` bits, signed or not.
    std::string widened(const CircuitNode& node, std::size_t k, int shift, int width, Sign sign) const {
        const auto& from = operand(node, k);
        if (from.op == CircuitOp::constant) return literal(from.low * (std::int64_t{1} << shift), width, sign);
        std::string text = plain(node, k);
        if (from.format().width != width) text = fmt::format("resize({}, {})", text, width);
        if (sign == Sign::with && !has_sign(from)) text = "signed(" + text + ")";
        return shift > 0 ? fmt::format("shift_left({}, {})", text, shift) : text;
    }

    const Circuit& circuit_;
    ValidBit valid_;
    Signals signals_;
};

std::string Vhdl::table_entity(const CircuitTable& table) const {
    const FixedPoint address = address_format(table);
    std::string text;
    for (const auto& column : table.columns) text += comment({fmt::format("{} of {}: {}", column.name, table.name, column.formula)}, "--");
    text += library() + fmt::format("entity {} is\n    port (\n        address : in {}", table.name, type_of(address));
    for (const auto& column : table.columns) text += fmt::format(";\n        {} : out {}", column.name, type_of(column_format(column)));
    text += fmt::format("\n    );\nend entity;\n\narchitecture rtl of {} is\nbegin\n", table.name);
    for (const auto& column : table.columns) {
        const int width = column_format(column).width;
        text += fmt::format("    with address select {} <=\n", column.name);
        for (std::size_t i = 0; i < table.size(); ++i)
            text += fmt::format("        {} when {},\n", bits(column.values[i], width), bits(table.first + static_cast<std::int64_t>(i), address.width));
        text += "        (others => 'X') when others;  -- never addressed\n";
    }
    return text + "end architecture;\n";
}

std::string Vhdl::entity() const {
    std::vector<std::string> lines;
    if (circuit_.latency > 0) lines.emplace_back("        clk : in std_logic");
    if (valid_ == ValidBit::with) lines.emplace_back("        valid_in : in std_logic");
    for (const auto& port : circuit_.inputs) lines.push_back(fmt::format("        {} : in {}", port.name, type_of(port.format)));
    for (const auto& port : circuit_.outputs) lines.push_back(fmt::format("        {} : out {}", port.name, type_of(port.format)));
    if (valid_ == ValidBit::with) lines.emplace_back("        valid_out : out std_logic");
    return fmt::format("entity {} is\n    port (\n{}\n    );\nend entity;\n\n", circuit_.name, fmt::join(lines, ";\n"));
}

std::string Vhdl::declarations() const {
    std::string text;
    for (std::uint32_t i = 0; i < circuit_.nodes.size(); ++i) {
        const auto& node = circuit_.nodes[i];
        for (int rank = node.op == CircuitOp::input ? 1 : 0; node.op != CircuitOp::constant && rank <= signals_.ranks()[i]; ++rank)
            text += fmt::format("    signal {} : {};{}\n", signals_.name(i, rank), type_of(node.format()), rank == 0 ? "  -- " + to_string(node.format()) : "");
    }
    for (const auto& place : signals_.instances()) {
        const auto& table = circuit_.tables[place.table];
        text += fmt::format("    signal {} : {};\n", place.address_name, type_of(address_format(table)));
        for (const auto n : place.nodes)
            text += fmt::format("    signal {} : {};\n", signals_.word_name(n), type_of(column_format(table.columns[circuit_.nodes[n].column])));
    }
    if (valid_ == ValidBit::with && circuit_.latency > 0)
        text += fmt::format("    signal {} : std_logic_vector({} downto 0) := (others => '0');\n", signals_.valid_chain(), circuit_.latency - 1);
    return text;
}

std::string Vhdl::instance(const TableInstance& instance) const {
    const auto& table = circuit_.tables[instance.table];
    const auto& first = circuit_.nodes[instance.nodes.front()];
    std::vector<std::string> connections = {fmt::format("address => {}", instance.address_name)};
    std::string reads;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        std::string word;
        for (const auto n : instance.nodes) {
            const auto& node = circuit_.nodes[n];
            if (node.column != c) continue;
            if (word.empty()) word = signals_.word_name(n);
            reads += fmt::format("    {} <= {};\n", node.name, fitted(word, column_format(table.columns[c]).sign, node.format()));
        }
        connections.push_back(fmt::format("{} => {}", table.columns[c].name, word.empty() ? "open" : word));
    }
    return fmt::format("    {} <= {};\n    {} : entity work.{} port map ({});\n{}", instance.address_name,
                       fitted(plain(first, 0), operand(first, 0).format().sign, address_format(table)), instance.name, table.name,
                       fmt::join(connections, ", "), reads);
}

// Sums, differences and products at a width where nothing overflows, then in the result's format.
std::string Vhdl::infix(const CircuitNode& node, const char* symbol) const {
    const auto &a = operand(node, 0), &b = operand(node, 1);
    const auto ends = [](const CircuitNode& n, int shift) { return std::pair(n.low * (std::int64_t{1} << shift), n.high * (std::int64_t{1} << shift)); };
    const auto [a_low, a_high] = ends(a, node.shift[0]);
    const auto [b_low, b_high] = ends(b, node.shift[1]);
    const bool all_unsigned = a.low >= 0 && b.low >= 0 && node.low >= 0 && node.op != CircuitOp::subtract;
    const Sign sign = all_unsigned ? Sign::without : Sign::with;
    if (node.op == CircuitOp::multiply) {
        const int extra = all_unsigned ? 0 : 1;
        const auto width = [&](const CircuitNode& n) { return n.format().width + (n.low < 0 ? 0 : extra); };
        return fitted(widened(node, 0, 0, width(a), sign) + " * " + widened(node, 1, 0, width(b), sign), sign, node.format());
    }
    const bool compares = node.op != CircuitOp::add && node.op != CircuitOp::subtract;
    const int width = std::max({signed_width(a_low, a_high), signed_width(b_low, b_high), compares ? 0 : signed_width(node.low, node.high)}) -
                      (all_unsigned ? 1 : 0);
    const std::string text = widened(node, 0, node.shift[0], width, sign) + " " + symbol + " " + widened(node, 1, node.shift[1], width, sign);
    return compares ? "\"1\" when " + text + " else \"0\"" : fitted(text, sign, node.format());
}

std::string Vhdl::saturated(const CircuitNode& node) const {
    const auto& from = operand(node, 0);
    const auto own = from.format();
    const auto into = node.format();
    const auto a = plain(node, 0);
    std::string text;
    if (node.low > from.low) text += fmt::format("{} when {} < {} else ", literal(node.low, into.width, into.sign), a, literal(node.low, own.width, own.sign));
    if (node.high < from.high)
        text += fmt::format("{} when {} > {} else ", literal(node.high, into.width, into.sign), a, literal(node.high, own.width, own.sign));
    return text + fitted(a, own.sign, into);
}

std::string Vhdl::rounded(const CircuitNode& node) const {
    const auto& from = operand(node, 0);
    const Sign sign = from.format().sign;
    const int shift = node.shift[0];
    if (node.rounding == Rounding::floor) return fitted(fmt::format("shift_right({}, {})", plain(node, 0), shift), sign, node.format());
    const int width = std::max(from.format().width, shift) + 2;
    return fitted(fmt::format("shift_right({} + {}, {})", widened(node, 0, 0, width, sign), literal(std::int64_t{1} << (shift - 1), width, sign), shift), sign,
                  node.format());
}

std::string Vhdl::expression(const CircuitNode& node) const {
    const auto into = node.format();
    switch (node.op) {
        case CircuitOp::add: return infix(node, "+");
        case CircuitOp::subtract: return infix(node, "-");
        case CircuitOp::multiply: return infix(node, "*");
        case CircuitOp::saturate: return saturated(node);
        case CircuitOp::wrap: {
            const auto& from = operand(node, 0);
            if (from.op == CircuitOp::constant) return literal(((from.low - node.low) & (node.high - node.low)) + node.low, into.width, into.sign);
            const char* type = into.sign == Sign::with ? "signed" : "unsigned";
            const auto a = plain(node, 0);
            if (from.format().width <= into.width) return fmt::format("{}(resize({}, {}))", type, a, into.width);
            return fmt::format("{}({}({} downto 0))", type, a, into.width - 1);
        }
        case CircuitOp::round: return rounded(node);
        case CircuitOp::scale: return widened(node, 0, node.shift[0], into.width, into.sign);
        case CircuitOp::select: {
            return fmt::format("{} when {} /= 0 else {}", fitted(plain(node, 1), operand(node, 1).format().sign, into), plain(node, 0),
                               fitted(plain(node, 2), operand(node, 2).format().sign, into));
        }
        case CircuitOp::less: return infix(node, "<");
        case CircuitOp::less_equal: return infix(node, "<=");
        case CircuitOp::equal: return infix(node, "=");
        default: return "";
    }
}

std::string Vhdl::logic(int stage) const {
    std::string text;
    for (std::size_t i = 0; i < circuit_.nodes.size(); ++i) {
        const auto& node = circuit_.nodes[i];
        if (node.op == CircuitOp::input || node.op == CircuitOp::constant || node.stage != stage) continue;
        if (node.op != CircuitOp::table) {
            text += fmt::format("    {} <= {};\n", node.name, expression(node));
            continue;
        }
        for (const auto& place : signals_.instances())
            if (place.nodes.front() == i) text += instance(place);
    }
    return text;
}

std::string Vhdl::registers() const {
    std::string transfers;
    for (std::uint32_t i = 0; i < circuit_.nodes.size(); ++i)
        for (int rank = 1; rank <= signals_.ranks()[i]; ++rank)
            transfers += fmt::format("            {} <= {};\n", signals_.name(i, rank), signals_.name(i, rank - 1));
    const auto& chain = signals_.valid_chain();
    if (valid_ == ValidBit::with && circuit_.latency > 0)
        transfers += circuit_.latency == 1 ? fmt::format("            {}(0) <= valid_in;\n", chain)
                                           : fmt::format("            {0} <= {0}({1} downto 0) & valid_in;\n", chain, circuit_.latency - 2);
    if (transfers.empty()) return "";
    return "\n    process (clk) is\n    begin\n        if rising_edge(clk) then\n" + transfers + "        end if;\n    end process;\n";
}

std::string Vhdl::outputs() const {
    std::string text = "\n";
    for (const auto& port : circuit_.outputs) {
        const auto& node = circuit_.nodes[port.node];
        const FixedPoint format = port.format;
        text += node.op == CircuitOp::constant ? fmt::format("    {} <= {};\n", port.name, literal(node.low, format.width, format.sign))
                                               : fmt::format("    {} <= {};\n", port.name, fitted(signals_.in_stage(port.node, circuit_.latency), node.format().sign, format));
    }
    if (valid_ == ValidBit::with)
        text += circuit_.latency == 0 ? "    valid_out <= valid_in;\n" : fmt::format("    valid_out <= {}({});\n", signals_.valid_chain(), circuit_.latency - 1);
    return text;
}

}  // namespace
}  // namespace in_vhdl

std::string vhdl(const Circuit& circuit, ValidBit valid) { return in_vhdl::Vhdl(circuit, valid).text(); }

}  // namespace balmer
