#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "balmer/firmware.hpp"
#include "cli/commands.hpp"
#include "hardware/tools/firmware_page.hpp"

namespace balmer::cli {

namespace {

struct SynthesizeArguments {
    std::string folder;
    bool dsp = false, ice40 = false;
};

int synthesize_command(const SynthesizeArguments& options) {
    const SynthesisOptions synthesis{.dsp = options.dsp, .ice40 = options.ice40, .progress = {}};
    const SynthesisResult result = synthesize_firmware(options.folder, synthesis);
    keep_section(options.folder, "synthesis", synthesis_section(result, synthesis));
    std::string text = fmt::format("LUT        {:>6}  Yosys, synth_xilinx -family xcup{}\nLUT packed {:>6}  balmer's estimate: pairs that share a LUT6_2\nFF         {:>6}  Yosys\n"
                                   "CARRY4     {:>6}  Yosys (two per CARRY8)\nDSP        {:>6}  Yosys\nMUXF       {:>6}  Yosys\n",
                                   result.lut, options.dsp ? "" : " -nodsp", result.lut_packed, result.flip_flops, result.carry, result.dsp, result.muxes);
    for (const auto& timing : result.timing) {
        text += fmt::format("{:.2f} ns at {:.0f} ps per net: pre-route estimate, balmer's static timing of Yosys' netlist\n", timing.nanoseconds, timing.net);
    }
    text += fmt::format("longest path at 250 ps: {}\n", fmt::join(result.path, " - "));
    if (options.ice40) {
        text += result.ice40_megahertz > 0 ? fmt::format("{:.1f} MHz: nextpnr-ice40, routed on HX8K between registers at all ports\n", result.ice40_megahertz)
                                           : "nextpnr-ice40 found no place for it on HX8K, the largest device of the family; what it said last:\n" + result.log + "\n";
    }
    write_result("", text);
    return exit_done;
}

}  // namespace

void add_synthesize(CLI::App& app, std::function<int()>& run) {
    auto options = std::make_shared<SynthesizeArguments>();
    auto* synthesize = app.add_subcommand("synthesize",
                                          "what firmware takes and how fast it is, estimated with open tools\n\n"
                                          "Maps the Verilog in FOLDER to UltraScale+ cells with Yosys, counts them, and computes the longest path with published delays and "
                                          "150, 250 and 400 ps per net. Every number names its source; none is a vendor tool's.");
    synthesize->add_option("FOLDER", options->folder, "what `balmer firmware` wrote")->required();
    synthesize->add_flag("--dsp", options->dsp, "allow DSP blocks");
    synthesize->add_flag("--ice40", options->ice40, "also place and route on a small FPGA with nextpnr-ice40");
    synthesize->footer("Examples:\n  balmer synthesize jets\n  balmer synthesize jets --ice40");
    synthesize->callback([options, &run] { run = [options] { return synthesize_command(*options); }; });
}

}  // namespace balmer::cli
