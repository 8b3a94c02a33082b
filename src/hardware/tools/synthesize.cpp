#include <algorithm>
#include <cstdio>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "balmer/atomic_file.hpp"
#include "balmer/error.hpp"
#include "balmer/firmware.hpp"
#include "hardware/rtl/vectors.hpp"
#include "hardware/tools/back_ends.hpp"
#include "hardware/tools/netlist.hpp"
#include "hardware/tools/process.hpp"

namespace balmer {

namespace fs = std::filesystem;

namespace {

std::string end_of(const std::string& output) {
    constexpr std::size_t most = 2000;
    return output.size() > most ? output.substr(output.size() - most) : output;
}

// The circuit between shift registers, one pin for all inputs and one for all outputs: every path lies between registers, and no device runs out of pins.
std::string between_registers(const Circuit& circuit) {
    std::string connections = circuit.latency > 0 ? ".clk(clk)" : "";
    const auto connect = [&](const std::vector<PortBits>& places, const char* word) {
        for (const auto& port : places)
            connections += fmt::format("{}.{}({}[{}:{}])", connections.empty() ? "" : ", ", port.name, word, port.first + port.format.width - 1, port.first);
    };
    connect(input_places(circuit), "stimulus");
    connect(output_places(circuit), "response");
    return fmt::format("module balmer_frame (input wire clk, input wire feed, input wire load, output wire drain);\n    reg [{0}:0] stimulus;\n    reg [{1}:0] kept;\n"
                       "    wire [{1}:0] response;\n    {2} inside ({3});\n    always @(posedge clk) begin\n        stimulus <= (stimulus << 1) | feed;\n"
                       "        kept <= load ? response : kept >> 1;\n    end\n    assign drain = kept[0];\nendmodule\n",
                       input_bits(circuit) - 1, output_bits(circuit) - 1, circuit.name, connections);
}

void route_ice40(const fs::path& firmware, const Circuit& circuit, const fs::path& work, SynthesisResult& result) {
    write_file_atomically(work / "frame.v", between_registers(circuit));
    const std::string script = fmt::format("read_verilog \"{}\" frame.v; synth_ice40 -top balmer_frame -json ice40.json", (firmware / "verilog" / (circuit.name + ".v")).string());
    Ran ran = run_program_in(work, {"yosys", "-q", "-p", script});
    if (ran.status == 0) ran = run_program_in(work, {"nextpnr-ice40", "--hx8k", "--package", "ct256", "--json", "ice40.json", "--seed", "1", "--pcf-allow-unconstrained"});
    if (ran.status != 0) {
        result.log = end_of(ran.output);
        return;
    }
    result.ice40_megahertz = routed_megahertz(ran.output);
    if (result.ice40_megahertz == 0) result.log = "nextpnr names no delay:\n" + end_of(ran.output);
}

}  // namespace

double routed_megahertz(const std::string& output) {
    std::map<std::string, double> periods;  // by path; what is said after routing replaces what was said before
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);) {
        const auto at = line.find("Max ");
        const auto colon = line.rfind(": ");
        double value = 0;
        if (at == std::string::npos || colon == std::string::npos || colon < at) continue;
        // A clock's line ends in "48.86 MHz (PASS at 12.00 MHz)", a path from or to a port in "12.21 ns".
        if (std::sscanf(line.c_str() + colon, ": %lf", &value) != 1 || !(value > 0)) continue;
        periods[line.substr(at, colon - at)] = line.find("MHz", colon) != std::string::npos ? 1000 / value : value;
    }
    double longest = 0;
    for (const auto& [path, period] : periods) longest = std::max(longest, period);
    return longest > 0 ? 1000 / longest : 0;
}

SynthesisResult synthesize_firmware(const fs::path& folder, const SynthesisOptions& options) {
    const Circuit circuit = read_firmware(folder);
    const fs::path firmware = fs::absolute(folder);
    require_program("yosys", "to synthesise");
    if (options.ice40) require_program("nextpnr-ice40", "to place and route");
    const WorkFolder work;
    if (options.progress) options.progress("yosys");
    const Ran ran = run_program_in(work.path(), {"yosys", "-q", "-p", mapping_script(firmware, circuit, options.dsp ? "" : "-nodsp") + "; write_json netlist.json"});
    if (ran.status != 0) throw Error({.file = folder.string()}, "Yosys could not synthesise this design:\n" + end_of(ran.output));
    const Netlist netlist = read_netlist(read_file(work.path() / "netlist.json"), circuit.name);
    SynthesisResult result;
    count_cells(netlist, result);
    for (const double net : {150.0, 250.0, 400.0}) {
        std::vector<std::string> path;
        result.timing.push_back({net, longest_path(netlist, net, path)});
        if (net == 250) result.path = path;
    }
    if (options.ice40) {
        if (options.progress) options.progress("nextpnr-ice40");
        route_ice40(firmware, circuit, work.path(), result);
    }
    return result;
}

}  // namespace balmer
