#include "hardware/lowering_task.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "hardware/input_formats.hpp"
#include "hardware/poles.hpp"
#include "hardware/truth.hpp"

namespace balmer {

const Column& numeric_column(const Table& table, const std::string& name) {
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

Table rows_at(const Table& table, const std::vector<std::size_t>& rows) {
    Table part = table;
    part.rows = rows.size();
    for (TextColumn& column : part.text) {
        std::vector<std::uint32_t> codes;
        for (const std::size_t row : rows) {
            codes.push_back(column.codes[row]);
        }
        column.codes = std::move(codes);
    }
    for (Column& column : part.numeric) {
        std::vector<double> values;
        for (const std::size_t row : rows) {
            values.push_back(column[row]);
        }
        column = Column(column.name(), std::move(values), column.unit());
    }
    return part;
}

std::vector<std::size_t> spread_rows(const Table& table, std::size_t limit) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < std::min(limit, table.rows); ++i) {
        rows.push_back(table.rows <= limit ? i : i * table.rows / limit);
    }
    return rows;
}

namespace {

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
        const auto lost = saturation_of(numeric_column(table, name), port_format(options, name));
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

}  // namespace

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
    if (options.reference == Reference::data) {
        hold_to_data(judge, model, table);
    }
    return judge;
}

namespace {

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

}  // namespace

void add_inputs(Judge& judge, const Plan& plan, const Table& table, const LoweringOptions& options) {
    for (const std::string& name : features_read(plan)) {
        const InputPort port{.format = port_format(options, name), .rounding = options.rounding, .overflow = options.overflow};
        judge.inputs.push_back(integers_of(port, numeric_column(table, name)));
    }
}

namespace {

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
            columns.push_back(&numeric_column(table, name));
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
        return judge.lost(quality) / std::max(share * judge.allowed(options), 1e-12);
    };
    LoweringOptions chosen = options;
    const std::vector<FixedPoint> formats = choose_formats(columns, loss);
    for (std::size_t i = 0; i < names.size(); ++i) {
        chosen.input_formats[names[i]] = formats[i];
    }
    return chosen;
}

/// Columns that are there and hold numbers on every row.
void check_columns(const Plan& plan, const Table& table) {
    for (const std::string& name : features_read(plan)) {
        const Column& column = numeric_column(table, name);
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
            const auto values = numeric_column(table, edge.name).values();
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
                                                              : "arguments of functions have at most 20 bits and tables 4096 entries; ask for less (--tolerance, --agreement)";
}

}  // namespace

Lowering prepare(const Model& model, const Table& table, const LoweringOptions& given, double share) {
    Lowering task{.plan = plan_for(model, table, given)};
    task.options = with_formats(model, task.plan, table, given, share);
    const LoweringOptions& options = task.options;
    task.notes = check_formats(task.plan, table, options);
    std::vector<std::vector<double>> columns(task.plan.features.size());
    for (const std::string& name : features_read(task.plan)) {
        const Column& column = numeric_column(table, name);
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
    task.judge.formats_are_to_blame = !beyond.empty() || !task.notes.empty() || given.output_format.has_value();
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

}  // namespace balmer
