#include "hardware/tools/back_ends.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "balmer/clock.hpp"
#include "hardware/tools/process.hpp"

namespace balmer {
namespace {

namespace fs = std::filesystem;
using Commands = std::vector<std::vector<std::string>>;

Commands python(const fs::path& firmware, const Circuit& circuit) {
    return {{"python3", (firmware / "python" / (circuit.name + ".py")).string(), "vectors.txt"}};
}

Commands header(const fs::path& firmware, const Circuit& circuit) {
    return {{"g++", "-std=c++17", "-O1", "-I", (firmware / "cpp").string(), (firmware / "test" / (circuit.name + "_header.cpp")).string(), "-o", "header"},
            {"./header", "vectors.txt"}};
}

Commands hls(const fs::path& firmware, const Circuit& circuit) {
    const auto source = [&](const char* end) { return (firmware / "hls" / (circuit.name + end)).string(); };
    return {{"g++", "-std=c++17", "-O1", "-Wno-unknown-pragmas", source(".cpp"), source("_test.cpp"), "-o", "hls"}, {"./hls", "vectors.txt"}};
}

Commands verilator(const fs::path& firmware, const Circuit& circuit) {
    // Verilator's own run time system is most of what is compiled: a cache spares it.
    const std::string make = std::string("OPT_FAST=-O1 OPT_SLOW= OPT_GLOBAL=-O0") + (is_installed("ccache") ? " OBJCACHE=ccache" : "");
    return {{"verilator", "--cc", "--exe", "--build", "-Wno-fatal", "-Wno-lint", "-O3", "--x-assign", "fast", "-MAKEFLAGS", make, "--top-module", circuit.name,
             (firmware / "verilog" / (circuit.name + ".v")).string(), (firmware / "test" / (circuit.name + "_verilator.cpp")).string()},
            {"obj_dir/V" + circuit.name, "vectors.txt"}};
}

Commands icarus(const fs::path& firmware, const Circuit& circuit) {
    return {{"iverilog", "-g2001", "-o", "icarus.vvp", (firmware / "verilog" / (circuit.name + ".v")).string(), (firmware / "test" / (circuit.name + "_bench.v")).string()},
            {"vvp", "-n", "icarus.vvp"}};
}

Commands ghdl(const fs::path& firmware, const Circuit& circuit) {
    return {{"ghdl", "-a", "--std=08", (firmware / "vhdl" / (circuit.name + ".vhd")).string(), (firmware / "test" / (circuit.name + "_bench.vhd")).string()},
            {"ghdl", "--elab-run", "--std=08", circuit.name + "_bench"}};
}

Commands netlist(const fs::path& firmware, const Circuit& circuit) {
    return {{"yosys", "-q", "-p", mapping_script(firmware, circuit, "-nodsp") + "; write_verilog -noattr netlist.v"},
            {"iverilog", "-g2005-sv", "-o", "netlist.vvp", "netlist.v", (yosys_data() / "xilinx" / "cells_sim.v").string(),
             (firmware / "test" / (circuit.name + "_bench.v")).string()},
            {"vvp", "-n", "netlist.vvp"}};
}

std::string line_with(const std::string& output, const std::string& what) {
    const auto at = output.find(what);
    return at == std::string::npos ? "" : output.substr(at, output.find('\n', at) - at);
}

std::string last_lines(const std::string& output) {
    constexpr std::size_t most = 1500;
    return output.size() > most ? "..." + output.substr(output.size() - most) : output;
}

}  // namespace

bool read_verdict(const std::string& output, BackEndResult& result) {
    const auto at = output.rfind("balmer bench: ");
    return at != std::string::npos &&
           std::sscanf(output.c_str() + at, "balmer bench: %zu vectors, %zu differences", &result.vectors, &result.differences) == 2;
}

const std::vector<BackEnd>& back_ends() {
    static const std::vector<BackEnd> all = {
        {"python", {"python3"}, python}, {"c++", {"g++"}, header},     {"hls", {"g++"}, hls},
        {"verilator", {"verilator", "g++", "make"}, verilator},         {"icarus", {"iverilog", "vvp"}, icarus},
        {"ghdl", {"ghdl"}, ghdl},        {"netlist", {"yosys", "iverilog", "vvp"}, netlist},
    };
    return all;
}

std::string mapping_script(const fs::path& firmware, const Circuit& circuit, const std::string& multipliers) {
    const std::string source = fmt::format("read_verilog \"{}\"", (firmware / "verilog" / (circuit.name + ".v")).string());
    const std::string synth = fmt::format("synth_xilinx -top {} -family xcup -noiopad -noclkbuf -nobram {}", circuit.name, multipliers);
    if (circuit.tables.empty()) return source + "; " + synth + " -abc9 -flatten; opt_clean -purge";
    std::string tables;
    for (const auto& table : circuit.tables) tables += " " + table.name;
    // Tables alone, by classic abc, whose logic minimisation beats abc9 there; then the logic around them with the tables as black
    // boxes; then both together, flat.
    return fmt::format("{0}; setattr -mod -set keep_hierarchy 1{1}; {2}; design -stash tables; {0}; blackbox{1}; {2} -abc9; delete{1}; "
                       "design -copy-from tables{1}; setattr -mod -unset keep_hierarchy{1}; flatten; opt_clean -purge",
                       source, tables, synth);
}

fs::path yosys_data() {
    static const fs::path path = [] {
        std::string output = run_program_in(".", {"yosys-config", "--datdir"}).output;
        while (!output.empty() && (output.back() == '\n' || output.back() == ' ')) output.pop_back();
        return output.empty() || !fs::exists(output) ? fs::path("/usr/share/yosys") : fs::path(output);
    }();
    return path;
}

BackEndResult run_back_end(const BackEnd& back_end, const fs::path& firmware, const Circuit& circuit, const fs::path& work) {
    BackEndResult result{.name = back_end.name, .detail = {}};
    for (const auto& program : back_end.programs) {
        if (is_installed(program)) continue;
        result.detail = program + " is not installed: " + install_line(program);
        return result;
    }
    const Stopwatch watch;
    for (const auto& command : back_end.commands(firmware, circuit)) {
        const Ran ran = run_program_in(work, command);
        const bool verdict = read_verdict(ran.output, result);
        if (verdict || ran.status == 0) {
            result.agreement = verdict ? (result.vectors > 0 && result.differences == 0 ? Agreement::equal : Agreement::differs) : Agreement::failed;
            result.detail = verdict ? line_with(ran.output, "first difference") : last_lines(ran.output);
            continue;
        }
        result.agreement = Agreement::failed;
        result.detail = command[0] + ": " + last_lines(ran.output);
        break;
    }
    result.seconds = watch.seconds();
    return result;
}

}  // namespace balmer
