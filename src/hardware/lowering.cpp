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
#include "hardware/poles.hpp"
#include "hardware/precision.hpp"

namespace balmer {

namespace {

const Column& column_of(const Table& table, const std::string& name) {
    if (const auto found = table.find_numeric(name)) {
        return table.numeric[*found];
    }
    if (table.find_text(name)) {
        throw Error({.file = table.source, .name = name}, "this column holds text, the formula reads numbers from it");
    }
    std::vector<std::string> names;
    for (const Column& column : table.numeric) {
        names.push_back(column.name());
    }
    constexpr std::size_t most_named = 12;
    const std::size_t named = std::min(names.size(), most_named);
    throw Error({.file = table.source}, fmt::format("the data have no column '{}', which the model reads.{} Numeric columns: {}{}", name, suggest(name, names),
                                                    fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(named), ", "), named < names.size() ? ", ..." : ""));
}

/// Some rows of a table.
Table rows_at(const Table& table, const std::vector<std::size_t>& rows) {
    Table part = table;
    part.rows = rows.size();
    part.text.clear();
    for (Column& column : part.numeric) {
        std::vector<double> values;
        for (const std::size_t row : rows) {
            values.push_back(column[row]);
        }
        column = Column(column.name(), std::move(values), column.unit());
    }
    return part;
}

/// Evenly spread rows, at most `limit`.
std::vector<std::size_t> spread_rows(const Table& table, std::size_t limit) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < std::min(limit, table.rows); ++i) {
        rows.push_back(table.rows <= limit ? i : i * table.rows / limit);
    }
    return rows;
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

/// Refuses formats that lose a tenth of the rows of some column; a sentence for each that loses fewer.
std::vector<std::string> check_formats(const Plan& plan, const Table& table, const LoweringOptions& options) {
    constexpr double most_saturated = 0.1;
    std::vector<std::string> notes;
    for (const std::string& name : features_read(plan)) {
        const auto lost = saturation_of(column_of(table, name), port_format(options, name));
        if (!lost) {
            continue;
        }
        if (static_cast<double>(lost->beyond) > most_saturated * static_cast<double>(table.rows)) {
            throw Error({.file = table.source}, fmt::format("{} cannot hold the data. {}. Without --input-format the port's format is chosen from the data", to_string(lost->format),
                                                            lost->text()));
        }
        notes.push_back(fmt::format("{}; they {}", lost->text(), options.overflow == Overflow::saturate ? "saturate" : "wrap"));
    }
    return notes;
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

/// The rows that precision is searched on: evenly spread, and of values those where an output is largest or smallest, which alone need the widest edges.
Table searched_rows(const Model& model, const Table& table, const LoweringOptions& options) {
    std::vector<std::size_t> rows = spread_rows(table, options.rows);
    if (table.rows <= options.rows || model.task == Task::classification || options.outputs == FirmwareOutputs::decision) {
        return rows_at(table, rows);
    }
    constexpr std::size_t each = 8;
    for (const auto& values : predict(model, standardised(table, options))) {
        std::vector<std::size_t> order;
        for (std::size_t row = 0; row < values.size(); ++row) {
            if (std::isfinite(values[row])) {
                order.push_back(row);
            }
        }
        const auto smaller = [&](std::size_t a, std::size_t b) { return values[a] != values[b] ? values[a] < values[b] : a < b; };
        const std::size_t few = std::min(each, order.size());
        std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(few), smaller);
        rows.insert(rows.end(), order.begin(), order.begin() + static_cast<std::ptrdiff_t>(few));
        std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(few), [&](std::size_t a, std::size_t b) { return smaller(b, a); });
        rows.insert(rows.end(), order.begin(), order.begin() + static_cast<std::ptrdiff_t>(few));
    }
    std::ranges::sort(rows);
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    return rows_at(table, rows);
}

std::vector<std::int64_t> integers_of(const InputPort& port, const Column& column) {
    std::vector<std::int64_t> integers;
    for (const double x : column.values()) {
        integers.push_back(quantize(x, port.format, port.rounding, port.overflow));
    }
    return integers;
}

Judge make_judge(const Model& model, bool classifies, const Table& table, const LoweringOptions& options) {
    Judge judge;
    judge.scores = predict(model, standardised(table, options));
    judge.classifies = classifies || options.outputs == FirmwareOutputs::decision;
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

/// A decision that is the same for every row leaves nothing to keep.
void check_decision(const Judge& judge, const LoweringOptions& options) {
    if (!judge.classifies || judge.scores.size() != 1 || options.outputs != FirmwareOutputs::decision || judge.winners.empty() ||
        std::ranges::adjacent_find(judge.winners, std::ranges::not_equal_to()) != judge.winners.end()) {
        return;
    }
    const auto [low, high] = std::ranges::minmax(judge.scores[0]);
    throw Error({.name = "--threshold"}, fmt::format("{} {:.6g}: the score runs from {:.6g} to {:.6g} on the data. Choose a threshold inside, or give other data",
                                                     judge.winners[0] == 1 ? "all rows pass" : "no row passes", options.threshold, low, high));
}

/// Outputs that their given format cannot hold on some rows.
std::vector<std::string> outputs_beyond(const Model& model, const Judge& judge, const LoweringOptions& options) {
    std::vector<std::string> sentences;
    for (std::size_t k = 0; options.output_format && options.outputs == FirmwareOutputs::scores && k < judge.scores.size(); ++k) {
        if (const auto lost = saturation_of(Column(model.outputs[k].name, judge.scores[k]), *options.output_format)) {
            sentences.push_back("output " + lost->text());
        }
    }
    return sentences;
}

void add_inputs(Judge& judge, const Plan& plan, const Table& table, const LoweringOptions& options) {
    for (const std::string& name : features_read(plan)) {
        const InputPort port{.format = port_format(options, name), .rounding = options.rounding, .overflow = options.overflow};
        judge.inputs.push_back(integers_of(port, column_of(table, name)));
    }
}

/// The column as the port lets it in.
Column quantized(const Column& column, FixedPoint format, const LoweringOptions& options) {
    std::vector<double> values;
    for (const double x : column.values()) {
        values.push_back(format.step() * static_cast<double>(quantize(x, format, options.rounding, options.overflow)));
    }
    return Column(column.name(), std::move(values), column.unit());
}

/// The options with a format for every port: those left open lose at most `share` of what the tolerance allows.
LoweringOptions with_formats(const Model& model, const Plan& plan, const Table& table, const LoweringOptions& options, double share) {
    std::vector<std::string> names;
    std::vector<const Column*> columns;
    for (const std::string& name : features_read(plan)) {
        if (is_open(options, name)) {
            names.push_back(name);
            columns.push_back(&column_of(table, name));
        }
    }
    const Table searched = searched_rows(model, table, options);
    const Judge judge = make_judge(model, plan.classifies, searched, options);
    Table rounded = searched;
    const auto loss = [&](const std::vector<FixedPoint>& formats) {
        for (std::size_t i = 0; i < names.size(); ++i) {
            const std::size_t at = *searched.find_numeric(names[i]);
            rounded.numeric[at] = quantized(searched.numeric[at], formats[i], options);
        }
        const LoweringQuality quality = judge.compare(predict(model, standardised(rounded, options)));
        const double lost = judge.classifies ? 1 - quality.agreement : quality.error;
        const double allowed = share * (judge.classifies ? 1 - options.agreement : options.tolerance);
        return lost / std::max(allowed, 1e-12);
    };
    LoweringOptions chosen = options;
    const std::vector<FixedPoint> formats = choose_formats(columns, loss);
    for (std::size_t i = 0; i < names.size(); ++i) {
        chosen.input_formats[names[i]] = formats[i];
    }
    return chosen;
}

/// A model, rows to search precision on, and options that leave no input format open.
struct Lowering {
    Plan plan;
    Judge judge;
    LoweringOptions options;
    std::vector<std::string> notes;
};

/// Columns that are there and hold numbers on every row.
void check_columns(const Plan& plan, const Table& table) {
    for (const std::string& name : features_read(plan)) {
        const Column& column = column_of(table, name);
        const auto is_missing = [](double x) { return !std::isfinite(x); };
        const auto missing = std::ranges::count_if(column.values(), is_missing);
        if (missing > 0) {
            const auto first = std::ranges::find_if(column.values(), is_missing) - column.values().begin();
            throw Error({.file = table.source, .name = name}, fmt::format("{} of {} rows hold no finite number, the first is row {}: leave those rows out", missing, table.rows, first + 1));
        }
    }
}

/// Columns that the formula reads, as they are; the others are empty.
std::vector<std::vector<double>> columns_by_feature(const Plan& plan, const Table& table) {
    std::vector<std::vector<double>> columns(plan.features.size());
    for (const PlanEdge& edge : plan.edges) {
        if (edge.kind == EdgeKind::input) {
            const auto values = column_of(table, edge.name).values();
            columns[static_cast<std::size_t>(edge.feature)].assign(values.begin(), values.end());
        }
    }
    return columns;
}

Plan plan_for(const Model& model, const Table& table, const LoweringOptions& options) {
    if (table.rows == 0) {
        throw Error({.file = table.source}, "the data have no rows: precision is searched on data, a few thousand rows are good");
    }
    Plan plan = make_plan(model, options);
    if (features_read(plan).empty()) {
        throw Error("the formula reads no column, its value is always the same: there is nothing to compute in a circuit");
    }
    check_columns(plan, table);
    find_periods(plan, columns_by_feature(plan, rows_at(table, spread_rows(table, options.rows))));
    if (options.poles == Poles::refuse) {
        refuse_poles(model, standardised(rows_at(table, spread_rows(table, options.rows)), options));
    }
    return plan;
}

std::string advice_for(const LoweringOptions& given, const std::vector<std::string>& notes, const std::vector<std::string>& beyond) {
    if (!beyond.empty()) {
        return fmt::format("give the outputs another format (--output-format): {}", fmt::join(beyond, "; "));
    }
    if (!notes.empty()) {
        return fmt::format("give the inputs more integer bits ({})", fmt::join(notes, "; "));
    }
    if (given.output_format) {
        return "give the outputs more bits after the binary point (--output-format), or ask for less (--tolerance, --agreement)";
    }
    return given.input_format || !given.input_formats.empty() ? "give the inputs more bits after the binary point, or ask for less"
                                                              : "inner values have at most 16 bits and tables 4096 entries; ask for less (--tolerance, --agreement)";
}

Lowering prepare(const Model& model, const Table& table, const LoweringOptions& given, double share) {
    Lowering task{.plan = plan_for(model, table, given)};
    task.options = with_formats(model, task.plan, table, given, share);
    const LoweringOptions& options = task.options;
    task.notes = check_formats(task.plan, table, options);
    std::vector<std::vector<double>> columns(task.plan.features.size());
    for (const std::string& name : features_read(task.plan)) {
        const Column& column = column_of(table, name);
        const auto index = static_cast<std::size_t>(std::ranges::find(task.plan.features, name) - task.plan.features.begin());
        const Column seen = quantized(column, port_format(options, name), options);
        columns[index].assign(seen.values().begin(), seen.values().end());
    }
    for (auto& column : columns) {
        column.resize(table.rows, 0);
    }
    measure_ranges(task.plan, columns);
    const Table searched = searched_rows(model, table, options);
    task.judge = make_judge(model, task.plan.classifies, searched, options);
    check_decision(task.judge, options);
    const std::vector<std::string> beyond = outputs_beyond(model, task.judge, options);
    task.judge.advice = advice_for(given, task.notes, beyond);
    task.notes.insert(task.notes.end(), beyond.begin(), beyond.end());
    for (std::size_t k = 0; k < task.judge.scores.size(); ++k) {
        const auto without = std::ranges::count_if(task.judge.scores[k], [](double y) { return !std::isfinite(y); });
        if (without > 0) {
            task.notes.push_back(fmt::format("{}: {} of {} rows have no value by the float formula (outside its domain); they count nowhere", model.outputs[k].name, without, task.judge.scores[k].size()));
        }
    }
    add_inputs(task.judge, task.plan, searched, options);
    return task;
}

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
    PrecisionState best = search_precision(task.plan, stricter, task.judge, [](const PrecisionState&) {});
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
            PrecisionState next = search_precision(task.plan, stricter, task.judge, [](const PrecisionState&) {});
            if (!next.note.empty()) {
                break;
            }
            best = std::move(next);
        } catch (const Error&) {
            break;  // the formats allow no more; the header says what was reached
        }
    }
    Found found{.circuit = std::move(best.realisation.circuit), .reaches = note.empty()};
    constexpr double slack = 1.1;  // less is in the header alone
    const LoweringQuality reached = everything.measure(found.circuit);
    const double lost = everything.classifies ? (1 - reached.agreement) / std::max(1 - task.options.agreement, 1e-12) : reached.error / std::max(task.options.tolerance, 1e-12);
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
    Judge judge = make_judge(model, model.task == Task::classification, table, options);
    judge.inputs = port_integers(circuit, table);
    return judge.measure(circuit);
}

}  // namespace balmer
