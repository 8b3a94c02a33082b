#include "expression/sympy_count.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "expression/operator_facts.hpp"
#include "expression/sympy_forms.hpp"

namespace balmer {

// A function of a number: evaluated for floats and where it is exact.
SympyForms::Id SympyForms::of_number(Op op, const SympyNumber& a) {
    const double value = balmer::apply(op, a.value);
    const bool known = !a.exact || (std::isfinite(value) && value == std::nearbyint(value) && (a.is(0) || op == Op::floor || op == Op::sign || (op == Op::log && a.is(1))));
    if (!known || !std::isfinite(value)) {
        const bool odd = parity(op) == Parity::odd && a.value < 0;
        if (odd) return negated(opaque(op, 0, std::array{number(a * SympyNumber::rational(-1))}));
        if (op == Op::log && a.exact && a.numerator == 1) return negated(opaque(op, 0, std::array{whole(a.denominator)}));
        return opaque(op, 0, std::array{number(a)});
    }
    return a.exact ? whole(static_cast<std::int64_t>(value)) : number(SympyNumber::real(value));
}

SympyForms::Id SympyForms::trigonometric(Op op, Id a) {
    constexpr std::array<std::pair<Op, Op>, 9> undone = {{{Op::sin, Op::asin}, {Op::cos, Op::acos}, {Op::tan, Op::atan},
                                                          {Op::sinh, Op::asinh}, {Op::cosh, Op::acosh}, {Op::tanh, Op::atanh},
                                                          {Op::log, Op::exp}, {Op::sign, Op::sign}, {Op::floor, Op::floor}}};
    for (const auto& [outer, inner] : undone) {
        if (op != outer || !is_function(a, inner)) continue;
        if (outer == inner) return a;
        const Id argument = terms_[a].args[0];
        // Symbols are complex, so log(exp(x)) stays; it is x only for numbers.
        if (op != Op::log || is_number(argument)) return argument;
    }
    if (op == Op::log && terms_[a].kind == Kind::constant && terms_[a].op == Op::euler) return whole(1);
    if (terms_[a].kind == Kind::constant && terms_[a].op == Op::pi) {
        if (op == Op::sin || op == Op::tan) return whole(0);
        if (op == Op::cos) return whole(-1);
    }
    const auto kind = parity(op);
    if (kind != Parity::none && extracts_minus(a)) {
        const Id positive = function(op, 0, std::array{negated(a)});
        return kind == Parity::odd ? negated(positive) : positive;
    }
    return opaque(op, 0, std::array{a});
}

SympyForms::Id SympyForms::absolute(Id a) {
    const Term term = terms_[a];
    if (is_function(a, Op::abs) || term.kind == Kind::constant) return a;
    if (term.kind == Kind::multiply && !term.number.is(1)) {
        const Id rest = term.args.size() == 1 ? term.args[0] : intern({Kind::multiply, {}, 0, SympyNumber::rational(1), term.args});
        auto size = term.number;
        if (size.value < 0) size = size * SympyNumber::rational(-1);
        return multiply(std::array{number(size), absolute(rest)});
    }
    if (is_function(a, Op::exp)) return exponential(opaque(Op::argument, 0, std::array{term.args[0]}));  // exp(re(x))
    if (extracts_minus(a)) return absolute(negated(a));
    return opaque(Op::abs, 0, std::array{a});
}

SympyForms::Id SympyForms::function(Op op, std::int32_t index, std::span<const Id> operands) {
    if (operands.size() != 1 || op == Op::call || op == Op::hole || op == Op::choose) return opaque(op, index, operands);
    const Id a = operands[0];
    if (op == Op::exp) return exponential(a);
    if (is_number(a)) return of_number(op, SympyNumber(terms_[a].number));
    const Term term = terms_[a];
    if (op == Op::abs) return absolute(a);
    if (op == Op::sign && term.kind == Kind::multiply) {
        const Id rest = term.args.size() == 1 ? term.args[0] : intern({Kind::multiply, {}, 0, SympyNumber::rational(1), term.args});
        const Id sign = opaque(op, 0, std::array{rest});
        return term.number.value < 0 ? negated(sign) : sign;
    }
    if (op == Op::floor && term.kind == Kind::add && term.number.integer() && !term.number.zero()) {
        const Id rest = add(std::array{a, number(term.number * SympyNumber::rational(-1))});
        return add(std::array{function(op, 0, std::array{rest}), number(term.number)});
    }
    return trigonometric(op, a);
}

SympyForms::Id SympyForms::apply(Op op, std::int32_t index, std::span<const Id> x) {
    const auto square = [&](Id a) { return power(a, whole(2)); };
    const auto inverse = [&](Id a) { return power(a, whole(-1)); };
    const auto half = number(SympyNumber::rational(1, 2));
    switch (op) {
        case Op::add: return add(x);
        case Op::subtract: return add(std::array{x[0], negated(x[1])});
        case Op::multiply: return multiply(x);
        case Op::divide: return multiply(std::array{x[0], inverse(x[1])});
        case Op::negate: return negated(x[0]);
        case Op::power: return power(x[0], x[1]);
        case Op::integer_power: return power(x[0], whole(index));
        case Op::square: return square(x[0]);
        case Op::cube: return power(x[0], whole(3));
        case Op::sqrt: return power(x[0], half);
        case Op::cbrt: return power(x[0], number(SympyNumber::rational(1, 3)));
        case Op::inverse: return inverse(x[0]);
        case Op::expm1: return minus_one(exponential(x[0]));
        case Op::log1p: return function(Op::log, 0, std::array{add(std::array{x[0], whole(1)})});
        case Op::log2:
        case Op::log10: {
            const Id base = function(Op::log, 0, std::array{whole(op == Op::log2 ? 2 : 10)});
            return multiply(std::array{function(Op::log, 0, x), inverse(base)});
        }
        case Op::gauss: return exponential(negated(square(x[0])));
        case Op::logistic: return inverse(add(std::array{exponential(negated(x[0])), whole(1)}));
        case Op::relu: return opaque(Op::max, 0, std::array{whole(0), x[0]});
        case Op::step: return opaque(Op::step, 0, std::array{x[0], whole(0)});  // Heaviside(x, 0)
        case Op::hypot: return power(add(std::array{square(x[0]), square(x[1])}), half);
        case Op::min:
        case Op::max: return x[0] == x[1] ? x[0] : opaque(op, 0, x);
        case Op::conditional: {  // Piecewise((x1, x0), (x2, True))
            const Id otherwise = opaque(Op::hole, -1, {});
            const Id first = opaque(Op::hole, -2, std::array{x[1], x[0]});
            return opaque(op, 0, std::array{first, opaque(Op::hole, -2, std::array{x[2], otherwise})});
        }
        default: return function(op, index, x);
    }
}

int sympy_count(const Expression& expression) {
    SympyForms forms;
    std::vector<SympyForms::Id> stack;
    for (const auto& node : expression.nodes) {
        if (node.op == Op::parameter) {
            stack.push_back(forms.number(SympyNumber::read(expression.values[static_cast<std::size_t>(node.index)])));
        } else if (node.arity == 0 && node.op != Op::call && node.op != Op::hole) {
            stack.push_back(forms.leaf(node.op, node.index));
        } else if (node.op == Op::choose) {  // counted as a function of the category
            const std::size_t base = stack.size() - node.arity;
            const SympyForms::Id category = stack[base];
            const auto first = expression.nodes[static_cast<std::size_t>(&node - expression.nodes.data()) - node.arity + 1].index;
            stack.resize(base);
            stack.push_back(forms.apply(Op::choose, first, std::array{category}));
        } else {
            const std::size_t base = stack.size() - node.arity;
            const std::vector<SympyForms::Id> operands(stack.begin() + static_cast<std::ptrdiff_t>(base), stack.end());
            stack.resize(base);
            stack.push_back(forms.apply(node.op, node.index, operands));
        }
    }
    assert(stack.size() == 1);
    return forms.count(stack.back());
}

}  // namespace balmer
