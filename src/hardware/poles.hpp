#pragma once

#include <string>
#include <vector>

#include "balmer/dataset.hpp"
#include "balmer/model.hpp"
#include "hardware/plan.hpp"

namespace balmer {

/// Throws balmer::Error that names a divisor whose interval on the rows contains zero, and what to do. `table` holds the features that the formulas read.
void refuse_poles(const Model& model, const Table& table);

/// "'tan_of_a' has a pole or a jump near a = 1.571": tables that change more from one point of a fine grid to the next than eight tenths of their values differ.
std::vector<std::string> steep_tables(const Plan& plan);

}  // namespace balmer
