#include <fmt/format.h>

#include <cmath>

#include "model/emit.hpp"
#include "model/export_formats.hpp"
#include "model/python_words.hpp"

// Python's math module raises where IEEE 754 answers with NaN or an infinity: the functions below give that answer.

namespace balmer {

namespace in_python {
namespace {

constexpr Spelling spellings[] = {
    {Op::pi, "math.pi"},
    {Op::euler, "math.e"},
    {Op::add, "#1 + #2", 2},
    {Op::subtract, "#1 - #2", 2},
    {Op::multiply, "#1*#2", 3},
    {Op::divide, "_divide(#1, #2)"},
    {Op::negate, "-#1", 4},
    {Op::power, "_power(#1, #2)"},
    {Op::integer_power, "_integer_power(#1, #n)"},
    {Op::square, "_square(#1)"},
    {Op::cube, "_cube(#1)"},
    {Op::sqrt, "_sqrt(#1)"},
    {Op::cbrt, "_cbrt(#1)"},
    {Op::inverse, "_divide(1.0, #1)"},
    {Op::abs, "abs(#1)"},
    {Op::sign, "_sign(#1)"},
    {Op::exp, "_exp(#1)"},
    {Op::expm1, "_expm1(#1)"},
    {Op::log, "_log(#1)"},
    {Op::log1p, "_log1p(#1)"},
    {Op::log2, "_log2(#1)"},
    {Op::log10, "_log10(#1)"},
    {Op::sin, "_sin(#1)"},
    {Op::cos, "_cos(#1)"},
    {Op::tan, "_tan(#1)"},
    {Op::asin, "_asin(#1)"},
    {Op::acos, "_acos(#1)"},
    {Op::atan, "math.atan(#1)"},
    {Op::sinh, "_sinh(#1)"},
    {Op::cosh, "_cosh(#1)"},
    {Op::tanh, "math.tanh(#1)"},
    {Op::asinh, "math.asinh(#1)"},
    {Op::acosh, "_acosh(#1)"},
    {Op::atanh, "_atanh(#1)"},
    {Op::gauss, "_exp(-_square(#1))"},
    {Op::logistic, "_divide(1.0, 1.0 + _exp(-(#1)))"},
    {Op::erf, "math.erf(#1)"},
    {Op::relu, "_relu(#1)"},
    {Op::step, "_step(#1)"},
    {Op::floor, "_floor(#1)"},
    {Op::min, "_min(#1, #2)"},
    {Op::max, "_max(#1, #2)"},
    {Op::atan2, "math.atan2(#1, #2)"},
    {Op::hypot, "_hypot(#1, #2)"},
    {Op::less, "_less(#1, #2)"},
    {Op::less_equal, "_less_equal(#1, #2)"},
    {Op::greater, "_greater(#1, #2)"},
    {Op::greater_equal, "_greater_equal(#1, #2)"},
    {Op::equal, "_equal(#1, #2)"},
    {Op::not_equal, "_not_equal(#1, #2)"},
    {Op::conditional, "_if(#1, #2, #3)"},
};
static_assert(is_complete(spellings), "one spelling per operator");

constexpr Helper helpers[] = {
    {"_divide",
     "def _divide(a, b):\n"
     "    if b == 0:\n"
     "        return math.nan if a == 0 or a != a else math.copysign(math.inf, a)*math.copysign(1.0, b)\n"
     "    return a/b"},
    {"_square", "def _square(x):\n    return x*x"},
    {"_cube", "def _cube(x):\n    return x*x*x"},
    {"_power",
     "def _power(a, b):\n"
     "    if a != a or b != b:\n"
     "        return math.nan\n"
     "    try:\n"
     "        return math.pow(a, b)\n"
     "    except OverflowError:\n"
     "        return -math.inf if a < 0 and b % 2 == 1 else math.inf\n"
     "    except ValueError:\n"
     "        return math.nan if a != 0 else math.copysign(math.inf, a) if b % 2 == 1 else math.inf"},
    {"_integer_power",
     "def _integer_power(x, n):\n"
     "    left, result = abs(n), 1.0\n"
     "    while left:\n"
     "        if left & 1:\n"
     "            result *= x\n"
     "        if left > 1:\n"
     "            x *= x\n"
     "        left >>= 1\n"
     "    return _divide(1.0, result) if n < 0 else result"},
    {"_choose",
     "def _choose(values, category):\n"
     "    if category not in values:\n"
     "        raise ValueError(f\"unknown category {category!r}; known: {', '.join(map(str, values))}\")\n"
     "    return values[category]"},
    {"_sqrt", "def _sqrt(x):\n    return math.sqrt(x) if x >= 0 else math.nan"},
    {"_cbrt",
     "def _cbrt(x):\n"
     "    if hasattr(math, \"cbrt\"):  # Python 3.11\n"
     "        return math.cbrt(x)\n"
     "    return math.copysign(abs(x)**(1/3), x)"},
    {"_sign", "def _sign(x):\n    return x if x != x else float((x > 0) - (x < 0))"},
    {"_exp",
     "def _exp(x):\n"
     "    try:\n"
     "        return math.exp(x)\n"
     "    except OverflowError:\n"
     "        return math.inf"},
    {"_expm1",
     "def _expm1(x):\n"
     "    try:\n"
     "        return math.expm1(x)\n"
     "    except OverflowError:\n"
     "        return math.inf"},
    {"_log", "def _log(x):\n    return math.log(x) if x > 0 else -math.inf if x == 0 else math.nan"},
    {"_log1p", "def _log1p(x):\n    return math.log1p(x) if x > -1 else -math.inf if x == -1 else math.nan"},
    {"_log2", "def _log2(x):\n    return math.log2(x) if x > 0 else -math.inf if x == 0 else math.nan"},
    {"_log10", "def _log10(x):\n    return math.log10(x) if x > 0 else -math.inf if x == 0 else math.nan"},
    {"_sin", "def _sin(x):\n    return math.sin(x) if math.isfinite(x) else math.nan"},
    {"_cos", "def _cos(x):\n    return math.cos(x) if math.isfinite(x) else math.nan"},
    {"_tan", "def _tan(x):\n    return math.tan(x) if math.isfinite(x) else math.nan"},
    {"_asin", "def _asin(x):\n    return math.asin(x) if -1 <= x <= 1 else math.nan"},
    {"_acos", "def _acos(x):\n    return math.acos(x) if -1 <= x <= 1 else math.nan"},
    {"_sinh",
     "def _sinh(x):\n"
     "    try:\n"
     "        return math.sinh(x)\n"
     "    except OverflowError:\n"
     "        return math.copysign(math.inf, x)"},
    {"_cosh",
     "def _cosh(x):\n"
     "    try:\n"
     "        return math.cosh(x)\n"
     "    except OverflowError:\n"
     "        return math.inf"},
    {"_acosh", "def _acosh(x):\n    return math.acosh(x) if x >= 1 else math.nan"},
    {"_atanh",
     "def _atanh(x):\n"
     "    if abs(x) == 1:\n"
     "        return math.copysign(math.inf, x)\n"
     "    return math.atanh(x) if -1 < x < 1 else math.nan"},
    {"_relu", "def _relu(x):\n    return x if x > 0 or x != x else 0.0"},
    {"_step", "def _step(x):\n    return x if x != x else float(x > 0)"},
    {"_floor", "def _floor(x):\n    return math.copysign(float(math.floor(x)), x) if math.isfinite(x) else x"},
    {"_min", "def _min(a, b):\n    return math.nan if a != a or b != b else a if a < b else b"},
    {"_max", "def _max(a, b):\n    return math.nan if a != a or b != b else a if a > b else b"},
    {"_hypot", "def _hypot(a, b):\n    return math.nan if a != a or b != b else math.hypot(a, b)"},
    {"_less", "def _less(a, b):\n    return math.nan if a != a or b != b else float(a < b)"},
    {"_less_equal", "def _less_equal(a, b):\n    return math.nan if a != a or b != b else float(a <= b)"},
    {"_greater", "def _greater(a, b):\n    return math.nan if a != a or b != b else float(a > b)"},
    {"_greater_equal", "def _greater_equal(a, b):\n    return math.nan if a != a or b != b else float(a >= b)"},
    {"_equal", "def _equal(a, b):\n    return math.nan if a != a or b != b else float(a == b)"},
    {"_not_equal", "def _not_equal(a, b):\n    return math.nan if a != a or b != b else float(a != b)"},
    {"_if", "def _if(condition, a, b):\n    return math.nan if condition != condition else a if condition != 0 else b"},
};

std::string literal(double value) { return std::isfinite(value) ? float_literal(value) : python_number(value); }

constexpr Dialect dialect = {.spellings = spellings,
                             .helpers = helpers,
                             .number = literal,
                             .temporary = "#1 = #2",
                             .division = PlainDivision::by_numbers,
                             .choice = "_choose(#1, #2)",
                             .table = python_table};

std::string function(const std::string& name, const std::vector<std::string>& arguments, const std::string& doc,
                     const std::vector<Code>& values) {
    std::string text = fmt::format("def {}({}):\n    \"\"\"{}\"\"\"\n", name, joined(arguments), doc);
    std::vector<std::string> results;
    for (const Code& code : values) {
        text += python_lines(code, "    ");
        results.push_back(code.value);
    }
    if (results.size() == 1) {
        return text + fmt::format("    return {}\n", results[0]);
    }
    return text + fmt::format("    return (\n        {},\n    )\n", joined(results, ",\n        "));
}

/// What turns scores into probabilities and a class.
std::string classifier(const Model& model, const std::string& arguments) {
    if (model.outputs.size() == 1) {
        return fmt::format(
            "\n\ndef probabilities({0}):\n"
            "    \"\"\"The probability of each class for one row.\"\"\"\n"
            "    score = predict({0})\n"
            "    return _divide(1.0, 1.0 + _exp(score)), _divide(1.0, 1.0 + _exp(-score))\n"
            "\n\ndef classify({0}):\n"
            "    \"\"\"The label of one row.\"\"\"\n"
            "    return classes[1 if predict({0}) > 0 else 0]\n",
            arguments);
    }
    return fmt::format(
        "\n\ndef probabilities({0}):\n"
        "    \"\"\"The probability of each class for one row.\"\"\"\n"
        "    scores = predict({0})\n"
        "    largest = max(scores)\n"
        "    powers = [_exp(score - largest) for score in scores]\n"
        "    return tuple(power/sum(powers) for power in powers)\n"
        "\n\ndef classify({0}):\n"
        "    \"\"\"The label of one row: the largest score, NaN never.\"\"\"\n"
        "    scores = [-math.inf if score != score else score for score in predict({0})]\n"
        "    return classes[scores.index(max(scores))]\n",
        arguments);
}

}  // namespace
}  // namespace in_python

std::string export_python(const Model& model) {
    using namespace in_python;
    const std::set<std::string> reserved = python_reserved_words(helpers);
    const ModelNames names = name_model(model, reserved);
    Emitter emitter(dialect, names);
    std::string body = python_definitions(model, names, reserved, emitter);
    std::vector<Code> values;
    for (const Output& output : model.outputs) {
        values.push_back(emitter.write(output.expression));
    }
    const bool classifies = model.task == Task::classification;
    body += "\n\n" + function("predict", names.arguments(), classifies ? "The scores of one row." : "The outputs for one row.", values);
    if (classifies) {
        emitter.require("_exp");
        emitter.require("_divide");
        body += classifier(model, joined(names.arguments()));
    }
    std::string text = python_head(model, names) + "import math\n\n";
    text += fmt::format("features = {}  # the columns, in the order of the arguments\n", python_list(model_columns(model)));
    text += fmt::format("outputs = {}\n", python_list(output_names(model)));
    text += classifies ? fmt::format("classes = {}\n", python_list(model.classes)) : "";
    for (const std::string& table : emitter.tables()) {
        text += table + "\n";
    }
    return text + python_helpers(emitter) + body;
}

}  // namespace balmer
