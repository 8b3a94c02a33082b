#include "hardware/realise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "balmer/error.hpp"
#include "balmer/hardware_cost.hpp"
#include "hardware/fractions.hpp"
#include "hardware/input_formats.hpp"
#include "hardware/table_entries.hpp"
#include "hardware/winner.hpp"

namespace balmer {

namespace {

constexpr std::int64_t widest_address = 1 << 12;

/// A node and what it means: real = scale * integer * 2^-fraction + bias.
struct Realised {
    std::uint32_t node = 0;
    double scale = 1, bias = 0;
    bool is_folded = false;
    std::int64_t low = 0, high = 0;  ///< folded: integers that it takes, fewer than the node's interval
};

class Realiser {
public:
    Realiser(const Plan& plan, const PlanFormats& formats, const LoweringOptions& options, TableCache& cache, Sharing sharing, Naming naming)
        : plan_(plan), formats_(formats), options_(options), cache_(cache), sharing_(sharing), builder_(options.name, naming), free_(free_scales(plan)), uses_(count_uses(plan)),
          done_(plan.edges.size()) {}

    Realisation run() {
        for (std::uint32_t i = 0; i < plan_.edges.size(); ++i) {
            if (plan_.edges[i].kind == EdgeKind::input) {
                done_[i] = input(plan_.edges[i]);
            }
        }
        if (sharing_ == Sharing::pairs) share_sums();
        std::vector<std::uint32_t> nodes;
        for (const PlanOutput& output : plan_.outputs) {
            nodes.push_back(finished(edge(output.edge), output));
        }
        if (options_.outputs == FirmwareOutputs::decision) {
            decide(nodes);
        } else {
            for (std::size_t k = 0; k < nodes.size(); ++k) {
                builder_.output(plan_.outputs[k].name, nodes[k], options_.output_format.value_or(builder_.node(nodes[k]).format()),
                                plan_.outputs[k].formula);
            }
        }
        std::vector<EdgeResult> edges = results();
        Circuit circuit = builder_.finish();
        circuit.classes = plan_.classes;
        circuit.notes.assign(notes_.begin(), notes_.end());
        set_multipliers(circuit);
        return {std::move(circuit), std::move(edges)};
    }

private:
    std::vector<EdgeResult> results() const {
        std::vector<EdgeResult> results;
        for (const auto& value : done_) {
            const FixedPoint format = value ? builder_.node(value->node).format() : FixedPoint{0, 0, Sign::with};
            results.push_back({format.fraction, format.width});
        }
        return results;
    }

    void set_multipliers(Circuit& circuit) const {
        constexpr double large = 80;  // LUTs: beyond, a DSP block is the better use of the device
        for (CircuitNode& node : circuit.nodes) {
            if (node.op == CircuitOp::multiply) {
                const bool as_dsp = options_.multipliers == Multiplier::dsp ||
                                    (options_.multipliers == Multiplier::automatic && estimate_lut(circuit, node) > large);
                node.multiplier = as_dsp ? Multiplier::dsp : Multiplier::lut;
            }
        }
    }

    const Realised& edge(std::uint32_t index) {
        if (!done_[index]) {
            done_[index] = realise(index);
        }
        return *done_[index];
    }

    Realised input(const PlanEdge& edge) {
        return {.node = builder_.input(edge.name, port_format(options_, edge.name), options_.rounding, options_.overflow)};
    }

    Realised realise(std::uint32_t index) {
        const PlanEdge& edge = plan_.edges[index];
        switch (edge.kind) {
            case EdgeKind::linear: return linear(index);
            case EdgeKind::phase: return phase(index);
            case EdgeKind::product: return product(index);
            case EdgeKind::table: return {.node = table(index, edge.terms[0].edge, formats_[index].operands[0], 1, 0, formats_[index].fraction)};
            case EdgeKind::select: return choose(index);
            case EdgeKind::less: return compare(index, CircuitOp::less);
            case EdgeKind::less_equal: return compare(index, CircuitOp::less_equal);
            case EdgeKind::equal: return compare(index, CircuitOp::equal);
            case EdgeKind::input: break;
        }
        assert(false);
        return {};
    }

    /// An operand cut to a quantiser. Floor rounding moves the mean by half of what is dropped: that is the bias.
    Realised use(std::uint32_t index, Quantiser quantiser, Rounding rounding) {
        return cut(edge(index), index, quantiser, rounding);
    }

    Realised cut(Realised value, std::uint32_t index, Quantiser quantiser, Rounding rounding) {
        const int finest = builder_.node(value.node).fraction;
        if (quantiser.fraction < finest) {
            value.node = builder_.with_fraction(value.node, quantiser.fraction, rounding, plan_.edges[index].name + "_rounded");
            if (rounding == Rounding::floor) {
                value.bias += value.scale * (std::ldexp(0.5, -quantiser.fraction) - std::ldexp(0.5, -finest));
            }
            value.low >>= finest - quantiser.fraction;
            value.high >>= finest - quantiser.fraction;
        }
        // The sign is the data's: a port may allow negative numbers that the data never have.
        const bool has_sign = plan_.edges[index].low < 0, drops_sign = has_sign && value.is_folded && value.low >= 0;
        const FixedPoint range{.width = std::clamp(quantiser.width - (drops_sign ? 1 : 0), 1, 58), .fraction = 0, .sign = has_sign && !drops_sign ? Sign::with : Sign::without};
        value.node = builder_.saturate(value.node, range.lowest(), range.highest(), plan_.edges[index].name + "_limited");
        return value;
    }

    // Tables.

    /// What a table holds: (factor * F + extra) with `fraction` bits, F the function of table edge `index`, or its operand itself.
    struct Entry {
        std::uint32_t index;
        bool is_identity;
        double factor, extra;
        int fraction;
        bool is_fraction = false;  ///< of periods: whole ones are left out
    };

    /// Looks an operand up; `index` is a table edge, or the operand's own for factor * operand + extra.
    std::uint32_t table(std::uint32_t index, std::uint32_t operand, Quantiser quantiser, double factor, double extra, int fraction, bool is_fraction = false) {
        const Entry entry{index, index == operand, factor, extra, fraction, is_fraction};
        if (entry.is_identity) {
            return plain_table(entry, use(operand, quantiser, Rounding::floor));
        }
        return segmented(entry, cut(folded(entry, edge(operand)), operand, quantiser, Rounding::floor), formats_[index].segments);
    }

    /// Arguments on one side of a mirror are reflected to the other, before bits are dropped: afterwards the mirror would lie between two addresses.
    Realised folded(const Entry& entry, Realised address) {
        constexpr std::int64_t most = 1 << 14;
        const std::string name = plan_.edges[entry.index].name;
        for (int times = formats_[entry.index].folds; times > 0; --times) {
            const CircuitNode node = builder_.node(address.node);
            const std::int64_t low = address.is_folded ? address.low : node.low, high = address.is_folded ? address.high : node.high;
            const double step = std::ldexp(1.0, -entry.fraction) / std::max(std::fabs(entry.factor), 1e-300);
            if (high - low >= most) {
                break;
            }
            const auto mirror = mirror_of(cache_.values(plan_, entry.index, low, high, node.fraction, address.scale, address.bias), low, step);
            if (!mirror) {
                break;
            }
            const std::int64_t border = mirror->keeps_upper ? mirror->low : mirror->high + 1;
            const std::uint32_t is_below = builder_.compare(CircuitOp::less, address.node, builder_.constant(border, node.fraction), name + "_is_below");
            const std::uint32_t reflected = builder_.subtract(builder_.constant(mirror->sum, node.fraction), address.node, name + "_mirrored");
            const std::uint32_t chosen = mirror->keeps_upper ? builder_.select(is_below, reflected, address.node) : builder_.select(is_below, address.node, reflected);
            const FixedPoint format = format_for(mirror->low, mirror->high, 0);
            address.node = builder_.wrap(chosen, format.width, format.sign, name + "_folded");
            address.is_folded = true;
            address.low = mirror->low;
            address.high = mirror->high;
        }
        return address;
    }

    /// Arguments below a power of two are looked up in fine steps, those beyond in coarse ones: functions that are steep near zero, as sqrt and log,
    /// need no table of every argument.
    std::uint32_t segmented(const Entry& entry, const Realised& address, int segments) {
        const CircuitNode node = builder_.node(address.node);
        const int bits = formats_[entry.index].segment_bits;
        constexpr int smallest = 4;  // address bits of a piece
        if (segments == 0 || bits < 1 || node.low < 0 || node.format().width < bits * segments + smallest) {
            return lines_or_entries(entry, address);
        }
        const std::string name = plan_.edges[entry.index].name;
        const int fine = builder_.node(address.node).fraction;
        const std::int64_t border = std::int64_t{1} << (node.format().width - bits);
        const int dropped = bits * segments;  // every piece has as many addresses as the nearest
        Realised near = address, far = address;
        far.node = builder_.with_fraction(address.node, fine - dropped, Rounding::floor, name + "_coarse");
        far.bias += far.scale * (std::ldexp(0.5, dropped - fine) - std::ldexp(0.5, -fine));
        if (node.low >= border) {
            return lines_or_entries(entry, far);
        }
        near.node = builder_.saturate(address.node, node.low, border - 1, name + "_near");
        far.node = builder_.saturate(far.node, border >> dropped, builder_.node(far.node).high, name + "_far");
        const std::uint32_t is_near = builder_.compare(CircuitOp::less, address.node, builder_.constant(border, fine), name + "_is_near");
        const std::uint32_t from_near = segmented(entry, near, segments - 1), from_far = lines_or_entries(entry, far);
        return builder_.select(is_near, from_near, from_far, name);
    }

    std::uint32_t lines_or_entries(const Entry& entry, const Realised& address) {
        const int bits = formats_[entry.index].interpolated;
        return bits > 0 && bits + 2 < builder_.node(address.node).format().width ? interpolate(entry, address, bits) : plain_table(entry, address);
    }

    std::uint32_t plain_table(const Entry& entry, const Realised& address) {
        const CircuitNode node = builder_.node(address.node);
        check_size(entry.index, node.high - node.low + 1);
        std::vector<double> values = entry.is_identity ? arguments_of(node.low, node.high, node.fraction, address.scale, address.bias)
                                                       : cache_.values(plan_, entry.index, node.low, node.high, node.fraction, address.scale, address.bias);
        tidy(values, entry.index);
        const std::string name = plan_.edges[entry.index].name;
        CircuitTable made{.name = "table_" + name, .first = node.low, .columns = {{.name = "y", .formula = name}}};
        const double unit = std::ldexp(1.0, entry.fraction);
        for (std::int64_t a = node.low; a <= node.high; ++a) {
            const std::int64_t taken = address.is_folded ? std::clamp(a, std::max(address.low, node.low), std::max(node.low, std::min(address.high, node.high))) : a;
            const double x = values[static_cast<std::size_t>(taken - node.low)];
            const std::int64_t value = rounded(entry.factor * x + entry.extra, unit);
            made.columns[0].values.push_back(entry.is_fraction ? fraction_bits(value, entry.fraction) : value);
        }
        const int fraction = entry.fraction - drop_common_zeros(made.columns[0].values);
        return builder_.table(builder_.add_table(std::move(made)), 0, address.node, fraction, entry.is_identity ? name + "_scaled" : name);
    }

    /// The nearest integer to x * unit, ties up; a power of two multiplies exactly.
    static std::int64_t rounded(double x, double unit) { return static_cast<std::int64_t>(std::floor(x * unit + 0.5)); }

    void check_size(std::uint32_t index, std::int64_t size) const {
        if (size > widest_address) {
            throw Error(fmt::format("the table '{}' would have {} addresses, at most {} are allowed: give its argument fewer bits (a coarser input "
                                    "format), or allow a larger error", plan_.edges[index].name, size, widest_address));
        }
    }

    /// Fills gaps of the domain. Values that no row reaches need no bits of their own: they end at the power of two that holds the data.
    void tidy(std::vector<double>& values, std::uint32_t index) {
        fill_gaps(values, index);
        const double reach = std::ldexp(1.0, 1 + std::ilogb(std::max({std::fabs(plan_.edges[index].low), std::fabs(plan_.edges[index].high), 1e-300})));
        for (double& x : values) {
            x = std::clamp(x, -reach, reach);
        }
    }

    /// A straight line in each cell of 2^bits addresses: entry and slope by the upper address bits, slope times the lower bits.
    std::uint32_t interpolate(const Entry& entry, const Realised& address, int bits) {
        constexpr int guard = 2;
        const std::uint32_t index = entry.index;
        const int fraction = entry.fraction;
        const double factor = entry.factor, extra = entry.extra;
        const std::string name = plan_.edges[index].name;
        const int fine = builder_.node(address.node).fraction;
        const std::uint32_t cell = builder_.with_fraction(address.node, fine - bits, Rounding::floor, name + "_cell");
        const std::uint32_t within = builder_.reread(builder_.wrap(address.node, bits, Sign::without, name + "_low_bits"), bits, name + "_within");
        const std::int64_t first = builder_.node(cell).low, last = builder_.node(cell).high;
        check_size(index, last - first + 1);
        std::vector<double> knots = cache_.values(plan_, index, first, last + 1, fine - bits, address.scale, address.bias);
        std::vector<double> middles = cache_.values(plan_, index, first, last, fine - bits, address.scale,
                                                    address.bias + address.scale * std::ldexp(0.5, bits - fine));
        tidy(knots, index);
        tidy(middles, index);
        CircuitTable made{.name = "table_" + name, .first = first, .columns = {{.name = "entry", .formula = name}, {.name = "slope", .formula = name + " across the cell"}}};
        const double unit = std::ldexp(1.0, fraction + guard);
        for (std::size_t i = 0; i + 1 < knots.size(); ++i) {
            // Half of the line's error in the middle, so that it errs to both sides alike; half of the last bit rounds.
            const double raised = 0.5 * (middles[i] - 0.5 * (knots[i] + knots[i + 1]));
            made.columns[0].values.push_back(rounded(factor * (knots[i] + raised) + extra + std::ldexp(0.5, -fraction), unit));
            made.columns[1].values.push_back(rounded(factor * (knots[i + 1] - knots[i]), unit));
        }
        const std::uint32_t table = builder_.add_table(std::move(made));
        const std::uint32_t start = builder_.table(table, 0, cell, fraction + guard, name + "_entry");
        const std::uint32_t slope = builder_.table(table, 1, cell, fraction + guard, name + "_slope");
        const std::uint32_t step = builder_.with_fraction(builder_.multiply(slope, within, name + "_step"), fraction + guard, Rounding::floor);
        return builder_.with_fraction(builder_.add(start, step, name + "_line"), fraction, Rounding::floor, name);
    }

    /// Entries without a value take the nearest one that has one, the lower of two.
    void fill_gaps(std::vector<double>& values, std::uint32_t index) {
        const auto is_finite = [](double x) { return std::isfinite(x); };
        if (std::ranges::all_of(values, is_finite)) {
            return;
        }
        if (std::ranges::none_of(values, is_finite)) {
            throw Error(fmt::format("'{}' has no value for any argument that its format allows: change the formats", plan_.edges[index].name));
        }
        balmer::fill_gaps(values);
        notes_.insert(fmt::format("{}: outside its domain it has the value of the nearest argument inside", plan_.edges[index].name));
    }

    // Sums.

    /// A term that is looked up: its own function when nothing else reads the table, else factor * operand.
    struct LookedUp {
        std::size_t term;
        bool is_function;
    };
    /// A sum before it is added up.
    struct Form {
        std::vector<Summand> summands;
        std::vector<LookedUp> tables;
        double bias = 0;
    };

    double scale_of(std::uint32_t index) const { return free_[index] ? formats_[index].scale : 1; }

    bool is_own_table(const PlanTerm& term) const { return plan_.edges[term.edge].kind == EdgeKind::table && uses_[term.edge] == 1; }

    Form form_of(std::uint32_t index) {
        const PlanEdge& edge = plan_.edges[index];
        const EdgeFormat& format = formats_[index];
        Form form{.bias = edge.offset};
        for (std::size_t k = 0; k < edge.terms.size(); ++k) {
            const PlanEdge& operand = plan_.edges[edge.terms[k].edge];
            if (format.forms[k] == TermForm::dropped) {
                form.bias += edge.terms[k].coefficient * 0.5 * (operand.low + operand.high);
            } else if (is_own_table(edge.terms[k])) {
                form.tables.push_back({k, true});
            } else if (format.forms[k] == TermForm::table) {
                form.tables.push_back({k, false});
            } else {
                form.bias += add_digits(edge, format, k, scale_of(index), form.summands);
            }
        }
        return form;
    }

    /// Sums that add digits of inputs alone are known before anything else: their digits are shared.
    void share_sums() {
        std::vector<std::uint32_t> indices;
        std::vector<std::vector<Summand>> forms;
        for (std::uint32_t i = 0; i < plan_.edges.size(); ++i) {
            const PlanEdge& edge = plan_.edges[i];
            bool is_of_inputs = edge.kind == EdgeKind::linear;
            for (std::size_t k = 0; k < edge.terms.size(); ++k) {
                is_of_inputs = is_of_inputs && (plan_.edges[edge.terms[k].edge].kind == EdgeKind::input || is_own_table(edge.terms[k]));
            }
            if (is_of_inputs) {
                indices.push_back(i);
                shared_[i] = form_of(i);
                forms.push_back(shared_[i].summands);
            }
        }
        share_pairs(builder_, forms);
        for (std::size_t k = 0; k < indices.size(); ++k) {
            shared_[indices[k]].summands = std::move(forms[k]);
        }
    }

    Realised linear(std::uint32_t index) {
        const PlanEdge& edge = plan_.edges[index];
        const double scale = scale_of(index);
        Form form = shared_.contains(index) ? shared_[index] : form_of(index);
        for (const LookedUp& looked_up : form.tables) {
            form.summands.push_back({look_up(edge.terms[looked_up.term], formats_[index], looked_up, scale, form.bias), 0, 1});
            form.bias = 0;  // the first table took it in
        }
        return add_offset(index, std::move(form.summands), scale, form.bias);
    }

    /// The fraction of a sum. What is added to it always, its tables take in.
    Realised phase(std::uint32_t index) {
        const PlanEdge& edge = plan_.edges[index];
        Form form = form_of(index);
        for (const LookedUp& looked_up : form.tables) {
            form.summands.push_back({look_up(edge.terms[looked_up.term], formats_[index], looked_up, 1, 0, true), 0, 1});
        }
        const Fractions sum = add_fractions(builder_, form.summands, formats_[index].fraction, edge.name);
        return {.node = sum.node, .bias = form.bias + sum.bias};
    }

    std::uint32_t look_up(const PlanTerm& term, const EdgeFormat& format, LookedUp looked_up, double scale, double bias, bool is_fraction = false) {
        const double factor = term.coefficient / scale;
        if (!looked_up.is_function) {
            return table(term.edge, term.edge, format.operands[looked_up.term], factor, bias / scale, format.fraction, is_fraction);
        }
        return table(term.edge, plan_.edges[term.edge].terms[0].edge, formats_[term.edge].operands[0], factor, bias / scale,
                     formats_[term.edge].fraction, is_fraction);
    }

    /// coefficient * operand as signed digits; the bias that it brings.
    double add_digits(const PlanEdge& edge, const EdgeFormat& format, std::size_t k, double scale, std::vector<Summand>& form) {
        const PlanTerm& term = edge.terms[k];
        const Realised operand = use(term.edge, format.operands[k], Rounding::floor);
        constexpr int longest = 14;  // bits between the first and the last digit
        const double exact = term.coefficient * operand.scale / scale;
        const FixedPoint of_operand = builder_.node(operand.node).format();
        const int last = edge.kind == EdgeKind::phase ? -(format.fraction + guard_bits + of_operand.width - of_operand.fraction) : std::ilogb(exact) - longest;
        const Coefficient coefficient = nearest_coefficient(exact, format.digits[k], last);
        const double bias = term.coefficient * operand.bias;
        const int finest = of_operand.fraction - coefficient.exponent;
        std::vector<Summand> own;
        for (const SignedDigit digit : signed_digits(coefficient.mantissa)) {
            own.push_back({operand.node, coefficient.exponent + digit.position, digit.sign});
        }
        if (edge.kind == EdgeKind::phase || finest <= format.fraction || own.empty()) {
            form.insert(form.end(), own.begin(), own.end());
            return bias;
        }
        // Cut the product to the sum's last bit, so that the adders behind it stay narrow.
        const std::uint32_t product = add_up(builder_, std::move(own), plan_.edges[term.edge].name + "_scaled");
        form.push_back({builder_.with_fraction(product, format.fraction, Rounding::floor), 0, 1});
        return bias + scale * (std::ldexp(0.5, -format.fraction) - std::ldexp(0.5, -finest));
    }

    Realised add_offset(std::uint32_t index, std::vector<Summand> form, double scale, double bias) {
        if (bias != 0 && !free_[index]) {
            int fraction = formats_[index].fraction;
            for (const Summand& summand : form) {
                fraction = std::max(fraction, builder_.node(summand.node).fraction - summand.shift);
            }
            const auto offset = static_cast<std::int64_t>(std::floor(std::ldexp(bias / scale, fraction) + 0.5));
            if (offset != 0) {
                form.push_back({builder_.constant(offset, fraction), 0, 1});
            }
            bias = 0;
        }
        return {.node = add_up(builder_, std::move(form), plan_.edges[index].name), .scale = scale, .bias = bias};
    }

    // Products and choices.

    Realised product(std::uint32_t index) {
        const PlanEdge& edge = plan_.edges[index];
        const Realised a = use(edge.terms[0].edge, formats_[index].operands[0], Rounding::nearest);
        const Realised b = use(edge.terms[1].edge, formats_[index].operands[1], Rounding::nearest);
        return {.node = builder_.multiply(a.node, b.node, edge.name), .scale = a.scale * b.scale};
    }

    Realised choose(std::uint32_t index) {
        const PlanEdge& edge = plan_.edges[index];
        const std::uint32_t condition = this->edge(edge.terms[0].edge).node;
        const Realised then = use(edge.terms[1].edge, formats_[index].operands[1], Rounding::nearest);
        const Realised otherwise = use(edge.terms[2].edge, formats_[index].operands[2], Rounding::nearest);
        return {.node = builder_.select(condition, then.node, otherwise.node, edge.name)};
    }

    Realised compare(std::uint32_t index, CircuitOp op) {
        const PlanEdge& edge = plan_.edges[index];
        const Realised a = use(edge.terms[0].edge, formats_[index].operands[0], Rounding::nearest);
        const Realised b = use(edge.terms[1].edge, formats_[index].operands[1], Rounding::nearest);
        return {.node = builder_.compare(op, a.node, b.node, edge.name)};
    }

    // Outputs.

    std::uint32_t finished(const Realised& value, const PlanOutput& output) {
        if (!options_.output_format) {
            return value.node;
        }
        const FixedPoint format = *options_.output_format;
        const std::uint32_t node = builder_.with_fraction(value.node, format.fraction, options_.rounding, output.name + "_rounded");
        return options_.overflow == Overflow::saturate ? builder_.saturate(node, format.lowest(), format.highest(), output.name + "_limited")
                                                       : builder_.wrap(node, format.width, format.sign, output.name + "_wrapped");
    }

    void decide(const std::vector<std::uint32_t>& scores) {
        const FixedPoint flag{.width = 1, .fraction = 0, .sign = Sign::without};
        if (scores.size() == 1) {
            const int fraction = builder_.node(scores[0]).fraction;
            const auto limit = static_cast<std::int64_t>(std::floor(std::ldexp(options_.threshold, fraction)));
            const std::uint32_t passes = builder_.compare(CircuitOp::less, builder_.constant(limit, fraction), scores[0], "passes");
            return builder_.output("decision", passes, flag, fmt::format("{} > {}", plan_.outputs[0].formula, options_.threshold), OutputKind::decision);
        }
        builder_.output("winner", winner_of(builder_, scores), format_for(0, static_cast<std::int64_t>(scores.size()) - 1, 0), "class of the largest score",
                        OutputKind::class_code);
    }

    const Plan& plan_;
    const PlanFormats& formats_;
    const LoweringOptions& options_;
    TableCache& cache_;
    Sharing sharing_;
    CircuitBuilder builder_;
    std::vector<char> free_;
    std::vector<int> uses_;
    std::vector<std::optional<Realised>> done_;
    std::map<std::uint32_t, Form> shared_;  ///< sums whose digits share pairs with others
    std::set<std::string> notes_;
};

}  // namespace

Realisation realise(const Plan& plan, const PlanFormats& formats, const LoweringOptions& options, TableCache& cache, Sharing sharing, Naming naming) {
    return Realiser(plan, formats, options, cache, sharing, naming).run();
}

}  // namespace balmer
