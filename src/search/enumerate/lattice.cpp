#include "search/enumerate/lattice.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace balmer::enumerate {

int LatticePoint::total() const {
    int sum = 0;
    for (const int h : halves) sum += std::abs(h);
    return sum;
}

std::vector<Power> LatticePoint::powers() const {
    std::vector<Power> result;
    for (std::size_t i = 0; i < variables.size(); ++i) {
        const int h = halves[i];
        result.push_back({Expression::feature(variables[i]), h % 2 == 0 ? Fraction{h / 2, 1} : Fraction{h, 2}});
    }
    return result;
}

namespace {

// Half powers are rarer than whole ones.
int rank_of(int half) { return std::abs(half) + (half % 2 != 0 ? 3 : 0); }

int rank_of(const LatticePoint& point) {
    int rank = 0;
    for (const int h : point.halves) rank += rank_of(h);
    return rank;
}

// All points up to a rank. Each round adds one variable, later in order than those present, to the points of the round before.
std::vector<LatticePoint> points_up_to(int rank, const std::vector<std::int32_t>& variables, const std::vector<bool>& half_powers,
                                       std::size_t maximum_variables, int total) {
    std::vector<LatticePoint> points = {{}};
    std::size_t begin = 0;
    for (std::size_t round = 0; round < maximum_variables; ++round) {
        const std::size_t end = points.size();
        for (std::size_t p = begin; p < end; ++p) {
            const int left = rank - rank_of(points[p]), left_total = 2 * total - points[p].total();
            for (std::size_t v = 0; v < variables.size(); ++v) {
                if (!points[p].variables.empty() && points[p].variables.back() >= variables[v]) continue;
                for (const int h : {2, -2, 4, -4, 1, -1, 3, -3}) {
                    if ((h % 2 != 0 && !half_powers[v]) || std::abs(h) > left_total || rank_of(h) > left) continue;
                    points.push_back(points[p]);
                    points.back().variables.push_back(variables[v]);
                    points.back().halves.push_back(h);
                }
            }
        }
        begin = end;
    }
    return points;
}

}  // namespace

std::vector<LatticePoint> monomial_lattice(const std::vector<std::int32_t>& variables, const std::vector<bool>& half_powers,
                                           std::size_t maximum_variables, int total, std::size_t count) {
    const int highest = 2 * total + 3 * static_cast<int>(maximum_variables);
    std::vector<LatticePoint> points;
    for (int rank = 2; rank <= highest && points.size() < count; ++rank) points = points_up_to(rank, variables, half_powers, maximum_variables, total);
    std::ranges::stable_sort(points, {}, [](const LatticePoint& point) { return rank_of(point); });
    points.resize(std::min(points.size(), count));
    return points;
}

std::vector<LatticePoint> high_powers(const std::vector<std::int32_t>& variables) {
    constexpr int highest = 4;
    std::vector<LatticePoint> points;
    for (std::size_t i = 0; i < variables.size(); ++i) {
        for (int p = 3; p <= highest; ++p) points.push_back({{variables[i]}, {2 * p}});
        for (std::size_t j = i + 1; j < variables.size(); ++j)
            for (int p = 1; p <= highest; ++p)
                for (int q = 1; q <= highest; ++q)
                    if (std::max(p, q) > 2) points.push_back({{variables[i], variables[j]}, {2 * p, -2 * q}});
    }
    return points;
}

std::vector<double> lattice_values(const LatticePoint& point, const std::vector<std::vector<double>>& columns) {
    std::vector<double> values(columns.front().size(), 1.0);
    for (std::size_t k = 0; k < point.variables.size(); ++k) {
        const auto& x = columns[static_cast<std::size_t>(point.variables[k])];
        const int h = point.halves[k];
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double whole = integer_power(x[i], h / 2);
            values[i] *= h % 2 == 0 ? whole : whole * (h > 0 ? std::sqrt(x[i]) : 1 / std::sqrt(x[i]));
        }
    }
    return values;
}

}  // namespace balmer::enumerate
