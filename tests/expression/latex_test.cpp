#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "balmer/expression.hpp"
#include "balmer/uncertain_number.hpp"

namespace balmer {
namespace {

struct Typeset {
    Vocabulary vocabulary;
    Expression expression;
    explicit Typeset(const std::string& text) { expression = parse(text, vocabulary, UnknownName::feature); }
};

std::string tex(const std::string& text, const PrintOptions& options = {}) {
    const Typeset formula(text);
    return latex(formula.expression, formula.vocabulary, options);
}

std::string math(const std::string& text, const PrintOptions& options = {}) {
    const Typeset formula(text);
    return mathml(formula.expression, formula.vocabulary, options);
}

TEST(Latex, WritesArithmeticWithTheFewestBrackets) {
    EXPECT_EQ(tex("a + b*c"), "a + b \\, c");
    EXPECT_EQ(tex("(a + b)*c"), "\\left(a + b\\right) \\, c");
    EXPECT_EQ(tex("a - (b - c)"), "a - \\left(b - c\\right)");
    EXPECT_EQ(tex("a*(-b)"), "a \\, \\left(-b\\right)");
    EXPECT_EQ(tex("x*2"), "x \\cdot 2");
    EXPECT_EQ(tex("a + -2"), "a - 2");
    EXPECT_EQ(tex("-(a + b)"), "-\\left(a + b\\right)");
    EXPECT_EQ(tex("a/(b + 1)"), "\\frac{a}{b + 1}");
    EXPECT_EQ(tex("1/x"), "\\frac{1}{x}");
}

TEST(Latex, BracketsTheBasesOfPowers) {
    EXPECT_EQ(tex("x^2"), "x^{2}");
    EXPECT_EQ(tex("(a + b)^3"), "\\left(a + b\\right)^{3}");
    EXPECT_EQ(tex("(-x)^2"), "\\left(-x\\right)^{2}");
    EXPECT_EQ(tex("(x^2)^2.5"), "\\left(x^{2}\\right)^{2.5}");
    EXPECT_EQ(tex("x^-4"), "x^{-4}");
    EXPECT_EQ(tex("x^(a + b)"), "x^{a + b}");
    EXPECT_EQ(tex("sin(x)^2"), "\\sin^{2}\\left(x\\right)");
    EXPECT_EQ(tex("sin(x)^-4"), "\\left(\\sin\\left(x\\right)\\right)^{-4}");
    EXPECT_EQ(tex("(a/b)^2"), "\\left(\\frac{a}{b}\\right)^{2}");
    EXPECT_EQ(tex("abs(x)^2"), "\\left|x\\right|^{2}");
}

TEST(Latex, WritesFunctions) {
    EXPECT_EQ(tex("sqrt(x + 1)"), "\\sqrt{x + 1}");
    EXPECT_EQ(tex("exp(-x)"), "e^{-x}");
    EXPECT_EQ(tex("gauss(x + 1)"), "e^{-\\left(x + 1\\right)^{2}}");
    EXPECT_EQ(tex("hypot(x, y + 1)"), "\\sqrt{x^{2} + \\left(y + 1\\right)^{2}}");
    EXPECT_EQ(tex("log1p(x - 1)"), "\\ln\\left(1 + \\left(x - 1\\right)\\right)");
    EXPECT_EQ(tex("if(x < 1, x, 2)"), "\\begin{cases} x & x < 1 \\\\ 2 & \\text{otherwise} \\end{cases}");
    EXPECT_EQ(tex("2*if(x < 1, x, 2)").find("2 \\, \\left(\\begin{cases}"), 0u);
    EXPECT_EQ(tex("max(x + 1, 2*y)"), "\\max\\left(x + 1, 2 \\, y\\right)");
}

TEST(Latex, SetsNames) {
    EXPECT_EQ(tex("pt1"), "\\mathrm{pt}_{1}");
    EXPECT_EQ(tex("eta2"), "\\eta_{2}");
    EXPECT_EQ(tex("m_mu"), "m_{\\mu}");
    EXPECT_EQ(tex("E_jet_1"), "E_{\\mathrm{jet},1}");
    EXPECT_EQ(tex("`p_t in %`"), "\\text{p\\_t in \\%}");
}

TEST(Latex, SetsNumbers) {
    EXPECT_EQ(tex("1e-9*x"), "1 \\cdot 10^{-9} \\, x");
    EXPECT_EQ(tex("(1e-9)^x"), "\\left(1 \\cdot 10^{-9}\\right)^{x}");
    EXPECT_EQ(tex("3.14159265*x", {.digits = 3, .uncertainties = {}}), "3.14 \\, x");
    EXPECT_EQ(tex("0.1057123*x + 5", {.digits = 0, .uncertainties = {0.0003, std::nan("")}}), "0.10571(30) \\, x + 5");
    EXPECT_EQ(tex("1.0571e-9 + x", {.digits = 0, .uncertainties = {4e-12}}), "1.057(4) \\cdot 10^{-9} + x");
}

TEST(Latex, EveryOperatorHasATemplate) {
    for (const OperatorInfo& row : operator_table()) {
        if (row.arity < 1) {
            continue;
        }
        std::vector<Expression> operands;
        for (int i = 0; i < row.arity; ++i) {
            operands.push_back(Expression::feature(i));
        }
        const Vocabulary vocabulary{.features = {"a", "b", "c"}, .parameters = {}, .definitions = {}, .holes = {}};
        const Expression expression = Expression::apply(row.op, operands, row.op == Op::integer_power ? 5 : 0);
        const std::string text = latex(expression, vocabulary);
        const std::string marked = mathml(expression, vocabulary);
        EXPECT_EQ(text.find('#'), std::string::npos) << text;
        for (int i = 0; i < row.arity; ++i) {
            EXPECT_NE(text.find("abc"[i]), std::string::npos) << text;
            EXPECT_NE(marked.find(std::string("<mi>") + "abc"[i] + "</mi>"), std::string::npos) << marked;
        }
        EXPECT_EQ(std::count(text.begin(), text.end(), '{'), std::count(text.begin(), text.end(), '}')) << text;
    }
}

TEST(Mathml, WritesTwoDimensionalForms) {
    EXPECT_EQ(math("a/b"), "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi></mrow></mfrac>");
    EXPECT_EQ(math("(a + b)^2"),
              "<msup><mrow><mrow><mo>(</mo><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mo>)</mo></mrow></mrow><mrow><mn>2</mn></mrow></msup>");
    EXPECT_EQ(math("sqrt(eta1)"), "<msqrt><msub><mi>η</mi><mrow><mn>1</mn></mrow></msub></msqrt>");
    EXPECT_EQ(math("x < 2"), "<mrow><mi>x</mi><mo>&lt;</mo><mn>2</mn></mrow>");
    EXPECT_EQ(math("0.1057*x", {.digits = 0, .uncertainties = {0.0004}}), "<mrow><mn>0.1057(4)</mn><mo>&#x2062;</mo><mi>x</mi></mrow>");
}

TEST(UncertainNumber, FollowsTheParticleDataGroup) {
    EXPECT_EQ(format_uncertain(0.10569, 0.0004), "0.1057(4)");
    EXPECT_EQ(format_uncertain(0.827, 0.119), "0.83(12)");
    EXPECT_EQ(format_uncertain(0.827, 0.367), "0.8(4)");
    EXPECT_EQ(format_uncertain(0.827, 0.97), "0.8(10)");
    EXPECT_EQ(format_uncertain(91.1876, 0.0021), "91.1876(21)");
    EXPECT_EQ(format_uncertain(1234.5, 300), "1230(300)");
    EXPECT_EQ(format_uncertain(-2.5e-9, 4e-12), "-2.500(4)e-09");
    EXPECT_EQ(format_uncertain(0.001, 5), "0(5)");
    EXPECT_EQ(format_uncertain(1.5, std::nan("")), "1.5");
    EXPECT_EQ(format_uncertain(1.5, 0), "1.5");
    EXPECT_EQ(format_uncertain(2, 1e-30), "2");
}

}  // namespace
}  // namespace balmer
