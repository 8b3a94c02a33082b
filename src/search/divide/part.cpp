#include "search/divide/part.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "search/divide/formula.hpp"

namespace balmer::divide {
namespace {

// The unit of a formula in the part's features and its target; nothing when it is inconsistent.
std::optional<Unit> unit_of(const Expression& formula, const Part& part, const Means& means) {
    auto units = part.units;
    units.push_back(part.target_unit.value_or(Unit{}));
    const auto check = check_units(formula, units, {}, means.constants);
    if (!check.consistent) return std::nullopt;
    return check.unit.value_or(Unit{});
}

bool add_units(Part& made, const Part& part, const Step& step, const Means& means) {
    if (part.units.empty()) return true;
    for (const auto& feature : step.features) {
        const auto unit = unit_of(feature, part, means);
        if (!unit) return false;
        made.units.push_back(*unit);
    }
    if (!part.target_unit) return true;
    made.target_unit = unit_of(step.target, part, means);
    return made.target_unit.has_value();
}

}  // namespace

std::optional<Step> units_step(const Part& part, const Means& means) {
    const bool pure = std::ranges::all_of(part.units, [](const Unit& unit) { return unit.dimensionless(); });
    if (pure || !part.target_unit || means.constants == ConstantUnits::any) return std::nullopt;
    // What is divided by must nowhere be 0, and roots of it may be needed.
    std::vector<bool> positive;
    for (const auto& column : part.columns) positive.push_back(std::ranges::all_of(column, [](double v) { return v > 0; }));
    const UnitBasis basis(part.units, positive);
    const auto n = part.variables();
    const auto variable = [](std::size_t i) { return Expression::feature(static_cast<std::int32_t>(i)); };
    const auto monomial_with = [&](const Unit& unit, int sign) -> std::optional<std::vector<Factor>> {
        const auto exponents = basis.exponents(unit);
        if (!exponents) return std::nullopt;
        std::vector<Factor> factors;
        for (std::size_t k = 0; k < exponents->size(); ++k)
            factors.push_back({variable(basis.members()[k]), Rational{sign * (*exponents)[k].numerator, (*exponents)[k].denominator}});
        return factors;
    };
    const auto of_target = monomial_with(*part.target_unit, 1);
    if (!of_target) return std::nullopt;
    Step step{.kind = "units", .words = {}, .features = {}, .target = {}, .wrap = {}, .slope = {}};
    for (std::size_t j = 0; j < n; ++j) {
        if (std::ranges::find(basis.members(), j) != basis.members().end()) continue;
        std::vector<Factor> factors = {{variable(j), {1, 1}}};
        const auto others = *monomial_with(part.units[j], -1);
        factors.insert(factors.end(), others.begin(), others.end());
        step.features.push_back(monomial(factors));
    }
    const Expression factor = monomial(*of_target);
    step.target = quotient(variable(n), factor);
    step.wrap = product(factor, variable(n));
    step.slope = factor;
    step.words = "by units, ";
    for (std::size_t k = 0; k < basis.members().size(); ++k) step.words += fmt::format("{}%{}", k == 0 ? "" : ", ", basis.members()[k]);
    step.words += " only scale the others and the target";
    return step;
}

namespace {

std::vector<double> picked(const std::vector<double>& values, std::span<const std::size_t> rows) {
    std::vector<double> some;
    for (const auto r : rows) some.push_back(values[r]);
    return some;
}

}  // namespace

void Part::keep(std::span<const std::size_t> rows) {
    for (auto& column : columns) column = picked(column, rows);
    target = picked(target, rows);
    slope = picked(slope, rows);
}

std::optional<Part> smaller(const Part& part, const Step& step, const Means& means) {
    Part result{.features = {}, .columns = {}, .target = {}, .slope = part.slope, .units = {}, .target_unit = {}, .tolerance = std::max(part.tolerance, step.tolerance),
                .signs_guessed = part.signs_guessed || !step.values.empty()};
    if (!add_units(result, part, step, means)) return std::nullopt;
    auto columns = part.columns;
    columns.push_back(part.target);
    if (!step.rows.empty()) {
        for (auto& column : columns) column = picked(column, step.rows);
        result.slope = picked(part.slope, step.rows);
    }
    for (const auto& feature : step.features) {
        result.features.push_back(with_features(feature, part.features));
        result.columns.push_back(values_of(feature, columns));
        if (!all_finite(result.columns.back())) return std::nullopt;
    }
    result.target = step.values.empty() ? values_of(step.target, columns) : step.values;
    if (!all_finite(result.target)) return std::nullopt;
    if (step.slope.empty()) return result;
    columns.back() = result.target;
    const auto slope = values_of(step.slope, columns);
    for (std::size_t i = 0; i < slope.size(); ++i) result.slope[i] *= slope[i];
    if (!all_finite(result.slope)) return std::nullopt;
    return result;
}

}  // namespace balmer::divide
