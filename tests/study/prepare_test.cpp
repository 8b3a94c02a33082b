#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "balmer/error.hpp"
#include "balmer/readers.hpp"
#include "model/run_program.hpp"
#include "study/fit_case.hpp"

// What a user gives becomes a problem, or an error that says what was given, what is allowed and what to try.

namespace balmer {
namespace {

FitParameters parameters_for(const std::string& target = "y") {
    FitParameters parameters;
    parameters.target = {target};
    return parameters;
}

std::string complaint(const FitParameters& parameters, const Table& table = testing::hard_table(20)) {
    try {
        (void)make_budget(parameters);
        (void)make_searcher(parameters.method);
        (void)testing::fit_of(table, [&] {
            FitParameters quick = parameters;
            if (quick.evaluations == 0) quick.evaluations = 1;
            return quick;
        }());
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

struct Mistake {
    const char* name;
    std::function<void(FitParameters&)> make;
    std::vector<std::string> says;  ///< all of these
};

class Mistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, SayWhatWasGivenAndWhatIsAllowed) {
    FitParameters parameters = parameters_for();
    GetParam().make(parameters);
    const std::string text = complaint(parameters);
    ASSERT_NE(text, "");
    for (const auto& part : GetParam().says) EXPECT_NE(text.find(part), std::string::npos) << "no \"" << part << "\" in: " << text;
}

const Mistake mistakes[] = {
    {"Operator", [](auto& p) { p.operators = "+ sqt"; }, {"--operators", "'sqt'", "Did you mean 'sqrt'", "Known: ", "--define"}},
    {"NoOperator", [](auto& p) { p.operators = " , "; }, {"--operators", "no operators", "+ - * /"}},
    {"Loss", [](auto& p) { p.loss = "hubber"; }, {"--loss", "hubber", "Did you mean 'huber'", "mse"}},
    {"LossFormula", [](auto& p) { p.loss = "(prediction - targt)^2"; }, {"targt", "target"}},
    {"LossForClasses", [](auto& p) { p.loss = "softmax"; }, {"softmax", "class"}},
    {"Task", [](auto& p) { p.task = "regresion"; }, {"--task", "regresion", "Did you mean 'regression'", "Allowed: auto"}},
    {"Method", [](auto& p) { p.method = {"genetics"}; }, {"--method", "genetics", "Did you mean 'genetic'", "Allowed: auto"}},
    {"Select", [](auto& p) { p.select = "beste"; }, {"--select", "beste", "Did you mean 'best'", "Allowed: description-length"}},
    {"Complexity", [](auto& p) { p.complexity = "treee"; }, {"--complexity", "treee", "tree"}},
    {"Target", [](auto& p) { p.target = {"z"}; }, {"'z'", "a, b, c, y"}},
    {"EmptyTarget", [](auto& p) { p.target = {""}; }, {"''"}},
    {"Feature", [](auto& p) { p.features = {"a", "bb"}; }, {"'bb'", "Did you mean 'b'"}},
    {"TwoRoles", [](auto& p) { p.features = {"a", "y"}; }, {"y"}},
    {"Weights", [](auto& p) { p.weights = "w"; }, {"'w'"}},
    {"Sigma", [](auto& p) { p.sigma = "0.1*z"; }, {"--sigma", "'z'"}},
    {"SigmaNegative", [](auto& p) { p.sigma = "a - 10"; }, {"--sigma", "a - 10", "row 1", "> 0"}},
    {"ValidationFraction", [](auto& p) { p.validation = "1.5"; }, {"--validation", "1.5", "(0, 1)"}},
    {"ValidationAll", [](auto& p) { p.validation = "0.97"; }, {"--validation", "0.97", "Hold out fewer"}},
    {"ValidationFile", [](auto& p) { p.validation = "no-such-file.csv"; }, {"no-such-file.csv"}},
    {"Units", [](auto& p) { p.units = "a=m,b"; }, {"--units", "'b'", "m=kg"}},
    {"UnitsUnknown", [](auto& p) { p.units = "a=furlong"; }, {"--units", "furlong"}},
    {"UnitsColumn", [](auto& p) { p.units = "aa=m"; }, {"'aa'", "Did you mean 'a'"}},
    {"Define", [](auto& p) { p.define = {"f(x) = "}; }, {"--define", "empty"}},
    {"DefineName", [](auto& p) { p.define = {"sin(x) = x"}; }, {"sin"}},
    {"DefineUnknown", [](auto& p) { p.define = {"f(x) = x + q"}; }, {"q"}},
    {"Constrain", [](auto& p) { p.constrain = {"sin(sin) < 1"}; }, {"sin(sin) < 1", "'<='", "sin(sin) <= 0"}},
    {"ConstrainOperator", [](auto& p) { p.constrain = {"sqt(sin) <= 1"}; }, {"sqt", "Did you mean 'sqrt'"}},
    {"ConstrainNumber", [](auto& p) { p.constrain = {"^ <= x"}; }, {"'x'", "number >= 0"}},
    {"ConstrainEmpty", [](auto& p) { p.constrain = {"<= 2"}; }, {"<= 2"}},
    {"ConstrainHuge", [](auto& p) { p.constrain = {"exp(*) <= 1e300"}; }, {"exp(*) <= 1e300"}},
    {"Guess", [](auto& p) { p.guess = {"a + "}; }, {"a + "}},
    {"GuessColumn", [](auto& p) { p.guess = {"a + zz"}; }, {"--guess", "zz"}},
    {"GuessOutputs", [](auto& p) { p.guess = {"a; b"}; }, {"--guess", "2 formulas", "1"}},
    {"Form", [](auto& p) { p.form = "a*"; }, {"--form", "a*"}},
    {"FormWithoutConstant", [](auto& p) { p.form = "a + b"; }, {"--form", "nothing to find", "m*x"}},
    {"FormUnknownFunction", [](auto& p) { p.form = "m*bell() + a"; }, {"--form", "unknown function", "bell(x)"}},
    {"FormOutsideDomain", [](auto& p) { p.form = "log(-m^2 - a)"; }, {"domain"}},
    {"MaximumComplexity", [](auto& p) { p.maximum_complexity = 0; }, {"--maximum-complexity", "0", "allowed: "}},
    {"MaximumDepth", [](auto& p) { p.maximum_depth = 1000; }, {"--maximum-depth", "1000", "100"}},
    {"Seconds", [](auto& p) { p.seconds = 0; }, {"--seconds", "> 0"}},
    {"SecondsNotANumber", [](auto& p) { p.seconds = NAN; }, {"--seconds"}},
    {"Evaluations", [](auto& p) { p.evaluations = -1; }, {"--evaluations", "-1"}},
    {"Threads", [](auto& p) { p.threads = -2; }, {"--threads", "-2", "1024"}},
    {"Seed", [](auto& p) { p.seed = -1; }, {"--seed", "-1"}},
    {"HuberDelta", [](auto& p) { p.huber_delta = 0; }, {"--huber-delta"}},
    {"Quantile", [](auto& p) { p.quantile = 1; }, {"--quantile", "between 0 and 1"}},
    {"Memory", [](auto& p) { p.memory = "lots"; }, {"--memory", "'lots'", "2GiB"}},
};

INSTANTIATE_TEST_SUITE_P(OfTheUser, Mistakes, ::testing::ValuesIn(mistakes), [](const auto& named) { return std::string(named.param.name); });

TEST(Prepare, NoTargetNamesTheColumns) {
    FitParameters parameters;
    try {
        (void)prepare(parameters, testing::hard_table(20));
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("--target y. Columns: a, b, c, y"), std::string::npos) << error.what();
    }
}

TEST(Prepare, OneScoreForThreeClassesIsRefused) {
    Table table = testing::hard_table(60);
    TextColumn kind{.name = "kind", .categories = {"p", "q", "r"}, .codes = {}};
    for (std::uint32_t r = 0; r < 60; ++r) kind.codes.push_back(r % 3);
    table.text.push_back(kind);
    table.order.emplace_back("kind");
    FitParameters parameters = parameters_for("kind");
    EXPECT_EQ(prepare(parameters, table).problem.outputs(), 3u);
    parameters.loss = "mse";
    try {
        (void)prepare(parameters, table);
        FAIL();
    } catch (const Error& error) {
        for (const char* part : {"--loss", "'mse'", "1 output", "3 classes", "softmax"}) EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
}

TEST(Prepare, AConstantColumnIsNoted) {
    Table table = testing::hard_table(20);
    table.numeric.emplace_back("same", std::vector<double>(20, 3.0));
    table.order.emplace_back("same");
    const auto prepared = prepare(parameters_for(), table);
    EXPECT_EQ(prepared.problem.data.feature_names(), (std::vector<std::string>{"a", "b", "c"}));
    ASSERT_EQ(prepared.notes.size(), 1u);
    EXPECT_NE(prepared.notes[0].find("same"), std::string::npos) << prepared.notes[0];
}

TEST(Prepare, SigmaByAFormulaIsOnePerRow) {
    FitParameters parameters = parameters_for();
    parameters.sigma = "0.1*abs(y) + 1";
    const auto prepared = prepare(parameters, testing::hard_table(20));
    ASSERT_TRUE(prepared.problem.data.sigma);
    for (std::size_t i = 0; i < 20; ++i)
        EXPECT_DOUBLE_EQ((*prepared.problem.data.sigma)[i], 0.1 * std::fabs(prepared.problem.data.targets[0][i]) + 1);
    EXPECT_EQ(prepared.problem.data.features.size(), 3u);
}

TEST(Prepare, ValidationRowsAreNotFitted) {
    FitParameters parameters = parameters_for();
    parameters.validation = "0.25";
    const Table table = testing::hard_table(40);
    const auto prepared = prepare(parameters, table);
    ASSERT_TRUE(prepared.problem.validation);
    EXPECT_EQ(prepared.problem.validation->rows(), 10u);
    EXPECT_EQ(prepared.problem.data.rows(), 30u);
    std::vector<double> all(prepared.problem.data.targets[0].values().begin(), prepared.problem.data.targets[0].values().end());
    const auto held = prepared.problem.validation->targets[0].values();
    all.insert(all.end(), held.begin(), held.end());
    std::vector<double> given(table.numeric[3].values().begin(), table.numeric[3].values().end());
    std::ranges::sort(all);
    std::ranges::sort(given);
    EXPECT_EQ(all, given);
}

TEST(Prepare, ValidationFromAFile) {
    const testing::TemporaryFolder folder;
    std::ofstream(folder / "more.csv") << "y,c,b,a\n1,2,3,4\n2,3,4,5\n";
    FitParameters parameters = parameters_for();
    parameters.validation = folder / "more.csv";
    const auto prepared = prepare(parameters, testing::hard_table(20));
    ASSERT_TRUE(prepared.problem.validation);
    EXPECT_EQ(prepared.problem.validation->features[0][0], 4);
    EXPECT_EQ(prepared.problem.data.rows(), 20u);
}

TEST(Prepare, ValidationRowsMayHoldConstantColumnsAndFewerClasses) {
    const testing::TemporaryFolder folder;
    std::ofstream(folder / "train.csv") << "a,b,y\n1,2,ape\n2,1,bee\n3,5,cat\n4,2,bee\n";
    std::ofstream(folder / "more.csv") << "a,b,y\n7,2,cat\n7,3,bee\n";
    std::ofstream(folder / "one.csv") << "a,b,y\n7,2,cat\n";
    std::ofstream(folder / "other.csv") << "a,b,y\n7,2,cow\n";
    FitParameters parameters = parameters_for();
    parameters.validation = folder / "more.csv";
    const auto table = read_table(folder / "train.csv");
    const auto prepared = prepare(parameters, table);
    ASSERT_TRUE(prepared.problem.validation);
    const auto& rows = *prepared.problem.validation;
    EXPECT_EQ(rows.feature_names(), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(rows.classes, prepared.problem.data.classes);
    EXPECT_EQ(rows.targets[0][0], 2);
    EXPECT_EQ(rows.targets[0][1], 1);
    parameters.validation = folder / "one.csv";
    EXPECT_EQ(prepare(parameters, table).problem.validation->targets[0][0], 2);
    parameters.validation = folder / "other.csv";
    try {
        (void)prepare(parameters, table);
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("'cow' is not among those that are fitted"), std::string::npos) << error.what();
    }
}

TEST(Prepare, NumbersWithoutSquaresAreRefused) {
    for (const double scale : {1e300, 1e-300}) {
        const auto table = testing::table_of({"a"}, 20, [&](const auto& x) { return scale * x[0]; });
        try {
            (void)prepare(parameters_for(), table);
            FAIL() << scale;
        } catch (const Error& error) {
            for (const char* part : {"values up to", "their squares leave the range", "--sigma", "0.01*y", "--loss mae"})
                EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
        }
        FitParameters other = parameters_for();
        other.loss = "mae";
        EXPECT_TRUE(prepare(other, table).notes.empty());
        other = parameters_for();
        other.sigma = "0.01*abs(y)";
        EXPECT_TRUE(prepare(other, table).notes.empty());
    }
}

TEST(Budget, SecondsGiveWayToEvaluationsUnlessAskedFor) {
    FitParameters parameters;
    EXPECT_EQ(make_budget(parameters).seconds, 60);
    EXPECT_TRUE(std::isinf(make_budget(parameters).evaluations));
    parameters.evaluations = 1000;
    EXPECT_TRUE(std::isinf(make_budget(parameters).seconds));
    EXPECT_EQ(make_budget(parameters).evaluations, 1000);
    parameters.stated = {"seconds"};
    EXPECT_EQ(make_budget(parameters).seconds, 60);
    parameters.stated = {};
    parameters.seconds = 5;
    EXPECT_EQ(make_budget(parameters).seconds, 5);
}

TEST(Budget, Memory) {
    EXPECT_EQ(parse_memory("500MB"), 500'000'000u);
    EXPECT_EQ(parse_memory("2GiB"), std::size_t{2} << 30);
    EXPECT_EQ(parse_memory("1.5 GiB"), std::size_t{3} << 29);
    EXPECT_EQ(parse_memory("1e9"), 1'000'000'000u);
    for (const char* wrong : {"", "GB", "-1GB", "0", "5XB", "1e400", "1e30GB", "nan", "2 GiB please"})
        EXPECT_THROW((void)parse_memory(wrong), Error) << wrong;
}

}  // namespace
}  // namespace balmer
