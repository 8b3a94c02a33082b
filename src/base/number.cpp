#include "balmer/number.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

namespace balmer {

namespace {

/// What from_chars leaves open: whether digits out of range were too large or too small. Counts the decimal exponent
/// of the first non-zero digit.
double saturated(std::string_view text, bool negative) {
    std::int64_t exponent = 0;
    const std::size_t e = text.find_first_of("eE");
    if (e != std::string_view::npos) {
        std::string_view digits = text.substr(e + 1);
        const bool down = !digits.empty() && digits.front() == '-';
        if (!digits.empty() && (digits.front() == '-' || digits.front() == '+')) {
            digits.remove_prefix(1);
        }
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
        if (read.ec != std::errc()) {
            exponent = std::numeric_limits<std::int32_t>::max();
        }
        exponent = down ? -exponent : exponent;
    }
    const std::string_view mantissa = text.substr(0, e);
    const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
    const std::size_t first = mantissa.find_first_of("123456789");
    const auto place = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
    const double size = exponent + place > 0 ? std::numeric_limits<double>::infinity() : 0.0;
    return negative ? -size : size;
}

}  // namespace

std::string format_double(double value) {
    if (std::isnan(value)) {
        return "nan";  // to_chars would print the sign of a NaN, which means nothing
    }
    std::array<char, 32> buffer;
    const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return std::string(buffer.data(), written.ptr);
}

std::optional<double> parse_double(std::string_view text) {
    const bool negative = !text.empty() && text.front() == '-';
    if (!text.empty() && (text.front() == '+' || negative)) {
        text.remove_prefix(1);
    }
    if (text.empty() || text.front() == '-' || text.front() == '+' || text.back() == ')') {
        return std::nullopt;  // from_chars takes "-" itself and "nan(...)"
    }
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec == std::errc::invalid_argument || read.ptr != text.data() + text.size()) {
        return std::nullopt;
    }
    if (read.ec == std::errc::result_out_of_range) {
        return saturated(text, negative);
    }
    return negative ? -value : value;
}

}  // namespace balmer
