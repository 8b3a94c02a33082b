#include "hardware/tools/verilator_bench.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hardware/rtl/signals.hpp"
#include "hardware/rtl/vectors.hpp"

namespace balmer {

std::string verilator_bench(const Circuit& circuit, ValidBit valid) {
    std::string drives;
    std::vector<std::string> checks;
    for (const auto& port : input_places(circuit)) drives += fmt::format("        top.{} = field(row.in, {}, {});\n", port.name, port.first, port.format.width);
    if (valid == ValidBit::with) drives += "        top.valid_in = 1;\n";
    for (const auto& port : output_places(circuit))
        checks.push_back(fmt::format("(top.{} & mask({})) == field(row.out, {}, {})", port.name, port.format.width, port.first, port.format.width));
    const bool clocked = circuit.latency > 0;
    return comment({fmt::format("Compares {} as compiled by Verilator with a file of vectors.", circuit.name)}, "//") +
           fmt::format(R"(#include <cstdint>
#include <cstdio>
#include <deque>
#include <fstream>
#include <string>

#include "V{0}.h"
#include "verilated.h"

struct Row {{
    std::string in, out;
}};

static std::uint64_t mask(int width) {{ return (std::uint64_t{{1}} << width) - 1; }}

static std::uint64_t field(const std::string& word, int first, int width) {{
    std::uint64_t value = 0;
    for (int b = 0; b < width; ++b) {{
        const char c = word[word.size() - 1 - static_cast<unsigned>((first + b) / 4)];
        const unsigned digit = static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
        value |= static_cast<std::uint64_t>((digit >> ((first + b) % 4)) & 1u) << b;
    }}
    return value;
}}

int main(int argc, char** argv) {{
    std::ifstream file(argc > 1 ? argv[1] : "vectors.txt");
    V{0} top;
    constexpr std::size_t latency = {1};
    std::deque<Row> history;  // what was fed, the newest first
    long compared = 0, differences = 0;
    for (std::size_t flush = latency;;) {{
        Row row;
        if (!(file >> row.in >> row.out)) {{
            if (flush-- == 0 || history.empty()) break;
            row = history.front();
        }}
{2}        top.eval();
        history.push_front(row);
        if (history.size() > latency) {{
            row = history.back();
            history.pop_back();
            ++compared;
            if (!({3}) && differences++ == 0) std::printf("first difference in line %ld\n", compared);
        }}
{4}    }}
    std::printf("balmer bench: %ld vectors, %ld differences\n", compared, differences);
    return compared == 0 || differences > 0;
}}
)",
                       circuit.name, circuit.latency, drives, fmt::join(checks, " && "), clocked ? "        top.clk = 1;\n        top.eval();\n        top.clk = 0;\n        top.eval();\n" : "");
}

}  // namespace balmer
