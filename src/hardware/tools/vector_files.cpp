#include "hardware/tools/vector_files.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "balmer/error.hpp"
#include "balmer/random.hpp"
#include "hardware/rtl/vectors.hpp"

namespace balmer {
namespace {

std::int64_t drawn(FixedPoint format, RandomStream& random) {
    const auto range = static_cast<std::uint64_t>(format.highest() - format.lowest()) + 1;
    return format.lowest() + static_cast<std::int64_t>(random.below(range));
}

// Small numbers as often as large ones.
std::int64_t drawn_by_size(FixedPoint format, RandomStream& random) {
    const int bits = static_cast<int>(random.below(static_cast<std::uint64_t>(format.width) + 1));
    const auto size = static_cast<std::int64_t>(random.below(std::uint64_t{1} << bits));
    return std::clamp(random.chance(0.5) ? size : -size, format.lowest(), format.highest());
}

std::vector<std::int64_t> special_values(FixedPoint format) {
    std::vector<std::int64_t> values = {format.lowest(), format.highest(), format.lowest() / 2, format.highest() / 2};
    for (const std::int64_t near_zero : {-1, 0, 1})
        if (near_zero >= format.lowest() && near_zero <= format.highest()) values.push_back(near_zero);
    return values;
}

unsigned digit(char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); }

std::int64_t field(const std::string& word, const PortBits& port) {
    std::int64_t value = 0;
    const auto bit = [&](int b) { return (digit(word[word.size() - 1 - static_cast<std::size_t>(b / 4)]) >> (b % 4)) & 1u; };
    for (int b = 0; b < port.format.width; ++b) value |= static_cast<std::int64_t>(bit(port.first + b)) << b;
    const bool negative = port.format.sign == Sign::with && bit(port.first + port.format.width - 1);
    return negative ? value - (std::int64_t{1} << port.format.width) : value;
}

}  // namespace

InputRows corner_rows(const Circuit& circuit, std::uint64_t seed) {
    InputRows rows;
    const std::size_t ports = circuit.inputs.size();
    for (const int rest : {0, 1, 2}) {
        std::vector<std::int64_t> row;
        for (const auto& port : circuit.inputs) {
            const auto middle = std::clamp<std::int64_t>(0, port.format.lowest(), port.format.highest());
            row.push_back(rest == 0 ? middle : rest == 1 ? port.format.lowest() : port.format.highest());
        }
        rows.push_back(row);
        for (std::size_t k = 0; k < ports; ++k) {
            for (const auto value : special_values(circuit.inputs[k].format)) {
                rows.push_back(row);
                rows.back()[k] = value;
            }
        }
    }
    RandomStream random(seed, 0xc0);
    constexpr int mixtures = 512;
    for (int i = 0; i < mixtures; ++i) {
        std::vector<std::int64_t> row;
        for (const auto& port : circuit.inputs) {
            const auto values = special_values(port.format);
            row.push_back(values[random.below(values.size())]);
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

InputRows random_rows(const Circuit& circuit, const InputRows& near, std::size_t count, std::uint64_t seed) {
    RandomStream random(seed, 0x4a);
    InputRows rows;
    rows.reserve(count);
    constexpr double at_an_end = 0.02;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t kind = near.empty() ? i % 2 : i % 3;
        const auto* start = kind == 2 ? &near[random.below(near.size())] : nullptr;
        std::vector<std::int64_t> row;
        for (std::size_t k = 0; k < circuit.inputs.size(); ++k) {
            const FixedPoint format = circuit.inputs[k].format;
            const FixedPoint step{std::max(1, format.width / 2), 0, Sign::with};
            const auto value = kind == 0 ? drawn(format, random) : drawn_by_size(kind == 1 ? format : step, random);
            const bool is_end = random.chance(at_an_end);
            const auto end = random.chance(0.5) ? format.lowest() : format.highest();
            row.push_back(is_end ? end : start ? std::clamp((*start)[k] + value, format.lowest(), format.highest()) : value);
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

InputRows read_vectors(const Circuit& circuit, const std::filesystem::path& file) {
    std::ifstream stream(file);
    if (!stream) throw Error({.file = file.string()}, "there is no such file of vectors; `balmer firmware` writes it");
    const auto in = input_places(circuit), out = output_places(circuit);
    const std::size_t in_digits = static_cast<std::size_t>(input_bits(circuit) + 3) / 4, out_digits = static_cast<std::size_t>(output_bits(circuit) + 3) / 4;
    InputRows rows;
    std::size_t line = 0;
    const auto is_word = [](const std::string& word) { return word.find_first_not_of("0123456789abcdef") == std::string::npos; };
    for (std::string inputs, outputs; stream >> inputs >> outputs;) {
        ++line;
        if (inputs.size() != in_digits || outputs.size() != out_digits || !is_word(inputs) || !is_word(outputs))
            throw Error({.file = file.string(), .line = line}, fmt::format("expected hexadecimal words of {} and {} digits", in_digits, out_digits));
        std::vector<std::int64_t> row, stored;
        for (const auto& port : in) row.push_back(field(inputs, port));
        for (const auto& port : out) stored.push_back(field(outputs, port));
        if (const auto now = interpret(circuit, row); now != stored)
            throw Error({.file = file.string(), .line = line},
                        fmt::format("the stored outputs are {}, the circuit gives {}. Write the folder anew with `balmer firmware`", fmt::join(stored, ", "), fmt::join(now, ", ")));
        rows.push_back(std::move(row));
    }
    return rows;
}

void write_vectors(const Circuit& circuit, const InputRows& rows, const std::filesystem::path& file) {
    std::ofstream stream(file, std::ios::binary);
    for (const auto& row : rows) stream << vector_line(circuit, row, interpret(circuit, row));
    stream.flush();
    if (!stream) throw Error({.file = file.string()}, "cannot write this file: the disk is full or the folder is not writable");
}

InputRows rows_of(const Circuit& circuit, const Table& table, std::size_t most) {
    std::vector<std::span<const double>> columns;
    for (const auto& port : circuit.inputs) {
        const auto found = table.find_numeric(port.column);
        if (!found) {
            std::vector<std::string> names;
            for (const auto& column : table.numeric) names.push_back(column.name());
            throw Error({.file = table.source, .line = 0, .column = 0, .name = port.column}, "the firmware reads this column and the table has none of this name." + suggest(port.column, names));
        }
        columns.push_back(table.numeric[*found].values());
    }
    InputRows rows(std::min(table.rows, most));
    for (std::size_t i = 0; i < rows.size(); ++i)
        for (std::size_t k = 0; k < columns.size(); ++k) {
            const auto& port = circuit.inputs[k];
            rows[i].push_back(quantize(columns[k][i], port.format, port.rounding, port.overflow));
        }
    return rows;
}

}  // namespace balmer
