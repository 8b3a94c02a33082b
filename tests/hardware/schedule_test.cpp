#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "balmer/circuit_builder.hpp"
#include "balmer/error.hpp"
#include "balmer/hardware_cost.hpp"
#include "hardware/random_circuit.hpp"
#include "hardware/table_cost.hpp"

namespace balmer {
namespace {

TEST(Schedule, KeepsTheClockAndTheIntegers) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const Circuit plain = testing::random_circuit(RandomStream(seed, 3), 40, 4);
        Circuit scheduled = plain;
        schedule(scheduled, {.clock = 4});
        validate(scheduled);
        EXPECT_LE(estimate_cost(scheduled).period, 4.0 + 1e-6) << seed;
        EXPECT_GE(scheduled.latency, 1);
        RandomStream random(seed, 4);
        for (int row = 0; row < 50; ++row) {
            const auto inputs = testing::random_inputs(plain, random);
            EXPECT_EQ(interpret(plain, inputs), interpret(scheduled, inputs));
        }
    }
}

TEST(Schedule, ShorterClocksTakeMoreCycles) {
    const Circuit plain = testing::random_circuit(RandomStream(11, 3), 60, 4);
    int before = 0;
    for (const double clock : {50.0, 6.0, 4.0, 2.9}) {
        Circuit circuit = plain;
        schedule(circuit, {.clock = clock});
        EXPECT_LE(estimate_cost(circuit).period, clock + 1e-9);
        EXPECT_GE(circuit.latency, before);
        before = circuit.latency;
    }
    EXPECT_GT(before, 2);
    Circuit circuit = plain;
    schedule(circuit, {.clock = 6, .latency = before});  // more than needed is filled too
    EXPECT_EQ(circuit.latency, before);
    EXPECT_LE(estimate_cost(circuit).period, 6);
}

TEST(Schedule, RegistersStandWhereTheyAreFew) {
    // A wide product of two narrow inputs, cut at once: the register belongs behind the cut.
    CircuitBuilder builder;
    const auto a = builder.input("a", {8, 0, Sign::with});
    const auto b = builder.input("b", {8, 0, Sign::with});
    auto value = builder.with_fraction(builder.multiply(a, b), -12, Rounding::floor);
    for (int i = 0; i < 4; ++i) value = builder.wrap(builder.add(value, builder.multiply(value, value)), 4, Sign::with);
    builder.output("y", value, builder.node(value).format());
    Circuit circuit = builder.finish();
    schedule(circuit, {.clock = 100, .latency = 2, .multipliers = Multiplier::lut});
    EXPECT_LE(estimate_cost(circuit).flip_flops, 4 + 8);
}

TEST(Schedule, ProductsTooSlowForADspAreSplit) {
    CircuitBuilder builder;
    const auto a = builder.input("a", {14, 0, Sign::with});
    const auto b = builder.input("b", {14, 0, Sign::with});
    builder.output("y", builder.multiply(a, b), {28, 0, Sign::with});
    Circuit plain = builder.finish();
    plain.nodes[2].multiplier = Multiplier::dsp;
    Circuit fast = plain;
    schedule(fast, {.clock = 1.6});
    validate(fast);
    EXPECT_EQ(estimate_cost(fast).dsp, 0);
    EXPECT_LE(estimate_cost(fast).period, 1.6);
    EXPECT_GT(fast.latency, 1);
    RandomStream random(1);
    for (int i = 0; i < 200; ++i) {
        const auto inputs = testing::random_inputs(plain, random);
        EXPECT_EQ(interpret(plain, inputs), interpret(fast, inputs));
    }
    EXPECT_THROW(schedule(plain, {.clock = 1.6, .multipliers = Multiplier::dsp}), Error);
}

TEST(Schedule, ZeroLatencyHasNoRegisters) {
    Circuit circuit = testing::random_circuit(RandomStream(5, 3), 30, 3);
    schedule(circuit, {.clock = 1000, .latency = 0});
    EXPECT_EQ(circuit.latency, 0);
    EXPECT_EQ(estimate_cost(circuit).flip_flops, 0);
}

TEST(Schedule, SaysWhatCanBeMet) {
    Circuit circuit = testing::random_circuit(RandomStream(11, 3), 60, 4);
    const auto message = [&](ScheduleOptions options) -> std::string {
        try {
            schedule(circuit, options);
        } catch (const Error& error) {
            return error.what();
        }
        return "no error";
    };
    EXPECT_NE(message({.clock = 3, .latency = 1}).find("cycles can"), std::string::npos) << message({.clock = 3, .latency = 1});
    EXPECT_NE(message({.clock = 0.2}).find("too short"), std::string::npos);
    EXPECT_NE(message({.clock = 3, .latency = 0}).find("0 cycles of 3 ns cannot be met"), std::string::npos) << message({.clock = 3, .latency = 0});
    EXPECT_NE(message({.clock = -1}).find("positive"), std::string::npos);
}

/// Look-ups of one output bit, counted on texts of '0' and '1': what table_cost.cpp does in words.
double counted(const std::string& bit) {
    const auto distinct = [](const std::string& text, std::size_t length) {
        std::set<std::string> pieces;
        for (std::size_t at = 0; at < text.size(); at += length) {
            std::string piece = text.substr(at, length);
            if (piece[0] == '1') std::ranges::transform(piece, piece.begin(), [](char c) { return c == '1' ? '0' : '1'; });
            if (piece.find('1') != std::string::npos) pieces.insert(piece);
        }
        return pieces;
    };
    double lut = 0;
    for (const std::string& chunk : distinct(bit, 64)) {
        int inputs = 0;
        for (std::size_t step = 1; step < 64; step *= 2) {
            bool depends = false;
            for (std::size_t i = 0; i < 64; ++i) depends = depends || chunk[i] != chunk[i ^ step];
            inputs += depends;
        }
        lut += inputs > 1 ? 1 : 0;
    }
    for (std::size_t length = 256; length / 4 < bit.size(); length *= 4) {
        lut += (bit.size() == 128 ? 0.5 : 1) * static_cast<double>(distinct(bit, std::min(length, bit.size())).size());
    }
    return lut;
}

TEST(HardwareCost, TablesAreCountedAsTextsWouldBe) {
    for (std::uint64_t index = 0; index < 60; ++index) {
        RandomStream random(19, index);
        const int width = 6 + static_cast<int>(random.below(7)), bits = 1 + static_cast<int>(random.below(20));
        const double slope = random.uniform(0.1, 4), wave = random.uniform(0.002, 0.2);
        const std::size_t size = std::size_t{1} << width;
        CircuitBuilder builder;
        const auto address = builder.input("a", {width, 0, Sign::without});
        CircuitTable table{.name = "t", .first = 0, .columns = {{"y", "", {}}}};
        const double scale = std::ldexp(0.49, bits);
        std::set<std::string> planes;
        for (std::size_t i = 0; i < size; ++i) table.columns[0].values.push_back(static_cast<std::int64_t>(scale * (1 + std::sin(wave * slope * static_cast<double>(i)))));
        for (int b = 0; b < bits; ++b) {
            std::string plane;
            for (const std::int64_t value : table.columns[0].values) plane += (value >> b) % 2 != 0 ? '1' : '0';
            planes.insert(plane);
        }
        double expected = 0;
        for (const std::string& plane : planes) expected += counted(plane);
        EXPECT_DOUBLE_EQ(table_column_lut(table, 0, builder.node(address)), expected) << "index " << index << ", " << width << " to " << bits << " bits";
    }
}

TEST(HardwareCost, TablesCostWhatTheirBitsNeed) {
    const auto lut_of = [](int width, auto function) {
        CircuitBuilder builder;
        const auto a = builder.input("a", {width, 0, Sign::without});
        CircuitTable table{.name = "t", .first = 0, .columns = {{"y", "", {}}}};
        for (std::int64_t i = 0; i < (std::int64_t{1} << width); ++i) table.columns[0].values.push_back(function(i));
        const auto node = builder.table(builder.add_table(table), 0, a, 0);
        return estimate_lut(builder.circuit(), builder.node(node));
    };
    EXPECT_EQ(lut_of(6, [](std::int64_t) { return std::int64_t{5}; }), 0);            // a constant
    EXPECT_EQ(lut_of(6, [](std::int64_t i) { return i; }), 0);                        // wires
    const double one = lut_of(6, [](std::int64_t i) { return (i * 37 % 64) > 30 ? 1 : 0; });  // one function of six bits
    EXPECT_GT(one, 0.5);
    EXPECT_LE(one, 1);
    const double random_table = lut_of(9, [](std::int64_t i) { return static_cast<std::int64_t>(RandomStream(1, 2, 3, static_cast<std::uint64_t>(i)).below(256)); });
    const double smooth_table = lut_of(9, [](std::int64_t i) { return i * i / 2048; });
    EXPECT_GT(random_table, 45);
    EXPECT_LE(random_table, 8 * 11);
    EXPECT_LT(smooth_table, random_table);
}

}  // namespace
}  // namespace balmer
