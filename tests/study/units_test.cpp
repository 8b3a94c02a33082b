// Units in whole fits: refused where the target cannot be reached, kept to by every formula of the front.
#include <gtest/gtest.h>

#include <fstream>

#include "balmer/error.hpp"
#include "balmer/units.hpp"
#include "study/fit_case.hpp"

namespace balmer {
namespace {

namespace fs = std::filesystem;

FitParameters with_units(const std::string& units) {
    FitParameters parameters;
    parameters.target = {"y"};
    parameters.units = units;
    parameters.progress = "none";
    return parameters;
}

Table moving() {
    return testing::table_of({"x", "v", "t"}, 80, [](const auto& v) { return v[0] + v[1] * v[2] * std::exp(-v[1] * v[2] / v[0]); });
}

std::string units_complaint(const FitParameters& parameters) {
    try {
        (void)prepare(parameters, moving());
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

TEST(Units, ATargetThatNoColumnReachesIsRefusedWithTheMissingUnit) {
    const auto text = units_complaint(with_units("x=m,v=m/s,t=s,y=J"));
    for (const char* part : {"--units", "y", "J", "kg", "v [m/s]", "--unit-constants any"}) EXPECT_NE(text.find(part), std::string::npos) << part << " in: " << text;
    auto any = with_units("x=m,v=m/s,t=s,y=J");
    any.unit_constants = "any";
    EXPECT_EQ(units_complaint(any), "");
    EXPECT_EQ(units_complaint(with_units("x=m,v=m/s,t=s,y=m")), "");
    EXPECT_NE(units_complaint(with_units("x=m/s,v=m/s,t=1,y=m")), "");
}

TEST(Units, AnUnknownUnitNamesItsColumn) {
    const auto text = units_complaint(with_units("x=m,v=furlong/s,t=s,y=m"));
    for (const char* part : {"--units", "column v", "furlong"}) EXPECT_NE(text.find(part), std::string::npos) << part << " in: " << text;
    auto wrong = with_units("x=m");
    wrong.unit_constants = "free";
    EXPECT_NE(units_complaint(wrong).find("Allowed: dimensionless, any"), std::string::npos);
}

TEST(Units, ColumnsWithoutOneAreNamed) {
    const auto prepared = prepare(with_units("x=m,y=m"), moving());
    EXPECT_EQ(prepared.problem.units, UnitRule::constants_dimensionless);
    std::string all;
    for (const auto& note : prepared.notes) all += note + "\n";
    EXPECT_NE(all.find("v, t"), std::string::npos) << all;
}

class Methods : public ::testing::TestWithParam<const char*> {};

TEST_P(Methods, KeepToTheUnits) {
    auto parameters = with_units("x=m,v=m/s,t=s,y=m");
    parameters.method = {GetParam()};
    parameters.evaluations = 1500;
    parameters.threads = 1;
    const auto outcome = testing::fit_of(moving(), parameters);
    const auto vocabulary = outcome.problem.vocabulary();
    std::vector<Unit> units;
    for (const char* unit : {"m", "m/s", "s"}) units.push_back(parse_unit(unit));
    ASSERT_FALSE(outcome.result.front.empty());
    for (const auto& member : outcome.result.front.members()) {
        const auto check = check_units(member.outputs[0], units, vocabulary, ConstantUnits::dimensionless);
        EXPECT_TRUE(check.consistent) << check.complaint << ": " << print(member.outputs[0], vocabulary);
        if (check.unit) EXPECT_TRUE(check.unit->same_dimension(parse_unit("m"))) << print(member.outputs[0], vocabulary);
    }
}

INSTANTIATE_TEST_SUITE_P(Each, Methods, ::testing::Values("divide", "enumerate", "genetic"), [](const auto& test) { return std::string(test.param); });

TEST(Reductions, StandInTheRunFolder) {
    const auto folder = fs::path(::testing::TempDir()) / "balmer_reductions_run";
    fs::remove_all(folder);
    FitParameters parameters;
    parameters.target = {"y"};
    parameters.method = {"divide"};
    parameters.evaluations = 20000;
    parameters.run_folder = folder.string();
    const auto table = testing::table_of({"a", "b", "c", "d"}, 300, [](const auto& v) {
        const double u = v[2] * v[3];
        return v[0] * std::pow(v[1], 3) * (std::exp(-0.371 * u) + std::sin(0.77 * u));
    });
    const auto outcome = testing::fit_of(table, parameters);
    ASSERT_GT(outcome.result.reductions.size(), 1u);
    std::ifstream in(folder / "run.json");
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    for (const char* part : {"\"reductions\"", "\"parent\"", "\"kind\": \"problem\"", "\"words\"", "\"error_after\"", "\"variables\""}) EXPECT_NE(text.find(part), std::string::npos) << part;
    fs::remove_all(folder);
}

}  // namespace
}  // namespace balmer
