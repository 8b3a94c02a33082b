// Short writings of polynomials of few terms. Each way of taking one apart makes smaller polynomials, which are written the same way; the shortest counts.
#include "search/enumerate/factoring.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "search/enumerate/resolver.hpp"
#include "search/enumerate/spelling.hpp"

namespace balmer::enumerate {
namespace {

constexpr double alike = 1e-9;  // relative difference of equal coefficients

using Exponents = std::vector<int>;

struct PolynomialTerm {
    double c = 0;
    Exponents powers;
};

// Terms of different exponents, the largest in lexicographic order first.
using Polynomial = std::vector<PolynomialTerm>;

bool equal(double a, double b) { return std::fabs(a - b) <= alike * std::max(std::fabs(a), std::fabs(b)); }

Polynomial in_order(Polynomial p) {
    std::ranges::stable_sort(p, std::greater<>(), &PolynomialTerm::powers);
    return p;
}

Exponents plus(Exponents a, const Exponents& b, int times = 1) {
    for (std::size_t j = 0; j < a.size(); ++j) a[j] += times * b[j];
    return a;
}

// A polynomial as a term times one without common factors, whose first coefficient is 1.
struct Normal {
    PolynomialTerm factor;
    Polynomial rest;
};

Normal normal(Polynomial p) {
    Normal n{.factor = {p[0].c, p[0].powers}, .rest = {}};
    for (const auto& term : p)
        for (std::size_t j = 0; j < term.powers.size(); ++j) n.factor.powers[j] = std::min(n.factor.powers[j], term.powers[j]);
    for (auto& term : p) n.rest.push_back({shortened(term.c / n.factor.c), plus(term.powers, n.factor.powers, -1)});
    return n;
}

bool same(const Polynomial& a, const Polynomial& b) {
    return std::ranges::equal(a, b, [](const auto& s, const auto& t) { return s.powers == t.powers && equal(s.c, t.c); });
}

// A square of a sum among the terms of p, the sum's first term the root of p's first, and what p is beyond it.
struct Square {
    Polynomial root, beyond;
};

std::optional<Square> square_in(const Polynomial& p) {
    const auto& first = p[0];
    if (p.size() < 3 || !(first.c > 0) || std::ranges::any_of(first.powers, [](int e) { return e % 2 != 0; })) return std::nullopt;
    std::map<Exponents, double> left;
    double size = 0;
    for (const auto& t : p) {
        left[t.powers] = t.c;
        size = std::max(size, std::fabs(t.c));
    }
    const auto subtract = [&](double c, const Exponents& powers) {
        double& value = left[powers];
        value -= c;
        if (std::fabs(value) <= alike * size) left.erase(powers);
    };
    Square square;
    square.root.push_back({shortened(std::sqrt(first.c)), first.powers});
    for (int& e : square.root[0].powers) e /= 2;
    subtract(first.c, first.powers);
    // A further term of the sum stands in p twice: with the first one, and squared.
    for (const auto& both : p) {
        const PolynomialTerm term{shortened(both.c / (2 * square.root[0].c)), plus(both.powers, square.root[0].powers, -1)};
        const auto squared = left.find(plus(term.powers, term.powers));
        if (!left.contains(both.powers) || squared == left.end() || !equal(squared->second, term.c * term.c)) continue;
        if (std::ranges::any_of(term.powers, [](int e) { return e < 0; })) continue;
        for (const auto& t : square.root) subtract(2 * t.c * term.c, plus(t.powers, term.powers));
        subtract(term.c * term.c, plus(term.powers, term.powers));
        square.root.push_back(term);
    }
    if (square.root.size() < 2) return std::nullopt;
    for (const auto& [powers, c] : left) square.beyond.push_back({c, powers});
    square.beyond = in_order(std::move(square.beyond));
    return square;
}

class Writer {
public:
    explicit Writer(const std::vector<std::int32_t>& variables) : variables_(variables) {}

    // `depth`: how often parts are taken apart further.
    Expression written(const Polynomial& p, int depth) const {
        const Normal n = normal(p);
        if (n.rest.size() == 1) return monomial(n.factor.c, n.factor.powers);
        // Coefficients of one size stay outside, without their signs; others are written where they stand.
        const bool of_one_size = std::ranges::all_of(n.rest, [](const auto& t) { return equal(std::fabs(t.c), 1); });
        const double c = of_one_size ? std::fabs(n.factor.c) : 1;
        Polynomial inside = n.rest;
        for (auto& t : inside) t.c = shortened(t.c * n.factor.c / c);
        std::vector<Power> powers = powers_of(n.factor.powers);
        powers.push_back({shortest(inside, depth), {1, 1}});
        return powers.size() == 1 && c == 1 ? powers[0].base : monomial_of(c, powers);
    }

private:
    std::vector<Power> powers_of(const Exponents& exponents) const {
        std::vector<Power> powers;
        for (std::size_t j = 0; j < exponents.size(); ++j)
            if (exponents[j] != 0) powers.push_back({Expression::feature(variables_[j]), {exponents[j], 1}});
        return powers;
    }
    Expression monomial(double c, const Exponents& exponents) const { return monomial_of(c, powers_of(exponents)); }

    // factor * p with the sign of its first term in front.
    std::pair<double, Expression> part(Polynomial p, double factor, int depth) const {
        const double sign = p[0].c * factor < 0 ? -1 : 1;
        for (auto& t : p) t.c *= sign * factor;
        return {sign, written(p, depth - 1)};
    }

    // A part with a positive coefficient goes first, so that none needs a sign in front.
    static Expression sum(std::vector<std::pair<double, Expression>> parts) {
        std::stable_partition(parts.begin(), parts.end(), [](const auto& part) { return part.first > 0; });
        Expression total;
        for (const auto& [c, part] : parts) {
            if (total.empty()) total = scaled(c, part);
            else total = c < 0 ? Expression::apply(Op::subtract, total, scaled(-c, part)) : sum_of(total, scaled(c, part));
        }
        return total;
    }

    std::vector<std::pair<double, Expression>> plain_parts(const Polynomial& p) const {
        std::vector<std::pair<double, Expression>> parts;
        for (const auto& t : p) parts.emplace_back(t.c, monomial(1, t.powers));
        return parts;
    }

    Expression shortest(const Polynomial& p, int depth) const {
        Expression best = sum(plain_parts(p));
        const auto offer = [&](const Expression& e) {
            if (e.size() < best.size()) best = e;
        };
        if (depth == 0) return best;
        for (std::size_t v = 0; v < variables_.size(); ++v)
            if (const auto grouped = by_powers_of(v, p, depth)) offer(*grouped);
        for (const double sign : {1.0, -1.0})
            for (std::size_t k = 0; k < p.size(); ++k) {
                Polynomial from_k = p;
                std::rotate(from_k.begin(), from_k.begin() + static_cast<std::ptrdiff_t>(k), from_k.begin() + static_cast<std::ptrdiff_t>(k) + 1);
                for (auto& t : from_k) t.c *= sign;
                const auto square = square_in(from_k);
                if (!square) continue;
                std::vector<std::pair<double, Expression>> parts = {{sign, Expression::apply(Op::square, written(in_order(square->root), depth - 1))}};
                if (!square->beyond.empty()) parts.push_back(part(square->beyond, sign, depth));
                offer(sum(std::move(parts)));
            }
        return best;
    }

    // sum_k x_v^k P_k: those of the P_k that are one polynomial times terms stand together.
    std::optional<Expression> by_powers_of(std::size_t v, const Polynomial& p, int depth) const {
        std::map<int, Polynomial> by_power;
        for (const auto& t : p) {
            auto& group = by_power[t.powers[v]];
            group.push_back(t);
            group.back().powers[v] = 0;
        }
        if (by_power.size() < 2 || by_power.size() == p.size()) return std::nullopt;
        struct Multiple {
            Polynomial common, multipliers;
        };
        std::vector<Multiple> multiples;
        Polynomial single;
        for (const auto& [power, group] : by_power) {
            Normal n = normal(in_order(group));
            n.factor.powers[v] = power;
            if (n.rest.size() == 1) {
                single.push_back(n.factor);
                continue;
            }
            const auto found = std::ranges::find_if(multiples, [&](const Multiple& m) { return same(m.common, n.rest); });
            if (found == multiples.end()) multiples.push_back({n.rest, {n.factor}});
            else found->multipliers.push_back(n.factor);
        }
        std::vector<std::pair<double, Expression>> parts;
        for (auto& m : multiples) {
            if (m.multipliers.size() == 1) {
                for (auto& t : m.common) t = {shortened(t.c * m.multipliers[0].c), plus(t.powers, m.multipliers[0].powers)};
                parts.push_back(part(m.common, 1, depth));
                continue;
            }
            const auto [sign, multiplier] = part(in_order(m.multipliers), 1, depth);
            const Power factors[] = {{multiplier, {1, 1}}, {written(m.common, depth - 1), {1, 1}}};
            parts.emplace_back(sign, monomial_of(1, factors));
        }
        if (!single.empty()) parts.push_back(part(in_order(std::move(single)), 1, depth));
        return sum(std::move(parts));
    }

    const std::vector<std::int32_t>& variables_;
};

}  // namespace

Expression polynomial_of(const std::vector<double>& coefficients, const std::vector<std::vector<int>>& powers, const std::vector<std::int32_t>& variables) {
    constexpr int depth = 4;
    Polynomial p;
    for (std::size_t i = 0; i < coefficients.size(); ++i) p.push_back({coefficients[i], powers[i]});
    return Writer(variables).written(in_order(std::move(p)), depth);
}

}  // namespace balmer::enumerate
