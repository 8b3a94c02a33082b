#include <fmt/format.h>

#include <bit>
#include <cassert>
#include <cctype>
#include <charconv>
#include <cmath>

#include "balmer/circuit.hpp"
#include "balmer/error.hpp"

namespace balmer {

namespace {

constexpr int largest_width = 60;
constexpr int largest_fraction = 120;

[[noreturn]] void refuse(std::string_view text, const std::string& reason) {
    throw Error(fmt::format("'{}' is no fixed-point format: {}. Allowed: fixed<W,I> and ufixed<W,I> with W bits in all (1 to {}) of which I "
                            "stand before the binary point, the sign bit included, such as fixed<8,4>; int<W> and uint<W> for raw words",
                            text, reason, largest_width));
}

std::string without_blanks(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (!std::isspace(static_cast<unsigned char>(c))) {
            result += c;
        }
    }
    return result;
}

int read_number(std::string_view digits, std::string_view text) {
    int value = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (problem != std::errc{} || end != digits.data() + digits.size()) {
        refuse(text, fmt::format("'{}' is no whole number", digits));
    }
    return value;
}

}  // namespace

double FixedPoint::step() const { return std::ldexp(1.0, -fraction); }

std::string to_string(FixedPoint format) {
    return fmt::format("{}<{},{}>", format.sign == Sign::with ? "fixed" : "ufixed", format.width, format.width - format.fraction);
}

FixedPoint parse_fixed_point(std::string_view text) {
    const std::string plain = without_blanks(text);
    const auto open = plain.find('<');
    if (open == std::string::npos || plain.back() != '>') {
        refuse(text, "a word and two numbers in <> are expected");
    }
    std::string word = plain.substr(0, open);
    if (word.rfind("ap_", 0) == 0) {
        word = word.substr(3);
    }
    const std::string_view inside = std::string_view(plain).substr(open + 1, plain.size() - open - 2);
    const auto comma = inside.find(',');
    const bool is_integer = word == "int" || word == "uint";
    if (!is_integer && word != "fixed" && word != "ufixed") {
        refuse(text, fmt::format("'{}' is unknown", word));
    }
    if (is_integer != (comma == std::string_view::npos)) {
        refuse(text, is_integer ? "one number is expected" : "two numbers are expected");
    }
    FixedPoint format;
    format.sign = word[0] == 'u' ? Sign::without : Sign::with;
    format.width = read_number(inside.substr(0, comma), text);
    const int before = is_integer ? format.width : read_number(inside.substr(comma + 1), text);
    if (format.width < 1 || format.width > largest_width) {
        refuse(text, fmt::format("{} bits are out of range", format.width));
    }
    if (std::abs(before) > largest_fraction) {
        refuse(text, fmt::format("{} bits before the point are out of range", before));
    }
    format.fraction = format.width - before;
    return format;
}

FixedPoint format_for(std::int64_t low, std::int64_t high, int fraction) {
    assert(low <= high);
    FixedPoint format{.width = 1, .fraction = fraction, .sign = low < 0 ? Sign::with : Sign::without};
    // ~x of a negative x needs as many bits as x without its sign.
    const auto magnitude = static_cast<std::uint64_t>(low < 0 ? std::max(high, ~low) : high);
    format.width = std::max(1, static_cast<int>(std::bit_width(magnitude)) + (low < 0 ? 1 : 0));
    return format;
}

std::int64_t quantize(double x, FixedPoint format, Rounding rounding, Overflow overflow) {
    if (std::isnan(x)) {
        return 0;
    }
    const double scaled = std::ldexp(x, format.fraction);
    const double whole = rounding == Rounding::floor ? std::floor(scaled) : std::floor(scaled) + (scaled - std::floor(scaled) >= 0.5 ? 1 : 0);
    if (overflow == Overflow::saturate) {
        // Bounds of 60 bits need not be doubles; the comparison with the neighbouring power of two is exact.
        if (whole >= static_cast<double>(format.highest())) {
            return format.highest();
        }
        return whole <= static_cast<double>(format.lowest()) ? format.lowest() : static_cast<std::int64_t>(whole);
    }
    const double period = std::ldexp(1.0, format.width);
    double residue = std::isinf(whole) ? 0 : std::fmod(whole, period);
    if (residue < 0) {
        residue += period;
    }
    const auto integer = static_cast<std::int64_t>(residue);
    return integer > format.highest() ? integer - (std::int64_t{1} << format.width) : integer;
}

}  // namespace balmer
