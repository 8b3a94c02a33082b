#include "balmer/operators.hpp"

#include <cassert>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace balmer {
namespace {

using enum Notation;
constexpr auto commutative = Symmetry::commutative;

// One row per operator. Derivatives are formulas in the arguments a, b, c and the value f.
constexpr std::array<OperatorInfo, op_count> table = {{
    {.op = Op::parameter, .name = "parameter", .arity = 0, .notation = leaf, .precedence = 9, .latex = ""},
    {.op = Op::feature, .name = "feature", .arity = 0, .notation = leaf, .precedence = 9, .latex = ""},
    {.op = Op::argument, .name = "argument", .arity = 0, .notation = leaf, .precedence = 9, .latex = ""},
    {.op = Op::pi, .name = "pi", .arity = 0, .notation = leaf, .precedence = 9, .latex = "\\pi"},
    {.op = Op::euler, .name = "e", .arity = 0, .notation = leaf, .precedence = 9, .latex = "e"},
    {.op = Op::add, .name = "+", .arity = 2, .notation = infix, .precedence = 2, .symmetry = commutative,
     .latex = "#1 + #2", .derivative = {"1", "1"}},
    {.op = Op::subtract, .name = "-", .arity = 2, .notation = infix, .precedence = 2, .latex = "#1 - #2",
     .derivative = {"1", "-1"}},
    {.op = Op::multiply, .name = "*", .arity = 2, .notation = infix, .precedence = 3, .symmetry = commutative,
     .latex = "#1 \\, #2", .derivative = {"b", "a"}},
    {.op = Op::divide, .name = "/", .arity = 2, .notation = infix, .precedence = 3, .latex = "\\frac{#1}{#2}",
     .domain = "b != 0", .derivative = {"1/b", "-f/b"}},
    {.op = Op::negate, .name = "-", .arity = 1, .notation = prefix, .precedence = 4, .latex = "-#1",
     .derivative = {"-1"}},
    {.op = Op::power, .name = "^", .arity = 2, .notation = infix, .precedence = 5, .latex = "#1^{#2}",
     .domain = "a > 0 or b is an integer", .derivative = {"b*a^(b - 1)", "f*log(a)"}},
    // The derivative n*a^(n-1) depends on the exponent and is built in code.
    {.op = Op::integer_power, .name = "^n", .arity = 1, .notation = postfix_power, .precedence = 5, .latex = "#1^{n}",
     .domain = "n > 0 or a != 0", .complexity = 2},
    {.op = Op::square, .name = "square", .arity = 1, .notation = postfix_power, .precedence = 5, .latex = "#1^{2}",
     .derivative = {"2*a"}},
    {.op = Op::cube, .name = "cube", .arity = 1, .notation = postfix_power, .precedence = 5, .latex = "#1^{3}",
     .derivative = {"3*a^2"}},
    {.op = Op::sqrt, .name = "sqrt", .arity = 1, .notation = function, .precedence = 9, .latex = "\\sqrt{#1}",
     .domain = "a >= 0", .derivative = {"1/(2*f)"}},
    {.op = Op::cbrt, .name = "cbrt", .arity = 1, .notation = function, .precedence = 9, .latex = "\\sqrt[3]{#1}",
     .derivative = {"1/(3*f^2)"}},
    {.op = Op::inverse, .name = "inverse", .arity = 1, .notation = prefix, .precedence = 3, .latex = "\\frac{1}{#1}",
     .domain = "a != 0", .derivative = {"-f^2"}},
    {.op = Op::abs, .name = "abs", .arity = 1, .notation = function, .precedence = 9, .latex = "\\left|#1\\right|",
     .derivative = {"sign(a)"}},
    {.op = Op::sign, .name = "sign", .arity = 1, .notation = function, .precedence = 9,
     .latex = "\\operatorname{sign}\\left(#1\\right)", .derivative = {"0"}},
    {.op = Op::exp, .name = "exp", .arity = 1, .notation = function, .precedence = 9, .latex = "e^{#1}",
     .derivative = {"f"}},
    {.op = Op::expm1, .name = "expm1", .arity = 1, .notation = function, .precedence = 9,
     .latex = "\\left(e^{#1} - 1\\right)", .derivative = {"exp(a)"}},
    {.op = Op::log, .name = "log", .arity = 1, .notation = function, .precedence = 9, .latex = "\\ln\\left(#1\\right)",
     .domain = "a > 0", .derivative = {"1/a"}},
    {.op = Op::log1p, .name = "log1p", .arity = 1, .notation = function, .precedence = 9,
     .latex = "\\ln\\left(1 + #1\\right)", .domain = "a > -1", .derivative = {"1/(1 + a)"}},
    {.op = Op::log2, .name = "log2", .arity = 1, .notation = function, .precedence = 9,
     .latex = "\\log_{2}\\left(#1\\right)", .domain = "a > 0", .derivative = {"1/(a*log(2))"}},
    {.op = Op::log10, .name = "log10", .arity = 1, .notation = function, .precedence = 9,
     .latex = "\\log_{10}\\left(#1\\right)", .domain = "a > 0", .derivative = {"1/(a*log(10))"}},
    {.op = Op::sin, .name = "sin", .arity = 1, .notation = function, .precedence = 9, .latex = "\\sin\\left(#1\\right)",
     .derivative = {"cos(a)"}},
    {.op = Op::cos, .name = "cos", .arity = 1, .notation = function, .precedence = 9, .latex = "\\cos\\left(#1\\right)",
     .derivative = {"-sin(a)"}},
    {.op = Op::tan, .name = "tan", .arity = 1, .notation = function, .precedence = 9, .latex = "\\tan\\left(#1\\right)",
     .derivative = {"1 + f^2"}},
    {.op = Op::asin, .name = "asin", .arity = 1, .notation = function, .precedence = 9,
     .latex = "\\arcsin\\left(#1\\right)", .domain = "-1 <= a <= 1", .derivative = {"1/sqrt(1 - a^2)"}},
    {.op = Op::acos, .name = "acos", .arity = 1, .notation = function, .precedence = 9,
     .latex = "\\arccos\\left(#1\\right)", .domain = "-1 <= a <= 1", .derivative = {"-1/sqrt(1 - a^2)"}},
    {.op = Op::atan, .name = "atan", .arity = 1, .notation = function, .precedence = 9,
     .latex = "\\arctan\\left(#1\\right)", .derivative = {"1/(1 + a^2)"}},
    {.op = Op::sinh, .name = "sinh", .arity = 1, .notation = function, .precedence = 9,
     .latex = "\\sinh\\left(#1\\right)", .derivative = {"cosh(a)"}},
    {.op = Op::cosh, .name = "cosh", .arity = 1, .notation = function, .precedence = 9,
     .latex = "\\cosh\\left(#1\\right)", .derivative = {"sinh(a)"}},
    {.op = Op::tanh, .name = "tanh", .arity = 1, .notation = function, .precedence = 9,
     .latex = "\\tanh\\left(#1\\right)", .derivative = {"1 - f^2"}},
    {.op = Op::asinh, .name = "asinh", .arity = 1, .notation = function, .precedence = 9,
     .latex = "\\operatorname{arsinh}\\left(#1\\right)", .derivative = {"1/sqrt(1 + a^2)"}},
    {.op = Op::acosh, .name = "acosh", .arity = 1, .notation = function, .precedence = 9,
     .latex = "\\operatorname{arcosh}\\left(#1\\right)", .domain = "a >= 1",
     .derivative = {"1/(sqrt(a - 1)*sqrt(a + 1))"}},
    {.op = Op::atanh, .name = "atanh", .arity = 1, .notation = function, .precedence = 9,
     .latex = "\\operatorname{artanh}\\left(#1\\right)", .domain = "-1 < a < 1", .derivative = {"1/(1 - a^2)"}},
    {.op = Op::gauss, .name = "gauss", .arity = 1, .notation = function, .precedence = 9,
     .latex = "e^{-#1^{2}}", .derivative = {"-2*a*f"}},
    {.op = Op::logistic, .name = "logistic", .arity = 1, .notation = function, .precedence = 9,
     .latex = "\\operatorname{logistic}\\left(#1\\right)", .derivative = {"f*(1 - f)"}},
    {.op = Op::erf, .name = "erf", .arity = 1, .notation = function, .precedence = 9,
     .latex = "\\operatorname{erf}\\left(#1\\right)", .derivative = {"2*gauss(a)/sqrt(pi)"}},
    {.op = Op::relu, .name = "relu", .arity = 1, .notation = function, .precedence = 9,
     .latex = "\\max\\left(0, #1\\right)", .derivative = {"step(a)"}},
    {.op = Op::step, .name = "step", .arity = 1, .notation = function, .precedence = 9,
     .latex = "\\theta\\left(#1\\right)", .derivative = {"0"}},
    {.op = Op::floor, .name = "floor", .arity = 1, .notation = function, .precedence = 9,
     .latex = "\\left\\lfloor#1\\right\\rfloor", .derivative = {"0"}},
    {.op = Op::min, .name = "min", .arity = 2, .notation = function, .precedence = 9, .symmetry = commutative,
     .latex = "\\min\\left(#1, #2\\right)", .derivative = {"a <= b", "b < a"}},
    {.op = Op::max, .name = "max", .arity = 2, .notation = function, .precedence = 9, .symmetry = commutative,
     .latex = "\\max\\left(#1, #2\\right)", .derivative = {"a >= b", "b > a"}},
    {.op = Op::atan2, .name = "atan2", .arity = 2, .notation = function, .precedence = 9,
     .latex = "\\operatorname{atan2}\\left(#1, #2\\right)",
     .derivative = {"b/(a^2 + b^2)", "-a/(a^2 + b^2)"}},
    {.op = Op::hypot, .name = "hypot", .arity = 2, .notation = function, .precedence = 9, .symmetry = commutative,
     .latex = "\\sqrt{#1^{2} + #2^{2}}", .derivative = {"a/f", "b/f"}},
    {.op = Op::less, .name = "<", .arity = 2, .notation = infix, .precedence = 1, .latex = "#1 < #2",
     .derivative = {"0", "0"}},
    {.op = Op::less_equal, .name = "<=", .arity = 2, .notation = infix, .precedence = 1, .latex = "#1 \\le #2",
     .derivative = {"0", "0"}},
    {.op = Op::greater, .name = ">", .arity = 2, .notation = infix, .precedence = 1, .latex = "#1 > #2",
     .derivative = {"0", "0"}},
    {.op = Op::greater_equal, .name = ">=", .arity = 2, .notation = infix, .precedence = 1, .latex = "#1 \\ge #2",
     .derivative = {"0", "0"}},
    {.op = Op::equal, .name = "==", .arity = 2, .notation = infix, .precedence = 1, .symmetry = commutative,
     .latex = "#1 = #2", .derivative = {"0", "0"}},
    {.op = Op::not_equal, .name = "!=", .arity = 2, .notation = infix, .precedence = 1, .symmetry = commutative,
     .latex = "#1 \\ne #2", .derivative = {"0", "0"}},
    {.op = Op::conditional, .name = "if", .arity = 3, .notation = function, .precedence = 9,
     .latex = "\\begin{cases} #2 & #1 \\\\ #3 & \\text{otherwise} \\end{cases}",
     .derivative = {"0", "a != 0", "a == 0"}},
    {.op = Op::call, .name = "call", .arity = -1, .notation = function, .precedence = 9, .latex = ""},
    {.op = Op::hole, .name = "hole", .arity = -1, .notation = function, .precedence = 9, .latex = ""},
    {.op = Op::sum, .name = "sum", .arity = -1, .notation = function, .precedence = 9, .latex = ""},
    {.op = Op::product, .name = "product", .arity = -1, .notation = function, .precedence = 9, .latex = ""},
    {.op = Op::linear, .name = "linear", .arity = -1, .notation = function, .precedence = 9, .latex = ""},
    {.op = Op::category, .name = "category", .arity = 0, .notation = leaf, .precedence = 9, .latex = ""},
    {.op = Op::choose, .name = "choose", .arity = -1, .notation = function, .precedence = 9, .latex = "", .complexity = 0},
}};

constexpr bool rows_stand_in_order() {
    for (std::size_t i = 0; i < op_count; ++i)
        if (table[i].op != static_cast<Op>(i)) return false;
    return true;
}
static_assert(rows_stand_in_order(), "one row per Op, in the order of the enumeration");

// Words of other systems for operators of the table.
constexpr std::array<std::pair<std::string_view, Op>, 31> synonyms = {{
    {"**", Op::power},        {"pow", Op::power},         {"add", Op::add},           {"plus", Op::add},
    {"sub", Op::subtract},    {"subtract", Op::subtract}, {"mul", Op::multiply},      {"mult", Op::multiply},
    {"multiply", Op::multiply}, {"div", Op::divide},      {"divide", Op::divide},     {"neg", Op::negate},
    {"negate", Op::negate},   {"inv", Op::inverse},       {"ln", Op::log},            {"arcsin", Op::asin},
    {"arccos", Op::acos},     {"arctan", Op::atan},       {"arctan2", Op::atan2},     {"arcsinh", Op::asinh},
    {"arccosh", Op::acosh},   {"arctanh", Op::atanh},     {"arsinh", Op::asinh},      {"arcosh", Op::acosh},
    {"artanh", Op::atanh},    {"sigmoid", Op::logistic},  {"Abs", Op::abs},           {"sgn", Op::sign},
    {"Max", Op::max},         {"Min", Op::min},           {"heaviside", Op::step},
}};

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

double apply_binary(Op op, double a, double b) {
    if (std::isnan(a) || std::isnan(b)) return not_a_number;
    switch (op) {
        case Op::add: return a + b;
        case Op::subtract: return a - b;
        case Op::multiply: return a * b;
        case Op::divide: return a / b;
        case Op::power: return std::pow(a, b);
        case Op::min: return a < b ? a : b;
        case Op::max: return a > b ? a : b;
        case Op::atan2: return std::atan2(a, b);
        case Op::hypot: return std::hypot(a, b);
        case Op::less: return a < b;
        case Op::less_equal: return a <= b;
        case Op::greater: return a > b;
        case Op::greater_equal: return a >= b;
        case Op::equal: return a == b;
        case Op::not_equal: return a != b;
        default: assert(false && "not a binary operator"); return not_a_number;
    }
}

}  // namespace

std::span<const OperatorInfo> operator_table() { return table; }

const OperatorInfo& info(Op op) { return table[static_cast<std::size_t>(op)]; }

std::optional<Op> find_operator(std::string_view name) {
    for (const auto& row : table)
        if (row.arity > 0 && row.op != Op::integer_power && row.name == name) return row.op;
    for (const auto& [word, op] : synonyms)
        if (word == name) return op;
    return std::nullopt;
}

double integer_power(double x, int n) {
    unsigned long long exponent = n < 0 ? -static_cast<long long>(n) : n;
    double result = 1;
    for (double factor = x; exponent != 0; exponent >>= 1) {
        if (exponent & 1) result *= factor;
        if (exponent > 1) factor *= factor;
    }
    return n < 0 ? 1 / result : result;
}

double apply(Op op, double a, double b, double c) {
    switch (op) {
        case Op::pi: return std::numbers::pi;
        case Op::euler: return std::numbers::e;
        case Op::negate: return -a;
        case Op::square: return a * a;
        case Op::cube: return a * a * a;
        case Op::sqrt: return std::sqrt(a);
        case Op::cbrt: return std::cbrt(a);
        case Op::inverse: return 1 / a;
        case Op::abs: return std::fabs(a);
        case Op::sign: return std::isnan(a) ? a : static_cast<double>((a > 0) - (a < 0));
        case Op::exp: return std::exp(a);
        case Op::expm1: return std::expm1(a);
        case Op::log: return std::log(a);
        case Op::log1p: return std::log1p(a);
        case Op::log2: return std::log2(a);
        case Op::log10: return std::log10(a);
        case Op::sin: return std::sin(a);
        case Op::cos: return std::cos(a);
        case Op::tan: return std::tan(a);
        case Op::asin: return std::asin(a);
        case Op::acos: return std::acos(a);
        case Op::atan: return std::atan(a);
        case Op::sinh: return std::sinh(a);
        case Op::cosh: return std::cosh(a);
        case Op::tanh: return std::tanh(a);
        case Op::asinh: return std::asinh(a);
        case Op::acosh: return std::acosh(a);
        case Op::atanh: return std::atanh(a);
        case Op::gauss: return std::exp(-(a * a));
        case Op::logistic: return 1 / (1 + std::exp(-a));
        case Op::erf: return std::erf(a);
        case Op::relu: return std::isnan(a) ? a : (a > 0 ? a : 0);
        case Op::step: return std::isnan(a) ? a : static_cast<double>(a > 0);
        case Op::floor: return std::floor(a);
        case Op::conditional: return std::isnan(a) ? a : (a != 0 ? b : c);
        default: return apply_binary(op, a, b);
    }
}

}  // namespace balmer
