#include <gtest/gtest.h>

#include <cmath>

#include "balmer/random.hpp"
#include "report/classes.hpp"

namespace balmer::report {
namespace {

// The chance that a row of the class scores higher than one of the rest, ties one half.
double area_by_pairs(const std::vector<double>& score, const std::vector<bool>& is_class) {
    double wins = 0, pairs = 0;
    for (std::size_t i = 0; i < score.size(); ++i)
        for (std::size_t j = 0; j < score.size(); ++j)
            if (is_class[i] && !is_class[j]) {
                pairs += 1;
                wins += score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0;
            }
    return wins / pairs;
}

TEST(RocCurve, AreaIsTheShareOfPairsInOrder) {
    RandomStream random(5);
    for (int round = 0; round < 20; ++round) {
        std::vector<double> score;
        std::vector<bool> is_class;
        for (int i = 0; i < 60; ++i) {
            is_class.push_back(random.chance(0.3) || i == 0);
            score.push_back(std::floor(8 * random.uniform() + (is_class.back() ? 2 : 0)));  // with ties
        }
        is_class.back() = false;
        const auto curve = roc_curve(score, is_class);
        EXPECT_NEAR(curve.area, area_by_pairs(score, is_class), 1e-12);
        EXPECT_EQ(curve.true_positive.back(), 1);
        EXPECT_EQ(curve.false_positive.back(), 1);
        EXPECT_LE(thinned(curve, 5).true_positive.size(), 5u);
        EXPECT_EQ(thinned(curve, 5).false_positive.back(), 1);
    }
}

TEST(RocCurve, OneClassHasNoArea) {
    EXPECT_TRUE(std::isnan(roc_curve(std::vector{1.0, 2.0}, {true, true}).area));
    EXPECT_EQ(roc_curve(std::vector{std::nan(""), 2.0}, {false, true}).area, 1);
}

TEST(Confusion, CountsTruthAgainstChoice) {
    const std::vector<std::uint32_t> truth = {0, 0, 1, 2}, chosen = {0, 1, 1, 0};
    EXPECT_EQ(confusion(truth, chosen, 3), (std::vector<std::vector<std::size_t>>{{1, 1, 0}, {0, 1, 0}, {1, 0, 0}}));
}

}  // namespace
}  // namespace balmer::report
