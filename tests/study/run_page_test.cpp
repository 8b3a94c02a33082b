#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "balmer/atomic_file.hpp"
#include "balmer/error.hpp"
#include "balmer/readers.hpp"
#include "study/fit_case.hpp"

namespace balmer {
namespace {

namespace fs = std::filesystem;

class RunPage : public ::testing::Test {
protected:
    RunPage() : folder_(fs::temp_directory_path() / ("balmer_run_page_" + std::to_string(::getpid()))) {
        fs::remove_all(folder_);
        fs::create_directories(folder_);
        write_csv(testing::hard_table(), folder_ / "data.csv");
        FitParameters parameters;
        parameters.data = (folder_ / "data.csv").string();
        parameters.target = {"y"};
        parameters.evaluations = 100;
        parameters.validation = "0.25";
        parameters.run_folder = (folder_ / "run").string();
        parameters.maximum_complexity = 10;
        testing::Deaf deaf;
        (void)run_fit(parameters, deaf, StopToken());
    }
    ~RunPage() override { fs::remove_all(folder_); }

    static bool holds(const std::string& page, const std::string& text) { return page.find(text) != std::string::npos; }

    fs::path folder_;
};

TEST_F(RunPage, StandsInTheRunFolderAndIsMadeAnewWithTheSameBytes) {
    const std::string written = read_file(folder_ / "run" / "report.html");
    EXPECT_EQ(report_of_run(folder_ / "run"), written);
    for (const char* part : {"The chosen formula", "Verdict: ", "<math", "Prediction against target", "validation", "The front", "fingerprint"})
        EXPECT_TRUE(holds(written, part)) << part;
    EXPECT_FALSE(holds(written, "nan"));
}

TEST_F(RunPage, SaysWhyDataAreMissing) {
    fs::remove(folder_ / "data.csv");
    const auto without = report_of_run(folder_ / "run");
    EXPECT_TRUE(holds(without, "could not be read"));
    EXPECT_FALSE(holds(without, "Prediction against target"));
    write_csv(testing::hard_table(61), folder_ / "data.csv");
    EXPECT_TRUE(holds(report_of_run(folder_ / "run"), "not those of the run any more"));
}

TEST_F(RunPage, ShowsALiveRunAndReductions) {
    auto json = nlohmann::ordered_json::parse(read_file(folder_ / "run" / "run.json"));
    json["state"] = "running";
    json["chosen"] = 0;
    json["reductions"] = {{{"parent", 0}, {"kind", "problem"}, {"target", "f"}, {"variables", {"a", "b", "c"}}},
                          {{"parent", 0}, {"kind", "merge"}, {"words", "a and b enter as <one>"}, {"target", "f"}, {"variables", {"a*b", "c"}}, {"solution", "a*b + c"}},
                          {{"parent", 99}}};
    write_file_atomically(folder_ / "run" / "run.json", json.dump());
    const auto page = report_of_run(folder_ / "run");
    EXPECT_TRUE(holds(page, "The formula of lowest loss so far"));
    EXPECT_TRUE(holds(page, "enter as &lt;one&gt;"));
    EXPECT_TRUE(holds(page, "of a*b, c"));
}

TEST_F(RunPage, RefusesWhatIsNoRun) {
    EXPECT_THROW(report_of_run(folder_ / "nothing"), Error);
    EXPECT_THROW(report_of_run(folder_), Error);
    fs::remove(folder_ / "run" / "front.csv");
    EXPECT_THROW(report_of_run(folder_ / "run"), Error);
}

}  // namespace
}  // namespace balmer
