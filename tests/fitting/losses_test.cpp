#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "balmer/error.hpp"
#include "balmer/fitting.hpp"

using namespace balmer;

namespace {

Dataset data_of(std::vector<double> y, std::vector<double> weights = {}, std::vector<double> sigma = {}) {
    Dataset data;
    data.features = {Column("x", y)};
    data.targets = {Column("y", y)};
    if (!weights.empty()) data.weights = Column("w", weights);
    if (!sigma.empty()) data.sigma = Column("s", sigma);
    return data;
}

struct Tile {
    double value = 0;
    std::vector<std::vector<double>> first, second;
};

Tile tile(const RowLoss& loss, const std::vector<std::vector<double>>& f, std::size_t row = 0) {
    const std::size_t outputs = f.size(), n = f.front().size();
    Tile result{0, std::vector(outputs, std::vector<double>(n)), std::vector(outputs * outputs, std::vector<double>(n, NAN))};
    std::vector<const double*> prediction;
    std::vector<double*> first, second;
    for (const auto& column : f) prediction.push_back(column.data());
    for (auto& column : result.first) first.push_back(column.data());
    for (auto& column : result.second) second.push_back(column.data());
    result.value = loss.tile(row, n, prediction, first, second);
    EXPECT_EQ(loss.tile(row, n, prediction, {}, {}), result.value) << "with and without derivatives";
    return result;
}

double value(const RowLoss& loss, std::vector<std::vector<double>> f) {
    std::vector<const double*> prediction;
    for (const auto& column : f) prediction.push_back(column.data());
    return loss.tile(0, f.front().size(), prediction, {}, {});
}

// First derivatives against central differences of the value, row by row; `exact` second ones against those of the first.
void check_derivatives(const RowLoss& loss, const std::vector<std::vector<double>>& f, bool exact) {
    const Tile at = tile(loss, f);
    const std::size_t outputs = f.size();
    const double h = 1e-5;
    for (std::size_t k = 0; k < outputs; ++k)
        for (std::size_t i = 0; i < f[k].size(); ++i) {
            auto up = f, down = f;
            up[k][i] += h;
            down[k][i] -= h;
            EXPECT_NEAR(at.first[k][i], (value(loss, up) - value(loss, down)) / (2 * h), 1e-6 * (1 + std::fabs(at.first[k][i])));
            if (!exact) continue;
            const Tile right = tile(loss, up), left = tile(loss, down);
            for (std::size_t l = 0; l < outputs; ++l)
                EXPECT_NEAR(at.second[k * outputs + l][i], (right.first[l][i] - left.first[l][i]) / (2 * h), 1e-5);
        }
}

const std::vector<double> y{0.3, -1.2, 2.5, 0.0, 4.1}, f{0.5, -1.0, 1.0, 3.0, 4.0}, w{1, 2, 0.5, 3, 1.5}, s{0.5, 1, 2, 0.7, 0.3};

double weighted_mean(const std::function<double(double)>& rho) {
    double total = 0, weights = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        total += w[i] * rho((f[i] - y[i]) / s[i]);
        weights += w[i];
    }
    return total / weights;
}

TEST(Losses, ValuesAreTheirDefinitions) {
    const Dataset data = data_of(y, w, s);
    const auto mean = [&](LossOptions options) {
        const auto loss = bind_loss(options, data);
        return tile(*loss, {f}).value / loss->total_weight();
    };
    EXPECT_NEAR(mean({.name = "mse"}), weighted_mean([](double r) { return r * r; }), 1e-14);
    EXPECT_NEAR(mean({.name = "mae"}), weighted_mean([](double r) { return std::fabs(r); }), 1e-14);
    EXPECT_NEAR(mean({.name = "huber", .huber_delta = 0.8}), weighted_mean([](double r) {
                    return std::fabs(r) <= 0.8 ? r * r / 2 : 0.8 * (std::fabs(r) - 0.4);
                }), 1e-14);
    EXPECT_NEAR(mean({.name = "log-cosh"}), weighted_mean([](double r) { return std::log(std::cosh(r)); }), 1e-14);
    EXPECT_NEAR(mean({.name = "quantile", .quantile = 0.3}), weighted_mean([](double r) { return r < 0 ? -0.3 * r : 0.7 * r; }), 1e-14);
    EXPECT_NEAR(mean({.name = "((prediction - target)/sigma)^2"}), weighted_mean([](double r) { return r * r; }), 1e-14);
    EXPECT_NEAR(mean({.name = "weight*abs(prediction - target)/sigma"}), weighted_mean([](double r) { return std::fabs(r); }), 1e-14);
}

TEST(Losses, LikelihoodValuesAreTheirDefinitions) {
    const std::vector<double> label{0, 1, 1, 0, 1};
    const auto logistic = bind_loss({.name = "logistic"}, data_of(label));
    double expected = 0;
    for (std::size_t i = 0; i < 5; ++i) expected += std::log(1 + std::exp(label[i] > 0 ? -f[i] : f[i]));
    EXPECT_NEAR(tile(*logistic, {f}).value, expected, 1e-14);

    const auto hinge = bind_loss({.name = "hinge"}, data_of(label));
    expected = 0;
    for (std::size_t i = 0; i < 5; ++i) expected += std::max(0.0, 1 - (label[i] > 0 ? f[i] : -f[i]));
    EXPECT_NEAR(tile(*hinge, {f}).value, expected, 1e-14);

    const std::vector<double> count{0, 1, 3, 2, 7};
    const auto poisson = bind_loss({.name = "poisson"}, data_of(count));
    expected = 0;
    for (std::size_t i = 0; i < 5; ++i)
        expected += std::exp(f[i]) - count[i] * f[i] + (count[i] > 0 ? count[i] * std::log(count[i]) - count[i] : 0);
    EXPECT_NEAR(tile(*poisson, {f}).value, expected, 1e-12);

    const std::vector<double> code{0, 2, 1, 1, 0};
    const auto softmax = bind_loss({.name = "softmax"}, data_of(code));
    ASSERT_EQ(softmax->outputs(), 3u);
    const std::vector<std::vector<double>> scores{f, y, s};
    expected = 0;
    for (std::size_t i = 0; i < 5; ++i)
        expected += std::log(std::exp(f[i]) + std::exp(y[i]) + std::exp(s[i])) - scores[static_cast<std::size_t>(code[i])][i];
    EXPECT_NEAR(tile(*softmax, scores).value, expected, 1e-13);
}

TEST(Losses, DerivativesAreThoseOfTheValue) {
    const Dataset data = data_of(y, w, s);
    check_derivatives(*bind_loss({.name = "mse"}, data), {f}, true);
    check_derivatives(*bind_loss({.name = "mae"}, data), {f}, false);
    check_derivatives(*bind_loss({.name = "quantile", .quantile = 0.9}, data), {f}, false);
    check_derivatives(*bind_loss({.name = "mae"}, data)->smoothed(0.5, Bend::exact), {f}, true);
    check_derivatives(*bind_loss({.name = "quantile", .quantile = 0.9}, data)->smoothed(0.1, Bend::exact), {f}, true);
    check_derivatives(*bind_loss({.name = "huber"}, data), {f}, false);
    check_derivatives(bind_loss({.name = "huber"}, data)->newton(), {f}, true);
    check_derivatives(*bind_loss({.name = "log-cosh"}, data), {f}, false);
    check_derivatives(bind_loss({.name = "log-cosh"}, data)->newton(), {f}, true);
    check_derivatives(*bind_loss({.name = "((prediction - target)/sigma)^4"}, data), {f}, true);
    check_derivatives(bind_loss({.name = "log(1 + ((prediction - target)/sigma)^2)"}, data)->newton(), {f}, false);
    const std::vector<double> label{0, 1, 1, 0, 1}, code{0, 2, 1, 1, 0}, count{0, 1, 3, 2, 7};
    check_derivatives(*bind_loss({.name = "logistic"}, data_of(label, w)), {f}, true);
    check_derivatives(*bind_loss({.name = "hinge"}, data_of(label, w)), {{0.5, -0.2, 3, 0.1, -2}}, false);
    check_derivatives(*bind_loss({.name = "softmax"}, data_of(code, w)), {f, y, s}, true);
    check_derivatives(*bind_loss({.name = "poisson"}, data_of(count, w)), {{0.1, 0.5, 1, -0.3, 1.5}}, true);
}

TEST(Losses, MajorisingCurvatureNeverLiesBelowTheLoss) {
    // L(f + d) <= L(f) + L'(f) d + c d^2/2: what makes reweighted steps safe.
    const Dataset data = data_of({0.3});
    for (const std::string name : {"huber", "log-cosh", "mae", "quantile", "log(1 + (prediction - target)^2)"}) {
        const auto loss = bind_loss({.name = name, .quantile = 0.8}, data);
        for (double at = -3.05; at < 3; at += 0.37) {
            const Tile here = tile(*loss, {{at}});
            for (double d = -4; d < 4; d += 0.31)
                EXPECT_LE(value(*loss, {{at + d}}),
                          here.value + here.first[0][0] * d + 0.5 * here.second[0][0] * d * d + 1e-12) << name << " " << at << " " << d;
        }
    }
}

TEST(Losses, ExtremePredictionsStayFinite) {
    const auto logistic = bind_loss({.name = "logistic"}, data_of({1, 0}));
    EXPECT_EQ(tile(*logistic, {{800, -800}}).value, 0);
    EXPECT_EQ(tile(*logistic, {{-800, 800}}).value, 1600);
    const auto softmax = bind_loss({.name = "softmax"}, data_of({1, 0}));
    EXPECT_EQ(tile(*softmax, {{-800, 900}, {800, -900}}).value, 0);
    const auto log_cosh = bind_loss({.name = "log-cosh"}, data_of({0, 0}));
    EXPECT_NEAR(tile(*log_cosh, {{1000, -1000}}).value, 2000 - 2 * std::log(2.0), 1e-9);
}

TEST(Losses, TilesAddUpToTheWhole) {
    std::vector<double> target(1000), prediction(1000), weight(1000);
    RandomStream random(3);
    for (std::size_t i = 0; i < 1000; ++i) {
        target[i] = random.normal();
        prediction[i] = random.normal();
        weight[i] = random.uniform(0.5, 2);
    }
    for (const std::string name : {"mse", "huber", "mae", "weight*(prediction - target)^2"}) {
        const auto loss = bind_loss({.name = name}, data_of(target, weight));
        const double whole = value(*loss, {prediction});
        double parts = 0;
        for (std::size_t row = 0; row < 1000; row += 256) {
            const auto from = prediction.begin() + static_cast<std::ptrdiff_t>(row);
            const auto n = static_cast<std::ptrdiff_t>(std::min<std::size_t>(256, 1000 - row));
            parts += tile(*loss, {std::vector<double>(from, from + n)}, row).value;
        }
        EXPECT_NEAR(parts, whole, 1e-9 * whole) << name;
    }
}

TEST(Losses, BaselineIsTheBestConstant) {
    const std::vector<double> label{0, 1, 1, 0, 1}, count{0, 1, 3, 2, 7};
    const auto scan = [](const BoundLoss& loss, double low, double high) {
        double best = INFINITY;
        for (int i = 0; i <= 20000; ++i) best = std::min(best, value(loss, {std::vector<double>(5, low + (high - low) * i / 20000)}));
        return best / loss.total_weight();
    };
    for (const std::string name : {"mse", "mae", "huber", "log-cosh", "quantile", "((prediction - target)/sigma)^2"}) {
        const auto loss = bind_loss({.name = name, .quantile = 0.3}, data_of(y, w, s));
        EXPECT_NEAR(loss->baseline(), scan(*loss, -2, 5), 1e-4) << name;
        EXPECT_LE(loss->baseline(), scan(*loss, -2, 5) + 1e-12) << name;
    }
    for (const std::string name : {"logistic", "hinge"}) {
        const auto loss = bind_loss({.name = name}, data_of(label, w));
        EXPECT_NEAR(loss->baseline(), scan(*loss, -3, 3), 1e-6) << name;
    }
    const auto poisson = bind_loss({.name = "poisson"}, data_of(count, w));
    EXPECT_NEAR(poisson->baseline(), scan(*poisson, -2, 3), 1e-6);
    const auto softmax = bind_loss({.name = "softmax"}, data_of({0, 1, 1, 2, 2}));
    EXPECT_NEAR(softmax->baseline(), -(0.2 * std::log(0.2) + 0.8 * std::log(0.4)), 1e-14);
}

TEST(Losses, SignedWeightsWhereTheyMakeSense) {
    const Dataset data = data_of({1, 0, 1}, {2, -0.5, 1});
    EXPECT_NO_THROW(bind_loss({.name = "mse"}, data));
    EXPECT_NO_THROW(bind_loss({.name = "logistic"}, data));
    for (const std::string name : {"mae", "huber", "log-cosh", "quantile", "hinge"}) EXPECT_THROW(bind_loss({.name = name}, data), Error);
    EXPECT_THROW(bind_loss({.name = "mse"}, data_of({1, 0, 1}, {1, -2, 1})), Error);
}

std::string message(const LossOptions& options, const Dataset& data) {
    try {
        bind_loss(options, data);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

TEST(Losses, MistakesAreNamed) {
    const Dataset data = data_of({0.5, 1, 2});
    EXPECT_NE(message({.name = "hubr"}, data).find("Did you mean 'huber'"), std::string::npos);
    EXPECT_NE(message({.name = "logistic"}, data).find("0.5"), std::string::npos);
    EXPECT_NE(message({.name = "logistic"}, data_of({0, 1, 2})).find("softmax"), std::string::npos);
    EXPECT_NE(message({.name = "poisson"}, data_of({1, -2})).find("row 2"), std::string::npos);
    EXPECT_NE(message({.name = "quantile", .quantile = 1.5}, data).find("between 0 and 1"), std::string::npos);
    EXPECT_NE(message({.name = "huber", .huber_delta = 0}, data).find("positive"), std::string::npos);
    EXPECT_NE(message({.name = "(predicton - target)^2"}, data), "");
    EXPECT_NE(message({.name = "(target - 1)^2"}, data).find("does not depend"), std::string::npos);
    EXPECT_NE(message({.name = "(prediction - target)^2"}, data_of({1, 2}, {}, {1, 1})).find("sigma"), std::string::npos);
    EXPECT_NE(message({.name = "logistic"}, data_of({1, 0}, {}, {1, 1})).find("sigma"), std::string::npos);
    EXPECT_NE(message({.name = "mse"}, data_of({1, 0}, {}, {1, -1})).find("row 2"), std::string::npos);
    EXPECT_EQ(loss_names().size(), 9u);
}

}  // namespace
