#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "balmer/error.hpp"
#include "expression/evaluate/random_formulas.hpp"

namespace balmer {
namespace {

using testing::random_tree;
using testing::same;

constexpr double infinity = std::numeric_limits<double>::infinity();
const std::vector<Op> arithmetic = {Op::add, Op::subtract, Op::multiply, Op::divide, Op::negate, Op::square, Op::cube, Op::inverse, Op::sqrt};

template <class Real>
void expect_same(const std::vector<Real>& a, const std::vector<Real>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) ASSERT_TRUE(same(a[i], b[i])) << "row " << i << ": " << a[i] << " and " << b[i];
}

TEST(Evaluate, ArithmeticHasTheBitsOfTheReference) {
    std::mt19937_64 random(1);
    const testing::Table<double> table(random, 4, 300, -2, 2);
    for (int trial = 0; trial < 1000; ++trial) {
        const auto tree = random_tree(random, arithmetic, 1 + static_cast<int>(random() % 50), 4);
        const auto graph = to_graph(tree);
        const auto value = testing::run(Program(tree), tree.values, table.columns())[0];
        const auto shared = testing::run(Program(graph), graph.values(), table.columns())[0];
        expect_same(value, shared);
        for (std::size_t i = 0; i < table.rows; i += 37) {
            const double expected = evaluate_row(graph, graph.values(), table.row(i))[0];
            ASSERT_TRUE(same(value[i], expected)) << "trial " << trial << ", row " << i << ": " << value[i] << " and " << expected;
        }
    }
}

class EveryInstructionSet : public ::testing::TestWithParam<InstructionSet> {};
INSTANTIATE_TEST_SUITE_P(Evaluate, EveryInstructionSet, ::testing::Values(InstructionSet::avx2, InstructionSet::avx512),
                         [](const auto& parameter) { return parameter.param == InstructionSet::avx2 ? "avx2" : "avx512"; });

TEST_P(EveryInstructionSet, GivesTheBitsOfTheBaseline) {
    const InstructionSet set = GetParam();
    if (best_instruction_set() < set) GTEST_SKIP() << "this processor has no " << name(set);
    std::mt19937_64 random(2);
    const auto operators = testing::fixed_arity_operators();
    const testing::Table<double> table(random, 4, 700, -3, 3);
    const testing::Table<float> narrow(random, 4, 700, -3, 3);
    for (int trial = 0; trial < 300; ++trial) {
        const auto tree = random_tree(random, operators, 1 + static_cast<int>(random() % 40), 4);
        const Program program(tree);
        expect_same(testing::run(program, tree.values, table.columns(), InstructionSet::baseline)[0],
                    testing::run(program, tree.values, table.columns(), set)[0]);
        expect_same(testing::run(program, tree.values, narrow.columns(), InstructionSet::baseline)[0],
                    testing::run(program, tree.values, narrow.columns(), set)[0]);
        const auto& y = table.values[0];
        const auto& z = narrow.values[0];
        const auto a = squared_error(program, tree.values, table.columns(), std::span(y), {}, infinity, InstructionSet::baseline);
        const auto b = squared_error(program, tree.values, table.columns(), std::span(y), {}, infinity, set);
        ASSERT_TRUE(same(a.sum, b.sum)) << a.sum << " and " << b.sum;
        const auto e = squared_error(program, tree.values, narrow.columns(), std::span(z), {}, infinity, InstructionSet::baseline);
        const auto f = squared_error(program, tree.values, narrow.columns(), std::span(z), {}, infinity, set);
        ASSERT_TRUE(same(e.sum, f.sum)) << e.sum << " and " << f.sum;
        const auto c = squared_error_curvature(program, tree.values, table.columns(), y, {}, InstructionSet::baseline);
        const auto d = squared_error_curvature(program, tree.values, table.columns(), y, {}, set);
        ASSERT_EQ(c.finite, d.finite);
        if (!c.finite) continue;
        expect_same(c.gradient, d.gradient);
        expect_same(c.hessian, d.hessian);
    }
}

TEST(Evaluate, MixedFormulasStayNearTheReference) {
    std::mt19937_64 random(3);
    const auto operators = testing::fixed_arity_operators();
    const testing::Table<double> table(random, 4, 64, .5, 2);
    int compared = 0, near = 0;
    for (int trial = 0; trial < 2000; ++trial) {
        const auto tree = random_tree(random, operators, 1 + static_cast<int>(random() % 15), 4);
        const auto graph = to_graph(tree);
        const auto value = testing::run(Program(graph), graph.values(), table.columns())[0];
        for (std::size_t i = 0; i < table.rows; i += 7) {
            const double expected = evaluate_row(graph, graph.values(), table.row(i))[0];
            ++compared;
            near += same(value[i], expected) || std::fabs(value[i] - expected) <= 1e-11 * std::fabs(expected);
        }
    }
    // The rest sits at a pole, a step or a cancellation, where the last bit of an operand decides.
    EXPECT_GE(near, compared * 99 / 100);
}

template <class Real>
void check_row_counts() {
    std::mt19937_64 random(4);
    const auto operators = testing::fixed_arity_operators();
    const testing::Table<Real> table(random, 3, 1100, .5, 2);
    std::vector<std::size_t> counts = {255, 256, 257, 511, 512, 513, 1023, 1024, 1025};
    for (std::size_t n = 1; n < 40; ++n) counts.push_back(n);
    for (int trial = 0; trial < 20; ++trial) {
        const auto tree = random_tree(random, operators, 20, 3);
        const Program program(tree);
        const auto whole = testing::run(program, tree.values, table.columns())[0];
        for (const std::size_t rows : counts)
            for (const std::size_t offset : {std::size_t{0}, std::size_t{3}}) {
                Columns<Real> part = table.columns();
                part.rows = rows;
                part.offset = offset;
                const auto value = testing::run(program, tree.values, part)[0];
                for (std::size_t i = 0; i < rows; ++i)
                    ASSERT_TRUE(same(value[i], whole[offset + i])) << rows << " rows from " << offset << ", row " << i;
            }
    }
}
TEST(Evaluate, ValuesDoNotDependOnRowCountOrPosition) {
    check_row_counts<double>();
    check_row_counts<float>();
}

template <class Real>
void check_squared_error(double tolerance) {
    std::mt19937_64 random(5);
    const testing::Table<Real> table(random, 3, 1100, .5, 2);
    const testing::Table<Real> extra(random, 2, 1100, .5, 2);
    for (int trial = 0; trial < 200; ++trial) {
        const auto tree = random_tree(random, arithmetic, 1 + static_cast<int>(random() % 20), 3);
        const Program program(tree);
        Columns<Real> part = table.columns();
        part.rows = 1 + random() % 1100;
        const auto value = testing::run(program, tree.values, part)[0];
        for (const bool with_weights : {false, true}) {
            double expected = 0;
            for (std::size_t i = 0; i < part.rows; ++i) {
                const double r = static_cast<double>(value[i]) - static_cast<double>(extra.values[0][i]);
                expected += (with_weights ? static_cast<double>(extra.values[1][i]) : 1.0) * r * r;
            }
            const std::span<const Real> y(extra.values[0]), w(extra.values[1]);
            const auto got = squared_error(program, tree.values, part, y, with_weights ? w : std::span<const Real>(), infinity);
            if (std::isfinite(expected) && expected < 1e30) {
                ASSERT_NEAR(got.sum, expected, tolerance * expected) << trial;
                ASSERT_EQ(got.rows, part.rows);
            } else if (!std::isfinite(expected)) {
                ASSERT_EQ(got.sum, infinity);
            }
        }
    }
}
TEST(SquaredError, MatchesThePlainSum) {
    check_squared_error<double>(1e-13);
    check_squared_error<float>(2e-5);
}

TEST(SquaredError, StopsAtTheBarAndAtTheFirstRowThatIsNotFinite) {
    std::vector<double> x(10000, 1.0), y(10000, 0.0);
    std::vector<const double*> pointers{x.data()};
    const Columns<double> columns{pointers, x.size(), 0};
    const Program root(Expression::apply(Op::sqrt, Expression::feature(0)));
    EXPECT_EQ(squared_error(root, {}, columns, std::span<const double>(y), {}, infinity).sum, 10000);
    const auto stopped = squared_error(root, {}, columns, std::span<const double>(y), {}, 500);
    EXPECT_EQ(stopped.sum, infinity);
    EXPECT_LT(stopped.rows, 2000u);
    x[3] = -1;
    const auto left_domain = squared_error(root, {}, columns, std::span<const double>(y), {}, infinity);
    EXPECT_EQ(left_domain.sum, infinity);
    EXPECT_LT(left_domain.rows, 2000u);
}

TEST(Moments, MatchPlainSums) {
    std::mt19937_64 random(6);
    const testing::Table<double> table(random, 3, 777, .5, 2);
    std::vector<double> y(777), w(777);
    for (std::size_t i = 0; i < y.size(); ++i) {
        y[i] = 1e6 + std::uniform_real_distribution<>(-1, 1)(random);
        w[i] = std::uniform_real_distribution<>(.1, 1)(random);
    }
    Vocabulary vocabulary;
    vocabulary.features = {"a", "b", "c"};
    const auto tree = parse("a*b + sin(c) + 1000", vocabulary);
    const Program program(tree);
    const auto f = testing::run(program, tree.values, table.columns())[0];
    const auto m = moments(program, tree.values, table.columns(), std::span<const double>(y), std::span<const double>(w));
    long double weight = 0, mf = 0, my = 0, ff = 0, fy = 0, yy = 0;
    for (std::size_t i = 0; i < y.size(); ++i) weight += w[i], mf += w[i] * f[i], my += w[i] * static_cast<long double>(y[i]);
    mf /= weight, my /= weight;
    for (std::size_t i = 0; i < y.size(); ++i)
        ff += w[i] * (f[i] - mf) * (f[i] - mf), fy += w[i] * (f[i] - mf) * (y[i] - my), yy += w[i] * (y[i] - my) * (y[i] - my);
    ASSERT_TRUE(m.finite);
    EXPECT_NEAR(m.weight, static_cast<double>(weight), 1e-10);
    EXPECT_NEAR(m.mean_f, static_cast<double>(mf), 1e-10);
    EXPECT_NEAR(m.mean_y, static_cast<double>(my), 1e-8);
    EXPECT_NEAR(m.ff, static_cast<double>(ff), 1e-9);
    EXPECT_NEAR(m.fy, static_cast<double>(fy), 1e-7);
    EXPECT_NEAR(m.yy, static_cast<double>(yy), 1e-7);
}

TEST(Evaluate, GraphsWithSharedAndManyOperandNodesAndSeveralRoots) {
    Graph graph;
    std::vector<std::uint32_t> x;
    for (int k = 0; k < 5; ++k) x.push_back(graph.add_feature(k));
    const auto first = graph.add_parameter(.3);
    for (const double p : {-1.5, .25, 2.0, .7, 9.0}) graph.add_parameter(p);
    const auto linear = graph.add(Op::linear, x, static_cast<std::int32_t>(graph.nodes()[first].index));
    const auto sum = graph.add(Op::sum, x);
    const auto product = graph.add(Op::product, x);
    const std::uint32_t both[] = {linear, sum};
    const auto ratio = graph.add(Op::divide, both);
    const std::uint32_t again[] = {ratio, product};
    graph.add_root(graph.add(Op::multiply, again));
    graph.add_root(ratio);
    graph.add_root(ratio);
    graph.add_root(x[2]);
    graph.add_root(first);
    std::mt19937_64 random(8);
    const testing::Table<double> table(random, 5, 77, -1, 1);
    const Program program(graph);
    ASSERT_EQ(program.outputs(), 5u);
    const auto value = testing::run(program, graph.values(), table.columns());
    for (std::size_t i = 0; i < table.rows; ++i) {
        const auto expected = evaluate_row(graph, graph.values(), table.row(i));
        for (std::size_t k = 0; k < 5; ++k) ASSERT_TRUE(same(value[k][i], expected[k])) << k << " " << i;
    }
}

TEST(Evaluate, ThousandsOfNodes) {
    std::mt19937_64 random(9);
    const testing::Table<double> table(random, 4, 50, .9, 1.1);
    const std::vector<Op> mild = {Op::add, Op::multiply, Op::subtract, Op::min, Op::max, Op::tanh};
    const auto tree = random_tree(random, mild, 20000, 4);
    const auto graph = to_graph(tree);
    const auto value = testing::run(Program(tree), tree.values, table.columns())[0];
    const auto shared = testing::run(Program(graph), graph.values(), table.columns())[0];
    expect_same(value, shared);
}

TEST(Program, AssignReusesAndRefusesHoles) {
    Program program;
    std::vector<double> x{1, 2, 3};
    std::vector<const double*> pointers{x.data()};
    for (const double factor : {2.0, 3.0}) {
        const auto tree = Expression::apply(Op::multiply, Expression::constant(factor), Expression::feature(0));
        program.assign(tree);
        EXPECT_EQ(testing::run<double>(program, program.values(), {pointers, 3, 0})[0][2], 3 * factor);
        EXPECT_EQ(program.graph().values()[0], factor);
    }
    Expression hole = Expression::apply(Op::hole, std::vector<Expression>{Expression::feature(0)});
    EXPECT_THROW(program.assign(hole), Error);
    EXPECT_THROW(Program{hole}, Error);
}

}  // namespace
}  // namespace balmer
