#pragma once

#include "balmer/random.hpp"
#include "search/genetic/setting.hpp"

namespace balmer::genetic {

/// A number as new formulas use them: often a small whole number, else normal or log-normal.
double random_constant(RandomStream& random);
/// A feature of formula `output`, or a constant with the probability of the options.
Expression random_leaf(const Setting& setting, std::size_t output, RandomStream& random);
/// A tree of about `size` nodes for formula `output`, grown from the root: each operator drawn evenly, the rest of the nodes shared at
/// random.
Expression random_tree(const Setting& setting, std::size_t output, int size, RandomStream& random);
/// One of the operators with that many operands.
const Choice& random_choice(std::span<const Choice> choices, RandomStream& random);

}  // namespace balmer::genetic
