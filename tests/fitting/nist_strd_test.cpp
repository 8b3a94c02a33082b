// The NIST StRD nonlinear regression problems, from both of their starting points.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>

#include "fitting/fit_case.hpp"

using namespace balmer;
using namespace fit_case;

namespace {

struct Problem {
    const char* name;
    const char* formula;
    // Starting points (bits 1 and 2) from which the certified minimum is reached.
    int reached = 3;
};

constexpr const char* gauss = "b1*exp(-b2*x) + b3*exp(-(x - b4)^2/b5^2) + b6*exp(-(x - b7)^2/b8^2)";
constexpr const char* lanczos = "b1*exp(-b2*x) + b3*exp(-b4*x) + b5*exp(-b6*x)";
constexpr const char* chwirut = "exp(-b1*x)/(b2 + b3*x)";
constexpr const char* cubic = "(b1 + b2*x + b3*x^2 + b4*x^3)/(1 + b5*x + b6*x^2 + b7*x^3)";

// The models as the files state them.
const Problem problems[] = {
    {"Bennett5", "b1*(b2 + x)^(-1/b3)"},
    {"BoxBOD", "b1*(1 - exp(-b2*x))"},
    {"Chwirut1", chwirut},
    {"Chwirut2", chwirut},
    {"DanWood", "b1*x^b2"},
    {"ENSO", "b1 + b2*cos(2*pi*x/12) + b3*sin(2*pi*x/12) + b5*cos(2*pi*x/b4) + b6*sin(2*pi*x/b4) + b8*cos(2*pi*x/b7) + b9*sin(2*pi*x/b7)"},
    {"Eckerle4", "(b1/b2)*exp(-0.5*((x - b3)/b2)^2)"},
    {"Gauss1", gauss},
    {"Gauss2", gauss},
    {"Gauss3", gauss},
    {"Hahn1", cubic},
    {"Kirby2", "(b1 + b2*x + b3*x^2)/(1 + b4*x + b5*x^2)"},
    {"Lanczos1", lanczos},
    {"Lanczos2", lanczos},
    {"Lanczos3", lanczos},
    {"MGH09", "b1*(x^2 + x*b2)/(x^2 + x*b3 + b4)"},
    {"MGH10", "b1*exp(b2/(x + b3))", 2},  // start 1 lies in a valley that leads to infinity
    {"MGH17", "b1 + b2*exp(-x*b4) + b3*exp(-x*b5)", 2},  // both exponentials have vanished on most rows of start 1
    {"Misra1a", "b1*(1 - exp(-b2*x))"},
    {"Misra1b", "b1*(1 - (1 + b2*x/2)^(-2))"},
    {"Misra1c", "b1*(1 - (1 + 2*b2*x)^(-0.5))"},
    {"Misra1d", "b1*b2*x*((1 + b2*x)^(-1))"},
    {"Nelson", "b1 - b2*x*exp(-b3*z)"},
    {"Rat42", "b1/(1 + exp(b2 - b3*x))"},
    {"Rat43", "b1/((1 + exp(b2 - b3*x))^(1/b4))"},
    {"Roszman1", "b1 - b2*x - atan(b3/(x - b4))/pi"},
    {"Thurber", cubic},
};

// A file's table: per parameter the two starts, the certified value and its standard deviation; then y and the predictors.
struct Certified {
    std::vector<double> start[2], values, errors;
    std::map<std::string, std::vector<double>> columns;
};

Certified read(const std::string& name) {
    std::ifstream file(BALMER_SOURCE_DIR "/tests/fitting/nist_strd/" + name + ".dat");
    EXPECT_TRUE(file.is_open()) << name;
    Certified result;
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        const auto equals = line.find('=');
        if (number >= 41 && number <= 49 && equals != std::string::npos) {
            std::istringstream stream(line.substr(equals + 1));
            const std::vector<double> row{std::istream_iterator<double>(stream), {}};
            if (row.size() != 4) continue;
            result.start[0].push_back(row[0]);
            result.start[1].push_back(row[1]);
            result.values.push_back(row[2]);
            result.errors.push_back(row[3]);
        }
        if (number < 61) continue;
        std::istringstream stream(line);
        const std::vector<double> row{std::istream_iterator<double>(stream), {}};
        const char* names[] = {"y", "x", "z"};
        for (std::size_t i = 0; i < row.size() && i < 3; ++i)
            result.columns[names[i]].push_back(i == 0 && name == "Nelson" ? std::log(row[i]) : row[i]);
    }
    return result;
}

// Solutions that differ by the order of terms or by a common sign are the same.
void put_in_order(const std::string& name, std::vector<double>& values, std::vector<double>& errors) {
    if (name == "Eckerle4")
        for (double& value : values) value = std::fabs(value);
    if (!name.starts_with("Lanczos")) return;
    std::vector<std::array<double, 4>> terms;
    for (std::size_t i = 0; i < 6; i += 2) terms.push_back({values[i + 1], values[i], errors[i + 1], errors[i]});
    std::ranges::sort(terms);
    for (std::size_t i = 0; i < 6; i += 2) {
        values[i + 1] = terms[i / 2][0];
        values[i] = terms[i / 2][1];
        errors[i + 1] = terms[i / 2][2];
        errors[i] = terms[i / 2][3];
    }
}

double worst(const std::vector<double>& a, const std::vector<double>& b) {
    double result = 0;
    for (std::size_t i = 0; i < a.size(); ++i) result = std::max(result, std::fabs(a[i] - b[i]) / std::fabs(b[i]));
    return std::isnan(result) ? 1 : result;
}

TEST(NistStrd, ReachesTheCertifiedValues) {
    for (const auto& problem : problems) {
        const Certified certified = read(problem.name);
        ASSERT_FALSE(certified.values.empty()) << problem.name;
        std::vector<std::string> names, features{"x"};
        for (std::size_t i = 0; i < certified.values.size(); ++i) names.push_back("b" + std::to_string(i + 1));
        if (certified.columns.contains("z")) features.push_back("z");
        const Formulas formulas({problem.formula}, features, names);
        for (const int k : {0, 1}) {
            SCOPED_TRACE(std::string(problem.name) + " from start " + std::to_string(k + 1));
            Fitted fitted = fit_formulas(formulas, dataset(certified.columns), {}, certified.start[k]);
            put_in_order(problem.name, fitted.values, fitted.errors);
            const double off = worst(fitted.values, certified.values), error_off = worst(fitted.errors, certified.errors);
            if (!(problem.reached & (1 << k))) continue;
            // Lanczos1 has residuals of 1e-13: its errors are rounding noise.
            EXPECT_LT(off, 1e-7) << fitted.result.iterations << " iterations, stop " << static_cast<int>(fitted.result.stop);
            if (std::string(problem.name) != "Lanczos1") {
                EXPECT_LT(error_off, 1e-5);
            }
        }
    }
}

}  // namespace
