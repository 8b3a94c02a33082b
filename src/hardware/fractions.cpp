#include "hardware/fractions.hpp"

#include <algorithm>
#include <cmath>

namespace balmer {

namespace {

/// A node modulo 1.
std::uint32_t wrapped_to_fraction(CircuitBuilder& builder, std::uint32_t node, std::string_view name) {
    const int bits = builder.node(node).fraction;
    return bits < 1 ? builder.constant(0, 0) : builder.wrap(node, bits, Sign::without, name);
}

/// A node rounded down; what that leaves out on average is added to `bias`, times `sign`.
std::uint32_t cut(CircuitBuilder& builder, std::uint32_t node, int fraction, int sign, double& bias) {
    const int finest = builder.node(node).fraction;
    if (finest <= fraction) {
        return node;
    }
    bias += sign * (std::ldexp(0.5, -fraction) - std::ldexp(0.5, -finest));
    return builder.with_fraction(node, fraction, Rounding::floor);
}

}  // namespace

std::int64_t fraction_bits(std::int64_t value, int fraction) { return fraction < 1 ? 0 : value & ((std::int64_t{1} << fraction) - 1); }

Fractions add_fractions(CircuitBuilder& builder, const std::vector<Summand>& form, int fraction, std::string_view name) {
    Fractions sum{.node = builder.constant(0, 0)};
    std::vector<Summand> cut_form;
    for (const Summand& summand : form) {
        const std::uint32_t moved = builder.reread(summand.node, builder.node(summand.node).fraction - summand.shift);
        const std::uint32_t part = cut(builder, wrapped_to_fraction(builder, moved, name), fraction + guard_bits, summand.sign, sum.bias);
        if (builder.node(part).high > 0) {
            cut_form.push_back({part, 0, summand.sign});
        }
    }
    // Narrowest first: what a carry leaves beyond the point is wrapped away at once.
    std::ranges::stable_sort(cut_form, {}, [&](const Summand& s) { return std::pair(-s.sign, builder.node(s.node).fraction); });
    for (std::size_t i = 0; i < cut_form.size(); ++i) {
        const std::uint32_t next = cut_form[i].node;
        const std::uint32_t total = i == 0 && cut_form[i].sign > 0 ? next : cut_form[i].sign > 0 ? builder.add(sum.node, next) : builder.subtract(sum.node, next);
        sum.node = wrapped_to_fraction(builder, total, name);
    }
    sum.node = cut(builder, sum.node, fraction, 1, sum.bias);
    return sum;
}

}  // namespace balmer
