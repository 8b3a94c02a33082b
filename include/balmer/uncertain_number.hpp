#pragma once

#include <string>

namespace balmer {

/// A value with its standard error as physicists write it: "0.1057(3)", "91.19(12)", "1.057(3)e-09", "1200(300)". The
/// error gets one or two digits by the rule of the Particle Data Group (100-354: two, 355-949: one, 950-999: rounded
/// up to 1000, two; Review of Particle Physics, introduction, section 5.3). Without an error that is finite and
/// positive: the shortest digits of the value alone.
std::string format_uncertain(double value, double uncertainty);

}  // namespace balmer
