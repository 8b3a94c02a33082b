#pragma once

#include "balmer/circuit.hpp"

namespace balmer {

/// Integers that cannot overflow while an interval is computed.
__extension__ typedef __int128 Wide;

/// An interval before it is known to fit.
struct WideInterval {
    Wide low = 0, high = 0;
};

/// Whether every integer has at most 60 bits of magnitude.
inline bool within_limit(std::int64_t x) { return x >= -circuit_limit && x <= circuit_limit; }
/// Whether both ends have.
inline bool within_limit(const WideInterval& x) { return x.low >= -circuit_limit && x.high <= circuit_limit; }

/// The interval of node << shift.
inline WideInterval shifted_interval(const CircuitNode& node, int shift) {
    const Wide factor = Wide{1} << shift;
    return {node.low * factor, node.high * factor};
}

/// How many leading operands an operation shifts.
std::size_t shifted_operands(CircuitOp op);

/// The interval by the operation's rule, before it is known to fit.
WideInterval wide_interval(const Circuit& circuit, const CircuitNode& node);

}  // namespace balmer
