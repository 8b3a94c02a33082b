#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <numeric>

#include "balmer/fitting.hpp"

namespace balmer {
namespace {

constexpr double largest_numerator = 1e9;
constexpr int largest_denominator = 1000;
// Bits by which a short form must be shorter than the digits it explains: chance explains one in four otherwise.
constexpr double margin = 2;

// p/q with q > 0, times pi when `pi`.
struct Fraction {
    double p = 0;
    int q = 1;
    bool pi = false;

    double value() const { return pi ? p * std::numbers::pi / q : p / q; }
    // log2 of the numbers up to p and q, a bit to say "fraction", two to say "pi".
    double bits() const { return std::log2((1 + std::fabs(p)) * q) + (q > 1 ? 1 : 0) + (pi ? 2 : 0); }
    std::string text() const {
        const std::string below = q > 1 ? fmt::format("/{}", q) : "";
        if (!pi) return fmt::format("{:.0f}{}", p, below);
        if (p == 1) return "pi" + below;
        if (p == -1) return "-pi" + below;
        return fmt::format("{:.0f}*pi{}", p, below);
    }
};

}  // namespace

std::optional<Snap> snap(double value, double tolerance) {
    if (!std::isfinite(value) || std::isnan(tolerance)) return std::nullopt;
    tolerance = std::max(tolerance, std::fabs(value) * 0x1p-52);
    if (std::fabs(value) <= tolerance) return Snap{0, "0", 0};
    const double information = std::log2(std::fabs(value) / tolerance);
    std::optional<Fraction> best;
    double best_bits = information - margin, best_distance = 0;
    for (const bool pi : {false, true}) {
        const double unit = pi ? std::numbers::pi : 1.0;
        for (int q = 1; q <= largest_denominator; ++q) {
            const Fraction candidate{std::round(value / unit * q), q, pi};
            if (candidate.p == 0 || std::fabs(candidate.p) > largest_numerator) continue;
            const double distance = std::fabs(candidate.value() - value);
            const double bits = candidate.bits();
            if (distance > tolerance || bits > best_bits || (best && bits == best_bits && distance >= best_distance)) continue;
            best = candidate;
            best_bits = bits;
            best_distance = distance;
        }
    }
    if (!best) return std::nullopt;
    return Snap{best->value(), best->text(), best->bits()};
}

}  // namespace balmer
