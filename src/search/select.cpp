#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "balmer/evaluate.hpp"
#include "balmer/fitting.hpp"
#include "search/median.hpp"
#include "search/select.hpp"

namespace balmer {
namespace {

double judged_loss(const Candidate& candidate) {
    return std::isnan(candidate.validation) ? candidate.loss : candidate.validation;
}

std::size_t by_score(const ParetoFront& front) {
    const auto& members = front.members();
    double lowest = std::numeric_limits<double>::infinity();
    for (const auto& member : members) lowest = std::min(lowest, member.loss);
    std::size_t chosen = 0;
    double highest = -1;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (members[i].loss > 1.5 * lowest && members.size() > 1 && i + 1 < members.size()) continue;
        if (members[i].score > highest) {
            highest = members[i].score;
            chosen = i;
        }
    }
    return chosen;
}

std::size_t by_loss(const ParetoFront& front) {
    const auto& members = front.members();
    std::size_t chosen = 0;
    for (std::size_t i = 1; i < members.size(); ++i)
        if (judged_loss(members[i]) < judged_loss(members[chosen])) chosen = i;
    return chosen;
}

constexpr double bits_per_nat = 1.4426950408889634;

// What the targets of one output tell: their bits once the formula is known, and the bits that one fitted number is worth.
struct Told {
    double data = 0, number = 0;
};

// A fitted number is known to the error over the spread of the targets, over the root of the rows (Rissanen, IEEE Trans. Inf. Theory 46
// (2000) 2537, eq. 20, without its constants): n rows met within s of a spread S tell log2(S/s*sqrt(n)) bits of it, and one for its sign.
double fitted_number_bits(double rows, double spread_over_error = 1) { return 0.5 * std::log2(rows) + std::log2(std::max(1.0, spread_over_error)) + 1; }

// A number that says itself exactly costs its writing, any other what the data tell of it.
double number_bits(double value, double fitted) {
    const bool small_whole = value == std::floor(value) && std::fabs(value) <= 64;
    if (small_whole) return 2 * std::log2(1 + std::fabs(value)) + 1;
    const auto exact = snap(value, 1e-14 * std::fabs(value));
    return exact ? std::min(exact->bits, fitted) : fitted;
}

// Nodes are written among the operators and columns at hand. Numbers fitted to the rows leave so many fewer to tell the error by.
DescriptionLength description_length(const Candidate& candidate, const Problem& problem, const Told& of_data) {
    const double alphabet = static_cast<double>(problem.operators.size() + problem.definitions.size() + problem.data.features.size() + 2);
    DescriptionLength length{0, of_data.data};
    double numbers = 0;
    for (const auto& output : candidate.outputs) {
        length.formula += static_cast<double>(output.size()) * std::log2(alphabet);
        for (const double value : output.values) {
            const double bits = number_bits(value, of_data.number);
            length.formula += bits;
            numbers += bits == of_data.number ? 1 : 0;
        }
    }
    const double targets = static_cast<double>(problem.data.rows() * problem.data.targets.size());
    length.data += 0.5 * targets * std::log2(targets / std::max(0.5, targets - numbers));
    return length;
}

// Normal residuals of fitted width, among them wrong rows that may lie anywhere in a range: expectation and maximisation from the robust
// width. Without wrong rows it is n log2 of the width, and so it is where a narrow width would leave too many rows outside: targets with
// few values (ratings, counts) are met exactly by chance.
struct NormalBits {
    double bits = 0, width = 0;
};
NormalBits mixture_bits(std::vector<double> residuals, double range, double floor) {
    constexpr double most_wrong = 0.05, too_many_wrong = 0.2, width_of_median = 1.4826;
    constexpr int rounds = 12;
    const double n = static_cast<double>(residuals.size());
    for (double& r : residuals) r = std::fabs(r);
    double width = std::max(width_of_median * median(residuals), floor), wrong = std::min(most_wrong, 1 / n), nats = 0;
    const double flat = 1 / std::max(range, floor);
    double outside = 0;
    for (int round = 0; round < rounds; ++round) {
        double inside = 0, square = 0;
        nats = 0;
        for (const double r : residuals) {
            const double u = r / width;
            const double normal = (1 - wrong) * std::exp(-0.5 * u * u) / (width * 2.5066282746310002);
            const double density = normal + wrong * flat;
            nats -= std::log(density);
            inside += normal / density;
            square += normal / density * r * r;
        }
        if (!(inside > 0)) break;
        width = std::max(std::sqrt(square / inside), floor);
        outside = 1 - inside / n;
        wrong = std::clamp(outside, 1e-3 / n, most_wrong);
    }
    if (outside > too_many_wrong) {
        double square = 0;
        for (const double r : residuals) square += r * r;
        width = std::max(std::sqrt(square / n), floor);
        nats = n * (0.5 + std::log(width * 2.5066282746310002));
    }
    return {nats * bits_per_nat, width};
}

// Losses of residuals: width and wrong rows fitted, because a stated sigma is often only relative and a mean square follows its worst rows.
Told told_by_residuals(const Candidate& candidate, const Problem& problem) {
    constexpr std::size_t most_rows = 20'000;  // that tell the width; their bits count for all
    const auto pointers = feature_pointers(problem.data);
    const std::size_t all = problem.data.rows(), stride = (all + most_rows - 1) / most_rows;
    const auto outputs = problem.predictions(candidate.outputs);
    double bits = 0, number = 0;
    for (std::size_t k = 0; k < outputs.size(); ++k) {
        const auto target = problem.data.targets[k].values();
        std::vector<double> residual(target.size());
        double* out[] = {residual.data()};
        const Program program(outputs[k], problem.definitions);
        evaluate(program, outputs[k].values, {.column = pointers, .rows = target.size()}, out);
        double low = 0, high = 0, size = 0, weights = 0, sum = 0, square = 0;
        for (std::size_t i = 0; i < target.size(); ++i) {
            const double weight = problem.data.weights ? std::sqrt(std::max(0.0, (*problem.data.weights)[i])) : 1;
            const double scale = weight / (problem.data.sigma ? (*problem.data.sigma)[i] : 1);
            residual[i] = (residual[i] - target[i]) * scale;
            const double scaled = target[i] * scale;
            low = std::min(low, scaled);
            high = std::max(high, scaled);
            size = std::max(size, std::fabs(scaled));
            weights += scale * scale;
            sum += scale * scaled;
            square += scaled * scaled;
        }
        if (!std::ranges::all_of(residual, [](double r) { return std::isfinite(r); })) return {std::numeric_limits<double>::infinity(), 0};
        // A width below the rounding of the target tells nothing more.
        std::size_t kept = 0;
        for (std::size_t i = 0; i < all; i += stride) residual[kept++] = residual[i];
        residual.resize(kept);
        const double share = static_cast<double>(all) / static_cast<double>(kept), n = static_cast<double>(all);
        const auto normal = mixture_bits(std::move(residual), 2 * (high - low), std::max(1e-14 * size, 1e-150));
        bits += share * normal.bits;
        const double spread = std::sqrt(std::max(0.0, square - sum * sum / weights) / n);
        number += fitted_number_bits(n, spread / normal.width);
    }
    return {bits, number / static_cast<double>(outputs.size())};
}

Told told(const Candidate& candidate, const Problem& problem) {
    const double rows = static_cast<double>(problem.data.rows());
    const auto& name = problem.loss.name;
    if (problem.task == Task::classification || name == "poisson") return {bits_per_nat * candidate.loss * rows, fitted_number_bits(rows)};
    const bool of_residuals = name == "mse" || name == "mae" || name == "huber" || name == "log-cosh";
    if (of_residuals) return told_by_residuals(candidate, problem);
    const double outputs = static_cast<double>(candidate.outputs.size());
    return {(name == "quantile" ? 1 : 0.5) * rows * outputs * std::log2(std::max(candidate.loss, 1e-300)), fitted_number_bits(rows)};
}

std::size_t by_description_length(const ParetoFront& front, const Problem& problem) {
    const auto lengths = description_lengths(front, problem);
    std::size_t chosen = 0;
    for (std::size_t i = 1; i < lengths.size(); ++i)
        if (lengths[i].total() < lengths[chosen].total()) chosen = i;
    return chosen;
}

}  // namespace

std::vector<DescriptionLength> description_lengths(const ParetoFront& front, const Problem& problem) {
    std::vector<DescriptionLength> lengths;
    for (const auto& member : front.members()) lengths.push_back(description_length(member, problem, told(member, problem)));
    return lengths;
}

std::size_t select(const ParetoFront& front, Selection selection, const Problem& problem) {
    assert(!front.empty());
    switch (selection) {
        case Selection::best: return by_score(front);
        case Selection::accuracy: return by_loss(front);
        case Selection::description_length: return by_description_length(front, problem);
    }
    return 0;
}

}  // namespace balmer
