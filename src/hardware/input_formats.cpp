#include "hardware/input_formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "balmer/error.hpp"

namespace balmer {

namespace {

constexpr int widest_port = 48;
constexpr int fewest_bits = 4, most_bits = 40;  // of a port whose precision is searched
constexpr int finest_point = 120;

bool is_whole(const Column& column) {
    return std::ranges::all_of(column.values(), [](double x) { return !std::isfinite(x) || x == std::floor(x); });
}

}  // namespace

int exponent_of(const Column& column) {
    double largest = 0;
    for (const double x : column.values()) {
        largest = std::isfinite(x) ? std::max(largest, std::fabs(x)) : largest;
    }
    return largest > 0 ? std::ilogb(largest) + 1 : 0;
}

FixedPoint port_format(const LoweringOptions& options, const std::string& feature) {
    const auto named = options.input_formats.find(feature);
    assert(named != options.input_formats.end() || options.input_format);
    return named == options.input_formats.end() ? *options.input_format : named->second;
}

bool is_open(const LoweringOptions& options, const std::string& feature) {
    return !options.input_format && !options.input_formats.contains(feature);
}

FixedPoint format_holding(const Column& column, int fraction) {
    double low = 0, high = 0;
    for (const double x : column.values()) {
        if (std::isfinite(x)) {
            low = std::min(low, x);
            high = std::max(high, x);
        }
    }
    const auto rounded = [&](double x) { return std::floor(std::ldexp(x, fraction) + 0.5); };
    if (std::max(-rounded(low), rounded(high)) >= std::ldexp(1.0, widest_port - 1)) {
        throw Error({.name = column.name()}, fmt::format("values from {:.6g} to {:.6g} need more than {} bits before the last one wanted, 2^{}: rescale the column, or give its "
                                                         "port a format: --input-format \"{}=fixed<W,I>\"", low, high, widest_port, -fraction, column.name()));
    }
    return format_for(static_cast<std::int64_t>(rounded(low)), static_cast<std::int64_t>(rounded(high)), fraction);
}

std::string Saturation::text() const {
    return fmt::format("{}: {} of {} rows lie beyond {} ({:.6g} ... {:.6g}); {} integer bits hold them all: {}", column, beyond, rows, to_string(format),
                       format.step() * static_cast<double>(format.lowest()), format.step() * static_cast<double>(format.highest()),
                       holding.width - holding.fraction, to_string(holding));
}

std::optional<Saturation> saturation_of(const Column& column, FixedPoint format) {
    Saturation found{.column = column.name(), .format = format, .holding = format, .rows = column.rows()};
    for (const double x : column.values()) {
        // Half a step beyond the ends still rounds to them.
        const double scaled = std::ldexp(x, format.fraction);
        found.beyond += scaled >= static_cast<double>(format.highest()) + 1 || scaled < static_cast<double>(format.lowest()) - 0.5 ? 1 : 0;
    }
    if (found.beyond == 0) {
        return std::nullopt;
    }
    const FixedPoint data = format_holding(column, format.fraction);
    found.holding.sign = format.sign == Sign::with || data.sign == Sign::with ? Sign::with : Sign::without;
    found.holding.width = data.width + (found.holding.sign == data.sign ? 0 : 1);
    return found;
}

std::vector<FixedPoint> choose_formats(const std::vector<const Column*>& columns, const RoundingLoss& loss) {
    std::vector<int> fractions;
    std::vector<char> searched;
    const auto formats = [&] {
        std::vector<FixedPoint> result;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            result.push_back(format_holding(*columns[i], fractions[i]));
        }
        return result;
    };
    for (const Column* column : columns) {
        searched.push_back(is_whole(*column) ? 0 : 1);
        fractions.push_back(0);
    }
    if (std::ranges::none_of(searched, [](char s) { return s != 0; })) {
        return formats();
    }
    // The same relative precision for all, as coarse as the loss allows; then each column by itself.
    for (int bits = fewest_bits; bits <= most_bits; ++bits) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            fractions[i] = searched[i] ? std::clamp(bits - exponent_of(*columns[i]), -finest_point, finest_point) : 0;
        }
        if (loss(formats()) <= 1) {
            break;
        }
    }
    constexpr std::size_t many = 24;  // columns; beyond, every one by itself would take minutes
    for (bool improved = columns.size() <= many; improved;) {
        improved = false;
        double least = 1;
        std::size_t best = 0;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (!searched[i]) {
                continue;
            }
            if (fractions[i] + exponent_of(*columns[i]) <= 1) {  // a column that hardly matters keeps one bit
                searched[i] = 0;
                continue;
            }
            fractions[i] -= 1;
            const double now = loss(formats());
            fractions[i] += 1;
            if (!(now <= 1)) {
                searched[i] = 0;
            } else if (now <= least) {
                least = now;
                best = i;
                improved = true;
            }
        }
        fractions[best] -= improved ? 1 : 0;
    }
    return formats();
}

}  // namespace balmer
