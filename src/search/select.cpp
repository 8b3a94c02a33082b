#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "balmer/search.hpp"

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

// Bits to write a formula: its nodes among the operators and columns at hand, its constants to the precision that n rows give them.
double formula_bits(const Candidate& candidate, const Problem& problem, double rows) {
    const double alphabet = static_cast<double>(problem.operators.size() + problem.definitions.size() + problem.data.features.size() + 2);
    double bits = 0;
    for (const auto& output : candidate.outputs) {
        bits += static_cast<double>(output.size()) * std::log2(alphabet);
        for (const double value : output.values) {
            // Small whole numbers are cheap; every other constant costs half a bit per doubling of the rows.
            const bool small_whole = value == std::floor(value) && std::fabs(value) <= 64;
            bits += small_whole ? 2 * std::log2(1 + std::fabs(value)) + 1 : 0.5 * std::log2(rows) + 1;
        }
    }
    return bits;
}

// Bits to write the data given the formula: log-likelihood losses as they are, the others with their scale fitted (a stated sigma is often
// only relative).
double data_bits(double loss, double floor, const Problem& problem, double rows) {
    constexpr double bits_per_nat = 1.4426950408889634;
    const auto& name = problem.loss.name;
    const bool is_likelihood = name == "logistic" || name == "softmax" || name == "poisson";
    if (is_likelihood) return bits_per_nat * loss * rows;
    const bool is_absolute = name == "mae" || name == "quantile";
    return (is_absolute ? 1 : 0.5) * rows * std::log2(std::max(loss, floor));
}

std::size_t by_description_length(const ParetoFront& front, const Problem& problem) {
    const auto& members = front.members();
    const double rows = static_cast<double>(problem.data.rows());
    // A loss below the rounding of the target tells nothing more.
    double scale = 0;
    for (const auto& target : problem.data.targets)
        for (const double y : target.values()) scale = std::max(scale, y * y);
    const double floor = std::max(scale * 1e-28, 1e-300);
    std::size_t chosen = 0;
    double shortest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < members.size(); ++i) {
        const double total = formula_bits(members[i], problem, rows) + data_bits(members[i].loss, floor, problem, rows);
        if (total < shortest) {
            shortest = total;
            chosen = i;
        }
    }
    return chosen;
}

}  // namespace

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
