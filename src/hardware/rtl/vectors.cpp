#include "hardware/rtl/vectors.hpp"

#include "hardware/rtl/signals.hpp"

namespace balmer {
namespace {

template <class Ports>
std::vector<PortBits> places(const Ports& ports) {
    std::vector<PortBits> all;
    int first = 0;
    for (const auto& port : ports) {
        all.push_back({port.name, port.format, first});
        first += port.format.width;
    }
    return all;
}

int total(const std::vector<PortBits>& ports) { return ports.empty() ? 1 : ports.back().first + ports.back().format.width; }

std::string hexadecimal(const std::vector<PortBits>& ports, std::span<const std::int64_t> values) {
    const int digits = (total(ports) + 3) / 4;
    std::vector<unsigned> nibbles(static_cast<std::size_t>(digits), 0);
    for (std::size_t k = 0; k < ports.size(); ++k) {
        const std::uint64_t word = pattern(values[k], ports[k].format.width);
        for (int b = 0; b < ports[k].format.width; ++b)
            if ((word >> b) & 1) nibbles[static_cast<std::size_t>((ports[k].first + b) / 4)] |= 1u << ((ports[k].first + b) % 4);
    }
    std::string text;
    for (auto n = nibbles.rbegin(); n != nibbles.rend(); ++n) text += "0123456789abcdef"[*n];
    return text;
}

}  // namespace

std::vector<PortBits> input_places(const Circuit& circuit) { return places(circuit.inputs); }
std::vector<PortBits> output_places(const Circuit& circuit) { return places(circuit.outputs); }
int input_bits(const Circuit& circuit) { return total(input_places(circuit)); }
int output_bits(const Circuit& circuit) { return total(output_places(circuit)); }

std::string vector_line(const Circuit& circuit, std::span<const std::int64_t> inputs, std::span<const std::int64_t> outputs) {
    return hexadecimal(input_places(circuit), inputs) + " " + hexadecimal(output_places(circuit), outputs) + "\n";
}

}  // namespace balmer
