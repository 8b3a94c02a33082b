#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "balmer/error.hpp"
#include "balmer/hardware_cost.hpp"

namespace balmer {

namespace {

// Clock to output, set-up and the net to the first gate, as in estimate_cost.
constexpr double register_time = 0.152;
constexpr double smallest_step = 0.005;

/// Stages and arrival times of a circuit under a period.
class Stages {
public:
    explicit Stages(const Circuit& circuit) : circuit_(circuit) {
        for (const CircuitNode& node : circuit.nodes) {
            delay_.push_back(estimate_delay(circuit, node));
        }
    }

    double slowest_node() const { return delay_.empty() ? 0 : *std::ranges::max_element(delay_); }

    /// As soon as possible: the stages when each takes at most `period`; nothing when a node alone takes longer.
    std::optional<std::vector<int>> earliest(double period) const {
        std::vector<int> stage(delay_.size(), 0);
        std::vector<double> arrival(delay_.size(), 0);
        for (std::size_t i = 0; i < delay_.size(); ++i) {
            if (delay_[i] > period) {
                return std::nullopt;
            }
            const auto [first, start] = start_of(i, stage, arrival);
            const bool fits = start + delay_[i] <= period;
            stage[i] = fits ? first : first + 1;
            arrival[i] = fits ? start + delay_[i] : delay_[i];
        }
        return stage;
    }

    /// Whether given stages keep the period.
    bool holds(const std::vector<int>& stage, double period) const {
        std::vector<double> arrival(delay_.size(), 0);
        for (std::size_t i = 0; i < delay_.size(); ++i) {
            double start = 0;
            for (const std::uint32_t operand : operands(i)) {
                if (stage[operand] > stage[i]) {
                    return false;
                }
                start = stage[operand] == stage[i] ? std::max(start, arrival[operand]) : start;
            }
            arrival[i] = start + delay_[i];
            if (arrival[i] > period + 1e-9) {
                return false;
            }
        }
        return true;
    }

    std::vector<std::uint32_t> operands(std::size_t i) const {
        const CircuitNode& node = circuit_.nodes[i];
        std::vector<std::uint32_t> result;
        for (std::size_t k = 0; k < static_cast<std::size_t>(arity_of(node.op)); ++k) {
            if (circuit_.nodes[node.operands[k]].op != CircuitOp::constant) {
                result.push_back(node.operands[k]);
            }
        }
        return result;
    }

private:
    std::pair<int, double> start_of(std::size_t i, const std::vector<int>& stage, const std::vector<double>& arrival) const {
        int first = 0;
        double start = 0;
        for (const std::uint32_t operand : operands(i)) {
            if (stage[operand] > first) {
                first = stage[operand];
                start = 0;
            }
            start = stage[operand] == first ? std::max(start, arrival[operand]) : start;
        }
        return {first, start};
    }

    const Circuit& circuit_;
    std::vector<double> delay_;
};

int count_stages(const std::vector<int>& stage) { return stage.empty() ? 1 : *std::ranges::max_element(stage) + 1; }

void set_stages(Circuit& circuit, const std::vector<int>& stage) {
    for (std::size_t i = 0; i < stage.size(); ++i) {
        const bool stays = circuit.nodes[i].op == CircuitOp::constant || circuit.nodes[i].op == CircuitOp::input;
        circuit.nodes[i].stage = stays ? 0 : stage[i];
    }
}

/// The shortest period that `latency` stages can have, by bisection.
double shortest_period(const Stages& stages, int latency, double upper) {
    double low = stages.slowest_node(), high = upper;
    if (const auto stage = stages.earliest(low); stage && count_stages(*stage) <= latency) {
        return low;
    }
    while (high - low > smallest_step) {
        const double middle = 0.5 * (low + high);
        const auto stage = stages.earliest(middle);
        (stage && count_stages(*stage) <= latency ? high : low) = middle;
    }
    return high;
}

double total_delay(const Circuit& circuit) {
    Circuit combinational = circuit;
    combinational.latency = 0;
    set_stages(combinational, std::vector<int>(circuit.nodes.size(), 0));
    return estimate_cost(combinational).period + smallest_step;
}

int register_bits(const Circuit& circuit) { return estimate_cost(circuit).flip_flops; }

/// Moves nodes to later or earlier stages while that saves register bits and the period holds.
void save_registers(Circuit& circuit, const Stages& stages, std::vector<int> stage, double period) {
    set_stages(circuit, stage);
    int bits = register_bits(circuit);
    for (bool improved = true; improved;) {
        improved = false;
        for (std::size_t i = circuit.nodes.size(); i-- > 0;) {
            for (const int step : {1, -1}) {
                const CircuitOp op = circuit.nodes[i].op;
                if (op == CircuitOp::constant || op == CircuitOp::input || stage[i] + step < 0 || stage[i] + step >= circuit.latency) {
                    continue;
                }
                stage[i] += step;
                if (stages.holds(stage, period)) {
                    set_stages(circuit, stage);
                    const int now = register_bits(circuit);
                    if (now < bits) {
                        bits = now;
                        improved = true;
                        continue;
                    }
                }
                stage[i] -= step;
            }
        }
    }
    set_stages(circuit, stage);
}

}  // namespace

void schedule(Circuit& circuit, const ScheduleOptions& options) {
    if (!(options.clock > 0)) {
        throw Error(fmt::format("a clock period is positive, given were {} ns", options.clock));
    }
    if (options.multipliers != Multiplier::automatic) {
        for (CircuitNode& node : circuit.nodes) {
            node.multiplier = node.op == CircuitOp::multiply ? options.multipliers : node.multiplier;
        }
    }
    const double budget = options.clock - register_time;
    for (CircuitNode& node : circuit.nodes) {  // a DSP block takes no register inside here; in fabric the product can be split
        const bool is_late = uses_dsp(node) && estimate_delay(circuit, node) > budget;
        node.multiplier = is_late && options.multipliers == Multiplier::automatic ? Multiplier::lut : node.multiplier;
    }
    const double slowest = Stages(circuit).slowest_node();
    circuit = split_slow_nodes(circuit, budget);
    const Stages stages(circuit);
    circuit.clock = options.clock;
    const double whole = total_delay(circuit);
    if (options.latency == 0) {
        if (whole > options.clock) {
            const bool helps = stages.slowest_node() <= budget;
            throw Error(fmt::format("a latency of 0 cycles of {} ns cannot be met: {}a clock of {:.2f} ns", options.clock,
                                    helps ? fmt::format("{} cycles can, or ", count_stages(*stages.earliest(budget))) : "", whole));
        }
        circuit.latency = 0;
        set_stages(circuit, std::vector<int>(circuit.nodes.size(), 0));
        return;
    }
    if (stages.slowest_node() > budget) {
        throw Error(fmt::format("a clock of {} ns is too short: one operation takes {:.2f} ns, registers {:.2f} ns more; the shortest clock is {:.2f} ns",
                                options.clock, std::min(slowest, stages.slowest_node()), register_time, stages.slowest_node() + register_time));
    }
    const int fewest = count_stages(*stages.earliest(budget));
    if (options.latency > 0 && fewest > options.latency) {
        throw Error(fmt::format("a latency of {} cycles of {} ns cannot be met: {} cycles can, or a clock of {:.2f} ns", options.latency, options.clock,
                                fewest, shortest_period(stages, options.latency, whole) + register_time));
    }
    circuit.latency = options.latency > 0 ? options.latency : fewest;
    // Up to a margin for routing, slack lets registers stand where they are few.
    constexpr double margin = 0.2;
    const double period = std::min(budget, std::max(shortest_period(stages, circuit.latency, whole), (1 - margin) * budget));
    save_registers(circuit, stages, *stages.earliest(period), period);
}

}  // namespace balmer
