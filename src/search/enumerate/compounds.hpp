#pragma once

#include <cstdint>
#include <vector>

#include "search/enumerate/lattice.hpp"
#include "search/enumerate/planes.hpp"
#include "search/enumerate/value_table.hpp"

namespace balmer::enumerate {

/// What the table reaches late, for monomials m of many variables: sums of two monomials, one of them perhaps times a power of a small
/// function or a small sum, 1 + s m f^q up to a monomial; and functions of one monomial, g(s m) and exp(s m) - 1, + 1. Known by functionals
/// of their logarithms alone.
class Compounds {
public:
    /// Builds on the table's key rows from the points of the lattice, which it keeps. `wide`: blind to monomials as the keys are.
    void build(const ValueTable& table, std::vector<LatticePoint> lattice, const Spelling& spelling, const WideFunctionals& wide);

    std::size_t size() const { return compounds_.size(); }
    /// Functionals of log|b|.
    const Four& operator[](std::size_t i) const { return functionals_[i]; }
    /// More functionals of the same.
    const Eight& wide(std::size_t i) const { return wide_[i]; }
    /// The compound with this key, or KeyIndex::none.
    std::uint32_t find(std::uint64_t key) const { return index_.find(key); }
    /// As a formula; a sum without quotients: denominator + s numerator f.
    Expression expression(std::size_t i, const ValueTable& table) const;

private:
    struct Compound;
    void build_sums(const ValueTable& table);
    void add_sum(const ValueTable& table, const std::vector<double>& monomial, const Compound& compound);
    void build_functions(const ValueTable& table, const Spelling& spelling);
    struct Compound {
        std::uint32_t monomial = 0, function = 0;  ///< point of the lattice; table entry, `none` for 1
        double s = 1;
        int power = 1;         ///< of the function
        Op op = Op::add;       ///< of the functions of one monomial: theirs
        double beside = 0;     ///< added to an exponential
    };
    static constexpr std::uint32_t none = 0xffffffff;

    void add(const ValueTable& table, const Compound& compound, const std::vector<double>& value);

    std::vector<LatticePoint> lattice_;
    std::vector<Compound> compounds_;
    std::vector<Four> functionals_;
    std::vector<Eight> wide_;
    const WideFunctionals* wide_of_ = nullptr;  ///< while building
    KeyIndex index_;
};

}  // namespace balmer::enumerate
