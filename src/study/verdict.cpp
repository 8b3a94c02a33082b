#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "balmer/evaluate.hpp"
#include "balmer/random.hpp"
#include "balmer/run_folder.hpp"
#include "balmer/study.hpp"
#include "search/residual_structure.hpp"
#include "search/scorer.hpp"
#include "search/select.hpp"
#include "study/wrong_rows.hpp"

namespace balmer {
namespace {

constexpr double rounding = 1e-11;           // relative residual that counts as none
constexpr double no_structure = 4;           // standard deviations
constexpr double least_determination = 0.9;  // R^2 below which noise hides any structure
constexpr double bits_per_bit = 8;           // that the formula must save for each of its own
constexpr double margin = 6;                 // bits by which every other formula of the front must be longer
constexpr std::size_t most_numbers = 3;      // fitted to the data, by output: laws have few
constexpr std::size_t fewest_telling_rows = 30;      // that tell noise from structure
constexpr std::size_t fewest_to_hold_from = 200, most_held = 1000, one_in = 10;

// What a formula leaves on some rows, one target.
struct Left {
    std::vector<double> residual, prediction;
    double rms = 0, spread = 0, largest = 0, size = 0;
    std::vector<std::size_t> wrong = {};  ///< rows far off all others, when they are few: in `largest` and `residual`, not in the means
    double relative() const { return spread > 0 ? rms / spread : (rms == 0 ? 0 : INFINITY); }
};

Left left_on(const Dataset& data, std::size_t k, const Expression& formula, std::span<const Definition> definitions) {
    const auto pointers = feature_pointers(data);
    const auto target = data.targets[k].values();
    Left left{.residual = {}, .prediction = std::vector<double>(target.size())};
    double* out[] = {left.prediction.data()};
    evaluate(Program(formula, definitions), formula.values, {.column = pointers, .rows = target.size()}, out);
    double mean = 0;
    for (std::size_t i = 0; i < target.size(); ++i) {
        left.residual.push_back(target[i] - left.prediction[i]);
        left.largest = std::max(left.largest, std::fabs(left.residual[i]));
        left.size = std::max(left.size, std::fabs(target[i]));
        mean += target[i] / static_cast<double>(target.size());
    }
    if (!(left.size > 0)) return left;
    left.wrong = rows_far_off(left.residual, left.size);
    const auto root_mean_square = [&](auto&& value) {
        double sum = 0;
        for (std::size_t i = 0, next = 0; i < target.size(); ++i) {
            if (next < left.wrong.size() && left.wrong[next] == i) ++next;
            else sum += value(i) / left.size * (value(i) / left.size);
        }
        return left.size * std::sqrt(sum / static_cast<double>(target.size() - left.wrong.size()));
    };
    left.rms = root_mean_square([&](std::size_t i) { return left.residual[i]; });
    left.spread = root_mean_square([&](std::size_t i) { return target[i] - mean; });
    if (!std::isfinite(left.rms)) left.rms = INFINITY;
    return left;
}

bool says_itself(double value) { return snap(value, 1e-15 * std::fabs(value)).has_value(); }

std::size_t fitted_numbers(std::span<const Expression> outputs) {
    std::size_t count = 0;
    for (const auto& output : outputs) count += static_cast<std::size_t>(std::ranges::count_if(output.values, [](double v) { return !says_itself(v); }));
    return count;
}

// The formula with its numbers fitted without the rows held out.
std::vector<Expression> refitted(std::vector<Expression> outputs, const Scorer& scorer) {
    FitOptions options{.maximum_iterations = 30};
    for (const auto& output : outputs)
        for (const double v : output.values) options.fixed.push_back(says_itself(v));
    scorer.fit(outputs, options);
    return outputs;
}

struct Case {
    const Problem& fitted;
    const std::optional<Dataset>& held;
    std::vector<Expression> outputs;
    std::size_t numbers = 0;
    std::vector<Left> seen, unseen;  ///< by target
};

std::string rows_text(const Case& of) {
    std::string text = fmt::format("on {} rows", of.fitted.data.rows());
    if (of.held) text += fmt::format(" and on {} that no stage saw", of.held->rows());
    return text;
}

bool is_exact(const Case& of, Verdict& verdict) {
    double worst = 0, worst_row = 0;
    for (const auto* part : {&of.seen, &of.unseen})
        for (const auto& left : *part) {
            if (!left.wrong.empty()) return false;
            worst = std::max(worst, left.relative());
            worst_row = std::max(worst_row, left.size > 0 ? left.largest / left.size : 0);
        }
    if (!(worst <= rounding)) return false;
    if (of.fitted.data.rows() < 2 * of.numbers + 3) {
        verdict.evidence.push_back(
            fmt::format("the formula meets every row, but {} rows are too few for {} fitted numbers", of.fitted.data.rows(), of.numbers));
        return false;
    }
    verdict.evidence.push_back(fmt::format("the largest error is {:.1e} of the largest target, {}", worst_row, rows_text(of)));
    return true;
}

// Each test adds its sentence; true when all are passed.
bool leaves_noise(const Case& of, double formula_bits, Verdict& verdict) {
    bool passed = true;
    const auto say = [&](bool good, std::string text) {
        passed &= good;
        verdict.evidence.push_back(std::move(text));
    };
    if (of.numbers > most_numbers * of.outputs.size()) say(false, fmt::format("{} of its numbers are fitted to the data; laws have fewer", of.numbers));
    for (std::size_t k = 0; k < of.seen.size(); ++k) {
        const Left& left = of.seen[k];
        if (left.relative() <= rounding && left.wrong.empty()) say(false, "its numbers fitted once more, it is exact; as it stands it is not");
        const std::size_t rows = left.residual.size();
        const double determination = 1 - left.relative() * left.relative();
        if (!left.wrong.empty()) {
            const bool together = lie_together(of.fitted.data, left.wrong, left.prediction);
            say(!together, together ? fmt::format("{} rows lie more than eight standard deviations off, near each other: they may be right", left.wrong.size())
                                    : fmt::format("{} rows lie more than eight standard deviations off and are taken as wrong", left.wrong.size()));
        }
        // Root mean square deviation that costs so many bits: rows/2 (deviation/error)^2 nats.
        const auto unseen = [&](double bits) {
            return 100 * left.relative() * std::sqrt(2 * bits * std::numbers::ln2 / static_cast<double>(std::max<std::size_t>(rows, 1)));
        };
        say(determination >= least_determination, fmt::format("the error is {:.3g} % of the target's spread; a formula as long that differs by less than "
                                                              "{:.2g} % of it, or one twice as long that "
                                                              "differs by less than {:.2g} %, cannot be told apart",
                                                              100 * left.relative(), unseen(margin), unseen(margin + formula_bits)));
        if (rows < fewest_telling_rows) {
            say(false, fmt::format("{} rows are too few to tell noise from structure", rows));
            continue;
        }
        // All other rows are met: what rounding leaves has a structure of its own.
        if (!left.wrong.empty() && left.relative() <= rounding && (k >= of.unseen.size() || of.unseen[k].relative() <= rounding)) {
            verdict.evidence.push_back("all other rows are met to rounding");
            continue;
        }
        const auto structure = residual_structure(of.fitted.data, left.residual, left.prediction);
        say(structure.largest() < no_structure,
            fmt::format("what it leaves shows {} (by a smooth fit, by neighbours and in sequence: {:.1f}, {:.1f} and {:.1f} standard deviations)",
                        structure.largest() < no_structure ? "no structure" : "structure", structure.smooth, structure.neighbours, structure.runs));
        if (k >= of.unseen.size()) continue;
        const Left& fresh = of.unseen[k];
        const double held = static_cast<double>(fresh.residual.size());
        const auto there = residual_structure(*of.held, fresh.residual, fresh.prediction);
        const double ratio = fresh.relative() <= rounding ? 1 : fresh.rms / left.rms;
        say(ratio < 1 + 4 / std::sqrt(held) && there.largest() < no_structure,
            fmt::format("on {} rows that no stage saw its error is {:.2f} times that on the others{}", fresh.residual.size(), ratio,
                        there.largest() < no_structure ? "" : ", with structure"));
    }
    return passed;
}

// Whether the data decide for this member against all others of the front. A longer formula that describes the data hardly better is no rival:
// any formula can be imitated by longer ones.
bool is_decided(const ParetoFront& front, const std::vector<DescriptionLength>& lengths, std::size_t chosen, const Problem& problem, Verdict& verdict) {
    const auto& best = lengths[chosen];
    const auto imitates = [&](const DescriptionLength& other) { return other.formula > best.formula && other.data > best.data - margin; };
    std::size_t rival = chosen;
    for (std::size_t i = 0; i < lengths.size(); ++i)
        if (i != chosen && !imitates(lengths[i]) && (rival == chosen || lengths[i].total() < lengths[rival].total())) rival = i;
    if (rival == chosen) return true;
    // How much a formula's own length counts is a matter of belief; the claim must not hang on it.
    constexpr double less_belief = 1.0 / 3;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        const double better = best.data - lengths[i].data;
        if (better < margin || better < less_belief * (lengths[i].formula - best.formula)) continue;
        verdict.evidence.push_back(fmt::format("the data do not decide: {} is longer and describes them with {:.1f} bits less",
                                               equation_text(front.members()[i], problem.vocabulary(), {.digits = 4}), better));
        return false;
    }
    const double ahead = lengths[rival].total() - best.total();
    const auto text = equation_text(front.members()[rival], problem.vocabulary(), {.digits = 4});
    if (ahead < margin) {
        verdict.evidence.push_back(
            fmt::format("the data do not decide: {} describes them with {:.1f} bits {}", text, std::fabs(ahead), ahead < 0 ? "less" : "more"));
        return false;
    }
    verdict.evidence.push_back(fmt::format("the next best formula of the front, {}, needs {:.0f} bits more", text, ahead));
    return true;
}

// A formula that spends nearly as much as it saves may be one of many.
bool is_worth_it(const Case& of, double formula_bits, Verdict& verdict) {
    constexpr double least_relative = 1e-16;  // where double precision ends
    double saved = 0;
    for (const auto& left : of.seen) saved -= static_cast<double>(left.residual.size()) * std::log2(std::max(left.relative(), least_relative));
    if (saved >= bits_per_bit * formula_bits) return true;
    verdict.evidence.push_back(fmt::format("writing the formula takes {:.0f} bits, it saves {:.0f} bits of the data: too little to be the only one",
                                           formula_bits, std::max(saved, 0.0)));
    return false;
}

}  // namespace

std::string to_string(VerdictKind kind) {
    switch (kind) {
        case VerdictKind::exact: return "exact";
        case VerdictKind::exact_within_noise: return "exact within noise";
        case VerdictKind::approximate: return "approximate";
    }
    return "unknown";
}

HeldOut hold_out(const Problem& problem) {
    HeldOut parts{.fitted = problem, .held = problem.validation};
    const std::size_t rows = problem.data.rows();
    if (problem.validation || problem.task != Task::regression || rows < fewest_to_hold_from) return parts;
    const std::size_t wanted = std::min(rows / one_in, most_held);
    std::vector<std::size_t> kept, aside;
    // One row of each of `wanted` equal stretches, its place in the stretch drawn, so that no period of the rows is hit.
    const RandomStream random(0x6865'6c64, 0, 0, 0);
    for (std::size_t i = 0; i < wanted; ++i) {
        const std::size_t begin = i * rows / wanted, end = (i + 1) * rows / wanted;
        RandomStream own = random.split(i);
        aside.push_back(begin + own.below(end - begin));
    }
    for (std::size_t r = 0, next = 0; r < rows; ++r) {
        if (next < aside.size() && aside[next] == r) ++next;
        else kept.push_back(r);
    }
    parts.fitted.data = problem.data.take(kept);
    parts.held = problem.data.take(aside);
    return parts;
}

Verdict judge(const ParetoFront& front, std::size_t chosen, const Problem& problem) {
    if (problem.form) {
        Problem plain = problem;
        plain.form.reset();
        ParetoFront written_out;
        for (auto member : front.members()) {
            member.outputs = problem.predictions(member.outputs);
            written_out.insert(std::move(member));
        }
        return judge(written_out, chosen, plain);
    }
    const HeldOut parts = hold_out(problem);
    const auto& member = front.members()[chosen];
    Case of{.fitted = parts.fitted, .held = parts.held, .outputs = member.outputs, .numbers = fitted_numbers(member.outputs)};
    const auto look = [&] {
        of.seen.clear();
        of.unseen.clear();
        for (std::size_t k = 0; k < of.outputs.size(); ++k) {
            of.seen.push_back(left_on(parts.fitted.data, k, of.outputs[k], problem.definitions));
            if (parts.held) of.unseen.push_back(left_on(*parts.held, k, of.outputs[k], problem.definitions));
        }
    };
    Verdict verdict;
    look();
    if (is_exact(of, verdict)) {
        verdict.kind = VerdictKind::exact;
        return verdict;
    }
    // Wrong rows say nothing about its numbers.
    std::vector<std::size_t> wrong;
    for (const auto& left : of.seen) wrong = either(wrong, left.wrong);
    of.outputs = refitted(std::move(of.outputs), Scorer(wrong.empty() ? parts.fitted : without_rows(parts.fitted, wrong)));
    look();
    const auto lengths = description_lengths(front, parts.fitted);
    const bool noise = leaves_noise(of, lengths[chosen].formula, verdict);
    const bool decided = is_decided(front, lengths, chosen, parts.fitted, verdict);
    const bool worth_it = is_worth_it(of, lengths[chosen].formula, verdict);
    if (noise && decided && worth_it) verdict.kind = VerdictKind::exact_within_noise;
    return verdict;
}

}  // namespace balmer
