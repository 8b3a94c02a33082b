#pragma once

#include <memory>
#include <vector>

#include "search/genetic/admission.hpp"
#include "search/genetic/judge.hpp"
#include "search/genetic/mutation.hpp"
#include "search/genetic/population.hpp"

namespace balmer::genetic {

/// A fixed table of structures tried lately, with how often: keeps the search from fitting the same formula again and
/// again.
class Tried {
public:
    Tried() : slots_(size, 0) {}
    /// Counts one more trial and returns how many there were before, at most 7.
    int count(std::uint64_t structure);
    void clear() { slots_.assign(size, 0); }
    std::vector<std::uint64_t>& slots() { return slots_; }
    const std::vector<std::uint64_t>& slots() const { return slots_; }

private:
    static constexpr std::size_t size = std::size_t{1} << 14;
    std::vector<std::uint64_t> slots_;
};

/// One population and what it learned. An epoch is a pure function of the island's state, the seed, the epoch's number,
/// the front and the immigrants it is given.
class Island {
public:
    Island(const Setting& setting, const Sample& sample, std::uint64_t seed, std::uint64_t number);

    /// Evolves until the epoch's work, or `most_evaluations`, is spent.
    void run_epoch(std::uint64_t epoch, const ParetoFront& front, std::span<const Individual> immigrants,
                   double most_evaluations);

    /// What entered the island's copy of the front during the last epoch, in order.
    const std::vector<Candidate>& found() const { return found_; }
    /// Who leaves for the next island.
    const std::vector<Individual>& emigrants() const { return emigrants_; }
    /// Rows x nodes of the last epoch.
    double work() const { return work_; }
    /// Candidates on all rows of the last epoch.
    double evaluations() const { return evaluations_; }
    /// Children made so far.
    std::uint64_t children() const { return children_; }
    /// How often the population started anew.
    std::uint64_t restarts() const { return restarts_; }
    /// Children made by each mutation, crossover last, and how many of them found a place; older ones count less.
    std::span<const double> tries() const { return tries_; }
    std::span<const double> successes() const { return successes_; }
    const Population& population() const { return population_; }

    void write(ByteWriter& writer) const;
    void read(ByteReader& reader);

private:
    struct Batch;
    void take_batch(std::uint64_t number);
    void look_again();
    void begin_anew(std::uint64_t epoch, double most_evaluations);
    void seed_guesses();
    void welcome(std::span<const Individual> immigrants);
    void refill_pool();
    void make_child();
    std::size_t draw_way();
    bool settle(Individual child, std::size_t changed, double bar);
    bool admissible(const Individual& child) const;
    void admit_best_of_batch();
    void choose_emigrants();
    void learn();
    Individual random_individual(int size);
    double spent_work() const { return idle_work_ + judge_->work() + admission_->work(); }
    double spent_evaluations() const { return judge_->evaluations() + admission_->evaluations(); }

    const Setting* setting_;
    const Sample* sample_;
    std::uint64_t seed_, number_;

    // State that a checkpoint keeps.
    Population population_;
    Tried tried_;
    std::vector<double> tries_, successes_, ways_;
    std::vector<Individual> emigrants_;
    std::vector<std::uint64_t> admitted_;  ///< structures of niche bests that were tried on all rows
    std::uint64_t children_ = 0, restarts_ = 0, last_progress_ = 0, batch_number_ = 0;

    // Of one epoch.
    std::shared_ptr<const Batch> batch_;
    Pool pool_;
    RandomStream random_;
    std::unique_ptr<Judge> judge_;
    std::unique_ptr<Admission> admission_;
    double temperature_ = 0, idle_work_ = 0;
    std::vector<Candidate> found_;
    double work_ = 0, evaluations_ = 0;
};

}  // namespace balmer::genetic
