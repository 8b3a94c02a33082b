#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace balmer::report {

/// How well a score tells one class from the rest, at every threshold.
struct RocCurve {
    std::vector<double> false_positive, true_positive;  ///< rates, from (0, 0) to (1, 1)
    double area = 0;                                    ///< below the curve: 0.5 is chance; NaN when there is only one class
};

/// The curve of `score` (higher: more like the class) against `is_class`, one point per distinct score. Rows whose score is NaN count as
/// the lowest. No weights.
RocCurve roc_curve(std::span<const double> score, const std::vector<bool>& is_class);

/// A curve with at most `count` of its points, ends kept.
RocCurve thinned(const RocCurve& curve, std::size_t count);

/// counts[true class][chosen class].
std::vector<std::vector<std::size_t>> confusion(std::span<const std::uint32_t> truth, std::span<const std::uint32_t> chosen, std::size_t classes);

}  // namespace balmer::report
