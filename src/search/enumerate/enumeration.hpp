#pragma once

#include "search/enumerate/value_table.hpp"

namespace balmer::enumerate {

/// exp, log, sin and their kin: not algebraic.
bool is_transcendental(Op op);

/// A formula to be evaluated: an operator on entries.
struct ValueTable::Proposal {
    Op op = Op::add;
    std::uint8_t size = 1;
    bool binary = false, negated = false;
    std::int16_t index = 0;
    std::uint32_t left = 0, right = 0;
};

/// Where the enumeration stands: the rules of one size in a fixed order, each with its loop counters.
struct ValueTable::Cursor {
    struct Rule {
        Op op = Op::add;
        std::int16_t index = 0;
        bool scale = false;      ///< operand times one of the constants, which cost nothing
        bool binary = false, negated = false, commutative = false;
        std::size_t left_begin = 0, left_end = 0, right_begin = 0, right_end = 0;
    };
    int size = 1;
    std::vector<Rule> rules;
    std::size_t rule = 0, left = 0, right = 0;
};

}  // namespace balmer::enumerate
