#include "balmer/simulation.hpp"

#include <gtest/gtest.h>

#include "hardware/random_circuit.hpp"

namespace balmer {
namespace {

TEST(Simulation, GivesTheIntegersOfTheInterpreter) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        const Circuit circuit = testing::random_circuit(RandomStream(seed, 7), 10 + 2 * static_cast<int>(seed), 1 + static_cast<int>(seed % 5));
        RandomStream random(seed, 8);
        std::vector<std::vector<std::int64_t>> inputs(circuit.inputs.size());
        std::vector<std::vector<std::int64_t>> expected(circuit.outputs.size()), outputs;
        for (int row = 0; row < 300; ++row) {  // more than a tile
            const auto line = testing::random_inputs(circuit, random);
            const auto values = interpret(circuit, line);
            for (std::size_t i = 0; i < line.size(); ++i) inputs[i].push_back(line[i]);
            for (std::size_t k = 0; k < values.size(); ++k) expected[k].push_back(values[k]);
        }
        Simulation(circuit).run(inputs, outputs);
        ASSERT_EQ(outputs, expected) << "seed " << seed;
        const std::vector<std::size_t> last = {circuit.outputs.size() - 1};
        Simulation(circuit, last).run(inputs, outputs);
        ASSERT_EQ(outputs, std::vector(1, expected.back())) << "seed " << seed;
    }
}

}  // namespace
}  // namespace balmer
