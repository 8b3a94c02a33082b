// The run folder: whole at every moment, one process at a time, damage noticed.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "balmer/atomic_file.hpp"
#include "balmer/error.hpp"
#include "balmer/run_folder.hpp"

namespace balmer {
namespace {

namespace fs = std::filesystem;

class RunFolderTest : public ::testing::Test {
protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "balmer-run-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        base_ = name;
    }
    void TearDown() override { fs::remove_all(base_); }
    fs::path base_;
};

std::string error_of(const auto& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

TEST_F(RunFolderTest, KeepsCheckpointsAndNoticesDamage) {
    auto folder = RunFolder::create(base_ / "run");
    EXPECT_FALSE(folder.read_checkpoint());
    const std::string bytes("some\0bytes", 10);
    folder.write_checkpoint(bytes);
    EXPECT_EQ(folder.read_checkpoint(), bytes);
    std::string content = read_file(base_ / "run" / "checkpoint");
    content.back() ^= 1;
    write_file_atomically(base_ / "run" / "checkpoint", content);
    EXPECT_NE(error_of([&] { (void)folder.read_checkpoint(); }).find("damaged"), std::string::npos);
}

TEST_F(RunFolderTest, RefusesASecondRunInOneFolder) {
    {
        auto folder = RunFolder::create(base_ / "run");
        EXPECT_NE(error_of([&] { (void)RunFolder::create(base_ / "run"); }).find("another balmer is running"), std::string::npos);
        EXPECT_NE(error_of([&] { (void)RunFolder::resume(base_ / "run"); }).find("no run to resume"), std::string::npos);
        folder.write_run("{}");
    }
    EXPECT_NE(error_of([&] { (void)RunFolder::create(base_ / "run"); }).find("--resume"), std::string::npos);
    EXPECT_NO_THROW((void)RunFolder::resume(base_ / "run"));
}

TEST_F(RunFolderTest, SaysWhyAFolderCannotBeWritten) {
    std::ofstream(base_ / "file") << "x";
    EXPECT_NE(error_of([&] { (void)RunFolder::create(base_ / "file" / "run"); }).find("--run-folder"), std::string::npos);
    // As an unprivileged user: root may write anywhere.
    fs::create_directory(base_ / "closed");
    fs::permissions(base_, fs::perms::all);
    fs::permissions(base_ / "closed", fs::perms::owner_read | fs::perms::owner_exec);
    const pid_t child = ::fork();
    if (child == 0) {
        if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(3);
        const auto text = error_of([&] { (void)RunFolder::create(base_ / "closed" / "run"); });
        ::_exit(text.find("Permission denied") != std::string::npos && text.find("--run-folder") != std::string::npos ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    fs::permissions(base_ / "closed", fs::perms::owner_all);
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(RunFolderTest, FrontTableQuotesAndModelsFollowTheFront) {
    auto folder = RunFolder::create(base_ / "run");
    const Vocabulary words{.features = {"x"}, .parameters = {}, .definitions = {}, .holes = {}};
    ParetoFront front;
    front.insert({.outputs = {parse("x", words)}, .complexity = 1, .loss = 2});
    front.insert({.outputs = {parse("atan2(x, 2)", words)}, .complexity = 3, .loss = 1});
    const auto models_of = [&] {
        std::vector<Model> models;
        for (const auto& m : front.members()) models.push_back(Model::from_expressions(m.outputs, words));
        return models;
    };
    folder.write_front(front, models_of());
    EXPECT_EQ(read_file(base_ / "run" / "front.csv"),
              "Complexity,Loss,Equation,Validation,Score\n1,2,x,,0\n3,1,\"atan2(x, 2)\",,0.34657359027997264\n");
    EXPECT_TRUE(fs::exists(base_ / "run" / "models" / "complexity_003.json"));
    front.insert({.outputs = {parse("x + 1", words)}, .complexity = 2, .loss = 0.5});
    folder.write_front(front, models_of());
    EXPECT_FALSE(fs::exists(base_ / "run" / "models" / "complexity_003.json"));
    EXPECT_EQ(print(load_model(base_ / "run" / "models" / "complexity_002.json").outputs[0].expression, words).substr(0, 1), "x");
}

}  // namespace
}  // namespace balmer
