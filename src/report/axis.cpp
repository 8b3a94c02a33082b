#include "report/axis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace balmer::report {
namespace {

constexpr double margin = 0.04;  // of the range, on both sides
constexpr double largest = 1e300;

// The least of 1, 2, 5 times a power of ten that is not below `size`.
double round_step(double size) {
    const double power = std::pow(10, std::floor(std::log10(size)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (size <= factor * power * (1 + 1e-9)) return factor * power;
    return 10 * power;
}

// Ticks of one axis share their number of decimals.
std::string label(double value, double step) {
    const double size = std::max(std::fabs(value), step);
    if (size >= 1e6 || step < 1e-5) return value == 0 ? "0" : fmt::format("{:.{}g}", value, static_cast<int>(std::log10(size / step) + 1.5));
    const int decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
    return fmt::format("{:.{}f}", value, decimals);
}

std::string power_label(double value) {
    const int exponent = static_cast<int>(std::lround(std::log10(value)));
    if (exponent >= -3 && exponent <= 4) return fmt::format("{:g}", value);
    static const char* const digits[] = {"\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074", "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
    std::string text = exponent < 0 ? "10\u207b" : "10";
    for (const char c : std::to_string(std::abs(exponent))) text += digits[c - '0'];
    return text;
}

std::vector<Tick> linear_ticks(double lower, double upper, int wanted) {
    const double step = round_step((upper - lower) / wanted);
    std::vector<Tick> ticks;
    for (double k = std::ceil(lower / step - 1e-9); k * step <= upper + 1e-9 * step; k += 1) {
        const double value = k == 0 ? 0.0 : k * step;
        ticks.push_back({value, label(value, step)});
        if (ticks.size() > 100) break;  // steps below the resolution of a double
    }
    return ticks;
}

std::vector<Tick> logarithmic_ticks(double lower, double upper, int wanted) {
    const double first = std::floor(std::log10(lower)), last = std::ceil(std::log10(upper));
    if (upper < 10 * lower) {  // less than a decade: round values say more than powers of ten
        auto ticks = linear_ticks(lower, upper, wanted);
        std::erase_if(ticks, [](const Tick& tick) { return tick.value <= 0; });
        return ticks;
    }
    const double stride = std::max(1.0, std::ceil((last - first) / wanted));
    std::vector<Tick> ticks;
    for (double e = first; e <= last; e += 1) {
        const double power = std::pow(10, e);
        const bool labelled = std::fmod(e - first, stride) == 0;
        if (power >= lower * (1 - 1e-9) && power <= upper * (1 + 1e-9)) ticks.push_back({power, labelled ? power_label(power) : ""});
        if (stride > 1) continue;
        for (int m = 2; m < 10; ++m)
            if (m * power >= lower && m * power <= upper) ticks.push_back({m * power, ""});
    }
    return ticks;
}

}  // namespace

Axis::Axis(Scale scale, std::span<const double> values) : scale_(scale) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const double v : values) {
        if (!std::isfinite(v) || std::fabs(v) > largest || (scale == Scale::logarithmic && v <= 0)) continue;
        low = std::min(low, v);
        high = std::max(high, v);
    }
    if (low > high) {
        low = scale == Scale::logarithmic ? 0.1 : 0;
        high = 1;
    }
    if (scale == Scale::logarithmic) {
        const double ratio = std::max(std::pow(high / low, margin), high / low > 1.01 ? 1.0 : 1.5);
        lower_ = low / ratio;
        upper_ = high * ratio;
        return;
    }
    const double width = high - low, size = std::max(std::fabs(low), std::fabs(high));
    const double wider = width > 1e-9 * size ? margin * width : size > 0 ? 0.1 * size : 0.5;
    lower_ = low - wider;
    upper_ = high + wider;
}

Axis::Axis(Scale scale, double lower, double upper) : scale_(scale), lower_(lower), upper_(upper) {}

double Axis::position(double value) const {
    if (scale_ == Scale::linear) return (value - lower_) / (upper_ - lower_);
    return value > 0 ? std::log(value / lower_) / std::log(upper_ / lower_) : std::numeric_limits<double>::quiet_NaN();
}

std::vector<Tick> Axis::ticks(int wanted) const {
    return scale_ == Scale::linear ? linear_ticks(lower_, upper_, wanted) : logarithmic_ticks(lower_, upper_, wanted);
}

}  // namespace balmer::report
