#include <algorithm>
#include <array>
#include <cassert>
#include <numbers>

#include "balmer/error.hpp"
#include "expression/evaluate/partial.hpp"
#include "expression/evaluate/tape.hpp"

// First half of compilation: operators become the small language of the kernels. What depends on no column becomes a scalar.
namespace balmer {
namespace {

class Lowering {
public:
    // Memory kept between compilations of one thread.
    struct Scratch {
        std::vector<std::uint32_t> of_parameter, of_feature;
        std::vector<Reference> stack;
    };

    Lowering(Program::Tape& tape, Scratch& scratch, std::size_t parameters) : tape_(tape), scratch_(scratch) {
        tape.scalars.clear();
        tape.columns.clear();
        tape.values.clear();
        tape.roots.clear();
        tape.parameters = parameters;
        tape.features = 0;
        scratch.of_parameter.assign(parameters, unset);
        scratch.of_feature.clear();
    }

    Reference lower(Op op, std::int32_t index, const Reference* operands, std::size_t count) {
        switch (op) {
            case Op::parameter: return parameter(index);
            case Op::feature:
            case Op::category: return feature(index);
            case Op::choose: return choose(operands, count);
            case Op::pi: return literal(std::numbers::pi);
            case Op::euler: return literal(std::numbers::e);
            case Op::negate: return binary(Op::multiply, operands[0], literal(-1));
            case Op::inverse: return binary(Op::divide, literal(1), operands[0]);
            case Op::square: return binary(Op::multiply, operands[0], operands[0]);
            case Op::cube: return binary(Op::multiply, binary(Op::multiply, operands[0], operands[0]), operands[0]);
            case Op::sum: return chain(Op::add, 0, operands, count);
            case Op::product: return chain(Op::multiply, 1, operands, count);
            case Op::linear: return linear(index, operands, count);
            case Op::argument:
            case Op::call:
            case Op::hole: throw Error("a formula with an unknown function cannot be evaluated; give every function a formula first");
            default: return operation(op, index, operands, count);
        }
    }

private:
    Reference scalar(const Scalar& made) {
        tape_.scalars.push_back(made);
        return refer(Kind::scalar, static_cast<std::uint32_t>(tape_.scalars.size() - 1));
    }
    Reference literal(double value) { return scalar({.literal = value}); }
    Reference parameter(std::int32_t index) {
        auto& known = scratch_.of_parameter[static_cast<std::size_t>(index)];
        if (known == unset) known = scalar({.source = Scalar::Source::parameter, .index = index});
        return known;
    }
    Reference feature(std::int32_t index) {
        const auto at = static_cast<std::size_t>(index);
        tape_.features = std::max(tape_.features, at + 1);
        if (scratch_.of_feature.size() <= at) scratch_.of_feature.resize(at + 1, unset);
        auto& known = scratch_.of_feature[at];
        if (known == unset) {
            known = refer(Kind::column, static_cast<std::uint32_t>(tape_.columns.size()));
            tape_.columns.push_back(index);
        }
        return known;
    }
    Reference binary(Op op, Reference a, Reference b) {
        const Reference both[2] = {a, b};
        return operation(op, 0, both, 2);
    }
    Reference chain(Op op, double empty, const Reference* operands, std::size_t count) {
        if (count == 0) return literal(empty);
        Reference total = operands[0];
        for (std::size_t k = 1; k < count; ++k) total = binary(op, total, operands[k]);
        return total;
    }
    Reference linear(std::int32_t index, const Reference* operands, std::size_t count) {
        const Reference bias = parameter(index + static_cast<std::int32_t>(count));
        if (count == 0) return bias;
        Reference total = binary(Op::multiply, parameter(index), operands[0]);
        for (std::size_t k = 1; k < count; ++k)
            total = binary(Op::add, total, binary(Op::multiply, parameter(index + static_cast<std::int32_t>(k)), operands[k]));
        return binary(Op::add, total, bias);
    }
    // sum_c value[c]*[code == c]: adding zeros changes no bit of the one that counts. Codes are whole numbers below the count of values.
    Reference choose(const Reference* operands, std::size_t count) {
        Reference total = literal(0);
        for (std::size_t c = 0; c + 1 < count; ++c) {
            const Reference chosen = binary(Op::equal, operands[0], literal(static_cast<double>(c)));
            const Reference term = binary(Op::multiply, operands[c + 1], chosen);
            total = c == 0 ? term : binary(Op::add, total, term);
        }
        return total;
    }
    Reference operation(Op op, std::int32_t index, const Reference* operands, std::size_t count) {
        assert(count >= 1 && count <= 3);
        bool constant = true;
        for (std::size_t k = 0; k < count; ++k) constant &= kind_of(operands[k]) == Kind::scalar;
        if (constant) {
            Scalar made{.source = Scalar::Source::operation, .op = op, .index = index};
            for (std::size_t k = 0; k < count; ++k) made.operand[k] = number_of(operands[k]);
            return scalar(made);
        }
        auto& made = tape_.values.emplace_back();
        made.op = op;
        made.arity = static_cast<std::uint8_t>(count);
        made.index = index;
        for (std::size_t k = 0; k < count; ++k) made.operand[k] = operands[k];
        return refer(Kind::value, static_cast<std::uint32_t>(tape_.values.size() - 1));
    }

    Program::Tape& tape_;
    Scratch& scratch_;
};

Lowering::Scratch& scratch() {
    static thread_local Lowering::Scratch kept;
    return kept;
}

}  // namespace

void compile(Program::Tape& tape, const Expression& given, std::span<const Definition> definitions) {
    const bool has_calls = std::ranges::any_of(given.nodes, [](const Node& n) { return n.op == Op::call; });
    const Expression without_calls = has_calls ? inlined(given, definitions) : Expression{};
    const Expression& expression = has_calls ? without_calls : given;
    Lowering lowering(tape, scratch(), expression.values.size());
    auto& stack = scratch().stack;
    stack.clear();
    for (const auto& node : expression.nodes) {
        const std::size_t base = stack.size() - node.arity;
        const Reference made = lowering.lower(node.op, node.index, stack.data() + base, node.arity);
        stack.resize(base);
        stack.push_back(made);
    }
    assert(stack.size() == 1);
    tape.roots.push_back(stack.back());
    tape.nodes = expression.nodes.size();
    tape.initial.assign(expression.values.begin(), expression.values.end());
    tape.source.nodes.assign(expression.nodes.begin(), expression.nodes.end());
    tape.source.values.assign(expression.values.begin(), expression.values.end());
    tape.initial_scalars.resize(tape.scalars.size());
    evaluate_scalars(tape, tape.initial, tape.initial_scalars);
    schedule(tape);
}

void compile(Program::Tape& tape, const Graph& graph) {
    const auto nodes = graph.nodes();
    std::vector<bool> reached(nodes.size());
    for (const auto root : graph.roots()) reached[root] = true;
    for (std::size_t i = nodes.size(); i-- > 0;)
        if (reached[i])
            for (const auto operand : graph.operands(static_cast<std::uint32_t>(i))) reached[operand] = true;
    Lowering lowering(tape, scratch(), graph.values().size());
    std::vector<Reference> made(nodes.size()), operands;
    for (std::uint32_t i = 0; i < nodes.size(); ++i) {
        if (!reached[i]) continue;
        operands.clear();
        for (const auto operand : graph.operands(i)) operands.push_back(made[operand]);
        made[i] = lowering.lower(nodes[i].op, nodes[i].index, operands.data(), operands.size());
    }
    for (const auto root : graph.roots()) tape.roots.push_back(made[root]);
    tape.initial.assign(graph.values().begin(), graph.values().end());
    tape.nodes = static_cast<std::size_t>(std::ranges::count(reached, true));
    tape.initial_scalars.resize(tape.scalars.size());
    evaluate_scalars(tape, tape.initial, tape.initial_scalars);
    schedule(tape);
}

void evaluate_scalars(const Program::Tape& tape, std::span<const double> parameters, std::span<double> result) {
    assert(parameters.size() >= tape.parameters);
    for (std::size_t i = 0; i < tape.scalars.size(); ++i) {
        const Scalar& s = tape.scalars[i];
        switch (s.source) {
            case Scalar::Source::literal: result[i] = s.literal; break;
            case Scalar::Source::parameter: result[i] = parameters[static_cast<std::size_t>(s.index)]; break;
            case Scalar::Source::operation:
                result[i] = s.op == Op::integer_power ? integer_power(result[s.operand[0]], s.index)
                                                      : apply(s.op, result[s.operand[0]], result[s.operand[1]], result[s.operand[2]]);
                break;
        }
    }
}

}  // namespace balmer
