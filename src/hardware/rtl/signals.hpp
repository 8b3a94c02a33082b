#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "balmer/circuit.hpp"

namespace balmer {

/// Hands out identifiers that differ from all others, also without regard to case.
class NamePool {
public:
    /// Every name that the circuit itself has.
    explicit NamePool(const Circuit& circuit);
    /// `wanted`, or wanted_2, wanted_3, ... when it is taken.
    std::string take(std::string_view wanted);

private:
    std::set<std::string> taken_;
};

/// One place where a table is read: all nodes with this table, address and stage are its results.
struct TableInstance {
    std::string name;          ///< of the instance
    std::string address_name;  ///< of the signal that carries the address in the table's own format
    std::uint32_t table = 0, address = 0;
    int stage = 0;
    std::vector<std::uint32_t> nodes;
};

/// What hardware languages need besides the circuit: registers by name, instances of tables.
class Signals {
public:
    explicit Signals(const Circuit& circuit);

    /// Registers behind each node.
    const std::vector<int>& ranks() const { return ranks_; }
    /// Name of a node's value `rank` registers behind it.
    const std::string& name(std::uint32_t node, int rank) const { return names_[node][static_cast<std::size_t>(rank)]; }
    /// Name of a node's value as seen in a stage.
    const std::string& in_stage(std::uint32_t node, int stage) const;
    const std::vector<TableInstance>& instances() const { return instances_; }
    /// Name of the whole word that a table gives, for a node that needs only its low bits.
    const std::string& word_name(std::uint32_t node) const { return words_[node]; }
    /// Name of the shift register of the valid bit.
    const std::string& valid_chain() const { return valid_chain_; }

private:
    const Circuit& circuit_;
    std::vector<int> ranks_;
    std::vector<std::vector<std::string>> names_;
    std::vector<std::string> words_;  ///< by node, "" where it reads no table
    std::vector<TableInstance> instances_;
    std::string valid_chain_;
};

/// Format of a table's address, and of one of its columns.
FixedPoint address_format(const CircuitTable& table);
FixedPoint column_format(const TableColumn& column);

/// What stands at the head of every generated file: formula, formats, latency, facts, notes; one line each, without comment marks.
std::vector<std::string> header_lines(const Circuit& circuit);

/// Those lines as comments behind `mark`.
std::string comment(const std::vector<std::string>& lines, std::string_view mark);

/// Bits that a signed integer needs to hold all of [low, high].
int signed_width(std::int64_t low, std::int64_t high);

/// The bit pattern of an integer in `width` bits as a number.
std::uint64_t pattern(std::int64_t value, int width);

}  // namespace balmer
