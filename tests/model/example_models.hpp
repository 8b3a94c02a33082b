#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "balmer/model.hpp"

namespace balmer::testing {

/// A model from formulas; numbers in them become its constants.
inline Model model_of(const std::vector<std::string>& formulas, const std::vector<std::string>& features,
                      const std::vector<std::string>& definitions = {}) {
    Vocabulary vocabulary{.features = features, .parameters = {}, .definitions = {}, .holes = {}};
    for (const std::string& definition : definitions) {
        vocabulary.definitions.push_back(parse_definition(definition, vocabulary));
    }
    std::vector<Expression> outputs;
    for (const std::string& formula : formulas) {
        outputs.push_back(parse(formula, static_cast<const Vocabulary&>(vocabulary)));
    }
    return Model::from_expressions(outputs, vocabulary);
}

/// The invariant mass with everything that a model can say about itself.
inline Model dimuon_model() {
    Model model = model_of({"sqrt(2*pt1*pt2*(cosh(eta1 - eta2) - cos(phi1 - phi2)) + 0.0457)"},
                           {"pt1", "eta1", "phi1", "pt2", "eta2", "phi2"});
    model.outputs[0].name = "M";
    model.feature_units = {"GeV", "", "", "GeV", "", ""};
    model.parameters[0].status = ParameterStatus::snapped;
    model.parameters[0].snapped_to = "2";
    model.parameters[1].uncertainty = 0.0003;
    model.parameters[1].unit = "GeV^2";
    model.parameters[1].lower = 0;
    model.covariance = {9e-8};
    for (int i = 0; i < 6; ++i) {
        model.box.push_back({-1.25 * i, 100.0 / 3 * (i + 1)});
    }
    model.metrics = {{"loss", 1.0 / 3}, {"complexity", 21}, {"validation", std::nan("")}};
    model.provenance = {{"version", "0.1.0"}, {"seed", "1"}, {"data", "dimuons_2011.csv"}};
    return model;
}

}  // namespace balmer::testing
