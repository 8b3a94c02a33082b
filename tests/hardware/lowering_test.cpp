#include "balmer/lowering.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <ranges>

#include "balmer/error.hpp"
#include "balmer/hardware_cost.hpp"
#include "hardware/formula_case.hpp"
#include "hardware/message_of.hpp"
#include "hardware/table_entries.hpp"

namespace balmer {
namespace {

using testing::message_of;
using testing::model_of;
using testing::relative_error;
using testing::table_of;

struct Case {
    const char* formula;
    double low, high;
    double allowed = 0.03;  ///< on fresh rows; a jump makes rows near it rare and costly
};

/// A column of a table, replaced.
Table with_column(Table table, std::size_t column, const std::function<double(double)>& change) {
    std::vector<double> values;
    for (const double x : table.numeric[column].values()) values.push_back(change(x));
    table.numeric[column] = Column(table.numeric[column].name(), std::move(values));
    return table;
}

TEST(Lowering, KeepsTheToleranceForEveryKindOfOperator) {
    const std::vector<Case> cases = {
        {"0.3*sin(2*x) + 0.1", -3, 3},
        {"x*y - 0.4*z", -4, 4},
        {"exp(-0.5*(x + 0.3*y)^2) + 0.2*tanh(x)", -3, 3},
        {"x/(y + 3)", -2, 2},
        {"sqrt(x*x + y*y)", 1, 4},
        {"hypot(x, y)", 1, 4},
        {"atan2(y, x)", 0.5, 4},
        {"x^y", 0.5, 2},
        {"max(x, y) - min(x, 0.5*z)", -4, 4},
        {"if(x < y, sin(x), y*z)", -3, 3, 0.08},
        {"abs(x - y) + relu(x + z)", -4, 4},
        {"(x - 0.2)*(y + log(abs(z) + 1))", -4, 4},
        {"0.5*x", -4, 4},
        {"-3*x + 7", -4, 4},
        {"x*x*x - y", -2, 2},
    };
    for (const Case& item : cases) {
        const Model model = model_of({item.formula});
        const Table data = table_of(model, 2000, item.low, item.high, 1.0 / 256);
        const LoweringOptions options{.input_format = FixedPoint{12, 8, Sign::with}, .tolerance = 0.02, .rows = 1000};
        Circuit circuit;
        try {
            circuit = lower(model, data, options);
        } catch (const Error& error) {
            ADD_FAILURE() << item.formula << ": " << error.what();
            continue;
        }
        validate(circuit);
        const Table fresh = table_of(model, 4000, item.low, item.high, 1.0 / 256, 2);
        EXPECT_LT(relative_error(predict(circuit, fresh)[0], predict(model, fresh)[0]), item.allowed) << item.formula;
    }
}

TEST(Lowering, OneVariableBecomesOneTable) {
    const Model model = model_of({"0.25 + 0.5*tanh(0.6*x - 0.2)*exp(-x^2) + 0.1*x"});
    const Circuit circuit = lower(model, table_of(model, 1000, -2, 2, 1.0 / 16), {.input_format = FixedPoint{6, 4, Sign::with}});
    ASSERT_EQ(circuit.tables.size(), 1u);
    for (const CircuitNode& node : circuit.nodes) {
        EXPECT_TRUE(node.op == CircuitOp::input || node.op == CircuitOp::table || node.op == CircuitOp::round || node.op == CircuitOp::saturate);
    }
    // Every address: the exactly rounded formula.
    const int fraction = circuit.outputs[0].format.fraction;
    Table all = table_of(model, 64, 0, 1, 1);
    std::vector<double> x;
    for (int i = -32; i < 32; ++i) x.push_back(i / 16.0);
    all.numeric[0] = Column("x", x);
    const auto exact = predict(model, all)[0], ours = predict(circuit, all)[0];
    for (std::size_t i = 0; i < x.size(); ++i) {
        EXPECT_LE(std::fabs(exact[i] - ours[i]), std::ldexp(0.5, -fraction) + 0.01) << x[i];
    }
}

TEST(Lowering, ClassesAgreeAndTheDecisionIsTheLargestScore) {
    const Model model = model_of({"sin(x) + 0.3*y", "x*y - 0.2", "0.5*tanh(x - 0.7*z)", "0.1*z"});
    const Table data = table_of(model, 3000, -3, 3, 1.0 / 16);
    LoweringOptions options{.input_format = FixedPoint{8, 4, Sign::with}, .agreement = 0.95, .rows = 2000};
    const Circuit circuit = lower(model, data, options);
    EXPECT_GE(measure_quality(circuit, model, data, options).agreement, 0.93);
    options.outputs = FirmwareOutputs::decision;
    const Circuit decision = lower(model, data, options);
    ASSERT_EQ(decision.outputs.size(), 1u);
    EXPECT_EQ(decision.outputs[0].kind, OutputKind::class_code);
    const auto codes = predict(decision, data)[0];
    const auto winners = classify(model, predict(model, data));
    std::size_t same = 0;
    for (std::size_t row = 0; row < codes.size(); ++row) same += codes[row] == winners[row] ? 1 : 0;
    EXPECT_GE(static_cast<double>(same), 0.93 * static_cast<double>(codes.size()));
}

TEST(Lowering, RawWordsAreStandardisedInside) {
    const Model model = model_of({"tanh(x) + 0.2*x*y"});
    Table words = table_of(model, 2000, 0, 4000, 1);
    LoweringOptions options{.input_format = FixedPoint{12, 0, Sign::without}, .tolerance = 0.02, .rows = 1000};
    options.standardisation = {{"x", {2000, 800}}, {"y", {1900, 700}}};
    const Circuit circuit = lower(model, words, options);
    Table standardised = words;
    for (Column& column : standardised.numeric) {
        const Standardisation s = options.standardisation.at(column.name());
        std::vector<double> values;
        for (const double word : column.values()) values.push_back((word - s.mean) / s.scale);
        column = Column(column.name(), values);
    }
    EXPECT_LT(relative_error(predict(circuit, words)[0], predict(model, standardised)[0]), 0.03);
    EXPECT_EQ(circuit.inputs[0].format, (FixedPoint{12, 0, Sign::without}));
}

// A switch is one bit wide, and what it switches goes through gates, not through a multiplier.
TEST(Lowering, ATableOfZeroAndOneIsOneBitWide) {
    const Model model = model_of({"if(x > 0.3, 1, 0)*(y + 0.2*z)"});
    const Table data = table_of(model, 1000, -2, 2, 1.0 / 64);
    const Circuit circuit = lower(model, data, {.tolerance = 0.02});
    const auto product = std::ranges::find(circuit.nodes, CircuitOp::multiply, &CircuitNode::op);
    ASSERT_NE(product, circuit.nodes.end());
    const auto width = [&](std::size_t k) { return circuit.nodes[product->operands[k]].format().width; };
    EXPECT_EQ(std::min(width(0), width(1)), 1);
    EXPECT_EQ(estimate_cost(circuit).dsp, 0);
    EXPECT_LE(measure_quality(circuit, model, data, {}).error, 0.022);
}

// cosh of a difference needs the table of one sign, a cosine that of half a turn.
TEST(Lowering, TablesThatAreTheirOwnMirrorAreFolded) {
    const Model model = model_of({"u*(cosh(0.011*(v - w)) - cos(0.0109083*(x - y)))"});
    Table data = table_of(model, 3000, 0, 256, 1);
    for (const char* name : {"x", "y"}) data = with_column(data, *data.find_numeric(name), [](double x) { return std::floor(2.2 * x); });
    LoweringOptions options{.tolerance = 0.002};
    const Circuit circuit = lower(model, data, options);
    EXPECT_LE(measure_quality(circuit, model, data, options).error, 0.0022);
    const auto count_named = [&](const char* part) { return std::ranges::count_if(circuit.nodes, [&](const CircuitNode& node) { return node.name.find(part) != std::string::npos; }); };
    EXPECT_GE(count_named("_folded"), 2) << to_json(circuit);
}

TEST(TableEntries, MirrorsAreFound) {
    const auto entries = [](std::int64_t first, std::int64_t last, auto function) {
        std::vector<double> values;
        for (std::int64_t a = first; a <= last; ++a) values.push_back(function(static_cast<double>(a)));
        return values;
    };
    const auto even = [](double a) { return std::cosh(0.02 * a); };
    const auto about_zero = mirror_of(entries(-100, 63, even), -100, 1e-3);
    ASSERT_TRUE(about_zero.has_value());
    EXPECT_EQ(about_zero->sum, 0);
    EXPECT_FALSE(about_zero->keeps_upper) << "the longer side stays";
    EXPECT_EQ(about_zero->low, -100);
    EXPECT_EQ(about_zero->high, 0);
    const auto between = mirror_of(entries(-100, 120, [&](double a) { return even(a + 0.5); }), -100, 1e-3);  // about -1/2
    ASSERT_TRUE(between.has_value());
    EXPECT_EQ(between->sum, -1);
    EXPECT_TRUE(between->keeps_upper);
    EXPECT_EQ(between->low, 0);
    EXPECT_EQ(between->high, 120);
    EXPECT_FALSE(mirror_of(entries(-100, 100, [](double a) { return std::tanh(0.05 * a); }), -100, 1e-3).has_value());
    EXPECT_FALSE(mirror_of(entries(-10, 200, even), -10, 1e-3).has_value()) << "too little is saved";
    for (const auto* mirror : {&*about_zero, &*between}) {
        for (std::int64_t a = mirror->low; a <= mirror->high; ++a) EXPECT_NEAR(even(static_cast<double>(a) + (mirror->sum != 0 ? 0.5 : 0)), even(static_cast<double>(mirror->sum - a) + (mirror->sum != 0 ? 0.5 : 0)), 1e-9);
    }
}

TEST(Lowering, RowsOfTheLargestValuesAreSearchedToo) {
    const Model model = model_of({"x*y"});
    Table data = table_of(model, 20000, 0, 4, 1.0 / 64);
    std::size_t row = 0;
    data = with_column(data, 0, [&](double x) { return row++ == 7777 ? 200 : x; });  // one row in twenty thousand: a third of the squares
    const Circuit circuit = lower(model, data, {.tolerance = 0.01, .rows = 1000});
    EXPECT_LE(measure_quality(circuit, model, data, {}).error, 0.011);
}

TEST(Lowering, WideArgumentsAreInterpolated) {
    const Model model = model_of({"exp(-x) + 0.1*sqrt(x + 0.5)"});
    const Table data = table_of(model, 2000, 0, 4, 1.0 / 4096);
    const Circuit circuit = lower(model, data, {.input_format = FixedPoint{16, 12, Sign::with}, .tolerance = 2e-4, .multipliers = Multiplier::lut, .rows = 1000});
    const Table fresh = table_of(model, 4000, 0, 4, 1.0 / 4096, 2);
    EXPECT_LT(relative_error(predict(circuit, fresh)[0], predict(model, fresh)[0]), 3e-4);
    std::size_t products = 0;
    for (const CircuitNode& node : circuit.nodes) products += node.op == CircuitOp::multiply ? 1 : 0;
    EXPECT_GE(products, 1u);
    for (const CircuitTable& table : circuit.tables) EXPECT_LE(table.size(), 4096u);
}

TEST(Lowering, OutputFormatIsKept) {
    const Model model = model_of({"x*y + 3"});
    LoweringOptions options{.input_format = FixedPoint{8, 4, Sign::with}, .tolerance = 0.05};
    options.output_format = FixedPoint{6, 1, Sign::with};
    const Circuit circuit = lower(model, table_of(model, 1000, -4, 4, 1.0 / 16), options);
    EXPECT_EQ(circuit.outputs[0].format, *options.output_format);
    validate(circuit);
}

TEST(Lowering, IsTheSameEveryTime) {
    const Model model = model_of({"sin(x - 0.3*y) + 0.2*z", "x*y", "0.4*z*exp(-x^2)"});
    const Table data = table_of(model, 1500, -3, 3, 1.0 / 16);
    const LoweringOptions options{.input_format = FixedPoint{8, 4, Sign::with}, .agreement = 0.95};
    EXPECT_EQ(to_json(lower(model, data, options)), to_json(lower(model, data, options)));
}

TEST(Lowering, SaysWhatIsWrong) {
    const Model model = model_of({"sin(x)*y"});
    const Table data = table_of(model, 500, -3, 3, 1.0 / 16);
    const std::string narrow = message_of([&] { lower(model, data, {.input_format = FixedPoint{4, 3, Sign::with}}); });
    EXPECT_NE(narrow.find("of 500 rows lie beyond"), std::string::npos) << narrow;
    const std::string coarse = message_of([&] { lower(model, data, {.input_format = FixedPoint{4, 1, Sign::with}, .tolerance = 0.001}); });
    EXPECT_NE(coarse.find("more bits after the binary point"), std::string::npos) << coarse;
    const std::string late = message_of([&] { lower(model, data, {.input_format = FixedPoint{8, 4, Sign::with}, .clock = 1.2, .latency = 1, .multipliers = Multiplier::lut}); });
    EXPECT_NE(late.find("cycles"), std::string::npos) << late;
    Table other = data;
    other.numeric[1] = other.numeric[1].with_name("z");
    EXPECT_NE(message_of([&] { lower(model, other, {}); }).find("no column 'y'"), std::string::npos);
    Table empty = table_of(model, 0, 0, 1, 1);
    EXPECT_NE(message_of([&] { lower(model, empty, {}); }).find("no rows"), std::string::npos);
    EXPECT_NE(message_of([&] { lower(model_of({"2 + 3"}), data, {}); }).find("reads no column"), std::string::npos);
    const std::string infinite = message_of([&] { lower(model_of({"x + 1/(2 - 2)"}), data, {}); });
    EXPECT_NE(infinite.find("no finite value"), std::string::npos) << infinite;
}

TEST(Lowering, OpenPortsHoldEveryRow) {
    const Model model = model_of({"x*y - 0.4*z"});
    Table data = table_of(model, 1500, -4, 4, 1.0 / 4096);
    data = with_column(data, 0, [](double x) { return 300 * std::exp(x); });  // 5 ... 16,000: a long tail
    data = with_column(data, 1, [](double y) { return 0.001 * y; });
    data = with_column(data, 2, [](double z) { return std::floor(10 * z); });
    const Circuit circuit = lower(model, data, {.tolerance = 0.02, .rows = 1000});
    for (const InputPort& port : circuit.inputs) {
        const auto values = data.numeric[*data.find_numeric(port.column)].values();
        const auto [low, high] = std::ranges::minmax(values);
        EXPECT_LE(high, port.format.step() * (static_cast<double>(port.format.highest()) + 0.5)) << port.name;
        EXPECT_GE(low, port.format.step() * (static_cast<double>(port.format.lowest()) - 0.5)) << port.name;
        EXPECT_LE(port.format.width, 24) << port.name;
    }
    EXPECT_EQ(circuit.inputs[0].format.sign, Sign::without);
    EXPECT_EQ(circuit.inputs[2].format.fraction, 0) << "whole numbers stay whole";
    EXPECT_LE(measure_quality(circuit, model, data, {}).error, 0.025);
    // What is given stays; the rest is chosen.
    LoweringOptions partly{.tolerance = 0.05, .rows = 1000};
    partly.input_formats["x"] = FixedPoint{20, 4, Sign::without};
    EXPECT_EQ(lower(model, data, partly).inputs[0].format, (FixedPoint{20, 4, Sign::without}));
}

TEST(Lowering, FormulasWithALongTailReachTheTolerance) {
    const Model model = model_of({"sqrt(2*a*b*(cosh(c - d) - cos(c + d)) + 0.05)"});
    Table data = table_of(model, 3000, -2, 2, 1.0 / 65536);
    data = with_column(data, 0, [](double x) { return 8 * std::exp(1.5 * x); });
    data = with_column(data, 1, [](double x) { return 8 * std::exp(1.2 * x); });
    const Circuit circuit = lower(model, data, {.tolerance = 0.01, .rows = 1500});
    EXPECT_LE(measure_quality(circuit, model, data, {}).error, 0.0125);
    EXPECT_TRUE(circuit.notes.empty()) << circuit.notes[0];
}

TEST(Lowering, SaysHowManyRowsSaturate) {
    const Model model = model_of({"x + 0.5*y"});
    Table data = table_of(model, 1000, -3, 3, 1.0 / 16);
    int row = 0;
    data = with_column(data, 0, [&](double x) { return row++ % 50 == 0 ? 100 : x; });
    const std::string note = lower(model, data, {.input_format = FixedPoint{10, 6, Sign::with}, .tolerance = 0.98}).notes.at(0);
    EXPECT_EQ(note, "x: 20 of 1000 rows lie beyond fixed<10,4> (-8 ... 7.98438); 8 integer bits hold them all: fixed<14,8>; they saturate");
    const std::string lost = message_of([&] { lower(model, data, {.input_format = FixedPoint{10, 6, Sign::with}, .tolerance = 0.01}); });
    EXPECT_NE(lost.find("more integer bits (x: 20 of 1000 rows"), std::string::npos) << lost;
}

TEST(Lowering, SaysWhatTheOutputFormatLoses) {
    const Model model = model_of({"x + 0.5*y"});
    const Table data = table_of(model, 1000, -3, 3, 1.0 / 16);
    const std::string lost = message_of([&] { lower(model, data, {.output_format = FixedPoint{6, 4, Sign::with}}); });
    EXPECT_NE(lost.find("(--output-format): output "), std::string::npos) << lost;
    EXPECT_NE(lost.find("rows lie beyond fixed<6,2> (-2 ... 1.9375); 4 integer bits hold them all: fixed<8,4>"), std::string::npos) << lost;
}

TEST(Lowering, RefusesDecisionsThatNeverChange) {
    const Model model = model_of({"x + 0.5*y"});
    const Table data = table_of(model, 500, -3, 3, 1.0 / 16);
    const auto message = [&](double threshold) { return message_of([&] { lower(model, data, {.outputs = FirmwareOutputs::decision, .threshold = threshold}); }); };
    EXPECT_NE(message(1e9).find("no row passes 1e+09: the score runs from -4."), std::string::npos) << message(1e9);
    EXPECT_NE(message(-5).find("all rows pass -5"), std::string::npos) << message(-5);
    EXPECT_EQ(message(1), "no error");
}

TEST(Lowering, TablesAtTheirLimitGetNoFurtherBit) {
    const Model model = model_of({"y/x + 0.3"});
    Table data = table_of(model, 200, 0, 1, 1);
    const auto number_of = [&](const std::string& name) { return *data.find_numeric(name); };
    double row = 0;
    data = with_column(data, number_of("x"), [&](double) { return (row++ + 0.5) / 50 - 2; });
    row = 0;
    data = with_column(data, number_of("y"), [&](double) { return 0.5 + 3.5 * std::fmod(0.61803398875 * row++, 1); });
    LoweringOptions options{.tolerance = 0.01};
    options.poles = Poles::nearest;
    EXPECT_EQ(message_of([&] { lower(model, data, options); }), "no error");
}

TEST(Lowering, RefusesDivisorsThatMayBeZero) {
    const Model model = model_of({"x/(y - 1) + z^-2"});
    const Table across = table_of(model, 500, -3, 3, 1.0 / 16);
    const std::string message = message_of([&] { lower(model, across, {}); });
    EXPECT_NE(message.find("divides by y - 1, which runs from -4 to 1.9"), std::string::npos) << message;
    EXPECT_NE(message.find("--poles nearest"), std::string::npos) << message;
    const Table beside = table_of(model, 500, 2, 3, 1.0 / 16);
    EXPECT_NO_THROW(lower(model, beside, {.tolerance = 0.05}));
    EXPECT_NO_THROW(lower(model_of({"1/(x^2 + 0.5)"}), across, {.tolerance = 0.05}));
}

TEST(Lowering, SaysWhereAFunctionHasAPole) {
    const Model model = model_of({"tan(x) + 0.1*y"});
    const std::string message = message_of([&] { lower(model, table_of(model, 500, -2, 2, 1.0 / 8192), {}); });
    EXPECT_NE(message.find("has a pole or a jump near x = "), std::string::npos) << message;
    const std::string smooth = message_of([&] { lower(model_of({"sinh(12*x)*y"}), table_of(model, 500, -2, 2, 1.0 / 8192), {.tolerance = 1e-9}); });
    EXPECT_NE(smooth.find("asked for was"), std::string::npos) << smooth;
    EXPECT_EQ(smooth.find("a pole or a jump"), std::string::npos) << smooth;
}

TEST(Lowering, NamesThatHadToChangeAreNoted) {
    Model model = model_of({"reg + 0.5*Pt - 0.25*pt"});
    const Circuit circuit = lower(model, table_of(model, 500, -3, 3, 1.0 / 16), {.tolerance = 0.05});
    EXPECT_EQ(circuit.inputs[0].name, "reg_value");
    EXPECT_NE(circuit.inputs[1].name, circuit.inputs[2].name);
    ASSERT_EQ(circuit.notes.size(), 1u);
    EXPECT_NE(circuit.notes[0].find("in reg_value for 'reg', in "), std::string::npos) << circuit.notes[0];
    EXPECT_NE(circuit.notes[0].find(" for 'pt'"), std::string::npos) << circuit.notes[0];
}

TEST(Lowering, FrontGoesFromExactToCheap) {
    const Model model = model_of({"sin(x - 0.3*y) + 0.2*z", "x*y", "0.4*z*exp(-x^2)"});
    const Table data = table_of(model, 1500, -3, 3, 1.0 / 16);
    LoweringOptions options{.input_format = FixedPoint{8, 4, Sign::with}, .agreement = 0.9, .threads = 1};
    const auto front = lowering_front(model, data, options);
    ASSERT_GT(front.size(), 5u);
    for (std::size_t i = 1; i < front.size(); ++i) {
        EXPECT_LT(front[i].cost, front[i - 1].cost);
        EXPECT_GE(front[i].quality.loss, front[i - 1].quality.loss);
    }
    options.threads = 3;
    const auto again = lowering_front(model, data, options);
    ASSERT_EQ(again.size(), front.size());
    for (std::size_t i = 0; i < front.size(); ++i) {
        EXPECT_EQ(to_json(again[i].circuit), to_json(front[i].circuit));
    }
}

// Labels that differ from the float formula's classes at random on a third of the rows: what it loses is set aside, and the circuit may go on losing no more.
TEST(Lowering, HeldToTheDataTheFormulasOwnLossIsSetAside) {
    const Model model = model_of({"sin(x) + 0.3*y", "x*y - 0.2", "0.5*tanh(x - 0.7*z)"});
    Table data = table_of(model, 3000, -2, 2, 1.0 / 256);
    TextColumn labels{.name = "class", .categories = model.classes, .codes = classify(model, predict(model, data))};
    RandomStream random(7);
    for (auto& code : labels.codes) code = random.below(3) == 0 ? static_cast<std::uint32_t>(random.below(3)) : code;
    data.text.push_back(labels);
    const auto share_of_labels = [&](const std::vector<std::uint32_t>& classes) {
        return static_cast<double>(std::ranges::count_if(std::views::iota(std::size_t{0}, data.rows), [&](std::size_t i) { return classes[i] == labels.codes[i]; })) /
               static_cast<double>(data.rows);
    };
    const double exact = share_of_labels(classify(model, predict(model, data)));
    EXPECT_NEAR(exact, 7.0 / 9, 0.03);
    const LoweringOptions options{.reference = Reference::data, .agreement = 0.98, .rows = 3000};
    const auto front = lowering_front(model, data, options);
    ASSERT_GE(front.size(), 2u);
    for (const LoweringPoint& point : front) {
        const double share = share_of_labels(classify(model, predict(point.circuit, data)));
        EXPECT_NEAR(point.quality.agreement, share, 1e-9);
        EXPECT_GE(share, exact - 0.02 - 1e-9);
    }
}

// What is the same on every row has no spread: its error counts against its size.
TEST(Lowering, OutputsThatDoNotVaryKeepTheirSize) {
    Model model = model_of({"0.7*x", "if(y < 100, 3.3, x)"});
    model.task = Task::regression;
    const Table data = table_of(model, 1000, -2, 2, 1.0 / 256);
    const Circuit circuit = lower(model, data, {.tolerance = 0.01});
    const auto values = predict(circuit, data);
    for (const double y : values[1]) EXPECT_NEAR(y, 3.3, 0.05);
}

// Products under a square root, of values over several powers of two: pieces whose steps grow with the argument, and lines between entries.
TEST(Lowering, TightTolerancesOfSteepFunctions) {
    const Model model = model_of({"sqrt(x*y*(cosh(z - w) - cos(u)))"});
    const Table data = table_of(model, 3000, 0.5, 3.5, 1.0 / 1048576), fresh = table_of(model, 3000, 0.5, 3.5, 1.0 / 1048576, 2);
    for (const double tolerance : {0.003, 0.0005}) {
        const Circuit circuit = lower(model, data, {.tolerance = tolerance, .rows = 1500});
        EXPECT_TRUE(std::ranges::none_of(circuit.notes, [](const std::string& note) { return note.find("allow an error") != std::string::npos; })) << tolerance;
        EXPECT_LT(relative_error(predict(circuit, fresh)[0], predict(model, fresh)[0]), 2 * tolerance);
    }
    EXPECT_NE(message_of([&] { lower(model, data, {.tolerance = 1e-7, .rows = 1500}); }).find("ask for less"), std::string::npos);
}

}  // namespace
}  // namespace balmer
