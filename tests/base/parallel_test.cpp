#include "balmer/parallel.hpp"

#include "balmer/random.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <stdexcept>

namespace balmer {
namespace {

class ParallelFor : public testing::TestWithParam<std::size_t> {};

TEST_P(ParallelFor, VisitsEveryIndexOnce) {
    ThreadPool pool(GetParam());
    EXPECT_EQ(pool.size(), GetParam());
    for (const std::size_t count : {0, 1, 2, 7, 64, 1000}) {
        for (const std::size_t grain : {0, 1, 3, 64, 5000}) {
            std::vector<std::atomic<int>> visits(count);
            parallel_for(pool, count, grain, [&](std::size_t i) { ++visits[i]; });
            for (const auto& visit : visits) {
                ASSERT_EQ(visit.load(), 1) << count << " by " << grain;
            }
        }
    }
}

TEST_P(ParallelFor, CutsRangesThatDoNotDependOnThreads) {
    ThreadPool pool(GetParam());
    std::vector<std::size_t> begins(10, 99);
    parallel_for(pool, 10, 4, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            begins[i] = begin;
        }
    });
    EXPECT_EQ(begins, (std::vector<std::size_t>{0, 0, 0, 0, 4, 4, 4, 4, 8, 8}));
}

TEST_P(ParallelFor, RethrowsTheLowestException) {
    ThreadPool pool(GetParam());
    for (int round = 0; round < 50; ++round) {
        try {
            parallel_for(pool, 100, 1, [](std::size_t i) {
                if (i % 10 == 7) {
                    throw std::runtime_error(std::to_string(i));
                }
            });
            FAIL() << "nothing was thrown";
        } catch (const std::runtime_error& error) {
            ASSERT_STREQ(error.what(), "7");
        }
    }
    std::atomic<int> count = 0;
    parallel_for(pool, 10, 1, [&](std::size_t) { ++count; });
    EXPECT_EQ(count.load(), 10);  // the pool still works
}

TEST_P(ParallelFor, MayBeNested) {
    ThreadPool pool(GetParam());
    std::vector<std::size_t> sums(20);
    parallel_for(pool, 20, 1, [&](std::size_t i) {
        std::vector<std::size_t> inner(50);
        parallel_for(pool, 50, 1, [&](std::size_t j) { inner[j] = i * j; });
        sums[i] = std::accumulate(inner.begin(), inner.end(), std::size_t{0});
    });
    for (std::size_t i = 0; i < 20; ++i) {
        EXPECT_EQ(sums[i], i * 1225);
    }
}

TEST_P(ParallelFor, ServesSeveralOutsideThreads) {
    ThreadPool pool(GetParam());
    std::atomic<int> count = 0;
    {
        std::vector<std::jthread> outside;
        for (int i = 0; i < 4; ++i) {
            outside.emplace_back([&] {
                for (int round = 0; round < 20; ++round) {
                    parallel_for(pool, 25, 2, [&](std::size_t) { ++count; });
                }
            });
        }
    }
    EXPECT_EQ(count.load(), 4 * 20 * 25);
}

INSTANTIATE_TEST_SUITE_P(Threads, ParallelFor, testing::Values(1, 2, 3, 8));

TEST(ThreadPool, UsesItsThreads) {
    ThreadPool pool(3);
    // Three tasks that wait for each other finish only if three threads run them.
    std::atomic<int> arrived = 0;
    pool.run(3, [&](std::size_t) {
        ++arrived;
        while (arrived.load() < 3) {
            std::this_thread::yield();
        }
    });
    EXPECT_EQ(arrived.load(), 3);
}

TEST(ThreadPool, ZeroMeansAllThatThereAre) {
    EXPECT_GE(available_threads(), 1U);
    EXPECT_EQ(ThreadPool().size(), available_threads());
}

TEST(ThreadPool, ComesAndGoesWithoutWork) {
    for (int i = 0; i < 100; ++i) {
        const ThreadPool pool(4);
        ASSERT_EQ(pool.size(), 4U);
    }
}

std::vector<double> rough_numbers(std::size_t count) {
    RandomStream stream(5);
    std::vector<double> values(count);
    for (double& value : values) {
        value = stream.normal() * std::exp(10 * stream.normal());
    }
    return values;
}

TEST(BlockSum, DoesNotDependOnThreads) {
    for (const std::size_t count : {0, 1, 7, 511, 512, 513, 5000, 100001}) {
        const auto values = rough_numbers(count);
        const double expected = block_sum(values);
        for (const std::size_t threads : {1, 2, 5}) {
            ThreadPool pool(threads);
            ASSERT_EQ(block_sum(pool, values), expected) << count << " values, " << threads << " threads";
        }
    }
}

TEST(BlockSum, AddsEverythingOnce) {
    for (std::size_t count = 0; count < 3000; count += 13) {
        std::vector<double> values(count);
        std::iota(values.begin(), values.end(), 1.0);
        const auto n = static_cast<double>(count);
        ASSERT_EQ(block_sum(values), n * (n + 1) / 2);  // exact: every partial sum is a small integer
    }
}

TEST(BlockSum, LosesLessThanAPlainLoop) {
    const std::vector<double> values(1 << 22, 0.1);
    const double exact = 0.1 * (1 << 22);  // the sum of equal numbers, rounded once
    const double plain = std::accumulate(values.begin(), values.end(), 0.0);
    EXPECT_LT(std::abs(block_sum(values) - exact), 1e-9);
    EXPECT_GT(std::abs(plain - exact), 1e-6);
}

}  // namespace
}  // namespace balmer
