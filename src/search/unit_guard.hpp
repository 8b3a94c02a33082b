#pragma once

#include <optional>
#include <vector>

#include "balmer/search.hpp"
#include "balmer/units.hpp"

namespace balmer {

/// Refuses formulas that are inconsistent in the units of a problem's columns. Refuses nothing when the problem ignores units.
class UnitGuard {
public:
    explicit UnitGuard(const Problem& problem);

    /// Whether units restrict formulas at all.
    bool active() const { return rule_ != UnitRule::ignored; }
    /// Whether the formula adds, compares and exponentiates like with like, whatever its own unit.
    bool consistent(const Expression& formula) const { return !active() || check(formula).consistent; }
    /// Whether output k is consistent and has the unit of target k.
    bool allows(const Expression& formula, std::size_t k) const;

private:
    UnitCheck check(const Expression& formula) const;

    UnitRule rule_;
    std::vector<Unit> features_;
    std::vector<std::optional<Unit>> targets_;
    Vocabulary vocabulary_;
};

/// Units of the features: columns without one are pure numbers.
std::vector<Unit> feature_units(const Dataset& data);

}  // namespace balmer
