#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/fit_case.hpp"

namespace balmer {
namespace {

namespace fs = std::filesystem;
using testing::balmer;
using testing::content_of;

class FirmwareCommands : public ::testing::Test {
protected:
    FirmwareCommands() : folder_(fs::temp_directory_path() / ("balmer_firmware_" + std::to_string(::getpid()))) {
        fs::remove_all(folder_);
        fs::create_directories(folder_);
        testing::write_data(at("data.csv"), 200);
        std::ofstream(at("model.json")) << R"json({"balmer_model": 1, "outputs": [{"name": "y", "formula": "0.5*a*b + sin(c)"}],
            "features": [{"name": "a"}, {"name": "b"}, {"name": "c"}]})json";
    }
    ~FirmwareCommands() override { fs::remove_all(folder_); }

    std::string at(const std::string& name) const { return (folder_ / name).string(); }
    testing::Finished firmware(std::vector<std::string> more = {}, const std::string& data = "data.csv") const {
        std::vector<std::string> words = {"firmware", at("model.json"), "--data", at(data), "-o", at("out"), "--input-format", "fixed<10,3>", "--tolerance", "0.03"};
        words.insert(words.end(), more.begin(), more.end());
        return balmer(words, folder_.string());
    }

    fs::path folder_;
};

TEST_F(FirmwareCommands, WriteVerifyAndNoticeADifference) {
    const auto written = firmware();
    ASSERT_EQ(written.status, 0) << written.complaints;
    EXPECT_NE(written.output.find("pre-route estimate"), std::string::npos);
    EXPECT_NE(content_of(at("out/report.html")).find("Quantisation error of y"), std::string::npos);
    const std::vector<std::string> verify = {"verify", at("out"), "--vectors", "1000", "--back-end", "python"};
    const auto verified = balmer(verify, folder_.string());
    EXPECT_EQ(verified.status, 0) << verified.output << verified.complaints;
    EXPECT_NE(verified.output.find("equal"), std::string::npos);
    EXPECT_NE(content_of(at("out/report.html")).find("equal bit for bit"), std::string::npos);

    std::string source = content_of(at("out/python/formula.py"));
    source.replace(source.find("    return ("), 12, "    return (1 + ");
    std::ofstream(at("out/python/formula.py")) << source;
    const auto changed = balmer(verify, folder_.string());
    EXPECT_EQ(changed.status, 3);
    EXPECT_NE(changed.output.find("DIFFERS"), std::string::npos);
    EXPECT_NE(changed.output.find("NOT verified"), std::string::npos);
}

TEST_F(FirmwareCommands, FormatsAreChosenFromTheData) {
    const auto written = balmer({"firmware", at("model.json"), "--data", at("data.csv"), "-o", at("out")}, folder_.string());
    ASSERT_EQ(written.status, 0) << written.complaints;
    EXPECT_NE(written.output.find("in   a                ufixed<"), std::string::npos) << written.output;
}

TEST_F(FirmwareCommands, AFrontBecomesCircuits) {
    std::ofstream classes(at("classes.csv"));
    classes << "u,v,kind\n";
    for (int i = 0; i < 240; ++i) {
        const double u = std::sin(0.7 * i) * 2, v = std::cos(1.3 * i) * 2;
        classes << u << ',' << v << ',' << (std::fabs(u) < 0.8 ? "near" : v > 0.3 ? "up" : "down") << '\n';
    }
    classes.close();
    const auto fitted = balmer({"fit", at("classes.csv"), "--target", "kind", "--complexity", "lut", "--method", "sums", "--operators", "+ * tanh gauss", "--evaluations", "60",
                                "--threads", "1", "--run-folder", at("run"), "--quiet"}, folder_.string());
    ASSERT_EQ(fitted.status, 0) << fitted.complaints;
    const auto front = balmer({"firmware", at("run"), "--data", at("classes.csv"), "--front", "-o", at("circuits"), "--agreement", "0.9"}, folder_.string());
    ASSERT_EQ(front.status, 0) << front.complaints;
    EXPECT_NE(front.output.find("accuracy"), std::string::npos) << front.output;
    EXPECT_NE(front.output.find("  *"), std::string::npos) << front.output;
    EXPECT_NE(content_of(at("circuits/front.csv")).find("folder,complexity,agreement,error,accuracy,target_error,lut"), std::string::npos);
    EXPECT_TRUE(std::ranges::any_of(fs::directory_iterator(at("circuits")), [](const auto& entry) { return fs::exists(entry.path() / "circuit.json"); }));
}

// The simplest formula is nearest to its own circuit, and farthest from the target: what counts is the target.
TEST_F(FirmwareCommands, AFrontOfValuesIsJudgedByTheTarget) {
    std::ofstream table(at("values.csv"));
    table << "u,v,y\n";
    for (int i = 0; i < 200; ++i) {
        const double u = std::sin(0.7 * i) * 2, v = std::cos(1.3 * i) * 2;
        table << u << ',' << v << ',' << u * v + 0.5 * u << '\n';
    }
    table.close();
    const auto fitted = balmer({"fit", at("values.csv"), "--target", "y", "--method", "enumerate", "--operators", "+ *", "--evaluations", "20000", "--threads", "1", "--run-folder", at("run"),
                                "--quiet"}, folder_.string());
    ASSERT_EQ(fitted.status, 0) << fitted.complaints;
    const auto front = balmer({"firmware", at("run"), "--data", at("values.csv"), "--front", "-o", at("circuits"), "--tolerance", "0.02"}, folder_.string());
    ASSERT_EQ(front.status, 0) << front.complaints;
    EXPECT_NE(front.output.find("of target"), std::string::npos) << front.output;
    std::istringstream lines(content_of(at("circuits/front.csv")));
    bool is_law_kept = false;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream cells(line);
        std::vector<std::string> row;
        for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
        is_law_kept = is_law_kept || (row.back() == "1" && std::strtod(row[5].c_str(), nullptr) < 0.03);
    }
    EXPECT_TRUE(is_law_kept) << front.output;
    // Coarser circuits of a formula stand beside the one asked for.
    EXPECT_TRUE(std::ranges::any_of(fs::directory_iterator(at("circuits")), [](const auto& entry) { return entry.path().filename().string().find("lut") != std::string::npos; })) << front.output;
}

TEST_F(FirmwareCommands, MistakesLeaveNothingBehind) {
    const auto refused = [&](std::vector<std::string> more, const std::string& text, const std::string& data = "data.csv") {
        const auto ran = firmware(std::move(more), data);
        EXPECT_EQ(ran.status, 2) << text;
        EXPECT_NE(ran.complaints.find(text), std::string::npos) << ran.complaints;
        EXPECT_FALSE(fs::exists(folder_ / "out")) << text;
    };
    refused({"--input-format", "d=fixed<8,4>"}, "no feature 'd'");
    refused({"--input-format", "fixed<8>"}, "fixed<8,4>");
    refused({"--clock", "soon"}, "nanoseconds");
    refused({"--clock", "0.1ns"}, "too short");
    refused({"--latency", "-5"}, "out of range");
    refused({"--part", "a\"; exec b"}, "no device");
    refused({"--outputs", "decision", "--threshold", "nan"}, "no threshold");
    refused({"--outputs", "decision", "--threshold", "1000"}, "no row passes 1000");
    refused({"--mode", "hls4ml", "--output-format", "fixed<8,4>"}, "one format for everything");
    refused({"--mode", "hls4ml", "--outputs", "decision"}, "gives scores");
    std::ofstream(at("words.csv")) << "name,mean,scale\nd,0,1\n";
    refused({"--raw-words", at("words.csv")}, "no feature 'd'. It reads a, b, c");
    EXPECT_EQ(balmer({"firmware", at("model.json"), "--data", at("data.csv"), "-o", ""}, folder_.string()).status, 2);
    refused({"--clock", "1.2ns", "--latency", "1", "--multipliers", "lut"}, "cannot be met");
    refused({"--name", "module"}, "try --name module_value");
    refused({"--name", "a__b"}, "no identifier");
    refused({"--input-format", "fixed<3,1>"}, "rows lie beyond fixed<3,1>");
    std::ofstream(at("empty.csv")) << "a,b,c\n";
    refused({}, "no rows", "empty.csv");
    std::ofstream(at("other.csv")) << "aa,b,c\n1,2,3\n";
    refused({}, "no column 'a', which the model reads. Did you mean 'aa'? Numeric columns: aa, b, c", "other.csv");
    std::ofstream(at("text.csv")) << "a,b,c\nhigh,2,3\nlow,1,2\n";
    refused({}, "holds text", "text.csv");
    std::ofstream(at("missing.csv")) << "a,b,c\n1,2,3\n,1,2\n";
    refused({}, "1 of 2 rows hold no finite number, the first is row 2", "missing.csv");
    std::ofstream(at("huge.json")) << R"json({"balmer_model": 1, "outputs": [{"name": "y", "formula": "exp(300*a)*b"}], "features": [{"name": "a"}, {"name": "b"}]})json";
    refused({"--mode", "hls4ml", "--input-format", "ufixed<8,4>"}, "has none");
    const auto huge = balmer({"firmware", at("huge.json"), "--data", at("data.csv"), "-o", at("out")}, folder_.string());
    EXPECT_EQ(huge.status, 2);
    EXPECT_NE(huge.complaints.find("beyond what fixed-point numbers hold"), std::string::npos) << huge.complaints;
    for (const char* count : {"--vectors", "--netlist-vectors", "--self-test"}) {
        const auto negative = balmer({"verify", at("nothing"), count, "-3"}, folder_.string());
        EXPECT_EQ(negative.status, 2);
        EXPECT_NE(negative.complaints.find("out of range"), std::string::npos) << negative.complaints;
    }
    EXPECT_EQ(balmer({"verify", at("nothing")}, folder_.string()).status, 2);
    EXPECT_EQ(balmer({"synthesize", at("nothing")}, folder_.string()).status, 2);
}

}  // namespace
}  // namespace balmer
