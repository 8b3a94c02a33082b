#pragma once

#include <memory>

#include "balmer/search.hpp"
#include "search/enumerate/sample.hpp"
#include "search/enumerate/value_table.hpp"

namespace balmer::enumerate {

/// The smallest affine-distinct entries of a table on a few hundred rows, asked for the nearest direction (structure.md, section 9).
/// Immutable after construction, so asking from several threads is safe.
class ValueLibrary final : public Library {
public:
    /// Takes the first `count` affine-distinct entries that are finite on the sample's rows.
    ValueLibrary(std::shared_ptr<const ValueTable> table, Sample sample, std::size_t count, ThreadPool& pool);

    std::vector<Match> nearest(std::span<const double> wanted, std::span<const double> weight, std::size_t count) const override;
    std::span<const std::size_t> rows() const override { return sample_.rows; }
    /// Entries held.
    std::size_t size() const { return entries_.size(); }

private:
    std::shared_ptr<const ValueTable> table_;
    Sample sample_;
    std::vector<std::uint32_t> entries_;
    std::vector<double> values_;  ///< [entry][row]
};

}  // namespace balmer::enumerate
