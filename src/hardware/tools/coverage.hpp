#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "balmer/circuit.hpp"
#include "balmer/firmware.hpp"
#include "hardware/tools/vector_files.hpp"

namespace balmer {

/// The integers of all nodes for some rows, [node][row]; rows can be appended.
using NodeValues = std::vector<std::vector<std::int64_t>>;

/// A quantity inside a circuit and the values that vectors should give it.
struct CoverageSite {
    enum class Kind : std::uint8_t {
        address,     ///< of a table, read at any of `nodes`: every entry
        limited,     ///< what `nodes[0]`, a saturation, limits: both sides of each limit
        difference,  ///< of what `nodes[0]` compares, shifted: zero and the nearest on either side
        value,       ///< of `nodes[0]`: beyond what one bit less would hold
    };
    struct Target {
        std::int64_t value = 0;
        int direction = 0;  ///< 0: exactly this value; 1: it or more; -1: it or less
        bool reached = false;
    };
    Kind kind = Kind::value;
    std::vector<std::uint32_t> nodes;
    std::vector<Target> targets;  ///< of an address: dense, in ascending order

    /// The quantity at the k-th node in a row.
    std::int64_t at(const Circuit& circuit, const NodeValues& values, std::size_t k, std::size_t row) const;
    /// How far a value is from a target, 0 when it is reached.
    static std::int64_t distance(const Target& target, std::int64_t value);
};

/// Keeps account of what vectors reach inside a circuit, which must outlive it.
class CoverageMap {
public:
    explicit CoverageMap(const Circuit& circuit);

    /// The integers of all nodes for rows of inputs.
    NodeValues values_of(std::span<const std::vector<std::int64_t>> rows);
    /// Takes note of rows; says which reached something that none before did.
    std::vector<bool> see(const NodeValues& values);

    /// For each node, a row of the last call in which a change of it was newly seen at an output, or no_row.
    const std::vector<std::size_t>& witnesses() const { return witnesses_; }
    static constexpr std::size_t no_row = static_cast<std::size_t>(-1);

    /// Where the account stands.
    Coverage coverage() const;
    const std::vector<CoverageSite>& sites() const { return sites_; }
    /// Bits of a node, by their value 0 or 1, whose change has not been seen at an output. Of a sign bit only changes count that one bit less would make.
    std::uint64_t hidden_bits(std::uint32_t node, int value) const { return hidden_[node][static_cast<std::size_t>(value)]; }
    /// The same for an entry of a table's column, whatever the bits' values.
    std::uint64_t hidden_entry_bits(std::uint32_t table, std::uint32_t column, std::size_t entry) const { return hidden_entries_[table][column][entry]; }
    /// Values of nodes computed so far.
    std::size_t work() const { return work_; }
    /// Whether an output needs a node.
    bool is_needed(std::uint32_t node) const { return needed_[node]; }
    /// The bits of a node that are `value` in a row and count for hidden_bits.
    std::uint64_t bits_of(std::uint32_t node, std::int64_t integer, int value) const;

private:
    void add_sites();
    void see_sites(const NodeValues& values, std::vector<bool>& is_new);
    void see_bits(std::uint32_t node, const NodeValues& values, std::vector<bool>& is_new);
    void see_entries(std::uint32_t node, const NodeValues& values, std::vector<bool>& is_new);
    /// For each of `rows`, whether an output changes when the node's value becomes `changed`.
    std::vector<bool> shows(std::uint32_t node, const NodeValues& values, std::span<const std::size_t> rows, std::vector<std::int64_t> changed);

    const Circuit& circuit_;
    std::vector<bool> needed_;
    std::vector<FixedPoint> formats_;
    std::vector<CoverageSite> sites_;
    std::vector<std::array<std::uint64_t, 2>> hidden_;                     ///< [node][bit's value]
    std::vector<std::vector<std::vector<std::uint64_t>>> hidden_entries_;  ///< [table][column][entry]
    std::vector<std::size_t> witnesses_;
    std::size_t all_bits_ = 0, work_ = 0;
};

/// Vectors that go where corners, data and chance do not.
struct ReachingRows {
    InputRows rows;
    Coverage coverage;  ///< of the given rows and these
};

/// Searches inputs, by small moves from the nearest row so far, for every entry of every table, both sides of every limit and comparison, and every bit whose
/// change shows at an output, until nothing more is found or `budget` values of nodes are computed. The same arguments give the same rows.
ReachingRows reaching_rows(const Circuit& circuit, const InputRows& given, std::uint64_t seed, std::size_t budget = 1'000'000'000);

/// What firmware is tested on: the vectors of its folder, corners, reaching rows, and `options.random_vectors` random ones at the end.
struct TestRows {
    InputRows rows;
    Coverage coverage;  ///< of all but the random ones
};
TestRows test_rows(const Circuit& circuit, const std::filesystem::path& folder, const VerifyOptions& options);

}  // namespace balmer
