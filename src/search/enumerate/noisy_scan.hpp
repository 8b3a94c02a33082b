#pragma once

#include <span>
#include <vector>

#include "balmer/parallel.hpp"
#include "search/enumerate/noisy_columns.hpp"

namespace balmer::enumerate {

/// Nats that one node of a formula costs while screening (structure.md, section 6).
inline constexpr double cost_per_node = 2.7;

/// A weighted regression that lacks one or two columns: z on `base` and what is looked for.
struct ScanTask {
    std::vector<std::vector<double>> base;  ///< columns that are in it already
    std::vector<double> z, weight;
};
/// What fills the lack.
struct ScanHit {
    std::uint32_t first = 0, second = KeyIndex::none;
    double cost = 0;  ///< rows/2 log(weighted squared error) + cost per node; smaller is better
};
/// Which of the two values of a column enters.
enum class Seen : std::uint8_t { value, logarithm };

/// The `keep` best of each kind among the first `end` columns, one at a time.
std::vector<ScanHit> scan_singles(const NoisyColumns& columns, Seen seen, std::size_t end, const ScanTask& task, std::size_t keep, ThreadPool& pool);
/// The `keep` best pairs of the listed columns, all of them by one blocked Gram matrix.
std::vector<ScanHit> scan_pairs(const NoisyColumns& columns, Seen seen, std::span<const std::uint32_t> listed, const ScanTask& task,
                                std::size_t keep, ThreadPool& pool);

}  // namespace balmer::enumerate
