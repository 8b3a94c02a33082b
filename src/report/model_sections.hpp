#pragma once

#include <span>
#include <string>
#include <vector>

#include "balmer/dataset.hpp"
#include "balmer/model.hpp"
#include "report/page.hpp"

namespace balmer::report {

/// The formulas of a model with their uncertainties, its constants, and the formulas as text and LaTeX to copy.
void add_formulas(Page& page, const Model& model);

/// One formula as MathML with constants rounded to `digits`; several outputs below each other.
std::string formulas_inline(const Model& model, int digits);

/// Rows on which a model is judged: "training", "validation".
struct JudgedRows {
    std::string name;
    const Dataset* data = nullptr;
};

/// Prediction against target and residuals, or for classes ROC curves with their areas and the confusion matrix; a table of measures
/// for all sets of rows.
void add_quality(Page& page, const Model& model, std::span<const JudgedRows> sets);

}  // namespace balmer::report
