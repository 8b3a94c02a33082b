#include "balmer/circuit_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cctype>
#include <utility>

#include "balmer/error.hpp"
#include "balmer/hash.hpp"
#include "hardware/intervals.hpp"
#include "hardware/lower_case.hpp"

namespace balmer {

namespace {

std::uint64_t key_of(const CircuitNode& node) {
    const std::array<std::int64_t, 12> parts = {static_cast<std::int64_t>(node.op), node.operands[0], node.operands[1], node.operands[2],
                                               node.shift[0], node.shift[1], node.low, node.high, node.fraction, node.source, node.column,
                                               static_cast<std::int64_t>(node.rounding)};
    return hash(std::span(parts));
}

bool is_same(const CircuitNode& a, CircuitNode b) {
    b.name = a.name;
    b.stage = a.stage;
    b.multiplier = a.multiplier;
    return a == b;
}

std::string_view fallback_name(CircuitOp op) {
    switch (op) {
        case CircuitOp::add: return "sum";
        case CircuitOp::subtract: return "difference";
        case CircuitOp::multiply: return "product";
        case CircuitOp::table: return "looked_up";
        case CircuitOp::saturate: return "saturated";
        case CircuitOp::wrap: return "wrapped";
        case CircuitOp::round: return "rounded";
        case CircuitOp::scale: return "scaled";
        case CircuitOp::select: return "selected";
        case CircuitOp::less:
        case CircuitOp::less_equal:
        case CircuitOp::equal: return "test";
        case CircuitOp::constant: return "constant_value";
        case CircuitOp::input: return "x";
    }
    return "x";
}

}  // namespace

CircuitBuilder::CircuitBuilder(std::string_view name, Naming naming) : naming_(naming) { circuit_.name = take_name(name, "circuit"); }

std::string CircuitBuilder::take_name(std::string_view wanted, std::string_view fallback) {
    if (naming_ == Naming::none) {
        return {};
    }
    const std::string base = legal_name(wanted.empty() ? fallback : wanted, fallback);
    std::string name = base;
    for (;;) {
        const std::string lower = lower_case(name);
        const auto [entry, is_new] = taken_.try_emplace(lower, 1);
        if (is_new) {
            return name;
        }
        name = fmt::format("{}_{}", base, ++taken_[lower]);
    }
}

std::uint32_t CircuitBuilder::append(CircuitNode node, std::string_view wanted) {
    const WideInterval interval = wide_interval(circuit_, node);
    bool fits = within_limit(interval);
    for (std::size_t k = 0; k < shifted_operands(node.op); ++k) {
        fits = fits && node.shift[k] < 60 && within_limit(shifted_interval(circuit_.nodes[node.operands[k]], node.shift[k]));
    }
    if (!fits) {
        throw Error(fmt::format("an inner value of the circuit ({} '{}') needs more than 60 bits: give inputs and constants fewer bits, or "
                                "limit the function's argument", name_of(node.op), wanted.empty() ? fallback_name(node.op) : wanted));
    }
    node.low = static_cast<std::int64_t>(interval.low);
    node.high = static_cast<std::int64_t>(interval.high);
    const std::uint64_t key = key_of(node);
    const auto [begin, end] = seen_.equal_range(key);
    for (auto it = begin; it != end; ++it) {
        if (is_same(circuit_.nodes[it->second], node)) {
            return it->second;
        }
    }
    node.name = node.op == CircuitOp::input ? circuit_.inputs[node.source].name : take_name(wanted, fallback_name(node.op));
    const auto made = static_cast<std::uint32_t>(circuit_.nodes.size());
    circuit_.nodes.push_back(std::move(node));
    seen_.emplace(key, made);
    return made;
}

std::uint32_t CircuitBuilder::input(std::string_view column, FixedPoint format, Rounding rounding, Overflow overflow) {
    circuit_.inputs.push_back({.name = take_name(column, "x"), .column = std::string(column), .format = format, .rounding = rounding,
                               .overflow = overflow});
    return append({.op = CircuitOp::input, .fraction = format.fraction, .source = static_cast<std::uint32_t>(circuit_.inputs.size() - 1)}, {});
}

std::uint32_t CircuitBuilder::constant(std::int64_t value, int fraction) {
    const std::string name = value < 0 ? fmt::format("minus_{}", -value) : fmt::format("plus_{}", value);
    return append({.op = CircuitOp::constant, .low = value, .high = value, .fraction = fraction}, name);
}

namespace {

CircuitNode aligned(const CircuitBuilder& builder, CircuitOp op, std::uint32_t a, std::uint32_t b) {
    const int fraction = std::max(builder.node(a).fraction, builder.node(b).fraction);
    return {.op = op, .operands = {a, b, 0}, .shift = {fraction - builder.node(a).fraction, fraction - builder.node(b).fraction},
            .fraction = fraction};
}

}  // namespace

std::uint32_t CircuitBuilder::add(std::uint32_t a, std::uint32_t b, std::string_view name) {
    return append(aligned(*this, CircuitOp::add, std::min(a, b), std::max(a, b)), name);
}

std::uint32_t CircuitBuilder::subtract(std::uint32_t a, std::uint32_t b, std::string_view name) {
    return append(aligned(*this, CircuitOp::subtract, a, b), name);
}

std::uint32_t CircuitBuilder::multiply(std::uint32_t a, std::uint32_t b, std::string_view name) {
    return append({.op = CircuitOp::multiply, .operands = {std::min(a, b), std::max(a, b), 0}, .fraction = node(a).fraction + node(b).fraction},
                  name);
}

std::uint32_t CircuitBuilder::add_table(CircuitTable table) {
    for (std::size_t i = 0; i < circuit_.tables.size(); ++i) {
        const CircuitTable& other = circuit_.tables[i];
        const auto same_values = [](const TableColumn& a, const TableColumn& b) { return a.values == b.values; };
        if (other.first == table.first && std::ranges::equal(other.columns, table.columns, same_values)) {
            return static_cast<std::uint32_t>(i);
        }
    }
    table.name = take_name(table.name, "lookup");
    for (TableColumn& column : table.columns) {
        column.name = naming_ == Naming::none ? std::string() : legal_name(column.name, "y");
    }
    circuit_.tables.push_back(std::move(table));
    return static_cast<std::uint32_t>(circuit_.tables.size() - 1);
}

std::uint32_t CircuitBuilder::table(std::uint32_t table, std::uint32_t column, std::uint32_t a, int fraction, std::string_view name) {
    assert(node(a).low >= circuit_.tables[table].first);
    assert(node(a).high < circuit_.tables[table].first + static_cast<std::int64_t>(circuit_.tables[table].size()));
    return append({.op = CircuitOp::table, .operands = {a, 0, 0}, .fraction = fraction, .source = table, .column = column}, name);
}

std::uint32_t CircuitBuilder::saturate(std::uint32_t a, std::int64_t low, std::int64_t high, std::string_view name) {
    if (node(a).low >= low && node(a).high <= high) {
        return a;
    }
    if (node(a).high <= low || node(a).low >= high) {
        return constant(node(a).high <= low ? low : high, node(a).fraction);
    }
    return append({.op = CircuitOp::saturate, .operands = {a, 0, 0}, .low = std::max(low, node(a).low), .high = std::min(high, node(a).high),
                   .fraction = node(a).fraction}, name);
}

std::uint32_t CircuitBuilder::wrap(std::uint32_t a, int width, Sign sign, std::string_view name) {
    const FixedPoint format{.width = width, .fraction = node(a).fraction, .sign = sign};
    if (node(a).low >= format.lowest() && node(a).high <= format.highest()) {
        return a;
    }
    return append({.op = CircuitOp::wrap, .operands = {a, 0, 0}, .low = format.lowest(), .high = format.highest(), .fraction = format.fraction},
                  name);
}

std::uint32_t CircuitBuilder::with_fraction(std::uint32_t a, int fraction, Rounding rounding, std::string_view name) {
    const int dropped = node(a).fraction - fraction;
    if (dropped == 0) {
        return a;
    }
    if (dropped < 0) {
        return append({.op = CircuitOp::scale, .operands = {a, 0, 0}, .shift = {-dropped, 0}, .fraction = fraction}, name);
    }
    return append({.op = CircuitOp::round, .operands = {a, 0, 0}, .shift = {dropped, 0}, .fraction = fraction, .rounding = rounding}, name);
}

std::uint32_t CircuitBuilder::reread(std::uint32_t a, int fraction, std::string_view name) {
    return node(a).fraction == fraction ? a : append({.op = CircuitOp::scale, .operands = {a, 0, 0}, .fraction = fraction}, name);
}

std::uint32_t CircuitBuilder::select(std::uint32_t condition, std::uint32_t then, std::uint32_t otherwise, std::string_view name) {
    const int fraction = std::max(node(then).fraction, node(otherwise).fraction);
    then = with_fraction(then, fraction, Rounding::floor);
    otherwise = with_fraction(otherwise, fraction, Rounding::floor);
    if (then == otherwise) {
        return then;
    }
    return append({.op = CircuitOp::select, .operands = {condition, then, otherwise}, .fraction = fraction}, name);
}

std::uint32_t CircuitBuilder::compare(CircuitOp op, std::uint32_t a, std::uint32_t b, std::string_view name) {
    assert(op == CircuitOp::less || op == CircuitOp::less_equal || op == CircuitOp::equal);
    CircuitNode node = aligned(*this, op, a, b);
    node.fraction = 0;
    return append(std::move(node), name);
}

void CircuitBuilder::output(std::string_view column, std::uint32_t node, FixedPoint format, std::string_view formula, OutputKind kind) {
    circuit_.outputs.push_back({.name = take_name(column, "y"), .column = std::string(column), .formula = std::string(formula), .node = node,
                                .format = format, .kind = kind});
}

Circuit CircuitBuilder::finish() {
    std::vector<char> live(circuit_.nodes.size(), 0);
    for (const OutputPort& port : circuit_.outputs) {
        live[port.node] = 1;
    }
    std::vector<char> table_used(circuit_.tables.size(), 0);
    for (std::size_t i = circuit_.nodes.size(); i-- > 0;) {
        const CircuitNode& node = circuit_.nodes[i];
        live[i] |= node.op == CircuitOp::input ? 1 : 0;
        for (std::size_t k = 0; live[i] && k < static_cast<std::size_t>(arity_of(node.op)); ++k) {
            live[node.operands[k]] = 1;
        }
        if (live[i] && node.op == CircuitOp::table) {
            table_used[node.source] = 1;
        }
    }
    Circuit result = std::move(circuit_);
    auto nodes = std::exchange(result.nodes, {});
    auto tables = std::exchange(result.tables, {});
    std::vector<std::uint32_t> table_index(table_used.size(), 0), node_index(live.size(), 0);
    for (std::size_t i = 0; i < table_used.size(); ++i) {
        table_index[i] = static_cast<std::uint32_t>(result.tables.size());
        if (table_used[i]) {
            result.tables.push_back(std::move(tables[i]));
        }
    }
    for (std::size_t i = 0; i < live.size(); ++i) {
        node_index[i] = static_cast<std::uint32_t>(result.nodes.size());
        if (!live[i]) {
            continue;
        }
        CircuitNode node = std::move(nodes[i]);
        for (std::size_t k = 0; k < static_cast<std::size_t>(arity_of(node.op)); ++k) {
            node.operands[k] = node_index[node.operands[k]];
        }
        node.source = node.op == CircuitOp::table ? table_index[node.source] : node.source;
        result.nodes.push_back(std::move(node));
    }
    for (OutputPort& port : result.outputs) {
        port.node = node_index[port.node];
    }
    return result;
}

}  // namespace balmer
