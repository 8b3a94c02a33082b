#include "hardware/table_cost.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
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

/// A function and its complement cost one look-up: that of the two whose first entry is 0, and which of them was meant.
struct Piece {
    std::uint32_t id;  ///< equal functions have equal numbers, the constant is 0
    bool complement;
};

/// Counts the look-ups of one output bit after the other; its memory is used again.
class BitCounter {
public:
    double lut(std::span<const std::uint64_t> chunks) {
        double total = number_chunks(chunks);
        // Selection: two address bits per LUT of a four-way choice, counted over distinct results.
        while (pieces_.size() > 1) {
            // The last level of one bit is the free MUXF7 behind two LUTs.
            total += (chunks.size() == 2 ? 0.5 : 1.0) * static_cast<double>(choose_of_four());
        }
        return total;
    }

private:
    template <class Value>
    static void make_distinct(std::vector<Value>& values) {
        std::ranges::sort(values);
        values.erase(std::unique(values.begin(), values.end()), values.end());
    }

    double number_chunks(std::span<const std::uint64_t> chunks) {
        const auto without_sign = [](std::uint64_t chunk) { return (chunk & 1) != 0 ? ~chunk : chunk; };
        chunks_.assign(1, 0);
        for (const std::uint64_t chunk : chunks) {
            chunks_.push_back(without_sign(chunk));
        }
        make_distinct(chunks_);
        pieces_.clear();
        for (const std::uint64_t chunk : chunks) {
            const auto at = std::ranges::lower_bound(chunks_, without_sign(chunk));
            pieces_.push_back({static_cast<std::uint32_t>(at - chunks_.begin()), (chunk & 1) != 0});
        }
        return static_cast<double>(std::ranges::count_if(chunks_, [](std::uint64_t chunk) { return dependencies(chunk) > 1; }));
    }

    /// Four pieces become one; how many distinct ones are not constant.
    std::size_t choose_of_four() {
        keys_.clear();
        for (std::size_t begin = 0; begin < pieces_.size(); begin += 4) {
            Key key{};
            for (std::size_t k = 0; k < 4 && begin + k < pieces_.size(); ++k) {
                key[k] = 2 * pieces_[begin + k].id + (pieces_[begin + k].complement != pieces_[begin].complement ? 1 : 0);
            }
            keys_.push_back(key);
        }
        distinct_keys_ = keys_;
        distinct_keys_.push_back({});
        make_distinct(distinct_keys_);
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            pieces_[i] = {static_cast<std::uint32_t>(std::ranges::lower_bound(distinct_keys_, keys_[i]) - distinct_keys_.begin()), pieces_[4 * i].complement};
        }
        pieces_.resize(keys_.size());
        return distinct_keys_.size() - 1;
    }

    using Key = std::array<std::uint32_t, 4>;
    Chunks chunks_;
    std::vector<Piece> pieces_;
    std::vector<Key> keys_, distinct_keys_;
};

/// Bit b of 64 values as words[b], for the lowest bits: eight by eight bits at a time (H. S. Warren, Hacker's Delight, 7-3).
void transpose(std::span<const std::int64_t, 64> values, std::span<std::uint64_t> words) {
    for (std::size_t byte = 0; 8 * byte < words.size(); ++byte) {
        for (std::size_t block = 0; block < 8; ++block) {
            std::uint64_t x = 0;
            for (std::size_t i = 0; i < 8; ++i) {
                x |= ((static_cast<std::uint64_t>(values[8 * block + i]) >> (8 * byte)) & 0xff) << (8 * i);
            }
            x = (x & 0xaa55aa55aa55aa55) | ((x & 0x00aa00aa00aa00aa) << 7) | ((x >> 7) & 0x00aa00aa00aa00aa);
            x = (x & 0xcccc3333cccc3333) | ((x & 0x0000cccc0000cccc) << 14) | ((x >> 14) & 0x0000cccc0000cccc);
            x = (x & 0xf0f0f0f00f0f0f0f) | ((x & 0x00000000f0f0f0f0) << 28) | ((x >> 28) & 0x00000000f0f0f0f0);
            for (std::size_t b = 8 * byte; b < std::min(8 * byte + 8, words.size()); ++b) {
                words[b] |= ((x >> (8 * (b - 8 * byte))) & 0xff) << (8 * block);
            }
        }
    }
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
    // By raw address bits. An address outside the interval repeats its neighbour: a free choice, made as minimisation would.
    std::vector<std::int64_t> by_address(std::max<std::size_t>(64, size));
    for (std::size_t i = 0; i < size; ++i) {
        by_address[(i + static_cast<std::uint64_t>(address.low)) & mask] = values[first + std::min(i, count - 1)];
    }
    for (std::size_t i = size; i < 64; ++i) {  // shorter tables repeat, so that missing address bits do not matter
        by_address[i] = by_address[i - size];
    }
    const std::size_t chunks = by_address.size() / 64, planes = static_cast<std::size_t>(bits);
    Chunks plane_bits(planes * chunks), words(planes);
    for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
        std::ranges::fill(words, 0);
        transpose(std::span<const std::int64_t, 64>(by_address.data() + 64 * chunk, 64), words);
        for (std::size_t b = 0; b < planes; ++b) {
            plane_bits[b * chunks + chunk] = words[b];
        }
    }
    const auto plane = [&](std::size_t b) { return std::span<const std::uint64_t>(plane_bits).subspan(b * chunks, chunks); };
    BitCounter counter;
    double lut = 0;
    for (std::size_t b = 0; b < planes; ++b) {
        bool is_shared = false;
        for (std::size_t other = 0; other < b && !is_shared; ++other) {
            is_shared = std::ranges::equal(plane(other), plane(b));
        }
        lut += is_shared ? 0 : counter.lut(plane(b));
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
