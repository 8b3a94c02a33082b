#pragma once

#include <vector>

#include "balmer/expression.hpp"

namespace balmer {

/// A formula whose parameters with categories look like features that no column is: for rewriting, which must leave them whole.
class HiddenChoices {
public:
    /// `first_free`: a feature index from which on nothing is used; more where the formula itself uses more.
    explicit HiddenChoices(const Expression& expression, std::size_t first_free = 0);

    const Expression& visible() const { return visible_; }
    /// A rewriting of `visible()` with the parameters put back. Those with an index below `kept` keep it, the others are renumbered.
    Expression restored(const Expression& rewritten, std::size_t kept = 0) const;

private:
    std::size_t first_;
    Expression visible_;
    std::vector<std::vector<Node>> parts_;  ///< nodes of each choice, by feature index less first_
    std::vector<double> values_;            ///< of the whole formula
};

}  // namespace balmer
