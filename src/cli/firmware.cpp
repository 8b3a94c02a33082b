#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "balmer/atomic_file.hpp"
#include "balmer/error.hpp"
#include "balmer/firmware.hpp"
#include "balmer/hardware_cost.hpp"
#include "balmer/lowering.hpp"
#include "balmer/readers.hpp"
#include "cli/commands.hpp"
#include "hardware/tools/circuit_front.hpp"
#include "hardware/tools/firmware_page.hpp"
#include "hardware/tools/firmware_texts.hpp"
#include "study/run_reader.hpp"

namespace balmer::cli {

namespace {

struct FirmwareArguments {
    std::string model, data, folder, raw_words, part = FirmwareFiles().part;
    FirmwareTexts texts;
    int complexity = 0;
    bool valid = false, front = false;
};

/// A table with the columns name, mean, scale: the port carries the raw word, feature = (word - mean) / scale.
void read_raw_words(const std::string& path, FirmwareTexts& texts) {
    if (path.empty()) {
        return;
    }
    const Table table = read_table(path);
    const auto name = table.find_text("name");
    const auto mean = table.find_numeric("mean"), scale = table.find_numeric("scale");
    if (!name || !mean || !scale) {
        throw Error({.file = path}, "a table of raw words has the columns name, mean and scale: feature = (word - mean) / scale");
    }
    for (std::size_t i = 0; i < table.rows; ++i) {
        const double width = table.numeric[*scale][i];
        const std::string& feature = table.text[*name].categories[table.text[*name].codes[i]];
        if (!(width != 0)) {
            throw Error({.file = path, .name = feature}, "a scale is not zero");
        }
        texts.standardisation[feature] = {table.numeric[*mean][i], width};
    }
}

std::string summary(const Circuit& circuit, const Model& model, const Table& data, const LoweringQuality& quality, const std::string& folder) {
    const HardwareCost cost = estimate_cost(circuit);
    std::string text;
    for (const InputPort& port : circuit.inputs) {
        text += fmt::format("in   {:<16} {}\n", port.name, to_string(port.format));
    }
    for (const OutputPort& port : circuit.outputs) {
        text += fmt::format("out  {:<16} {}\n", port.name, to_string(port.format));
    }
    const bool decides = circuit.outputs[0].kind != OutputKind::value;
    text += model.task == Task::classification || decides ? fmt::format("same {} as the float formulas: {:.4f} of the rows\n", decides ? "decision" : "class", quality.agreement)
                                                          : fmt::format("error: {:.4g} of the standard deviation\n", quality.error);
    if (const auto error = error_on(data, model, circuit)) {
        text += fmt::format("error against the data's own values: {:.4g} of the standard deviation\n", *error);
    }
    if (const auto accuracy = accuracy_on(data, model, circuit)) {
        text += fmt::format("accuracy on these rows: {:.4f}\n", *accuracy);
    }
    text += fmt::format("estimate: {:.0f} LUT, {} FF, {} DSP, {} carry, {} cycle{}, slowest stage {:.2f} ns (pre-route estimate)\n", cost.lut, cost.flip_flops, cost.dsp,
                        cost.carry, circuit.latency, circuit.latency == 1 ? "" : "s", cost.period);
    for (const std::string& note : circuit.notes) {
        text += fmt::format("note: {}\n", note);
    }
    const bool is_plain = std::ranges::all_of(folder, [](unsigned char c) { return std::isalnum(c) != 0 || std::string_view("/._-+").find(static_cast<char>(c)) != std::string_view::npos; });
    const std::string word = is_plain ? folder : fmt::format("'{}'", folder);
    return text + fmt::format("written: {0}, report: {0}/report.html\nnext: balmer verify {1} | balmer synthesize {1}\n", folder, word);
}

void write_folder(const Circuit& circuit, const Model& model, const Table& data, const LoweringOptions& lowering, const FirmwareArguments& options, const std::string& folder) {
    FirmwareFiles files;
    files.model = &model;
    files.data = &data;
    files.part = options.part;
    files.valid_bit = options.valid;
    write_firmware(circuit, folder, files);
    for (const char* outdated : {"verification", "synthesis"}) {
        std::filesystem::remove(std::filesystem::path(folder) / "report" / (std::string(outdated) + ".html"));
    }
    keep_section(folder, "circuit", circuit_section(circuit, &model, &data, lowering));
}

/// Every formula of a run as a circuit; those that no other beats are written, each into a folder of its complexity.
int front_command(const FirmwareArguments& options, const Table& data) {
    const RunReader run = RunReader::open(options.model);
    std::vector<std::pair<int, Model>> models;
    for (const FrontRow& row : run.front) {
        models.emplace_back(row.complexity, run.model(row.complexity));
    }
    const LoweringOptions lowering = lowering_options(options.texts, models.front().second);
    const bool classifies = models.front().second.task == Task::classification;
    const std::vector<CircuitOfFront> front = circuits_of_front(models, data, lowering);
    std::string text = fmt::format("{:>10} {:>9} {:>9} {:>6} {:>4} {:>5} {:>6} {:>6}\n", "complexity", classifies ? "agreement" : "error", classifies ? "accuracy" : "of target", "LUT", "DSP", "FF", "cycles", "ns");
    std::string csv = "folder,complexity,agreement,error,accuracy,target_error,lut,dsp,flip_flops,cycles,nanoseconds,best\n", refused;
    for (const CircuitOfFront& member : front) {
        const std::string name = member.held_to_data ? fmt::format("{}-{:.1f}lut", member.complexity, member.cost.area()) : fmt::format("{}", member.complexity);
        if (!member.refused.empty()) {
            refused += fmt::format("{:>10} no circuit: {}\n", member.complexity, member.refused);
            continue;
        }
        const std::string accuracy = member.accuracy ? fmt::format("{:.4f}", *member.accuracy) : "";
        const std::string target = member.target_error ? fmt::format("{:.4g}", *member.target_error) : "";
        text += fmt::format("{:>10} {:>9.4f} {:>9} {:>6.0f} {:>4} {:>5} {:>6} {:>6.2f}{}\n", member.complexity, classifies ? member.quality.agreement : member.quality.error, classifies ? accuracy : target, member.cost.lut,
                            member.cost.dsp, member.cost.flip_flops, member.circuit.latency, member.cost.period, member.is_best ? "  *" : "");
        csv += fmt::format("{},{},{:.6f},{:.6g},{},{},{:.1f},{},{},{},{:.3f},{}\n", name, member.complexity, member.quality.agreement, member.quality.error, accuracy, target, member.cost.lut, member.cost.dsp,
                           member.cost.flip_flops, member.circuit.latency, member.cost.period, member.is_best ? 1 : 0);
        if (member.is_best) {
            const auto model = std::ranges::find(models, member.complexity, [](const auto& pair) { return pair.first; });
            LoweringOptions of_member = lowering;
            of_member.reference = member.held_to_data ? Reference::data : Reference::formulas;
            write_folder(member.circuit, model->second, data, of_member, options, (std::filesystem::path(options.folder) / name).string());
        }
    }
    if (csv.find('\n') + 1 == csv.size()) {
        throw Error({.file = options.model}, "no formula of this run became a circuit:\n" + refused);
    }
    write_file_atomically(std::filesystem::path(options.folder) / "front.csv", csv);
    write_result("", text + refused + fmt::format("* no other is at least as good in everything; estimates before routing. Written: {0}/front.csv, and a folder in {0} for each *\n", options.folder));
    return exit_done;
}

void check_texts(const FirmwareArguments& options) {
    if (options.folder.empty()) {
        throw Error({.name = "--output"}, "the folder to write has no name. Try -o firmware");
    }
    const auto is_allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; };
    if (options.part.empty() || !std::ranges::all_of(options.part, is_allowed)) {
        throw Error({.name = "--part"}, fmt::format("'{}' is no device. Letters, digits, '-', '_' and '.' are allowed, as in {}", options.part, FirmwareFiles().part));
    }
}

int firmware_command(FirmwareArguments options) {
    check_texts(options);
    read_raw_words(options.raw_words, options.texts);
    if (options.front) {
        return front_command(options, read_table(options.data));
    }
    const Model model = model_of(options.model, options.complexity > 0 ? std::optional(options.complexity) : std::nullopt);
    const Table data = read_table(options.data);
    const LoweringOptions lowering = lowering_options(options.texts, model);
    const Circuit circuit = lower(model, data, lowering);
    write_folder(circuit, model, data, lowering, options, options.folder);
    write_result("", summary(circuit, model, data, measure_quality(circuit, model, data, lowering), options.folder));
    return exit_done;
}

}  // namespace

void add_firmware(CLI::App& app, std::function<int()>& run) {
    auto o = std::make_shared<FirmwareArguments>();
    auto* firmware = app.add_subcommand("firmware",
                                        "a found formula as fixed-point logic\n\n"
                                        "Searches for the cheapest circuit that keeps the formula's decisions (or values) on DATA and writes it as Verilog, VHDL, HLS "
                                        "C++, a C++ header and a Python module, with test benches, vectors and a report. Nothing has to be installed for it; "
                                        "`balmer verify` then proves all of them equal, `balmer synthesize` counts what they take.");
    firmware->add_option("RUN|MODEL|FORMULA", o->model, "run folder (its chosen formula), model file, or \"y = formula\" in quotes")->required();
    firmware->add_option("--data", o->data, "rows on which precision is chosen: features, or raw words")->type_name("DATA")->required();
    firmware->add_option("-o,--output", o->folder, "folder to write")->type_name("FOLDER")->required();
    firmware->add_option("--complexity", o->complexity, "the run's formula of this complexity instead of the chosen one")->type_name("N")->check(CLI::PositiveNumber);
    firmware->add_flag("--front", o->front, "all formulas of the run as circuits: quality, LUT and nanoseconds of each; those that no other beats are written into FOLDER/N, those held to the data's own labels or targets into FOLDER/N-LUT")->excludes("--complexity");
    firmware->add_option("--input-format", o->texts.input_formats, "of all inputs, or of one: pt=uint<12>; repeatable; default: chosen for each column from the data")->type_name("FORMAT")->take_all()->expected(1)->allow_extra_args(false);
    firmware->add_option("--output-format", o->texts.output_format, "of all outputs; default: the fewest bits that do")->type_name("FORMAT");
    firmware->add_option("--raw-words", o->raw_words, "table with columns name, mean, scale: those inputs carry words, feature = (word - mean) / scale")->type_name("FILE");
    firmware->add_option("--outputs", o->texts.outputs, "scores, or decision: the winning class, or whether one score passes --threshold")->type_name("KIND")->check(CLI::IsMember({"scores", "decision"}))->capture_default_str();
    firmware->add_option("--threshold", o->texts.threshold, "of one score, for --outputs decision")->type_name("N")->capture_default_str();
    firmware->add_option("--agreement", o->texts.agreement, "classes: share of rows that must keep the class of the float formulas")->type_name("N")->check(CLI::Range(0.0, 1.0))->capture_default_str();
    firmware->add_option("--tolerance", o->texts.tolerance, "regression: root mean square error allowed, over the standard deviation of the output")->type_name("N")->check(CLI::Range(0.0, 1.0))->capture_default_str();
    firmware->add_option("--clock", o->texts.clock, "clock period")->type_name("TIME")->capture_default_str();
    firmware->add_option("--latency", o->texts.latency, "clock cycles; 0: no registers; default: as few as the clock allows")->type_name("N")->check(CLI::Range(0, 1000));
    firmware->add_option("--multipliers", o->texts.multipliers, "dsp, lut or auto")->type_name("KIND")->check(CLI::IsMember({"dsp", "lut", "auto"}))->capture_default_str();
    firmware->add_option("--rounding", o->texts.rounding, "of inputs and outputs: nearest or floor")->type_name("KIND")->check(CLI::IsMember({"nearest", "floor"}))->capture_default_str();
    firmware->add_option("--overflow", o->texts.overflow, "of inputs and outputs: saturate or wrap")->type_name("KIND")->check(CLI::IsMember({"saturate", "wrap"}))->capture_default_str();
    firmware->add_option("--poles", o->texts.poles, "divisors that the data take through zero: refuse, or nearest: the quotient of the nearest divisor that is not zero")->type_name("KIND")->check(CLI::IsMember({"refuse", "nearest"}))->capture_default_str();
    firmware->add_option("--mode", o->texts.mode, "native, or hls4ml: its arithmetic bit for bit, one format for everything")->type_name("KIND")->check(CLI::IsMember({"native", "hls4ml"}))->capture_default_str();
    firmware->add_option("--name", o->texts.name, "of the module (default: formula)")->type_name("NAME");
    firmware->add_option("--part", o->part, "device in the Tcl scripts")->type_name("PART")->capture_default_str();
    firmware->add_flag("--valid", o->valid, "carry a valid bit through the pipeline");
    firmware->footer("Examples:\n  balmer firmware run-jets-1 --data jets.csv -o jets\n  balmer firmware run-jets-1 --data jets.csv --front -o circuits\n"
                     "  balmer firmware model.json --data events.csv --input-format \"fixed<8,4>\" --clock 5ns --multipliers lut -o trigger\n"
                     "  balmer firmware \"mt2 = 2*pt*met*(1 - cos(dphi))\" --data events.csv -o mt2");
    firmware->callback([o, &run] { run = [o] { return firmware_command(*o); }; });
}

}  // namespace balmer::cli
