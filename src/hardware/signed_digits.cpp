#include "hardware/signed_digits.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <tuple>

namespace balmer {

double Coefficient::value() const { return std::ldexp(static_cast<double>(mantissa), exponent); }

std::vector<SignedDigit> signed_digits(std::int64_t value) {
    std::vector<SignedDigit> digits;
    for (int position = 0; value != 0; ++position) {
        if (value % 2 != 0) {
            const int sign = ((value % 4) + 4) % 4 == 1 ? 1 : -1;
            digits.push_back({position, sign});
            value -= sign;
        }
        value /= 2;
    }
    return digits;
}

namespace {

Coefficient normalised(std::int64_t mantissa, int exponent) {
    if (mantissa == 0) {
        return {};
    }
    const int zeros = std::countr_zero(static_cast<std::uint64_t>(mantissa < 0 ? -mantissa : mantissa));
    return {mantissa >> zeros, exponent + zeros};
}

}  // namespace

Coefficient nearest_coefficient(double x, int digits, int finest) {
    // Taking the nearest power of two off the rest, again and again, gives the best sum of that many.
    double rest = x;
    double total = 0;
    for (int k = 0; k < digits && rest != 0; ++k) {
        int exponent = std::ilogb(rest);
        exponent += std::fabs(rest) > 1.5 * std::ldexp(1.0, exponent) ? 1 : 0;
        if (exponent < finest) {
            break;
        }
        const double digit = std::copysign(std::ldexp(1.0, exponent), rest);
        total += digit;
        rest -= digit;
    }
    return normalised(std::llround(std::ldexp(total, -finest)), finest);
}

Coefficient without_last_digit(Coefficient coefficient) {
    const auto digits = signed_digits(coefficient.mantissa);
    if (digits.size() <= 1) {
        return {};
    }
    return normalised(coefficient.mantissa - digits[0].sign * (std::int64_t{1} << digits[0].position), coefficient.exponent);
}

namespace {

/// A pair of summands up to a common shift and sign.
using Pair = std::tuple<std::uint32_t, std::uint32_t, int, int>;  // nodes, shift of the second against the first, product of signs

Pair pair_of(const Summand& a, const Summand& b) {
    const bool ordered = std::tie(a.node, a.shift) <= std::tie(b.node, b.shift);
    const Summand& first = ordered ? a : b;
    const Summand& second = ordered ? b : a;
    return {first.node, second.node, second.shift - first.shift, first.sign * second.sign};
}

void count_pairs(const std::vector<Summand>& form, std::map<Pair, int>& counts) {
    std::map<Pair, std::vector<char>> used;  // a summand counts once per pair within a form
    for (std::size_t i = 0; i < form.size(); ++i) {
        for (std::size_t j = i + 1; j < form.size(); ++j) {
            const Pair pair = pair_of(form[i], form[j]);
            auto& taken = used.try_emplace(pair, form.size(), 0).first->second;
            if (!taken[i] && !taken[j]) {
                taken[i] = taken[j] = 1;
                ++counts[pair];
            }
        }
    }
}

void replace_pair(std::vector<Summand>& form, const Pair& pair, std::uint32_t shared) {
    for (std::size_t i = 0; i < form.size(); ++i) {
        for (std::size_t j = i + 1; j < form.size(); ++j) {
            if (pair_of(form[i], form[j]) != pair) {
                continue;
            }
            const bool ordered = std::tie(form[i].node, form[i].shift) <= std::tie(form[j].node, form[j].shift);
            const Summand first = ordered ? form[i] : form[j];
            form[i] = {shared, first.shift, first.sign};
            form.erase(form.begin() + static_cast<std::ptrdiff_t>(j));
            j = i;  // the summand at i is new
        }
    }
}

}  // namespace

void share_pairs(CircuitBuilder& builder, std::vector<std::vector<Summand>>& forms) {
    for (;;) {
        std::map<Pair, int> counts;
        for (const auto& form : forms) {
            count_pairs(form, counts);
        }
        const auto best = std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
        if (best == counts.end() || best->second < 2) {
            return;
        }
        const auto [a, b, shift, sign] = best->first;
        const std::uint32_t moved = shift == 0 ? b : builder.reread(b, builder.node(b).fraction - shift);
        const std::uint32_t shared = sign > 0 ? builder.add(a, moved, "shared") : builder.subtract(a, moved, "shared");
        for (auto& form : forms) {
            replace_pair(form, best->first, shared);
        }
    }
}

std::uint32_t add_up(CircuitBuilder& builder, std::vector<Summand> form, std::string_view name) {
    if (form.empty()) {
        return builder.constant(0, 0);
    }
    struct Item {
        std::uint32_t node;
        int sign;
        int depth;
    };
    std::vector<Item> items;
    for (const Summand& summand : form) {
        items.push_back({builder.reread(summand.node, builder.node(summand.node).fraction - summand.shift), summand.sign, 0});
    }
    const auto later = [&](const Item& a, const Item& b) {
        const auto key = [&](const Item& item) {
            const FixedPoint format = builder.node(item.node).format();
            return std::tuple(item.depth, -format.fraction, format.width, item.node, item.sign);
        };
        return key(a) < key(b);
    };
    while (items.size() > 1) {
        std::ranges::sort(items, later);
        const Item a = items[0], b = items[1];
        const std::string_view label = items.size() == 2 ? name : std::string_view("partial_sum");
        Item made{0, 1, std::max(a.depth, b.depth) + 1};
        if (a.sign == b.sign) {
            made.node = builder.add(a.node, b.node, label);
            made.sign = a.sign;
        } else {
            made.node = a.sign > 0 ? builder.subtract(a.node, b.node, label) : builder.subtract(b.node, a.node, label);
        }
        items.erase(items.begin(), items.begin() + 2);
        items.push_back(made);
    }
    return items[0].sign > 0 ? items[0].node : builder.subtract(builder.constant(0, builder.node(items[0].node).fraction), items[0].node, name);
}

}  // namespace balmer
