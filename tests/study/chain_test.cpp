#include "study/chain.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "balmer/neural.hpp"
#include "balmer/run_folder.hpp"
#include "study/fit_case.hpp"

// A search that is stopped anywhere and taken up again, with any number of threads, ends with the same front to the last bit.

namespace balmer {
namespace {

/// What front.csv would hold.
std::string text_of(const SearchResult& result, const Problem& problem) {
    std::vector<FrontRow> rows;
    for (const auto& m : result.front.members())
        rows.push_back({m.complexity, m.loss, m.validation, m.score, equation_text(m, problem.vocabulary())});
    return front_csv(rows);
}

/// Keeps every checkpoint, and may ask to stop at one.
class Keeper : public Observer {
public:
    explicit Keeper(std::size_t stop_at = 0) : stop_at_(stop_at) {}
    void improved(const Progress& progress, const Candidate&) override {
        if (progress.front == nullptr || progress.front->empty()) ++without_front;
        if (++calls == stop_at_) (void)token.request_stop();
    }
    void progressed(const Progress& progress) override {
        went_back |= progress.evaluations < last_;
        last_ = progress.evaluations;
    }
    void checkpoint(const std::string& bytes) override { kept.push_back(bytes); }
    bool checkpoint_due() override { return true; }

    std::vector<std::string> kept;
    StopToken token;
    bool went_back = false;
    int without_front = 0;
    std::size_t calls = 0;

private:
    std::size_t stop_at_;
    double last_ = 0;
};

struct Case {
    std::vector<std::string> methods;
    double evaluations;
};

class ChainRuns : public ::testing::TestWithParam<Case> {
protected:
    ChainRuns() {
        FitParameters parameters;
        parameters.target = {"y"};
        parameters.operators = "+ - * / exp";
        parameters.maximum_complexity = 15;
        problem = prepare(parameters, testing::hard_table()).problem;
    }
    SearchResult run(int threads, Keeper& keeper, const std::string& resume = "") {
        const Budget budget{.seconds = std::numeric_limits<double>::infinity(), .evaluations = GetParam().evaluations, .threads = threads};
        return make_searcher(GetParam().methods)->run(problem, budget, 11, keeper.token, keeper, resume);
    }
    Problem problem;
};

TEST_P(ChainRuns, EndTheSameForAnyNumberOfThreads) {
    Keeper one, two;
    const auto first = run(1, one);
    EXPECT_EQ(text_of(first, problem), text_of(run(2, two), problem));
    EXPECT_GE(first.front.members().size(), 3u);
    EXPECT_FALSE(one.went_back);
    EXPECT_EQ(one.without_front, 0);
}

TEST_P(ChainRuns, EndTheSameFromEveryCheckpoint) {
    Keeper whole;
    const auto expected = text_of(run(1, whole), problem);
    ASSERT_GE(whole.kept.size(), 1u);
    RandomStream random(5);
    for (int i = 0; i < 4; ++i) {
        const std::size_t at = i == 0 ? whole.kept.size() - 1 : random.below(whole.kept.size());
        Keeper rest;
        EXPECT_EQ(expected, text_of(run(i % 2 == 0 ? 4 : 1, rest, whole.kept[at]), problem)) << "checkpoint " << at << " of " << whole.kept.size();
    }
}

TEST_P(ChainRuns, EndTheSameWhenInterruptedAndResumed) {
    Keeper whole;
    const auto expected = text_of(run(1, whole), problem);
    for (const std::size_t stop_at : {std::size_t{1}, whole.calls / 2, whole.calls}) {
        Keeper stopped(stop_at);
        const auto part = run(2, stopped);
        EXPECT_EQ(part.stop, StopReason::interrupted) << stop_at;
        EXPECT_FALSE(part.front.empty());
        Keeper rest;
        const auto resumed = run(1, rest, stopped.kept.empty() ? "" : stopped.kept.back());
        EXPECT_EQ(expected, text_of(resumed, problem)) << "stopped at " << stop_at;
    }
}

INSTANTIATE_TEST_SUITE_P(Methods, ChainRuns,
                         ::testing::Values(Case{{"auto"}, 1500}, Case{{"genetic"}, 600}, Case{{"genetic", "genetic"}, 800}),
                         [](const auto& named) { return named.param.methods[0] + std::to_string(named.param.methods.size()); });

TEST(Chain, EvaluationsEndEveryMethod) {
    FitParameters parameters;
    parameters.target = {"y"};
    const Problem problem = prepare(parameters, testing::hard_table()).problem;
    for (const std::string method : {"enumerate", "genetic"}) {
        Keeper keeper;
        const Budget budget{.seconds = std::numeric_limits<double>::infinity(), .evaluations = 500, .threads = 1};
        const auto result = make_searcher({method})->run(problem, budget, 1, keeper.token, keeper, "");
        EXPECT_EQ(result.stop, StopReason::evaluations) << method;
        EXPECT_GE(result.evaluations, 500) << method;
    }
}

TEST(Chain, StatedUncertaintiesPutTheTableUnderNoiseFirst) {
    FitParameters parameters;
    parameters.target = {"y"};
    const Problem problem = prepare(parameters, testing::hard_table()).problem;
    const Budget budget{.seconds = std::numeric_limits<double>::infinity(), .evaluations = 3000, .threads = 1};
    for (const bool uncertain : {false, true}) {
        Keeper keeper;
        const auto report = make_searcher({"auto"}, {}, uncertain)->run(problem, budget, 1, keeper.token, keeper, "").report;
        const auto divided = std::ranges::find_if(report, [](const std::string& line) { return line.starts_with("divide:"); });
        ASSERT_NE(divided, report.end());
        const auto tables = std::count_if(report.begin(), divided, [](const std::string& line) { return line.starts_with("library:"); });
        EXPECT_EQ(tables > 1, uncertain);
    }
}

TEST(Chain, GuessesAreInTheFrontOfEveryMethod) {
    FitParameters parameters;
    parameters.target = {"y"};
    parameters.guess = {"a*exp(-b) + c^2/(2 + a)"};
    for (const std::string method : {"enumerate", "genetic"}) {
        parameters.method = {method};
        parameters.evaluations = 50;
        const auto outcome = testing::fit_of(testing::hard_table(), parameters);
        double lowest = INFINITY;
        for (const auto& member : outcome.result.front.members()) lowest = std::min(lowest, member.loss);
        EXPECT_LT(lowest, 0.0035) << method;  // noise is 0.05: its constants were refitted
    }
}

// One formula per class: evolution starts from the networks' formulas and loses none of them.
TEST(Chain, EvolutionShortensTheNetworksFormulasOfSeveralClasses) {
    Table table = testing::table_of({"a", "b", "c", "d"}, 400, [](const auto& v) { return v[0] * v[1] > 3 ? 2.0 : v[2] > 1.5 ? 1.0 : 0.0; });
    FitParameters parameters;
    parameters.target = {"y"};
    parameters.task = "classification";
    parameters.operators = "+ * tanh";
    parameters.complexity = "sympy";
    parameters.maximum_complexity = 12;
    const Problem problem = prepare(parameters, table).problem;
    ASSERT_EQ(problem.outputs(), 3u);
    const NeuralOptions small{.trials = 1, .epochs = 20, .layers = 1, .unary = 4, .binary = 4, .learning_rate = 0.02, .shrink_epochs = 1};
    const Budget budget{.seconds = std::numeric_limits<double>::infinity(), .evaluations = 6000, .threads = 1};
    Keeper one, two;
    const auto alone = make_searcher({"neural"}, small)->run(problem, budget, 1, one.token, one, "");
    const auto both = make_searcher({"neural", "genetic"}, small)->run(problem, budget, 1, two.token, two, "");
    ASSERT_EQ(alone.stop, StopReason::exhausted);
    ASSERT_GE(alone.front.members().size(), 3u);
    bool any_better = false;
    for (const auto& of_network : alone.front.members()) {
        double lowest = INFINITY;
        for (const auto& member : both.front.members()) {
            EXPECT_EQ(member.outputs.size(), 3u);
            if (member.complexity <= of_network.complexity) lowest = std::min(lowest, member.loss);
        }
        EXPECT_LE(lowest, of_network.loss * (1 + 1e-6) + 1e-9) << of_network.complexity;
        any_better |= lowest < 0.99 * of_network.loss;
    }
    EXPECT_TRUE(any_better);
}

}  // namespace
}  // namespace balmer
