#pragma once

#include <span>

#include "balmer/search.hpp"

namespace balmer {

/// Whether one formula keeps within depth, nesting, argument sizes and exponent bounds (not complexity).
bool shape_allowed(const Expression& expression, const Constraints& constraints, const ComplexityMeasure& measure);
/// Whether k outputs keep within all constraints, complexity included.
bool satisfies(std::span<const Expression> outputs, const Constraints& constraints, const ComplexityMeasure& measure);
/// Reads "sin(sin) <= 0" (nesting), "exp(*) <= 5" (complexity of the argument), "^(_, *) <= 3" (of the second argument), "^ <= 6" (exponents)
/// into `constraints`. Throws balmer::Error with the forms allowed.
void add_constraint(Constraints& constraints, const std::string& text);

}  // namespace balmer
