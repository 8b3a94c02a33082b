#pragma once

#include <span>
#include <vector>

#include "balmer/expression.hpp"

namespace balmer {

/// Formulas weighed by the look-up tables that their circuit would take: the edges that lowering finds (fused tables, sums, products), each at
/// the bits that precision search usually leaves. No data, no formats: microseconds, for use inside a search.
class LutComplexity {
public:
    /// `features` are the names by feature index.
    LutComplexity(std::vector<std::string> features, std::vector<Definition> definitions);

    /// Estimated LUTs of all outputs as one circuit, shared parts once, at least 1. What no circuit can hold costs a million.
    int operator()(std::span<const Expression> outputs) const;

private:
    std::vector<std::string> features_;
    std::vector<Definition> definitions_;
};

}  // namespace balmer
