#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "balmer/expression.hpp"
#include "expression/sympy_number.hpp"

namespace balmer {

/// Terms as SymPy holds them after automatic evaluation, symbols without assumptions. Equal terms have equal numbers.
/// Follows Add.flatten, Mul.flatten, Pow.__new__ and the eval methods of the functions in SymPy 1.14.
class SympyForms {
public:
    using Id = std::uint32_t;
    enum class Kind : std::uint8_t { number, symbol, constant, add, multiply, power, function };

    /// One term. `add` is number + args, `multiply` is number * args, `power` is args[0]^args[1], `function` is named by (op, index).
    struct Term {
        Kind kind = Kind::number;
        Op op = Op::parameter;
        std::int32_t index = 0;
        SympyNumber number;
        std::vector<Id> args;
    };

    Id number(const SympyNumber& value) { return intern({Kind::number, {}, 0, value, {}}); }
    Id whole(std::int64_t value) { return number(SympyNumber::rational(value)); }
    Id leaf(Op op, std::int32_t index);
    Id add(std::span<const Id> operands);
    Id multiply(std::span<const Id> operands);
    Id power(Id base, Id exponent);
    /// A function of SymPy by the operator that stands for it.
    Id function(Op op, std::int32_t index, std::span<const Id> operands);
    /// The term of an operator of ours, written out where SymPy has none.
    Id apply(Op op, std::int32_t index, std::span<const Id> operands);
    /// Nodes of the preorder traversal.
    int count(Id id) const { return counts_[id]; }

private:
    struct Factor {
        Id base, rest;  ///< base^(coefficient*rest)
        SympyNumber coefficient;
    };

    Id intern(Term term);
    Id negated(Id id) { return multiply(std::vector{whole(-1), id}); }
    Id times(const SympyNumber& factor, Id rest);
    bool is_number(Id id) const { return terms_[id].kind == Kind::number; }
    bool is_function(Id id, Op op) const { return terms_[id].kind == Kind::function && terms_[id].op == op; }
    bool extracts_minus(Id id) const;
    void gather(std::vector<Factor>& factors, SympyNumber& coefficient, Id id);
    Id number_power(const SympyNumber& base, const SympyNumber& exponent);
    Id root_of_whole(std::int64_t base, const SympyNumber& exponent);
    Id exponential(Id a);
    Id of_number(Op op, const SympyNumber& a);
    Id trigonometric(Op op, Id a);
    Id absolute(Id a);
    Id opaque(Op op, std::int32_t index, std::span<const Id> operands);
    Id minus_one(Id a) { return add(std::vector{a, whole(-1)}); }

    std::vector<Term> terms_;
    std::vector<int> counts_;
    std::unordered_multimap<std::uint64_t, Id> known_;
};

}  // namespace balmer
