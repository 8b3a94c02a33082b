#include <algorithm>
#include <cmath>

#include "hardware/input_formats.hpp"
#include "hardware/precision.hpp"

namespace balmer {

namespace {

/// Bits before the point, sign included, of a range.
int bits_before(double low, double high, double scale) {
    const double magnitude = std::max({std::fabs(low), std::fabs(high), 1e-30}) / scale;
    return static_cast<int>(std::ceil(std::log2(magnitude * (1 + 1e-9)))) + (low < 0 ? 1 : 0);
}

std::vector<double> starting_scales(const Plan& plan) {
    const std::vector<char> is_free = free_scales(plan);
    std::vector<double> scales(plan.edges.size(), 1);
    for (std::size_t i = 0; i < plan.edges.size(); ++i) {
        const PlanEdge& edge = plan.edges[i];
        if (edge.kind == EdgeKind::linear && is_free[i] && !edge.terms.empty()) {
            double largest = 0;
            for (const PlanTerm& term : edge.terms) {
                largest = std::max(largest, std::fabs(term.coefficient) * scales[term.edge]);
            }
            scales[i] = largest;
        }
    }
    return scales;
}

double largest_of(const PlanEdge& edge) { return std::max({std::fabs(edge.low), std::fabs(edge.high), 1e-30}); }

/// Bits that edges need beyond others', by edge: a sum of which the fraction alone counts runs over many ones.
std::vector<int> bits_above_phases(const Plan& plan) {
    std::vector<int> extra(plan.edges.size(), 0);
    for (std::size_t i = plan.edges.size(); i-- > 0;) {
        for (const PlanTerm& term : plan.edges[i].terms) {
            const double ones = std::fabs(term.coefficient) * largest_of(plan.edges[term.edge]);
            const int needed = plan.edges[i].kind == EdgeKind::phase ? std::max(0, std::ilogb(ones) + 1) : extra[i];
            extra[term.edge] = std::max(extra[term.edge], needed);
        }
    }
    return extra;
}

/// How a table of `bits` for its argument, more than a plain one takes, begins.
void widen(EdgeFormat& format, int bits, WideTables wide, bool has_pieces) {
    constexpr int step = 3;  // the largest argument of a piece is 8 times that of the one before
    constexpr int above = widest_plain_table + 2;  // address bits of the largest tables
    if (wide == WideTables::interpolated) {
        format.interpolated = bits - widest_plain_table + 2;
    } else if (wide == WideTables::segmented) {
        format.segments = (bits - widest_plain_table + step - 1) / step;
    } else if (!has_pieces) {
        format.interpolated = bits - std::min(std::max(bits / 2 + 2, widest_plain_table - 2), above);  // a line's error falls with the square of the distance
    } else {
        format.segments = std::max(1, (bits - widest_plain_table) / step);
        format.interpolated = wide == WideTables::both ? 4 : 0;
    }
    format.segment_bits = format.segments > 0 ? step : 0;
}

}  // namespace

PlanFormats starting_formats(const Plan& plan, const LoweringOptions& options, int given_bits, WideTables wide) {
    const std::vector<double> scales = starting_scales(plan);
    const std::vector<int> extra = bits_above_phases(plan);
    PlanFormats formats(plan.edges.size());
    for (std::size_t i = 0; i < plan.edges.size(); ++i) {
        const PlanEdge& edge = plan.edges[i];
        EdgeFormat& format = formats[i];
        const int bits = given_bits + extra[i];
        format.scale = scales[i];
        format.fraction = bits + 1 - bits_before(edge.low, edge.high, format.scale);
        if (bits > widest_plain_table) {
            widen(format, bits, wide, edge.kind == EdgeKind::table && plan.edges[edge.terms[0].edge].low >= 0);
        }
        for (const PlanTerm& term : edge.terms) {
            const PlanEdge& operand = plan.edges[term.edge];
            const int above = edge.kind == EdgeKind::phase ? extra[term.edge] : 0;
            const int width = edge.kind == EdgeKind::table ? bits : bits + 2 + above;
            int fraction = width - bits_before(operand.low, operand.high, scales[term.edge]);
            if (operand.kind == EdgeKind::input) {
                fraction = std::min(fraction, port_format(options, operand.name).fraction);
            }
            format.operands.push_back({fraction, fraction + bits_before(operand.low, operand.high, scales[term.edge])});
            format.digits.push_back(edge.kind == EdgeKind::phase ? width / 2 : 4);
            format.forms.push_back(TermForm::shift_and_add);
        }
    }
    for (std::size_t i = 0; i < plan.edges.size(); ++i) {  // tables of a sum share its last bit
        for (const PlanTerm& term : is_sum(plan.edges[i].kind) ? plan.edges[i].terms : std::vector<PlanTerm>{}) {
            if (plan.edges[term.edge].kind == EdgeKind::table) {
                formats[term.edge].fraction = formats[i].fraction;
            }
        }
    }
    return formats;
}

}  // namespace balmer
