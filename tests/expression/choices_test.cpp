#include <gtest/gtest.h>

#include <cmath>

#include "balmer/complexity.hpp"
#include "balmer/derivative.hpp"
#include "balmer/error.hpp"
#include "balmer/evaluate.hpp"
#include "balmer/graph.hpp"
#include "balmer/interval.hpp"
#include "balmer/simplify.hpp"

// p[axis]: one value per category.

namespace balmer {
namespace {

Vocabulary words() {
    return {.features = {"x", "y"}, .parameters = {}, .definitions = {}, .holes = {},
            .categories = {{"detector", {"left", "middle", "right"}}, {"run", {"1", "2"}}}};
}

Expression with_values(Expression expression, std::vector<double> values) {
    expression.values = std::move(values);
    return expression;
}

std::string choice_error(const std::string& text, UnknownName unknown = UnknownName::refuse) {
    Vocabulary vocabulary = words();
    try {
        (void)parse(text, vocabulary, unknown);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

TEST(Choices, AreReadAndPrinted) {
    const auto e = parse("p[detector]*x + p[detector] + q[run]", words());
    EXPECT_EQ(e.values.size(), 5u);
    EXPECT_TRUE(choices_are_whole(e));
    // In a formula without names they get their own.
    EXPECT_EQ(print(e, words()), "p[detector]*x + p[detector] + p2[run]");
    Vocabulary named = words();
    const auto form = parse("2*a[run]*x + b", named, UnknownName::parameter);
    EXPECT_EQ(named.parameters, (std::vector<std::string>{"", "a", "a", "b"}));
    EXPECT_EQ(print(form, named), "2*a[run]*x + b");
    EXPECT_EQ(print(parse(print(form, named), named), named), print(form, named));
    EXPECT_EQ(mentioned_categories("p[detector]*x + q[`my run`] + r[detector]"), (std::vector<std::string>{"detector", "my run"}));
    EXPECT_EQ(latex(form, named), "2 \\, a_{\\mathrm{run}} \\, x + b");
}

TEST(Choices, ErrorsSayWhatIsWrong) {
    EXPECT_NE(choice_error("p[detectr]*x").find("Did you mean 'detector'"), std::string::npos) << choice_error("p[detectr]*x");
    EXPECT_NE(choice_error("x[detector]").find("'x' is a column"), std::string::npos);
    EXPECT_NE(choice_error("p[detector] + p[run]").find("other categories elsewhere"), std::string::npos);
    EXPECT_NE(choice_error("p[detector] + p", UnknownName::parameter).find("write p[...] everywhere"), std::string::npos);
    EXPECT_NE(choice_error("p + p[detector]", UnknownName::parameter).find("one constant elsewhere"), std::string::npos);
    EXPECT_NE(choice_error("p[detector").find("expected ']'"), std::string::npos);
    EXPECT_NE(choice_error("p[2]").find("name of a column"), std::string::npos);
    EXPECT_NE(choice_error("(x + y)[run]").find("only the name of a constant"), std::string::npos);
    Vocabulary many = words();
    many.categories[0].labels.resize(300);
    EXPECT_THROW((void)parse("p[detector]", many), Error);
}

// Rows that go through the categories, and every way to evaluate.
struct Rows {
    std::vector<double> x, y, detector, run;
    std::vector<const double*> pointers;
    explicit Rows(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            x.push_back(0.1 + 0.01 * static_cast<double>(i));
            y.push_back(1 - 0.02 * static_cast<double>(i % 17));
            detector.push_back(static_cast<double>(i % 3));
            run.push_back(static_cast<double>(i / 5 % 2));
        }
        pointers = {x.data(), y.data(), detector.data(), run.data()};
    }
    Columns<double> columns() const { return {.column = pointers, .rows = x.size()}; }
};

TEST(Choices, EvaluateToTheValueOfTheRowsCategory) {
    const Rows rows(100);
    const auto e = with_values(parse("p[detector]*x - q[run]*p[detector]", words()), {1.25, -3e7, 0.1, 5, 0.3});
    const Program program(e);
    std::vector<double> values(100);
    double* const out[] = {values.data()};
    evaluate(program, e.values, rows.columns(), out);
    const double p[] = {1.25, -3e7, 0.1}, q[] = {5, 0.3};
    for (std::size_t i = 0; i < 100; ++i) {
        const double own = p[i % 3], other = q[i / 5 % 2];
        EXPECT_EQ(values[i], own * rows.x[i] - other * own) << i;
        const double row[] = {rows.x[i], rows.y[i], rows.detector[i], rows.run[i]};
        EXPECT_EQ(evaluate_row(to_graph(e), e.values, row)[0], values[i]);
    }
}

TEST(Choices, TheirGradientIsTheDerivative) {
    const Rows rows(64);
    const auto e = with_values(parse("exp(p[detector]*y) + q[run]*x", words()), {0.5, -0.25, 1, 2, 3});
    const Program program(e);
    std::vector<std::vector<double>> jacobian_rows(5, std::vector<double>(64));
    std::vector<double*> pointers;
    for (auto& row : jacobian_rows) pointers.push_back(row.data());
    jacobian(program, e.values, rows.columns(), pointers);
    for (int parameter = 0; parameter < 5; ++parameter) {
        const auto slope = derivative(e, {.kind = By::Kind::parameter, .index = parameter});
        EXPECT_TRUE(choices_are_whole(slope));
        for (std::size_t i = 0; i < 64; ++i) {
            const double row[] = {rows.x[i], rows.y[i], rows.detector[i], rows.run[i]};
            EXPECT_NEAR(evaluate_row(to_graph(slope), slope.values, row)[0], jacobian_rows[static_cast<std::size_t>(parameter)][i], 1e-12);
        }
    }
}

TEST(Choices, StayWholeWhenAFormulaIsRewritten) {
    const Rows rows(30);
    // Equal values must not be folded, nor p[axis] be taken for a number.
    const auto e = with_values(parse("(p[detector]*x + 0*y)*1 + (q[run] - q[run]) + p[detector]*1", words()), {1, 1, 2, 4, 5, 0, 1, 1});
    for (const auto& shorter : {canonical(e), simplify(e, {}, {.node_limit = 300}).expression, tidied(e)}) {
        EXPECT_TRUE(choices_are_whole(shorter)) << print(shorter, words());
        for (std::size_t i = 0; i < 30; ++i) {
            const double row[] = {rows.x[i], rows.y[i], rows.detector[i], rows.run[i]};
            EXPECT_NEAR(evaluate_row(to_graph(shorter), shorter.values, row)[0], evaluate_row(to_graph(e), e.values, row)[0], 1e-12);
        }
    }
    EXPECT_LT(canonical(e).size(), e.size());
    EXPECT_EQ(print(canonical(e), words()).find("run"), std::string::npos) << print(canonical(e), words());
}

TEST(Choices, CountAsAConstantAndAColumn) {
    const auto e = parse("p[detector]*x", words());
    EXPECT_EQ(ComplexityMeasure()(e), 4);
    EXPECT_EQ(ComplexityMeasure::from_name("sympy")(e), 4);
}

TEST(Choices, LieWithinTheirInterval) {
    const auto e = with_values(parse("p[detector] + x", words()), {3, -1, 2});
    const auto graph = to_graph(e);
    const Interval box[] = {{0, 1}, {0, 1}, {0, 2}, {0, 1}};
    const auto range = intervals(graph, e.values, box)[graph.roots()[0]];
    EXPECT_LE(range.lower, -1);
    EXPECT_GE(range.lower, -1 - 1e-12);
    EXPECT_GE(range.upper, 4);
    EXPECT_LE(range.upper, 4 + 1e-12);
}

TEST(Choices, ABrokenOneIsNotWhole) {
    const auto e = parse("p[detector]*x", words());
    const auto operands = e.operands(e.size() - 1);
    const std::size_t choice = operands[0];
    EXPECT_FALSE(choices_are_whole(e.replaced(choice - 1, Expression::feature(0))));
    EXPECT_FALSE(choices_are_whole(e.subtree(e.operands(choice)[0])));
    const auto broken = e.replaced(choice - 1, Expression::feature(0));
    EXPECT_EQ(canonical(broken), broken);
    EXPECT_TRUE(choices_are_whole(e.subtree(choice)));
}

}  // namespace
}  // namespace balmer
