#include "balmer/data_folder.hpp"
#include "balmer/error.hpp"
#include "balmer/readers.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace balmer {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
protected:
    Files() {
        std::string name = (fs::temp_directory_path() / "balmer-files-XXXXXX").string();
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        folder = name;
        ::chmod(name.c_str(), 0755);
    }
    ~Files() override { fs::remove_all(folder); }

    fs::path folder;
};

std::string complaint_about_file(const fs::path& path) {
    try {
        read_table(path);
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing";
}

TEST_F(Files, ThatAreNotThereOrAreFolders) {
    const fs::path missing = folder / "no.csv";
    EXPECT_EQ(complaint_about_file(missing), missing.string() + ": cannot read this file: No such file or directory. Check the name and the folder.");
    EXPECT_EQ(complaint_about_file(folder), folder.string() + ": this is a folder; name a file in it.");
}

TEST_F(Files, ThatMayNotBeRead) {
    const fs::path secret = folder / "secret.csv";
    std::ofstream(secret) << "a,b\n1,2\n";
    ::chmod(secret.c_str(), 0);
    int channel[2];
    ASSERT_EQ(::pipe(channel), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        if (::getuid() == 0 && ::setuid(65534) != 0) {
            ::_exit(2);
        }
        const std::string text = complaint_about_file(secret);
        ::_exit(::write(channel[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
    }
    ::close(channel[1]);
    char text[4096];
    const ssize_t size = ::read(channel[0], text, sizeof text);
    ::close(channel[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WEXITSTATUS(status) == 2) {
        GTEST_SKIP() << "root here cannot become an unprivileged user";
    }
    EXPECT_EQ(std::string(text, size > 0 ? static_cast<std::size_t>(size) : 0),
              secret.string() + ": cannot read this file: Permission denied. Ask its owner for the right to read it.");
}

TEST_F(Files, CutGzipIsRefused) {
    const fs::path whole = find_data("dimuons_2011.csv.gz");
    EXPECT_EQ(read_table(whole).rows, 19079u);
    std::ifstream in(whole, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(in), {});
    std::ofstream(folder / "cut.csv.gz", std::ios::binary) << bytes.substr(0, bytes.size() / 2);
    EXPECT_EQ(complaint_about_file(folder / "cut.csv.gz"),
              (folder / "cut.csv.gz").string() + ": the gzip file ends too early; it was cut off. Copy or download it again.");
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x55);
    std::ofstream(folder / "bad.csv.gz", std::ios::binary) << bytes;
    EXPECT_NE(complaint_about_file(folder / "bad.csv.gz"), "nothing");
}

TEST_F(Files, WrittenTablesReadBack) {
    const Table table = read_table(find_data("dimuons_2011.csv.gz"));
    write_csv(table, folder / "again.csv");
    const Table again = read_table(folder / "again.csv");
    EXPECT_EQ(again.order, table.order);
    for (std::size_t i = 0; i < table.numeric.size(); ++i) {
        ASSERT_TRUE(std::equal(table.numeric[i].values().begin(), table.numeric[i].values().end(), again.numeric[i].values().begin()));
    }
    EXPECT_THROW(write_csv(table, folder / "no" / "x.csv"), Error);
}

TEST_F(Files, DataFolderFollowsTheEnvironment) {
    EXPECT_TRUE(fs::exists(find_data("feynman/units.csv")));
    ::setenv("BALMER_DATA", folder.c_str(), 1);
    std::string text;
    try {
        find_data("feynman/units.csv");
    } catch (const Error& error) {
        text = error.what();
    }
    std::ofstream(folder / "mine.csv") << "a\n1\n";
    EXPECT_EQ(find_data("mine.csv"), folder / "mine.csv");
    ::unsetenv("BALMER_DATA");
    EXPECT_EQ(text, "the data file 'feynman/units.csv' was not found in " + folder.string() + ". Set BALMER_DATA to the folder `data` of balmer.");
}

TEST_F(Files, Hdf5DatasetsAreColumns) {
    const fs::path file = fs::path(BALMER_SOURCE_DIR) / "tests/data/files/small.h5";
    if (!reads_hdf5()) {
        EXPECT_NE(complaint_about_file(file).find("built without HDF5. Install libhdf5-dev"), std::string::npos);
        GTEST_SKIP() << "built without HDF5";
    }
    using Names = std::vector<std::string>;
    const Table group = read_table(file, {.group = "events"});
    EXPECT_EQ(group.order, (Names{"x0", "x1", "y"}));
    EXPECT_EQ(group.numeric[1][2], 6);
    EXPECT_EQ(group.numeric[2][2], 9.5);
    const Table records = read_table(file, {.group = "records"});
    EXPECT_EQ(records.order, (Names{"pt", "charge"}));
    EXPECT_EQ(records.numeric[0][1], 2.5);
    EXPECT_EQ(records.numeric[1][1], -1);
    try {
        read_table(file, {.group = "event"});
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("there is no such group or dataset. Did you mean 'events'? The file holds events, records."), std::string::npos) << error.what();
    }
    std::ofstream(folder / "cut.h5", std::ios::binary) << std::string("\x89HDF\r\n\x1a\n", 8) << "rest";
    EXPECT_NE(complaint_about_file(folder / "cut.h5").find("the HDF5 file is damaged or cut off"), std::string::npos);
}

/// Peak resident memory in bytes of a child that reads `path`, and the rows it found.
struct Reading {
    double peak = 0;
    std::size_t rows = 0, columns = 0;
    double sum = 0;
};

Reading read_in_child(const fs::path& path) {
    int channel[2];
    EXPECT_EQ(::pipe(channel), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const Table table = read_table(path);
        Reading reading{0, table.rows, table.numeric.size(), 0};
        for (const Column& column : table.numeric) {
            reading.sum += column[0] + column[table.rows - 1];
        }
        ::_exit(::write(channel[1], &reading, sizeof reading) == sizeof reading ? 0 : 1);
    }
    Reading reading;
    EXPECT_EQ(::read(channel[0], &reading, sizeof reading), static_cast<ssize_t>(sizeof reading));
    ::close(channel[0]);
    ::close(channel[1]);
    int status = 0;
    struct rusage usage {};
    ::wait4(child, &status, 0, &usage);
    EXPECT_EQ(status, 0);
    reading.peak = static_cast<double>(usage.ru_maxrss) * 1024;
    return reading;
}

using FilesSlow = Files;

// 200 MB; 5 GB when BALMER_TEST_LARGE is set (its numbers then fill about 4 GB of memory).
TEST_F(FilesSlow, LargeFileTakesEightBytesPerNumber) {
    const double wanted = std::getenv("BALMER_TEST_LARGE") != nullptr ? 5e9 : 2e8;
    const fs::path path = folder / "large.csv";
    std::FILE* file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    std::fputs("a,b,c,d,e,f\n", file);
    std::size_t rows = 0;
    double size = 0, first = 0, last = 0;
    while (size < wanted) {
        const auto i = static_cast<double>(rows);
        size += std::fprintf(file, "%.9g,%.9g,%.9g,%.9g,%.9g,%.9g\n", i + 0.5, i * 0.125, -i, i / 1024, 3.25, i + 7);
        last = i + 0.5 + i * 0.125 - i + i / 1024 + 3.25 + i + 7;
        first = rows++ == 0 ? last : first;
    }
    ASSERT_EQ(std::fclose(file), 0);
    const Reading reading = read_in_child(path);
    EXPECT_EQ(reading.rows, rows);
    EXPECT_EQ(reading.columns, 6u);
    EXPECT_NEAR(reading.sum, first + last, 1e-6 * last);
    const double numbers = static_cast<double>(rows) * 6 * 8;
    RecordProperty("peak_megabytes", std::to_string(reading.peak / 1e6));
#ifndef BALMER_SANITIZED
    EXPECT_LT(reading.peak, numbers + 60e6) << "for " << numbers / 1e6 << " MB of numbers";
#endif
}

}  // namespace
}  // namespace balmer
