#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "balmer/circuit.hpp"

namespace balmer {

/// What a circuit takes on an UltraScale+ device, estimated from its nodes alone. "Pre-route estimate": benchmarks/hardware/random_models.cpp
/// compares it with Yosys.
struct HardwareCost {
    double lut = 0;         ///< look-up tables, as Yosys counts them before two share one LUT6_2
    int flip_flops = 0;     ///< register bits of the schedule
    int dsp = 0;
    int carry = 0;          ///< CARRY8 blocks
    int latency = 0;        ///< clock cycles
    double period = 0;      ///< slowest stage, nanoseconds, at 250 ps per net

    /// LUT + 55 per DSP: what precision search minimises.
    double area() const { return lut + 55 * dsp; }
};

/// The estimate, in microseconds of computing.
HardwareCost estimate_cost(const Circuit& circuit);
/// LUTs of one node, its multiplier in fabric unless the node says DSP.
double estimate_lut(const Circuit& circuit, const CircuitNode& node);
/// Nanoseconds from the operands to the result of one node, with the net behind it at 250 ps.
double estimate_delay(const Circuit& circuit, const CircuitNode& node);
/// Whether a multiplication is estimated as a DSP block.
bool uses_dsp(const CircuitNode& node);

/// What a schedule is to reach.
struct ScheduleOptions {
    double clock = 5;   ///< nanoseconds
    int latency = -1;   ///< clock cycles; -1: as few as the clock allows
    Multiplier multipliers = Multiplier::automatic;  ///< automatic: DSP for products of more than 80 LUTs
};

/// Sets multipliers, stages, latency and clock: initiation interval 1, the slowest stage as short as the latency allows, then as few register
/// bits as that period allows. Multipliers and tables slower than the clock are split first. Throws balmer::Error when the clock or the latency
/// cannot be met, with what can.
void schedule(Circuit& circuit, const ScheduleOptions& options);
/// Replaces multiplications and tables that take longer than `limit` nanoseconds by smaller ones with adders and selections between them, so
/// that registers may stand inside. The integers stay the same.
Circuit split_slow_nodes(const Circuit& circuit, double limit);

}  // namespace balmer
