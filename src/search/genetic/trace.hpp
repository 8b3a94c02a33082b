#pragma once

#include <span>
#include <vector>

#include "search/genetic/setting.hpp"

namespace balmer::genetic {

/// The few rows on which single nodes are looked at: the library's, or some spread evenly over the data.
class Sample {
public:
    explicit Sample(const Setting& setting);
    std::size_t rows() const { return rows_; }
    const Columns<double>& columns() const { return columns_; }
    /// Target and weight of one output; empty when the loss has no target to aim at.
    std::span<const double> target(std::size_t output) const { return targets_[output]; }
    std::span<const double> weight(std::size_t output) const { return weights_[output]; }
    bool has_targets() const { return !targets_.empty(); }

private:
    std::size_t rows_ = 0;
    std::vector<std::vector<double>> features_;  ///< then the codes of category axes
    std::vector<const double*> pointers_;
    Columns<double> columns_;
    std::vector<std::vector<double>> targets_, weights_;
};

/// Values of every node of a formula on the sample.
class Trace {
public:
    Trace(const Expression& expression, std::span<const Definition> definitions, const Sample& sample);
    std::span<const double> node(std::size_t position) const { return {values_.data() + position * rows_, rows_}; }

private:
    std::size_t rows_;
    std::vector<double> values_;  ///< nodes x rows
};

/// What some node should be on the sample, and how much each row says about it.
struct Wanted {
    std::vector<double> value, weight;
    /// Rows with a finite value and a weight above 0.
    std::size_t usable() const;
    /// Rows that can say nothing get weight 0; no row counts more than twenty times the mean.
    void tame();
};

/// From what a node should be to what its operand number `k` should be, the others as they are. `operands` are the
/// values of all operands; where several values would do the one nearest to the present is taken. False when the
/// operator cannot be undone.
bool descend(const Node& node, std::size_t k, std::span<const std::span<const double>> operands, Wanted& wanted);

/// What the node at `position` should be for scale*core + offset to meet the target of `output`; nothing usable when
/// the path from the root cannot be undone.
Wanted wanted_at(const Expression& core, std::size_t position, double scale, double offset, std::size_t output,
                 const Trace& trace, const Sample& sample);

}  // namespace balmer::genetic
