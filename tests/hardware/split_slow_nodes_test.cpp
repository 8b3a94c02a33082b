#include <gtest/gtest.h>

#include "balmer/circuit_builder.hpp"
#include "balmer/hardware_cost.hpp"
#include "hardware/random_circuit.hpp"

namespace balmer {
namespace {

double slowest(const Circuit& circuit) {
    double delay = 0;
    for (const CircuitNode& node : circuit.nodes) delay = std::max(delay, estimate_delay(circuit, node));
    return delay;
}

TEST(Split, KeepsEveryInteger) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        Circuit plain = testing::random_circuit(RandomStream(seed, 5), 50, 4);
        for (CircuitNode& node : plain.nodes) node.multiplier = node.op == CircuitOp::multiply ? Multiplier::lut : node.multiplier;
        const Circuit split = split_slow_nodes(plain, 0.85);
        validate(split);
        EXPECT_LE(slowest(split), std::max(0.85, 1.2)) << seed;
        RandomStream random(seed, 6);
        for (int row = 0; row < 100; ++row) {
            const auto inputs = testing::random_inputs(plain, random);
            ASSERT_EQ(interpret(plain, inputs), interpret(split, inputs)) << seed;
        }
    }
}

TEST(Split, LargeMultipliersAndTablesBecomeFaster) {
    CircuitBuilder builder;
    const auto a = builder.input("a", {12, 0, Sign::with});
    const auto b = builder.input("b", {10, 0, Sign::without});
    CircuitTable table{.name = "t", .first = -2048, .columns = {{"y", "", {}}}};
    for (std::int64_t i = 0; i < 4096; ++i) table.columns[0].values.push_back((i * i / 97) % 31);
    const auto looked_up = builder.table(builder.add_table(table), 0, a, 0);
    builder.output("y", builder.multiply(a, b), {23, 0, Sign::with});
    builder.output("z", looked_up, {5, 0, Sign::without});
    Circuit plain = builder.finish();
    for (CircuitNode& node : plain.nodes) node.multiplier = Multiplier::lut;
    const Circuit split = split_slow_nodes(plain, 1.0);
    EXPECT_LT(slowest(split), 0.7 * slowest(plain));
    for (const std::int64_t x : {-2048, -2047, -1, 0, 1, 777, 2047}) {
        for (const std::int64_t y : {0, 1, 511, 512, 1023}) {
            EXPECT_EQ(interpret(plain, std::vector{x, y}), interpret(split, std::vector{x, y}));
        }
    }
}

}  // namespace
}  // namespace balmer
