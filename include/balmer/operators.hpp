#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace balmer {

/// Every node kind of expressions and graphs. Order is part of the fingerprint of a model: append only.
enum class Op : std::uint8_t {
    // leaves
    parameter,  ///< index = position in the parameter values
    feature,    ///< index = column of the data
    argument,   ///< index = argument of a user operator, in its body only
    pi,
    euler,  ///< e = 2.718...
    // arithmetic
    add,
    subtract,
    multiply,
    divide,
    negate,
    power,          ///< real power; NaN for a negative base and a non-integer exponent
    integer_power,  ///< unary, index = the exponent (any integer but -1, 0, 1, 2, 3, which have names of their own)
    // unary
    square,
    cube,
    sqrt,
    cbrt,
    inverse,
    abs,
    sign,
    exp,
    expm1,
    log,
    log1p,
    log2,
    log10,
    sin,
    cos,
    tan,
    asin,
    acos,
    atan,
    sinh,
    cosh,
    tanh,
    asinh,
    acosh,
    atanh,
    gauss,     ///< exp(-x^2)
    logistic,  ///< 1/(1 + exp(-x))
    erf,
    relu,
    step,  ///< 1 for x > 0, else 0
    floor,
    // binary
    min,
    max,
    atan2,
    hypot,
    // comparisons give 1 or 0; NaN when an operand is NaN
    less,
    less_equal,
    greater,
    greater_equal,
    equal,
    not_equal,
    conditional,  ///< if(condition, then, otherwise): condition != 0 chooses `then`
    // calls
    call,  ///< index = user operator in Definitions; arity from there
    hole,  ///< index = unknown function of a partly known form; arity from the form
    // n-ary, in graphs only
    sum,      ///< operands added from the left
    product,  ///< operands multiplied from the left
    linear,   ///< sum_i p[index + i]*x_i + p[index + n], n operands and n + 1 consecutive parameters
    // parameters with one value per category
    category,  ///< a leaf: the codes of a category axis, index = their column (the axes' columns follow the features); below `choose` only
    choose,    ///< p[axis]: operand 0 is a `category`, the others are parameters, one per category; the value is that of the row's code
};

/// The number of operators.
inline constexpr std::size_t op_count = static_cast<std::size_t>(Op::choose) + 1;

/// How an operator is written.
enum class Notation : std::uint8_t { leaf, function, prefix, infix, postfix_power };

/// Algebraic facts that mutation, canonical form and hardware rely on.
enum class Symmetry : std::uint8_t { none, commutative };

/// One row of the operator table. `derivative` holds one formula per argument in terms of the arguments a, b, c and
/// the value f of the operator itself; empty where the derivative is zero almost everywhere is written "0".
struct OperatorInfo {
    Op op;
    std::string_view name;    ///< as typed: "sin"; infix operators by their symbol
    int arity;                ///< -1: varies
    Notation notation;
    int precedence;           ///< infix and prefix: higher binds tighter (comparison 1, sum 2, product 3, sign 4, power 5, atom 9)
    Symmetry symmetry = Symmetry::none;
    std::string_view latex;   ///< template with #1 #2 #3 for arguments
    std::string_view domain = "";  ///< condition on a, b for a finite value, "" = all reals (documentation and simplifier)
    std::array<std::string_view, 3> derivative = {};
    int complexity = 1;       ///< default weight in the `tree` measure
};

/// The table, one row per Op, in the order of the enumeration.
std::span<const OperatorInfo> operator_table();
/// The row of one operator.
const OperatorInfo& info(Op op);
/// The operator named `name` ("sin", "+", "**" and "^" are power, "inv" is inverse ...); nothing when unknown.
std::optional<Op> find_operator(std::string_view name);

/// Scalar reference meaning of every fixed-arity operator but leaves, calls, holes and integer_power: std functions, NaN outside the
/// domain (sqrt, log of negatives, 0/0), infinities as IEEE 754 gives them (1/0, log 0).
double apply(Op op, double a, double b = 0, double c = 0);
/// x^n by repeated squaring for integer n, in the multiplication order that every kernel uses.
double integer_power(double x, int n);

}  // namespace balmer
