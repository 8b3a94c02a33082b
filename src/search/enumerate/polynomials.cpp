#include "search/enumerate/polynomials.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "search/enumerate/factoring.hpp"
#include "search/enumerate/kernels.hpp"
#include "search/enumerate/robust.hpp"

namespace balmer::enumerate {
namespace {

void add_powers(std::vector<int>& now, std::size_t variable, int left, Powers& all) {
    if (variable == now.size()) {
        all.push_back(now);
        return;
    }
    for (int p = 0; p <= left; ++p) {
        now[variable] = p;
        add_powers(now, variable + 1, left - p, all);
    }
    now[variable] = 0;
}

}  // namespace

Powers powers_up_to(std::size_t variables, int degree) {
    Powers all;
    std::vector<int> now(variables, 0);
    add_powers(now, 0, degree, all);
    return all;
}

namespace {

constexpr std::size_t most_terms = 10, most_short_terms = 24;  // of an exact polynomial; where all its coefficients are short numbers
constexpr double exact_fit = 1e-11;      // of the full least squares
constexpr double negligible_term = 1e-7;      // a term's share below which it is left out

// The highest degree whose terms half the rows can carry.
Powers powers_for(std::size_t variables, std::size_t rows) {
    Powers best;
    const int highest = variables == 1 ? 8 : 6;
    for (int degree = 1; degree <= highest; ++degree) {
        Powers all = powers_up_to(variables, degree);
        if (2 * all.size() > rows || all.size() > 260) break;
        best = std::move(all);
    }
    return best;
}

double largest(std::span<const double> v) {
    double size = 0;
    for (const double x : v) size = std::max(size, std::fabs(x));
    return size;
}

double relative_residual(const std::vector<std::vector<double>>& columns, std::span<const double> c, std::span<const double> u) {
    double worst = 0;
    for (std::size_t i = 0; i < u.size(); ++i) {
        double f = 0;
        for (std::size_t j = 0; j < columns.size(); ++j) f += c[j] * columns[j][i];
        worst = std::max(worst, std::fabs(f - u[i]));
    }
    return worst / largest(u);
}

}  // namespace

std::vector<double> term_values(const std::vector<int>& powers, const std::vector<std::int32_t>& variables, const Sample& sample) {
    std::vector<double> values(sample.size(), 1.0);
    for (std::size_t j = 0; j < powers.size(); ++j) {
        if (powers[j] == 0) continue;
        const auto& x = sample.columns[static_cast<std::size_t>(variables[j])];
        for (std::size_t i = 0; i < values.size(); ++i) values[i] *= integer_power(x[i], powers[j]);
    }
    return values;
}

int nodes_of_term(const std::vector<int>& powers) {
    int nodes = 2;
    for (const int p : powers) nodes += p == 0 ? 0 : p == 1 ? 2 : 3;
    return nodes;
}

namespace {

// Exact coefficients of u on the columns, few of them; offers wrap(polynomial).
template <class Wrap>
void offer_sparse(const std::vector<std::vector<double>>& columns, const Powers& powers, const std::vector<double>& u,
                  const std::vector<std::int32_t>& variables, Resolver& resolver, Wrap&& wrap) {
    // Terms that are nothing go in rounds: the fewer are left the better they are known.
    Powers kept = powers;
    auto kept_columns = columns;
    auto c = linear_fit(columns, u, {});
    if (!(relative_residual(columns, c, u) < exact_fit)) return;
    for (bool fewer = true; fewer && !kept.empty();) {
        Powers few;
        std::vector<std::vector<double>> few_columns;
        for (std::size_t j = 0; j < kept.size(); ++j) {
            if (std::fabs(c[j]) * largest(kept_columns[j]) < negligible_term * largest(u)) continue;
            few.push_back(kept[j]);
            few_columns.push_back(std::move(kept_columns[j]));
        }
        fewer = few.size() < kept.size();
        kept = std::move(few);
        kept_columns = std::move(few_columns);
        if (fewer) c = linear_fit(kept_columns, u, {});
    }
    if (kept.empty() || kept.size() > most_short_terms) return;
    bool all_short = true;
    for (double& x : c) {
        x = shortened(x);
        all_short = all_short && snap(x, 1e-12 * std::fabs(x));
    }
    if (kept.size() > most_terms && !all_short) return;
    resolver.verify(wrap(polynomial_of(c, kept, variables)));
}

std::vector<std::vector<double>> all_terms(const Powers& powers, const std::vector<std::int32_t>& variables, const Sample& sample) {
    std::vector<std::vector<double>> columns;
    for (const auto& p : powers) columns.push_back(term_values(p, variables, sample));
    return columns;
}

}  // namespace

void ask_polynomials(const Sample& sample, const std::vector<std::int32_t>& variables, Judge& judge, Resolver& resolver) {
    const auto powers = powers_for(variables.size(), sample.size());
    if (powers.size() < 2) return;
    const auto columns = all_terms(powers, variables, sample);
    const int sign = common_sign(sample.target);
    for (const auto t : {Transform::identity, Transform::square, Transform::inverse}) {
        if (judge.run().over() || judge.solved()) return;
        if (!invertible(t, judge.spelling()) || (loses_sign(t) && sign == 0)) continue;
        std::vector<double> u(sample.size());
        transform_rows(t, sample.target.data(), u.data(), u.size());
        if (!all_finite(u)) continue;
        judge.run().clock.add(sample.size(), powers.size() * powers.size());
        offer_sparse(columns, powers, u, variables, resolver, [&](const Expression& p) { return inverted(t, p, sign); });
    }
}

void ask_polynomial_quotients(const Sample& sample, const std::vector<std::int32_t>& variables, const std::vector<LatticePoint>& monomials,
                              Judge& judge, Resolver& resolver) {
    auto powers = powers_for(variables.size(), std::min<std::size_t>(sample.size(), 300));
    if (powers.size() < 2) return;
    const auto columns = all_terms(powers, variables, sample);
    const auto rows = static_cast<Eigen::Index>(sample.size());
    Eigen::MatrixXd matrix(rows, static_cast<Eigen::Index>(columns.size()));
    for (std::size_t j = 0; j < columns.size(); ++j)
        matrix.col(static_cast<Eigen::Index>(j)) = Eigen::Map<const Eigen::VectorXd>(columns[j].data(), rows) / largest(columns[j]);
    const Eigen::MatrixXd basis = matrix.householderQr().householderQ() * Eigen::MatrixXd::Identity(rows, matrix.cols());
    const int sign = common_sign(sample.target);
    for (const auto t : {Transform::identity, Transform::square, Transform::inverse}) {
        if (!invertible(t, judge.spelling()) || (loses_sign(t) && sign == 0)) continue;
        std::vector<double> u(sample.size());
        transform_rows(t, sample.target.data(), u.data(), u.size());
        if (!all_finite(u)) continue;
        for (std::size_t m = 1; m < monomials.size(); ++m) {
            if (judge.run().over() || judge.solved()) return;
            const auto x = lattice_values(monomials[m], sample.columns);
            std::vector<double> v(u.size());
            for (std::size_t i = 0; i < v.size(); ++i) v[i] = u[i] / x[i];
            if (!all_finite(v)) continue;
            const Eigen::Map<const Eigen::VectorXd> right(v.data(), rows);
            const Eigen::VectorXd inside = basis.transpose() * right;
            judge.run().clock.add(sample.size(), 2 * columns.size());
            if (!((right - basis * inside).norm() < exact_fit * right.norm())) continue;
            offer_sparse(columns, powers, v, variables, resolver, [&](const Expression& p) {
                auto factors = monomials[m].powers();
                factors.push_back({p, {1, 1}});
                return inverted(t, monomial_of(1, factors), sign);
            });
        }
    }
}

}  // namespace balmer::enumerate
