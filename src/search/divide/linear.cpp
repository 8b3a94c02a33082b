// Formulas in which a variable stands once, T = (u(x) + h(others)) g(others) or T = u(x) p(others) + q(others) and their inverses and roots, are
// linear in two functions of that variable. Polynomials for p and q tell them, or q/p, well enough to be found as formulas; with one of these the
// rest is exact again and has a variable less, though both share all others.
#include "search/divide/linear.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "search/divide/formula.hpp"
#include "search/divide/smooth_rest.hpp"
#include "search/median.hpp"

namespace balmer::divide {
namespace {

constexpr std::size_t most_forms = 4;
constexpr double useless_step = 0.3;  // share of the value that still depends on the variable
constexpr std::size_t screened_rows = 400, screened_terms = 40, most_pair_terms = 110;

struct FunctionPair {
    Expression u, v;  // in feature 0
};

const std::vector<FunctionPair>& function_pairs() {
    static const std::vector<FunctionPair> all = [] {
        const auto in_x = [](const char* text) { return parse(text, Vocabulary{.features = {"x"}, .parameters = {}, .definitions = {}, .holes = {}}); };
        std::vector<FunctionPair> list;
        for (const char* u : {"x", "square(x)", "1/x", "sqrt(x)", "x^3", "1/square(x)", "exp(x)", "exp(-x)", "sin(x)", "cos(x)", "log(x)", "sin(square(x))", "cos(square(x))"})
            list.push_back({in_x(u), in_x("1")});
        for (const auto& [u, v] : {std::pair{"square(x)", "x"}, {"x^3", "x"}, {"x^3", "square(x)"}, {"x", "1/x"}, {"x", "sin(x)"}, {"x", "cos(x)"}, {"x", "exp(x)"}})
            list.push_back({in_x(u), in_x(v)});
        return list;
    }();
    return all;
}

// F(y) with weights that make errors relative, absolute near 0.
struct ScaledTarget {
    Scale scale = Scale::plain;
    std::vector<double> value, weight;
};

std::vector<ScaledTarget> scaled_targets(const Part& part) {
    std::vector<ScaledTarget> all;
    const auto [low, high] = std::ranges::minmax(part.target);
    for (const auto scale : all_scales) {
        if (scale == Scale::logarithm || (needs_sign(scale) && low < 0 && high > 0)) continue;
        ScaledTarget t{.scale = scale, .value = {}, .weight = {}};
        for (const double y : part.target) t.value.push_back(scaled_value(scale, y));
        const double middle = median_size(t.value);
        for (const double f : t.value) t.weight.push_back(1 / (middle + std::fabs(f)));
        if (middle > 0 && all_finite(t.value) && all_finite(t.weight)) all.push_back(std::move(t));
    }
    return all;
}

struct PairFit {
    double error = std::numeric_limits<double>::infinity();
    Eigen::VectorXd p, q;  // at all rows
};

// Least squares on three rows of four, the error on the others without its largest tenth.
PairFit fitted(const Eigen::MatrixXd& terms, const std::vector<double>& u, const std::vector<double>& v, const ScaledTarget& t, std::size_t rows) {
    const auto m = terms.cols();
    const auto all = static_cast<Eigen::Index>(t.value.size());
    std::vector<Eigen::Index> training, held;
    for (std::size_t k = 0; k < rows; ++k) (k % 4 == 3 ? held : training).push_back(static_cast<Eigen::Index>(k * t.value.size() / rows));
    Eigen::MatrixXd matrix(static_cast<Eigen::Index>(training.size()), 2 * m);
    Eigen::VectorXd right(matrix.rows());
    for (Eigen::Index k = 0; k < matrix.rows(); ++k) {
        const auto i = training[static_cast<std::size_t>(k)];
        const auto r = static_cast<std::size_t>(i);
        matrix.row(k).head(m) = t.weight[r] * u[r] * terms.row(i);
        matrix.row(k).tail(m) = t.weight[r] * v[r] * terms.row(i);
        right(k) = t.weight[r] * t.value[r];
    }
    PairFit fit;
    if (!matrix.allFinite()) return fit;
    const Eigen::VectorXd sizes = matrix.colwise().norm().cwiseMax(1e-300).transpose();
    Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(matrix * sizes.cwiseInverse().asDiagonal());
    qr.setThreshold(1e-11);
    const Eigen::VectorXd c = qr.solve(right).cwiseQuotient(sizes);
    if (!c.allFinite()) return fit;
    fit.p = terms.topRows(all) * c.head(m);
    fit.q = terms.topRows(all) * c.tail(m);
    std::vector<double> squares;
    for (const auto i : held) {
        const auto r = static_cast<std::size_t>(i);
        squares.push_back(std::pow(t.weight[r] * (u[r] * fit.p(i) + v[r] * fit.q(i) - t.value[r]), 2));
    }
    fit.error = std::sqrt(mean_of_most(squares));
    return fit;
}

std::vector<std::size_t> others_of(const Part& part, std::size_t variable) {
    std::vector<std::size_t> others;
    for (std::size_t j = 0; j < part.variables(); ++j)
        if (j != variable) others.push_back(j);
    return others;
}

// Values in the other variables on the rows where `weight`, of the values, is not small.
Part part_in(const Part& part, const std::vector<std::size_t>& others, const Eigen::VectorXd& values, const Eigen::VectorXd& weight, double tolerance) {
    Part made{.features = {}, .columns = {}, .target = {}, .slope = {}, .units = {}, .target_unit = {}, .tolerance = std::max(tolerance, 1e-12)};
    std::vector<double> sizes(weight.data(), weight.data() + weight.size());
    for (double& s : sizes) s = std::fabs(s);
    auto sorted = sizes;
    std::ranges::nth_element(sorted, sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 3));
    const double least = sorted[sorted.size() / 3];
    made.columns.resize(others.size());
    for (std::size_t k = 0; k < others.size(); ++k) made.features.push_back(part.features[others[k]]);
    for (std::size_t r = 0; r < sizes.size(); ++r) {
        if (sizes[r] < least) continue;
        for (std::size_t k = 0; k < others.size(); ++k) made.columns[k].push_back(part.columns[others[k]][r]);
        made.target.push_back(values(static_cast<Eigen::Index>(r)));
    }
    made.slope.assign(made.target.size(), 1.0);
    return made;
}

}  // namespace

std::vector<LinearForm> linear_forms(const Part& part, double error, Meter& meter) {
    constexpr double growth = 1.5, good = 1e-4, useless = 0.2;
    std::vector<LinearForm> forms;
    const std::size_t n = part.variables(), rows = part.target.size();
    if (n < 2 || part.tolerance > 0) return forms;
    struct Seen {
        double error;
        std::size_t variable, target, pair;
        Input::Kind kind;
    };
    std::vector<Seen> seen;
    const auto targets = scaled_targets(part);
    std::vector<std::size_t> all(rows);
    for (std::size_t r = 0; r < rows; ++r) all[r] = r;
    const auto terms_for = [&](std::size_t variable, Input::Kind kind, std::size_t most) {
        std::vector<std::vector<double>> columns;
        for (const auto j : others_of(part, variable)) columns.push_back(part.columns[j]);
        const auto inputs = inputs_of(columns, kind);
        const Terms terms = terms_of_degree(columns.size(), most, {});
        return Eigen::MatrixXd(term_values(columns, inputs, terms, all));
    };
    const auto values_in = [&](const Expression& f, std::size_t variable) { return values_of(f, std::span(&part.columns[variable], 1)); };
    for (std::size_t i = 0; i < n && !meter.is_over(); ++i)
        for (const auto kind : {Input::Kind::plain, Input::Kind::logarithm}) {
            const auto terms = terms_for(i, kind, std::min(screened_terms, rows / 6));
            for (std::size_t k = 0; k < function_pairs().size(); ++k) {
                const auto u = values_in(function_pairs()[k].u, i), v = values_in(function_pairs()[k].v, i);
                if (!all_finite(u) || !all_finite(v)) continue;
                for (std::size_t t = 0; t < targets.size(); ++t) {
                    meter.work += 8 * static_cast<double>(screened_rows) * static_cast<double>(terms.cols() * terms.cols());
                    seen.push_back({fitted(terms, u, v, targets[t], std::min(rows, screened_rows)).error, i, t, k, kind});
                }
            }
        }
    // Where nothing tells two pairs of functions apart the simpler one, first in the list, goes first.
    std::ranges::stable_sort(seen, {}, [](const Seen& s) { return std::log10(std::max(s.error, 1e-13)) + 0.03 * static_cast<double>(s.pair); });
    std::vector<std::size_t> taken(n, 0);
    for (const auto& s : seen) {
        if (forms.size() == 2 * most_forms || meter.is_over()) break;
        constexpr std::size_t most_of_variable = 3;
        if (!(s.error < useless) || taken[s.variable]++ >= most_of_variable) continue;
        const auto& pair = function_pairs()[s.pair];
        const auto terms = terms_for(s.variable, s.kind, std::min(most_pair_terms, rows / 4));
        meter.work += 8 * static_cast<double>(rows) * static_cast<double>(terms.cols() * terms.cols());
        auto fit = fitted(terms, values_in(pair.u, s.variable), values_in(pair.v, s.variable), targets[s.target], rows);
        if (!(fit.error <= s.error)) fit = fitted(terms.leftCols(std::min<Eigen::Index>(terms.cols(), static_cast<Eigen::Index>(screened_terms))), values_in(pair.u, s.variable), values_in(pair.v, s.variable), targets[s.target], rows);
        if (!(fit.error < useless) || !(fit.error <= std::max(growth * error, good))) continue;
        const auto others = others_of(part, s.variable);
        const Expression x[] = {variable(s.variable)};
        const double off = 10 * fit.error;
        forms.push_back({.scale = targets[s.target].scale, .kind = s.kind, .variable = s.variable, .u = with_features(pair.u, x), .v = with_features(pair.v, x), .error = fit.error,
                         .p = part_in(part, others, fit.p, fit.p, off), .q = part_in(part, others, fit.q, fit.q, off),
                         .ratio = part_in(part, others, fit.q.cwiseQuotient(fit.p), fit.p, off)});
    }
    std::ranges::stable_sort(forms, {}, &LinearForm::error);
    if (forms.size() > most_forms) forms.resize(most_forms);
    return forms;
}

std::optional<Step> linear_step(const Part& part, const LinearForm& form, Known known, const Expression& formula) {
    const auto others = others_of(part, form.variable);
    const std::size_t n = part.variables();
    std::vector<Expression> by;
    for (const auto j : others) by.push_back(variable(j));
    const double sign = part.target[0] < 0 ? -1 : 1;
    const Expression seen = scaled(form.scale, variable(n), sign);
    // The value that the others alone decide, from F(y), and F(y) from it.
    const auto target_with = [&](const Expression& f) {
        const Expression known_part = with_features(f, by);
        switch (known) {
            case Known::p: return quotient(difference(seen, product(form.u, known_part)), form.v);
            case Known::q: return quotient(difference(seen, product(form.v, known_part)), form.u);
            case Known::ratio: break;
        }
        return quotient(seen, sum(form.u, product(form.v, known_part)));
    };
    auto columns = part.columns;
    columns.push_back(part.target);
    const auto left = [&](const Expression& f) { return values_of(target_with(f), columns); };
    std::vector<double> weights;
    double size = 0;
    const auto first = left(formula);
    if (!all_finite(first)) return std::nullopt;
    const double middle = median_size(first);
    for (const double f : first) {
        weights.push_back(1 / (middle + std::fabs(f)));
        size = std::max(size, std::fabs(weights.back() * f));
    }
    const auto [fitted, all_short, residual] = SmoothRest(part, others, form.kind, weights).with_fitted_constants(formula, left, size);
    Step step{.kind = "linear", .words = {}, .features = {}, .target = {}, .wrap = {}, .slope = {}};
    double whole_square = 0;
    for (std::size_t r = 0; r < std::min<std::size_t>(first.size(), SmoothRest::most_rows); ++r) whole_square += std::pow(weights[r] * first[r], 2);
    step.score = residual / std::sqrt(whole_square);
    if (!(step.score < useless_step)) return std::nullopt;
    if (!all_short) step.tolerance = form.p.tolerance;
    for (const auto j : others) step.features.push_back(variable(j));
    step.target = target_with(fitted);
    const Expression f = with_features(fitted, by), value = variable(n);
    Expression factor = known == Known::p ? form.v : known == Known::q ? form.u : sum(form.u, product(form.v, f));
    Expression whole = known == Known::ratio ? product(factor, value) : sum(product(known == Known::p ? form.u : form.v, f), product(factor, value));
    step.wrap = unscaled(form.scale, whole, sign);
    step.slope = product(factor, unscaled_slope(form.scale, whole, sign));
    step.words = fmt::format("%{} stands in two functions alone, beside functions of the rest of which one is known", form.variable);
    return step;
}

}  // namespace balmer::divide
