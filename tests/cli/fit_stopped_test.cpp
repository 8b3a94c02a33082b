#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <regex>

#include "cli/fit_case.hpp"

// Runs that are interrupted or killed, and taken up again.

namespace balmer {
namespace {

using testing::balmer;
using testing::Child;
using testing::content_of;
using testing::TemporaryFolder;

class FitStopped : public ::testing::Test {
protected:
    FitStopped() { testing::write_data(data); }
    std::vector<std::string> begin(const std::string& run, int threads = 2) const {
        std::vector<std::string> all = {"fit", data, "--target", "y", "--evaluations", evaluations, "--threads", std::to_string(threads), "--progress", "json", "--run-folder", run};
        all.insert(all.end(), options.begin(), options.end());
        return all;
    }
    std::string here() const { return folder.path().string(); }
    std::string state(const std::string& run) const {
        const auto json = nlohmann::json::parse(content_of(run + "/run.json"), nullptr, false);
        return json.is_object() ? json["state"].get<std::string>() : "no run.json";
    }
    /// Kills a run at `moments` random moments, resumes each with another number of threads, and compares the fronts.
    void kill_and_resume(int moments, std::uint64_t seed);

    TemporaryFolder folder;
    std::string data = folder / "data.csv", run = folder / "run", evaluations = "2500";
    std::vector<std::string> options;
};

TEST_F(FitStopped, CtrlCKeepsEverything) {
    ASSERT_EQ(balmer(begin(folder / "whole"), here()).status, 0);
    Child search(begin(run), here());
    ASSERT_TRUE(testing::wait_until(search, [&] { return std::filesystem::exists(run + "/front.csv"); }));
    search.send(SIGINT);
    const auto stopped = search.wait();
    EXPECT_EQ(stopped.status, 130) << stopped.output << stopped.complaints;
    EXPECT_NE(stopped.output.find("interrupted; go on with: balmer fit --resume " + run), std::string::npos) << stopped.output;
    EXPECT_EQ(state(run), "interrupted");
    EXPECT_GT(content_of(run + "/front.csv").size(), 60u);
    EXPECT_EQ(balmer({"show", run}, here()).status, 0);
    const auto resumed = balmer({"fit", "--resume", run, "--threads", "1"}, here());
    EXPECT_EQ(resumed.status, 0) << resumed.complaints;
    EXPECT_EQ(state(run), "finished");
    EXPECT_EQ(content_of(run + "/front.csv"), content_of(folder / "whole/front.csv"));
}

TEST_F(FitStopped, CtrlCTwiceStopsAtOnce) {
    evaluations = "1e9";
    Child search(begin(run), here());
    ASSERT_TRUE(testing::wait_until(search, [&] { return std::filesystem::exists(run + "/front.csv"); }));
    search.send(SIGINT);
    search.send(SIGINT);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(search.wait().status, 130);
    EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), 5);
    EXPECT_EQ(balmer({"show", run}, here()).status, 0);
}

void FitStopped::kill_and_resume(int moments, std::uint64_t seed) {
    std::cout << "moments of seed " << seed << "\n";
    const auto start = std::chrono::steady_clock::now();
    ASSERT_EQ(balmer(begin(folder / "whole", 1), here()).status, 0);
    const double whole = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const std::string expected = content_of(folder / "whole/front.csv");
    RandomStream random(seed);
    constexpr int threads[] = {1, 2, 4};
    int killed = 0, from_checkpoint = 0;
    for (int i = 0; i < moments; ++i) {
        const std::string place = folder / ("run" + std::to_string(i));
        Child search(begin(place, threads[(i + 1) % 3]), here());
        const double moment = whole * random.uniform();
        testing::sleep_seconds(moment);
        search.send(SIGKILL);
        killed += search.wait().status == 128 + SIGKILL;
        const bool began = std::filesystem::exists(place + "/run.json");
        from_checkpoint += std::filesystem::exists(place + "/checkpoint");
        const std::string n = std::to_string(threads[i % 3]);
        const auto resumed = balmer(began ? std::vector<std::string>{"fit", "--resume", place, "--threads", n} : begin(place), here());
        EXPECT_EQ(resumed.status, 0) << resumed.complaints;
        EXPECT_EQ(content_of(place + "/front.csv"), expected) << "killed after " << moment << " of " << whole << " s, resumed with " << n << " threads";
        EXPECT_EQ(state(place), "finished");
        for (const auto& entry : std::filesystem::recursive_directory_iterator(place)) EXPECT_NE(entry.path().extension(), ".tmp");
        std::filesystem::remove_all(place);
    }
    std::cout << killed << " of " << moments << " were killed in time, " << from_checkpoint << " had a checkpoint; the whole run took " << whole << " s\n";
    EXPECT_GE(2 * killed, moments);
}

TEST_F(FitStopped, KilledAnywhereTheFrontIsTheSame) { kill_and_resume(3, 20261122); }

// Symbolic networks: epochs decide, whatever the number of threads, in training and in shrinking.
TEST_F(FitStopped, KilledNetworksEndTheSame) {
    testing::write_data(data, 1500);
    evaluations = "1e9";
    options = {"--method", "neural", "--trials", "4", "--epochs", "40", "--layers", "1", "--unary", "12", "--binary", "6", "--maximum-complexity", "40"};
    kill_and_resume(2, 6);
}

using SlowFitStopped = FitStopped;

TEST_F(SlowFitStopped, KilledAtTwentyMomentsTheFrontIsTheSame) {
    evaluations = "20000";
    kill_and_resume(20, 3);
}

double peak_megabytes(int process) {
    const std::string status = content_of("/proc/" + std::to_string(process) + "/status");
    std::smatch found;
    return std::regex_search(status, found, std::regex("VmHWM:\\s+([0-9]+) kB")) ? std::stod(found[1]) / 1e3 : 0;
}

TEST_F(SlowFitStopped, MemoryStaysBounded) {
    const double seconds = std::getenv("BALMER_TEST_LONG") ? 3600 : 60;
    testing::write_data(data, 1000);
    Child search({"fit", data, "--target", "y", "--seconds", std::to_string(seconds), "--quiet", "--run-folder", run}, here());
    double half = 0, peak = 0;
    const auto start = std::chrono::steady_clock::now();
    while (search.runs()) {
        const double now = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        peak = std::max(peak, peak_megabytes(search.id()));
        if (now < seconds / 2) half = peak;
        testing::sleep_seconds(0.1);
    }
    EXPECT_EQ(search.wait().status, 0);
    std::cout << "peak memory after " << seconds / 2 << " s: " << half << " MB, after " << seconds << " s: " << peak << " MB\n";
    EXPECT_GT(half, 1);
    EXPECT_LT(peak, 500);
    EXPECT_LT(peak, 1.1 * half + 20);
}

}  // namespace
}  // namespace balmer
