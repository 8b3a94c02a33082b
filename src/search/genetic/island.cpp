#include "search/genetic/island.hpp"

#include <algorithm>
#include <cmath>

#include "search/genetic/create.hpp"

namespace balmer::genetic {
namespace {

constexpr double hottest = 0.1;        // temperature of the annealing, in log loss
constexpr std::uint64_t cooling = 20;  // epochs from hottest to zero, over and over
constexpr int first_members = 300;
constexpr int pool_members = 60;
constexpr double memory_of_success = 0.8;  // per epoch
constexpr double cost_of_trying = 5'000;   // rows x nodes that making a child stands for, were it never evaluated
constexpr int trials_of_structure = 3;     // fits of one structure from different constants

}  // namespace

int Tried::count(std::uint64_t structure) {
    auto& slot = slots_[structure & (size - 1)];
    if (slot >> 3 != structure >> 3)
        slot = structure & ~std::uint64_t{7};
    const int before = static_cast<int>(slot & 7);
    if (before < 7)
        ++slot;
    return before;
}

// The rows an island looks at for a while, when they are not all.
struct Island::Batch {
    Batch(const Problem& problem, std::span<const std::size_t> chosen)
        : data(problem.data.take(chosen)), rows(data, problem.loss, problem.task) {}
    Dataset data;
    BoundRows rows;
};

Island::Island(const Setting& setting, const Sample& sample, std::uint64_t seed, std::uint64_t number)
    : setting_(&setting),
      sample_(&sample),
      seed_(seed),
      number_(number),
      population_(Setting::niche_count, static_cast<std::size_t>(setting.options().niche_size)),
      pool_(sample),
      random_(seed) {
    const std::size_t ways = mutations().size() + 1;
    tries_.assign(ways, 0);
    successes_.assign(ways, 0);
    for (const auto& mutation : mutations())
        ways_.push_back(mutation->weight());
    ways_.push_back(0);
    learn();
}

// Weights of the ways to make a child: the given one, up to three times as much for those that succeed more often than
// the mean.
void Island::learn() {
    double all_tries = 0, all_successes = 0, total = 0;
    for (std::size_t i = 0; i < tries_.size(); ++i) {
        all_tries += tries_[i];
        all_successes += successes_[i];
    }
    const double mean = (all_successes + 1) / (all_tries + 50);
    for (std::size_t i = 0; i + 1 < ways_.size(); ++i) {
        const double rate = (successes_[i] + 20 * mean) / (tries_[i] + 20);
        ways_[i] = mutations()[i]->weight() * std::clamp(rate / mean, 0.33, 3.0);
        total += ways_[i];
    }
    const double crossover = setting_->options().crossover;
    ways_.back() = total * crossover / std::max(1e-9, 1 - crossover);
    for (std::size_t i = 0; i < tries_.size(); ++i) {
        tries_[i] *= memory_of_success;
        successes_[i] *= memory_of_success;
    }
}

void Island::take_batch(std::uint64_t number) {
    if (setting_->sees_all_rows())
        return;
    if (!batch_ || number != batch_number_)
        batch_ = std::make_shared<Batch>(setting_->problem(), setting_->batch(seed_, number_, number));
    batch_number_ = number;
}

Individual Island::random_individual(int size) {
    Individual result;
    const std::size_t outputs = setting_->outputs();
    for (std::size_t k = 0; k < outputs; ++k)
        result.cores.push_back(without_affine_map(setting_->normal(random_tree(*setting_, k, size, random_))));
    result.scale.assign(outputs, 1);
    result.offset.assign(outputs, 0);
    result.losses.assign(setting_->separable() ? outputs : 1, 0);
    if (const auto& form = setting_->problem().form) {
        // Constants of the form may be anywhere; half of the time its holes get the chance to do without.
        result.form_values = form->expression.values;
        const bool anywhere = random_.chance(0.5);
        for (std::size_t i = 0; i < result.form_values.size(); ++i)
            if (!form->parameters[i].empty() && anywhere)
                result.form_values[i] = (random_.chance(0.3) ? -1 : 1) * std::exp(1.5 * random_.normal());
    }
    return result;
}

bool Island::admissible(const Individual& child) const {
    bool any_feature = false;
    for (std::size_t k = 0; k < child.cores.size(); ++k) {
        if (!setting_->allowed(child.cores[k], k))
            return false;
        any_feature = any_feature || reads_features(child.cores[k]);
    }
    if (!any_feature || child.complexity > setting_->maximum_complexity())
        return false;
    if (child.cores.size() == 1 || setting_->problem().form)
        return true;
    const int most = 2 * setting_->problem().constraints.maximum_complexity;
    return std::ranges::all_of(child.cores,
                               [&](const Expression& core) { return setting_->problem().complexity(core) <= most; });
}

bool Island::settle(Individual child, std::size_t changed, double bar) {
    child.complexity = 0;
    for (const auto& core : child.cores)
        child.complexity += setting_->problem().complexity(core);
    if (!admissible(child))
        return false;
    child.hash_structure();
    const bool constants = std::ranges::any_of(child.cores, [](const Expression& e) { return !e.values.empty(); });
    if (tried_.count(child.structure) >= (constants ? trials_of_structure : 1))
        return false;
    const std::size_t niche = setting_->niche_of(child.complexity);
    if (setting_->separable())
        bar = population_.worst_loss(niche);
    if (!judge_->fit(child, changed, setting_->options().fit_iterations, bar))
        return false;
    child.birth = children_;
    const double best = population_.best_loss(niche);
    const bool good = setting_->sees_all_rows() && child.loss < 1.01 * best && admission_->promising(child, child.loss);
    if (good)
        admission_->admit(child, child.loss, setting_->options().final_iterations);
    return population_.offer(std::move(child), niche, temperature_, random_) != Reception::refused;
}

void Island::seed_guesses() {
    for (const auto& guess : setting_->problem().guesses) {
        if (guess.size() != setting_->problem().outputs())
            continue;
        admission_->admit_formulas(guess, setting_->options().final_iterations, "guess");
        Individual individual = random_individual(1);
        for (std::size_t k = 0; k < setting_->outputs(); ++k)
            individual.cores[k] = without_affine_map(setting_->normal(guess[k]));
        if (setting_->problem().form)
            individual.form_values = guess.back().values;
        settle(std::move(individual), Judge::all, std::numeric_limits<double>::infinity());
    }
}

void Island::begin_anew(std::uint64_t epoch, double most_evaluations) {
    population_.drain();
    tried_.clear();
    admitted_.clear();
    last_progress_ = epoch;
    temperature_ = hottest;
    const int largest = std::min(9, std::max(3, setting_->problem().constraints.maximum_complexity));
    for (int i = 0; i < first_members && spent_evaluations() < most_evaluations; ++i) {
        ++children_;
        settle(random_individual(1 + i % largest), Judge::all, std::numeric_limits<double>::infinity());
    }
}

void Island::look_again() {
    auto members = population_.drain();
    tried_.clear();
    admitted_.clear();
    for (auto& member : members) {
        if (!judge_->look(member))
            continue;
        const std::size_t niche = setting_->niche_of(member.complexity);
        population_.offer(std::move(member), niche, 0, random_);
    }
}

void Island::welcome(std::span<const Individual> immigrants) {
    for (Individual immigrant : immigrants) {
        if (!setting_->sees_all_rows() && !judge_->look(immigrant))
            continue;
        immigrant.birth = children_;
        const std::size_t niche = setting_->niche_of(immigrant.complexity);
        population_.offer(std::move(immigrant), niche, 0, random_);
    }
}

void Island::refill_pool() {
    if (setting_->library() || !sample_->has_targets())
        return;
    pool_.reset(setting_->features(0));
    for (int i = 0; i < pool_members && !pool_.full() && population_.size() > 0; ++i) {
        const auto& member = population_.pick(random_, 2);
        for (const auto& core : member.cores)
            pool_.add(core, setting_->problem().definitions);
    }
}

std::size_t Island::draw_way() {
    double total = 0;
    for (const double w : ways_)
        total += w;
    double left = random_.uniform() * total;
    for (std::size_t i = 0; i < ways_.size(); ++i)
        if ((left -= ways_[i]) < 0)
            return i;
    return ways_.size() - 1;
}

void Island::make_child() {
    ++children_;
    idle_work_ += cost_of_trying;
    const Individual& parent = population_.pick(random_, setting_->options().tournament);
    const std::size_t output = random_.below(parent.cores.size());
    const std::size_t way = draw_way();
    std::optional<Expression> made;
    if (way + 1 == ways_.size()) {
        const auto& other = population_.pick(random_, setting_->options().tournament);
        // Formulas of other outputs lend their parts too.
        const std::size_t from = random_.chance(0.75) ? output : random_.below(other.cores.size());
        const auto longest = static_cast<std::size_t>(2 * setting_->problem().constraints.maximum_complexity);
        made = cross(parent.cores[output], other.cores[from], longest, random_);
    } else {
        const Scene scene{*setting_, *sample_, pool_, parent.scale[output], parent.offset[output], output};
        made = mutations()[way]->apply(parent.cores[output], scene, random_);
        // Some changes are only worth something together.
        if (made && random_.chance(0.2)) {
            const std::size_t second = random_.below(mutations().size() - 3);
            if (auto twice = mutations()[second]->apply(*made, scene, random_))
                made = std::move(twice);
        }
    }
    tries_[way] += 1;
    if (!made)
        return;
    Individual child = parent;
    child.cores[output] = without_affine_map(setting_->normal(*made));
    if (settle(std::move(child), output, parent.loss))
        successes_[way] += 1;
}

void Island::admit_best_of_batch() {
    if (setting_->sees_all_rows())
        return;
    int left = 2;
    for (std::size_t niche = 0; niche < population_.niches() && left > 0; ++niche) {
        if (population_.niche(niche).empty())
            continue;
        const Individual& best = population_.best(niche);
        if (std::ranges::find(admitted_, best.structure) != admitted_.end())
            continue;
        if (!admission_->promising(best, 0.97 * best.loss))
            continue;
        admission_->admit(best, 0.97 * best.loss, 3);
        admitted_.push_back(best.structure);
        --left;
    }
}

void Island::choose_emigrants() {
    emigrants_.clear();
    for (int i = 0; i < setting_->options().emigrants && population_.size() > 0; ++i)
        emigrants_.push_back(population_.pick(random_, 2 * setting_->options().tournament));
}

void Island::run_epoch(std::uint64_t epoch, const ParetoFront& front, std::span<const Individual> immigrants,
                       double most_evaluations) {
    ParetoFront own = front;
    random_ = RandomStream(seed_, number_ + 1, epoch + 1);
    const auto& options = setting_->options();
    const std::uint64_t wanted_batch = epoch / static_cast<std::uint64_t>(std::max(1, options.batch_epochs));
    const bool other_rows = !setting_->sees_all_rows() && wanted_batch != batch_number_;
    take_batch(wanted_batch);
    const double share =
        batch_ ? static_cast<double>(batch_->data.rows()) / static_cast<double>(setting_->problem().data.rows()) : 1;
    judge_ = std::make_unique<Judge>(*setting_, batch_ ? batch_->rows : setting_->scorer().rows(), share);
    admission_ = std::make_unique<Admission>(*setting_, own);
    idle_work_ = 0;
    temperature_ = hottest * (1 - static_cast<double>(epoch % cooling) / static_cast<double>(cooling));

    if (other_rows)
        look_again();
    const bool stagnant = number_ > 0 && epoch > last_progress_ + static_cast<std::uint64_t>(options.stagnation_epochs);
    if (stagnant)
        ++restarts_;
    if (population_.size() == 0 || stagnant)
        begin_anew(epoch, most_evaluations);
    if (epoch == 0)
        seed_guesses();
    welcome(immigrants);
    refill_pool();
    while (population_.size() > 0 && spent_work() < options.epoch_work && spent_evaluations() < most_evaluations)
        make_child();
    admit_best_of_batch();
    choose_emigrants();
    learn();

    found_ = admission_->found();
    if (!found_.empty())
        last_progress_ = epoch;
    work_ = spent_work();
    evaluations_ = spent_evaluations();
    admission_.reset();
    judge_.reset();
}

void Island::write(ByteWriter& writer) const {
    population_.write(writer);
    put(writer, tried_.slots());
    put(writer, tries_);
    put(writer, successes_);
    put(writer, ways_);
    put(writer, emigrants_);
    put(writer, admitted_);
    for (const auto number : {children_, restarts_, last_progress_, batch_number_})
        writer.u64(number);
}

void Island::read(ByteReader& reader) {
    population_.read(reader);
    get(reader, tried_.slots());
    get(reader, tries_);
    get(reader, successes_);
    get(reader, ways_);
    get(reader, emigrants_);
    get(reader, admitted_);
    for (auto* number : {&children_, &restarts_, &last_progress_, &batch_number_})
        *number = reader.u64();
    batch_.reset();
}

}  // namespace balmer::genetic
