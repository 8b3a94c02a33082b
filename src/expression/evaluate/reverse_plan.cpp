#include "expression/evaluate/reverse_plan.hpp"

namespace balmer {
ReversePlan::ReversePlan(const Program::Tape& tape, std::size_t outputs, const kernels::ReverseTable& kernels)
    : stamp(tape.stamp), table(&kernels) {
    find_dependence(tape);
    plan_forward(tape, outputs);
    for (std::size_t k = 0; k < outputs; ++k) plan_backward(tape, k);
}

std::shared_ptr<const ReversePlan> reverse_plan(const Program::Tape& tape, std::size_t outputs, const kernels::ReverseTable& table) {
    static thread_local std::shared_ptr<const ReversePlan> last;
    if (!last || last->stamp != tape.stamp || last->passes.size() != outputs || last->table != &table)
        last = std::make_shared<const ReversePlan>(tape, outputs, table);
    return last;
}

void ReversePlan::find_dependence(const Program::Tape& tape) {
    scalar_depends_.assign(tape.scalars.size(), false);
    for (std::size_t s = 0; s < tape.scalars.size(); ++s) {
        const Scalar& scalar = tape.scalars[s];
        bool depends = scalar.source == Scalar::Source::parameter;
        if (scalar.source == Scalar::Source::operation)
            for (int k = 0; k < info(scalar.op).arity; ++k) depends = depends || scalar_depends_[scalar.operand[k]];
        scalar_depends_[s] = depends;
    }
    value_depends_.assign(tape.values.size(), false);
    for (std::size_t v = 0; v < tape.values.size(); ++v)
        for (int k = 0; k < tape.values[v].arity; ++k)
            if (matters(tape.values[v].operand[k])) value_depends_[v] = true;
}

void ReversePlan::plan_forward(const Program::Tape& tape, std::size_t outputs) {
    base[1] = static_cast<std::uint32_t>(tape.scalars.size());
    base[2] = base[1] + static_cast<std::uint32_t>(tape.columns.size());
    slots = base[2] + static_cast<std::uint32_t>(tape.values.size());
    ones = tile_slot();
    for (std::size_t v = 0; v < tape.values.size(); ++v) {
        const Lowered& value = tape.values[v];
        kernels::Step step;
        step.kernel = is_arithmetic(value.op)
                          ? static_cast<std::uint16_t>(static_cast<int>(value.op) - static_cast<int>(Op::add))
                          : kernels::function(value.op);
        step.index = value.index;
        step.result = base[2] + static_cast<std::uint32_t>(v);
        for (int k = 0; k < value.arity; ++k) {
            step.operand[k] = slot_of(value.operand[k]);
            if (kind_of(value.operand[k]) == Kind::scalar) step.scalars = static_cast<std::uint16_t>(step.scalars | 1 << k);
        }
        steps.push_back(step);
    }
    passes.resize(outputs);
    for (std::size_t k = 0; k < outputs; ++k) {
        const Reference root = tape.roots[k];
        passes[k].root = slot_of(root);
        if (kind_of(root) != Kind::scalar) continue;
        passes[k].root = tile_slot();
        kernels::Step step{.kernel = kernels::copy_kernel, .scalars = 1, .result = passes[k].root};
        step.operand[0] = slot_of(root);
        steps.push_back(step);
    }
}

// Adjoints go from the root towards the leaves. Where an operand is used once and its adjoint equals the operator's (sums), both share a tile.
void ReversePlan::plan_backward(const Program::Tape& tape, std::size_t output) {
    Pass& pass = passes[output];
    const std::size_t values = tape.values.size(), scalars = tape.scalars.size();
    std::vector<std::uint32_t> uses(values + scalars), adjoint(values + scalars, unset);
    std::vector<bool> reached(values);
    const auto position = [&](Reference r) { return kind_of(r) == Kind::value ? number_of(r) : values + number_of(r); };
    const Reference root = tape.roots[output];
    if (matters(root)) adjoint[position(root)] = ones;
    if (kind_of(root) == Kind::value) reached[number_of(root)] = true;
    for (std::size_t v = values; v-- > 0;) {
        if (!reached[v]) continue;
        for (int k = 0; k < tape.values[v].arity; ++k) {
            const Reference r = tape.values[v].operand[k];
            if (kind_of(r) == Kind::value) reached[number_of(r)] = true;
            if (kind_of(r) != Kind::column) ++uses[position(r)];
        }
    }
    for (std::size_t v = values; v-- > 0;) {
        if (adjoint[v] == unset) continue;
        const Lowered& value = tape.values[v];
        for (int k = 0; k < value.arity; ++k) {
            const Reference r = value.operand[k];
            const auto kernel = table->partial[static_cast<std::size_t>(value.op)][k];
            if (kernel == nullptr || !matters(r)) continue;
            auto& target = adjoint[position(r)];
            const bool first = target == unset;
            if (uses[position(r)] == 1 && (value.op == Op::add || (value.op == Op::subtract && k == 0))) {
                target = adjoint[v];
                continue;
            }
            if (first) target = tile_slot();
            const std::uint32_t a = slot_of(value.operand[0]);
            pass.steps.push_back({.kernel = kernel,
                                  .adjoint = adjoint[v],
                                  .a = a,
                                  .b = value.arity > 1 ? slot_of(value.operand[1]) : a,
                                  .f = base[2] + static_cast<std::uint32_t>(v),
                                  .into = target,
                                  .mode = first ? kernels::Into::write : kernels::Into::add,
                                  .index = value.index});
        }
    }
    for (std::uint32_t s = 0; s < scalars; ++s) {
        if (adjoint[values + s] == unset) continue;
        pass.scalars.push_back(s);
        pass.slots.push_back(adjoint[values + s]);
    }
}

}  // namespace balmer
