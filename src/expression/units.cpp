#include "balmer/units.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>

#include <fmt/format.h>

#include "balmer/error.hpp"
#include "balmer/number.hpp"

namespace balmer {
namespace {

constexpr std::array<std::string_view, 7> base_names = {"m", "kg", "s", "A", "K", "mol", "cd"};

__extension__ typedef __int128 Wide;  // holds any product of two numerators

std::int64_t checked(Wide value) {
    if (value > INT64_MAX || value < -INT64_MAX) throw Error("The exponents of a unit grow beyond 64 bits; use smaller fractions.");
    return static_cast<std::int64_t>(value);
}

Wide divisor(Wide a, Wide b) {
    if (a < 0) a = -a;
    while (b != 0) {
        const auto rest = a % b;
        a = b;
        b = rest;
    }
    return a == 0 ? 1 : a;
}

Rational reduced(Wide numerator, Wide denominator) {
    if (denominator == 0) throw Error("A unit's exponent is divided by zero.");
    if (denominator < 0) numerator = -numerator, denominator = -denominator;
    const auto common = divisor(numerator, denominator);
    return {checked(numerator / common), checked(denominator / common)};
}

/// One named unit: its factor to SI, exponents of m, kg, s, A, K, mol, cd, and whether prefixes go before it.
struct NamedUnit {
    std::string_view name;
    double factor;
    std::array<int, 7> exponent;
    bool prefixes;
};

constexpr double degree = std::numbers::pi / 180;
// SI brochure, 9th edition (2019), tables 2, 4 and 8; u of CODATA 2018; astronomical units of the IAU.
constexpr NamedUnit named_units[] = {
    {"m", 1, {1}, true}, {"g", 1e-3, {0, 1}, true}, {"s", 1, {0, 0, 1}, true}, {"A", 1, {0, 0, 0, 1}, true},
    {"K", 1, {0, 0, 0, 0, 1}, true}, {"mol", 1, {0, 0, 0, 0, 0, 1}, true}, {"cd", 1, {0, 0, 0, 0, 0, 0, 1}, true},
    {"Hz", 1, {0, 0, -1}, true}, {"N", 1, {1, 1, -2}, true}, {"Pa", 1, {-1, 1, -2}, true}, {"J", 1, {2, 1, -2}, true},
    {"W", 1, {2, 1, -3}, true}, {"C", 1, {0, 0, 1, 1}, true}, {"V", 1, {2, 1, -3, -1}, true},
    {"F", 1, {-2, -1, 4, 2}, true}, {"Ohm", 1, {2, 1, -3, -2}, true}, {"ohm", 1, {2, 1, -3, -2}, true},
    {"Ω", 1, {2, 1, -3, -2}, true}, {"S", 1, {-2, -1, 3, 2}, true}, {"Wb", 1, {2, 1, -2, -1}, true},
    {"T", 1, {0, 1, -2, -1}, true}, {"H", 1, {2, 1, -2, -2}, true}, {"lm", 1, {0, 0, 0, 0, 0, 0, 1}, true},
    {"lx", 1, {-2, 0, 0, 0, 0, 0, 1}, true}, {"Bq", 1, {0, 0, -1}, true}, {"Gy", 1, {2, 0, -2}, true},
    {"Sv", 1, {2, 0, -2}, true}, {"kat", 1, {0, 0, -1, 0, 0, 1}, true}, {"rad", 1, {}, true}, {"sr", 1, {}, false},
    {"eV", 1.602176634e-19, {2, 1, -2}, true}, {"u", 1.66053906660e-27, {0, 1}, false}, {"Da", 1.66053906660e-27, {0, 1}, true},
    {"barn", 1e-28, {2}, true}, {"b", 1e-28, {2}, true}, {"au", 149597870700., {1}, false},
    {"ly", 9460730472580800., {1}, false}, {"pc", 3.0856775814913673e16, {1}, true}, {"angstrom", 1e-10, {1}, false},
    {"Å", 1e-10, {1}, false}, {"min", 60, {0, 0, 1}, false}, {"h", 3600, {0, 0, 1}, false}, {"d", 86400, {0, 0, 1}, false},
    {"day", 86400, {0, 0, 1}, false}, {"yr", 31557600, {0, 0, 1}, true}, {"a", 31557600, {0, 0, 1}, false},
    {"deg", degree, {}, false}, {"°", degree, {}, false}, {"arcmin", degree / 60, {}, false}, {"arcsec", degree / 3600, {}, true},
    {"L", 1e-3, {3}, true}, {"l", 1e-3, {3}, true}, {"ha", 1e4, {2}, false}, {"t", 1e3, {0, 1}, true},
    {"bar", 1e5, {-1, 1, -2}, true}, {"atm", 101325, {-1, 1, -2}, false}, {"cal", 4.184, {2, 1, -2}, true},
    {"erg", 1e-7, {2, 1, -2}, true}, {"dyn", 1e-5, {1, 1, -2}, false}, {"G", 1e-4, {0, 1, -2, -1}, false},
    {"inch", .0254, {1}, false}, {"ft", .3048, {1}, false}, {"mile", 1609.344, {1}, false}, {"lb", .45359237, {0, 1}, false},
    {"%", .01, {}, false}, {"ppm", 1e-6, {}, false},
};

constexpr std::pair<std::string_view, double> prefixes[] = {
    {"da", 1e1}, {"h", 1e2},  {"k", 1e3},   {"M", 1e6},   {"G", 1e9},   {"T", 1e12},  {"P", 1e15},  {"E", 1e18},
    {"Z", 1e21}, {"Y", 1e24}, {"R", 1e27},  {"Q", 1e30},  {"d", 1e-1},  {"c", 1e-2},  {"m", 1e-3},  {"u", 1e-6},
    {"µ", 1e-6}, {"μ", 1e-6}, {"n", 1e-9},  {"p", 1e-12}, {"f", 1e-15}, {"a", 1e-18}, {"z", 1e-21}, {"y", 1e-24},
    {"r", 1e-27}, {"q", 1e-30},
};

Unit made(const NamedUnit& row, double prefix) {
    Unit unit;
    for (std::size_t i = 0; i < 7; ++i) unit.exponent[i] = {row.exponent[i], 1};
    unit.factor = row.factor * prefix;
    return unit;
}

std::optional<Unit> find_unit(std::string_view name) {
    for (const auto& row : named_units)
        if (row.name == name) return made(row, 1);
    for (const auto& [prefix, factor] : prefixes) {
        if (!name.starts_with(prefix)) continue;
        for (const auto& row : named_units)
            if (row.prefixes && row.name == name.substr(prefix.size())) return made(row, name == "kg" ? 1e3 : factor);
    }
    return std::nullopt;
}

/// Reads products and quotients of powers of names, with brackets.
class UnitReader {
public:
    explicit UnitReader(std::string_view text) : text_(text) {}

    Unit read() {
        const Unit unit = product();
        if (at_ < text_.size()) fail("unexpected text");
        return unit;
    }

private:
    [[noreturn]] void fail(const std::string& what) const {
        throw Error(fmt::format("Cannot read the unit '{0}': {1} at column {2}.\n  {0}\n  {3:>{2}}\nWrite for instance kg m/s^2, m^(1/2), GeV, km/s or 1.",
                                text_, what, at_ + 1, "^"));
    }
    void skip() {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    }
    bool take(std::string_view word) {
        skip();
        if (!text_.substr(at_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }

    Unit product() {
        skip();
        if (at_ == text_.size()) fail("nothing there");
        Unit unit = powered();
        while (true) {
            skip();
            if (at_ == text_.size() || text_[at_] == ')') return unit;
            if (take("/")) {
                unit = unit / powered();
            } else {
                if (!take("·") && !text_.substr(at_).starts_with("**") && !take("*")) take(".");
                unit = unit * powered();
            }
        }
    }

    Unit powered() {
        const Unit unit = atom();
        skip();
        const auto raised = [&](Rational n) {
            try {
                return unit.power(n);
            } catch (const Error&) {
                fail("the exponent is too large");
            }
        };
        if (take("**") || take("^")) {
            if (!take("(")) return raised({whole(), 1});
            const auto numerator = whole();
            const auto denominator = take("/") ? whole() : 1;
            if (denominator == 0) fail("an exponent is divided by zero");
            if (!take(")")) fail("a ) is missing");
            return raised(Rational::make(numerator, denominator));
        }
        if (take("²")) return raised({2, 1});
        if (take("³")) return raised({3, 1});
        if (take("⁻¹")) return raised({-1, 1});
        return unit;
    }

    std::int64_t whole() {
        const bool minus = take("-");
        if (!minus) take("+");
        std::int64_t value = 0;
        const auto start = at_;
        for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
            value = value * 10 + (text_[at_] - '0');
            if (value > 1'000'000) fail("the exponent is too large");
        }
        if (at_ == start) fail("a whole-number exponent is missing");
        return minus ? -value : value;
    }

    Unit atom() {
        skip();
        if (take("(")) {
            const Unit unit = product();
            if (!take(")")) fail("a ) is missing");
            return unit;
        }
        const auto start = at_;
        const auto number = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
        if (at_ < text_.size() && number(text_[at_])) {
            while (at_ < text_.size() && (number(text_[at_]) || ((text_[at_] == 'e' || text_[at_] == 'E') && at_ + 1 < text_.size() &&
                                                                 (number(text_[at_ + 1]) || text_[at_ + 1] == '-'))
                                          || (text_[at_] == '-' && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E'))))
                ++at_;
            const auto factor = parse_double(text_.substr(start, at_ - start));
            if (!factor || !(*factor > 0) || std::isinf(*factor)) {
                at_ = start;
                fail("a factor is not a positive number");
            }
            Unit unit;
            unit.factor = *factor;
            return unit;
        }
        while (at_ < text_.size() && std::string_view(" */^().+-").find(text_[at_]) == std::string_view::npos && !exponent_sign()) ++at_;
        const auto name = text_.substr(start, at_ - start);
        if (const auto unit = find_unit(name)) return *unit;
        at_ = start;
        std::vector<std::string> known{"kg", "km", "cm", "mm", "ms", "keV", "MeV", "GeV", "TeV"};
        for (const auto& row : named_units) known.emplace_back(row.name);
        fail(name.empty() ? "a unit is missing" : fmt::format("unknown unit '{}'.{} It stands", name, suggest(name, known)));
    }

    bool exponent_sign() const {
        for (const std::string_view sign : {"²", "³", "⁻", "·"})
            if (text_.substr(at_).starts_with(sign)) return true;
        return false;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

Rational Rational::make(std::int64_t numerator, std::int64_t denominator) { return reduced(numerator, denominator); }

Rational operator+(Rational a, Rational b) {
    return reduced(static_cast<Wide>(a.numerator) * b.denominator + static_cast<Wide>(b.numerator) * a.denominator,
                   static_cast<Wide>(a.denominator) * b.denominator);
}

Rational operator-(Rational a, Rational b) { return a + Rational{-b.numerator, b.denominator}; }

Rational operator*(Rational a, Rational b) {
    return reduced(static_cast<Wide>(a.numerator) * b.numerator, static_cast<Wide>(a.denominator) * b.denominator);
}

bool Unit::dimensionless() const {
    return std::all_of(exponent.begin(), exponent.end(), [](const Rational& n) { return n.numerator == 0; });
}

Unit operator*(const Unit& a, const Unit& b) {
    Unit result;
    for (std::size_t i = 0; i < 7; ++i) result.exponent[i] = a.exponent[i] + b.exponent[i];
    result.factor = a.factor * b.factor;
    return result;
}

Unit operator/(const Unit& a, const Unit& b) {
    Unit result;
    for (std::size_t i = 0; i < 7; ++i) result.exponent[i] = a.exponent[i] - b.exponent[i];
    result.factor = a.factor / b.factor;
    return result;
}

Unit Unit::power(Rational n) const {
    Unit result;
    for (std::size_t i = 0; i < 7; ++i) result.exponent[i] = exponent[i] * n;
    result.factor = std::pow(factor, n.value());
    return result;
}

std::string Unit::text() const {
    std::string result = factor == 1 ? "" : format_double(factor);
    for (std::size_t i = 0; i < 7; ++i) {
        const auto& n = exponent[i];
        if (n.numerator == 0) continue;
        if (!result.empty()) result += ' ';
        result += base_names[i];
        if (n.denominator != 1) result += fmt::format("^({}/{})", n.numerator, n.denominator);
        else if (n.numerator != 1) result += fmt::format("^{}", n.numerator);
    }
    return result.empty() ? "1" : result;
}

Unit parse_unit(std::string_view text) { return UnitReader(text).read(); }

}  // namespace balmer
