#pragma once

#include <span>
#include <vector>

#include "balmer/expression.hpp"
#include "search/neural/layout.hpp"

namespace balmer::neural {

/// How columns of the data become the network's numbers: input = (column - shift)*scale; column of a target = output*target_scale + target_shift.
struct Scaling {
    std::vector<double> shift, scale;                ///< by input
    std::vector<std::size_t> column;                 ///< that each input is; empty: all columns in their order
    std::vector<double> target_shift, target_scale;  ///< by output; empty: as they are
};

/// One formula per output with the network's values, scaling folded into its constants. Linear pieces are merged: pruned operators leave no
/// trace, each linear map is one sum of coefficient times atom, and products carry one coefficient.
std::vector<Expression> unroll(const Layout& layout, std::span<const float> parameters, const Scaling& scaling);

}  // namespace balmer::neural
