#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "balmer/dataset.hpp"
#include "balmer/fitting.hpp"
#include "fitting/row_terms.hpp"

namespace balmer::fitting {

/// Columns of a data set that losses share. Copies share the storage of the columns.
struct BoundRows {
    std::vector<Column> targets;
    std::optional<Column> weights;
    std::size_t rows = 0;
    double weight_sum = 0;  ///< rows when there are no weights

    const double* weight() const { return weights ? weights->values().data() : nullptr; }
};

/// Runs `point(k, row, f) -> Term` over a tile, weights it and writes what RowLoss::tile promises. Outputs do not mix.
template <class Point>
double run_rows(const BoundRows& data, Bend bend, std::size_t row, std::size_t count, std::span<const double* const> prediction,
                std::span<double* const> first, std::span<double* const> second, const Point& point) {
    const std::size_t outputs = prediction.size();
    double total = 0;
    double value[chunk_rows];
    for (std::size_t k = 0; k < outputs; ++k) {
        for (std::size_t begin = 0; begin < count; begin += chunk_rows) {
            const std::size_t n = std::min(chunk_rows, count - begin);
            const std::size_t at = row + begin;
            const double* f = prediction[k] + begin;
            const double* weight = data.weight() ? data.weight() + at : nullptr;
            if (first.empty()) {
                for (std::size_t i = 0; i < n; ++i) value[i] = point(k, at + i, f[i]).value;
            } else {
                double* slope = first[k] + begin;
                double* curvature = second[k * outputs + k] + begin;
                for (std::size_t i = 0; i < n; ++i) {
                    const Term term = point(k, at + i, f[i]);
                    value[i] = term.value;
                    slope[i] = term.slope;
                    curvature[i] = bend == Bend::exact ? term.exact : term.curvature;
                }
                if (weight)
                    for (std::size_t i = 0; i < n; ++i) {
                        slope[i] *= weight[i];
                        curvature[i] *= weight[i];
                    }
            }
            if (weight)
                for (std::size_t i = 0; i < n; ++i) value[i] *= weight[i];
            total += sum(value, n);
        }
        if (first.empty()) continue;
        for (std::size_t l = 0; l < outputs; ++l)
            if (l != k) std::fill_n(second[k * outputs + l], count, 0.0);
    }
    return total;
}

/// What every loss knows of its rows.
class RowsLoss : public BoundLoss {
public:
    explicit RowsLoss(BoundRows data) : data_(std::move(data)) {}
    std::size_t outputs() const override { return data_.targets.size(); }
    bool is_least_squares() const override { return false; }
    double total_weight() const override { return data_.weight_sum * static_cast<double>(data_.targets.size()); }
    std::span<const double> squared_weights() const override { return {}; }
    std::span<const double> target() const override { return data_.targets.front().values(); }
    std::size_t rows() const override { return data_.rows; }
    LossFamily family() const override { return LossFamily::estimator; }

protected:
    BoundRows data_;
};

/// Loss (total) of the best constant predictions, by Newton's method with step halving from `start` (one per output).
double constant_loss(const RowLoss& loss, std::size_t rows, std::vector<double> start);
/// Weighted quantile q of `value` (the smallest value whose cumulated weight reaches q of the total).
double weighted_quantile(std::span<const double> value, const double* weight, const double* factor, double q);

std::unique_ptr<BoundLoss> make_squared(BoundRows data, const std::optional<Column>& sigma);
std::unique_ptr<BoundLoss> make_huber(BoundRows data, const std::optional<Column>& sigma, double delta);
std::unique_ptr<BoundLoss> make_log_cosh(BoundRows data, const std::optional<Column>& sigma);
/// mae is the quantile 1/2 with twice the loss.
std::unique_ptr<BoundLoss> make_absolute(BoundRows data, const std::optional<Column>& sigma);
std::unique_ptr<BoundLoss> make_quantile(BoundRows data, const std::optional<Column>& sigma, double q);
std::unique_ptr<BoundLoss> make_hinge(BoundRows data);
std::unique_ptr<BoundLoss> make_logistic(BoundRows data);
std::unique_ptr<BoundLoss> make_softmax(BoundRows data, std::size_t classes);
std::unique_ptr<BoundLoss> make_poisson(BoundRows data);
std::unique_ptr<BoundLoss> make_formula(const std::string& formula, BoundRows data, const std::optional<Column>& sigma);

}  // namespace balmer::fitting
