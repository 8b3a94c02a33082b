#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "balmer/complexity.hpp"
#include "balmer/expression.hpp"
#include "balmer/interval.hpp"

namespace balmer {

/// Why saturation ended.
enum class SaturationStop : std::uint8_t { saturated, node_limit, iteration_limit };

/// Limits, cost and domain of a simplification.
struct SimplifyOptions {
    std::size_t node_limit = 10'000;     ///< e-nodes; a limit on work that gives the same result everywhere. 0: the canonical form alone
    int iteration_limit = 12;
    ComplexityMeasure cost;
    std::vector<Interval> box;           ///< range of each feature; side conditions are proven on it. Empty: all reals
    std::vector<Op> operators;           ///< what the result may use beside the original's operators and signs; empty: anything
    bool constants_are_fixed = true;     ///< fold constants numerically; false: treat parameters as unknown values (only merge)
};
/// What simplification found, and why it ended.
struct SimplifyResult {
    Expression expression;
    SaturationStop stop = SaturationStop::saturated;
    std::size_t nodes = 0;
    int iterations = 0;
};
/// Shortest equal formula found by equality saturation with the rules of rules.def. Equal, but for rounding, wherever the original and the
/// values on the way to it are finite on the box; never longer by the given cost. Calls of user operators stay calls.
SimplifyResult simplify(const Expression& expression, std::span<const Definition> definitions, const SimplifyOptions& options = {});

/// Cheap canonical form for inner loops (microseconds): constants folded, operands of commutative operators sorted, x - x, x/x, double
/// negation, nested inverses, 0 and 1 removed, like terms and factors collected. Every parameter is a number of its own. Values agree with
/// the original, but for rounding, wherever it and the values on the way to it are finite.
Expression canonical(const Expression& expression);
/// Hash of the canonical structure: equal for formulas that differ in parameter values only.
std::uint64_t structure_hash(const Expression& canonical);
/// Hash of the canonical structure and its numbers.
std::uint64_t value_hash(const Expression& canonical);

/// The same value bit for bit, written as people do: a - 2 for a + -2, y - 2*x for -2*x + y, numbers last in sums and first in products.
/// Constants that occur once change their sign; complexity by nodes stays.
Expression tidied(const Expression& expression);

}  // namespace balmer
