#include "expression/sympy_forms.hpp"

#include <algorithm>
#include <bit>
#include <numbers>
#include <tuple>

#include "balmer/hash.hpp"
#include "expression/operator_facts.hpp"

namespace balmer {

SympyForms::Id SympyForms::intern(Term term) {
    std::uint64_t hash = combine_hash(static_cast<std::uint64_t>(term.kind) << 8 | static_cast<std::uint64_t>(term.op),
                                      static_cast<std::uint32_t>(term.index));
    hash = combine_hash(hash, std::bit_cast<std::uint64_t>(term.number.value) + term.number.exact);
    for (const auto id : term.args) hash = combine_hash(hash, id);
    for (auto [at, end] = known_.equal_range(hash); at != end; ++at) {
        const Term& other = terms_[at->second];
        if (other.kind == term.kind && other.op == term.op && other.index == term.index && other.args == term.args &&
            other.number == term.number)
            return at->second;
    }
    int count = 1;
    for (const auto id : term.args) count += counts_[id];
    if (term.kind == Kind::add) count += !term.number.zero();
    if (term.kind == Kind::multiply) count += !term.number.is(1);
    const Id id = static_cast<Id>(terms_.size());
    known_.emplace(hash, id);
    terms_.push_back(std::move(term));
    counts_.push_back(count);
    return id;
}

SympyForms::Id SympyForms::leaf(Op op, std::int32_t index) {
    const bool constant = op == Op::pi || op == Op::euler;
    return intern({constant ? Kind::constant : Kind::symbol, op, index, {}, {}});
}

SympyForms::Id SympyForms::opaque(Op op, std::int32_t index, std::span<const Id> operands) {
    return intern({Kind::function, op, index, {}, {operands.begin(), operands.end()}});
}

// A number times a term that holds none: no distribution over sums.
SympyForms::Id SympyForms::times(const SympyNumber& factor, Id rest) {
    if (factor.is(1)) return rest;
    Term term{Kind::multiply, {}, 0, factor, {rest}};
    if (terms_[rest].kind == Kind::multiply) term.args = terms_[rest].args;
    return intern(std::move(term));
}

SympyForms::Id SympyForms::add(std::span<const Id> operands) {
    SympyNumber sum = SympyNumber::rational(0);
    std::vector<std::pair<Id, SympyNumber>> terms;
    std::vector<Id> todo(operands.rbegin(), operands.rend());
    while (!todo.empty()) {
        const Id id = todo.back();
        todo.pop_back();
        const Term term = terms_[id];
        if (term.kind == Kind::number) {
            sum = sum + term.number;
        } else if (term.kind == Kind::add) {
            sum = sum + term.number;
            todo.insert(todo.end(), term.args.rbegin(), term.args.rend());
        } else {
            const auto coefficient = term.kind == Kind::multiply ? term.number : SympyNumber::rational(1);
            Id rest = id;
            if (!coefficient.is(1))
                rest = term.args.size() == 1 ? term.args[0] : intern({Kind::multiply, {}, 0, SympyNumber::rational(1), term.args});
            const auto known = std::find_if(terms.begin(), terms.end(), [&](const auto& t) { return t.first == rest; });
            if (known == terms.end()) terms.emplace_back(rest, coefficient);
            else known->second = known->second + coefficient;
        }
    }
    std::vector<Id> args;
    for (const auto& [rest, coefficient] : terms)
        if (!coefficient.zero()) args.push_back(times(coefficient, rest));
    if (args.empty()) return number(sum);
    if (args.size() == 1 && sum.zero()) return args[0];
    std::sort(args.begin(), args.end());
    if (sum.zero()) sum = SympyNumber::rational(0);
    return intern({Kind::add, {}, 0, sum, std::move(args)});
}

// Splits a factor into base^(coefficient*rest) and adds it to equal ones.
void SympyForms::gather(std::vector<Factor>& factors, SympyNumber& coefficient, Id id) {
    const Term term = terms_[id];
    if (term.kind == Kind::number) {
        coefficient = coefficient * term.number;
        return;
    }
    if (term.kind == Kind::multiply) {
        coefficient = coefficient * term.number;
        for (const auto arg : term.args) gather(factors, coefficient, arg);
        return;
    }
    Factor factor{id, whole(1), SympyNumber::rational(1)};
    const bool exponential = is_function(id, Op::exp);
    if (term.kind == Kind::power || exponential) {
        factor.base = exponential ? leaf(Op::euler, 0) : term.args[0];
        const Id exponent = term.args[exponential ? 0 : 1];
        const Term& e = terms_[exponent];
        if (e.kind == Kind::number) {
            factor.coefficient = e.number;
        } else if (e.kind == Kind::multiply && !e.number.is(1)) {
            factor.coefficient = e.number;
            const std::vector<Id> args = e.args;
            factor.rest = args.size() == 1 ? args[0] : intern({Kind::multiply, {}, 0, SympyNumber::rational(1), args});
        } else {
            factor.rest = exponent;
        }
    }
    for (auto& other : factors)
        if (other.base == factor.base && other.rest == factor.rest) {
            other.coefficient = other.coefficient + factor.coefficient;
            return;
        }
    factors.push_back(factor);
}

SympyForms::Id SympyForms::multiply(std::span<const Id> operands) {
    SympyNumber coefficient = SympyNumber::rational(1);
    std::vector<Id> args(operands.begin(), operands.end());
    for (int round = 0; round < 2; ++round) {  // powers may evaluate to factors that gather again
        std::vector<Factor> factors;
        for (const auto id : args) gather(factors, coefficient, id);
        args.clear();
        bool again = false;
        for (const auto& factor : factors) {
            if (factor.coefficient.zero()) continue;
            const Id exponent = factor.rest == whole(1) ? number(factor.coefficient) : times(factor.coefficient, factor.rest);
            const Id raised = power(factor.base, exponent);
            if (is_number(raised)) {
                coefficient = coefficient * terms_[raised].number;
                continue;
            }
            again = again || terms_[raised].kind == Kind::multiply;
            args.push_back(raised);
        }
        if (!again) break;
    }
    if (coefficient.zero()) return whole(0);
    if (args.empty()) return number(coefficient);
    if (args.size() == 1 && coefficient.is(1)) return args[0];
    if (args.size() == 1 && terms_[args[0]].kind == Kind::add) {
        const Term sum = terms_[args[0]];
        std::vector<Id> spread{number(coefficient * sum.number)};
        for (const auto arg : sum.args) {
            const Term term = terms_[arg];
            if (term.kind != Kind::multiply) {
                spread.push_back(times(coefficient, arg));
                continue;
            }
            const Id rest = term.args.size() == 1 ? term.args[0] : intern({Kind::multiply, {}, 0, SympyNumber::rational(1), term.args});
            spread.push_back(times(coefficient * term.number, rest));
        }
        return add(spread);
    }
    std::sort(args.begin(), args.end());
    return intern({Kind::multiply, {}, 0, coefficient, std::move(args)});
}

// n^(p/q) with perfect powers taken out: 8^(1/2) = 2*2^(1/2).
SympyForms::Id SympyForms::root_of_whole(std::int64_t base, const SympyNumber& exponent) {
    const auto q = exponent.denominator;
    auto whole_part = exponent.numerator / q;
    if (exponent.numerator < 0) --whole_part;
    const auto remaining = exponent.numerator - whole_part * q;
    std::int64_t outside = 1, inside = base;
    for (std::int64_t prime = 2; prime <= 10'000; ++prime) {
        std::int64_t taken = 1;
        bool fits = true;
        for (std::int64_t i = 0; i < q && fits; ++i) fits = !__builtin_mul_overflow(taken, prime, &taken);
        if (!fits || taken > inside) break;
        for (; inside % taken == 0; inside /= taken)
            for (std::int64_t i = 0; i < remaining; ++i) outside *= prime;
    }
    const auto factor = SympyNumber::rational(outside) * balmer::power(SympyNumber::rational(base), whole_part);
    if (inside == 1) return number(factor);
    const Id root = intern({Kind::power, {}, 0, {}, {whole(inside), number(SympyNumber::rational(remaining, q))}});
    return times(factor, root);
}

SympyForms::Id SympyForms::number_power(const SympyNumber& base, const SympyNumber& exponent) {
    if (exponent.integer() && !(base.zero() && exponent.numerator < 0)) return number(balmer::power(base, exponent.numerator));
    if (base.zero() && exponent.value > 0) return whole(0);
    const double value = std::pow(base.value, exponent.value);
    if ((!base.exact || !exponent.exact) && std::isfinite(value)) return number(SympyNumber::real(value));
    if (!base.exact || base.numerator <= 0 || !exponent.exact || exponent.denominator > 20)
        return intern({Kind::power, {}, 0, {}, {number(base), number(exponent)}});
    if (base.denominator == 1) return root_of_whole(base.numerator, exponent);
    const auto inverse = SympyNumber::rational(-exponent.numerator, exponent.denominator);
    return multiply(std::vector{root_of_whole(base.numerator, exponent), root_of_whole(base.denominator, inverse)});
}

SympyForms::Id SympyForms::power(Id base, Id exponent) {
    const Term b = terms_[base], e = terms_[exponent];
    const bool numeric = e.kind == Kind::number;
    if (numeric && e.number.is(0)) return whole(1);
    if (numeric && e.number.is(1)) return base;
    if (b.kind == Kind::number && b.number.is(1)) return base;
    if (b.kind == Kind::number && numeric) return number_power(b.number, e.number);
    if (b.kind == Kind::constant && b.op == Op::euler) return exponential(exponent);
    if (numeric && e.number.integer()) {
        if (b.kind == Kind::multiply) {
            std::vector<Id> raised{number(balmer::power(b.number, e.number.numerator))};
            for (const auto arg : b.args) raised.push_back(power(arg, exponent));
            return multiply(raised);
        }
        if (b.kind == Kind::power) return power(b.args[0], multiply(std::vector{b.args[1], exponent}));
        if (is_function(base, Op::exp)) return exponential(multiply(std::vector{b.args[0], exponent}));
    } else if (numeric && b.kind == Kind::multiply && !b.number.is(1) && !b.number.is(-1)) {
        const Id rest = b.args.size() == 1 ? b.args[0] : intern({Kind::multiply, {}, 0, SympyNumber::rational(1), b.args});
        auto size = b.number;
        if (size.value < 0) size = size * SympyNumber::rational(-1);
        const Id signed_rest = b.number.value < 0 ? times(SympyNumber::rational(-1), rest) : rest;
        return multiply(std::vector{power(number(size), exponent), power(signed_rest, exponent)});
    } else if (b.kind == Kind::power && is_number(b.args[1]) && std::fabs(terms_[b.args[1]].number.value) < 1) {
        return power(b.args[0], multiply(std::vector{b.args[1], exponent}));
    }
    return intern({Kind::power, {}, 0, {}, {base, exponent}});
}

SympyForms::Id SympyForms::exponential(Id a) {
    const Term term = terms_[a];
    if (term.kind == Kind::number) {
        if (term.number.is(0)) return whole(1);
        if (term.number.is(1)) return leaf(Op::euler, 0);
        if (!term.number.exact && std::isfinite(std::exp(term.number.value))) return number(SympyNumber::real(std::exp(term.number.value)));
    }
    if (is_function(a, Op::log)) return term.args[0];
    if (term.kind == Kind::multiply && term.args.size() == 1 && is_function(term.args[0], Op::log))
        return power(terms_[term.args[0]].args[0], number(term.number));
    if (term.kind == Kind::add) {
        std::vector<Id> outside, inside;
        std::vector<Id> parts = term.args;
        if (!term.number.zero()) parts.push_back(number(term.number));
        for (const auto part : parts) {
            const Id raised = is_number(part) && terms_[part].number.is(1) ? part : exponential(part);
            if (raised == part || is_function(raised, Op::exp)) inside.push_back(part);
            else outside.push_back(raised);
        }
        if (!outside.empty()) {
            outside.push_back(exponential(add(inside)));
            return multiply(outside);
        }
    }
    return opaque(Op::exp, 0, std::vector{a});
}

// SymPy's choice between a and -a: the one with fewer minus signs, in a draw the one whose first term has none.
bool SympyForms::extracts_minus(Id id) const {
    const Term& term = terms_[id];
    if (term.kind == Kind::number || term.kind == Kind::multiply) return term.number.value < 0;
    if (term.kind != Kind::add) return false;
    int balance = 0;
    for (const auto arg : term.args) balance += extracts_minus(arg) ? 1 : -1;
    if (!term.number.zero()) balance += term.number.value < 0 ? 1 : -1;
    if (balance != 0) return balance > 0;
    // Draws: symbols come before functions, in their order; a number is last. What tells terms apart is the same in -a: of a and -a exactly one is chosen.
    const auto factors = [&](Id arg) { return terms_[arg].kind == Kind::multiply ? terms_[arg].args : std::vector{arg}; };
    const auto key = [&](Id arg) {
        std::vector<Id> of = factors(arg);
        const Term& leading = terms_[of[0]];
        return std::tuple(leading.kind, leading.index, std::move(of));
    };
    const Id first = *std::ranges::min_element(term.args, {}, key);
    return extracts_minus(first);
}

}  // namespace balmer
