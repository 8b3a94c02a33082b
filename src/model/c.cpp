#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/emit.hpp"
#include "model/export_formats.hpp"

// C and C++ share their spellings: an @ before a function of the mathematical library becomes nothing in C and std:: in
// C++. The formulas do what apply() does, with the same library, so the values agree to the last bit where the compiler
// fuses nothing.

namespace balmer {

namespace in_c {
namespace {

constexpr Spelling spellings[] = {
    {Op::pi, "3.141592653589793"},
    {Op::euler, "2.718281828459045"},
    {Op::add, "#1 + #2", 2},
    {Op::subtract, "#1 - #2", 2},
    {Op::multiply, "#1*#2", 3},
    {Op::divide, "#1/#2", 3},
    {Op::negate, "-#1", 4},
    {Op::power, "balmer_power(#1, #2)"},
    {Op::integer_power, "balmer_integer_power(#1, #n)"},
    {Op::square, "balmer_square(#1)"},
    {Op::cube, "balmer_cube(#1)"},
    {Op::sqrt, "@sqrt(#1)"},
    {Op::cbrt, "@cbrt(#1)"},
    {Op::inverse, "1.0/#1", 3},
    {Op::abs, "@fabs(#1)"},
    {Op::sign, "balmer_sign(#1)"},
    {Op::exp, "@exp(#1)"},
    {Op::expm1, "@expm1(#1)"},
    {Op::log, "@log(#1)"},
    {Op::log1p, "@log1p(#1)"},
    {Op::log2, "@log2(#1)"},
    {Op::log10, "@log10(#1)"},
    {Op::sin, "@sin(#1)"},
    {Op::cos, "@cos(#1)"},
    {Op::tan, "@tan(#1)"},
    {Op::asin, "@asin(#1)"},
    {Op::acos, "@acos(#1)"},
    {Op::atan, "@atan(#1)"},
    {Op::sinh, "@sinh(#1)"},
    {Op::cosh, "@cosh(#1)"},
    {Op::tanh, "@tanh(#1)"},
    {Op::asinh, "@asinh(#1)"},
    {Op::acosh, "@acosh(#1)"},
    {Op::atanh, "@atanh(#1)"},
    {Op::gauss, "balmer_gauss(#1)"},
    {Op::logistic, "balmer_logistic(#1)"},
    {Op::erf, "@erf(#1)"},
    {Op::relu, "balmer_relu(#1)"},
    {Op::step, "balmer_step(#1)"},
    {Op::floor, "@floor(#1)"},
    {Op::min, "balmer_min(#1, #2)"},
    {Op::max, "balmer_max(#1, #2)"},
    {Op::atan2, "@atan2(#1, #2)"},
    {Op::hypot, "balmer_hypot(#1, #2)"},
    {Op::less, "balmer_less(#1, #2)"},
    {Op::less_equal, "balmer_less_equal(#1, #2)"},
    {Op::greater, "balmer_greater(#1, #2)"},
    {Op::greater_equal, "balmer_greater_equal(#1, #2)"},
    {Op::equal, "balmer_equal(#1, #2)"},
    {Op::not_equal, "balmer_not_equal(#1, #2)"},
    {Op::conditional, "balmer_if(#1, #2, #3)"},
};
static_assert(is_complete(spellings), "one spelling per operator");

constexpr Helper helpers[] = {
    {"balmer_square", "static inline double balmer_square(double x) { return x*x; }"},
    {"balmer_cube", "static inline double balmer_cube(double x) { return x*x*x; }"},
    {"balmer_integer_power",
     "static inline double balmer_integer_power(double x, int n) {\n"
     "    unsigned int left = n < 0 ? 0u - (unsigned int)n : (unsigned int)n;\n"
     "    double result = 1.0;\n"
     "    double factor = x;\n"
     "    for (; left != 0; left >>= 1) {\n"
     "        if (left & 1u) result *= factor;\n"
     "        if (left > 1u) factor *= factor;\n"
     "    }\n"
     "    return n < 0 ? 1.0/result : result;\n"
     "}"},
    {"balmer_power",
     "static inline double balmer_power(double a, double b) { return a != a || b != b ? a + b : @pow(a, b); }"},
    {"balmer_hypot",
     "static inline double balmer_hypot(double a, double b) { return a != a || b != b ? a + b : @hypot(a, b); }"},
    {"balmer_sign", "static inline double balmer_sign(double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : x == 0 ? 0.0 : x; }"},
    {"balmer_gauss", "static inline double balmer_gauss(double x) { return @exp(-(x*x)); }"},
    {"balmer_logistic", "static inline double balmer_logistic(double x) { return 1.0/(1.0 + @exp(-x)); }"},
    {"balmer_relu", "static inline double balmer_relu(double x) { return x > 0 ? x : x == x ? 0.0 : x; }"},
    {"balmer_step", "static inline double balmer_step(double x) { return x > 0 ? 1.0 : x == x ? 0.0 : x; }"},
    {"balmer_min",
     "static inline double balmer_min(double a, double b) { return a != a || b != b ? a + b : a < b ? a : b; }"},
    {"balmer_max",
     "static inline double balmer_max(double a, double b) { return a != a || b != b ? a + b : a > b ? a : b; }"},
    {"balmer_less",
     "static inline double balmer_less(double a, double b) { return a != a || b != b ? a + b : a < b ? 1.0 : 0.0; }"},
    {"balmer_less_equal",
     "static inline double balmer_less_equal(double a, double b) { return a != a || b != b ? a + b : a <= b ? 1.0 : 0.0; }"},
    {"balmer_greater",
     "static inline double balmer_greater(double a, double b) { return a != a || b != b ? a + b : a > b ? 1.0 : 0.0; }"},
    {"balmer_greater_equal",
     "static inline double balmer_greater_equal(double a, double b) { return a != a || b != b ? a + b : a >= b ? 1.0 : 0.0; }"},
    {"balmer_equal",
     "static inline double balmer_equal(double a, double b) { return a != a || b != b ? a + b : a == b ? 1.0 : 0.0; }"},
    {"balmer_not_equal",
     "static inline double balmer_not_equal(double a, double b) { return a != a || b != b ? a + b : a != b ? 1.0 : 0.0; }"},
    {"balmer_choose",
     "static inline double balmer_choose(double category, const double* values, int count) {\n"
     "    return category >= 0 && category < count ? values[(int)category] : NAN;\n"
     "}"},
    {"balmer_if",
     "static inline double balmer_if(double c, double a, double b) { return c != c ? c : c != 0 ? a : b; }"},
};

std::string number(double value) {
    if (std::isnan(value)) {
        return "NAN";
    }
    if (std::isinf(value)) {
        return value < 0 ? "-INFINITY" : "INFINITY";
    }
    return float_literal(value);
}

std::string table(const std::string& name, const CategoryAxis&, std::span<const double> values) {
    std::vector<std::string> numbers;
    for (const double value : values) {
        numbers.push_back(number(value));
    }
    return fmt::format("static const double {}[{}] = {{{}}};", name, values.size(), joined(numbers));
}

constexpr Dialect dialect = {.spellings = spellings,
                             .helpers = helpers,
                             .number = number,
                             .temporary = "const double #1 = #2;",
                             .division = PlainDivision::always,
                             .choice = "balmer_choose(#2, #1, #n)",
                             .table = table};

/// Words that C, C++ and their mathematical libraries claim.
const std::set<std::string>& reserved() {
    static const std::set<std::string> words = {
        "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern", "float",
        "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed", "sizeof",
        "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while", "alignas", "alignof",
        "and", "and_eq", "asm", "bitand", "bitor", "bool", "catch", "char8_t", "char16_t", "char32_t", "class", "compl",
        "concept", "consteval", "constexpr", "constinit", "const_cast", "co_await", "co_return", "co_yield", "decltype",
        "delete", "dynamic_cast", "explicit", "export", "false", "friend", "mutable", "namespace", "new", "noexcept",
        "not", "not_eq", "nullptr", "operator", "or", "or_eq", "private", "protected", "public", "reinterpret_cast",
        "requires", "static_assert", "static_cast", "template", "this", "thread_local", "throw", "true", "try", "typeid",
        "typename", "using", "virtual", "wchar_t", "xor", "xor_eq", "std", "main", "predict",
        "classify", "probabilities", "features", "outputs", "classes", "sqrt", "cbrt", "fabs", "exp", "expm1", "log",
        "log1p", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh",
        "atanh", "erf", "floor", "atan2", "hypot", "pow", "NAN", "INFINITY", "I", "NULL", "EOF", "linux", "unix", "i386",
        "errno", "j0", "j1", "jn", "y0", "y1", "yn", "gamma", "lgamma", "tgamma", "signgam", "exp2", "exp10", "pow10",
        "drem", "significand", "isnan", "isinf", "finite", "index", "div", "abs", "complex", "imaginary", "M_PI", "M_E",
        "assert", "signbit", "isfinite", "isnormal", "math_errhandling", "HUGE_VAL"};
    return words;
}

enum class Language : std::uint8_t { c, cpp };

std::string in_language(std::string_view text, Language language) {
    std::string result;
    for (const char c : text) {
        result += c == '@' ? std::string(language == Language::c ? "" : "std::") : std::string(1, c);
    }
    return result;
}

/// "double pt1, double eta1"
std::string parameter_list(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "double " : ", double ") + name;
    }
    return text;
}

/// A function of all `arguments`, which the leaves of the formula read by their index.
std::string function(std::string_view head, const std::vector<std::string>& arguments, const Expression& expression, const Code& code,
                     Language language) {
    std::string text = fmt::format("{}({}) {{\n", head, arguments.empty() && language == Language::c ? "void" : parameter_list(arguments));
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto reads = [&](const Node& node) {
            const bool is_column = node.op == Op::feature || node.op == Op::argument || node.op == Op::category;
            return is_column && static_cast<std::size_t>(node.index) == i;
        };
        if (std::none_of(expression.nodes.begin(), expression.nodes.end(), reads)) {
            text += fmt::format("    (void){};\n", arguments[i]);
        }
    }
    for (const std::string& line : code.lines) {
        text += "    " + in_language(line, language) + "\n";
    }
    return text + fmt::format("    return {};\n}}\n", in_language(code.value, language));
}

/// User operators and one function per output; the helpers they call stand before them.
std::string functions(const Model& model, const ModelNames& names, Language language) {
    Emitter emitter(dialect, names);
    std::string body;
    for (std::size_t i = 0; i < names.definitions.size(); ++i) {
        const Definition& definition = model.vocabulary.definitions[i];
        const std::vector<std::string> arguments = argument_names(definition, reserved());
        body += function("static inline double " + names.definitions[i], arguments, definition.body, emitter.write(definition.body, arguments), language) + "\n";
    }
    for (std::size_t k = 0; k < model.outputs.size(); ++k) {
        const Code code = emitter.write(model.outputs[k].expression);
        body += fmt::format("/// {}\n", one_line(model.outputs[k].name));
        body += function(fmt::format("{}double predict_{}", language == Language::c ? "static inline " : "inline ", names.outputs[k]),
                         names.arguments(), model.outputs[k].expression, code, language) + "\n";
    }
    std::string text;
    for (const std::string& values : emitter.tables()) {
        text += values + "\n";
    }
    for (const std::string_view helper : emitter.helpers()) {
        text += in_language(helper, language) + "\n";
    }
    return text + (text.empty() ? "" : "\n") + body;
}

std::string indexed(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        text += fmt::format("{}x[{}]", i > 0 ? ", " : "", i);
    }
    return text;
}

std::string column_list(const Model& model) {
    std::string text;
    for (const std::string& name : model_columns(model)) {
        text += (text.empty() ? "" : ", ") + one_line(name);
    }
    return text.empty() ? "no columns" : text;
}

std::string head(const Model& model, const ModelNames& names, std::string_view language) {
    std::string text;
    for (const std::string& line : describe(model, names)) {
        text += "// " + line + "\n";
    }
    return text + fmt::format("// {}: compile with -ffp-contract=off for the same bits on every processor.\n", language);
}

/// What chooses the class from the scores y.
std::string class_choice(const Model& model) {
    if (model.outputs.size() == 1) {
        return "    return y[0] > 0 ? 1 : 0;\n";
    }
    return fmt::format(
        "    int best = 0;\n"
        "    for (int k = 1; k < {}; ++k) {{\n"
        "        if (y[k] > y[best] || y[best] != y[best]) best = k;\n"
        "    }}\n"
        "    return best;\n",
        model.outputs.size());
}

}  // namespace
}  // namespace in_c

std::string export_c(const Model& model) {
    using namespace in_c;
    const ModelNames names = name_model(model, reserved());
    const std::size_t n = names.arguments().size();
    const std::size_t k = names.outputs.size();
    std::string text = head(model, names, "C99") + "#include <math.h>\n\n" + functions(model, names, Language::c);
    text += fmt::format("/// All outputs: x = {}.\nvoid predict(const double x[{}], double y[{}]) {{\n", column_list(model), std::max<std::size_t>(n, 1), k);
    text += n == 0 ? "    (void)x;\n" : "";
    for (std::size_t i = 0; i < k; ++i) {
        text += fmt::format("    y[{}] = predict_{}({});\n", i, names.outputs[i], indexed(n));
    }
    text += "}\n";
    if (model.task == Task::classification) {
        text += fmt::format("\n/// The class of a row: an index into the classes above.\nint classify(const double x[{}]) {{\n    double y[{}];\n    predict(x, y);\n{}}}\n",
                            std::max<std::size_t>(n, 1), k, class_choice(model));
    }
    return text;
}

std::string export_cpp(const Model& model) {
    using namespace in_c;
    const ModelNames names = name_model(model, reserved());
    const std::size_t n = names.arguments().size();
    const std::size_t k = names.outputs.size();
    std::string text = head(model, names, "C++17") + "#pragma once\n\n#include <array>\n#include <cmath>\n\nnamespace balmer_model {\n\n";
    text += functions(model, names, Language::cpp);
    text += fmt::format("/// All outputs: x = {}.\ninline std::array<double, {}> predict([[maybe_unused]] const std::array<double, {}>& x) {{\n    return {{", column_list(model), k, n);
    for (std::size_t i = 0; i < k; ++i) {
        text += fmt::format("{}predict_{}({})", i > 0 ? ", " : "", names.outputs[i], indexed(n));
    }
    text += "};\n}\n";
    if (model.task == Task::classification) {
        text += fmt::format("\n/// The class of a row: an index into the classes above.\ninline int classify(const std::array<double, {}>& x) {{\n    const auto y = predict(x);\n{}}}\n", n, class_choice(model));
    }
    return text + "\n}  // namespace balmer_model\n";
}

}  // namespace balmer
