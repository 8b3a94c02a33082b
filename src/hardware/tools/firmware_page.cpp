#include "hardware/tools/firmware_page.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "balmer/atomic_file.hpp"
#include "balmer/error.hpp"
#include "balmer/hardware_cost.hpp"
#include "hardware/precision.hpp"
#include "hardware/tools/circuit_front.hpp"
#include "hardware/truth.hpp"
#include "report/classes.hpp"
#include "report/markup.hpp"
#include "report/model_sections.hpp"
#include "report/page.hpp"
#include "report/plot.hpp"

namespace balmer {

namespace fs = std::filesystem;

namespace {

using namespace report;

constexpr std::size_t scanned_rows = 2000;
constexpr std::size_t drawn_nodes = 250;
constexpr const char* sections[] = {"circuit", "verification", "synthesis"};

Table first_rows(const Table& table, std::size_t count) {
    if (table.rows <= count) return table;
    Table part;
    part.rows = count;
    part.source = table.source;
    part.order = table.order;
    for (const auto& column : table.numeric)
        part.numeric.emplace_back(column.name(), std::vector<double>(column.values().begin(), column.values().begin() + static_cast<std::ptrdiff_t>(count)));
    for (auto column : table.text) {
        column.codes.resize(count);
        part.text.push_back(std::move(column));
    }
    return part;
}

bool gives_scores(const Circuit& circuit, const Model& model) {
    const bool values = std::ranges::all_of(circuit.outputs, [](const OutputPort& port) { return port.kind == OutputKind::value; });
    return values && circuit.outputs.size() == model.outputs.size();
}

void add_ports(Page& page, const Circuit& circuit) {
    PageTable table{.header = {"port", "", "format", "step", "range", "formula or column"},
                    .align = {Align::left, Align::left, Align::left, Align::right, Align::right, Align::left}, .rows = {}};
    const auto row = [&](const std::string& name, const char* direction, FixedPoint format, const std::string& what) {
        const double step = format.step();
        table.rows.push_back({escaped(name), direction, escaped(to_string(format)), rounded(step), fmt::format("{} ... {}", rounded(static_cast<double>(format.lowest()) * step), rounded(static_cast<double>(format.highest()) * step)), escaped(what)});
    };
    for (const auto& port : circuit.inputs) row(port.name, "in", port.format, port.column);
    for (const auto& port : circuit.outputs) row(port.name, "out", port.format, port.formula.empty() ? port.column : port.formula);
    page.table(table);
}

void add_estimate(Page& page, const Circuit& circuit) {
    const HardwareCost cost = estimate_cost(circuit);
    PageTable table{.header = {"LUT", "flip-flops", "DSP", "carry blocks", "latency", "slowest stage", "source"}, .align = std::vector(6, Align::right), .rows = {}};
    table.rows.push_back({fmt::format("{:.0f}", cost.lut), fmt::format("{}", cost.flip_flops), fmt::format("{}", cost.dsp), fmt::format("{}", cost.carry),
                          circuit.latency == 0 ? "combinational" : fmt::format("{} cycle{}{}", circuit.latency, circuit.latency > 1 ? "s" : "", circuit.clock > 0 ? fmt::format(" of {:g} ns", circuit.clock) : ""),
                          fmt::format("{:.2f} ns", cost.period), "balmer's cost model: a pre-route estimate at 250 ps per net"});
    page.table(table, "What it takes on an UltraScale+ device, estimated. `balmer synthesize` counts cells with Yosys.");
}

void add_class_quality(Page& page, const Circuit& circuit, const Model& model, const Table& table, const std::vector<std::vector<double>>& exact,
                       const std::vector<std::vector<double>>& fixed) {
    const auto float_classes = classify(model, exact), fixed_classes = chosen_by(circuit, model, fixed);
    const auto truth = labels_in(table, model);
    PageTable measures{.header = {"", "same class as the float formulas"}, .align = {Align::left, Align::right}, .rows = {}};
    std::vector<std::string> first = {"float formulas", "1"}, second = {"circuit", fmt::format("{:.4f}", share_equal(float_classes, fixed_classes))};
    if (!truth.empty()) {
        measures.header.emplace_back("accuracy");
        first.push_back(fmt::format("{:.4f}", share_equal(float_classes, truth)));
        second.push_back(fmt::format("{:.4f}", share_equal(fixed_classes, truth)));
        for (std::size_t k = 0; gives_scores(circuit, model) && k < model.classes.size(); ++k) {
            std::vector<bool> is_class;
            for (const auto code : truth) is_class.push_back(code == k);
            measures.header.push_back("AUC " + model.classes[k]);
            first.push_back(fmt::format("{:.4f}", roc_curve(probabilities(model, exact)[k], is_class).area));
            second.push_back(fmt::format("{:.4f}", roc_curve(probabilities(model, fixed)[k], is_class).area));
        }
    }
    measures.align.resize(measures.header.size(), Align::right);
    measures.rows = {first, second};
    page.table(measures, fmt::format("On {} rows of {}.", table.rows, table.source));
}

void add_errors(Page& page, const Circuit& circuit, const Model& model, const std::vector<std::vector<double>>& exact, const std::vector<std::vector<double>>& fixed) {
    PageTable measures{.header = {"output", "step", "root mean square error", "largest error", "standard deviation of the output"}, .align = std::vector(5, Align::right), .rows = {}};
    measures.align[0] = Align::left;
    std::vector<std::string> drawings;
    for (std::size_t k = 0; k < model.outputs.size(); ++k) {
        std::vector<double> error;
        double squares = 0, largest = 0, mean = 0, variance = 0;
        for (std::size_t i = 0; i < exact[k].size(); ++i) {
            if (!std::isfinite(exact[k][i])) continue;
            error.push_back(fixed[k][i] - exact[k][i]);
            squares += error.back() * error.back();
            largest = std::max(largest, std::fabs(error.back()));
            mean += exact[k][i];
        }
        if (error.empty()) continue;
        const auto n = static_cast<double>(error.size());
        for (const double y : exact[k])
            if (std::isfinite(y)) variance += (y - mean / n) * (y - mean / n);
        measures.rows.push_back({escaped(model.outputs[k].name), rounded(circuit.outputs[k].format.step()), rounded(std::sqrt(squares / n)), rounded(largest), rounded(std::sqrt(variance / n))});
        Plot plot{.title = "Quantisation error of " + model.outputs[k].name, .x_label = "circuit - float formula", .y_label = "rows", .x_axis = {}, .y_axis = {}, .series = {}};
        plot.series.push_back(histogram(error, 60));
        drawings.push_back(svg(plot));
    }
    page.table(measures);
    page.drawings(drawings);
}

// What the search passed on its way to fewer LUTs.
void add_front(Page& page, const Circuit& circuit, const Model& model, const Table& table, LoweringOptions options) {
    for (const auto& port : circuit.inputs) options.input_formats[port.column] = port.format;
    const bool classes = model.task == Task::classification;
    Plot plot{.title = "What precision costs", .x_label = "LUT + 55 per DSP, estimated", .y_label = classes ? "same class as the float formulas" : "error / standard deviation",
              .y_scale = classes ? Scale::linear : Scale::logarithmic, .x_axis = {}, .y_axis = {}, .series = {}, .width = 560, .height = 340};
    Series points{.mark = Mark::points, .name = "", .x = {}, .y = {}, .notes = {}, .colour = 0, .size = 5};
    for (const auto& point : lowering_front(model, table, options)) {
        points.x.push_back(point.cost);
        points.y.push_back(classes ? point.quality.agreement : point.quality.error);
    }
    if (points.x.size() < 2) return;  // one circuit is no choice
    plot.series.push_back(std::move(points));
    page.drawings({svg(plot)}, "Circuits on the way of the precision search, a format for every edge.");
}

// One number for a setting: agreement of classes, or error over the spread.
std::optional<double> scanned(const Model& model, const Table& rows, const LoweringOptions& options) {
    try {
        const Circuit circuit = lower(model, rows, options);
        const auto quality = measure_quality(circuit, model, rows, options);
        return model.task == Task::classification ? quality.agreement : quality.error;
    } catch (const Error&) {
        return std::nullopt;  // a format that holds too little of the data
    }
}

void add_scan(Page& page, const Model& model, const Table& table, LoweringOptions options) {
    const Table rows = first_rows(table, scanned_rows);
    const bool classes = model.task == Task::classification;
    options.mode = FirmwareMode::hls4ml;
    options.outputs = FirmwareOutputs::scores;
    options.latency = -1;
    options.clock = 1000;  // precision alone is looked at, none is given away
    options.agreement = 1;
    options.tolerance = 0;
    options.input_formats.clear();
    options.output_format.reset();
    if (!options.standardisation.empty()) return;
    Plot plot{.title = "One format for everything, as hls4ml computes", .x_label = "total bits", .y_label = classes ? "same class as the float formulas" : "error / standard deviation",
              .y_scale = classes ? Scale::linear : Scale::logarithmic, .x_axis = {}, .y_axis = {}, .series = {}, .width = 560, .height = 340};
    PageTable numbers{.header = {"integer bits"}, .align = {Align::left}, .rows = {}};
    constexpr int totals[] = {6, 8, 10, 12, 14, 16, 18};
    for (const int total : totals) {
        numbers.header.push_back(fmt::format("{} bits", total));
        numbers.align.push_back(Align::right);
    }
    int colour = 0;
    for (const int integer : {3, 4, 5, 6, 8}) {
        Series series{.mark = Mark::line, .name = fmt::format("{} integer bits", integer), .x = {}, .y = {}, .notes = {}, .colour = colour++};
        std::vector<std::string> cells = {fmt::format("{}", integer)};
        for (const int total : totals) {
            options.input_format = FixedPoint{total, total - integer, Sign::with};
            const auto value = total > integer ? scanned(model, rows, options) : std::nullopt;
            cells.push_back(value ? rounded(*value) : "");
            if (!value) continue;
            series.x.push_back(total);
            series.y.push_back(*value);
        }
        numbers.rows.push_back(std::move(cells));
        plot.series.push_back(std::move(series));
    }
    if (std::ranges::all_of(plot.series, [](const Series& s) { return s.x.empty(); })) return;
    page.drawings({svg(plot)});
    page.table(numbers, fmt::format("Precision scan on {} rows: {} with one fixed-point format for inputs, constants and results; empty where that format cannot be computed, as a function of more than 16 bits.", rows.rows, plot.y_label));
}

}  // namespace

std::string circuit_section(const Circuit& circuit, const Model* model, const Table* table, const LoweringOptions& options) {
    Page page;
    if (model) {
        page.heading("The formulas");
        page.append(formulas_inline(*model, 6));
    }
    page.heading("The circuit");
    add_ports(page, circuit);
    add_estimate(page, circuit);
    PageTable facts{.header = {"", ""}, .rows = {}};
    for (const auto& [name, value] : circuit.about) facts.rows.push_back({escaped(name), escaped(value)});
    if (!facts.rows.empty()) page.table(facts);
    page.list(circuit.notes);
    if (model && table) {
        page.heading("Against the float formulas");
        const auto exact = predict(*model, *table);
        const auto fixed = predict(circuit, *table);
        if (model->task == Task::classification) add_class_quality(page, circuit, *model, *table, exact, fixed);
        if (gives_scores(circuit, *model)) add_errors(page, circuit, *model, exact, fixed);
        if (options.reference == Reference::formulas) {
            page.heading("Precision");
            add_front(page, circuit, *model, first_rows(*table, scanned_rows), options);
            add_scan(page, *model, *table, options);
        }
    }
    page.heading("The pipeline");
    const auto drawn = static_cast<std::size_t>(std::ranges::count_if(circuit.nodes, [](const CircuitNode& n) { return n.op != CircuitOp::constant; }));
    if (drawn <= drawn_nodes) page.drawings({pipeline_drawing(circuit)}, "A box has the format of its result in its last line; green: inputs, blue: tables, orange: multiplications, purple: outputs. Registers lie between stages.");
    else page.paragraph(fmt::format("{} operations are too many for a drawing; circuit.json lists them.", drawn));
    return page.body();
}

std::string verification_section(const Verification& verification) {
    Page page;
    page.heading("Verification");
    PageTable table{.header = {"back end", "result", "vectors", "differences", "seconds", ""}, .align = {Align::left, Align::left, Align::right, Align::right, Align::right, Align::left}, .rows = {}};
    for (const auto& r : verification.back_ends) {
        const char* words[] = {"equal bit for bit", "DIFFERS", "not run", "failed"};
        table.rows.push_back({escaped(r.name), words[static_cast<int>(r.agreement)], fmt::format("{}", r.vectors), fmt::format("{}", r.differences), fmt::format("{:.1f}", r.seconds), escaped(r.detail)});
    }
    page.table(table, "Each against the interpreter, without tolerance: on corners, the user's data, vectors searched for what these do not reach, and random vectors.");
    const Coverage& reached = verification.coverage;
    PageTable inside{.header = {"", "reached", "of", "percent"}, .align = {Align::left, Align::right, Align::right, Align::right}, .rows = {}};
    const auto row = [&](const char* what, const Coverage::Share& share) {
        inside.rows.push_back({what, fmt::format("{}", share.reached), fmt::format("{}", share.all), fmt::format("{:.1f}", share.percent())});
    };
    row("table entries looked up", reached.entries);
    row("borders: sides of limits, differences of comparisons about zero, values that need every bit", reached.borders);
    row("bits whose change shows at an output", reached.bits);
    page.table(inside, "What the vectors reach inside, random ones left out. Not all of it can be reached: what belongs together among the inputs is not known to intervals.");
    return page.body();
}

std::string synthesis_section(const SynthesisResult& result, const SynthesisOptions& options) {
    Page page;
    page.heading("Synthesis");
    PageTable cells{.header = {"LUT", "LUT, pairs in one LUT6_2", "flip-flops", "CARRY4", "DSP", "MUXF", "source"}, .align = std::vector(6, Align::right), .rows = {}};
    cells.rows.push_back({fmt::format("{}", result.lut), fmt::format("{}", result.lut_packed), fmt::format("{}", result.flip_flops), fmt::format("{}", result.carry),
                          fmt::format("{}", result.dsp), fmt::format("{}", result.muxes), fmt::format("Yosys synth_xilinx -family xcup{}; pairing is balmer's estimate", options.dsp ? "" : " -nodsp")});
    page.table(cells);
    PageTable times{.header = {"picoseconds per net", "longest path, ns", "source"}, .align = {Align::right, Align::right, Align::left}, .rows = {}};
    for (const auto& t : result.timing) times.rows.push_back({fmt::format("{:.0f}", t.net), fmt::format("{:.2f}", t.nanoseconds), "pre-route estimate: balmer's static timing of Yosys' netlist"});
    if (result.ice40_megahertz > 0) times.rows.push_back({"", fmt::format("{:.2f}", 1000 / result.ice40_megahertz), fmt::format("nextpnr-ice40, routed on HX8K between registers at all ports: {:.1f} MHz", result.ice40_megahertz)});
    page.table(times, fmt::format("Longest path at 250 ps: {}", fmt::join(result.path, " - ")));
    return page.body();
}

void keep_section(const fs::path& folder, const std::string& name, const std::string& section) {
    std::error_code ignored;
    fs::create_directories(folder / "report", ignored);
    write_file_atomically(folder / "report" / (name + ".html"), section);
    const Circuit circuit = read_firmware(folder);
    Page page("Firmware " + circuit.name, circuit.latency == 0 ? "combinational" : fmt::format("{} clock cycle{}, new inputs every cycle", circuit.latency, circuit.latency > 1 ? "s" : ""));
    for (const char* part : sections)
        if (fs::exists(folder / "report" / (std::string(part) + ".html"))) page.append(read_file(folder / "report" / (std::string(part) + ".html")));
    write_file_atomically(folder / "report.html", page.html());
}

}  // namespace balmer
