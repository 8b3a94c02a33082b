#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "balmer/error.hpp"
#include "balmer/fitting.hpp"
#include "fitting/curvature_inverse.hpp"

namespace balmer {
namespace {

// The codes of one of the model's category axes.
const double* category_codes(const CategoryAxis& axis, const Dataset& data) {
    for (const auto& category : data.categories)
        if (category.axis == axis) return category.codes.values().data();
    throw Error({.file = data.source, .name = axis.name}, "the model needs the categories of this column, which the data does not have so");
}

// Pointers of the model's features, found in the data by name; the codes of its category axes follow.
std::vector<const double*> model_columns(const Model& model, const Dataset& data, std::size_t used) {
    std::vector<const double*> pointers;
    const auto names = data.feature_names();
    for (std::size_t i = 0; i < used; ++i) {
        if (i >= model.vocabulary.features.size()) {
            pointers.push_back(category_codes(model.vocabulary.categories.at(i - model.vocabulary.features.size()), data));
            continue;
        }
        const std::string& name = model.vocabulary.features.at(i);
        const auto found = std::ranges::find(names, name);
        if (found == names.end())
            throw Error({.file = data.source, .name = name},
                        fmt::format("the model needs the column '{}', which the data does not have.{}", name, suggest(name, names)));
        pointers.push_back(data.features[static_cast<std::size_t>(found - names.begin())].values().data());
    }
    return pointers;
}

// A model's constants while they are refitted and snapped.
class ConstantsOfModel {
public:
    ConstantsOfModel(Model& model, const Dataset& data, const LossOptions& loss)
        : model_(model), program_(model.graph()), loss_(bind_loss(loss, data)),
          pointers_(model_columns(model, data, program_.features())), columns_{pointers_, data.rows(), 0},
          values_(program_.graph().values().begin(), program_.graph().values().end()),
          sigma_is_known_(data.sigma.has_value()) {
        const std::size_t n = values_.size();
        options_.maximum_iterations = 200;
        options_.tolerance = 1e-14;
        options_.fixed.assign(n, true);  // what user operators bring along stays as they define it
        options_.lower.assign(n, -std::numeric_limits<double>::infinity());
        options_.upper.assign(n, std::numeric_limits<double>::infinity());
        for (std::size_t i = 0; i < model.parameters.size(); ++i) {
            options_.fixed[i] = model.parameters[i].status != ParameterStatus::free;
            if (options_.fixed[i]) continue;
            options_.lower[i] = model.parameters[i].lower;
            options_.upper[i] = model.parameters[i].upper;
        }
        const FitResult fitted = fit(program_, values_, columns_, *loss_, options_);
        if (fitted.stop == FitStop::not_finite)
            throw Error("the constants cannot be fitted: the formula is not finite on some row of the data");
        values_ = fitted.values;
        total_ = fitted.loss * loss_->total_weight();
        rounding_ = 1e-26 * loss_->baseline() * loss_->total_weight();
        measure();
    }

    void snap_all(double standard_errors) {
        std::vector<bool> tried(values_.size(), false);
        for (;;) {
            const auto next = most_certain(tried);
            if (next == values_.size()) return;
            tried[next] = true;
            if (try_snap(next, standard_errors)) measure();
        }
    }

    void write_back() {
        const std::size_t n = values_.size(), table = model_.parameters.size();
        for (std::size_t i = 0; i < table; ++i) {
            Parameter& parameter = model_.parameters[i];
            parameter.uncertainty = parameter.status == ParameterStatus::free ? std::sqrt(covariance_[i * n + i]) : 0;
        }
        model_.set_parameter_values(std::span(values_).first(table));
        model_.covariance.clear();
        const auto free = fitting::free_indices(n, options_.fixed);
        for (const auto i : free)
            for (const auto j : free) model_.covariance.push_back(covariance_[i * n + j]);
    }

private:
    void measure() {
        covariance_ = covariance(program_, values_, columns_, *loss_, sigma_is_known_, options_.fixed);
        inverse_ = fitting::curvature_inverse(program_, values_, columns_, *loss_, options_.fixed).inverse;
    }

    double standard_error(std::size_t i) const { return std::sqrt(covariance_[i * values_.size() + i]); }

    // The free parameter with most significant digits that was not tried yet; the size of the table when there is none.
    std::size_t most_certain(const std::vector<bool>& tried) const {
        std::size_t best = values_.size();
        double best_digits = -1;
        for (std::size_t i = 0; i < values_.size(); ++i) {
            if (options_.fixed[i] || tried[i] || !std::isfinite(standard_error(i))) continue;
            const double digits = std::fabs(values_[i]) / (standard_error(i) + 1e-300);
            if (best == values_.size() || digits > best_digits) {
                best = i;
                best_digits = digits;
            }
        }
        return best;
    }

    bool try_snap(std::size_t i, double standard_errors) {
        const double error = standard_error(i);
        const double tolerance = standard_errors * error + 8 * std::numeric_limits<double>::epsilon() * std::fabs(values_[i]);
        const auto short_form = snap(values_[i], tolerance);
        if (!short_form || short_form->value < options_.lower[i] || short_form->value > options_.upper[i]) return false;
        FitOptions options = options_;
        options.fixed[i] = true;
        std::vector<double> start = values_;
        start[i] = short_form->value;
        const FitResult refitted = fit(program_, start, columns_, *loss_, options);
        // A move by k standard errors costs k^2 se^2/2 times the curvature left when the others follow, 1/(A^-1)_ii.
        const double variance = inverse_[i * values_.size() + i];
        const double allowed = variance > 0 ? 0.5 * standard_errors * standard_errors * error * error / variance : 0;
        const double total = refitted.loss * loss_->total_weight();
        if (!(total - total_ <= allowed + rounding_)) return false;
        values_ = refitted.values;
        total_ = total;
        options_.fixed[i] = true;
        model_.parameters[i].status = ParameterStatus::snapped;
        model_.parameters[i].snapped_to = short_form->text;
        return true;
    }

    Model& model_;
    Program program_;
    std::unique_ptr<BoundLoss> loss_;
    std::vector<const double*> pointers_;
    Columns<double> columns_;
    std::vector<double> values_, covariance_, inverse_;
    bool sigma_is_known_;
    FitOptions options_;
    double total_ = 0;
    double rounding_ = 0;  // growth of the total that rounding alone explains
};

}  // namespace

void finish_constants(Model& model, const Dataset& data, const LossOptions& loss, double standard_errors) {
    ConstantsOfModel constants(model, data, loss);
    constants.snap_all(standard_errors);
    constants.write_back();
}

}  // namespace balmer
