#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "balmer/circuit.hpp"

namespace balmer {

/// Whether what a builder makes gets names.
enum class Naming : std::uint8_t {
    unique,  ///< legal, and unlike all others
    none,    ///< empty: the circuit is only looked at, and thrown away
};

/// Grows a circuit node by node: computes intervals and fractions, merges equal nodes, keeps names legal and unique. Every method returns
/// the index of a node. Throws balmer::Error when a value would pass circuit_limit.
class CircuitBuilder {
public:
    /// An empty circuit of that name.
    explicit CircuitBuilder(std::string_view name = "circuit", Naming naming = Naming::unique);

    /// A new port and its node.
    std::uint32_t input(std::string_view column, FixedPoint format, Rounding rounding = Rounding::nearest,
                        Overflow overflow = Overflow::saturate);
    /// The integer `value` with `fraction` bits after the point.
    std::uint32_t constant(std::int64_t value, int fraction);
    /// a + b, aligned at the finer of their points, or at `fraction` when that is finer still.
    std::uint32_t add(std::uint32_t a, std::uint32_t b, std::string_view name = {});
    /// a - b.
    std::uint32_t subtract(std::uint32_t a, std::uint32_t b, std::string_view name = {});
    /// a * b.
    std::uint32_t multiply(std::uint32_t a, std::uint32_t b, std::string_view name = {});
    /// Adds a table (or finds an equal one); its index. `first` and values as in CircuitTable.
    std::uint32_t add_table(CircuitTable table);
    /// One column of a table at address `a`, its values with `fraction` bits after the point.
    std::uint32_t table(std::uint32_t table, std::uint32_t column, std::uint32_t a, int fraction, std::string_view name = {});
    /// a limited to [low, high]; a itself when it lies inside.
    std::uint32_t saturate(std::uint32_t a, std::int64_t low, std::int64_t high, std::string_view name = {});
    /// a modulo 2^width in a format of that width; a itself when it fits.
    std::uint32_t wrap(std::uint32_t a, int width, Sign sign, std::string_view name = {});
    /// a with exactly `fraction` bits after the point: low bits dropped by `rounding`, or zeros appended.
    std::uint32_t with_fraction(std::uint32_t a, int fraction, Rounding rounding, std::string_view name = {});
    /// The integer of a, read with another binary point: a * 2^(a.fraction - fraction).
    std::uint32_t reread(std::uint32_t a, int fraction, std::string_view name = {});
    /// condition != 0 ? then : otherwise, aligned at the finer point.
    std::uint32_t select(std::uint32_t condition, std::uint32_t then, std::uint32_t otherwise, std::string_view name = {});
    /// A comparison (less, less_equal, equal), aligned.
    std::uint32_t compare(CircuitOp op, std::uint32_t a, std::uint32_t b, std::string_view name = {});
    /// A new output port.
    void output(std::string_view column, std::uint32_t node, FixedPoint format, std::string_view formula = {},
                OutputKind kind = OutputKind::value);

    /// The node, by index.
    const CircuitNode& node(std::uint32_t index) const { return circuit_.nodes[index]; }
    /// What stands so far.
    const Circuit& circuit() const { return circuit_; }
    /// The circuit, to add facts and classes.
    Circuit& circuit() { return circuit_; }
    /// The finished circuit: nodes that no output reads are gone (inputs stay). Nothing is left in the builder.
    Circuit finish();

private:
    std::uint32_t append(CircuitNode node, std::string_view wanted);
    std::string take_name(std::string_view wanted, std::string_view fallback);

    Circuit circuit_;
    Naming naming_;
    std::unordered_map<std::string, int> taken_;               ///< lower-case names
    std::unordered_multimap<std::uint64_t, std::uint32_t> seen_;  ///< nodes by hash
};

/// The nearest identifier that is no reserved word: "pt (GeV)" becomes "pt_GeV", "reg" becomes "reg_value".
std::string legal_name(std::string_view wanted, std::string_view fallback);

}  // namespace balmer
