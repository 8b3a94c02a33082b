// Runs of the genetic search: same answer for any thread count and any interruption, recovery, constraints, guesses,
// several outputs.
#include <gtest/gtest.h>

#include <algorithm>

#include "balmer/error.hpp"
#include "problems.hpp"
#include "search/constraints.hpp"
#include "search/scorer.hpp"

namespace balmer {
namespace {

using testing::exact_text;
using testing::made_problem;
using testing::QuietObserver;
using testing::small_options;

SearchResult search(const Problem& problem, double evaluations, GeneticOptions options = small_options(),
                    std::uint64_t seed = 1, int threads = 2, const std::string& resume = {},
                    QuietObserver* observer = nullptr, StopToken stop = {}) {
    QuietObserver own;
    const Budget budget{.seconds = 300, .evaluations = evaluations, .threads = threads};
    return make_genetic_searcher(options)->run(problem, budget, seed, stop, observer ? *observer : own, resume);
}

Problem hard_problem(std::size_t rows = 60) {
    auto problem = made_problem(
        rows, 3, {[](const auto& x) { return std::sin(x[0] * x[1]) + std::exp(-x[2] * x[0]) / (1 + x[1] * x[1]); }});
    problem.constraints.maximum_complexity = 15;
    return problem;
}

TEST(GeneticSearch, ThreadsDoNotChangeABit) {
    const auto problem = hard_problem();
    const auto once = exact_text(search(problem, 3000, small_options(), 7, 1), problem);
    EXPECT_EQ(once, exact_text(search(problem, 3000, small_options(), 7, 2), problem));
    EXPECT_EQ(once, exact_text(search(problem, 3000, small_options(), 7, 4), problem));
    EXPECT_NE(once, exact_text(search(problem, 3000, small_options(), 8, 1), problem)) << "the seed is used";
}

TEST(GeneticSearch, BatchesDoNotDependOnThreads) {
    auto problem = hard_problem(900);
    auto options = small_options();
    options.batch_rows = 100;
    options.batch_epochs = 3;
    const auto one = search(problem, 1500, options, 3, 1);
    EXPECT_EQ(exact_text(one, problem), exact_text(search(problem, 1500, options, 3, 4), problem));
    const Scorer scorer(problem);
    for (const auto& member : one.front.members())
        EXPECT_EQ(member.loss, scorer.loss(member.outputs)) << "honest on all rows";
    EXPECT_LT(one.front.members().back().loss, 0.5 * scorer.baseline());
}

void expect_resumable(const Problem& problem, const GeneticOptions& options, double evaluations, int epoch) {
    const auto whole = exact_text(search(problem, evaluations, options, 11), problem);
    QuietObserver observer;
    StopToken stop;
    observer.wants_checkpoint = [&](int at) { return at == epoch; };
    observer.after_epoch = [&](int at) {
        if (at == epoch)
            stop.request_stop();
    };
    const auto first = search(problem, evaluations, options, 11, 2, {}, &observer, stop);
    ASSERT_EQ(first.stop, StopReason::interrupted);
    ASSERT_EQ(observer.checkpoints.size(), 2u) << "the one asked for and the one at the end";
    EXPECT_EQ(observer.checkpoints[0], observer.checkpoints[1]) << "nothing happened between the two";
    for (const int threads : {1, 4})
        EXPECT_EQ(whole,
                  exact_text(search(problem, evaluations, options, 11, threads, observer.checkpoints[0]), problem))
            << "interrupted after epoch " << epoch;
}

TEST(GeneticSearch, ResumedRunsEndAsUninterruptedOnes) {
    const auto problem = hard_problem();
    for (const int epoch : {1, 5, 9})
        expect_resumable(problem, small_options(), 4000, epoch);
}

TEST(GeneticSearch, ResumesWithinABatch) {
    auto options = small_options();
    options.batch_rows = 100;
    options.batch_epochs = 4;
    for (const int epoch : {2, 4, 7})
        expect_resumable(hard_problem(900), options, 600, epoch);
}

TEST(GeneticSearch, RefusesForeignCheckpoints) {
    const auto problem = hard_problem();
    QuietObserver observer;
    observer.wants_checkpoint = [](int at) { return at == 1; };
    search(problem, 800, small_options(), 1, 1, {}, &observer);
    ASSERT_FALSE(observer.checkpoints.empty());
    std::string bytes = observer.checkpoints[0];
    EXPECT_THROW(search(problem, 800, small_options(), 2, 1, bytes), Error) << "another seed";
    EXPECT_THROW(search(problem, 800, small_options(), 1, 1, "nonsense"), Error);
    EXPECT_THROW(search(problem, 800, small_options(), 1, 1, bytes.substr(0, bytes.size() / 2)), Error) << "cut short";
    bytes[bytes.size() / 2] ^= 1;
    EXPECT_THROW(search(problem, 800, small_options(), 1, 1, bytes), Error) << "a flipped bit";
}

void expect_exact(const Problem& problem, int complexity, double evaluations) {
    const auto result = search(problem, evaluations, GeneticOptions{});
    EXPECT_EQ(result.stop, StopReason::solved);
    bool exact = false;
    for (const auto& member : result.front.members())
        exact = exact || (member.loss < 1e-20 && member.complexity <= complexity);
    EXPECT_TRUE(exact) << exact_text(result, problem);
}

TEST(GeneticSearch, FindsSmallFormulas) {
    expect_exact(made_problem(200, 3, {[](const auto& x) { return x[0] * x[1] + std::sin(x[2]); }}), 6, 40000);
    expect_exact(made_problem(200, 3, {[](const auto& x) { return x[0] / (1 + 0.4 * x[1] * x[1]); }}), 9, 60000);
    expect_exact(made_problem(200, 2, {[](const auto& x) { return 2.5 * std::exp(-1.3 * x[0]) + 0.7 * x[1]; }}), 11,
                 60000);
}

TEST(GeneticSearch, ConstraintsHold) {
    auto problem = hard_problem(100);
    add_constraint(problem.constraints, "sin(sin) <= 0");
    add_constraint(problem.constraints, "exp(*) <= 3");
    problem.constraints.maximum_complexity = 12;
    problem.constraints.maximum_depth = 5;
    problem.operators = {Op::add, Op::multiply, Op::sin, Op::exp, Op::divide, Op::power};
    problem.constraints.maximum_exponent = 3;
    const auto result = search(problem, 6000);
    ASSERT_GT(result.front.members().size(), 3u);
    for (const auto& member : result.front.members()) {
        EXPECT_TRUE(satisfies(member.outputs, problem.constraints, problem.complexity)) << exact_text(result, problem);
        for (const auto& node : member.outputs[0].nodes)
            EXPECT_TRUE(node.arity == 0 || std::ranges::find(problem.operators, node.op) != problem.operators.end())
                << info(node.op).name;
    }
}

TEST(GeneticSearch, GuessesAreRefittedAndKept) {
    auto problem = made_problem(
        100, 2, {[](const auto& x) { return 3.25 * std::sin(1.7 * x[0] + 0.3) * std::exp(-0.45 * x[1]) + 2; }});
    const auto names = problem.vocabulary();
    problem.guesses = {{parse("3*sin(1.5*x0 + 0.1)*exp(-0.5*x1) + 1", names)}};
    const auto result = search(problem, 400);
    bool exact = false;
    for (const auto& member : result.front.members())
        exact = exact || member.loss < 1e-18;
    EXPECT_TRUE(exact) << exact_text(result, problem);
}

TEST(GeneticSearch, UserOperatorsAreUsed) {
    auto problem =
        made_problem(100, 2, {[](const auto& x) { return std::exp(-(x[0] - x[1]) * (x[0] - x[1])) * x[1]; }});
    problem.definitions = {parse_definition("bell(x) = exp(-x^2)", problem.vocabulary())};
    problem.operators = {Op::add, Op::subtract, Op::multiply};
    const auto result = search(problem, 200000, GeneticOptions{});
    EXPECT_EQ(result.stop, StopReason::solved) << exact_text(result, problem);
}

TEST(GeneticSearch, SeveralTargets) {
    auto problem = made_problem(
        100, 3, {[](const auto& x) { return x[0] * x[1]; }, [](const auto& x) { return x[2] * x[2] + x[0]; }});
    const auto result = search(problem, 200000, GeneticOptions{});
    EXPECT_EQ(result.stop, StopReason::solved) << exact_text(result, problem);
    ASSERT_EQ(result.front.members().back().outputs.size(), 2u);
}

TEST(GeneticSearch, ThreeClasses) {
    auto problem = made_problem(300, 2, {[](const auto& x) {
                                    return x[0] * x[1] < 1.8 ? 0.0 : x[0] > x[1] ? 1.0 : 2.0;
                                }});
    problem.task = Task::classification;
    problem.data.classes = {"a", "b", "c"};
    problem.loss.name = "softmax";
    problem.constraints.maximum_complexity = 10;
    const auto result = search(problem, 2500);
    const auto& best = result.front.members().back();
    ASSERT_EQ(best.outputs.size(), 3u);
    const Scorer scorer(problem);
    EXPECT_LT(best.loss, 0.35 * scorer.baseline()) << exact_text(result, problem);
    EXPECT_TRUE(satisfies(best.outputs, problem.constraints, problem.complexity));
}

TEST(GeneticSearch, RobustLossIsFitted) {
    auto problem = made_problem(150, 2, {[](const auto& x) { return x[0] * x[1] + (x[0] > 2.8 ? 40 : 0); }});
    problem.loss.name = "mae";
    problem.constraints.maximum_complexity = 5;
    const auto result = search(problem, 2500);
    bool product = false;
    for (const auto& member : result.front.members())
        product = product || print(member.outputs[0], problem.vocabulary()) == "x0*x1";
    EXPECT_TRUE(product) << exact_text(result, problem);
}

TEST(GeneticSearch, SaysWhatIsMissing) {
    auto problem = hard_problem();
    problem.operators.clear();
    EXPECT_THROW(search(problem, 100), Error);
    problem = hard_problem();
    problem.data.features.clear();
    EXPECT_THROW(search(problem, 100), Error);
}

}  // namespace
}  // namespace balmer
