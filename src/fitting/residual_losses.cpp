// Losses of u = (prediction - target) * scale, scale = 1/sigma (and its sign for hinge).
#include <cmath>

#include "fitting/bound_rows.hpp"

namespace balmer::fitting {
namespace {

// Weights of least squares, w/sigma^2; empty when all are 1.
std::vector<double> squared_weights_of(const BoundRows& data, const std::vector<double>& scale) {
    std::vector<double> result;
    if (!data.weights && scale.empty()) return result;
    result.assign(data.rows, 1.0);
    for (std::size_t i = 0; i < data.rows; ++i) {
        if (!scale.empty()) result[i] = scale[i] * scale[i];
        if (data.weights) result[i] *= (*data.weights)[i];
    }
    return result;
}

std::vector<double> inverse(const std::optional<Column>& sigma) {
    std::vector<double> result;
    if (!sigma) return result;
    for (const double s : sigma->values()) result.push_back(1 / s);
    return result;
}

// Runs a shape over residuals; the derivatives by the prediction gain a factor `scale` each.
template <class Shape>
double run_residuals(const BoundRows& data, const std::vector<double>& scale, const Shape& shape, Bend bend, std::size_t row,
                     std::size_t count, std::span<const double* const> prediction, std::span<double* const> first,
                     std::span<double* const> second) {
    if (scale.empty())
        return run_rows(data, bend, row, count, prediction, first, second, [&](std::size_t k, std::size_t i, double f) {
            return shape(f - data.targets[k].values().data()[i]);
        });
    const double* by = scale.data();
    return run_rows(data, bend, row, count, prediction, first, second, [&](std::size_t k, std::size_t i, double f) {
        const double s = by[i];
        Term term = shape((f - data.targets[k].values().data()[i]) * s);
        term.slope *= s;
        term.curvature *= s * s;
        term.exact *= s * s;
        return term;
    });
}

// A loss seen through another shape or another second derivative; the rows stay those of the bound loss.
template <class Shape>
class View : public RowLoss {
public:
    View(const BoundRows& data, const std::vector<double>& scale, Shape shape, Bend bend)
        : data_(data), scale_(scale), shape_(shape), bend_(bend) {}
    double tile(std::size_t row, std::size_t count, std::span<const double* const> prediction, std::span<double* const> first,
                std::span<double* const> second) const override {
        return run_residuals(data_, scale_, shape_, bend_, row, count, prediction, first, second);
    }

private:
    const BoundRows& data_;
    const std::vector<double>& scale_;
    Shape shape_;
    Bend bend_;
};

template <class Shape>
class ResidualLoss : public RowsLoss {
public:
    ResidualLoss(BoundRows data, std::vector<double> scale, Shape shape)
        : RowsLoss(std::move(data)), scale_(std::move(scale)), shape_(shape), newton_(data_, scale_, shape, Bend::exact) {}
    ResidualLoss(const ResidualLoss&) = delete;
    double tile(std::size_t row, std::size_t count, std::span<const double* const> prediction, std::span<double* const> first,
                std::span<double* const> second) const override {
        return run_residuals(data_, scale_, shape_, Bend::majorising, row, count, prediction, first, second);
    }
    const RowLoss& newton() const override { return newton_; }
    double baseline() const override {
        std::vector<double> start;
        for (const auto& target : data_.targets)
            start.push_back(weighted_quantile(target.values(), data_.weight(), scale_.empty() ? nullptr : scale_.data(), 0.5));
        return constant_loss(*this, data_.rows, std::move(start)) / total_weight();
    }

protected:
    // Total loss of constant predictions, one per output.
    double total_at(const std::vector<double>& constants) const {
        double total = 0;
        std::vector<std::vector<double>> filled;
        std::vector<const double*> prediction;
        for (const double c : constants) filled.emplace_back(chunk_rows, c);
        for (const auto& column : filled) prediction.push_back(column.data());
        for (std::size_t row = 0; row < data_.rows; row += chunk_rows)
            total += tile(row, std::min(chunk_rows, data_.rows - row), prediction, {}, {});
        return total;
    }
    std::vector<double> scale_;
    Shape shape_;

private:
    View<Shape> newton_;
};

class SquaredLoss : public ResidualLoss<Squared> {
public:
    SquaredLoss(BoundRows data, std::vector<double> scale)
        : ResidualLoss(std::move(data), std::move(scale), {}), weights_(squared_weights_of(data_, scale_)) {}
    bool is_least_squares() const override { return data_.targets.size() == 1; }
    const RowLoss& newton() const override { return *this; }
    LossFamily family() const override { return LossFamily::least_squares; }
    std::span<const double> squared_weights() const override { return weights_; }
    double baseline() const override {
        std::vector<double> means;
        for (const auto& target : data_.targets) {
            double sum_w = 0, sum_wy = 0;
            for (std::size_t i = 0; i < data_.rows; ++i) {
                const double w = weights_.empty() ? 1 : weights_[i];
                sum_w += w;
                sum_wy += w * (target[i] - target[0]);  // from the first value: exact for a constant target
            }
            means.push_back(target[0] + sum_wy / sum_w);
        }
        return total_at(means) / total_weight();
    }

private:
    std::vector<double> weights_;
};

// tilt*u + side*|u|; the best constant is a weighted quantile.
class KinkLoss : public ResidualLoss<Kink> {
public:
    KinkLoss(BoundRows data, std::vector<double> scale, double tilt, double side, double floor)
        : ResidualLoss(std::move(data), std::move(scale), {tilt, side, floor}) {}
    const RowLoss& newton() const override { return *this; }
    std::unique_ptr<RowLoss> smoothed(double width, Bend bend) const override {
        return std::make_unique<View<SmoothKink>>(data_, scale_, SmoothKink{shape_.tilt, shape_.side, width}, bend);
    }
    double baseline() const override {
        const double q = 0.5 * (1 - shape_.tilt / shape_.side);
        std::vector<double> constants;
        for (const auto& target : data_.targets)
            constants.push_back(weighted_quantile(target.values(), data_.weight(), scale_.empty() ? nullptr : scale_.data(), q));
        return total_at(constants) / total_weight();
    }
};

// Rows of class 1 have target 1 and scale -1, rows of class 0 target -1 and scale 1: u = 1 - (+-1) f.
class HingeLoss : public KinkLoss {
public:
    HingeLoss(BoundRows data, std::vector<double> scale) : KinkLoss(std::move(data), std::move(scale), 0.5, 0.5, 1e-6) {}
    double baseline() const override { return std::min(total_at({-1}), total_at({1})) / total_weight(); }
};

// Typical size of scaled deviations, the unit of the floor below which a kink counts as hit.
double spread(const BoundRows& data, const std::vector<double>& scale) {
    double total = 0;
    for (const auto& target : data.targets) {
        const double middle = weighted_quantile(target.values(), nullptr, nullptr, 0.5);
        for (std::size_t i = 0; i < data.rows; ++i) total += std::fabs(target[i] - middle) * (scale.empty() ? 1 : scale[i]);
    }
    total /= static_cast<double>(data.rows * data.targets.size());
    return total > 0 ? total : 1;
}

}  // namespace

std::unique_ptr<BoundLoss> make_squared(BoundRows data, const std::optional<Column>& sigma) {
    return std::make_unique<SquaredLoss>(std::move(data), inverse(sigma));
}

std::unique_ptr<BoundLoss> make_huber(BoundRows data, const std::optional<Column>& sigma, double delta) {
    return std::make_unique<ResidualLoss<Huber>>(std::move(data), inverse(sigma), Huber{delta});
}

std::unique_ptr<BoundLoss> make_log_cosh(BoundRows data, const std::optional<Column>& sigma) {
    return std::make_unique<ResidualLoss<LogCosh>>(std::move(data), inverse(sigma), LogCosh{});
}

std::unique_ptr<BoundLoss> make_absolute(BoundRows data, const std::optional<Column>& sigma) {
    auto scale = inverse(sigma);
    const double floor = 1e-6 * spread(data, scale);
    return std::make_unique<KinkLoss>(std::move(data), std::move(scale), 0.0, 1.0, floor);
}

std::unique_ptr<BoundLoss> make_quantile(BoundRows data, const std::optional<Column>& sigma, double q) {
    auto scale = inverse(sigma);
    const double floor = 1e-6 * spread(data, scale);
    return std::make_unique<KinkLoss>(std::move(data), std::move(scale), 0.5 - q, 0.5, floor);
}

std::unique_ptr<BoundLoss> make_hinge(BoundRows data) {
    std::vector<double> sign, scale;
    for (const double label : data.targets.front().values()) {
        sign.push_back(label > 0 ? 1.0 : -1.0);
        scale.push_back(-sign.back());
    }
    data.targets = {Column("class", std::move(sign))};
    return std::make_unique<HingeLoss>(std::move(data), std::move(scale));
}

}  // namespace balmer::fitting
