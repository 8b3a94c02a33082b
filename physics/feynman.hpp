#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "balmer/dataset.hpp"

namespace balmer {

/// A variable of an equation and the range it is sampled from, uniformly.
struct FeynmanVariable {
    std::string name;
    double low = 0, high = 1;
    std::string unit;  ///< SI, "" when unknown
};

/// One of the 120 equations of the Feynman symbolic-regression database (S.-M. Udrescu and M. Tegmark 2019).
struct FeynmanEquation {
    std::string name;     ///< "I.9.18", "test_7"
    std::string output;   ///< name of the target
    std::string formula;  ///< as balmer::parse reads it
    std::vector<FeynmanVariable> variables;
    std::string unit;     ///< of the target, "" when unknown
};

/// The 100 equations and the 20 bonus ones, from the data folder.
std::vector<FeynmanEquation> feynman_equations();

/// Columns of the variables in the equation's order, drawn uniformly, and the target last. A row where the formula is not
/// finite is drawn again. Row k depends on name, seed and k alone, apart from the noise's size: normal, `noise` times the
/// root mean square of all targets. Throws Error for an unknown name or impossible noise.
Table generate_feynman(const std::string& name, std::size_t rows, double noise, std::uint64_t seed);

}  // namespace balmer
