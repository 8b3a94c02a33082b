#include "hardware/signed_digits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "balmer/random.hpp"

namespace balmer {
namespace {

TEST(SignedDigits, AreTheFewestThatAddUp) {
    for (std::int64_t value = -300; value <= 300; ++value) {
        std::int64_t total = 0;
        int last = -2;
        for (const SignedDigit digit : signed_digits(value)) {
            total += digit.sign * (std::int64_t{1} << digit.position);
            EXPECT_GE(digit.position, last + 2) << value;  // no two neighbours: the non-adjacent form
            last = digit.position;
        }
        EXPECT_EQ(total, value);
    }
}

TEST(SignedDigits, NearestCoefficientHasTheDigitsAsked) {
    EXPECT_EQ(nearest_coefficient(0.27, 1, -12), (Coefficient{1, -2}));
    EXPECT_EQ(nearest_coefficient(0.27, 2, -12), (Coefficient{17, -6}));  // 1/4 + 1/64
    EXPECT_EQ(nearest_coefficient(-0.75, 2, -12), (Coefficient{-3, -2}));
    RandomStream random(1);
    for (int i = 0; i < 500; ++i) {
        const double x = random.uniform(-4, 4);
        for (int digits = 1; digits <= 4; ++digits) {
            const Coefficient c = nearest_coefficient(x, digits, -14);
            EXPECT_LE(signed_digits(c.mantissa).size(), static_cast<std::size_t>(digits));
            EXPECT_LE(std::fabs(c.value() - x), std::fabs(x) * std::pow(1.0 / 3, digits) + 1e-4) << x;
        }
    }
}

TEST(SignedDigits, SharedPairsKeepTheSums) {
    std::ptrdiff_t saved = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        RandomStream random(seed);
        CircuitBuilder plain, sharing;
        std::vector<std::vector<Summand>> forms;
        for (auto* builder : {&plain, &sharing}) {
            for (int i = 0; i < 4; ++i) builder->input("x" + std::to_string(i), {6, 2, Sign::with});
        }
        for (int k = 0; k < 3; ++k) {
            std::vector<Summand> form;
            for (int i = 0; i < 6; ++i) {
                form.push_back({static_cast<std::uint32_t>(random.below(4)), static_cast<int>(random.below(4)) - 2, random.chance(0.5) ? 1 : -1});
            }
            forms.push_back(form);
        }
        auto shared = forms;
        share_pairs(sharing, shared);
        for (std::size_t k = 0; k < forms.size(); ++k) {
            const auto a = add_up(plain, forms[k], "sum"), b = add_up(sharing, shared[k], "sum");
            const std::vector<std::int64_t> inputs = {-7, 19, 31, -32};
            EXPECT_EQ(std::ldexp(interpret_nodes(plain.circuit(), inputs)[a], -plain.node(a).fraction),
                      std::ldexp(interpret_nodes(sharing.circuit(), inputs)[b], -sharing.node(b).fraction));
        }
        const auto adders = [](const CircuitBuilder& builder) {
            return std::ranges::count_if(builder.circuit().nodes, [](const CircuitNode& n) { return n.op == CircuitOp::add || n.op == CircuitOp::subtract; });
        };
        saved += adders(plain) - adders(sharing);
    }
    EXPECT_GT(saved, 20);  // about one in six of the adders
}

}  // namespace
}  // namespace balmer
