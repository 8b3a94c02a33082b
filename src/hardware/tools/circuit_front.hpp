#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "balmer/hardware_cost.hpp"
#include "balmer/lowering.hpp"

namespace balmer {

/// Class by row that the scores choose; of a circuit that decides itself, its codes.
std::vector<std::uint32_t> chosen_by(const Circuit& circuit, const Model& model, const std::vector<std::vector<double>>& values);
/// Share of the rows whose label the circuit gives; nothing where the data hold no labels of the model.
std::optional<double> accuracy_on(const Table& table, const Model& model, const Circuit& circuit);

/// Root mean square difference between circuit and truth over the truth's standard deviation, of the worst output; nothing where the data lack the outputs'
/// columns, or the circuit gives a decision.
std::optional<double> error_on(const Table& table, const Model& model, const Circuit& circuit);

/// One formula of a front as a circuit.
struct CircuitOfFront {
    int complexity = 0;
    bool held_to_data = false;  ///< to the labels or targets of the data, not to the float formulas
    Circuit circuit;
    HardwareCost cost;
    LoweringQuality quality;
    std::optional<double> accuracy;      ///< of classes on the data's labels
    std::optional<double> target_error;  ///< of values against the data's target
    std::string refused;      ///< why there is no circuit, "" when there is
    bool is_best = false;     ///< no other is at least as good in quality, LUT + 55 per DSP and nanoseconds

    /// What counts, smaller is better: 1 - accuracy or the error against the target; where the data hold no truth, 1 - agreement or the error against the formula.
    double badness(bool classifies) const {
        return accuracy ? 1 - *accuracy : classifies ? 1 - quality.agreement : target_error.value_or(quality.error);
    }
};
/// Circuits of models by complexity, in their order: of each one as asked for, and where the data hold labels or targets those on the way of searches held to
/// them, as long as no other beats them: a good formula coarsely computed may beat a simple one. `options` as for lower().
std::vector<CircuitOfFront> circuits_of_front(const std::vector<std::pair<int, Model>>& models, const Table& table, const LoweringOptions& options);

}  // namespace balmer
