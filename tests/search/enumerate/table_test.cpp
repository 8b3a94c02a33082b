// Keys, the table of values, its order and domains, the library.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "balmer/random.hpp"
#include "search/enumerate/kernels.hpp"
#include "search/enumerate/library.hpp"
#include "search/enumerate/value_table.hpp"

namespace balmer::enumerate {
namespace {

std::vector<std::vector<double>> random_columns(std::size_t count, std::size_t rows, double low = 1, double high = 5) {
    RandomStream random(7);
    std::vector<std::vector<double>> columns(count, std::vector<double>(rows));
    for (auto& column : columns)
        for (double& x : column) x = random.uniform(low, high);
    return columns;
}

std::vector<Op> scientific_operators() {
    return {Op::add, Op::subtract, Op::multiply, Op::divide, Op::sqrt, Op::exp, Op::log, Op::sin, Op::cos};
}

ValueTable make_table(std::size_t variables, std::vector<Op> operators, double low = 1) {
    std::vector<std::int32_t> all;
    for (std::size_t v = 0; v < variables; ++v) all.push_back(static_cast<std::int32_t>(v));
    return ValueTable(random_columns(variables, 16, low), all, std::move(operators), {}, RandomStream(1));
}

void grow(ValueTable& table, std::size_t entries, std::size_t threads = 1) {
    ThreadPool pool(threads);
    while (table.size() < entries && table.grow(4096, {}, pool)) {
    }
}

Functionals functionals_of(const std::vector<std::vector<double>>& columns) {
    std::vector<std::vector<double>> logs = columns;
    for (auto& column : logs)
        for (double& x : column) x = std::log(x);
    return Functionals(columns[0].size(), logs, RandomStream(3));
}

TEST(Keys, AffineKeyForgetsFactorAndOffset) {
    const auto columns = random_columns(2, 16);
    const auto functionals = functionals_of(columns);
    std::vector<double> v(16), w(16), other(16);
    for (std::size_t i = 0; i < 16; ++i) {
        v[i] = std::sin(columns[0][i]) + columns[1][i];
        w[i] = -3.7 * v[i] + 11;
        other[i] = v[i] + 0.01 * columns[0][i];
    }
    const auto key = affine_keys_of(functionals, v.data()).affine_key;
    EXPECT_NE(key, 0U);
    EXPECT_EQ(affine_keys_of(functionals, w.data()).affine_key, key);
    EXPECT_NE(affine_keys_of(functionals, other.data()).affine_key, key);
}

TEST(Keys, QuotientKeyForgetsMonomialsAndPowers) {
    const auto columns = random_columns(2, 16);
    const auto functionals = functionals_of(columns);
    std::vector<double> v(16), w(16), monomial(16), log(16);
    for (std::size_t i = 0; i < 16; ++i) {
        v[i] = columns[0][i] + columns[1][i];
        w[i] = -2.5 * std::pow(columns[0][i], 1.5) / columns[1][i] * std::pow(v[i], -2);
        monomial[i] = 4 * columns[0][i] / std::sqrt(columns[1][i]);
    }
    const auto keys = keys_of(functionals, v.data(), log.data());
    EXPECT_NE(keys.monomial_key, 0U);
    EXPECT_EQ(keys_of(functionals, w.data(), log.data()).monomial_key, keys.monomial_key);
    EXPECT_FALSE(keys.is_monomial);
    EXPECT_TRUE(keys_of(functionals, monomial.data(), log.data()).is_monomial);
}

TEST(Keys, SpikesAndConstantsHaveNoAffineKey) {
    const auto columns = random_columns(1, 16);
    const auto functionals = functionals_of(columns);
    std::vector<double> spike(16), constant(16, 3.25);
    for (std::size_t i = 0; i < 16; ++i) spike[i] = i == 5 ? 1e9 : columns[0][i];
    EXPECT_EQ(affine_keys_of(functionals, spike.data()).affine_key, 0U);
    EXPECT_EQ(affine_keys_of(functionals, constant.data()).affine_key, 0U);
    EXPECT_TRUE(affine_keys_of(functionals, constant.data()).is_constant);
}

TEST(KeyIndex, FindsWhatWasStoredAndNothingElse) {
    KeyIndex index;
    for (std::uint32_t i = 1; i <= 20'000; ++i) EXPECT_TRUE(index.insert(i * 0x9e3779b97f4a7c15ULL, i));
    for (std::uint32_t i = 1; i <= 20'000; ++i) EXPECT_EQ(index.find(i * 0x9e3779b97f4a7c15ULL), i);
    EXPECT_FALSE(index.insert(0x9e3779b97f4a7c15ULL, 7));
    EXPECT_EQ(index.find(12345), KeyIndex::none);
    EXPECT_FALSE(index.insert(0, 1));
}

TEST(ValueTable, HoldsEveryValueOnceUpToSign) {
    auto table = make_table(2, scientific_operators());
    grow(table, 3000);
    ASSERT_GE(table.size(), 3000U);
    for (std::size_t a = 0; a < 1500; ++a)
        for (std::size_t b = a + 1; b < 1500; ++b) {
            double same = 0, opposite = 0, size = 0;
            for (std::size_t i = 0; i < table.rows(); ++i) {
                same = std::max(same, std::fabs(table.value(a)[i] - table.value(b)[i]));
                opposite = std::max(opposite, std::fabs(table.value(a)[i] + table.value(b)[i]));
                size = std::max(size, std::fabs(table.value(a)[i]));
            }
            ASSERT_GT(std::min(same, opposite), 1e-9 * size) << a << " and " << b;
        }
}

TEST(ValueTable, GrowsBySizeAndItsFormulasHaveItsValues) {
    auto table = make_table(3, scientific_operators());
    grow(table, 20'000);
    std::vector<const double*> pointers;
    for (const auto& column : table.columns()) pointers.push_back(column.data());
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        if (i > 0) ASSERT_GE(table[i].size, table[i - 1].size);
        if (i % 37 != 0) continue;
        const auto values = evaluate_rows(table.expression(i), {}, pointers, table.rows());
        for (std::size_t r = 0; r < table.rows(); ++r) ASSERT_EQ(values[r], table.value(i)[r]);
    }
}

TEST(ValueTable, IsTheSameForAnyNumberOfThreads) {
    auto one = make_table(3, scientific_operators());
    grow(one, 30'000, 1);
    for (const std::size_t threads : {2U, 4U}) {
        auto many = make_table(3, scientific_operators());
        grow(many, 30'000, threads);
        ASSERT_EQ(many.size(), one.size());
        for (std::uint32_t i = 0; i < one.size(); ++i) {
            ASSERT_EQ(many[i].monomial, one[i].monomial);
            ASSERT_EQ(many[i].left, one[i].left);
            ASSERT_EQ(many[i].right, one[i].right);
            ASSERT_EQ(many[i].flags, one[i].flags);
        }
    }
}

TEST(ValueTable, RefusesValuesOutsideTheDomain) {
    auto table = make_table(1, scientific_operators(), -4.0);  // x of both signs
    grow(table, 2000);
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        ASSERT_TRUE(all_finite({table.value(i), table.rows()}));
        const auto& e = table[i];
        ASSERT_FALSE((e.op == Op::sqrt || e.op == Op::log) && table[e.left].op == Op::feature) << "x has both signs";
    }
}

TEST(ValueTable, UsesOnlyTheOperatorsGiven) {
    auto table = make_table(2, {Op::add, Op::multiply});
    grow(table, 1000);
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        const Op op = table[i].op;
        ASSERT_TRUE(info(op).arity == 0 || op == Op::add || op == Op::multiply || op == Op::square) << info(op).name;
    }
}

TEST(ValueTable, TakesUserOperators) {
    Vocabulary names{.features = {"x"}, .parameters = {}, .definitions = {}, .holes = {}};
    const auto definition = parse_definition("bump(u) = exp(-u^2)*u", names);
    ValueTable table(random_columns(1, 16), {0}, {Op::add}, {definition}, RandomStream(1));
    grow(table, 50);
    bool called = false;
    for (std::uint32_t i = 0; i < table.size(); ++i) called |= table[i].op == Op::call;
    EXPECT_TRUE(called);
}

TEST(ValueLibrary, FindsAnEntryUpToScaleAndOffset) {
    auto table = std::make_shared<ValueTable>(make_table(2, scientific_operators()));
    grow(*table, 3000);
    Dataset data;
    const auto columns = random_columns(2, 60);
    data.features = {Column("x", columns[0]), Column("y", columns[1])};
    data.targets = {Column("t", columns[0])};
    ThreadPool pool(1);
    std::vector<std::size_t> rows(60);
    for (std::size_t i = 0; i < 60; ++i) rows[i] = i;
    const ValueLibrary library(table, take_sample(data, rows), 800, pool);
    std::vector<double> wanted(60), weight(60, 1.0);
    for (std::size_t i = 0; i < 60; ++i) wanted[i] = 3 * std::sin(columns[0][i] - columns[1][i]) - 0.5;
    wanted[7] = 100;  // a row that does not count
    weight[7] = 0;
    const auto matches = library.nearest(wanted, weight, 3);
    ASSERT_EQ(matches.size(), 3U);
    EXPECT_LT(matches[0].error, 1e-12);
    EXPECT_LE(matches[0].error, matches[1].error);
    const std::vector<const double*> pointers = {columns[0].data(), columns[1].data()};
    const auto values = evaluate_rows(matches[0].expression, {}, pointers, 60);
    for (std::size_t i = 0; i < 60; ++i)
        if (i != 7) EXPECT_NEAR(values[i], wanted[i], 1e-9);
}

TEST(ValueLibrary, ALargeOneFindsNoisyEntriesToo) {
    constexpr std::size_t rows = 150;
    auto table = std::make_shared<ValueTable>(make_table(2, scientific_operators()));
    grow(*table, 12'000);
    Dataset data;
    const auto columns = random_columns(2, rows);
    data.features = {Column("x", columns[0]), Column("y", columns[1])};
    data.targets = {Column("t", columns[0])};
    ThreadPool pool(1);
    std::vector<std::size_t> all(rows);
    for (std::size_t i = 0; i < rows; ++i) all[i] = i;
    const ValueLibrary library(table, take_sample(data, all), 4000, pool);
    ASSERT_GT(library.size(), 3000U);
    const std::vector<const double*> pointers = {columns[0].data(), columns[1].data()};
    RandomStream random(3);
    for (const char* truth : {"sin(x - y)", "x*sqrt(y)", "exp(x)/y", "x*x + y", "cos(x)*y"}) {
        const Vocabulary names{.features = {"x", "y"}};
        auto wanted = evaluate_rows(parse(truth, names), {}, pointers, rows);
        double mean = 0, spread = 0;
        for (const double v : wanted) mean += v / rows;
        for (const double v : wanted) spread += (v - mean) * (v - mean) / rows;
        for (auto& v : wanted) v = 1e100 * (v + 0.1 * std::sqrt(spread) * random.normal() + 5);
        std::vector<double> weight(rows, 1.0);
        for (std::size_t i = 0; i < rows; i += 5) weight[i] = 0, wanted[i] = std::numeric_limits<double>::quiet_NaN();
        const auto matches = library.nearest(wanted, weight, 4);
        ASSERT_EQ(matches.size(), 4U);
        EXPECT_LT(matches[0].error, 0.02) << truth;  // the noise is 1 % of the variance
    }
}

}  // namespace
}  // namespace balmer::enumerate
