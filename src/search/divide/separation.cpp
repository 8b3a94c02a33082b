#include "search/divide/separation.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "balmer/fitting.hpp"
#include "search/divide/formula.hpp"

namespace balmer::divide {
namespace {

constexpr std::size_t points = 240;
constexpr std::size_t most_separations = 6;

// How strongly each pair of variables is mixed in F: squared mixed derivatives times both ranges, over the variance of F.
std::vector<double> mixing(const Part& part, const Surrogate& surrogate, Scale scale) {
    std::vector<std::size_t> rows;
    const std::size_t all = part.target.size(), count = std::min(points, all), n = part.variables();
    for (std::size_t i = 0; i < count; ++i) rows.push_back(i * all / count);
    const auto d = surrogate.derivatives(scale, rows, Surrogate::Order::second);
    const double mean = std::accumulate(d.value.begin(), d.value.end(), 0.0) / static_cast<double>(count);
    double variance = 0;
    for (const double v : d.value) variance += (v - mean) * (v - mean);
    std::vector<double> range;
    for (const auto& x : part.columns) {
        const auto [low, high] = std::ranges::minmax(x);
        range.push_back(0.3 * (high - low));
    }
    std::vector<double> mixed(n * n, 0);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = i + 1; j < n; ++j) {
            double sum = 0;
            for (const double v : d.mixed[i * n + j]) sum += v * v;
            mixed[i * n + j] = mixed[j * n + i] = sum * std::pow(range[i] * range[j], 2) / variance;
        }
    return mixed;
}

// Connected sets of variables, pairs above `limit` joined.
std::vector<std::vector<std::size_t>> components(const std::vector<double>& mixed, std::size_t n, double limit) {
    std::vector<std::size_t> name(n);
    std::iota(name.begin(), name.end(), std::size_t{0});
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = i + 1; j < n; ++j)
            if (mixed[i * n + j] > limit && name[i] != name[j]) std::ranges::replace(name, std::max(name[i], name[j]), std::min(name[i], name[j]));
    std::vector<std::vector<std::size_t>> sets;
    for (std::size_t k = 0; k < n; ++k) {
        std::vector<std::size_t> set;
        for (std::size_t i = 0; i < n; ++i)
            if (name[i] == k) set.push_back(i);
        if (!set.empty()) sets.push_back(std::move(set));
    }
    std::ranges::stable_sort(sets, {}, &std::vector<std::size_t>::size);
    return sets;
}

std::vector<double> middle_of(const Part& part) {
    std::vector<double> middle;
    for (const auto& x : part.columns) {
        const auto [low, high] = std::ranges::minmax(x);
        middle.push_back(low + 0.5 * (high - low));
    }
    return middle;
}

// The surrogate along the group's variables, the others held at the middle of their ranges.
Part part_along(const Part& part, const Surrogate& apart, Scale scale, const std::vector<std::size_t>& group, double error) {
    Part along{.features = {}, .columns = {}, .target = {}, .slope = {}, .units = {}, .target_unit = {}, .tolerance = std::max(error, 1e-12)};
    for (const auto i : group) {
        along.features.push_back(part.features[i]);
        along.columns.push_back(part.columns[i]);
    }
    auto point = middle_of(part);
    const double sign = part.target[0] < 0 && scale == Scale::logarithm ? -1 : 1;
    for (std::size_t r = 0; r < part.target.size(); ++r) {
        for (const auto i : group) point[i] = part.columns[i][r];
        const double f = apart.value(scale, point);
        along.target.push_back(scale == Scale::logarithm ? sign * std::exp(f) : f);
    }
    along.slope.assign(along.target.size(), 1.0);
    return along;
}

// The basis of a polynomial in the remaining variables: products of powers of the variables mapped to [-1, 1], up to a few dozen.
Eigen::MatrixXd rest_basis(const Part& part, const std::vector<std::size_t>& rest, std::size_t rows) {
    constexpr std::size_t most_terms = 80;
    std::vector<std::vector<double>> unit;
    for (const auto i : rest) {
        const auto [low, high] = std::ranges::minmax(part.columns[i]);
        unit.emplace_back();
        for (const double x : part.columns[i]) unit.back().push_back((2 * x - low - high) / (high - low));
    }
    std::vector<std::vector<double>> terms = {std::vector<double>(rows, 1.0)};
    // Degree by degree: each term times a variable not before its last.
    std::vector<std::pair<std::size_t, std::size_t>> frontier = {{0, 0}};
    while (terms.size() < most_terms && !frontier.empty()) {
        std::vector<std::pair<std::size_t, std::size_t>> next;
        for (const auto& [term, first] : frontier)
            for (std::size_t j = first; j < rest.size() && terms.size() < most_terms; ++j) {
                std::vector<double> product = terms[term];
                for (std::size_t r = 0; r < rows; ++r) product[r] *= unit[j][r];
                terms.push_back(std::move(product));
                next.emplace_back(terms.size() - 1, j);
            }
        frontier = std::move(next);
    }
    Eigen::MatrixXd basis(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(terms.size()));
    for (std::size_t t = 0; t < terms.size(); ++t)
        basis.col(static_cast<Eigen::Index>(t)) = Eigen::Map<const Eigen::VectorXd>(terms[t].data(), static_cast<Eigen::Index>(rows));
    return basis;
}

// Gauss-Newton for the constants of f in F(y) = f + polynomial of the rest: everything the polynomial can say is projected out. F = log: log|f|.
class ConstantFit {
public:
    ConstantFit(const Part& part, const Separation& separation, const Expression& formula, const std::vector<std::size_t>& rest)
        : part_(part), separation_(separation), formula_(formula), rows_(std::min<std::size_t>(part.target.size(), 500)) {
        for (const auto i : separation.group) columns_.emplace_back(part.columns[i].begin(), part.columns[i].begin() + static_cast<std::ptrdiff_t>(rows_));
        qr_.compute(rest_basis(part, rest, rows_));
    }

    struct Result {
        std::vector<double> constants;
        double residual = std::numeric_limits<double>::infinity();
    };
    /// Fits the constants that are not held.
    Result fit(Result at, const std::vector<bool>& held) const {
        constexpr int steps = 6;
        at.residual = projected(at.constants).norm();
        std::vector<std::size_t> free;
        for (std::size_t k = 0; k < held.size(); ++k)
            if (!held[k]) free.push_back(k);
        for (int step = 0; step < steps && !free.empty() && std::isfinite(at.residual); ++step) {
            const Eigen::VectorXd now = projected(at.constants);
            Eigen::MatrixXd jacobian(now.size(), static_cast<Eigen::Index>(free.size()));
            for (std::size_t k = 0; k < free.size(); ++k) {
                auto moved = at.constants;
                const double h = 1e-6 * std::max(std::fabs(moved[free[k]]), 1e-3);
                moved[free[k]] += h;
                jacobian.col(static_cast<Eigen::Index>(k)) = (projected(moved) - now) / h;
            }
            if (!jacobian.allFinite()) return at;
            Eigen::ColPivHouseholderQR<Eigen::MatrixXd> solver(jacobian);
            solver.setThreshold(1e-7);  // what the polynomial takes over is no constant of f
            const Eigen::VectorXd change = solver.solve(-now);
            Result next = at;
            for (std::size_t k = 0; k < free.size(); ++k) next.constants[free[k]] += change(static_cast<Eigen::Index>(k));
            next.residual = projected(next.constants).norm();
            if (!(next.residual < at.residual)) return at;
            at = std::move(next);
        }
        return at;
    }

private:
    Eigen::VectorXd projected(const std::vector<double>& constants) const {
        Expression changed = formula_;
        changed.values = constants;
        const auto f = values_of(changed, columns_);
        Eigen::VectorXd v(static_cast<Eigen::Index>(rows_));
        for (std::size_t r = 0; r < rows_; ++r)
            v(static_cast<Eigen::Index>(r)) = scaled_value(separation_.scale, part_.target[r]) - (separation_.scale == Scale::logarithm ? std::log(std::fabs(f[r])) : f[r]);
        v.applyOnTheLeft(qr_.householderQ().adjoint());
        return v.tail(v.size() - std::min(qr_.matrixQR().cols(), v.size()));
    }

    const Part& part_;
    const Separation& separation_;
    const Expression& formula_;
    std::size_t rows_;
    std::vector<std::vector<double>> columns_;
    Eigen::HouseholderQR<Eigen::MatrixXd> qr_;
};

// The formula with its constants fitted to the target itself and made short, one after another, where that costs nothing; whether all are short.
struct Fitted {
    Expression formula;
    bool all_short = true;
};

Fitted with_fitted_constants(const Part& part, const Separation& separation, const Expression& formula, const std::vector<std::size_t>& rest) {
    constexpr double reach = 1e-3, nothing = 3, rounding = 1e-13;  // a wrong number costs orders of magnitude
    const ConstantFit fit(part, separation, formula, rest);
    std::vector<bool> held(formula.values.size(), false);
    auto best = fit.fit({.constants = formula.values}, held);
    double size = 0;
    for (const double y : part.target) size = std::max(size, std::fabs(scaled_value(separation.scale, y)));
    Fitted result{.formula = formula};
    for (std::size_t k = 0; k < held.size(); ++k) {
        const auto near = snap(best.constants[k], reach * std::fabs(best.constants[k]));
        held[k] = near.has_value();
        auto trial = best;
        if (near) trial.constants[k] = near->value;
        if (near) trial = fit.fit(trial, held);
        if (near && trial.residual <= nothing * best.residual + rounding * size) best = trial;
        else result.all_short = held[k] = false;
    }
    result.formula.values = best.constants;
    return result;
}

}  // namespace

std::vector<Separation> separations(const Part& part, const Surrogate& surrogate, const SurrogateOptions& options, double growth) {
    const std::size_t n = part.variables();
    std::vector<Separation> found;
    if (n < 2) return found;
    for (const auto scale : all_scales) {
        const double error = surrogate.error_of(scale);
        if (!(error < 1e-2) || !(error < 1e3 * surrogate.error())) continue;
        const auto mixed = mixing(part, surrogate, scale);
        // How small a mixed derivative stands for none is not known beforehand: the fit without mixed terms decides.
        std::vector<std::vector<std::size_t>> last;
        for (double limit = 1e-9; limit < 0.05; limit *= 10) {
            auto sets = components(mixed, n, limit);
            if (sets.size() < 2 || sets == last) continue;
            auto separate = options;
            for (const auto& set : sets) {
                std::uint32_t bits = 0;
                for (const auto i : set) bits |= 1u << i;
                separate.groups.push_back(bits);
            }
            const Surrogate apart(part.columns, part.target, part.slope, separate);
            last = std::move(sets);
            if (!(apart.error_of(scale) <= std::max(growth * error, 1e-9))) continue;
            for (const auto& set : last)
                if (found.size() < most_separations) found.push_back({scale, set, part_along(part, apart, scale, set, apart.error_of(scale))});
            break;
        }
    }
    std::ranges::stable_sort(found, {}, [](const Separation& s) { return s.group.size(); });
    return found;
}

std::optional<Step> separation_step(const Part& part, const Separation& s, const Expression& formula) {
    const std::size_t n = part.variables();
    Step step{.kind = "separation", .words = {}, .features = {}, .target = {}, .wrap = {}, .slope = {}};
    std::vector<std::size_t> rest;
    for (std::size_t i = 0; i < n; ++i)
        if (std::ranges::find(s.group, i) == s.group.end()) rest.push_back(i);
    for (const auto i : rest) step.features.push_back(variable(i));
    const auto [fitted, all_short] = with_fitted_constants(part, s, formula, rest);
    if (!all_short) step.tolerance = s.part.tolerance;
    std::vector<Expression> by;
    std::string names;
    for (const auto i : s.group) {
        by.push_back(variable(i));
        names += fmt::format("{}%{}", names.empty() ? "" : ", ", i);
    }
    const Expression f = with_features(fitted, by), value = variable(n), whole = sum(f, value);
    switch (s.scale) {
        case Scale::plain:
            step.target = difference(value, f);
            step.wrap = whole;
            break;
        case Scale::logarithm:
            step.target = quotient(value, f);
            step.wrap = step.slope = f;
            step.wrap = product(f, value);
            break;
        case Scale::inverse:
            step.target = difference(Expression::apply(Op::inverse, value), f);
            step.wrap = Expression::apply(Op::inverse, whole);
            step.slope = Expression::apply(Op::inverse, Expression::apply(Op::square, whole));
            break;
        case Scale::square: {
            const Expression root = Expression::apply(Op::sqrt, whole);
            step.target = difference(Expression::apply(Op::square, value), f);
            step.wrap = part.target[0] < 0 ? Expression::apply(Op::negate, root) : root;
            step.slope = Expression::apply(Op::inverse, root);
            break;
        }
    }
    static constexpr const char* how[] = {"a sum", "a product", "an inverse of a sum", "a root of a sum"};
    step.words = fmt::format("{} stand apart: {} of a function of them and one of the rest", names, how[static_cast<std::size_t>(s.scale)]);
    return step;
}

}  // namespace balmer::divide
