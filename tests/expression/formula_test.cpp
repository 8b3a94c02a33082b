// Reading and writing formulas.
#include <gtest/gtest.h>

#include <random>

#include "balmer/error.hpp"
#include "balmer/expression.hpp"
#include "balmer/graph.hpp"

namespace balmer {
namespace {

Vocabulary vocabulary() { return {.features = {"x", "y", "pt1", "a column"}, .parameters = {}, .definitions = {}, .holes = {}}; }

std::string round(const std::string& text) { return print(parse(text, vocabulary()), vocabulary()); }

TEST(Formula, PrintsTheFewestBrackets) {
    for (const std::string text :
         {"x + y*2", "(x + y)*2", "x - (y - 1)", "x - y - 1", "x/(y*2)", "x/y*2", "-x^2", "(-x)^2", "x^-y", "x^y^2", "(x^y)^2", "1/x", "1/x/y",
          "2*(1/x)", "sqrt(2*x*y)", "if(x < y, x, 2)", "`a column`*2", "x^2.5", "x^7", "x^-3", "2^x", "-3*x", "x*-3", "x - -3", "-(x*y)",
          "pi*x + e", "atan2(x, y)", "x^(2)", "(1)/x", "-(3)", "(x < y)*2", "cosh(x - y) - cos(pt1)", "1e-10*x", "1e+300", "--x", "-(1/x)"})
        EXPECT_EQ(round(text), text);
}

TEST(Formula, RoundedNumbersKeepWhatTellsThemFromOne) {
    const auto rounded = [](const std::string& text) { return print(parse(text, vocabulary()), vocabulary(), {.digits = 4}); };
    EXPECT_EQ(rounded("0.99998765*x + 3.14159"), "0.99999*x + 3.142");
    EXPECT_EQ(rounded("x - 1.0000312*y"), "x - 1.00003*y");
    EXPECT_EQ(rounded("1.000000000001*x + 2.00001"), "1*x + 2");
}

TEST(Formula, ReadsWhatPeopleType) {
    EXPECT_EQ(round("x**2"), "x^2");
    EXPECT_EQ(round("  ( ( x ) ) "), "x");
    EXPECT_EQ(round("ln(x)+arcsin(y)"), "log(x) + asin(y)");
    EXPECT_EQ(round("x^0.5"), "sqrt(x)");
    EXPECT_EQ(round("pow(x, y)"), "x^y");
    EXPECT_EQ(round("+x"), "x");
    EXPECT_EQ(round("x^-1"), "1/x");
    EXPECT_EQ(round("Abs(x)"), "abs(x)");
}

std::string formula_error(const std::string& text) {
    try {
        (void)parse(text, vocabulary());
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

TEST(Formula, ErrorsPointAtThePlace) {
    EXPECT_NE(formula_error("2*pt2 + x").find("Did you mean 'pt1'?"), std::string::npos);
    EXPECT_NE(formula_error("2*pt2 + x").find("\n  2*pt2 + x\n    ^"), std::string::npos) << formula_error("2*pt2 + x");
    EXPECT_NE(formula_error("coss(x)").find("Did you mean 'cos'?"), std::string::npos) << formula_error("coss(x)");
    EXPECT_NE(formula_error("(x + y").find("never closed"), std::string::npos);
    EXPECT_NE(formula_error("x + y)").find("never opened"), std::string::npos);
    EXPECT_NE(formula_error("x + ").find("ends where"), std::string::npos);
    EXPECT_NE(formula_error("").find("empty"), std::string::npos);
    EXPECT_NE(formula_error("2x").find("2*..."), std::string::npos);
    EXPECT_NE(formula_error("atan2(x)").find("takes 2 arguments, 1 given"), std::string::npos);
    EXPECT_NE(formula_error("x y").find("expected an operator"), std::string::npos);
    EXPECT_NE(formula_error("x $ y").find("unexpected character"), std::string::npos);
    EXPECT_NE(formula_error("sin x").find("brackets: sin(x)"), std::string::npos);
    EXPECT_NE(formula_error("sin + x").find("brackets: sin(x)"), std::string::npos);
    EXPECT_NE(formula_error("x(2)").find("is a column"), std::string::npos);
    EXPECT_NE(formula_error("1e999").find("does not fit"), std::string::npos);
    EXPECT_NE(formula_error(std::string(100000, '(')).find("nested deeper"), std::string::npos);
    EXPECT_NE(formula_error("x = y").find("=="), std::string::npos);
}

TEST(Formula, UnknownNamesBecomeWhatTheCallerAllows) {
    Vocabulary features;
    const auto e = parse("2*a + b^2", features, UnknownName::feature);
    EXPECT_EQ(features.features, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(print(e, features), "2*a + b^2");

    Vocabulary form = vocabulary();
    const auto f = parse("2*m^2*f(x, y) + m/c", form, UnknownName::parameter);
    EXPECT_EQ(form.holes, (std::vector<std::string>{"f"}));
    ASSERT_EQ(form.parameters.size(), f.values.size());
    EXPECT_EQ(form.parameters, (std::vector<std::string>{"", "m", "c"}));
    EXPECT_EQ(print(f, form), "2*m^2*f(x, y) + m/c");
}

TEST(Formula, DefinitionsAreCallsAndInline) {
    Vocabulary words = vocabulary();
    words.definitions.push_back(parse_definition("bell(x, s) = exp(-(x/s)^2)", words));
    words.definitions.push_back(parse_definition("two(t) = bell(t, 2) + 1", words));
    const auto e = parse("two(x*y) - bell(y, 3)", words);
    EXPECT_EQ(print(e, words), "two(x*y) - bell(y, 3)");
    EXPECT_EQ(print(inlined(e, words.definitions), words), "exp(-(x*y/2)^2) + 1 - exp(-(y/3)^2)");
    EXPECT_THROW((void)parse_definition("sin(x) = x", words), Error);
    EXPECT_THROW((void)parse_definition("h(x, x) = x", words), Error);
    EXPECT_THROW((void)parse_definition("h(x) = x + z", words), Error);
    EXPECT_THROW((void)parse_definition("h = 2", words), Error);
}

// Any expression the node rules allow, constants of every sign and size included.
Expression random_expression(std::mt19937_64& random, int size) {
    const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    if (size <= 1) {
        switch (pick(5)) {
            case 0: return Expression::constant(std::ldexp(static_cast<double>(static_cast<std::int64_t>(random())), -60));
            case 1: return Expression::constant(static_cast<double>(pick(9)) - 4);
            case 2: return Expression::apply(pick(2) ? Op::pi : Op::euler, std::span<const Expression>{});
            default: return Expression::feature(static_cast<std::int32_t>(pick(4)));
        }
    }
    const auto table = operator_table();
    for (;;) {
        const auto& row = table[pick(table.size())];
        if (row.arity < 1 || row.arity >= size + 1) continue;
        std::vector<Expression> operands;
        for (int k = 0; k < row.arity; ++k) operands.push_back(random_expression(random, (size - 1) / row.arity));
        constexpr std::int32_t exponents[] = {-7, -3, -2, 4, 5, 1000};
        return Expression::apply(row.op, operands, row.op == Op::integer_power ? exponents[pick(6)] : 0);
    }
}

TEST(Formula, RandomExpressionsReadBackEqual) {
    std::mt19937_64 random(20261122);
    for (int trial = 0; trial < 20000; ++trial) {
        const auto e = random_expression(random, 1 + static_cast<int>(random() % 40));
        const auto text = print(e, vocabulary());
        ASSERT_EQ(parse(text, vocabulary()), e) << "seed 20261122, trial " << trial << ": " << text;
    }
}

TEST(Formula, SubtreesAndReplacement) {
    std::mt19937_64 random(7);
    for (int trial = 0; trial < 2000; ++trial) {
        const auto e = random_expression(random, 1 + static_cast<int>(random() % 30));
        const auto position = static_cast<std::size_t>(random() % e.size());
        EXPECT_EQ(e.replaced(position, e.subtree(position)), e.compacted());
        const auto shorter = e.replaced(position, Expression::feature(0));
        EXPECT_EQ(parse(print(shorter, vocabulary()), vocabulary()), shorter);
    }
}

TEST(Graph, MergesEqualNodesAndWritesTreesBack) {
    const auto words = vocabulary();
    const std::vector<Expression> outputs = {parse("sin(x*y) + 2*(x*y)", words), parse("sin(x*y)", words)};
    const Graph graph = to_graph(outputs);
    EXPECT_EQ(graph.nodes().size(), 7u);  // x, y, x*y, sin, 2, product, sum
    EXPECT_EQ(graph.to_expression(0), outputs[0]);
    EXPECT_EQ(graph.to_expression(1), outputs[1]);
    std::mt19937_64 random(11);
    for (int trial = 0; trial < 2000; ++trial) {
        const auto e = random_expression(random, 1 + static_cast<int>(random() % 40));
        EXPECT_EQ(to_graph(e).to_expression(), e);
    }
    EXPECT_THROW((void)graph.to_expression(0, 3), std::exception);
}

TEST(Graph, NaryNodesBecomeLeftLeaningTrees) {
    Graph graph;
    const auto x = graph.add_feature(0), y = graph.add_feature(1);
    const auto first = static_cast<std::int32_t>(graph.values().size());
    graph.values().insert(graph.values().end(), {2.0, 3.0, 0.5});
    const std::uint32_t xy[] = {x, y};
    graph.add_root(graph.add(Op::linear, xy, first));
    const std::uint32_t xyx[] = {x, y, x};
    graph.add_root(graph.add(Op::product, xyx));
    EXPECT_EQ(print(graph.to_expression(0), vocabulary()), "2*x + 3*y + 0.5");
    EXPECT_EQ(print(graph.to_expression(1), vocabulary()), "x*y*x");
}

TEST(Operators, TableIsComplete) {
    for (const auto& row : operator_table()) {
        EXPECT_FALSE(row.name.empty());
        if (row.arity <= 0 || row.op == Op::integer_power) continue;
        EXPECT_EQ(info(row.op).name, row.name);
        for (int k = 0; k < row.arity; ++k) {
            EXPECT_FALSE(row.derivative[static_cast<std::size_t>(k)].empty()) << row.name;
            Vocabulary abcf{.features = {"a", "b", "c", "f"}, .parameters = {}, .definitions = {}, .holes = {}};
            EXPECT_NO_THROW((void)parse(row.derivative[static_cast<std::size_t>(k)], abcf)) << row.name;
        }
    }
    EXPECT_EQ(find_operator("sigmoid"), Op::logistic);
    EXPECT_EQ(find_operator("-"), Op::subtract);
    EXPECT_FALSE(find_operator("nonsense"));
}

}  // namespace
}  // namespace balmer
