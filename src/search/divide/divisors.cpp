// Where a factor of the target has a zero, the target vanishes or has a pole: there log|y| follows a power of the factor, whatever the other factors are.
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "search/divide/steps.hpp"
#include "search/median.hpp"

namespace balmer::divide {
namespace {

constexpr std::size_t trial_terms = 120, trial_rows = 600;
constexpr std::size_t most_trials = 10, most_steps = 4;

// A function of one to three features that may be 0 inside their ranges.
struct Shape {
    Expression value;
    std::size_t features;
    bool symmetric;  // in its last two features
};

const std::vector<Shape>& shapes() {
    static const std::vector<Shape> all = [] {
        struct Text {
            const char* text;
            std::size_t features;
            bool symmetric = false;
        };
        static constexpr Text texts[] = {
            {"x", 1}, {"1 - x", 1}, {"log(x)", 1}, {"exp(x) - 1", 1}, {"1 - square(x)", 1}, {"2 - x", 1}, {"sin(x)", 1}, {"cos(x)", 1}, {"sin(2*x)", 1}, {"cos(2*x)", 1},
            {"sin(x/2)", 1}, {"cos(x/2)", 1}, {"sin(square(x))", 1}, {"cos(square(x))", 1}, {"sin(sqrt(x))", 1}, {"cos(sqrt(x))", 1}, {"sin(1/x)", 1}, {"cos(1/x)", 1},
            {"x - y", 2, true}, {"x + y", 2, true}, {"x - square(y)", 2}, {"x - y^3", 2}, {"1 - x*y", 2, true}, {"1 + x - y", 2}, {"1 - x - y", 2, true},
            {"x - sin(y)", 2}, {"x + sin(y)", 2}, {"x - cos(y)", 2}, {"x + cos(y)", 2}, {"x - log(y)", 2}, {"x + log(y)", 2}, {"x - exp(y)", 2},
            {"sin(x - y)", 2, true}, {"cos(x - y)", 2, true}, {"sin(x + y)", 2, true}, {"cos(x + y)", 2, true}, {"sin(x*y)", 2, true}, {"cos(x*y)", 2, true},
            {"sin(x/y)", 2}, {"cos(x/y)", 2},
            {"x - y - z", 3, true}, {"x - y*z", 3, true}, {"x - y*square(z)", 3}, {"square(x) - y*z", 3, true}, {"square(x) - square(y) - square(z)", 3, true}};
        std::vector<Shape> list;
        for (const auto& [text, features, symmetric] : texts)
            list.push_back({parse(text, Vocabulary{.features = {"x", "y", "z"}, .parameters = {}, .definitions = {}, .holes = {}}), features, symmetric});
        return list;
    }();
    return all;
}

// Calls use(features) for every choice of different features that a shape is not the same for.
template <class Use>
void for_each_choice(const Shape& shape, std::size_t n, Use&& use) {
    std::vector<std::size_t> of(shape.features);
    const auto extend = [&](auto&& self, std::size_t k) -> void {
        if (k == of.size()) return use(of);
        for (std::size_t i = 0; i < n; ++i) {
            if (std::find(of.begin(), of.begin() + static_cast<std::ptrdiff_t>(k), i) != of.begin() + static_cast<std::ptrdiff_t>(k)) continue;
            if (shape.symmetric && k > 0 && k + 1 == of.size() && i < of[k - 1]) continue;
            of[k] = i;
            self(self, k + 1);
        }
    };
    extend(extend, 0);
}

Eigen::VectorXd log_sizes(std::span<const double> v) {
    Eigen::VectorXd z(static_cast<Eigen::Index>(v.size()));
    for (Eigen::Index i = 0; i < z.size(); ++i) z(i) = std::log(std::max(std::fabs(v[static_cast<std::size_t>(i)]), std::numeric_limits<double>::min()));
    return z;
}

// 1 and log|x| of the features that have one; not of those that come near 0, where a power that does not go on to 0 would look like a divisor.
Eigen::MatrixXd logarithms(const Part& part, std::vector<std::size_t>& features) {
    constexpr double widest = 30;
    for (std::size_t j = 0; j < part.variables(); ++j) {
        const auto [low, high] = std::ranges::minmax(part.columns[j]);
        if (can_be_logarithm(part.columns[j]) && std::max(std::fabs(low), std::fabs(high)) < widest * std::min(std::fabs(low), std::fabs(high))) features.push_back(j);
    }
    Eigen::MatrixXd terms(static_cast<Eigen::Index>(part.target.size()), 1 + static_cast<Eigen::Index>(features.size()));
    terms.col(0).setOnes();
    for (std::size_t k = 0; k < features.size(); ++k) terms.col(1 + static_cast<Eigen::Index>(k)) = log_sizes(part.columns[features[k]]);
    return terms;
}

// log|y| without what powers of the features explain of it.
std::vector<double> without_powers(const Part& part) {
    std::vector<std::size_t> features;
    const auto terms = logarithms(part, features);
    const auto z = log_sizes(part.target);
    const Eigen::VectorXd left = z - terms * robust_solution(terms, z);
    return {left.data(), left.data() + left.size()};
}

double deviation_of(const Eigen::VectorXd& left) {
    constexpr double deviation_over_median = 1.4826;
    return std::max(deviation_over_median * median_size({left.data(), left.data() + left.size()}), 1e-12);
}

// Robust slope of z on x and how many of its errors it is from 0.
struct Line {
    double slope = 0, sureness = 0;
};

Line line_through(std::span<const double> x, std::span<const double> z) {
    const auto n = static_cast<Eigen::Index>(x.size());
    Eigen::MatrixXd terms(n, 2);
    terms.col(0).setOnes();
    terms.col(1) = Eigen::Map<const Eigen::VectorXd>(x.data(), n);
    const Eigen::VectorXd values = Eigen::Map<const Eigen::VectorXd>(z.data(), n), c = robust_solution(terms, values);
    const double spread = (terms.col(1).array() - terms.col(1).mean()).matrix().norm(), error = deviation_of(values - terms * c) / spread;
    return {c(1), std::fabs(c(1)) / error};
}

// A power that a factor may stand in: whole, or a half where the factor has one sign.
std::optional<Rational> power_near(double slope, bool one_sign) {
    constexpr double largest = 8;
    const double whole = std::round(slope), half = std::round(2 * slope) / 2;
    if (one_sign && half != whole && std::fabs(half) < 2) return Rational::make(static_cast<int>(2 * half), 2);
    if (whole == 0 || std::fabs(whole) > largest) return std::nullopt;
    return Rational{static_cast<int>(whole), 1};
}

// A sine or cosine of so many turns has zeros beside every row.
bool turns_too_often(const Expression& f, std::span<const std::vector<double>> columns) {
    constexpr double widest = 40;
    if (f.nodes.back().op != Op::sin && f.nodes.back().op != Op::cos) return false;
    Expression argument = f;
    argument.nodes.pop_back();
    return std::ranges::any_of(values_of(argument, columns), [](double a) { return std::fabs(a) > widest; });
}

struct Divisor {
    Expression value;  // in features 0, 1, 2
    std::vector<std::size_t> of;
    Rational power;
    double sureness = 0;
    std::size_t shape = 0;  // its place in the list
};

// The functions beside whose zeros the target follows a power of them, the surest first.
std::vector<Divisor> divisors_of(const Part& part, const Means& means) {
    constexpr double sure = 4, small = 0.05;
    const std::size_t rows = part.target.size(), wide = rows / 6, narrow = rows / 15;
    constexpr std::size_t fewest_rows = 24;
    std::vector<Divisor> found;
    if (narrow < fewest_rows) return found;
    const auto z = without_powers(part);
    std::vector<std::size_t> order(rows);
    for (const auto& shape : shapes()) {
        if (!operators_allow(means.operators, shape.value)) continue;
        for_each_choice(shape, part.variables(), [&](const std::vector<std::size_t>& of) {
            std::vector<std::vector<double>> columns;
            for (const auto i : of) columns.push_back(part.columns[i]);
            const auto h = values_of(shape.value, columns);
            if (!all_finite(h) || std::ranges::count(h, 0.0) > 0 || turns_too_often(shape.value, columns)) return;
            const auto negative = static_cast<std::size_t>(std::ranges::count_if(h, [](double v) { return v < 0; }));
            const bool one_sign = negative == 0 || negative == rows;
            // Functions of several features touch 0 in corners: what a target does there says little.
            if (of.size() > 1 && std::min(negative, rows - negative) < narrow / 2) return;
            std::iota(order.begin(), order.end(), std::size_t{0});
            const auto near = [&](std::size_t count) { return order.begin() + static_cast<std::ptrdiff_t>(count); };
            std::ranges::partial_sort(order, near(wide), {}, [&](std::size_t i) { return std::fabs(h[i]); });
            if (!(std::fabs(h[order[0]]) < small * std::fabs(h[order[wide - 1]]))) return;
            std::vector<double> x, beside;
            for (auto i = order.begin(); i != near(wide); ++i) {
                x.push_back(std::log(std::fabs(h[*i])));
                beside.push_back(z[*i]);
            }
            const Line line = line_through(x, beside);
            const auto power = power_near(line.slope, one_sign);
            if (!power || line.sureness < sure) return;
            const Line closer = line_through(std::span(x).first(narrow), std::span(beside).first(narrow));
            if (!(closer.slope * line.slope > 0) || std::fabs(closer.slope) < 0.5 * std::fabs(power->value())) return;
            found.push_back({negative == rows ? Expression::apply(Op::negate, shape.value) : shape.value, of, *power, line.sureness, static_cast<std::size_t>(&shape - shapes().data())});
        });
    }
    std::ranges::stable_sort(found, std::greater<>(), &Divisor::sureness);
    return found;
}

// Features that stand beside a function of the others as powers, as far as a regression of log|y| on logarithms and their products tells.
struct PowerOf {
    std::size_t feature;
    Rational power;
    double doubt;  // of how far it is from a half of a whole number, in its errors
};

std::vector<PowerOf> powers_in(const Part& part) {
    constexpr double certain = 0.03, deviations = 2.5, idle = 4;  // error of a power; errors of a product of logarithms within which it says nothing
    std::vector<std::size_t> features;
    Eigen::MatrixXd terms = logarithms(part, features);
    const auto count = static_cast<Eigen::Index>(features.size());
    const Eigen::Index all = 1 + count + count * (count + 1) / 2;
    std::vector<PowerOf> found;
    if (count == 0 || terms.rows() < 8 * all) return found;
    for (Eigen::Index k = 1; k <= count; ++k) terms.col(k).array() -= terms.col(k).mean();
    terms.conservativeResize(Eigen::NoChange, all);
    std::vector<std::pair<Eigen::Index, Eigen::Index>> products;
    for (Eigen::Index j = 1; j <= count; ++j)
        for (Eigen::Index k = 1; k <= j; ++k) {
            auto column = terms.col(1 + count + static_cast<Eigen::Index>(products.size()));
            column = terms.col(j).cwiseProduct(terms.col(k));
            column.array() -= column.mean();
            products.emplace_back(k, j);
        }
    const auto z = log_sizes(part.target);
    const Eigen::VectorXd c = robust_solution(terms, z);
    const Eigen::LDLT<Eigen::MatrixXd> information(terms.transpose() * terms);
    const Eigen::VectorXd error = deviation_of(z - terms * c) * information.solve(Eigen::MatrixXd::Identity(all, all)).diagonal().cwiseMax(0.0).cwiseSqrt();
    for (Eigen::Index j = 1; j <= count; ++j) {
        const double halves = std::round(2 * c(j)), off = std::fabs(c(j) - halves / 2);
        bool alone = halves != 0 && error(j) < certain && off < std::max(deviations * error(j), 0.005);
        for (std::size_t k = 0; k < products.size() && alone; ++k) {
            const Eigen::Index at = 1 + count + static_cast<Eigen::Index>(k);
            if (products[k].first == j || products[k].second == j) alone = std::fabs(c(at)) < std::max(idle * error(at), 0.02);
        }
        if (alone) found.push_back({features[static_cast<std::size_t>(j - 1)], Rational::make(static_cast<int>(halves), 2), off / std::max(error(j), 1e-12)});
    }
    std::ranges::stable_sort(found, {}, &PowerOf::doubt);
    return found;
}

}  // namespace

std::vector<Step> divisor_steps(const Part& part, double error, double spread, const Means& means, Meter& meter) {
    constexpr double exact = 1e-9;              // error that needs no step
    constexpr double useless = 0.3;             // error that says nothing
    constexpr double sure = 5;                  // of divisors, to go by that there
    const std::size_t n = part.variables();
    std::vector<Step> steps;
    if (part.tolerance > 0 || n < 2 || meter.is_over()) return steps;
    const auto options = trial_options(spread);
    const auto error_of = [&](const Part& of) {
        meter.work += work_of_fit(options, of.target.size());
        return prediction_errors(of.columns, std::span(&of.target, 1), std::span(&of.slope, 1), options)[0];
    };
    // Like is compared with like: the error of as many terms before.
    const double before = std::max(error, error_of(part));
    if (before < exact) return steps;
    // The error of what a step leaves; infinite where it leaves nothing that can be.
    const auto judged = [&](Step step) {
        const auto left = step.features.empty() || meter.is_over() ? std::nullopt : smaller(part, step, means);
        step.score = left ? error_of(*left) : std::numeric_limits<double>::infinity();
        return step;
    };
    // Powers of several features may show together only. The most doubtful ones are left out first.
    for (auto powers = powers_in(part); !powers.empty() && steps.empty(); powers.pop_back()) {
        std::vector<std::size_t> of;
        std::vector<Factor> factors;
        for (const auto& p : powers) {
            factors.push_back({variable(of.size()), p.power});
            of.push_back(p.feature);
        }
        Step step = judged(factor_step(n, of, monomial(factors), {1, 1}));
        if (step.score < least_gain * before) steps.push_back(std::move(step));
    }
    struct Sure {
        Step step;
        double sureness;
        std::size_t shape;
    };
    std::vector<Sure> at_first_sight;
    auto divisors = divisors_of(part, means);
    if (divisors.size() > most_trials) divisors.resize(most_trials);
    for (const auto& divisor : divisors) {
        Step others = judged(factor_step(n, divisor.of, divisor.value, divisor.power, Rest::others));
        Step all = judged(factor_step(n, divisor.of, divisor.value, divisor.power, Rest::all));
        for (auto* step : {&others, &all})
            if (step->score < least_gain * before && step->score < useless) steps.push_back(*step);
        Step& better = others.score < least_gain * all.score ? others : all;
        if (std::isfinite(better.score) && divisor.sureness > sure) at_first_sight.push_back({std::move(better), divisor.sureness, divisor.shape});
    }
    std::ranges::stable_sort(steps, {}, &Step::score);
    if (steps.empty() && before > useless && !at_first_sight.empty()) {
        // Where polynomials follow nothing, what is surest goes first; of several functions with its zeros the most common one.
        constexpr double as_sure = 0.8;
        const double least = as_sure * at_first_sight[0].sureness;
        const auto others = std::ranges::find_if(at_first_sight, [&](const Sure& s) { return s.sureness < least; });
        std::stable_sort(at_first_sight.begin(), others, [](const Sure& a, const Sure& b) { return a.shape < b.shape; });
        for (auto& s : at_first_sight) steps.push_back(std::move(s.step));
    }
    if (steps.size() > most_steps) steps.resize(most_steps);
    return steps;
}

}  // namespace balmer::divide
