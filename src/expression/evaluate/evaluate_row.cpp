#include "balmer/evaluate.hpp"
#include "expression/evaluate/row.hpp"

namespace balmer {

std::vector<double> evaluate_row(const Graph& graph, std::span<const double> parameters, std::span<const double> features) {
    const auto nodes = graph.nodes();
    std::vector<double> value(nodes.size());
    for (std::uint32_t i = 0; i < nodes.size(); ++i) {
        const auto operands = graph.operands(i);
        value[i] = node_value(nodes[i], parameters, features, [&](std::uint32_t k) { return value[operands[k]]; });
    }
    std::vector<double> result;
    for (const auto root : graph.roots()) result.push_back(value[root]);
    return result;
}

}  // namespace balmer
