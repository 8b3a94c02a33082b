#include "hardware/precision.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_map>

#include "balmer/error.hpp"
#include "balmer/hash.hpp"
#include "balmer/parallel.hpp"
#include "hardware/area_memory.hpp"
#include "hardware/output_memory.hpp"
#include "hardware/poles.hpp"

namespace balmer {

namespace {

/// A change of the formats that should make the circuit smaller.
struct Move {
    enum class Kind : std::uint8_t { fraction, width, all_widths, entries, sum_bits, digits, all_digits, all_fractions, rescale, form, fold, interpolation, segments } kind = Kind::fraction;
    std::uint32_t edge = 0;
    std::uint32_t term = 0;
    int amount = 0;  ///< rescale: odd multiplier and digits; form: the TermForm; fold: how often; interpolation: its bits; segments: 10 * their number and the bits between them
    double score = std::numeric_limits<double>::infinity();  ///< cost saved per loss when last tried
};

std::uint64_t hash_of(const PlanFormats& formats) {
    std::uint64_t key = formats.size();
    for (const EdgeFormat& format : formats) {
        const std::array<std::int64_t, 6> numbers = {std::bit_cast<std::int64_t>(format.scale), format.fraction, format.folds, format.interpolated, format.segments, format.segment_bits};
        key = hash(std::span(numbers), key);
        key = hash(std::span(format.operands), key);
        key = hash(std::span(format.digits), key);
        key = hash(std::span(format.forms), key);
    }
    return key;
}

class Search {
public:
    Search(const Plan& plan, const LoweringOptions& options, const Judge& judge, const std::function<void(const PrecisionState&)>& visit)
        : plan_(plan), options_(options), judge_(judge), visit_(visit), free_(free_scales(plan)), uses_(count_uses(plan)), outputs_(judge) {}

    /// The ways down from all starts, on all threads; the same with any number of them.
    PrecisionState run() {
        std::vector<PrecisionState> states = starts();
        std::vector<std::vector<PrecisionState>> paths(states.size());
        ThreadPool pool(static_cast<std::size_t>(std::max(0, options_.threads)));
        const std::size_t lanes = std::min(pool.size(), states.size());
        pool.run(lanes, [&](std::size_t lane) {
            Search own(*this);  // what is remembered saves time alone
            for (std::size_t i = lane; i < states.size(); i += lanes) {
                own.path_.clear();
                own.go_down(states[i]);
                paths[i] = std::move(own.path_);
            }
        });
        for (const auto& path : paths) {
            for (const PrecisionState& state : path) {
                visit_(named(state, Sharing::none));
            }
        }
        const auto best = std::ranges::min_element(states, {}, &PrecisionState::cost);
        const PrecisionState shared = evaluated(best->formats, Sharing::pairs);
        PrecisionState cheaper = shared.cost < best->cost ? named(shared, Sharing::pairs) : named(*best, Sharing::none);
        cheaper.note = note_;
        return cheaper;
    }

private:
    static constexpr double no_limit = std::numeric_limits<double>::infinity();

    /// The same state with a circuit that others may see.
    PrecisionState named(PrecisionState state, Sharing sharing) {
        state.realisation = realise(plan_, state.formats, options_, cache_, sharing);
        return state;
    }

    void go_down(PrecisionState& state) {
        note_step(state);
        std::vector<Move> moves = all_moves();
        descend(state, moves);
        exchange(state, moves);
    }

    /// For those who want to see every step: its circuit is made later.
    void note_step(const PrecisionState& state) {
        if (visit_) path_.push_back({.formats = state.formats, .quality = state.quality, .cost = state.cost});
    }

    /// The circuit of the formats, without names; its quality only when it costs less than the limit.
    PrecisionState evaluated(PlanFormats formats, Sharing sharing = Sharing::none, double cost_limit = no_limit) {
        PrecisionState state{.formats = std::move(formats)};
        state.realisation = realise(plan_, state.formats, options_, cache_, sharing, Naming::none);
        state.cost = areas_.area(state.realisation.circuit);
        if (state.cost < cost_limit) state.quality = outputs_.measure(state.realisation.circuit);
        return state;
    }

    /// Acceptable states from the coarsest up to one with room to spare: a way down from each ends elsewhere.
    std::vector<PrecisionState> starts() {
        std::vector<PrecisionState> accepted, refused;
        std::optional<LoweringQuality> nearest;
        std::optional<Error> too_large;
        bool has_room = false, any = true;
        const int coarsest = options_.reference == Reference::data ? 3 : 6;
        constexpr int most = 16, most_of_all = 20;  // beyond `most`, and in the largest tables, only where nothing else will do: every start takes its time
        for (int bits = coarsest; bits <= (accepted.empty() ? most_of_all : most) && !has_room && any; ++bits) {
            any = false;  // where nothing fits, more bits will not help
            const PlanFormats interpolated = starting_formats(plan_, options_, bits, WideTables::interpolated);
            for (const WideTables wide : {WideTables::interpolated, WideTables::segmented, WideTables::large, WideTables::both}) {
                PlanFormats formats = starting_formats(plan_, options_, bits, wide);
                if ((wide != WideTables::interpolated && formats == interpolated) || (wide >= WideTables::large && !accepted.empty())) {
                    continue;
                }
                PrecisionState state;
                try {
                    state = evaluated(std::move(formats));
                } catch (const Error& error) {
                    too_large = error;
                    continue;
                }
                any = true;
                nearest = !nearest || state.quality.loss < nearest->loss ? state.quality : *nearest;
                const double room = 0.5 * judge_.allowed(options_), lost = judge_.lost(state.quality);
                (judge_.accepts(state.quality, options_) ? accepted : refused).push_back(std::move(state));
                has_room = has_room || lost <= room;
            }
        }
        if (!nearest) {
            throw Error(*too_large);
        }
        if (accepted.empty()) {
            ask_for_less(*nearest, too_large);
            for (PrecisionState& state : refused) {
                if (judge_.accepts(state.quality, options_)) {
                    accepted.push_back(std::move(state));
                }
            }
        }
        return accepted;
    }

    /// The input formats alone lose more than was allowed: a little more is taken and noted, much more is the user's to decide.
    void ask_for_less(const LoweringQuality& reached, const std::optional<Error>& too_large) {
        constexpr double most = 3, slack = 1.1;
        const double lost = judge_.lost(reached), allowed = judge_.allowed(options_);
        const std::string what = judge_.classifies ? fmt::format("an agreement of {:.4g} with the float formulas, asked for was {:.4g}", reached.agreement, options_.agreement)
                                                   : fmt::format("an error of {:.4g} standard deviations, asked for was {:.4g}", reached.error, options_.tolerance);
        if (lost > most * allowed) {
            const std::vector<std::string> places = judge_.formats_are_to_blame ? std::vector<std::string>() : steep_tables(plan_);
            const std::string advice = places.empty() ? judge_.advice
                                                      : fmt::format("{}, which no table follows: leave out the rows around it, or ask for less (--tolerance, --agreement)", fmt::join(places, "; "));
            throw Unreached(fmt::format("the circuit reaches {}: {}{}", what, advice, too_large && places.empty() ? fmt::format(". In finer formats {}", too_large->what()) : ""));
        }
        note_ = fmt::format("the input formats allow {}", what);
        options_.agreement = 1 - slack * lost;
        options_.tolerance = slack * lost;
    }

    std::vector<Move> all_moves() const {
        std::vector<Move> moves;
        for (std::uint32_t i = 0; i < plan_.edges.size(); ++i) {
            const PlanEdge& edge = plan_.edges[i];
            if (edge.kind == EdgeKind::table) {
                moves.push_back({.kind = Move::Kind::entries, .edge = i});
                for (const int folds : {1, 2}) {
                    moves.push_back({.kind = Move::Kind::fold, .edge = i, .amount = folds});
                }
                for (const int bits : {0, 2, 3, 4, 5}) {
                    moves.push_back({.kind = Move::Kind::interpolation, .edge = i, .amount = bits});
                }
                for (const int pieces : {12, 13, 14, 22, 23, 24, 32, 33}) {
                    moves.push_back({.kind = Move::Kind::segments, .edge = i, .amount = pieces});
                }
            }
            if (edge.kind == EdgeKind::input) {
                moves.push_back({.kind = Move::Kind::all_widths, .edge = i});
            }
            for (std::uint32_t k = 0; k < edge.terms.size(); ++k) {
                term_moves(i, k, moves);
            }
            if (is_sum(edge.kind) && !edge.terms.empty()) {
                moves.push_back({.kind = Move::Kind::sum_bits, .edge = i});
                moves.push_back({.kind = Move::Kind::all_digits, .edge = i});
                moves.push_back({.kind = Move::Kind::all_fractions, .edge = i});
            }
        }
        return moves;
    }

    void term_moves(std::uint32_t i, std::uint32_t k, std::vector<Move>& moves) const {
        const PlanEdge& edge = plan_.edges[i];
        const PlanEdge& operand = plan_.edges[edge.terms[k].edge];
        const bool is_own_table = is_sum(edge.kind) && operand.kind == EdgeKind::table && uses_[edge.terms[k].edge] == 1;
        constexpr std::size_t long_sum = 12;  // terms; of longer ones the terms move together, or are left out
        if (is_sum(edge.kind) && edge.terms.size() > long_sum) {
            moves.push_back({.kind = Move::Kind::form, .edge = i, .term = k, .amount = static_cast<int>(TermForm::dropped)});
            return;
        }
        if (!is_own_table) {
            moves.push_back({.kind = Move::Kind::fraction, .edge = i, .term = k});
            moves.push_back({.kind = Move::Kind::width, .edge = i, .term = k});
        }
        if (!is_sum(edge.kind)) {
            return;
        }
        moves.push_back({.kind = Move::Kind::form, .edge = i, .term = k, .amount = static_cast<int>(TermForm::dropped)});
        if (is_own_table) {
            return;
        }
        moves.push_back({.kind = Move::Kind::digits, .edge = i, .term = k});
        moves.push_back({.kind = Move::Kind::form, .edge = i, .term = k, .amount = static_cast<int>(TermForm::table)});
        if (free_[i] && edge.terms.size() > 1) {
            for (const int multiple : {1, 3, 5, 7}) {
                for (int digits = 1; digits <= 2; ++digits) {
                    moves.push_back({.kind = Move::Kind::rescale, .edge = i, .term = k, .amount = 10 * multiple + digits});
                }
            }
        }
    }

    /// The formats after a move, or nothing when it changes nothing.
    std::optional<PlanFormats> moved(const PrecisionState& state, const Move& move) const {
        PlanFormats formats = state.formats;
        EdgeFormat& format = formats[move.edge];
        const PlanEdge& edge = plan_.edges[move.edge];
        const auto result = [&](std::uint32_t k) { return state.realisation.edges[edge.terms[k].edge]; };
        switch (move.kind) {
            case Move::Kind::fraction: {
                coarsen(format.operands[move.term], result(move.term).fraction);
                if (format.operands[move.term].width < 1) {
                    return std::nullopt;
                }
                break;
            }
            case Move::Kind::width: {
                Quantiser& quantiser = format.operands[move.term];
                const int natural = result(move.term).width - std::max(0, result(move.term).fraction - quantiser.fraction);
                quantiser.width = std::min(quantiser.width, natural) - 1;
                if (quantiser.width < 2) {
                    return std::nullopt;
                }
                break;
            }
            case Move::Kind::all_widths:
                if (!narrow_all(formats, move.edge)) {
                    return std::nullopt;
                }
                break;
            case Move::Kind::entries: format.fraction -= 1; break;
            case Move::Kind::sum_bits:
                format.fraction -= 1;
                for (const PlanTerm& term : edge.terms) {
                    if (plan_.edges[term.edge].kind == EdgeKind::table) {
                        formats[term.edge].fraction = std::min(formats[term.edge].fraction, format.fraction);
                    }
                }
                break;
            case Move::Kind::digits:
                if (format.digits[move.term] < 2) {
                    return std::nullopt;
                }
                format.digits[move.term] -= 1;
                break;
            case Move::Kind::all_digits:
                if (const int most = std::ranges::max(format.digits); most < 2) {
                    return std::nullopt;
                } else {
                    for (int& digits : format.digits) {
                        digits = std::min(digits, most - 1);
                    }
                }
                break;
            case Move::Kind::all_fractions:
                for (std::uint32_t k = 0; k < edge.terms.size(); ++k) {
                    coarsen(format.operands[k], result(k).fraction);
                }
                break;
            case Move::Kind::form:
                if (format.forms[move.term] != TermForm::shift_and_add) {
                    return std::nullopt;
                }
                format.forms[move.term] = static_cast<TermForm>(move.amount);
                break;
            case Move::Kind::fold: {
                constexpr int narrowest = 7;  // shorter tables are cheaper than the reflection
                if (format.folds == move.amount || format.operands[0].width < narrowest) {
                    return std::nullopt;
                }
                format.folds = move.amount;
                format.segments = format.segment_bits = 0;  // they were of no effect on arguments below zero
                break;
            }
            case Move::Kind::interpolation: {
                constexpr int narrowest = 8;  // shorter tables are cheaper than a multiplication
                if (format.interpolated == move.amount || (move.amount > 0 && format.operands[0].width < narrowest)) {
                    return std::nullopt;
                }
                format.interpolated = move.amount;
                break;
            }
            case Move::Kind::segments: {
                const int narrowest = move.amount < 20 ? 7 : 11;  // several pieces serve arguments that a plain table does not hold
                if (format.operands[0].width < narrowest || 10 * format.segments + format.segment_bits == move.amount) {
                    return std::nullopt;
                }
                format.segments = move.amount / 10;
                format.segment_bits = move.amount % 10;
                break;
            }
            case Move::Kind::rescale:
                format.scale = std::fabs(edge.terms[move.term].coefficient) * formats[edge.terms[move.term].edge].scale / (move.amount / 10);
                std::ranges::fill(format.digits, move.amount % 10);
                format.digits[move.term] = 2;
                if (format == state.formats[move.edge]) {
                    return std::nullopt;
                }
                break;
        }
        return formats;
    }

    /// One bit after the point less than it really has. The width shrinks with it: the range stays.
    static void coarsen(Quantiser& quantiser, int finest) {
        const int before = quantiser.width - quantiser.fraction;
        quantiser.fraction = std::min(quantiser.fraction, finest) - 1;
        quantiser.width = before + quantiser.fraction;
    }

    bool narrow_all(PlanFormats& formats, std::uint32_t of) const {
        bool changed = false;
        for (std::size_t i = 0; i < plan_.edges.size(); ++i) {
            for (std::size_t k = 0; k < plan_.edges[i].terms.size(); ++k) {
                if (plan_.edges[i].terms[k].edge == of && formats[i].operands[k].width > 2) {
                    formats[i].operands[k].width -= 1;
                    changed = true;
                }
            }
        }
        return changed;
    }

    /// The state after a move that saves something.
    std::optional<PrecisionState> tried(const PrecisionState& state, const Move& move) {
        auto formats = moved(state, move);
        auto next = formats ? evaluated_if_possible(std::move(*formats), state.cost) : std::nullopt;
        return next && next->cost < state.cost ? std::move(next) : std::nullopt;
    }

    /// What has been tried before, on another way down, is not made again: the state comes without its circuit.
    std::optional<PrecisionState> evaluated_if_possible(PlanFormats formats, double cost_limit = no_limit) {
        Known& known = known_.try_emplace(hash_of(formats)).first->second;
        if (known.cost >= cost_limit) {
            return std::nullopt;
        }
        if (known.quality) {
            return PrecisionState{.formats = std::move(formats), .quality = *known.quality, .cost = known.cost};
        }
        try {
            PrecisionState state = evaluated(std::move(formats), Sharing::none, cost_limit);
            known.cost = state.cost;
            if (state.cost < cost_limit) known.quality = state.quality;
            return state;
        } catch (const Error&) {
            known.cost = no_limit;  // a value or a table grew too large
            return std::nullopt;
        }
    }

    /// The state with its circuit.
    PrecisionState made(PrecisionState state) {
        if (state.realisation.edges.empty()) state.realisation = realise(plan_, state.formats, options_, cache_, Sharing::none, Naming::none);
        return state;
    }

    static double score_of(const PrecisionState& from, const PrecisionState& to) {
        const double lost = std::max(to.quality.loss - from.quality.loss, 0.0);
        constexpr double smallest = 1e-5;
        return (from.cost - to.cost) / (lost + smallest);
    }

    /// Lazy greedy: the best move of the last look is tried first, and taken when it still beats the others' old scores.
    void descend(PrecisionState& state, std::vector<Move>& moves) {
        for (Move& move : moves) {
            move.score = std::numeric_limits<double>::infinity();
        }
        while (take_best(state, moves)) {
            note_step(state);
        }
    }

    bool take_best(PrecisionState& state, std::vector<Move>& moves) {
        std::optional<PrecisionState> best;
        double best_score = 0;
        std::vector<std::size_t> order(moves.size());
        for (std::size_t i = 0; i < order.size(); ++i) {
            order[i] = i;
        }
        std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return moves[a].score > moves[b].score; });
        int without_gain = 0;
        for (const std::size_t i : order) {
            if (best && (best_score >= moves[i].score || ++without_gain > patience_)) {
                break;
            }
            auto next = tried(state, moves[i]);
            const bool allowed = next && judge_.accepts(next->quality, options_);
            moves[i].score = next ? score_of(state, *next) : -1;
            if (allowed && moves[i].score > best_score) {
                best_score = moves[i].score;
                best = std::move(next);
                without_gain = 0;
            }
            if (!allowed) {
                moves[i].score = std::min(moves[i].score, 0.5);  // tried again when nothing better is left
            }
        }
        if (best) {
            state = made(std::move(*best));
        }
        return best.has_value();
    }

    /// Gives one edge a bit back, goes down again, and keeps the result when it is cheaper.
    void exchange(PrecisionState& state, std::vector<Move>& moves) {
        constexpr std::size_t most_moves = 800;  // beyond, every try down again takes seconds
        if (moves.size() > most_moves) {
            return;
        }
        for (std::uint32_t i = 0; i < plan_.edges.size(); ++i) {
            for (std::uint32_t k = 0; k < plan_.edges[i].terms.size() + 1; ++k) {
                PlanFormats formats = state.formats;
                if (k < plan_.edges[i].terms.size()) {
                    formats[i].operands[k].fraction += 1;
                    formats[i].operands[k].width += 1;
                } else {
                    formats[i].fraction += 1;
                }
                std::optional<PrecisionState> other = evaluated_if_possible(std::move(formats));
                if (!other || other->quality.loss >= state.quality.loss || !judge_.accepts(other->quality, options_)) {
                    continue;
                }
                std::vector<Move> fresh = moves;
                other = made(std::move(*other));
                descend(*other, fresh);
                if (other->cost < state.cost) {
                    state = std::move(*other);
                }
            }
        }
    }

    static constexpr int patience_ = 12;

    const Plan& plan_;
    LoweringOptions options_;
    const Judge& judge_;
    const std::function<void(const PrecisionState&)>& visit_;
    std::vector<char> free_;
    std::vector<int> uses_;
    TableCache cache_;
    AreaMemory areas_;
    OutputMemory outputs_;
    /// What a state was found to cost, and its quality where that was measured.
    struct Known {
        double cost = -no_limit;
        std::optional<LoweringQuality> quality;
    };
    std::unordered_map<std::uint64_t, Known> known_;  ///< by a hash of all formats
    std::vector<PrecisionState> path_;  ///< steps of the last way down
    std::string note_;
};

}  // namespace

PrecisionState search_precision(const Plan& plan, const LoweringOptions& options, const Judge& judge,
                                const std::function<void(const PrecisionState&)>& visit) {
    return Search(plan, options, judge, visit).run();
}

}  // namespace balmer
