#include "search/enumerate/chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "search/enumerate/curves.hpp"
#include "search/enumerate/linear_pairs.hpp"
#include "search/enumerate/near.hpp"
#include "search/enumerate/noise_look.hpp"
#include "search/enumerate/noisy_polynomials.hpp"
#include "search/enumerate/noisy_search.hpp"
#include "search/enumerate/oscillations.hpp"
#include "search/enumerate/power_factors.hpp"
#include "search/enumerate/rationals.hpp"
#include "search/unit_guard.hpp"

namespace balmer::enumerate {
namespace {

constexpr std::size_t quick_entries = 5000;  // that answer most questions of small formulas
constexpr std::size_t noisy_entries = 80'000;  // that noisy data are screened with

// Share of the target's variance (of its ranks, so that no tail dominates) between 16 bins of the feature.
double told(const Column& feature, std::span<const double> target, std::span<const std::size_t> rows) {
    std::vector<std::size_t> by_feature(rows.size()), rank(rows.size()), by_target(rows.size());
    std::iota(by_feature.begin(), by_feature.end(), std::size_t{0});
    by_target = by_feature;
    std::ranges::stable_sort(by_feature, {}, [&](std::size_t i) { return feature[rows[i]]; });
    std::ranges::stable_sort(by_target, {}, [&](std::size_t i) { return target[rows[i]]; });
    for (std::size_t i = 0; i < rows.size(); ++i) rank[by_target[i]] = i;
    constexpr std::size_t bins = 16;
    const double middle = 0.5 * static_cast<double>(rows.size() - 1);
    double between = 0;
    for (std::size_t b = 0; b < bins; ++b) {
        const std::size_t begin = b * rows.size() / bins, end = (b + 1) * rows.size() / bins;
        double sum = 0, square = 0;
        for (std::size_t i = begin; i < end; ++i) {
            const double r = (static_cast<double>(rank[by_feature[i]]) - middle) / middle;
            sum += r;
            square += r * r;
        }
        // The mean, and the spread: a variable may act through products alone.
        if (end > begin) between += sum * sum / static_cast<double>(end - begin) + std::fabs(square - static_cast<double>(end - begin) / 3);
    }
    return between;
}

Problem with_target(const Problem& problem, std::size_t k) {
    Problem one = problem;
    one.data.targets = {problem.data.targets[k]};
    if (one.validation) one.validation->targets = {problem.validation->targets[k]};
    one.guesses.clear();
    return one;
}

}  // namespace

std::vector<std::int32_t> choose_variables(const Dataset& data, std::size_t maximum) {
    std::vector<std::int32_t> all;
    std::vector<double> score(data.features.size());
    const auto rows = choose_spread_rows(data.rows(), 2048, {});
    for (std::size_t f = 0; f < data.features.size(); ++f) {
        const auto values = data.features[f].values();
        if (std::ranges::all_of(values, [&](double v) { return v == values[0]; })) continue;
        all.push_back(static_cast<std::int32_t>(f));
    }
    if (all.size() <= maximum) return all;
    for (const auto f : all)
        for (const auto& target : data.targets)
            score[static_cast<std::size_t>(f)] += told(data.features[static_cast<std::size_t>(f)], target.values(), rows);
    std::ranges::stable_sort(all, std::greater<>(), [&](std::int32_t f) { return score[static_cast<std::size_t>(f)]; });
    all.resize(maximum);
    std::ranges::sort(all);
    return all;
}

Chain::Chain(const Problem& problem, Run& run, std::uint64_t seed) : problem_(problem), run_(run), seed_(seed) {
    const std::size_t k = problem.data.targets.size();
    for (std::size_t t = 0; t < k; ++t) targets_.push_back(with_target(problem, t));
    for (auto& target : targets_) judges_.push_back(std::make_unique<Judge>(target, run));
    const auto variables = choose_variables(problem.data, run.options.maximum_variables);
    if (variables.empty()) return;
    const std::size_t count = run.options.key_rows + (variables.size() > 8 ? 8 : 0);
    const auto keys = take_sample(problem.data, choose_key_rows(problem.data, count));
    if (keys.size() < 6) return;
    table_ = std::make_shared<ValueTable>(keys.columns, variables, problem.operators, problem.definitions, RandomStream(seed, 0, 0, 77));
    if (problem.units == UnitRule::constants_dimensionless) table_->use_units(EntryUnits(feature_units(problem.data), problem.definitions));
    const auto check = choose_spread_rows(problem.data.rows(), run.options.check_rows, keys.rows);
    for (std::size_t t = 0; t < k; ++t) {
        keys_.push_back(take_sample(problem.data, keys.rows, t));
        checks_.push_back(take_sample(problem.data, check, t));
    }
    for (std::size_t t = 0; t < k; ++t)
        questions_.push_back(std::make_unique<Questions>(*table_, keys_[t], checks_[t], *judges_[t]));
}

TableLimits Chain::limits() const {
    return {.entries = std::max(run_.options.maximum_entries, run_.options.library_entries),
            .bytes = static_cast<std::size_t>(static_cast<double>(run_.budget.memory) * run_.options.memory_share)};
}

// False when the table cannot grow to so many entries.
bool Chain::grow(std::size_t entries) {
    while (table_->size() < entries) {
        constexpr std::size_t least = 2048, most = std::size_t{1} << 15;
        const std::size_t proposals = std::min(std::clamp(entries - table_->size(), least, most),
                                               std::max(least, run_.affordable(static_cast<double>(table_->rows()), most)));
        if (run_.over() || !table_->grow(proposals, limits(), run_.pool)) return false;
        run_.clock.add(table_->rows(), proposals);
        for (auto& judge : judges_) judge->report("library");
    }
    return true;
}

bool Chain::all_solved() const {
    return std::ranges::all_of(judges_, [](const auto& judge) { return judge->solved(); });
}

// What costs least goes first: the variables as they are, and then, where some enter as powers alone, the target divided by these, with a
// table of all others.
void Chain::noisy_search(std::size_t t) {
    constexpr std::size_t screened_rows = 200, middle_rows = 600;
    const Sample screen = take_sample(problem_.data, choose_spread_rows(problem_.data.rows(), screened_rows, {}), t);
    const Sample middle = take_sample(problem_.data, choose_spread_rows(problem_.data.rows(), middle_rows, {}), t);
    Judge& judge = *judges_[t];
    NoisySearch whole(*table_, targets_[t], screen, middle, judge);
    if (whole.ask_first()) return;
    constexpr std::size_t polynomial_rows = 1200, factor_rows = 2000;
    const auto many = choose_spread_rows(problem_.data.rows(), polynomial_rows, {});
    ask_noisy_polynomials(take_sample(problem_.data, many, t), table_->variables(), judge);
    if (run_.over() || whole.is_enough()) return;
    ask_rationals(take_sample(problem_.data, many, t), table_->variables(), judge, Fits::under_noise);
    if (run_.over() || whole.is_enough()) return;
    LinearPairs(*table_, take_sample(problem_.data, choose_spread_rows(problem_.data.rows(), run_.options.screen_rows, {}), t), judge).run();
    const auto factor = power_factors(take_sample(problem_.data, choose_spread_rows(problem_.data.rows(), factor_rows, {}), t), table_->variables());
    if (!factor.empty()) {
        std::vector<std::int32_t> others;
        for (const auto v : table_->variables())
            if (std::ranges::none_of(factor, [&](const Power& p) { return p.base == Expression::feature(v); })) others.push_back(v);
        ValueTable table(keys_[t].columns, others, problem_.operators, problem_.definitions, RandomStream(seed_, 0, 0, 78));
        constexpr std::size_t proposals = std::size_t{1} << 14;
        while (table.size() < noisy_entries && !run_.over() && table.grow(proposals, limits(), run_.pool)) run_.clock.add(table.rows(), proposals);
        NoisySearch rest(table, targets_[t], screen, middle, judge, factor);
        if (rest.ask_first()) return;
        rest.ask_rest();
        if (judge.leaves_noise()) return;
    }
    whole.ask_rest();
}

void Chain::noisy_stage() {
    for (std::size_t t = 0; t < targets_.size(); ++t)
        if (!judges_[t]->solved() && !run_.over()) noisy_search(t);
    curve_stage();
}

void Chain::polynomial_stage(std::size_t monomials) {
    for (std::size_t t = 0; t < targets_.size(); ++t) {
        if (judges_[t]->solved() || over()) continue;
        // A fit of hundreds of terms wants more rows than a check does.
        const auto rows = choose_spread_rows(problem_.data.rows(), monomials == 0 ? 600 : 320, keys_[t].rows);
        questions_[t]->ask_sparse_polynomials(take_sample(problem_.data, rows, t), monomials);
        if (monomials == 0 && !judges_[t]->solved() && !over()) ask_rationals(take_sample(problem_.data, rows, t), table_->variables(), *judges_[t], Fits::exactly);
    }
}

void Chain::oscillation_stage() {
    constexpr std::size_t oscillation_rows = 240;
    const auto rows = choose_spread_rows(problem_.data.rows(), oscillation_rows, {});
    for (std::size_t t = 0; t < targets_.size(); ++t)
        if (!judges_[t]->solved() && !run_.over()) ask_oscillations(take_sample(problem_.data, rows, t), table_->variables(), *judges_[t]);
}

// Where one variable is left; once, whichever of the exact and the noisy stages comes first.
void Chain::curve_stage() {
    constexpr std::size_t curve_rows = 120;
    if (std::exchange(asked_curves_, true) || table_->variables().size() != 1) return;
    for (std::size_t t = 0; t < targets_.size(); ++t)
        if (!judges_[t]->solved() && !run_.over()) ask_curves(choose_spread_rows(problem_.data.rows(), curve_rows, {}), table_->variables()[0], *judges_[t]);
}

void Chain::inner_constant_stage(const InnerEffort& effort) {
    constexpr std::size_t inner_rows = 96;
    const auto rows = choose_spread_rows(problem_.data.rows(), inner_rows, {});
    for (std::size_t t = 0; t < targets_.size(); ++t)
        if (!judges_[t]->solved() && !run_.over()) ask_inner_constants(*table_, take_sample(problem_.data, rows, t), *judges_[t], effort);
}

// Every two variables in turn with a deeper table of their own, the others as powers beside an entry; then any two entries of these tables.
void Chain::pair_stage() {
    constexpr std::size_t most_entries = 60'000, all_entries = 600'000, most_functions = 16'000, all_functions = 160'000;
    const auto& variables = table_->variables();
    if (variables.size() < 3 || problem_.units != UnitRule::ignored) return;
    const std::size_t pairs = variables.size() * (variables.size() - 1) / 2;
    const std::size_t entries = std::min(most_entries, all_entries / pairs), functions = std::min(most_functions, all_functions / pairs);
    for (std::size_t i = 1; i < variables.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            if (over()) return;
            std::vector<std::int32_t> others;
            std::ranges::copy_if(variables, std::back_inserter(others), [&](std::int32_t v) { return v != variables[i] && v != variables[j]; });
            ValueTable table(keys_[0].columns, {variables[j], variables[i]}, problem_.operators, problem_.definitions, RandomStream(seed_, 0, 0, 79), others);
            while (table.size() < entries && !over() && table.grow(entries, limits(), run_.pool)) run_.clock.add(table.rows(), entries);
            for (std::size_t t = 0; t < targets_.size(); ++t) {
                Questions questions(table, keys_[t], checks_[t], *judges_[t]);
                if (questions.done()) continue;
                questions.ask_direct();
                questions_[t]->add_functions(table, functions);
            }
        }
    for (auto& questions : questions_)
        if (!questions->done()) questions->ask_functions();
}

// What costs least goes first. Parts are taken by size, the smallest seen through every view.
void Chain::ask(const Effort& effort) {
    for (auto& pointer : questions_) {
        Questions& questions = *pointer;
        const std::function<void()> steps[] = {
            [&] { questions.ask_direct(); },
            [&] { questions.ask_quotients(0, table_->size()); },
            [&] { if (effort.compounds > 0) questions.ask_compounds(effort.compounds, 50'000, effort.thirds); },
            [&] { if (effort.products_of.members > 0) questions.ask_factors(effort.products_of); },
            [&] { if (effort.sums_of.members > 0) questions.ask_sums(effort.sums_of); },
            [&] { questions.ask_shifted_functions(effort.shifted_monomials, effort.functions); },
            [&] { questions.ask_lattice(0, effort.lattice, false); },
            [&] { questions.ask_table(0, effort.wide, false, false); },
            [&] { questions.ask_products(effort.factors, effort.products); },
            [&] { questions.ask_lattice(0, effort.lattice_views, true); },
            [&] { questions.ask_table(0, effort.deep, true, true); },
            [&] { questions.ask_shifted_quotients(effort.shifts, effort.shifted); },
            [&] { questions.ask_linear(effort.linear, effort.linear_parts); },
        };
        for (const auto& step : steps)
            if (!questions.done()) step();
    }
}

StopReason Chain::near_stage() {
    constexpr std::size_t near_rows = 240;
    grow(run_.options.library_entries);
    const auto rows = choose_spread_rows(problem_.data.rows(), near_rows, {});
    for (std::size_t t = 0; t < targets_.size() && !run_.over(); ++t) ask_near(*table_, take_sample(problem_.data, rows, t), *judges_[t]);
    return ended();
}

StopReason Chain::ended() const {
    if (all_solved()) return StopReason::solved;
    if (run_.stop.stop_requested()) return StopReason::interrupted;
    if (run_.watch.seconds() >= run_.budget.seconds) return StopReason::seconds;
    if (run_.spent() >= run_.budget.evaluations) return StopReason::evaluations;
    return table_->bytes() >= limits().bytes ? StopReason::memory : StopReason::exhausted;
}

// What the first target shows; several are asked together.
NoiseLook Chain::noise_seen() const {
    constexpr std::size_t rows_to_look = 1000;
    // Uncertainties that the user states leave nothing for exact questions to find.
    if (problem_.data.sigma || run_.options.questions == EnumerateOptions::Questions::noisy_only) return NoiseLook::noisy;
    return look_for_noise(take_sample(problem_.data, choose_spread_rows(problem_.data.rows(), rows_to_look, {})), table_->variables());
}

StopReason Chain::search() {
    if (!table_) return StopReason::exhausted;
    if (run_.options.questions == EnumerateOptions::Questions::near) return near_stage();
    const bool exact = run_.options.questions != EnumerateOptions::Questions::noisy_only;
    const bool noisy = run_.options.questions != EnumerateOptions::Questions::exact_only;
    const auto asked = run_.options.asked_entries;
    if (exact && asked < quick_entries) {
        for (auto& questions : questions_) questions->ask_monomials();
        grow(quick_entries);
        if (!over()) ask({.lattice = 3000});
        if (!over()) polynomial_stage(0);
    }
    if (!over()) grow(run_.options.library_entries);
    if (exact && asked < quick_entries && !over()) ask({});
    if (run_.options.maximum_entries < run_.options.library_entries) return reported();
    const auto ask_small = [&] {
        if (!exact || asked >= run_.options.library_entries) return;
        if (!over())
            ask({.lattice = 6000, .lattice_views = 400, .wide = 2000, .deep = 300, .compounds = 1200, .shifted_monomials = 300, .functions = 200, .factors = 48, .products = 800, .shifts = 16, .shifted = 10'000, .linear = 800, .linear_parts = 20,
                 .products_of = {.members = 40'000, .firsts = 200, .pairs = 24, .members_of_pairs = 10'000},
                 .sums_of = {.members = 6'000, .firsts = 120, .monomials = 300, .entries = 40, .monomials_of_entry = 30, .members_of_divisors = 5'000, .denominators = 120}});
        if (!over()) polynomial_stage(1500);
        if (!over()) inner_constant_stage({.product_arguments = 1200});
        if (!over()) inner_constant_stage({.arguments = 24, .factors = 12, .shifts = 12});
        if (!over()) oscillation_stage();
        if (!over()) curve_stage();
    };
    // Uncertainties that the user states leave nothing for exact questions to find.
    const bool stated = problem_.data.sigma.has_value() || !exact;
    bool settled = false;
    const auto ask_noisy = [&] {
        if (!noisy || over()) return;
        grow(noisy_entries);
        noisy_stage();
        // Where nothing but noise is left, larger tables would only fit it.
        settled = !over() && std::ranges::all_of(judges_, [](const auto& judge) { return judge->leaves_noise(); });
        if (settled) report_.push_back("library: what the best formula leaves shows no structure, so the larger tables stay unbuilt");
    };
    const NoiseLook seen = noise_seen();
    if (seen == NoiseLook::noisy) ask_noisy();
    if (!settled) ask_small();
    if (!stated && !settled && !over() && run_.options.maximum_entries > run_.options.library_entries) pair_stage();
    if (seen == NoiseLook::unknown) ask_noisy();
    const std::pair<std::size_t, Effort> later[] = {
        {150'000, {.inner = {.arguments = 120, .factors = 60, .shifts = 300}, .lattice = 6000, .lattice_views = 3000, .wide = 30'000, .deep = 4000, .compounds = 3000, .thirds = 40, .shifted_monomials = 1000, .functions = 600, .factors = 60, .products = 6000, .shifts = 40, .shifted = 20'000, .linear = 3000, .linear_parts = 60,
                   .products_of = {.members = 120'000, .firsts = 200, .pairs = 40, .members_of_pairs = 20'000},
                   .sums_of = {.members = 40'000, .firsts = 300, .monomials = 1500, .entries = 120, .monomials_of_entry = 40, .members_of_divisors = 15'000, .denominators = 600}}},
        {500'000, {.lattice = 6000, .lattice_views = 6000, .wide = 100'000, .deep = 10'000, .compounds = 6000, .thirds = 60, .shifted_monomials = 3000, .functions = 1500, .factors = 60, .products = 20'000, .shifts = 60, .shifted = 60'000, .linear = 6000, .linear_parts = 100,
                   .products_of = {.members = 250'000, .firsts = 200, .pairs = 100, .members_of_pairs = 20'000},
                   .sums_of = {.members = 120'000, .firsts = 200, .monomials = 3000, .entries = 300, .monomials_of_entry = 60, .members_of_divisors = 6'000, .denominators = 2'000}}},
        {1'500'000, {.lattice = 6000, .lattice_views = 6000, .wide = 300'000, .deep = 30'000, .compounds = 6000, .thirds = 120, .shifted_monomials = 6000, .functions = 3000, .factors = 60, .products = 60'000, .shifts = 100, .shifted = 60'000, .linear = 10'000, .linear_parts = 200,
                   .products_of = {.members = 700'000, .firsts = 100}, .sums_of = {.members = 400'000, .firsts = 60}}},
        {4'000'000, {.lattice = 6000, .lattice_views = 6000, .wide = 1'000'000, .deep = 60'000, .factors = 100, .products = 100'000, .shifts = 200, .shifted = 60'000, .linear = 15'000, .linear_parts = 300}},
    };
    bool asked_noisy = seen != NoiseLook::none_seen;
    for (const auto& [entries, effort] : later) {
        if (stated || settled || over() || entries > run_.options.maximum_entries) break;
        const bool more = grow(entries);
        if (entries <= run_.options.asked_entries) continue;
        if (effort.inner.arguments > 0 && !over()) inner_constant_stage(effort.inner);
        ask(effort);
        if (!asked_noisy) ask_noisy();
        asked_noisy = true;
        if (!more) break;
    }
    return reported();
}

StopReason Chain::reported() {
    std::size_t proposed = 0, held = 0;
    for (const auto& questions : questions_) {
        proposed += questions->proposed();
        held += questions->held();
    }
    report_.push_back(fmt::format("library: {} distinct values of {} formulas, {} proposals of which {} held, {:.2f} s", table_->size(),
                                  table_->generated(), proposed, held, run_.watch.seconds()));
    return ended();
}

// Steps through the members of all fronts by the steepest gain per complexity.
ParetoFront Chain::front() const {
    if (judges_.size() == 1) return judges_[0]->front();
    ParetoFront joined;
    std::vector<std::size_t> at(judges_.size(), 0);
    for (const auto& judge : judges_)
        if (judge->front().empty()) return joined;
    const Scorer scorer(problem_);
    for (;;) {
        std::vector<Expression> outputs;
        for (std::size_t t = 0; t < at.size(); ++t) outputs.push_back(judges_[t]->front().members()[at[t]].outputs[0]);
        if (scorer.allowed(outputs)) joined.insert(scorer.score(std::move(outputs), "library"));
        std::size_t next = at.size();
        double best = -1;
        for (std::size_t t = 0; t < at.size(); ++t) {
            const auto& members = judges_[t]->front().members();
            if (at[t] + 1 == members.size()) continue;
            const double gain = (members[at[t]].loss - members[at[t] + 1].loss) / std::max(judges_[t]->scorer().baseline(), 1e-300) /
                                (members[at[t] + 1].complexity - members[at[t]].complexity);
            if (gain > best) {
                best = gain;
                next = t;
            }
        }
        if (next == at.size()) return joined;
        ++at[next];
    }
}

}  // namespace balmer::enumerate
