#include "balmer/lut_complexity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "balmer/error.hpp"
#include "balmer/simulation.hpp"
#include "hardware/input_formats.hpp"
#include "hardware/lut_parts.hpp"
#include "hardware/plan.hpp"
#include "hardware/precision.hpp"

namespace balmer {

namespace {

constexpr int impossible = 1'000'000;

// LUTs of one part at the widths that the search of bits leaves at about .95 agreement, ports chosen from the data (benchmarks/hardware/complexity.cpp).
constexpr double per_input = 1;
constexpr double per_table = 4.5;
constexpr double per_adder = 2.5;
constexpr double per_factor = 2;
constexpr double per_product = 12;
constexpr double per_comparison = 2;
constexpr double per_selection = 3;

void count_sum(const Plan& plan, const PlanEdge& edge, LutParts& parts) {
    bool has_table = false;
    for (const PlanTerm& term : edge.terms) {
        const bool is_table = plan.edges[term.edge].kind == EdgeKind::table;
        const double size = std::fabs(term.coefficient);
        const bool is_power_of_two = std::fabs(std::exp2(std::round(std::log2(size))) - size) < 1e-9;
        parts.factors += is_table || is_power_of_two ? 0 : 1;  // tables hold theirs
        has_table = has_table || is_table;
    }
    parts.adders += std::max(static_cast<int>(edge.terms.size()) - 1, 0) + (edge.offset != 0 && !has_table ? 1 : 0);
}

/// The edges of formulas over features as they are. Throws balmer::Error for what no circuit can hold.
Plan plan_of(std::span<const Expression> outputs, const std::vector<std::string>& features, const std::vector<Definition>& definitions) {
    Plan plan;
    plan.features = features;
    plan.outputs.resize(outputs.size());
    for (std::size_t k = 0; k < outputs.size(); ++k) {
        plan.outputs[k].name = fmt::format("score_{}", k);
    }
    plan.graph = rewrite(to_graph(outputs, definitions), std::vector<Standardisation>(features.size()));
    find_edges(plan);
    return plan;
}

}  // namespace

LutParts lut_parts(std::span<const Expression> outputs, const std::vector<std::string>& features, const std::vector<Definition>& definitions) {
    const Plan plan = plan_of(outputs, features, definitions);
    LutParts parts;
    for (const PlanEdge& edge : plan.edges) {
        switch (edge.kind) {
            case EdgeKind::input: ++parts.inputs; break;
            case EdgeKind::table: ++parts.tables; break;
            case EdgeKind::product: ++parts.products; break;
            case EdgeKind::select: ++parts.selections; break;
            case EdgeKind::less:
            case EdgeKind::less_equal:
            case EdgeKind::equal: ++parts.comparisons; break;
            case EdgeKind::phase:
            case EdgeKind::linear: count_sum(plan, edge, parts); break;
        }
    }
    return parts;
}

LutComplexity::LutComplexity(std::vector<std::string> features, std::vector<Definition> definitions)
    : features_(std::move(features)), definitions_(std::move(definitions)) {}

int LutComplexity::operator()(std::span<const Expression> outputs) const {
    try {
        const LutParts p = lut_parts(outputs, features_, definitions_);
        const double total = per_input * p.inputs + per_table * p.tables + per_adder * p.adders + per_factor * p.factors + per_product * p.products +
                             per_comparison * p.comparisons + per_selection * p.selections;
        return std::max(1, static_cast<int>(std::lround(total)));
    } catch (const Error&) {
        return impossible;
    }
}

QuantizedScores::QuantizedScores(std::vector<Column> columns, std::vector<Definition> definitions) : definitions_(std::move(definitions)) {
    constexpr int port_bits = 10;
    for (const Column& column : columns) {
        const FixedPoint format{.width = port_bits + 1, .fraction = port_bits - exponent_of(column), .sign = Sign::with};
        std::vector<std::int64_t> integers;
        std::vector<double> values;
        for (const double x : column.values()) {
            integers.push_back(quantize(x, format, Rounding::nearest, Overflow::saturate));
            values.push_back(format.step() * static_cast<double>(integers.back()));
        }
        features_.push_back(column.name());
        formats_.push_back(format);
        integers_.push_back(std::move(integers));
        values_.push_back(std::move(values));
    }
}

std::vector<std::vector<double>> QuantizedScores::operator()(std::span<const Expression> outputs) const {
    constexpr int table_bits = 6;
    try {
        Plan plan = plan_of(outputs, features_, definitions_);
        measure_ranges(plan, values_);
        LoweringOptions options;
        for (std::size_t i = 0; i < features_.size(); ++i) {
            options.input_formats[features_[i]] = formats_[i];
        }
        TableCache cache;
        const Circuit circuit = realise(plan, starting_formats(plan, options, table_bits), options, cache, Sharing::none, Naming::none).circuit;
        std::vector<std::vector<std::int64_t>> inputs, integers;
        for (const InputPort& port : circuit.inputs) {
            inputs.push_back(integers_[static_cast<std::size_t>(std::ranges::find(features_, port.column) - features_.begin())]);
        }
        const std::size_t rows = values_.empty() ? 0 : values_[0].size();
        Simulation(circuit).run(inputs, integers);
        std::vector<std::vector<double>> scores(outputs.size());
        for (std::size_t k = 0; k < outputs.size(); ++k) {
            for (const std::int64_t integer : integers[k]) {
                scores[k].push_back(circuit.outputs[k].format.step() * static_cast<double>(integer));
            }
            scores[k].resize(rows, scores[k].empty() ? 0 : scores[k][0]);  // of constants alone
        }
        return scores;
    } catch (const Error&) {
        return {};
    }
}

}  // namespace balmer
