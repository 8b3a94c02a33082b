#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace balmer {

/// The shortest text that reads back to the same double: "0.1", "1e-05", "-3", "inf", "nan". Independent of the locale.
std::string format_double(double value);

/// The double written by the whole of `text`: optional sign (a leading + too), digits with point and exponent, or inf,
/// infinity, nan in any case. Nothing when `text` is anything else or has blanks around it. Rounds to nearest; too
/// large is infinite, too small is zero, with their sign. Independent of the locale.
std::optional<double> parse_double(std::string_view text);

}  // namespace balmer
