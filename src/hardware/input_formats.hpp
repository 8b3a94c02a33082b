#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "balmer/dataset.hpp"
#include "balmer/lowering.hpp"

namespace balmer {

/// The format of a feature's port: its own, else that of all. Asserts that there is one.
FixedPoint port_format(const LoweringOptions& options, const std::string& feature);
/// Whether the options leave the port of a feature to the data.
bool is_open(const LoweringOptions& options, const std::string& feature);

/// Binary exponent of the largest finite magnitude: so many bits before the point, and a sign bit, hold the column.
int exponent_of(const Column& column);

/// The format with `fraction` bits after the point that holds every value of a column, rounded to nearest. Throws balmer::Error when it would need
/// more than 48 bits.
FixedPoint format_holding(const Column& column, int fraction);

/// Rows of a column that a format cannot hold, and the one with the same last bit that can.
struct Saturation {
    std::string column;
    FixedPoint format, holding;
    std::size_t beyond = 0, rows = 0;

    /// "pt: 37 of 19079 rows lie beyond fixed<20,9> (-256 ... 256); 11 integer bits hold them all: fixed<22,11>".
    std::string text() const;
};
/// Nothing when every row fits.
std::optional<Saturation> saturation_of(const Column& column, FixedPoint format);

/// How much is lost when columns are rounded to formats, 1 = all that is allowed; by column in the order given to `choose_formats`.
using RoundingLoss = std::function<double(const std::vector<FixedPoint>& formats)>;
/// A format for each column that holds all its rows, with as few bits after the point as keep the loss within 1. Columns of whole numbers (and raw
/// words) keep them exactly.
std::vector<FixedPoint> choose_formats(const std::vector<const Column*>& columns, const RoundingLoss& loss);

}  // namespace balmer
