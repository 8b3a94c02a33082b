#include "balmer/error.hpp"
#include "balmer/readers.hpp"
#include "binary_files.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

namespace balmer {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;
using Values = std::vector<double>;

Table read_arrays(std::string_view bytes, const ReadOptions& options = {}) { return read_table_from_memory(bytes, "a.npz", options); }

std::string complaint_about_arrays(std::string_view bytes) {
    try {
        read_arrays(bytes);
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing";
}

Values values_of(const Column& column) { return {column.values().begin(), column.values().end()}; }

template <class T>
void expect_entries(const std::string& type, const std::vector<T>& entries, const Values& expected) {
    SCOPED_TRACE(type);
    std::string bytes = npy_entries(entries);
    EXPECT_EQ(values_of(read_arrays(npy_file(type, "False", "(" + std::to_string(entries.size()) + ",)", bytes)).numeric.at(0)), expected);
    if (type[0] == '<') {
        for (std::size_t at = 0; at < bytes.size(); at += sizeof(T)) {
            std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin() + static_cast<std::ptrdiff_t>(at + sizeof(T)));
        }
        const std::string big = ">" + type.substr(1);
        EXPECT_EQ(values_of(read_arrays(npy_file(big, "False", "(" + std::to_string(entries.size()) + ",)", bytes)).numeric.at(0)), expected);
    }
}

TEST(Npy, ReadsEveryTypeInBothByteOrders) {
    expect_entries<double>("<f8", {0.1, -1e300}, {0.1, -1e300});
    expect_entries<float>("<f4", {0.5F, -3}, {0.5, -3});
    expect_entries<std::uint16_t>("<f2", {0x3c00, 0xc100, 0x0001, 0x7bff}, {1, -2.5, std::ldexp(1, -24), 65504});
    expect_entries<std::int64_t>("<i8", {-5, 7}, {-5, 7});
    expect_entries<std::uint64_t>("<u8", {5, std::uint64_t{1} << 63}, {5, 0x1p63});
    expect_entries<std::int32_t>("<i4", {-5, 7}, {-5, 7});
    expect_entries<std::uint16_t>("<u2", {5, 65535}, {5, 65535});
    expect_entries<std::int8_t>("|i1", {-5, 7}, {-5, 7});
    expect_entries<std::uint8_t>("|u1", {5, 255}, {5, 255});
    expect_entries<std::uint8_t>("|b1", {0, 1}, {0, 1});
}

TEST(Npy, ReadsBothOrdersOfAxes) {
    const Table c = read_arrays(npy_file("<f8", "False", "(3, 2)", npy_entries<double>({1, 2, 3, 4, 5, 6})));
    const Table fortran = read_arrays(npy_file("<f8", "True", "(3, 2)", npy_entries<double>({1, 3, 5, 2, 4, 6})));
    for (const Table& table : {c, fortran}) {
        EXPECT_EQ(table.rows, 3u);
        EXPECT_EQ(table.order, (Names{"x0", "x1"}));
        EXPECT_EQ(values_of(table.numeric[0]), (Values{1, 3, 5}));
        EXPECT_EQ(values_of(table.numeric[1]), (Values{2, 4, 6}));
    }
    const Table images = read_arrays(npy_file("|u1", "False", "(2, 2, 3)", "abcdefghijkl"));
    EXPECT_EQ(images.image_shape, (std::vector<std::size_t>{2, 3}));
    EXPECT_EQ(images.numeric.size(), 6u);
    EXPECT_EQ(values_of(images.numeric[5]), (Values{'f', 'l'}));
}

TEST(Npy, MistakesAreNamed) {
    const std::string entries = npy_entries<double>({1, 2, 3});
    EXPECT_EQ(complaint_about_arrays(npy_file("<f8", "False", "(4,)", entries)), "a.npz: the file ends too early; it was cut off. Copy or write it again.");
    EXPECT_EQ(complaint_about_arrays(npy_file("<f8", "False", "(0,)", "")), "a.npz: the array has no rows. A table is an array of one or two axes, rows first.");
    EXPECT_EQ(complaint_about_arrays(npy_file("|O", "False", "(1,)", "")), "a.npz: the array holds Python objects. Convert it first: array.astype(float) or array.astype(str).");
    EXPECT_NE(complaint_about_arrays(npy_file("<c16", "False", "(1,)", entries)).find("cannot read entries of the type '<c16'"), std::string::npos);
    EXPECT_NE(complaint_about_arrays(npy_file("<f8", "False", "(9999999999, 9999999999)", entries)).find("the array's shape is damaged"), std::string::npos);
    EXPECT_NE(complaint_about_arrays(npy_file("<f8", "False", "(999999999999,)", entries)).find("ends too early"), std::string::npos);
    const Table gaps = read_arrays(npy_file("<f8", "False", "(3,)", npy_entries<double>({1, std::nan(""), std::numeric_limits<double>::infinity()})));
    EXPECT_EQ(gaps.non_finite.at(0).missing, 1u);
    EXPECT_EQ(gaps.non_finite.at(0).infinite, 1u);
    EXPECT_EQ(gaps.non_finite.at(0).first_row, 1u);
}

class MappedNpy : public ::testing::Test {
protected:
    fs::path path = fs::temp_directory_path() / ("balmer-npy-" + std::to_string(::getpid()) + ".npy");
    void write(const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }
    ~MappedNpy() override { fs::remove(path); }
};

TEST_F(MappedNpy, ColumnsOfDoublesAreNotCopied) {
    write(npy_file("<f8", "True", "(3, 2)", npy_entries<double>({1, 3, 5, 2, 4, 6})));
    const Table table = read_table(path);
    EXPECT_EQ(values_of(table.numeric[1]), (Values{2, 4, 6}));
    EXPECT_EQ(table.numeric[1].values().data(), table.numeric[0].values().data() + 3);  // as in the file
    EXPECT_EQ(table.order, (Names{"x0", "x1"}));
    write(npy_file("<f8", "False", "(3, 2)", npy_entries<double>({1, 2, 3, 4, 5, 6})));
    EXPECT_EQ(values_of(read_table(path).numeric[1]), (Values{2, 4, 6}));
    write(npy_file("<f8", "True", "(3, 2)", npy_entries<double>({1, 3, 5})));
    EXPECT_THROW(read_table(path), Error);
}

std::vector<std::pair<std::string, std::string>> archive_parts() {
    return {{"X.npy", npy_file("<f4", "False", "(3, 2)", npy_entries<float>({1, 2, 3, 4, 5, 6}))},
            {"y.npy", npy_file("|u1", "False", "(3,)", std::string("\0\1\2", 3))},
            {"kind.npy", npy_file("<U2", "False", "(3,)", npy_entries<std::uint32_t>({'b', 0, 'a', 0xe9, 'b', 0}))},
            {"scale.npy", npy_file("<f8", "False", "()", npy_entries<double>({7}))}};
}

TEST(Npz, ReadsStoredAndDeflatedArrays) {
    for (const Packing packing : {Packing::stored, Packing::deflated}) {
        const Table table = read_arrays(zip_file(archive_parts(), packing));
        EXPECT_EQ(table.order, (Names{"x0", "x1", "y", "kind"}));
        EXPECT_EQ(values_of(table.numeric[1]), (Values{2, 4, 6}));
        EXPECT_EQ(values_of(table.numeric[2]), (Values{0, 1, 2}));
        EXPECT_EQ(table.text.at(0).categories, (Names{"a\xc3\xa9", "b"}));
        EXPECT_EQ(read_arrays(zip_file(archive_parts(), packing), {.columns = {"y"}}).order, Names{"y"});
    }
}

TEST(Npz, NamesOfColumnsComeFromTheArchive) {
    auto parts = archive_parts();
    parts.emplace_back("columns.npy", npy_file("<U3", "False", "(2,)", npy_entries<std::uint32_t>({'p', 't', '1', 'e', 't', 'a'})));
    EXPECT_EQ(read_arrays(zip_file(parts, Packing::stored)).order, (Names{"pt1", "eta", "y", "kind"}));
    parts.emplace_back("Z.npy", npy_file("<f8", "True", "(3, 2)", npy_entries<double>({1, 3, 5, 2, 4, 6})));
    EXPECT_EQ(read_arrays(zip_file(parts, Packing::stored)).order, (Names{"pt1", "eta", "y", "kind", "Z0", "Z1"}));
}

TEST(Npz, MistakesAreNamed) {
    auto parts = archive_parts();
    parts.emplace_back("t.npy", npy_file("<f8", "False", "(2,)", npy_entries<double>({1, 2})));
    EXPECT_EQ(complaint_about_arrays(zip_file(parts, Packing::stored)), "a.npz (t): this array has 2 rows and 'kind' has 3. All arrays of a table need the same length.");
    std::string damaged = zip_file(archive_parts(), Packing::stored);
    damaged[170] = static_cast<char>(damaged[170] ^ 1);  // an entry of X
    EXPECT_EQ(complaint_about_arrays(damaged), "a.npz:X.npy: the array is damaged (its checksum differs). Copy the file again.");
    const std::string whole = zip_file(archive_parts(), Packing::deflated);
    EXPECT_EQ(complaint_about_arrays(whole.substr(0, whole.size() / 2)), "a.npz: the zip archive is damaged or cut off. Write it again with numpy.savez.");
    EXPECT_EQ(complaint_about_arrays(zip_file({{"readme.txt", "x"}}, Packing::stored)),
              "a.npz: the archive holds no array with rows. Save one with numpy.savez(file, X=X, y=y).");
    parts = archive_parts();
    parts[1].first = "x1.npy";
    EXPECT_EQ(complaint_about_arrays(zip_file(parts, Packing::stored)), "a.npz: two columns are called 'x1'. Rename one of them.");
}

TEST(Npz, ReadsTheReplicaJets) {
    const fs::path path = fs::path(BALMER_SOURCE_DIR) / "../shared/data/jets/replica_train.npz";
    if (!fs::exists(path)) {
        GTEST_SKIP() << "the replica jets do not lie beside the sources";
    }
    const Table table = read_table(path);
    EXPECT_EQ(table.rows, 320000u);
    EXPECT_EQ(table.numeric.size(), 17u);
    const auto labels = table.numeric[*table.find_numeric("y")].values();
    EXPECT_EQ(*std::max_element(labels.begin(), labels.end()), 4);
}

TEST(Idx, ReadsImagesWithTheirLabels) {
    const fs::path folder = fs::temp_directory_path() / ("balmer-idx-" + std::to_string(::getpid()));
    fs::create_directory(folder);
    std::ofstream(folder / "t-images-idx3-ubyte", std::ios::binary) << std::string("\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x02" "abcdefgh", 24);
    std::ofstream(folder / "t-labels-idx1-ubyte", std::ios::binary) << std::string("\0\0\x08\x01\0\0\0\x02\x07\x09", 10);
    const Table table = read_table(folder / "t-images-idx3-ubyte");
    EXPECT_EQ(table.order, (Names{"x0", "x1", "x2", "x3", "label"}));
    EXPECT_EQ(table.image_shape, (std::vector<std::size_t>{2, 2}));
    EXPECT_EQ(values_of(table.numeric[3]), (Values{'d', 'h'}));
    EXPECT_EQ(values_of(table.numeric[4]), (Values{7, 9}));
    EXPECT_EQ(read_table(folder / "t-labels-idx1-ubyte").order, Names{"label"});
    std::ofstream(folder / "short", std::ios::binary) << std::string("\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x02" "abc", 19);
    EXPECT_THROW(read_table(folder / "short"), Error);
    fs::remove_all(folder);
}

}  // namespace
}  // namespace balmer
