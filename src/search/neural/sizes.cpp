#include "search/neural/sizes.hpp"

#include <algorithm>
#include <cmath>

namespace balmer::neural {
namespace {

Expression variable(int index) { return Expression::feature(index); }
Expression sum_of(int from, int count) {
    Expression sum = variable(from);
    for (int k = 1; k < count; ++k)
        sum = Expression::apply(Op::add, sum, variable(from + k));
    return sum;
}

struct Rows {
    std::vector<double> size;      ///< terms and constant
    std::vector<double> leading;   ///< what the coefficient of a row's first term costs
    std::vector<int> summands;     ///< constant included
    std::vector<bool> is_constant;
};

Rows rows_of(const Layout& layout, std::span<const float> p, std::size_t m, const std::vector<double>& inputs,
             const PieceCosts& costs) {
    const auto& place = layout.matrices()[m];
    Rows rows{std::vector<double>(place.rows, 0.0), std::vector<double>(place.rows, 0.0),
              std::vector<int>(place.rows, 0), std::vector<bool>(place.rows, true)};
    const auto add = [&](std::size_t j, double size) {
        rows.size[j] += size + (rows.summands[j] == 0 ? 0 : rows.summands[j] == 1 ? costs.first_sum : costs.next_sum);
        ++rows.summands[j];
    };
    for (std::size_t i = 0; i <= place.inputs; ++i)
        for (std::size_t j = 0; j < place.rows; ++j) {
            const std::size_t at = place.at(i, j);
            if (!(std::fabs(p[at]) > p[layout.threshold(at)])) continue;
            if (i == place.inputs) {
                if (!rows.is_constant[j])
                    add(j, costs.constant);
            } else if (inputs[i] > 0) {
                const double coefficient = p[at] == 1 ? 0 : costs.coefficient;
                if (rows.is_constant[j]) rows.leading[j] = coefficient;
                rows.is_constant[j] = false;
                add(j, coefficient + inputs[i]);
            }
        }
    return rows;
}

// Sizes of a layer's nodes; constant ones have none.
std::vector<double> nodes_of(const Layout& layout, std::span<const float> p, std::size_t l, const Rows& rows,
                             const PieceCosts& costs) {
    const auto& layer = layout.shape().hidden[l];
    const std::size_t u = layer.unary.size();
    std::vector<double> nodes;
    for (std::size_t k = 0; k < u; ++k) {
        const bool kept = p[layout.unary_threshold(l, k)] < 1;
        nodes.push_back(rows.is_constant[k] ? 0 : rows.size[k] + (kept ? costs.of(layer.unary[k]) : 0));
    }
    for (std::size_t k = 0; k < layer.binary.size(); ++k) {
        const std::size_t a = u + 2 * k, b = a + 1;
        const bool is_sum = !(p[layout.binary_threshold(l, k)] < 1), is_product = layer.binary[k].op == Op::multiply;
        if (rows.is_constant[a] && rows.is_constant[b]) nodes.push_back(0);
        else if (is_sum || (is_product && (rows.is_constant[a] || rows.is_constant[b]))) nodes.push_back(rows.size[a] + rows.size[b]);
        // The leading coefficients of a product's sides go into the coefficient before it.
        else
            nodes.push_back(std::max(1.0, costs.of(layer.binary[k]) + rows.size[a] + rows.size[b] -
                                              (is_product ? rows.leading[a] + rows.leading[b] : 0)));
    }
    return nodes;
}

}  // namespace

PieceCosts::PieceCosts(const ComplexityMeasure& given, const Palette& palette) {
    // A cost computed elsewhere has no pieces.
    const auto measure = given.additive() || given.name() == "sympy" ? given : ComplexityMeasure();
    constexpr double number = 1.5;
    const auto weigh = [&](const Expression& expression) { return static_cast<double>(measure(expression)); };
    const double one = weigh(sum_of(0, 1)), two = weigh(sum_of(0, 2));
    variable = one;
    first_sum = two - 2 * one;
    next_sum = weigh(sum_of(0, 3)) - two - one;
    coefficient = weigh(Expression::apply(Op::multiply, Expression::constant(number), sum_of(0, 1))) - one;
    constant = weigh(Expression::apply(Op::add, sum_of(0, 1), Expression::constant(number))) - one - first_sum;
    for (const auto op : palette.unary) {
        const Expression operand = sum_of(0, 2);
        operators_.emplace_back(op, std::max(0.0, weigh(NodeFunction::applied(op, {{operand}})) - two));
    }
    for (const auto op : palette.binary) {
        const Expression operands[] = {sum_of(0, 2), sum_of(2, 2)};
        const Expression scaled =
            Expression::apply(Op::multiply, Expression::constant(number), NodeFunction::applied(op, operands));
        operators_.emplace_back(op, std::max(0.0, weigh(scaled) - coefficient - 2 * two));
    }
}

double PieceCosts::of(NodeOperator op) const {
    for (const auto& [known, cost] : operators_)
        if (known == op)
            return cost;
    return 1;
}

Sizes sizes_of(const Layout& layout, std::span<const float> p, const PieceCosts& costs) {
    const auto& matrices = layout.matrices();
    Sizes sizes;
    sizes.costs = &costs;
    std::vector<double> inputs;
    for (std::size_t i = 0; i < layout.shape().inputs; ++i)
        inputs.push_back(p[layout.input_threshold(i)] < 1 ? costs.variable : 0);
    sizes.of_input.push_back(std::move(inputs));
    Rows rows;
    for (std::size_t m = 0; m < matrices.size(); ++m) {
        rows = rows_of(layout, p, m, sizes.of_input[m], costs);
        sizes.summands.push_back(rows.summands);
        if (m + 1 < matrices.size())
            sizes.of_input.push_back(nodes_of(layout, p, m, rows, costs));
    }
    for (const double size : rows.size)
        sizes.total += std::max(costs.constant, size);
    sizes.of_row.resize(matrices.size());
    sizes.of_row.back().assign(matrices.back().rows, 1.0);
    for (std::size_t m = matrices.size() - 1; m > 0; --m) {
        const auto& layer = layout.shape().hidden[m - 1];
        const std::size_t u = layer.unary.size();
        sizes.of_row[m - 1].assign(matrices[m - 1].rows, 0.0);
        for (std::size_t n = 0; n < layer.nodes(); ++n) {
            double count = 0;
            for (std::size_t j = 0; j < matrices[m].rows; ++j) {
                const std::size_t at = matrices[m].at(n, j);
                if (std::fabs(p[at]) > p[layout.threshold(at)]) count += sizes.of_row[m][j];
            }
            const std::size_t row = n < u ? n : u + 2 * (n - u);
            sizes.of_row[m - 1][row] = count;
            if (n >= u) sizes.of_row[m - 1][row + 1] = count;
        }
    }
    return sizes;
}

}  // namespace balmer::neural
