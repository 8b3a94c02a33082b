#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

namespace balmer {

/// The 64-bit XXH3 hash of `size` bytes (Y. Collet, xxHash): the same on every platform, so it may be written to
/// files. Not cryptographic.
std::uint64_t hash_bytes(const void* data, std::size_t size, std::uint64_t seed = 0);

/// The hash of a text.
inline std::uint64_t hash(std::string_view text, std::uint64_t seed = 0) {
    return hash_bytes(text.data(), text.size(), seed);
}

/// Types without padding, whose bytes are their value: numbers, enumerators, plain structures of integers.
template <class T>
concept HashedByBytes =
    std::is_arithmetic_v<std::remove_cv_t<T>> || std::has_unique_object_representations_v<std::remove_cv_t<T>>;

/// The hash of the bytes of values. Of doubles it sees bits: 0 and -0 differ, and so do NaNs.
template <HashedByBytes T, std::size_t N>
std::uint64_t hash(std::span<T, N> values, std::uint64_t seed = 0) {
    return hash_bytes(values.data(), values.size_bytes(), seed);
}

/// One hash of two, in which their order matters (the finaliser of SplitMix64, S. Vigna).
constexpr std::uint64_t combine_hash(std::uint64_t a, std::uint64_t b) {
    std::uint64_t x = a * 0x9e3779b97f4a7c15ULL + b + 0x632be59bd9b4e019ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

}  // namespace balmer
