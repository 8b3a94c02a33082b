#pragma once

#include "balmer/lut_complexity.hpp"
#include "balmer/search.hpp"
#include "search/scorer.hpp"

namespace balmer {

/// The loss of candidates as circuits of few bits compute them: the loss on all rows, and what 6-bit tables lose on some of them beside it.
class QuantizedLoss {
public:
    /// `problem` must outlive it.
    explicit QuantizedLoss(const Problem& problem);

    /// The candidate with its losses, raised by what the bits lose; infinite when no circuit can hold it. Twice gives the same.
    Candidate judged(Candidate candidate) const;

private:
    double loss_of(const std::vector<std::vector<double>>& scores) const;

    Scorer scorer_;
    Problem sample_;
    BoundRows rows_;  ///< of the sample
    QuantizedScores quantized_;
};

}  // namespace balmer
