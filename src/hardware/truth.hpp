#pragma once

#include <vector>

#include "hardware/precision.hpp"

namespace balmer {

/// Class codes of the rows where the data hold the labels of the model, else nothing.
std::vector<std::uint32_t> labels_in(const Table& table, const Model& model);
/// Values by output where the data hold the columns of all, else nothing.
std::vector<std::vector<double>> targets_in(const Table& table, const Model& model);
/// Labels or targets of the rows take the place of what the float formulas say; where the data hold none, nothing changes.
void hold_to_data(Judge& judge, const Model& model, const Table& table);

}  // namespace balmer
