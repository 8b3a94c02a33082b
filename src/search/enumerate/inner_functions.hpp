#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "search/enumerate/spelling.hpp"

namespace balmer::enumerate {

/// A function of u with one constant c inside. The first six stand in sums, the others also or only in products.
enum class InnerFunction : std::uint8_t { wave, exponential, below, root, tanh, logarithm, shifted, exponential_less_one, exponential_plus_one, sinh, cosh };

inline constexpr InnerFunction last_inner_function = InnerFunction::cosh;

/// Whether a + b f is asked for.
bool stands_in_sums(InnerFunction f);
/// Whether C prod x^p f^q is asked for.
bool stands_in_products(InnerFunction f);
/// Whether the operators allow it.
bool can_be_written(InnerFunction f, const Spelling& spelling);

/// Constants to try first for arguments in [low, high], neighbours near enough that the truth between two of them shows.
std::vector<double> grid_of(InnerFunction f, double low, double high);

/// f(c, u), row by row; a wave's two columns are cos(c u) and sin(c u), one after the other. NaN outside the domain.
void inner_values(InnerFunction f, double c, std::span<const double> u, double* out);
inline std::size_t columns_of(InnerFunction f) { return f == InnerFunction::wave ? 2 : 1; }

/// The function of u as a formula; a wave with `phase` as sin(c u + phase), or cos(c u + phase - pi/2) where sines are not allowed.
Expression inner_formula(InnerFunction f, double c, double phase, const Expression& u, const Spelling& spelling);

}  // namespace balmer::enumerate
