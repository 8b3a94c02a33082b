#include <algorithm>
#include <cmath>
#include <utility>

#include "expression/operator_facts.hpp"
#include "expression/simplify/normal_form.hpp"

namespace balmer {
namespace {

/// Writes forms in postfix order with a stack of things to do, so that depth costs no call stack.
class Writer {
public:
    Writer(const NormalForms& forms, std::vector<double> values) : forms_(forms) { out_.values = std::move(values); }

    Expression write(std::uint32_t root) {
        todo_.push_back({Task::Kind::form, root, 1});
        while (!todo_.empty()) {
            const Task task = todo_.back();
            todo_.pop_back();
            if (task.kind == Task::Kind::node) {
                push_node(task.op, task.index, task.arity);
            } else if (task.kind == Task::Kind::number) {
                push_number(task.factor);
            } else {
                plan_.clear();
                plan(task.form, task.factor);
                todo_.insert(todo_.end(), plan_.rbegin(), plan_.rend());
            }
        }
        return std::move(out_);
    }

private:
    struct Task {
        enum class Kind : std::uint8_t { form, number, node } kind = Kind::node;
        std::uint32_t form = 0;
        double factor = 1;  ///< number: its value; form: what it is multiplied by
        Op op = Op::add;
        std::int32_t index = 0;
        std::uint8_t arity = 0;
    };

    void will(std::uint32_t form, double factor = 1) { plan_.push_back({Task::Kind::form, form, factor}); }
    void will_number(double value) { plan_.push_back({Task::Kind::number, 0, value}); }
    void will(Op op, std::uint8_t arity, std::int32_t index = 0) {
        plan_.push_back({Task::Kind::node, 0, 1, op, index, arity});
    }

    void push_number(double value) {
        out_.nodes.push_back({Op::parameter, 0, 1, static_cast<std::int32_t>(out_.values.size())});
        out_.values.push_back(value);
    }

    void push_node(Op op, std::int32_t index, std::uint8_t arity) {
        std::uint32_t length = 1;
        std::size_t end = out_.nodes.size();
        for (int i = 0; i < arity; ++i) {
            const auto operand = out_.nodes[end - 1].length;
            length += operand;
            end -= operand;
        }
        out_.nodes.push_back({op, arity, length, index});
    }

    void plan(std::uint32_t id, double factor) {
        const Form& form = forms_.form(id);
        if (forms_.is_number(id)) return will_number(form.value * factor);
        if (form.op == Op::product) return plan_product(form, form.value * factor);
        if (form.op == Op::sum && (factor == 1 || (factor == -1 && forms_.flips(id)))) return plan_sum(form, factor);
        if (factor == -1 && parity(form.op) == Parity::odd && forms_.flips(id)) {
            will(forms_.parts(form)[0].form, -1);
            return will(form.op, 1, form.index);
        }
        if (factor != 1 && factor != -1) will_number(factor);
        for (const auto& part : forms_.parts(form)) will(part.form);
        if (form.op == Op::sum) {
            plan_.resize(plan_.size() - form.count);
            will(id);
        } else {
            will(form.op, static_cast<std::uint8_t>(form.count), form.index);
        }
        if (factor == -1) will(Op::negate, 1);
        if (factor != 1 && factor != -1) will(Op::multiply, 2);
    }

    void plan_sum(const Form& form, double sign) {
        std::size_t written = 0;
        bool number_written = form.value == 0;
        const auto parts = forms_.parts(form);
        for (const auto& part : parts) {
            const double weight = part.weight * sign;
            if (weight == -1) continue;
            will(part.form, weight);
            if (written++ > 0) will(Op::add, 2);
        }
        std::size_t flipped = parts.size();
        if (written == 0 && form.value == 0)
            for (flipped = 0; flipped < parts.size() && !forms_.flips(parts[flipped].form);) ++flipped;
        if (flipped < parts.size()) {
            will(parts[flipped].form, -1);
            ++written;
        }
        const bool all_negative = written == 0 && form.value == 0;
        if (written == 0 && form.value != 0) {
            will_number(form.value * sign);
            number_written = true;
            ++written;
        }
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (parts[i].weight * sign != -1 || i == flipped) continue;
            will(parts[i].form, 1);
            if (written++ > 0) will(all_negative ? Op::add : Op::subtract, 2);
        }
        if (all_negative) will(Op::negate, 1);
        if (!number_written) {
            will_number(form.value * sign);
            will(Op::add, 2);
        }
    }

    // The factors of one exponent, multiplied; returns how many.
    std::size_t plan_group(std::span<const Part> parts, double exponent, std::size_t written, std::size_t flip) {
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (parts[i].weight != exponent) continue;
            will(parts[i].form, flip == i ? -1 : 1);
            if (written++ > 0) will(Op::multiply, 2);
        }
        return written;
    }

    // Factors whose exponents have the sign `side`, in groups of equal exponents, (a/b)^n with the numerator; whether
    // anything was written.
    bool plan_side(std::span<const Part> parts, int side, std::size_t written, std::size_t flip) {
        const std::size_t before = written;
        for (double exponent = 1; exponent != 0; exponent = next_exponent(parts, side, exponent)) {
            if (exponent == 1) {
                written = plan_group(parts, side, written, flip);
                continue;
            }
            const bool both = has(parts, exponent) && has(parts, -exponent);
            if (both && side < 0) continue;
            plan_group(parts, side * exponent, 0, flip);
            if (both) {
                plan_group(parts, -exponent, 0, flip);
                will(Op::divide, 2);
            }
            plan_power(static_cast<int>(exponent));
            if (written++ > 0) will(Op::multiply, 2);
        }
        return written > before;
    }

    static bool has(std::span<const Part> parts, double exponent) {
        return std::any_of(parts.begin(), parts.end(), [&](const Part& part) { return part.weight == exponent; });
    }

    // The next larger size of exponent on one side, or 0.
    static double next_exponent(std::span<const Part> parts, int side, double after) {
        double next = 0;
        for (const auto& part : parts)
            if (const double e = part.weight * side; e > after && (next == 0 || e < next)) next = e;
        return next;
    }

    void plan_power(int exponent) {
        if (exponent == 2) return will(Op::square, 1);
        if (exponent == 3) return will(Op::cube, 1);
        will(Op::integer_power, 1, exponent);
    }

    void plan_product(const Form& form, double factor) {
        const auto parts = forms_.parts(form);
        std::size_t flip = parts.size();
        if (factor == -1)
            for (std::size_t i = 0; i < parts.size() && flip == parts.size(); ++i)
                if (std::fmod(parts[i].weight, 2) != 0 && forms_.flips(parts[i].form)) flip = i;
        if (flip < parts.size()) factor = 1;
        const bool number = factor != 1 && factor != -1;
        if (number) will_number(factor);
        bool top = plan_side(parts, 1, number, flip) || number;
        if (!top && parts.size() == 1 && parts[0].weight < -3) {
            will(parts[0].form, flip == 0 ? -1 : 1);
            will(Op::integer_power, 1, static_cast<std::int32_t>(parts[0].weight));
        } else if (plan_side(parts, -1, 0, flip)) {
            will(top ? Op::divide : Op::inverse, top ? 2 : 1);
        }
        if (factor == -1) will(Op::negate, 1);
    }

    const NormalForms& forms_;
    Expression out_;
    std::vector<Task> todo_;
    std::vector<Task> plan_;
};

}  // namespace

Expression write_out(const NormalForms& forms, std::uint32_t root, std::vector<double> values) {
    return Writer(forms, std::move(values)).write(root);
}

}  // namespace balmer
