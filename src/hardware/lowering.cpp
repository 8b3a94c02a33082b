#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>

#include "balmer/error.hpp"
#include "balmer/hardware_cost.hpp"
#include "balmer/lowering.hpp"
#include "balmer/simulation.hpp"
#include "balmer/version.hpp"
#include "hardware/hls4ml.hpp"
#include "hardware/input_formats.hpp"
#include "hardware/lowering_task.hpp"

namespace balmer {

namespace {

/// Ports whose names had to differ from their columns'.
void note_names(Circuit& circuit) {
    std::vector<std::string> changed;
    const auto note = [&](const char* direction, const std::string& name, const std::string& column) {
        if (name != column) {
            changed.push_back(fmt::format("{} {} for '{}'", direction, name, column));
        }
    };
    for (const InputPort& port : circuit.inputs) {
        note("in", port.name, port.column);
    }
    for (const OutputPort& port : circuit.outputs) {
        note("out", port.name, port.column);
    }
    if (!changed.empty()) {
        circuit.notes.push_back(fmt::format("ports named otherwise, as names in Verilog, VHDL and C++ are identifiers, no keywords, and differ in more than case: {}", fmt::join(changed, ", ")));
    }
}

void describe(Circuit& circuit, const Judge& judge, const LoweringOptions& options) {
    const LoweringQuality quality = judge.measure(circuit);
    circuit.about.emplace_back("generator", fmt::format("balmer {}", version()));
    circuit.about.emplace_back("mode", options.mode == FirmwareMode::native ? "native" : "hls4ml");
    if (judge.classifies) {
        circuit.about.emplace_back("agreement", fmt::format("{:.4f} of {} rows have the class of the float formulas", quality.agreement, judge.winners.size()));
    }
    if (circuit.outputs[0].kind == OutputKind::value) {
        circuit.about.emplace_back("error", fmt::format("{:.3g} standard deviations, root mean square, worst output", quality.error));
    }
}

Circuit finished(Circuit circuit, const Judge& judge, const LoweringOptions& options) {
    schedule(circuit, {.clock = options.clock, .latency = options.latency, .multipliers = options.multipliers});
    describe(circuit, judge, options);
    note_names(circuit);
    validate(circuit);
    return circuit;
}

/// Nothing is searched: the format is given, and the data only tell how well it does.
Circuit lowered_as_hls4ml(const Model& model, const Table& table, LoweringOptions options) {
    options.input_formats.clear();
    options.rounding = Rounding::floor;
    options.overflow = Overflow::wrap;
    Circuit circuit = lower_as_hls4ml(model, options);
    const Table searched = rows_at(table, spread_rows(table, options.rows));
    Judge judge = make_judge(model, model.task == Task::classification, searched, options);
    judge.inputs = port_integers(circuit, searched);
    return finished(std::move(circuit), judge, options);
}

/// A searched circuit, not yet scheduled.
struct Found {
    Circuit circuit;
    bool reaches = true;  ///< what was asked for
};

/// The searched rows flatter what was chosen on them: the search asks for more until all rows agree.
Found search_until_all_agree(const Lowering& task, const Judge& everything) {
    constexpr int most_tries = 4;
    LoweringOptions stricter = task.options;
    PrecisionState best = search_precision(task.plan, stricter, task.judge, {});
    const std::string note = best.note;
    for (int attempt = 1; attempt < most_tries && note.empty(); ++attempt) {
        const LoweringQuality quality = everything.measure(best.realisation.circuit);
        if (everything.accepts(quality, task.options)) {
            break;
        }
        const double excess = (1 - quality.agreement) / (1 - task.options.agreement);
        stricter.agreement = 1 - (1 - stricter.agreement) / std::max(excess, 1.0);
        stricter.tolerance /= std::max(quality.error / task.options.tolerance, 1.0);
        try {
            PrecisionState next = search_precision(task.plan, stricter, task.judge, {});
            if (!next.note.empty()) {
                break;
            }
            best = std::move(next);
        } catch (const Error&) {
            break;  // the formats allow no more; the header says what was reached
        }
    }
    Found found{.circuit = std::move(best.realisation.circuit)};
    constexpr double slack = 1.1;  // less is in the header alone
    const LoweringQuality reached = everything.measure(found.circuit);
    const double lost = everything.lost(reached) / std::max(everything.allowed(task.options), 1e-12);
    found.reaches = note.empty() && lost <= slack;
    if (note.empty() && lost > slack && !everything.winners.empty()) {
        found.circuit.notes.push_back(fmt::format("an agreement of {:.4g} on all {} rows, asked for was {:.4g}", reached.agreement, everything.winners.size(), task.options.agreement));
    } else if (note.empty() && lost > slack) {
        found.circuit.notes.push_back(fmt::format("an error of {:.4g} standard deviations on all {} rows, asked for was {:.4g}", reached.error, everything.scores[0].size(), task.options.tolerance));
    }
    if (!note.empty()) {
        found.circuit.notes.push_back(note);
    }
    found.circuit.notes.insert(found.circuit.notes.end(), task.notes.begin(), task.notes.end());
    return found;
}

// What rounded inputs may lose of all that is allowed: first tries leave open ports coarse, later ones finer.
constexpr double shares[] = {0.35, 0.12, 0.04};

}  // namespace

Circuit lower(const Model& model, const Table& table, const LoweringOptions& options) {
    if (options.mode == FirmwareMode::hls4ml) {
        return lowered_as_hls4ml(model, table, options);
    }
    for (const double share : shares) {
        const Lowering task = prepare(model, table, options, share);
        const bool is_last = share == std::end(shares)[-1] || task.options.input_formats == options.input_formats;
        Judge everything = make_judge(model, task.plan.classifies, table, options);
        add_inputs(everything, task.plan, table, task.options);
        try {
            Found found = search_until_all_agree(task, everything);
            if (found.reaches || is_last) {
                return finished(std::move(found.circuit), everything, options);
            }
        } catch (const Unreached&) {
            if (is_last) {
                throw;
            }
        }
    }
    assert(false);
    return {};
}

std::vector<LoweringPoint> lowering_front(const Model& model, const Table& table, const LoweringOptions& options) {
    const Lowering task = prepare(model, table, options, shares[0]);
    LoweringOptions against_formulas = task.options;
    against_formulas.reference = Reference::formulas;
    Judge by_formulas = make_judge(model, task.plan.classifies, table, against_formulas);
    add_inputs(by_formulas, task.plan, table, task.options);
    std::vector<LoweringPoint> path;
    const auto keep = [&](const PrecisionState& state) { path.push_back({state.realisation.circuit, state.quality, state.cost}); };
    search_precision(task.plan, task.options, task.judge, keep);
    std::ranges::stable_sort(path, [](const LoweringPoint& a, const LoweringPoint& b) { return a.cost > b.cost; });
    std::vector<LoweringPoint> front;  // from the cheapest up: each costlier point must be better
    for (std::size_t i = path.size(); i-- > 0;) {
        if (front.empty() || path[i].quality.loss < front.back().quality.loss) {
            front.push_back(std::move(path[i]));
        }
    }
    std::ranges::reverse(front);
    for (LoweringPoint& point : front) {
        point.circuit = finished(std::move(point.circuit), by_formulas, options);
    }
    return front;
}

std::vector<std::vector<std::int64_t>> port_integers(const Circuit& circuit, const Table& table) {
    std::vector<std::vector<std::int64_t>> integers;
    for (const InputPort& port : circuit.inputs) {
        integers.push_back(integers_of(port, numeric_column(table, port.column)));
    }
    return integers;
}

std::vector<std::vector<double>> predict(const Circuit& circuit, const Table& table) {
    std::vector<std::vector<std::int64_t>> integers;
    Simulation(circuit).run(port_integers(circuit, table), integers);
    std::vector<std::vector<double>> values(integers.size());
    for (std::size_t k = 0; k < integers.size(); ++k) {
        for (const std::int64_t integer : integers[k]) {
            values[k].push_back(circuit.outputs[k].format.step() * static_cast<double>(integer));
        }
    }
    return values;
}

LoweringQuality measure_quality(const Circuit& circuit, const Model& model, const Table& table, const LoweringOptions& options) {
    Judge judge = make_judge(model, model.task == Task::classification, table, options);
    judge.inputs = port_integers(circuit, table);
    return judge.measure(circuit);
}

}  // namespace balmer
