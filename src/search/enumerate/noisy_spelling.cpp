#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "search/enumerate/kernels.hpp"
#include "search/enumerate/noisy_search.hpp"
#include "search/enumerate/robust.hpp"
#include "search/enumerate/whole_steps.hpp"

// How hits become formulas.
namespace balmer::enumerate {
namespace {

constexpr double deviations = 3.5;         // standard errors within which an exponent counts as rational
constexpr double least_tolerance = 0.004, largest_tolerance = 0.15;

double tolerance_of(double error) { return std::clamp(deviations * error, least_tolerance, largest_tolerance); }

}  // namespace

Expression NoisySearch::undone(const View& view, const Expression& inner) const {
    const Expression divided = !view.part.empty() ? sum_of(view.part, inner) : inverted(view.transform, sum_of(inner, Expression::constant(view.shift)), sign_);
    return factor_.empty() ? divided : product_of(monomial_of(1, factor_), divided);
}

// Exponents of u = C prod |x_j|^p_j over the variables `outside`, all of them rational within their errors. `logs`: 1 and their logarithms.
std::optional<std::vector<Power>> NoisySearch::rational_powers(const std::vector<double>& u, const std::vector<double>& weight,
                                                               const std::vector<std::int32_t>& outside,
                                                               const std::vector<std::vector<double>>& logs) const {
    const auto task = logarithmic_task(u, weight, logs, capped_in_fits);
    if (!usable(task)) return std::nullopt;
    const auto fit = power_fit(logs, u, weight, task.z, task.weight);
    if (!std::isfinite(fit.scale)) return std::nullopt;
    std::vector<Power> powers;
    for (std::size_t j = 0; j < outside.size(); ++j) {
        const auto p = nearest_fraction(fit.coefficients[j + 1], tolerance_of(fit.error[j + 1]));
        if (!p) return std::nullopt;
        const auto& x = middle_.columns[static_cast<std::size_t>(outside[j])];
        if (p->d != 1 && std::ranges::any_of(x, [](double value) { return value < 0; })) return std::nullopt;
        if (p->n != 0) powers.push_back({Expression::feature(outside[j]), *p});
    }
    return powers;
}

// Exponents of u = C prod exp(column)^p that are rational all together: halves, or thirds or quarters where these explain clearly more. The last
// `nonzero` are not 0.
std::vector<Fraction> NoisySearch::rational_exponents(const std::vector<std::vector<double>>& columns, const View& view, std::size_t nonzero) const {
    const auto task = logarithmic_task(view.middle, view.middle_weight, middle_logs_, capped_in_fits);
    if (!usable(task)) return {};
    const auto fit = power_fit(columns, view.middle, view.middle_weight, task.z, task.weight);
    if (!(fit.scale > 0) || !std::isfinite(fit.scale)) return {};
    const auto rows = static_cast<Eigen::Index>(middle_.size()), count = static_cast<Eigen::Index>(columns.size());
    Eigen::MatrixXd matrix(rows, count);
    for (Eigen::Index j = 0; j < count; ++j) matrix.col(j) = Eigen::Map<const Eigen::VectorXd>(columns[static_cast<std::size_t>(j)].data(), rows);
    const Eigen::VectorXd free = Eigen::Map<const Eigen::VectorXd>(fit.coefficients.data(), count);
    const Eigen::ArrayXd mean = (matrix * free).array().exp();
    for (Eigen::Index i = 0; i < rows; ++i) {
        const auto at = static_cast<std::size_t>(i);
        matrix.row(i) *= mean[i] * std::sqrt(view.middle_weight[at] * fit.factor[at]) / fit.scale;
    }
    const Eigen::MatrixXd gram = matrix.transpose() * matrix;
    std::vector<Fraction> best;
    double least = std::numeric_limits<double>::infinity();
    for (const int parts : {2, 3, 4}) {
        constexpr double penalty = 12;  // twice the nats that finer exponents must save
        const auto whole = fit_whole_steps(gram, gram * free, free.dot(gram * free), 1.0 / parts, static_cast<Eigen::Index>(nonzero));
        if (!(whole.left + penalty * (parts > 2) < least)) continue;
        least = whole.left;
        best.clear();
        for (Eigen::Index j = 1; j < count; ++j) {
            const int n = static_cast<int>(std::lround(whole.coefficients[j] * parts)), common = std::gcd(n, parts);
            best.push_back(n == 0 ? Fraction{0, 1} : Fraction{n / common, parts / common});
        }
    }
    return best;
}

std::optional<Expression> NoisySearch::with_amplitude(const View& view, const std::vector<Power>& powers, Amplitude wanted) const {
    const std::vector<double> m[] = {on_middle(monomial_of(1, powers))};
    const auto fit = robust_linear_fit(m, view.middle, view.middle_weight);
    if (!std::isfinite(fit.scale) || fit.coefficients[0] == 0) return std::nullopt;
    double factor = fit.coefficients[0];
    if (wanted == Amplitude::one_within_error && std::fabs(std::fabs(factor) - 1) < deviations * fit.error[0]) factor = factor > 0 ? 1 : -1;
    return undone(view, monomial_of(factor, powers));
}

// A monomial times f(c m)^power, c still to be fitted: where f bends, a wrong c takes a power of its own, which says
// nothing about the right one.
std::optional<Expression> NoisySearch::spell_bend(const View& view, const ScanHit& hit, int power) const {
    const Expression f = columns_.expression(hit.first, judge_.spelling(), InnerNumber::free);
    View rest = view;
    const auto values = on_middle(f);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double factor = power > 0 ? values[i] : 1 / values[i];
        rest.middle[i] /= factor;
        rest.middle_weight[i] *= factor * factor;
    }
    if (!all_finite(rest.middle) || !all_finite(rest.middle_weight))
        return std::nullopt;
    const auto exponents = rational_exponents(middle_logs_, rest, 0);
    if (exponents.empty())
        return std::nullopt;
    std::vector<Power> powers = {{f, {power, 1}}};
    for (std::size_t j = 0; j < powers_.size(); ++j) {
        const auto& x = middle_.columns[static_cast<std::size_t>(powers_[j])];
        if (exponents[j].d != 1 && std::ranges::any_of(x, [](double v) { return v < 0; }))
            return std::nullopt;
        if (exponents[j].n != 0)
            powers.push_back({Expression::feature(powers_[j]), exponents[j]});
    }
    return with_amplitude(view, powers, Amplitude::free);
}

std::optional<Expression> NoisySearch::spell_power(const View& view, const ScanHit& hit, InnerNumber number) const {
    std::vector<Expression> parts;
    std::vector<std::vector<double>> part_values;
    auto columns = middle_logs_;
    for (const auto index : {hit.first, hit.second}) {
        if (index == KeyIndex::none) continue;
        parts.push_back(columns_.expression(index, judge_.spelling(), number));
        part_values.push_back(on_middle(parts.back()));
        columns.push_back(part_values.back());
        for (double& v : columns.back()) v = std::log(std::fabs(v));
        if (!all_finite(columns.back())) return std::nullopt;
    }
    const auto exponents = rational_exponents(columns, view, parts.size());
    if (exponents.empty()) return std::nullopt;
    std::vector<Power> powers;
    const auto add = [&](const Expression& base, Fraction p, const std::vector<double>& values) {
        if (p.d != 1 && std::ranges::any_of(values, [](double v) { return v < 0; })) return false;
        if (p.n != 0) powers.push_back({base, p});
        return true;
    };
    for (std::size_t j = 0; j < powers_.size(); ++j)
        if (!add(Expression::feature(powers_[j]), exponents[j], middle_.columns[static_cast<std::size_t>(powers_[j])])) return std::nullopt;
    for (std::size_t k = 0; k < parts.size(); ++k)
        if (!add(parts[k], exponents[powers_.size() + k], part_values[k])) return std::nullopt;
    if (powers.empty()) return std::nullopt;
    return with_amplitude(view, powers, Amplitude::one_within_error);
}

std::optional<Expression> NoisySearch::spell_exponential(const View& view, const ScanHit& hit, std::size_t without) const {
    const Expression v = columns_.expression(hit.first, judge_.spelling());
    auto outside = powers_;
    if (without < outside.size()) outside.erase(outside.begin() + static_cast<std::ptrdiff_t>(without));
    const auto logs = logs_without(middle_logs_, without);
    const auto task = logarithmic_task(view.middle, view.middle_weight, logs, capped_in_fits);
    auto columns = logs;
    columns.push_back(on_middle(v));
    if (!all_finite(columns.back())) return std::nullopt;
    const auto fit = power_fit(columns, view.middle, view.middle_weight, task.z, task.weight);
    if (!std::isfinite(fit.scale)) return std::nullopt;
    const double rate = fit.coefficients.back();
    auto rest = view.middle, rest_weight = view.middle_weight;
    for (std::size_t i = 0; i < rest.size(); ++i) {
        const double factor = std::exp(rate * columns.back()[i]);
        rest[i] /= factor;
        rest_weight[i] *= factor * factor;
    }
    auto powers = rational_powers(rest, rest_weight, outside, logs);
    if (!powers) return std::nullopt;
    const double whole = std::round(rate);
    const bool is_whole = whole != 0 && std::fabs(rate - whole) < deviations * fit.error.back() && std::fabs(whole) < 3;
    powers->push_back({Expression::apply(Op::exp, scaled(is_whole ? whole : rate, v)), {1, 1}});
    return with_amplitude(view, *powers, Amplitude::one_within_error);
}

// With and without its constant, coefficients free or equal.
std::vector<Expression> NoisySearch::spell_sum(const View& view, std::size_t monomial, std::vector<std::uint32_t> wanted, InnerNumber number) const {
    std::vector<Expression> parts;
    std::vector<std::vector<double>> columns;
    for (const auto index : wanted) {
        parts.push_back(columns_.expression(index, judge_.spelling(), number));
        columns.push_back(on_middle(parts.back()));
        if (!all_finite(columns.back())) return {};
    }
    const auto& point = columns_.outer_lattice()[monomial];
    const auto m = lattice_values(point, middle_.columns);
    std::vector<double> z = view.middle, weight = view.middle_weight;
    for (std::size_t i = 0; i < z.size(); ++i) {
        z[i] /= m[i];
        weight[i] *= m[i] * m[i];
    }
    if (!all_finite(z) || !all_finite(weight)) return {};
    const auto times = [&](double factor, const Expression& e) {
        auto all = point.powers();
        all.push_back({e, {1, 1}});
        return monomial_of(factor, all);
    };
    std::vector<Expression> found;
    for (const bool offset : {false, true}) {
        auto all = columns;
        if (offset) all.emplace_back(z.size(), 1.0);
        const auto fit = robust_linear_fit(all, z, weight);
        if (!std::isfinite(fit.scale)) return found;
        const auto& c = fit.coefficients;
        // A positive term goes first, so that none needs a sign in front.
        std::vector<std::size_t> order(parts.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t k) { return c[k] > 0; });
        const auto joined = [&](auto&& coefficient) {
            Expression sum;
            for (const auto k : order) {
                const double a = coefficient(k);
                if (sum.empty()) sum = scaled(a, parts[k]);
                else sum = a < 0 ? Expression::apply(Op::subtract, sum, scaled(-a, parts[k])) : sum_of(sum, scaled(a, parts[k]));
            }
            return sum;
        };
        const double size = std::fabs(c[order[0]]);
        const auto alike = [&](std::size_t k) { return std::fabs(std::fabs(c[k]) - size) < 0.05 * size + deviations * fit.error[k]; };
        if (!offset) {
            if (std::ranges::all_of(order, alike)) {
                const bool one = std::fabs(size - 1) < deviations * fit.error[order[0]];
                found.push_back(undone(view, times(one ? 1 : size, joined([&](std::size_t k) { return c[k] > 0 ? 1.0 : -1.0; }))));
            }
            found.push_back(undone(view, times(1, joined([&](std::size_t k) {
                const double whole = std::round(c[k]);
                return whole != 0 && std::fabs(c[k] - whole) < deviations * fit.error[k] && std::fabs(whole) <= 4 ? whole : c[k];
            }))));
        } else {
            found.push_back(undone(view, times(1, sum_of(joined([&](std::size_t k) { return c[k]; }), Expression::constant(c.back())))));
            if (!point.variables.empty() && parts.size() == 1)
                found.push_back(undone(view, sum_of(times(c[0], parts[0]), Expression::constant(1e-3))));
        }
    }
    return found;
}

}  // namespace balmer::enumerate
