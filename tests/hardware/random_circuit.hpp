#pragma once

#include "balmer/circuit_builder.hpp"
#include "balmer/random.hpp"

namespace balmer::testing {

/// A circuit of about `size` nodes with every kind of operation, `ports` inputs and some outputs, the same for the same stream.
inline Circuit random_circuit(RandomStream random, int size, int ports) {
    CircuitBuilder builder("random_circuit");
    std::vector<std::uint32_t> pool;
    for (int i = 0; i < ports; ++i) {
        const FixedPoint format{.width = 1 + static_cast<int>(random.below(10)), .fraction = static_cast<int>(random.below(12)) - 3,
                                .sign = random.chance(0.7) ? Sign::with : Sign::without};
        pool.push_back(builder.input("x" + std::to_string(i), format));
    }
    pool.push_back(builder.constant(static_cast<std::int64_t>(random.below(200)) - 100, static_cast<int>(random.below(6))));
    const auto narrow = [&](std::uint32_t a) {  // keeps widths where products and tables stay legal
        const int excess = builder.node(a).format().width - 9;
        if (excess <= 0) {
            return a;
        }
        const auto rounding = random.chance(0.5) ? Rounding::floor : Rounding::nearest;
        const std::uint32_t shorter = builder.with_fraction(a, builder.node(a).fraction - excess, rounding);
        return random.chance(0.5) ? builder.saturate(shorter, -100, 120) : builder.wrap(shorter, 7, random.chance(0.5) ? Sign::with : Sign::without);
    };
    const auto near = [&](std::uint32_t a, std::uint32_t b) {  // the second operand with a point close to the first's
        const int distance = builder.node(b).fraction - builder.node(a).fraction;
        return distance > 6 || distance < -6 ? builder.reread(b, builder.node(a).fraction) : b;
    };
    for (int step = 0; step < size; ++step) {
        const auto pick = [&] { return narrow(pool[random.below(pool.size())]); };
        const std::uint32_t a = pick();
        const std::uint32_t b = near(a, pick());
        switch (random.below(8)) {
            case 0: pool.push_back(builder.add(a, b)); break;
            case 1: pool.push_back(builder.subtract(a, b)); break;
            case 2: pool.push_back(builder.multiply(a, random.chance(0.3) ? a : b)); break;
            case 3: {
                CircuitTable table{.name = "t", .first = builder.node(a).low, .columns = {{"y", "random", {}}, {"z", "random", {}}}};
                for (auto address = builder.node(a).low; address <= builder.node(a).high; ++address) {
                    table.columns[0].values.push_back(static_cast<std::int64_t>(random.below(64)) - 20);
                    table.columns[1].values.push_back(static_cast<std::int64_t>(random.below(16)));
                }
                const std::uint32_t index = builder.add_table(std::move(table));
                pool.push_back(builder.table(index, 0, a, 3));
                pool.push_back(builder.table(index, 1, a, 2));
                break;
            }
            case 4: pool.push_back(builder.compare(random.chance(0.5) ? CircuitOp::less : CircuitOp::less_equal, a, b)); break;
            case 5: pool.push_back(builder.compare(CircuitOp::equal, a, b)); break;
            case 6: pool.push_back(builder.select(builder.compare(CircuitOp::less, a, b), a, b)); break;
            default: pool.push_back(builder.with_fraction(a, builder.node(a).fraction - 2, Rounding::nearest)); break;
        }
    }
    const std::size_t outputs = 1 + random.below(3);
    for (std::size_t k = 0; k < outputs; ++k) {
        const std::uint32_t node = pool[pool.size() - 1 - k];
        builder.output("y" + std::to_string(k), node, builder.node(node).format());
    }
    return builder.finish();
}

/// Integers at the inputs: corners with some probability, else uniform.
inline std::vector<std::int64_t> random_inputs(const Circuit& circuit, RandomStream& random) {
    std::vector<std::int64_t> inputs;
    for (const InputPort& port : circuit.inputs) {
        const std::int64_t low = port.format.lowest(), high = port.format.highest();
        const double kind = random.uniform();
        inputs.push_back(kind < 0.1 ? low : kind < 0.2 ? high : low + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(high - low) + 1)));
    }
    return inputs;
}

}  // namespace balmer::testing
