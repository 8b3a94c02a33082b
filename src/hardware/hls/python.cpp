#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hardware/hls/cpp.hpp"
#include "hardware/rtl/signals.hpp"
#include "hardware/rtl/vectors.hpp"

namespace balmer {

namespace in_python {
namespace {

// Python's own words that no circuit forbids.
std::string python_name(const std::string& name) {
    static constexpr const char* words[] = {"None", "True", "False", "as", "async", "await", "def", "del", "elif", "except", "finally", "from", "lambda",
                                            "nonlocal", "pass", "raise", "yield", "math", "sys"};
    return std::ranges::find(words, name) == std::end(words) ? name : name + "_";
}

std::string operand(const Circuit& circuit, const CircuitNode& node, std::size_t k, int shift) {
    const auto& from = circuit.nodes[node.operands[k]];
    const std::string text = from.op == CircuitOp::constant ? fmt::format("({})", from.low) : python_name(from.name);
    return shift > 0 ? fmt::format("({} << {})", text, shift) : text;
}

std::string expression(const Circuit& circuit, const CircuitNode& node) {
    const auto a = operand(circuit, node, 0, 0);
    const auto infix = [&](const char* symbol) {
        return fmt::format("{} {} {}", operand(circuit, node, 0, node.shift[0]), symbol, operand(circuit, node, 1, node.shift[1]));
    };
    switch (node.op) {
        case CircuitOp::add: return infix("+");
        case CircuitOp::subtract: return infix("-");
        case CircuitOp::multiply: return fmt::format("{} * {}", a, operand(circuit, node, 1, 0));
        case CircuitOp::table: {
            const auto& table = circuit.tables[node.source];
            return fmt::format("{}_{}_[{} - ({})]", table.name, table.columns[node.column].name, a, table.first);
        }
        case CircuitOp::saturate: return fmt::format("{1} if {0} < {1} else {2} if {0} > {2} else {0}", a, node.low, node.high);
        case CircuitOp::wrap: return fmt::format("{1} + ({0} - ({1})) % {2}", a, node.low, node.high - node.low + 1);
        case CircuitOp::round:
            return node.rounding == Rounding::floor ? fmt::format("{} >> {}", a, node.shift[0])
                                                    : fmt::format("({} + {}) >> {}", a, std::int64_t{1} << (node.shift[0] - 1), node.shift[0]);
        case CircuitOp::scale: return operand(circuit, node, 0, node.shift[0]);
        case CircuitOp::select: return fmt::format("{} if {} != 0 else {}", operand(circuit, node, 1, 0), a, operand(circuit, node, 2, 0));
        case CircuitOp::less: return "1 if " + infix("<") + " else 0";
        case CircuitOp::less_equal: return "1 if " + infix("<=") + " else 0";
        case CircuitOp::equal: return "1 if " + infix("==") + " else 0";
        default: return "";
    }
}

}  // namespace
}  // namespace in_python

std::string python_module(const Circuit& circuit) {
    using namespace in_python;
    std::string text = "\"\"\"" ;
    for (const auto& line : header_lines(circuit)) {
        std::string safe = line;
        std::ranges::replace(safe, '\\', '/');
        std::ranges::replace(safe, '"', '\'');
        text += safe + "\n";
    }
    text += "\"\"\"\n\nimport sys\n\n";
    for (const auto& table : circuit.tables)
        for (const auto& column : table.columns) text += fmt::format("{}_{}_ = ({},)\n", table.name, column.name, fmt::join(column.values, ", "));
    std::vector<std::string> arguments, results, inputs;
    for (const auto& port : circuit.inputs) arguments.push_back(python_name(port.name));
    text += fmt::format("\n\ndef evaluate({}):\n    \"\"\"Integers at the outputs for integers at the inputs.\"\"\"\n", fmt::join(arguments, ", "));
    for (const auto& node : circuit.nodes)
        if (node.op != CircuitOp::constant && node.op != CircuitOp::input) text += fmt::format("    {} = {}\n", python_name(node.name), expression(circuit, node));
    for (const auto& port : circuit.outputs) {
        const auto& node = circuit.nodes[port.node];
        results.push_back(node.op == CircuitOp::constant ? fmt::format("{}", node.low) : python_name(node.name));
    }
    text += fmt::format("    return ({},)\n\n\n", fmt::join(results, ", "));
    const auto places = [](const std::vector<PortBits>& ports) {
        std::vector<std::string> all;
        for (const auto& port : ports) all.push_back(fmt::format("({}, {}, {}),", port.first, port.format.width, port.format.sign == Sign::with ? 1 : 0));
        return fmt::format("{}", fmt::join(all, " "));
    };
    text += fmt::format("INPUTS = ({})  # first bit, width, whether signed\nOUTPUTS = ({})\n", places(input_places(circuit)), places(output_places(circuit)));
    return text + R"(

def fields(word, ports):
    """The integers of all ports in a hexadecimal word."""
    bits = int(word, 16)
    values = []
    for first, width, signed in ports:
        value = bits >> first & (1 << width) - 1
        values.append(value - (1 << width) if signed and value >> width - 1 else value)
    return values


def main():
    """Compares with a file of vectors."""
    lines = differences = 0
    with open(sys.argv[1] if len(sys.argv) > 1 else "vectors.txt", encoding="ascii") as file:
        for line in file:
            inputs, outputs = line.split()
            lines += 1
            if list(evaluate(*fields(inputs, INPUTS))) == fields(outputs, OUTPUTS):
                continue
            if differences == 0:
                print(f"first difference in line {lines}")
            differences += 1
    print(f"balmer bench: {lines} vectors, {differences} differences")
    return 1 if lines == 0 or differences else 0


if __name__ == "__main__":
    sys.exit(main())
)";
}

}  // namespace balmer
