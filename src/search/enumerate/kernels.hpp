#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "balmer/expression.hpp"

namespace balmer::enumerate {

/// out[i] = op(a[i], b[i]) for i < rows; `b` is ignored by unary operators. Values outside the domain are NaN or infinite, as
/// apply() gives them. Not for leaves, calls and operators of three operands.
void apply_rows(Op op, const double* a, const double* b, double* out, std::size_t rows);

/// Values of a formula on `rows` rows, operator by operator; column[f] points to feature f. Meant for hundreds of rows.
/// Calls and integer powers included; no holes.
std::vector<double> evaluate_rows(const Expression& expression, std::span<const Definition> definitions,
                                  std::span<const double* const> column, std::size_t rows);

/// Whether every value is finite.
bool all_finite(std::span<const double> values);

}  // namespace balmer::enumerate
