#include "balmer/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <set>

namespace balmer {
namespace {

static_assert(std::uniform_random_bit_generator<RandomStream>);

TEST(RandomStream, IsPhilox) {
    // The known answer for zero key and counter in Random123's kat_vectors; it fixes every later number of ours.
    RandomStream stream(0);
    EXPECT_EQ(stream.next(), 0x16554d9eca36314cULL);
    EXPECT_EQ(stream.next(), 0xdb20fe9d672d0fdcULL);
    EXPECT_EQ(stream.next(), 0xd7e772cee186176bULL);
    EXPECT_EQ(stream.next(), 0x7e68b68aec7ba23bULL);
    EXPECT_EQ(stream.position(), 4U);
}

TEST(RandomStream, EveryNameIsAStreamOfItsOwn) {
    std::set<std::uint64_t> first;
    for (std::uint64_t a = 0; a < 4; ++a) {
        for (std::uint64_t b = 0; b < 4; ++b) {
            for (std::uint64_t c = 0; c < 4; ++c) {
                for (std::uint64_t d = 0; d < 4; ++d) {
                    RandomStream stream(a, b, c, d);
                    first.insert(stream.next());
                    first.insert(stream.split(a).next());
                }
            }
        }
    }
    EXPECT_EQ(first.size(), 512U);
}

TEST(RandomStream, SplittingDependsOnNothingDrawn) {
    RandomStream fresh(1, 2, 3, 4);
    RandomStream used = fresh;
    for (int i = 0; i < 9; ++i) {
        used.next();
    }
    EXPECT_EQ(fresh.split(5).next(), used.split(5).next());
    EXPECT_NE(fresh.split(5).next(), fresh.split(6).next());
    EXPECT_NE(fresh.split(5).next(), fresh.split(5).split(5).next());
    EXPECT_EQ(used.position(), 9U);
}

TEST(RandomStream, UniformStaysInItsRange) {
    RandomStream stream(11);
    double sum = 0, squares = 0;
    constexpr int n = 100000;
    for (int i = 0; i < n; ++i) {
        const double u = stream.uniform();
        ASSERT_GE(u, 0);
        ASSERT_LT(u, 1);
        sum += u;
        squares += u * u;
    }
    EXPECT_NEAR(sum / n, 0.5, 5 * std::sqrt(1.0 / 12 / n));
    EXPECT_NEAR(squares / n, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / n));
    for (int i = 0; i < 1000; ++i) {
        const double u = stream.uniform(1, std::nextafter(1.0, 2.0));
        ASSERT_EQ(u, 1);  // the open end is never reached
    }
}

TEST(RandomStream, BelowIsUnbiased) {
    RandomStream stream(12);
    std::vector<double> counts(7);
    constexpr int n = 70000;
    for (int i = 0; i < n; ++i) {
        ++counts.at(stream.below(7));
    }
    double chi2 = 0;
    for (double count : counts) {
        chi2 += (count - n / 7.0) * (count - n / 7.0) / (n / 7.0);
    }
    EXPECT_LT(chi2, 27.9);  // six degrees of freedom, p = 1e-4
    EXPECT_EQ(stream.below(1), 0U);
}

TEST(RandomStream, BelowRejectsWhereModuloWouldLean) {
    // With n = 3 * 2^62 a plain multiplication hits every third value twice as often; each third must get its share.
    RandomStream stream(13);
    const std::uint64_t n = 3ULL << 62;
    double odd_third = 0;
    for (int i = 0; i < 30000; ++i) {
        const std::uint64_t value = stream.below(n);
        ASSERT_LT(value, n);
        odd_third += value % 3 == 0;
    }
    EXPECT_NEAR(odd_third / 30000, 1.0 / 3, 0.014);
}

TEST(RandomStream, NormalHasItsMomentsAndTails) {
    RandomStream stream(14);
    constexpr int n = 200000;
    double sum = 0, squares = 0, beyond_two = 0;
    for (int i = 0; i < n; ++i) {
        const double z = stream.normal();
        sum += z;
        squares += z * z;
        beyond_two += std::abs(z) > 2;
    }
    EXPECT_EQ(stream.position(), static_cast<std::uint64_t>(n));  // one number each
    EXPECT_NEAR(sum / n, 0, 5 / std::sqrt(n));
    EXPECT_NEAR(squares / n, 1, 5 * std::sqrt(2.0 / n));
    EXPECT_NEAR(beyond_two / n, std::erfc(std::sqrt(2.0)), 0.0025);
}

TEST(RandomStream, NormalInvertsTheDistribution) {
    RandomStream numbers(15);
    RandomStream normals(15);
    for (int i = 0; i < 100000; ++i) {
        const double p = (static_cast<double>(numbers.next() >> 12) + 0.5) * 0x1p-52;
        const double z = normals.normal();
        // On the smaller side, where erfc is accurate: its relative error is about z^2 times that of z.
        const double expected = std::min(p, 1 - p);
        ASSERT_NEAR(0.5 * std::erfc(std::abs(z) / std::sqrt(2.0)) / expected, 1, 2e-14) << p;
    }
}

TEST(RandomStream, NormalGivesTheSameBitsEverywhere) {
    RandomStream stream(2026, 1, 2, 3);
    std::uint64_t bits = 0;
    for (int i = 0; i < 1000; ++i) {
        const double z = stream.normal();
        std::uint64_t word;
        std::memcpy(&word, &z, sizeof word);
        bits = bits * 31 + word;
    }
    EXPECT_EQ(bits, 18052181491336021978ULL);  // g++ and clang, with and without optimisation
}

TEST(RandomStream, ServesTheStandardAlgorithms) {
    std::vector<int> values = {1, 2, 3, 4, 5, 6, 7, 8};
    RandomStream stream(3);
    std::shuffle(values.begin(), values.end(), stream);
    EXPECT_TRUE(std::is_permutation(values.begin(), values.end(), std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}.begin()));
    EXPECT_GT(stream.position(), 0U);
}

}  // namespace
}  // namespace balmer
