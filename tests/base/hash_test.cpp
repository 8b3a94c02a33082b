#include "balmer/hash.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

namespace balmer {
namespace {

TEST(Hash, IsXxh3) {
    // `xxhsum -H3` of no bytes; stored run folders depend on it.
    EXPECT_EQ(hash(std::string_view("")), 0x2d06800538d394c2ULL);
}

TEST(Hash, SeesEveryByteAndTheSeed) {
    std::string text(300, 'a');
    std::set<std::uint64_t> seen = {hash(text), hash(text, 1)};
    for (char& c : text) {
        c = 'b';
        seen.insert(hash(text));
        c = 'a';
    }
    EXPECT_EQ(seen.size(), 302U);
}

TEST(Hash, OfSpansIsTheHashOfTheirBytes) {
    const std::vector<double> values = {1.5, -2, 3};
    EXPECT_EQ(hash(std::span(values)), hash_bytes(values.data(), 24));
    const std::vector<double> zeros = {0.0}, negative_zeros = {-0.0};
    EXPECT_NE(hash(std::span(zeros)), hash(std::span(negative_zeros)));
}

TEST(CombineHash, MindsTheOrder) {
    EXPECT_NE(combine_hash(1, 2), combine_hash(2, 1));
    EXPECT_NE(combine_hash(0, 0), 0U);
    std::set<std::uint64_t> seen;
    for (std::uint64_t a = 0; a < 100; ++a) {
        for (std::uint64_t b = 0; b < 100; ++b) {
            seen.insert(combine_hash(a, b));
        }
    }
    EXPECT_EQ(seen.size(), 10000U);
}

}  // namespace
}  // namespace balmer
