#include <gtest/gtest.h>

#include "balmer/fitting.hpp"

// p[axis] in fits.

namespace balmer {
namespace {

Vocabulary words() {
    return {.features = {"x", "y"}, .parameters = {}, .definitions = {}, .holes = {},
            .categories = {{"detector", {"left", "middle", "right"}}, {"run", {"1", "2"}}}};
}

TEST(Choices, EnterLinearly) {
    const auto linear = [](const char* text) { return linear_parameters(to_graph(parse(text, words()))); };
    EXPECT_EQ(linear("p[detector]*x + q[run]"), (std::vector<bool>{true, true, true, true, true}));
    EXPECT_EQ(linear("exp(p[detector]*y) + q[run]*x"), (std::vector<bool>{false, false, false, true, true}));
    EXPECT_EQ(linear("p[run]*p[run]*x"), (std::vector<bool>{false, false}));
}

TEST(Choices, AreFittedEachOnItsOwnRows) {
    // The means of three groups, and their standard errors.
    Dataset data;
    std::vector<double> x, y, codes;
    double sum[3] = {}, square[3] = {}, count[3] = {};
    RandomStream random(3);
    for (std::size_t i = 0; i < 91; ++i) {
        const auto c = i * i % 3;
        x.push_back(random.uniform());
        codes.push_back(static_cast<double>(i % 7 == 0 ? 2 : c));
        const auto group = static_cast<std::size_t>(codes.back());
        y.push_back(static_cast<double>(group) + random.normal());
        sum[group] += y.back();
        square[group] += y.back() * y.back();
        count[group] += 1;
    }
    data.features.emplace_back("x", x);
    data.features.emplace_back("y", y);
    data.targets.emplace_back("t", y);
    data.categories.push_back({{"detector", {"left", "middle", "right"}}, Column("detector", codes)});
    const auto formula = parse("p[detector] + 0*x", words());
    const Program program(formula);
    const auto pointers = feature_pointers(data);
    ASSERT_EQ(pointers.size(), 3u);
    const auto loss = bind_loss({}, data);
    FitOptions options{.fixed = {false, false, false, true}};
    auto start = formula.values;
    const auto fitted = fit(program, start, {.column = pointers, .rows = data.rows()}, *loss, options);
    const auto errors = covariance(program, fitted.values, {.column = pointers, .rows = data.rows()}, *loss, false, options.fixed);
    double residual = 0;
    for (std::size_t k = 0; k < 3; ++k) {
        EXPECT_NEAR(fitted.values[k], sum[k] / count[k], 1e-12);
        residual += square[k] - sum[k] * sum[k] / count[k];
    }
    for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(errors[k * 4 + k], residual / 88 / count[k], 1e-10);
}

}  // namespace
}  // namespace balmer
