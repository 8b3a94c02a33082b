// Circuits of random models, the cost estimate of each beside Yosys' count.
//
//     build/benchmarks/hardware/random_models FOLDER COUNT [SEED [MOST_LUT]]
//
// Writes the firmware of each into FOLDER/c000 ... and FOLDER/estimates.csv: LUTs by kind of operation as estimated, and as Yosys counts them. Yosys maps ten
// circuits at a time as `balmer synthesize` maps one: tables by classic abc, the logic between them by abc9. What was lowered and counted stays in FOLDER, so
// a run that was broken off goes on where it was. Circuits whose estimate is beyond MOST_LUT (1000) are left out: Yosys takes minutes for each. How well the
// estimate ranks and what it misses is printed at the end; cost_constants.py fits the constants of src/hardware/hardware_cost.cpp to such files.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <span>

#include "balmer/atomic_file.hpp"
#include "balmer/error.hpp"
#include "balmer/firmware.hpp"
#include "balmer/hardware_cost.hpp"
#include "balmer/lowering.hpp"
#include "balmer/random.hpp"

namespace {

using namespace balmer;

std::string random_formula(RandomStream& random, int depth) {
    if (depth == 0 || random.chance(0.1)) {
        return random.chance(0.8) ? fmt::format("x{}", random.below(4)) : fmt::format("{:.2f}", random.uniform(0.1, 2));
    }
    const auto part = [&] { return random_formula(random, depth - 1); };
    switch (random.below(9)) {
        case 0:
        case 1: return fmt::format("({:.2f}*{} + {})", random.uniform(0.1, 2), part(), part());
        case 2: return fmt::format("({} - {:.2f}*{})", part(), random.uniform(0.1, 2), part());
        case 3: return fmt::format("({}*{})", part(), part());
        case 4: return fmt::format("sin({})", part());
        case 5: return fmt::format("tanh({})", part());
        case 6: return fmt::format("exp(-({})^2)", part());
        case 7: return fmt::format("abs({})", part());
        default: return fmt::format("if({} < {}, {}, {})", part(), part(), part(), part());
    }
}

struct Case {
    Model model;
    Table table;
};

Case random_case(RandomStream random) {
    Case made;
    Vocabulary vocabulary{.features = {"x0", "x1", "x2", "x3"}};
    std::vector<Expression> outputs;
    const std::size_t count = 1 + random.below(3);
    for (std::size_t k = 0; k < count; ++k) {
        outputs.push_back(parse(random_formula(random, 2 + static_cast<int>(random.below(2))) + fmt::format(" + 0.1*x{}", random.below(4)), vocabulary));
    }
    made.model = Model::from_expressions(std::move(outputs), vocabulary);
    made.table.rows = 1000;
    for (const std::string& name : vocabulary.features) {
        std::vector<double> values;
        for (std::size_t row = 0; row < made.table.rows; ++row) {
            values.push_back(random.normal());
        }
        made.table.numeric.emplace_back(name, std::move(values));
    }
    return made;
}

/// Of processor time: other programs may run beside.
double microseconds_per_estimate(const Circuit& circuit) {
    constexpr int repeats = 500;
    const std::clock_t begin = std::clock();
    double total = 0;
    for (int i = 0; i < repeats; ++i) {
        total += estimate_cost(circuit).lut;
    }
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    return total < 0 ? 0 : seconds / repeats * 1e6;
}

std::vector<double> ranks(const std::vector<double>& values) {
    std::vector<double> result;
    for (const double x : values) {
        double below = 0, equal = 0;
        for (const double y : values) {
            below += y < x ? 1 : 0;
            equal += y == x ? 1 : 0;
        }
        result.push_back(below + 0.5 * equal);
    }
    return result;
}

/// Spearman's.
double rank_correlation(const std::vector<double>& a, const std::vector<double>& b) {
    const std::vector<double> x = ranks(a), y = ranks(b);
    const double mean = 0.5 * static_cast<double>(x.size());
    double xy = 0, xx = 0, yy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xy += (x[i] - mean) * (y[i] - mean);
        xx += (x[i] - mean) * (x[i] - mean);
        yy += (y[i] - mean) * (y[i] - mean);
    }
    return xy / std::sqrt(xx * yy);
}

double median_error(const std::vector<double>& estimated, const std::vector<double>& counted) {
    std::vector<double> errors;
    for (std::size_t i = 0; i < counted.size(); ++i) {
        errors.push_back(std::fabs(estimated[i] - counted[i]) / std::max(counted[i], 1.0));
    }
    std::ranges::sort(errors);
    return errors.empty() ? 0 : errors[errors.size() / 2];
}

constexpr std::array kinds = {"add", "multiply", "square", "table", "saturate", "select", "round", "compare", "equal"};

std::size_t kind_of(const CircuitNode& node) {
    switch (node.op) {
        case CircuitOp::multiply: return node.operands[0] == node.operands[1] ? 2 : 1;
        case CircuitOp::table: return 3;
        case CircuitOp::saturate: return 4;
        case CircuitOp::select: return 5;
        case CircuitOp::round: return 6;
        case CircuitOp::less:
        case CircuitOp::less_equal: return 7;
        case CircuitOp::equal: return 8;
        default: return 0;
    }
}

std::array<double, kinds.size()> lut_by_kind(const Circuit& circuit) {
    std::array<double, kinds.size()> lut{};
    for (const CircuitNode& node : circuit.nodes) {
        lut[kind_of(node)] += estimate_lut(circuit, node);
    }
    return lut;
}

std::filesystem::path verilog_of(const std::filesystem::path& folder, const Circuit& circuit) {
    return std::filesystem::absolute(folder / circuit.name / "verilog" / (circuit.name + ".v"));
}

/// A module that holds all circuits.
std::string wrapper_of(std::span<const Circuit> circuits) {
    std::string ports = "input wire clk", instances;
    for (const Circuit& circuit : circuits) {
        instances += fmt::format("    {0} {0}_inside (", circuit.name);
        if (circuit.latency > 0) {
            instances += ".clk(clk), ";
        }
        const auto connect = [&](const char* direction, const std::string& name, FixedPoint format) {
            ports += fmt::format(", {} wire [{}:0] {}_{}", direction, format.width - 1, circuit.name, name);
            instances += fmt::format(".{1}({0}_{1}), ", circuit.name, name);
        };
        for (const InputPort& port : circuit.inputs) {
            connect("input", port.name, port.format);
        }
        for (const OutputPort& port : circuit.outputs) {
            connect("output", port.name, port.format);
        }
        instances.resize(instances.size() - 2);
        instances += ");\n";
    }
    return fmt::format("module all_circuits ({});\n{}endmodule\n", ports, instances);
}

/// LUTs by module of what `stat` printed.
std::map<std::string, int> read_stat(const std::filesystem::path& path) {
    std::map<std::string, int> lut;
    std::ifstream file(path);
    std::string line, module;
    while (std::getline(file, line)) {
        if (const auto at = line.find("=== "); at != std::string::npos) {
            module = line.substr(at + 4, line.find(" ===", at) - at - 4);
        }
        std::array<char, 40> cell{};
        int count = 0;
        if (std::sscanf(line.c_str(), " %39s %d", cell.data(), &count) == 2 && std::string_view(cell.data()).starts_with("LUT")) {
            lut[module] += count;
        }
    }
    return lut;
}

/// LUTs by circuit, tables included.
std::map<std::string, int> synthesise(std::span<const Circuit> circuits, const std::filesystem::path& folder) {
    write_file_atomically(folder / "all.v", wrapper_of(circuits));
    std::string read, tables;
    for (const Circuit& circuit : circuits) {
        read += fmt::format("read_verilog \"{}\"\n", verilog_of(folder, circuit).string());
        for (const CircuitTable& table : circuit.tables) {
            tables += " " + table.name;
        }
    }
    read += fmt::format("read_verilog \"{}\"\nsetattr -mod -set keep_hierarchy 1 *\n", std::filesystem::absolute(folder / "all.v").string());
    const std::string map = "synth_xilinx -top all_circuits -family xcup -noiopad -noclkbuf -nobram -nodsp";
    const auto stat = [&](const char* name) { return fmt::format("tee -q -o {} stat\n", std::filesystem::absolute(folder / name).string()); };
    write_file_atomically(folder / "all.ys", read + map + "\n" + stat("tables.txt") + "design -reset\n" + read + "blackbox" + tables + "\n" + map + " -abc9\n" + stat("logic.txt"));
    if (std::system(fmt::format("yosys -q -s \"{}\"", (folder / "all.ys").string()).c_str()) != 0) {
        throw Error({.file = (folder / "all.ys").string()}, "Yosys broke off");
    }
    auto of_tables = read_stat(folder / "tables.txt"), of_logic = read_stat(folder / "logic.txt");
    std::map<std::string, int> lut;
    for (const Circuit& circuit : circuits) {
        lut[circuit.name] = of_logic[circuit.name];
        for (const CircuitTable& table : circuit.tables) {
            lut[circuit.name] += of_tables[table.name];
        }
    }
    return lut;
}

/// LUTs by circuit, those that an earlier run counted read from their folders.
std::map<std::string, int> counted_by_yosys(const std::vector<Circuit>& circuits, const std::filesystem::path& folder) {
    constexpr std::size_t together = 10;
    std::map<std::string, int> lut;
    std::vector<Circuit> open;
    for (std::size_t i = 0; i < circuits.size(); ++i) {
        const auto kept = folder / circuits[i].name / "yosys_lut.txt";
        if (std::filesystem::exists(kept)) {
            lut[circuits[i].name] = std::atoi(read_file(kept).c_str());
        } else {
            open.push_back(circuits[i]);
        }
        if (open.size() == together || (i + 1 == circuits.size() && !open.empty())) {
            for (const auto& [name, count] : synthesise(open, folder)) {
                lut[name] = count;
                write_file_atomically(folder / name / "yosys_lut.txt", fmt::format("{}\n", count));
            }
            fmt::print(stderr, "{} of {} counted\n", lut.size(), circuits.size());
            open.clear();
        }
    }
    return lut;
}

/// The circuit of a random model; its tables carry its name, so that several can stand in one design.
Circuit random_circuit(RandomStream random, const std::string& name) {
    LoweringOptions options{.tolerance = std::exp2(random.uniform(-7, -3)), .clock = 5, .multipliers = Multiplier::lut, .rows = 500, .name = name};
    const Case given = random_case(random.split(1));
    Circuit circuit = lower(given.model, given.table, options);
    for (CircuitTable& table : circuit.tables) {
        table.name = options.name + "_" + table.name;
    }
    return circuit;
}

/// As many circuits as wanted: those in the folder, then new ones.
std::vector<Circuit> random_circuits(const std::filesystem::path& folder, std::size_t wanted, std::uint64_t seed, double most_lut) {
    std::vector<Circuit> circuits;
    std::size_t too_large = 0, refused = 0;
    for (std::uint64_t index = 0; circuits.size() < wanted; ++index) {
        const std::string name = fmt::format("c{:03}", index);
        const auto left_out = folder / (name + ".left_out");
        if (std::filesystem::exists(folder / name / "circuit.json")) {
            circuits.push_back(load_circuit(folder / name / "circuit.json"));
            continue;
        }
        if (std::filesystem::exists(left_out)) {
            continue;
        }
        try {
            Circuit circuit = random_circuit(RandomStream(seed, index), name);
            if (estimate_cost(circuit).lut > most_lut) {
                write_file_atomically(left_out, "too large\n");
                ++too_large;
                continue;
            }
            write_firmware(circuit, folder / name);
            circuits.push_back(std::move(circuit));
        } catch (const Error& error) {  // a precision out of reach, or no finite value
            write_file_atomically(left_out, fmt::format("{}\n", error.what()));
            ++refused;
        }
    }
    fmt::print(stderr, "{} circuits; left out now: {} too large, {} refused\n", circuits.size(), too_large, refused);
    return circuits;
}

}  // namespace

int main(int count, char** words) {
    if (count < 3) {
        fmt::print(stderr, "usage: random_models FOLDER COUNT [SEED [MOST_LUT]]\n");
        return 2;
    }
    const std::filesystem::path folder = words[1];
    std::filesystem::create_directories(folder);
    const auto wanted = static_cast<std::size_t>(std::atoi(words[2]));
    const std::vector<Circuit> circuits = random_circuits(folder, wanted, count > 3 ? static_cast<std::uint64_t>(std::atoi(words[3])) : 1, count > 4 ? std::atof(words[4]) : 1000);
    auto yosys = counted_by_yosys(circuits, folder);
    std::string table = "circuit,nodes,lut,yosys_lut,microseconds";
    for (const char* kind : kinds) {
        table += fmt::format(",{}", kind);
    }
    std::vector<double> estimated, counted, times;
    for (const Circuit& circuit : circuits) {
        estimated.push_back(estimate_cost(circuit).lut);
        counted.push_back(yosys[circuit.name]);
        times.push_back(microseconds_per_estimate(circuit));
        table += fmt::format("\n{},{},{:.1f},{},{:.1f}", circuit.name, circuit.nodes.size(), estimated.back(), counted.back(), times.back());
        for (const double lut : lut_by_kind(circuit)) {
            table += fmt::format(",{:.2f}", lut);
        }
    }
    write_file_atomically(folder / "estimates.csv", table + "\n");
    std::ranges::sort(times);
    fmt::print("{} circuits: rank correlation {:.3f}, median error {:.1f} %, estimate {:.1f} microseconds in the median, {:.1f} at most\n", circuits.size(),
               rank_correlation(estimated, counted), 100 * median_error(estimated, counted), times[times.size() / 2], times.back());
    return 0;
}
