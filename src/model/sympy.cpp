#include <fmt/format.h>

#include <cmath>

#include "model/emit.hpp"
#include "model/export_formats.hpp"
#include "model/python_words.hpp"

// SymPy knows no NaN outside a domain: its values agree where ours are finite. Columns are real symbols with Python names
// of their own, so that a column called beta, gamma, S, N, E or I is no SymPy object.

namespace balmer {

namespace in_sympy {
namespace {

constexpr Spelling spellings[] = {
    {Op::pi, "sympy.pi"},
    {Op::euler, "sympy.E"},
    {Op::add, "#1 + #2", 2},
    {Op::subtract, "#1 - #2", 2},
    {Op::multiply, "#1*#2", 3},
    {Op::divide, "sympy.sympify(#1)/(#2)", 3},
    {Op::negate, "-#1", 4},
    {Op::power, "sympy.Pow(#1, #2)"},
    {Op::integer_power, "sympy.Pow(#1, #n)"},
    {Op::square, "sympy.Pow(#1, 2)"},
    {Op::cube, "sympy.Pow(#1, 3)"},
    {Op::sqrt, "sympy.sqrt(#1)"},
    {Op::cbrt, "_cbrt(#1)"},
    {Op::inverse, "sympy.Pow(#1, -1)"},
    {Op::abs, "sympy.Abs(#1)"},
    {Op::sign, "sympy.sign(#1)"},
    {Op::exp, "sympy.exp(#1)"},
    {Op::expm1, "(sympy.exp(#1) - 1)"},
    {Op::log, "sympy.log(#1)"},
    {Op::log1p, "sympy.log(1 + (#1))"},
    {Op::log2, "sympy.log(#1, 2)"},
    {Op::log10, "sympy.log(#1, 10)"},
    {Op::sin, "sympy.sin(#1)"},
    {Op::cos, "sympy.cos(#1)"},
    {Op::tan, "sympy.tan(#1)"},
    {Op::asin, "sympy.asin(#1)"},
    {Op::acos, "sympy.acos(#1)"},
    {Op::atan, "sympy.atan(#1)"},
    {Op::sinh, "sympy.sinh(#1)"},
    {Op::cosh, "sympy.cosh(#1)"},
    {Op::tanh, "sympy.tanh(#1)"},
    {Op::asinh, "sympy.asinh(#1)"},
    {Op::acosh, "sympy.acosh(#1)"},
    {Op::atanh, "sympy.atanh(#1)"},
    {Op::gauss, "sympy.exp(-sympy.Pow(#1, 2))"},
    {Op::logistic, "sympy.Pow(1 + sympy.exp(-(#1)), -1)"},
    {Op::erf, "sympy.erf(#1)"},
    {Op::relu, "sympy.Max(0, #1)"},
    {Op::step, "_truth(sympy.Gt(#1, 0))"},
    {Op::floor, "sympy.floor(#1)"},
    {Op::min, "sympy.Min(#1, #2)"},
    {Op::max, "sympy.Max(#1, #2)"},
    {Op::atan2, "sympy.atan2(#1, #2)"},
    {Op::hypot, "sympy.sqrt(sympy.Pow(#1, 2) + sympy.Pow(#2, 2))"},
    {Op::less, "_truth(sympy.Lt(#1, #2))"},
    {Op::less_equal, "_truth(sympy.Le(#1, #2))"},
    {Op::greater, "_truth(sympy.Gt(#1, #2))"},
    {Op::greater_equal, "_truth(sympy.Ge(#1, #2))"},
    {Op::equal, "_truth(sympy.Eq(#1, #2))"},
    {Op::not_equal, "_truth(sympy.Ne(#1, #2))"},
    {Op::conditional, "sympy.Piecewise((#2, sympy.Ne(#1, 0)), (#3, True))"},
};
static_assert(is_complete(spellings), "one spelling per operator");

constexpr Helper helpers[] = {
    {"_cbrt", "def _cbrt(x):\n    return sympy.sign(x)*sympy.Pow(sympy.Abs(x), sympy.Rational(1, 3))"},
    {"_truth", "def _truth(condition):\n    return sympy.Piecewise((1, condition), (0, True))"},
};

/// Whole numbers stay exact: x**2 rather than x**2.0.
std::string number(double value) {
    constexpr double exact = 9007199254740992.0;  // 2^53
    if (value == std::floor(value) && std::fabs(value) < exact) {
        return fmt::format("{:.0f}", value == 0 ? 0.0 : value);
    }
    return python_number(value);
}

constexpr Dialect dialect = {.spellings = spellings,
                             .helpers = helpers,
                             .number = number,
                             .temporary = "#1 = #2",
                             .division = PlainDivision::by_columns};

std::string symbol_lines(const Model& model, const ModelNames& names) {
    std::string text;
    for (std::size_t i = 0; i < names.features.size(); ++i) {
        text += fmt::format("{} = sympy.Symbol({}, real=True)\n", names.features[i], python_text(model.vocabulary.features[i]));
    }
    text += "symbols = {";
    for (std::size_t i = 0; i < names.features.size(); ++i) {
        text += fmt::format("{}{}: {}", i > 0 ? ", " : "", python_text(model.vocabulary.features[i]), names.features[i]);
    }
    return text + "}  # by column; also the locals for sympy.sympify of a printed formula\n";
}

}  // namespace
}  // namespace in_sympy

std::string export_sympy(const Model& model) {
    using namespace in_sympy;
    std::set<std::string> reserved = python_reserved_words(helpers);
    reserved.insert({"symbols", "outputs", "name", "value"});
    const ModelNames names = name_model(model, reserved);
    Emitter emitter(dialect, names);
    std::string body = python_definitions(model, names, reserved, emitter);
    body += (body.empty() ? "\n" : "\n\n") + symbol_lines(model, names) + "outputs = {}\n";
    for (const Output& output : model.outputs) {
        const Code code = emitter.write(output.expression);
        body += python_lines(code, "");
        body += fmt::format("outputs[{}] = sympy.sympify({})\n", python_text(output.name), code.value);
    }
    body += model.task == Task::classification ? fmt::format("classes = {}  # scored by the outputs\n", python_list(model.classes)) : "";
    body += "\nif __name__ == \"__main__\":\n    for name, value in outputs.items():\n        print(name, \"=\", value)\n";
    return python_head(model, names) + "import sympy\n" + python_helpers(emitter) + body;
}

}  // namespace balmer
