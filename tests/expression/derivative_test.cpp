#include "balmer/derivative.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "balmer/error.hpp"
#include "expression/random_expression.hpp"

using namespace balmer;
using namespace balmer::testing;

namespace {

const Vocabulary variables{{"x", "y", "z"}, {}, {}, {}};

std::string by_x(const std::string& formula) { return print(derivative(parse(formula, variables), {By::Kind::feature, 0}), variables); }

// Central difference, extrapolated once (Richardson): error of order h^4.
double difference(const Expression& f, std::vector<double> point, std::size_t i) {
    const double x = point[i], h = 1e-3 * std::max(1., std::fabs(x));
    const auto slope = [&](double step) {
        point[i] = x + step;
        const double up = value_at(f, point);
        point[i] = x - step;
        return (up - value_at(f, point)) / (2 * step);
    };
    return (4 * slope(h / 2) - slope(h)) / 3;
}

}  // namespace

TEST(Derivative, IsWrittenShort) {
    EXPECT_EQ(by_x("3*x^2"), "6*x");
    EXPECT_EQ(by_x("sin(x)"), "cos(x)");
    EXPECT_EQ(by_x("y"), "0");
    EXPECT_EQ(by_x("x*y + z"), "y");
    EXPECT_EQ(by_x("exp(2*x)"), "2*exp(2*x)");
    EXPECT_EQ(by_x("x^5"), "5*x^4");
    EXPECT_EQ(by_x("sqrt(x)"), "0.5/sqrt(x)");
    EXPECT_EQ(by_x("if(y > 0, log(y)*x, x^2)"), "if(0 < y, log(y), 2*x)");
    EXPECT_EQ(by_x("step(x) + sign(x) + floor(x)"), "0");
}

// Every operator against finite differences at points of its domain.
TEST(Derivative, EveryOperatorAgreesWithFiniteDifferences) {
    for (const auto& row : operator_table()) {
        if (row.arity < 1) continue;
        int compared = 0;
        RandomStream random(5, static_cast<std::uint64_t>(row.op));
        for (int k = 0; k < 400; ++k) {
            std::vector<Expression> operands;
            for (int i = 0; i < row.arity; ++i) operands.push_back(Expression::feature(i));
            const auto f = Expression::apply(row.op, operands, row.op == Op::integer_power ? -4 + k % 3 * 9 : 0);
            std::vector<double> point{random.uniform(-3, 3), random.uniform(-3, 3), random.uniform(-3, 3)};
            for (int i = 0; i < row.arity; ++i) {
                const auto at = static_cast<std::size_t>(i);
                const double numeric = difference(f, point, at);
                // Kinks and poles nearby: finite differences of two places disagree.
                auto above = point, below = point;
                above[at] += 3e-3;
                below[at] -= 3e-3;
                const double bend = std::max(std::fabs(difference(f, above, at) - numeric), std::fabs(difference(f, below, at) - numeric));
                if (!(bend < .02 * (1 + std::fabs(numeric)))) continue;
                const double exact = value_at(derivative(f, {By::Kind::feature, i}), point);
                EXPECT_NEAR(exact, numeric, 1e-5 * (1 + std::fabs(numeric))) << row.name << " at " << point[0] << " " << point[1];
                ++compared;
            }
        }
        EXPECT_GT(compared, row.op == Op::atanh || row.op == Op::acosh ? 50 : 80) << row.name;
    }
}

TEST(Derivative, RandomFormulasByFeatureAndByParameter) {
    RandomStream random(6);
    auto grammar = common_operators();
    grammar.whole_constants = .2;
    int compared = 0, by_parameter = 0;
    for (int k = 0; k < 1500; ++k) {
        const auto f = random_expression(random, grammar, 3 + static_cast<int>(random.below(12)));
        std::vector<double> point{random.uniform(-2, 2), random.uniform(.2, 2), random.uniform(-2, 2)};
        const double numeric = difference(f, point, 1);
        auto near = point;
        near[1] += 1e-3;
        if (!std::isfinite(numeric) || std::fabs(numeric) > 100 || std::fabs(difference(f, near, 1) - numeric) > .01) continue;
        EXPECT_NEAR(value_at(derivative(f, {By::Kind::feature, 1}), point), numeric, 1e-4 * (1 + std::fabs(numeric)))
            << "seed 6 " << print(f, variables);
        ++compared;
        for (std::size_t p = 0; p < f.values.size(); ++p) {
            // The same formula with its parameter as a fourth feature.
            auto opened = f;
            for (auto& node : opened.nodes)
                if (node.op == Op::parameter && node.index == static_cast<std::int32_t>(p)) node = {Op::feature, 0, 1, 3};
            point.resize(4);
            point[3] = f.values[p];
            const double slope = difference(opened, point, 3);
            auto beside = point;
            beside[3] += 1e-3;
            if (!std::isfinite(slope) || std::fabs(slope) > 100 || std::fabs(difference(opened, beside, 3) - slope) > .01) continue;
            auto d = derivative(f, {By::Kind::parameter, static_cast<std::int32_t>(p)});
            ASSERT_GE(d.values.size(), f.values.size());
            EXPECT_NEAR(value_at(d, point), slope, 1e-4 * (1 + std::fabs(slope))) << "seed 6 " << print(f, variables) << " by " << p;
            ++by_parameter;
        }
        point.resize(3);
    }
    EXPECT_GT(compared, 500);
    EXPECT_GT(by_parameter, 300);
}

TEST(Derivative, ByParameterStaysAFunctionOfTheParameters) {
    auto f = parse("2*x^2*sin(3*y)", variables);
    auto d = derivative(f, {By::Kind::parameter, 1});  // 2*x^2*y*cos(3*y)
    const double point[] = {1.5, .7, 0};
    EXPECT_NEAR(value_at(d, point), 2 * 1.5 * 1.5 * .7 * std::cos(3 * .7), 1e-12);
    d.values[0] = 5;
    d.values[1] = .4;
    EXPECT_NEAR(value_at(d, point), 5 * 1.5 * 1.5 * .7 * std::cos(.4 * .7), 1e-12);
    const auto kept = derivative(f, {By::Kind::feature, 0, By::Parameters::keep});
    EXPECT_EQ(kept.values[1], 3);
}

TEST(Derivative, RefusesUnknownFunctions) {
    Vocabulary open{{"x"}, {}, {}, {}};
    const auto f = parse("g(x) + x", open, UnknownName::parameter);
    EXPECT_THROW(derivative(f, {}), Error);
}
