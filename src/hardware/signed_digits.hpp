#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "balmer/circuit_builder.hpp"

namespace balmer {

/// A number with few binary digits: mantissa * 2^exponent. The mantissa is odd or zero.
struct Coefficient {
    std::int64_t mantissa = 0;
    int exponent = 0;

    double value() const;
    bool operator==(const Coefficient&) const = default;
};

/// One digit of a signed-digit number: sign * 2^position.
struct SignedDigit {
    int position = 0;
    int sign = 1;
};

/// The non-adjacent form of an integer: the fewest non-zero digits (Reitwiesner 1960), lowest first.
std::vector<SignedDigit> signed_digits(std::int64_t value);
/// The number of at most `digits` non-zero signed digits nearest to x, digits below 2^finest left out.
Coefficient nearest_coefficient(double x, int digits, int finest);
/// The coefficient without its lowest non-zero digit; zero stays zero.
Coefficient without_last_digit(Coefficient coefficient);

/// A summand of a linear form: node * 2^shift, added or subtracted.
struct Summand {
    std::uint32_t node = 0;
    int shift = 0;  ///< moves the binary point: value * 2^shift
    int sign = 1;
};

/// Replaces pairs a +- b*2^k that occur more than once over all linear forms by one sum (two-term sharing, Hartley 1996).
void share_pairs(CircuitBuilder& builder, std::vector<std::vector<Summand>>& forms);
/// Adds up a linear form, earliest and narrowest first. An empty form is 0.
std::uint32_t add_up(CircuitBuilder& builder, std::vector<Summand> form, std::string_view name);

}  // namespace balmer
