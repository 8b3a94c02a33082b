#include "balmer/lut_complexity.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "balmer/error.hpp"
#include "hardware/plan.hpp"

namespace balmer {

namespace {

constexpr int impossible = 1'000'000;

// LUTs of one edge at the widths that the search of bits leaves at about .95 agreement: the lowered jet models of benchmarks/hardware.
constexpr double per_table = 9;         // an argument of 6 to 7 bits, 5 result bits
constexpr double per_adder = 6;
constexpr double per_product = 32;      // 4 x 4 bits
constexpr double per_comparison = 4;
constexpr double per_selection = 6;
constexpr double per_input = 6;         // its limiter

double cost_of(const Plan& plan, const PlanEdge& edge) {
    switch (edge.kind) {
        case EdgeKind::input: return per_input;
        case EdgeKind::table: return per_table;
        case EdgeKind::product: return per_product;
        case EdgeKind::select: return per_selection;
        case EdgeKind::less:
        case EdgeKind::less_equal:
        case EdgeKind::equal: return per_comparison;
        case EdgeKind::linear: break;
    }
    double adders = static_cast<double>(edge.terms.size()) - 1;
    for (const PlanTerm& term : edge.terms) {
        // A factor of its own takes one digit more, but for powers of two; tables hold theirs.
        const bool is_free = plan.edges[term.edge].kind == EdgeKind::table || std::fabs(std::exp2(std::round(std::log2(std::fabs(term.coefficient)))) - std::fabs(term.coefficient)) < 1e-9;
        adders += is_free ? 0 : 0.5;
    }
    const bool has_table = std::ranges::any_of(edge.terms, [&](const PlanTerm& term) { return plan.edges[term.edge].kind == EdgeKind::table; });
    return per_adder * (std::max(adders, 0.0) + (edge.offset != 0 && !has_table ? 1 : 0));
}

}  // namespace

LutComplexity::LutComplexity(std::vector<std::string> features, std::vector<Definition> definitions)
    : features_(std::move(features)), definitions_(std::move(definitions)) {}

int LutComplexity::operator()(std::span<const Expression> outputs) const {
    Plan plan;
    plan.features = features_;
    plan.outputs.resize(outputs.size());
    try {
        plan.graph = rewrite(to_graph(outputs, definitions_), std::vector<Standardisation>(features_.size()));
        find_edges(plan);
    } catch (const Error&) {
        return impossible;
    }
    double total = 0;
    for (const PlanEdge& edge : plan.edges) {
        total += cost_of(plan, edge);
    }
    return std::max(1, static_cast<int>(std::lround(total)));
}

}  // namespace balmer
