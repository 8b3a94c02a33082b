#include <gtest/gtest.h>

#include "balmer/error.hpp"
#include "balmer/evaluate.hpp"
#include "balmer/form.hpp"

namespace balmer {
namespace {

Vocabulary hole_words() {
    return {.features = {"x", "y", "z"}, .parameters = {}, .definitions = {}, .holes = {}, .categories = {{"detector", {"a", "b"}}}};
}

std::string form_error(const std::string& text) {
    try {
        (void)parse_form(text, hole_words());
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

// A hole's formula in terms of its arguments u and v.
Expression hole(const std::string& text) {
    return parse(text, Vocabulary{.features = {"u", "v"}, .parameters = {}, .definitions = {}, .holes = {}});
}

TEST(Form, IsReadWithItsHolesAndConstants) {
    const Form form = parse_form("sin(f(x, y)) + p[detector]*g(z) - 2*m", hole_words());
    ASSERT_EQ(form.holes.size(), 2u);
    EXPECT_EQ(form.holes[0].name, "f");
    EXPECT_EQ(form.holes[0].arguments, (std::vector<std::string>{"x", "y"}));
    EXPECT_EQ(form.arity(1), 1u);
    EXPECT_EQ(form.parameters, (std::vector<std::string>{"p", "p", "", "m"}));
}

TEST(Form, IsFilledWithSharedConstants) {
    const Form form = parse_form("f(x - y) + m*f(z)", hole_words());
    EXPECT_EQ(form.holes[0].arguments, (std::vector<std::string>{"x - y"}));
    const Expression holes[] = {hole("3*u^2 + u")};
    const Expression whole = filled(form.expression, holes);
    Vocabulary named = hole_words();
    named.parameters = {"m"};
    EXPECT_EQ(print(whole, named), "3*(x - y)^2 + (x - y) + m*(3*z^2 + z)");
    EXPECT_EQ(whole.values, (std::vector<double>{1, 3}));  // m, and the 3 once
    const double row[] = {5, 3, 2};
    EXPECT_EQ(evaluate_row(to_graph(whole), whole.values, row)[0], 3 * 4 + 2 + 14);
    for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_LE(whole.nodes[i].length, i + 1);
    EXPECT_EQ(whole.nodes.back().length, whole.size());
}

TEST(Form, HolesMayStandInHoles) {
    const Form form = parse_form("f(g(x), y)", hole_words());
    EXPECT_EQ(form.holes[0].name, "g");  // read from inside out
    const Expression holes[] = {hole("exp(u)"), hole("u/v")};
    EXPECT_EQ(print(filled(form.expression, holes), hole_words()), "exp(x)/y");
}

TEST(Form, PrintsWhatWasFoundForAHole) {
    const Form form = parse_form("f(x, y) + g(x - z)", hole_words());
    EXPECT_EQ(print_hole(form.holes[0], hole("u*v + 1"), hole_words()), "f(x, y) = x*y + 1");
    EXPECT_EQ(print_hole(form.holes[1], hole("u^2"), hole_words()), "g(u) = u^2");
}

TEST(Form, ErrorsSayWhatIsWrong) {
    EXPECT_NE(form_error("f(x) + f(x, y)").find("1 argument where it stands first and 2 here"), std::string::npos) << form_error("f(x) + f(x, y)");
    EXPECT_NE(form_error("f() + x").find("needs arguments"), std::string::npos);
    EXPECT_NE(form_error("f(m) + x").find("depends on no column"), std::string::npos);
    EXPECT_NE(form_error("x(y)").find("is a column, not a function"), std::string::npos);
    EXPECT_NE(form_error("sin(x, y)").find("takes 1 argument"), std::string::npos);
    EXPECT_NE(form_error("f(x) + p[detctor]").find("Did you mean 'detector'"), std::string::npos);
    EXPECT_NE(form_error("f(x").find("never closed"), std::string::npos);
}

}  // namespace
}  // namespace balmer
