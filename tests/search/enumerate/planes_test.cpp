// Targets spanned by members of a list: products with any exponents, sums with any coefficients.
#include <gtest/gtest.h>

#include <cmath>

#include "balmer/enumerate.hpp"
#include "balmer/random.hpp"
#include "search/enumerate/planes.hpp"
#include "search/silent_observer.hpp"

namespace balmer::enumerate {
namespace {

constexpr std::size_t rows = 16;
using Values = std::vector<double>;

Values drawn(RandomStream& random) {
    Values v(rows);
    for (double& x : v) x = random.normal();
    return v;
}

Values sum(std::initializer_list<std::pair<double, const Values*>> terms) {
    Values v(rows, 0.0);
    for (const auto& [c, term] : terms)
        for (std::size_t i = 0; i < rows; ++i) v[i] += c * (*term)[i];
    return v;
}

struct Planes : testing::Test {
    RandomStream random{7};
    WideFunctionals functionals{rows, {Values(rows, 1.0)}, RandomStream(1)};
    PlaneSearch planes{functionals.dimensions()};
    std::vector<Values> members;

    Planes() {
        for (int i = 0; i < 3000; ++i) members.push_back(drawn(random));
        for (const auto& member : members) planes.add(functionals.of(member.data()));
    }
};

TEST_F(Planes, FindsTheTwoThatSpanTheTargetBesideOthers) {
    const Values ones(rows, 1.0), other = drawn(random);
    const Values target = sum({{2.5, &members[17]}, {-0.37, &members[2040]}, {1.1, &other}, {9, &ones}});
    const Eight others[] = {functionals.of(other.data())};
    const auto found = planes.spanning(functionals.of(target.data()), others, planes.size());
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].first, 17u);
    EXPECT_EQ(found[0].second, 2040u);
    EXPECT_TRUE(planes.spanning(functionals.of(target.data()), {}, planes.size()).empty());
    EXPECT_TRUE(planes.spanning(functionals.of(target.data()), others, 2040).empty());
}

TEST_F(Planes, OneMemberMayBeEnough) {
    const Values target = sum({{-4, &members[99]}});
    const auto found = planes.spanning(functionals.of(target.data()), {}, planes.size());
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].first, 99u);
    EXPECT_EQ(found[0].second, PlaneSearch::none);
}

TEST_F(Planes, MembersThatAreRelatedWithoutTheTargetAreNoFind) {
    const Values other = drawn(random), related = sum({{3, &members[5]}, {0.2, &other}}), target = drawn(random);
    planes.add(functionals.of(related.data()));
    const Eight others[] = {functionals.of(other.data())};
    EXPECT_TRUE(planes.spanning(functionals.of(target.data()), others, planes.size()).empty());
}

// A law on 600 rows, all variables in [1, 4].
bool is_found(const std::string& law, const std::vector<std::string>& variables) {
    const Vocabulary names{.features = variables, .parameters = {}, .definitions = {}, .holes = {}};
    const Graph graph = to_graph(parse(law, names));
    RandomStream random(3);
    constexpr std::size_t count = 600;
    std::vector<Values> columns(variables.size(), Values(count));
    Values target(count);
    for (std::size_t i = 0; i < count; ++i) {
        Values at;
        for (auto& column : columns) at.push_back(column[i] = random.uniform(1, 4));
        target[i] = evaluate_row(graph, graph.values(), at)[0];
    }
    Problem problem;
    for (std::size_t v = 0; v < columns.size(); ++v) problem.data.features.emplace_back(variables[v], columns[v]);
    problem.data.targets = {Column("y", target)};
    for (const char* name : {"+", "-", "*", "/", "sqrt", "exp", "log", "sin", "cos"}) problem.operators.push_back(*find_operator(name));
    problem.constraints.maximum_complexity = 60;
    problem.constraints.maximum_depth = 20;
    EnumerateOptions options{.maximum_entries = 30'000};
    options.questions = EnumerateOptions::Questions::exact_only;
    EnumerateSearcher searcher(options);
    Silent silent;
    return searcher.run(problem, {.seconds = 60, .threads = 2}, 1, {}, silent, {}).stop == StopReason::solved;
}

TEST(Factors, ProductsOfThreeBasesWithAnyPowers) {
    EXPECT_TRUE(is_found("(a - b)^2*(c - b*d)*e/(sqrt(a)*(b + d)^6)", {"a", "b", "c", "d", "e"}));
    EXPECT_TRUE(is_found("a^(3/2)*c^6/((a + b)*(d + sqrt(c)))^5", {"a", "b", "c", "d"}));
}

TEST(Factors, ABaseOfBothSignsMayEnterByItsSize) { EXPECT_TRUE(is_found("sqrt(c*((a - b)*(d^2 + a)/cos(d))^2)", {"a", "b", "c", "d"})); }

TEST(Terms, SumsOfThreeTermsBesideVariablesWithAnyCoefficients) {
    EXPECT_TRUE(is_found("1.37*a - 0.21*sin(b*c) + 0.77*exp(a - c) + 2.3*b - 3.1*log(b)", {"a", "b", "c"}));
}

TEST(Terms, QuotientsOfSums) { EXPECT_TRUE(is_found("(1.37*a - 0.21*sin(b*c) + 2.3)/(a*b + 0.61)", {"a", "b", "c"})); }

}  // namespace
}  // namespace balmer::enumerate
