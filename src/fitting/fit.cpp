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
using fitting::infinity;

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
    Objective objective(program, columns, loss, loss, loss.newton());
    return Descent(objective, freedom, program.parameters()).run(std::move(start), options.maximum_iterations, options.tolerance);
}

// A fit of a loss with kinks: a row of smooth losses that come ever closer to it, each started from the minima of those before.
class SmoothedDescent {
public:
    SmoothedDescent(const Program& program, const Columns<double>& columns, const BoundLoss& loss, const Freedom& freedom,
                    const FitOptions& options)
        : program_(program), columns_(columns), loss_(loss), freedom_(freedom), options_(options),
          truth_(program, columns, loss, loss, loss) {}

    FitResult run(std::vector<double> start) {
        best_ = {.values = start, .loss = truth_.value(start, infinity), .iterations = 0, .evaluations = 0, .stop = FitStop::not_finite};
        if (std::isfinite(best_.loss)) descend(std::move(start));
        best_.evaluations += truth_.passes();
        return best_;
    }

private:
    void descend(std::vector<double> x) {
        best_.stop = FitStop::iterations;
        const double first_width = best_.loss / loss_.total_weight();
        std::vector<double> before;  // minimum of the stage before, at the width before
        double width = 0.5 * first_width, width_before = 0, value_before = best_.loss;
        while (best_.iterations < options_.maximum_iterations && width > 0) {
            const std::vector<double> found = stage(before.empty() ? x : extrapolated(before, width_before, x, width_of_x_, width), x, width);
            before = std::move(x);
            width_before = width_of_x_;
            x = found;
            width_of_x_ = width;
            const double value = truth_.value(x, infinity);
            if (value < best_.loss) {
                best_.loss = value;
                best_.values = x;
            }
            const bool settled = std::fabs(value_before - value) <= options_.tolerance * std::fabs(value);
            if ((settled && width < 1e-6 * first_width) || width < 1e-12 * first_width) {
                best_.stop = FitStop::converged;
                return;
            }
            value_before = value;
            width = std::min(0.2 * width, 0.5 * value / loss_.total_weight());
        }
    }

    // Once the rows on the kink are known, the minimum moves in proportion to the width.
    std::vector<double> extrapolated(const std::vector<double>& a, double width_a, const std::vector<double>& b, double width_b,
                                     double width) const {
        std::vector<double> result = b;
        if (width_a == width_b) return result;
        for (const auto i : freedom_.active)
            result[i] = std::clamp(b[i] + (b[i] - a[i]) * (width - width_b) / (width_b - width_a), freedom_.low(i), freedom_.high(i));
        return result;
    }

    std::vector<double> stage(const std::vector<double>& guess, const std::vector<double>& x, double width) {
        const auto safe = loss_.smoothed(width, Bend::majorising), sharp = loss_.smoothed(width, Bend::exact);
        Objective objective(program_, columns_, loss_, *safe, *sharp);
        const std::vector<double>& start = objective.value(guess, infinity) <= objective.value(x, infinity) ? guess : x;
        const int left = options_.maximum_iterations - best_.iterations;
        FitResult result = Descent(objective, freedom_, program_.parameters()).run(start, std::min(left, std::max(4, left / 16)), 1e-9);
        best_.iterations += std::max(result.iterations, 1);
        best_.evaluations += result.evaluations;
        return std::move(result.values);
    }

    const Program& program_;
    const Columns<double>& columns_;
    const BoundLoss& loss_;
    const Freedom& freedom_;
    const FitOptions& options_;
    Objective truth_;
    FitResult best_;
    double width_of_x_ = 0;
};

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
        Objective objective(program, columns, loss, loss, loss);
        const double total = objective.value(first, infinity);
        return {.values = first, .loss = total / loss.total_weight(), .iterations = 0, .evaluations = 1, .stop = FitStop::nothing_to_fit};
    }
    const bool kinked = loss.smoothed(1, Bend::exact) != nullptr;
    const auto run = [&](std::vector<double> from) {
        return kinked ? SmoothedDescent(program, columns, loss, freedom, options).run(std::move(from))
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
