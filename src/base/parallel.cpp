#include "balmer/parallel.hpp"

#include <array>
#include <atomic>
#include <limits>

namespace balmer {

namespace {

thread_local bool inside_loop = false;

/// Marks this thread as inside a loop, also while an exception leaves it.
class InsideLoop {
public:
    InsideLoop() { inside_loop = true; }
    ~InsideLoop() { inside_loop = false; }
    InsideLoop(const InsideLoop&) = delete;
    InsideLoop& operator=(const InsideLoop&) = delete;
};

double sum_one_block(std::span<const double> values) {
    std::array<double, 8> lanes{};
    std::size_t i = 0;
    for (; i + 8 <= values.size(); i += 8) {
        for (std::size_t lane = 0; lane < 8; ++lane) {
            lanes[lane] += values[i + lane];
        }
    }
    for (std::size_t lane = 0; i < values.size(); ++i, ++lane) {
        lanes[lane] += values[i];
    }
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

/// Adds neighbours in pairs until one is left; an odd last one waits for the next round.
double sum_pairs(std::vector<double>& sums) {
    std::size_t count = sums.size();
    while (count > 1) {
        const std::size_t pairs = count / 2;
        for (std::size_t i = 0; i < pairs; ++i) {
            sums[i] = sums[2 * i] + sums[2 * i + 1];
        }
        if (count % 2 == 1) {
            sums[pairs] = sums[count - 1];
        }
        count = pairs + count % 2;
    }
    return count == 0 ? 0.0 : sums[0];
}

std::span<const double> block_of(std::span<const double> values, std::size_t block) {
    const std::size_t begin = block * sum_block;
    return values.subspan(begin, std::min(sum_block, values.size() - begin));
}

}  // namespace

struct ThreadPool::Loop {
    std::size_t count;
    Call call;
    const void* context;
    std::atomic<std::size_t> next{0};
    std::mutex failure_mutex{};
    std::size_t failed_index = std::numeric_limits<std::size_t>::max();
    std::exception_ptr failure{};

    /// Takes tasks in order until none is left. In order, so that when a task fails every lower one has started.
    void take_tasks() {
        const InsideLoop mark;
        for (;;) {
            const std::size_t index = next.fetch_add(1, std::memory_order_relaxed);
            if (index >= count) {
                return;
            }
            try {
                call(context, index);
            } catch (...) {
                next.store(count, std::memory_order_relaxed);
                const std::lock_guard lock(failure_mutex);
                if (index < failed_index) {
                    failed_index = index;
                    failure = std::current_exception();
                }
            }
        }
    }
};

std::size_t available_threads() { return std::max(1U, std::thread::hardware_concurrency()); }

ThreadPool::ThreadPool(std::size_t threads) {
    if (threads == 0) {
        threads = available_threads();
    }
    workers_.reserve(threads - 1);
    for (std::size_t i = 1; i < threads; ++i) {
        workers_.emplace_back([this](std::stop_token stop) { work(std::move(stop)); });
    }
}

ThreadPool::~ThreadPool() = default;

void ThreadPool::work(std::stop_token stop) {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
        started_.wait(lock, stop, [&] { return loop_ != nullptr && generation_ != seen; });
        if (stop.stop_requested()) {
            return;
        }
        seen = generation_;
        Loop* const loop = loop_;
        ++busy_;
        lock.unlock();
        loop->take_tasks();
        lock.lock();
        --busy_;
        if (busy_ == 0) {
            finished_.notify_one();
        }
    }
}

void ThreadPool::run_tasks(std::size_t count, Call call, const void* context) {
    if (workers_.empty() || count <= 1 || inside_loop) {
        for (std::size_t index = 0; index < count; ++index) {
            call(context, index);
        }
        return;
    }
    const std::lock_guard one(one_loop_);
    Loop loop{.count = count, .call = call, .context = context};
    {
        const std::lock_guard lock(mutex_);
        loop_ = &loop;
        ++generation_;
    }
    started_.notify_all();
    loop.take_tasks();
    {
        std::unique_lock lock(mutex_);
        loop_ = nullptr;  // a worker that wakes late finds nothing to do
        finished_.wait(lock, [this] { return busy_ == 0; });
    }
    if (loop.failure) {
        std::rethrow_exception(loop.failure);
    }
}

double block_sum(std::span<const double> values) {
    std::vector<double> sums((values.size() + sum_block - 1) / sum_block);
    for (std::size_t block = 0; block < sums.size(); ++block) {
        sums[block] = sum_one_block(block_of(values, block));
    }
    return sum_pairs(sums);
}

double block_sum(ThreadPool& pool, std::span<const double> values) {
    std::vector<double> sums((values.size() + sum_block - 1) / sum_block);
    parallel_for(pool, sums.size(), 16,
                 [&](std::size_t block) { sums[block] = sum_one_block(block_of(values, block)); });
    return sum_pairs(sums);
}

}  // namespace balmer
