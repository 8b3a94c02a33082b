#include <algorithm>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "balmer/atomic_file.hpp"
#include "balmer/error.hpp"
#include "balmer/firmware.hpp"
#include "balmer/random.hpp"
#include "hardware/tools/back_ends.hpp"
#include "hardware/tools/coverage.hpp"
#include "hardware/tools/faults.hpp"
#include "hardware/tools/process.hpp"

namespace balmer {

namespace fs = std::filesystem;

namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
    Lines lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

std::string text_of(const Lines& lines) {
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    return text;
}

// A changed line of the source.
struct Fault {
    std::string kind;
    std::size_t line = 0;
    std::string changed;
};

std::string replaced(const std::string& line, const std::string& from, const std::string& to) {
    const auto at = line.find(from);
    return line.substr(0, at) + to + line.substr(at + from.size());
}

// One bit of one entry of a table: "7'd12: y = 5'd19;".
void table_bits(const std::string& line, std::size_t number, RandomStream& random, std::vector<Fault>& faults) {
    const auto colon = line.find(": ");
    if (line.find("'d") == std::string::npos || line.find("default") != std::string::npos || colon == std::string::npos || line.find(" = ") < colon) return;
    std::vector<std::size_t> entries;
    for (auto at = line.find(" = "); at != std::string::npos; at = line.find(" = ", at + 1)) entries.push_back(at + 3);
    if (entries.empty()) return;
    const auto at = entries[random.below(entries.size())];
    const auto mark = line.find("'d", at), end = line.find(';', mark);
    const auto width = std::stoul(line.substr(at, mark - at));
    const auto value = std::stoull(line.substr(mark + 2, end - mark - 2)) ^ (1ULL << random.below(width));
    faults.push_back({"table bit", number, line.substr(0, mark + 2) + std::to_string(value) + line.substr(end)});
}

// a - b, a < b, a ? b : c with two operands exchanged.
void operand_swaps(const std::string& line, std::size_t number, std::vector<Fault>& faults) {
    const auto equals = line.find(" = "), end = line.find(';');
    if (!line.starts_with("    wire") && !line.starts_with("    (*")) return;
    if (equals == std::string::npos || end == std::string::npos) return;
    const std::string head = line.substr(0, equals + 3), tail = line.substr(end), body = line.substr(equals + 3, end - equals - 3);
    const auto question = body.find(" ? "), other = body.find(" : ");
    if (question != std::string::npos) {
        if (body.find(" ? ", question + 1) != std::string::npos) return;  // limits of a saturation
        const std::string yes = body.substr(question + 3, other - question - 3), no = body.substr(other + 3);
        if (yes != no) faults.push_back({"operand swap", number, head + body.substr(0, question + 3) + no + " : " + yes + tail});
        return;
    }
    for (const char* symbol : {" - ", " < ", " <= "}) {
        const auto at = body.find(symbol);
        if (at == std::string::npos) continue;
        const std::string a = body.substr(0, at), b = body.substr(at + std::string(symbol).size());
        if (a != b) faults.push_back({"operand swap", number, head + b + symbol + a + tail});
        return;
    }
}

// A wire or register of one bit less.
void widths(const std::string& line, std::size_t number, std::vector<Fault>& faults) {
    const bool inner = line.starts_with("    wire") || line.starts_with("    reg");
    const auto bracket = line.find('['), colon = line.find(":0]");
    if (!inner || line.find("input") != std::string::npos || bracket == std::string::npos || colon == std::string::npos || bracket > 20) return;
    const auto top = std::stoi(line.substr(bracket + 1, colon - bracket - 1));
    if (top < 1 || line.find("chain") != std::string::npos) return;
    faults.push_back({"width", number, replaced(line, fmt::format("[{}:0]", top), fmt::format("[{}:0]", top - 1))});
}

// A register that is passed by: its value comes a clock too early.
void registers(const Lines& lines, std::size_t number, std::vector<Fault>& faults) {
    const auto arrow = lines[number].find(" <= ");
    if (!lines[number].starts_with("        ") || arrow == std::string::npos || lines[number].find('{') != std::string::npos || lines[number].find("valid") != std::string::npos) return;
    const std::string to = lines[number].substr(8, arrow - 8), from = lines[number].substr(arrow + 4, lines[number].size() - arrow - 5);
    for (std::size_t i = 0; i < number; ++i) {
        const auto declaration = lines[i].find(" " + to + ";");
        if (declaration == std::string::npos || !lines[i].starts_with("    reg")) continue;
        faults.push_back({"register", i, "    wire" + lines[i].substr(7, declaration - 7) + " " + to + " = " + from + ";"});
        return;
    }
}

std::map<std::string, std::vector<Fault>> sites(const Lines& lines, RandomStream& random) {
    std::vector<Fault> all;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        table_bits(lines[i], i, random, all);
        operand_swaps(lines[i], i, all);
        widths(lines[i], i, all);
        registers(lines, i, all);
    }
    std::map<std::string, std::vector<Fault>> by_kind;
    for (auto& fault : all) by_kind[fault.kind].push_back(std::move(fault));
    return by_kind;
}

Lines with(Lines lines, const Fault& fault) {
    lines[fault.line] = fault.changed;
    if (fault.kind != "register") return lines;
    // What was a register is a wire now: nothing may be clocked into it.
    const auto words = lines_of(fault.changed);
    const auto equals = fault.changed.find(" = ");
    const auto begin = fault.changed.rfind(' ', equals - 1) + 1;
    const std::string transfer = "        " + fault.changed.substr(begin, equals - begin) + " <= ";
    std::erase_if(lines, [&](const std::string& line) { return line.starts_with(transfer); });
    return lines;
}

// Whether Yosys proves both designs equal: without registers for all inputs, with them by induction over time.
bool proven_equal(const Circuit& circuit, const fs::path& original, const fs::path& work) {
    if (!is_installed("yosys")) return false;
    const auto design = [&](const std::string& file, const char* name) {
        return fmt::format("read_verilog \"{}\"; prep -top {} -flatten; memory_map; opt; rename {} {}", file, circuit.name, circuit.name, name);
    };
    const std::string induction = circuit.latency > 0 ? fmt::format("-seq {} -tempinduct -maxsteps {} ", circuit.latency + 1, circuit.latency + 4) : "";
    const std::string script = design(original.string(), "original") + "; design -stash original; " + design("mutant.v", "mutant") +
                               "; design -copy-from original -as original original; miter -equiv -flatten original mutant miter; hierarchy -top miter; "
                               "sat -verify -prove trigger 0 " + induction + "-timeout 60 miter";
    return run_program_in(work, {"yosys", "-q", "-p", script}).status == 0;
}

}  // namespace

FaultOutcome bench_outcome(const fs::path& source, const fs::path& bench, const fs::path& work) {
    if (run_program_in(work, {"iverilog", "-g2001", "-o", "mutant.vvp", source.string(), bench.string()}).status != 0) return FaultOutcome::broken;
    BackEndResult result{.name = {}, .detail = {}};
    const bool ended = read_verdict(run_program_in(work, {"vvp", "-n", "mutant.vvp"}).output, result) && result.vectors > 0;
    return !ended ? FaultOutcome::broken : result.differences > 0 ? FaultOutcome::caught : FaultOutcome::missed;
}

std::vector<FaultResult> inject_faults(const fs::path& folder, std::size_t count, const VerifyOptions& options) {
    const Circuit circuit = read_firmware(folder);
    require_program("iverilog", "for the self-test");
    const fs::path source = fs::absolute(folder) / "verilog" / (circuit.name + ".v");
    const fs::path bench = fs::absolute(folder) / "test" / (circuit.name + "_bench.v");
    const Lines lines = lines_of(read_file(source));
    const WorkFolder work;
    write_vectors(circuit, test_rows(circuit, folder, options).rows, work.path() / "vectors.txt");
    if (bench_outcome(source, bench, work.path()) != FaultOutcome::missed)
        throw Error({.file = source.string()}, "the bench is not clean before any fault, so it could not tell one. See what differs with `balmer verify --back-end icarus`");
    RandomStream random(options.seed, 0xfa);
    auto by_kind = sites(lines, random);
    std::vector<FaultResult> results;
    while (results.size() < count && !by_kind.empty()) {
        auto kind = std::next(by_kind.begin(), static_cast<std::ptrdiff_t>(results.size() % by_kind.size()));
        const auto index = random.below(kind->second.size());
        const Fault fault = kind->second[index];
        kind->second.erase(kind->second.begin() + static_cast<std::ptrdiff_t>(index));
        if (kind->second.empty()) by_kind.erase(kind);
        if (options.progress) options.progress(fmt::format("fault {} of {}: {}", results.size() + 1, count, fault.kind));
        write_file_atomically(work.path() / "mutant.v", text_of(with(lines, fault)));
        FaultOutcome outcome = bench_outcome("mutant.v", bench, work.path());
        if (outcome == FaultOutcome::missed && proven_equal(circuit, source, work.path())) outcome = FaultOutcome::equivalent;
        results.push_back({fault.kind, fault.changed.substr(fault.changed.find_first_not_of(' ')), outcome});
    }
    return results;
}

}  // namespace balmer
