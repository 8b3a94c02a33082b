#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "balmer/error.hpp"
#include "balmer/firmware.hpp"
#include "cli/commands.hpp"
#include "hardware/tools/firmware_page.hpp"

namespace balmer::cli {

namespace {

struct VerifyArguments {
    std::string folder;
    std::size_t vectors = 1'000'000, netlist_vectors = 100'000, faults = 0;
    std::uint64_t seed = 1;
    std::vector<std::string> back_ends;
};

void show_progress(const std::string& what) {
    if (::isatty(2) != 0) {
        fmt::print(stderr, "\r\033[K{} ...", what);
    }
}

void end_progress() {
    if (::isatty(2) != 0) {
        fmt::print(stderr, "\r\033[K");
    }
}

std::string line_of(const BackEndResult& r) {
    switch (r.agreement) {
        case Agreement::equal: return fmt::format("{:<10} equal     {:>9} vectors  {:.1f} s\n", r.name, r.vectors, r.seconds);
        case Agreement::differs: return fmt::format("{:<10} DIFFERS   {:>9} vectors, {} differences: {}\n", r.name, r.vectors, r.differences, r.detail);
        case Agreement::missing: return fmt::format("{:<10} not run   {}\n", r.name, r.detail);
        default: return fmt::format("{:<10} FAILED    {}\n", r.name, r.detail);
    }
}

int verify(const VerifyArguments& options, const VerifyOptions& verification) {
    const auto [results, coverage] = verify_firmware(options.folder, verification);
    end_progress();
    std::string text;
    std::size_t equal = 0;
    bool wrong = false;
    for (const BackEndResult& r : results) {
        text += line_of(r);
        equal += r.agreement == Agreement::equal;
        wrong = wrong || r.agreement == Agreement::differs || r.agreement == Agreement::failed;
    }
    text += fmt::format("corners, data and searched vectors reach {:.1f} % of {} table entries, {:.1f} % of {} borders; of {} bits {:.1f} % show a change at an output\n",
                        coverage.entries.percent(), coverage.entries.all, coverage.borders.percent(), coverage.borders.all, coverage.bits.all, coverage.bits.percent());
    keep_section(options.folder, "verification", verification_section({results, coverage}));
    text += wrong ? "NOT verified\n" : fmt::format("verified: {} of {} back ends ran, all equal to the interpreter bit for bit\n", equal, results.size());
    write_result("", text);
    if (equal == 0 && !wrong) {
        throw Error({.file = options.folder}, "no back end could run, so nothing is verified; the lines above say what to install");
    }
    return wrong ? exit_difference : exit_done;
}

int self_test(const VerifyArguments& options, VerifyOptions verification) {
    constexpr std::size_t most = 50'000;  // a fault shows early, and each needs a simulation of its own
    verification.random_vectors = std::min(verification.random_vectors, most);
    const auto results = inject_faults(options.folder, options.faults, verification);
    end_progress();
    std::string text;
    std::array<std::size_t, 4> counts{};
    constexpr std::array words = {"", "MISSED", "no fault (proven equal)", "did not run"};
    for (const FaultResult& r : results) {
        ++counts[static_cast<std::size_t>(r.outcome)];
        if (r.outcome != FaultOutcome::caught) {
            text += fmt::format("{} {}: {}\n", words[static_cast<std::size_t>(r.outcome)], r.kind, r.where);
        }
    }
    const auto [caught, missed, equivalent, broken] = counts;
    text += fmt::format("{} of {} faults caught; {} more were proven to change nothing, {} did not run\n", caught, caught + missed, equivalent, broken);
    write_result("", text);
    if (caught + missed == 0) {
        throw Error({.file = options.folder}, "no fault could be tried, so the vectors are not tested: this design has nothing to change, or nothing that still runs");
    }
    constexpr double enough = 0.95;
    return static_cast<double>(caught) >= enough * static_cast<double>(caught + missed) ? exit_done : exit_difference;
}

int verify_command(const VerifyArguments& options) {
    VerifyOptions verification;
    verification.random_vectors = options.vectors;
    verification.netlist_vectors = std::min(options.netlist_vectors, options.vectors);
    verification.seed = options.seed;
    verification.back_ends = options.back_ends;
    verification.progress = show_progress;
    return options.faults > 0 ? self_test(options, verification) : verify(options, verification);
}

}  // namespace

void add_verify(CLI::App& app, std::function<int()>& run) {
    auto options = std::make_shared<VerifyArguments>();
    auto* verify_app = app.add_subcommand("verify",
                                          "prove firmware equal to its interpreter, bit for bit\n\n"
                                          "Runs every form of the firmware in FOLDER on corners, the user's data and random vectors and compares each output integer with "
                                          "the interpreter's: the Python module, the C++ header and the HLS C++ compiled with g++, the Verilog in Verilator and Icarus, the "
                                          "VHDL in GHDL, and the gate-level netlist that Yosys makes. What is not installed is left out, with the line that installs it. Exit "
                                          "code 3 when anything differs.");
    verify_app->add_option("FOLDER", options->folder, "what `balmer firmware` wrote")->required();
    const CLI::Range counts(0.0, 2e7);  // they are held in memory
    verify_app->add_option("--vectors", options->vectors, "random vectors besides corners and data")->type_name("N")->check(counts)->capture_default_str();
    verify_app->add_option("--netlist-vectors", options->netlist_vectors, "of them for the gate-level netlist, which simulates slowly")->type_name("N")->check(counts)->capture_default_str();
    verify_app->add_option("--seed", options->seed, "of the random vectors")->type_name("N")->check(CLI::NonNegativeNumber)->capture_default_str();
    verify_app->add_option("--back-end", options->back_ends, "python, c++, hls, verilator, icarus, ghdl or netlist; several separated by commas; default: all")->type_name("NAME")->delimiter(',');
    verify_app->add_option("--self-test", options->faults, "inject N faults into the Verilog, one at a time, and see that each is caught")->type_name("N")->check(CLI::Range(0.0, 1e6));
    verify_app->footer("Examples:\n  balmer verify jets\n  balmer verify jets --vectors 10000 --back-end icarus,ghdl\n  balmer verify jets --self-test 100");
    verify_app->callback([options, &run] { run = [options] { return verify_command(*options); }; });
}

}  // namespace balmer::cli
