#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace balmer {

/// Counts the work done, rows x nodes evaluated, which is the same in every run of the same seed: what searches
/// schedule by, because wall time differs from run to run. Adding from several threads is safe, and the sum does not
/// depend on their order.
class LogicalClock {
public:
    /// A clock that shows `ticks` already, as when a run resumes from its checkpoint.
    explicit LogicalClock(std::uint64_t ticks = 0) : ticks_(ticks) {}

    /// Counts the evaluation of `nodes` nodes on `rows` rows.
    void add(std::uint64_t rows, std::uint64_t nodes) { ticks_.fetch_add(rows * nodes, std::memory_order_relaxed); }

    /// Rows x nodes so far. Between parallel sections this is exact; inside one it lags behind other threads.
    std::uint64_t ticks() const { return ticks_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> ticks_;
};

/// Wall time since its creation. For budgets and reports, never for a decision that a result depends on.
class Stopwatch {
public:
    /// Seconds since creation.
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace balmer
