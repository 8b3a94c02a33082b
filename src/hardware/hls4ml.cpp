#include "hardware/hls4ml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <set>

#include "balmer/circuit_builder.hpp"
#include "balmer/error.hpp"

namespace balmer {

namespace {

/// A graph node: a number that the printed code holds as a literal, or a value of the circuit.
struct Value {
    std::optional<double> number;
    std::uint32_t node = 0;
};

class Printer {
public:
    Printer(const Model& model, const LoweringOptions& options)
        : model_(model), options_(options), type_(options.input_format.value_or(FixedPoint{16, 10, Sign::with})), graph_(model.graph()), builder_(options.name) {
        if (type_.sign != Sign::with) {
            throw Error(fmt::format("hls4ml computes in ap_fixed, which has a sign: {} has none", to_string(type_)));
        }
    }

    Circuit run() {
        for (std::uint32_t i = 0; i < graph_.nodes().size(); ++i) {
            values_.push_back(value(i));
        }
        for (std::size_t k = 0; k < graph_.roots().size(); ++k) {
            const std::uint32_t result = cast(whole(values_[graph_.roots()[k]]), model_.outputs[k].name + "_result");
            builder_.output(model_.outputs[k].name, result, type_, print(model_.outputs[k].expression, model_.vocabulary, {.digits = 6}));
        }
        Circuit circuit = builder_.finish();
        circuit.classes = model_.classes;
        return circuit;
    }

private:
    // ap_fixed computes products and sums in as many bits as they need. A circuit holds 60, but every result is cast, which drops high bits anyway: of values that grow
    // beyond, the lowest `kept` bits are computed, exactly, and a cast that would need more is refused.
    static constexpr int kept = 58;

    int width_of(std::uint32_t node) const { return builder_.node(node).format().width; }
    bool is_partial(std::uint32_t node) const { return partial_.contains(node); }

    std::uint32_t marked(std::uint32_t node, bool partial) {
        if (partial) {
            partial_.insert(node);
        }
        return node;
    }

    /// The lowest bits of a value, read with a sign.
    std::uint32_t lowest(std::uint32_t node, int width) {
        return width_of(node) <= width ? node : marked(builder_.wrap(node, width, Sign::with), true);
    }

    /// The lowest `width` bits of a * b: what the wider operand has too much is split off.
    std::uint32_t product(std::uint32_t a, std::uint32_t b, int width = kept) {
        const bool partial = is_partial(a) || is_partial(b);
        if (width_of(a) + width_of(b) <= kept) {
            return marked(lowest(builder_.multiply(a, b), width), partial);
        }
        if (width_of(a) < width_of(b)) {
            std::swap(a, b);
        }
        const int split = kept - width_of(b) - 1;
        if (split < 1 || width_of(a) <= split) {
            throw_too_wide(a);
        }
        const std::uint32_t low = builder_.wrap(a, split, Sign::without), high = builder_.with_fraction(a, builder_.node(a).fraction - split, Rounding::floor);
        const std::uint32_t of_low = product(low, b, width);
        return width <= split ? marked(of_low, true) : marked(sum(of_low, product(high, b, width - split), 1, width), true);
    }

    /// The lowest `width` bits of a + b or a - b.
    std::uint32_t sum(std::uint32_t a, std::uint32_t b, int sign, int width = kept) {
        const bool partial = is_partial(a) || is_partial(b);
        const int fraction = std::max(builder_.node(a).fraction, builder_.node(b).fraction);
        const auto fitting = [&](std::uint32_t node) {
            const int room = width - (fraction - builder_.node(node).fraction);
            if (room < 1) {
                throw_too_wide(node);
            }
            return lowest(node, room);
        };
        a = fitting(a);
        b = fitting(b);
        const bool shortened = is_partial(a) || is_partial(b);
        return marked(lowest(sign > 0 ? builder_.add(a, b) : builder_.subtract(a, b), width), partial || shortened);
    }

    [[noreturn]] void throw_too_wide(std::uint32_t node) const {
        throw Error(fmt::format("in {} the exact value of '{}' before it is cast needs more than {} bits: give --input-format fewer bits after the binary point, or take mode native",
                                to_string(type_), builder_.node(node).name, kept));
    }

    /// The value as ap_fixed: low bits dropped, high bits dropped.
    std::uint32_t cast(std::uint32_t node, std::string_view name = {}) {
        if (is_partial(node) && type_.width - type_.fraction + builder_.node(node).fraction > kept) {
            throw_too_wide(node);
        }
        return builder_.wrap(builder_.with_fraction(node, type_.fraction, Rounding::floor), type_.width, Sign::with, name);
    }

    std::int64_t literal_integer(double number) const { return quantize(number, type_, Rounding::floor, Overflow::wrap); }
    std::uint32_t literal(double number) { return builder_.constant(literal_integer(number), type_.fraction); }
    std::uint32_t whole(const Value& value) { return value.number ? literal(*value.number) : value.node; }
    std::uint32_t negated(std::uint32_t node) { return sum(builder_.constant(0, builder_.node(node).fraction), node, -1); }

    Value value(std::uint32_t index) {
        const GraphNode& node = graph_.nodes()[index];
        std::vector<Value> operands;
        bool all_numbers = node.op != Op::feature;
        for (const std::uint32_t operand : graph_.operands(index)) {
            operands.push_back(values_[operand]);
            all_numbers = all_numbers && values_[operand].number.has_value();
        }
        if (all_numbers) {  // SymPy folds them before anything is printed
            return {.number = folded(node, operands)};
        }
        switch (node.op) {
            case Op::feature: return {.node = input(node.index)};
            case Op::add:
            case Op::sum: return add(operands, 1);
            case Op::subtract: return add(operands, -1);
            case Op::negate: return {.node = negated(operands[0].node)};
            case Op::multiply:
            case Op::product: return multiply(operands);
            case Op::divide: return divide(operands);
            case Op::square: return power(operands[0].node, 2);
            case Op::cube: return power(operands[0].node, 3);
            case Op::integer_power: return raised(node, operands);
            case Op::gauss: return function(Op::exp, negated(power(operands[0].node, 2).node));
            case Op::abs: return absolute(operands[0].node);
            default: break;
        }
        if (operands.size() != 1) {
            throw Error(fmt::format("hls4ml's symbolic backend is not known to print '{}' of {} values; mode native has it", info(node.op).name,
                                    operands.size()));
        }
        return function(node.op, operands[0].node);
    }

    double folded(const GraphNode& node, const std::vector<Value>& operands) const {
        if (node.op == Op::parameter) {
            return graph_.values()[static_cast<std::size_t>(node.index)];
        }
        if (node.op == Op::integer_power) {
            return integer_power(*operands[0].number, node.index);
        }
        double total = operands.empty() ? 0 : *operands[0].number;
        if (node.op == Op::sum || node.op == Op::product) {
            for (std::size_t k = 1; k < operands.size(); ++k) {
                total = node.op == Op::sum ? total + *operands[k].number : total * *operands[k].number;
            }
            return total;
        }
        return apply(node.op, total, operands.size() > 1 ? *operands[1].number : 0, operands.size() > 2 ? *operands[2].number : 0);
    }

    std::uint32_t input(std::int32_t feature) {
        const std::string& name = model_.vocabulary.features[static_cast<std::size_t>(feature)];
        return builder_.input(name, type_, Rounding::floor, Overflow::wrap);
    }

    /// A number in a sum is printed with its sign, as a literal of its own.
    Value add(const std::vector<Value>& operands, int sign_of_second) {
        double number = 0;
        std::optional<std::uint32_t> total;
        for (std::size_t k = 0; k < operands.size(); ++k) {
            const int sign = k == 1 ? sign_of_second : 1;
            if (operands[k].number) {
                number += sign * *operands[k].number;
            } else if (!total) {
                total = sign > 0 ? operands[k].node : negated(operands[k].node);
            } else {
                total = sum(*total, operands[k].node, sign);
            }
        }
        return {.node = number == 0 ? *total : sum(*total, literal(number), 1)};
    }

    /// The sign of a number in a product stands before it: -0.04*x is -(T(0.04)*x).
    Value multiply(const std::vector<Value>& operands) {
        double number = 1;
        std::optional<std::uint32_t> total;
        for (const Value& operand : operands) {
            if (operand.number) {
                number *= *operand.number;
            } else {
                total = total ? product(*total, operand.node) : operand.node;
            }
        }
        const double size = std::fabs(number);
        const std::uint32_t scaled = size == 1 ? *total : product(*total, literal(size));
        return {.node = number < 0 ? negated(scaled) : scaled};
    }

    Value divide(const std::vector<Value>& operands) {
        if (operands[1].number) {
            return multiply({operands[0], Value{.number = 1 / *operands[1].number}});
        }
        if (operands[0].number && *operands[0].number == 1) {
            return function(Op::inverse, operands[1].node);
        }
        throw Error("mode hls4ml does not divide by a varying value: mode native does");
    }

    Value power(std::uint32_t base, int exponent) {
        std::uint32_t total = base;
        for (int k = 1; k < exponent; ++k) {
            total = product(total, base);
        }
        return {.node = total};
    }

    Value raised(const GraphNode& node, const std::vector<Value>& operands) {
        if (node.index < 2) {
            throw Error(fmt::format("mode hls4ml does not raise to the power {}: mode native does", node.index));
        }
        return power(operands[0].node, node.index);
    }

    Value absolute(std::uint32_t operand) {
        const std::uint32_t argument = cast(operand);
        const std::uint32_t is_negative = builder_.compare(CircuitOp::less, argument, builder_.constant(0, type_.fraction), "is_negative");
        return {.node = cast(builder_.select(is_negative, negated(argument), argument, "size"))};
    }

    /// f of an ap_fixed as an ap_fixed: by hls_math, or by the user's lookup_table.
    Value function(Op op, std::uint32_t operand) {
        const std::string name(info(op).name);
        const std::uint32_t argument = cast(operand, name + "_argument");
        const auto found = options_.lookup_tables.find(name);
        if (found != options_.lookup_tables.end()) {
            return {.node = looked_up(op, argument, found->second)};
        }
        if (type_.width > 16) {
            throw Error(fmt::format("'{}' of {} would be a table of 2^{} entries, at most 2^16 are allowed: give the function a lookup table of "
                                    "fewer (hls4ml's lut_functions), a shorter format, or take mode native", name, to_string(type_), type_.width));
        }
        CircuitTable table{.name = "table_" + name, .first = type_.lowest(), .columns = {{.name = "y", .formula = name}}};
        for (std::int64_t a = type_.lowest(); a <= type_.highest(); ++a) {
            const double y = apply(op, type_.step() * static_cast<double>(a));
            table.columns[0].values.push_back(std::isfinite(y) ? literal_integer(y) : 0);
        }
        return {.node = builder_.table(builder_.add_table(std::move(table)), 0, argument, type_.fraction, name)};
    }

    /// hls4ml's nnet::lookup_table: the step and the samples' arguments are ap_fixed themselves, the index is truncated.
    std::uint32_t looked_up(Op op, std::uint32_t argument, const LookupTable& given) {
        const auto size = static_cast<std::int64_t>(given.size);
        const std::int64_t start = literal_integer(given.start), range = literal_integer(given.end - given.start);
        if (range == 0 || given.size < 2) {
            throw Error(fmt::format("the lookup table of '{}' has no range in {}", info(op).name, to_string(type_)));
        }
        // Quotients of ap_fixed keep the dividend's fraction and round towards zero.
        const std::int64_t base_div = (size << type_.fraction) / range;
        const std::int64_t step = (literal_integer(given.end) - start) / size;
        CircuitTable table{.name = fmt::format("lookup_{}", info(op).name), .first = 0, .columns = {{.name = "y", .formula = std::string(info(op).name)}}};
        for (std::int64_t i = 0; i < size; ++i) {
            const double number = std::ldexp(static_cast<double>(start + i * step), -type_.fraction);
            const double x = type_.step() * static_cast<double>(quantize(number, type_, Rounding::floor, Overflow::wrap));
            const double y = apply(op, x);
            table.columns[0].values.push_back(std::isfinite(y) ? literal_integer(y) : 0);
        }
        const std::uint32_t offset = builder_.subtract(argument, builder_.constant(start, type_.fraction));
        const std::uint32_t scaled = builder_.multiply(offset, builder_.constant(base_div, 0));
        const std::uint32_t index = builder_.saturate(builder_.with_fraction(scaled, 0, Rounding::floor), 0, size - 1, "index");
        return builder_.table(builder_.add_table(std::move(table)), 0, index, type_.fraction, std::string(info(op).name) + "_looked_up");
    }

    const Model& model_;
    const LoweringOptions& options_;
    FixedPoint type_;
    Graph graph_;
    CircuitBuilder builder_;
    std::vector<Value> values_;
    std::set<std::uint32_t> partial_;  ///< nodes that lack high bits of their exact value
};

}  // namespace

Circuit lower_as_hls4ml(const Model& model, const LoweringOptions& options) { return Printer(model, options).run(); }

}  // namespace balmer
