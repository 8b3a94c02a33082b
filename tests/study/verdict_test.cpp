#include <gtest/gtest.h>

#include <algorithm>

#include "balmer/number.hpp"
#include "search/scorer.hpp"
#include "study/fit_case.hpp"

// Verdicts on fronts made by hand, so that no search decides what is tested.

namespace balmer {
namespace {

struct Made {
    Problem problem;
    ParetoFront front;
};

/// A front of these formulas as they stand.
Made front_of(const Table& table, const std::vector<std::string>& formulas, const std::string& loss = "") {
    FitParameters parameters;
    parameters.target = {"y"};
    parameters.loss = loss;
    parameters.maximum_complexity = 60;
    Made made{.problem = prepare(parameters, table).problem, .front = {}};
    for (const auto& text : formulas) {
        Candidate candidate;
        candidate.outputs = {parse(text, made.problem.vocabulary())};
        candidate.complexity = made.problem.complexity.total(candidate.outputs);
        candidate.loss = Scorer(made.problem).loss(candidate.outputs);
        made.front.insert(candidate);
    }
    return made;
}

VerdictKind verdict_on_last(const Made& made) { return judge(made.front, made.front.members().size() - 1, made.problem).kind; }

double decaying_law(const std::vector<double>& v) { return v[0] * std::exp(-v[1]) + v[0]; }

TEST(Verdict, ExactAtRounding) { EXPECT_EQ(verdict_on_last(front_of(testing::table_of({"a", "b"}, 300, decaying_law), {"a", "a*exp(-b) + a"})), VerdictKind::exact); }

TEST(Verdict, NoiseIsWithinNoise) {
    const auto table = testing::table_of({"a", "b"}, 400, decaying_law, 0.02);
    EXPECT_EQ(verdict_on_last(front_of(table, {"a", "a*exp(-b) + a"})), VerdictKind::exact_within_noise);
}

TEST(Verdict, ACloseFormulaIsApproximate) {
    // Without noise, nearly right everywhere: structure is left at every level.
    const auto table = testing::table_of({"a", "b"}, 400, decaying_law);
    EXPECT_EQ(verdict_on_last(front_of(table, {"a", "a*exp(-1.001*b) + a"})), VerdictKind::approximate);
    EXPECT_EQ(verdict_on_last(front_of(table, {"a", "a*exp(-1.000001*b) + a*1.0000001"})), VerdictKind::approximate);
    // With noise, wrong by as much as the noise.
    const auto noisy = testing::table_of({"a", "b"}, 1000, decaying_law, 0.02);
    EXPECT_EQ(verdict_on_last(front_of(noisy, {"a", "1.07*a*exp(-0.98*b) + 0.97*a"})), VerdictKind::approximate);
}

TEST(Verdict, NoDependenceIsNoLaw) {
    const auto table = testing::table_of({"a", "b"}, 400, [](const auto&) { return 3.0; }, 0.5);
    EXPECT_EQ(verdict_on_last(front_of(table, {"3.01"})), VerdictKind::approximate);
}

TEST(Verdict, MoreNumbersThanRowsAreNoLaw) {
    const auto table = testing::table_of({"a"}, 4, [](const auto& v) { return std::exp(v[0]); });
    // A cubic through four points.
    std::vector<double> x, y;
    for (std::size_t i = 0; i < 4; ++i) {
        x.push_back(table.numeric[0][i]);
        y.push_back(table.numeric[1][i]);
    }
    std::string text;
    for (std::size_t i = 0; i < 4; ++i) {
        double scale = y[i];
        std::string factors;
        for (std::size_t j = 0; j < 4; ++j) {
            if (j == i) continue;
            scale /= x[i] - x[j];
            factors += "*(a - " + format_double(x[j]) + ")";
        }
        text += (i > 0 ? " + " : "") + std::string("(") + format_double(scale) + ")" + factors;
    }
    EXPECT_EQ(verdict_on_last(front_of(table, {text})), VerdictKind::approximate);
}

TEST(Verdict, AFewWrongRowsDoNotHideTheLaw) {
    auto table = testing::table_of({"a", "b"}, 500, decaying_law, 0.02);
    std::vector<double> y(table.numeric[2].values().begin(), table.numeric[2].values().end());
    for (std::size_t i = 7; i < y.size(); i += 100) y[i] = 40;
    table.numeric[2] = Column("y", y);
    const auto made = front_of(table, {"a", "a*exp(-b) + a"}, "huber");
    const auto verdict = judge(made.front, 1, made.problem);
    std::string evidence;
    for (const auto& sentence : verdict.evidence) evidence += sentence + "\n";
    EXPECT_EQ(verdict.kind, VerdictKind::exact_within_noise) << evidence;
    EXPECT_EQ(select(made.front, Selection::description_length, made.problem), 1u);
}

TEST(Verdict, OnlyALongerFormulaThatExplainsMoreIsARival) {
    const auto table = testing::table_of({"a", "b"}, 1000, decaying_law, 0.05);
    const auto on = [&](const Made& made, const std::string& text) {
        const auto& members = made.front.members();
        for (std::size_t i = 0; i < members.size(); ++i)
            if (print(members[i].outputs[0], made.problem.vocabulary()) == print(parse(text, made.problem.vocabulary()), made.problem.vocabulary()))
                return judge(made.front, i, made.problem).kind;
        return VerdictKind::approximate;
    };
    // Imitations of the law by the same law inside a flat function.
    EXPECT_EQ(on(front_of(table, {"a", "a*exp(-b) + a", "a*exp(-b) + 1000*sin(a/1000)"}), "a*exp(-b) + a"), VerdictKind::exact_within_noise);
    // The law is the longer one.
    EXPECT_EQ(on(front_of(table, {"a", "a*exp(-b) + 1.03*a", "a*exp(-b) + a"}), "a*exp(-b) + 1.03*a"), VerdictKind::approximate);
}

TEST(Verdict, RowsHeldOutAreSeenByNoStage) {
    FitParameters parameters;
    parameters.target = {"y"};
    const auto table = testing::table_of({"a", "b"}, 1000, decaying_law, 0.1);
    const Problem problem = prepare(parameters, table).problem;
    const auto parts = hold_out(problem);
    ASSERT_TRUE(parts.held);
    EXPECT_EQ(parts.held->rows(), 100u);
    EXPECT_EQ(parts.fitted.data.rows(), 900u);
    std::vector<double> both(parts.fitted.data.targets[0].values().begin(), parts.fitted.data.targets[0].values().end());
    for (const double y : parts.held->targets[0].values()) both.push_back(y);
    std::vector<double> whole(problem.data.targets[0].values().begin(), problem.data.targets[0].values().end());
    std::ranges::sort(both);
    std::ranges::sort(whole);
    EXPECT_EQ(both, whole);
}

}  // namespace
}  // namespace balmer
