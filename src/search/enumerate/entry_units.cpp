#include "search/enumerate/entry_units.hpp"

#include <algorithm>
#include <cstdlib>

namespace balmer::enumerate {
namespace {

constexpr std::int64_t largest_exponent = 12;  // of a base unit, in a formula of a dozen nodes

}  // namespace

EntryUnits::EntryUnits(std::span<const Unit> features, std::vector<Definition> definitions) : units_{Unit{}}, definitions_(std::move(definitions)) {
    for (const auto& unit : features) features_.push_back(number_of(unit));
}

std::uint16_t EntryUnits::number_of(const Unit& unit) {
    const auto usable = [](const Rational& r) { return std::abs(r.numerator) <= largest_exponent * r.denominator && r.denominator <= largest_exponent; };
    if (!std::ranges::all_of(unit.exponent, usable)) return inconsistent;
    const auto found = std::ranges::find_if(units_, [&](const Unit& known) { return known.same_dimension(unit); });
    if (found == units_.end() && units_.size() + 1 < inconsistent) {
        units_.push_back(unit);
        return static_cast<std::uint16_t>(units_.size() - 1);
    }
    return found == units_.end() ? inconsistent : static_cast<std::uint16_t>(found - units_.begin());
}

std::uint16_t EntryUnits::combined(Op op, int index, std::span<const std::uint16_t> operands) {
    if (!active()) return 0;
    std::uint64_t key = static_cast<std::uint64_t>(op) | static_cast<std::uint64_t>(static_cast<std::uint16_t>(index)) << 8;
    for (const auto operand : operands) key = key << 16 | operand;
    key = key << 2 | operands.size();
    const auto [at, is_new] = known_.try_emplace(key, inconsistent);
    if (!is_new) return at->second;
    std::vector<Expression> leaves;
    std::vector<Unit> units;
    for (const auto operand : operands) {
        leaves.push_back(Expression::feature(static_cast<std::int32_t>(leaves.size())));
        units.push_back(units_[operand]);
    }
    const Vocabulary vocabulary{.features = {}, .parameters = {}, .definitions = definitions_, .holes = {}};
    const auto check = check_units(Expression::apply(op, leaves, index), units, vocabulary, ConstantUnits::dimensionless);
    if (check.consistent) at->second = number_of(*check.unit);
    return at->second;
}

}  // namespace balmer::enumerate
