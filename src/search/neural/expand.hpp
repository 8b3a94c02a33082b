#pragma once

#include <optional>
#include <span>
#include <vector>

#include "search/neural/trainer.hpp"

namespace balmer::neural {

/// A network with its parameters.
struct Expanded {
    Shape shape;
    std::vector<float> parameters;
    std::vector<Hold> holds;  ///< by weight
};

/// The same function without pruned operators: every row reads inputs and kept operators directly, those of earlier layers through nodes that
/// only carry them on. What two rows shared through a pruned operator becomes weights of their own, so that each can be removed alone.
/// Nothing when no operator is left, or when a layer would have to carry more than a few hundred values. Where the inputs are few, every layer
/// carries all that are not pruned, so that the outputs can have linear terms in them.
std::optional<Expanded> expand(const Layout& layout, std::span<const float> parameters);

}  // namespace balmer::neural
