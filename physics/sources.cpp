#include "physics/sources.hpp"

#include "balmer/error.hpp"
#include "physics/cms.hpp"
#include "physics/feynman.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace balmer {

namespace {

constexpr std::string_view feynman_prefix = "feynman:";
constexpr std::size_t feynman_rows = 1'000;

}  // namespace

std::vector<SourceInfo> sources() {
    std::vector<SourceInfo> all{{"cms", "19,079 real proton-proton collisions with two muons (CMS 2011, CC BY 4.0)", "M"}};
    for (const FeynmanEquation& equation : feynman_equations()) {
        all.push_back({std::string(feynman_prefix) + equation.name, equation.output + " = " + equation.formula, equation.output});
    }
    return all;
}

Table generate(const std::string& source, const GenerateOptions& options) {
    if (source == "cms") {
        if (options.noise != 0) {
            throw Error("cms holds real collisions, to which no noise is added. Leave --noise out.");
        }
        return generate_cms(options.rows, options.columns, options.seed);
    }
    std::vector<std::string> names;
    for (const SourceInfo& info : sources()) {
        names.push_back(info.name);
    }
    if (std::find(names.begin(), names.end(), source) == names.end()) {
        throw Error(fmt::format("there is no source '{}'.{} Sources are cms and feynman:NAME, NAME one of I.6.2a ... III.21.20, test_1 ... "
                                "test_20.",
                                source, suggest(source, names)));
    }
    if (!options.columns.empty()) {
        throw Error(fmt::format("{} has fixed columns; leave the choice of columns out.", source));
    }
    return generate_feynman(source.substr(feynman_prefix.size()), options.rows == 0 ? feynman_rows : options.rows, options.noise,
                            options.seed);
}

}  // namespace balmer
