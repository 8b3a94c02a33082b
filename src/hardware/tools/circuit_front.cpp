#include "hardware/tools/circuit_front.hpp"

#include "balmer/error.hpp"
#include "hardware/truth.hpp"

namespace balmer {

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
    const Judge judge{.inputs = {}, .scores = targets_in(table, model), .winners = {}};
    if (judge.scores.empty()) return std::nullopt;
    return judge.compare(predict(circuit, table)).error;
}

namespace {

CircuitOfFront measured(CircuitOfFront member, const Model& model, const Table& table, const LoweringOptions& options) {
    member.cost = estimate_cost(member.circuit);
    member.quality = measure_quality(member.circuit, model, table, options);
    member.accuracy = accuracy_on(table, model, member.circuit);
    member.target_error = error_on(table, model, member.circuit);
    return member;
}

CircuitOfFront as_asked(int complexity, const Model& model, const Table& table, const LoweringOptions& options) {
    CircuitOfFront member{.complexity = complexity};
    try {
        member.circuit = lower(model, table, options);
        return measured(std::move(member), model, table, options);
    } catch (const Error& error) {
        member.refused = error.what();
        return member;
    }
}

// Circuits that are held to the data alone: what the float formula says does not matter where it is wrong anyhow.
void add_held_to_data(std::vector<CircuitOfFront>& front, int complexity, const Model& model, const Table& table, const LoweringOptions& options) {
    constexpr double losses[] = {0.05, 0.1, 0.2, 0.4, 0.7, 1, 1.5, 3};  // of what was asked for; the ways down from each end elsewhere
    for (const double loss : losses) {
        LoweringOptions held = options;
        held.reference = Reference::data;
        held.agreement = 1 - loss * (1 - options.agreement);
        held.tolerance = loss * options.tolerance;
        try {
            for (auto& point : lowering_front(model, table, held))
                front.push_back(measured({.complexity = complexity, .held_to_data = true, .circuit = std::move(point.circuit)}, model, table, options));
        } catch (const Error&) {
            continue;  // ports that are given lose more
        }
    }
}

}  // namespace

std::vector<CircuitOfFront> circuits_of_front(const std::vector<std::pair<int, Model>>& models, const Table& table, const LoweringOptions& options) {
    std::vector<CircuitOfFront> front;
    bool classifies = false;
    for (const auto& [complexity, model] : models) {
        classifies = model.task == Task::classification;
        front.push_back(as_asked(complexity, model, table, options));
        const bool has_truth = front.back().accuracy || front.back().target_error;
        if (has_truth) add_held_to_data(front, complexity, model, table, options);
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
    std::erase_if(front, [](const CircuitOfFront& member) { return member.held_to_data && !member.is_best; });
    return front;
}

}  // namespace balmer
