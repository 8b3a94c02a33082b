#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <numeric>

#include "balmer/number.hpp"

namespace balmer {

/// A number as SymPy holds it: an exact rational or a float.
struct SympyNumber {
    bool exact = true;
    std::int64_t numerator = 0, denominator = 1;  ///< lowest terms, denominator > 0, when exact
    double value = 0;

    static SympyNumber real(double value) { return {false, 0, 1, value}; }
    static SympyNumber rational(std::int64_t n, std::int64_t d = 1) {
        const auto g = std::gcd(n, d);
        n /= g, d /= g;
        if (d < 0) n = -n, d = -d;
        return {true, n, d, static_cast<double>(n) / static_cast<double>(d)};
    }
    /// As sympify reads the shortest text of the double: "2" is an integer, "0.5" a float.
    static SympyNumber read(double value) {
        const bool whole = format_double(value).find_first_not_of("+-0123456789") == std::string::npos;
        return whole && std::fabs(value) < 1e15 ? rational(static_cast<std::int64_t>(value)) : real(value);
    }

    bool is(std::int64_t n) const { return exact && denominator == 1 && numerator == n; }
    bool zero() const { return value == 0; }
    bool integer() const { return exact && denominator == 1; }
    bool operator==(const SympyNumber& other) const { return exact == other.exact && value == other.value; }

    friend SympyNumber operator+(const SympyNumber& a, const SympyNumber& b) {
        std::int64_t x, y, n, d;
        if (a.exact && b.exact && !__builtin_mul_overflow(a.numerator, b.denominator, &x) &&
            !__builtin_mul_overflow(b.numerator, a.denominator, &y) && !__builtin_add_overflow(x, y, &n) &&
            !__builtin_mul_overflow(a.denominator, b.denominator, &d))
            return rational(n, d);
        return real(a.value + b.value);
    }
    friend SympyNumber operator*(const SympyNumber& a, const SympyNumber& b) {
        if (a.is(0) || b.is(0)) return rational(0);
        std::int64_t n, d;
        if (a.exact && b.exact && !__builtin_mul_overflow(a.numerator, b.numerator, &n) &&
            !__builtin_mul_overflow(a.denominator, b.denominator, &d))
            return rational(n, d);
        return real(a.value * b.value);
    }
};

/// a^n for a whole n; exact while it fits.
inline SympyNumber power(SympyNumber a, std::int64_t n) {
    if (n < 0) {
        a = a.exact && a.numerator != 0 ? SympyNumber::rational(a.denominator, a.numerator) : SympyNumber::real(1 / a.value);
        n = -n;
    }
    if (n > 64) return SympyNumber::real(std::pow(a.value, static_cast<double>(n)));
    SympyNumber result = SympyNumber::rational(1);
    while (n-- > 0) result = result * a;
    return result;
}

}  // namespace balmer
