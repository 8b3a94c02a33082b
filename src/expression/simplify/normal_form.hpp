#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "balmer/expression.hpp"

namespace balmer {

/// One operand of a normal form: a term with its coefficient, a factor with its whole exponent, or a plain operand.
struct Part {
    std::uint32_t form = 0;
    double weight = 1;  ///< sum: coefficient; product: exponent; else 1
};

/// A formula as a sum of terms, a product of powers, a number, or an operator applied to forms.
///   number   op = parameter, index = -1, value
///   sum      value + sum_i weight_i * form_i,  op = sum
///   product  value * prod_i form_i^weight_i,   op = product
///   other    op(form_0, form_1, ...) with index as in Node; a kept parameter has its index
struct Form {
    Op op = Op::parameter;
    std::int32_t index = 0;
    double value = 0;
    std::uint32_t first = 0;   ///< parts are [first, first + count)
    std::uint32_t count = 0;
    std::uint32_t length = 1;  ///< about the nodes it takes when written out
    std::uint64_t shape = 0;   ///< hash without numbers: what the order of operands goes by
    std::uint64_t hash = 0;    ///< hash with numbers
};

/// Builds normal forms bottom-up and merges equal ones, so that equal forms have equal indices.
class NormalForms {
public:
    /// Room for the forms of a formula of so many nodes.
    explicit NormalForms(std::size_t nodes);

    std::uint32_t number(double value);
    std::uint32_t leaf(Op op, std::int32_t index);
    /// The form of `op` applied to forms, rewritten where a cheap rule applies.
    std::uint32_t apply(Op op, std::int32_t index, std::span<const std::uint32_t> operands);

    const Form& form(std::uint32_t id) const { return forms_[id]; }
    std::span<const Part> parts(const Form& form) const { return {parts_.data() + form.first, form.count}; }
    bool is_number(std::uint32_t id) const { return forms_[id].op == Op::parameter && forms_[id].index == -1; }
    /// A difference of terms without numbers, which changes sign for free by swapping its sides.
    bool is_difference(std::uint32_t id) const;
    /// Whether the form can be written with the opposite sign in no more nodes. Looks `depth` operators down.
    bool flips(std::uint32_t id, int depth = 8) const;

private:
    std::uint32_t intern(Op op, std::int32_t index, double value, std::span<const Part> parts);
    std::uint32_t generic(Op op, std::int32_t index, std::span<const std::uint32_t> operands);
    std::uint32_t scale(double factor, std::uint32_t id);
    std::uint32_t sum_of(double weight_a, std::uint32_t a, double weight_b, std::uint32_t b);
    std::uint32_t product_of(std::uint32_t a, double exponent_a, std::uint32_t b, double exponent_b);
    std::uint32_t power_of(std::uint32_t base, double exponent) { return product_of(base, exponent, number(1), 1); }
    bool add_term(double weight, std::uint32_t id);
    bool add_factor(std::uint32_t id, double exponent);
    bool add_sum_factor(std::uint32_t id, double exponent);
    std::uint32_t finish_sum();
    std::uint32_t finish_product();
    bool leads_negative(std::uint32_t id) const;
    bool before(std::uint32_t a, std::uint32_t b) const;
    void merge_parts();
    std::uint32_t unary(Op op, std::uint32_t a);
    std::uint32_t binary(Op op, std::uint32_t a, std::uint32_t b);
    std::uint32_t undone(Op op, std::uint32_t a);

    std::vector<Form> forms_;
    std::vector<Part> parts_;
    std::vector<std::uint32_t> table_;  ///< open addressing, form + 1, 0 = free
    std::vector<Part> work_;            ///< parts of the sum or product being built
    double work_value_ = 0;
};

/// Writes a form out as a postfix expression. `values` are the kept parameters, to which numbers are appended.
Expression write_out(const NormalForms& forms, std::uint32_t root, std::vector<double> values);

}  // namespace balmer
