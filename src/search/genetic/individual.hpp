#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "balmer/expression.hpp"
#include "balmer/hash.hpp"
#include "balmer/simplify.hpp"

namespace balmer::genetic {

/// A candidate as populations keep it: k cores in canonical form, free of an affine map at the root, and the scale and
/// offset fitted to each. What is printed is scale*core + offset, written with only as many of the two as are needed.
struct Individual {
    std::vector<Expression> cores;
    std::vector<double> scale, offset;  ///< k each
    std::vector<double> form_values;    ///< of the parameters of a partly known form
    std::vector<double> losses;         ///< mean loss of each output; one entry when the loss sees all outputs together
    double loss = std::numeric_limits<double>::infinity();  ///< mean of `losses`
    int complexity = 0;                                     ///< of the cores together
    std::uint64_t structure = 0;                            ///< hash of the cores, constants left out
    std::uint64_t birth = 0;                                ///< children made on the island before

    /// Recomputes the hash of the cores.
    void hash_structure() {
        structure = cores.size();
        for (const auto& core : cores)
            structure = combine_hash(structure, structure_hash(core));
    }
};

/// Ways to write scale*core + offset.
enum class Dressing : std::uint8_t { plain, scaled, shifted, reflected, full };
inline constexpr Dressing dressings[] = {Dressing::plain, Dressing::shifted, Dressing::reflected, Dressing::scaled,
                                         Dressing::full};

/// core, scale*core, core + offset, offset - core, or scale*core + offset; scale and offset become constants at the end
/// of the values.
Expression dressed(const Expression& core, double scale, double offset, Dressing dressing);

/// Takes c*f, f/c, f + c, f - c, c - f and -f at the root apart until f remains. Scale and offset are lost: they are
/// fitted anew.
Expression without_affine_map(Expression expression);

/// Whether some node reads a column.
bool reads_features(const Expression& expression);

}  // namespace balmer::genetic
