#pragma once

#include <span>
#include <string>
#include <vector>

#include "balmer/expression.hpp"

namespace balmer {

/// What the circuit of formulas is made of, before any bit is decided.
struct LutParts {
    int inputs = 0;
    int tables = 0;
    int adders = 0;    ///< of terms and offsets
    int factors = 0;   ///< that are no powers of two and stand before no table
    int products = 0;
    int comparisons = 0, selections = 0;

    bool operator==(const LutParts&) const = default;
};

/// The parts of formulas over features. Throws balmer::Error for what no circuit can hold.
LutParts lut_parts(std::span<const Expression> outputs, const std::vector<std::string>& features, const std::vector<Definition>& definitions);

}  // namespace balmer
