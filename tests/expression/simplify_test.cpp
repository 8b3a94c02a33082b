#include "balmer/simplify.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "expression/random_expression.hpp"
#include "expression/simplify/rules.hpp"

using namespace balmer;
using namespace balmer::testing;

namespace {

const Vocabulary names{{"x", "y", "z"}, {}, {}, {}};

std::string simplified(const std::string& formula, std::vector<Interval> box = {}) {
    SimplifyOptions options;
    options.node_limit = 3000;
    options.box = std::move(box);
    return print(simplify(parse(formula, names), {}, options).expression, names);
}

int size_of(const std::string& formula) { return ComplexityMeasure()(parse(formula, names)); }

const std::vector<Interval> positive_box{{.5, 3}, {.5, 3}, {.5, 3}};

}  // namespace

TEST(Simplify, FindsShortForms) {
    const std::pair<const char*, const char*> cases[] = {
        {"sin(x)^2 + cos(x)^2", "1"},
        {"y*sin(x)^2 + y*cos(x)^2", "y"},
        {"x*y + x*z", "x*(y + z)"},
        {"exp(x)*exp(y)", "exp(x + y)"},
        {"log(exp(x)*exp(y))", "x + y"},
        {"(x + y)^2 - x^2 - y^2", "2*x*y"},
        {"x^2 - 2*x*y + y^2", "(x - y)^2"},
        {"1/(1 + exp(-x))", "logistic(x)"},
        {"exp(-x^2)", "gauss(x)"},
        {"sinh(x)/cosh(x)", "tanh(x)"},
        {"x/y + z/y", "(x + z)/y"},
        {"2*(3*x) - 6*x + y", "y"},
        {"sin(x)*cos(y) + cos(x)*sin(y)", "sin(x + y)"},
        {"sqrt(x^2 + y^2)", "hypot(x, y)"},
    };
    for (const auto& [formula, expected] : cases) EXPECT_LE(size_of(simplified(formula)), size_of(expected)) << simplified(formula);
}

TEST(Simplify, UsesTheBox) {
    EXPECT_EQ(simplified("abs(x)"), "abs(x)");
    EXPECT_EQ(simplified("abs(x)", positive_box), "x");
    EXPECT_EQ(simplified("sqrt(x^2)", positive_box), "x");
    EXPECT_EQ(simplified("sign(x)*y", positive_box), "y");
    EXPECT_EQ(simplified("relu(-x) + y", positive_box), "y");
}

TEST(Simplify, FoldsWhatSaturates) {
    EXPECT_EQ(simplified("y + 3*tanh(cos(x) - 1e7)"), "y + -3");
    EXPECT_EQ(simplified("x + erf(sin(y)*z + 40)", {{-1, 1}, {-1, 1}, {-9, 9}}), "x + 1");
    EXPECT_EQ(simplified("tanh(cos(x) + -3)"), "tanh(cos(x) + -3)");
    EXPECT_EQ(simplified("sign(exp(x) + 1)*y"), "y");
}

TEST(Simplify, FalseEqualitiesStayUnproven) {
    const std::pair<const char*, const char*> cases[] = {
        {"sqrt(x^2) - x", "0"}, {"(x^2)^0.5/x", "1"}, {"asin(sin(x)) - x", "0"},
        {"abs(x)*x - x^2", "0"}, {"sin(x) - x", "0"}, {"(x + y)^2 - x^2 - y^2", "0"}, {"exp(x + y) - exp(x) - exp(y)", "0"}};
    for (const auto& [formula, wrong] : cases) EXPECT_NE(simplified(formula), wrong) << formula;
}

// log(x*y) = log(x) + log(y) needs x > 0 and y > 0: the box must prove it.
TEST(Simplify, SideConditionsAreProvenOnTheBox) {
    for (const auto& [name, formula] : {std::pair{"log-of-product", "log(x*y)"}, {"abs-positive", "abs(x)"}, {"power-of-power", "(x^y)^z"},
                                        {"sqrt-of-product", "sqrt(x*y)"}, {"log-of-power", "log(x^y)"}}) {
        const auto rule = std::find_if(rewrite_rules().begin(), rewrite_rules().end(), [&](const Rule& r) { return r.name == name; });
        ASSERT_NE(rule, rewrite_rules().end()) << name;
        for (const bool proven : {false, true}) {
            EGraph graph(proven ? positive_box : std::vector<Interval>{{-1, 3}, {-1, 3}, {-1, 3}}, false);
            ASSERT_TRUE(graph.add(parse(formula, names)));
            OperatorIndex index;
            index_operators(graph, index);
            graph.begin_round(rule->depth);
            std::vector<Match> matches;
            find_matches(graph, index, *rule, 0, 10, matches);
            ASSERT_FALSE(matches.empty()) << name;
            EXPECT_EQ(allowed(graph, *rule, matches[0]), proven) << name;
        }
    }
}

// A match where nothing changed since the last search was found then.
TEST(Simplify, AMatchIsNewOnlyWhereSomethingChanged) {
    using Found = std::set<std::array<EGraph::Id, 6>>;
    constexpr std::size_t no_limit = 100'000;
    const auto& rules = rewrite_rules();
    const auto find_all = [&](const EGraph& graph, const OperatorIndex& index, std::uint32_t since) {
        std::vector<std::vector<Match>> matches(rules.size());
        for (std::size_t r = 0; r < rules.size(); ++r) find_matches(graph, index, rules[r], since, no_limit, matches[r]);
        return matches;
    };
    const auto collect = [](const EGraph& graph, const std::vector<std::vector<Match>>& matches, Found& into) {
        for (std::size_t r = 0; r < matches.size(); ++r)
            for (const auto& match : matches[r]) {
                std::array<EGraph::Id, 6> key{static_cast<EGraph::Id>(r), graph.find(match.root)};
                for (std::size_t i = 0; i < 4; ++i) key[i + 2] = match.variable[i] < graph.classes() ? graph.find(match.variable[i]) : ~0u;
                into.insert(key);
            }
    };
    RandomStream random(44);
    std::size_t fewer = 0;
    for (int k = 0; k < 40; ++k) {
        EGraph graph({}, false);
        ASSERT_TRUE(graph.add(random_expression(random, common_operators(), 4 + static_cast<int>(random.below(6)))));
        graph.rebuild();
        std::vector<std::vector<Match>> before;
        for (int round = 0; round < 3 && graph.size() < 1500; ++round) {
            OperatorIndex index;
            index_operators(graph, index);
            graph.begin_round(deepest_pattern());
            Found all, expected;
            const auto everywhere = find_all(graph, index, 0), changed = find_all(graph, index, graph.round() - 1);
            collect(graph, everywhere, all);
            collect(graph, changed, expected);
            fewer += expected.size() < all.size();
            collect(graph, before, expected);
            for (const auto& key : all) ASSERT_TRUE(expected.contains(key)) << rules[key[0]].name << ", formula " << k << ", round " << round;
            for (std::size_t r = 0; r < rules.size(); ++r) {
                before.resize(rules.size());
                before[r].insert(before[r].end(), changed[r].begin(), changed[r].end());
                for (const auto& match : changed[r])
                    if (allowed(graph, rules[r], match)) rewrite(graph, rules[r], match);
            }
            graph.rebuild();
        }
    }
    EXPECT_GT(fewer, 10u);
}

TEST(Simplify, EveryRuleHoldsWhereItsPatternIsFinite) {
    std::set<std::string> seen;
    RandomStream random(41);
    for (const auto& rule : rewrite_rules()) {
        EXPECT_TRUE(seen.insert(rule.name).second) << rule.name << " twice";
        int compared = 0;
        for (int k = 0; k < 4000 && compared < 100; ++k) {
            double point[4];
            for (auto& v : point) v = random.uniform(-3, 3);
            if (k % 2) for (auto& v : point) v = random.chance(.3) ? 0.5 * std::nearbyint(v) : v;
            bool fits = true;
            for (const auto& [requirement, variable] : rule.requirements) {
                const double v = point[variable];
                const bool positive = requirement == Requirement::positive || requirement == Requirement::nonnegative;
                const bool negative = requirement == Requirement::negative || requirement == Requirement::nonpositive || requirement == Requirement::negative_number;
                fits = fits && (positive ? v > 0 : negative ? v < 0 : v != 0);
            }
            if (!fits || !finite_throughout(rule.pattern, point)) continue;
            const double expected = value_at(rule.pattern, point), got = value_at(rule.replacement, point);
            EXPECT_NEAR(got, expected, 1e-9 * (1 + std::fabs(expected))) << rule.name << " at " << point[0] << " " << point[1] << " " << point[2];
            ++compared;
        }
        EXPECT_GT(compared, rule.name == "tanh-atanh" ? 10 : 20) << rule.name;
    }
}

TEST(Simplify, AgreesOnTheBoxAndNeverGrows) {
    RandomStream random(42);
    int compared = 0;
    SimplifyOptions options;
    options.node_limit = 400;
    options.box = {{-2, 2}, {.2, 3}, {0, 2}};
    for (int k = 0; k < 600; ++k) {
        const auto original = random_expression(random, k % 2 ? every_operator() : common_operators(), 3 + static_cast<int>(random.below(18)));
        const auto result = simplify(original, {}, options);
        EXPECT_LE(options.cost(result.expression), options.cost(original)) << print(original, names);
        for (int p = 0; p < 5; ++p) {
            const double point[] = {random.uniform(-2, 2), random.uniform(.2, 3), random.uniform(0, 2)};
            if (!finite_throughout(original, point)) continue;
            const double expected = value_at(original, point), scale = rounding_scale(original, point);
            if (!std::isfinite(scale) || scale > 1e-3 * (1 + std::fabs(expected))) continue;
            ++compared;
            EXPECT_LE(std::fabs(value_at(result.expression, point) - expected), 100 * scale + 1e-9 * (1 + std::fabs(expected)))
                << "seed 42, formula " << k << ": " << print(original, names) << "  ->  " << print(result.expression, names) << " at " << point[0]
                << " " << point[1] << " " << point[2];
        }
    }
    EXPECT_GT(compared, 500);
}

TEST(Simplify, SaysWhyItStopped) {
    SimplifyOptions options;
    options.node_limit = 50;
    EXPECT_EQ(simplify(parse("(x + y)*(y + z)*(x + z)*(x - 2*y)", names), {}, options).stop, SaturationStop::node_limit);
    EXPECT_EQ(simplify(parse("sin(x)", names), {}, {}).stop, SaturationStop::saturated);
    options.node_limit = 100'000;
    options.iteration_limit = 1;
    EXPECT_EQ(simplify(parse("x*(y + z)*(x + z)", names), {}, options).stop, SaturationStop::iteration_limit);
}

TEST(Simplify, WithoutNodesIsTheCanonicalFormIfShorter) {
    SimplifyOptions options;
    options.node_limit = 0;
    for (const auto* text : {"x*(y + z)*(x + z)", "x + x + 2*(y - x)", "exp(x)/exp(x) + sin(y)^2"}) {
        const auto formula = parse(text, names);
        const auto result = simplify(formula, {}, options);
        EXPECT_LE(options.cost(result.expression), std::min(options.cost(formula), options.cost(canonical(formula)))) << text;
        EXPECT_EQ(result.stop, SaturationStop::node_limit);
        EXPECT_EQ(result.nodes, 0u);
    }
}

TEST(Simplify, IsDeterministic) {
    RandomStream random(43);
    for (int k = 0; k < 20; ++k) {
        const auto formula = random_expression(random, common_operators(), 18);
        SimplifyOptions options;
        options.node_limit = 500;
        EXPECT_EQ(simplify(formula, {}, options).expression, simplify(formula, {}, options).expression);
    }
}

TEST(Simplify, FreeParametersAreMergedButNotLookedAt) {
    SimplifyOptions options;
    options.constants_are_fixed = false;
    options.node_limit = 1000;
    const auto merged = simplify(parse("2*(3*x)", names), {}, options).expression;
    EXPECT_EQ(merged.size(), 3u);
    EXPECT_EQ(merged.values, std::vector<double>{6});
    EXPECT_EQ(simplify(parse("1*x", names), {}, options).expression.values.size(), 1u);
}

TEST(Simplify, UsesNoOperatorThatWasNotAllowed) {
    SimplifyOptions anything, restricted;
    restricted.operators = {Op::exp, Op::multiply};
    const auto text = [&](const char* formula, const SimplifyOptions& options) {
        return print(simplify(parse(formula, names), {}, options).expression, names);
    };
    EXPECT_EQ(text("exp(-(x*x))", anything), "gauss(x)");
    EXPECT_EQ(text("exp(-(x*x))", restricted), "exp(-(x*x))");
}
