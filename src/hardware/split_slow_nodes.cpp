#include <algorithm>
#include <optional>

#include "balmer/circuit_builder.hpp"
#include "balmer/hardware_cost.hpp"

namespace balmer {

namespace {

/// Copies a circuit node by node into a builder, slow nodes in pieces. Pieces may have slightly wider intervals than the whole (the integers are
/// the same), so that what reads them is copied by its rule, not by its interval.
class Splitter {
public:
    Splitter(const Circuit& circuit, double limit) : circuit_(circuit), limit_(limit), builder_(circuit.name) {}

    Circuit run() {
        for (const CircuitNode& node : circuit_.nodes) {
            made_.push_back(is_slow(node) ? split(node) : copy(node));
        }
        for (const OutputPort& port : circuit_.outputs) {
            const std::uint32_t node = builder_.saturate(made_[port.node], port.format.lowest(), port.format.highest(), port.name + "_limited");
            builder_.output(port.column, node, port.format, port.formula, port.kind);
            builder_.circuit().outputs.back().name = port.name;
        }
        Circuit result = builder_.finish();
        result.latency = circuit_.latency;
        result.clock = circuit_.clock;
        result.classes = circuit_.classes;
        result.notes = circuit_.notes;
        result.about = circuit_.about;
        return result;
    }

private:
    bool is_slow(const CircuitNode& node) const {
        constexpr int narrowest = 3;
        const int width = arity_of(node.op) > 0 ? circuit_.nodes[node.operands[0]].format().width : 0;
        const bool divisible = (node.op == CircuitOp::multiply && node.multiplier != Multiplier::dsp && wider(node).second > narrowest) ||
                               (node.op == CircuitOp::table && width > 6);
        return divisible && estimate_delay(circuit_, node) > limit_;
    }

    /// The narrower and the wider operand's widths.
    std::pair<int, int> wider(const CircuitNode& node) const {
        const int a = circuit_.nodes[node.operands[0]].format().width, b = circuit_.nodes[node.operands[1]].format().width;
        return {std::min(a, b), std::max(a, b)};
    }

    std::uint32_t operand(const CircuitNode& node, std::size_t k) const { return made_[node.operands[k]]; }

    std::uint32_t copy(const CircuitNode& node) {
        const auto a = [&] { return operand(node, 0); };
        const auto b = [&] { return operand(node, 1); };
        switch (node.op) {
            case CircuitOp::input: {
                const InputPort& port = circuit_.inputs[node.source];
                const std::uint32_t made = builder_.input(port.column, port.format, port.rounding, port.overflow);
                return made;
            }
            case CircuitOp::constant: return builder_.constant(node.low, node.fraction);
            case CircuitOp::add: return builder_.add(a(), b(), node.name);
            case CircuitOp::subtract: return builder_.subtract(a(), b(), node.name);
            case CircuitOp::multiply: return multiply(a(), b(), node);
            case CircuitOp::table: {
                CircuitTable table = circuit_.tables[node.source];
                extend(table, a());
                return builder_.table(builder_.add_table(std::move(table)), node.column, a(), node.fraction, node.name);
            }
            case CircuitOp::saturate: return builder_.saturate(a(), node.low, node.high, node.name);
            case CircuitOp::wrap: return builder_.wrap(a(), node.format().width, node.format().sign, node.name);
            case CircuitOp::round: return builder_.with_fraction(a(), node.fraction, node.rounding, node.name);
            case CircuitOp::scale: {
                const std::uint32_t longer = builder_.with_fraction(a(), builder_.node(a()).fraction + node.shift[0], Rounding::floor, node.name);
                return builder_.reread(longer, node.fraction, node.name);
            }
            case CircuitOp::select: return builder_.select(a(), b(), operand(node, 2), node.name);
            case CircuitOp::less:
            case CircuitOp::less_equal:
            case CircuitOp::equal: return builder_.compare(node.op, a(), b(), node.name);
        }
        return 0;
    }

    std::uint32_t multiply(std::uint32_t a, std::uint32_t b, const CircuitNode& node) {
        const std::uint32_t made = builder_.multiply(a, b, node.name);
        builder_.circuit().nodes[made].multiplier = node.multiplier;
        return made;
    }

    /// Addresses beyond the table never occur: they repeat its ends.
    void extend(CircuitTable& table, std::uint32_t address) const {
        const CircuitNode& node = builder_.node(address);
        const std::int64_t last = table.first + static_cast<std::int64_t>(table.size()) - 1;
        for (TableColumn& column : table.columns) {
            if (node.low < table.first) {
                column.values.insert(column.values.begin(), static_cast<std::size_t>(table.first - node.low), column.values.front());
            }
            if (node.high > last) {
                column.values.insert(column.values.end(), static_cast<std::size_t>(node.high - last), column.values.back());
            }
        }
        table.first = std::min(table.first, node.low);
    }

    std::uint32_t split(const CircuitNode& node) { return node.op == CircuitOp::multiply ? split_product(node) : split_table(node); }

    /// a * b = (a * upper << k) + a * lower, b the wider operand.
    std::uint32_t split_product(const CircuitNode& node) {
        std::uint32_t a = operand(node, 0), b = operand(node, 1);
        if (builder_.node(a).format().width > builder_.node(b).format().width) {
            std::swap(a, b);
        }
        const int half = builder_.node(b).format().width / 2;
        const int fraction = builder_.node(b).fraction;
        const std::uint32_t lower = builder_.wrap(b, half, Sign::without, node.name + "_lower");
        const std::uint32_t upper = builder_.with_fraction(b, fraction - half, Rounding::floor, node.name + "_upper");
        const std::uint32_t sum = builder_.add(multiply(a, upper, node), multiply(a, lower, node), node.name);
        const FixedPoint whole = node.format();
        return builder_.wrap(sum, whole.width, whole.sign, node.name);
    }

    /// Two tables of half the addresses, and a choice by the highest address bit.
    std::uint32_t split_table(const CircuitNode& node) {
        const CircuitTable& table = circuit_.tables[node.source];
        const std::uint32_t address = operand(node, 0);
        const int half = builder_.node(address).format().width - 1;
        const std::int64_t period = std::int64_t{1} << half;
        const std::uint32_t low_bits = builder_.wrap(address, half, Sign::without, node.name + "_low_bits");
        const std::uint32_t high_bit = builder_.with_fraction(address, builder_.node(address).fraction - half, Rounding::floor, node.name + "_high_bit");
        const auto part = [&](std::int64_t begin, std::string_view which) {
            const TableColumn& column = table.columns[node.column];
            CircuitTable made{.name = table.name + "_" + std::string(which), .first = 0, .columns = {{.name = "y", .formula = column.formula}}};
            for (std::int64_t i = 0; i < period; ++i) {
                const std::int64_t at = std::clamp<std::int64_t>(begin + i - table.first, 0, static_cast<std::int64_t>(table.size()) - 1);
                made.columns[0].values.push_back(column.values[static_cast<std::size_t>(at)]);
            }
            return builder_.table(builder_.add_table(std::move(made)), 0, low_bits, node.fraction, node.name + "_" + std::string(which));
        };
        const bool is_signed = builder_.node(address).low < 0;
        const std::uint32_t other = part(is_signed ? -period : period, is_signed ? "negative" : "upper");
        return builder_.select(high_bit, other, part(0, is_signed ? "positive" : "lower"), node.name);
    }

    const Circuit& circuit_;
    double limit_;
    CircuitBuilder builder_;
    std::vector<std::uint32_t> made_;
};

}  // namespace

Circuit split_slow_nodes(const Circuit& circuit, double limit) {
    Circuit result = circuit;
    for (;;) {
        Circuit next = Splitter(result, limit).run();
        if (next.nodes.size() == result.nodes.size()) {
            return result;
        }
        result = std::move(next);
    }
}

}  // namespace balmer
