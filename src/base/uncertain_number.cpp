#include "balmer/uncertain_number.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "balmer/number.hpp"

namespace balmer {

namespace {

/// The decimal exponent of a positive number's first digit.
int exponent_of(double value) {
    const std::string text = fmt::format("{:.17e}", value);
    return std::atoi(text.c_str() + text.find('e') + 1);
}

/// The decimal place of the error's last digit by the rule of the Particle Data Group.
int last_place(double uncertainty) {
    const std::string text = fmt::format("{:.2e}", uncertainty);  // three digits: d.dde+xx
    const int leading = (text[0] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
    const int exponent = std::atoi(text.c_str() + text.find('e') + 1);
    if (leading < 355) {
        return exponent - 1;
    }
    return exponent;  // 950 to 999 round up to 10 of this place: two digits
}

/// "0.1057(3)" with the last digit at 10^place; place above zero writes zeros: "1200(300)".
std::string plain(double value, double uncertainty, int place) {
    if (place >= 0) {
        const double step = std::pow(10.0, place);
        return fmt::format("{:.0f}({:.0f})", std::round(value / step) * step, std::round(uncertainty / step) * step);
    }
    return fmt::format("{:.{}f}({:.0f})", value, -place, std::round(uncertainty * std::pow(10.0, -place)));
}

}  // namespace

std::string format_uncertain(double value, double uncertainty) {
    if (!std::isfinite(value) || !std::isfinite(uncertainty) || uncertainty <= 0) {
        return format_double(value);
    }
    const double size = std::max(std::fabs(value), uncertainty);
    const int exponent = exponent_of(size);
    const int place = last_place(uncertainty);
    if (place < exponent - 16) {  // the error lies below the value's own digits
        return format_double(value);
    }
    if (exponent >= -4 && exponent <= 6) {
        return plain(value, uncertainty, place);
    }
    const double scale = std::pow(10.0, -exponent);
    return fmt::format("{}e{:+03d}", plain(value * scale, uncertainty * scale, place - exponent), exponent);
}

}  // namespace balmer
