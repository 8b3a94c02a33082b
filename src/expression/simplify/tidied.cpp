#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "balmer/simplify.hpp"

namespace balmer {
namespace {

// Position of the constant that carries the sign of the term ending at `position`: the term itself, or the leading factor of a product or
// quotient (-2*x/y). -1 when it has none.
std::ptrdiff_t leading_constant(const Expression& expression, std::size_t position) {
    for (;;) {
        const Node& node = expression.nodes[position];
        if (node.op == Op::parameter) return static_cast<std::ptrdiff_t>(position);
        if (node.op != Op::multiply && node.op != Op::divide) return -1;
        position = position - 1 - expression.nodes[position - 1].length;
    }
}

}  // namespace

Expression tidied(const Expression& given) {
    Expression expression = given;
    auto& nodes = expression.nodes;
    std::vector<int> uses(expression.values.size(), 0);
    for (const auto& node : nodes)
        if (node.op == Op::parameter) ++uses[static_cast<std::size_t>(node.index)];

    const auto negative_constant = [&](std::size_t position) -> double* {
        const auto at = leading_constant(expression, position);
        if (at < 0) return nullptr;
        const auto index = static_cast<std::size_t>(nodes[static_cast<std::size_t>(at)].index);
        double& value = expression.values[index];
        return uses[index] == 1 && std::signbit(value) ? &value : nullptr;
    };
    const auto swap_operands = [&](std::size_t left, std::size_t position) {
        const auto begin = nodes.begin() + static_cast<std::ptrdiff_t>(expression.begin_of(left));
        std::rotate(begin, nodes.begin() + static_cast<std::ptrdiff_t>(left) + 1, nodes.begin() + static_cast<std::ptrdiff_t>(position));
    };
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (nodes[i].op == Op::add || nodes[i].op == Op::multiply) {
            // A number stands last in a sum and first in a product.
            const std::size_t right = i - 1, left = right - nodes[right].length;
            const bool left_is_number = nodes[left].op == Op::parameter, right_is_number = nodes[right].op == Op::parameter;
            if (left_is_number != right_is_number && left_is_number == (nodes[i].op == Op::add)) swap_operands(left, i);
        }
        if (nodes[i].op != Op::add && nodes[i].op != Op::subtract) continue;
        const std::size_t right = i - 1, left = right - nodes[right].length;
        double* second = negative_constant(right);
        double* first = nodes[i].op == Op::add && second == nullptr ? negative_constant(left) : nullptr;
        if (first != nullptr) {
            // -c*x + y is y - c*x: the two operands change places.
            swap_operands(left, i);
            second = first;
        }
        if (second == nullptr) continue;
        *second = -*second;
        nodes[i].op = nodes[i].op == Op::add ? Op::subtract : Op::add;
    }
    return expression.compacted();
}

}  // namespace balmer
