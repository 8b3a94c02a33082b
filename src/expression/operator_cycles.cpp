#include "expression/operator_cycles.hpp"

#include <charconv>
#include <map>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "balmer/error.hpp"

namespace balmer {
namespace {

// Compiled in, because an installed program has no data folder beside it.
constexpr std::string_view cycles_table = R"(operator,10:6,11:6,12:6,12:8,13:6,13:8,14:6,14:8,14:10,15:6,15:8,15:10,16:6,16:8,16:10,17:6,17:8,17:10,18:6,18:8,18:10
*,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1
+,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1
-,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1
/,17,19,21,19,23,21,25,23,21,27,25,23,29,27,25,31,29,27,33,31,29
cosh,7,7,8,8,8,8,8,8,8,8,8,8,8,8,8,9,9,9,9,9,9
exp,2,2,2,2,3,2,3,2,2,3,3,2,3,3,2,3,3,3,5,3,3
log_abs,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4
pow_abs,9,9,14,14,14,14,14,14,14,14,14,14,14,14,14,13,14,14,17,14,14
sin,6,7,7,7,7,7,7,7,7,8,8,8,8,8,8,8,8,8,9,9,9
sinh,7,7,8,8,9,9,8,8,8,8,8,8,9,9,9,10,10,10,10,10,10
sqrt_abs,4,5,5,5,5,5,6,5,4,6,6,5,6,6,6,7,7,6,7,7,7
square,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1
tan,35,35,38,46,40,46,43,46,57,45,46,57,48,49,57,50,52,57,53,54,57
tanh,38,40,43,45,45,47,47,49,51,49,51,53,51,53,55,54,56,58,56,58,60
)";

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> result;
    while (true) {
        const auto end = text.find(separator);
        result.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return result;
        text.remove_prefix(end + 1);
    }
}

// Cycles of the measured operators in the column of a precision.
std::map<std::string, int> column(const std::string& precision) {
    auto lines = split(cycles_table, '\n');
    auto names = split(lines.front(), ',');
    std::string wanted = precision;
    if (const auto comma = wanted.find(','); comma != std::string::npos) wanted[comma] = ':';
    std::size_t at = 1;
    while (at < names.size() && names[at] != wanted) ++at;
    if (at == names.size()) {
        for (auto& name : names) name[name.find(':') == std::string::npos ? 0 : name.find(':')] = ',';
        names.erase(names.begin());
        throw Error(fmt::format("There are no measured clock cycles for precision '{}'. Known are {}: say for instance cycles:16,6.",
                                precision, fmt::join(names, " ")));
    }
    std::map<std::string, int> cycles;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const auto fields = split(lines[i], ',');
        if (fields.size() <= at) continue;
        int value = 0;
        std::from_chars(fields[at].data(), fields[at].data() + fields[at].size(), value);
        cycles[fields[0]] = value;
    }
    return cycles;
}

}  // namespace

std::string_view operator_cycles_table() { return cycles_table; }

std::array<int, op_count> operator_cycles(const std::string& precision) {
    const auto measured = column(precision);
    const auto of = [&](const char* name) { return measured.at(name); };
    std::array<int, op_count> cycles;
    cycles.fill(1);  // leaves, comparisons, min, max, abs, sign, relu, step, floor, if: wires or one adder; calls: one table
    const auto set = [&](Op op, int value) { cycles[static_cast<std::size_t>(op)] = value; };
    const int plus = of("+"), minus = of("-"), times = of("*"), over = of("/"), square = of("square");
    const int root = of("sqrt_abs"), log = of("log_abs"), exp = of("exp"), power = of("pow_abs");
    set(Op::add, plus);
    set(Op::subtract, minus);
    set(Op::negate, minus);
    set(Op::multiply, times);
    set(Op::divide, over);
    set(Op::inverse, over);
    set(Op::power, power);
    set(Op::integer_power, times);
    set(Op::square, square);
    set(Op::cube, square + times);
    set(Op::sqrt, root);
    set(Op::cbrt, power);
    set(Op::exp, exp);
    set(Op::expm1, exp + minus);
    set(Op::log, log);
    set(Op::log1p, plus + log);
    set(Op::log2, log + times);
    set(Op::log10, log + times);
    set(Op::sin, of("sin"));
    set(Op::cos, of("sin"));
    // Inverse circular functions were not measured: as their inverse, tan.
    for (const Op op : {Op::tan, Op::asin, Op::acos, Op::atan}) set(op, of("tan"));
    set(Op::atan2, over + of("tan"));
    set(Op::sinh, of("sinh"));
    set(Op::cosh, of("cosh"));
    set(Op::tanh, of("tanh"));
    set(Op::erf, of("tanh"));
    set(Op::asinh, square + plus + root + plus + log);   // log(x + sqrt(x^2 + 1))
    set(Op::acosh, square + minus + root + plus + log);  // log(x + sqrt(x^2 - 1))
    set(Op::atanh, plus + minus + over + log + times);   // log((1 + x)/(1 - x))/2
    set(Op::gauss, square + minus + exp);
    set(Op::logistic, exp + plus + over);
    set(Op::hypot, 2 * square + plus + root);
    return cycles;
}

}  // namespace balmer
