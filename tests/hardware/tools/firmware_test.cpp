#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include "balmer/atomic_file.hpp"
#include "balmer/error.hpp"
#include "hardware/message_of.hpp"
#include "hardware/rtl/signals.hpp"
#include "hardware/rtl/verilog.hpp"
#include "hardware/tools/coverage.hpp"
#include "hardware/tools/faults.hpp"
#include "hardware/tools/firmware_case.hpp"
#include "hardware/tools/firmware_page.hpp"
#include "hardware/tools/netlist.hpp"
#include "hardware/tools/process.hpp"
#include "hardware/tools/vector_files.hpp"

namespace balmer {
namespace {

namespace fs = std::filesystem;
using testing::message_of;
using testing::TestFolder;

std::map<std::string, std::string> files_in(const fs::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = read_file(entry.path());
    return files;
}

void replace_in(const fs::path& file, const std::string& from, const std::string& to) {
    std::string text = read_file(file);
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    write_file_atomically(file, text.replace(at, from.size(), to));
}

VerifyOptions only(const std::string& back_end) {
    VerifyOptions options;
    options.random_vectors = 2000;
    options.back_ends = {back_end};
    return options;
}

TEST(Firmware, SameCircuitSameBytes) {
    const TestFolder first("first"), second("second");
    const Circuit circuit = testing::scheduled_circuit(4, 30, 2);
    write_firmware(circuit, first.path());
    write_firmware(circuit, second.path());
    const auto files = files_in(first.path());
    EXPECT_EQ(files, files_in(second.path()));
    EXPECT_EQ(read_firmware(first.path()), circuit);
    for (const char* name : {"circuit.json", "verilog/random_circuit.v", "vhdl/random_circuit.vhd", "hls/random_circuit.cpp", "hls/vitis_hls.tcl", "vivado.tcl",
                             "cpp/random_circuit.hpp", "python/random_circuit.py", "test/vectors.txt"})
        EXPECT_TRUE(files.contains(name)) << name;
}

TEST(Firmware, SourcesSayWhatTheyAre) {
    Circuit circuit = testing::scheduled_circuit(4, 30, 2);
    circuit.about = {{"agreement", "0.99"}};
    circuit.notes = {"beyond its table the nearest address is taken"};
    circuit.outputs[0].formula = "tanh(x0)\nendmodule";
    const std::string text = verilog(circuit);
    for (const char* part : {"// y0 = tanh(x0) endmodule", "// in   x0: ", "// latency: 2 clock cycles", "// agreement: 0.99", "// note: beyond its table"})
        EXPECT_NE(text.find(part), std::string::npos) << part;
}

TEST(Firmware, RegistersTakeFreeNames) {
    CircuitBuilder builder("clash");
    const auto a = builder.input("a", {4, 0, Sign::with});
    const auto b = builder.input("a_r1", {4, 0, Sign::with});
    builder.output("y", builder.multiply(a, b), {8, 0, Sign::with});
    Circuit circuit = builder.finish();
    circuit.latency = 2;
    for (auto& node : circuit.nodes)
        if (node.op == CircuitOp::multiply) node.stage = 1;
    validate(circuit);
    const Signals signals(circuit);
    EXPECT_EQ(signals.name(0, 1), "a_r1_2");
    EXPECT_EQ(signals.name(1, 1), "a_r1_r1");
}

// Arrows that cross would write one label over another: a format stands in the box that makes the value.
TEST(PipelineDrawing, AFormatStandsInItsBox) {
    CircuitBuilder builder("drawn");
    const auto a = builder.input("a", {6, 2, Sign::with}), b = builder.input("b", {5, 0, Sign::without});
    const auto product = builder.multiply(a, b, "product");
    builder.output("y", builder.add(product, a, "sum"), {14, 2, Sign::with});
    const std::string drawing = pipeline_drawing(builder.finish());
    const auto count = [&](const std::string& text) {
        std::size_t found = 0;
        for (auto at = drawing.find(text); at != std::string::npos; at = drawing.find(text, at + 1)) ++found;
        return found;
    };
    EXPECT_EQ(count("fixed&lt;6,4&gt;"), 1u);   // of a, which two boxes read
    EXPECT_EQ(count("ufixed&lt;5,5&gt;"), 1u);
    EXPECT_EQ(count("fixed&lt;14,12&gt;"), 1u);  // of the output alone
}

TEST(Verification, NoticesOneChangedBit) {
    const TestFolder folder("changed");
    write_firmware(testing::scheduled_circuit(12, 30, 1), folder.path());
    EXPECT_EQ(verify_firmware(folder.path(), only("python")).back_ends.at(0).agreement, Agreement::equal);
    replace_in(folder.path() / "python" / "random_circuit.py", "    return (", "    return (1 + ");
    const auto result = verify_firmware(folder.path(), only("python")).back_ends.at(0);
    EXPECT_EQ(result.agreement, Agreement::differs);
    EXPECT_EQ(result.differences, result.vectors);
    EXPECT_NE(result.detail.find("line 1"), std::string::npos);
}

TEST(Verification, SaysWhatBrokeOffAndWhatIsMissing) {
    const TestFolder folder("broken");
    write_firmware(testing::scheduled_circuit(12, 30, 1), folder.path());
    replace_in(folder.path() / "python" / "random_circuit.py", "import sys", "import sys, nothing_of_this_name");
    const auto failed = verify_firmware(folder.path(), only("python")).back_ends.at(0);
    EXPECT_EQ(failed.agreement, Agreement::failed);
    EXPECT_NE(failed.detail.find("nothing_of_this_name"), std::string::npos);

    const std::string path = std::getenv("PATH");
    ::setenv("PATH", "/nowhere", 1);
    const auto results = verify_firmware(folder.path(), [] { auto o = only("ghdl"); o.back_ends.clear(); return o; }()).back_ends;
    EXPECT_NE(message_of([&] { (void)synthesize_firmware(folder.path()); }).find("apt-get install yosys"), std::string::npos);
    ::setenv("PATH", path.c_str(), 1);
    EXPECT_EQ(results.size(), back_end_names().size());
    for (const auto& r : results) {
        EXPECT_EQ(r.agreement, Agreement::missing) << r.name;
        EXPECT_NE(r.detail.find("apt-get install"), std::string::npos) << r.name;
    }
}

TEST(Verification, RefusesWhatIsNoFirmware) {
    const TestFolder folder("none");
    fs::create_directories(folder.path());
    EXPECT_NE(message_of([&] { verify_firmware(folder.path()); }).find("balmer firmware"), std::string::npos);
    write_firmware(testing::scheduled_circuit(12, 30, 1), folder.path());
    EXPECT_NE(message_of([&] { verify_firmware(folder.path(), only("vrilator")); }).find("verilator"), std::string::npos);
    write_file_atomically(folder.path() / "test" / "vectors.txt", "00 zz\n");
    EXPECT_NE(message_of([&] { verify_firmware(folder.path(), only("python")); }).find("line 1"), std::string::npos);
}

TEST(Verification, RowsOfDataBecomeVectors) {
    CircuitBuilder builder("data");
    const auto x = builder.input("x", {6, 2, Sign::with});
    builder.output("y", x, {6, 2, Sign::with});
    const Circuit circuit = builder.finish();
    Table table;
    table.numeric.emplace_back("x", std::vector{0.3, -100.0, std::nan("")});
    table.rows = 3;
    EXPECT_EQ(rows_of(circuit, table, 10), (InputRows{{1}, {-32}, {0}}));
    table.numeric[0] = table.numeric[0].with_name("xx");
    EXPECT_NE(message_of([&] { rows_of(circuit, table, 10); }).find("Did you mean 'xx'"), std::string::npos);
}

TEST(Faults, AreCaught) {
    if (!is_installed("iverilog")) GTEST_SKIP() << "Icarus is not installed: " << install_line("iverilog");
    const TestFolder folder("faults");
    write_firmware(testing::scheduled_circuit(5, 30, 2), folder.path());
    VerifyOptions options;
    options.random_vectors = 5000;
    std::map<FaultOutcome, int> outcomes;
    std::map<std::string, int> kinds;
    const auto results = inject_faults(folder.path(), 30, options);
    for (const auto& r : results) {
        ++outcomes[r.outcome];
        ++kinds[r.kind];
    }
    ASSERT_EQ(results.size(), 30u);
    EXPECT_EQ(kinds.size(), 4u);
    EXPECT_EQ(outcomes[FaultOutcome::broken], 0);
    EXPECT_GE(outcomes[FaultOutcome::caught], 0.95 * (outcomes[FaultOutcome::caught] + outcomes[FaultOutcome::missed]));
}

TEST(Faults, OnlyAReportedDifferenceCounts) {
    if (!is_installed("iverilog")) GTEST_SKIP() << "Icarus is not installed: " << install_line("iverilog");
    const TestFolder folder("outcomes");
    const Circuit circuit = testing::scheduled_circuit(5, 30, 2);
    write_firmware(circuit, folder.path());
    const auto source = folder.path() / "verilog" / "random_circuit.v", bench = folder.path() / "test" / "random_circuit_bench.v", work = folder.path() / "test";
    const auto outcome_of = [&](const std::string& from, const std::string& to) {
        const std::string kept = read_file(source);
        replace_in(source, from, to);
        const auto outcome = bench_outcome(source, bench, work);
        write_file_atomically(source, kept);
        return outcome;
    };
    EXPECT_EQ(outcome_of("endmodule", " endmodule"), FaultOutcome::missed);
    EXPECT_EQ(outcome_of("assign y0 = ", "assign y0 = 1 + "), FaultOutcome::caught);
    EXPECT_EQ(outcome_of("assign y0 = ", "assign y0 = )"), FaultOutcome::broken);                            // no Verilog
    EXPECT_EQ(outcome_of("assign y0 = ", "initial $finish;\n    assign y0 = "), FaultOutcome::broken);       // ends before its bench
    replace_in(source, "assign y0 = ", "assign y0 = 1 + ");
    EXPECT_NE(message_of([&] { inject_faults(folder.path(), 1, {.random_vectors = 10}); }).find("before any fault"), std::string::npos);
}

// The third input decides whether anything shows, and a fifth of one table's addresses are met by chance at best.
Circuit circuit_with_hidden_corners() {
    CircuitBuilder builder("hidden");
    const auto a = builder.input("a", {16, 0, Sign::with}), b = builder.input("b", {16, 0, Sign::with}), c = builder.input("c", {12, 0, Sign::with});
    const auto sum = builder.saturate(builder.subtract(a, b), -8, 7);
    CircuitTable table{.name = "t", .first = -8, .columns = {{"y", "any", {}}}};
    for (std::int64_t v = -8; v < 8; ++v) table.columns[0].values.push_back(v * v % 13);
    const auto looked_up = builder.table(builder.add_table(std::move(table)), 0, sum, 0);
    const auto is_same = builder.compare(CircuitOp::equal, c, builder.constant(1234, 0));
    builder.output("y", builder.select(is_same, looked_up, builder.constant(0, 0)), {4, 0, Sign::without});
    return builder.finish();
}

TEST(ReachingRows, FindWhatCornersAndChanceDoNot) {
    const Circuit circuit = circuit_with_hidden_corners();
    const InputRows corners = corner_rows(circuit, 1);
    const auto none = reaching_rows(circuit, corners, 1, 1);
    EXPECT_LT(none.coverage.bits.reached, none.coverage.bits.all / 2);
    const auto found = reaching_rows(circuit, corners, 1);
    EXPECT_EQ(found.coverage.entries.reached, 16u);
    EXPECT_EQ(found.coverage.entries.all, 16u);
    EXPECT_EQ(found.coverage.borders.reached, found.coverage.borders.all);
    EXPECT_EQ(found.rows, reaching_rows(circuit, corners, 1).rows);
    // What is reported is what the rows do.
    std::vector<bool> looked_up(16);
    bool is_shown = false;
    for (const auto& row : found.rows) {
        looked_up[static_cast<std::size_t>(std::clamp<std::int64_t>(row[0] - row[1], -8, 7) + 8)] = true;
        is_shown = is_shown || row[2] == 1234;
    }
    EXPECT_TRUE(is_shown);
    EXPECT_GE(std::ranges::count(looked_up, true), 12);
    // Every bit of an entry that the output passes on shows: here all of them.
    CoverageMap map(circuit);
    map.see(map.values_of(corners));
    map.see(map.values_of(found.rows));
    for (std::size_t entry = 0; entry < 16; ++entry) EXPECT_EQ(map.hidden_entry_bits(0, 0, entry), 0u) << entry;
}

TEST(ReachingRows, ABitCountsOnlyWhereItsChangeShows) {
    CircuitBuilder builder("half");
    const auto x = builder.input("x", {8, 0, Sign::without});
    builder.output("y", builder.with_fraction(x, -4, Rounding::floor), {4, -4, Sign::without});
    const Circuit circuit = builder.finish();
    InputRows all;
    for (std::int64_t v = 0; v < 256; ++v) all.push_back({v});
    CoverageMap map(circuit);
    map.see(map.values_of(all));
    EXPECT_EQ(map.hidden_bits(0, 0), 0x0fu);  // the four low bits are dropped
    EXPECT_EQ(map.hidden_bits(0, 1), 0x0fu);
    EXPECT_EQ(map.hidden_bits(1, 0), 0u);
    EXPECT_EQ(map.coverage().bits.all, 24u);
    EXPECT_EQ(map.coverage().bits.reached, 16u);
}

// A register, a LUT of two inputs, a register, as Yosys writes them.
constexpr const char* small_netlist = R"({"modules": {"t": {"ports": {"clk": {"direction": "input", "bits": [2]}, "a": {"direction": "input", "bits": [3]},
  "y": {"direction": "output", "bits": [6]}}, "cells": {
  "f1": {"type": "FDRE", "port_directions": {"C": "input", "D": "input", "Q": "output", "CE": "input", "R": "input"},
         "connections": {"C": [2], "D": [3], "Q": [4], "CE": ["1"], "R": ["0"]}},
  "l1": {"type": "LUT2", "port_directions": {"I0": "input", "I1": "input", "O": "output"}, "connections": {"I0": [4], "I1": [3], "O": [5]}},
  "l2": {"type": "LUT1", "port_directions": {"I0": "input", "O": "output"}, "connections": {"I0": [3], "O": [7]}},
  "f2": {"type": "FDRE", "port_directions": {"C": "input", "D": "input", "Q": "output", "CE": "input", "R": "input"},
         "connections": {"C": [2], "D": [5], "Q": [6], "CE": ["1"], "R": ["0"]}}}}}})";

TEST(NetlistTiming, AddsUpThePublishedDelays) {
    const Netlist netlist = read_netlist(small_netlist, "t");
    SynthesisResult result;
    count_cells(netlist, result);
    EXPECT_EQ(result.lut, 2u);
    EXPECT_EQ(result.lut_packed, 1u);
    EXPECT_EQ(result.flip_flops, 2u);
    std::vector<std::string> path;
    // Clock to Q, net, second fastest pin (both inputs come at once), into the register, set-up.
    EXPECT_NEAR(longest_path(netlist, 250, path), (77 + 250 + 50 + 44 + 50 + 25) / 1000.0, 1e-9);
    EXPECT_EQ(path.back(), "LUT2");
    EXPECT_NE(message_of([] { read_netlist("{}", "t"); }).find("no netlist"), std::string::npos);
}

TEST(Synthesis, TakesTheLongestRoutedPath) {
    const std::string ports = "Info: Max delay <async> -> posedge clk: 12.55 ns\nInfo: Max delay posedge clk -> <async>: 3.33 ns\n";
    EXPECT_NEAR(routed_megahertz("Info: Max delay <async> -> posedge clk: 15.00 ns\n" + ports), 1000 / 12.55, 1e-9);
    EXPECT_NEAR(routed_megahertz("Info: Max frequency for clock 'clk$glb': 90.00 MHz (PASS at 12.00 MHz)\n"
                                 "Info: Max frequency for clock 'clk$glb': 47.41 MHz (PASS at 12.00 MHz)\n" + ports), 47.41, 1e-9);
    EXPECT_EQ(routed_megahertz("Info: Program finished normally.\n"), 0);
}

// 240 bits of inputs are more than the device has pins.
TEST(SlowSynthesis, RoutesASmallFpga) {
    for (const char* program : {"yosys", "nextpnr-ice40"})
        if (!is_installed(program)) GTEST_SKIP() << program << " is not installed: " << install_line(program);
    const auto megahertz = [](int ports, int latency) {
        CircuitBuilder builder("wide_sum");
        auto sum = builder.input("x0", {12, 0, Sign::with});
        for (int i = 1; i < ports; ++i) sum = builder.add(sum, builder.input("x" + std::to_string(i), {12, 0, Sign::with}));
        builder.output("y", sum, builder.node(sum).format());
        Circuit circuit = builder.finish();
        circuit.latency = latency;
        const testing::TestFolder folder("ice40");
        write_firmware(circuit, folder.path());
        const auto result = synthesize_firmware(folder.path(), {.ice40 = true});
        EXPECT_EQ(result.log, "");
        return result.ice40_megahertz;
    };
    const double narrow = megahertz(2, 0), wide = megahertz(20, 1);
    EXPECT_LT(narrow, 600);
    EXPECT_GT(narrow, wide);
    EXPECT_GT(wide, 10);
}

TEST(Synthesis, CountsARealDesign) {
    if (!is_installed("yosys")) GTEST_SKIP() << "Yosys is not installed: " << install_line("yosys");
    const TestFolder folder("synthesis");
    CircuitBuilder builder("sum_of_two");
    const auto a = builder.input("a", {8, 0, Sign::with}), b = builder.input("b", {8, 0, Sign::with});
    builder.output("y", builder.add(a, b), {9, 0, Sign::with});
    Circuit circuit = builder.finish();
    circuit.latency = 1;
    write_firmware(circuit, folder.path());
    const auto result = synthesize_firmware(folder.path());
    EXPECT_EQ(result.flip_flops, 9u);
    EXPECT_EQ(result.dsp, 0u);
    EXPECT_GE(result.lut, 8u);
    EXPECT_LE(result.lut, 12u);
    ASSERT_EQ(result.timing.size(), 3u);
    EXPECT_LT(result.timing[0].nanoseconds, result.timing[2].nanoseconds);
    EXPECT_GT(result.timing[1].nanoseconds, 0.5);
    EXPECT_LT(result.timing[1].nanoseconds, 1.0);
}

}  // namespace
}  // namespace balmer
