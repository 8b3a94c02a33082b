#include "hardware/tools/circuit_front.hpp"

#include "balmer/error.hpp"
#include "hardware/precision.hpp"

namespace balmer {

std::vector<std::uint32_t> labels_in(const Table& table, const Model& model) {
    for (const auto& column : table.text)
        if (column.categories == model.classes) return column.codes;
    return {};
}

std::vector<std::uint32_t> chosen_by(const Circuit& circuit, const Model& model, const std::vector<std::vector<double>>& values) {
    if (circuit.outputs[0].kind == OutputKind::value) return classify(model, values);
    std::vector<std::uint32_t> codes;
    for (const double code : values[0]) codes.push_back(static_cast<std::uint32_t>(code));
    return codes;
}

std::optional<double> accuracy_on(const Table& table, const Model& model, const Circuit& circuit) {
    const auto truth = model.task == Task::classification ? labels_in(table, model) : std::vector<std::uint32_t>();
    if (truth.empty()) return std::nullopt;
    return share_equal(chosen_by(circuit, model, predict(circuit, table)), truth);
}

std::optional<double> error_on(const Table& table, const Model& model, const Circuit& circuit) {
    if (model.task == Task::classification || circuit.outputs[0].kind != OutputKind::value) return std::nullopt;
    Judge judge;
    for (const auto& output : model.outputs) {
        const auto column = table.find_numeric(output.name);
        if (!column) return std::nullopt;
        const auto values = table.numeric[*column].values();
        judge.scores.emplace_back(values.begin(), values.end());
    }
    return judge.compare(predict(circuit, table)).error;
}

namespace {

CircuitOfFront lowered(int complexity, const Model& model, const Table& table, const LoweringOptions& options) {
    CircuitOfFront member{.complexity = complexity, .asked = model.task == Task::classification ? options.agreement : options.tolerance};
    try {
        member.circuit = lower(model, table, options);
        member.cost = estimate_cost(member.circuit);
        member.quality = measure_quality(member.circuit, model, table, options);
        member.accuracy = accuracy_on(table, model, member.circuit);
        member.target_error = error_on(table, model, member.circuit);
    } catch (const Error& error) {
        member.refused = error.what();
    }
    return member;
}

}  // namespace

std::vector<CircuitOfFront> circuits_of_front(const std::vector<std::pair<int, Model>>& models, const Table& table, const LoweringOptions& options) {
    constexpr double losses[] = {1, 1.4, 2, 2.8, 4};  // of what was asked for
    std::vector<CircuitOfFront> front;
    bool classifies = false;
    for (const auto& [complexity, model] : models) {
        classifies = model.task == Task::classification;
        for (const double loss : losses) {
            LoweringOptions coarser = options;
            coarser.agreement = 1 - loss * (1 - options.agreement);
            coarser.tolerance = loss * options.tolerance;
            if (loss > 1 && (coarser.agreement < 0.5 || coarser.tolerance > 0.5)) break;
            front.push_back(lowered(complexity, model, table, coarser));
            if (!front.back().refused.empty() || !(front.back().accuracy || front.back().target_error)) break;
        }
    }
    const auto dominates = [&](const CircuitOfFront& a, const CircuitOfFront& b) {  // of equals the first
        const double x[] = {a.badness(classifies), a.cost.area(), a.cost.period}, y[] = {b.badness(classifies), b.cost.area(), b.cost.period};
        bool anywhere = false;
        for (int i = 0; i < 3; ++i) {
            if (x[i] > y[i]) return false;
            anywhere = anywhere || x[i] < y[i];
        }
        return anywhere || &a < &b;
    };
    for (auto& member : front) {
        member.is_best = member.refused.empty();
        for (const auto& other : front) member.is_best = member.is_best && !(&other != &member && other.refused.empty() && dominates(other, member));
    }
    const double asked = classifies ? options.agreement : options.tolerance;
    std::erase_if(front, [&](const CircuitOfFront& member) { return member.asked != asked && !member.is_best; });
    return front;
}

}  // namespace balmer
