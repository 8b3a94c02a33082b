#include <cmath>

#include "hardware/realise.hpp"

namespace balmer {

std::vector<int> count_uses(const Plan& plan) {
    std::vector<int> uses(plan.edges.size(), 0);
    for (const PlanEdge& edge : plan.edges) {
        for (const PlanTerm& term : edge.terms) {
            ++uses[term.edge];
        }
    }
    for (const PlanOutput& output : plan.outputs) {
        ++uses[output.edge];
    }
    return uses;
}

std::vector<char> free_scales(const Plan& plan) {
    std::vector<char> is_free(plan.edges.size(), 1);
    for (std::size_t i = 0; i < plan.edges.size(); ++i) {
        const PlanEdge& edge = plan.edges[i];
        is_free[i] &= edge.kind == EdgeKind::phase ? 0 : 1;  // its bits before the point are left out
        for (std::size_t k = 0; k < edge.terms.size(); ++k) {
            // A table or a sum takes scale and bias in; a product takes the scale alone, so its operands must have no bias.
            const bool accepts = edge.kind == EdgeKind::table || is_sum(edge.kind);
            is_free[edge.terms[k].edge] &= accepts ? 1 : 0;
        }
    }
    for (const PlanOutput& output : plan.outputs) {
        is_free[output.edge] = 0;
    }
    return is_free;
}

std::vector<double> arguments_of(std::int64_t low, std::int64_t high, int fraction, double scale, double bias) {
    std::vector<double> arguments;
    const double unit = std::ldexp(1.0, -fraction);
    for (std::int64_t a = low; a <= high; ++a) {
        arguments.push_back(scale * (static_cast<double>(a) * unit) + bias);
    }
    return arguments;
}

const std::vector<double>& TableCache::values(const Plan& plan, std::uint32_t edge, std::int64_t low, std::int64_t high, int fraction, double scale,
                                              double bias) {
    const auto [entry, is_new] = kept_.try_emplace({edge, low, high, fraction, scale, bias});
    if (is_new) {
        entry->second = plan.tabulate(edge, arguments_of(low, high, fraction, scale, bias));
    }
    return entry->second;
}

}  // namespace balmer
