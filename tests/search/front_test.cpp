// The front, choosing from it, constraints and checkpoint bytes.
#include <gtest/gtest.h>

#include <cmath>

#include "balmer/error.hpp"
#include "balmer/random.hpp"
#include "balmer/search.hpp"
#include "search/bytes.hpp"
#include "search/constraints.hpp"
#include "search/scorer.hpp"

namespace balmer {
namespace {

Candidate candidate(int complexity, double loss) {
    return {.outputs = {Expression::constant(loss)}, .complexity = complexity, .loss = loss};
}

TEST(ParetoFront, KeepsWhatNothingSimplerBeats) {
    ParetoFront front;
    EXPECT_TRUE(front.insert(candidate(5, 1.0)));
    EXPECT_TRUE(front.insert(candidate(3, 2.0)));
    EXPECT_FALSE(front.insert(candidate(6, 1.0))) << "not better than a simpler one";
    EXPECT_TRUE(front.insert(candidate(9, 0.1)));
    EXPECT_TRUE(front.insert(candidate(4, 0.5))) << "dominates the member of complexity 5";
    ASSERT_EQ(front.members().size(), 3u);
    EXPECT_EQ(front.members()[0].complexity, 3);
    EXPECT_EQ(front.members()[1].complexity, 4);
    EXPECT_EQ(front.members()[2].complexity, 9);
    EXPECT_NEAR(front.members()[1].score, std::log(2.0 / 0.5), 1e-12);
    EXPECT_NEAR(front.members()[2].score, std::log(0.5 / 0.1) / 5, 1e-12);
    EXPECT_FALSE(front.insert(candidate(2, std::nan(""))));
    EXPECT_FALSE(front.insert(candidate(2, INFINITY)));
    EXPECT_FALSE(front.insert(candidate(9, 0.1 * (1 - 1e-14)))) << "rounding is no progress";
}

Problem line_problem(std::size_t rows) {
    Problem problem;
    std::vector<double> x(rows), y(rows);
    for (std::size_t i = 0; i < rows; ++i) {
        x[i] = static_cast<double>(i);
        y[i] = 3 * x[i] + 1;
    }
    problem.data.features = {Column("x", x)};
    problem.data.targets = {Column("y", y)};
    problem.operators = {Op::add, Op::multiply, Op::sin};
    return problem;
}

TEST(Select, EachWayChoosesItsOwn) {
    const Problem problem = line_problem(100);
    ParetoFront front;
    const auto words = problem.vocabulary();
    front.insert({.outputs = {parse("x", words)}, .complexity = 1, .loss = 100});
    front.insert({.outputs = {parse("1.7*x + 1", words)}, .complexity = 5, .loss = 1});
    front.insert({.outputs = {parse("1.7*x + 1.1*sin(x + 0.3) + 0.02*sin(1.7*x) + 0.7", words)}, .complexity = 20, .loss = 0.9});
    EXPECT_EQ(select(front, Selection::best, problem), 1u);
    EXPECT_EQ(select(front, Selection::accuracy, problem), 2u);
    EXPECT_EQ(select(front, Selection::description_length, problem), 1u);
}

TEST(Select, MeetingWholeNumbersByChanceIsNoReasonForAShortFormula) {
    Problem problem;
    std::vector<double> a, b, y;
    RandomStream random(4);
    for (int i = 0; i < 300; ++i) {
        const double level = 2 + static_cast<double>(random.below(6));
        a.push_back(level + static_cast<double>(random.below(3)) - 1);
        b.push_back(level + static_cast<double>(random.below(3)) - 1);
        y.push_back(std::round(0.5 * (a.back() + b.back()) + 0.3 * random.normal()));
    }
    problem.data.features = {Column("a", a), Column("b", b)};
    problem.data.targets = {Column("y", y)};
    problem.operators = {Op::add, Op::multiply};
    const Scorer scorer(problem);
    const Vocabulary names = problem.vocabulary();
    ParetoFront front;
    front.insert(scorer.score({parse("a", names)}, "test"));
    front.insert(scorer.score({parse("0.5*(a + b)", names)}, "test"));
    ASSERT_EQ(front.members().size(), 2u);
    EXPECT_LT(front.members()[1].loss, 0.5 * front.members()[0].loss);
    EXPECT_EQ(select(front, Selection::description_length, problem), 1u);
}

TEST(Select, NumbersThatMeetFewRowsTellNothing) {
    // Six planets: a power of the distance with one number, and two ways of meeting every row by as many numbers as there are rows.
    Problem problem;
    problem.data.features = {Column("a", {0.389, 0.724, 1, 1.524, 5.2, 9.51})};
    problem.data.targets = {Column("P", {87.77, 224.7, 365.25, 686.95, 4332.62, 10759.2})};
    problem.operators = {Op::add, Op::multiply, Op::sqrt};
    const auto names = problem.vocabulary();
    const auto chosen_of = [&](bool relative) {
        if (relative) {
            std::vector<double> sigma;
            for (const double P : problem.data.targets[0].values()) sigma.push_back(0.01 * P);
            problem.data.sigma = Column("sigma", sigma);
        }
        const Scorer scorer(problem);
        ParetoFront front;
        for (const auto* text : {"300.1*a", "360.1*a*sqrt(a)", "360.1*a*sqrt(a) + 0.111*a + 0.123*a*a + 0.0111*a*a*a + 0.3117 + 0.00123*a*a*a*a"}) {
            std::vector<Expression> outputs = {parse(text, names)};
            scorer.fit(outputs, {.maximum_iterations = 50});
            front.insert(scorer.score(std::move(outputs), "test"));
        }
        EXPECT_EQ(front.members().size(), 3u);
        EXPECT_LT(front.members()[2].loss, 1e-6 * front.members()[1].loss);
        return select(front, Selection::description_length, problem);
    };
    EXPECT_EQ(chosen_of(false), 1u);
    EXPECT_EQ(chosen_of(true), 1u);
}

TEST(Constraints, EachFormLimits) {
    Constraints constraints;
    add_constraint(constraints, "sin(sin) <= 0");
    add_constraint(constraints, "exp(*) <= 3");
    add_constraint(constraints, "^(_, *) <= 1");
    add_constraint(constraints, "^ <= 4");
    const Vocabulary xy{.features = {"x", "y"}, .parameters = {}, .definitions = {}, .holes = {}};
    const ComplexityMeasure tree;
    const auto allowed = [&](const char* text) { return shape_allowed(parse(text, xy), constraints, tree); };
    EXPECT_TRUE(allowed("sin(x) + sin(y)"));
    EXPECT_FALSE(allowed("sin(2*sin(x))"));
    EXPECT_TRUE(allowed("exp(x*y)"));
    EXPECT_FALSE(allowed("exp(x*y + 1)"));
    EXPECT_TRUE(allowed("x^y"));
    EXPECT_FALSE(allowed("x^(y + 1)"));
    EXPECT_TRUE(allowed("x^4"));
    EXPECT_FALSE(allowed("x^5"));
    EXPECT_FALSE(allowed("x^-4.5"));
    for (const char* wrong : {"sin(sin)", "sinn(sin) <= 0", "sin(sin) <= many", "sin <= 3", "exp(_, *) <= 2", "sin(sin <= 2"})
        EXPECT_THROW(add_constraint(constraints, wrong), Error) << wrong;
}

TEST(Constraints, SeveralOutputsShareTheLimitAsAMean) {
    const Vocabulary x{.features = {"x"}, .parameters = {}, .definitions = {}, .holes = {}};
    Constraints constraints{.maximum_complexity = 4};
    const ComplexityMeasure tree;
    const auto one = parse("x", x), five = parse("x + x + x", x), nine = parse("x + x + x + x + x", x);
    EXPECT_TRUE(satisfies(std::vector{one, five}, constraints, tree));
    EXPECT_FALSE(satisfies(std::vector{five, five}, constraints, tree));
    EXPECT_FALSE(satisfies(std::vector{one, nine, one}, constraints, tree)) << "one alone may have twice the limit";
    EXPECT_FALSE(satisfies(std::vector{five}, constraints, tree));
}

TEST(Bytes, FrontsReadBackEqualAndDamageIsNoticed) {
    ParetoFront front;
    front.insert(candidate(1, 100));
    front.insert(candidate(7, 1.5));
    ByteWriter writer;
    writer.front(front);
    const std::string bytes = writer.take();
    ByteReader reader(bytes);
    const auto back = reader.front();
    EXPECT_TRUE(reader.at_end());
    ASSERT_EQ(back.members().size(), 2u);
    EXPECT_EQ(back.members()[1].outputs, front.members()[1].outputs);
    EXPECT_EQ(back.members()[1].loss, 1.5);
    for (std::size_t cut = 0; cut < bytes.size(); cut += 7)
        EXPECT_THROW((void)ByteReader(std::string_view(bytes).substr(0, cut)).front(), Error);
    std::string damaged = bytes;
    damaged[0] = '\x7f';
    damaged[5] = '\x7f';
    EXPECT_THROW((void)ByteReader(damaged).front(), Error);
}

}  // namespace
}  // namespace balmer
