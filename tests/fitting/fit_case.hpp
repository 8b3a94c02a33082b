#pragma once

#include <map>
#include <string>
#include <vector>

#include "balmer/evaluate.hpp"
#include "balmer/fitting.hpp"

namespace fit_case {

/// Formulas in named parameters; numbers in them stay fixed.
struct Formulas {
    Formulas(const std::vector<std::string>& texts, const std::vector<std::string>& features, const std::vector<std::string>& parameters);

    balmer::Program program;
    std::vector<double> values;       ///< of every parameter, the fixed numbers included
    std::vector<bool> fixed;
    std::vector<std::size_t> position; ///< of the named parameters, in the order asked for
};

/// Columns given by name become features, in order; y, sigma and weight get their roles.
balmer::Dataset dataset(const std::map<std::string, std::vector<double>>& columns);

/// One case of a reference file (see make_curve_fit_reference.py): its key-value lines and its table.
struct Case {
    std::map<std::string, std::vector<std::string>> text;  ///< several lines of one key are kept in order
    std::map<std::string, std::vector<double>> columns;
    std::vector<double> numbers(const std::string& key) const;
    std::vector<std::string> words(const std::string& key) const;
    const std::string& one(const std::string& key) const { return text.at(key).front(); }
    bool has(const std::string& key) const { return text.contains(key); }
};
std::vector<Case> read_cases(const std::string& path);

/// Values and standard errors of the named parameters after a fit to convergence.
struct Fitted {
    std::vector<double> values, errors;
    double loss = 0;
    balmer::FitResult result;
};
Fitted fit_formulas(const Formulas& formulas, const balmer::Dataset& data, const balmer::LossOptions& loss,
                    const std::vector<double>& start, bool sigma_is_known = false, int iterations = 1000);

}  // namespace fit_case
