#include <fmt/format.h>

#include "model/emit.hpp"
#include "model/export_formats.hpp"
#include "model/python_words.hpp"

// NumPy's own vector code for exp, log, sin, cos, tan, sinh ... differs from the C library by a few units in the last
// place; arithmetic and roots have the same bits.

namespace balmer {

namespace in_numpy {
namespace {

constexpr Spelling spellings[] = {
    {Op::pi, "np.pi"},
    {Op::euler, "np.e"},
    {Op::add, "#1 + #2", 2},
    {Op::subtract, "#1 - #2", 2},
    {Op::multiply, "#1*#2", 3},
    {Op::divide, "np.divide(#1, #2)"},
    {Op::negate, "-#1", 4},
    {Op::power, "_power(#1, #2)"},
    {Op::integer_power, "_integer_power(#1, #n)"},
    {Op::square, "np.square(#1)"},
    {Op::cube, "_cube(#1)"},
    {Op::sqrt, "np.sqrt(#1)"},
    {Op::cbrt, "np.cbrt(#1)"},
    {Op::inverse, "np.divide(1.0, #1)"},
    {Op::abs, "np.abs(#1)"},
    {Op::sign, "np.sign(#1)"},
    {Op::exp, "np.exp(#1)"},
    {Op::expm1, "np.expm1(#1)"},
    {Op::log, "np.log(#1)"},
    {Op::log1p, "np.log1p(#1)"},
    {Op::log2, "np.log2(#1)"},
    {Op::log10, "np.log10(#1)"},
    {Op::sin, "np.sin(#1)"},
    {Op::cos, "np.cos(#1)"},
    {Op::tan, "np.tan(#1)"},
    {Op::asin, "np.arcsin(#1)"},
    {Op::acos, "np.arccos(#1)"},
    {Op::atan, "np.arctan(#1)"},
    {Op::sinh, "np.sinh(#1)"},
    {Op::cosh, "np.cosh(#1)"},
    {Op::tanh, "np.tanh(#1)"},
    {Op::asinh, "np.arcsinh(#1)"},
    {Op::acosh, "np.arccosh(#1)"},
    {Op::atanh, "np.arctanh(#1)"},
    {Op::gauss, "np.exp(-np.square(#1))"},
    {Op::logistic, "_logistic(#1)"},
    {Op::erf, "_erf(#1)"},
    {Op::relu, "np.maximum(#1, 0.0)"},
    {Op::step, "np.heaviside(#1, 0.0)"},
    {Op::floor, "np.floor(#1)"},
    {Op::min, "np.minimum(#1, #2)"},
    {Op::max, "np.maximum(#1, #2)"},
    {Op::atan2, "np.arctan2(#1, #2)"},
    {Op::hypot, "_hypot(#1, #2)"},
    {Op::less, "_compare(np.less, #1, #2)"},
    {Op::less_equal, "_compare(np.less_equal, #1, #2)"},
    {Op::greater, "_compare(np.greater, #1, #2)"},
    {Op::greater_equal, "_compare(np.greater_equal, #1, #2)"},
    {Op::equal, "_compare(np.equal, #1, #2)"},
    {Op::not_equal, "_compare(np.not_equal, #1, #2)"},
    {Op::conditional, "_if(#1, #2, #3)"},
};
static_assert(is_complete(spellings), "one spelling per operator");

constexpr Helper helpers[] = {
    {"_cube", "def _cube(x):\n    return x*x*x"},
    {"_power",
     "def _power(a, b):\n"
     "    return np.where(np.isnan(a) | np.isnan(b), np.nan, np.float_power(a, b))"},
    {"_integer_power",
     "def _integer_power(x, n):\n"
     "    left, result = abs(n), np.ones_like(x, dtype=float)\n"
     "    while left:\n"
     "        if left & 1:\n"
     "            result = result*x\n"
     "        if left > 1:\n"
     "            x = np.square(x)\n"
     "        left >>= 1\n"
     "    return 1.0/result if n < 0 else result"},
    {"_choose",
     "def _choose(values, category):\n"
     "    unknown = [label for label in np.unique(category).tolist() if label not in values]\n"
     "    if unknown:\n"
     "        raise ValueError(f\"unknown category {unknown[0]!r}; known: {', '.join(map(str, values))}\")\n"
     "    return np.vectorize(values.__getitem__, otypes=[float])(category)"},
    {"_logistic", "def _logistic(x):\n    return 1.0/(1.0 + np.exp(-x))"},
    {"_erf", "_erf = np.vectorize(math.erf, otypes=[float])  # NumPy has none"},
    {"_hypot",
     "def _hypot(a, b):\n"
     "    return np.where(np.isnan(a) | np.isnan(b), np.nan, np.hypot(a, b))"},
    {"_compare",
     "def _compare(holds, a, b):\n"
     "    return np.where(np.isnan(a) | np.isnan(b), np.nan, holds(a, b))"},
    {"_if",
     "def _if(condition, a, b):\n"
     "    return np.where(np.isnan(condition), np.nan, np.where(np.not_equal(condition, 0), a, b))"},
};

constexpr Dialect dialect = {.spellings = spellings,
                             .helpers = helpers,
                             .number = python_number,
                             .temporary = "#1 = #2",
                             .division = PlainDivision::by_columns,
                             .choice = "_choose(#1, #2)",
                             .table = python_table};

std::string predict_function(const Model& model, const ModelNames& names, Emitter& emitter) {
    std::string text = fmt::format("\n\ndef predict({}):\n    \"\"\"{}, by rows; the arguments are arrays that broadcast.\"\"\"\n", joined(names.arguments()),
                                   model.task == Task::classification ? "The scores" : "The outputs");
    if (!names.arguments().empty()) {
        for (const std::string& name : names.features) {
            text += fmt::format("    {0} = np.asarray({0}, dtype=float)\n", name);
        }
        for (const std::string& name : names.categories) {
            text += fmt::format("    {0} = np.asarray({0})\n", name);
        }
        text += fmt::format("    shape = np.broadcast_shapes({})\n", [&] {
            std::vector<std::string> shapes;
            for (const std::string& name : names.arguments()) {
                shapes.push_back(name + ".shape");
            }
            return joined(shapes);
        }());
    } else {
        text += "    shape = ()\n";
    }
    text += "    with np.errstate(all=\"ignore\"):  # outside an operator's domain the value is NaN\n";
    std::vector<std::string> results;
    for (const Output& output : model.outputs) {
        const Code code = emitter.write(output.expression);
        text += python_lines(code, "        ");
        results.push_back(fmt::format("np.broadcast_to({}, shape)", code.value));
    }
    if (results.size() == 1) {
        return text + fmt::format("        return {}\n", results[0]);
    }
    return text + fmt::format("        return (\n            {},\n        )\n", joined(results, ",\n            "));
}

std::string classifier(const Model& model, const std::string& arguments) {
    if (model.outputs.size() == 1) {
        return fmt::format(
            "\n\ndef probabilities({0}):\n"
            "    \"\"\"The probability of each class, one column per class.\"\"\"\n"
            "    score = predict({0})\n"
            "    with np.errstate(all=\"ignore\"):\n"
            "        return np.stack([1.0/(1.0 + np.exp(score)), 1.0/(1.0 + np.exp(-score))], axis=-1)\n"
            "\n\ndef classify({0}):\n"
            "    \"\"\"The label of each row.\"\"\"\n"
            "    return np.array(classes)[(predict({0}) > 0).astype(int)]\n",
            arguments);
    }
    return fmt::format(
        "\n\ndef probabilities({0}):\n"
        "    \"\"\"The probability of each class, one column per class.\"\"\"\n"
        "    scores = np.stack(predict({0}), axis=-1)\n"
        "    with np.errstate(all=\"ignore\"):\n"
        "        powers = np.exp(scores - np.max(scores, axis=-1, keepdims=True))\n"
        "        return powers/np.sum(powers, axis=-1, keepdims=True)\n"
        "\n\ndef classify({0}):\n"
        "    \"\"\"The label of each row: the largest score, NaN never.\"\"\"\n"
        "    scores = np.stack(predict({0}), axis=-1)\n"
        "    return np.array(classes)[np.argmax(np.where(np.isnan(scores), -np.inf, scores), axis=-1)]\n",
        arguments);
}

}  // namespace
}  // namespace in_numpy

std::string export_numpy(const Model& model) {
    using namespace in_numpy;
    std::set<std::string> reserved = python_reserved_words(helpers);
    reserved.insert({"shape", "scores", "powers"});
    const ModelNames names = name_model(model, reserved);
    Emitter emitter(dialect, names);
    std::string body = python_definitions(model, names, reserved, emitter);
    body += predict_function(model, names, emitter);
    const bool classifies = model.task == Task::classification;
    body += classifies ? classifier(model, joined(names.arguments())) : "";
    const std::string used = python_helpers(emitter);
    std::string text = python_head(model, names);
    text += used.find("math.") == std::string::npos ? "" : "import math\n\n";
    text += fmt::format("import numpy as np\n\nfeatures = {}  # the columns, in the order of the arguments\noutputs = {}\n",
                        python_list(model_columns(model)), python_list(output_names(model)));
    for (const std::string& table : emitter.tables()) {
        text += table + "\n";
    }
    text += classifies ? fmt::format("classes = {}\n", python_list(model.classes)) : "";
    return text + used + body;
}

}  // namespace balmer
