// Values and standard errors against scipy and scikit-learn, from text files made by scripts in tests/agreement.
#include <gtest/gtest.h>

#include <cmath>

#include "fitting/fit_case.hpp"

using namespace balmer;
using namespace fit_case;

namespace {

const std::string folder = BALMER_SOURCE_DIR "/tests/agreement/";

double relative(double a, double b) { return std::fabs(a - b) / std::fabs(b); }

std::vector<std::string> features_of(const Case& c) {
    std::vector<std::string> names;
    for (const auto& [name, values] : c.columns)
        if (name != "y" && name != "sigma" && name != "weight") names.push_back(name);
    return names;
}

TEST(CurveFit, AgreesWithScipy) {
    const auto cases = read_cases(folder + "curve_fit_reference.txt");
    ASSERT_EQ(cases.size(), 20u);
    for (const auto& c : cases) {
        SCOPED_TRACE(c.one("case"));
        const Formulas formulas(c.text.at("formula"), features_of(c), c.words("parameters"));
        for (const bool with_sigma : {false, true}) {
            auto columns = c.columns;
            if (!with_sigma) columns.erase("sigma");
            const Fitted fitted = fit_formulas(formulas, dataset(columns), {}, c.numbers("start"), with_sigma);
            const auto values = c.numbers(with_sigma ? "sigma_values" : "values");
            const auto errors = c.numbers(with_sigma ? "sigma_errors" : "errors");
            for (std::size_t i = 0; i < values.size(); ++i) {
                EXPECT_LT(relative(fitted.values[i], values[i]), 1e-8) << "parameter " << i << " sigma " << with_sigma;
                EXPECT_LT(relative(fitted.errors[i], errors[i]), 1e-6) << "parameter " << i << " sigma " << with_sigma;
            }
        }
    }
}

TEST(Losses, AgreeWithScipyAndScikitLearn) {
    const auto cases = read_cases(folder + "loss_reference.txt");
    ASSERT_GE(cases.size(), 13u);
    for (const auto& c : cases) {
        SCOPED_TRACE(c.one("case"));
        const Formulas formulas(c.text.at("formula"), features_of(c), c.words("parameters"));
        LossOptions options{.name = c.one("loss")};
        if (c.has("option")) {
            const auto words = c.words("option");
            (words[0] == "delta" ? options.huber_delta : options.quantile) = std::stod(words[1]);
        }
        const Fitted fitted = fit_formulas(formulas, dataset(c.columns), options, c.numbers("start"));
        const auto values = c.numbers("values");
        // The loss is flat to rounding at the minimum; both sides stop where they no longer see it fall.
        EXPECT_LT(relative(fitted.loss, c.numbers("mean_loss")[0]), 1e-9);
        for (std::size_t i = 0; i < values.size(); ++i) EXPECT_LT(relative(fitted.values[i], values[i]), 2e-6) << "parameter " << i;
    }
}

}  // namespace
