#include "balmer/clock.hpp"
#include "balmer/stop.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>
#include <vector>

namespace balmer {
namespace {

StopToken* for_signal = nullptr;

TEST(StopToken, CopiesShareOneFlag) {
    const StopToken token;
    const StopToken copy = token;
    EXPECT_FALSE(token.stop_requested());
    EXPECT_EQ(copy.request_stop(), 0);
    EXPECT_TRUE(token.stop_requested());
    EXPECT_EQ(token.request_stop(), 1);  // asked once before: the second Ctrl-C knows that it is the second
    EXPECT_FALSE(StopToken().stop_requested());
}

TEST(StopToken, MayBeAskedFromASignalHandler) {
    StopToken token;
    for_signal = &token;
    const auto before = std::signal(SIGUSR1, [](int) { for_signal->request_stop(); });
    std::raise(SIGUSR1);
    std::signal(SIGUSR1, before);
    EXPECT_TRUE(token.stop_requested());
}

TEST(LogicalClock, CountsRowsTimesNodes) {
    LogicalClock clock(100);
    clock.add(1000, 7);
    EXPECT_EQ(clock.ticks(), 7100U);
}

TEST(LogicalClock, LosesNothingBetweenThreads) {
    LogicalClock clock;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&clock] {
                for (int j = 0; j < 1000; ++j) {
                    clock.add(3, 5);
                }
            });
        }
    }
    EXPECT_EQ(clock.ticks(), 60000U);
}

TEST(Stopwatch, GoesForward) {
    const Stopwatch watch;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    EXPECT_GE(watch.seconds(), 0.002);
    EXPECT_LT(watch.seconds(), 60);
}

}  // namespace
}  // namespace balmer
