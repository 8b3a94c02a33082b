#include "search/unit_guard.hpp"

namespace balmer {

std::vector<Unit> feature_units(const Dataset& data) {
    std::vector<Unit> units;
    for (const auto& feature : data.features) units.push_back(feature.unit().empty() ? Unit{} : parse_unit(feature.unit()));
    return units;
}

UnitGuard::UnitGuard(const Problem& problem) : rule_(problem.task == Task::regression ? problem.units : UnitRule::ignored) {
    if (!active()) return;
    features_ = feature_units(problem.data);
    vocabulary_ = problem.vocabulary();
    for (const auto& target : problem.data.targets)
        targets_.push_back(target.unit().empty() ? std::nullopt : std::optional(parse_unit(target.unit())));
}

UnitCheck UnitGuard::check(const Expression& formula) const {
    return check_units(formula, features_, vocabulary_, rule_ == UnitRule::constants_any ? ConstantUnits::any : ConstantUnits::dimensionless);
}

bool UnitGuard::allows(const Expression& formula, std::size_t k) const {
    if (!active()) return true;
    const auto found = check(formula);
    return found.consistent && (!found.unit || !targets_[k] || found.unit->same_dimension(*targets_[k]));
}

}  // namespace balmer
