#pragma once

#include <array>
#include <string>

#include "balmer/operators.hpp"

namespace balmer {

/// Clock cycles per operator at 200 MHz on a VU9P for fixed point numbers of a precision such as "16,6" (bits, integer bits):
/// data/operator_cycles_vu9p.csv. Its column 16,6 is the list of arXiv 2305.04099 (+ - x 1, log 4, sin 8, tan 48, cosh 8,
/// sinh 9, exp 3). Operators that were not measured cost what they are composed of there; leaves cost 1, as in PySR when
/// complexity_of_operators alone is set. Op::integer_power has the cost of one multiplication here.
/// Throws balmer::Error for a precision that is not in the table.
std::array<int, op_count> operator_cycles(const std::string& precision);

/// The table as text, byte for byte the file in data/.
std::string_view operator_cycles_table();

}  // namespace balmer
