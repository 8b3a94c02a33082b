// What shows in the data before training: the right terms, and nothing in noise.
#include "search/neural/screening.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "networks.hpp"

namespace balmer::neural {
namespace {

using Row = std::vector<double>;

// Normal columns, through `column` where it is given; the target by the law.
Dataset rows_of(std::size_t rows, std::size_t columns, const std::function<double(const Row&, RandomStream&)>& law, std::size_t classes = 0,
                const std::function<double(double)>& column = nullptr) {
    RandomStream random(11);
    std::vector<std::vector<double>> values(columns, std::vector<double>(rows));
    std::vector<double> target(rows);
    Row row(columns);
    for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t i = 0; i < columns; ++i) {
            const double x = random.normal();
            row[i] = values[i][r] = column ? column(x) : x;
        }
        target[r] = law(row, random);
    }
    Dataset data;
    for (std::size_t i = 0; i < columns; ++i) data.features.emplace_back("x" + std::to_string(i), std::move(values[i]));
    data.targets = {Column("y", std::move(target))};
    for (std::size_t k = 0; k < classes; ++k) data.classes.push_back(std::to_string(k));
    return data;
}

Screening screened(const Dataset& data) { return screen(data, all_rows(data.rows()), RandomStream(3)); }

bool has(const Screening& found, std::size_t input) { return std::ranges::binary_search(found.inputs, input); }

using Pairs = std::vector<std::array<std::size_t, 2>>;
Pairs sorted(Pairs pairs) {
    std::ranges::sort(pairs);
    return pairs;
}

TEST(Screening, FindsTheProductsOfARegression) {
    const auto found = screened(rows_of(1500, 200, [](const Row& x, RandomStream& random) {
        return x[3] * x[150] + x[7] * x[90] + x[60] * x[61] + 0.5 * x[120] * x[120] + x[20] + random.normal();
    }));
    EXPECT_EQ(sorted(found.products), (Pairs{{3, 150}, {7, 90}, {60, 61}, {120, 120}}));
    for (const std::size_t i : {3, 7, 20, 60, 61, 90, 120, 150}) EXPECT_TRUE(has(found, i)) << i;
    EXPECT_LT(found.inputs.size(), 20u);
}

TEST(Screening, FindsTheProductBehindAClass) {
    const auto two = screened(rows_of(2000, 300, [](const Row& x, RandomStream& random) {
        return 3 * std::tanh(x[100] + x[200]) + 2 * x[150] * x[220] - 1.5 * x[7] + random.normal() > 0 ? 1.0 : 0.0;
    }, 2));
    EXPECT_EQ(two.products, (Pairs{{150, 220}}));
    for (const std::size_t i : {7, 100, 150, 200, 220}) EXPECT_TRUE(has(two, i)) << i;
    EXPECT_LT(two.inputs.size(), 20u);
    // The third of three classes by a product alone.
    const auto three = screened(rows_of(2000, 60, [](const Row& x, RandomStream&) { return x[10] * x[40] > 0.7 ? 2.0 : x[5] > 0 ? 1.0 : 0.0; }, 3));
    EXPECT_NE(std::ranges::find(three.products, std::array<std::size_t, 2>{10, 40}), three.products.end());
    EXPECT_TRUE(has(three, 5));
}

TEST(Screening, LeavesProductsOfSlopesToTraining) {
    const auto found = screened(rows_of(1500, 100, [](const Row& x, RandomStream& random) { return (1 + x[3]) * (1 + x[40]) + x[7] * (2 + x[9]) + random.normal(); }));
    EXPECT_EQ(found.products, (Pairs{{7, 9}}));  // x9 has no slope
    for (const std::size_t i : {3, 7, 9, 40}) EXPECT_TRUE(has(found, i)) << i;
}

TEST(Screening, EvenFunctionsShowAsSquares) {
    const auto found = screened(rows_of(1500, 200, [](const Row& x, RandomStream& random) { return std::fabs(x[33]) + 0.3 * random.normal(); }));
    EXPECT_EQ(found.products, (Pairs{{33, 33}}));
}

TEST(Screening, NothingShowsInNoise) {
    int products = 0;
    for (const auto& column : {std::function<double(double)>(), std::function<double(double)>([](double x) { return std::exp(2 * x); }),
                               std::function<double(double)>([](double x) { return x > 2 ? 1.0 : 0.0; })}) {
        const auto found = screened(rows_of(800, 300, [](const Row&, RandomStream& random) { return random.normal(); }, 0, column));
        products += static_cast<int>(found.products.size());
        EXPECT_LT(found.inputs.size(), 25u);  // about ten are let in
    }
    EXPECT_LE(products, 1);  // one in twenty looks takes one
    const auto law = screened(rows_of(800, 300, [](const Row& x, RandomStream& random) { return std::sin(x[5]) + 0.1 * random.normal(); }));
    EXPECT_TRUE(law.products.empty());
    EXPECT_TRUE(has(law, 5));
}

TEST(Screening, LivesWithConstantAndEqualColumnsAndOtherScales) {
    auto data = rows_of(600, 30, [](const Row& x, RandomStream& random) { return 1e6 * (x[2] * x[8] + 0.5 * random.normal()); });
    data.features[4] = Column("constant", std::vector<double>(600, 7.0));
    data.features[9] = data.features[8].with_name("again");
    std::vector<double> far(data.features[2].values().begin(), data.features[2].values().end());
    for (auto& x : far) x = 1e5 + 1e-3 * x;
    data.features[2] = Column("far", far);
    const auto found = screened(data);
    ASSERT_EQ(found.products.size(), 1u);
    EXPECT_EQ(found.products[0][0], 2u);
    EXPECT_TRUE(found.products[0][1] == 8 || found.products[0][1] == 9);
    EXPECT_FALSE(has(found, 4));
}

TEST(Screening, HeedsTheWeightsOfRows) {
    auto data = rows_of(1000, 40, [](const Row& x, RandomStream& random) { return x[2] * x[8] + random.normal(); });
    // Rows without weight say something else.
    std::vector<double> target(data.targets[0].values().begin(), data.targets[0].values().end()), weights(1000, 1.0);
    for (std::size_t r = 0; r < 1000; r += 2) {
        target[r] = 5 * data.features[11][r] * data.features[12][r];
        weights[r] = 0;
    }
    data.targets[0] = Column("y", target);
    data.weights = Column("w", weights);
    EXPECT_EQ(screened(data).products, (Pairs{{2, 8}}));
}

}  // namespace
}  // namespace balmer::neural
