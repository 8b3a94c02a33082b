#include "study/run_page.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "balmer/atomic_file.hpp"
#include "balmer/error.hpp"
#include "balmer/readers.hpp"
#include "balmer/study.hpp"
#include "report/flow.hpp"
#include "report/markup.hpp"
#include "report/model_sections.hpp"
#include "report/page.hpp"
#include "report/plot.hpp"
#include "study/record.hpp"

namespace balmer {
namespace {

using namespace report;

constexpr int table_digits = 5;

bool validated(const RunReader& run) {
    return std::ranges::any_of(run.front, [](const FrontRow& row) { return !std::isnan(row.validation); });
}

// Losses that fall by many powers of ten, all positive, want a logarithmic axis.
Scale loss_scale(const RunReader& run) {
    double low = 1e300, high = 0;
    for (const auto& row : run.front) {
        if (row.loss <= 0) continue;
        low = std::min(low, row.loss);
        high = std::max(high, row.loss);
    }
    return high > 3 * low ? Scale::logarithmic : Scale::linear;
}

std::string front_plot(const RunReader& run) {
    Plot plot{.x_label = "complexity", .y_label = "loss", .y_scale = loss_scale(run), .x_axis = {}, .y_axis = {}, .series = {}, .width = 640, .height = 340};
    Series steps{.mark = Mark::step, .name = "", .x = {}, .y = {}, .notes = {}, .colour = 0};
    Series members{.mark = Mark::points, .name = "training", .x = {}, .y = {}, .notes = {}, .colour = 0, .size = 8};
    Series held_out{.mark = Mark::points, .name = "validation", .x = {}, .y = {}, .notes = {}, .colour = 1, .size = 6};
    Series chosen{.mark = Mark::points, .name = run.chosen ? "chosen" : "lowest loss so far", .x = {}, .y = {}, .notes = {}, .colour = 2, .size = 12};
    for (const auto& row : run.front) {
        steps.x.push_back(row.complexity);
        steps.y.push_back(row.loss);
        members.notes.push_back(fmt::format("{}: {}", row.complexity, row.equation));
        held_out.x.push_back(row.complexity);
        held_out.y.push_back(row.validation);
        held_out.notes.push_back(members.notes.back());
        if (row.complexity != run.best()) continue;
        chosen.x = {static_cast<double>(row.complexity)};
        chosen.y = {row.loss};
        chosen.notes = {row.equation};
    }
    members.x = steps.x;
    members.y = steps.y;
    plot.series = {steps, chosen, members};
    if (validated(run)) plot.series.push_back(held_out);
    return svg(plot);
}

PageTable front_table(const RunReader& run) {
    const bool with_validation = validated(run);
    PageTable table{.header = {"complexity", "loss"}, .align = {Align::right, Align::right}, .rows = {}};
    if (with_validation) table.header.emplace_back("validation");
    for (const char* name : {"score", "equation"}) table.header.emplace_back(name);
    table.align.resize(table.header.size() - 1, Align::right);
    for (const auto& row : run.front) {
        if (row.complexity == run.best()) table.marked = static_cast<int>(table.rows.size());
        std::vector<std::string> cells = {fmt::format("{}", row.complexity), rounded(row.loss, table_digits)};
        if (with_validation) cells.push_back(std::isnan(row.validation) ? "" : rounded(row.validation, table_digits));
        cells.push_back(fmt::format("{:.3f}", row.score));
        std::string formula;
        try {
            formula = formulas_inline(run.model(row.complexity), table_digits);
        } catch (const Error&) {  // a live search may have replaced the model since the table was read
            formula = "<code>" + escaped(row.equation) + "</code>";
        }
        cells.push_back(std::move(formula));
        table.rows.push_back(std::move(cells));
    }
    return table;
}

std::string reduction_tree(const std::vector<Reduction>& reductions) {
    Flow flow{.nodes = {}, .edges = {}, .direction = Direction::down, .layer_names = {}};
    constexpr int whole = 0, solved = 2, neither = -1;
    for (std::size_t i = 0; i < reductions.size(); ++i) {
        const auto& step = reductions[i];
        FlowNode node{.lines = {step.target}, .colour = i == 0 ? whole : neither};
        if (!step.variables.empty()) node.lines.push_back(fmt::format("of {}", fmt::join(step.variables, ", ")));
        if (!step.solution.empty()) {
            node.lines.push_back("= " + step.solution);
            node.colour = solved;
        } else if (step.error_after > 0) {
            node.lines.push_back(fmt::format("held-out error {:.1e}", step.error_after));
        }
        flow.nodes.push_back(std::move(node));
        if (step.parent != i) flow.edges.push_back({step.parent, i, step.kind});
    }
    return svg(flow);
}

void add_measures(Page& page, const Model& model) {
    PageTable table{.header = {"measure", "value"}, .align = {Align::left, Align::right}, .rows = {}};
    for (const auto& [name, value] : model.metrics) table.rows.push_back({escaped(name), fmt::format("{:.8g}", value)});
    if (!table.rows.empty()) page.table(table);
}

void add_box(Page& page, const Model& model) {
    if (model.box.size() != model.vocabulary.features.size()) return;
    PageTable table{.header = {"column", "unit", "lowest", "highest"}, .align = {Align::left, Align::left, Align::right, Align::right}, .rows = {}};
    for (std::size_t i = 0; i < model.box.size(); ++i)
        table.rows.push_back({escaped(model.vocabulary.features[i]), i < model.feature_units.size() ? escaped(model.feature_units[i]) : "",
                              rounded(model.box[i].lower, 6), rounded(model.box[i].upper, 6)});
    page.table(table, "Range of the training data. Outside it the formula extrapolates.");
}

void add_provenance(Page& page, const RunReader& run, const Model& model) {
    PageTable table{.header = {"", ""}, .rows = {}};
    for (const auto& [name, value] : run.facts) table.rows.push_back({escaped(name), escaped(value)});
    for (const auto& [name, value] : model.provenance)
        if (name != "version" && name != "source" && name != "fingerprint") table.rows.push_back({"formula: " + escaped(name), escaped(value)});
    page.table(table);
}

}  // namespace

std::string run_page(const RunReader& run, const Problem* problem, const std::string& missing_data) {
    const Model model = run.model(run.best());
    std::string targets;
    for (const auto& output : model.outputs) targets += (targets.empty() ? "" : ", ") + output.name;
    Page page("Formulas for " + targets, run.path.filename().string() + (run.chosen ? "" : ", not finished: the search has not chosen a formula yet"));
    page.heading(run.chosen ? "The chosen formula" : "The formula of lowest loss so far");
    add_formulas(page, model);
    add_measures(page, model);
    if (!run.verdict.empty()) {
        page.paragraph("Verdict: " + run.verdict + ".");
        page.list(run.evidence);
    }
    page.heading("Against the data");
    if (problem) {
        std::vector<JudgedRows> sets = {{"training", &problem->data}};
        if (problem->validation) sets.push_back({"validation", &*problem->validation});
        add_quality(page, model, sets);
    } else {
        page.paragraph(missing_data);
    }
    add_box(page, model);
    page.heading("The front");
    page.paragraph("The best formula of every complexity: each has a lower loss than all simpler ones.");
    page.drawings({front_plot(run)});
    page.table(front_table(run));
    if (!run.reductions.empty()) {
        page.heading("How the problem was taken apart");
        page.drawings({reduction_tree(run.reductions)}, "Each box is a problem made of the one above it. The error is that of a polynomial on rows that it was not fitted to.");
        std::vector<std::string> words;
        for (std::size_t i = 0; i < run.reductions.size(); ++i) {
            const auto& step = run.reductions[i];
            if (step.parent != i) words.push_back(fmt::format("{}: {}", run.reductions[step.parent].target, step.words));
        }
        page.list(words);
    }
    page.heading("How it was found");
    page.list(run.notes);
    page.list(run.stages);
    add_provenance(page, run, model);
    page.source("balmer fit --resume " + run.path.string() + "\nbalmer export " + run.path.string() + " --to python");
    return page.html();
}

std::string report_of_run(const std::filesystem::path& folder) {
    const RunReader run = RunReader::open(folder);
    const auto recorded = read_run_json(read_file(folder / "run.json"), (folder / "run.json").string());
    std::string reason;
    try {
        const auto prepared = prepare(recorded.parameters, read_table(recorded.parameters.data));
        if (fingerprint(prepared.problem) == recorded.fingerprint) return run_page(run, &prepared.problem);
        reason = "The data at " + recorded.parameters.data + " are not those of the run any more, so they are not shown.";
    } catch (const Error& error) {
        reason = std::string("The data of the run could not be read, so they are not shown. ") + error.what();
    }
    return run_page(run, nullptr, reason);
}

}  // namespace balmer
