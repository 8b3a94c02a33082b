#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "balmer/circuit.hpp"
#include "balmer/circuit_builder.hpp"
#include "balmer/error.hpp"
#include "hardware/message_of.hpp"
#include "hardware/random_circuit.hpp"

namespace balmer {
namespace {

using testing::message_of;

TEST(FixedPoint, IsReadAndWritten) {
    EXPECT_EQ(parse_fixed_point("fixed<8,4>"), (FixedPoint{8, 4, Sign::with}));
    EXPECT_EQ(parse_fixed_point("ap_ufixed< 6 , 0 >"), (FixedPoint{6, 6, Sign::without}));
    EXPECT_EQ(parse_fixed_point("uint<12>"), (FixedPoint{12, 0, Sign::without}));
    EXPECT_EQ(parse_fixed_point("fixed<4,7>").fraction, -3);
    for (const char* text : {"fixed<8,4>", "ufixed<3,-2>", "fixed<60,60>"}) {
        EXPECT_EQ(to_string(parse_fixed_point(text)), text);
    }
    for (const char* text : {"", "fixed", "fixed<8>", "int<4,2>", "fixed<0,0>", "fixed<61,4>", "float<8,4>", "fixed<a,4>", "fixed<8,4"}) {
        EXPECT_NE(message_of([&] { parse_fixed_point(text); }).find("fixed<8,4>"), std::string::npos) << text;
    }
}

TEST(FixedPoint, HoldsWhatItsIntervalNeeds) {
    EXPECT_EQ(format_for(0, 0, 0), (FixedPoint{1, 0, Sign::without}));
    EXPECT_EQ(format_for(-1, 0, 0), (FixedPoint{1, 0, Sign::with}));
    EXPECT_EQ(format_for(-128, 127, 3), (FixedPoint{8, 3, Sign::with}));
    EXPECT_EQ(format_for(-128, 128, 3), (FixedPoint{9, 3, Sign::with}));
    EXPECT_EQ(format_for(3, 255, 0), (FixedPoint{8, 0, Sign::without}));
}

TEST(FixedPoint, QuantizesByItsRules) {
    const FixedPoint format{8, 4, Sign::with};
    EXPECT_EQ(quantize(1.03125, format, Rounding::nearest, Overflow::saturate), 17);  // 16.5, a tie
    EXPECT_EQ(quantize(-1.03125, format, Rounding::nearest, Overflow::saturate), -16);
    EXPECT_EQ(quantize(-1.03125, format, Rounding::floor, Overflow::saturate), -17);
    EXPECT_EQ(quantize(100, format, Rounding::nearest, Overflow::saturate), 127);
    EXPECT_EQ(quantize(-1e300, format, Rounding::nearest, Overflow::saturate), -128);
    EXPECT_EQ(quantize(8, format, Rounding::nearest, Overflow::wrap), -128);
    EXPECT_EQ(quantize(-8.0625, format, Rounding::nearest, Overflow::wrap), 127);
    EXPECT_EQ(quantize(std::nan(""), format, Rounding::nearest, Overflow::wrap), 0);
}

TEST(Circuit, EveryOperationDoesWhatThePageSays) {
    CircuitBuilder builder;
    const auto a = builder.input("a", {6, 2, Sign::with});
    const auto b = builder.input("b", {4, 0, Sign::without});
    const auto values = [&](std::uint32_t node, std::int64_t x, std::int64_t y) {
        return interpret_nodes(builder.circuit(), std::vector{x, y})[node];
    };
    EXPECT_EQ(values(builder.add(a, b), -7, 5), -7 + 5 * 4);
    EXPECT_EQ(values(builder.subtract(b, a), -7, 5), 5 * 4 + 7);
    EXPECT_EQ(values(builder.multiply(a, b), -7, 5), -35);
    EXPECT_EQ(values(builder.saturate(a, -4, 4), -7, 0), -4);
    EXPECT_EQ(values(builder.wrap(a, 3, Sign::with), -7, 0), 1);
    EXPECT_EQ(values(builder.wrap(a, 3, Sign::without), -1, 0), 7);
    EXPECT_EQ(values(builder.with_fraction(a, 1, Rounding::floor), -7, 0), -4);
    EXPECT_EQ(values(builder.with_fraction(a, 1, Rounding::nearest), -7, 0), -3);
    EXPECT_EQ(values(builder.with_fraction(a, 5, Rounding::nearest), -7, 0), -56);
    EXPECT_EQ(values(builder.reread(a, 9), -7, 0), -7);
    EXPECT_EQ(values(builder.compare(CircuitOp::less, a, b), 19, 5), 1);
    EXPECT_EQ(values(builder.compare(CircuitOp::less, a, b), 20, 5), 0);
    EXPECT_EQ(values(builder.compare(CircuitOp::less_equal, a, b), 20, 5), 1);
    EXPECT_EQ(values(builder.compare(CircuitOp::equal, a, b), 20, 5), 1);
    EXPECT_EQ(values(builder.select(builder.compare(CircuitOp::less, a, b), a, b), 19, 5), 19);
    EXPECT_EQ(values(builder.select(builder.compare(CircuitOp::less, a, b), a, b), 31, 5), 20);
}

TEST(Circuit, EqualNodesAreMergedAndNamesAreLegal) {
    CircuitBuilder builder("my module");
    const auto a = builder.input("reg", {4, 0, Sign::with});
    const auto b = builder.input("pt (GeV)", {4, 0, Sign::with});
    EXPECT_EQ(builder.add(a, b), builder.add(b, a));
    EXPECT_NE(builder.subtract(a, b), builder.subtract(b, a));
    builder.output("REG_VALUE", builder.add(a, b), {5, 0, Sign::with});
    const Circuit circuit = builder.finish();
    EXPECT_EQ(circuit.name, "my_module");
    EXPECT_EQ(circuit.inputs[0].name, "reg_value");
    EXPECT_EQ(circuit.inputs[1].name, "pt_GeV");
    EXPECT_EQ(circuit.inputs[1].column, "pt (GeV)");
    EXPECT_EQ(circuit.outputs[0].name, "REG_VALUE_2");
    EXPECT_EQ(circuit.nodes.size(), 3u);
    validate(circuit);
}

TEST(Circuit, JsonReadsBackToTheSameCircuit) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        const Circuit circuit = testing::random_circuit(RandomStream(seed), 20, 3);
        const std::string text = to_json(circuit);
        EXPECT_EQ(circuit_from_json(text, "test.json"), circuit) << seed;
        EXPECT_EQ(to_json(circuit_from_json(text, "test.json")), text);
    }
}

TEST(Circuit, ExampleOfThePageIsRead) {
    std::ifstream page(std::string(BALMER_SOURCE_DIR) + "/docs/specs/circuit.md");
    const std::string text{std::istreambuf_iterator<char>(page), std::istreambuf_iterator<char>()};
    const auto begin = text.find("```json\n") + 8;
    const Circuit circuit = circuit_from_json(text.substr(begin, text.find("```", begin) - begin), "circuit.md");
    EXPECT_EQ(interpret(circuit, std::vector<std::int64_t>{7}), std::vector<std::int64_t>{9});
    EXPECT_EQ(interpret(circuit, std::vector<std::int64_t>{-8}), std::vector<std::int64_t>{-8});
}

TEST(Circuit, ReaderSaysWhatIsWrong) {
    const std::string text = to_json(testing::random_circuit(RandomStream(3), 12, 2));
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string changed = text;
        const auto at = changed.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        changed.replace(at, from.size(), to);
        return message_of([&] { circuit_from_json(changed, "test.json"); });
    };
    EXPECT_NE(with("\"balmer_circuit\": 1", "\"balmer_circuit\": 9").find("version 9"), std::string::npos);
    EXPECT_NE(with("\"op\": \"input\"", "\"op\": \"inptu\"").find("Did you mean 'input'"), std::string::npos);
    EXPECT_NE(with("\"stage\": 0", "\"stage\": 1").find("outside 0 ... 0"), std::string::npos);
    EXPECT_NE(with("\"name\": \"random_circuit\"", "\"name\": \"module\"").find("keyword"), std::string::npos);
    EXPECT_NE(with("\"interval\": [", "\"interval\": [-999, ").find("two ends"), std::string::npos);
    EXPECT_NE(message_of([] { circuit_from_json("{}", "test.json"); }).find("this is not a circuit"), std::string::npos);
    EXPECT_NE(message_of([] { load_circuit("/nowhere/circuit.json"); }).find("/nowhere/circuit.json"), std::string::npos);
}

TEST(Circuit, IntervalsAreWhatTheRulesGive) {
    Circuit circuit = testing::random_circuit(RandomStream(3), 12, 2);
    validate(circuit);
    for (CircuitNode& node : circuit.nodes) {
        if (node.op != CircuitOp::input && node.op != CircuitOp::constant) {
            node.high += 1;
            EXPECT_NE(message_of([&] { validate(circuit); }).find(node.name), std::string::npos);
            node.high -= 1;
        }
    }
}

TEST(Circuit, InnerValuesBeyondTheLimitAreRefused) {
    CircuitBuilder builder;
    auto a = builder.input("a", {32, 0, Sign::with});
    EXPECT_NE(message_of([&] { builder.multiply(a, a); }).find("60 bits"), std::string::npos);
}

TEST(Circuit, RegistersFollowTheStages) {
    CircuitBuilder builder;
    const auto a = builder.input("a", {4, 0, Sign::with});
    const auto sum = builder.add(a, builder.constant(3, 0));
    const auto product = builder.multiply(sum, a);
    builder.output("y", product, {10, 0, Sign::with});
    Circuit circuit = builder.finish();
    EXPECT_EQ(register_ranks(circuit), (std::vector{0, 0, 0, 0}));
    circuit.latency = 3;
    circuit.nodes[2].stage = 1;
    circuit.nodes[3].stage = 2;
    validate(circuit);
    EXPECT_EQ(register_ranks(circuit), (std::vector{2, 0, 1, 1}));
    circuit.nodes[3].stage = 0;
    EXPECT_NE(message_of([&] { validate(circuit); }).find("in stage 1"), std::string::npos);
}

TEST(Circuit, SecondInterpreterAgrees) {
    if (std::system("python3 -c '' 2>/dev/null") != 0) {
        GTEST_SKIP() << "no python3 for the second interpreter";
    }
    const auto folder = std::filesystem::temp_directory_path() / ("balmer_circuit_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        const Circuit circuit = testing::random_circuit(RandomStream(seed, 1), 60, 4);
        save(circuit, folder / "circuit.json");
        RandomStream random(seed, 2);
        std::ofstream inputs(folder / "inputs");
        std::ostringstream expected;
        for (int row = 0; row < 500; ++row) {
            const auto line = testing::random_inputs(circuit, random);
            for (const auto x : line) inputs << x << ' ';
            inputs << '\n';
            const auto outputs = interpret(circuit, line);
            for (std::size_t k = 0; k < outputs.size(); ++k) expected << (k ? " " : "") << outputs[k];
            expected << '\n';
        }
        inputs.close();
        const std::string command = "python3 " BALMER_SOURCE_DIR "/tests/hardware/circuit_reference.py " + (folder / "circuit.json").string() +
                                    " < " + (folder / "inputs").string() + " > " + (folder / "outputs").string();
        ASSERT_EQ(std::system(command.c_str()), 0);
        std::ifstream outputs(folder / "outputs");
        EXPECT_EQ(std::string(std::istreambuf_iterator<char>(outputs), {}), expected.str()) << "seed " << seed;
    }
    std::filesystem::remove_all(folder);
}

TEST(CircuitBuilder, WithoutNamesMakesTheSameCircuit) {
    const auto made = [](Naming naming) {
        CircuitBuilder builder("plain", naming);
        const auto a = builder.input("a", {6, 2, Sign::with}), b = builder.input("b", {5, 0, Sign::with});
        CircuitTable table{.name = "t", .first = -32, .columns = {{"y", "a square", {}}}};
        for (std::int64_t v = -32; v < 32; ++v) table.columns[0].values.push_back(v * v);
        const auto square = builder.table(builder.add_table(std::move(table)), 0, a, 4, "square");
        builder.output("y", builder.add(square, builder.multiply(a, b, "both"), "sum"), {14, 4, Sign::with});
        return builder.finish();
    };
    Circuit named = made(Naming::unique);
    const Circuit plain = made(Naming::none);
    EXPECT_EQ(named.nodes.back().name, "sum");
    EXPECT_EQ(plain.nodes.back().name, "");
    named.name = named.tables[0].name = named.tables[0].columns[0].name = "";
    for (auto& node : named.nodes) node.name = "";
    for (auto& port : named.inputs) port.name = "";
    for (auto& port : named.outputs) port.name = "";
    EXPECT_EQ(named, plain);
}

}  // namespace
}  // namespace balmer
