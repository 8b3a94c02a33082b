#include <algorithm>
#include <cmath>

#include "search/divide/steps.hpp"

namespace balmer::divide {
namespace {

Expression parsed(const char* text, std::vector<std::string> names) {
    return parse(text, Vocabulary{.features = std::move(names), .parameters = {}, .definitions = {}, .holes = {}});
}

// Factors of one variable.
const std::vector<std::pair<Expression, Rational>>& factors() {
    static const std::vector<std::pair<Expression, Rational>> all = [] {
        std::vector<std::pair<Expression, Rational>> list;
        const Expression x = Expression::feature(0);
        for (const Rational p : {Rational{1, 1}, {-1, 1}, {2, 1}, {-2, 1}, {1, 2}, {-1, 2}, {3, 1}, {-3, 1}, {3, 2}, {-3, 2}}) list.emplace_back(x, p);
        for (const char* text : {"sin(x)", "cos(x)", "exp(x)", "log(x)"})
            for (const Rational p : {Rational{1, 1}, {-1, 1}, {2, 1}, {-2, 1}}) list.emplace_back(parsed(text, {"x"}), p);
        return list;
    }();
    return all;
}

const std::vector<Expression>& merges() {
    static const std::vector<Expression> all = [] {
        std::vector<Expression> list;
        for (const char* text : {"x*y", "y/x", "x - y", "x + y", "square(x) + square(y)", "y*square(x)", "x*square(y)", "square(y)/x", "square(x)/y"}) list.push_back(parsed(text, {"x", "y"}));
        return list;
    }();
    return all;
}

}  // namespace

std::vector<Step> scan_steps(const Part& part, double error, double spread, const Means& means, Meter& meter) {
    const std::size_t n = part.variables();
    const auto options = trial_options(spread);
    // Like is compared with like: the error of as many terms before.
    const double before = std::max(error, prediction_errors(part.columns, std::span(&part.target, 1), std::span(&part.slope, 1), options)[0]);
    const double work = work_of_fit(options, part.target.size());
    std::vector<Step> steps;
    const auto allowed = [&](const Step& step) {
        const auto written = [&](const Expression& e) { return operators_allow(means.operators, e); };
        return std::ranges::all_of(step.features, written) && written(step.target) && written(step.wrap);
    };
    const auto keep = [&](Step step, double after) {
        if (!(after < least_gain * before)) return;
        step.score = after;
        steps.push_back(std::move(step));
    };
    for (std::size_t i = 0; i < n && n > 1 && !meter.is_over(); ++i) {
        std::vector<Step> trials;
        meter.work += work;
        std::vector<std::vector<double>> targets, slopes;
        for (const auto& [factor, power] : factors()) {
            Step step = factor_step(n, std::span(&i, 1), factor, power);
            if (!allowed(step)) continue;
            auto left = smaller(part, step, means);
            if (!left) continue;
            trials.push_back(std::move(step));
            targets.push_back(std::move(left->target));
            slopes.push_back(std::move(left->slope));
        }
        auto others = part.columns;
        others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
        const auto errors = prediction_errors(others, targets, slopes, options);
        for (std::size_t t = 0; t < trials.size(); ++t) keep(std::move(trials[t]), errors[t]);
    }
    // Where a factor is that sure, pairs are looked at without it.
    constexpr double sure = 0.1;
    const bool settled = std::ranges::any_of(steps, [&](const Step& step) { return step.score < sure * before; });
    for (std::size_t i = 0; i < n && !settled; ++i)
        for (std::size_t j = i + 1; j < n; ++j)
            for (const auto& merged : merges()) {
                if (meter.is_over()) break;
                meter.work += work;
                Step step = merge_step(n, i, j, merged);
                if (!allowed(step)) continue;
                const auto left = smaller(part, step, means);
                if (left) keep(std::move(step), prediction_errors(left->columns, std::span(&left->target, 1), std::span(&left->slope, 1), options)[0]);
            }
    std::ranges::stable_sort(steps, {}, &Step::score);
    constexpr std::size_t most = 8;
    if (steps.size() > most) steps.resize(most);
    return steps;
}

}  // namespace balmer::divide
