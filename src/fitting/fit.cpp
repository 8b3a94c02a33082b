#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "balmer/error.hpp"
#include "fitting/descent.hpp"

namespace balmer {
namespace {

using fitting::Descent;
using fitting::Freedom;
using fitting::Objective;

constexpr double infinity = std::numeric_limits<double>::infinity();

template <class T>
void check_length(const std::vector<T>& list, std::size_t parameters, const char* what) {
    if (!list.empty() && list.size() != parameters)
        throw Error(fmt::format("{} {} given for {} parameters", list.size(), what, parameters));
}

Freedom freedom_of(const Program& program, const BoundLoss& loss, const FitOptions& options) {
    const std::size_t n = program.parameters();
    check_length(options.lower, n, "lower bounds");
    check_length(options.upper, n, "upper bounds");
    check_length(options.fixed, n, "fixed flags");
    Freedom freedom{.active = {}, .linear = std::vector<bool>(n, false), .lower = options.lower, .upper = options.upper};
    std::vector<bool> excluded(n, false);
    for (std::size_t i = 0; i < n; ++i) {
        if (freedom.low(i) > freedom.high(i))
            throw Error(fmt::format("parameter {} has its lower bound {} above its upper bound {}", i, freedom.low(i), freedom.high(i)));
        const bool fixed = (!options.fixed.empty() && options.fixed[i]) || freedom.low(i) == freedom.high(i);
        if (!fixed) freedom.active.push_back(i);
        excluded[i] = fixed || std::isfinite(freedom.low(i)) || std::isfinite(freedom.high(i));
    }
    if (options.project_linear && loss.is_least_squares() && !freedom.active.empty())
        freedom.linear = linear_parameters(program.graph(), excluded);
    return freedom;
}

// One fit of a loss without kinks.
FitResult descend(const Program& program, const Columns<double>& columns, const BoundLoss& loss, const Freedom& freedom,
                  const FitOptions& options, std::vector<double> start) {
    Objective objective(program, columns, loss, loss);
    return Descent(objective, freedom, loss, program.parameters()).run(std::move(start), options.maximum_iterations, options.tolerance);
}

// One fit of a loss with kinks: a row of smooth losses that come ever closer to it, each started from the fit of the one before.
FitResult descend_smoothed(const Program& program, const Columns<double>& columns, const BoundLoss& loss, const Freedom& freedom,
                           const FitOptions& options, std::vector<double> start) {
    Objective truth(program, columns, loss, loss);
    FitResult best{.values = start, .loss = truth.value(start, infinity), .iterations = 0, .evaluations = 1, .stop = FitStop::not_finite};
    if (!std::isfinite(best.loss)) return best;
    best.stop = FitStop::iterations;
    const double first_width = best.loss / loss.total_weight();
    double width = 0.5 * first_width, before = best.loss;
    std::vector<double> x = std::move(start);
    int left = options.maximum_iterations;
    while (left > 0 && width > 0) {
        const auto smooth = loss.smoothed(width);
        Objective objective(program, columns, loss, *smooth);
        FitResult stage = Descent(objective, freedom, loss, program.parameters()).run(x, std::min(left, 6), 1e-4);
        left -= std::max(stage.iterations, 1);
        best.iterations += stage.iterations;
        best.evaluations += stage.evaluations + 1;
        const double value = truth.value(stage.values, infinity);
        x = std::move(stage.values);
        if (value < best.loss) {
            best.loss = value;
            best.values = x;
        }
        const bool settled = std::fabs(before - value) <= options.tolerance * std::fabs(value);
        if ((settled && width < 1e-6 * first_width) || width < 1e-12 * first_width) {
            best.stop = FitStop::converged;
            break;
        }
        before = value;
        width = std::min(0.2 * width, 0.5 * value / loss.total_weight());
    }
    return best;
}

std::vector<double> within_bounds(std::span<const double> start, const Freedom& freedom) {
    std::vector<double> x(start.begin(), start.end());
    for (const auto i : freedom.active) x[i] = std::clamp(x[i], freedom.low(i), freedom.high(i));
    return x;
}

}  // namespace

FitResult fit(const Program& program, std::span<const double> start, const Columns<double>& columns, const BoundLoss& loss,
              const FitOptions& options, RandomStream* random) {
    if (start.size() != program.parameters())
        throw Error(fmt::format("{} start values given for {} parameters", start.size(), program.parameters()));
    if (program.outputs() != loss.outputs())
        throw Error(fmt::format("the loss needs {} output{}, but there {} {}", loss.outputs(), loss.outputs() == 1 ? "" : "s",
                                program.outputs() == 1 ? "is" : "are", program.outputs()));
    const Freedom freedom = freedom_of(program, loss, options);
    const std::vector<double> first = within_bounds(start, freedom);
    if (freedom.active.empty()) {
        Objective objective(program, columns, loss, loss);
        const double total = objective.value(first, infinity);
        return {.values = first, .loss = total / loss.total_weight(), .iterations = 0, .evaluations = 1, .stop = FitStop::nothing_to_fit};
    }
    const bool kinked = loss.smoothed(1) != nullptr;
    const auto run = [&](std::vector<double> from) {
        return kinked ? descend_smoothed(program, columns, loss, freedom, options, std::move(from))
                      : descend(program, columns, loss, freedom, options, std::move(from));
    };
    FitResult best = run(first);
    RandomStream own(0);
    RandomStream& stream = random ? *random : own;
    for (int k = 0; k < options.restarts; ++k) {
        std::vector<double> from(first);
        for (const auto i : freedom.active) from[i] = from[i] == 0 ? 0.5 * stream.normal() : from[i] * (1 + 0.5 * stream.normal());
        FitResult other = run(within_bounds(from, freedom));
        other.iterations += best.iterations;
        other.evaluations += best.evaluations;
        if (other.loss < best.loss) {
            best = std::move(other);
        } else {
            best.iterations = other.iterations;
            best.evaluations = other.evaluations;
        }
    }
    best.loss /= loss.total_weight();
    return best;
}

}  // namespace balmer
