// Monomials, simplest first, whatever the number of variables.
#include <gtest/gtest.h>

#include "search/enumerate/lattice.hpp"

namespace balmer::enumerate {
namespace {

TEST(Lattice, HoldsTheSimplestMonomialsOfManyVariables) {
    std::vector<std::int32_t> variables;
    for (std::int32_t v = 0; v < 12; ++v) variables.push_back(v);
    const auto points = monomial_lattice(variables, std::vector<bool>(12, false), 5, 7, 6000);
    ASSERT_EQ(points.size(), 6000u);
    EXPECT_TRUE(points[0].variables.empty());
    for (std::size_t i = 1; i < points.size(); ++i) EXPECT_LE(points[i - 1].total(), points[i].total());
    // 24 first powers, then squares and products of two.
    EXPECT_EQ(points[24].total(), 2);
    EXPECT_EQ(points[25].total(), 4);
}

TEST(Lattice, EndsWhereThereIsNoMore) {
    const auto points = monomial_lattice({0}, {true}, 5, 7, 6000);
    EXPECT_EQ(points.size(), 9u);  // 1, x, 1/x, x^2, 1/x^2 and four half powers
    EXPECT_EQ(monomial_lattice({}, {}, 5, 7, 6000).size(), 1u);
}

}  // namespace
}  // namespace balmer::enumerate
