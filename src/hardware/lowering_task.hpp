#pragma once

#include <string>
#include <vector>

#include "hardware/precision.hpp"

namespace balmer {

/// A column of numbers. Throws balmer::Error where the data have none of that name.
const Column& numeric_column(const Table& table, const std::string& name);
/// Some rows of a table.
Table rows_at(const Table& table, const std::vector<std::size_t>& rows);
/// Evenly spread rows, at most `limit`.
std::vector<std::size_t> spread_rows(const Table& table, std::size_t limit);
/// What a port lets in of a column.
std::vector<std::int64_t> integers_of(const InputPort& port, const Column& column);

/// What circuits are held to on the rows of a table; their inputs are still missing.
Judge make_judge(const Model& model, bool classifies, const Table& table, const LoweringOptions& options);
/// The rows' integers at the ports of a plan's circuits.
void add_inputs(Judge& judge, const Plan& plan, const Table& table, const LoweringOptions& options);

/// A model, rows to search precision on, and options that leave no input format open.
struct Lowering {
    Plan plan;
    Judge judge;
    LoweringOptions options;
    std::vector<std::string> notes;
};
/// Ports that are left open lose at most `share` of what is allowed. Throws balmer::Error for data that the formula or its ports cannot take.
Lowering prepare(const Model& model, const Table& table, const LoweringOptions& given, double share);

}  // namespace balmer
