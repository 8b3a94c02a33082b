#include "search/enumerate/noisy_search.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "balmer/fitting.hpp"
#include "balmer/simplify.hpp"
#include "search/enumerate/kernels.hpp"
#include "search/enumerate/robust.hpp"
#include "search/select.hpp"

namespace balmer::enumerate {
namespace {

constexpr std::size_t most_columns = 200'000;
constexpr std::size_t kept_hits = 8;       // of one kind of column to one question; of the plain target's, which most laws answer, more:
constexpr std::size_t kept_plain = 60, kept_pairs = 60, kept_plain_pairs = 400;
constexpr std::size_t kept_parts = 80, kept_alone = 100;  // of sums: of one kind of column for pairs, of all alone
constexpr std::size_t fitted_on_middle = 600;
constexpr std::size_t offered = 60;        // formulas that are fitted on all rows
constexpr double margin_of_hits = 40;      // nats above the best within which a hit is worth a fit
constexpr double inner_margin = 100;       // the same for functions whose inner number a fit may move
constexpr double margin_when_settled = 6;  // the same when a formula leaves nothing but noise already
constexpr std::ptrdiff_t most_numbers = 2;  // that a law has fitted; what has more may imitate one
constexpr double clear_noise = 0.05;       // of the spread: with less noise, what leaves no structure has no rivals worth a search

std::size_t affordable_columns(const Budget& budget, std::size_t rows) {
    return std::min(most_columns, budget.memory / 2 / (2 * sizeof(float) * rows));
}

std::vector<std::vector<double>> with_one(const Sample& sample, const std::vector<std::int32_t>& variables) {
    std::vector<std::vector<double>> columns = {std::vector<double>(sample.size(), 1.0)};
    for (const auto v : variables) {
        columns.push_back(sample.columns[static_cast<std::size_t>(v)]);
        for (double& x : columns.back()) x = std::log(std::fabs(x));
    }
    return columns;
}

// +1 or -1 when nearly all values have that sign, so that noise near 0 does not hide it, else 0.
int sign_of_most(std::span<const double> values) {
    constexpr double nearly_all = 0.95;
    const auto positive = static_cast<double>(std::ranges::count_if(values, [](double v) { return v > 0; }));
    const auto negative = static_cast<double>(std::ranges::count_if(values, [](double v) { return v < 0; }));
    const double enough = nearly_all * static_cast<double>(values.size());
    return positive >= enough ? 1 : negative >= enough ? -1 : 0;
}

}  // namespace

NoisySearch::NoisySearch(const ValueTable& table, const Problem& problem, const Sample& screen, const Sample& middle, Judge& judge,
                         std::vector<Power> factor)
    : table_(table),
      problem_(problem),
      screen_(screen),
      middle_(middle),
      factor_(std::move(factor)),
      judge_(judge),
      columns_(table, screen, judge.spelling(), affordable_columns(judge.run().budget, screen.size()), judge.run().pool),
      sign_(sign_of_most(problem.data.targets[0].values())) {  // a factor is positive
    for (const auto v : table.variables())
        if (std::ranges::none_of(problem.data.features[static_cast<std::size_t>(v)].values(), [](double x) { return x == 0; })) powers_.push_back(v);
    rough_problem_ = problem;
    rough_problem_.validation.reset();
    std::vector<std::size_t> rough_rows;
    for (std::size_t i = 0; i < middle.size(); i += 4) rough_rows.push_back(middle.rows[i]);
    rough_problem_.data = problem.data.take(rough_rows);
    rough_ = std::make_unique<Scorer>(rough_problem_);
    const auto factor_on = [&](const Sample& sample) {
        if (factor_.empty()) return std::vector<double>(sample.size(), 1.0);
        return evaluate_rows(monomial_of(1, factor_), problem.definitions, sample.pointers, sample.size());
    };
    screen_factor_ = factor_on(screen);
    middle_factor_ = factor_on(middle);
    screen_logs_ = with_one(screen, powers_);
    middle_logs_ = with_one(middle, powers_);
}

std::optional<NoisySearch::View> NoisySearch::view(Transform transform, double shift) const {
    if (!invertible(transform, judge_.spelling()) || (loses_sign(transform) && sign_ == 0)) return std::nullopt;
    View view{.transform = transform, .shift = shift, .screen = {}, .screen_weight = {}, .middle = {}, .middle_weight = {}};
    const auto see = [&](const Sample& sample, const std::vector<double>& factor, double capped, std::vector<double>& u, std::vector<double>& weight) {
        u.resize(sample.size());
        auto divided = sample.target;
        for (std::size_t i = 0; i < u.size(); ++i) divided[i] /= factor[i];
        transform_rows(transform, divided.data(), u.data(), u.size());
        weight = sample.weight;
        for (std::size_t i = 0; i < u.size(); ++i) {
            const double d = slope(transform, divided[i]) / factor[i];
            weight[i] /= d * d;
            const bool crossed = sign_ != 0 && divided[i] * sign_ < 0;
            if (transform == Transform::square && crossed) u[i] = -u[i];
            // A row that noise has carried out of the transform's domain does not vote.
            if (loses_sign(transform) && transform != Transform::square && crossed) u[i] = weight[i] = 0;
            else if (std::isfinite(u[i]) && std::isfinite(weight[i])) u[i] -= shift;
            else u[i] = weight[i] = 0;
        }
        // Where a transform is flat, noise is no longer small against the curve; no row may decide alone.
        if (transform != Transform::identity) cap(weight, capped);
        const auto silent = static_cast<std::size_t>(std::ranges::count(weight, 0.0));
        return 20 * silent <= u.size();
    };
    if (!see(screen_, screen_factor_, capped_in_screens, view.screen, view.screen_weight)) return std::nullopt;
    if (!see(middle_, middle_factor_, capped_in_fits, view.middle, view.middle_weight)) return std::nullopt;
    return view;
}

std::vector<NoisySearch::View> NoisySearch::views_of_powers() const {
    std::vector<View> views;
    // Powers of the target are in the identity already; shifts are the constants that laws have.
    const std::pair<Transform, double> wanted[] = {
        {Transform::identity, 0}, {Transform::identity, 1}, {Transform::identity, -1}, {Transform::inverse, 1}, {Transform::inverse, -1},
        {Transform::square, 1}, {Transform::square, -1}, {Transform::inverse_square, 1}, {Transform::log, 0}, {Transform::exp, 0},
        {Transform::exp, 1}, {Transform::sin, 0}, {Transform::cos, 0}, {Transform::tan, 0}, {Transform::asin, 0}, {Transform::acos, 0}, {Transform::atanh, 0}};
    for (const auto& [transform, shift] : wanted)
        if (auto one = view(transform, shift)) views.push_back(std::move(*one));
    return views;
}

std::vector<double> NoisySearch::on_middle(const Expression& formula) const {
    return evaluate_rows(formula, problem_.definitions, middle_.pointers, middle_.size());
}

NoisySearch::View NoisySearch::view_without(const Expression& part) const {
    View one = *view(Transform::identity, 0);
    one.part = part;
    const auto take_off = [&](std::vector<double>& u, const Sample& sample) {
        const auto values = evaluate_rows(part, problem_.definitions, sample.pointers, sample.size());
        for (std::size_t i = 0; i < u.size(); ++i) u[i] -= values[i];
    };
    take_off(one.screen, screen_);
    take_off(one.middle, middle_);
    return one;
}

// On a quarter of the middle rows: enough to bring a number near.
Expression NoisySearch::with_numbers_fitted(Expression formula) const {
    Expression outputs[] = {std::move(formula)};
    (void)rough_->fit(outputs, {.maximum_iterations = 12});
    return std::move(outputs[0]);
}

template <class Spell>
void NoisySearch::propose(std::size_t count, Spell&& spell) {
    std::vector<std::vector<Expression>> found(count);
    parallel_for(judge_.run().pool, count, 1, [&](std::size_t i) { found[i] = spell(i); });
    judge_.run().clock.add(middle_.size(), 20 * count);
    for (auto& of_one : found)
        for (auto& formula : of_one) proposals_.push_back(std::move(formula));
}

// What the best formula so far costs where hits of this view are counted; infinite before there is one.
double NoisySearch::cost_of_best(const View& view, Seen seen) const {
    if (best_.empty()) return std::numeric_limits<double>::infinity();
    auto values = evaluate_rows(best_, problem_.definitions, screen_.pointers, screen_.size());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] /= screen_factor_[i];
    auto u = values;
    transform_rows(view.transform, values.data(), u.data(), u.size());
    if (!view.part.empty()) {
        const auto part = evaluate_rows(view.part, problem_.definitions, screen_.pointers, screen_.size());
        for (std::size_t i = 0; i < u.size(); ++i) u[i] -= part[i];
    }
    for (double& v : u) v -= view.shift;
    double sum = 0;
    if (seen == Seen::value) {
        for (std::size_t i = 0; i < u.size(); ++i)
            if (view.screen_weight[i] > 0) sum += view.screen_weight[i] * (u[i] - view.screen[i]) * (u[i] - view.screen[i]);
    } else {
        const auto task = logarithmic_task(view.screen, view.screen_weight, screen_logs_, capped_in_screens);
        for (std::size_t i = 0; i < u.size(); ++i) {
            const double d = std::log(std::fabs(u[i])) - task.z[i];
            if (task.weight[i] > 0) sum += task.weight[i] * d * d;
        }
    }
    if (!std::isfinite(sum)) return std::numeric_limits<double>::infinity();
    return 0.5 * static_cast<double>(screen_.size()) * std::log(std::max(sum, 1e-300)) + cost_per_node * static_cast<double>(best_.size());
}

// Hits that may beat the best formula or are near the best hit. Numbers inside a function are not fitted yet, so such hits have a margin of
// their own until a formula leaves nothing but noise.
std::vector<ScanHit> NoisySearch::worth_a_fit(std::vector<ScanHit> hits, double bar, double margin_of_inner) const {
    double lowest = bar;
    for (const auto& hit : hits) lowest = std::min(lowest, hit.cost);
    std::erase_if(hits, [&](const ScanHit& hit) {
        const bool inner = columns_.has_inner(hit.first) || (hit.second != KeyIndex::none && columns_.has_inner(hit.second));
        return hit.cost > lowest + (settled_ ? margin_when_settled : inner ? margin_of_inner : margin_of_hits);
    });
    return hits;
}

// The best formula so far, and the rows that it leaves far off all others: these vote in no later scan.
void NoisySearch::learn_from_best() {
    const auto& front = judge_.front();
    if (front.empty()) return;
    best_ = front.members()[select(front, Selection::description_length, problem_)].outputs[0];
    settled_ = judge_.leaves_noise();
    const auto numbers = std::ranges::count_if(best_.values, [](double v) { return !snap(v, 1e-14 * std::fabs(v)); });
    enough_ = settled_ && numbers <= most_numbers && judge_.relative_residual(best_) < clear_noise;
}

void NoisySearch::ask_powers(const View& view, std::size_t end, std::size_t pairs) {
    auto& pool = judge_.run().pool;
    const auto task = logarithmic_task(view.screen, view.screen_weight, screen_logs_, capped_in_screens);
    if (!usable(task) || screen_.size() < screen_logs_.size() + 10) return;
    propose(1, [&](std::size_t) {
        std::vector<Expression> found;
        if (auto f = spell_power(view, {.first = KeyIndex::none}, InnerNumber::as_it_is)) found.push_back(std::move(*f));
        return found;
    });
    const bool plain = view.transform == Transform::identity && view.shift == 0 && view.part.empty();
    auto hits = scan_singles(columns_, Seen::logarithm, end, task, plain ? kept_plain : kept_hits, pool);
    if (pairs > 0 && !judge_.run().over()) {
        const auto listed = columns_.parts_of_products(pairs / 2, pairs);
        const auto two = scan_pairs(columns_, Seen::logarithm, listed, task, plain ? kept_plain_pairs : kept_pairs, pool);
        hits.insert(hits.end(), two.begin(), two.end());
    }
    judge_.run().clock.add(screen_.size(), end + pairs * pairs / 2);
    recount_rational(columns_, task, hits, pool);
    hits = worth_a_fit(std::move(hits), cost_of_best(view, Seen::logarithm), plain ? std::numeric_limits<double>::infinity() : inner_margin);
    propose(hits.size(), [&](std::size_t i) {
        std::vector<Expression> found;
        if (auto f = spell_power(view, hits[i], InnerNumber::as_it_is)) found.push_back(std::move(*f));
        if (!columns_.has_inner(hits[i].first)) return found;
        if (auto f = spell_power(view, hits[i], InnerNumber::free)) found.push_back(with_numbers_fitted(std::move(*f)));
        if (!plain || !columns_.bends(hits[i].first) || hits[i].second != KeyIndex::none)
            return found;
        for (const int power : {1, -1})
            if (auto f = spell_bend(view, hits[i], power))
                found.push_back(with_numbers_fitted(std::move(*f)));
        return found;
    });
}

void NoisySearch::ask_exponentials() {
    if (!judge_.spelling().has(Op::exp)) return;
    const auto plain = view(Transform::identity, 0);
    // All variables may be powers before it; but a variable's power hides its exponential where it varies little, so each stays out once.
    constexpr std::size_t most_variables = 6, fewer = 20'000;
    const std::size_t all = powers_.size();
    for (std::size_t i = 0; i < (all <= most_variables ? all + 1 : 1) && !judge_.run().over(); ++i) {
        const std::size_t without = i == 0 ? all : i - 1, end = i == 0 ? columns_.size() : std::min(fewer, columns_.size());
        const auto task = logarithmic_task(plain->screen, plain->screen_weight, logs_without(screen_logs_, without), capped_in_screens);
        if (!usable(task)) continue;
        const auto hits = scan_singles(columns_, Seen::value, end, task, kept_hits, judge_.run().pool);
        judge_.run().clock.add(screen_.size(), end);
        propose(hits.size(), [&](std::size_t h) {
            std::vector<Expression> found;
            if (auto f = spell_exponential(*plain, hits[h], without)) found.push_back(std::move(*f));
            return found;
        });
    }
}

std::vector<std::vector<double>> NoisySearch::logs_without(std::vector<std::vector<double>> logs, std::size_t without) {
    if (without + 1 < logs.size()) logs.erase(logs.begin() + static_cast<std::ptrdiff_t>(without) + 1);
    return logs;
}

void NoisySearch::ask_sums(const View& view, std::size_t end, std::size_t pairs) {
    auto& pool = judge_.run().pool;
    ScanTask task{.base = {std::vector<double>(screen_.size(), 1.0)}, .z = view.screen, .weight = view.screen_weight};
    if (!usable(task)) return;
    std::vector<std::vector<std::uint32_t>> sets;
    for (const bool offset : {true, false}) {
        if (!offset) task.base.clear();
        const double bar = cost_of_best(view, Seen::value);
        const auto best = scan_singles(columns_, Seen::value, end, task, kept_parts, pool);
        const auto alone = worth_a_fit(best, bar);
        for (std::size_t i = 0; i < std::min(alone.size(), kept_alone); ++i) sets.push_back({alone[i].first});
        if (judge_.run().over()) return;
        // Pairs of what is small and of what explains most alone.
        auto listed = columns_.parts_of_sums(pairs, pairs);
        for (const auto& hit : best) listed.push_back(hit.first);
        std::ranges::sort(listed);
        listed.erase(std::unique(listed.begin(), listed.end()), listed.end());
        const auto two = worth_a_fit(scan_pairs(columns_, Seen::value, listed, task, 2 * kept_pairs, pool), bar);
        judge_.run().clock.add(screen_.size(), end + pairs * pairs / 2);
        for (std::size_t i = 0; i < two.size(); ++i) {
            sets.push_back({two[i].first, two[i].second});
            // A third term for the best.
            if (i >= (view.transform == Transform::identity ? 24U : 8U) || judge_.run().over()) continue;
            ScanTask more = task;
            for (const auto c : {two[i].first, two[i].second}) more.base.emplace_back(columns_.value(c), columns_.value(c) + columns_.rows());
            for (const auto& hit : scan_singles(columns_, Seen::value, 8 * pairs, more, 1, pool)) sets.push_back({two[i].first, two[i].second, hit.first});
            judge_.run().clock.add(screen_.size(), 8 * pairs);
        }
    }
    propose(sets.size(), [&](std::size_t i) {
        auto found = spell_sum(view, 0, sets[i], InnerNumber::as_it_is);
        if (std::ranges::any_of(sets[i], [&](auto c) { return columns_.has_inner(c); }))
            for (auto& f : spell_sum(view, 0, sets[i], InnerNumber::free)) found.push_back(with_numbers_fitted(std::move(f)));
        return found;
    });
}

// What the middle rows say is best goes to all rows: the shortest descriptions, and the best of every size.
void NoisySearch::offer_best() {
    if (proposals_.empty()) return;
    Run& run = judge_.run();
    Problem part = problem_;
    part.data = problem_.data.take(middle_.rows);
    part.validation.reset();
    const Scorer scorer(part);
    struct Ranked {
        double cost = std::numeric_limits<double>::infinity(), loss = cost;
        int complexity = 0;
        Expression formula;
    };
    std::vector<Ranked> ranked(proposals_.size());
    const double rows = static_cast<double>(middle_.size());
    const auto rank = [&](Expression formula, int iterations) {
        Expression outputs[] = {std::move(formula)};
        const double loss = iterations > 0 ? scorer.fit(outputs, {.maximum_iterations = iterations}) : scorer.loss(outputs);
        const int complexity = scorer.complexity(outputs);
        const double numbers = 0.5 * std::log(rows) * static_cast<double>(outputs[0].values.size());
        return Ranked{0.5 * rows * std::log(std::max(loss, 1e-300)) + cost_per_node * complexity + numbers, loss, complexity, outputs[0]};
    };
    // As they were spelled first: most numbers stand where a fit would put them.
    parallel_for(run.pool, proposals_.size(), 16, [&](std::size_t i) {
        Expression outputs[] = {canonical(proposals_[i])};
        if (run.over() || !judge_.spelling().allows(outputs[0]) || !scorer.allowed(outputs)) return;
        ranked[i] = rank(std::move(outputs[0]), 0);
    });
    run.clock.add(middle_.size(), 10 * proposals_.size());
    std::ranges::stable_sort(ranked, {}, &Ranked::cost);
    ranked.resize(std::min(ranked.size(), fitted_on_middle));
    parallel_for(run.pool, ranked.size(), 1, [&](std::size_t i) {
        if (!run.over() && !ranked[i].formula.empty()) ranked[i] = rank(std::move(ranked[i].formula), 12);
    });
    run.clock.add(middle_.size(), 12 * 10 * ranked.size());
    std::ranges::stable_sort(ranked, {}, &Ranked::cost);
    std::size_t taken = 0;
    std::set<std::pair<int, double>> seen;
    std::set<int> sizes;
    for (const auto& one : ranked) {
        if (run.over() || !std::isfinite(one.cost)) break;
        if (!seen.emplace(one.complexity, one.loss).second) continue;
        if (taken >= offered && !sizes.insert(one.complexity).second) continue;
        sizes.insert(one.complexity);
        ++taken;
        judge_.offer_fitted(one.formula);
        judge_.report("library");
    }
    proposals_.clear();
    learn_from_best();
}

bool NoisySearch::ask_first() {
    if (columns_.size() == 0 || screen_.size() < 20 || judge_.run().over()) return false;

    ask_powers(*view(Transform::identity, 0), columns_.size(), 2000);

    if (!judge_.run().over()) ask_exponentials();
    offer_best();

    return enough_;
}

bool NoisySearch::is_enough() {
    learn_from_best();
    return enough_;
}

void NoisySearch::ask_rest() {
    if (columns_.size() == 0 || screen_.size() < 20) return;
    constexpr std::size_t fewer = 20'000;
    Run& run = judge_.run();
    const auto sums = [&](std::initializer_list<Transform> of, std::size_t end) {
        for (const auto t : of)
            if (const auto one = view(t, 0); one && !run.over()) ask_sums(*one, end, 1500);
        offer_best();
    };
    sums({Transform::identity, Transform::square, Transform::inverse}, columns_.size());

    if (enough_) return;
    const auto views = views_of_powers();
    for (std::size_t i = 1; i < views.size() && !run.over(); ++i) {
        ask_powers(views[i], fewer, 400);
        judge_.report("library");
    }
    offer_best();

    if (enough_) return;
    // The target less a monomial that stands alone in a sum.
    const auto& parts = columns_.outer_lattice();
    for (std::size_t m = 1; m < std::min<std::size_t>(parts.size(), 40) && !run.over(); ++m) {
        ask_powers(view_without(monomial_of(1, parts[m].powers())), fewer / 2, 0);
        judge_.report("library");
    }
    offer_best();

    if (!enough_) sums({Transform::sqrt, Transform::inverse_square, Transform::log}, fewer);

}

}  // namespace balmer::enumerate
