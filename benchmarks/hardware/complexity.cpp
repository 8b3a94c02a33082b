// The complexity `lut` against the circuits that formulas of searches become: parts of each plan, the complexity, and the LUT estimated of the lowered circuit, as CSV.
//
//     build/benchmarks/hardware/complexity DATA RUN... > parts.csv
//     build/benchmarks/hardware/complexity random MODELS SEED > parts.csv
//
// random: scores of three to five classes over four normal features, each a sum of up to three terms: a feature, a function of one feature or of a sum of two, a product of
// two features, or of one and a function. Ports are chosen from the data, agreement .95. benchmarks/hardware/complexity_constants.py fits the constants of
// src/hardware/lut_complexity.cpp.
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <tuple>

#include "balmer/error.hpp"
#include "balmer/hardware_cost.hpp"
#include "balmer/lowering.hpp"
#include "balmer/lut_complexity.hpp"
#include "balmer/random.hpp"
#include "balmer/readers.hpp"
#include "hardware/lut_parts.hpp"
#include "study/run_reader.hpp"

using namespace balmer;

namespace {

void print_row(const std::string& name, int nodes, const Model& model, const Table& data) {
    std::vector<Expression> outputs;
    for (const Output& output : model.outputs) outputs.push_back(output.expression);
    const auto& [features, definitions] = std::tie(model.vocabulary.features, model.vocabulary.definitions);
    try {
        const LutParts parts = lut_parts(outputs, features, definitions);
        const Circuit circuit = lower(model, data, {.agreement = 0.95, .multipliers = Multiplier::lut});
        fmt::print("{},{},{},{},{},{},{},{},{},{},{:.1f}\n", name, nodes, LutComplexity(features, definitions)(outputs), parts.inputs, parts.tables, parts.adders, parts.factors,
                   parts.products, parts.comparisons, parts.selections, estimate_cost(circuit).lut);
    } catch (const Error& error) {
        fmt::print(stderr, "{} {}: {}\n", name, nodes, error.what());
    }
}

std::string random_term(RandomStream& random, const std::vector<std::string>& features) {
    const char* functions[] = {"sin", "tanh", "gauss", "exp"};
    const auto feature = [&] { return features[random.below(features.size())]; };
    const auto function = [&] { return functions[random.below(4)]; };
    const double scale = random.normal(), slope = random.normal(), place = random.normal();
    switch (random.below(5)) {
        case 0: return fmt::format("{:.3f}*{}", scale, feature());
        case 1: return fmt::format("{:.3f}*{}({:.3f}*{} + {:.3f})", scale, function(), slope, feature(), place);
        case 2: return fmt::format("{:.3f}*{}({:.3f}*{} + {:.3f}*{})", scale, function(), slope, feature(), place, feature());
        case 3: return fmt::format("{:.3f}*{}*{}", scale, feature(), feature());
        default: return fmt::format("{:.3f}*{}*{}({:.3f}*{})", scale, feature(), function(), slope, feature());
    }
}

void print_random(int models, std::uint64_t seed) {
    constexpr std::size_t rows = 4000;
    const std::vector<std::string> features = {"a", "b", "c", "d"};
    for (int m = 0; m < models; ++m) {
        RandomStream random(seed, static_cast<std::uint64_t>(m));
        Vocabulary names{features, {}, {}, {}};
        std::vector<Expression> scores;
        for (std::size_t k = 3 + random.below(3); k > 0; --k) {
            std::string text = fmt::format("{:.3f}", random.normal());
            for (std::size_t terms = 1 + random.below(3); terms > 0; --terms) text += " + " + random_term(random, features);
            scores.push_back(parse(text, names));
        }
        Model model = Model::from_expressions(std::move(scores), std::move(names));
        model.task = Task::classification;
        model.link = "softmax";
        for (const Output& output : model.outputs) model.classes.push_back(output.name);
        Table data;
        data.rows = rows;
        for (const auto& feature : features) {
            std::vector<double> values(rows);
            for (double& value : values) value = random.normal();
            data.numeric.emplace_back(feature, std::move(values));
            data.order.push_back(feature);
        }
        print_row("random", m, model, data);
    }
}

}  // namespace

int main(int count, char** words) {
    if (count < 3) {
        fmt::print(stderr, "usage: complexity DATA RUN... | complexity random MODELS SEED\n");
        return 2;
    }
    fmt::print("model,nodes,complexity,inputs,tables,adders,factors,products,comparisons,selections,lut\n");
    if (std::string_view(words[1]) == "random") {
        print_random(std::stoi(words[2]), std::stoull(words[3]));
        return 0;
    }
    const Table data = read_table(words[1]);
    for (int i = 2; i < count; ++i) {
        const RunReader run = RunReader::open(words[i]);
        for (const FrontRow& row : run.front) print_row(words[i], row.complexity, run.model(row.complexity), data);
    }
}
