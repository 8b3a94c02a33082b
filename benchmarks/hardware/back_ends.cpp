// All back ends and both interpreters on random models, bit for bit, and faults put into their Verilog.
//
//     build/benchmarks/hardware/back_ends FOLDER [MODELS] [VECTORS] [SLOW_VECTORS] [FAULTS] [SEED]
//
// SLOW_VECTORS are for Icarus, GHDL, the gate-level netlist and the second interpreter (Python, from the text of docs/specs/circuit.md), which take minutes for
// a million; VECTORS 0: faults alone. Models of 5 to 300 nodes, 1 to 10 outputs, inputs of 4 to 18 bits. Appends a line to FOLDER/seed-SEED.csv for each model: a run that was
// broken off goes on behind its last line. Prints the sums of that file.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "balmer/atomic_file.hpp"
#include "balmer/clock.hpp"
#include "balmer/error.hpp"
#include "balmer/firmware.hpp"
#include "balmer/lowering.hpp"
#include "balmer/random.hpp"
#include "balmer/simulation.hpp"
#include "hardware/tools/coverage.hpp"

namespace {

using namespace balmer;

constexpr int features = 6;

/// A formula of about `size` nodes.
std::string random_formula(RandomStream& random, int size) {
    if (size < 2) {
        return random.chance(0.8) ? fmt::format("x{}", random.below(features)) : fmt::format("{:.3f}", random.uniform(-2, 2));
    }
    const int left = 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(std::max(1, size - 2))));
    const auto a = [&] { return random_formula(random, left); };
    const auto b = [&] { return random_formula(random, size - 1 - left); };
    switch (random.below(10)) {
        case 0:
        case 1: return fmt::format("({} + {})", a(), b());
        case 2: return fmt::format("({} - {})", a(), b());
        case 3: return fmt::format("({}*{})", a(), b());
        case 4: return fmt::format("(sin({}) + {})", a(), b());
        case 5: return fmt::format("(tanh({}) - {})", a(), b());
        case 6: return fmt::format("(exp(-({})^2) + {})", a(), b());
        case 7: return fmt::format("max({}, {})", a(), b());
        case 8: return fmt::format("(abs({}) - {})", a(), b());
        default: return fmt::format("if({} < {}, {}, 0.5)", a(), b(), random_formula(random, 2));
    }
}

struct Case {
    Model model;
    Table table;
    LoweringOptions options;
    int nodes = 0;
};

Case random_case(RandomStream random) {
    Case made;
    Vocabulary vocabulary;
    for (int i = 0; i < features; ++i) vocabulary.features.push_back("x" + std::to_string(i));
    const auto outputs = 1 + random.below(10);
    made.nodes = static_cast<int>(5 * std::pow(60, random.uniform()));
    std::vector<Expression> formulas;
    for (std::uint64_t k = 0; k < outputs; ++k)
        formulas.push_back(parse(random_formula(random, std::max(2, made.nodes / static_cast<int>(outputs))) + fmt::format(" + 0.3*x{}", random.below(features)), vocabulary));
    made.model = Model::from_expressions(std::move(formulas), vocabulary);
    made.table.rows = 600;
    for (const auto& name : vocabulary.features) {
        std::vector<double> values;
        for (std::size_t row = 0; row < made.table.rows; ++row) values.push_back(random.normal());
        made.table.numeric.emplace_back(name, std::move(values));
    }
    const int bits = 4 + static_cast<int>(random.below(15));
    made.options.input_format = FixedPoint{bits, std::max(1, bits - 4), Sign::with};
    made.options.tolerance = std::exp2(random.uniform(-6, -1));
    made.options.clock = random.uniform(2, 6);
    made.options.multipliers = Multiplier::lut;
    made.options.rows = 300;
    return made;
}

std::size_t number(int count, char** words, int index, std::size_t otherwise) {
    return count > index ? std::strtoull(words[index], nullptr, 10) : otherwise;
}

/// Rows at which the second interpreter or the batched simulation gives other integers than the first.
std::size_t interpreter_differences(const Circuit& circuit, const std::filesystem::path& folder, const VerifyOptions& options, std::size_t slow) {
    const InputRows rows = test_rows(circuit, folder, options).rows;
    std::vector<std::vector<std::int64_t>> inputs(circuit.inputs.size()), outputs;
    for (const auto& row : rows)
        for (std::size_t k = 0; k < row.size(); ++k) inputs[k].push_back(row[k]);
    Simulation(circuit).run(inputs, outputs);
    std::ofstream given(folder / "rows.txt");
    const std::size_t fixed = rows.size() - options.random_vectors;
    for (std::size_t i = 0; i < std::min(rows.size(), fixed + slow); ++i) given << fmt::format("{}\n", fmt::join(rows[i], " "));
    given.close();
    const std::string command = fmt::format("python3 {}/tests/hardware/circuit_reference.py {}/circuit.json < {}/rows.txt > {}/python.txt", BALMER_SOURCE_DIR, folder.string(), folder.string(), folder.string());
    if (std::system(command.c_str()) != 0) throw Error({.file = command}, "the second interpreter broke off");
    std::ifstream second(folder / "python.txt");
    std::size_t differences = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto exact = interpret(circuit, rows[i]);
        bool differs = false;
        for (std::size_t k = 0; k < exact.size(); ++k) {
            std::int64_t other = exact[k];
            if (i < fixed + slow && !(second >> other)) throw Error({.file = "python.txt", .line = i + 1}, "the second interpreter ended early");
            differs = differs || other != exact[k] || outputs[k][i] != exact[k];
        }
        differences += differs;
    }
    return differences;
}

constexpr const char* header = "model,nodes,outputs,bits,cycles,interpreters,python,c++,hls,verilator,icarus,ghdl,netlist,entries,borders,bits_shown,caught,missed,equivalent,broken\n";

/// Of interpreters and back ends: seconds of what was equal, "DIFFERS" of what was not.
std::string compared(std::uint64_t index, const Circuit& circuit, const std::filesystem::path& folder, VerifyOptions options, std::size_t slow_vectors) {
    const Stopwatch watch;
    const std::size_t wrong = interpreter_differences(circuit, folder, options, slow_vectors);
    std::string cells = wrong == 0 ? fmt::format(",{:.1f}", watch.seconds()) : fmt::format(",DIFFERS {}", wrong);
    options.back_ends = {"python", "c++", "hls", "verilator"};
    std::vector<BackEndResult> results = verify_firmware(folder, options).back_ends;
    options.random_vectors = options.netlist_vectors = slow_vectors;
    options.back_ends = {"icarus", "ghdl", "netlist"};
    std::ranges::move(verify_firmware(folder, options).back_ends, std::back_inserter(results));
    for (const BackEndResult& r : results) {
        if (r.agreement == Agreement::equal) cells += fmt::format(",{:.1f}", r.seconds);
        else cells += r.agreement == Agreement::missing ? ",missing" : ",DIFFERS";
        if (r.agreement == Agreement::differs || r.agreement == Agreement::failed) fmt::print(stderr, "model {}: {} {}\n", index, r.name, r.detail);
    }
    return cells;
}

/// One line of the file.
std::string line_of(std::uint64_t index, const Case& given, const std::filesystem::path& folder, VerifyOptions options, std::size_t slow_vectors, std::size_t faults) {
    Circuit circuit;
    try {
        circuit = lower(given.model, given.table, given.options);
    } catch (const Error& error) {  // tolerance or clock out of reach
        std::string why = error.what();
        std::ranges::replace_if(why, [](char c) { return c == ',' || c == '\n'; }, ' ');
        return fmt::format("{},{},left out: {}\n", index, given.nodes, why);
    }
    std::filesystem::remove_all(folder);
    write_firmware(circuit, folder, {.data = &given.table});
    std::string line = fmt::format("{},{},{},{},{}", index, given.nodes, circuit.outputs.size(), given.options.input_format->width, circuit.latency);
    line += options.random_vectors > 0 ? compared(index, circuit, folder, options, slow_vectors) : ",,,,,,,,";
    const Coverage reached = test_rows(circuit, folder, options).coverage;
    line += fmt::format(",{:.1f},{:.1f},{:.1f}", reached.entries.percent(), reached.borders.percent(), reached.bits.percent());
    std::array<std::size_t, 4> outcomes{};
    options.random_vectors = 20'000;
    options.seed += index;
    for (const FaultResult& f : faults > 0 ? inject_faults(folder, faults, options) : std::vector<FaultResult>()) {
        ++outcomes[static_cast<std::size_t>(f.outcome)];
        if (f.outcome == FaultOutcome::missed) fmt::print(stderr, "model {}: missed {}: {}\n", index, f.kind, f.where);
    }
    return line + fmt::format(",{}\n", fmt::join(outcomes, ","));
}

/// Prints the sums of the file; whether something differed.
bool summarise(const std::filesystem::path& file) {
    std::vector<std::string> names;
    std::map<std::string, std::size_t> equal;
    std::map<std::string, double> sums;
    std::size_t models = 0, left_out = 0;
    bool differs = false;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
        std::vector<std::string> cells;
        std::istringstream words(line);
        for (std::string cell; std::getline(words, cell, ',');) cells.push_back(cell);
        if (names.empty()) {
            names = cells;
            continue;
        }
        if (cells.size() != names.size()) {
            ++left_out;
            continue;
        }
        ++models;
        for (std::size_t k = 5; k < names.size(); ++k) {
            differs = differs || cells[k].starts_with("DIFFERS");
            if (cells[k].empty() || std::isdigit(static_cast<unsigned char>(cells[k][0])) == 0) continue;
            ++equal[names[k]];
            sums[names[k]] += std::stod(cells[k]);
        }
    }
    fmt::print("{} models, {} left out\n", models, left_out);
    for (std::size_t k = 5; k < 13; ++k) fmt::print("{:<12} equal on {}, {:.0f} s\n", names[k], equal[names[k]], sums[names[k]]);
    for (std::size_t k = 13; k < 16; ++k) fmt::print("{:<12} {:.1f} % in the mean\n", names[k], sums[names[k]] / static_cast<double>(std::max<std::size_t>(1, models)));
    fmt::print("faults: {} caught of {}; {} more proven to change nothing, {} did not run\n", sums["caught"], sums["caught"] + sums["missed"], sums["equivalent"], sums["broken"]);
    return differs;
}

/// The models that have a line already, made and left out together.
std::pair<std::uint64_t, std::size_t> lines_in(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::uint64_t lines = 0;
    std::size_t made = 0;
    std::string line;
    for (std::getline(stream, line); std::getline(stream, line); ++lines) made += line.find("left out") == std::string::npos;
    return {lines, made};
}

}  // namespace

int main(int count, char** words) {
    if (count < 2) {
        fmt::print(stderr, "usage: back_ends FOLDER [MODELS] [VECTORS] [SLOW_VECTORS] [FAULTS] [SEED]\n");
        return 2;
    }
    const std::filesystem::path folder = words[1];
    std::filesystem::create_directories(folder);
    const std::size_t models = number(count, words, 2, 50), faults = number(count, words, 5, 4);
    const std::size_t slow_vectors = number(count, words, 4, 100'000);
    VerifyOptions options;
    options.random_vectors = number(count, words, 3, 1'000'000);
    options.seed = number(count, words, 6, 1);
    const auto file = folder / fmt::format("seed-{}.csv", options.seed);
    if (!std::filesystem::exists(file)) write_file_atomically(file, header);
    auto [index, made] = lines_in(file);
    for (; made < models && index < 4 * models; ++index) {
        const std::string line = line_of(index, random_case(RandomStream(options.seed, index)), folder / fmt::format("seed-{}", options.seed), options, slow_vectors, faults);
        std::ofstream(file, std::ios::app) << line;
        made += line.find("left out") == std::string::npos;
        fmt::print("{}", line);
        std::fflush(stdout);
    }
    return summarise(file);
}
