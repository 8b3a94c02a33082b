#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "balmer/complexity.hpp"
#include "balmer/expression.hpp"
#include "balmer/interval.hpp"

namespace balmer {

/// An operator applied to classes of equal terms. Op::parameter has its number's bits in `value`; a free parameter an index of its own.
struct TermNode {
    Op op = Op::parameter;
    std::uint8_t count = 0;
    std::int32_t index = 0;
    double value = 0;
    std::array<std::uint32_t, 3> operand{};

    bool operator==(const TermNode& other) const;
};

/// Hash of a term node.
struct TermHash {
    std::size_t operator()(const TermNode& node) const;
};

/// Operators by their number.
using OperatorSet = std::array<bool, op_count>;
using OperatorMask = std::bitset<op_count>;

/// Classes of terms that are equal wherever the original formula is finite: hash-consed nodes, union-find, congruence closure by
/// deferred repair (M. Willsey et al., "egg: fast and extensible equality saturation", POPL 2021). Each class knows its number, if it
/// is one, and a range of its values on the box.
class EGraph {
public:
    using Id = std::uint32_t;

    /// One class of equal terms.
    struct Class {
        std::vector<Id> nodes;
        std::vector<Id> parents;       ///< nodes that have this class as operand
        std::optional<double> number;  ///< its value, when it is one number
        bool literal = false;          ///< the number may be looked at: it is no free parameter
        Interval range;
        OperatorMask ops;              ///< operators of its nodes, perhaps of dead ones too
        std::uint32_t changed = 0;     ///< round in which it was made or last grew
    };

    EGraph(std::span<const Interval> box, bool free_parameters) : box_(box.begin(), box.end()), free_parameters_(free_parameters) {}

    /// Adds a formula and returns its class; nothing when an operator has more than three operands.
    std::optional<Id> add(const Expression& expression);
    Id add(TermNode node);
    Id add_number(double value);
    Id find(Id id) const;
    /// Makes two classes one. Call rebuild() before matching again.
    void merge(Id a, Id b);
    void rebuild();
    /// What changes from now on belongs to the next round; `deepest` is the largest depth that changed_below will be asked for.
    void begin_round(std::size_t deepest);
    std::uint32_t round() const { return round_; }
    /// Last round before this one in which the class or one at most `depth` operands below it was made or grew.
    std::uint32_t changed_below(Id id, std::size_t depth) const { return below_[depth * classes_.size() + id]; }
    std::size_t size() const { return live_; }
    /// Merges of different classes so far.
    std::size_t merges() const { return merges_; }
    /// Whether two different numbers were found equal: the original has no finite value. Nothing may be concluded then.
    bool contradicts() const { return contradicts_; }

    std::size_t classes() const { return classes_.size(); }
    const Class& at(Id id) const { return classes_[id]; }
    const TermNode& node(Id node) const { return nodes_[node]; }
    bool dead(Id node) const { return dead_[node]; }
    /// The term of a class with the lowest sum of weights.
    Expression extract(Id root, const ComplexityMeasure& cost, const OperatorSet& allowed) const;

private:
    TermNode canonical(TermNode node) const;
    Id create(const TermNode& node);
    void fold(Id id, const TermNode& node);
    void repair(Id id);
    Expression write(Id root, std::span<const Id> best) const;

    std::vector<Interval> box_;
    bool free_parameters_;
    bool contradicts_ = false;
    std::vector<TermNode> nodes_;
    std::vector<Id> class_of_;
    std::vector<char> dead_;
    std::size_t live_ = 0;
    std::size_t merges_ = 0;
    std::vector<Class> classes_;
    mutable std::vector<Id> leader_;
    std::vector<Id> dirty_;
    std::uint32_t round_ = 0;
    std::vector<std::uint32_t> below_;  ///< [depth][class]
    std::unordered_map<TermNode, Id, TermHash> known_;
    std::int32_t next_parameter_ = 0;
};

}  // namespace balmer
