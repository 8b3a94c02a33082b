#include "search/enumerate/noisy_search.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "balmer/simplify.hpp"
#include "search/enumerate/kernels.hpp"
#include "search/enumerate/robust.hpp"

namespace balmer::enumerate {
namespace {

constexpr std::size_t most_columns = 200'000;
constexpr std::size_t kept_hits = 8;       // of one kind of column to one question; of the plain target's, which most laws answer, more:
constexpr std::size_t kept_plain = 60, kept_pairs = 60, kept_plain_pairs = 400;
constexpr std::size_t fitted_on_middle = 600;
constexpr std::size_t offered = 60;        // formulas that are fitted on all rows
constexpr double capped_in_screens = 0.85, capped_in_fits = 0.98;
constexpr double deviations = 3.5;         // standard errors within which an exponent counts as rational
constexpr double least_tolerance = 0.004, largest_tolerance = 0.15;

std::size_t affordable_columns(const Budget& budget, std::size_t rows) {
    return std::min(most_columns, budget.memory / 4 / (2 * sizeof(float) * rows));
}

double tolerance_of(double error) { return std::clamp(deviations * error, least_tolerance, largest_tolerance); }

std::vector<std::vector<double>> with_one(const Sample& sample, const std::vector<std::int32_t>& variables) {
    std::vector<std::vector<double>> columns = {std::vector<double>(sample.size(), 1.0)};
    for (const auto v : variables) {
        columns.push_back(sample.columns[static_cast<std::size_t>(v)]);
        for (double& x : columns.back()) x = std::log(std::fabs(x));
    }
    return columns;
}

// log|u| and its weights, the square of the value: what the noise makes of a logarithm. Values above the share `capped` of all count alike.
ScanTask logarithmic(const std::vector<double>& u, const std::vector<double>& weight, const std::vector<std::vector<double>>& base, double capped) {
    ScanTask task{.base = base, .z = u, .weight = weight};
    std::vector<double> sizes;
    for (const double x : u) sizes.push_back(std::fabs(x));
    const auto upper = sizes.begin() + static_cast<std::ptrdiff_t>(capped * static_cast<double>(sizes.size() - 1));
    std::ranges::nth_element(sizes, upper);
    const double cap = *upper;
    for (std::size_t i = 0; i < u.size(); ++i) {
        const double size = std::fabs(u[i]);
        task.z[i] = size > 0 ? std::log(size) : 0;
        task.weight[i] *= std::min(size, cap) * std::min(size, cap);
    }
    return task;
}

bool usable(const ScanTask& task) {
    return all_finite(task.z) && all_finite(task.weight) && std::ranges::any_of(task.weight, [](double w) { return w > 0; });
}

}  // namespace

NoisySearch::NoisySearch(const ValueTable& table, const Problem& problem, const Sample& screen, const Sample& middle, Judge& judge)
    : table_(table),
      problem_(problem),
      screen_(screen),
      middle_(middle),
      judge_(judge),
      columns_(table, screen, judge.spelling(), affordable_columns(judge.run().budget, screen.size()), judge.run().pool),
      sign_(common_sign(problem.data.targets[0].values())) {
    for (const auto v : table.variables())
        if (std::ranges::none_of(problem.data.features[static_cast<std::size_t>(v)].values(), [](double x) { return x == 0; })) powers_.push_back(v);
    rough_problem_ = problem;
    rough_problem_.validation.reset();
    std::vector<std::size_t> rough_rows;
    for (std::size_t i = 0; i < middle.size(); i += 4) rough_rows.push_back(middle.rows[i]);
    rough_problem_.data = problem.data.take(rough_rows);
    rough_ = std::make_unique<Scorer>(rough_problem_);
    screen_logs_ = with_one(screen, powers_);
    middle_logs_ = with_one(middle, powers_);
}

std::optional<NoisySearch::View> NoisySearch::view(Transform transform, double shift) const {
    if (!invertible(transform, judge_.spelling()) || (loses_sign(transform) && sign_ == 0)) return std::nullopt;
    View view{.transform = transform, .shift = shift, .screen = {}, .screen_weight = {}, .middle = {}, .middle_weight = {}};
    const auto see = [&](const Sample& sample, std::vector<double>& u, std::vector<double>& weight) {
        u.resize(sample.size());
        transform_rows(transform, sample.target.data(), u.data(), u.size());
        weight = sample.weight;
        for (std::size_t i = 0; i < u.size(); ++i) {
            const double d = slope(transform, sample.target[i]);
            weight[i] /= d * d;
            // A row that noise has carried out of the transform's domain does not vote.
            if (std::isfinite(u[i]) && std::isfinite(weight[i])) u[i] -= shift;
            else u[i] = weight[i] = 0;
        }
        const auto silent = static_cast<std::size_t>(std::ranges::count(weight, 0.0));
        return 20 * silent <= u.size();
    };
    if (!see(screen_, view.screen, view.screen_weight) || !see(middle_, view.middle, view.middle_weight)) return std::nullopt;
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

Expression NoisySearch::undone(const View& view, const Expression& inner) const {
    if (!view.part.empty()) return sum_of(view.part, inner);
    return inverted(view.transform, sum_of(inner, Expression::constant(view.shift)), sign_);
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

// Exponents of u = C prod |x_j|^p_j, all of them rational within their errors.
std::optional<std::vector<Power>> NoisySearch::rational_powers(const std::vector<double>& u, const std::vector<double>& weight) const {
    const auto task = logarithmic(u, weight, middle_logs_, capped_in_fits);
    if (!usable(task)) return std::nullopt;
    const auto fit = power_fit(middle_logs_, u, weight, task.z, task.weight);
    if (!std::isfinite(fit.scale)) return std::nullopt;
    std::vector<Power> powers;
    for (std::size_t j = 0; j < powers_.size(); ++j) {
        const auto p = nearest_fraction(fit.coefficients[j + 1], tolerance_of(fit.error[j + 1]));
        if (!p) return std::nullopt;
        const auto& x = middle_.columns[static_cast<std::size_t>(powers_[j])];
        if (p->d != 1 && std::ranges::any_of(x, [](double value) { return value < 0; })) return std::nullopt;
        if (p->n != 0) powers.push_back({Expression::feature(powers_[j]), *p});
    }
    return powers;
}

std::optional<Expression> NoisySearch::spell_power(const View& view, const ScanHit& hit, InnerNumber number) const {
    const auto task = logarithmic(view.middle, view.middle_weight, middle_logs_, capped_in_fits);
    std::vector<Expression> parts;
    std::vector<std::vector<double>> part_values;
    auto columns = middle_logs_;
    for (const auto index : {hit.first, hit.second}) {
        if (index == KeyIndex::none) continue;
        parts.push_back(columns_.expression(index, judge_.spelling(), number));
        part_values.push_back(on_middle(parts.back()));
        columns.push_back(part_values.back());
        for (double& v : columns.back()) v = std::log(std::fabs(v));
        if (!all_finite(columns.back())) return std::nullopt;
    }
    std::vector<Power> powers;
    auto rest = view.middle, rest_weight = view.middle_weight;
    if (!parts.empty()) {
        const auto fit = power_fit(columns, view.middle, view.middle_weight, task.z, task.weight);
        if (!std::isfinite(fit.scale)) return std::nullopt;
        for (std::size_t k = 0; k < parts.size(); ++k) {
            const std::size_t at = middle_logs_.size() + k;
            const auto q = nearest_fraction(fit.coefficients[at], tolerance_of(fit.error[at]));
            if (!q || q->n == 0 || q->d > 2 || std::abs(q->n) > 4) return std::nullopt;
            if (q->d != 1 && common_sign(part_values[k]) != 1) return std::nullopt;
            powers.push_back({parts[k], *q});
            for (std::size_t i = 0; i < rest.size(); ++i) {
                const double factor = std::exp(q->value() * columns[at][i]);
                rest[i] /= part_values[k][i] < 0 && q->n % 2 != 0 ? -factor : factor;
                rest_weight[i] *= factor * factor;
            }
        }
    }
    auto of_variables = rational_powers(rest, rest_weight);
    if (!of_variables) return std::nullopt;
    powers.insert(powers.begin(), of_variables->begin(), of_variables->end());
    if (powers.empty()) return std::nullopt;
    const Expression shape = monomial_of(1, powers);
    const std::vector<double> m[] = {on_middle(shape)};
    const auto fit = robust_linear_fit(m, view.middle, view.middle_weight);
    if (!std::isfinite(fit.scale) || fit.coefficients[0] == 0) return std::nullopt;
    double factor = fit.coefficients[0];
    if (std::fabs(std::fabs(factor) - 1) < deviations * fit.error[0]) factor = factor > 0 ? 1 : -1;
    return undone(view, monomial_of(factor, powers));
}

void NoisySearch::ask_powers(const View& view, std::size_t end, std::size_t pairs) {
    auto& pool = judge_.run().pool;
    const auto task = logarithmic(view.screen, view.screen_weight, screen_logs_, capped_in_screens);
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
    propose(hits.size(), [&](std::size_t i) {
        std::vector<Expression> found;
        if (auto f = spell_power(view, hits[i], InnerNumber::as_it_is)) found.push_back(std::move(*f));
        if (!columns_.has_inner(hits[i].first)) return found;
        if (auto f = spell_power(view, hits[i], InnerNumber::free)) found.push_back(with_numbers_fitted(std::move(*f)));
        return found;
    });
}

std::optional<Expression> NoisySearch::spell_exponential(const View& view, const ScanHit& hit) const {
    const auto task = logarithmic(view.middle, view.middle_weight, middle_logs_, capped_in_fits);
    const Expression v = columns_.expression(hit.first, judge_.spelling());
    auto columns = middle_logs_;
    columns.push_back(on_middle(v));
    if (!all_finite(columns.back())) return std::nullopt;
    const auto fit = power_fit(columns, view.middle, view.middle_weight, task.z, task.weight);
    if (!std::isfinite(fit.scale)) return std::nullopt;
    const double rate = fit.coefficients.back();
    auto rest = view.middle, rest_weight = view.middle_weight;
    for (std::size_t i = 0; i < rest.size(); ++i) {
        const double factor = std::exp(rate * columns.back()[i]);
        rest[i] /= factor;
        rest_weight[i] *= factor * factor;
    }
    auto powers = rational_powers(rest, rest_weight);
    if (!powers) return std::nullopt;
    const double whole = std::round(rate);
    const bool is_whole = whole != 0 && std::fabs(rate - whole) < deviations * fit.error.back() && std::fabs(whole) < 3;
    powers->push_back({Expression::apply(Op::exp, scaled(is_whole ? whole : rate, v)), {1, 1}});
    const std::vector<double> m[] = {on_middle(monomial_of(1, *powers))};
    const auto amplitude = robust_linear_fit(m, view.middle, view.middle_weight);
    if (!std::isfinite(amplitude.scale) || amplitude.coefficients[0] == 0) return std::nullopt;
    double factor = amplitude.coefficients[0];
    if (std::fabs(std::fabs(factor) - 1) < deviations * amplitude.error[0]) factor = factor > 0 ? 1 : -1;
    return undone(view, monomial_of(factor, *powers));
}

void NoisySearch::ask_exponentials() {
    if (!judge_.spelling().has(Op::exp)) return;
    const auto plain = view(Transform::identity, 0);
    const auto task = logarithmic(plain->screen, plain->screen_weight, screen_logs_, capped_in_screens);
    if (!usable(task)) return;
    const auto hits = scan_singles(columns_, Seen::value, columns_.size(), task, kept_hits, judge_.run().pool);
    judge_.run().clock.add(screen_.size(), columns_.size());
    propose(hits.size(), [&](std::size_t i) {
        std::vector<Expression> found;
        if (auto f = spell_exponential(*plain, hits[i])) found.push_back(std::move(*f));
        return found;
    });
}

// With and without its constant, coefficients free or equal.
std::vector<Expression> NoisySearch::spell_sum(const View& view, std::size_t monomial, std::vector<std::uint32_t> wanted, InnerNumber number) const {
    std::vector<Expression> parts;
    std::vector<std::vector<double>> columns;
    for (const auto index : wanted) {
        parts.push_back(columns_.expression(index, judge_.spelling(), number));
        columns.push_back(on_middle(parts.back()));
        if (!all_finite(columns.back())) return {};
    }
    const auto& point = columns_.outer_lattice()[monomial];
    const auto m = lattice_values(point, middle_.columns);
    std::vector<double> z = view.middle, weight = view.middle_weight;
    for (std::size_t i = 0; i < z.size(); ++i) {
        z[i] /= m[i];
        weight[i] *= m[i] * m[i];
    }
    if (!all_finite(z) || !all_finite(weight)) return {};
    const auto times = [&](double factor, const Expression& e) {
        auto all = point.powers();
        all.push_back({e, {1, 1}});
        return monomial_of(factor, all);
    };
    std::vector<Expression> found;
    for (const bool offset : {false, true}) {
        auto all = columns;
        if (offset) all.emplace_back(z.size(), 1.0);
        const auto fit = robust_linear_fit(all, z, weight);
        if (!std::isfinite(fit.scale)) return found;
        const auto& c = fit.coefficients;
        // A positive term goes first, so that none needs a sign in front.
        std::vector<std::size_t> order(parts.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t k) { return c[k] > 0; });
        const auto joined = [&](auto&& coefficient) {
            Expression sum;
            for (const auto k : order) {
                const double a = coefficient(k);
                if (sum.empty()) sum = scaled(a, parts[k]);
                else sum = a < 0 ? Expression::apply(Op::subtract, sum, scaled(-a, parts[k])) : sum_of(sum, scaled(a, parts[k]));
            }
            return sum;
        };
        const double size = std::fabs(c[order[0]]);
        const auto alike = [&](std::size_t k) { return std::fabs(std::fabs(c[k]) - size) < 0.05 * size + deviations * fit.error[k]; };
        if (!offset) {
            if (std::ranges::all_of(order, alike)) {
                const bool one = std::fabs(size - 1) < deviations * fit.error[order[0]];
                found.push_back(undone(view, times(one ? 1 : size, joined([&](std::size_t k) { return c[k] > 0 ? 1.0 : -1.0; }))));
            }
            found.push_back(undone(view, times(1, joined([&](std::size_t k) {
                const double whole = std::round(c[k]);
                return whole != 0 && std::fabs(c[k] - whole) < deviations * fit.error[k] && std::fabs(whole) <= 4 ? whole : c[k];
            }))));
        } else {
            found.push_back(undone(view, times(1, sum_of(joined([&](std::size_t k) { return c[k]; }), Expression::constant(c.back())))));
            if (!point.variables.empty() && parts.size() == 1)
                found.push_back(undone(view, sum_of(times(c[0], parts[0]), Expression::constant(1e-3))));
        }
    }
    return found;
}

void NoisySearch::ask_sums(const View& view, std::size_t end, std::size_t pairs) {
    auto& pool = judge_.run().pool;
    ScanTask task{.base = {std::vector<double>(screen_.size(), 1.0)}, .z = view.screen, .weight = view.screen_weight};
    if (!usable(task)) return;
    std::vector<std::vector<std::uint32_t>> sets;
    for (const bool offset : {true, false}) {
        if (!offset) task.base.clear();
        for (const auto& hit : scan_singles(columns_, Seen::value, end, task, kept_hits, pool)) sets.push_back({hit.first});
        if (judge_.run().over()) return;
        const auto listed = columns_.parts_of_sums(pairs, pairs);
        const auto two = scan_pairs(columns_, Seen::value, listed, task, 2 * kept_pairs, pool);
        judge_.run().clock.add(screen_.size(), end + pairs * pairs / 2);
        for (std::size_t i = 0; i < two.size(); ++i) {
            sets.push_back({two[i].first, two[i].second});
            // A third term for the best.
            if (i >= 24 || judge_.run().over()) continue;
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
}

void NoisySearch::run() {
    if (columns_.size() == 0 || screen_.size() < 20) return;
    Run& run = judge_.run();
    constexpr std::size_t fewer = 20'000;
    bool first = true;
    for (const auto& view : views_of_powers()) {
        if (run.over()) break;
        ask_powers(view, first ? columns_.size() : fewer, first ? 2000 : 400);
        first = false;
        judge_.report("library");
    }
    // The target less a monomial that stands alone in a sum.
    const auto& parts = columns_.outer_lattice();
    for (std::size_t m = 1; m < std::min<std::size_t>(parts.size(), 40) && !run.over(); ++m) {
        ask_powers(view_without(monomial_of(1, parts[m].powers())), fewer / 2, 0);
        judge_.report("library");
    }
    if (!run.over()) ask_exponentials();
    offer_best();
    for (const auto t : {Transform::identity, Transform::square, Transform::inverse, Transform::sqrt, Transform::inverse_square, Transform::log}) {
        if (run.over()) break;
        if (const auto one = view(t, 0)) ask_sums(*one, t == Transform::identity ? columns_.size() : fewer, 1500);
        judge_.report("library");
    }
    offer_best();
}

}  // namespace balmer::enumerate
