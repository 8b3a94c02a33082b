// The five published SymbolNet jet formulas as circuits: agreement with the float formulas, accuracy, and the estimate.
//
//     build/benchmarks/hardware/jets SHARED [--agreement .92] [--clock 5] [--latency 2] [--mode hls4ml] [--front FOLDER] [--formulas FILE] [--synthesize FOLDER]
//
// --synthesize: writes the firmware there and runs Yosys on it.
// --formulas: five others instead, separated by ';', for the classes g, q, t, w, z.
// Searched on 6,000 of 20,000 replica jets; agreement and accuracy are of 20,000 others. --front writes every circuit on the way as JSON.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <string_view>

#include "balmer/firmware.hpp"
#include "balmer/hardware_cost.hpp"
#include "published.hpp"

namespace {

using namespace balmer;

void print_row(const Circuit& circuit, const Model& model, const benchmark::Jets& jets, const LoweringOptions& options) {
    const HardwareCost cost = estimate_cost(circuit);
    const LoweringQuality quality = measure_quality(circuit, model, jets.table, options);
    fmt::print("| {} | {} | {:.0f} | {} | {:.2f} | {:.4f} | {:.4f} |", cost.latency, cost.dsp, cost.lut, cost.flip_flops, cost.period, quality.agreement,
               benchmark::accuracy(predict(circuit, jets.table), jets.labels));
}

/// Yosys on the circuit's Verilog: LUT raw / packed, FF, DSP, nanoseconds at 250 ps per net.
void print_synthesis(const Circuit& circuit, const std::filesystem::path& folder) {
    write_firmware(circuit, folder);
    const SynthesisResult result = synthesize_firmware(folder, {.dsp = estimate_cost(circuit).dsp > 0});
    fmt::print(" {} / {} | {} | {} | {:.2f} |", result.lut, result.lut_packed, result.flip_flops, result.dsp,
               result.timing.size() > 1 ? result.timing[1].nanoseconds : 0.0);
}

}  // namespace

int main(int count, char** words) {
    if (count < 2) {
        fmt::print(stderr, "usage: jets SHARED [--agreement A] [--clock NS] [--latency N] [--multipliers lut|dsp] [--format fixed<W,I>] [--front FOLDER]\n");
        return 2;
    }
    const std::filesystem::path shared = words[1];
    LoweringOptions options{.input_format = FixedPoint{12, 4, Sign::with}, .agreement = 0.92, .multipliers = Multiplier::lut, .rows = 6000, .name = "jets"};
    std::filesystem::path front, formulas, folder;
    for (int i = 2; i + 1 < count; i += 2) {
        const std::string_view word = words[i];
        const std::string value = words[i + 1];
        if (word == "--agreement") options.agreement = std::stod(value);
        if (word == "--clock") options.clock = std::stod(value);
        if (word == "--latency") options.latency = std::stoi(value);
        if (word == "--multipliers") options.multipliers = value == "dsp" ? Multiplier::dsp : Multiplier::lut;
        if (word == "--format") options.input_format = parse_fixed_point(value);
        if (word == "--mode") options.mode = value == "hls4ml" ? FirmwareMode::hls4ml : FirmwareMode::native;
        if (word == "--front") front = value;
        if (word == "--formulas") formulas = value;
        if (word == "--synthesize") folder = value;
    }
    const benchmark::Jets jets = benchmark::read_jets(shared / "data/jets");
    const benchmark::Jets searched = jets.every(0, 11, 20000);
    const benchmark::Jets held_out = jets.every(7, 11, 20000);
    const Model model = formulas.empty() ? benchmark::read_published(shared / "published/reference_formulas.json", "symbolnet_jets_table1")
                                         : benchmark::read_formulas(formulas);
    fmt::print("float accuracy {:.4f}\n", benchmark::accuracy(predict(model, held_out.table), held_out.labels));
    fmt::print("| cycles | DSP | LUT estimate | FF | ns estimate | agreement | accuracy |{}\n", folder.empty() ? "" : " Yosys LUT raw / packed | FF | DSP | ns at 250 ps per net |");
    const auto begin = std::chrono::steady_clock::now();
    double took = 0;
    const auto stop_clock = [&] { took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
    if (front.empty()) {
        const Circuit circuit = lower(model, searched.table, options);
        stop_clock();
        print_row(circuit, model, held_out, options);
        if (!folder.empty()) {
            print_synthesis(circuit, folder);
        }
    } else {
        std::filesystem::create_directories(front);
        int index = 0;
        const auto points = lowering_front(model, searched.table, options);
        stop_clock();
        for (const LoweringPoint& point : points) {
            print_row(point.circuit, model, held_out, options);
            fmt::print("\n");
            save(point.circuit, front / fmt::format("{:03}.json", index++));
        }
    }
    fmt::print("\nlowering took {:.1f} s\n", took);
    return 0;
}
