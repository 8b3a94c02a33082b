#include "search/enumerate/noisy_polynomials.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "search/enumerate/factoring.hpp"
#include "search/enumerate/noisy_scan.hpp"
#include "search/enumerate/polynomials.hpp"
#include "search/enumerate/robust.hpp"
#include "search/enumerate/transforms.hpp"

namespace balmer::enumerate {
namespace {

constexpr std::size_t most_shown_terms = 12, most_polynomial_columns = 90;
constexpr std::size_t rows_per_column = 5;
constexpr double near_whole = 0.02;    // of a coefficient: tried as a whole number

// The highest degree whose terms the rows carry easily.
Powers low_powers_for(std::size_t variables, std::size_t rows) {
    Powers best;
    for (int degree = 1; degree <= 4; ++degree) {
        Powers all = powers_up_to(variables, degree);
        if (all.size() > most_polynomial_columns || rows_per_column * all.size() > rows) break;
        best = std::move(all);
    }
    return best;
}

struct Kept {
    Powers powers;
    std::vector<double> coefficients;
    double cost = 0;
};

double cost_of(const Powers& powers, const RobustFit& fit, std::size_t rows) {
    double cost = static_cast<double>(rows) * std::log(std::max(fit.scale, 1e-300));
    for (const auto& p : powers) cost += cost_per_node * nodes_of_term(p);
    return cost;
}

// Coefficients near whole numbers become whole, together, when the fit hardly notices.
void make_whole(Kept& kept, const std::vector<std::vector<double>>& columns, const Viewed& seen) {
    std::vector<std::vector<double>> free_columns;
    std::vector<std::size_t> free_terms;
    std::vector<double> rest = seen.u, coefficients = kept.coefficients;
    for (std::size_t j = 0; j < columns.size(); ++j) {
        const double whole = std::round(coefficients[j]);
        if (whole == 0 || std::fabs(coefficients[j] - whole) > near_whole * std::fabs(whole)) {
            free_columns.push_back(columns[j]);
            free_terms.push_back(j);
            continue;
        }
        coefficients[j] = whole;
        for (std::size_t i = 0; i < rest.size(); ++i) rest[i] -= whole * columns[j][i];
    }
    const std::size_t held = columns.size() - free_terms.size();
    if (held == 0) return;
    const RobustFit fit = robust_linear_fit(free_columns, rest, seen.weight);
    const double cost = cost_of(kept.powers, fit, seen.u.size());
    // A whole number saves about half a logarithm of the rows each.
    if (!(cost < kept.cost + static_cast<double>(held) * 0.5 * std::log(static_cast<double>(seen.u.size())))) return;
    for (std::size_t k = 0; k < free_terms.size(); ++k) coefficients[free_terms[k]] = fit.coefficients[k];
    kept.coefficients = std::move(coefficients);
    kept.cost = cost;
}

std::vector<Kept> eliminate(Powers powers, std::vector<std::vector<double>> columns, const Viewed& seen, Judge& judge) {
    std::vector<Kept> small;
    while (!powers.empty() && !judge.run().over()) {
        const RobustFit fit = robust_linear_fit(columns, seen.u, seen.weight);
        judge.run().clock.add(seen.u.size(), columns.size() * columns.size());
        if (!std::isfinite(fit.scale)) break;
        if (powers.size() <= most_shown_terms) {
            small.push_back({powers, fit.coefficients, cost_of(powers, fit, seen.u.size())});
            make_whole(small.back(), columns, seen);
        }
        std::vector<double> weight = seen.weight;
        for (std::size_t i = 0; i < weight.size(); ++i) weight[i] *= fit.factor[i];
        const auto out = static_cast<std::ptrdiff_t>(least_significant(columns, weight, fit.coefficients));
        powers.erase(powers.begin() + out);
        columns.erase(columns.begin() + out);
    }
    return small;
}

}  // namespace

void ask_noisy_polynomials(const Sample& sample, const std::vector<std::int32_t>& variables, Judge& judge) {
    const Powers powers = low_powers_for(variables.size(), sample.size());
    if (powers.size() < 2) return;
    std::vector<std::vector<double>> columns;
    for (const auto& p : powers) columns.push_back(term_values(p, variables, sample));
    const int sign = common_sign(sample.target);
    for (const auto t : {Transform::identity, Transform::square, Transform::inverse}) {
        if (judge.run().over()) return;
        if (!invertible(t, judge.spelling()) || (loses_sign(t) && sign == 0)) continue;
        const Viewed seen = seen_through(t, sample);
        if (seen.u.empty()) continue;
        const auto small = eliminate(powers, columns, seen, judge);
        // Every size that pays for its terms: the front decides, and the limit on complexity may want a short one.
        double lowest = std::numeric_limits<double>::infinity();
        for (auto kept = small.rbegin(); kept != small.rend(); ++kept) {
            if (kept->cost >= lowest) continue;
            lowest = kept->cost;
            judge.offer_fitted(inverted(t, polynomial_of(kept->coefficients, kept->powers, variables), sign));
        }
    }
}

}  // namespace balmer::enumerate
