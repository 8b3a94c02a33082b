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
/// log|u| with the weights that noise leaves a logarithm: `weight` times the square of the value, values above the share `capped` of all counted alike.
ScanTask logarithmic_task(std::span<const double> u, std::span<const double> weight, const std::vector<std::vector<double>>& base, double capped);
/// Whether all is finite and some row has weight.
bool usable(const ScanTask& task);
/// Values above the share `capped` of all become the largest of these.
void cap(std::vector<double>& values, double capped);
/// The shares for a few rows to screen with and for many to fit on.
inline constexpr double capped_in_screens = 0.85, capped_in_fits = 0.98;

/// What fills the lack.
struct ScanHit {
    std::uint32_t first = 0, second = KeyIndex::none;
    double cost = 0;  ///< rows/2 log(weighted squared error) + cost per node; smaller is better
};
/// Which of the two values of a column enters.
enum class Seen : std::uint8_t { value, logarithm };

/// The `keep` best of each kind among the first `end` columns, one at a time.
std::vector<ScanHit> scan_singles(const NoisyColumns& columns, Seen seen, std::size_t end, const ScanTask& task, std::size_t keep, ThreadPool& pool);
/// The `keep` best pairs of the listed columns, all of them by one blocked Gram matrix. Coefficients of logarithms, being exponents, are
/// multiples of 1/2.
std::vector<ScanHit> scan_pairs(const NoisyColumns& columns, Seen seen, std::span<const std::uint32_t> listed, const ScanTask& task,
                                std::size_t keep, ThreadPool& pool);

/// Hits among logarithms with the cost of rational exponents: the first column of the task's base, a constant, keeps its free coefficient, all
/// others are multiples of 1/2 or all of 1/3. Sorted by this cost.
void recount_rational(const NoisyColumns& columns, const ScanTask& task, std::vector<ScanHit>& hits, ThreadPool& pool);

}  // namespace balmer::enumerate
