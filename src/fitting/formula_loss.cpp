// A loss that the user writes: a formula in prediction, target, weight and sigma.
#include <fmt/format.h>

#include <cmath>

#include "balmer/derivative.hpp"
#include "balmer/error.hpp"
#include "fitting/bound_rows.hpp"

namespace balmer::fitting {
namespace {

enum Input : std::int32_t { prediction_input, target_input, weight_input, sigma_input };

bool uses(const Expression& expression, Input input) {
    return std::ranges::any_of(expression.nodes,
                               [input](const Node& node) { return node.op == Op::feature && node.index == input; });
}

// Which second derivative is used: of the formula where it is positive, else that of the parabola in (prediction - target) with the
// same slope (weighted least squares), else none.
double bend_of(Bend bend, double residual, double slope, double second) {
    const double parabola = slope / residual;
    const double usable = std::isfinite(parabola) && parabola > 0 ? parabola : 0;
    if (bend == Bend::exact) return second > 0 ? second : usable;
    return second > usable ? second : usable;
}

class FormulaLoss : public RowsLoss {
public:
    FormulaLoss(const Expression& formula, BoundRows data, const std::optional<Column>& sigma)
        : RowsLoss(std::move(data)), value_(formula), all_(with_derivatives(formula)), value_parameters_(formula.values),
          all_parameters_(all_.graph().values().begin(), all_.graph().values().end()), own_weight_(uses(formula, weight_input)),
          newton_(*this) {
        if (sigma) sigma_ = *sigma;
        if (own_weight_ && !data_.weights) ones_.assign(data_.rows, 1.0);
    }
    FormulaLoss(const FormulaLoss&) = delete;
    double tile(std::size_t row, std::size_t count, std::span<const double* const> prediction, std::span<double* const> first,
                std::span<double* const> second) const override {
        return run(Bend::majorising, row, count, prediction, first, second);
    }
    const RowLoss& newton() const override { return newton_; }
    double baseline() const override {
        std::vector<double> start;
        for (const auto& target : data_.targets) {
            double total = 0;
            for (const double y : target.values()) total += y;
            start.push_back(total / static_cast<double>(data_.rows));
        }
        return constant_loss(*this, data_.rows, std::move(start)) / total_weight();
    }

private:
    struct Newton : RowLoss {
        explicit Newton(const FormulaLoss& from) : loss(from) {}
        double tile(std::size_t row, std::size_t count, std::span<const double* const> prediction, std::span<double* const> first,
                    std::span<double* const> second) const override {
            return loss.run(Bend::exact, row, count, prediction, first, second);
        }
        const FormulaLoss& loss;
    };

    static Program with_derivatives(const Expression& formula) {
        const Expression slope = derivative(formula, {By::Kind::feature, prediction_input});
        const Expression outputs[] = {formula, slope, derivative(slope, {By::Kind::feature, prediction_input})};
        return Program(to_graph(outputs));
    }

    double run(Bend bend, std::size_t row, std::size_t count, std::span<const double* const> prediction,
               std::span<double* const> first, std::span<double* const> second) const;

    Program value_, all_;
    std::vector<double> value_parameters_, all_parameters_;
    bool own_weight_;
    std::optional<Column> sigma_;
    std::vector<double> ones_;
    Newton newton_;
};

double FormulaLoss::run(Bend bend, std::size_t row, std::size_t count, std::span<const double* const> prediction,
                        std::span<double* const> first, std::span<double* const> second) const {
    const std::size_t outputs = prediction.size();
    std::vector<double> result(3 * count);
    double* const value = result.data();
    double* const written[] = {value, value + count, value + 2 * count};
    const double* const weight = data_.weights ? data_.weights->values().data() + row : ones_.empty() ? nullptr : ones_.data();
    double total = 0;
    for (std::size_t k = 0; k < outputs; ++k) {
        const double* const target = data_.targets[k].values().data() + row;
        const double* const columns[] = {prediction[k], target, weight ? weight : target,
                                         sigma_ ? sigma_->values().data() + row : target};
        const Columns<double> input{columns, count, 0};
        if (first.empty()) {
            evaluate(value_, value_parameters_, input, std::span(written, 1));
        } else {
            evaluate(all_, all_parameters_, input, written);
            double* const to = second[k * outputs + k];
            for (std::size_t i = 0; i < count; ++i) {
                first[k][i] = written[1][i];
                to[i] = bend_of(bend, prediction[k][i] - target[i], written[1][i], written[2][i]);
            }
            for (std::size_t l = 0; l < outputs; ++l)
                if (l != k) std::fill_n(second[k * outputs + l], count, 0.0);
        }
        if (weight && !own_weight_)
            for (std::size_t i = 0; i < count; ++i) {
                value[i] *= weight[i];
                if (first.empty()) continue;
                first[k][i] *= weight[i];
                second[k * outputs + k][i] *= weight[i];
            }
        total += sum(value, count);
    }
    return total;
}

}  // namespace

std::unique_ptr<BoundLoss> make_formula(const std::string& formula, BoundRows data, const std::optional<Column>& sigma) {
    const Vocabulary vocabulary{.features = {"prediction", "target", "weight", "sigma"}, .parameters = {}, .definitions = {}, .holes = {}};
    const Expression parsed = parse(formula, vocabulary);
    if (!uses(parsed, prediction_input))
        throw Error(fmt::format("the loss '{}' does not depend on the prediction; write a formula in prediction and target, such as "
                                "\"((prediction - target)/target)^2\"", formula));
    if (uses(parsed, sigma_input) && !sigma)
        throw Error(fmt::format("the loss '{}' uses sigma, but the data has no column for it; name one with --sigma", formula));
    if (sigma && !uses(parsed, sigma_input))
        throw Error(fmt::format("the loss '{}' does not use sigma, but an uncertainty of the target is given; write "
                                "(prediction - target)/sigma in the formula, or leave --sigma out", formula));
    return std::make_unique<FormulaLoss>(parsed, std::move(data), sigma);
}

}  // namespace balmer::fitting
