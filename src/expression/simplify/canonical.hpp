#pragma once

#include <cstddef>

#include "balmer/expression.hpp"

namespace balmer {

/// canonical() that leaves the first `opaque` parameters alone: they keep their index and their place at the front of the values,
/// and are never folded. Other parameters are plain numbers. For derivatives by parameters.
Expression canonical_keeping(const Expression& expression, std::size_t opaque);

}  // namespace balmer
