// The plain trainer's gradients against finite differences, for every operator, threshold and loss.
#include <gtest/gtest.h>

#include <cmath>

#include "balmer/error.hpp"
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

void expect_slopes(const Shape& shape, std::span<const Definition> definitions, ErrorKind error) {
    const ReferenceNetwork network(shape, definitions, error, MaskForm::smooth);
    const auto rows = random_rows(5, shape.inputs, shape.outputs, error, 3);
    const auto batch = all_rows(5);
    auto p = random_parameters(network.layout(), 7);
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
        // Operators with kinks and with a smaller domain are no part of a palette's promise of differences everywhere.
        const bool kinked = row.op == Op::abs || row.op == Op::relu || row.op == Op::min || row.op == Op::max || row.op == Op::hypot;
        const auto& all = row.arity == 1 ? palette.unary : palette.binary;
        if (kinked || std::ranges::find(all, op) == all.end()) continue;
        SCOPED_TRACE(row.name);
        ++tried;
        expect_slopes(row.arity == 1 ? shape_of({op}, {}) : shape_of({}, {op}), {}, ErrorKind::mean_squared);
    }
    EXPECT_GE(tried, 14u);
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
    expect_slopes(shape_of({{Op::call, 0}}, {{Op::call, 1}}), vocabulary.definitions, ErrorKind::mean_squared);
}

TEST(Palette, RefusesWhatHasNoDerivativeAndLeavesOutWhatIsNotDefinedEverywhere) {
    const Op flat[] = {Op::add, Op::multiply, Op::sin, Op::sign};
    EXPECT_THROW((void)make_palette(flat, {}), Error);
    const Op no_sum[] = {Op::multiply, Op::sin};
    EXPECT_THROW((void)make_palette(no_sum, {}), Error);
    const Op nothing[] = {Op::add, Op::multiply, Op::log};
    const auto only_products = make_palette(nothing, {});
    EXPECT_TRUE(only_products.unary.empty());
    EXPECT_EQ(only_products.left_out, std::vector<std::string>{"log"});
    const Op usual[] = {Op::add, Op::multiply, Op::divide, Op::sqrt, Op::tanh};
    const auto palette = make_palette(usual, {});
    EXPECT_EQ(palette.unary.size(), 1u);
    EXPECT_EQ(palette.binary.size(), 1u);
    EXPECT_EQ(palette.left_out, (std::vector<std::string>{"/", "sqrt"}));
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
