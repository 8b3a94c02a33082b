#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hardware/hls/cpp.hpp"
#include "hardware/rtl/signals.hpp"
#include "hardware/rtl/vectors.hpp"

namespace balmer {

namespace in_vitis {
namespace {

std::string type_of(FixedPoint format) { return fmt::format("{}<{}>", format.sign == Sign::with ? "ap_int" : "ap_uint", format.width); }

std::string number(std::int64_t value) {
    const bool small = value > -(std::int64_t{1} << 31) && value < (std::int64_t{1} << 31);
    return fmt::format("{}{}", value, small ? "" : "LL");
}

std::string constant(std::int64_t value) { return fmt::format("{}({})", type_of(format_for(value, value, 0)), number(value)); }

// A shift keeps the width of what it shifts: the operand is widened first.
std::string operand(const Circuit& circuit, const CircuitNode& node, std::size_t k, int shift) {
    const auto& from = circuit.nodes[node.operands[k]];
    if (from.op == CircuitOp::constant) return constant(from.low * (std::int64_t{1} << shift));
    if (shift == 0) return from.name;
    FixedPoint wider = from.format();
    wider.width += shift;
    return fmt::format("({}({}) << {})", type_of(wider), from.name, shift);
}

std::string expression(const Circuit& circuit, const CircuitNode& node) {
    const auto type = type_of(node.format());
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
            return fmt::format("{}_{}_[({} - {}).to_int()]", table.name, table.columns[node.column].name, a, constant(table.first));
        }
        case CircuitOp::saturate: {
            const auto& from = circuit.nodes[node.operands[0]];
            std::string text;
            if (node.low > from.low) text += fmt::format("{0} < {1} ? {2}({3}) : ", a, constant(node.low), type, number(node.low));
            if (node.high < from.high) text += fmt::format("{0} > {1} ? {2}({3}) : ", a, constant(node.high), type, number(node.high));
            return text + fmt::format("{}({})", type, a);
        }
        case CircuitOp::wrap: return fmt::format("{}({})", type, a);
        case CircuitOp::round: {
            const int shift = node.shift[0];
            const auto& from = circuit.nodes[node.operands[0]];
            FixedPoint wider = from.format();
            wider.width = std::max(wider.width, shift) + 1;
            const std::string whole = fmt::format("{}({})", type_of(wider), a);
            return node.rounding == Rounding::floor ? fmt::format("{} >> {}", whole, shift)
                                                    : fmt::format("({} + {}) >> {}", whole, constant(std::int64_t{1} << (shift - 1)), shift);
        }
        case CircuitOp::scale: return operand(circuit, node, 0, node.shift[0]);
        case CircuitOp::select:
            return fmt::format("{0} != 0 ? {1}({2}) : {1}({3})", a, type, operand(circuit, node, 1, 0), operand(circuit, node, 2, 0));
        case CircuitOp::less: return infix("<");
        case CircuitOp::less_equal: return infix("<=");
        case CircuitOp::equal: return infix("==");
        default: return "";
    }
}

std::string signature(const Circuit& circuit) {
    std::vector<std::string> arguments;
    for (const auto& port : circuit.inputs) arguments.push_back(type_of(port.format) + " " + port.name);
    for (const auto& port : circuit.outputs) arguments.push_back(type_of(port.format) + "* " + port.name);
    return fmt::format("void {}({})", circuit.name, fmt::join(arguments, ", "));
}

}  // namespace
}  // namespace in_vitis

std::string hls_header(const Circuit& circuit) {
    using namespace in_vitis;
    return comment(header_lines(circuit), "//") + "#pragma once\n\n#include \"balmer_integers.hpp\"\n\n" + signature(circuit) + ";\n";
}

std::string hls_source(const Circuit& circuit) {
    using namespace in_vitis;
    std::string text = comment({circuit.name + " for Vitis HLS; formula and formats stand in the header"}, "//") + fmt::format("#include \"{}.hpp\"\n\n", circuit.name);
    for (const auto& table : circuit.tables) {
        for (const auto& column : table.columns) {
            text += comment({fmt::format("{} of {}: {}; addresses from {}", column.name, table.name, column.formula, table.first)}, "//");
            text += fmt::format("static const {} {}_{}_[{}] = {{\n    ", type_of(column_format(column)), table.name, column.name, column.values.size());
            for (std::size_t i = 0; i < column.values.size(); ++i)
                text += fmt::format("{}{}", number(column.values[i]), i + 1 == column.values.size() ? "" : i % 20 == 19 ? ",\n    " : ", ");
            text += "};\n";
        }
    }
    text += "\n" + signature(circuit) + " {\n#pragma HLS INTERFACE mode=ap_ctrl_none port=return\n#pragma HLS PIPELINE II=1\n";
    if (circuit.latency > 0) text += fmt::format("#pragma HLS LATENCY max={}\n", circuit.latency);
    for (const auto& port : circuit.inputs) text += fmt::format("#pragma HLS INTERFACE mode=ap_none port={}\n", port.name);
    for (const auto& port : circuit.outputs) text += fmt::format("#pragma HLS INTERFACE mode=ap_none port={}\n", port.name);
    for (const auto& table : circuit.tables)
        for (const auto& column : table.columns) text += fmt::format("#pragma HLS BIND_STORAGE variable={}_{}_ type=rom_1p impl=lutram\n", table.name, column.name);
    for (const auto& node : circuit.nodes) {
        if (node.op == CircuitOp::constant || node.op == CircuitOp::input) continue;
        text += fmt::format("    const {} {} = {};  // {}\n", type_of(node.format()), node.name, expression(circuit, node), to_string(node.format()));
        if (node.op == CircuitOp::multiply && node.multiplier != Multiplier::automatic)
            text += fmt::format("#pragma HLS BIND_OP variable={} op=mul impl={}\n", node.name, node.multiplier == Multiplier::dsp ? "dsp" : "fabric");
    }
    for (const auto& port : circuit.outputs) {
        const auto& node = circuit.nodes[port.node];
        text += fmt::format("    *{} = {};\n", port.name, node.op == CircuitOp::constant ? constant(node.low) : node.name);
    }
    return text + "}\n";
}

std::string hls_integers() {
    return R"(// Vitis' own ap_int where it is installed; elsewhere as much of it as the generated sources use, for up to 64 bits.
#pragma once

#if defined(__has_include)
#if __has_include(<ap_int.h>)
#include <ap_int.h>
#define BALMER_HAS_AP_INT
#endif
#endif

#ifndef BALMER_HAS_AP_INT
#include <cstdint>

template <int W, bool S>
class balmer_integer {
public:
    balmer_integer(long long value = 0) : value_(wrapped(value)) {}
    template <int V, bool T>
    balmer_integer(const balmer_integer<V, T>& other) : value_(wrapped(other.to_int64())) {}
    std::int64_t to_int64() const { return value_; }
    int to_int() const { return static_cast<int>(value_); }

private:
    static std::int64_t wrapped(long long value) {
        if (W >= 64) return value;
        const std::uint64_t mask = (std::uint64_t{1} << (W % 64)) - 1, bits = static_cast<std::uint64_t>(value) & mask;
        const bool negative = S && ((bits >> (W - 1)) & 1u);
        return static_cast<std::int64_t>(negative ? bits | ~mask : bits);
    }

    std::int64_t value_;
};

template <int W>
using ap_int = balmer_integer<W, true>;
template <int W>
using ap_uint = balmer_integer<W, false>;

constexpr int balmer_wider(int a, bool a_sign, int b, bool b_sign) {
    const int x = a + (b_sign && !a_sign ? 1 : 0), y = b + (a_sign && !b_sign ? 1 : 0);
    return x > y ? x : y;
}

template <int W, bool S, int V, bool T>
balmer_integer<balmer_wider(W, S, V, T) + 1, S || T> operator+(const balmer_integer<W, S>& a, const balmer_integer<V, T>& b) {
    return a.to_int64() + b.to_int64();
}
template <int W, bool S, int V, bool T>
balmer_integer<balmer_wider(W, S, V, T) + 1, true> operator-(const balmer_integer<W, S>& a, const balmer_integer<V, T>& b) {
    return a.to_int64() - b.to_int64();
}
template <int W, bool S, int V, bool T>
balmer_integer<W + V, S || T> operator*(const balmer_integer<W, S>& a, const balmer_integer<V, T>& b) {
    return a.to_int64() * b.to_int64();
}
template <int W, bool S>
balmer_integer<W, S> operator<<(const balmer_integer<W, S>& a, int shift) {
    return static_cast<long long>(static_cast<std::uint64_t>(a.to_int64()) << shift);
}
template <int W, bool S>
balmer_integer<W, S> operator>>(const balmer_integer<W, S>& a, int shift) {
    return a.to_int64() >> shift;
}
template <int W, bool S, int V, bool T>
bool operator<(const balmer_integer<W, S>& a, const balmer_integer<V, T>& b) { return a.to_int64() < b.to_int64(); }
template <int W, bool S, int V, bool T>
bool operator>(const balmer_integer<W, S>& a, const balmer_integer<V, T>& b) { return a.to_int64() > b.to_int64(); }
template <int W, bool S, int V, bool T>
bool operator<=(const balmer_integer<W, S>& a, const balmer_integer<V, T>& b) { return a.to_int64() <= b.to_int64(); }
template <int W, bool S, int V, bool T>
bool operator==(const balmer_integer<W, S>& a, const balmer_integer<V, T>& b) { return a.to_int64() == b.to_int64(); }
template <int W, bool S>
bool operator!=(const balmer_integer<W, S>& a, int b) { return a.to_int64() != b; }
#endif
)";
}

std::string hls_bench(const Circuit& circuit) {
    using namespace in_vitis;
    std::vector<std::string> arguments, checks;
    std::string results;
    const auto sign = [](const PortBits& port) { return port.format.sign == Sign::with ? "true" : "false"; };
    for (const auto& port : input_places(circuit)) arguments.push_back(fmt::format("field_(in, {}, {}, {})", port.first, port.format.width, sign(port)));
    for (const auto& port : output_places(circuit)) {
        results += fmt::format("        {} {};\n", type_of(port.format), port.name);
        arguments.push_back("&" + port.name);
        checks.push_back(fmt::format("{}.to_int64() == field_(out, {}, {}, {})", port.name, port.first, port.format.width, sign(port)));
    }
    return comment({fmt::format("Compares {}.cpp with a file of vectors; C simulation runs it.", circuit.name)}, "//") +
           fmt::format(R"(#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

#include "{0}.hpp"

static unsigned bit_(const std::string& word, int b) {{
    const char c = word[word.size() - 1 - static_cast<unsigned>(b / 4)];
    return (static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10) >> (b % 4)) & 1u;
}}

static long long field_(const std::string& word, int first, int width, bool has_sign) {{
    long long value = 0;
    for (int b = 0; b < width; ++b) value |= static_cast<long long>(bit_(word, first + b)) << b;
    return has_sign && bit_(word, first + width - 1) ? value - (1LL << width) : value;
}}

int main(int argc, char** argv) {{
    std::ifstream file(argc > 1 ? argv[1] : "vectors.txt");
    long lines_ = 0, differences_ = 0;
    for (std::string in, out; file >> in >> out;) {{
        ++lines_;
{1}        {0}({2});
        if ({3}) continue;
        if (differences_++ == 0) std::printf("first difference in line %ld\n", lines_);
    }}
    std::printf("balmer bench: %ld vectors, %ld differences\n", lines_, differences_);
    return lines_ == 0 || differences_ > 0;
}}
)",
                       circuit.name, results, fmt::join(arguments, ", "), fmt::join(checks, " && "));
}

std::string vitis_script(const Circuit& circuit, const std::string& part) {
    using namespace in_vitis;
    const double period = circuit.clock > 0 ? circuit.clock : 5;
    return fmt::format(R"(# vitis_hls -f vitis_hls.tcl: C simulation, synthesis, co-simulation and export of {0}. Written by balmer, which never ran it.
open_project -reset {0}_vitis
set_top {0}
add_files {0}.cpp
add_files -tb {0}_test.cpp
add_files -tb ../test/vectors.txt
open_solution -reset solution1 -flow_target vivado
set_part {{{1}}}
create_clock -period {2:g} -name default
csim_design -argv "vectors.txt"
csynth_design
cosim_design -argv "vectors.txt"
export_design -format ip_catalog
exit
)",
                       circuit.name, part, period);
}

std::string vivado_script(const Circuit& circuit, const std::string& part) {
    using namespace in_vitis;
    const double period = circuit.clock > 0 ? circuit.clock : 5;
    const std::string clock = circuit.latency > 0 ? fmt::format("create_clock -period {:g} -name clk [get_ports clk]\n", period) : "";
    return fmt::format(R"(# vivado -mode batch -source vivado.tcl: synthesis, place and route of {0} out of context. Written by balmer, which never ran it.
read_verilog verilog/{0}.v
synth_design -top {0} -part {1} -mode out_of_context -flatten_hierarchy full
{2}opt_design
place_design
phys_opt_design
route_design
report_utilization -file vivado_utilization.txt
report_timing_summary -file vivado_timing.txt
)",
                       circuit.name, part, clock);
}

}  // namespace balmer
