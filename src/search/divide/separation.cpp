#include "search/divide/separation.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "search/divide/formula.hpp"
#include "search/divide/smooth_rest.hpp"

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
    // F = log: log|f|.
    const auto left = [&](const Expression& f) {
        std::vector<std::vector<double>> columns;
        for (const auto i : s.group) columns.push_back(part.columns[i]);
        auto values = values_of(f, columns);
        for (std::size_t r = 0; r < values.size(); ++r)
            values[r] = scaled_value(s.scale, part.target[r]) - (s.scale == Scale::logarithm ? std::log(std::fabs(values[r])) : values[r]);
        return values;
    };
    double size = 0;
    for (const double y : part.target) size = std::max(size, std::fabs(scaled_value(s.scale, y)));
    const auto found = SmoothRest(part, rest, Input::Kind::plain, {}).with_fitted_constants(formula, left, size);
    if (!found.all_short) step.tolerance = s.part.tolerance;
    std::vector<Expression> by;
    std::string names;
    for (const auto i : s.group) {
        by.push_back(variable(i));
        names += fmt::format("{}%{}", names.empty() ? "" : ", ", i);
    }
    const Expression f = with_features(found.formula, by), value = variable(n);
    if (s.scale == Scale::logarithm) {
        step.target = quotient(value, f);
        step.slope = f;
        step.wrap = product(f, value);
    } else {
        const double sign = part.target[0] < 0 ? -1 : 1;
        step.target = difference(scaled(s.scale, value, sign), f);
        step.wrap = unscaled(s.scale, sum(f, value), sign);
        if (s.scale != Scale::plain) step.slope = unscaled_slope(s.scale, sum(f, value), sign);
    }
    static constexpr const char* how[] = {"a sum", "a product", "an inverse of a sum", "a root of a sum", "the square of a sum", "an inverse square of a sum"};
    step.words = fmt::format("{} stand apart: {} of a function of them and one of the rest", names, how[static_cast<std::size_t>(s.scale)]);
    return step;
}

}  // namespace balmer::divide
