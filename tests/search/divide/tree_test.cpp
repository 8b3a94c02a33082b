// What the sample shows: every kind of reduction on laws that have it, none on laws that do not.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "search/divide/formula.hpp"
#include "search/divide/sample_problem.hpp"

namespace balmer::divide {
namespace {

struct Case {
    Law law;
    std::size_t left;  ///< variables of the smallest problem
};

class Reduces : public testing::TestWithParam<Case> {};

std::string described(const Tree& tree) {
    std::string text;
    for (const auto& r : tree.reductions()) text += fmt::format("{} <- {}: {} | {} of {} | {:.1e}\n", r.kind, r.parent, r.words, r.target, fmt::join(r.variables, ", "), r.error_after);
    return text;
}

TEST_P(Reduces, ToSoManyVariables) {
    const auto problem = sample_problem(GetParam().law);
    const DivideOptions options;
    Tree tree(problem, options, all_rows(problem));
    (void)tree.descend(0);
    std::size_t fewest = problem.data.features.size();
    for (std::size_t i = 0; i < tree.size(); ++i) fewest = std::min(fewest, tree[i].part.variables());
    EXPECT_EQ(fewest, GetParam().left) << GetParam().law.formula << "\n" << described(tree);
}

INSTANTIATE_TEST_SUITE_P(Laws, Reduces,
                         testing::Values(Case{{"g*m1*m2/(9+(x2-x1)^2+(y2-y1)^2)", {"g", "m1", "m2", "x1", "x2", "y1", "y2"}}, 1},
                                         Case{{"h*w^3/(c^2*(exp(h*w/(k*t))-1))", {"h", "w", "c", "k", "t"}}, 1},
                                         Case{{"exp(-a)*sin(b - a)/c", {"a", "b", "c"}, 0.2, 1.2}, 0},
                                         Case{{"cos(p)*log(1 + q)", {"p", "q"}, 0.1, 1.2}, 1},
                                         Case{{"exp(cos(u) + v*w)", {"u", "v", "w"}, 0.5, 1.5}, 0},
                                         Case{{"sin(a + b) + 1/(1 + b)", {"a", "b", "unused"}}, 2},
                                         Case{{"1/(1/d1 + 1/d2) + sin(d3)", {"d1", "d2", "d3"}}, 0}));

TEST(Tree, FormulasOfPartsBecomeFormulasOfTheWhole) {
    const auto problem = sample_problem({"m*v/sqrt(1 - v^2/c^2)", {"m", "v", "c"}, 0.1, 0.9});
    auto fast = problem;
    std::vector<double> c(problem.data.features[2].values().begin(), problem.data.features[2].values().end());
    for (double& x : c) x += 2;
    fast.data.features[2] = Column("c", c);
    std::vector<double> y;
    for (std::size_t i = 0; i < c.size(); ++i) {
        const double m = fast.data.features[0][i], v = fast.data.features[1][i];
        y.push_back(m * v / std::sqrt(1 - v * v / (c[i] * c[i])));
    }
    fast.data.targets = {Column("p", y)};
    const DivideOptions options;
    Tree tree(fast, options, all_rows(fast));
    ASSERT_FALSE(tree.descend(0).empty());
    std::vector<std::vector<double>> columns;
    for (const auto& feature : fast.data.features) columns.emplace_back(feature.values().begin(), feature.values().end());
    for (std::size_t i = 0; i < tree.size(); ++i) {
        // Any formula of the part, put back, must be what `wrap` makes of its value: the target itself stands for the part's formula.
        auto with_target = columns;
        with_target.push_back(tree[i].part.target);
        const auto back = tree.whole_of_value(i, Expression::feature(static_cast<std::int32_t>(columns.size())));
        const auto values = values_of(back, with_target);
        for (std::size_t k = 0; k < y.size(); k += 37) EXPECT_NEAR(values[k], y[k], 1e-12 * std::fabs(y[k])) << i;
    }
}

TEST(Tree, NothingIsReducedWhereNothingCanBe) {
    const auto problem = sample_problem({"sin(a*b) + a*exp(b - sqrt(a))", {"a", "b"}, 0.5, 2});
    const DivideOptions options;
    Tree tree(problem, options, all_rows(problem));
    EXPECT_TRUE(tree.descend(0).empty()) << described(tree);
}

TEST(Tree, UnitsLeavePureNumbers) {
    const auto problem = sample_problem({"e^2*d^3*cos(f)/c", {"e", "d", "c", "f"}, 1, 2, {"m", "s", "m s^2", "1"}, "m s"});
    const DivideOptions options;
    Tree tree(problem, options, all_rows(problem));
    (void)tree.descend(0);
    bool by_units = false;
    for (std::size_t i = 1; i < tree.size(); ++i) by_units = by_units || tree[i].step.kind == "units";
    EXPECT_TRUE(by_units) << described(tree);
    for (std::size_t i = 0; i < tree.size(); ++i) {
        if (tree[i].step.kind != "units") continue;
        for (const auto& unit : tree[i].part.units) EXPECT_TRUE(unit.dimensionless());
        EXPECT_TRUE(tree[i].part.target_unit->dimensionless());
    }
}

TEST(Tree, OrderOfColumnsDoesNotMatter) {
    const Law law{"g*m1*m2/(x2-x1)^2", {"g", "m1", "m2", "x1", "x2"}};
    const auto problem = sample_problem(law);
    auto turned = problem;
    std::ranges::reverse(turned.data.features);
    for (const Problem* each : {&problem, static_cast<const Problem*>(&turned)}) {
        const DivideOptions options;
        Tree tree(*each, options, all_rows(*each));
        const auto made = tree.descend(0);
        ASSERT_FALSE(made.empty());
        EXPECT_LE(tree[made.back()].part.variables(), 1u) << described(tree);
    }
}

}  // namespace
}  // namespace balmer::divide
