// Published formulas of many features as circuits: SymbolNet's MNIST model and its SVHN pair, PySR's jet models.
//
//     build/benchmarks/hardware/published SHARED MODEL [--agreement .95] [--tolerance .1] [--format ufixed<8,0>] [--rows 2000] [--synthesize FOLDER]
//
// MODEL as in reference_formulas.json. MNIST: pixels of the training images as words of 8 bits, agreement with the float formulas. SVHN has no
// images here: its pixels are drawn uniformly, and the tolerance is of the output. Jets: replica jets.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <string_view>

#include "balmer/complexity.hpp"
#include "balmer/firmware.hpp"
#include "balmer/hardware_cost.hpp"
#include "balmer/random.hpp"
#include "published.hpp"

namespace {

using namespace balmer;

constexpr double whites = 255;

Table mnist(const std::filesystem::path& folder, const Model& model, std::size_t rows) {
    const Table images = read_table(folder / "train-images-idx3-ubyte.gz");
    Table table;
    table.rows = rows;
    table.source = "MNIST";
    for (const std::string& name : model.vocabulary.features) {
        const Column& pixels = images.numeric[*images.find_numeric(name)];
        std::vector<double> values;
        for (std::size_t row = 0; row < rows; ++row) {
            values.push_back(pixels[row] / whites);
        }
        table.numeric.emplace_back(name, std::move(values));
    }
    return table;
}

Table uniform(const Model& model, std::size_t rows) {
    Table table;
    table.rows = rows;
    table.source = "uniform pixels";
    for (std::size_t i = 0; i < model.vocabulary.features.size(); ++i) {
        RandomStream random(1, i);
        std::vector<double> values;
        for (std::size_t row = 0; row < rows; ++row) {
            values.push_back(random.uniform());
        }
        table.numeric.emplace_back(model.vocabulary.features[i], std::move(values));
    }
    return table;
}

int nodes_of(const Model& model) {
    int total = 0;
    for (const Output& output : model.outputs) {
        total += ComplexityMeasure::from_name("sympy")(output.expression);
    }
    return total;
}

}  // namespace

int main(int count, char** words) {
    if (count < 3) {
        fmt::print(stderr, "usage: published SHARED MODEL [--agreement A] [--tolerance T] [--format F] [--rows N]\n");
        return 2;
    }
    const std::filesystem::path shared = words[1];
    const std::string name = words[2];
    const bool is_jets = name.find("mnist") == std::string::npos && name.find("svhn") == std::string::npos;
    LoweringOptions options{.input_format = is_jets ? FixedPoint{12, 8, Sign::with} : FixedPoint{8, 8, Sign::without}, .agreement = 0.95, .tolerance = 0.1,
                            .multipliers = Multiplier::lut, .rows = 2000, .name = "published"};
    std::filesystem::path folder;
    for (int i = 3; i + 1 < count; i += 2) {
        const std::string_view word = words[i];
        const std::string value = words[i + 1];
        if (word == "--agreement") options.agreement = std::stod(value);
        if (word == "--tolerance") options.tolerance = std::stod(value);
        if (word == "--format") options.input_format = parse_fixed_point(value);
        if (word == "--synthesize") folder = value;
        if (word == "--rows") options.rows = static_cast<std::size_t>(std::stoul(value));
    }
    const Model model = benchmark::read_published(shared / "published/reference_formulas.json", name);
    const std::size_t rows = 2 * options.rows;
    const Table table = is_jets ? benchmark::read_jets(shared / "data/jets").every(0, 11, rows).table
                                : name.find("mnist") != std::string::npos ? mnist(shared / "data/mnist", model, rows) : uniform(model, rows);
    const auto begin = std::chrono::steady_clock::now();
    const Circuit circuit = lower(model, table, options);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const HardwareCost cost = estimate_cost(circuit);
    const LoweringQuality quality = measure_quality(circuit, model, table, options);
    const int nodes = nodes_of(model);
    fmt::print("| model | nodes | LUT estimate | LUT per node | DSP | FF | cycles | ns | agreement | error | seconds |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
    fmt::print("| {} | {} | {:.0f} | {:.1f} | {} | {} | {} | {:.2f} | {:.4f} | {:.3f} | {:.1f} |\n", name, nodes, cost.lut, cost.lut / nodes, cost.dsp,
               cost.flip_flops, cost.latency, cost.period, quality.agreement, quality.error, seconds);
    if (!folder.empty()) {
        write_firmware(circuit, folder);
        const SynthesisResult yosys = synthesize_firmware(folder);
        fmt::print("Yosys: {} LUT, {} packed, {} FF, {} DSP, {:.2f} ns at 250 ps per net\n", yosys.lut, yosys.lut_packed, yosys.flip_flops, yosys.dsp,
                   yosys.timing.size() > 1 ? yosys.timing[1].nanoseconds : 0.0);
    }
    return 0;
}
