#include <gtest/gtest.h>

#include <cmath>

#include "balmer/error.hpp"
#include "fitting/fit_case.hpp"

using namespace balmer;
using namespace fit_case;

namespace {

std::vector<double> grid(double low, double high, std::size_t rows) {
    std::vector<double> x(rows);
    for (std::size_t i = 0; i < rows; ++i) x[i] = low + (high - low) * static_cast<double>(i) / static_cast<double>(rows - 1);
    return x;
}

// y = f(x) + noise on 200 points.
template <class F>
Dataset noisy(const F& f, double noise, std::uint64_t seed = 1, double low = 0.1, double high = 4) {
    RandomStream random(seed);
    std::map<std::string, std::vector<double>> columns{{"x", grid(low, high, 200)}};
    for (const double x : columns["x"]) columns["y"].push_back(f(x) + noise * random.normal());
    return dataset(columns);
}

// A program of one formula whose every number is a parameter, with the pieces a fit needs.
struct Trial {
    Trial(const std::string& formula, Dataset given, const LossOptions& loss = {})
        : expression(parse(formula, Vocabulary{.features = {"x"}, .parameters = {}, .definitions = {}, .holes = {}})), program(expression),
          data(std::move(given)), bound(bind_loss(loss, data)), pointers(feature_pointers(data)), columns{pointers, data.rows(), 0} {}
    FitResult run(const FitOptions& options = {}, RandomStream* random = nullptr) const {
        return fit(program, expression.values, columns, *bound, options, random);
    }
    double loss_at(const std::vector<double>& values) const {
        return loss_value(program, values, columns, *bound, INFINITY) / bound->total_weight();
    }
    Expression expression;
    Program program;
    Dataset data;
    std::unique_ptr<BoundLoss> bound;
    std::vector<const double*> pointers;
    Columns<double> columns;
};

TEST(Fit, FindsExactValuesWithoutNoise) {
    const Trial trial("1*exp(-0.5*x) + 0", noisy([](double x) { return 2.5 * std::exp(-1.3 * x) + 0.5; }, 0));
    const FitResult result = trial.run();
    EXPECT_NEAR(result.values[0], 2.5, 1e-10);
    EXPECT_NEAR(std::fabs(result.values[1]), 1.3, 1e-10);
    EXPECT_LT(result.loss, 1e-20);
    EXPECT_EQ(result.stop, FitStop::converged);
}

TEST(Fit, LossIsTheMeanAtTheValues) {
    for (const std::string loss : {"mse", "mae", "huber", "quantile", "log-cosh", "abs(prediction - target)^1.5"}) {
        const Trial trial("1*x + 1", noisy([](double x) { return 2 * x - 1; }, 0.3), {.name = loss});
        const FitResult result = trial.run();
        EXPECT_NEAR(result.loss, trial.loss_at(result.values), 1e-12) << loss;
        EXPECT_NEAR(result.values[0], 2, 0.2) << loss;
    }
}

TEST(Fit, LinearFormulasTakeOneStep) {
    const Trial trial("0*x^2 + 0*x + 0", noisy([](double x) { return 3 * x * x - x + 2; }, 0.1));
    const FitResult result = trial.run();
    EXPECT_LE(result.iterations, 2);
    const FitResult iterated = trial.run({.maximum_iterations = 500, .tolerance = 1e-18, .project_linear = false});
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(result.values[i], iterated.values[i], 1e-7);
}

TEST(Fit, ProjectionSavesPasses) {
    // Mean loss after 5 iterations over many starts, with and without projection of the linear constants.
    double with = 0, without = 0;
    int wins = 0, losses = 0;
    const Dataset data = noisy([](double x) { return 3 * std::sin(2 * x + 0.4) + 2 * std::exp(-x) + 1; }, 0.05);
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        Trial trial("1*sin(2.2*x + 0.1) + 1*exp(-0.5*x) + 0", data);
        RandomStream random(seed);
        for (double& value : trial.expression.values) value += 0.2 * random.normal();
        const double a = trial.run({.maximum_iterations = 5}).loss;
        const double b = trial.run({.maximum_iterations = 5, .project_linear = false}).loss;
        with += std::log(a);
        without += std::log(b);
        wins += a < b * 0.999;
        losses += b < a * 0.999;
    }
    EXPECT_LT(with, without);
    EXPECT_GT(wins, losses);
}

TEST(Fit, NeverEndsAboveTheStart) {
    const Dataset data = noisy([](double x) { return std::sin(5 * x) * x; }, 0.5);
    const char* formulas[] = {"1*sin(3*x + 2)/(0.5 + x^1.5)", "exp(2*x - 3)*1 + log(1 + x)", "(1*x + 2)/(3*x + 4)*(5*x + 6)",
                              "2*3*4*x + 5*x + 6*x",          "sqrt(x + 1)*tanh(20*x)",      "exp(exp(0.1*x))*1e-3"};
    for (const char* formula : formulas)
        for (const std::string loss : {"mse", "mae", "huber", "log-cosh"})
            for (std::uint64_t seed = 0; seed < 20; ++seed) {
                Trial trial(formula, data, {.name = loss});
                RandomStream random(seed);
                for (double& value : trial.expression.values) value *= 1 + random.normal();
                const double start = trial.loss_at(trial.expression.values);
                const FitResult result = trial.run({.maximum_iterations = static_cast<int>(seed % 7)});
                if (!std::isfinite(start)) continue;
                EXPECT_LE(result.loss, start * (1 + 1e-12)) << formula << " " << loss;
                EXPECT_NEAR(result.loss, trial.loss_at(result.values), 1e-9 * result.loss) << formula << " " << loss;
            }
}

TEST(Fit, RankDeficientFormulasReachTheMinimum) {
    // 2*(3*x + 4) + 5*x + 6: five parameters for a straight line.
    const Dataset data = noisy([](double x) { return 7 * x - 3; }, 0.1);
    const double best = Trial("1*x + 1", data).run().loss;
    for (const bool project : {true, false}) {
        const FitResult result = Trial("2*(3*x + 4) + 5*x + 6", data).run({.maximum_iterations = 50, .project_linear = project});
        EXPECT_NEAR(result.loss, best, 1e-9 * best) << project;
    }
    EXPECT_NEAR(Trial("exp(1 + 0.5*x + 0.2)*0.1", data).run({.maximum_iterations = 100}).loss,
                Trial("exp(0.5*x)*0.1", data).run({.maximum_iterations = 100}).loss, 1e-6);
}

TEST(Fit, FixedParametersStay) {
    const Trial trial("1*exp(-0.5*x) + 0.1", noisy([](double x) { return 2.5 * std::exp(-1.3 * x) + 0.5; }, 0.01));
    const FitResult result = trial.run({.fixed = {false, true, false}});
    EXPECT_EQ(result.values[1], trial.expression.values[1]);
    EXPECT_NE(result.values[0], trial.expression.values[0]);
    const FitResult none = trial.run({.fixed = {true, true, true}});
    EXPECT_EQ(none.stop, FitStop::nothing_to_fit);
    EXPECT_EQ(none.values, trial.expression.values);
    EXPECT_DOUBLE_EQ(none.loss, trial.loss_at(none.values));
}

TEST(Fit, BoundsHoldAndBind) {
    const Trial trial("1*x + 1", noisy([](double x) { return 3 * x + 2; }, 0.05));
    const FitResult result = trial.run({.maximum_iterations = 50, .lower = {-10, -10}, .upper = {2.5, 10}});
    EXPECT_EQ(result.values[0], 2.5);
    // The intercept is the best one for that slope: the mean of y - 2.5 x.
    double mean = 0;
    for (std::size_t i = 0; i < 200; ++i) mean += (trial.data.targets[0][i] - 2.5 * trial.data.features[0][i]) / 200;
    EXPECT_NEAR(result.values[1], mean, 1e-8);
    const FitResult inside = trial.run({.lower = {-10, -10}, .upper = {10, 10}});
    EXPECT_NEAR(inside.values[0], trial.run().values[0], 1e-8);
    EXPECT_THROW(trial.run({.lower = {1, 1}, .upper = {0, 2}}), Error);
    EXPECT_THROW(trial.run({.lower = {1}}), Error);
}

TEST(Fit, RestartsFindWhatOneStartMisses) {
    const Dataset data = noisy([](double x) { return std::sin(6 * x); }, 0.01);
    const Trial trial("1*sin(2*x + 0.1)", data);
    EXPECT_GT(trial.run().loss, 0.1);
    RandomStream random(3);
    const FitResult result = trial.run({.restarts = 60}, &random);
    EXPECT_LT(result.loss, 1e-3);
    RandomStream again(3);
    EXPECT_EQ(trial.run({.restarts = 60}, &again).values, result.values);
}

TEST(Fit, SaysWhenNothingIsFinite) {
    const Trial trial("log(0*x - 1)", noisy([](double x) { return x; }, 0));
    const FitResult result = trial.run();
    EXPECT_EQ(result.stop, FitStop::not_finite);
    EXPECT_EQ(result.values, trial.expression.values);
    EXPECT_TRUE(std::isinf(result.loss));
}

TEST(Fit, SignedWeightsSubtractRows) {
    // Rows doubled with weight 2 and -1 are the rows once.
    const Dataset once = noisy([](double x) { return 2 * std::exp(-x) + 1; }, 0.1);
    std::map<std::string, std::vector<double>> columns;
    for (std::size_t i = 0; i < 200; ++i)
        for (const double w : {2.0, -1.0}) {
            columns["x"].push_back(once.features[0][i]);
            columns["y"].push_back(once.targets[0][i]);
            columns["weight"].push_back(w);
        }
    const FitOptions options{.maximum_iterations = 100, .tolerance = 1e-16};
    const auto plain = Trial("1*exp(-0.7*x) + 0", once).run(options);
    const auto weighted = Trial("1*exp(-0.7*x) + 0", dataset(columns)).run(options);
    for (std::size_t i = 0; i < plain.values.size(); ++i) EXPECT_NEAR(plain.values[i], weighted.values[i], 1e-7);
}

TEST(Fit, SeveralTargetsShareParameters) {
    const Formulas formulas({"a*x + b", "a*x^2 - b"}, {"x"}, {"a", "b"});
    Dataset data;
    const auto x = grid(0, 2, 50);
    std::vector<double> first, second;
    for (const double v : x) {
        first.push_back(1.5 * v + 0.3);
        second.push_back(1.5 * v * v - 0.3);
    }
    data.features = {Column("x", x)};
    data.targets = {Column("u", first), Column("v", second)};
    const Fitted fitted = fit_formulas(formulas, data, {}, {0, 0});
    EXPECT_NEAR(fitted.values[0], 1.5, 1e-9);
    EXPECT_NEAR(fitted.values[1], 0.3, 1e-9);
}

TEST(Fit, WrongShapesAreNamed) {
    const Trial trial("1*x + 1", noisy([](double x) { return x; }, 0.1));
    const std::vector<double> one{1};
    EXPECT_THROW(fit(trial.program, one, trial.columns, *trial.bound), Error);
    Dataset classes = trial.data;
    std::vector<double> codes(200);
    for (std::size_t i = 0; i < 200; ++i) codes[i] = static_cast<double>(i % 3);
    classes.targets = {Column("k", codes)};
    const auto softmax = bind_loss({.name = "softmax"}, classes);
    EXPECT_THROW(fit(trial.program, trial.expression.values, trial.columns, *softmax), Error);
}

}  // namespace
