#include <algorithm>
#include <cmath>
#include <numbers>

#include "balmer/evaluate.hpp"
#include "hardware/plan.hpp"

namespace balmer {

namespace {

/// From the first percent to the last of the finite values: what few rows reach, limiters hold.
double spread_of(std::vector<double> values) {
    std::erase_if(values, [](double x) { return !std::isfinite(x); });
    if (values.empty()) {
        return 0;
    }
    std::ranges::sort(values);
    const std::size_t outside = values.size() / 100;
    return values[values.size() - 1 - outside] - values[outside];
}

}  // namespace

double period_of(Op op) { return op == Op::sin || op == Op::cos ? 2 * std::numbers::pi : op == Op::tan ? std::numbers::pi : 0; }

void find_periods(Plan& plan, std::span<const std::vector<double>> columns) {
    constexpr double several = 2;  // below, a table of the whole range is smaller than a sum and a table of one period (sin(k*a), benchmarks/results/hardware.md)
    Graph arguments = plan.graph;
    std::vector<std::uint32_t> nodes;
    for (std::uint32_t i = 0; i < plan.graph.nodes().size(); ++i) {
        if (period_of(plan.graph.nodes()[i].op) > 0) {
            nodes.push_back(i);
            arguments.add_root(plan.graph.operands(i)[0]);
        }
    }
    if (nodes.empty()) {
        return;
    }
    const Program program(arguments);
    std::size_t rows = 0;
    std::vector<const double*> column;
    for (const auto& values : columns) {
        rows = std::max(rows, values.size());
        column.push_back(values.data());
    }
    std::vector<std::vector<double>> values(program.outputs(), std::vector<double>(rows));
    std::vector<double*> out;
    for (auto& of_root : values) {
        out.push_back(of_root.data());
    }
    evaluate(program, program.values(), {.column = column, .rows = rows}, out);
    for (std::size_t k = 0; k < nodes.size(); ++k) {
        if (spread_of(std::move(values[plan.graph.roots().size() + k])) > several * period_of(plan.graph.nodes()[nodes[k]].op)) {
            plan.periodic.insert(nodes[k]);
        }
    }
    if (!plan.periodic.empty()) {
        find_edges(plan);
    }
}

}  // namespace balmer
