#include "expression/simplify/canonical.hpp"

#include <bit>
#include <cassert>

#include "balmer/hash.hpp"
#include "balmer/simplify.hpp"
#include "expression/choices.hpp"
#include "expression/simplify/normal_form.hpp"

namespace balmer {

Expression canonical_keeping(const Expression& expression, std::size_t opaque) {
    if (has_choices(expression)) {
        if (!choices_are_whole(expression)) return expression;  // what a mutation broke is refused later
        const HiddenChoices hidden(expression);
        return hidden.restored(canonical_keeping(hidden.visible(), opaque), opaque);
    }
    NormalForms forms(expression.size());
    std::vector<std::uint32_t> stack;
    stack.reserve(expression.size());
    for (const auto& node : expression.nodes) {
        if (node.op == Op::parameter) {
            const auto index = static_cast<std::size_t>(node.index);
            stack.push_back(index < opaque ? forms.leaf(Op::parameter, node.index) : forms.number(expression.values[index]));
        } else if (node.arity == 0 && node.op != Op::call && node.op != Op::hole) {
            stack.push_back(forms.leaf(node.op, node.index));
        } else {
            const std::size_t base = stack.size() - node.arity;
            const auto result = forms.apply(node.op, node.index, std::span(stack).subspan(base));
            stack.resize(base);
            stack.push_back(result);
        }
    }
    assert(stack.size() == 1);
    return write_out(forms, stack.back(), {expression.values.begin(), expression.values.begin() + static_cast<std::ptrdiff_t>(opaque)});
}

Expression canonical(const Expression& expression) { return canonical_keeping(expression, 0); }

std::uint64_t structure_hash(const Expression& canonical) {
    std::uint64_t result = canonical.size();
    for (const auto& node : canonical.nodes) {
        const auto index = node.op == Op::parameter ? 0u : static_cast<std::uint32_t>(node.index);
        result = combine_hash(result, static_cast<std::uint64_t>(node.op) << 40 | static_cast<std::uint64_t>(node.arity) << 32 | index);
    }
    return result;
}

std::uint64_t value_hash(const Expression& canonical) {
    std::uint64_t result = structure_hash(canonical);
    for (const auto& node : canonical.nodes)
        if (node.op == Op::parameter) {
            const double value = canonical.values[static_cast<std::size_t>(node.index)];
            result = combine_hash(result, std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value));
        }
    return result;
}

}  // namespace balmer
