#pragma once

#include <optional>
#include <vector>

#include "search/divide/part.hpp"

namespace balmer::divide {

/// F(y) = f(x_group) + g(others): a set of variables that stands apart from the rest in the surrogate of F(y). F = log means a product.
struct Separation {
    Scale scale = Scale::plain;
    std::vector<std::size_t> group;  ///< variables of the part
    Part part;                       ///< f on the sample, from the surrogate: right up to `part.tolerance`, a constant (F = log: a factor) free
};

/// Sets of variables whose mixed derivatives with the rest vanish, confirmed by a fit without mixed terms; the smallest sets first.
std::vector<Separation> separations(const Part& part, const Surrogate& surrogate, const SurrogateOptions& options, double growth);

/// The problem that is left when f is known as `formula` in the group's variables 0, 1, ...: its constants are fitted to the target itself, together
/// with a polynomial for the rest, and made short where they are.
std::optional<Step> separation_step(const Part& part, const Separation& separation, const Expression& formula);

}  // namespace balmer::divide
