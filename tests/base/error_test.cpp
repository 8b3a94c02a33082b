#include "balmer/error.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace balmer {
namespace {

const std::vector<std::string> columns = {"pt1", "eta1", "phi1", "pt2", "charge"};

TEST(Error, SaysThePlaceFirst) {
    const Error error(Place{.file = "a.csv", .line = 3, .column = 2, .name = "pt1"}, "'x' is not a number");
    EXPECT_STREQ(error.what(), "a.csv, line 3, column 2 (pt1): 'x' is not a number");
    EXPECT_EQ(error.message(), "'x' is not a number");
    EXPECT_EQ(error.place().line, 3U);
}

TEST(Error, LeavesOutWhatIsUnknown) {
    EXPECT_EQ(to_string(Place{}), "");
    EXPECT_EQ(to_string(Place{.line = 7}), "line 7");
    EXPECT_EQ(to_string(Place{.name = "--target"}), "--target");
    EXPECT_EQ(to_string(Place{.file = "a.csv", .name = "pt1"}), "a.csv (pt1)");
    EXPECT_STREQ(Error("no rows").what(), "no rows");
    EXPECT_STREQ(Error(Place{}, "no rows").what(), "no rows");
}

TEST(Suggest, FindsSlipsOfTheFingers) {
    EXPECT_EQ(nearest("phi", columns), "phi1");
    EXPECT_EQ(nearest("chrage", columns), "charge");  // a swap counts one
    EXPECT_EQ(nearest("ETA1", columns), "eta1");      // case does not count
    EXPECT_EQ(nearest("pt", columns), "pt1");         // the first of two equally near
    EXPECT_EQ(suggest("chargee", columns), " Did you mean 'charge'?");
}

TEST(Suggest, IsSilentWhenNothingIsNear) {
    EXPECT_EQ(nearest("temperature", columns), std::nullopt);
    EXPECT_EQ(suggest("x", columns), "");
    EXPECT_EQ(suggest("", columns), "");
    EXPECT_EQ(suggest("x", std::vector<std::string>{"y"}), "");
    EXPECT_EQ(suggest("pt1", std::vector<std::string>{}), "");
}

TEST(Suggest, PrefersWhatBeginsAlikeForLonger) {
    EXPECT_EQ(suggest("sinn", std::vector<std::string>{"sign", "sin", "sinh"}), " Did you mean 'sin'?");
    EXPECT_EQ(suggest("coss", std::vector<std::string>{"loss", "cos", "cosh"}), " Did you mean 'cos'?");
}

TEST(Suggest, TakesViews) {
    constexpr std::string_view names[] = {"sqrt", "cos"};
    EXPECT_EQ(suggest("sqr", names), " Did you mean 'sqrt'?");
}

TEST(Result, HoldsAValueOrAnError) {
    const Result<int> good = 3;
    const Result<int> bad = Unexpected<std::string>("too big");
    EXPECT_TRUE(good.has_value());
    EXPECT_EQ(*good, 3);
    EXPECT_EQ(good.value_or(5), 3);
    EXPECT_FALSE(bad);
    EXPECT_EQ(bad.error(), "too big");
    EXPECT_EQ(bad.value_or(5), 5);
}

TEST(Result, MovesWhatCannotBeCopied) {
    Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
    EXPECT_EQ(*result.value(), 7);
    const std::unique_ptr<int> taken = *std::move(result);
    EXPECT_EQ(*taken, 7);
}

TEST(Result, TellsValueAndErrorOfOneTypeApart) {
    const Result<std::string> bad = Unexpected<std::string>("e");
    const Result<std::string> good = std::string("v");
    EXPECT_FALSE(bad.has_value());
    EXPECT_EQ(good->size(), 1U);
}

}  // namespace
}  // namespace balmer
