#pragma once

#include <memory>

#include "balmer/search.hpp"
#include "search/enumerate/glance.hpp"
#include "search/enumerate/sample.hpp"
#include "search/enumerate/value_table.hpp"

namespace balmer::enumerate {

/// The smallest affine-distinct entries of a table on a few hundred rows, asked for the nearest direction (structure.md, section 9).
/// A question goes over all entries on a few rows first, in single precision, and over the best of them on all rows then; a library of
/// few entries, or a question that asks for little on those rows, goes over everything. Immutable after construction, so asking from
/// several threads is safe.
class ValueLibrary final : public Library {
public:
    /// Takes the first `count` affine-distinct entries that are finite on the sample's rows.
    ValueLibrary(std::shared_ptr<const ValueTable> table, Sample sample, std::size_t count, ThreadPool& pool);

    std::vector<Match> nearest(std::span<const double> wanted, std::span<const double> weight, std::size_t count) const override;
    std::span<const std::size_t> rows() const override { return sample_.rows; }
    /// Entries held.
    std::size_t size() const { return entries_.size(); }

private:
    // The i-th of the few rows.
    std::size_t glance_row(std::size_t i) const { return i * sample_.size() / glance_rows; }
    // Entries that look nearest on the few rows, in rising order.
    std::vector<std::uint32_t> glance(std::span<const double> weight, std::span<const double> wanted) const;

    std::shared_ptr<const ValueTable> table_;
    Sample sample_;
    std::vector<std::uint32_t> entries_;
    std::vector<double> values_;             ///< [entry][row]
    std::vector<float> glance_values_;       ///< [block][few rows][entry of the block], each entry with mean 0 and spread 1; or empty
};

}  // namespace balmer::enumerate
