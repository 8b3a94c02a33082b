#include <gtest/gtest.h>
#include <cmath>
#include "balmer/evaluate.hpp"
namespace balmer {
TEST(EvaluateQuick, GradientAgainstDifferences) {
    Vocabulary v{.features = {"x", "y"}};
    const auto e = parse("1.5*exp(-0.3*x) + sin(y*0.7)/(x + 2.5)", v);
    Program program(e);
    std::vector<double> x{.1, .5, 2}, y{1, 2, 3}, t{1, 1, 1};
    std::vector<const double*> columns{x.data(), y.data()};
    Columns<double> c{columns, 3};
    auto p = e.values;
    const auto k = squared_error_curvature(program, p, c, t, {});
    for (std::size_t i = 0; i < p.size(); ++i) {
        auto q = p; q[i] += 1e-6;
        auto up = squared_error(program, q, c, std::span<const double>(t), {}, 1e300).sum;
        q[i] -= 2e-6;
        auto down = squared_error(program, q, c, std::span<const double>(t), {}, 1e300).sum;
        EXPECT_NEAR((up - down) / 2e-6, k.gradient[i], 1e-6);
    }
}
}
