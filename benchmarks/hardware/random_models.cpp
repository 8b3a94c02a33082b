// Circuits of random models, the cost estimate of each beside Yosys' count.
//
//     build/benchmarks/hardware/random_models FOLDER COUNT [SEED]
//
// Writes the firmware of each into FOLDER/000 ... and FOLDER/estimates.csv; how well the estimate ranks and what it misses is printed at the end.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>

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
    const std::size_t count = 1 + random.below(4);
    for (std::size_t k = 0; k < count; ++k) {
        outputs.push_back(parse(random_formula(random, 2 + static_cast<int>(random.below(3))) + fmt::format(" + 0.1*x{}", random.below(4)), vocabulary));
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

double microseconds_per_estimate(const Circuit& circuit) {
    constexpr int repeats = 200;
    const auto begin = std::chrono::steady_clock::now();
    double total = 0;
    for (int i = 0; i < repeats; ++i) {
        total += estimate_cost(circuit).lut;
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
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

}  // namespace

int main(int count, char** words) {
    if (count < 3) {
        fmt::print(stderr, "usage: random_models FOLDER COUNT [SEED]\n");
        return 2;
    }
    const std::filesystem::path folder = words[1];
    std::filesystem::create_directories(folder);
    std::string estimates = "circuit,nodes,lut,ff,carry,latency,period,microseconds,yosys_lut,yosys_packed,yosys_ff,yosys_ns\n";
    std::vector<double> estimated, counted;
    int made = 0;
    for (std::uint64_t index = 0; made < std::atoi(words[2]); ++index) {
        RandomStream random(count > 3 ? static_cast<std::uint64_t>(std::atoi(words[3])) : 1, index);
        const double tolerance = std::exp2(random.uniform(-7, -3));
        const Case given = random_case(random.split(1));
        const LoweringOptions options{.input_format = FixedPoint{12, 8, Sign::with}, .tolerance = tolerance, .clock = 5, .multipliers = Multiplier::lut, .rows = 500};
        try {
            const Circuit circuit = lower(given.model, given.table, options);
            const HardwareCost cost = estimate_cost(circuit);
            const std::filesystem::path own = folder / fmt::format("{:03}", made);
            write_firmware(circuit, own);
            const SynthesisResult yosys = synthesize_firmware(own);
            estimated.push_back(cost.lut);
            counted.push_back(static_cast<double>(yosys.lut));
            estimates += fmt::format("{:03},{},{:.1f},{},{},{},{:.3f},{:.1f},{},{},{},{:.3f}\n", made, circuit.nodes.size(), cost.lut, cost.flip_flops, cost.carry,
                                     cost.latency, cost.period, microseconds_per_estimate(circuit), yosys.lut, yosys.lut_packed, yosys.flip_flops,
                                     yosys.timing.size() > 1 ? yosys.timing[1].nanoseconds : 0.0);
            fmt::print("{}", estimates.substr(estimates.rfind('\n', estimates.size() - 2) + 1));
            std::fflush(stdout);
            ++made;
        } catch (const Error& error) {
            fmt::print(stderr, "model {} left out: {}\n", index, error.what());  // a precision out of reach, or no finite value
        }
    }
    write_file_atomically(folder / "estimates.csv", estimates);
    fmt::print("{} circuits: rank correlation {:.3f}, median error {:.1f} %\n", made, rank_correlation(estimated, counted), 100 * median_error(estimated, counted));
    return 0;
}
