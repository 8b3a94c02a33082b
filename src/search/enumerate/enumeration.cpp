#include "search/enumerate/enumeration.hpp"

#include <algorithm>

namespace balmer::enumerate {
namespace {

// f(-v) differs from f(v) by more than a sign, and is not found from f(v) by a map that the keys ignore.
bool both_signs(Op op) {
    switch (op) {
        case Op::exp: case Op::expm1: case Op::logistic: case Op::relu: case Op::step: case Op::floor: case Op::log: case Op::log1p:
        case Op::log2: case Op::log10: case Op::sqrt: case Op::acosh: return true;
        default: return false;
    }
}

// Operators of two operands other than + - * / are tried on small operands only.
constexpr int largest_of_rare = 4;
// Constants multiply formulas up to this size at no cost.
constexpr int largest_scaled = 4;

bool is_arithmetic(Op op) { return op == Op::add || op == Op::subtract || op == Op::multiply || op == Op::divide; }

}  // namespace

bool is_transcendental(Op op) {
    switch (op) {
        case Op::exp: case Op::expm1: case Op::log: case Op::log1p: case Op::log2: case Op::log10: case Op::sin: case Op::cos: case Op::tan:
        case Op::asin: case Op::acos: case Op::atan: case Op::sinh: case Op::cosh: case Op::tanh: case Op::asinh: case Op::acosh:
        case Op::atanh: case Op::gauss: case Op::logistic: case Op::erf: case Op::atan2: return true;
        default: return false;
    }
}

bool ValueTable::start_size() {
    const int size = ++cursor_->size;
    first_.push_back(entries_.size());
    auto& rules = cursor_->rules;
    rules.clear();
    cursor_->rule = 0;
    const auto begin = [&](int s) { return first_of_size(s); };
    const auto end = [&](int s) { return s + 1 < size ? first_of_size(s + 1) : entries_.size(); };
    const auto unary = [&](Op op, int index) {
        Cursor::Rule rule{.op = op, .index = static_cast<std::int16_t>(index), .left_begin = begin(size - 1), .left_end = end(size - 1)};
        rules.push_back(rule);
        rule.negated = true;
        if (both_signs(op) || op == Op::call) rules.push_back(rule);
    };
    for (const Op op : unary_) unary(op, 0);
    const bool products = std::ranges::find(binary_, Op::multiply) != binary_.end();
    if (products && size - 1 <= largest_scaled)
        rules.push_back({.op = Op::multiply, .scale = true, .binary = true, .left_begin = begin(size - 1), .left_end = end(size - 1),
                         .right_begin = 0, .right_end = scales_.size()});
    const auto pairs = [&](Op op, int index, bool commutative) {
        for (int s = 1; s <= size - 2; ++s) {
            if (commutative && s > size - 1 - s) continue;
            rules.push_back({.op = op, .index = static_cast<std::int16_t>(index), .binary = true, .commutative = commutative,
                             .left_begin = begin(s), .left_end = end(s), .right_begin = begin(size - 1 - s), .right_end = end(size - 1 - s)});
        }
    };
    for (const Op op : binary_)
        if (is_arithmetic(op) || size <= largest_of_rare)
            pairs(op, 0, info(op).symmetry == Symmetry::commutative || op == Op::subtract);
    for (std::size_t d = 0; d < definitions_.size(); ++d) {
        if (definitions_[d].arguments.size() == 1) unary(Op::call, static_cast<int>(d));
        if (definitions_[d].arguments.size() == 2 && size <= largest_of_rare) pairs(Op::call, static_cast<int>(d), false);
    }
    return begin(size - 1) < end(size - 1) || size <= 3;
}

bool ValueTable::unary_allowed(Op op, const Entry& entry) const {
    if (entry.flags & constant_entry) return false;
    if (op == Op::inverse && (entry.op == Op::inverse || entry.op == Op::divide)) return false;
    if (op == Op::sqrt && entry.op == Op::square) return false;
    if (op == Op::square && entry.op == Op::sqrt) return false;
    if (!is_transcendental(op)) return true;
    const bool inverse_sine = op == Op::asin || op == Op::acos || op == Op::atan;
    return !(entry.flags & transcendental_entry) || (inverse_sine && (entry.flags & trigonometric_entry));
}

// Constants multiply once: a product of two is another constant's business.
bool ValueTable::scale_allowed(const Entry& entry) const {
    if (entry.flags & constant_entry) return false;
    return !(entry.op == Op::multiply && entries_[entry.right].flags & constant_entry);
}

bool ValueTable::binary_allowed(Op op, std::uint32_t left, std::uint32_t right) const {
    const Entry& a = entries_[left];
    const Entry& b = entries_[right];
    const bool constant_a = a.flags & constant_entry, constant_b = b.flags & constant_entry;
    if (constant_a && constant_b) return false;
    if (left == right) return op == Op::power;
    switch (op) {
        case Op::multiply: return !constant_a && !constant_b;
        // 1/a is the inverse; a/2 and 2/a come from the products by constants.
        case Op::divide: return !constant_a && !constant_b;
        case Op::add: case Op::subtract: return !(constant_a && a.constant == 0.5) && !(constant_b && b.constant == 0.5);
        default: return true;
    }
}

bool ValueTable::units_allow(const Proposal& p) { return !units_.active() || unit_of(p) != EntryUnits::inconsistent; }

void ValueTable::next_rule() {
    ++cursor_->rule;
    if (cursor_->rule == cursor_->rules.size()) return;
    const auto& rule = cursor_->rules[cursor_->rule];
    cursor_->left = rule.left_begin;
    cursor_->right = rule.right_begin;
}

bool ValueTable::propose(std::vector<Proposal>& batch, std::size_t count, int largest) {
    auto& c = *cursor_;
    while (batch.size() < count) {
        if (c.rule == c.rules.size()) {
            // A new size needs all entries of the last one, so what is proposed goes in first.
            if (!batch.empty()) return true;
            if (c.size >= largest || !start_size()) return false;
            if (c.rules.empty()) return false;
            c.left = c.rules[0].left_begin;
            c.right = c.rules[0].right_begin;
        }
        const auto& rule = c.rules[c.rule];
        if (c.left >= rule.left_end) {
            next_rule();
            continue;
        }
        const auto left = static_cast<std::uint32_t>(c.left);
        Proposal p{.op = rule.op, .size = static_cast<std::uint8_t>(c.size), .binary = rule.binary, .negated = rule.negated,
                   .index = rule.index, .left = left, .right = left};
        if (!rule.binary) {
            if (unary_allowed(rule.op, entries_[left]) && units_allow(p)) batch.push_back(p);
            ++c.left;
            continue;
        }
        if (rule.commutative && c.right < left) c.right = left;
        if (c.right >= rule.right_end) {
            ++c.left;
            c.right = rule.right_begin;
            continue;
        }
        p.right = rule.scale ? scales_[c.right] : static_cast<std::uint32_t>(c.right);
        ++c.right;
        const bool allowed = rule.scale ? scale_allowed(entries_[left]) : binary_allowed(rule.op, left, p.right);
        if (allowed && units_allow(p)) batch.push_back(p);
    }
    return true;
}

}  // namespace balmer::enumerate
