// The parser on any bytes: an Error, or a formula that prints and reads back to itself, and whose other forms can be made.
#include <cmath>
#include <cstdint>
#include <string_view>

#include "balmer/complexity.hpp"
#include "balmer/derivative.hpp"
#include "balmer/error.hpp"
#include "balmer/expression.hpp"
#include "balmer/simplify.hpp"
#include "balmer/units.hpp"
#include "fuzz/must_hold.hpp"

namespace {

using namespace balmer;

bool same(const Expression& a, const Expression& b) {
    if (a.nodes != b.nodes || a.values.size() != b.values.size()) return false;
    for (std::size_t i = 0; i < a.values.size(); ++i)
        if (a.values[i] != b.values[i] && !(std::isnan(a.values[i]) && std::isnan(b.values[i]))) return false;
    return true;
}

// Longer formulas take more time than they teach.
void try_other_forms(const Expression& formula, const Vocabulary& names) {
    if (formula.size() > 40) return;
    latex(formula, names);
    mathml(formula, names);
    if (formula.size() > 12 || !names.holes.empty()) return;
    const ComplexityMeasure tree;
    must_hold(tree(simplify(formula, names.definitions, {.node_limit = 40, .iteration_limit = 2}).expression) <= tree(formula));
    derivative(formula, {}, names.definitions);
}

void try_formula(std::string_view text, Vocabulary names, UnknownName unknown) {
    Expression formula;
    try {
        formula = parse(text, names, unknown);
    } catch (const Error&) {
        return;
    }
    must_hold(!formula.nodes.empty());
    const std::string printed = print(formula, names);
    const Expression again = parse(printed, names);
    must_hold(!names.parameters.empty() || same(again, formula));
    must_hold(print(again, names) == printed);
    try_other_forms(formula, names);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Vocabulary names{{"x", "y1"}, {}, {parse_definition("twice(u) = 2*u", {})}, {}};
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const auto unknown : {UnknownName::feature, UnknownName::parameter}) try_formula(text, names, unknown);
    try {
        parse_definition(text, names);
    } catch (const Error&) {
    }
    try {
        must_hold(parse_unit(parse_unit(text).text()).same_dimension(parse_unit(text)));
    } catch (const Error&) {
    }
    return 0;
}
