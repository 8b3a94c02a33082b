#include "expression/typeset.hpp"

#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "balmer/number.hpp"
#include "balmer/uncertain_number.hpp"

namespace balmer {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 35> greek = {{
    {"alpha", "α"},   {"beta", "β"},    {"gamma", "γ"}, {"delta", "δ"}, {"epsilon", "ϵ"}, {"varepsilon", "ε"}, {"zeta", "ζ"},
    {"eta", "η"},     {"theta", "θ"},   {"iota", "ι"},  {"kappa", "κ"}, {"lambda", "λ"},  {"mu", "μ"},         {"nu", "ν"},
    {"xi", "ξ"},      {"pi", "π"},      {"rho", "ρ"},   {"sigma", "σ"}, {"tau", "τ"},     {"upsilon", "υ"},    {"phi", "ϕ"},
    {"varphi", "φ"},  {"chi", "χ"},     {"psi", "ψ"},   {"omega", "ω"}, {"Gamma", "Γ"},   {"Delta", "Δ"},      {"Theta", "Θ"},
    {"Lambda", "Λ"},  {"Xi", "Ξ"},      {"Sigma", "Σ"}, {"Phi", "Φ"},   {"Psi", "Ψ"},     {"Omega", "Ω"},      {"Upsilon", "Υ"},
}};

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

}  // namespace

std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '<': result += "&lt;"; break;
            case '>': result += "&gt;"; break;
            case '&': result += "&amp;"; break;
            case '"': result += "&quot;"; break;
            default: result += c;
        }
    }
    return result;
}

std::string_view greek_letter(std::string_view name) {
    for (const auto& [word, letter] : greek) {
        if (word == name) {
            return letter;
        }
    }
    return {};
}

NameParts name_parts(std::string_view name) {
    NameParts parts;
    bool is_simple = !name.empty() && is_letter(name[0]);
    for (const char c : name) {
        is_simple = is_simple && (is_letter(c) || is_digit(c) || c == '_');
    }
    if (!is_simple) {
        return {.base = std::string(name), .subscripts = {}, .is_plain = true};
    }
    std::string word;
    const auto finish = [&] {
        if (!word.empty()) {
            (parts.base.empty() ? parts.base : parts.subscripts.emplace_back()) = word;
        }
        word.clear();
    };
    for (const char c : name) {
        if (c == '_') {
            finish();
            continue;
        }
        if (!word.empty() && is_digit(c) != is_digit(word.back())) {
            finish();
        }
        word += c;
    }
    finish();
    return parts;
}

NumberParts number_parts(double value, std::size_t index, const PrintOptions& options) {
    const double error = index < options.uncertainties.size() ? options.uncertainties[index] : 0;
    double rounded = value;
    if (options.digits > 0 && std::isfinite(value)) {
        char format[64];
        std::snprintf(format, sizeof format, "%.*e", options.digits - 1, value);
        rounded = std::strtod(format, nullptr);
    }
    std::string text = error > 0 && std::isfinite(error) ? format_uncertain(value, error) : format_double(rounded);
    NumberParts parts;
    parts.is_negative = text.starts_with('-');
    text = parts.is_negative ? text.substr(1) : text;
    const auto e = text.find('e');
    parts.mantissa = text.substr(0, e);
    if (e != std::string::npos) {
        parts.exponent = std::atoi(text.c_str() + e + 1);
    }
    return parts;
}

}  // namespace balmer
