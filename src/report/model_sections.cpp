#include "report/model_sections.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "balmer/number.hpp"
#include "balmer/random.hpp"
#include "balmer/split.hpp"
#include "balmer/uncertain_number.hpp"
#include "report/classes.hpp"
#include "report/markup.hpp"
#include "report/plot.hpp"

namespace balmer::report {
namespace {

constexpr std::size_t most_points = 2000;  // in a scatter plot: what the eye can tell apart and a page can carry

std::vector<double> uncertainties_of(const Model& model) {
    std::vector<double> all;
    for (const auto& parameter : model.parameters) all.push_back(parameter.uncertainty);
    return all;
}

std::string name_as_mathml(const std::string& name) {
    return mathml(Expression::feature(0), Vocabulary{.features = {name}, .parameters = {}, .definitions = {}, .holes = {}});
}

std::string status_of(const Parameter& p) {
    switch (p.status) {
        case ParameterStatus::free: return "fitted";
        case ParameterStatus::fixed: return "fixed";
        default: return "exactly " + p.snapped_to;
    }
}

void add_constants(Page& page, const Model& model) {
    if (model.parameters.empty()) return;
    const bool units = std::ranges::any_of(model.parameters, [](const Parameter& p) { return !p.unit.empty(); });
    PageTable table{.header = {"constant", "value", "with uncertainty", units ? "unit" : "", ""},
                    .align = {Align::left, Align::right, Align::right, Align::left, Align::left},
                    .rows = {}};
    for (std::size_t i = 0; i < model.parameters.size(); ++i) {
        const auto& p = model.parameters[i];
        table.rows.push_back({p.name.empty() ? fmt::format("{}", i + 1) : inline_formula(name_as_mathml(p.name)) + (p.axis.empty() ? "" : escaped(" [" + p.category + "]")), format_double(p.value),
                              std::isfinite(p.uncertainty) ? escaped(format_uncertain(p.value, p.uncertainty)) : "", escaped(p.unit), escaped(status_of(p))});
    }
    page.table(table, "Constants, in the order of the formula. Uncertainties are standard errors.");
}


std::vector<std::vector<double>> outputs_of(const Model& model, const Dataset& data) {
    Table table;
    table.numeric = data.features;
    table.rows = data.rows();
    table.source = data.source;
    for (const auto& category : data.categories) {
        const auto codes = category.codes.values();
        table.text.push_back({category.axis.name, category.axis.labels, {codes.begin(), codes.end()}});
    }
    return predict(model, table);
}

std::vector<std::size_t> shown_rows(std::size_t rows) { return choose_rows(rows, most_points, RandomStream(1)); }

std::vector<double> at(std::span<const double> values, const std::vector<std::size_t>& rows) {
    std::vector<double> chosen;
    for (const auto row : rows) chosen.push_back(values[row]);
    return chosen;
}

// Histograms of residuals would be one bar when a few rows are far off: the range holds 98 % of them.
std::pair<double, double> central_range(std::vector<double> values) {
    std::erase_if(values, [](double v) { return !std::isfinite(v); });
    if (values.size() < 2) return {-1, 1};
    std::ranges::sort(values);
    const std::size_t cut = values.size() / 100;
    const double low = values[cut], high = values[values.size() - 1 - cut], margin = 0.5 * (high - low);
    if (!(high > low)) return {low - 1, high + 1};
    return {std::max(values.front(), low - margin), std::min(values.back(), high + margin)};
}

void add_regression(Page& page, const Model& model, std::size_t output, std::span<const JudgedRows> sets) {
    const auto& name = model.outputs[output].name;
    Plot against{.title = "Prediction against target", .x_label = name, .y_label = name + " predicted", .x_axis = {}, .y_axis = {}, .series = {}};
    Plot spread{.title = "Residuals", .x_label = name + " predicted", .y_label = "target - prediction", .x_axis = {}, .y_axis = {}, .series = {}};
    Plot counts{.title = "Residuals, histogram", .x_label = "target - prediction", .y_label = "rows", .x_axis = {}, .y_axis = {}, .series = {}};
    PageTable measures{.header = {"rows", "count", "root mean square residual", "mean absolute residual", "largest", "R²"},
                       .align = std::vector(6, Align::right), .rows = {}};
    measures.align[0] = Align::left;
    int colour = 0;
    bool thinned = false;
    for (const auto& set : sets) {
        const auto target = set.data->targets[output].values();
        const auto predicted = outputs_of(model, *set.data)[output];
        std::vector<double> residual;
        double squares = 0, absolute = 0, largest = 0, mean = 0, variance = 0;
        for (std::size_t i = 0; i < target.size(); ++i) {
            residual.push_back(target[i] - predicted[i]);
            squares += residual[i] * residual[i];
            absolute += std::fabs(residual[i]);
            largest = std::max(largest, std::fabs(residual[i]));
            mean += target[i];
        }
        const auto n = static_cast<double>(target.size());
        for (const double y : target) variance += (y - mean / n) * (y - mean / n);
        measures.rows.push_back({escaped(set.name), fmt::format("{}", target.size()), rounded(std::sqrt(squares / n)), rounded(absolute / n),
                                 rounded(largest), fmt::format("{:.6g}", 1 - squares / variance)});
        const auto rows = shown_rows(target.size());
        thinned = thinned || rows.size() < target.size();
        const double dot = rows.size() > 500 ? 2.2 : 4;
        const std::string label = sets.size() > 1 ? set.name : "";
        against.series.push_back({.mark = Mark::points, .name = label, .x = at(target, rows), .y = at(predicted, rows), .notes = {}, .colour = colour, .size = dot});
        spread.series.push_back({.mark = Mark::points, .name = label, .x = at(predicted, rows), .y = at(residual, rows), .notes = {}, .colour = colour, .size = dot});
        const auto [low, high] = central_range(residual);
        if (colour == 0) counts.x_axis = Axis(Scale::linear, low, high);
        auto bars = histogram(residual, 50, counts.x_axis->lower(), counts.x_axis->upper(), label);
        bars.colour = colour;
        counts.series.push_back(std::move(bars));
        ++colour;
    }
    const auto& x = against.series.front().x;
    if (!x.empty()) {
        const auto [low, high] = std::ranges::minmax(x);
        against.series.push_back({.mark = Mark::guide, .name = "", .x = {low, high}, .y = {low, high}, .notes = {}});
        const auto [first, last] = std::ranges::minmax(spread.series.front().x);
        spread.series.push_back({.mark = Mark::guide, .name = "", .x = {first, last}, .y = {0, 0}, .notes = {}});
    }
    page.table(measures);
    page.drawings({svg(against), svg(spread), svg(counts)},
                  thinned ? fmt::format("Scatter plots show {} rows chosen at random; measures and histogram use all.", most_points) : "");
}

std::vector<std::uint32_t> codes_of(const Dataset& data) {
    std::vector<std::uint32_t> codes;
    for (const double code : data.targets[0].values()) codes.push_back(static_cast<std::uint32_t>(code));
    return codes;
}

void add_confusion(Page& page, const Model& model, const std::string& set, const std::vector<std::uint32_t>& truth,
                   const std::vector<std::uint32_t>& chosen) {
    const auto counts = confusion(truth, chosen, model.classes.size());
    PageTable table{.header = {"true class"}, .align = {Align::left}, .rows = {}};
    for (const auto& label : model.classes) {
        table.header.push_back("taken for " + label);
        table.align.push_back(Align::right);
    }
    for (std::size_t k = 0; k < counts.size(); ++k) {
        double all = 0;
        for (const auto count : counts[k]) all += static_cast<double>(count);
        std::vector<std::string> row = {escaped(model.classes[k])};
        for (const auto count : counts[k]) row.push_back(fmt::format("{} ({:.1f} %)", count, all > 0 ? 100 * static_cast<double>(count) / all : 0));
        table.rows.push_back(std::move(row));
    }
    page.table(table, "Confusion, " + set + " rows: per cent of the true class.");
}

void add_classification(Page& page, const Model& model, std::span<const JudgedRows> sets) {
    PageTable measures{.header = {"rows", "count", "accuracy"}, .align = {Align::left, Align::right, Align::right}, .rows = {}};
    for (const auto& label : model.classes) {
        measures.header.push_back("AUC " + label);
        measures.align.push_back(Align::right);
    }
    std::vector<std::string> drawings;
    for (const auto& set : sets) {
        const auto truth = codes_of(*set.data);
        const auto scores = outputs_of(model, *set.data);
        const auto chosen = classify(model, scores);
        const auto shares = probabilities(model, scores);
        std::size_t right = 0;
        for (std::size_t i = 0; i < truth.size(); ++i) right += truth[i] == chosen[i];
        std::vector<std::string> row = {escaped(set.name), fmt::format("{}", truth.size()),
                                        fmt::format("{:.5g}", static_cast<double>(right) / static_cast<double>(truth.size()))};
        Plot plot{.title = "ROC, " + set.name + " rows", .x_label = "false positive rate", .y_label = "true positive rate",
                  .x_axis = Axis(Scale::linear, 0.0, 1.0), .y_axis = Axis(Scale::linear, 0.0, 1.0), .series = {}, .width = 400, .height = 380};
        for (std::size_t k = 0; k < model.classes.size(); ++k) {
            std::vector<bool> is_class;
            for (const auto code : truth) is_class.push_back(code == k);
            const auto curve = thinned(roc_curve(shares[k], is_class), 400);
            row.push_back(fmt::format("{:.4f}", curve.area));
            plot.series.push_back({.mark = Mark::line, .name = fmt::format("{} {:.3f}", model.classes[k], curve.area), .x = curve.false_positive,
                                   .y = curve.true_positive, .notes = {}, .colour = static_cast<int>(k)});
        }
        plot.series.push_back({.mark = Mark::guide, .name = "", .x = {0, 1}, .y = {0, 1}, .notes = {}});
        drawings.push_back(svg(plot));
        measures.rows.push_back(std::move(row));
    }
    page.table(measures);
    page.drawings(drawings, "Each class against the rest by its probability; the number is the area below the curve.");
    for (const auto& set : sets) add_confusion(page, model, set.name, codes_of(*set.data), classify(model, outputs_of(model, *set.data)));
}

}  // namespace

std::string formulas_inline(const Model& model, int digits) {
    std::string text;
    for (const auto& output : model.outputs) {
        if (!text.empty()) text += "<br>";
        const auto formula = mathml(output.expression, model.vocabulary, {.digits = digits, .uncertainties = {}});
        text += inline_formula(model.outputs.size() > 1 ? name_as_mathml(output.name) + "<mo>=</mo>" + formula : formula);
    }
    return text;
}

void add_formulas(Page& page, const Model& model) {
    const PrintOptions options{.digits = 0, .uncertainties = uncertainties_of(model)};
    for (const auto& output : model.outputs)
        page.formula(name_as_mathml(output.name) + "<mo>=</mo>" + mathml(output.expression, model.vocabulary, options));
    for (const auto& definition : model.vocabulary.definitions) {
        std::string arguments;
        for (const auto& argument : definition.arguments) arguments += (arguments.empty() ? "" : ", ") + argument;
        page.paragraph("where " + definition.name + "(" + arguments + ") is an operator of the user's own.");
    }
    add_constants(page, model);
    page.details("As text and LaTeX");
    std::string text;
    for (const auto& output : model.outputs) text += output.name + " = " + print(output.expression, model.vocabulary) + "\n";
    page.source(text);
    page.source(export_model(model, "latex"));
    page.end_details();
}

void add_quality(Page& page, const Model& model, std::span<const JudgedRows> sets) {
    if (model.task == Task::classification) {
        add_classification(page, model, sets);
        return;
    }
    for (std::size_t k = 0; k < model.outputs.size(); ++k) add_regression(page, model, k, sets);
}

}  // namespace balmer::report
