#include "search/neural/node_functions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "balmer/derivative.hpp"
#include "balmer/error.hpp"

namespace balmer::neural {
namespace {

Expression body_of(NodeOperator op, int arity) {
    std::vector<Expression> operands;
    for (int k = 0; k < arity; ++k) operands.push_back(Expression::feature(k));
    return NodeFunction::applied(op, operands);
}

int arity_of(NodeOperator op, std::span<const Definition> definitions) {
    if (op.op == Op::call) return static_cast<int>(definitions[static_cast<std::size_t>(op.definition)].arguments.size());
    return info(op.op).arity;
}

// A derivative that is zero wherever it exists: steps, signs, comparisons, and formulas made of them alone.
bool is_flat(NodeOperator op, std::span<const Definition> definitions) {
    const int arity = arity_of(op, definitions);
    const auto body = body_of(op, arity);
    for (int k = 0; k < arity; ++k) {
        const auto d = derivative(body, {.index = k}, definitions);
        const bool zero = d.size() == 1 && d.nodes[0].op == Op::parameter && d.values[0] == 0;
        if (!zero) return false;
    }
    return true;
}

// Whether the guarded operator and its derivative are finite on a wide grid: what training passes through before it has learnt anything.
bool is_trainable(NodeOperator op, std::span<const Definition> definitions) {
    const NodeFunction function(op, definitions, Domain::guarded);
    static constexpr double grid[] = {-8, -3, -1.5, -1, -.5, -.1, 0, .1, .5, 1, 1.5, 3, 8};
    for (const double a : grid) {
        for (const double b : grid) {
            if (!std::isfinite(function.value(a, b))) return false;
            for (int k = 0; k < function.arity(); ++k)
                if (!std::isfinite(function.derivative(k, a, b)) && a != 0) return false;
            if (function.arity() == 1) break;
        }
    }
    return true;
}

std::string name_of(NodeOperator op, std::span<const Definition> definitions) {
    return op.op == Op::call ? definitions[static_cast<std::size_t>(op.definition)].name : std::string(info(op.op).name);
}

}  // namespace

Expression NodeFunction::applied(NodeOperator op, std::span<const Expression> operands) {
    return Expression::apply(op.op, operands, op.definition);
}

NodeFunction::NodeFunction(NodeOperator op, std::span<const Definition> definitions, Domain domain) : arity_(arity_of(op, definitions)) {
    const auto add_with_slopes = [&](const Expression& formula) {
        graph_.add_root(graph_.add_expression(formula, definitions));
        for (int k = 0; k < arity_; ++k) graph_.add_root(graph_.add_expression(balmer::derivative(formula, {.index = k}, definitions), definitions));
    };
    const auto body = body_of(op, arity_);
    if (domain == Domain::exact) {
        add_with_slopes(body);
        return;
    }
    const auto safe = guarded(inlined(body, definitions));
    is_restricted_ = !safe.outside.empty();
    add_with_slopes(is_restricted_ ? safe.value : body);
    if (is_restricted_) add_with_slopes(safe.outside);
}

std::vector<double> NodeFunction::roots(double a, double b) const {
    const double features[] = {a, b};
    return evaluate_row(graph_, graph_.values(), features);
}

double NodeFunction::value(double a, double b) const { return roots(a, b)[0]; }

double NodeFunction::derivative(int argument, double a, double b) const { return roots(a, b)[static_cast<std::size_t>(argument) + 1]; }

double NodeFunction::outside(double a, double b) const { return is_restricted_ ? roots(a, b)[static_cast<std::size_t>(arity_) + 1] : 0; }

double NodeFunction::outside_derivative(int argument, double a, double b) const {
    return is_restricted_ ? roots(a, b)[static_cast<std::size_t>(arity_ + argument) + 2] : 0;
}

std::array<double, 2> NodeFunction::start() const {
    if (!is_restricted_) return {0, 0};
    static constexpr double places[] = {0, 1.5, -1.5, 2.5};
    constexpr double reach = 1;
    std::array<double, 2> best{};
    double least = std::numeric_limits<double>::infinity();
    for (const double a : places)
        for (const double b : places) {
            double sum = 1e-3 * (std::fabs(a) + std::fabs(b));
            for (const double da : {-reach, reach})
                for (const double db : {-reach, reach}) sum += outside(a + da, b + db);
            if (sum < least) best = {a, b};
            least = std::min(least, sum);
        }
    return best;
}

Palette make_palette(std::span<const Op> operators, std::span<const Definition> definitions) {
    const auto has = [&](Op op) { return std::ranges::find(operators, op) != operators.end(); };
    if (!has(Op::add) || !has(Op::multiply))
        throw Error({.name = "--operators"}, "a symbolic network is made of sums and products: add + and * to the operators, or use another --method");
    std::vector<NodeOperator> all;
    for (const Op op : operators) all.push_back({op, 0});
    for (std::size_t d = 0; d < definitions.size(); ++d) all.push_back({Op::call, static_cast<std::int32_t>(d)});
    Palette palette;
    for (const auto& op : all) {
        // Differences are sums with a weight of -1; the sum is what a binary operator is pruned to.
        if (op.op == Op::add || op.op == Op::subtract || op.op == Op::negate) continue;
        const int arity = arity_of(op, definitions);
        const auto name = name_of(op, definitions);
        if (arity != 1 && arity != 2) {
            palette.left_out.push_back(name);
            continue;
        }
        if (is_flat(op, definitions))
            throw Error({.name = "--operators"}, fmt::format("'{}' has no derivative that a symbolic network could follow. Leave it out, or use --method genetic", name));
        if (!is_trainable(op, definitions)) palette.left_out.push_back(name);
        else (arity == 1 ? palette.unary : palette.binary).push_back(op);
    }
    if (palette.unary.empty() && palette.binary.empty())
        throw Error({.name = "--operators"}, "none of these operators can be trained by a symbolic network. "
                                             "Use for example \"+ * sin exp tanh\"");
    return palette;
}

}  // namespace balmer::neural
