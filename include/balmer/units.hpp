#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balmer/expression.hpp"

namespace balmer {

/// An exact fraction in lowest terms, denominator > 0.
struct Rational {
    std::int64_t numerator = 0;
    std::int64_t denominator = 1;

    /// numerator/denominator in lowest terms. Throws balmer::Error for denominator 0 or overflow, as do the operators below.
    static Rational make(std::int64_t numerator, std::int64_t denominator);
    bool operator==(const Rational&) const = default;
    friend Rational operator+(Rational a, Rational b);
    friend Rational operator-(Rational a, Rational b);
    friend Rational operator*(Rational a, Rational b);
    double value() const { return static_cast<double>(numerator) / static_cast<double>(denominator); }
};

/// A physical unit: exponents of m, kg, s, A, K, mol, cd and its factor to SI.
struct Unit {
    std::array<Rational, 7> exponent{};
    double factor = 1;  ///< value in SI = factor x value in this unit

    bool dimensionless() const;
    bool same_dimension(const Unit& other) const { return exponent == other.exponent; }
    friend Unit operator*(const Unit& a, const Unit& b);
    friend Unit operator/(const Unit& a, const Unit& b);
    Unit power(Rational n) const;
    /// "m kg s^-2", "1000 m s^-1" where the factor is not 1; "1" when dimensionless. parse_unit reads it back.
    std::string text() const;
};
/// Reads "kg m/s^2", "m^(1/2)", "GeV", "km/s", "1": SI base and derived units with prefixes, products by space, * or ., quotients by /.
/// Throws balmer::Error with the unknown name and near ones.
Unit parse_unit(std::string_view text);

/// What check_units finds.
struct UnitCheck {
    bool consistent = true;
    std::optional<Unit> unit;  ///< nothing: any (a wildcard reaches the root)
    std::string complaint;     ///< "sin needs a dimensionless argument, got m/s"
};
/// Unit of a formula given its features' units. Parameters are wildcards: they take whatever unit makes the formula consistent.
UnitCheck check_units(const Expression& expression, std::span<const Unit> features, const Vocabulary& vocabulary);

}  // namespace balmer
