#include "hardware/rtl/signals.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "hardware/lower_case.hpp"

namespace balmer {
namespace {

// Names of columns and formulas may hold anything; a line break would end the comment.
std::string one_line(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 32) c = ' ';
    return text;
}

std::string words_of(const InputPort& port) {
    if (port.format.fraction == 0) return port.overflow == Overflow::saturate ? "integers, saturated" : "integers, wrapped";
    return fmt::format("{}, {}", port.rounding == Rounding::nearest ? "rounded to nearest, ties up" : "rounded down",
                       port.overflow == Overflow::saturate ? "saturated" : "wrapped");
}

}  // namespace

NamePool::NamePool(const Circuit& circuit) {
    taken_.insert(lower_case(circuit.name));
    for (const auto& table : circuit.tables) taken_.insert(lower_case(table.name));
    for (const auto& node : circuit.nodes) taken_.insert(lower_case(node.name));
    for (const auto& port : circuit.outputs) taken_.insert(lower_case(port.name));
}

std::string NamePool::take(std::string_view wanted) {
    std::string name(wanted);
    for (int i = 2; is_reserved_word(name) || !taken_.insert(lower_case(name)).second; ++i) name = fmt::format("{}_{}", wanted, i);
    return name;
}

Signals::Signals(const Circuit& circuit) : circuit_(circuit), ranks_(register_ranks(circuit)) {
    NamePool pool(circuit);
    valid_chain_ = pool.take("valid_chain");
    for (std::size_t i = 0; i < circuit.nodes.size(); ++i) {
        const auto& node = circuit.nodes[i];
        names_.push_back({node.name});
        for (int rank = 1; rank <= ranks_[i]; ++rank) names_[i].push_back(pool.take(fmt::format("{}_r{}", node.name, rank)));
        words_.push_back(node.op == CircuitOp::table ? pool.take(node.name + "_word") : "");
        if (node.op != CircuitOp::table) continue;
        const auto same = [&](const TableInstance& t) { return t.table == node.source && t.address == node.operands[0] && t.stage == node.stage; };
        auto found = std::ranges::find_if(instances_, same);
        if (found == instances_.end()) {
            const auto name = pool.take(node.name + "_lookup");
            instances_.push_back({name, pool.take(node.name + "_address"), node.source, node.operands[0], node.stage, {}});
            found = instances_.end() - 1;
        }
        found->nodes.push_back(static_cast<std::uint32_t>(i));
    }
}

const std::string& Signals::in_stage(std::uint32_t node, int stage) const {
    return name(node, circuit_.nodes[node].op == CircuitOp::constant ? 0 : stage - circuit_.nodes[node].stage);
}

FixedPoint address_format(const CircuitTable& table) {
    return format_for(table.first, table.first + static_cast<std::int64_t>(table.size()) - 1, 0);
}

FixedPoint column_format(const TableColumn& column) {
    const auto [low, high] = std::ranges::minmax(column.values);
    return format_for(low, high, 0);
}

std::vector<std::string> header_lines(const Circuit& circuit) {
    std::vector<std::string> lines = {circuit.name + ": fixed-point logic made by balmer from a formula", ""};
    for (const auto& port : circuit.outputs) {
        const std::string what = port.formula.empty() ? port.column : port.formula;
        lines.push_back(fmt::format("{} = {}", port.name, one_line(what)));
    }
    lines.emplace_back();
    for (const auto& port : circuit.inputs)
        lines.push_back(fmt::format("in   {}: {} ({}{})", port.name, to_string(port.format), words_of(port),
                                    port.column == port.name ? "" : ", column " + one_line(port.column)));
    for (const auto& port : circuit.outputs)
        lines.push_back(fmt::format("out  {}: {}{}", port.name, to_string(port.format),
                                    port.kind == OutputKind::class_code ? ", index of the class" : port.kind == OutputKind::decision ? ", 1 when passed" : ""));
    for (std::size_t k = 0; k < circuit.classes.size(); ++k) lines.push_back(fmt::format("class {}: {}", k, one_line(circuit.classes[k])));
    lines.push_back(circuit.latency == 0 ? "latency: none, combinational"
                                         : fmt::format("latency: {} clock cycle{}, new inputs every cycle{}", circuit.latency, circuit.latency > 1 ? "s" : "",
                                                       circuit.clock > 0 ? fmt::format(", scheduled for {:g} ns", circuit.clock) : ""));
    for (const auto& [name, value] : circuit.about) lines.push_back(one_line(name + ": " + value));
    for (const auto& note : circuit.notes) lines.push_back(one_line("note: " + note));
    return lines;
}

std::string comment(const std::vector<std::string>& lines, std::string_view mark) {
    std::string text;
    for (const auto& line : lines) {
        // A backslash at the end would carry a C++ comment on to the next line.
        const bool open_end = line.ends_with('\\');
        text += line.empty() ? std::string(mark) + "\n" : fmt::format("{} {}{}\n", mark, line, open_end ? "." : "");
    }
    return text;
}

int signed_width(std::int64_t low, std::int64_t high) {
    const FixedPoint format = format_for(low, high, 0);
    return format.sign == Sign::with ? format.width : format.width + 1;
}

std::uint64_t pattern(std::int64_t value, int width) {
    return static_cast<std::uint64_t>(value) & ((std::uint64_t{1} << width) - 1);
}

}  // namespace balmer
