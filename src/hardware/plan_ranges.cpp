#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "balmer/error.hpp"
#include "hardware/plan.hpp"

namespace balmer {

namespace {

std::vector<double> combine(const PlanEdge& edge, const std::vector<std::vector<double>>& values, std::size_t rows) {
    std::vector<double> result(rows, is_sum(edge.kind) ? edge.offset : 0.0);
    const auto operand = [&](std::size_t k, std::size_t r) { return values[edge.terms[k].edge][r]; };
    for (std::size_t r = 0; r < rows; ++r) {
        switch (edge.kind) {
            case EdgeKind::linear:
            case EdgeKind::phase:
                for (std::size_t k = 0; k < edge.terms.size(); ++k) {
                    result[r] += edge.terms[k].coefficient * operand(k, r);
                }
                result[r] -= edge.kind == EdgeKind::phase ? std::floor(result[r]) : 0;
                break;
            case EdgeKind::product: result[r] = operand(0, r) * operand(1, r); break;
            case EdgeKind::less: result[r] = operand(0, r) < operand(1, r) ? 1 : 0; break;
            case EdgeKind::less_equal: result[r] = operand(0, r) <= operand(1, r) ? 1 : 0; break;
            case EdgeKind::equal: result[r] = operand(0, r) == operand(1, r) ? 1 : 0; break;
            case EdgeKind::select: result[r] = operand(0, r) != 0 ? operand(1, r) : operand(2, r); break;
            case EdgeKind::input:
            case EdgeKind::table: break;
        }
    }
    return result;
}

}  // namespace

void measure_ranges(Plan& plan, std::span<const std::vector<double>> columns) {
    std::vector<std::vector<double>> values;
    const std::size_t rows = columns.empty() ? 1 : columns[0].size();
    for (std::uint32_t i = 0; i < plan.edges.size(); ++i) {
        PlanEdge& edge = plan.edges[i];
        if (edge.kind == EdgeKind::input) {
            values.push_back(columns[static_cast<std::size_t>(edge.feature)]);
        } else if (edge.kind == EdgeKind::table) {
            values.push_back(plan.tabulate(i, values[edge.terms[0].edge]));
        } else {
            values.push_back(combine(edge, values, rows));
        }
        edge.low = std::numeric_limits<double>::infinity();
        edge.high = -edge.low;
        for (const double x : values.back()) {
            if (std::isfinite(x)) {
                edge.low = std::min(edge.low, x);
                edge.high = std::max(edge.high, x);
            }
        }
        if (edge.kind == EdgeKind::phase) {
            constexpr double below_one = 1 - 0x1p-30;
            edge.low = 0;
            edge.high = below_one;
        }
        const double largest = std::max(std::fabs(edge.low), std::fabs(edge.high));
        constexpr double widest = 1e30, narrowest = 1e-30;
        if (edge.low <= edge.high && (largest > widest || (largest > 0 && largest < narrowest))) {
            throw Error(fmt::format("'{}' runs from {:.3g} to {:.3g} on the data, beyond what fixed-point numbers hold ({:g} ... {:g}): rescale the columns, or limit the argument", edge.name,
                                    edge.low, edge.high, narrowest, widest));
        }
        if (edge.low > edge.high) {
            throw Error(fmt::format("'{}' has no finite value on any row of the data: the formula does not belong to these data", edge.name));
        }
    }
}

}  // namespace balmer
