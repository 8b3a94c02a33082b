#include "search/neural/unroll.hpp"

#include <cmath>
#include <map>
#include <optional>

#include "search/neural/node_functions.hpp"

namespace balmer::neural {
namespace {

// An atom is an input (layer 0, its index) or a kept node (layer l + 1, node).
using Atom = std::pair<std::size_t, std::size_t>;
struct LinearForm {
    std::map<Atom, double> terms;
    double constant = 0;

    bool is_constant() const { return terms.empty(); }
    void add(const LinearForm& other, double factor) {
        for (const auto& [atom, c] : other.terms) terms[atom] += factor * c;
        constant += factor * other.constant;
    }
};

class Unrolling {
public:
    Unrolling(const Layout& layout, std::span<const float> parameters, const Scaling& scaling) : layout_(layout), p_(parameters), scaling_(scaling) {
        const auto& hidden = layout.shape().hidden;
        forms_.resize(hidden.size() + 1);
        for (std::size_t i = 0; i < layout.shape().inputs; ++i) {
            LinearForm form;
            if (p_[layout.input_threshold(i)] < 1) {
                form.terms[{0, i}] = scaling.scale[i];
                form.constant = -scaling.shift[i] * scaling.scale[i];
            }
            forms_[0].push_back(std::move(form));
        }
        for (std::size_t l = 0; l < hidden.size(); ++l)
            for (std::size_t n = 0; n < hidden[l].nodes(); ++n) forms_[l + 1].push_back(node(l, n));
    }

    Expression output(std::size_t k) {
        LinearForm form = row(layout_.matrices().size() - 1, k);
        if (!scaling_.target_scale.empty()) {
            for (auto& [atom, c] : form.terms) c *= scaling_.target_scale[k];
            form.constant = form.constant * scaling_.target_scale[k] + scaling_.target_shift[k];
        }
        return written(form);
    }

private:
    LinearForm row(std::size_t m, std::size_t j) const {
        const auto& place = layout_.matrices()[m];
        LinearForm form;
        for (std::size_t i = 0; i <= place.inputs; ++i) {
            const std::size_t at = place.at(i, j);
            if (!(std::fabs(p_[at]) > p_[layout_.threshold(at)])) continue;
            const double w = static_cast<double>(p_[at]);
            if (i == place.inputs) form.constant += w;
            else form.add(forms_[m][i], w);
        }
        std::erase_if(form.terms, [](const auto& term) { return term.second == 0; });
        return form;
    }

    LinearForm node(std::size_t l, std::size_t n) {
        const auto& layer = layout_.shape().hidden[l];
        const std::size_t u = layer.unary.size();
        if (n < u) {
            LinearForm argument = row(l, n);
            if (!(p_[layout_.unary_threshold(l, n)] < 1)) return argument;
            return atom({l + 1, n}, layer.unary[n], {argument});
        }
        const std::size_t k = n - u;
        LinearForm a = row(l, u + 2 * k), b = row(l, u + 2 * k + 1);
        if (!(p_[layout_.binary_threshold(l, k)] < 1)) {
            a.add(b, 1);
            return a;
        }
        return atom({l + 1, n}, layer.binary[k], {a, b});
    }

    // Divides by the first coefficient and returns it.
    static double take_leading(LinearForm& form) {
        const double leading = form.terms.begin()->second;
        for (auto& [of, c] : form.terms) c /= leading;
        form.constant /= leading;
        return leading;
    }

    // The node as an atom with its expression; a product of coefficients stands before it, and what is constant is no atom.
    LinearForm atom(Atom name, NodeOperator op, std::vector<LinearForm> arguments) {
        LinearForm result;
        double factor = 1;
        if (op.op == Op::multiply) {
            for (std::size_t k = 0; k < 2; ++k)
                if (arguments[k].is_constant()) {
                    result.add(arguments[1 - k], arguments[k].constant);
                    return result;
                }
            for (auto& argument : arguments) factor *= take_leading(argument);
        }
        if (op.op == Op::divide && !arguments[1].is_constant()) {
            factor = 1 / take_leading(arguments[1]);
            if (!arguments[0].is_constant()) factor *= take_leading(arguments[0]);
        }
        std::vector<Expression> operands;
        bool constant = true;
        for (const auto& argument : arguments) {
            constant &= argument.is_constant();
            operands.push_back(written(argument));
        }
        Expression expression = NodeFunction::applied(op, operands);
        if (constant && op.op != Op::call) {
            result.constant = factor * apply(op.op, arguments[0].constant, arguments.size() > 1 ? arguments[1].constant : 0);
            return result;
        }
        expressions_[name] = std::move(expression);
        result.terms[name] = factor;
        return result;
    }

    std::size_t column_of(std::size_t input) const { return scaling_.column.empty() ? input : scaling_.column[input]; }

    Expression written(const LinearForm& form) const {
        Expression sum;
        for (const auto& [atom, c] : form.terms) {
            Expression term = atom.first == 0 ? Expression::feature(static_cast<std::int32_t>(column_of(atom.second))) : expressions_.at(atom);
            if (c != 1) term = Expression::apply(Op::multiply, Expression::constant(c), term);
            sum = sum.empty() ? term : Expression::apply(Op::add, sum, term);
        }
        if (sum.empty()) return Expression::constant(form.constant);
        return form.constant == 0 ? sum : Expression::apply(Op::add, sum, Expression::constant(form.constant));
    }

    const Layout& layout_;
    std::span<const float> p_;
    const Scaling& scaling_;
    std::vector<std::vector<LinearForm>> forms_;  ///< by layer: inputs, then nodes
    std::map<Atom, Expression> expressions_;
};

}  // namespace

std::vector<Expression> unroll(const Layout& layout, std::span<const float> parameters, const Scaling& scaling) {
    Unrolling unrolling(layout, parameters, scaling);
    std::vector<Expression> outputs;
    for (std::size_t k = 0; k < layout.shape().outputs; ++k) outputs.push_back(unrolling.output(k));
    return outputs;
}

}  // namespace balmer::neural
