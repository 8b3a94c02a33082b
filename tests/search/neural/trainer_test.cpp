// The fast trainer against the plain one, and against itself on other instruction sets.
#include <gtest/gtest.h>

#include <cmath>

#include "networks.hpp"

namespace balmer::neural {
namespace {

Shape wide_shape(std::size_t inputs, std::size_t outputs, std::size_t layers) {
    LayerShape layer;
    layer.unary = {{Op::sin, 0}, {Op::cos, 0}, {Op::exp, 0}, {Op::gauss, 0}, {Op::sinh, 0}, {Op::cosh, 0}, {Op::tanh, 0}, {Op::atan, 0}};
    layer.binary = {{Op::multiply, 0}, {Op::max, 0}, {Op::multiply, 0}};
    return {.inputs = inputs, .outputs = outputs, .hidden = std::vector<LayerShape>(layers, layer)};
}

void set_parameters(Trainer& trainer, const std::vector<double>& p) {
    for (std::size_t i = 0; i < p.size(); ++i) trainer.state().parameters[i] = static_cast<float>(p[i]);
}

constexpr Sparsity wanted_sparsity{.weight = 0.9, .input = 0.8, .unary = 0.6, .binary = 0.7};

struct Case {
    ErrorKind error;
    std::size_t inputs, outputs, layers, rows;
};

class TrainerAgainstReference : public testing::TestWithParam<Case> {};

TEST_P(TrainerAgainstReference, GradientsAgree) {
    const auto c = GetParam();
    const auto shape = wide_shape(c.inputs, c.outputs, c.layers);
    const ReferenceNetwork reference(shape, {}, c.error);
    Trainer trainer(shape, {}, c.error);
    const auto rows = random_rows(c.rows, c.inputs, c.outputs, c.error, 5);
    const auto order = all_rows(c.rows);
    const Blocks blocks(rows, order);
    std::vector<std::uint32_t> tiles;
    for (std::uint32_t t = 0; t < blocks.tiles(); ++t) tiles.push_back(t);
    auto p = random_parameters(reference.layout(), 11);
    for (auto& w : p) w *= 0.5;  // keeps sinh of sums within reach of floats
    for (std::size_t t = 2 * reference.layout().weights(); t < p.size(); ++t) p[t] *= 2;
    for (auto& x : p) x = static_cast<double>(static_cast<float>(x));
    set_parameters(trainer, p);
    const auto expected = reference.slope(p, rows, order, wanted_sparsity);
    std::vector<float> gradient;
    const double error = trainer.slope(blocks, tiles, {.targets = wanted_sparsity}, gradient);
    EXPECT_NEAR(error, expected.error, 2e-5 * expected.error);
    double largest = 0;
    for (const double g : expected.gradient) largest = std::max(largest, std::fabs(g));
    for (std::size_t i = 0; i < p.size(); ++i)
        EXPECT_NEAR(static_cast<double>(gradient[i]), expected.gradient[i], 2e-4 * std::fabs(expected.gradient[i]) + 2e-5 * largest) << i;
    // Without the gradients of what is pruned, those of the rest stay as they are.
    std::vector<float> live;
    (void)trainer.slope(blocks, tiles, {.structure = Structure::frozen, .reach = Reach::live}, live);
    std::vector<float> all;
    (void)trainer.slope(blocks, tiles, {.structure = Structure::frozen, .reach = Reach::all}, all);
    std::size_t there = 0;
    for (std::size_t w = 0; w < reference.layout().weights(); ++w) {
        if (!(std::fabs(p[w]) > p[reference.layout().threshold(w)])) continue;
        ++there;
        EXPECT_NEAR(live[w], all[w], 1e-4f * std::fabs(all[w]) + 1e-5f * static_cast<float>(largest)) << w;
    }
    EXPECT_GT(there, reference.layout().weights() / 2);
}

INSTANTIATE_TEST_SUITE_P(Cases, TrainerAgainstReference,
                         testing::Values(Case{ErrorKind::softmax, 5, 4, 2, 130}, Case{ErrorKind::logistic, 3, 1, 1, 64},
                                         Case{ErrorKind::mean_squared, 150, 3, 1, 70}, Case{ErrorKind::summed_squared, 4, 2, 2, 40}));

// Operands inside and outside of the domain.
TEST(Trainer, GradientsOfRestrictedOperatorsAgree) {
    LayerShape layer;
    layer.unary = {{Op::sqrt, 0}, {Op::log, 0}, {Op::sin, 0}, {Op::asin, 0}, {Op::inverse, 0}};
    layer.binary = {{Op::divide, 0}, {Op::multiply, 0}};
    const Shape shape{.inputs = 4, .outputs = 3, .hidden = {layer, layer}};
    const ReferenceNetwork reference(shape, {}, ErrorKind::softmax);
    Trainer trainer(shape, {}, ErrorKind::softmax);
    EXPECT_TRUE(trainer.is_restricted());
    const auto rows = random_rows(100, 4, 3, ErrorKind::softmax, 5);
    const Blocks blocks(rows, all_rows(100));
    auto p = random_parameters(reference.layout(), 2);
    for (std::size_t t = 0; t < reference.layout().weights(); ++t) p[reference.layout().threshold(t)] = 0;  // all live
    set_parameters(trainer, p);
    const auto expected = reference.slope(p, rows, all_rows(100), wanted_sparsity);
    std::vector<float> gradient;
    const std::uint32_t tiles[] = {0, 1};
    EXPECT_NEAR(trainer.slope(blocks, tiles, {.targets = wanted_sparsity}, gradient), expected.error, 2e-5 * expected.error);
    double largest = 0;
    for (const double g : expected.gradient) largest = std::max(largest, std::fabs(g));
    for (std::size_t i = 0; i < p.size(); ++i)
        EXPECT_NEAR(static_cast<double>(gradient[i]), expected.gradient[i], 1e-3 * std::fabs(expected.gradient[i]) + 2e-5 * largest) << i;
    EXPECT_FALSE(std::isfinite(trainer.judge(blocks).error));  // what is judged is the formula
    EXPECT_TRUE(std::isfinite(trainer.judge(blocks, Domain::guarded).error));
}

// The Fisher information of squares is the Gauss-Newton matrix, which differences of the outputs give too.
TEST(Trainer, CurvatureIsTheGaussNewtonMatrix) {
    const Shape shape{.inputs = 2, .outputs = 2, .hidden = {LayerShape{{{Op::tanh, 0}}, {{Op::multiply, 0}}}}};
    const ReferenceNetwork reference(shape, {}, ErrorKind::mean_squared);
    Trainer trainer(shape, {}, ErrorKind::mean_squared);
    constexpr std::size_t count = 6400;
    auto rows = random_rows(count, 2, 2, ErrorKind::mean_squared, 5);
    rows.weights.clear();
    const Blocks blocks(rows, all_rows(count));
    const auto p = random_parameters(reference.layout(), 3);
    set_parameters(trainer, p);
    std::vector<std::uint32_t> tiles(count / 64);
    std::iota(tiles.begin(), tiles.end(), 0U);
    const auto curvature = trainer.curvature(blocks, tiles, RandomStream(1));
    const std::size_t n = curvature.place.size();
    std::vector<double> expected(n * n, 0.0);
    for (std::size_t r = 0; r < count; r += 10) {
        const double x[] = {rows.inputs[0][r], rows.inputs[1][r]};
        std::vector<std::vector<double>> slopes;
        for (const auto at : curvature.place) {
            auto above = p, below = p;
            above[at] += 1e-5;
            below[at] -= 1e-5;
            const auto high = reference.outputs(above, x), low = reference.outputs(below, x);
            slopes.push_back({(high[0] - low[0]) / 2e-5, (high[1] - low[1]) / 2e-5});
        }
        for (std::size_t a = 0; a < n; ++a)
            for (std::size_t b = 0; b < n; ++b)
                for (std::size_t k = 0; k < 2; ++k) expected[a * n + b] += slopes[a][k] * slopes[b][k] / (count / 10.0);  // 2/outputs = 1
    }
    double largest = 0;
    for (std::size_t a = 0; a < n; ++a) largest = std::max(largest, expected[a * n + a]);
    for (std::size_t k = 0; k < n * n; ++k) EXPECT_NEAR(curvature.matrix[k], expected[k], 0.15 * largest) << k;
}

TEST(Trainer, EveryInstructionSetGivesTheSameBits) {
    const auto shape = wide_shape(20, 3, 2);
    const auto rows = random_rows(200, 20, 3, ErrorKind::softmax, 5);
    const Blocks blocks(rows, all_rows(200));
    const std::uint32_t tiles[] = {0, 2, 1, 3};
    std::vector<std::vector<float>> ends;
    for (const auto set : {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512}) {
        if (set > best_instruction_set()) continue;
        Trainer trainer(shape, {}, ErrorKind::softmax, set);
        trainer.initialise(RandomStream(4), 0.7);
        for (int n = 0; n < 12; ++n) {
            StepSettings settings{.reach = n % 3 == 0 ? Reach::all : Reach::live, .targets = wanted_sparsity, .rate = 0.03};
            ASSERT_TRUE(std::isfinite(trainer.step(blocks, tiles, settings)));
        }
        EXPECT_GT(trainer.kinds()[0].pruned, 20u);
        for (int n = 0; n < 4; ++n) ASSERT_TRUE(std::isfinite(trainer.step(blocks, tiles, {.structure = Structure::frozen, .reach = Reach::live, .rate = 0.01})));
        ends.push_back(trainer.state().parameters);
    }
    for (const auto& end : ends) EXPECT_EQ(end, ends.front());
}

// Two layers, one of them nearly full, the other sparse; weights that are held.
TEST(Trainer, StepsOfAFrozenStructureKeepItsEntries) {
    const auto shape = wide_shape(70, 3, 2);
    const auto rows = random_rows(192, 70, 3, ErrorKind::softmax, 5);
    const Blocks blocks(rows, all_rows(192));
    const std::uint32_t tiles[] = {0, 2};
    std::vector<TrainerState> ends;
    for (const bool is_told_anew : {false, true}) {
        Trainer trainer(shape, {}, ErrorKind::softmax);
        trainer.initialise(RandomStream(4), 0.7);
        const auto& layout = trainer.layout();
        auto& state = trainer.state();
        state.holds.assign(layout.weights(), Hold::free);
        RandomStream random(2);
        for (std::size_t w = 0; w < layout.weights(); ++w) {
            if (w >= layout.matrices()[1].first && random.chance(0.8)) state.parameters[w] = 0;
            if (random.chance(0.1)) state.holds[w] = Hold::held;
        }
        const auto before = state.parameters;
        for (int n = 0; n < 8; ++n) {
            if (is_told_anew) (void)trainer.state();
            ASSERT_TRUE(std::isfinite(trainer.step(blocks, tiles, {.structure = Structure::frozen, .reach = Reach::live, .rate = 0.01})));
        }
        std::size_t moved = 0;
        for (std::size_t w = 0; w < layout.weights(); ++w) {
            moved += state.parameters[w] != before[w];
            if (before[w] == 0 || state.holds[w] == Hold::held) EXPECT_EQ(state.parameters[w], before[w]) << w;
        }
        EXPECT_GT(moved, layout.weights() / 3);
        ends.push_back(state);
    }
    EXPECT_EQ(ends[0].parameters, ends[1].parameters);
    EXPECT_EQ(ends[0].second, ends[1].second);
}

TEST(Trainer, StepsFollowTheReference) {
    const auto shape = wide_shape(6, 2, 1);
    const auto rows = random_rows(128, 6, 2, ErrorKind::mean_squared, 8);
    const auto order = all_rows(128);
    const Blocks blocks(rows, order);
    const std::uint32_t tiles[] = {0, 1};
    Trainer trainer(shape, {}, ErrorKind::mean_squared);
    trainer.initialise(RandomStream(1), 0.5);
    const ReferenceNetwork reference(shape, {}, ErrorKind::mean_squared);
    std::vector<double> p(trainer.state().parameters.begin(), trainer.state().parameters.end()), first(p.size()), second(p.size());
    constexpr double rate = 1e-3;
    for (int n = 1; n <= 10; ++n) {
        (void)trainer.step(blocks, tiles, {.targets = wanted_sparsity, .rate = rate, .clip = 1e9});
        const auto slope = reference.slope(p, rows, order, wanted_sparsity);
        for (std::size_t i = 0; i < p.size(); ++i) {
            first[i] = 0.9 * first[i] + 0.1 * slope.gradient[i];
            second[i] = 0.999 * second[i] + 0.001 * slope.gradient[i] * slope.gradient[i];
            p[i] -= rate * (first[i] / (1 - std::pow(0.9, n))) / (std::sqrt(second[i] / (1 - std::pow(0.999, n))) + 1e-8);
            if (i >= reference.layout().weights()) p[i] = std::max(0.0, p[i]);
            if (i < 2 * reference.layout().weights()) continue;
            p[i] = std::min(static_cast<double>(highest_threshold), p[i]);
        }
    }
    double worst = 0;
    for (std::size_t i = 0; i < p.size(); ++i) worst = std::max(worst, std::fabs(p[i] - static_cast<double>(trainer.state().parameters[i])));
    EXPECT_LT(worst, 0.05 * rate);  // of 10 steps of this size each
}

TEST(Trainer, NoiseOfBatchesDoesNotBringBackPrunedOperators) {
    const auto shape = wide_shape(6, 2, 1);
    const auto rows = random_rows(64 * 40, 6, 2, ErrorKind::softmax, 8);
    const Blocks blocks(rows, all_rows(64 * 40));
    Trainer trainer(shape, {}, ErrorKind::softmax);
    trainer.initialise(RandomStream(1), 0.5);
    const auto pruned = [&] {
        std::vector<bool> flags;
        for (std::size_t k = 0; k < shape.hidden[0].unary.size(); ++k) flags.push_back(trainer.state().parameters[trainer.layout().unary_threshold(0, k)] >= 1);
        return flags;
    };
    RandomStream random(3);
    int flips = 0;
    constexpr int steps = 3000, counted = 1000;
    auto before = pruned();
    for (int n = 0; n < steps; ++n) {
        const std::uint32_t tiles[] = {static_cast<std::uint32_t>(random.below(40))};
        (void)trainer.step(blocks, tiles, {.targets = {.weight = 0, .input = 0, .unary = 0.5, .binary = 0}, .rate = 1e-3});
        const auto now = pruned();
        if (n >= steps - counted) flips += now != before ? 1 : 0;
        before = now;
    }
    const double sparsity = trainer.kinds()[2].sparsity();
    EXPECT_GE(sparsity, 0.5);
    EXPECT_LT(flips, counted / 10) << sparsity;
}

// Operators that wait below the border of pruning, and a push that would carry all of them over it.
TEST(Trainer, PrunesNoMoreThanTheTargetsAskFor) {
    const auto shape = wide_shape(6, 2, 1);
    const auto rows = random_rows(64, 6, 2, ErrorKind::softmax, 8);
    const Blocks blocks(rows, all_rows(64));
    const std::uint32_t tiles[] = {0};
    for (const auto reach : {Reach::all, Reach::live}) {
        Trainer trainer(shape, {}, ErrorKind::softmax);
        trainer.initialise(RandomStream(1), 0.5);
        const auto& layout = trainer.layout();
        const std::size_t unary = shape.hidden[0].unary.size();
        for (std::size_t k = 0; k < unary; ++k) trainer.state().parameters[layout.unary_threshold(0, k)] = 0.9999f;
        const auto asked = static_cast<std::size_t>(std::ceil(0.4 * static_cast<double>(unary)));
        for (int n = 0; n < 30; ++n) {
            (void)trainer.step(blocks, tiles, {.reach = reach, .targets = {.weight = 0, .input = 0, .unary = 0.4, .binary = 0}, .rate = 1e-3});
            EXPECT_LE(trainer.kinds()[2].pruned, asked) << n;
        }
        EXPECT_EQ(trainer.kinds()[2].pruned, asked);
    }
}

TEST(Trainer, ErrorsThatAreNoNumbersMoveNothing) {
    const Shape shape{.inputs = 1, .outputs = 1, .hidden = {LayerShape{{{Op::exp, 0}}, {}}}};
    TrainingRows rows{.inputs = {{400, 500, 600}}, .targets = {{1, 2, 3}}, .weights = {}};
    const Blocks blocks(rows, all_rows(3));
    Trainer trainer(shape, {}, ErrorKind::mean_squared);
    std::ranges::fill(trainer.state().parameters, 0.0f);
    for (std::size_t w = 0; w < trainer.layout().weights(); ++w) trainer.state().parameters[w] = 1;
    const auto before = trainer.state().parameters;
    const std::uint32_t tiles[] = {0};
    EXPECT_FALSE(std::isfinite(trainer.step(blocks, tiles, {})));
    EXPECT_EQ(trainer.state().parameters, before);
}

}  // namespace
}  // namespace balmer::neural
