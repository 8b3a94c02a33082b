#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "balmer/simplify.hpp"
#include "expression/random_expression.hpp"

using namespace balmer;
using namespace balmer::testing;

namespace {

std::string canonical_text(const std::string& formula) {
    Vocabulary names{{"x", "y", "z"}, {}, {}, {}};
    return print(canonical(parse(formula, names)), names);
}

Expression read(const std::string& formula) { return parse(formula, Vocabulary{{"x", "y", "z"}, {}, {}, {}}); }

}  // namespace

TEST(Canonical, WritesTheKnownShortForm) {
    const std::pair<const char*, const char*> cases[] = {
        {"x - x", "0"},
        {"x/x", "1"},
        {"x + x", "2*x"},
        {"x*x", "x^2"},
        {"x*x*x*x/x", "x^3"},
        {"-(-x)", "x"},
        {"1/(1/x)", "x"},
        {"0*sin(y) + x*1 + 0", "x"},
        {"2*(3*x)", "6*x"},
        {"y + x", "x + y"},
        {"sqrt(x)*sqrt(x)", "x"},
        {"sqrt(x^2)", "abs(x)"},
        {"sqrt(x^2)^2", "x^2"},
        {"exp(log(x))", "x"},
        {"log(exp(x))", "x"},
        {"cos(y - x)", "cos(x - y)"},
        {"cos(-x)", "cos(x)"},
        {"z - sin(y - x)", "z + sin(x - y)"},
        {"sin(y - x)", "sin(y - x)"},
        {"(y - x)^2", "(x - y)^2"},
        {"y > x", "x < y"},
        {"if(1 < 2, x, y)", "x"},
        {"max(x, x)", "x"},
        {"x^2.0*y^2", "(x*y)^2"},
        {"2*(3*x + 4)", "6*x + 8"},
        {"x*y*x", "y*x^2"},
        {"2 + 3*4", "14"},
        {"-x - y", "-(x + y)"},
        {"1 - x", "1 - x"},
    };
    for (const auto& [formula, expected] : cases) EXPECT_EQ(canonical_text(formula), canonical_text(expected)) << formula;
    EXPECT_EQ(canonical_text("x - x"), "0");
    EXPECT_EQ(canonical_text("cos(y - x)"), "cos(x - y)");
    EXPECT_EQ(canonical_text("x*x"), "x^2");
}

TEST(Canonical, DoesNotClaimWhatIsFalse) {
    for (const auto& [a, b] : {std::pair{"sqrt(x^2)", "x"}, {"log(x*y)", "log(x) + log(y)"}, {"asin(sin(x))", "x"},
                               {"sqrt(x)^2 + abs(x)", "abs(x)"}, {"(x^2)^0.5", "x"}, {"(x^6)^0.5", "x^3"}, {"acosh(cosh(x))", "x"}})
        EXPECT_NE(canonical_text(a), canonical_text(b)) << a;
}

TEST(Canonical, StructureForgetsNumbersAndValueHashDoesNot) {
    const auto a = canonical(read("2*x + sin(3*y)")), b = canonical(read("sin(y*4) - 5*x")), c = canonical(read("2*x + cos(3*y)"));
    EXPECT_EQ(structure_hash(a), structure_hash(b));
    EXPECT_NE(structure_hash(a), structure_hash(c));
    EXPECT_NE(value_hash(a), value_hash(b));
    EXPECT_EQ(value_hash(a), value_hash(canonical(read("sin(3*y) + x*2"))));
}

TEST(Canonical, IsItsOwnCanonicalForm) {
    RandomStream random(11);
    int differ = 0;
    for (int i = 0; i < 5000; ++i) {
        const auto once = canonical(random_expression(random, every_operator(), 2 + static_cast<int>(random.below(30))));
        const auto twice = canonical(once);
        differ += structure_hash(once) != structure_hash(twice);
    }
    EXPECT_LE(differ, 50);  // a second pass may see constants that the first made
}

TEST(Canonical, AgreesWhereTheOriginalIsFinite) {
    RandomStream random(12);
    int compared = 0;
    for (int i = 0; i < 4000; ++i) {
        const auto original = random_expression(random, i % 2 ? every_operator() : common_operators(), 2 + static_cast<int>(random.below(25)));
        const auto form = canonical(original);
        for (int k = 0; k < 4; ++k) {
            const double point[] = {random.uniform(-3, 3), random.uniform(-3, 3), random.uniform(.1, 3)};
            const double expected = value_at(original, point);
            if (!finite_throughout(original, point)) continue;
            const double scale = rounding_scale(original, point);
            if (!std::isfinite(scale) || scale > 1e-3 * (1 + std::fabs(expected))) continue;
            const double got = value_at(form, point);
            ++compared;
            EXPECT_LE(std::fabs(got - expected), 4 * scale + 1e-11 * std::fabs(expected) + 1e-13)
                << "seed 12, formula " << i << ": " << print(original, Vocabulary{{"x", "y", "z"}, {}, {}, {}}) << "  ->  "
                << print(form, Vocabulary{{"x", "y", "z"}, {}, {}, {}}) << " at " << point[0] << " " << point[1] << " " << point[2];
        }
    }
    EXPECT_GT(compared, 5000);
}

TEST(Canonical, DoesNotGrow) {
    RandomStream random(13);
    const ComplexityMeasure tree;
    for (int i = 0; i < 5000; ++i) {
        const auto original = random_expression(random, every_operator(), 2 + static_cast<int>(random.below(30)));
        const auto form = canonical(original);
        EXPECT_LE(tree(form), tree(original)) << print(original, Vocabulary{{"x", "y", "z"}, {}, {}, {}}) << "  ->  "
                                              << print(form, Vocabulary{{"x", "y", "z"}, {}, {}, {}});
    }
}

TEST(Canonical, EqualFormulasWrittenInOtherOrdersMeet) {
    const auto a = canonical(read("(x - y)*z*2 + exp(x*y)/3 - cos(z - x)"));
    for (const auto* other : {"exp(y*x)/3 - cos(x - z) - z*(y - x)*2", "2*(z*(x - y)) - (cos(x - z) - exp(x*y)/3)",
                              "-(cos(z - x) - exp(x*y)/3 - 2*z*(x - y))"})
        EXPECT_EQ(value_hash(a), value_hash(canonical(read(other)))) << other;
}

TEST(Canonical, DeepChainsNeedNoCallStack) {
    Expression deep = Expression::feature(0);
    for (std::uint32_t i = 0; i < 200'000; ++i) deep.nodes.push_back({Op::sin, 1, i + 2, 0});
    EXPECT_EQ(canonical(deep), deep);
}

TEST(Canonical, TakesMicroseconds) {
    RandomStream random(14);
    std::vector<Expression> formulas;
    for (int i = 0; i < 2000; ++i) formulas.push_back(random_expression(random, common_operators(), 20));
    const auto start = std::chrono::steady_clock::now();
    std::size_t nodes = 0;
    for (const auto& formula : formulas) nodes += canonical(formula).size();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    RecordProperty("microseconds", std::to_string(seconds / 2000 * 1e6));
    std::cout << "canonical: " << seconds / 2000 * 1e6 << " us per formula of 20 nodes, " << nodes / 2000. << " nodes after\n";
    EXPECT_LT(seconds / 2000, 200e-6);  // loose: other work shares the machine
}
