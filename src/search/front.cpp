#include <algorithm>
#include <cmath>

#include "balmer/search.hpp"

namespace balmer {
namespace {

constexpr double least_improvement = 1e-12;  // relative: rounding alone does not make a better formula
constexpr double smallest_loss = 1e-300;     // where logarithms of exact fits end

bool clearly_lower(double loss, double than) { return loss < than - least_improvement * std::fabs(than); }

}  // namespace

std::size_t Problem::outputs() const {
    if (form) return form->holes.size() + 1;
    if (task == Task::regression) return std::max<std::size_t>(1, data.targets.size());
    return data.classes.size() == 2 && loss.name != "softmax" ? 1 : data.classes.size();
}

std::vector<Expression> Problem::predictions(std::span<const Expression> outputs) const {
    if (form) return {filled(outputs.back(), outputs.first(searched()))};
    return {outputs.begin(), outputs.end()};
}

Vocabulary Problem::vocabulary() const {
    Vocabulary vocabulary{.features = data.feature_names(), .parameters = parameter_names, .definitions = definitions, .holes = {}};
    for (const auto& category : data.categories) vocabulary.categories.push_back(category.axis);
    return vocabulary;
}

std::string to_string(StopReason reason) {
    switch (reason) {
        case StopReason::solved: return "solved";
        case StopReason::seconds: return "seconds";
        case StopReason::evaluations: return "evaluations";
        case StopReason::memory: return "memory";
        case StopReason::interrupted: return "interrupted";
        case StopReason::exhausted: return "exhausted";
    }
    return "unknown";
}

bool ParetoFront::would_accept(int complexity, double loss) const {
    if (!std::isfinite(loss)) return false;
    for (const auto& member : members_) {
        if (member.complexity > complexity) break;
        if (!clearly_lower(loss, member.loss)) return false;
    }
    return true;
}

bool ParetoFront::insert(Candidate candidate) {
    if (!would_accept(candidate.complexity, candidate.loss)) return false;
    std::erase_if(members_, [&](const Candidate& member) {
        return member.complexity >= candidate.complexity && !clearly_lower(member.loss, candidate.loss);
    });
    const auto place = std::ranges::find_if(members_, [&](const Candidate& m) { return m.complexity > candidate.complexity; });
    members_.insert(place, std::move(candidate));
    update_scores();
    return true;
}

void ParetoFront::update_scores() {
    for (std::size_t i = 0; i < members_.size(); ++i) {
        auto& member = members_[i];
        member.score = 0;
        if (i == 0) continue;
        const auto& before = members_[i - 1];
        member.score = (std::log(std::max(before.loss, smallest_loss)) - std::log(std::max(member.loss, smallest_loss))) /
                       std::max(1, member.complexity - before.complexity);
    }
}

}  // namespace balmer
