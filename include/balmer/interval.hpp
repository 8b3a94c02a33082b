#pragma once

#include <limits>
#include <span>
#include <vector>

#include "balmer/graph.hpp"

namespace balmer {

/// A closed range [lower, upper] with outward rounding; `may_fail` when some points of the inputs lie outside the domain (NaN). An infinite
/// end says that the value may be infinite; lower > upper that there is no value at all. A zero at an end has the sign of its side:
/// 1/[0, 1] = [1, inf], although 1/-0 is -inf.
struct Interval {
    double lower = -std::numeric_limits<double>::infinity();
    double upper = std::numeric_limits<double>::infinity();
    bool may_fail = false;

    /// Whether x lies in the range.
    bool contains(double x) const { return lower <= x && x <= upper; }
    bool operator==(const Interval&) const = default;
};

/// Range of one operator over ranges of its operands; encloses every value that apply() gives there.
Interval apply(Op op, std::span<const Interval> operands, int index = 0);
/// Range of every node of a graph over a box of features, parameters at their values.
std::vector<Interval> intervals(const Graph& graph, std::span<const double> parameters, std::span<const Interval> features);

}  // namespace balmer
