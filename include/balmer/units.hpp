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
/// What the numbers of a formula are to its units.
enum class ConstantUnits : std::uint8_t {
    any,            ///< wildcards: they take whatever unit makes the formula consistent
    dimensionless,  ///< pure numbers
};
/// Unit of a formula given its features' units.
UnitCheck check_units(const Expression& expression, std::span<const Unit> features, const Vocabulary& vocabulary,
                      ConstantUnits constants = ConstantUnits::any);

/// Some of several units as a basis of the dimensions of all of them, found by exact elimination. The basis prefers units with exponent 1 or -1
/// in a base unit that hold few other base units.
class UnitBasis {
public:
    /// `may_be_basis[i]`: whether unit i may be chosen (empty: all may); where those do not span all dimensions, others are taken too.
    explicit UnitBasis(std::span<const Unit> units, const std::vector<bool>& may_be_basis = {});

    /// Indices of the chosen units.
    const std::vector<std::size_t>& members() const { return members_; }
    /// p with prod units[members()[k]]^p_k of the dimension of `unit`; nothing when no product of powers has it.
    std::optional<std::vector<Rational>> exponents(const Unit& unit) const;

private:
    std::vector<Unit> units_;
    std::vector<std::size_t> members_;
};
/// Base units ("kg", "s") that `wanted` holds and none of `units` does.
std::vector<std::string> missing_base_units(std::span<const Unit> units, const Unit& wanted);

}  // namespace balmer
