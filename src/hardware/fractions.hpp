#pragma once

#include <string_view>
#include <vector>

#include "hardware/signed_digits.hpp"

namespace balmer {

/// Bits that summands of a fraction keep below its last.
inline constexpr int guard_bits = 2;

/// An integer of `fraction` bits after the point, modulo 1.
std::int64_t fraction_bits(std::int64_t value, int fraction);

/// A number in [0, 1), and how much the real one lies above it on average.
struct Fractions {
    std::uint32_t node = 0;
    double bias = 0;
};

/// The sum of a linear form modulo 1, rounded down to steps of 2^-fraction. Each summand is cut to its bits after the point, and adders are no wider.
Fractions add_fractions(CircuitBuilder& builder, const std::vector<Summand>& form, int fraction, std::string_view name);

}  // namespace balmer
