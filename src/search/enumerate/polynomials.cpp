#include "search/enumerate/polynomials.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

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

constexpr std::size_t most_exact_terms = 10;
constexpr double exact_fit = 1e-11;      // of the full least squares
constexpr double negligible_term = 1e-8;      // a term's share below which it is left out

// The highest degree whose terms half the rows can carry.
Powers powers_for(std::size_t variables, std::size_t rows) {
    Powers best;
    const int highest = variables == 1 ? 8 : 4;
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

struct Term {
    double c = 0;
    std::vector<int> powers;
};

Expression monomial(double c, const std::vector<int>& powers, const std::vector<std::int32_t>& variables) {
    std::vector<Power> factors;
    for (std::size_t j = 0; j < powers.size(); ++j) factors.push_back({Expression::feature(variables[j]), {powers[j], 1}});
    return monomial_of(c, factors);
}

std::vector<int> halved(const std::vector<int>& powers) {
    std::vector<int> half = powers;
    for (int& p : half) p /= 2;
    return half;
}

bool is_even(const std::vector<int>& powers) {
    return std::ranges::all_of(powers, [](int p) { return p % 2 == 0; });
}

// The two terms p^2 and q^2 whose double product the term i is; both -1 when there are none.
std::pair<int, int> squares_of(const std::vector<Term>& terms, std::size_t i) {
    for (std::size_t a = 0; a < terms.size(); ++a)
        for (std::size_t b = a + 1; b < terms.size(); ++b) {
            if (a == i || b == i || !is_even(terms[a].powers) || !is_even(terms[b].powers) || !(terms[a].c * terms[b].c > 0)) continue;
            bool between = true;
            for (std::size_t j = 0; j < terms[i].powers.size(); ++j) between &= terms[a].powers[j] + terms[b].powers[j] == 2 * terms[i].powers[j];
            if (between && std::fabs(terms[i].c * terms[i].c - 4 * terms[a].c * terms[b].c) < 1e-9 * terms[i].c * terms[i].c)
                return {static_cast<int>(a), static_cast<int>(b)};
        }
    return {-1, -1};
}

// Takes perfect squares c (p +- r q)^2 out of the terms: shorter, and exact where the three terms cancel.
std::vector<std::pair<double, Expression>> take_squares(std::vector<Term>& terms, const std::vector<std::int32_t>& variables) {
    std::vector<std::pair<double, Expression>> squares;
    for (std::size_t i = 0; i < terms.size(); ++i) {
        const auto [a, b] = squares_of(terms, i);
        if (a < 0) continue;
        const Term p = terms[static_cast<std::size_t>(a)], q = terms[static_cast<std::size_t>(b)];
        const double r = std::copysign(shortened(std::sqrt(q.c / p.c)), terms[i].c * p.c);
        const Expression inside = sum_of(monomial(1, halved(p.powers), variables), scaled(r, monomial(1, halved(q.powers), variables)));
        squares.emplace_back(p.c, Expression::apply(Op::square, inside));
        std::vector<Term> rest;
        for (std::size_t k = 0; k < terms.size(); ++k)
            if (k != i && k != static_cast<std::size_t>(a) && k != static_cast<std::size_t>(b)) rest.push_back(terms[k]);
        terms = std::move(rest);
        i = static_cast<std::size_t>(-1);
    }
    return squares;
}

}  // namespace

Expression polynomial_of(const std::vector<double>& coefficients, const Powers& powers, const std::vector<std::int32_t>& variables) {
    std::vector<int> common = powers.front();
    for (const auto& p : powers)
        for (std::size_t j = 0; j < common.size(); ++j) common[j] = std::min(common[j], p[j]);
    std::vector<Term> terms;
    for (std::size_t i = 0; i < coefficients.size(); ++i) {
        terms.push_back({coefficients[i], powers[i]});
        for (std::size_t j = 0; j < common.size(); ++j) terms.back().powers[j] -= common[j];
    }
    auto parts = take_squares(terms, variables);
    for (const auto& term : terms) parts.emplace_back(term.c, monomial(1, term.powers, variables));
    const bool alike = std::ranges::all_of(parts, [&](const auto& part) { return std::fabs(part.first) == std::fabs(parts[0].first); });
    const double factor = alike && parts.size() > 1 ? std::fabs(parts[0].first) : 1;
    // A term with a positive coefficient goes first, so that none needs a sign in front.
    std::stable_partition(parts.begin(), parts.end(), [](const auto& part) { return part.first > 0; });
    Expression sum;
    for (const auto& [coefficient, part] : parts) {
        const double c = coefficient / factor;
        if (sum.empty()) sum = scaled(c, part);
        else sum = c < 0 ? Expression::apply(Op::subtract, sum, scaled(-c, part)) : sum_of(sum, scaled(c, part));
    }
    std::vector<Power> outside;
    for (std::size_t j = 0; j < common.size(); ++j) outside.push_back({Expression::feature(variables[j]), {common[j], 1}});
    outside.push_back({sum, {1, 1}});
    return monomial_of(factor, outside);
}

namespace {

// Exact coefficients of u on the columns, few of them; offers wrap(polynomial).
template <class Wrap>
void offer_sparse(const std::vector<std::vector<double>>& columns, const Powers& powers, const std::vector<double>& u,
                  const std::vector<std::int32_t>& variables, Resolver& resolver, Wrap&& wrap) {
    const auto full = linear_fit(columns, u, {});
    if (!(relative_residual(columns, full, u) < exact_fit)) return;
    Powers kept;
    std::vector<std::vector<double>> kept_columns;
    for (std::size_t j = 0; j < columns.size(); ++j) {
        if (std::fabs(full[j]) * largest(columns[j]) < negligible_term * largest(u)) continue;
        kept.push_back(powers[j]);
        kept_columns.push_back(columns[j]);
    }
    if (kept.empty() || kept.size() > most_exact_terms) return;
    auto c = linear_fit(kept_columns, u, {});
    for (double& x : c) x = shortened(x);
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

void ask_polynomial_quotients(const Sample& sample, const std::vector<std::int32_t>& variables, const std::vector<LatticePoint>& lattice,
                              std::size_t count, Judge& judge, Resolver& resolver) {
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
        for (std::size_t m = 1; m < std::min(count, lattice.size()); ++m) {
            if (judge.run().over() || judge.solved()) return;
            const auto x = lattice_values(lattice[m], sample.columns);
            std::vector<double> v(u.size());
            for (std::size_t i = 0; i < v.size(); ++i) v[i] = u[i] / x[i];
            if (!all_finite(v)) continue;
            const Eigen::Map<const Eigen::VectorXd> right(v.data(), rows);
            const Eigen::VectorXd inside = basis.transpose() * right;
            judge.run().clock.add(sample.size(), 2 * columns.size());
            if (!((right - basis * inside).norm() < exact_fit * right.norm())) continue;
            offer_sparse(columns, powers, v, variables, resolver, [&](const Expression& p) {
                auto factors = lattice[m].powers();
                factors.push_back({p, {1, 1}});
                return inverted(t, monomial_of(1, factors), sign);
            });
        }
    }
}

}  // namespace balmer::enumerate
