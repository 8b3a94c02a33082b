#include "balmer/number.hpp"

#include "balmer/random.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace balmer {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(FormatDouble, IsShort) {
    EXPECT_EQ(format_double(0.1), "0.1");
    EXPECT_EQ(format_double(-3), "-3");
    EXPECT_EQ(format_double(1e-5), "1e-05");
    EXPECT_EQ(format_double(0.1 + 0.2), "0.30000000000000004");
    EXPECT_EQ(format_double(-0.0), "-0");
    EXPECT_EQ(format_double(infinity), "inf");
    EXPECT_EQ(format_double(-infinity), "-inf");
    EXPECT_EQ(format_double(std::nan("")), "nan");
    EXPECT_EQ(format_double(-std::nan("")), "nan");
}

TEST(FormatDouble, ReadsBackToTheSameBits) {
    RandomStream stream(21);
    for (int i = 0; i < 100000; ++i) {
        const std::uint64_t bits = stream.next();
        double value;
        std::memcpy(&value, &bits, sizeof value);
        const auto read = parse_double(format_double(value));
        ASSERT_TRUE(read.has_value()) << format_double(value);
        if (std::isnan(value)) {
            ASSERT_TRUE(std::isnan(*read));
        } else {
            ASSERT_EQ(std::memcmp(&*read, &value, sizeof value), 0) << format_double(value);
        }
    }
}

TEST(ParseDouble, ReadsWhatPeopleWrite) {
    EXPECT_EQ(parse_double("1"), 1.0);
    EXPECT_EQ(parse_double("+1.5e3"), 1500.0);
    EXPECT_EQ(parse_double("-.5"), -0.5);
    EXPECT_EQ(parse_double("2."), 2.0);
    EXPECT_EQ(parse_double("1E+2"), 100.0);
    EXPECT_EQ(parse_double("Infinity"), infinity);
    EXPECT_EQ(parse_double("-inf"), -infinity);
    EXPECT_TRUE(std::isnan(parse_double("NaN").value()));
    EXPECT_TRUE(std::signbit(parse_double("-0").value()));
}

TEST(ParseDouble, RefusesEverythingElse) {
    for (const char* text : {"", " 1", "1 ", "1,5", "0x10", "1e", "e5", ".", "-", "+", "+-1", "-+1", "--1", "1.2.3",
                             "one", "nan(1)", "1_000", "1d5", "1\n"}) {
        EXPECT_EQ(parse_double(text), std::nullopt) << '"' << text << '"';
    }
}

TEST(ParseDouble, SaturatesOutOfRange) {
    EXPECT_EQ(parse_double("1e400"), infinity);
    EXPECT_EQ(parse_double("-1e400"), -infinity);
    EXPECT_EQ(parse_double("1e-400"), 0.0);
    EXPECT_TRUE(std::signbit(parse_double("-1e-400").value()));
    EXPECT_EQ(parse_double("1e99999999999999999999"), infinity);
    EXPECT_EQ(parse_double("1e-99999999999999999999"), 0.0);
    EXPECT_EQ(parse_double("0." + std::string(400, '0') + "1"), 0.0);
    EXPECT_EQ(parse_double(std::string(400, '9')), infinity);
    EXPECT_EQ(parse_double("0." + std::string(400, '0') + "1e800"), infinity);
    EXPECT_EQ(parse_double(std::string(400, '9') + "e-800"), 0.0);
    EXPECT_EQ(parse_double("0e99999999999999999999"), 0.0);
}

TEST(ParseDouble, KeepsSubnormals) {
    EXPECT_EQ(parse_double("5e-324"), std::numeric_limits<double>::denorm_min());
    EXPECT_EQ(parse_double("2.2250738585072014e-308"), std::numeric_limits<double>::min());
    EXPECT_EQ(parse_double("1.7976931348623157e308"), std::numeric_limits<double>::max());
}

}  // namespace
}  // namespace balmer
