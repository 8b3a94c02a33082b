#include "search/enumerate/resolver.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "search/enumerate/kernels.hpp"
#include "search/enumerate/robust.hpp"

namespace balmer::enumerate {
namespace {

constexpr double proposal_tolerance = 1e-8;  // relative, before constants are snapped
constexpr double check_tolerance = 1e-9;
constexpr double exponent_tolerance = 2e-5;

// Relative size of the residual: the largest against the largest value.
double residual(std::span<const double> a, std::span<const double> b) {
    double worst = 0, size = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        worst = std::max(worst, std::fabs(a[i] - b[i]));
        size = std::max(size, std::fabs(a[i]));
    }
    return all_finite(b) ? worst / size : std::numeric_limits<double>::infinity();
}

// part^c * u, the parts of a quotient u kept on its two sides.
Expression joined(const Expression& part, Fraction c, const Expression& u) {
    const Expression power = power_of(part, {std::abs(c.n), c.d});
    const bool quotient = u.nodes.back().op == Op::divide;
    const auto sides = u.operands(u.size() - 1);
    if (c.n > 0) {
        if (u.nodes.back().op == Op::inverse) return quotient_of(power, u.subtree(sides[0]));
        return quotient ? quotient_of(product_of(u.subtree(sides[0]), power), u.subtree(sides[1])) : product_of(u, power);
    }
    return quotient ? quotient_of(u.subtree(sides[0]), product_of(u.subtree(sides[1]), power)) : quotient_of(u, power);
}

// cosh(u) as (exp(u) + exp(-u))/2.
Expression without_cosh(Expression e) {
    for (std::size_t i = 0; i < e.size(); ++i) {
        if (e.nodes[i].op != Op::cosh) continue;
        const Expression u = e.subtree(i - 1);
        const Expression both = sum_of(Expression::apply(Op::exp, u), Expression::apply(Op::exp, Expression::apply(Op::negate, u)));
        e = e.replaced(i, scaled(0.5, both));
        i = 0;
    }
    return e;
}

}  // namespace

namespace {

double largest_of(std::span<const double> values) {
    double size = 0;
    for (const double v : values) size = std::max(size, std::fabs(v));
    return size;
}

}  // namespace

double shortened(double value) {
    const double twelfths = std::round(value * 12) / 12;
    if (twelfths != 0 && std::fabs(value - twelfths) <= 1e-9 * std::fabs(twelfths)) return twelfths;
    if (const auto near = snap(value, 1e-10 * std::fabs(value))) return near->value;
    return value;
}

namespace {

// log|v| of the bases of a monomial; a base that is zero somewhere has no part in it.
struct LogColumns {
    std::vector<std::vector<double>> logs, plain;
    std::vector<Expression> bases;

    void add(const std::vector<double>& x, const Expression& e) {
        std::vector<double> log(x.size());
        for (std::size_t i = 0; i < x.size(); ++i) log[i] = std::log(std::fabs(x[i]));
        if (!all_finite(log)) return;
        logs.push_back(std::move(log));
        plain.push_back(x);
        bases.push_back(e);
    }
};

// base^exponent for an exponent that is no simple fraction: exp(u)^q is exp(q u), and x^q is written where powers are allowed.
std::optional<Power> odd_power(const Expression& base, double exponent, const Spelling& spelling) {
    if (base.nodes.back().op == Op::exp)
        return Power{Expression::apply(Op::exp, product_of(Expression::constant(exponent), base.subtree(base.size() - 2))), {1, 1}};
    if (spelling.has(Op::power)) return Power{Expression::apply(Op::power, base, Expression::constant(exponent)), {1, 1}};
    return std::nullopt;
}

// Exponents that are no fractions, fitted once more with the fractions in their places.
void refit_odd(std::vector<double>& exponents, const std::vector<std::optional<Fraction>>& fractions, const LogColumns& columns, std::vector<double> log) {
    std::vector<std::vector<double>> odd;
    for (std::size_t j = 0; j < columns.bases.size(); ++j) {
        if (!fractions[j]) odd.push_back(columns.logs[j]);
        else
            for (std::size_t i = 0; i < log.size(); ++i) log[i] -= fractions[j]->value() * columns.logs[j][i];
    }
    if (odd.empty()) return;
    odd.emplace_back(log.size(), 1.0);
    const auto better = linear_fit(odd, log, {});
    for (std::size_t j = 0, k = 0; j < columns.bases.size(); ++j)
        if (!fractions[j]) exponents[j] = shortened(better[k++]);
}

}  // namespace

namespace {

// |b|^p, as an even power of the square's root.
Power size_of(const Expression& base, Fraction p) {
    return {Expression::apply(Op::square, base), p.n % 2 == 0 ? Fraction{p.n / 2, p.d} : Fraction{p.n, 2 * p.d}};
}

// Which of the bases keep their sign so that the product has the target's everywhere, up to one sign of all: as many as can. Bit j of
// `signed_bases` where power j of base j has a sign of its own.
std::optional<std::uint32_t> kept_signs(std::span<const double> values, std::span<const std::vector<double>> bases, std::uint32_t signed_bases) {
    std::optional<std::uint32_t> best;
    for (std::uint32_t kept = signed_bases;; kept = (kept - 1) & signed_bases) {
        bool same = true, turned = false;
        for (std::size_t i = 0; same && i < values.size(); ++i) {
            bool negative = values[i] < 0;
            for (std::size_t j = 0; j < bases.size(); ++j) negative ^= (kept >> j & 1) != 0 && bases[j][i] < 0;
            if (i == 0) turned = negative;
            same = negative == turned;
        }
        if (same && (!best || std::popcount(kept) > std::popcount(*best))) best = kept;
        if (kept == 0) return best;
    }
}

}  // namespace

std::optional<Expression> fit_monomial(const std::vector<double>& values, const Sample& sample, const std::vector<std::int32_t>& variables,
                                       const Spelling& spelling, std::span<const Base> bases) {
    const std::size_t rows = values.size();
    LogColumns columns;
    for (const auto v : variables) columns.add(sample.columns[static_cast<std::size_t>(v)], Expression::feature(v));
    for (const auto& base : bases) columns.add(base.values, base.formula);
    if (rows < columns.bases.size() + 4) return std::nullopt;
    std::vector<double> log(rows);
    for (std::size_t i = 0; i < rows; ++i) log[i] = std::log(std::fabs(values[i]));
    if (!all_finite(log)) return std::nullopt;
    auto with_constant = columns.logs;
    with_constant.emplace_back(rows, 1.0);
    auto exponents = linear_fit(with_constant, log, {});
    std::vector<std::optional<Fraction>> fractions;
    for (std::size_t j = 0; j < columns.bases.size(); ++j) fractions.push_back(nearest_fraction(exponents[j], exponent_tolerance));
    refit_odd(exponents, fractions, columns, log);
    std::uint32_t signed_bases = 0;
    for (std::size_t j = 0; j < columns.bases.size(); ++j)
        if (fractions[j] && fractions[j]->d == 1 && fractions[j]->n % 2 != 0 && common_sign(columns.plain[j]) == 0) signed_bases |= 1u << j;
    const auto kept = kept_signs(values, columns.plain, signed_bases);
    if (!kept) return std::nullopt;
    std::vector<double> shape(rows, 1.0);
    std::vector<Power> powers;
    for (std::size_t j = 0; j < columns.bases.size(); ++j) {
        const auto p = fractions[j];
        if (p && p->n == 0) continue;
        const int sign = common_sign(columns.plain[j]);
        const bool whole = p && p->d == 1;
        // A base that is negative throughout enters with its sign turned where its power needs that, one of both signs by its size.
        const bool sized = sign == 0 && (whole ? (signed_bases & ~*kept) >> j & 1 : 1);
        const Expression b = !whole && sign < 0 ? scaled(-1, columns.bases[j]) : columns.bases[j];
        if (p) powers.push_back(sized ? size_of(b, *p) : Power{b, *p});
        else if (const auto odd = sized ? std::nullopt : odd_power(b, exponents[j], spelling)) powers.push_back(*odd);
        else return std::nullopt;
        for (std::size_t i = 0; i < rows; ++i) {
            const double x = sized || !whole ? std::fabs(columns.plain[j][i]) : columns.plain[j][i];
            shape[i] *= std::pow(x, p ? p->value() : exponents[j]);
        }
    }
    if (!all_finite(shape)) return std::nullopt;
    std::vector<double> ratio(rows);
    for (std::size_t i = 0; i < rows; ++i) ratio[i] = values[i] / shape[i];
    std::vector<double> sorted = ratio;
    std::ranges::sort(sorted);
    const double c = sorted[rows / 2];
    if (!(std::fabs(sorted.back() - sorted.front()) <= 10 * proposal_tolerance * std::fabs(c))) return std::nullopt;
    return monomial_of(shortened(c), powers);
}

namespace {

// sum_j c_j e_j, a common size of all coefficients written once.
Expression sum_of_terms(std::span<const Expression> terms, std::span<const double> coefficients) {
    double common = 0;
    bool same = true;
    for (std::size_t j = 0; j < terms.size(); ++j) {
        if (coefficients[j] == 0) continue;
        if (common == 0) common = coefficients[j];
        same = same && std::fabs(std::fabs(coefficients[j] / common) - 1) < proposal_tolerance;
    }
    const double outside = same && common != 0 ? shortened(common) : 1;
    Expression sum = Expression::constant(0);
    for (std::size_t j = 0; j < terms.size(); ++j) {
        if (coefficients[j] == 0) continue;
        const double c = outside == 1 ? shortened(coefficients[j]) : coefficients[j] / common > 0 ? 1 : -1;
        sum = sum_of(sum, scaled(c, terms[j]));
    }
    return scaled(outside, sum);
}

}  // namespace

std::vector<double> Resolver::values_of(const Expression& formula) const {
    return evaluate_rows(formula, judge_.problem().definitions, check_.pointers, check_.size());
}

Expression Resolver::named(std::int64_t name) const {
    if (name >= first_compound) return compounds_.expression(static_cast<std::size_t>(name - first_compound), table_);
    if (name >= 0) return table_.expression(static_cast<std::uint32_t>(name));
    return monomial_of(1, lattice_[static_cast<std::size_t>(-1 - name)].powers());
}

Expression Resolver::part_of(const Hit& hit) const {
    if (hit.factor == 0) return named(hit.part);
    auto powers = lattice_[hit.factor].powers();
    // Where the factor stands under a root it is squared.
    if (hit.target == Transform::square || std::fabs(hit.c) == 0.5)
        for (auto& p : powers) p.exponent = p.exponent.d == 2 ? Fraction{p.exponent.n, 1} : Fraction{2 * p.exponent.n, 1};
    powers.push_back({named(hit.part), {1, 1}});
    return monomial_of(1, powers);
}

std::optional<Expression> Resolver::fitted(const Hit& hit, const std::vector<double>& g) const {
    if (hit.kind == Kind::monomial) return fit_monomial(g, check_, table_.powers(), judge_.spelling(), {});
    const Expression b = named(hit.entry);
    const auto b_values = values_of(b);
    if (!all_finite(b_values)) return std::nullopt;
    if (hit.kind == Kind::quotient) {
        const Base base{b, b_values};
        return fit_monomial(g, check_, table_.powers(), judge_.spelling(), std::span(&base, 1));
    }
    std::vector<std::vector<double>> columns = {b_values};
    std::vector<Expression> terms = {b};
    if (hit.kind == Kind::pair) {
        terms.push_back(named(hit.second));
        columns.push_back(values_of(terms[1]));
        if (!all_finite(columns[1])) return std::nullopt;
    }
    columns.emplace_back(g.size(), 1.0);
    const auto a = linear_fit(columns, g, {});
    std::vector<double> model(g.size());
    double size = 0;
    for (std::size_t i = 0; i < g.size(); ++i) {
        for (std::size_t j = 0; j < columns.size(); ++j) model[i] += a[j] * columns[j][i];
        size = std::max(size, std::fabs(g[i]));
    }
    if (residual(g, model) > proposal_tolerance) return std::nullopt;
    const double offset = std::fabs(a.back()) < 1e-9 * size ? 0 : shortened(a.back());
    // a B + a D is written a (B + D).
    if (terms.size() == 2 && std::fabs(std::fabs(a[1] / a[0]) - 1) < 1e-8)
        return sum_of(scaled(shortened(a[0]), sum_of(terms[0], scaled(a[1] / a[0] > 0 ? 1 : -1, terms[1]))), Expression::constant(offset));
    Expression result = scaled(shortened(a[0]), terms[0]);
    if (terms.size() == 2) result = sum_of(result, scaled(shortened(a[1]), terms[1]));
    return sum_of(result, Expression::constant(offset));
}

bool Resolver::verify(const Expression& proposed) {
    const Expression formula = judge_.spelling().has(Op::cosh) ? proposed : without_cosh(proposed);
    if (!judge_.spelling().allows(formula)) return false;
    const auto prediction = values_of(formula);
    if (residual(check_.target, prediction) > check_tolerance) return false;
    judge_.offer(formula);
    // Constants that are no short numbers carry the rounding of the fit that proposed them.
    if (!judge_.solved()) judge_.offer_fitted(formula);
    return true;
}

bool Resolver::resolve(const Hit& hit) {
    const std::size_t rows = check_.size();
    std::vector<double> h(rows);
    transform_rows(hit.target, check_.target.data(), h.data(), rows);
    const Expression shift = hit.shifts ? scaled(hit.shift, named(hit.shifted_by)) : Expression::constant(hit.shift);
    const auto shift_values = values_of(shift);
    for (std::size_t i = 0; i < rows; ++i) h[i] -= shift_values[i];
    Expression third;
    if (hit.third_power != 0) {
        third = named(hit.third);
        auto b = values_of(third);
        if (std::fabs(hit.third_power) != 1 && common_sign(b) < 0) {
            third = scaled(-1, third);
            for (double& x : b) x = -x;
        }
        for (std::size_t i = 0; i < rows; ++i) h[i] /= std::pow(b[i], hit.third_power);
    }
    Expression part;
    if (hit.combine != Combine::nothing) {
        part = part_of(hit);
        auto a = values_of(part);
        if (std::fabs(hit.c) == 0.5 && hit.combine == Combine::times && common_sign(a) < 0) {
            part = scaled(-1, part);
            for (double& x : a) x = -x;
        }
        for (std::size_t i = 0; i < rows; ++i)
            h[i] = hit.combine == Combine::plus ? h[i] - hit.c * a[i] : h[i] / std::pow(a[i], hit.c) - hit.inner;
    }
    if (!all_finite(h)) return false;
    std::vector<double> g(rows);
    transform_rows(hit.view, h.data(), g.data(), rows);
    if (!all_finite(g)) return false;
    const auto inner = fitted(hit, g);
    if (!inner) return false;
    const int sign = common_sign(h);
    if (loses_sign(hit.view) && sign == 0) return false;
    Expression u = inverted(hit.view, *inner, sign);
    switch (hit.combine) {
        case Combine::nothing: break;
        case Combine::plus: u = hit.c < 0 ? sum_of(u, scaled(hit.c, part)) : sum_of(scaled(hit.c, part), u); break;
        case Combine::times: u = joined(part, *nearest_fraction(hit.c, 0), sum_of(u, Expression::constant(hit.inner))); break;
    }
    if (hit.third_power != 0) u = joined(third, *nearest_fraction(hit.third_power, 0), u);
    u = sum_of(u, shift);
    const int target_sign = common_sign(check_.target);
    if (loses_sign(hit.target) && target_sign == 0) return false;
    return verify(inverted(hit.target, u, target_sign));
}

bool Resolver::resolve(const ProductHit& hit) {
    FunctionsHit functions{.target = hit.target, .bases = {}};
    for (const auto name : hit.bases) functions.bases.push_back(named(name));
    return resolve(functions);
}

bool Resolver::resolve(const FunctionsHit& hit) {
    std::vector<double> h(check_.size());
    transform_rows(hit.target, check_.target.data(), h.data(), h.size());
    if (!all_finite(h)) return false;
    std::vector<Base> bases;
    for (const auto& base : hit.bases) {
        bases.push_back({base, values_of(base)});
        if (!all_finite(bases.back().values)) return false;
    }
    const auto u = fit_monomial(h, check_, table_.powers(), judge_.spelling(), bases);
    const int sign = common_sign(check_.target);
    if (!u || (loses_sign(hit.target) && sign == 0)) return false;
    return verify(inverted(hit.target, *u, sign));
}

// T / divisors = sum of terms, or (T / divisors) (denominator + e) = sum of terms.
bool Resolver::resolve(const SumHit& hit) {
    const std::size_t rows = check_.size();
    std::vector<double> h(rows);
    transform_rows(hit.target, check_.target.data(), h.data(), rows);
    Expression divisor = Expression::constant(1);
    for (const auto name : hit.divisors) divisor = product_of(divisor, named(name));
    const auto below = values_of(divisor);
    for (std::size_t i = 0; i < rows; ++i) h[i] /= below[i];
    std::vector<Expression> terms;
    std::vector<std::vector<double>> columns;
    const auto add = [&](const Expression& term) {
        terms.push_back(term);
        columns.push_back(values_of(term));
    };
    for (const auto name : hit.terms) add(named(name));
    for (const auto v : table_.variables()) add(Expression::feature(v));
    add(Expression::constant(1));
    std::vector<double> left = h;
    if (hit.denominator) {
        columns.push_back(h);  // of e
        const auto d = values_of(named(*hit.denominator));
        for (std::size_t i = 0; i < rows; ++i) left[i] *= d[i];
    }
    if (!all_finite(left) || !std::ranges::all_of(columns, [](const auto& column) { return all_finite(column); })) return false;
    auto coefficients = linear_fit(columns, left, {});
    std::vector<double> model(rows, 0.0);
    const double size = largest_of(left);
    for (std::size_t j = 0; j < columns.size(); ++j) {
        if (std::fabs(coefficients[j]) * largest_of(columns[j]) < check_tolerance * size) coefficients[j] = 0;
        for (std::size_t i = 0; i < rows; ++i) model[i] += coefficients[j] * columns[j][i];
    }
    if (residual(left, model) > proposal_tolerance) return false;
    Expression u = sum_of_terms(terms, coefficients);
    if (hit.denominator) u = quotient_of(u, sum_of(named(*hit.denominator), Expression::constant(-shortened(coefficients.back()))));
    if (!hit.divisors.empty()) u = product_of(divisor, u);
    const int sign = common_sign(check_.target);
    if (loses_sign(hit.target) && sign == 0) return false;
    return verify(inverted(hit.target, u, sign));
}

}  // namespace balmer::enumerate
