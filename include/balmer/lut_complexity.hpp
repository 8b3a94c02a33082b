#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "balmer/circuit.hpp"
#include "balmer/dataset.hpp"
#include "balmer/expression.hpp"

namespace balmer {

/// Formulas weighed by the look-up tables that their circuit would take: the edges that lowering finds (fused tables, sums, products), each at
/// the bits that precision search usually leaves. No data, no formats: microseconds, for use inside a search.
class LutComplexity {
public:
    /// `features` are the names by feature index.
    LutComplexity(std::vector<std::string> features, std::vector<Definition> definitions);

    /// Estimated LUTs of all outputs as one circuit, shared parts once, at least 1. What no circuit can hold costs a million.
    int operator()(std::span<const Expression> outputs) const;

private:
    std::vector<std::string> features_;
    std::vector<Definition> definitions_;
};

/// Scores as circuits of few bits compute them: every edge at the widths that precision search starts from, tables rounded, arguments limited to
/// the data's range. No search of formats: milliseconds, for judging candidates.
class QuantizedScores {
public:
    /// columns[feature] are the rows to be scored.
    QuantizedScores(std::vector<Column> columns, std::vector<Definition> definitions);

    /// result[output][row]; empty for what no circuit can hold.
    std::vector<std::vector<double>> operator()(std::span<const Expression> outputs) const;

private:
    std::vector<std::string> features_;
    std::vector<Definition> definitions_;
    std::vector<FixedPoint> formats_;                  ///< by feature
    std::vector<std::vector<std::int64_t>> integers_;  ///< by feature, at its port
    std::vector<std::vector<double>> values_;          ///< what these stand for
};

}  // namespace balmer
