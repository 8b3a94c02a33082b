#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "balmer/error.hpp"
#include "balmer/hardware_cost.hpp"
#include "balmer/lowering.hpp"
#include "balmer/simulation.hpp"
#include "balmer/version.hpp"
#include "hardware/hls4ml.hpp"
#include "hardware/precision.hpp"

namespace balmer {

namespace {

const Column& column_of(const Table& table, const std::string& name) {
    if (const auto found = table.find_numeric(name)) {
        return table.numeric[*found];
    }
    std::vector<std::string> names;
    for (const Column& column : table.numeric) {
        names.push_back(column.name());
    }
    throw Error({.file = table.source}, fmt::format("the data have no column '{}', which the model reads.{}", name, suggest(name, names)));
}

/// Evenly spread rows of a table, at most `limit`.
Table some_rows(const Table& table, std::size_t limit) {
    if (table.rows <= limit) {
        return table;
    }
    Table part = table;
    part.rows = limit;
    part.text.clear();
    for (Column& column : part.numeric) {
        std::vector<double> values;
        for (std::size_t i = 0; i < limit; ++i) {
            values.push_back(column[i * table.rows / limit]);
        }
        column = Column(column.name(), std::move(values), column.unit());
    }
    return part;
}

FixedPoint port_format(const LoweringOptions& options, const std::string& feature) {
    const auto named = options.input_formats.find(feature);
    return named == options.input_formats.end() ? options.input_format : named->second;
}

std::vector<std::string> features_read(const Plan& plan) {
    std::vector<std::string> names;
    for (const PlanEdge& edge : plan.edges) {
        if (edge.kind == EdgeKind::input) {
            names.push_back(edge.name);
        }
    }
    return names;
}

/// Refuses formats that lose a tenth of the rows of some column.
void check_formats(const Plan& plan, const Table& table, const LoweringOptions& options) {
    constexpr double most_saturated = 0.1;
    for (const std::string& name : features_read(plan)) {
        const Column& column = column_of(table, name);
        const FixedPoint format = port_format(options, name);
        std::size_t beyond = 0;
        for (const double x : column.values()) {
            const double scaled = std::ldexp(x, format.fraction);
            beyond += scaled > static_cast<double>(format.highest()) + 1 || scaled < static_cast<double>(format.lowest()) - 1 ? 1 : 0;
        }
        if (static_cast<double>(beyond) > most_saturated * static_cast<double>(table.rows)) {
            const auto [low, high] = std::ranges::minmax(column.values());
            throw Error({.file = table.source, .name = name},
                        fmt::format("{} cannot hold the data: {} of {} rows lie beyond its range {} ... {}; the data reach {} ... {}. Give the port more "
                                    "bits before the binary point", to_string(format), beyond, table.rows,
                                    format.step() * static_cast<double>(format.lowest()), format.step() * static_cast<double>(format.highest()), low, high));
        }
    }
}

/// The features' values that the float formulas read: raw words standardised.
Table standardised(const Table& table, const LoweringOptions& options) {
    Table result = table;
    for (Column& column : result.numeric) {
        const auto found = options.standardisation.find(column.name());
        if (found == options.standardisation.end()) {
            continue;
        }
        std::vector<double> values;
        for (const double word : column.values()) {
            values.push_back((word - found->second.mean) / found->second.scale);
        }
        column = Column(column.name(), std::move(values), column.unit());
    }
    return result;
}

std::vector<std::int64_t> integers_of(const InputPort& port, const Column& column) {
    std::vector<std::int64_t> integers;
    for (const double x : column.values()) {
        integers.push_back(quantize(x, port.format, port.rounding, port.overflow));
    }
    return integers;
}

Judge make_judge(const Model& model, const Plan& plan, const Table& table, const LoweringOptions& options) {
    Judge judge;
    for (const std::string& name : features_read(plan)) {
        const InputPort port{.format = port_format(options, name), .rounding = options.rounding, .overflow = options.overflow};
        judge.inputs.push_back(integers_of(port, column_of(table, name)));
    }
    judge.scores = predict(model, standardised(table, options));
    judge.classifies = plan.classifies || options.outputs == FirmwareOutputs::decision;
    judge.threshold = options.threshold;
    if (judge.classifies && judge.scores.size() == 1) {
        for (const double score : judge.scores[0]) {
            judge.winners.push_back(score > options.threshold ? 1 : 0);
        }
    } else if (judge.classifies) {
        judge.winners = classify(model, judge.scores);
    }
    return judge;
}

struct Lowering {
    Plan plan;
    Judge judge;
};

Lowering prepare(const Model& model, const Table& table, const LoweringOptions& options) {
    if (table.rows == 0) {
        throw Error({.file = table.source}, "the data have no rows: precision is searched on data, a few thousand rows are good");
    }
    Lowering task{.plan = make_plan(model, options)};
    check_formats(task.plan, table, options);
    std::vector<std::vector<double>> columns(task.plan.features.size());
    for (const std::string& name : features_read(task.plan)) {
        const Column& column = column_of(table, name);
        const FixedPoint format = port_format(options, name);
        const auto index = static_cast<std::size_t>(std::ranges::find(task.plan.features, name) - task.plan.features.begin());
        for (const double x : column.values()) {  // what the port lets in
            columns[index].push_back(format.step() * static_cast<double>(quantize(x, format, options.rounding, options.overflow)));
        }
    }
    for (auto& column : columns) {
        column.resize(table.rows, 0);
    }
    measure_ranges(task.plan, columns);
    task.judge = make_judge(model, task.plan, some_rows(table, options.rows), options);
    return task;
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
    validate(circuit);
    return circuit;
}

/// Nothing is searched: the format is given, and the data only tell how well it does.
Circuit lowered_as_hls4ml(const Model& model, const Table& table, LoweringOptions options) {
    options.input_formats.clear();
    options.rounding = Rounding::floor;
    options.overflow = Overflow::wrap;
    const Judge judge = make_judge(model, make_plan(model, options), some_rows(table, options.rows), options);
    return finished(lower_as_hls4ml(model, options), judge, options);
}

}  // namespace

Circuit lower(const Model& model, const Table& table, const LoweringOptions& options) {
    if (options.mode == FirmwareMode::hls4ml) {
        return lowered_as_hls4ml(model, table, options);
    }
    const Lowering task = prepare(model, table, options);
    const Judge everything = make_judge(model, task.plan, table, options);
    // The searched rows flatter what was chosen on them: the search asks for more until all rows agree.
    constexpr int most_tries = 4;
    LoweringOptions stricter = options;
    PrecisionState best = search_precision(task.plan, stricter, task.judge, [](const PrecisionState&) {});
    const std::string note = best.note;
    for (int attempt = 1; attempt < most_tries && note.empty(); ++attempt) {
        const LoweringQuality quality = everything.measure(best.realisation.circuit);
        if (everything.accepts(quality, options)) {
            break;
        }
        const double excess = (1 - quality.agreement) / (1 - options.agreement);
        stricter.agreement = 1 - (1 - stricter.agreement) / std::max(excess, 1.0);
        stricter.tolerance /= std::max(quality.error / options.tolerance, 1.0);
        try {
            PrecisionState next = search_precision(task.plan, stricter, task.judge, [](const PrecisionState&) {});
            if (!next.note.empty()) {
                break;
            }
            best = std::move(next);
        } catch (const Error&) {
            break;  // the formats allow no more; the header says what was reached
        }
    }
    Circuit circuit = std::move(best.realisation.circuit);
    if (!note.empty()) {
        circuit.notes.push_back(note);
    }
    return finished(std::move(circuit), everything, options);
}

std::vector<LoweringPoint> lowering_front(const Model& model, const Table& table, const LoweringOptions& options) {
    const Lowering task = prepare(model, table, options);
    std::vector<LoweringPoint> path;
    const auto keep = [&](const PrecisionState& state) { path.push_back({state.realisation.circuit, state.quality, state.cost}); };
    search_precision(task.plan, options, task.judge, keep);
    std::ranges::stable_sort(path, [](const LoweringPoint& a, const LoweringPoint& b) { return a.cost > b.cost; });
    std::vector<LoweringPoint> front;  // from the cheapest up: each costlier point must be better
    for (std::size_t i = path.size(); i-- > 0;) {
        if (front.empty() || path[i].quality.loss < front.back().quality.loss) {
            front.push_back(std::move(path[i]));
        }
    }
    std::ranges::reverse(front);
    for (LoweringPoint& point : front) {
        point.circuit = finished(std::move(point.circuit), task.judge, options);
    }
    return front;
}

std::vector<std::vector<std::int64_t>> port_integers(const Circuit& circuit, const Table& table) {
    std::vector<std::vector<std::int64_t>> integers;
    for (const InputPort& port : circuit.inputs) {
        integers.push_back(integers_of(port, column_of(table, port.column)));
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
    return make_judge(model, make_plan(model, options), table, options).measure(circuit);
}

}  // namespace balmer
