#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "balmer/atomic_file.hpp"
#include "balmer/error.hpp"
#include "balmer/evaluate.hpp"
#include "balmer/number.hpp"
#include "model/example_models.hpp"
#include "model/run_program.hpp"

// Every export is run by its own language and compared with apply(), the meaning of the operators. C, C++ and Python call
// the same mathematical library: no bit may differ. NumPy, SymPy and torch bring their own.

namespace balmer {
namespace {

using testing::model_of;
using testing::python;
using testing::python_has;
using testing::run_program;
using testing::TemporaryFolder;

using Rows = std::vector<std::vector<double>>;

std::string hexadecimal(double value) {
    char text[64];
    std::snprintf(text, sizeof text, "%a", value);
    return text;
}

/// Lines of hexadecimal numbers, the form in which all drivers below read and print.
std::string lines_of(const Rows& rows) {
    std::string text;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            text += (i > 0 ? " " : "") + hexadecimal(row[i]);
        }
        text += "\n";
    }
    return text;
}

Rows rows_of(const std::string& text) {
    Rows rows;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        rows.emplace_back();
        std::istringstream words(line);
        for (std::string word; words >> word;) {
            rows.back().push_back(std::strtod(word.c_str(), nullptr));
        }
    }
    return rows;
}

Rows expected_of(const Model& model, const Rows& points) {
    const Graph graph = model.graph();
    Rows rows;
    for (const auto& point : points) {
        rows.push_back(evaluate_row(graph, graph.values(), point));
    }
    return rows;
}

std::uint64_t ulps(double a, double b) {
    if (std::isnan(a) && std::isnan(b)) {
        return 0;
    }
    if (std::isnan(a) || std::isnan(b)) {
        return UINT64_MAX;
    }
    const auto ordered = [](double x) {
        const auto bits = std::bit_cast<std::int64_t>(x);
        return bits < 0 ? INT64_MIN - bits : bits;
    };
    const std::int64_t x = ordered(a), y = ordered(b);
    return x > y ? static_cast<std::uint64_t>(x) - static_cast<std::uint64_t>(y) : static_cast<std::uint64_t>(y) - static_cast<std::uint64_t>(x);
}

void expect_close(const Model& model, const Rows& points, const Rows& found, std::uint64_t allowed) {
    const Rows expected = expected_of(model, points);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t row = 0; row < expected.size(); ++row) {
        ASSERT_EQ(found[row].size(), expected[row].size());
        for (std::size_t k = 0; k < expected[row].size(); ++k) {
            EXPECT_LE(ulps(found[row][k], expected[row][k]), allowed)
                << print(model.outputs[k].expression, model.vocabulary) << " at " << lines_of({points[row]}) << found[row][k] << " for "
                << expected[row][k];
        }
    }
}

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

/// The export's values at the points, by compiling and running it.
Rows run_c(const Model& model, const Rows& points, const std::string& format) {
    const TemporaryFolder folder;
    const bool is_c = format == "c";
    const std::size_t n = points[0].size(), k = model.outputs.size();
    write(folder / (is_c ? "model.c" : "model.hpp"), export_model(model, format));
    write(folder / "points.txt", lines_of(points));
    std::string driver = is_c ? "#include \"model.c\"\n#include <stdio.h>\n" : "#include \"model.hpp\"\n#include <cstdio>\nusing namespace balmer_model;\n";
    const std::string count = std::to_string(n), outputs = std::to_string(k);
    driver += "int main(void) {\n    " + (is_c ? "double x[" + count + "], y[" + outputs + "];" : "std::array<double, " + count + "> x;") +
              "\n    for (int i = 0; scanf(\"%la\", &x[i]) == 1;) {\n        if (++i < " + count + ") continue;\n        i = 0;\n        " +
              (is_c ? "predict(x, y);" : "const auto y = predict(x);") + "\n        for (int k = 0; k < " + outputs +
              "; ++k) printf(\"%a \", y[k]);\n" + (model.task == Task::classification ? "        printf(\"%d\", classify(x));\n" : "") +
              "        printf(\"\\n\");\n    }\n}\n";
    const std::string source = is_c ? "main.c" : "main.cpp";
    write(folder / source, driver);
    const std::string compiler = is_c ? "cc -std=c99" : "c++ -std=c++17";
    const auto built = run_program("cd '" + folder.path().string() + "' && " + compiler +
                                   " -O2 -ffp-contract=off -Wall -Wextra -Werror -Wno-unused-result " + source + " -lm -o main 2>&1");
    EXPECT_EQ(built.status, 0) << built.output << export_model(model, format);
    return rows_of(run_program("cd '" + folder.path().string() + "' && ./main < points.txt").output);
}

/// The export's values by a Python driver that sees the module as m and each row of points as x.
Rows run_python(const Model& model, const Rows& points, const std::string& format, const std::string& driver) {
    const TemporaryFolder folder;
    write(folder / "model.py", export_model(model, format));
    write(folder / "points.txt", lines_of(points));
    write(folder / "main.py", "import model as m\nimport pathlib\n"
                              "rows = [[float.fromhex(w) for w in line.split()] for line in pathlib.Path('points.txt').read_text().splitlines()]\n"
                              "def show(values): print(*[float(v).hex() for v in values])\n" + driver);
    const auto ran = run_program("cd '" + folder.path().string() + "' && " + python() + " -W error main.py 2>errors.txt");
    EXPECT_EQ(ran.status, 0) << read_file(folder / "errors.txt") << export_model(model, format);
    return rows_of(ran.output);
}

const std::string plain_driver = "for x in rows:\n    y = m.predict(*x)\n    show(y if isinstance(y, tuple) else (y,))\n";
const std::string numpy_driver =
    "import numpy as np\nX = np.array(rows).T\ny = m.predict(*X)\nfor row in zip(*(y if isinstance(y, tuple) else (y,))): show(row)\n";
const std::string sympy_driver =
    "import sympy\nfor x in rows:\n"
    "    at = {symbol: sympy.Float(v, 60) for symbol, v in zip(m.symbols.values(), x)}\n"
    "    show([sympy.N(sympy.nsimplify(f, rational=True).subs(at), 25) for f in m.outputs.values()])\n";
const std::string torch_driver =
    "import torch\ny = m.Formula()(torch.tensor(rows, dtype=torch.float64))\nfor row in y.tolist(): show(row)\n";

/// One output per operator of the table, and combinations.
Model every_operator() {
    std::vector<Expression> outputs;
    const Vocabulary vocabulary{.features = {"a", "b"}, .parameters = {}, .definitions = {}, .holes = {}};
    for (const OperatorInfo& row : operator_table()) {
        if (row.op == Op::integer_power) {
            for (const int n : {-7, -2, 4, 13}) {
                outputs.push_back(Expression::apply(row.op, std::vector<Expression>{Expression::feature(0)}, n));
            }
        } else if (row.op == Op::conditional) {
            outputs.push_back(parse("if(a < b, a, 2*b)", vocabulary));
        } else if (row.arity == 1) {
            outputs.push_back(Expression::apply(row.op, Expression::feature(0)));
        } else if (row.arity == 2) {
            outputs.push_back(Expression::apply(row.op, Expression::feature(0), Expression::feature(1)));
        }
    }
    for (const char* formula : {"a - (b - 2.5)", "a*(b/3)", "a/(b/a)", "-(-a)", "-a^2", "(-a)^2", "(a + b)*(a - b)", "pi*a + e", "a/4 - b/-7.25",
                                "2 - -a", "a - -3.5", "(a^2)^b", "a^b^2", "1/(1 + exp(-a))", "if(b, a, 1/a)", "(a < b) < (b < a)",
                                "1e-300*a*1e300", "a^-1*b^0.5", "sqrt(a*a + b*b)*0.1"}) {
        outputs.push_back(parse(formula, vocabulary));
    }
    Model model = Model::from_expressions(outputs, vocabulary);
    return model;
}

const Rows tame = {{0.7, 0.2}, {0.3, 0.9}, {-0.6, 0.4}, {0.25, -0.75}, {1.5, 2.25}, {-2.5, 3}, {12.25, -0.1}, {3, 2}};
const double infinity = std::numeric_limits<double>::infinity();
const Rows wild = {{0, 0},       {-0.0, 1},   {1, -0.0},        {infinity, 1},         {-infinity, 2}, {1, infinity}, {std::nan(""), 1},
                   {1, std::nan("")}, {1e300, 1e300}, {-1e300, 3}, {710.5, -710.5}, {1e-320, -1e-320}, {-1, 0.5}, {0, -3}, {-1, -1}, {1, 1}};

Rows all_points() {
    Rows rows = tame;
    rows.insert(rows.end(), wild.begin(), wild.end());
    return rows;
}

TEST(ExportC, EveryOperatorToTheLastBit) { expect_close(every_operator(), all_points(), run_c(every_operator(), all_points(), "c"), 0); }

TEST(ExportCpp, EveryOperatorToTheLastBit) { expect_close(every_operator(), all_points(), run_c(every_operator(), all_points(), "c++"), 0); }

/// CPython computes hypot, and cbrt before 3.11, by itself.
TEST(ExportPython, EveryOperatorToOneUlp) {
    const Rows found = run_python(every_operator(), all_points(), "python", plain_driver);
    expect_close(every_operator(), all_points(), found, 1);
}

TEST(ExportPython, AllButHypotToTheLastBit) {
    Model model = every_operator();
    std::erase_if(model.outputs, [](const Output& output) { return output.expression.nodes.back().op == Op::hypot; });
    expect_close(model, all_points(), run_python(model, all_points(), "python", plain_driver), 0);
}

TEST(ExportNumpy, EveryOperatorToFourUlp) {
    if (!python_has("numpy")) {
        GTEST_SKIP() << "no numpy in " << python();
    }
    expect_close(every_operator(), all_points(), run_python(every_operator(), all_points(), "numpy", numpy_driver), 4);
}

TEST(ExportSympy, EveryOperatorWhereOursIsFinite) {
    if (!python_has("sympy")) {
        GTEST_SKIP() << "no sympy in " << python();
    }
    Model model = every_operator();
    // SymPy is exact where the formula's rounding is not: conditioned within 64 ULP at these points.
    const Rows points = {{0.7, 0.2}, {0.25, 0.75}};
    std::erase_if(model.outputs, [&](const Output& output) {
        Model one = model;
        one.outputs = {output};
        const Rows values = expected_of(one, points);
        return !std::isfinite(values[0][0]) || !std::isfinite(values[1][0]);
    });
    EXPECT_GT(model.outputs.size(), 60u);
    for (std::size_t k = 0; k < model.outputs.size(); ++k) {
        model.outputs[k].name = "y" + std::to_string(k);
    }
    expect_close(model, points, run_python(model, points, "sympy", sympy_driver), 64);
}

TEST(ExportTorch, EveryOperator) {
    if (!python_has("torch")) {
        GTEST_SKIP() << "no torch in " << python();
    }
    expect_close(every_operator(), tame, run_python(every_operator(), tame, "torch", torch_driver), 8);
}

/// Words that the languages claim for themselves, and no identifiers at all.
Model awkward_names() {
    const std::vector<std::string> features = {"beta", "gamma", "S", "N", "E", "I", "lambda", "class", "y1", "pt (GeV)", "predict", "np", "balmer_1", "double",
                                               "x", "1st", "pt_GeV", "α", "quote\"s", "back\\", "math", "features", "_divide", "p"};
    Vocabulary vocabulary{.features = features, .parameters = {}, .definitions = {}, .holes = {}};
    Expression sum = Expression::feature(0);
    for (std::size_t i = 1; i < features.size(); ++i) {
        const Expression term = Expression::apply(Op::divide, Expression::feature(static_cast<std::int32_t>(i)), Expression::feature(0));
        sum = Expression::apply(Op::add, sum, Expression::apply(Op::multiply, Expression::constant(0.5 + static_cast<double>(i)), term));
    }
    Model model = Model::from_expressions({sum, sum}, vocabulary);
    model.outputs[0].name = "y1";
    model.outputs[1].name = "double\\";
    return model;
}

Rows awkward_points() {
    std::vector<double> point;
    for (int i = 0; i < 24; ++i) {
        point.push_back(1.5 + 0.3 * i);
    }
    return {point, point};
}

TEST(ExportNames, AnyColumnNameIsAllowed) {
    const Model model = awkward_names();
    const Rows points = awkward_points();
    expect_close(model, points, run_c(model, points, "c"), 0);
    expect_close(model, points, run_c(model, points, "c++"), 0);
    expect_close(model, points, run_python(model, points, "python", plain_driver), 0);
    if (python_has("numpy")) {
        expect_close(model, points, run_python(model, points, "numpy", numpy_driver), 0);
    }
    if (python_has("sympy")) {
        expect_close(model, points, run_python(model, points, "sympy", sympy_driver), 16);
    }
}

TEST(ExportDefinitions, StayFunctions) {
    const Model model = model_of({"2.5*bell(a, 1.5) + twice(b)", "twice(twice(a))"}, {"a", "b"},
                                 {"bell(u, s) = 0.1*exp(-(u/s)^2)", "twice(bell2) = 2*bell(bell2, 1) + sin(bell2)"});
    EXPECT_NE(export_model(model, "python").find("def bell(u, s):"), std::string::npos);
    expect_close(model, tame, run_c(model, tame, "c"), 0);
    expect_close(model, tame, run_c(model, tame, "c++"), 0);
    expect_close(model, tame, run_python(model, tame, "python", plain_driver), 0);
    if (python_has("numpy")) {
        expect_close(model, tame, run_python(model, tame, "numpy", numpy_driver), 4);
    }
    if (python_has("sympy")) {
        expect_close(model, {tame[0]}, run_python(model, {tame[0]}, "sympy", sympy_driver), 64);
    }
}

TEST(ExportDepth, NestingBeyondThePatienceOfParsers) {
    Expression deep = Expression::feature(0);
    for (int i = 0; i < 150; ++i) {
        deep = Expression::apply(Op::sin, Expression::apply(Op::add, Expression::feature(1), Expression::apply(Op::divide, deep, Expression::feature(1))));
    }
    const Model model = Model::from_expressions({deep}, {.features = {"a", "b"}, .parameters = {}, .definitions = {}, .holes = {}});
    expect_close(model, tame, run_c(model, tame, "c"), 0);
    expect_close(model, tame, run_python(model, tame, "python", plain_driver), 0);
}

TEST(ExportColumns, OnlyThoseThatAreRead) {
    const Model model = model_of({"c - 2*a"}, {"a", "b", "c"});
    EXPECT_NE(export_model(model, "python").find("def predict(a, c):"), std::string::npos) << export_model(model, "python");
    EXPECT_NE(export_model(model, "c").find("double predict_y(double a, double c)"), std::string::npos);
    EXPECT_NE(export_model(model, "c").find("x = a, c"), std::string::npos);
}

TEST(ExportConstants, AFormulaWithoutColumns) {
    const Model model = model_of({"2*pi"}, {"a"});
    EXPECT_NE(export_model(model, "c").find("predict_y(void)"), std::string::npos);
    const TemporaryFolder folder;
    write(folder / "model.py", export_model(model, "python"));
    EXPECT_EQ(run_program("cd '" + folder.path().string() + "' && " + python() + " -c 'import model; print(model.predict())'").output, "6.283185307179586\n");
}

Model classifier(bool two_classes) {
    Model model = two_classes ? model_of({"a - b"}, {"a", "b"}) : model_of({"sqrt(a)", "b", "a*b - 0.5"}, {"a", "b"});
    model.task = Task::classification;
    model.link = two_classes ? "logistic" : "softmax";
    model.classes = two_classes ? std::vector<std::string>{"gluon", "quark \"u\""} : std::vector<std::string>{"g", "q", "W"};
    return model;
}

TEST(ExportClasses, AgreeOnTheLabel) {
    for (const bool two : {true, false}) {
        const Model model = classifier(two);
        const Rows scores = expected_of(model, all_points());
        std::vector<std::vector<double>> columns(model.outputs.size());
        for (const auto& row : scores) {
            for (std::size_t k = 0; k < row.size(); ++k) {
                columns[k].push_back(row[k]);
            }
        }
        const auto codes = classify(model, columns);
        const auto expected = probabilities(model, columns);
        const Rows from_c = run_c(model, all_points(), "c");
        const Rows from_cpp = run_c(model, all_points(), "c++");
        const std::string driver = "for x in rows: show([m.classes.index(m.classify(*x)), *m.probabilities(*x)])\n";
        const Rows from_python = run_python(model, all_points(), "python", driver);
        for (std::size_t row = 0; row < codes.size(); ++row) {
            EXPECT_EQ(from_c.at(row).back(), codes[row]) << row;
            EXPECT_EQ(from_cpp.at(row).back(), codes[row]) << row;
            EXPECT_EQ(from_python.at(row).at(0), codes[row]) << row;
            for (std::size_t k = 0; k < expected.size(); ++k) {
                EXPECT_LE(ulps(from_python[row].at(k + 1), expected[k][row]), 2u) << row;
            }
        }
        if (python_has("numpy")) {
            const Rows from_numpy = run_python(model, all_points(), "numpy",
                                               "import numpy as np\nX = np.array(rows).T\nlabels = m.classify(*X)\np = m.probabilities(*X)\n"
                                               "for label, q in zip(labels, p): show([m.classes.index(label), *q])\n");
            for (std::size_t row = 0; row < codes.size(); ++row) {
                EXPECT_EQ(from_numpy.at(row).at(0), codes[row]) << row;
                EXPECT_LE(ulps(from_numpy[row].at(1), expected[0][row]), 8u) << row;
            }
        }
    }
}

TEST(ExportLatex, HasUncertaintiesAndNamedConstants) {
    Model model = testing::dimuon_model();
    EXPECT_NE(export_model(model, "latex").find("+ 0.04570(30)}"), std::string::npos) << export_model(model, "latex");
    model.parameters[1].name = "c";
    model.vocabulary.parameters = {"", "c"};
    const std::string text = export_model(model, "latex");
    EXPECT_NE(text.find("+ c}"), std::string::npos) << text;
    EXPECT_NE(text.find("c &= 0.04570(30)\\,\\mathrm{GeV^2}"), std::string::npos) << text;
}

TEST(ExportMathml, IsWellFormed) {
    const TemporaryFolder folder;
    Model model = every_operator();
    model.outputs[0].name = "a<b & \"c\"";
    write(folder / "model.xml", "<all>" + export_model(model, "mathml") + "</all>");
    const auto ran = run_program(python() + " -c 'import sys, xml.etree.ElementTree as t; print(len(t.parse(sys.argv[1]).getroot()))' " + (folder / "model.xml") + " 2>&1");
    EXPECT_EQ(ran.output, std::to_string(model.outputs.size()) + "\n");
}

TEST(ExportJson, IsTheModelFile) { EXPECT_EQ(export_model(testing::dimuon_model(), "json"), to_json(testing::dimuon_model())); }

TEST(ExportErrors, UnknownFormat) {
    try {
        export_model(testing::dimuon_model(), "pyton");
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("Did you mean 'python'?"), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace balmer
