#include <fmt/format.h>

#include "model/emit.hpp"
#include "model/export_formats.hpp"
#include "model/python_words.hpp"

namespace balmer {

namespace in_torch {
namespace {

constexpr Spelling spellings[] = {
    {Op::pi, "_number(math.pi)"},
    {Op::euler, "_number(math.e)"},
    {Op::add, "#1 + #2", 2},
    {Op::subtract, "#1 - #2", 2},
    {Op::multiply, "#1*#2", 3},
    {Op::divide, "#1/#2", 3},
    {Op::negate, "-#1", 4},
    {Op::power, "torch.pow(#1, #2)"},
    {Op::integer_power, "_integer_power(#1, #n)"},
    {Op::square, "torch.square(#1)"},
    {Op::cube, "_cube(#1)"},
    {Op::sqrt, "torch.sqrt(#1)"},
    {Op::cbrt, "_cbrt(#1)"},
    {Op::inverse, "1.0/#1", 3},
    {Op::abs, "torch.abs(#1)"},
    {Op::sign, "torch.sign(#1)"},
    {Op::exp, "torch.exp(#1)"},
    {Op::expm1, "torch.expm1(#1)"},
    {Op::log, "torch.log(#1)"},
    {Op::log1p, "torch.log1p(#1)"},
    {Op::log2, "torch.log2(#1)"},
    {Op::log10, "torch.log10(#1)"},
    {Op::sin, "torch.sin(#1)"},
    {Op::cos, "torch.cos(#1)"},
    {Op::tan, "torch.tan(#1)"},
    {Op::asin, "torch.asin(#1)"},
    {Op::acos, "torch.acos(#1)"},
    {Op::atan, "torch.atan(#1)"},
    {Op::sinh, "torch.sinh(#1)"},
    {Op::cosh, "torch.cosh(#1)"},
    {Op::tanh, "torch.tanh(#1)"},
    {Op::asinh, "torch.asinh(#1)"},
    {Op::acosh, "torch.acosh(#1)"},
    {Op::atanh, "torch.atanh(#1)"},
    {Op::gauss, "torch.exp(-torch.square(#1))"},
    {Op::logistic, "torch.sigmoid(#1)"},
    {Op::erf, "torch.erf(#1)"},
    {Op::relu, "torch.relu(#1)"},
    {Op::step, "_step(#1)"},
    {Op::floor, "torch.floor(#1)"},
    {Op::min, "torch.minimum(#1, #2)"},
    {Op::max, "torch.maximum(#1, #2)"},
    {Op::atan2, "torch.atan2(#1, #2)"},
    {Op::hypot, "torch.hypot(#1, #2)"},
    {Op::less, "_compare(torch.lt, #1, #2)"},
    {Op::less_equal, "_compare(torch.le, #1, #2)"},
    {Op::greater, "_compare(torch.gt, #1, #2)"},
    {Op::greater_equal, "_compare(torch.ge, #1, #2)"},
    {Op::equal, "_compare(torch.eq, #1, #2)"},
    {Op::not_equal, "_compare(torch.ne, #1, #2)"},
    {Op::conditional, "_if(#1, #2, #3)"},
};
static_assert(is_complete(spellings), "one spelling per operator");

constexpr Helper helpers[] = {
    {"_number", "def _number(value):\n    return torch.tensor(value, dtype=torch.float64)"},
    {"_cube", "def _cube(x):\n    return x*x*x"},
    {"_cbrt", "def _cbrt(x):\n    return torch.sign(x)*torch.pow(torch.abs(x), 1/3)"},
    {"_integer_power",
     "def _integer_power(x, n):\n"
     "    left, result = abs(n), torch.ones_like(x)\n"
     "    while left:\n"
     "        if left & 1:\n"
     "            result = result*x\n"
     "        if left > 1:\n"
     "            x = x*x\n"
     "        left >>= 1\n"
     "    return 1.0/result if n < 0 else result"},
    {"_compare",
     "def _compare(holds, a, b):\n"
     "    return torch.where(torch.isnan(a) | torch.isnan(b), torch.nan, holds(a, b).to(torch.float64))"},
    {"_step",
     "def _step(x):\n"
     "    return torch.where(torch.isnan(x), x, (x > 0).to(x.dtype))"},
    {"_if",
     "def _if(condition, a, b):\n"
     "    return torch.where(torch.isnan(condition), torch.nan, torch.where(condition != 0, a, b))"},
};

std::string number(double value) { return "_number(" + python_number(value) + ")"; }

constexpr Dialect dialect = {.spellings = spellings,
                             .helpers = helpers,
                             .number = number,
                             .temporary = "#1 = #2",
                             .division = PlainDivision::always};

std::string constructor(const Model& model) {
    std::string text = "    def __init__(self):\n        super().__init__()\n        self.p = torch.nn.ParameterList([\n";
    for (const Parameter& parameter : model.parameters) {
        text += fmt::format("            torch.nn.Parameter(torch.tensor({}, dtype=torch.float64), requires_grad={}),\n",
                            python_number(parameter.value), parameter.status == ParameterStatus::free ? "True" : "False");
    }
    return text + "        ])\n";
}

std::string forward(const Model& model, const ModelNames& names, Emitter& emitter) {
    std::vector<std::string> parameters;
    for (std::size_t i = 0; i < model.parameters.size(); ++i) {
        parameters.push_back(fmt::format("p[{}]", i));
    }
    std::string text = "    def forward(self, x):\n        \"\"\"x: rows x features; the result: rows x outputs.\"\"\"\n        p = self.p\n";
    if (!names.features.empty()) {
        text += fmt::format("        {}{} = x.to(torch.float64).unbind(-1)\n", joined(names.features), names.features.size() == 1 ? "," : "");
    }
    std::vector<std::string> results;
    for (const Output& output : model.outputs) {
        const Code code = emitter.write(output.expression, {}, parameters);
        text += python_lines(code, "        ");
        results.push_back(fmt::format("({}).expand(x.shape[:-1])", code.value));
    }
    return text + fmt::format("        return torch.stack([\n            {},\n        ], dim=-1)\n", joined(results, ",\n            "));
}

}  // namespace
}  // namespace in_torch

std::string export_torch(const Model& model) {
    using namespace in_torch;
    std::set<std::string> reserved = python_reserved_words(helpers);
    reserved.insert({"x", "p", "Formula", "features", "outputs"});
    const ModelNames names = name_model(model, reserved);
    Emitter emitter(dialect, names);
    const std::string definitions = python_definitions(model, names, reserved, emitter);
    const std::string body = forward(model, names, emitter);
    const std::string used = python_helpers(emitter);
    std::string text = python_head(model, names);
    text += (used + definitions + body).find("math.") == std::string::npos ? "" : "import math\n\n";
    text += fmt::format("import torch\n\nfeatures = {}  # the columns of x\noutputs = {}\n", python_list(model.vocabulary.features),
                        python_list(output_names(model)));
    text += model.task == Task::classification ? fmt::format("classes = {}\n", python_list(model.classes)) : "";
    text += used + definitions + "\n\nclass Formula(torch.nn.Module):\n";
    text += "    \"\"\"The formulas above; p are the constants, in the order of the model file.\"\"\"\n\n";
    return text + constructor(model) + "\n" + body;
}

}  // namespace balmer
