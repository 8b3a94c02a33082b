// Parts solved by an injected solver become exact formulas in the columns; the run repeats, resumes and stops.
#include <gtest/gtest.h>

#include <cmath>

#include "balmer/divide.hpp"
#include "search/divide/formula.hpp"
#include "search/divide/sample_problem.hpp"
#include "search/scorer.hpp"

namespace balmer::divide {
namespace {

class Silent final : public Observer {
public:
    void improved(const Progress&, const Candidate&) override {}
    void progressed(const Progress&) override {}
    void checkpoint(const std::string& bytes) override { last = bytes; }
    bool checkpoint_due() override { return true; }
    std::string last;
};

// Knows a few functions of one variable: a f(u) + b.
class OneVariable final : public Searcher {
public:
    explicit OneVariable(int& calls) : calls_(calls) {}
    std::string name() const override { return "one variable"; }
    SearchResult run(const Problem& problem, const Budget&, std::uint64_t, StopToken, Observer&, const std::string&) override {
        ++calls_;
        SearchResult result;
        result.stop = StopReason::exhausted;
        if (problem.data.features.size() != 1) return result;
        const Scorer scorer(problem);
        const Vocabulary names{.features = {"u"}, .parameters = {}, .definitions = {}, .holes = {}};
        for (const char* text : {"1*u + 0", "1/u + 0", "1/u^2 + 0", "1*sin(u) + 0", "1*exp(u) + 0", "1/(exp(u) - 1) + 0", "1/(exp(1/u) - 1) + 0"}) {
            std::vector<Expression> outputs = {parse(text, names)};
            scorer.fit(outputs, {.maximum_iterations = 30, .fixed = {}});
            auto candidate = scorer.score(outputs, "test");
            if (!(candidate.loss < 1e-22 * scorer.baseline())) continue;
            result.front.insert(candidate);
            result.stop = StopReason::solved;
        }
        return result;
    }

private:
    int& calls_;
};

SearchResult run(const Problem& problem, int& calls, Silent& observer, const std::string& resume = {}, double evaluations = 1e9) {
    const auto searcher = make_divide_searcher([&](const PartEffort&) { return std::make_unique<OneVariable>(calls); }, {.efforts = {1, 2}});
    return searcher->run(problem, {.seconds = 1e9, .evaluations = evaluations, .threads = 1}, 1, {}, observer, resume);
}

TEST(Divide, PutsPartsTogether) {
    for (const Law& law : {Law{"g*m1*m2/(x2-x1)^2", {"g", "m1", "m2", "x1", "x2"}}, Law{"w^3*h/(exp(h*w/(k*t))-1)", {"w", "h", "k", "t"}},
                           Law{"a*sin(b*c)/d", {"a", "b", "c", "d"}, 0.5, 1.5}}) {
        const auto problem = sample_problem(law);
        int calls = 0;
        Silent silent;
        const auto result = run(problem, calls, silent);
        ASSERT_EQ(result.stop, StopReason::solved) << law.formula;
        const auto fresh = sample_problem(law, 100, 77);
        const Graph graph = to_graph(result.front.members().back().outputs[0]);
        for (std::size_t i = 0; i < 100; ++i) {
            std::vector<double> at;
            for (const auto& feature : fresh.data.features) at.push_back(feature[i]);
            const double y = fresh.data.targets[0][i];
            EXPECT_NEAR(evaluate_row(graph, graph.values(), at)[0], y, 1e-9 * std::fabs(y)) << law.formula;
        }
        ASSERT_GT(result.reductions.size(), 1u);
        EXPECT_EQ(result.reductions[0].kind, "problem");
        bool solved = false;
        for (const auto& r : result.reductions) {
            EXPECT_LT(r.parent, result.reductions.size());
            EXPECT_EQ(r.words.find('%'), std::string::npos) << r.words;
            solved = solved || !r.solution.empty();
        }
        EXPECT_TRUE(solved);
        EXPECT_GT(result.report.size(), 1u);
    }
}

TEST(Divide, AnInterruptedRunGoesOnWhereItStood) {
    const auto problem = sample_problem({"sin(a + b) + 1/(1 + b)", {"a", "b"}});
    int whole = 0, before = 0, after = 0;
    Silent first, second, third;
    const auto straight = run(problem, whole, first);
    (void)run(problem, before, second, {}, 1);
    const auto resumed = run(problem, after, third, second.last);
    EXPECT_LT(after, whole);
    EXPECT_EQ(straight.stop, resumed.stop);
    EXPECT_EQ(straight.reductions.size(), resumed.reductions.size());
    EXPECT_EQ(straight.evaluations, resumed.evaluations);
}

// Never has enough time.
class Slow final : public Searcher {
public:
    explicit Slow(int& calls) : calls_(calls) {}
    std::string name() const override { return "slow"; }
    SearchResult run(const Problem&, const Budget&, std::uint64_t, StopToken, Observer&, const std::string&) override {
        ++calls_;
        SearchResult result;
        result.stop = StopReason::seconds;
        return result;
    }

private:
    int& calls_;
};

TEST(Divide, AsksAgainWhatWasCutShort) {
    const auto problem = sample_problem({"sin(a + b) + 1/(1 + b)", {"a", "b"}});
    int before = 0, after = 0;
    Silent first, second;
    const auto once = [&](int& calls, Silent& observer, const std::string& resume) {
        const auto searcher = make_divide_searcher([&](const PartEffort&) { return std::make_unique<Slow>(calls); }, {.efforts = {1, 2}});
        return searcher->run(problem, {.seconds = 1e9, .evaluations = 1e9, .threads = 1}, 1, {}, observer, resume);
    };
    (void)once(before, first, {});
    (void)once(after, second, first.last);
    EXPECT_GT(before, 0);
    EXPECT_EQ(before, after);
}

TEST(Divide, LeavesNoiseToOthersWhereItIsToldTo) {
    auto problem = sample_problem({"a*sin(b*c)/d", {"a", "b", "c", "d"}, 0.5, 1.5});
    RandomStream random(4);
    std::vector<double> y(problem.data.targets[0].values().begin(), problem.data.targets[0].values().end());
    for (double& v : y) v += 0.01 * random.normal();
    problem.data.targets = {Column("y", y)};
    int calls = 0;
    Silent silent;
    DivideOptions options{.asked_entries = 1, .efforts = {1, 2}};
    options.noise = DivideOptions::Noise::left;
    const auto searcher = make_divide_searcher([&](const PartEffort&) { return std::make_unique<OneVariable>(calls); }, options);
    const auto result = searcher->run(problem, {.seconds = 1e9, .evaluations = 1e9, .threads = 1}, 1, {}, silent, {});
    EXPECT_EQ(calls, 0);
    EXPECT_TRUE(result.reductions.empty());
    EXPECT_NE(result.report.back().find("noise"), std::string::npos);
}

TEST(Divide, EndsWithinItsEvaluations) {
    const auto problem = sample_problem({"sin(a*b + c)/(1 + d*e)", {"a", "b", "c", "d", "e"}});
    int calls = 0;
    Silent silent;
    const auto result = run(problem, calls, silent, {}, 50);
    EXPECT_EQ(result.stop, StopReason::evaluations);
    EXPECT_LT(result.evaluations, 500);
}

TEST(Divide, LeavesClassesAndSeveralTargetsToOthers) {
    auto problem = sample_problem({"a*b", {"a", "b"}});
    problem.data.targets.push_back(problem.data.targets[0].with_name("z"));
    int calls = 0;
    Silent silent;
    const auto result = run(problem, calls, silent);
    EXPECT_EQ(result.stop, StopReason::exhausted);
    EXPECT_EQ(calls, 0);
    EXPECT_FALSE(result.report.empty());
}

}  // namespace
}  // namespace balmer::divide
