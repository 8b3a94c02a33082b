#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balmer/dataset.hpp"
#include "balmer/operators.hpp"

namespace balmer {

/// One node of a postfix expression: its operands come before it, the last operand directly so.
struct Node {
    Op op = Op::parameter;
    std::uint8_t arity = 0;
    std::uint32_t length = 1;  ///< nodes of the subtree that ends here, itself included
    std::int32_t index = 0;    ///< feature, parameter, argument, exponent, user operator or hole (see Op)

    bool operator==(const Node&) const = default;
};

/// A formula as a flat postfix array with its parameter values beside it. The genotype of every tree search: no pointers, no
/// recursion. nodes.back() is the root. A parameter index may occur several times (a shared constant).
struct Expression {
    std::vector<Node> nodes;
    std::vector<double> values;  ///< value of parameter i

    bool operator==(const Expression&) const = default;
    bool empty() const { return nodes.empty(); }
    std::size_t size() const { return nodes.size(); }
    /// First node of the subtree that ends at `position`.
    std::size_t begin_of(std::size_t position) const { return position + 1 - nodes[position].length; }

    static Expression constant(double value);
    static Expression feature(std::int32_t index);
    /// `op` applied to operands, in order; parameter values are concatenated. `index` as in Node.
    static Expression apply(Op op, std::span<const Expression> operands, std::int32_t index = 0);
    static Expression apply(Op op, const Expression& a);
    static Expression apply(Op op, const Expression& a, const Expression& b);

    /// Positions of the operands of the node at `position`, first operand first.
    std::vector<std::size_t> operands(std::size_t position) const;
    /// The subtree that ends at `position` with its own parameter values, renumbered in order of appearance.
    Expression subtree(std::size_t position) const;
    /// This expression with the subtree that ends at `position` replaced.
    Expression replaced(std::size_t position, const Expression& by) const;
    /// Parameters renumbered in order of appearance; unused values dropped.
    Expression compacted() const;
    /// Longest path from the root to a leaf, a leaf alone is 1.
    std::size_t depth() const;
};

/// A user operator: `gauss2(x, s) = exp(-(x/s)^2)`. Its body uses Op::argument leaves; its constants are fixed.
struct Definition {
    std::string name;
    std::vector<std::string> arguments;
    Expression body;
};

/// The names a formula may use, and how indices are printed.
struct Vocabulary {
    std::vector<std::string> features;     ///< by feature index
    std::vector<std::string> parameters;   ///< by parameter index; "" or missing: the value itself is printed
    std::vector<Definition> definitions;   ///< by index of Op::call
    std::vector<std::string> holes;        ///< by index of Op::hole
    std::vector<CategoryAxis> categories = {};  ///< axes of parameters p[axis]; their columns of codes follow the features

    /// Index of the definition called `name`, or -1.
    int find_definition(std::string_view name) const;
    /// Index of the category axis called `name`, or -1.
    int find_category(std::string_view name) const;
};

/// What to do with a name that the vocabulary does not hold.
enum class UnknownName : std::uint8_t {
    refuse,     ///< balmer::Error with a caret under the column and "did you mean"
    feature,    ///< becomes a new feature (formulas without data)
    parameter,  ///< becomes a new named parameter of value 1, unknown calls become holes (partly known forms)
};

/// Reads a formula as people type it: + - * / ^ (or **), unary minus, comparisons, if(c, a, b), functions of the operator table, user
/// operators, numbers, pi, e, brackets, and p[axis], a parameter with one value for each category of an axis of the vocabulary. `x^2`, `x^3`, `x^-1`, `x^.5` and whole-number powers become their own operators.
/// New names are appended to `vocabulary` when `unknown` allows. Every number is a parameter of its own.
/// Throws balmer::Error whose text shows the formula, a caret under the place and what was expected.
Expression parse(std::string_view text, Vocabulary& vocabulary, UnknownName unknown = UnknownName::refuse);
/// The same with a fixed vocabulary: unknown names are refused.
Expression parse(std::string_view text, const Vocabulary& vocabulary);
/// Reads "name(x, y) = formula" into a definition; earlier definitions of `vocabulary` may be used in it.
Definition parse_definition(std::string_view text, const Vocabulary& vocabulary);

/// Significant digits of printed numbers.
struct PrintOptions {
    int digits = 0;  ///< 0: shortest text that reads back to the same double; else rounded to so many significant digits
    std::vector<double> uncertainties = {};  ///< latex and mathml: standard error by parameter, written 0.1057(3); NaN or missing: none
};

/// Writes a formula with the fewest brackets; parse(print(e)) equals e (up to the numbering of parameters).
std::string print(const Expression& expression, const Vocabulary& vocabulary, const PrintOptions& options = {});
/// The same as LaTeX.
std::string latex(const Expression& expression, const Vocabulary& vocabulary, const PrintOptions& options = {});
/// The same as presentation MathML, without the enclosing math element.
std::string mathml(const Expression& expression, const Vocabulary& vocabulary, const PrintOptions& options = {});

/// Names of the axes that a formula's brackets mention, each once: what to read as categories before the formula itself is parsed.
std::vector<std::string> mentioned_categories(std::string_view text);

/// Most categories that an axis of a parameter may have.
inline constexpr std::size_t most_categories = 250;
/// Whether some parameter p[axis] occurs.
bool has_choices(const Expression& expression);
/// Whether every Op::category stands first below an Op::choose, and all other operands of those are parameters: what parse() gives and
/// searches must keep.
bool choices_are_whole(const Expression& expression);
/// A name for every parameter: that of the vocabulary; the values of one p[axis] without a name are called p, p2, ... by order of
/// appearance, avoiding the vocabulary's names; "" for all others.
std::vector<std::string> parameter_names(const Expression& expression, const Vocabulary& vocabulary);

/// Body of user operators and all calls inlined: the result holds no Op::call. Constants of bodies become parameters of the result.
Expression inlined(const Expression& expression, std::span<const Definition> definitions);

}  // namespace balmer
