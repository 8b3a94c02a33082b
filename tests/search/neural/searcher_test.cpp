// Whole runs of the symbolic networks on small problems.
#include <gtest/gtest.h>

#include <cmath>

#include "balmer/error.hpp"
#include "balmer/neural.hpp"
#include "networks.hpp"
#include "runs.hpp"
#include "search/bytes.hpp"
#include "search/neural/expand.hpp"
#include "search/neural/sizes.hpp"
#include "search/neural/unroll.hpp"
#include "search/scorer.hpp"

namespace balmer {
namespace {

TEST(NeuralSearcher, FindsACircleAmongNoise) {
    const auto problem = circle(1500);
    auto options = quick(4);
    options.epochs = 80;
    Watcher watcher;
    const auto result = run(problem, options, 1, watcher);
    ASSERT_FALSE(result.front.empty());
    double best = 1;
    for (const auto& member : result.front.members())
        if (member.complexity <= 20) best = std::min(best, member.loss);
    EXPECT_LT(best, 0.1);  // log 2 = .69 knows nothing
    EXPECT_EQ(watcher.table_name, "curves.csv");
    EXPECT_NE(watcher.table_text.find("shrinking"), std::string::npos);
    EXPECT_NE(watcher.last.detail.find("epoch"), std::string::npos);
}

TEST(NeuralSearcher, ThreadsDoNotChangeTheBits) {
    const auto problem = circle(300);
    auto options = quick(7);
    options.epochs = 12;  // halvings included
    std::vector<std::string> fronts;
    for (const int threads : {1, 2, 4}) {
        Watcher watcher;
        auto budget = unlimited(threads);
        if (threads == 2) budget.seconds = 1000;  // far from spent, it changes nothing
        fronts.push_back(bytes_of(make_neural_searcher(options)->run(problem, budget, 3, watcher.token, watcher, "").front));
    }
    EXPECT_EQ(fronts[0], fronts[1]);
    EXPECT_EQ(fronts[0], fronts[2]);
}

TEST(NeuralSearcher, ResumedRunsEndAsIfNothingHadHappened) {
    const auto problem = circle(300);
    for (const auto network : {NetworkMethod::symbolnet, NetworkMethod::eql}) {
        auto options = quick(2);
        options.network = network;
        Watcher whole;
        const auto expected = bytes_of(run(problem, options, 1, whole).front);
        // Stopped in training, and in shrinking: on the first way, and where later ones are compared and regrown.
        for (const int after : {3, 20, 32, 150}) {
            Watcher first(after);
            EXPECT_EQ(run(problem, options, 1, first).stop, StopReason::interrupted);
            Watcher second;
            EXPECT_EQ(bytes_of(run(problem, options, 2, second, first.bytes).front), expected) << after;
        }
    }
}

TEST(NeuralSearcher, SeveralOutputsOfNumbers) {
    RandomStream random(5);
    constexpr std::size_t rows = 600;
    std::vector<double> x(rows), y(rows), a(rows), b(rows);
    for (std::size_t r = 0; r < rows; ++r) {
        x[r] = random.uniform(5, 9);  // scaled inside
        y[r] = random.uniform(-200, 300);
        a[r] = 3 * x[r] + 0.01 * y[r];
        b[r] = 1000 + x[r] * y[r];
    }
    const Problem problem = of_two(x, y, {Column("a", a), Column("b", b)}, {Op::add, Op::multiply, Op::tanh});
    auto options = quick();
    options.epochs = 60;
    Watcher watcher;
    const auto result = run(problem, options, 1, watcher);
    ASSERT_FALSE(result.front.empty());
    const auto& best = result.front.members().back();
    // Refitted constants: both laws are in reach exactly.
    EXPECT_LT(best.loss, 1e-3);
}

TEST(NeuralSearcher, RootsLogarithmsAndQuotientsAreTakenAsTheyArePrinted) {
    RandomStream random(5);
    constexpr std::size_t rows = 500;
    std::vector<double> x(rows), y(rows), z(rows);
    for (std::size_t r = 0; r < rows; ++r) {
        x[r] = random.uniform(0.5, 6);
        y[r] = random.uniform(1, 3);
        z[r] = x[r] / y[r];
    }
    const Problem problem = of_two(x, y, {Column("z", z)}, {Op::add, Op::multiply, Op::divide, Op::sqrt, Op::log});
    auto options = quick();
    options.epochs = 60;
    Watcher watcher;
    const auto result = run(problem, options, 1, watcher);
    ASSERT_FALSE(result.front.empty());
    const Scorer scorer(problem);
    bool any = false;
    for (const auto& member : result.front.members()) {
        EXPECT_NEAR(scorer.loss(member.outputs), member.loss, 1e-12);  // a number on every row: nothing is protected
        for (const auto& node : member.outputs[0].nodes) any |= node.op == Op::divide || node.op == Op::sqrt || node.op == Op::log;
    }
    EXPECT_TRUE(any);
    EXPECT_LT(result.front.members().back().loss, 1e-2);
}

TEST(NeuralSearcher, SaysWhatItCannotDo) {
    Watcher watcher;
    auto problem = circle(100);
    problem.loss.name = "hinge";
    EXPECT_THROW((void)run(problem, quick(), 1, watcher), Error);
    problem = circle(100);
    auto options = quick();
    options.sparsity = {0.5, 1.0, 0.2, 0.2};
    EXPECT_THROW((void)run(problem, options, 1, watcher), Error);
    options.sparsity = {0.5};
    EXPECT_THROW((void)run(problem, options, 1, watcher), Error);
    options = quick();
    options.eql_penalty = -1;
    EXPECT_THROW((void)run(problem, options, 1, watcher), Error);
    problem.operators = {Op::add, Op::multiply, Op::floor};
    EXPECT_THROW((void)run(problem, quick(), 1, watcher), Error);
}

TEST(NeuralSearcher, KeepsOnlyWhatUnitsAndLimitsAllow) {
    RandomStream random(5);
    std::vector<double> x(400), y(400), z(400);
    for (std::size_t r = 0; r < x.size(); ++r) {
        x[r] = random.uniform(0.5, 2);
        y[r] = random.uniform(1, 3);
        z[r] = x[r] * y[r] + 0.1 * std::tanh(x[r]);
    }
    Problem problem = of_two(x, y, {Column("z", z, "m s")}, {Op::add, Op::multiply, Op::tanh});
    problem.data.features = {problem.data.features[0].with_unit("m"), problem.data.features[1].with_unit("s")};
    problem.units = UnitRule::constants_dimensionless;
    const Scorer scorer(problem);
    Watcher watcher;
    const auto result = run(problem, quick(), 1, watcher);
    for (const auto& member : result.front.members()) EXPECT_TRUE(scorer.allowed(member.outputs)) << member.complexity;
    EXPECT_NE(result.report.at(0).find("units"), std::string::npos);
}

// A budget that the whole schedule does not fit in: what is written is small all the same.
TEST(NeuralSearcher, ShortBudgetsReachSmallFormulas) {
    const auto problem = circle(20'000);
    auto options = quick(8);
    options.epochs = 20'000;
    options.unary = options.binary = 20;
    Watcher watcher;
    auto budget = unlimited(1);
    budget.seconds = 4;
    const auto result = make_neural_searcher(options)->run(problem, budget, 3, watcher.token, watcher, "");
    ASSERT_FALSE(result.front.empty());
    EXPECT_LE(result.front.members().front().complexity, 15);
    EXPECT_NE(watcher.table_text.find("shrinking"), std::string::npos);
}

TEST(NeuralSearcher, ExplodingOperatorsAreRestartedAndTold) {
    auto problem = circle(300, 0);
    std::vector<double> wide(problem.data.features[0].values().begin(), problem.data.features[0].values().end());
    for (auto& x : wide) x *= 3000;
    problem.data.features[0] = Column("x0", wide);
    problem.operators = {Op::add, Op::multiply, Op::exp, Op::sinh};
    auto options = quick(1);
    options.scaling = InputScaling::none;
    Watcher watcher;
    const auto result = run(problem, options, 1, watcher);
    std::string told;
    for (const auto& line : result.report) told += line + "\n";
    EXPECT_NE(told.find("smaller step"), std::string::npos) << told;
}

}  // namespace

namespace neural {
namespace {

TEST(Unroll, FormulaAndNetworkAgreeToRounding) {
    LayerShape layer;
    layer.unary = {{Op::sin, 0}, {Op::tanh, 0}, {Op::gauss, 0}, {Op::call, 0}};
    layer.binary = {{Op::multiply, 0}, {Op::max, 0}, {Op::multiply, 0}};
    Vocabulary vocabulary;
    vocabulary.definitions.push_back(parse_definition("bump(x) = x*exp(-x^2/2)", vocabulary));
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const Shape shape{.inputs = 4, .outputs = 3, .hidden = {layer, layer}};
        const ReferenceNetwork network(shape, vocabulary.definitions, ErrorKind::softmax);
        const auto p = random_parameters(network.layout(), seed);
        const std::vector<float> floats(p.begin(), p.end());
        Scaling scaling{.shift = {1, -2, 0, 3}, .scale = {0.5, 2, 1, 0.25}, .target_shift = {}, .target_scale = {}};
        const auto outputs = unroll(network.layout(), floats, scaling);
        const Graph graph = to_graph(outputs, vocabulary.definitions);
        RandomStream random(seed, 9);
        for (int row = 0; row < 10; ++row) {
            std::vector<double> columns, inputs;
            for (std::size_t i = 0; i < 4; ++i) {
                columns.push_back(random.uniform(-3, 3));
                inputs.push_back((columns[i] - scaling.shift[i]) * scaling.scale[i]);
            }
            const auto expected = network.outputs(p, inputs);
            const auto found = evaluate_row(graph, graph.values(), columns);
            for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(found[k], expected[k], 1e-12 * std::max(1.0, std::fabs(expected[k]))) << seed;
        }
    }
}

// Without pruned operators, and with every term a weight of its own.
TEST(Expand, WritesTheSameFunction) {
    LayerShape layer;
    layer.unary = {{Op::sin, 0}, {Op::tanh, 0}, {Op::gauss, 0}, {Op::cos, 0}};
    layer.binary = {{Op::multiply, 0}, {Op::max, 0}, {Op::divide, 0}};
    const Shape shape{.inputs = 4, .outputs = 3, .hidden = {layer, layer}};
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const ReferenceNetwork network(shape, {}, ErrorKind::softmax);
        const auto p = random_parameters(network.layout(), seed);
        const auto expanded = expand(network.layout(), std::vector<float>(p.begin(), p.end()));
        ASSERT_TRUE(expanded);
        const ReferenceNetwork other(expanded->shape, {}, ErrorKind::softmax);
        EXPECT_EQ(expanded->holds.size(), other.layout().weights());
        const std::vector<double> q(expanded->parameters.begin(), expanded->parameters.end());
        RandomStream random(seed, 9);
        for (int row = 0; row < 10; ++row) {
            std::vector<double> inputs;
            for (int i = 0; i < 4; ++i) inputs.push_back(random.uniform(-2, 2));
            const auto expected = network.outputs(p, inputs), found = other.outputs(q, inputs);
            for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(found[k], expected[k], 1e-3 * std::max(1.0, std::fabs(expected[k]))) << seed;
        }
    }
}

TEST(Surgeon, FollowersMakeUpForWhatIsRemoved) {
    // Error (w - v)'H(w - v)/2 around v: after w0 is set to 0 the others are where the error is least.
    const Curvature curvature{.place = {0, 1, 2}, .matrix = {2, 1, 0, 1, 2, 0.5, 0, 0.5, 1}};
    Surgeon surgeon(curvature, {1, 2, 3}, {0, 0, 1});
    const auto after = surgeon.after(0, 0, 1);
    EXPECT_EQ(after[0], 0);
    EXPECT_NEAR(after[1], 2.5, 1e-2);  // H01/H11 of what went
    EXPECT_EQ(after[2], 3);            // held
    EXPECT_NEAR(surgeon.cost(0, 0), 0.5 * (2 - 0.5), 1e-2);
    EXPECT_NEAR(surgeon.cost(2, 0), 0.5 * 9 * (1 - 0.25 / 1.5), 2e-2);  // free ones would follow this one too
    surgeon.set(0, 0, 1);
    EXPECT_NEAR(surgeon.cost(1, 0), 0.5 * 2.5 * 2.5 * 2, 3e-2);  // nothing is left to follow
}

TEST(Surgeon, WhatWasHeldComesBackToTheLeastError) {
    // Error (w - v)'H(w - v)/2 around v = (1, 2, 3) where weight 1 was removed and the others have followed.
    const std::vector<double> h = {2, 1, 0, 1, 2, 0.5, 0, 0.5, 1}, v = {1, 2, 3};
    const std::vector<double> w = {v[0] + h[1] / h[0] * v[1], 0, v[2] + h[7] / h[8] * v[1]};
    std::vector<double> slopes(3, 0.0);
    for (std::size_t a = 0; a < 3; ++a)
        for (std::size_t b = 0; b < 3; ++b) slopes[a] += h[a * 3 + b] * (w[b] - v[b]);
    EXPECT_NEAR(slopes[0], 0, 1e-12);
    EXPECT_NEAR(slopes[2], 0, 1e-12);
    const Surgeon surgeon({.place = {0, 1, 2}, .matrix = h}, w, {0, 1, 0});
    const auto left = surgeon.slopes_after_following(slopes);
    const auto after = surgeon.after(1, w[1] - left[1] / surgeon.stiffness(1), 1);
    for (std::size_t e = 0; e < 3; ++e) EXPECT_NEAR(after[e], v[e], 3e-2) << e;  // but for the damping
}

TEST(Surgeon, ReleasesAsIfTheWeightHadBeenFreeAllAlong) {
    const Curvature curvature{.place = {0, 1, 2, 3}, .matrix = {2, 1, 0.2, 0.1, 1, 2, 0.5, 0.3, 0.2, 0.5, 1, -0.4, 0.1, 0.3, -0.4, 3}};
    Surgeon surgeon(curvature, {1, 2, 3, 4}, {0, 1, 0, 1});
    const auto expected = surgeon.after(1, 5, 1);
    surgeon.release(1, 5);
    const Surgeon anew(curvature, expected, {0, 0, 0, 1});
    for (std::size_t e = 0; e < 4; ++e) EXPECT_NEAR(surgeon.weight(e), expected[e], 1e-12);
    EXPECT_NEAR(surgeon.stiffness(3), anew.stiffness(3), 1e-12);
    for (std::size_t e = 0; e < 4; ++e) {
        EXPECT_NEAR(surgeon.cost(e, 0), anew.cost(e, 0), 1e-12) << e;
        for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(surgeon.after(e, 0, 1)[k], anew.after(e, 0, 1)[k], 1e-12);
    }
}

// 784 pixels of images in steps of 1/255, most weights pruned: sums of hundreds of terms in another order.
TEST(Unroll, FormulasOfImagesAgreeToRounding) {
    LayerShape layer;
    for (const auto op : {Op::sin, Op::tanh, Op::gauss}) layer.unary.insert(layer.unary.end(), 10, {op, 0});
    layer.binary.assign(5, {Op::multiply, 0});
    constexpr std::size_t pixels = 784;
    const Shape shape{.inputs = pixels, .outputs = 10, .hidden = {layer}};
    const ReferenceNetwork network(shape, {}, ErrorKind::softmax);
    const auto p = random_parameters(network.layout(), 4);
    const Scaling scaling{.shift = std::vector<double>(pixels, 0.0), .scale = std::vector<double>(pixels, 1 / 255.0), .target_shift = {}, .target_scale = {}};
    const Graph graph = to_graph(unroll(network.layout(), std::vector<float>(p.begin(), p.end()), scaling), {});
    RandomStream random(4, 9);
    for (int row = 0; row < 100; ++row) {
        std::vector<double> columns, inputs;
        for (std::size_t i = 0; i < pixels; ++i) {
            columns.push_back(random.chance(0.8) ? 0 : static_cast<double>(random.below(256)));
            inputs.push_back(columns.back() * scaling.scale[i]);
        }
        const auto expected = network.outputs(p, inputs), found = evaluate_row(graph, graph.values(), columns);
        for (std::size_t k = 0; k < 10; ++k) EXPECT_NEAR(found[k], expected[k], 1e-12 * std::max(1.0, std::fabs(expected[k]))) << row;
    }
}

TEST(Sizes, AreWhatTheMeasureCounts) {
    LayerShape layer;
    layer.unary = {{Op::gauss, 0}, {Op::tanh, 0}, {Op::sin, 0}};
    layer.binary = {{Op::multiply, 0}};
    const Shape shape{.inputs = 3, .outputs = 2, .hidden = {layer}};
    const Layout layout(shape);
    const auto& first = layout.matrices()[0];
    const auto& last = layout.matrices()[1];
    const std::vector<Op> operators = {Op::add, Op::multiply, Op::gauss, Op::tanh, Op::sin};
    const auto palette = make_palette(operators, {});
    const Scaling scaling{.shift = {0, 0, 0}, .scale = {1, 1, 1}, .target_shift = {}, .target_scale = {}};
    // Weights by matrix, input and row; input 3 or 4 is the constant.
    const std::vector<std::vector<std::size_t>> networks = {
        {first.at(0, 0), first.at(1, 0), last.at(0, 0), last.at(4, 0)},                                         // c*gauss(a*x + b*y) + d
        {first.at(0, 1), first.at(1, 1), first.at(3, 1), last.at(1, 0), first.at(2, 2), first.at(0, 2), last.at(2, 0), last.at(2, 1), last.at(4, 1)},
        {first.at(0, 3), first.at(1, 3), first.at(1, 4), first.at(3, 4), last.at(3, 0), last.at(4, 0), last.at(3, 1)},  // products of sums
    };
    for (const char* name : {"sympy", "tree"}) {
        const auto measure = ComplexityMeasure::from_name(name);
        const PieceCosts costs(measure, palette);
        for (const auto& network : networks) {
            std::vector<float> p(layout.size(), 0.0f);
            for (std::size_t k = 0; k < network.size(); ++k) p[network[k]] = 1.25f + 0.5f * static_cast<float>(k);
            const auto outputs = unroll(layout, p, scaling);
            EXPECT_EQ(sizes_of(layout, p, costs).total, measure.total(outputs)) << name << ": " << print(outputs[0], {{"x", "y", "z"}, {}, {}, {}});
        }
    }
}

TEST(Unroll, PrunedOperatorsLeaveNoTrace) {
    // One unary node, pruned to the identity, one product, pruned to the sum: what is left is linear.
    const Shape shape{.inputs = 2, .outputs = 1, .hidden = {LayerShape{{{Op::tanh, 0}}, {{Op::multiply, 0}}}}};
    const Layout layout(shape);
    std::vector<float> p(layout.size(), 0.0f);
    for (std::size_t w = 0; w < layout.weights(); ++w) p[w] = 1;
    p[layout.unary_threshold(0, 0)] = p[layout.binary_threshold(0, 0)] = 1;
    const auto outputs = unroll(layout, p, {.shift = {0, 0}, .scale = {1, 1}, .target_shift = {}, .target_scale = {}});
    EXPECT_EQ(print(outputs[0], {{"x", "y"}, {}, {}, {}}), "3*x + 3*y + 4");
}

}  // namespace
}  // namespace neural
}  // namespace balmer
