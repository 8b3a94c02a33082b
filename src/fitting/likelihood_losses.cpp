// Losses that are minus a log-likelihood: logistic, softmax, poisson.
#include <cmath>

#include "balmer/instruction_set.hpp"
#include "fitting/bound_rows.hpp"
#include "fitting/softmax.hpp"

namespace balmer::fitting {
namespace {

// x log x, 0 for x <= 0 (signed weights can make a class's sum negative).
double x_log_x(double x) { return x > 0 ? x * std::log(x) : 0; }

class LogisticLoss : public RowsLoss {
public:
    using RowsLoss::RowsLoss;
    double tile(std::size_t row, std::size_t count, std::span<const double* const> prediction, std::span<double* const> first,
                std::span<double* const> second) const override {
        const double* y = target().data();
        return run_rows(data_, Bend::exact, row, count, prediction, first, second,
                        [y](std::size_t, std::size_t i, double f) { return Logistic{}(f, y[i]); });
    }
    LossFamily family() const override { return LossFamily::likelihood; }
    double baseline() const override {
        double one = 0;
        for (std::size_t i = 0; i < data_.rows; ++i) one += target()[i] * (data_.weight() ? data_.weight()[i] : 1);
        const double p = one / data_.weight_sum;
        return -(x_log_x(p) + x_log_x(1 - p));
    }
};

class PoissonLoss : public RowsLoss {
public:
    explicit PoissonLoss(BoundRows data) : RowsLoss(std::move(data)) {
        for (const double y : target()) constant_.push_back(y > 0 ? y * std::log(y) - y : 0);
    }
    double tile(std::size_t row, std::size_t count, std::span<const double* const> prediction, std::span<double* const> first,
                std::span<double* const> second) const override {
        const double* y = target().data();
        const double* constant = constant_.data();
        return run_rows(data_, Bend::exact, row, count, prediction, first, second,
                        [=](std::size_t, std::size_t i, double f) { return Poisson{}(f, y[i], constant[i]); });
    }
    LossFamily family() const override { return LossFamily::likelihood; }
    double baseline() const override {
        double counts = 0, constant = 0;
        for (std::size_t i = 0; i < data_.rows; ++i) {
            const double w = data_.weight() ? data_.weight()[i] : 1;
            counts += w * target()[i];
            constant += w * constant_[i];
        }
        const double mean = counts / data_.weight_sum;
        return mean > 0 ? mean - x_log_x(mean) + constant / data_.weight_sum : 0;
    }

private:
    std::vector<double> constant_;  // y log y - y
};

class SoftmaxLoss : public RowsLoss {
public:
    SoftmaxLoss(BoundRows data, std::size_t classes) : RowsLoss(std::move(data)), classes_(classes) {
        for (const double y : target()) code_.push_back(static_cast<std::uint32_t>(y));
    }
    std::size_t outputs() const override { return classes_; }
    double total_weight() const override { return data_.weight_sum; }
    LossFamily family() const override { return LossFamily::likelihood; }
    double tile(std::size_t row, std::size_t count, std::span<const double* const> prediction, std::span<double* const> first,
                std::span<double* const> second) const override;
    double baseline() const override {
        std::vector<double> share(classes_, 0.0);
        for (std::size_t i = 0; i < data_.rows; ++i) share[code_[i]] += data_.weight() ? data_.weight()[i] : 1;
        double entropy = 0;
        for (const double s : share) entropy -= x_log_x(s / data_.weight_sum);
        return entropy;
    }

private:
    std::size_t classes_;
    std::vector<std::uint32_t> code_;
};

double SoftmaxLoss::tile(std::size_t row, std::size_t count, std::span<const double* const> prediction,
                         std::span<double* const> first, std::span<double* const> second) const {
    static const auto set = best_instruction_set();
    double total = 0;
    double value[softmax_rows], highest[softmax_rows], norm[softmax_rows], weight[softmax_rows];
    std::vector<double> share(classes_ * softmax_rows);
    std::vector<const double*> f(prediction.begin(), prediction.end());
    std::vector<double*> slope(first.begin(), first.end()), curvature(second.begin(), second.end());
    for (std::size_t begin = 0; begin < count; begin += softmax_rows) {
        const std::size_t n = std::min(softmax_rows, count - begin);
        for (std::size_t i = 0; i < n; ++i) weight[i] = data_.weight() ? data_.weight()[row + begin + i] : 1;
        const SoftmaxRows rows{.prediction = f.data(), .code = code_.data() + row + begin, .weight = weight, .count = n,
                               .classes = classes_, .share = share.data()};
        BALMER_FOR_INSTRUCTION_SET(set, , softmax_norms)(rows, norm, highest);
        for (std::size_t i = 0; i < n; ++i) value[i] = weight[i] * (std::log(norm[i]) + highest[i] - f[rows.code[i]][i]);
        total += sum(value, n);
        if (!first.empty()) BALMER_FOR_INSTRUCTION_SET(set, , softmax_derivatives)(rows, norm, slope.data(), curvature.data());
        for (auto& p : f) p += n;
        for (auto& p : slope) p += n;
        for (auto& p : curvature) p += n;
    }
    return total;
}

}  // namespace

std::unique_ptr<BoundLoss> make_logistic(BoundRows data) { return std::make_unique<LogisticLoss>(std::move(data)); }

std::unique_ptr<BoundLoss> make_poisson(BoundRows data) { return std::make_unique<PoissonLoss>(std::move(data)); }

std::unique_ptr<BoundLoss> make_softmax(BoundRows data, std::size_t classes) {
    return std::make_unique<SoftmaxLoss>(std::move(data), classes);
}

}  // namespace balmer::fitting
