#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "balmer/expression.hpp"
#include "balmer/parallel.hpp"
#include "search/enumerate/entry_units.hpp"
#include "search/enumerate/keys.hpp"

namespace balmer::enumerate {

/// What an entry is, beside its value.
enum EntryFlag : std::uint8_t {
    constant_entry = 1,        ///< does not vary over the rows
    transcendental_entry = 2,  ///< holds exp, log, sin ... somewhere
    trigonometric_entry = 4,   ///< holds sin, cos or tan
    affine_distinct = 8,       ///< first with its affine key
    monomial_distinct = 16,    ///< first with its monomial-quotient key
    negated_operand = 32,      ///< the operand enters with a minus sign
    numbered_entry = 64,       ///< a number stands in it
};

/// One formula of the table: an operator on earlier entries.
struct Entry {
    Four monomial{};  ///< functionals of the value's logarithm
    std::uint32_t left = 0, right = 0;  ///< operands; feature: left = column; parameter: its value is in `constant`
    double constant = 0;
    Op op = Op::parameter;
    std::uint8_t size = 1, flags = 0;
    std::int16_t index = 0;  ///< user operator of Op::call
    std::uint16_t unit = 0;  ///< as EntryUnits numbers it
};

/// Entries in pieces that never move: a vector that grows would hold them twice, and room for twice as many.
class Entries {
public:
    static constexpr std::size_t piece = 1 << 14;

    std::size_t size() const { return size_; }
    std::size_t bytes() const { return pieces_.size() * piece * sizeof(Entry); }
    const Entry& operator[](std::size_t i) const { return pieces_[i / piece][i % piece]; }
    Entry& operator[](std::size_t i) { return pieces_[i / piece][i % piece]; }
    void push_back(const Entry& entry) {
        if (size_ % piece == 0) pieces_.push_back(std::make_unique_for_overwrite<Entry[]>(piece));
        pieces_.back()[size_++ % piece] = entry;
    }

private:
    std::vector<std::unique_ptr<Entry[]>> pieces_;
    std::size_t size_ = 0;
};

/// What a table may hold.
struct TableLimits {
    std::size_t entries = 5'000'000;
    std::size_t bytes = std::size_t{1} << 30;
    int size = 12;                        ///< largest size
    std::size_t affine_distinct = ~std::size_t{0};  ///< stop when so many affine-distinct entries are there
};

/// Every small formula once, by its value on the key rows, smallest first (structure.md, sections 1 and 2). The order and content
/// depend on the problem alone, not on the number of threads. Entries whose value is not finite on a key row are refused.
class ValueTable {
public:
    /// `column[f]` points to the key rows of feature f, `variables` are the features that may be used, `operators` those allowed. Powers of
    /// `factors`, features too, may stand beside an entry, as those of the variables may.
    ValueTable(std::vector<std::vector<double>> columns, std::vector<std::int32_t> variables, std::vector<Op> operators,
               std::vector<Definition> definitions, RandomStream random, std::span<const std::int32_t> factors = {});
    ValueTable(ValueTable&&) noexcept;
    ~ValueTable();

    /// Sums of unlike units and functions of what is no pure number are not formed from now on; before the first growth.
    void use_units(EntryUnits units);
    /// Enumerates about `proposals` further formulas; false when a limit is reached or nothing is left.
    bool grow(std::size_t proposals, const TableLimits& limits, ThreadPool& pool);

    std::size_t rows() const { return rows_; }
    std::size_t size() const { return entries_.size(); }
    std::size_t bytes() const;
    /// Formulas evaluated so far, duplicates included.
    std::size_t generated() const { return generated_; }
    const Entry& operator[](std::size_t i) const { return entries_[i]; }
    const double* value(std::size_t i) const { return chunks_[i / chunk].get() + (i % chunk) * rows_; }
    /// First entry of this size; size() when there is none yet.
    std::size_t first_of_size(int size) const;
    const Functionals& functionals() const { return functionals_; }
    const std::vector<std::vector<double>>& columns() const { return columns_; }
    const std::vector<std::int32_t>& variables() const { return variables_; }
    /// Features whose powers monomial keys do not see: the variables and the factors.
    const std::vector<std::int32_t>& powers() const { return powers_; }
    std::span<const Definition> definitions() const { return definitions_; }

    std::uint32_t find_affine(std::uint64_t key) const { return affine_.find(key); }
    std::uint32_t find_monomial(std::uint64_t key) const { return monomial_.find(key); }
    /// The entry as a formula; its constants are parameters (pi is Op::pi).
    Expression expression(std::uint32_t entry) const;
    /// Values of the first `count` entries on other rows: column[f] points to `rows` values of feature f. result[entry*rows + row]
    /// in the entries' order; operands outside the domain there give NaN.
    std::vector<double> values_on(std::size_t count, std::span<const double* const> column, std::size_t rows,
                                  ThreadPool& pool) const;

private:
    static constexpr std::size_t chunk = Entries::piece;
    struct Proposal;
    struct Cursor;
    struct Evaluated;

    bool propose(std::vector<Proposal>& batch, std::size_t count, int largest);
    bool start_size();
    void next_rule();
    bool unary_allowed(Op op, const Entry& entry) const;
    std::uint16_t unit_of(const Proposal& proposal);
    bool units_allow(const Proposal& proposal);
    bool scale_allowed(const Entry& entry) const;
    bool binary_allowed(Op op, std::uint32_t left, std::uint32_t right) const;
    void evaluate(const Proposal& proposal, double* out) const;
    void commit(const std::vector<Proposal>& batch, const Evaluated& evaluated, const TableLimits& limits);
    std::uint8_t flags_of(const Proposal& proposal) const;
    void add_leaf(Entry entry, double* values);
    void append(const Entry& entry, const double* values);

    std::size_t rows_;
    std::vector<std::vector<double>> columns_;
    std::vector<std::int32_t> variables_, powers_;
    std::vector<Op> unary_, binary_;
    std::vector<Definition> definitions_;
    Functionals functionals_;
    EntryUnits units_;
    Entries entries_;
    std::vector<std::unique_ptr<double[]>> chunks_;
    std::vector<std::size_t> first_;  ///< first entry of each size
    std::vector<std::uint32_t> scales_;  ///< entries of the constants that may multiply at no cost
    KeyIndex raw_, affine_, monomial_;
    std::unique_ptr<Cursor> cursor_;
    std::size_t generated_ = 0;
};

}  // namespace balmer::enumerate
