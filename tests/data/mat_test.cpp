// MATLAB files of SVHN's structure: X of height x width x channels x images, y of images x 1.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "balmer/error.hpp"
#include "balmer/readers.hpp"
#include "data/binary_files.hpp"
#include "model/run_program.hpp"

namespace balmer {
namespace {

template <class T>
void put(std::string& bytes, T value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}
void pad(std::string& bytes) {
    while (bytes.size() % 8 != 0) bytes += '\0';
}

// One array of bytes as MATLAB's level 5 format has it (MAT-File Format, MathWorks): flags, dimensions, name, entries.
std::string element(const std::string& name, const std::vector<std::int32_t>& size, const std::string& entries) {
    constexpr std::uint32_t mi_int8 = 1, mi_uint8 = 2, mi_int32 = 5, mi_uint32 = 6, mi_matrix = 14, class_uint8 = 9;
    std::string body;
    for (const std::uint32_t word : {mi_uint32, 8u, class_uint8, 0u}) put(body, word);
    put(body, mi_int32);
    put(body, static_cast<std::uint32_t>(4 * size.size()));
    for (const auto n : size) put(body, n);
    pad(body);
    put(body, mi_int8);
    put(body, static_cast<std::uint32_t>(name.size()));
    body += name;
    pad(body);
    put(body, mi_uint8);
    put(body, static_cast<std::uint32_t>(entries.size()));
    body += entries;
    pad(body);
    std::string whole;
    put(whole, mi_matrix);
    put(whole, static_cast<std::uint32_t>(body.size()));
    return whole + body;
}

std::string mat_file(const std::string& elements) {
    std::string bytes = "MATLAB 5.0 MAT-file";
    bytes.resize(124, ' ');
    put(bytes, std::uint16_t{0x0100});
    return bytes + "IM" + elements;
}

// Pixel (row, column, channel) of image n is 100 n + 10 row + 3 column + channel; the first axis runs fastest.
std::string images(int count) {
    std::string entries;
    for (int n = 0; n < count; ++n)
        for (int channel = 0; channel < 3; ++channel)
            for (int column = 0; column < 2; ++column)
                for (int row = 0; row < 2; ++row) entries += static_cast<char>(100 * n + 10 * row + 3 * column + channel);
    return element("X", {2, 2, 3, count}, entries);
}

using balmer::testing::TemporaryFolder;

void write_bytes(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

bool reads_mat(const TemporaryFolder& folder) {
    write_bytes(folder / "one.mat", mat_file(element("y", {2, 1}, "\x01\x02")));
    try {
        (void)read_table(folder / "one.mat");
        return true;
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("libmatio"), std::string::npos) << error.what();
        return false;
    }
}

TEST(MatFiles, ImagesAndLabelsBecomeRows) {
    const TemporaryFolder folder;
    if (!reads_mat(folder)) GTEST_SKIP() << "built without libmatio";
    write_bytes(folder / "train_32x32.mat", mat_file(images(2) + element("y", {2, 1}, std::string("\x0a\x07"))));
    const auto table = read_table(folder / "train_32x32.mat");
    EXPECT_EQ(table.rows, 2u);
    EXPECT_EQ(table.order.size(), 13u);
    EXPECT_EQ(table.image_shape, (std::vector<std::size_t>{2, 2, 3}));
    for (std::size_t c = 0; c < 12; ++c)
        for (std::size_t n = 0; n < 2; ++n) {
            const std::size_t row = c / 6, column = c / 3 % 2, channel = c % 3;
            EXPECT_EQ(table.numeric[c][n], static_cast<double>(100 * n + 10 * row + 3 * column + channel)) << c;
        }
    const auto y = table.find_numeric("y");
    ASSERT_TRUE(y);
    EXPECT_EQ(table.numeric[*y][0], 10);
    EXPECT_EQ(table.numeric[*y][1], 7);
}

TEST(MatFiles, SayWhatIsWrong) {
    const TemporaryFolder folder;
    if (!reads_mat(folder)) GTEST_SKIP() << "built without libmatio";
    write_bytes(folder / "lengths.mat", mat_file(images(2) + element("y", {3, 1}, std::string("\x01\x02\x03"))));
    EXPECT_THROW((void)read_table(folder / "lengths.mat"), Error);
    write_bytes(folder / "empty.mat", mat_file(""));
    EXPECT_THROW((void)read_table(folder / "empty.mat"), Error);
    const auto whole = mat_file(images(2));
    write_bytes(folder / "cut.mat", whole.substr(0, whole.size() - 12));
    EXPECT_THROW((void)read_table(folder / "cut.mat"), Error);
}

}  // namespace
}  // namespace balmer
