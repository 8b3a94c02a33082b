#include <fmt/format.h>

#include <numbers>

#include "balmer/error.hpp"
#include "hardware/plan.hpp"

namespace balmer {

namespace {

/// Copies a graph node by node, replacing what no circuit computes directly.
class Rewriter {
public:
    Rewriter(const Graph& source, std::span<const Standardisation> standardisation) : source_(source), standardisation_(standardisation) {}

    Graph run() {
        for (std::uint32_t i = 0; i < source_.nodes().size(); ++i) {
            std::vector<std::uint32_t> operands;
            for (const std::uint32_t operand : source_.operands(i)) {
                operands.push_back(made_[operand]);
            }
            made_.push_back(copy(source_.nodes()[i], operands));
        }
        for (const std::uint32_t root : source_.roots()) {
            target_.add_root(made_[root]);
        }
        return std::move(target_);
    }

private:
    std::uint32_t apply(Op op, std::uint32_t a) { return add(op, {a}); }
    std::uint32_t apply(Op op, std::uint32_t a, std::uint32_t b) { return add(op, {a, b}); }

    std::uint32_t add(Op op, const std::vector<std::uint32_t>& operands, std::int32_t index = 0) {
        const std::uint32_t made = target_.add(op, operands, index);
        if (made == constant_.size()) {
            bool all = op != Op::feature;
            for (const std::uint32_t operand : operands) {
                all = all && constant_[operand];
            }
            constant_.push_back(all);
        }
        return made;
    }

    std::uint32_t parameter(double value) {
        const std::uint32_t made = target_.add_parameter(value);
        constant_.push_back(true);
        return made;
    }

    std::uint32_t copy(const GraphNode& node, const std::vector<std::uint32_t>& operands) {
        switch (node.op) {
            case Op::parameter: return parameter(source_.values()[static_cast<std::size_t>(node.index)]);
            case Op::feature: return feature(node.index);
            case Op::linear: return linear(node, operands);
            case Op::divide: return apply(Op::multiply, operands[0], apply(Op::inverse, operands[1]));
            case Op::power: return power(operands[0], operands[1]);
            case Op::hypot: return apply(Op::sqrt, apply(Op::add, apply(Op::square, operands[0]), apply(Op::square, operands[1])));
            case Op::atan2: return angle(operands[0], operands[1]);
            case Op::min: return add(Op::conditional, {apply(Op::less_equal, operands[0], operands[1]), operands[0], operands[1]});
            case Op::max: return add(Op::conditional, {apply(Op::less_equal, operands[1], operands[0]), operands[0], operands[1]});
            case Op::greater: return apply(Op::less, operands[1], operands[0]);
            case Op::greater_equal: return apply(Op::less_equal, operands[1], operands[0]);
            case Op::not_equal: return apply(Op::subtract, parameter(1), apply(Op::equal, operands[0], operands[1]));
            case Op::category:
            case Op::choose:
                throw Error("a formula with a constant for each category, as p[detector], cannot become a circuit: give each category a model of its own");
            case Op::hole:
            case Op::call:
            case Op::argument: throw Error(fmt::format("a formula with '{}' cannot become a circuit", info(node.op).name));
            default: return add(node.op, operands, node.index);
        }
    }

    std::uint32_t feature(std::int32_t index) {
        const std::uint32_t word = add(Op::feature, {}, index);
        const Standardisation scaling = standardisation_[static_cast<std::size_t>(index)];
        if (scaling.mean == 0 && scaling.scale == 1) {
            return word;
        }
        return apply(Op::multiply, apply(Op::subtract, word, parameter(scaling.mean)), parameter(1 / scaling.scale));
    }

    std::uint32_t linear(const GraphNode& node, const std::vector<std::uint32_t>& operands) {
        std::vector<std::uint32_t> terms;
        const auto value = [&](std::size_t i) { return source_.values()[static_cast<std::size_t>(node.index) + i]; };
        for (std::size_t i = 0; i < operands.size(); ++i) {
            terms.push_back(apply(Op::multiply, parameter(value(i)), operands[i]));
        }
        terms.push_back(parameter(value(operands.size())));
        return add(Op::sum, terms);
    }

    // A constant base or exponent leaves a function of one value.
    std::uint32_t power(std::uint32_t base, std::uint32_t exponent) {
        if (constant_[base] || constant_[exponent]) {
            return apply(Op::power, base, exponent);
        }
        return apply(Op::exp, apply(Op::multiply, exponent, apply(Op::log, base)));
    }

    /// atan2(y, x) from the ratio of the smaller to the larger magnitude, then by octant.
    std::uint32_t angle(std::uint32_t y, std::uint32_t x) {
        const std::uint32_t zero = parameter(0);
        const std::uint32_t y_size = apply(Op::abs, y), x_size = apply(Op::abs, x);
        const std::uint32_t is_steep = apply(Op::less, x_size, y_size);
        const std::uint32_t larger = add(Op::conditional, {is_steep, y_size, x_size});
        const std::uint32_t smaller = add(Op::conditional, {is_steep, x_size, y_size});
        const std::uint32_t octant = apply(Op::atan, apply(Op::multiply, smaller, apply(Op::inverse, larger)));
        const std::uint32_t quadrant =
            add(Op::conditional, {is_steep, apply(Op::subtract, parameter(std::numbers::pi / 2), octant), octant});
        const std::uint32_t half = add(Op::conditional, {apply(Op::less, x, zero), apply(Op::subtract, parameter(std::numbers::pi), quadrant), quadrant});
        return add(Op::conditional, {apply(Op::less, y, zero), apply(Op::negate, half), half});
    }

    const Graph& source_;
    std::span<const Standardisation> standardisation_;
    Graph target_;
    std::vector<char> constant_;       ///< by target node
    std::vector<std::uint32_t> made_;  ///< target node by source node
};

}  // namespace

Graph rewrite(const Graph& graph, std::span<const Standardisation> standardisation) { return Rewriter(graph, standardisation).run(); }

}  // namespace balmer
