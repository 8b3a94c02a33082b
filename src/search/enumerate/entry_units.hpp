#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "balmer/units.hpp"

namespace balmer::enumerate {

/// Units of table entries as small numbers, 0 for pure numbers; what an operator makes of its operands' units is worked out once.
class EntryUnits {
public:
    static constexpr std::uint16_t inconsistent = 0xffff;

    /// Without units every entry is a pure number and every operator allowed.
    EntryUnits() = default;
    /// Numbers are pure; `features` by column.
    EntryUnits(std::span<const Unit> features, std::vector<Definition> definitions);

    bool active() const { return !units_.empty(); }
    std::uint16_t of_feature(std::size_t column) const { return active() ? features_[column] : 0; }
    /// Unit of op(a) or op(a, b); `inconsistent` where they do not fit, or the exponents grow beyond use.
    std::uint16_t combined(Op op, int index, std::span<const std::uint16_t> operands);

private:
    std::uint16_t number_of(const Unit& unit);

    std::vector<Unit> units_;
    std::vector<std::uint16_t> features_;
    std::vector<Definition> definitions_;
    std::unordered_map<std::uint64_t, std::uint16_t> known_;
};

}  // namespace balmer::enumerate
