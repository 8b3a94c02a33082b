#include "balmer/units.hpp"

#include <gtest/gtest.h>

#include "balmer/error.hpp"
#include "balmer/random.hpp"

using namespace balmer;

namespace {

std::string text(const std::string& unit) { return parse_unit(unit).text(); }

std::string error_of(const std::string& unit) {
    try {
        parse_unit(unit);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

UnitCheck check(const std::string& formula) {
    Vocabulary names{{"x", "t", "v", "m"}, {}, {}, {}};
    names.definitions.push_back(parse_definition("half_square(a) = 0.5*a^2", names));
    const std::vector<Unit> units{parse_unit("m"), parse_unit("s"), parse_unit("km/h"), parse_unit("kg")};
    return check_units(parse(formula, names), units, names);
}

}  // namespace

TEST(Units, AreReadAsTyped) {
    const std::pair<const char*, const char*> cases[] = {
        {"kg m/s^2", "m kg s^-2"},   {"N", "m kg s^-2"},        {"m^(1/2)", "m^(1/2)"},  {"1", "1"},
        {"J/(kg K)", "m^2 s^-2 K^-1"}, {"m*s**-1", "m s^-1"},   {"kg.m^2", "m^2 kg"},    {"V A", "m^2 kg s^-3"},
        {"km", "1000 m"},            {"mm^2", "1e-06 m^2"},     {"m²", "m^2"},           {"Ohm", "m^2 kg s^-3 A^-2"},
        {"W/m^2/K^4", "kg s^-3 K^-4"}, {"min", "60 s"},         {"rad", "1"}};
    for (const auto& [given, expected] : cases) EXPECT_EQ(text(given), expected) << given;
    EXPECT_DOUBLE_EQ(parse_unit("GeV").factor, 1.602176634e-10);
    EXPECT_DOUBLE_EQ(parse_unit("km/h").factor, 1 / 3.6);
    EXPECT_DOUBLE_EQ(parse_unit("pb").factor, 1e-40);
    EXPECT_DOUBLE_EQ(parse_unit("kg").factor, 1);
    EXPECT_TRUE(parse_unit("GeV").same_dimension(parse_unit("kg m^2/s^2")));
    EXPECT_NE(error_of("kg.m2").find("unknown unit 'm2'"), std::string::npos);
}

TEST(Units, TextReadsBack) {
    RandomStream random(31);
    for (int k = 0; k < 2000; ++k) {
        Unit unit;
        for (auto& n : unit.exponent)
            if (random.chance(.4)) n = Rational::make(static_cast<std::int64_t>(random.below(13)) - 6, 1 + static_cast<std::int64_t>(random.below(4)));
        if (random.chance(.5)) unit.factor = random.uniform(1e-9, 1e9);
        const auto again = parse_unit(unit.text());
        EXPECT_TRUE(again.same_dimension(unit)) << unit.text();
        EXPECT_EQ(again.factor, unit.factor) << unit.text();
    }
}

TEST(Units, MistakesAreShown) {
    EXPECT_NE(error_of("kgg").find("unknown unit 'kgg'"), std::string::npos);
    EXPECT_NE(error_of("kgg").find("Did you mean"), std::string::npos);
    EXPECT_NE(error_of("m/").find("missing"), std::string::npos);
    EXPECT_NE(error_of("").find("nothing there"), std::string::npos);
    EXPECT_NE(error_of("m^x").find("exponent"), std::string::npos);
    EXPECT_NE(error_of("m^(1/0)").find("zero"), std::string::npos);
    EXPECT_NE(error_of("(m").find(") is missing"), std::string::npos);
    EXPECT_NE(error_of("m^99999999999999999999").find("too large"), std::string::npos);
}

TEST(Units, RationalsAreExactAndChecked) {
    EXPECT_EQ(Rational::make(2, -4), (Rational{-1, 2}));
    EXPECT_EQ((Rational{1, 2} + Rational{1, 3}), (Rational{5, 6}));
    EXPECT_EQ((Rational{1, 2} - Rational{1, 2}), (Rational{0, 1}));
    EXPECT_THROW((Rational{INT64_MAX, 1} + Rational{1, 1}), Error);
    EXPECT_THROW((Rational{INT64_MAX, 1} * Rational{2, 1}), Error);
    EXPECT_THROW(Rational::make(1, 0), Error);
}

TEST(Units, OfFormulas) {
    EXPECT_EQ(check("x/t").unit->text(), "m s^-1");
    EXPECT_EQ(check("m*v^2").unit->text(), "m^2 kg s^-2");
    EXPECT_EQ(check("sqrt(x/t^2)").unit->text(), "m^(1/2) s^-1");
    EXPECT_EQ(check("x^1.5").unit->text(), "m^(3/2)");
    EXPECT_TRUE(check("x/t + v").consistent);
    EXPECT_TRUE(check("atan2(x, v*t)").unit->dimensionless());
    EXPECT_EQ(check("half_square(v)").unit->text(), "m^2 s^-2");
    EXPECT_TRUE(check("if(x > v*t, x, v*t)").consistent);
}

TEST(Units, ConstantsTakeWhateverIsNeeded) {
    EXPECT_TRUE(check("sin(2*t)").consistent);
    EXPECT_TRUE(check("x + 3").consistent);
    EXPECT_EQ(check("x + 3").unit->text(), "m");
    EXPECT_FALSE(check("3*x").unit.has_value());
    EXPECT_TRUE(check("2*x + 3*t").consistent);
}

TEST(Units, ComplaintsSayWhat) {
    EXPECT_EQ(check("sin(x/t)").complaint, "sin needs a dimensionless argument, got m s^-1");
    EXPECT_EQ(check("x + t").complaint, "+ needs operands of one unit, got m and s");
    EXPECT_FALSE(check("x < t").consistent);
    EXPECT_FALSE(check("2^x").consistent);
    EXPECT_FALSE(check("x^(t/t)").consistent);
    EXPECT_FALSE(check("x^0.377").consistent);
}
