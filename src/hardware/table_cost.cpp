#include "hardware/table_cost.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

namespace balmer {

namespace {

/// One output bit over 2^n addresses as chunks of 64, in the order of the address bits.
using Chunks = std::vector<std::uint64_t>;

/// Whether a 64-entry function depends on address bit `bit`.
bool depends(std::uint64_t chunk, int bit) {
    static constexpr std::array<std::uint64_t, 6> low_half = {0x5555555555555555, 0x3333333333333333, 0x0f0f0f0f0f0f0f0f,
                                                              0x00ff00ff00ff00ff, 0x0000ffff0000ffff, 0x00000000ffffffff};
    return ((chunk >> (1 << bit)) & low_half[static_cast<std::size_t>(bit)]) != (chunk & low_half[static_cast<std::size_t>(bit)]);
}

int dependencies(std::uint64_t chunk) {
    int count = 0;
    for (int bit = 0; bit < 6; ++bit) {
        count += depends(chunk, bit) ? 1 : 0;
    }
    return count;
}

/// A function and its complement cost one look-up.
std::uint64_t up_to_complement(std::uint64_t chunk) { return (chunk & 1) != 0 ? ~chunk : chunk; }

/// Distinct pieces of a bit at one level of selection, constants and complements left out.
std::size_t count_distinct(std::vector<std::vector<std::uint64_t>> pieces) {
    for (auto& piece : pieces) {
        if ((piece[0] & 1) != 0) {
            for (std::uint64_t& word : piece) {
                word = ~word;
            }
        }
    }
    std::ranges::sort(pieces);
    const auto last = std::unique(pieces.begin(), pieces.end());
    const auto is_zero = [](const auto& piece) { return std::ranges::all_of(piece, [](std::uint64_t word) { return word == 0; }); };
    return static_cast<std::size_t>(std::count_if(pieces.begin(), last, [&](const auto& piece) { return !is_zero(piece); }));
}

double bit_lut(const Chunks& chunks) {
    Chunks distinct;
    for (const std::uint64_t chunk : chunks) {
        distinct.push_back(up_to_complement(chunk));
    }
    std::ranges::sort(distinct);
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    double lut = 0;
    for (const std::uint64_t chunk : distinct) {
        lut += dependencies(chunk) > 1 ? 1 : 0;
    }
    // Selection: two address bits per LUT of a four-way choice, counted over distinct results.
    for (std::size_t length = 4; length / 4 < chunks.size(); length *= 4) {
        const std::size_t take = std::min(length, chunks.size());
        std::vector<std::vector<std::uint64_t>> pieces;
        for (std::size_t begin = 0; begin < chunks.size(); begin += take) {
            pieces.emplace_back(chunks.begin() + static_cast<std::ptrdiff_t>(begin), chunks.begin() + static_cast<std::ptrdiff_t>(begin + take));
        }
        // The last level of one bit is the free MUXF7 behind two LUTs.
        lut += (chunks.size() == 2 ? 0.5 : 1.0) * static_cast<double>(count_distinct(std::move(pieces)));
    }
    return lut;
}

}  // namespace

double table_column_lut(const CircuitTable& table, std::uint32_t column, const CircuitNode& address) {
    const std::vector<std::int64_t>& values = table.columns[column].values;
    const auto first = static_cast<std::size_t>(address.low - table.first);
    const auto count = static_cast<std::size_t>(address.high - address.low) + 1;
    const FixedPoint format = address.format();
    const std::size_t size = std::size_t{1} << format.width;
    const std::uint64_t mask = size - 1;
    std::int64_t low = values[first], high = values[first];
    for (std::size_t i = first; i < first + count; ++i) {
        low = std::min(low, values[i]);
        high = std::max(high, values[i]);
    }
    const int bits = format_for(low, high, 0).width;
    const std::size_t words = std::max<std::size_t>(1, size / 64);
    std::vector<Chunks> planes(static_cast<std::size_t>(bits), Chunks(words, 0));
    // An address outside the interval repeats its neighbour: a free choice, made as minimisation would.
    std::int64_t previous = values[first];
    for (std::size_t i = 0; i < size; ++i) {
        const auto raw = static_cast<std::uint64_t>(i + (static_cast<std::uint64_t>(address.low) & mask)) & mask;
        const std::int64_t value = i < count ? values[first + i] : previous;
        previous = value;
        for (std::size_t b = 0; b < planes.size(); ++b) {
            planes[b][raw / 64] |= ((static_cast<std::uint64_t>(value) >> b) & 1) << (raw % 64);
        }
    }
    if (size < 64) {  // shorter tables repeat, so that missing address bits do not matter
        for (Chunks& plane : planes) {
            for (std::size_t length = size; length < 64; length *= 2) {
                plane[0] |= plane[0] << length;
            }
        }
    }
    std::ranges::sort(planes);
    planes.erase(std::unique(planes.begin(), planes.end()), planes.end());
    double lut = 0;
    for (const Chunks& plane : planes) {
        lut += bit_lut(plane);
    }
    return lut;
}

double table_delay(const CircuitNode& address) {
    static constexpr std::array<double, 6> beyond_six = {0.4, 0.5, 0.55, 0.95, 1.05, 1.35};
    const int width = address.format().width;
    const int extra = std::clamp(width - 6, 0, 5);
    return beyond_six[static_cast<std::size_t>(extra)] + 0.3 * std::max(0, width - 11);
}

}  // namespace balmer
