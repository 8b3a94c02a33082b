// The invariant mass of two muons from trigger words: the textbook's design beside balmer's circuits.
//
//     build/benchmarks/hardware/mass DATA [--tolerances .003,.001] [--synthesize FOLDER]
//
// DATA is data/dimuons_2011.csv.gz. Words as the CMS global trigger has them: pt in 0.5 GeV, eta in 0.0870/8, phi in 2 pi/576. Textbook: the differences' sizes, a table of cosh
// and one of cos, and a chain of two multipliers give m^2, every bit kept. Errors are of the mass in GeV, against the float formula on the same words; beside them what the words
// themselves lose against the mass of the data.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <string>
#include <string_view>

#include "balmer/circuit_builder.hpp"
#include "balmer/error.hpp"
#include "balmer/firmware.hpp"
#include "balmer/hardware_cost.hpp"
#include "balmer/lowering.hpp"
#include "balmer/readers.hpp"

namespace {

using namespace balmer;

constexpr double pt_step = 0.5, eta_step = 0.0870 / 8, phi_step = 2 * std::numbers::pi / 576;
constexpr int turn = 576;
constexpr const char* features[] = {"pt1", "pt2", "eta1", "eta2", "phi1", "phi2"};

double step_of(std::string_view feature) { return feature.starts_with("pt") ? pt_step : feature.starts_with("eta") ? eta_step : phi_step; }

FixedPoint format_of(std::string_view feature) {
    return feature.starts_with("pt") ? FixedPoint{9, 0, Sign::without} : feature.starts_with("eta") ? FixedPoint{9, 0, Sign::with} : FixedPoint{10, 0, Sign::without};
}

Table words_of(const Table& data) {
    Table words;
    words.rows = data.rows;
    words.source = data.source;
    for (const char* feature : features) {
        std::vector<double> values;
        for (const double x : data.numeric[*data.find_numeric(feature)].values()) {
            double word = std::round(x / step_of(feature));
            if (std::string_view(feature).starts_with("phi")) word = std::fmod(word + turn, turn);
            const FixedPoint format = format_of(feature);
            values.push_back(std::clamp(word, static_cast<double>(format.lowest()), static_cast<double>(format.highest())));
        }
        words.numeric.emplace_back(feature, std::move(values));
        words.order.emplace_back(feature);
    }
    return words;
}

std::uint32_t size_of_difference(CircuitBuilder& builder, std::uint32_t a, std::uint32_t b, const std::string& name) {
    const auto is_less = builder.compare(CircuitOp::less, a, b, name + "_is_negative");
    return builder.select(is_less, builder.subtract(b, a), builder.subtract(a, b), name);
}

std::uint32_t table_of(CircuitBuilder& builder, std::uint32_t address, double step, int fraction, double (*function)(double), const std::string& name) {
    CircuitTable table{.name = "table_" + name, .first = 0, .columns = {{.name = "y", .formula = name}}};
    for (std::int64_t i = 0; i <= builder.node(address).high; ++i) table.columns[0].values.push_back(std::llround(std::ldexp(function(step * static_cast<double>(i)), fraction)));
    return builder.table(builder.add_table(std::move(table)), 0, address, fraction, name);
}

Circuit textbook(int fraction, Multiplier multipliers) {
    CircuitBuilder builder("textbook");
    std::uint32_t in[6];
    for (int i = 0; i < 6; ++i) in[i] = builder.input(features[i], format_of(features[i]));
    const auto eta = builder.saturate(size_of_difference(builder, in[2], in[3], "eta_difference"), 0, 511, "eta_limited");
    const auto phi = size_of_difference(builder, in[4], in[5], "phi_difference");
    const auto is_far = builder.compare(CircuitOp::less, builder.constant(turn / 2, 0), phi, "is_far");
    const auto around = builder.saturate(builder.subtract(builder.constant(turn, 0), phi), 0, turn / 2, "around");
    const auto angle = builder.select(is_far, around, builder.saturate(phi, 0, turn / 2), "angle");
    const auto cosh = table_of(builder, eta, eta_step, fraction, [](double x) { return std::cosh(x); }, "cosh");
    const auto cos = table_of(builder, angle, phi_step, fraction, [](double x) { return std::cos(x); }, "cos");
    const auto product = builder.multiply(builder.multiply(in[0], in[1], "pt_product"), builder.subtract(cosh, cos, "difference"), "product");
    const auto square = builder.reread(product, fraction + 1, "mass_squared");  // 2 * 0.5 GeV * 0.5 GeV
    builder.output("m2", square, builder.node(square).format(), "2*pt1*pt2*(cosh(eta1 - eta2) - cos(phi1 - phi2))");
    Circuit circuit = builder.finish();
    schedule(circuit, {.clock = 5, .multipliers = multipliers});
    return circuit;
}

/// Root mean square and median of |mass - expected|.
std::pair<double, double> errors(const std::vector<double>& mass, const std::vector<double>& expected) {
    std::vector<double> sizes;
    double squares = 0;
    for (std::size_t i = 0; i < mass.size(); ++i) {
        sizes.push_back(std::fabs(mass[i] - expected[i]));
        squares += sizes.back() * sizes.back();
    }
    std::ranges::nth_element(sizes, sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2));
    return {std::sqrt(squares / static_cast<double>(mass.size())), sizes[sizes.size() / 2]};
}

std::vector<double> roots(std::vector<double> squares) {
    for (double& x : squares) x = std::sqrt(std::max(x, 0.0));
    return squares;
}

struct Comparison {
    Table words;
    std::vector<double> expected;  ///< mass by the float formula on the words
    std::filesystem::path folder;

    void print(const std::string& name, const Circuit& circuit, bool is_square) const {
        const HardwareCost cost = estimate_cost(circuit);
        const auto values = predict(circuit, words)[0];
        const auto [rms, median] = errors(is_square ? roots(values) : values, expected);
        fmt::print("| {} | {:.4f} | {:.4f} | {:.0f} | {} | {} | {} | {:.2f} |", name, rms, median, cost.lut, cost.dsp, cost.flip_flops, circuit.latency, cost.period);
        if (!folder.empty()) {
            write_firmware(circuit, folder / circuit.name);
            const SynthesisResult result = synthesize_firmware(folder / circuit.name, {.dsp = true, .progress = {}});
            fmt::print(" {} / {} | {} | {} | {:.2f} |", result.lut, result.lut_packed, result.dsp, result.flip_flops, result.timing[1].nanoseconds);
        }
        fmt::print("\n");
        std::fflush(stdout);
    }
};

Model model_of(const char* name, const std::string& formula) {
    Vocabulary vocabulary;
    vocabulary.features.assign(std::begin(features), std::end(features));
    std::vector<Expression> outputs = {parse(formula, vocabulary)};
    Model model = Model::from_expressions(std::move(outputs), vocabulary);
    model.outputs[0].name = name;
    return model;
}

}  // namespace

int main(int count, char** words) {
    if (count < 2) {
        fmt::print(stderr, "usage: mass DATA [--tolerances .003,.001] [--synthesize FOLDER]\n");
        return 2;
    }
    std::string tolerances = ".003,.001,.0003";
    const Table data = read_table(words[1]);
    Comparison task{.words = words_of(data), .expected = {}, .folder = {}};
    for (int i = 2; i + 1 < count; i += 2) {
        if (std::string_view(words[i]) == "--tolerances") tolerances = words[i + 1];
        if (std::string_view(words[i]) == "--synthesize") task.folder = words[i + 1];
    }
    const std::string square = "2*pt1*pt2*(cosh(eta1 - eta2) - cos(phi1 - phi2))";
    const Model of_square = model_of("m2", square), of_mass = model_of("m", "sqrt(" + square + ")");
    LoweringOptions options{.clock = 5, .multipliers = Multiplier::dsp, .rows = 4000};
    Table values = task.words;
    for (Column& column : values.numeric) {
        options.standardisation[column.name()] = {0, 1 / step_of(column.name())};
        options.input_formats[column.name()] = format_of(column.name());
        std::vector<double> real;
        for (const double word : column.values()) real.push_back(word * step_of(column.name()));
        column = Column(column.name(), std::move(real));
    }
    task.expected = roots(predict(of_square, values)[0]);
    const auto truth = data.numeric[*data.find_numeric("M")].values();
    const auto [rms, median] = errors(task.expected, {truth.begin(), truth.end()});
    fmt::print("{} rows; the words alone lose {:.4f} GeV (root mean square), {:.4f} in the median\n\n", data.rows, rms, median);
    fmt::print("| design | error, GeV | median | LUT estimate | DSP | FF | cycles of 5 ns | ns estimate |{}\n", task.folder.empty() ? "" : " Yosys LUT raw / packed | DSP | FF | ns |");
    for (const int fraction : {10, 8}) {
        Circuit circuit = textbook(fraction, options.multipliers);
        circuit.name += fmt::format("_{}", fraction);
        task.print(fmt::format("textbook, tables to 2^-{}", fraction), circuit, true);
    }
    for (std::size_t begin = 0; begin < tolerances.size();) {
        const std::size_t end = std::min(tolerances.find(',', begin), tolerances.size());
        options.tolerance = std::strtod(tolerances.substr(begin, end - begin).c_str(), nullptr);
        for (const bool is_square : {true, false}) {
            options.name = fmt::format("{}_{}", is_square ? "square" : "mass", begin);
            const std::string name = fmt::format("balmer, {} to {:g} of its spread", is_square ? "m^2" : "m", options.tolerance);
            try {
                task.print(name, lower(is_square ? of_square : of_mass, task.words, options), is_square);
            } catch (const Error& error) {
                fmt::print("| {} | refused: {} |\n", name, error.what());
            }
        }
        begin = end + 1;
    }
    return 0;
}
