// All back ends of random models against the interpreter, bit for bit, and faults put into their Verilog.
//
//     build/benchmarks/hardware/back_ends [MODELS] [VECTORS] [SLOW_VECTORS] [FAULTS] [SEED]
//
// SLOW_VECTORS are for GHDL and the gate-level netlist in Icarus, which take minutes for a million.
// Models of 5 to 300 nodes, 1 to 10 outputs, inputs of 4 to 18 bits. Prints one line per model and the sums.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <map>

#include "balmer/error.hpp"
#include "balmer/firmware.hpp"
#include "balmer/lowering.hpp"
#include "balmer/random.hpp"

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

}  // namespace

int main(int count, char** words) {
    const std::size_t models = number(count, words, 1, 50), faults = number(count, words, 4, 4);
    VerifyOptions options;
    options.random_vectors = number(count, words, 2, 1'000'000);
    options.back_ends = {"python", "c++", "hls", "verilator", "icarus"};
    options.seed = number(count, words, 5, 1);
    VerifyOptions few = options;
    few.random_vectors = 20'000;
    VerifyOptions slow = options;
    slow.random_vectors = slow.netlist_vectors = number(count, words, 3, 100'000);
    slow.back_ends = {"ghdl", "netlist"};
    const auto folder = std::filesystem::temp_directory_path() / fmt::format("balmer_back_ends_{}", ::getpid());
    std::map<std::string, std::size_t> equal;
    std::size_t made = 0, caught = 0, equivalent = 0, injected = 0, wrong = 0;
    for (std::uint64_t index = 0; made < models && index < 4 * models; ++index) {
        const Case given = random_case(RandomStream(options.seed, index));
        std::filesystem::remove_all(folder);
        try {
            const Circuit circuit = lower(given.model, given.table, given.options);
            FirmwareFiles files;
            files.data = &given.table;
            write_firmware(circuit, folder, files);
            fmt::print("{:>3} {:>4} nodes {:>2} outputs {:>2} bits {} cycles:", made, given.nodes, circuit.outputs.size(), given.options.input_format->width, circuit.latency);
            ++made;
        } catch (const Error& error) {
            fmt::print(stderr, "model {} left out: {}\n", index, error.what());  // tolerance or clock out of reach
            continue;
        }
        std::vector<BackEndResult> results = verify_firmware(folder, options);
        std::ranges::move(verify_firmware(folder, slow), std::back_inserter(results));
        for (const BackEndResult& r : results) {
            equal[r.name] += r.agreement == Agreement::equal;
            wrong += r.agreement == Agreement::differs || r.agreement == Agreement::failed;
            fmt::print(" {} {}", r.name, r.agreement == Agreement::equal ? fmt::format("{:.1f}s", r.seconds) : "NOT EQUAL " + r.detail);
        }
        few.seed = options.seed + index;
        const std::size_t caught_before = caught, equivalent_before = equivalent;
        for (const FaultResult& f : faults > 0 ? inject_faults(folder, faults, few) : std::vector<FaultResult>()) {
            ++injected;
            caught += f.caught;
            equivalent += f.equivalent;
        }
        fmt::print(", faults {} caught, {} change nothing, of {}\n", caught - caught_before, equivalent - equivalent_before, faults);
        std::fflush(stdout);
    }
    std::filesystem::remove_all(folder);
    for (const auto& [name, n] : equal) fmt::print("{}: equal on {} of {} models\n", name, n, made);
    fmt::print("faults: {} injected, {} proven to change nothing, {} of {} others caught\n", injected, equivalent, caught, injected - equivalent);
    return wrong > 0;
}
