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

std::vector<LatticePoint> monomial_lattice(const std::vector<std::int32_t>& variables, const std::vector<bool>& half_powers,
                                           std::size_t maximum_variables, int total, std::size_t count) {
    std::vector<LatticePoint> points = {{}};
    std::size_t begin = 0;
    // Each round adds one variable, later in order than those present, to the points of the round before.
    for (std::size_t round = 0; round < maximum_variables && points.size() < 8 * count; ++round) {
        const std::size_t end = points.size();
        for (std::size_t p = begin; p < end; ++p) {
            for (std::size_t v = 0; v < variables.size(); ++v) {
                if (!points[p].variables.empty() && points[p].variables.back() >= variables[v]) continue;
                for (const int h : {2, -2, 4, -4, 1, -1, 3, -3}) {
                    if (h % 2 != 0 && !half_powers[v]) continue;
                    if (points[p].total() + std::abs(h) > 2 * total) continue;
                    points.push_back(points[p]);
                    points.back().variables.push_back(variables[v]);
                    points.back().halves.push_back(h);
                }
            }
        }
        begin = end;
    }
    // Half powers are rarer than whole ones.
    const auto rank = [](const LatticePoint& p) {
        int r = p.total();
        for (const int h : p.halves) r += h % 2 != 0 ? 3 : 0;
        return r;
    };
    std::ranges::stable_sort(points, {}, rank);
    points.resize(std::min(points.size(), count));
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
