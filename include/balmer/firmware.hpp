#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "balmer/circuit.hpp"
#include "balmer/dataset.hpp"
#include "balmer/model.hpp"

namespace balmer {

/// What write_firmware puts into the folder besides the sources.
struct FirmwareFiles {
    const Model* model = nullptr;   ///< model.json, and with `data` the comparison with the float formulas
    const Table* data = nullptr;    ///< rows that become test vectors
    std::string part = "xcvu9p-flga2104-2-i";  ///< in the Tcl scripts
    bool valid_bit = false;         ///< the pipeline carries a bit that says which results count
};

/// Writes a circuit as firmware: circuit.json, model.json, verilog/, vhdl/, hls/, cpp/, python/, test/ (benches and vectors), vivado.tcl. Files of
/// the same names are replaced; the same circuit and data give the same bytes. Throws balmer::Error when the folder cannot be written.
void write_firmware(const Circuit& circuit, const std::filesystem::path& folder, const FirmwareFiles& files = {});

/// Reads circuit.json of a firmware folder. Throws balmer::Error when it is none.
Circuit read_firmware(const std::filesystem::path& folder);

/// How one back end did.
enum class Agreement : std::uint8_t {
    equal,    ///< every vector gave the interpreter's integers
    differs,  ///< at least one did not
    missing,  ///< its program is not installed
    failed,   ///< its program ran and broke off
};

/// One back end against the interpreter.
struct BackEndResult {
    std::string name;      ///< python, c++, hls, verilator, icarus, ghdl, netlist
    Agreement agreement = Agreement::missing;
    std::size_t vectors = 0, differences = 0;
    double seconds = 0;
    std::string detail;    ///< first difference, the tool's complaint, or the line that installs it
};

/// What vectors reach inside a circuit, of what they should. Some of it no input reaches: intervals do not know what belongs together.
struct Coverage {
    struct Share {
        std::size_t reached = 0, all = 0;
        /// In percent; 100 of nothing.
        double percent() const { return all == 0 ? 100 : 100 * static_cast<double>(reached) / static_cast<double>(all); }
    };
    Share entries;  ///< of tables, looked up
    Share borders;  ///< both sides of limits, zero and the nearest differences of comparisons, values that one bit less would not hold
    Share bits;     ///< of values, as 0 and as 1, and of table entries: those whose change shows at an output
};

/// How a folder is verified.
struct VerifyOptions {
    std::size_t random_vectors = 1'000'000;   ///< besides corners and the user's data
    std::size_t netlist_vectors = 1'000'000;  ///< of them for the gate-level netlist, which simulates slowly
    std::uint64_t seed = 1;
    std::vector<std::string> back_ends;       ///< empty: all
    std::function<void(const std::string&)> progress;  ///< hears what runs now; may be empty
};

/// Names of the back ends, in the order in which they run.
std::vector<std::string> back_end_names();

/// Every back end against the interpreter, and what the vectors other than random ones reach inside.
struct Verification {
    std::vector<BackEndResult> back_ends;
    Coverage coverage;
};

/// Runs every back end of a firmware folder on corners, the user's data, vectors searched for what these do not reach, and random vectors, and compares bit
/// for bit. Throws balmer::Error for folders that hold no firmware and unknown names.
Verification verify_firmware(const std::filesystem::path& folder, const VerifyOptions& options = {});

/// What became of a fault.
enum class FaultOutcome : std::uint8_t {
    caught,      ///< the bench reported at least one difference
    missed,      ///< the bench found all vectors equal
    equivalent,  ///< missed, and proven by Yosys to compute the same: no test can notice it
    broken,      ///< no Verilog, or its bench did not come to an end: neither caught nor missed
};

/// A fault put into generated Verilog, and whether it was noticed.
struct FaultResult {
    std::string kind;     ///< table bit, operand swap, width, register
    std::string where;    ///< the line after the change
    FaultOutcome outcome = FaultOutcome::missed;
};

/// Injects `count` faults into the Verilog of a folder, one at a time, and runs the bench on each (Icarus, on the vectors of verify_firmware).
/// Uncaught ones are put to Yosys' prover. Throws balmer::Error when Icarus is missing, or when the bench reports something before any fault.
std::vector<FaultResult> inject_faults(const std::filesystem::path& folder, std::size_t count, const VerifyOptions& options = {});

/// Cells of a synthesised design and its timing.
struct SynthesisResult {
    std::size_t lut = 0, lut_packed = 0;  ///< as Yosys maps; with pairs that share a LUT6_2 counted once
    std::size_t flip_flops = 0, shift_registers = 0, carry = 0, dsp = 0, muxes = 0;
    struct Timing {
        double net = 0;         ///< picoseconds per net
        double nanoseconds = 0; ///< longest path between registers or ports
    };
    std::vector<Timing> timing;           ///< pre-route estimates, one per net delay
    std::vector<std::string> path;        ///< cells of the longest path at the middle net delay
    double ice40_megahertz = 0;           ///< nextpnr-ice40, routed between registers at all ports; 0 when it did not run
    std::string log;                      ///< what the tools said where they broke off
};

/// Whether synthesis may use DSP blocks, and whether it ends with a routed small FPGA.
struct SynthesisOptions {
    bool dsp = false;
    bool ice40 = false;
    std::function<void(const std::string&)> progress;  ///< hears what runs now; may be empty
};

/// Synthesises the Verilog of a folder with Yosys for UltraScale+ and computes its timing. Throws balmer::Error with the line that installs
/// Yosys when it is missing, or with what it complained about.
SynthesisResult synthesize_firmware(const std::filesystem::path& folder, const SynthesisOptions& options = {});

}  // namespace balmer
