#include "report/classes.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

namespace balmer::report {

RocCurve roc_curve(std::span<const double> score, const std::vector<bool>& is_class) {
    assert(score.size() == is_class.size());
    const auto value = [&](std::size_t i) { return std::isnan(score[i]) ? -std::numeric_limits<double>::infinity() : score[i]; };
    std::vector<std::size_t> order(score.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return value(a) > value(b); });
    const auto positives = static_cast<double>(std::count(is_class.begin(), is_class.end(), true));
    const double negatives = static_cast<double>(score.size()) - positives;
    RocCurve curve{.false_positive = {0}, .true_positive = {0}, .area = std::nan("")};
    if (positives == 0 || negatives == 0) return curve;
    double right = 0, wrong = 0, area = 0, last_right = 0, last_wrong = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        (is_class[order[i]] ? right : wrong) += 1;
        if (i + 1 < order.size() && value(order[i]) == value(order[i + 1])) continue;
        area += (wrong - last_wrong) * (right + last_right) / 2;
        last_right = right;
        last_wrong = wrong;
        curve.false_positive.push_back(wrong / negatives);
        curve.true_positive.push_back(right / positives);
    }
    curve.area = area / (positives * negatives);
    return curve;
}

RocCurve thinned(const RocCurve& curve, std::size_t count) {
    const std::size_t points = curve.false_positive.size();
    if (points <= count) return curve;
    RocCurve result{.false_positive = {}, .true_positive = {}, .area = curve.area};
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t from = i * (points - 1) / (count - 1);
        result.false_positive.push_back(curve.false_positive[from]);
        result.true_positive.push_back(curve.true_positive[from]);
    }
    return result;
}

std::vector<std::vector<std::size_t>> confusion(std::span<const std::uint32_t> truth, std::span<const std::uint32_t> chosen, std::size_t classes) {
    std::vector counts(classes, std::vector<std::size_t>(classes, 0));
    for (std::size_t i = 0; i < truth.size(); ++i) ++counts[truth[i]][chosen[i]];
    return counts;
}

}  // namespace balmer::report
