#pragma once

#include <cstdint>

#include "balmer/expression.hpp"

namespace balmer::neural {

/// How operators with a restricted domain are taken. Formulas and judgements take them as they are; training goes on where they are not defined,
/// with the operand at the border of the domain and a penalty that grows with the distance from it (after EQL-division, Sahoo et al. 2018).
enum class Domain : std::uint8_t { exact, guarded };

/// Weight of the mean distance in the error.
inline constexpr double outside_penalty = 1;

/// A formula that is finite everywhere.
struct GuardedFormula {
    Expression value;    ///< operands of sqrt, log, / and the like moved into their domain
    Expression outside;  ///< how far they were moved, in all; empty when nothing is restricted
};
/// `body`: calls inlined, over features.
GuardedFormula guarded(const Expression& body);

}  // namespace balmer::neural
