#include <gtest/gtest.h>

#include <algorithm>

#include "balmer/hardware_cost.hpp"
#include "balmer/lowering.hpp"
#include "balmer/simulation.hpp"
#include "hardware/formula_case.hpp"
#include "hardware/fractions.hpp"

namespace balmer {
namespace {

using testing::model_of;
using testing::relative_error;
using testing::table_of;

struct WideCase {
    std::vector<std::string> formulas;
    double low, high;
    double allowed = 0.02;  ///< on fresh rows
};

// Arguments of tens to thousands of turns: a table over all of them would need many times the entries of one period.
TEST(Periods, ArgumentsOfManyTurnsLookUpOne) {
    const std::vector<WideCase> cases = {
        {{"sin(1000*x)"}, -2, 2},
        {{"cos(-77*x + 1.3)"}, -2, 2},
        {{"sin(30*x + 40*y - 25*z + 0.4)"}, -2, 1},
        {{"cos(50*x*y + 1)"}, 0, 3},
        {{"sin(40*x^2)"}, -3, 3},
        {{"gauss(0.7*tan(9*x - 0.2))"}, 0, 4},
        {{"exp(-x)*sin(60*x) + 0.1*x"}, 0, 3},
        {{"sin(60*x)*y", "sin(60*x) + 0.5*x", "cos(60*x)^2"}, 0, 3},
        {{"if(sin(50*x) < y, x, cos(50*x))"}, 0, 1, 0.1},
        {{"sin(x)"}, 1000, 5000},
    };
    for (const WideCase& item : cases) {
        Model model = model_of(item.formulas);
        model.task = Task::regression;
        const Table data = table_of(model, 2000, item.low, item.high, 1.0 / 65536), fresh = table_of(model, 4000, item.low, item.high, 1.0 / 65536, 2);
        SCOPED_TRACE(item.formulas[0]);
        const Circuit circuit = lower(model, data, {.tolerance = 0.5 * item.allowed, .rows = 1000});
        validate(circuit);
        const auto expected = predict(model, fresh), found = predict(circuit, fresh);
        for (std::size_t k = 0; k < expected.size(); ++k) EXPECT_LT(relative_error(found[k], expected[k]), item.allowed) << item.formulas[k];
        for (const CircuitTable& table : circuit.tables) EXPECT_LE(table.size(), 1024u) << item.formulas[0];
        // The batched simulation, the interpreter and the wrapped adders agree on the whole range of the ports, beyond the data too.
        RandomStream random(5);
        std::vector<std::vector<std::int64_t>> inputs(circuit.inputs.size()), outputs;
        for (std::size_t row = 0; row < 500; ++row)
            for (std::size_t i = 0; i < inputs.size(); ++i) {
                const FixedPoint format = circuit.inputs[i].format;
                inputs[i].push_back(format.lowest() + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(format.highest() - format.lowest() + 1))));
            }
        Simulation(circuit).run(inputs, outputs);
        for (std::size_t row = 0; row < 500; ++row) {
            std::vector<std::int64_t> words;
            for (const auto& port : inputs) words.push_back(port[row]);
            const auto slow = interpret(circuit, words);
            for (std::size_t k = 0; k < slow.size(); ++k) ASSERT_EQ(outputs[k][row], slow[k]) << item.formulas[0];
        }
    }
}

// A quarter of a turn at 2^-3: the multiplication by 2/pi and the wrap are exact where the word counts turns already.
TEST(Periods, WordsThatCountTurnsNeedNoAdder) {
    const Model model = model_of({"sin(6.283185307179586*x)"});
    const Circuit circuit = lower(model, table_of(model, 2000, -100, 100, 1.0 / 256), {.input_format = FixedPoint{16, 8, Sign::with}, .tolerance = 0.01, .rows = 1000});
    const auto is_adder = [](const CircuitNode& node) { return node.op == CircuitOp::add || node.op == CircuitOp::multiply; };
    EXPECT_TRUE(std::ranges::none_of(circuit.nodes, is_adder));
    EXPECT_LT(estimate_cost(circuit).lut, 60);
}

// Below two turns the whole range is one table.
TEST(Periods, NarrowArgumentsStayOneTable) {
    const Model model = model_of({"sin(1.5*x)"});
    const Circuit circuit = lower(model, table_of(model, 2000, -2, 2, 1.0 / 256), {.tolerance = 0.01, .rows = 1000});
    EXPECT_TRUE(std::ranges::none_of(circuit.nodes, [](const CircuitNode& node) { return node.op == CircuitOp::wrap && node.low == 0; }));
}

TEST(Periods, FractionsAddUpModuloOne) {
    RandomStream random(3);
    for (int round = 0; round < 40; ++round) {
        CircuitBuilder builder("sum");
        const FixedPoint port{.width = 9, .fraction = 5, .sign = Sign::with};
        const std::uint32_t x = builder.input("x", port, Rounding::nearest, Overflow::saturate), y = builder.input("y", port, Rounding::nearest, Overflow::saturate);
        std::vector<Summand> form;
        std::vector<double> factors(2, 0);
        for (int digit = 0; digit < 5; ++digit) {
            const int of = static_cast<int>(random.below(2)), shift = static_cast<int>(random.below(9)) - 4, sign = random.below(2) == 0 ? 1 : -1;
            form.push_back({of == 0 ? x : y, shift, sign});
            factors[static_cast<std::size_t>(of)] += sign * std::ldexp(1.0, shift);
        }
        constexpr int fraction = 9;  // the finest bit of any summand: nothing is rounded
        const Fractions sum = add_fractions(builder, form, fraction, "sum");
        EXPECT_EQ(sum.bias, 0);
        builder.output("y", sum.node, builder.node(sum.node).format(), "");
        const Circuit circuit = builder.finish();
        for (int i = 0; i < 50; ++i) {
            const std::vector<std::int64_t> words = {static_cast<std::int64_t>(random.below(512)) - 256, static_cast<std::int64_t>(random.below(512)) - 256};
            const double exact = factors[0] * std::ldexp(static_cast<double>(words[0]), -5) + factors[1] * std::ldexp(static_cast<double>(words[1]), -5);
            EXPECT_EQ(std::ldexp(static_cast<double>(interpret(circuit, words)[0]), -circuit.outputs[0].format.fraction), exact - std::floor(exact));
        }
    }
}

}  // namespace
}  // namespace balmer
