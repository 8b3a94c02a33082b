#pragma once

#include <cstdint>
#include <vector>

#include "search/enumerate/lattice.hpp"
#include "search/enumerate/sample.hpp"
#include "search/enumerate/value_table.hpp"

namespace balmer::enumerate {

/// What a column makes of its argument u.
enum class Wrapping : std::uint8_t {
    plain, exp, exp_of_negative, exp_minus_one, exp_plus_one, one_plus, one_minus, sin, cos, sin_squared, cos_squared, tanh, cosh, log
};

/// A column by name: outer * wrapping(scale * inner), where inner is a table entry or a monomial and outer a monomial.
struct ColumnName {
    std::uint32_t entry = KeyIndex::none;  ///< table entry; none: the monomial `inner`
    std::uint32_t inner = 0, outer = 0;    ///< points of the inner and of the outer lattice; 0 is the constant 1
    std::int32_t plus = -1, minus = -1;    ///< the inner monomial times (x_plus - x_minus), where >= 0
    Wrapping wrapping = Wrapping::plain;
    float scale = 1;
    int nodes = 1;
};

/// Whether a number stands before a column's argument even where it is 1, for a fit to move.
enum class InnerNumber : std::uint8_t { as_it_is, free };

/// The library that noisy data are screened with, smallest first: the table's entries and functions of monomials that are larger than
/// the table reaches. In float on the rows of a sample.
class NoisyColumns {
public:
    /// At most `count` columns.
    NoisyColumns(const ValueTable& table, const Sample& sample, const Spelling& spelling, std::size_t count, ThreadPool& pool);

    std::size_t size() const { return names_.size(); }
    std::size_t rows() const { return rows_; }
    int nodes(std::size_t i) const { return names_[i].nodes; }
    /// Columns of one kind: the table's, or those of one wrapping. A question keeps the best of each, so that none crowds out the others.
    static constexpr std::size_t kinds = 15;
    std::size_t kind(std::size_t i) const { return names_[i].entry != KeyIndex::none ? kinds - 1 : static_cast<std::size_t>(names_[i].wrapping); }
    /// Values of columns i, i + 1, ... one after another.
    const float* value(std::size_t i) const { return values_.data() + i * rows_; }
    /// Logarithms of their sizes.
    const float* logarithm(std::size_t i) const { return logarithms_.data() + i * rows_; }
    /// What pairs are made of: the `smallest` first columns, and for products 1 +- a monomial and functions of small monomials, for sums
    /// monomials and a monomial times a function of one variable, at most `count` of each sort.
    std::vector<std::uint32_t> parts_of_products(std::size_t smallest, std::size_t count) const;
    std::vector<std::uint32_t> parts_of_sums(std::size_t smallest, std::size_t count) const;
    Expression expression(std::size_t i, const Spelling& spelling, InnerNumber number = InnerNumber::as_it_is) const;
    /// Whether a wrapping makes the column's scale worth a fit.
    bool has_inner(std::size_t i) const { return names_[i].wrapping != Wrapping::plain; }
    /// Whether the column is a sum or a quotient of exponentials, or 1 +- a monomial: its shape depends on its scale.
    bool bends(std::size_t i) const;
    /// Monomials that may stand before a sum.
    const std::vector<LatticePoint>& outer_lattice() const { return outer_; }

private:
    void name_monomials(const Spelling& spelling, const Sample& sample);
    void name_products(const Spelling& spelling);
    void name_differences(const Spelling& spelling);
    std::vector<std::uint32_t> first(std::size_t count) const;
    template <class Wanted>
    std::vector<std::uint32_t> parts(std::size_t smallest, std::size_t count, Wanted&& wanted) const;
    void fill(const Sample& sample, ThreadPool& pool);

    const ValueTable& table_;
    std::size_t rows_;
    std::vector<LatticePoint> inner_, outer_;
    std::vector<ColumnName> names_;
    std::vector<float> values_, logarithms_;
};

}  // namespace balmer::enumerate
