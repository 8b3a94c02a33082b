#include <cmath>

#include <fmt/format.h>

#include "balmer/error.hpp"
#include "balmer/units.hpp"
#include "expression/operator_facts.hpp"

namespace balmer {
namespace {

/// What is known of a value: its dimension, or that a free constant makes it whatever is needed.
struct Dimension {
    bool any = false;
    Unit unit;
    std::optional<double> number;  ///< a bare number: an exponent needs its value
};

std::optional<Rational> as_rational(double x) {
    for (std::int64_t denominator : {1, 2, 3, 4, 5, 6, 8, 10, 12})
        if (const double n = x * static_cast<double>(denominator); std::fabs(n - std::nearbyint(n)) < 1e-12 && std::fabs(n) < 1e6)
            return Rational::make(static_cast<std::int64_t>(std::nearbyint(n)), denominator);
    return std::nullopt;
}

Dimension known(const Unit& unit) {
    Dimension result;
    result.unit.exponent = unit.exponent;
    return result;
}

/// Walks a formula bottom-up.
class UnitWalk {
public:
    UnitWalk(std::span<const Unit> features, const Vocabulary& vocabulary, ConstantUnits constants)
        : features_(features), vocabulary_(vocabulary), constants_(constants) {}

    UnitCheck run(const Expression& expression) {
        for (const auto& node : expression.nodes) {
            const std::size_t base = stack_.size() - node.arity;
            Dimension result = node.arity == 0 ? leaf(node, expression) : inner(node, std::span(stack_).subspan(base));
            if (!complaint_.empty()) return {false, std::nullopt, complaint_};
            stack_.resize(base);
            stack_.push_back(std::move(result));
        }
        UnitCheck check;
        if (!stack_.back().any) check.unit = stack_.back().unit;
        return check;
    }

private:
    Dimension leaf(const Node& node, const Expression& expression) const {
        const auto index = static_cast<std::size_t>(node.index);
        if (node.op == Op::feature) return index < features_.size() ? known(features_[index]) : Dimension{.any = true};
        if (node.op == Op::pi || node.op == Op::euler) return {};
        Dimension result{.any = node.op != Op::parameter || constants_ == ConstantUnits::any};
        if (node.op == Op::parameter) result.number = expression.values[index];
        return result;
    }

    Dimension inner(const Node& node, std::span<const Dimension> x) {
        switch (node.op) {
            case Op::add:
            case Op::subtract:
            case Op::min:
            case Op::max:
            case Op::hypot: return same(node.op, x[0], x[1]);
            case Op::multiply: return x[0].any || x[1].any ? Dimension{.any = true} : known(x[0].unit * x[1].unit);
            case Op::divide: return x[0].any || x[1].any ? Dimension{.any = true} : known(x[0].unit / x[1].unit);
            case Op::negate:
            case Op::abs:
            case Op::relu: return without_number(x[0]);
            case Op::square: return raised(x[0], {2, 1});
            case Op::cube: return raised(x[0], {3, 1});
            case Op::integer_power: return raised(x[0], {node.index, 1});
            case Op::sqrt: return raised(x[0], {1, 2});
            case Op::cbrt: return raised(x[0], {1, 3});
            case Op::inverse: return raised(x[0], {-1, 1});
            case Op::power: return power(x[0], x[1]);
            case Op::sign:
            case Op::step: return {};
            case Op::atan2: same(node.op, x[0], x[1]); return {};
            case Op::conditional: pure(node.op, x[0]); return same(node.op, x[1], x[2]);
            case Op::call: return called(node, x);
            case Op::choose:
            case Op::hole: return {.any = true};
            default: break;
        }
        if (is_comparison(node.op)) {
            same(node.op, x[0], x[1]);
            return {};
        }
        for (const auto& operand : x) pure(node.op, operand);
        return {};
    }

    static Dimension without_number(Dimension x) {
        x.number.reset();
        return x;
    }

    Dimension raised(const Dimension& x, Rational n) const { return x.any ? Dimension{.any = true} : known(x.unit.power(n)); }

    Dimension same(Op op, const Dimension& a, const Dimension& b) {
        if (a.any) return without_number(b);
        if (!b.any && !a.unit.same_dimension(b.unit))
            complaint_ = fmt::format("{} needs operands of one unit, got {} and {}", info(op).name, a.unit.text(), b.unit.text());
        return without_number(a);
    }

    void pure(Op op, const Dimension& x) {
        if (!x.any && !x.unit.dimensionless())
            complaint_ = fmt::format("{} needs a dimensionless argument, got {}", info(op).name, x.unit.text());
    }

    Dimension power(const Dimension& base, const Dimension& exponent) {
        if (!exponent.any) pure(Op::power, exponent);
        if (base.any) return {.any = true};
        if (base.unit.dimensionless()) return {};
        const auto n = exponent.number ? as_rational(*exponent.number) : std::nullopt;
        if (!n)
            complaint_ = fmt::format("^ needs a dimensionless base or a fixed simple exponent, got {} to the power of {}", base.unit.text(),
                                     exponent.number ? fmt::format("{}", *exponent.number) : "a variable");
        return n ? known(base.unit.power(*n)) : Dimension{};
    }

    // The body of a user operator, its arguments with the units that they have here.
    Dimension called(const Node& node, std::span<const Dimension> x) {
        const auto& definition = vocabulary_.definitions[static_cast<std::size_t>(node.index)];
        UnitWalk walk(features_, vocabulary_, constants_);
        for (const auto& inside : definition.body.nodes) {
            const std::size_t base = walk.stack_.size() - inside.arity;
            Dimension result;
            // Numbers of a body are fixed, and so they have no unit; only as exponents does their value matter.
            if (inside.op == Op::argument) result = x[static_cast<std::size_t>(inside.index)];
            else if (inside.op == Op::parameter) result.number = definition.body.values[static_cast<std::size_t>(inside.index)];
            else if (inside.arity == 0) result = walk.leaf(inside, definition.body);
            else result = walk.inner(inside, std::span(walk.stack_).subspan(base));
            if (!walk.complaint_.empty()) {
                complaint_ = fmt::format("in {}: {}", definition.name, walk.complaint_);
                return {};
            }
            walk.stack_.resize(base);
            walk.stack_.push_back(std::move(result));
        }
        return without_number(walk.stack_.back());
    }

    std::span<const Unit> features_;
    const Vocabulary& vocabulary_;
    ConstantUnits constants_;
    std::vector<Dimension> stack_;
    std::string complaint_;
};

}  // namespace

UnitCheck check_units(const Expression& expression, std::span<const Unit> features, const Vocabulary& vocabulary, ConstantUnits constants) {
    return UnitWalk(features, vocabulary, constants).run(expression);
}

}  // namespace balmer
