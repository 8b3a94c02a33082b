#include <gtest/gtest.h>

#include "balmer/error.hpp"
#include "balmer/lowering.hpp"
#include "hardware/formula_case.hpp"
#include "hardware/tools/firmware_case.hpp"

namespace balmer {
namespace {

using testing::TestFolder;

void expect_all_equal(const Circuit& circuit, std::size_t vectors, const std::string& name, std::vector<std::string> back_ends = {}) {
    const TestFolder folder(name);
    FirmwareFiles files;
    files.valid_bit = circuit.latency % 2 == 1;
    write_firmware(circuit, folder.path(), files);
    VerifyOptions options;
    options.random_vectors = vectors;
    options.netlist_vectors = std::min<std::size_t>(vectors, 5000);
    options.back_ends = std::move(back_ends);
    std::string missing;
    for (const BackEndResult& r : verify_firmware(folder.path(), options).back_ends) {
        if (r.agreement == Agreement::missing) missing += r.detail + "\n";
        else EXPECT_EQ(r.agreement, Agreement::equal) << r.name << ": " << r.differences << " of " << r.vectors << " differ. " << r.detail;
        if (r.agreement == Agreement::equal) EXPECT_GE(r.vectors, options.netlist_vectors) << r.name;
    }
    if (!missing.empty()) GTEST_SKIP() << "not all back ends ran:\n" << missing;
}

// Every process of ctest runs one of them: two at a time.
TEST(BackEnds, AgreeOnARandomCircuitWithoutRegisters) { expect_all_equal(testing::scheduled_circuit(3, 14, 0), 50'000, "ends0"); }
TEST(BackEnds, AgreeOnARandomCircuitOfOneCycle) { expect_all_equal(testing::scheduled_circuit(10, 25, 1), 50'000, "ends1"); }
TEST(BackEnds, AgreeOnARandomCircuitOfThreeCycles) { expect_all_equal(testing::scheduled_circuit(5, 40, 3), 50'000, "ends3"); }

TEST(BackEnds, AgreeOnALoweredRegression) {
    const Model model = testing::model_of({"x^2*y + sin(x)"});
    LoweringOptions options;
    options.input_format = parse_fixed_point("fixed<8,3>");
    options.clock = 3.5;
    options.multipliers = Multiplier::lut;
    options.tolerance = 0.03;
    expect_all_equal(lower(model, testing::table_of(model, 1000, -2, 2, 0.01), options), 50'000, "regression");
}

TEST(BackEnds, AgreeInAFolderWithBlanks) { expect_all_equal(testing::scheduled_circuit(4, 14, 1), 1000, "ends with blanks é"); }

TEST(BackEnds, AgreeOnALoweredDecision) {
    const Model model = testing::model_of({"tanh(x) - y", "x*y", "abs(y)"});
    LoweringOptions options;
    options.outputs = FirmwareOutputs::decision;
    options.input_format = parse_fixed_point("fixed<7,3>");
    options.agreement = 0.95;
    expect_all_equal(lower(model, testing::table_of(model, 1000, -2, 2, 0.01), options), 50'000, "decision");
}

// What needs no simulator, on many circuits.
TEST(BackEnds, SourcesAgreeOnManyRandomCircuits) {
    for (std::uint64_t seed = 20; seed < 24; ++seed)
        expect_all_equal(testing::scheduled_circuit(seed, 10 + static_cast<int>(seed % 5) * 12, static_cast<int>(seed % 3)), 2000, "many" + std::to_string(seed),
                         {"python", "icarus", "ghdl"});
}

TEST(SlowBackEnds, AgreeOnFiftyRandomCircuits) {
    for (std::uint64_t seed = 100; seed < 150; ++seed)
        expect_all_equal(testing::scheduled_circuit(seed, 5 + static_cast<int>(seed - 100) * 3, static_cast<int>(seed % 5)), 1'000'000, "fifty" + std::to_string(seed));
}

}  // namespace
}  // namespace balmer
