#include "search/genetic/population.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

namespace balmer::genetic {
namespace {

constexpr double price_of_size = 0.02;  // of one unit of complexity, in log loss, when all niches compete
constexpr double turn_of_oldest = 0.1;  // how often the oldest member gives way instead of the worst one met
constexpr int members_met = 3;

// The loss to about nine digits, as a key.
std::uint64_t loss_key(double loss) { return (std::bit_cast<std::uint64_t>(loss) + (1U << 22)) >> 23; }

double log_loss(double loss) { return std::log(std::max(loss, 1e-300)); }

}  // namespace

std::size_t Population::best_of(std::size_t niche) const {
    const auto& members = niches_[niche];
    std::size_t best = 0;
    for (std::size_t i = 1; i < members.size(); ++i)
        if (members[i].loss < members[best].loss)
            best = i;
    return best;
}

double Population::best_loss(std::size_t niche) const {
    return niches_[niche].empty() ? std::numeric_limits<double>::infinity() : niches_[niche][best_of(niche)].loss;
}

double Population::worst_loss(std::size_t niche) const {
    if (niches_[niche].size() < niche_size_)
        return std::numeric_limits<double>::infinity();
    double worst = 0;
    for (const auto& member : niches_[niche])
        worst = std::max(worst, member.loss);
    return worst;
}

const Individual& Population::pick(RandomStream& random, int tournament) const {
    assert(size_ > 0);
    const Individual* best = nullptr;
    if (random.chance(0.5)) {
        std::size_t at = random.below(niches_.size());
        while (niches_[at].empty())
            at = (at + 1) % niches_.size();
        for (int t = 0; t < tournament; ++t) {
            const auto& drawn = niches_[at][random.below(niches_[at].size())];
            if (!best || drawn.loss < best->loss)
                best = &drawn;
        }
        return *best;
    }
    double best_cost = 0;
    for (int t = 0; t < tournament; ++t) {
        std::size_t number = random.below(size_), at = 0;
        while (number >= niches_[at].size())
            number -= niches_[at++].size();
        const auto& drawn = niches_[at][number];
        const double cost = log_loss(drawn.loss) + price_of_size * drawn.complexity;
        if (best && cost >= best_cost)
            continue;
        best = &drawn;
        best_cost = cost;
    }
    return *best;
}

void Population::remember(const Individual& individual) {
    const auto [at, fresh] = shortest_.try_emplace(loss_key(individual.loss), individual.complexity);
    if (!fresh)
        at->second = std::min(at->second, individual.complexity);
    ++size_;
}

void Population::forget(const Individual& individual) {
    const auto at = shortest_.find(loss_key(individual.loss));
    if (at != shortest_.end() && at->second == individual.complexity)
        shortest_.erase(at);
    --size_;
}

std::size_t Population::victim_in(std::size_t niche, RandomStream& random, double& patience) const {
    const auto& members = niches_[niche];
    const std::size_t best = best_of(niche);
    const auto not_best = [&] {
        const std::size_t drawn = random.below(members.size() - 1);
        return drawn < best ? drawn : drawn + 1;
    };
    std::size_t victim = not_best();
    if (random.chance(turn_of_oldest)) {
        for (std::size_t i = 0; i < members.size(); ++i)
            if (i != best && members[i].birth < members[victim].birth)
                victim = i;
        patience += 1;
        return victim;
    }
    for (int t = 1; t < members_met; ++t) {
        const std::size_t other = not_best();
        if (members[other].loss > members[victim].loss)
            victim = other;
    }
    return victim;
}

Reception Population::offer(Individual individual, std::size_t niche, double temperature, RandomStream& random) {
    auto& members = niches_[niche];
    const double before = best_loss(niche);
    const auto verdict = individual.loss < before ? Reception::improved : Reception::entered;
    for (auto& member : members) {
        if (member.structure != individual.structure)
            continue;
        if (!(individual.loss < member.loss))
            return Reception::refused;
        forget(member);
        member = std::move(individual);
        remember(member);
        return verdict;
    }
    const auto same_loss = shortest_.find(loss_key(individual.loss));
    if (same_loss != shortest_.end() && same_loss->second <= individual.complexity)
        return Reception::refused;
    if (members.size() < niche_size_) {
        remember(individual);
        members.push_back(std::move(individual));
        return verdict;
    }
    if (members.size() < 2) {
        if (verdict != Reception::improved)
            return Reception::refused;
        forget(members[0]);
        members[0] = std::move(individual);
        remember(members[0]);
        return verdict;
    }
    double patience = temperature;
    auto& victim = members[victim_in(niche, random, patience)];
    const double worse = log_loss(individual.loss) - log_loss(victim.loss);
    const bool accepted = random.uniform() < std::exp(-std::max(0.0, worse) / std::max(patience, 1e-6));
    if (!accepted)
        return Reception::refused;
    forget(victim);
    victim = std::move(individual);
    remember(victim);
    return verdict;
}

std::vector<Individual> Population::drain() {
    std::vector<Individual> result;
    for (auto& members : niches_) {
        for (auto& member : members)
            result.push_back(std::move(member));
        members.clear();
    }
    shortest_.clear();
    size_ = 0;
    return result;
}

void Population::write(ByteWriter& writer) const {
    writer.u64(niches_.size());
    for (const auto& members : niches_)
        put(writer, members);
    // Written in the order of keys: the order inside the map is no part of the state.
    std::vector<std::pair<std::uint64_t, int>> sorted(shortest_.begin(), shortest_.end());
    std::ranges::sort(sorted);
    writer.u64(sorted.size());
    for (const auto& [key, complexity] : sorted) {
        writer.u64(key);
        writer.i64(complexity);
    }
}

void Population::read(ByteReader& reader) {
    drain();
    niches_.clear();
    for (auto left = reader.u64(); left > 0; --left) {
        get(reader, niches_.emplace_back());
        size_ += niches_.back().size();
    }
    for (auto left = reader.u64(); left > 0; --left) {
        const auto key = reader.u64();
        shortest_[key] = static_cast<int>(reader.i64());
    }
}

}  // namespace balmer::genetic
