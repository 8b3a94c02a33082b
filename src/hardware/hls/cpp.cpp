#include "hardware/hls/cpp.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hardware/rtl/signals.hpp"
#include "hardware/rtl/vectors.hpp"

namespace balmer {

namespace in_cpp {
namespace {

// Tables end in an underscore here and in the other sources: no name of a circuit does.
std::string number(std::int64_t value) {
    const bool small = value > -(std::int64_t{1} << 31) && value < (std::int64_t{1} << 31);
    return fmt::format("{}{}", value, small ? "" : "LL");
}

std::string storage_of(std::int64_t low, std::int64_t high) {
    for (const int width : {8, 16, 32}) {
        if (low >= -(std::int64_t{1} << (width - 1)) && high < (std::int64_t{1} << (width - 1))) return fmt::format("std::int{}_t", width);
        if (low >= 0 && high < (std::int64_t{1} << width)) return fmt::format("std::uint{}_t", width);
    }
    return "std::int64_t";
}

std::string operand(const Circuit& circuit, const CircuitNode& node, std::size_t k, int shift) {
    const auto& from = circuit.nodes[node.operands[k]];
    const std::string text = from.op == CircuitOp::constant ? number(from.low) : from.name;
    return shift > 0 ? fmt::format("{} * {}", text, number(std::int64_t{1} << shift)) : text;
}

std::string expression(const Circuit& circuit, const CircuitNode& node) {
    const auto a = [&](int shift = 0) { return operand(circuit, node, 0, shift); };
    const auto b = [&](int shift = 0) { return operand(circuit, node, 1, shift); };
    const auto infix = [&](const char* symbol) { return fmt::format("{} {} {}", a(node.shift[0]), symbol, b(node.shift[1])); };
    switch (node.op) {
        case CircuitOp::add: return infix("+");
        case CircuitOp::subtract: return infix("-");
        case CircuitOp::multiply: return fmt::format("{} * {}", a(), b());
        case CircuitOp::table: {
            const auto& table = circuit.tables[node.source];
            const std::string index = table.first == 0 ? a() : table.first > 0 ? fmt::format("{} - {}", a(), number(table.first)) : fmt::format("{} + {}", a(), number(-table.first));
            return fmt::format("{}_{}_[{}]", table.name, table.columns[node.column].name, index);
        }
        case CircuitOp::saturate: {
            const auto& from = circuit.nodes[node.operands[0]];
            std::string text;
            if (node.low > from.low) text += fmt::format("{0} < {1} ? {1} : ", a(), number(node.low));
            if (node.high < from.high) text += fmt::format("{0} > {1} ? {1} : ", a(), number(node.high));
            return text + a();
        }
        case CircuitOp::wrap: return fmt::format("(({0} - ({1})) & {2}) + ({1})", a(), number(node.low), number(node.high - node.low));
        case CircuitOp::round:
            return node.rounding == Rounding::floor ? fmt::format("{} >> {}", a(), node.shift[0])
                                                    : fmt::format("({} + {}) >> {}", a(), number(std::int64_t{1} << (node.shift[0] - 1)), node.shift[0]);
        case CircuitOp::scale: return a(node.shift[0]);
        case CircuitOp::select: return fmt::format("{} != 0 ? {} : {}", a(), b(), operand(circuit, node, 2, 0));
        case CircuitOp::less: return infix("<");
        case CircuitOp::less_equal: return infix("<=");
        case CircuitOp::equal: return infix("==");
        default: return "";
    }
}

std::string tables(const Circuit& circuit) {
    std::string text;
    for (const auto& table : circuit.tables) {
        for (const auto& column : table.columns) {
            const auto [low, high] = std::ranges::minmax(column.values);
            text += comment({fmt::format("{} of {}: {}; addresses from {}", column.name, table.name, column.formula, table.first)}, "//");
            text += fmt::format("inline constexpr {} {}_{}_[] = {{\n    ", storage_of(low, high), table.name, column.name);
            for (std::size_t i = 0; i < column.values.size(); ++i)
                text += fmt::format("{}{}", number(column.values[i]), i + 1 == column.values.size() ? "" : i % 20 == 19 ? ",\n    " : ", ");
            text += "};\n";
        }
    }
    return text;
}

std::string step(const FixedPoint& format) { return fmt::format("{:a}", format.step()); }

}  // namespace
}  // namespace in_cpp

std::string cpp_header(const Circuit& circuit) {
    using namespace in_cpp;
    std::string in, out, body, results;
    for (const auto& port : circuit.inputs) in += fmt::format("    std::int64_t {};  ///< {}\n", port.name, to_string(port.format));
    for (const auto& port : circuit.outputs) out += fmt::format("    std::int64_t {};  ///< {}\n", port.name, to_string(port.format));
    for (const auto& node : circuit.nodes) {
        if (node.op == CircuitOp::constant) continue;
        if (node.op == CircuitOp::input) body += fmt::format("    const std::int64_t {0} = inputs_.{0};\n", node.name);
        else body += fmt::format("    const std::int64_t {} = {};\n", node.name, expression(circuit, node));
    }
    for (const auto& port : circuit.outputs) {
        const auto& node = circuit.nodes[port.node];
        results += (results.empty() ? "" : ", ") + (node.op == CircuitOp::constant ? number(node.low) : node.name);
    }
    std::string quantized, values;
    for (const auto& port : circuit.inputs)
        quantized += fmt::format("{}            integer({} * {}, {}, {}, {}, {})", quantized.empty() ? "" : ",\n", port.name, fmt::format("{:a}", 1 / port.format.step()),
                                 number(port.format.lowest()), number(port.format.highest()), port.rounding == Rounding::nearest ? "true" : "false",
                                 port.overflow == Overflow::saturate ? "true" : "false");
    for (const auto& port : circuit.outputs)
        values += fmt::format("/// The real number at output {0}.\nconstexpr double value_of_{0}(const Outputs& outputs_) {{ return static_cast<double>(outputs_.{0}) * {1}; }}\n",
                              port.name, step(port.format));
    std::string arguments;
    for (const auto& port : circuit.inputs) arguments += (arguments.empty() ? "double " : ", double ") + port.name;
    return comment(header_lines(circuit), "//") + "#pragma once\n\n#include <cstdint>\n\nnamespace " + circuit.name + " {\n\n" + tables(circuit) +
           "\n/// Integers at the inputs.\nstruct Inputs {\n" + in + "};\n/// Integers at the outputs.\nstruct Outputs {\n" + out +
           "};\n\n/// What the logic gives, bit for bit.\ninline Outputs evaluate(const Inputs& inputs_) {\n" + body + "    return {" + results + "};\n}\n\n" +
           R"(/// The integer that stands for x (already divided by the step): rounded to nearest, ties up, or down; saturated or wrapped. NaN becomes 0.
inline std::int64_t integer(double x, std::int64_t low, std::int64_t high, bool nearest, bool saturate) {
    if (x != x) return 0;
    const double moved = nearest ? x + 0.5 : x;
    constexpr double limit = 1152921504606846976.0;  // 2^60
    if (saturate && moved >= limit) return high;
    if (saturate && moved <= -limit) return low;
    if (moved >= limit || moved <= -limit) return 0;
    std::int64_t rounded = static_cast<std::int64_t>(moved);
    if (static_cast<double>(rounded) > moved) --rounded;
    if (nearest && static_cast<double>(rounded) - x > 0.5) --rounded;  // x + 0.5 may round up in a double
    if (saturate) return rounded < low ? low : rounded > high ? high : rounded;
    return ((rounded - low) & (high - low)) + low;
}

)" + "/// The inputs for real numbers.\ninline Inputs quantize(" + arguments + ") {\n    return {\n" + quantized + "};\n}\n\n" + values + "\n}  // namespace " +
           circuit.name + "\n";
}

std::string cpp_bench(const Circuit& circuit) {
    using namespace in_cpp;
    std::vector<std::string> inputs, checks;
    for (const auto& port : input_places(circuit))
        inputs.push_back(fmt::format("field(in, {}, {}, {})", port.first, port.format.width, port.format.sign == Sign::with ? "true" : "false"));
    for (const auto& port : output_places(circuit))
        checks.push_back(fmt::format("found.{} == field(out, {}, {}, {})", port.name, port.first, port.format.width, port.format.sign == Sign::with ? "true" : "false"));
    return comment({fmt::format("Compares {}.hpp with a file of vectors.", circuit.name)}, "//") +
           fmt::format(R"(#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

#include "{0}.hpp"

static unsigned bit(const std::string& word, int b) {{
    const char c = word[word.size() - 1 - static_cast<unsigned>(b / 4)];
    return (static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10) >> (b % 4)) & 1u;
}}

static std::int64_t field(const std::string& word, int first, int width, bool has_sign) {{
    std::int64_t value = 0;
    for (int b = 0; b < width; ++b) value |= static_cast<std::int64_t>(bit(word, first + b)) << b;
    return has_sign && bit(word, first + width - 1) ? value - (std::int64_t{{1}} << width) : value;
}}

int main(int argc, char** argv) {{
    std::ifstream file(argc > 1 ? argv[1] : "vectors.txt");
    long lines = 0, differences = 0;
    for (std::string in, out; file >> in >> out;) {{
        ++lines;
        const auto found = {0}::evaluate({{{1}}});
        if ({2}) continue;
        if (differences++ == 0) std::printf("first difference in line %ld\n", lines);
    }}
    std::printf("balmer bench: %ld vectors, %ld differences\n", lines, differences);
    return lines == 0 || differences > 0;
}}
)",
                       circuit.name, fmt::join(inputs, ", "), fmt::join(checks, " && "));
}

}  // namespace balmer
