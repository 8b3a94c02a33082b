#pragma once

#include <unordered_map>
#include <vector>

#include "balmer/random.hpp"
#include "search/genetic/individual_bytes.hpp"

namespace balmer::genetic {

/// What became of an individual that was offered to a population.
enum class Reception : std::uint8_t {
    refused,
    entered,   ///< took a place
    improved,  ///< took a place and is the best of its niche
};

/// A population in niches of equal complexity, so that short formulas keep their place beside long ones. Within a niche
/// a newcomer competes with a few drawn members, now and then the oldest goes, and the best always stays. No two
/// members have the same structure, and none has the loss of a shorter one: such formulas are equal on the data.
class Population {
public:
    Population(std::size_t niches, std::size_t niche_size) : niches_(niches), niche_size_(niche_size) {}

    std::size_t size() const { return size_; }
    std::span<const Individual> niche(std::size_t number) const { return niches_[number]; }
    std::size_t niches() const { return niches_.size(); }

    /// A parent: half the time the best of `tournament` members of an occupied niche, each niche equally likely, else
    /// the best of as many drawn from everywhere, complexity held against them a little.
    const Individual& pick(RandomStream& random, int tournament) const;
    /// Offers an individual to a niche. At `temperature` T a newcomer that is worse by d in log loss takes the place of
    /// the member it meets with probability exp(-d/T).
    Reception offer(Individual individual, std::size_t niche, double temperature, RandomStream& random);
    /// Lowest loss of a niche; infinity when it is empty.
    double best_loss(std::size_t niche) const;
    /// Highest loss of a niche that is full; infinity while there is room.
    double worst_loss(std::size_t niche) const;
    /// Best member of a niche that is not empty.
    const Individual& best(std::size_t niche) const { return niches_[niche][best_of(niche)]; }
    /// Removes all members, in order of niche.
    std::vector<Individual> drain();

    void write(ByteWriter& writer) const;
    void read(ByteReader& reader);

private:
    std::size_t best_of(std::size_t niche) const;
    std::size_t victim_in(std::size_t niche, RandomStream& random, double& patience) const;
    void forget(const Individual& individual);
    void remember(const Individual& individual);

    std::vector<std::vector<Individual>> niches_;
    std::size_t niche_size_;
    std::size_t size_ = 0;
    std::unordered_map<std::uint64_t, int> shortest_;  ///< complexity of the member with this loss
};

}  // namespace balmer::genetic
