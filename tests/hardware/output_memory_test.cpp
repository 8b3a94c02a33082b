#include "hardware/output_memory.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "balmer/hardware_cost.hpp"
#include "hardware/area_memory.hpp"
#include "hardware/random_circuit.hpp"

namespace balmer {
namespace {

Judge judge_for(const Circuit& circuit, bool classifies, RandomStream& random) {
    constexpr int rows = 300;
    Judge judge{.inputs = std::vector<std::vector<std::int64_t>>(circuit.inputs.size()), .scores = {}, .winners = {}, .classifies = classifies};
    for (int row = 0; row < rows; ++row) {
        const auto line = testing::random_inputs(circuit, random);
        for (std::size_t i = 0; i < line.size(); ++i) judge.inputs[i].push_back(line[i]);
        judge.winners.push_back(static_cast<std::uint32_t>(random.below(circuit.outputs.size())));
    }
    for (std::size_t k = 0; k < circuit.outputs.size(); ++k) {
        judge.scores.emplace_back();
        for (int row = 0; row < rows; ++row) judge.scores.back().push_back(random.uniform());
    }
    return judge;
}

TEST(OutputMemory, MeasuresWhatTheJudgeMeasures) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        RandomStream random(seed, 9);
        Circuit circuit = testing::random_circuit(RandomStream(seed, 7), 20 + static_cast<int>(seed), 2 + static_cast<int>(seed % 4));
        for (OutputPort& port : circuit.outputs) port.kind = OutputKind::value;
        const Judge judge = judge_for(circuit, seed % 2 == 0, random);
        OutputMemory memory(judge);
        for (int change = 0; change < 30; ++change) {
            const LoweringQuality expected = judge.measure(circuit);
            const LoweringQuality first = memory.measure(circuit), again = memory.measure(circuit);
            ASSERT_EQ(first.loss, expected.loss) << "seed " << seed << ", change " << change;
            ASSERT_EQ(first.error, expected.error);
            ASSERT_EQ(first.agreement, expected.agreement);
            ASSERT_EQ(again.loss, expected.loss);
            CircuitNode& node = circuit.nodes[random.below(circuit.nodes.size())];
            switch (change % 3) {  // changes that leave every value in its range
                case 0:
                    if (node.op == CircuitOp::saturate && node.low < node.high) node.low += 1;
                    break;
                case 1:
                    if (node.op == CircuitOp::table) std::ranges::reverse(circuit.tables[node.source].columns[node.column].values);
                    break;
                default: circuit.outputs[random.below(circuit.outputs.size())].node = static_cast<std::uint32_t>(&node - circuit.nodes.data());
            }
        }
    }
}

TEST(AreaMemory, IsTheAreaOfTheEstimate) {
    AreaMemory memory;  // of all circuits: tables of one must not be taken for another's
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const Circuit circuit = testing::random_circuit(RandomStream(seed, 7), 20 + static_cast<int>(seed), 2 + static_cast<int>(seed % 4));
        const double expected = estimate_cost(circuit).area();
        EXPECT_EQ(memory.area(circuit), expected) << "seed " << seed;
        EXPECT_EQ(memory.area(circuit), expected) << "seed " << seed;
    }
}

}  // namespace
}  // namespace balmer
