#include "search/additive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "balmer/clock.hpp"
#include "balmer/evaluate.hpp"
#include "search/sampled.hpp"
#include "search/scorer.hpp"

namespace balmer {
namespace {

// A term that some f_kj may take: a function of one column with its values on the sample.
struct Basis {
    int feature = 0;
    Expression expression;  ///< without its coefficient
    std::vector<double> values;
};

// A term of a sum.
struct Term {
    std::size_t output = 0;
    int feature = 0;
    Expression expression;  ///< with its coefficient
};

// One additive formula per output, term by term.
struct Sums {
    std::vector<double> offsets;
    std::vector<Term> terms;

    std::size_t functions(std::size_t output, int feature) const {
        return static_cast<std::size_t>(std::ranges::count_if(terms, [&](const Term& t) { return t.output == output && t.feature == feature; }));
    }
    std::set<std::pair<std::size_t, int>> tables() const {
        std::set<std::pair<std::size_t, int>> pairs;
        for (const auto& term : terms) pairs.emplace(term.output, term.feature);
        return pairs;
    }
};

// Added two by two, so that long sums stay flat.
Expression balanced_sum(std::vector<Expression> parts) {
    while (parts.size() > 1) {
        std::vector<Expression> next;
        for (std::size_t i = 0; i + 1 < parts.size(); i += 2) next.push_back(Expression::apply(Op::add, parts[i], parts[i + 1]));
        if (parts.size() % 2 == 1) next.push_back(std::move(parts.back()));
        parts = std::move(next);
    }
    return std::move(parts.front());
}

std::vector<Expression> written(const Sums& sums) {
    std::vector<Expression> outputs;
    for (std::size_t k = 0; k < sums.offsets.size(); ++k) {
        std::vector<Expression> parts;
        for (const auto& term : sums.terms)
            if (term.output == k) parts.push_back(term.expression);
        parts.push_back(Expression::constant(sums.offsets[k]));
        outputs.push_back(balanced_sum(std::move(parts)));
    }
    return outputs;
}

// Fitted values back into the terms: `written` keeps their order.
void take_values(Sums& sums, const std::vector<Expression>& outputs) {
    std::vector<std::size_t> next(outputs.size(), 0);
    for (auto& term : sums.terms)
        for (double& value : term.expression.values) value = outputs[term.output].values[next[term.output]++];
    for (std::size_t k = 0; k < outputs.size(); ++k) sums.offsets[k] = outputs[k].values[next[k]];
}

// Operators that are defined, and bend smoothly, everywhere: their inner constants can be fitted.
std::vector<Op> smooth_operators(const Problem& problem) {
    std::vector<Op> smooth;
    for (const Op op : problem.operators) {
        const auto& row = info(op);
        const bool is_function = row.arity == 1 && op != Op::negate && op != Op::integer_power && op != Op::call && op != Op::hole;
        if (is_function && row.domain.empty() && row.derivative[0] != "0" && op != Op::abs && op != Op::relu) smooth.push_back(op);
    }
    return smooth;
}

std::vector<double> values_of(const Expression& expression, const Columns<double>& columns) {
    std::vector<double> values(columns.rows);
    double* const out[] = {values.data()};
    evaluate(Program(expression), expression.values, columns, out);
    return values;
}

// Finite, not constant, and no few rows decide alone.
bool is_tame(const std::vector<double>& values) {
    constexpr double furthest = 12;  // standard deviations
    const double n = static_cast<double>(values.size());
    double mean = 0, square = 0, largest = 0;
    for (const double v : values) mean += v / n;
    for (const double v : values) {
        square += (v - mean) * (v - mean) / n;
        largest = std::max(largest, std::fabs(v - mean));
    }
    return std::isfinite(square) && square > 1e-12 * mean * mean && largest < furthest * std::sqrt(square);
}

// Every operator at several steepnesses and places of every column.
std::vector<Basis> make_bases(const Problem& sample, const Columns<double>& columns) {
    constexpr double steepness[] = {0.5, 1, 2, 4, 8};           // of one standard deviation
    constexpr double places[] = {0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95};  // quantiles
    constexpr std::size_t most_values = 20'000'000;
    std::vector<Basis> bases;
    const auto operators = smooth_operators(sample);
    const auto offer = [&](int feature, Expression expression) {
        Basis basis{.feature = feature, .expression = std::move(expression), .values = {}};
        basis.values = values_of(basis.expression, columns);
        if (is_tame(basis.values)) bases.push_back(std::move(basis));
    };
    for (std::size_t j = 0; j < sample.data.features.size(); ++j) {
        std::vector<double> sorted(sample.data.features[j].values().begin(), sample.data.features[j].values().end());
        std::ranges::sort(sorted);
        const double n = static_cast<double>(sorted.size());
        const double mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) / n;
        double variance = 0;
        for (const double x : sorted) variance += (x - mean) * (x - mean) / n;
        const auto x = Expression::feature(static_cast<std::int32_t>(j));
        offer(static_cast<int>(j), x);
        for (const Op op : operators)
            for (const double steep : steepness)
                for (const double place : places) {
                    if (!(variance > 0) || bases.size() * columns.rows > most_values) continue;
                    const double slope = steep / std::sqrt(variance), at = sorted[static_cast<std::size_t>(place * (n - 1))];
                    const auto inner = Expression::apply(Op::add, Expression::apply(Op::multiply, Expression::constant(slope), x), Expression::constant(-slope * at));
                    offer(static_cast<int>(j), Expression::apply(op, inner));
                }
    }
    return bases;
}

// First and second derivatives of the loss by each output on every row of the sample.
struct Slopes {
    std::vector<std::vector<double>> first, second;  ///< by output
};

Slopes slopes_of(const Scorer& scorer, const std::vector<Expression>& outputs) {
    const auto& rows = scorer.rows();
    const std::size_t each = outputs.size() / rows.groups();
    Slopes slopes;
    for (std::size_t g = 0; g < rows.groups(); ++g) {
        std::vector<std::vector<double>> first(each, std::vector<double>(rows.rows())), second(each * each, std::vector<double>(rows.rows()));
        std::vector<std::vector<double>> predicted;
        for (std::size_t k = 0; k < each; ++k) predicted.push_back(values_of(outputs[g * each + k], rows.columns()));
        constexpr std::size_t tile = 256;
        for (std::size_t row = 0; row < rows.rows(); row += tile) {
            std::vector<const double*> prediction;
            std::vector<double*> first_rows, second_rows;
            for (auto& p : predicted) prediction.push_back(p.data() + row);
            for (auto& f : first) first_rows.push_back(f.data() + row);
            for (auto& s : second) second_rows.push_back(s.data() + row);
            rows.loss(g).tile(row, std::min(tile, rows.rows() - row), prediction, first_rows, second_rows);
        }
        for (std::size_t k = 0; k < each; ++k) {
            slopes.first.push_back(std::move(first[k]));
            slopes.second.push_back(std::move(second[k * each + k]));
        }
    }
    return slopes;
}

// What Newton's step on the coefficient promises, an offset fitted beside it; and the coefficient.
struct Promise {
    double gain = 0, coefficient = 0;
};

Promise promise_of(const std::vector<double>& values, const std::vector<double>& first, const std::vector<double>& second) {
    double w = 0, wx = 0, wxx = 0, g = 0, gx = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        w += second[i];
        wx += second[i] * values[i];
        wxx += second[i] * values[i] * values[i];
        g += first[i];
        gx += first[i] * values[i];
    }
    if (!(w > 0)) return {};
    const double curvature = wxx - wx * wx / w, slope = gx - g * wx / w;
    if (!(curvature > 1e-12 * wxx)) return {};
    return {.gain = 0.5 * slope * slope / curvature, .coefficient = -slope / curvature};
}

class Run {
public:
    Run(const Problem& problem, const Problem& sample, const AdditiveOptions& options, const Budget& budget, StopToken stop, Observer& observer)
        : problem_(problem), options_(options), budget_(budget), stop_(std::move(stop)), observer_(observer), small_(sample), whole_(problem),
          bases_(make_bases(sample, small_.rows().columns())), share_(static_cast<double>(sample.data.rows()) / static_cast<double>(problem.data.rows())) {}

    SearchResult search() {
        Sums sums;
        sums.offsets.assign(problem_.outputs(), 0.0);
        refit(sums, all_outputs, first_iterations);
        keep(sums);
        grow(sums);
        const std::size_t largest = sums.terms.size(), tables = sums.tables().size();
        shrink(sums);
        SearchResult result{.front = on_all_rows(), .stop = stop_.stop_requested() ? StopReason::interrupted : late(1) ? StopReason::seconds : StopReason::exhausted};
        result.seconds = watch_.seconds();
        result.evaluations = evaluations_;
        result.node_rows = evaluations_ * static_cast<double>(problem_.data.rows());
        result.report.push_back(fmt::format("sums of functions of one column: grew to {} terms in {} functions, {} in the front", largest, tables, result.front.members().size()));
        return result;
    }

private:
    static constexpr std::size_t all_outputs = static_cast<std::size_t>(-1);
    static constexpr int first_iterations = 10, step_iterations = 5, last_iterations = 6;

    bool late(double share) const {
        return stop_.stop_requested() || watch_.seconds() > share * budget_.seconds || evaluations_ > share * budget_.evaluations;
    }

    // Fits the constants of one output, or of all.
    void refit(Sums& sums, std::size_t output, int iterations) {
        auto outputs = written(sums);
        FitOptions options{.maximum_iterations = iterations, .tolerance = 1e-5};
        for (std::size_t k = 0; k < outputs.size(); ++k) options.fixed.insert(options.fixed.end(), outputs[k].values.size(), output != all_outputs && output != k);
        loss_ = small_.fit(outputs, options);
        take_values(sums, outputs);
        evaluations_ += iterations * share_;
    }

    void keep(const Sums& sums) {
        auto outputs = written(sums);
        if (!whole_.allowed(outputs)) return;
        Candidate candidate{.outputs = std::move(outputs), .loss = loss_, .origin = "sums"};
        candidate.complexity = whole_.complexity(candidate.outputs);
        kept_.insert(std::move(candidate));
        observer_.progressed({.seconds = watch_.seconds(), .evaluations = evaluations_, .stage = "sums", .detail = fmt::format("{} terms", sums.terms.size()), .front = &kept_});
    }

    // The most promising terms, one for each output and column. Terms that stand in a table of their output cost the least: nothing, where formulas are
    // weighed by tables.
    std::vector<Term> best_terms(const Sums& sums) const {
        const auto outputs = written(sums);
        const Slopes slopes = slopes_of(small_, outputs);
        const int now = whole_.complexity(outputs);
        constexpr double free_term = 4;  // a term that costs nothing still makes the formula longer
        const bool is_full = sums.tables().size() >= options_.tables;
        std::map<std::pair<std::size_t, int>, std::pair<double, Term>> best;  // score and term by output and column
        for (const auto& basis : bases_)
            for (std::size_t k = 0; k < outputs.size(); ++k) {
                const std::size_t there = sums.functions(k, basis.feature);
                if (there >= options_.functions || (is_full && there == 0)) continue;
                const Promise promise = promise_of(basis.values, slopes.first[k], slopes.second[k]);
                auto& [gain, term] = best[{k, basis.feature}];
                if (promise.gain <= gain) continue;
                gain = promise.gain;
                term = {k, basis.feature, Expression::apply(Op::multiply, Expression::constant(promise.coefficient), basis.expression)};
            }
        std::vector<std::pair<double, Term>> ranked;
        for (auto& [place, found] : best) {
            if (!(found.first > 0)) continue;
            Sums with = sums;
            with.terms.push_back(found.second);
            const double cost = std::max(0, whole_.complexity(written(with)) - now);
            ranked.emplace_back(found.first / (cost + free_term), std::move(found.second));
        }
        std::ranges::stable_sort(ranked, [](const auto& a, const auto& b) { return a.first > b.first; });
        std::vector<Term> terms;
        for (auto& [score, term] : ranked) terms.push_back(std::move(term));
        return terms;
    }

    // The sums with a term, its coefficient halved until the loss falls; nothing when it never does or the limits forbid it.
    std::optional<Sums> with_term(const Sums& sums, Term term) {
        constexpr int halvings = 5;
        const double before = loss_;
        for (int i = 0; i < halvings; ++i) {
            Sums next = sums;
            next.terms.push_back(term);
            const auto outputs = written(next);
            if (!whole_.allowed(outputs)) return std::nullopt;
            evaluations_ += share_;
            if (small_.loss(outputs, before) < before) return next;
            term.expression.values[0] *= 0.5;
        }
        return std::nullopt;
    }

    void grow(Sums& sums) {
        constexpr double enough = 1e-3, share = 0.6;
        constexpr std::size_t all_every = 4;
        std::size_t without_gain = 0;
        for (std::size_t step = 1; !late(share) && without_gain < options_.patience; ++step) {
            std::optional<Sums> next;
            std::size_t output = 0;
            for (auto& term : best_terms(sums)) {
                output = term.output;
                if ((next = with_term(sums, std::move(term)))) break;
            }
            if (!next) break;
            const double before = loss_;
            refit(*next, step % all_every == 0 ? all_outputs : output, step_iterations);
            without_gain = loss_ < before * (1 - enough) ? 0 : without_gain + 1;
            sums = std::move(*next);
            keep(sums);
        }
        refit(sums, all_outputs, first_iterations);
        keep(sums);
    }

    static Sums without(const Sums& sums, const std::pair<std::size_t, int>& table) {
        Sums rest = sums;
        std::erase_if(rest.terms, [&](const Term& t) { return t.output == table.first && t.feature == table.second; });
        return rest;
    }

    // The table whose loss hurts least by what it saves leaves first. Its mean goes into the offset.
    void shrink(Sums& sums) {
        constexpr double share = 0.8;
        while (!sums.terms.empty() && !late(share)) {
            const double here = loss_;
            const int now = whole_.complexity(written(sums));
            double best = std::numeric_limits<double>::infinity();
            std::optional<Sums> chosen;
            std::size_t output = 0;
            for (const auto& table : sums.tables()) {
                Sums rest = without(sums, table);
                for (const auto& term : sums.terms) {
                    if (term.output != table.first || term.feature != table.second) continue;
                    const auto values = values_of(term.expression, small_.rows().columns());
                    rest.offsets[table.first] += std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
                }
                const auto outputs = written(rest);
                const double saved = std::max(1, now - whole_.complexity(outputs));
                const double hurt = (small_.loss(outputs) - here) / saved;
                evaluations_ += share_;
                if (hurt >= best) continue;
                best = hurt;
                chosen = std::move(rest);
                output = table.first;
            }
            if (!chosen) return;
            sums = std::move(*chosen);
            refit(sums, sums.tables().size() % 3 == 0 ? all_outputs : output, step_iterations);
            keep(sums);
        }
    }

    // The longest first: where time ends, the simple ones keep what the sample gave them.
    ParetoFront on_all_rows() {
        ParetoFront front;
        const auto& members = kept_.members();
        for (std::size_t i = members.size(); i-- > 0;) {
            auto outputs = members[i].outputs;
            if (share_ < 1 && !late(1)) {
                whole_.fit(outputs, {.maximum_iterations = last_iterations, .tolerance = 1e-5});
                evaluations_ += last_iterations;
            }
            Candidate candidate = whole_.score(std::move(outputs), "sums");
            if (!std::isfinite(candidate.loss) || !front.insert(candidate)) continue;
            observer_.improved({.seconds = watch_.seconds(), .evaluations = evaluations_, .stage = "sums", .front = &front}, candidate);
        }
        return front;
    }

    const Problem& problem_;
    AdditiveOptions options_;
    Budget budget_;
    StopToken stop_;
    Observer& observer_;
    Scorer small_, whole_;
    std::vector<Basis> bases_;
    double share_ = 1;  ///< of the rows in the sample
    ParetoFront kept_;  ///< losses on the sample
    Stopwatch watch_;
    double loss_ = 0, evaluations_ = 0;
};

class AdditiveSearcher final : public Searcher {
public:
    explicit AdditiveSearcher(AdditiveOptions options) : options_(options) {}
    std::string name() const override { return "sums"; }
    SearchResult run(const Problem& problem, const Budget& budget, std::uint64_t /*seed*/, StopToken stop, Observer& observer, const std::string& /*resume*/) override {
        const auto allows = [&](Op op) { return std::ranges::find(problem.operators, op) != problem.operators.end(); };
        if (problem.form || problem.units != UnitRule::ignored || !allows(Op::add) || !allows(Op::multiply)) {
            SearchResult nothing{.front = {}, .stop = StopReason::exhausted};
            nothing.report.push_back("sums of functions of one column need + and *, and neither units nor a form: left out");
            return nothing;
        }
        const Problem sample = sampled(problem, options_.rows);
        return Run(problem, sample, options_, budget, std::move(stop), observer).search();
    }

private:
    AdditiveOptions options_;
};

}  // namespace

std::unique_ptr<Searcher> make_additive_searcher(AdditiveOptions options) { return std::make_unique<AdditiveSearcher>(options); }

}  // namespace balmer
