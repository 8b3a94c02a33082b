#include "balmer/atomic_file.hpp"

#include "balmer/error.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>

namespace balmer {
namespace {

namespace fs = std::filesystem;

class AtomicFile : public testing::Test {
protected:
    AtomicFile() {
        std::string name = (fs::temp_directory_path() / "balmer-atomic-XXXXXX").string();
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        folder = name;
        ::chmod(name.c_str(), 0755);
    }
    ~AtomicFile() override { fs::remove_all(folder); }

    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
    }

    fs::path folder;
};

/// What write_file_atomically says when it fails in a child process prepared by `prepare`, or "" when it works.
std::string failure_in_child(const std::function<void()>& prepare, const fs::path& path, const std::string& content) {
    int channel[2];
    EXPECT_EQ(::pipe(channel), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        prepare();
        std::string said;
        try {
            write_file_atomically(path, content);
        } catch (const Error& error) {
            said = error.what();
        }
        const auto written = ::write(channel[1], said.data(), said.size());
        ::_exit(written == static_cast<ssize_t>(said.size()) ? 0 : 1);
    }
    ::close(channel[1]);
    std::string said(4096, '\0');
    const ssize_t count = ::read(channel[0], said.data(), said.size());
    ::close(channel[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    said.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return said;
}

TEST_F(AtomicFile, WritesAndReplaces) {
    const fs::path path = folder / "front.csv";
    write_file_atomically(path, "one");
    EXPECT_EQ(read_file(path), "one");
    write_file_atomically(path, std::string(100000, 'x') + '\0' + "y");
    EXPECT_EQ(read_file(path).size(), 100002U);
    write_file_atomically(path, "");
    EXPECT_EQ(read_file(path), "");
    EXPECT_EQ(files(), 1U);
}

TEST_F(AtomicFile, WritesIntoTheFolderOfTheProcess) {
    const fs::path before = fs::current_path();
    fs::current_path(folder);
    write_file_atomically("plain.txt", "here");
    fs::current_path(before);
    EXPECT_EQ(read_file(folder / "plain.txt"), "here");
}

TEST_F(AtomicFile, KeepsPermissions) {
    const fs::path path = folder / "private.json";
    write_file_atomically(path, "a");
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    write_file_atomically(path, "b");
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(AtomicFile, NamesPathAndReason) {
    const fs::path path = folder / "missing" / "a.txt";
    try {
        write_file_atomically(path, "a");
        FAIL() << "wrote into a folder that does not exist";
    } catch (const Error& error) {
        EXPECT_EQ(error.place().file, path.string());
        EXPECT_NE(std::string(error.what()).find("No such file or directory"), std::string::npos) << error.what();
    }
    EXPECT_THROW(write_file_atomically(folder, "a"), Error);  // the path is a folder
    EXPECT_THROW(read_file(folder / "missing.txt"), Error);
    EXPECT_THROW(read_file(folder), Error);
}

TEST_F(AtomicFile, RefusesAFolderThatIsNotWritable) {
    const fs::path path = folder / "a.txt";
    write_file_atomically(path, "old");
    fs::permissions(folder, static_cast<fs::perms>(0555));
    // root may write anywhere: become nobody.
    const auto become_nobody = [] {
        if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) {
            ::_exit(2);
        }
    };
    const std::string said = failure_in_child(become_nobody, path, "new");
    fs::permissions(folder, fs::perms::owner_all);
    EXPECT_NE(said.find("Permission denied"), std::string::npos) << said;
    EXPECT_NE(said.find(path.string()), std::string::npos) << said;
    EXPECT_EQ(read_file(path), "old");
}

TEST_F(AtomicFile, AWriteThatFailsHalfwayLeavesTheOldFile) {
    const fs::path path = folder / "a.txt";
    write_file_atomically(path, "old");
    // A limit on the file size stops the write in the middle, as a full disk does.
    const auto limit = [] {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit small = {.rlim_cur = 4096, .rlim_max = 4096};
        ::setrlimit(RLIMIT_FSIZE, &small);
    };
    const std::string said = failure_in_child(limit, path, std::string(100000, 'x'));
    EXPECT_NE(said.find("File too large"), std::string::npos) << said;
    EXPECT_EQ(read_file(path), "old");
    EXPECT_EQ(files(), 1U);
}

TEST_F(AtomicFile, AFullDiskIsNamed) {
    // /dev/full cannot be renamed onto; a small tmpfs can be had only as root.
    if (::geteuid() != 0) {
        GTEST_SKIP() << "mounting a small tmpfs needs root";
    }
    const fs::path disk = folder / "disk";
    fs::create_directory(disk);
    if (std::system(("mount -t tmpfs -o size=64k none " + disk.string() + " 2>/dev/null").c_str()) != 0) {
        GTEST_SKIP() << "this system does not let root mount a tmpfs";
    }
    std::string said;
    write_file_atomically(disk / "a.txt", "old");
    try {
        write_file_atomically(disk / "a.txt", std::string(1 << 20, 'x'));
    } catch (const Error& error) {
        said = error.what();
    }
    const std::string kept = read_file(disk / "a.txt");
    EXPECT_EQ(std::system(("umount " + disk.string()).c_str()), 0);
    EXPECT_NE(said.find("No space left on device"), std::string::npos) << said;
    EXPECT_EQ(kept, "old");
}

TEST_F(AtomicFile, AReaderNeverSeesHalfAFile) {
    const fs::path path = folder / "front.csv";
    write_file_atomically(path, std::string(50000, 'a'));
    std::atomic<bool> done = false;
    std::jthread writer([&] {
        for (int i = 0; i < 30; ++i) {
            write_file_atomically(path, std::string(50000, static_cast<char>('a' + i % 26)));
        }
        done = true;
    });
    std::size_t reads = 0;
    while (!done || reads == 0) {
        const std::string content = read_file(path);
        ASSERT_EQ(content, std::string(50000, content.at(0)));
        ++reads;
    }
}

}  // namespace
}  // namespace balmer
