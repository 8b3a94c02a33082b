#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <type_traits>
#include <vector>

namespace balmer {

/// The threads this process may use, at least one.
std::size_t available_threads();

/// A fixed set of threads that run the chunks of one loop at a time, the calling thread among them. A loop started
/// from inside a loop runs in its own thread, so nesting is allowed and cannot deadlock. Loops started from several
/// outside threads wait for each other.
class ThreadPool {
public:
    /// A pool of `threads` threads, the caller counted: 1 starts none, 0 means available_threads().
    explicit ThreadPool(std::size_t threads = 0);
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;
    ~ThreadPool();

    /// The number of threads, the caller counted.
    std::size_t size() const noexcept { return workers_.size() + 1; }

    /// Calls task(0) ... task(count - 1), each once, on any thread, and returns when all are done. When tasks throw,
    /// no new ones start and the exception of the lowest-numbered one that throws is rethrown: the same in every run.
    template <class Task>
    void run(std::size_t count, Task&& task) {
        using Plain = std::remove_reference_t<Task>;
        const auto call = [](const void* context, std::size_t index) {
            (*static_cast<Plain*>(const_cast<void*>(context)))(index);
        };
        run_tasks(count, call, std::addressof(task));
    }

private:
    using Call = void (*)(const void* context, std::size_t index);
    struct Loop;
    void run_tasks(std::size_t count, Call call, const void* context);
    void work(std::stop_token stop);

    std::mutex one_loop_;  // held by the outside thread whose loop runs
    std::mutex mutex_;     // guards the three members below
    Loop* loop_ = nullptr;
    std::uint64_t generation_ = 0;
    std::size_t busy_ = 0;
    std::condition_variable_any started_;
    std::condition_variable finished_;
    std::vector<std::jthread> workers_;  // last: joined before the rest is destroyed
};

/// Calls f(i) for every i below `count`, or f(begin, end) for ranges that cover them, on the pool's threads. Chunks are
/// [k * grain, (k + 1) * grain) whatever the number of threads, so a loop that writes only to slots named by its index
/// (or by its chunk) gives the same bits on any number of threads. Rethrows as ThreadPool::run.
template <class F>
void parallel_for(ThreadPool& pool, std::size_t count, std::size_t grain, F&& f) {
    grain = std::max<std::size_t>(grain, 1);
    const std::size_t chunks = count / grain + (count % grain != 0);
    pool.run(chunks, [&](std::size_t chunk) {
        const std::size_t begin = chunk * grain;
        const std::size_t end = std::min(count, begin + grain);
        if constexpr (std::is_invocable_v<F&, std::size_t, std::size_t>) {
            f(begin, end);
        } else {
            for (std::size_t i = begin; i < end; ++i) {
                f(i);
            }
        }
    });
}

/// The number of values in a leaf of block_sum's tree.
inline constexpr std::size_t sum_block = 512;

/// The sum of `values` in a fixed tree: blocks of sum_block, each in eight interleaved lanes, then neighbours in pairs.
/// The order depends on the number of values alone, so neither threads nor instruction sets change a bit; the rounding
/// error grows with the logarithm of the number of values. An empty sum is 0.
double block_sum(std::span<const double> values);

/// The same bits, with the blocks shared among the pool's threads.
double block_sum(ThreadPool& pool, std::span<const double> values);

}  // namespace balmer
