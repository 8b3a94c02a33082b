#include "balmer/version.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <string>

TEST(Version, IsThreeNumbers) {
    EXPECT_TRUE(std::regex_match(std::string(balmer::version()), std::regex(R"(\d+\.\d+\.\d+)")));
}
