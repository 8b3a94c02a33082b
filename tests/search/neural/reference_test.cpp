// The plain trainer's gradients against finite differences, for every operator, threshold and loss.
#include <gtest/gtest.h>

#include <cmath>

#include "balmer/error.hpp"
#include "balmer/evaluate.hpp"
#include "networks.hpp"

namespace balmer::neural {
namespace {

constexpr Sparsity targets{.weight = 0.9, .input = 0.8, .unary = 0.6, .binary = 0.7};

// Richardson's extrapolation of the central difference: the error falls with the fourth power of the step.
double difference(const ReferenceNetwork& network, std::vector<double> p, std::size_t at, const TrainingRows& rows, std::span<const std::size_t> batch) {
    const auto central = [&](double h) {
        const double middle = p[at];
        p[at] = middle + h;
        const double above = network.slope(p, rows, batch, targets).loss;
        p[at] = middle - h;
        const double below = network.slope(p, rows, batch, targets).loss;
        p[at] = middle;
        return (above - below) / (2 * h);
    };
    constexpr double h = 1e-3;
    return (4 * central(h / 2) - central(h)) / 3;
}

void expect_slopes(const Shape& shape, std::span<const Definition> definitions, ErrorKind error, std::uint64_t seed = 7) {
    const ReferenceNetwork network(shape, definitions, error, MaskForm::smooth);
    const auto rows = random_rows(5, shape.inputs, shape.outputs, error, 3);
    const auto batch = all_rows(5);
    auto p = random_parameters(network.layout(), seed);
    // The count of pruned thresholds must not jump while one is moved.
    for (std::size_t t = 2 * network.layout().weights(); t < p.size(); ++t) p[t] = p[t] < 1 ? 0.6 : 1.1;
    const auto slope = network.slope(p, rows, batch, targets);
    double largest = 0;
    for (const double g : slope.gradient) largest = std::max(largest, std::fabs(g));
    for (std::size_t at = 0; at < p.size(); ++at) {
        const double expected = difference(network, p, at, rows, batch);
        EXPECT_NEAR(slope.gradient[at], expected, 1e-6 * std::max(std::fabs(expected), 0.01 * largest)) << "parameter " << at << " of " << p.size();
    }
}

Shape shape_of(std::vector<NodeOperator> unary, std::vector<NodeOperator> binary, std::size_t layers = 1, std::size_t outputs = 2) {
    return {.inputs = 2, .outputs = outputs, .hidden = std::vector<LayerShape>(layers, LayerShape{unary, binary})};
}

TEST(ReferenceNetwork, SlopesOfEveryOperatorMatchDifferences) {
    std::size_t tried = 0;
    for (const auto& row : operator_table()) {
        const bool fits = (row.arity == 1 || row.arity == 2) && row.op != Op::integer_power && row.op != Op::negate && row.op != Op::add && row.op != Op::subtract;
        if (!fits) continue;
        const Op operators[] = {Op::add, Op::multiply, row.op};
        Palette palette;
        try {
            palette = make_palette(operators, {});
        } catch (const Error&) {
            continue;  // no derivative: refused, as tested below
        }
        const NodeOperator op{row.op, 0};
        const auto& all = row.arity == 1 ? palette.unary : palette.binary;
        if (std::ranges::find(all, op) == all.end()) continue;
        SCOPED_TRACE(row.name);
        ++tried;
        // Rows inside and outside of the domain, none of them at a border or a kink.
        expect_slopes(row.arity == 1 ? shape_of({op}, {}) : shape_of({}, {op}), {}, ErrorKind::mean_squared);
    }
    // All unary and binary operators with a derivative; * is always there, + and - are what networks are made of.
    EXPECT_EQ(tried, 35u);
}

TEST(ReferenceNetwork, SlopesThroughTwoLayersMatchDifferencesForEveryLoss) {
    const auto shape = shape_of({{Op::sin, 0}, {Op::tanh, 0}}, {{Op::multiply, 0}}, 2);
    for (const auto error : {ErrorKind::mean_squared, ErrorKind::summed_squared, ErrorKind::softmax}) expect_slopes(shape, {}, error);
    auto one = shape;
    one.outputs = 1;
    expect_slopes(one, {}, ErrorKind::logistic);
}

TEST(ReferenceNetwork, SlopesOfTheUsersOperatorsMatchDifferences) {
    Vocabulary vocabulary;
    vocabulary.definitions.push_back(parse_definition("bump(x) = x*exp(-x^2/2)", vocabulary));
    vocabulary.definitions.push_back(parse_definition("blend(x, y) = x*tanh(y) + bump(x)", vocabulary));
    vocabulary.definitions.push_back(parse_definition("root(x) = sqrt(1 + x)/(x - 2)", vocabulary));
    expect_slopes(shape_of({{Op::call, 0}}, {{Op::call, 1}}), vocabulary.definitions, ErrorKind::mean_squared);
    expect_slopes(shape_of({{Op::call, 2}}, {}), vocabulary.definitions, ErrorKind::mean_squared);
}

TEST(Domain, GuardedFormulasAreTheSameInsideAndFiniteOutside) {
    Vocabulary vocabulary;
    vocabulary.features = {"x", "y"};
    for (const char* text : {"x/y", "sqrt(x)", "log(x)", "1/x", "x^y", "asin(x)", "acosh(x)", "atanh(x)", "log1p(x)", "x^(-2)", "sqrt(log(x) - y)"}) {
        const auto body = parse(text, vocabulary);
        const auto safe = guarded(body);
        ASSERT_FALSE(safe.outside.empty()) << text;
        const Graph exact = to_graph(std::vector{body}, {}), moved = to_graph(std::vector{safe.value, safe.outside}, {});
        int inside = 0;
        for (const double x : {-3.0, -0.5, 0.0, 0.4, 0.9, 1.5, 40.0})
            for (const double y : {-2.0, 0.0, 0.3, 2.0}) {
                const double row[] = {x, y};
                const auto found = evaluate_row(moved, moved.values(), row);
                EXPECT_TRUE(std::isfinite(found[0])) << text << " at " << x << ", " << y;
                EXPECT_GE(found[1], 0);
                if (found[1] > 0) continue;
                ++inside;
                EXPECT_EQ(found[0], evaluate_row(exact, exact.values(), row)[0]) << text << " at " << x << ", " << y;
            }
        EXPECT_GT(inside, 0) << text;
    }
    EXPECT_TRUE(guarded(parse("sin(x)*y", vocabulary)).outside.empty());
}

TEST(Domain, ConstantsAtTheStartLieInside) {
    for (const Op op : {Op::sqrt, Op::log, Op::divide, Op::inverse, Op::acosh, Op::asin, Op::log1p, Op::tanh}) {
        const NodeFunction node({op, 0}, {}, Domain::guarded);
        const auto [a, b] = node.start();
        EXPECT_EQ(node.outside(a, b), 0) << info(op).name;
        EXPECT_EQ(op == Op::tanh ? a : 0, 0);
    }
}

TEST(Palette, RefusesWhatHasNoDerivative) {
    const Op flat[] = {Op::add, Op::multiply, Op::sin, Op::sign};
    EXPECT_THROW((void)make_palette(flat, {}), Error);
    const Op no_sum[] = {Op::multiply, Op::sin};
    EXPECT_THROW((void)make_palette(no_sum, {}), Error);
    const Op usual[] = {Op::add, Op::multiply, Op::divide, Op::sqrt, Op::log, Op::tanh};
    const auto palette = make_palette(usual, {});
    EXPECT_EQ(palette.unary.size(), 3u);
    EXPECT_EQ(palette.binary.size(), 2u);
    EXPECT_TRUE(palette.left_out.empty());
    Vocabulary vocabulary;
    vocabulary.definitions.push_back(parse_definition("mixed(x, y, z) = x*y + z", vocabulary));
    EXPECT_EQ(make_palette(usual, vocabulary.definitions).left_out, std::vector<std::string>{"mixed"});
}

TEST(AdaptiveFactor, FallsFromOneToNothingAtTheTarget) {
    EXPECT_DOUBLE_EQ(adaptive_factor(0, 0.8), 1);
    EXPECT_EQ(adaptive_factor(0.8, 0.8), 0);
    EXPECT_EQ(adaptive_factor(0.9, 0.8), 0);
    EXPECT_EQ(adaptive_factor(0, 0), 0);
    const double half = adaptive_factor(0.4, 0.8);
    EXPECT_NEAR(half, std::exp(1 - std::pow(2.0, 0.01)), 1e-15);
}

}  // namespace
}  // namespace balmer::neural
