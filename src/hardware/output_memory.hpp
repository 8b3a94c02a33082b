#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "hardware/precision.hpp"

namespace balmer {

/// `Judge::measure` for many circuits that differ little: an output that is computed as one of another circuit was is not simulated again.
class OutputMemory {
public:
    /// The judge must outlive the memory.
    explicit OutputMemory(const Judge& judge) : judge_(&judge) {}

    LoweringQuality measure(const Circuit& circuit);

private:
    struct Output {
        std::vector<double> values;
        double error = 0;
    };
    const Judge* judge_;
    std::unordered_map<std::uint64_t, std::shared_ptr<const Output>> known_;  ///< by a hash of all that the output is computed from
};

}  // namespace balmer
