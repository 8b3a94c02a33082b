#pragma once

#include <cstdint>
#include <vector>

#include "search/enumerate/lattice.hpp"
#include "search/enumerate/value_table.hpp"

namespace balmer::enumerate {

/// Sums of two monomials, one of them perhaps times a small function: 1 + s m f up to a monomial, for monomials m of many variables that the
/// table reaches late. Known by their monomial-quotient keys alone.
class Binomials {
public:
    /// Builds on the table's key rows from the points of the lattice, which it keeps.
    void build(const ValueTable& table, std::vector<LatticePoint> lattice);

    std::size_t size() const { return binomials_.size(); }
    /// Functionals of log|b|.
    const Four& operator[](std::size_t i) const { return functionals_[i]; }
    /// The binomial with this key, or KeyIndex::none.
    std::uint32_t find(std::uint64_t key) const { return index_.find(key); }
    /// As a formula without quotients: denominator + s numerator f.
    Expression expression(std::size_t i, const ValueTable& table) const;

private:
    struct Binomial {
        std::uint32_t monomial = 0, function = 0;  ///< point of the lattice; table entry, `none` for 1
        double s = 1;
    };
    static constexpr std::uint32_t none = 0xffffffff;

    std::vector<LatticePoint> lattice_;
    std::vector<Binomial> binomials_;
    std::vector<Four> functionals_;
    KeyIndex index_;
};

}  // namespace balmer::enumerate
