#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "expression/evaluate/partial.hpp"
#include "expression/evaluate/random_formulas.hpp"

namespace balmer {
namespace {


// d root / d parameter of one row by the scalar rules.
std::vector<double> gradient_row(const Graph& graph, std::uint32_t root, std::span<const double> parameters, std::span<const double> x) {
    Graph all = graph;  // every node a root, to see every value
    const std::size_t outputs = graph.roots().size();
    for (std::uint32_t i = 0; i < graph.nodes().size(); ++i) all.add_root(i);
    const auto rooted = evaluate_row(all, parameters, x);
    const std::span<const double> value(rooted.data() + outputs, graph.nodes().size());
    std::vector<double> adjoint(graph.nodes().size()), gradient(parameters.size());
    adjoint[root] = 1;
    for (std::uint32_t i = root + 1; i-- > 0;) {
        const auto& node = graph.nodes()[i];
        const auto operands = graph.operands(i);
        const auto index = static_cast<std::size_t>(node.index);
        if (adjoint[i] == 0) continue;
        if (node.op == Op::parameter) gradient[index] += adjoint[i];
        for (std::size_t k = 0; k < operands.size(); ++k) {
            double slope = 1;
            if (node.op == Op::linear) {
                slope = parameters[index + k];
                gradient[index + k] += adjoint[i] * value[operands[k]];
            } else if (node.op == Op::product) {
                for (std::size_t l = 0; l < operands.size(); ++l)
                    if (l != k) slope *= value[operands[l]];
            } else if (node.op != Op::sum) {
                const auto at = [&](std::size_t l) { return l < operands.size() ? value[operands[l]] : 0; };
                slope = partial(node.op, static_cast<int>(k), at(0), at(1), at(2), value[i], node.index);
            }
            adjoint[operands[k]] += adjoint[i] * slope;
        }
        if (node.op == Op::linear) gradient[index + operands.size()] += adjoint[i];
    }
    return gradient;
}

double distance(double a, double b, double scale) {
    if (std::isnan(a) && std::isnan(b)) return 0;
    return std::fabs(a - b) / std::max(scale, 1e-300);
}

TEST(Jacobian, MatchesScalarRulesOnRandomFormulas) {
    std::mt19937_64 random(11);
    const auto operators = testing::fixed_arity_operators();
    const testing::Table<double> table(random, 3, 150, .5, 2);
    int compared = 0, near = 0;
    for (int trial = 0; trial < 1000; ++trial) {
        const auto tree = testing::random_tree(random, operators, 2 + static_cast<int>(random() % 15), 3);
        if (tree.values.empty()) continue;
        const auto graph = to_graph(tree);
        std::vector<std::vector<double>> columns(tree.values.size(), std::vector<double>(table.rows));
        std::vector<double*> pointers;
        for (auto& column : columns) pointers.push_back(column.data());
        jacobian(Program(tree), tree.values, table.columns(), pointers);
        for (std::size_t i = 0; i < table.rows; i += 13) {
            if (!std::isfinite(evaluate_row(graph, tree.values, table.row(i))[0])) continue;
            const auto expected = gradient_row(graph, graph.roots()[0], tree.values, table.row(i));
            for (std::size_t p = 0; p < expected.size(); ++p) {
                if (!std::isfinite(expected[p])) continue;
                if (expected[p] == 0 && std::isnan(columns[p][i])) continue;  // an infinite slope behind one of 0, which the reference skips
                ++compared;
                near += distance(columns[p][i], expected[p], std::fabs(expected[p])) < 1e-9 || columns[p][i] == expected[p];
            }
        }
    }
    EXPECT_GT(compared, 5000);
    EXPECT_GE(near, compared * 99 / 100);
}

TEST(Jacobian, EveryOperatorAgainstDifferences) {
    std::mt19937_64 random(12);
    const testing::Table<double> table(random, 1, 20, .55, .9);
    for (const Op op : testing::fixed_arity_operators()) {
        if (op == Op::acosh) continue;  // its domain begins at 1
        std::vector<Expression> operands;
        for (int k = 0; k < info(op).arity; ++k)
            operands.push_back(Expression::apply(Op::multiply, Expression::constant(.9 + .05 * k), Expression::feature(0)));
        const auto tree = Expression::apply(op, operands, op == Op::integer_power ? -3 : 0);
        const Program program(tree);
        std::vector<std::vector<double>> columns(tree.values.size(), std::vector<double>(table.rows));
        std::vector<double*> pointers;
        for (auto& column : columns) pointers.push_back(column.data());
        jacobian(program, tree.values, table.columns(), pointers);
        for (std::size_t p = 0; p < tree.values.size(); ++p) {
            auto up = tree.values, down = tree.values;
            up[p] += 1e-6;
            down[p] -= 1e-6;
            const auto high = testing::run(program, up, table.columns())[0], low = testing::run(program, down, table.columns())[0];
            for (std::size_t i = 0; i < table.rows; ++i)
                ASSERT_NEAR(columns[p][i], (high[i] - low[i]) / 2e-6, 1e-6 * (1 + std::fabs(columns[p][i]))) << info(op).name << " by " << p;
        }
    }
}

// J'J and J'r from the Jacobian, the plain way.
TEST(Curvature, SquaredErrorMatchesTheJacobian) {
    std::mt19937_64 random(13);
    const std::vector<Op> operators = {Op::add, Op::subtract, Op::multiply, Op::divide, Op::sin, Op::exp, Op::square};
    const testing::Table<double> table(random, 3, 600, .5, 2), extra(random, 2, 600, .5, 2);
    for (int trial = 0; trial < 200; ++trial) {
        const auto tree = testing::random_tree(random, operators, 2 + static_cast<int>(random() % 40), 3);
        const std::size_t p = tree.values.size();
        const Program program(tree);
        Columns<double> part = table.columns();
        part.rows = 1 + random() % 600;
        const auto f = testing::run(program, tree.values, part)[0];
        std::vector<std::vector<double>> columns(p, std::vector<double>(part.rows));
        std::vector<double*> pointers;
        for (auto& column : columns) pointers.push_back(column.data());
        jacobian(program, tree.values, part, pointers);
        const bool weighted = trial % 2 == 1;
        const std::span<const double> w = weighted ? std::span<const double>(extra.values[1]) : std::span<const double>();
        const auto c = squared_error_curvature(program, tree.values, part, extra.values[0], w);
        if (!c.finite) continue;
        double value = 0;
        std::vector<double> gradient(p), hessian(p * p), size(p * p);
        for (std::size_t i = 0; i < part.rows; ++i) {
            const double weight = weighted ? w[i] : 1, r = f[i] - extra.values[0][i];
            value += weight * r * r;
            for (std::size_t a = 0; a < p; ++a) {
                gradient[a] += 2 * weight * r * columns[a][i];
                for (std::size_t b = 0; b < p; ++b) {
                    hessian[a * p + b] += 2 * weight * columns[a][i] * columns[b][i];
                    size[a * p + b] += 2 * weight * std::fabs(columns[a][i] * columns[b][i]);
                }
            }
        }
        ASSERT_LE(distance(c.value, value, value), 1e-12);
        for (std::size_t a = 0; a < p; ++a)
            ASSERT_LE(distance(c.gradient[a], gradient[a], std::sqrt(2 * value * size[a * p + a])), 1e-11) << trial;
        for (std::size_t k = 0; k < p * p; ++k) ASSERT_LE(distance(c.hessian[k], hessian[k], size[k]), 1e-11) << trial;
    }
}

// A loss of three outputs with all cross terms: L = sum_i w_i' with f' A f / 2, A constant.
class Quadratic : public RowLoss {
public:
    double tile(std::size_t row, std::size_t count, std::span<const double* const> f, std::span<double* const> first,
                std::span<double* const> second) const override {
        static constexpr double A[3][3] = {{3, 1, -.5}, {1, 2, .25}, {-.5, .25, 4}};
        double total = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const double w = 1 + .01 * static_cast<double>(row + i);
            for (int k = 0; k < 3; ++k) {
                double g = 0;
                for (int l = 0; l < 3; ++l) {
                    g += w * A[k][l] * f[l][i];
                    if (!second.empty()) second[3 * k + l][i] = w * A[k][l];
                }
                if (!first.empty()) first[k][i] = g;
                total += .5 * f[k][i] * g;
            }
        }
        return total;
    }
};

TEST(Curvature, SeveralOutputsAndSharedParameters) {
    Graph graph;
    const auto x = graph.add_feature(0), y = graph.add_feature(1);
    const auto p = graph.add_parameter(.7), q = graph.add_parameter(-.4), r = graph.add_parameter(1.3);
    const auto node = [&](Op op, std::vector<std::uint32_t> operands) { return graph.add(op, operands); };
    const auto constant = node(Op::exp, {node(Op::multiply, {p, q})});
    const auto shared = node(Op::sin, {node(Op::multiply, {constant, x})});
    graph.add_root(node(Op::add, {shared, node(Op::multiply, {q, y})}));
    graph.add_root(node(Op::product, {shared, r, y}));
    graph.add_root(node(Op::subtract, {r, x}));
    const Program program(graph);
    std::mt19937_64 random(14);
    for (const std::size_t rows : {1u, 5u, 8u, 127u, 128u, 129u, 300u}) {
        const testing::Table<double> table(random, 2, rows, .5, 2);
        const Quadratic loss;
        const std::vector<double> start(graph.values().begin(), graph.values().end());
        const auto c = loss_curvature(program, start, table.columns(), loss);
        ASSERT_TRUE(c.finite);
        EXPECT_NEAR(c.value, loss_value(program, start, table.columns(), loss, std::numeric_limits<double>::infinity()), 1e-9 * std::fabs(c.value));
        std::vector<double> hessian(9);
        for (std::size_t i = 0; i < 3; ++i) {
            auto up = start, down = start;
            up[i] += 1e-6, down[i] -= 1e-6;
            const double slope = (loss_value(program, up, table.columns(), loss, std::numeric_limits<double>::infinity()) -
                                  loss_value(program, down, table.columns(), loss, std::numeric_limits<double>::infinity())) / 2e-6;
            EXPECT_NEAR(c.gradient[i], slope, 1e-5 * (1 + std::fabs(slope))) << rows << " rows, parameter " << i;
        }
        static constexpr double A[3][3] = {{3, 1, -.5}, {1, 2, .25}, {-.5, .25, 4}};
        for (std::size_t row = 0; row < rows; ++row) {
            std::vector<std::vector<double>> g;
            for (const auto root : graph.roots()) g.push_back(gradient_row(graph, root, start, table.row(row)));
            for (int k = 0; k < 3; ++k)
                for (int l = 0; l < 3; ++l)
                    for (std::size_t i = 0; i < 3; ++i)
                        for (std::size_t j = 0; j < 3; ++j)
                            hessian[i * 3 + j] += (1 + .01 * static_cast<double>(row)) * A[k][l] * g[k][i] * g[l][j];
        }
        for (std::size_t k = 0; k < 9; ++k) EXPECT_NEAR(c.hessian[k], hessian[k], 1e-10 * (1 + std::fabs(hessian[k]))) << rows << " rows, entry " << k;
    }
}

TEST(Curvature, LinearNodesOfGraphs) {
    Graph graph;
    std::vector<std::uint32_t> x{graph.add_feature(0), graph.add_feature(1)};
    const auto first = graph.add_parameter(.3);
    graph.add_parameter(-1.5);
    graph.add_parameter(.25);
    graph.add_root(graph.add(Op::linear, x, graph.nodes()[first].index));
    std::mt19937_64 random(15);
    const testing::Table<double> table(random, 2, 20, -1, 1);
    std::vector<std::vector<double>> columns(3, std::vector<double>(20));
    std::vector<double*> pointers;
    for (auto& column : columns) pointers.push_back(column.data());
    jacobian(Program(graph), graph.values(), table.columns(), pointers);
    for (std::size_t i = 0; i < 20; ++i) {
        EXPECT_EQ(columns[0][i], table.values[0][i]);
        EXPECT_EQ(columns[1][i], table.values[1][i]);
        EXPECT_EQ(columns[2][i], 1);
    }
}

}  // namespace
}  // namespace balmer
