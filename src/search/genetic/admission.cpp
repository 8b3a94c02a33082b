#include "search/genetic/admission.hpp"

#include <algorithm>
#include <cmath>

namespace balmer::genetic {
namespace {

std::vector<Expression> written(const Setting& setting, const Individual& individual, Dressing dressing) {
    std::vector<Expression> outputs;
    for (std::size_t k = 0; k < individual.cores.size(); ++k) {
        const auto& core = individual.cores[k];
        // A formula without features is its offset alone.
        outputs.push_back(reads_features(core)
                              ? setting.normal(dressed(core, individual.scale[k], individual.offset[k], dressing))
                              : Expression::constant(individual.offset[k]));
    }
    outputs = setting.scorer().completed(std::move(outputs));
    if (setting.problem().form)
        outputs.back().values = individual.form_values;
    return outputs;
}

// The formula with one constant set to 0 or 1, or, when `nodes`, with one operator given up for one of its operands.
std::vector<Expression> shorter_forms(const Expression& formula, bool nodes) {
    std::vector<Expression> result;
    for (std::size_t i = 0; i < formula.size(); ++i) {
        if (formula.nodes[i].op == Op::parameter) {
            result.push_back(formula.replaced(i, Expression::constant(0)));
            result.push_back(formula.replaced(i, Expression::constant(1)));
        }
        if (!nodes)
            continue;
        for (const auto operand : formula.operands(i))
            result.push_back(formula.replaced(i, formula.subtree(operand)));
    }
    return result;
}

std::size_t total_size(std::span<const Expression> outputs) {
    std::size_t result = 0;
    for (const auto& output : outputs)
        result += output.size();
    return result;
}

}  // namespace

bool Admission::is_exact(double loss) const {
    return loss <= setting_->options().solved * setting_->scorer().baseline();
}

bool Admission::promising(const Individual& individual, double loss) const {
    // The fully dressed form is the longest one, the plain one the shortest: what the latter is refused for, all are.
    return front_->would_accept(individual.complexity, loss);
}

bool Admission::enter(std::vector<Expression> outputs, const char* origin) {
    if (!setting_->scorer().allowed(outputs))
        return false;
    auto candidate = setting_->scorer().score(std::move(outputs), origin);
    work_ += static_cast<double>(total_size(candidate.outputs) * setting_->problem().data.rows());
    evaluations_ += 1;
    if (!front_->insert(candidate))
        return false;
    found_.push_back(std::move(candidate));
    return true;
}

void Admission::enter_rounded(const std::vector<Expression>& outputs, const char* origin) {
    std::vector<Expression> rounded = outputs;
    bool any = false;
    for (auto& output : std::span(rounded).first(setting_->outputs())) {
        for (auto& value : output.values) {
            const double near = std::nearbyint(2 * value) / 2;
            if (value == near || std::fabs(value - near) > 1e-6 * std::max(1.0, std::fabs(near)))
                continue;
            value = near;
            any = true;
        }
        output = setting_->normal(output);
    }
    if (any)
        enter(std::move(rounded), origin);
}

void Admission::admit_formulas(std::vector<Expression> outputs, int iterations, const char* origin) {
    if (iterations > 0) {
        const double fitted = setting_->scorer().fit(outputs, {.maximum_iterations = iterations});
        work_ += 3.0 * iterations * static_cast<double>(total_size(outputs) * setting_->problem().data.rows());
        if (!front_->would_accept(setting_->scorer().complexity(outputs), fitted))
            return;
    }
    if (!enter(outputs, origin))
        return;
    const double loss = found_.back().loss;
    enter_rounded(outputs, origin);
    if (setting_->sees_all_rows())
        enter_shorter(outputs, loss, iterations, origin);
}

void Admission::enter_shorter(const std::vector<Expression>& outputs, double loss, int iterations, const char* origin) {
    const int complexity = setting_->scorer().complexity(outputs);
    for (std::size_t k = 0; k < setting_->outputs(); ++k) {
        for (const auto& form : shorter_forms(outputs[k], is_exact(loss))) {
            auto trial = outputs;
            trial[k] = setting_->normal(form);
            const int shorter = setting_->scorer().complexity(trial);
            // Each success tries to go on; complexity falls, so this ends.
            if (shorter < complexity && front_->would_accept(shorter, loss))
                admit_formulas(std::move(trial), iterations, origin);
        }
    }
}

void Admission::admit(const Individual& individual, double loss, int iterations) {
    for (const auto dressing : dressings) {
        auto outputs = written(*setting_, individual, dressing);
        const int complexity = setting_->scorer().complexity(outputs);
        if (!front_->would_accept(complexity, loss) || !setting_->scorer().allowed(outputs))
            continue;
        const bool constants = std::ranges::any_of(outputs, [](const Expression& e) { return !e.values.empty(); });
        admit_formulas(std::move(outputs), constants ? iterations : 0, "genetic");
    }
}

}  // namespace balmer::genetic
