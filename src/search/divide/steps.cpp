#include "search/divide/steps.hpp"

#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace balmer::divide {
namespace {

std::string text(Rational r) { return r.denominator == 1 ? fmt::format("{}", r.numerator) : fmt::format("{}/{}", r.numerator, r.denominator); }

std::string power_text(std::size_t i, Rational r) { return r == Rational{1, 1} ? fmt::format("%{}", i) : fmt::format("%{}^{}", i, text(r)); }

// A formula with places %i for its features; names that are no identifiers are printed between backquotes, which go.
std::string with_places(const Expression& formula, std::vector<std::string> places) {
    const Vocabulary names{.features = std::move(places), .parameters = {}, .definitions = {}, .holes = {}};
    std::string printed = print(formula, names, {.digits = 6});
    std::erase(printed, '`');
    return printed;
}

// The step in which the target is a factor times what is left.
void multiply_by(Step& step, const Expression& factor, std::size_t n) {
    step.target = quotient(variable(n), factor);
    step.wrap = product(factor, variable(n));
    step.slope = factor;
}

void add_to(Step& step, const Expression& term, std::size_t n) {
    step.target = difference(variable(n), term);
    step.wrap = sum(term, variable(n));
}

int awkwardness(Rational r) { return r.numerator == 0 ? 0 : std::abs(static_cast<int>(r.numerator)) + 4 * (static_cast<int>(r.denominator) - 1) + (r.numerator < 0); }

// The variable by which the others are expressed: the one that gives the simplest exponents.
std::size_t pivot_of(std::span<const int> a, Rational b) {
    std::size_t best = a.size();
    int least = 0;
    for (std::size_t p = 0; p < a.size(); ++p) {
        if (a[p] == 0) continue;
        int cost = awkwardness(ratio(b, {a[p], 1}));
        for (std::size_t j = 0; j < a.size(); ++j)
            if (j != p) cost += 2 * awkwardness(Rational::make(-a[j], a[p]));
        if (best == a.size() || cost < least) best = p, least = cost;
    }
    return best;
}

std::string list_of(std::span<const int> a) {
    std::string list;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != 0) list += fmt::format("{}%{}", list.empty() ? "" : ", ", i);
    return list;
}

}  // namespace

std::optional<Step> scaling_step(std::span<const int> a, Rational b, Answer answer) {
    const std::size_t n = a.size(), p = pivot_of(a, b);
    const Rational power = ratio(b, {a[p], 1});
    Step step{.kind = "scaling", .words = {}, .features = {}, .target = variable(n), .wrap = variable(n), .slope = {}};
    std::string seen;
    for (std::size_t j = 0; j < n; ++j) {
        if (j == p) continue;
        const Factor factors[] = {{variable(j), {1, 1}}, {variable(p), Rational::make(-a[j], a[p])}};
        step.features.push_back(monomial(factors));
        if (a[j] != 0) seen += fmt::format("{}${}", seen.empty() ? "" : ", ", step.features.size() - 1);
    }
    if (answer == Answer::shifted && b.numerator != 0) {
        add_to(step, product(Expression::constant(power.value()), Expression::apply(Op::log, variable(p))), n);
        step.words = fmt::format("{} enter as {} beside {} log %{}", list_of(a), seen, text(power), p);
        return step;
    }
    const Factor prefactor[] = {{variable(p), power}};
    if (b.numerator != 0) multiply_by(step, monomial(prefactor), n);
    if (seen.empty()) step.words = fmt::format("it is {} times a function of the rest", power_text(p, power));
    else step.words = fmt::format("{} enter as {}{}", list_of(a), seen, b.numerator == 0 ? "" : " beside a factor " + power_text(p, power));
    return step;
}

std::optional<Step> shift_step(std::span<const int> a, Rational b, Answer answer) {
    const std::size_t n = a.size(), p = pivot_of(a, b);
    const Rational rate = ratio(b, {a[p], 1});
    Step step{.kind = "shift", .words = {}, .features = {}, .target = variable(n), .wrap = variable(n), .slope = {}};
    std::string seen;
    for (std::size_t j = 0; j < n; ++j) {
        if (j == p) continue;
        const Rational r = Rational::make(a[j], a[p]);
        const Expression part = product(Expression::constant(std::abs(r.value())), variable(p));
        step.features.push_back(a[j] == 0 ? variable(j) : r.numerator > 0 ? difference(variable(j), part) : sum(variable(j), part));
        if (a[j] != 0) seen += fmt::format("{}${}", seen.empty() ? "" : ", ", step.features.size() - 1);
    }
    const Expression exponent = product(Expression::constant(rate.value()), variable(p));
    if (b.numerator != 0 && answer == Answer::multiplied) multiply_by(step, Expression::apply(Op::exp, exponent), n);
    if (b.numerator != 0 && answer == Answer::shifted) add_to(step, exponent, n);
    const std::string beside = b.numerator == 0 ? "" : answer == Answer::multiplied ? fmt::format("a factor exp({} %{})", text(rate), p) : fmt::format("a term {} %{}", text(rate), p);
    if (seen.empty()) step.words = fmt::format("%{} enters as {}", p, beside);
    else step.words = fmt::format("{} enter as {}{}", list_of(a), seen, beside.empty() ? "" : " beside " + beside);
    return step;
}

Step merge_step(std::size_t variables, std::size_t i, std::size_t j, const Expression& merged) {
    Step step{.kind = "merge", .words = {}, .features = {}, .target = variable(variables), .wrap = variable(variables), .slope = {}};
    const Expression both[] = {variable(i), variable(j)};
    for (std::size_t k = 0; k < variables; ++k)
        if (k != j) step.features.push_back(k == i ? with_features(merged, both) : variable(k));
    step.words = fmt::format("%{} and %{} enter as {} alone", i, j, with_places(merged, {fmt::format("%{}", i), fmt::format("%{}", j)}));
    return step;
}

Step joined_step(std::size_t variables, std::size_t i, std::size_t j, double a, Joined joined, double tolerance) {
    const Expression x = Expression::feature(0), y = Expression::feature(1), number = Expression::constant(std::fabs(a));
    Expression merged;
    if (joined == Joined::product) merged = product(y, Expression::apply(Op::power, x, Expression::constant(a)));
    else merged = a < 0 ? difference(y, product(number, x)) : sum(y, product(number, x));
    Step step = merge_step(variables, i, j, merged);
    step.tolerance = tolerance;
    return step;
}

Step factor_step(std::size_t variables, std::span<const std::size_t> of, const Expression& factor, Rational b, Rest rest) {
    Step step{.kind = "factor", .words = {}, .features = {}, .target = {}, .wrap = {}, .slope = {}};
    for (std::size_t k = 0; k < variables; ++k)
        if (rest == Rest::all || std::ranges::find(of, k) == of.end()) step.features.push_back(variable(k));
    std::vector<Expression> at;
    std::vector<std::string> places;
    for (const auto i : of) {
        at.push_back(variable(i));
        places.push_back(fmt::format("%{}", i));
    }
    const Factor factors[] = {{with_features(factor, at), b}};
    multiply_by(step, monomial(factors), variables);
    const std::string written = factor.size() == 1 ? power_text(of[0], b) : "(" + with_places(factor, places) + ")" + (b == Rational{1, 1} ? "" : "^" + text(b));
    step.words = fmt::format("it is {} times a function of {}", written, rest == Rest::all ? "all variables" : "the rest");
    return step;
}

Step irrelevant_step(std::size_t variables, std::size_t i) {
    Step step{.kind = "irrelevant", .words = fmt::format("%{} has no influence", i), .features = {}, .target = variable(variables), .wrap = variable(variables), .slope = {}};
    for (std::size_t k = 0; k < variables; ++k)
        if (k != i) step.features.push_back(variable(k));
    return step;
}

}  // namespace balmer::divide
