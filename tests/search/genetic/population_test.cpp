// Niches: the best stays, equals are kept out, bytes bring everything back.
#include <gtest/gtest.h>

#include "search/genetic/population.hpp"

namespace balmer::genetic {
namespace {

Individual individual(double loss, int complexity, std::uint64_t structure) {
    Individual result{.cores = {Expression::feature(0)}, .scale = {1}, .offset = {0}, .losses = {loss}, .loss = loss};
    result.complexity = complexity;
    result.structure = structure;
    return result;
}

TEST(Population, TheBestOfANicheStays) {
    Population population(4, 5);
    RandomStream random(1);
    EXPECT_EQ(population.offer(individual(0.5, 2, 1), 2, 0, random), Reception::improved);
    for (std::uint64_t i = 2; i < 500; ++i)
        population.offer(individual(0.6 + random.uniform(), 2, i), 2, 5.0, random);
    EXPECT_EQ(population.size(), 5u);
    EXPECT_EQ(population.best_loss(2), 0.5);
    EXPECT_EQ(population.offer(individual(0.4, 2, 1000), 2, 0, random), Reception::improved);
    EXPECT_EQ(population.best_loss(2), 0.4);
    EXPECT_EQ(population.best_loss(1), std::numeric_limits<double>::infinity());
}

TEST(Population, EqualsAreKeptOut) {
    Population population(8, 5);
    RandomStream random(1);
    EXPECT_EQ(population.offer(individual(0.5, 3, 1), 3, 0, random), Reception::improved);
    EXPECT_EQ(population.offer(individual(0.5, 3, 2), 3, 0, random), Reception::refused) << "same value, same size";
    EXPECT_EQ(population.offer(individual(0.5, 5, 3), 5, 0, random), Reception::refused) << "same value, longer";
    EXPECT_EQ(population.offer(individual(0.5, 2, 4), 2, 0, random), Reception::improved) << "same value, shorter";
    EXPECT_EQ(population.offer(individual(0.7, 3, 1), 3, 0, random), Reception::refused)
        << "same structure, worse constants";
    EXPECT_EQ(population.offer(individual(0.3, 3, 1), 3, 0, random), Reception::improved)
        << "same structure, better constants";
    EXPECT_EQ(population.size(), 2u);
}

TEST(Population, BytesBringItBack) {
    Population population(8, 5), copy(8, 5);
    RandomStream random(1);
    for (std::uint64_t i = 0; i < 100; ++i)
        population.offer(individual(random.uniform(), static_cast<int>(i % 8), i), i % 8, 0.1, random);
    ByteWriter writer, again;
    population.write(writer);
    const std::string bytes = writer.take();
    ByteReader reader(bytes);
    copy.read(reader);
    EXPECT_TRUE(reader.at_end());
    copy.write(again);
    EXPECT_EQ(bytes, again.take());
    EXPECT_EQ(copy.size(), population.size());
}

}  // namespace
}  // namespace balmer::genetic
