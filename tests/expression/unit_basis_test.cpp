// Exact elimination of units.
#include <gtest/gtest.h>

#include "balmer/units.hpp"

namespace balmer {
namespace {

std::vector<Unit> units_of(std::initializer_list<const char*> texts) {
    std::vector<Unit> units;
    for (const char* text : texts) units.push_back(parse_unit(text));
    return units;
}

Unit product_of(const std::vector<Unit>& units, const UnitBasis& basis, const std::vector<Rational>& exponents) {
    Unit product;
    for (std::size_t k = 0; k < exponents.size(); ++k) product = product * units[basis.members()[k]].power(exponents[k]);
    return product;
}

TEST(UnitBasis, SpansEveryUnitOfItsColumns) {
    const auto units = units_of({"kg m^2/s", "1/s", "kg m^2/(s^2 K)", "K", "m/s", "J", "m^(1/2)"});
    const UnitBasis basis(units);
    EXPECT_EQ(basis.members().size(), 4u);
    for (const auto& unit : units) {
        const auto exponents = basis.exponents(unit);
        ASSERT_TRUE(exponents);
        EXPECT_TRUE(product_of(units, basis, *exponents).same_dimension(unit)) << unit.text();
    }
}

TEST(UnitBasis, FractionsAreExact) {
    const auto units = units_of({"m^3", "s"});
    const UnitBasis basis(units);
    const auto exponents = basis.exponents(parse_unit("m s^-2"));
    ASSERT_TRUE(exponents);
    EXPECT_TRUE(product_of(units, basis, *exponents).same_dimension(parse_unit("m/s^2")));
}

TEST(UnitBasis, NothingMakesAUnitThatNoColumnHolds) {
    const auto units = units_of({"m", "s", "m/s"});
    EXPECT_FALSE(UnitBasis(units).exponents(parse_unit("kg")));
    EXPECT_FALSE(UnitBasis(units_of({"m/s"})).exponents(parse_unit("m")));
    EXPECT_EQ(missing_base_units(units, parse_unit("J")), std::vector<std::string>{"kg"});
    EXPECT_TRUE(missing_base_units(units_of({"m/s"}), parse_unit("m")).empty());
}

TEST(UnitBasis, PureNumbersNeedNoBasis) {
    const UnitBasis basis(units_of({"1", "rad"}));
    EXPECT_TRUE(basis.members().empty());
    EXPECT_TRUE(basis.exponents(parse_unit("1")));
    EXPECT_FALSE(basis.exponents(parse_unit("m")));
}

TEST(UnitBasis, PrefersThoseThatMayBeDividedBy) {
    const auto units = units_of({"m", "m"});
    EXPECT_EQ(UnitBasis(units).members(), std::vector<std::size_t>{0});
    EXPECT_EQ(UnitBasis(units, {false, true}).members(), std::vector<std::size_t>{1});
    EXPECT_EQ(UnitBasis(units, {false, false}).members(), std::vector<std::size_t>{0});
}

TEST(CheckUnits, NumbersMayBePureOrTakeAnyUnit) {
    const Vocabulary names{.features = {"x", "t"}, .parameters = {}, .definitions = {}, .holes = {}};
    const auto units = units_of({"m", "s"});
    const auto consistent = [&](const char* text, ConstantUnits constants) { return check_units(parse(text, names), units, names, constants).consistent; };
    EXPECT_TRUE(consistent("x + 1", ConstantUnits::any));
    EXPECT_FALSE(consistent("x + 1", ConstantUnits::dimensionless));
    EXPECT_TRUE(consistent("sin(2*t)", ConstantUnits::any));
    EXPECT_FALSE(consistent("sin(2*t)", ConstantUnits::dimensionless));
    EXPECT_TRUE(consistent("sin(2*t/t) + x^2/(3*x*x)", ConstantUnits::dimensionless));
    EXPECT_TRUE(consistent("x^0.5/sqrt(x) + 1", ConstantUnits::dimensionless));
    const auto unit = check_units(parse("2*x/t", names), units, names, ConstantUnits::dimensionless).unit;
    ASSERT_TRUE(unit);
    EXPECT_TRUE(unit->same_dimension(parse_unit("m/s")));
}

}  // namespace
}  // namespace balmer
