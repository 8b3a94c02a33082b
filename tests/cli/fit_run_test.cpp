#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "balmer/model.hpp"
#include "cli/fit_case.hpp"

// `balmer fit` as a user runs it: what it prints, what the run folder holds, and what it says when that cannot be written.

namespace balmer {
namespace {

using testing::balmer;
using testing::Child;
using testing::content_of;
using testing::Finished;
using testing::TemporaryFolder;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

class Fit : public ::testing::Test {
protected:
    Fit() { testing::write_data(data); }
    Finished fit(std::vector<std::string> more) {
        std::vector<std::string> arguments = {"fit", data, "--target", "y", "--threads", "2"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return balmer(arguments, folder.path().string());
    }
    TemporaryFolder folder;
    std::string data = folder / "data.csv", run = folder / "run";
};

/// Every file of a run, whole and readable.
void expect_complete(const std::string& run, const std::string& state) {
    const auto json = nlohmann::json::parse(content_of(run + "/run.json"), nullptr, false);
    ASSERT_TRUE(json.is_object());
    EXPECT_EQ(json["state"], state);
    EXPECT_EQ(json["parameters"]["target"], "y");
    EXPECT_EQ(json["data"]["rows"], 60);
    const auto front = lines_of(content_of(run + "/front.csv"));
    ASSERT_GE(front.size(), 2u);
    EXPECT_EQ(front[0].rfind("Complexity,Loss,Equation,", 0), 0u);
    std::size_t models = 0;
    for (const auto& entry : std::filesystem::directory_iterator(run + "/models")) {
        EXPECT_EQ(load_model(entry.path()).outputs[0].name, "y");
        ++models;
    }
    EXPECT_EQ(models, front.size() - 1);
    for (const auto& line : lines_of(content_of(run + "/events.jsonl"))) {
        const auto event = nlohmann::json::parse(line, nullptr, false);
        ASSERT_TRUE(event.is_object()) << line;
        EXPECT_TRUE(event["seconds"].is_number() && event["evaluations"].is_number() && event["complexity"].is_number_integer() &&
                    event["loss"].is_number() && event["equation"].is_string());
    }
    EXPECT_TRUE(std::filesystem::exists(run + "/checkpoint"));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(run)) EXPECT_NE(entry.path().extension(), ".tmp");
}

TEST_F(Fit, LeavesACompleteRun) {
    const auto done = fit({"--evaluations", "3000", "--run-folder", run});
    EXPECT_EQ(done.status, 0) << done.complaints;
    for (const char* part : {"complexity         loss    score  equation", "\nchosen:\n  y = ", "  R2 = 0.9", "stopped: evaluations after", "next: balmer show "})
        EXPECT_NE(done.output.find(part), std::string::npos) << part << " in\n" << done.output;
    expect_complete(run, "finished");
    EXPECT_EQ(balmer({"show", run}, folder.path().string()).status, 0);
    EXPECT_EQ(balmer({"predict", run, data}, folder.path().string()).status, 0);
}

TEST_F(Fit, ClassesThatNeverMixLeaveTheSteepnessOpen) {
    std::ofstream(data) << "x,c\n" << [] {
        std::string rows;
        for (int i = 0; i < 60; ++i) rows += std::to_string(0.1 * i) + (i < 20 ? ",no\n" : ",yes\n");
        return rows;
    }();
    const auto done = balmer({"fit", data, "--target", "c", "--threads", "1", "--evaluations", "300", "--run-folder", run}, folder.path().string());
    EXPECT_EQ(done.status, 0) << done.complaints;
    for (const char* part : {"\n  score of yes = ", "accuracy = 1\n", "the data do not determine it)\n"})
        EXPECT_NE(done.output.find(part), std::string::npos) << part << " in\n" << done.output;
}

TEST_F(Fit, CountsArePredictedByTheLogarithmOfTheirMean) {
    std::ofstream(data) << "x,n\n0,1\n1,3\n2,7\n3,20\n4,54\n5,148\n1,2\n2,8\n3,21\n4,56\n";
    const auto done = balmer({"fit", data, "--target", "n", "--loss", "poisson", "--threads", "1", "--evaluations", "300", "--run-folder", run}, folder.path().string());
    EXPECT_EQ(done.status, 0) << done.complaints;
    EXPECT_NE(done.output.find("\n  logarithm of the mean of n = x\n"), std::string::npos) << done.output;
    EXPECT_EQ(done.output.find("R2"), std::string::npos) << done.output;
    EXPECT_EQ(done.output.find("verdict"), std::string::npos) << done.output;
}

TEST_F(Fit, RowsThatAreWrongByTheLawAreNamed) {
    std::ofstream file(data);
    file << "a,b,y\n";
    for (int i = 0; i < 300; ++i) {
        const double a = 1 + 0.1 * (i % 17), b = 1 + 0.1 * (i % 23), y = a * b * b + a;
        file << a << ',' << b << ',' << (i == 40 ? 10 * y : i == 201 ? -y : y) << '\n';
    }
    file.close();
    const auto done = balmer({"fit", data, "--target", "y", "--threads", "1", "--seconds", "30", "--run-folder", run}, folder.path().string());
    EXPECT_EQ(done.status, 0) << done.complaints;
    EXPECT_NE(done.output.find("  rows: 2 of 300 are wrong by the law found and left out of its numbers and its loss: 41, 202\n"), std::string::npos) << done.output;
}

TEST_F(Fit, TheDefaultFolderIsNamedAfterTheData) {
    const auto command = "cd '" + folder.path().string() + "' && '" + BALMER_PROGRAM + "' fit data.csv --target y --evaluations 30 --quiet";
    EXPECT_NE(testing::run_program(command).output.find("run folder: run-data-1\n"), std::string::npos);
    EXPECT_NE(testing::run_program(command).output.find("run folder: run-data-2\n"), std::string::npos);
    EXPECT_TRUE(std::filesystem::exists(folder / "run-data-2/front.csv"));
}

TEST_F(Fit, ProgressGoesToStandardErrorAlone) {
    const auto plain = fit({"--evaluations", "100", "--run-folder", folder / "1"});
    EXPECT_TRUE(std::regex_search(plain.complaints, std::regex("data.csv: 60 rows, 3 columns, target y\n(note: .*\n)*run folder: .*\n *time +size +loss +equation\n")));
    EXPECT_TRUE(std::regex_search(plain.complaints, std::regex("\n +[0-9.]+ s +[0-9]+ +[-+.e0-9]+ +[^\n]+\n")));
    EXPECT_EQ(plain.complaints.find('\r'), std::string::npos);
    EXPECT_EQ(plain.complaints.find('\033'), std::string::npos);

    const auto json = fit({"--evaluations", "100", "--run-folder", folder / "2", "--progress", "json"});
    const auto events = lines_of(json.complaints);
    ASSERT_GE(events.size(), 2u);
    for (const auto& line : events) EXPECT_TRUE(nlohmann::json::parse(line, nullptr, false).is_object()) << line;
    EXPECT_EQ(nlohmann::json::parse(events[0])["event"], "started");

    EXPECT_EQ(fit({"--evaluations", "100", "--run-folder", folder / "3", "--progress", "none"}).complaints, "");
    EXPECT_EQ(fit({"--evaluations", "100", "--run-folder", folder / "4", "--quiet"}).complaints, "");
}

TEST_F(Fit, MistakesLeaveNoFolder) {
    for (const auto& [flag, value] : {std::pair{"--operators", "sinn"}, {"--loss", "hubber"}, {"--validation", "2"}, {"--constrain", "x"},
                                      {"--form", "a +"}, {"--memory", "much"}, {"--method", "magic"}, {"--progress", "loud"}, {"--select", "any"}}) {
        const auto done = fit({"--run-folder", run, flag, value});
        EXPECT_EQ(done.status, 2) << flag;
        EXPECT_EQ(done.complaints.rfind("balmer: error: ", 0), 0u) << done.complaints;
        EXPECT_NE(done.complaints.find(value), std::string::npos) << flag << ": " << done.complaints;
        EXPECT_EQ(done.output, "");
        EXPECT_FALSE(std::filesystem::exists(run)) << flag;
    }
}

TEST_F(Fit, AFolderHoldsOneRun) {
    ASSERT_EQ(fit({"--evaluations", "30", "--run-folder", run}).status, 0);
    const std::string front = content_of(run + "/front.csv");
    const auto again = fit({"--evaluations", "60", "--run-folder", run});
    EXPECT_EQ(again.status, 2);
    EXPECT_NE(again.complaints.find("holds a run already. Go on with it by --resume"), std::string::npos) << again.complaints;
    EXPECT_EQ(content_of(run + "/front.csv"), front);
}

TEST_F(Fit, TwoAtATimeInOneFolderAreRefused) {
    Child first({"fit", data, "--target", "y", "--seconds", "60", "--threads", "1", "--run-folder", run}, folder.path().string());
    ASSERT_TRUE(testing::wait_until(first, [&] { return std::filesystem::exists(run + "/run.json"); }));
    std::filesystem::create_directory(folder / "other");
    for (const char* flag : {"--run-folder", "--resume"}) {
        const auto second = balmer({"fit", data, "--target", "y", flag, run}, folder / "other");
        EXPECT_EQ(second.status, 2);
        EXPECT_NE(second.complaints.find("another balmer is running in this folder"), std::string::npos) << second.complaints;
    }
}

TEST_F(Fit, ResumeRefusesOtherData) {
    ASSERT_EQ(fit({"--evaluations", "30", "--run-folder", run}).status, 0);
    const std::string before = content_of(run + "/front.csv") + content_of(run + "/run.json") + content_of(run + "/checkpoint");
    testing::write_data(folder / "other.csv", 60, 8);
    const auto done = balmer({"fit", folder / "other.csv", "--resume", run}, folder.path().string());
    EXPECT_EQ(done.status, 2);
    EXPECT_NE(done.complaints.find("made on other data"), std::string::npos) << done.complaints;
    std::filesystem::remove(data);
    EXPECT_NE(balmer({"fit", "--resume", run}, folder.path().string()).complaints.find("data of this run are not there"), std::string::npos);
    EXPECT_EQ(content_of(run + "/front.csv") + content_of(run + "/run.json") + content_of(run + "/checkpoint"), before);
}

TEST_F(Fit, ResumeKeepsWhatTheRunBeganWith) {
    ASSERT_EQ(fit({"--evaluations", "30", "--run-folder", run, "--operators", "+ *", "--select", "accuracy"}).status, 0);
    const auto other = balmer({"fit", "--resume", run, "--operators", "+ - * /"}, folder.path().string());
    EXPECT_EQ(other.status, 2);
    EXPECT_NE(other.complaints.find("--operators: a resumed run keeps what it began with"), std::string::npos) << other.complaints;
    EXPECT_EQ(balmer({"fit", "--resume", run, "--evaluations", "200", "--quiet"}, folder.path().string()).status, 0);
    const auto json = nlohmann::json::parse(content_of(run + "/run.json"));
    EXPECT_EQ(json["parameters"]["operators"], "+ *");
    EXPECT_EQ(json["parameters"]["select"], "accuracy");
    EXPECT_GE(json["evaluations"].get<double>(), 200);
}

TEST_F(Fit, ADamagedCheckpointIsRefused) {
    ASSERT_EQ(fit({"--evaluations", "30", "--run-folder", run}).status, 0);
    std::string bytes = content_of(run + "/checkpoint");
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    std::ofstream(run + "/checkpoint", std::ios::binary) << bytes;
    const auto done = balmer({"fit", "--resume", run}, folder.path().string());
    EXPECT_EQ(done.status, 2);
    EXPECT_NE(done.complaints.find("checkpoint is damaged"), std::string::npos) << done.complaints;
}

TEST_F(Fit, AFolderThatCannotBeWritten) {
    // Root may write anywhere: the program runs as nobody where this test runs as root.
    std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
    std::filesystem::create_directory(folder / "closed");
    std::filesystem::permissions(folder / "closed", std::filesystem::perms(0555));
    const std::string as_nobody = ::geteuid() == 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : "";
    if (!as_nobody.empty() && testing::run_program(as_nobody + "test -r '" + data + "' -a -x '" + BALMER_PROGRAM + "'").status != 0)
        GTEST_SKIP() << "an unprivileged user cannot start the program here (no setpriv, or a closed folder above it)";
    const std::string command = as_nobody + "'" + BALMER_PROGRAM + "' fit '" + data + "' --target y --evaluations 30 --run-folder '";
    for (const auto& place : {folder / "closed/run", folder / "closed"}) {
        const auto ran = testing::run_program(command + place + "' 2>&1");
        EXPECT_EQ(ran.status, 2);
        EXPECT_NE(ran.output.find("Permission denied"), std::string::npos) << ran.output;
        EXPECT_NE(ran.output.find("Choose another with --run-folder"), std::string::npos) << ran.output;
    }
}

/// A file system of a few pages, unmounted with the object.
class SmallDisk {
public:
    explicit SmallDisk(const std::string& path) : path_(path) {
        std::filesystem::create_directory(path);
        mounted_ = ::mount("tmpfs", path.c_str(), "tmpfs", 0, "size=160k") == 0;
    }
    ~SmallDisk() {
        if (mounted_) ::umount(path_.c_str());
    }
    bool mounted() const { return mounted_; }

private:
    std::string path_;
    bool mounted_;
};

TEST_F(Fit, AFullDiskLeavesTheFilesWhole) {
    const SmallDisk disk(folder / "disk");
    if (!disk.mounted()) GTEST_SKIP() << "mounting a tmpfs is refused here: it needs root with CAP_SYS_ADMIN";
    run = folder / "disk/run";
    std::filesystem::create_directory(run);
    // What is left is enough for the first files, not for a long run.
    const auto done = balmer({"fit", data, "--target", "y", "--seconds", "60", "--method", "genetic", "--run-folder", run}, folder.path().string());
    EXPECT_EQ(done.status, 2) << done.output;
    EXPECT_NE(done.complaints.find("No space left on device"), std::string::npos) << done.complaints;
    EXPECT_NE(done.complaints.find("--resume"), std::string::npos) << done.complaints;
    EXPECT_TRUE(nlohmann::json::parse(content_of(run + "/run.json"), nullptr, false).is_object());
    EXPECT_EQ(balmer({"show", run}, folder.path().string()).status, 0);
    for (const auto& line : lines_of(content_of(run + "/events.jsonl"))) EXPECT_TRUE(nlohmann::json::parse(line, nullptr, false).is_object()) << line;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(run)) EXPECT_NE(entry.path().extension(), ".tmp");
}

TEST_F(Fit, TheFrontIsReadableAtAnyMoment) {
    Child search({"fit", data, "--target", "y", "--evaluations", "1500", "--threads", "1", "--run-folder", run}, folder.path().string());
    std::filesystem::create_directory(folder / "reader");
    int looks = 0, fronts = 0;
    while (search.runs()) {
        if (!std::filesystem::exists(run + "/front.csv")) continue;
        const auto shown = balmer({"show", run}, folder / "reader");
        EXPECT_EQ(shown.status, 0) << shown.complaints;
        const std::string front = content_of(run + "/front.csv");
        EXPECT_TRUE(front.starts_with("Complexity,Loss,Equation,") && front.ends_with("\n")) << front;
        fronts += lines_of(front).size() > 1;
        ++looks;
        testing::sleep_seconds(0.02);
    }
    EXPECT_GT(looks, 0);
    EXPECT_EQ(looks, fronts);
    EXPECT_EQ(search.wait().status, 0);
}

}  // namespace
}  // namespace balmer
