#pragma once

#include "balmer/dataset.hpp"
#include "balmer/model.hpp"

namespace balmer {

/// Throws balmer::Error that names a divisor whose interval on the rows contains zero, and what to do. `table` holds the features that the formulas read.
void refuse_poles(const Model& model, const Table& table);

}  // namespace balmer
