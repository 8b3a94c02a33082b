#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "balmer/atomic_file.hpp"
#include "balmer/model.hpp"
#include "balmer/parameters.hpp"
#include "balmer/readers.hpp"
#include "balmer/run_folder.hpp"
#include "model/example_models.hpp"
#include "model/run_program.hpp"

// The program as a user meets it: what is typed, what comes back, the exit code, and what is left on the disk.

namespace balmer {
namespace {

using testing::Ran;
using testing::TemporaryFolder;

/// `balmer ARGUMENTS` with standard output.
Ran balmer_says(const std::string& arguments) { return testing::run_program(std::string("'") + BALMER_PROGRAM + "' " + arguments + " 2>/dev/null"); }

/// The same with standard error in place of standard output.
Ran balmer_complains(const std::string& arguments) {
    return testing::run_program(std::string("'") + BALMER_PROGRAM + "' " + arguments + " 2>&1 >/dev/null");
}

void expect_mistake(const std::string& arguments, const std::string& text) {
    const Ran ran = balmer_complains(arguments);
    EXPECT_EQ(ran.status, 2) << arguments;
    EXPECT_EQ(ran.output.rfind("balmer: error: ", 0), 0u) << arguments << "\n" << ran.output;
    EXPECT_NE(ran.output.find(text), std::string::npos) << arguments << "\n" << ran.output;
    EXPECT_EQ(balmer_says(arguments).output, "") << arguments;
}

const std::vector<std::string> commands = {"fit", "show", "predict", "export", "firmware", "verify", "synthesize", "report", "simplify", "evaluate", "derivative", "generate", "info"};

/// A run as a search leaves it: two formulas, the second chosen.
void write_run(const std::string& path, const std::string& chosen = "7") {
    std::filesystem::create_directories(path + "/models");
    Model simple = testing::model_of({"2.123456789*x"}, {"x", "y"});
    Model better = testing::model_of({"2.123456789*x + atan2(y, 1)"}, {"x", "y"});
    for (Model* model : {&simple, &better}) {
        model->outputs[0].name = "z";
    }
    save(simple, path + "/models/complexity_003.json");
    save(better, path + "/models/complexity_007.json");
    const double nan = std::nan("");
    std::ofstream(path + "/front.csv") << front_csv({{3, 0.5, nan, 0, "2.123456789*x"}, {7, 0.001, nan, 1.5, "2.123456789*x + atan2(y, 1)"}});
    std::ofstream(path + "/run.json") << "{\"schema\": 1, \"chosen\": " + chosen + "}\n";
}

TEST(Help, EveryCommandHasAPage) {
    const Ran main = balmer_says("--help");
    EXPECT_EQ(main.status, 0);
    for (const std::string& command : commands) {
        EXPECT_NE(main.output.find("       " + command + "\n"), std::string::npos) << command;
        const Ran page = balmer_says(command + " --help");
        EXPECT_EQ(page.status, 0) << command;
        for (const std::string& part : {"NAME\n       balmer " + command + " - ", std::string("SYNOPSIS"), std::string("OPTIONS"), std::string("EXAMPLES"), std::string("EXIT STATUS")}) {
            EXPECT_NE(page.output.find(part), std::string::npos) << command << ": " << part;
        }
    }
}

TEST(Help, FitKnowsEveryParameter) {
    const std::string page = balmer_says("fit --help").output;
    for (const ParameterInfo& row : parameter_table()) {
        std::string flag = "--" + row.name;
        std::replace(flag.begin(), flag.end(), '_', '-');
        EXPECT_NE(page.find(flag), std::string::npos) << flag;
    }
}

TEST(Help, LinesFitATerminal) {
    for (const char* command : {"show", "predict", "export", "generate"}) {
        std::istringstream lines(balmer_says(command + std::string(" --help")).output);
        for (std::string line; std::getline(lines, line);) {
            EXPECT_LE(line.size(), 100u) << line;
        }
    }
}

TEST(Help, VersionIsOneLine) {
    const Ran ran = balmer_says("--version");
    EXPECT_EQ(ran.status, 0);
    EXPECT_TRUE(std::regex_match(ran.output, std::regex("balmer [0-9]+\\.[0-9]+\\.[0-9]+\n"))) << ran.output;
}

/// Pages that are kept in docs/ and installed; the program makes them.
TEST(Pages, AreUpToDate) {
    for (const auto& [file, arguments] : {std::pair{"docs/man/balmer.1", "info --man"},
                                          {"docs/completions/balmer.bash", "info --completion bash"},
                                          {"docs/completions/_balmer", "info --completion zsh"},
                                          {"docs/completions/balmer.fish", "info --completion fish"},
                                          {"docs/parameters.md", "info --parameters"}}) {
        EXPECT_EQ(read_file(std::string(BALMER_SOURCE_DIR) + "/" + file), balmer_says(arguments).output)
            << "make it anew: balmer " << arguments << " > " << file;
    }
}

TEST(Pages, CompletionWorksInBash) {
    const TemporaryFolder folder;
    std::ofstream(folder / "balmer.bash") << balmer_says("info --completion bash").output;
    std::ofstream(folder / "try.bash") << "source '" << (folder / "balmer.bash")
                                       << "'\nCOMP_WORDS=(balmer ev); COMP_CWORD=1; _balmer; echo \"${COMPREPLY[@]}\"\n"
                                          "COMP_WORDS=(balmer export --t); COMP_CWORD=2; _balmer; echo \"${COMPREPLY[@]}\"\n";
    EXPECT_EQ(testing::run_program("bash '" + (folder / "try.bash") + "' 2>&1").output, "evaluate\n--to\n");
}

TEST(Mistakes, OnTheCommandLine) {
    expect_mistake("", "which command?");
    expect_mistake("shwo", "unknown command 'shwo'. Did you mean 'show'?");
    expect_mistake("show --formt csv x", "unknown flag '--formt'. Did you mean '--format'?");
    expect_mistake("fit data.csv --targt y", "unknown flag '--targt'. Did you mean '--target'?");
    expect_mistake("fit data.csv --target y --output here", "unknown flag '--output'. Did you mean '--run-folder'?");
    expect_mistake("predict run data.csv --out here", "unknown flag '--out'. Did you mean '--output'?");
    expect_mistake("export run --tp c", "Did you mean '--to'?");
    expect_mistake("export run", "--to is missing");
    expect_mistake("predict run", "DATA is missing");
    expect_mistake("show a b", "unexpected argument 'b'");
    expect_mistake("show x --format tabel", "tabel not in");
    expect_mistake("info --completion zhs", "known shells: bash, zsh, fish");
    expect_mistake("fit data.csv --target y --seconds 1 --seconds 2", "--seconds is given more than once");
    expect_mistake("export run --to", "--to needs a value");
    expect_mistake("generate cms --rows many", "--rows: 'many' is out of range; allowed: a number >= 0");
    expect_mistake("generate feynman:I.9.18 --noise -1", "--noise: '-1' is out of range; allowed: a number >= 0");
    expect_mistake("fit data.csv --target y --seconds soon", "--seconds: 'soon' cannot be read here");
}

TEST(Show, ATableWithTheChosenFormula) {
    const TemporaryFolder folder;
    write_run(folder / "run");
    const Ran ran = balmer_says("show '" + (folder / "run") + "'");
    EXPECT_EQ(ran.status, 0);
    EXPECT_NE(ran.output.find(">          7        0.001    1.5000  2.12346*x + atan2(y, 1)\n"), std::string::npos) << ran.output;
    EXPECT_NE(ran.output.find("           3          0.5    0.0000  2.12346*x\n"), std::string::npos) << ran.output;
}

TEST(Show, OtherFormats) {
    const TemporaryFolder folder;
    write_run(folder / "run");
    const std::string run = "'" + (folder / "run") + "'";
    EXPECT_EQ(balmer_says("show " + run + " --format csv").output, read_file(folder / "run/front.csv"));
    EXPECT_NE(balmer_says("show " + run + " --format latex").output.find("$2.12346 \\, x$"), std::string::npos);
    const Ran json = testing::run_program(std::string("'") + BALMER_PROGRAM + "' show " + run + " --format json | " + testing::python() +
                                          " -c 'import json, sys; print([(r[\"complexity\"], r[\"chosen\"]) for r in json.load(sys.stdin)])'");
    EXPECT_EQ(json.output, "[(3, False), (7, True)]\n");
}

TEST(Show, ARunThatHasNotChosenYet) {
    const TemporaryFolder folder;
    write_run(folder / "run", "0");
    EXPECT_NE(balmer_says("show '" + (folder / "run") + "'").output.find("has not chosen yet"), std::string::npos);
    std::filesystem::remove(folder / "run/front.csv");
    expect_mistake("show '" + (folder / "run") + "'", "no formula yet");
}

TEST(Predict, FormulasAsTheyAreTyped) {
    const TemporaryFolder folder;
    std::ofstream(folder / "t.csv") << "a,b\n1,2\n3,5\n";
    const auto said = balmer_says("predict 'y = a + b^2; z = b/a;' '" + (folder / "t.csv") + "'");
    EXPECT_NE(said.output.find("y,z\n5,2\n28,1.6666666666666667\n"), std::string::npos) << said.output;
    const std::string table = " '" + (folder / "t.csv") + "'";
    expect_mistake("predict 'y = a + c'" + table, "c");
    expect_mistake("predict 'y = a +'" + table, "^");
    expect_mistake("predict '= a'" + table, "has a name before it");
    expect_mistake("predict 'y = a; b'" + table, "has a name before it");
    expect_mistake("predict 'y = a; y = b'" + table, "two formulas");
    expect_mistake("predict 'y = a' --complexity 3" + table, "is a formula");
    expect_mistake("predict 'a + b'" + table, "\"y = a + b\"");
}

TEST(Show, WhatIsNoRun) {
    const TemporaryFolder folder;
    expect_mistake("show '" + (folder / "none") + "'", "no such run folder");
    expect_mistake("show '" + folder.path().string() + "'", "no run.json");
    write_run(folder / "run");
    std::ofstream(folder / "run/front.csv") << "Complexity,Loss,Equation,Validation,Score\n3,much\n";
    expect_mistake("show '" + (folder / "run") + "'", "front.csv, line 2");
}

TEST(Predict, TheChosenOneAndOthers) {
    const TemporaryFolder folder;
    write_run(folder / "run");
    std::ofstream(folder / "data.csv") << "y,x,other\n1,2,a\n3,4,b\n";
    const std::string run = "'" + (folder / "run") + "'", data = "'" + (folder / "data.csv") + "'";
    EXPECT_EQ(balmer_says("predict " + run + " " + data + " --complexity 3").output, "z\n4.246913578\n8.493827156\n");
    const Model model = load_model(folder / "run/models/complexity_007.json");
    const auto expected = predict(model, read_table(folder / "data.csv"))[0];
    EXPECT_EQ(balmer_says("predict " + run + " " + data + " -o '" + (folder / "out.csv") + "'").output, "");
    const Table written = read_table(folder / "out.csv");
    EXPECT_EQ(std::vector<double>(written.numeric[0].values().begin(), written.numeric[0].values().end()), expected);
    EXPECT_EQ(balmer_says("predict '" + (folder / "run/models/complexity_007.json") + "' " + data).output, read_file(folder / "out.csv"));
}

TEST(Predict, ClassesWithProbabilities) {
    const TemporaryFolder folder;
    Model model = testing::model_of({"x - 1"}, {"x"});
    model.task = Task::classification;
    model.link = "logistic";
    model.classes = {"gluon", "quark"};
    save(model, folder / "m.json");
    std::ofstream(folder / "data.csv") << "x\n1\n1000\n-1000\n";
    const Ran ran = balmer_says("predict '" + (folder / "m.json") + "' '" + (folder / "data.csv") + "'");
    EXPECT_EQ(ran.output, "label,probability_gluon,probability_quark\ngluon,0.5,0.5\nquark,0,1\ngluon,1,0\n");
}

TEST(Predict, Mistakes) {
    const TemporaryFolder folder;
    write_run(folder / "run");
    std::ofstream(folder / "data.csv") << "x,yy\n1,2\n";
    const std::string run = "'" + (folder / "run") + "'", data = "'" + (folder / "data.csv") + "'";
    expect_mistake("predict " + run + " " + data, "column 'y' is missing. Did you mean 'yy'?");
    expect_mistake("predict " + run + " " + data + " --complexity 5", "no formula of complexity 5; there are 3, 7");
    expect_mistake("predict " + run + " '" + (folder / "none.csv") + "'", "none.csv");
    expect_mistake("predict '" + (folder / "run/models/complexity_007.json") + "' " + data + " --complexity 3", "chooses from a run folder");
    expect_mistake("predict '" + (folder / "data.csv") + "' " + data, "not valid JSON");
    EXPECT_EQ(balmer_complains("predict " + run + " " + data + " -o '" + (folder / "out.csv") + "'").status, 2);
    EXPECT_FALSE(std::filesystem::exists(folder / "out.csv"));
}

TEST(Export, ToEveryFormat) {
    const TemporaryFolder folder;
    write_run(folder / "run");
    const Model model = load_model(folder / "run/models/complexity_007.json");
    for (const std::string& format : export_formats()) {
        const Ran ran = balmer_says("export '" + (folder / "run") + "' --to " + format);
        EXPECT_EQ(ran.status, 0) << format;
        EXPECT_EQ(ran.output, export_model(model, format));
    }
    expect_mistake("export '" + (folder / "run") + "' --to pyton", "Did you mean 'python'?");
    const std::string unwritable = folder / "no/such/folder/m.py";
    expect_mistake("export '" + (folder / "run") + "' --to python -o '" + unwritable + "'", "no/such/folder");
}

TEST(Output, AFullDiskLeavesNothing) {
    if (!std::filesystem::exists("/dev/full")) {
        GTEST_SKIP() << "no /dev/full on this system";
    }
    const TemporaryFolder folder;
    write_run(folder / "run");
    const Ran ran = testing::run_program(std::string("'") + BALMER_PROGRAM + "' export '" + (folder / "run") + "' --to c 2>&1 >/dev/full");
    EXPECT_EQ(ran.status, 2);
    EXPECT_NE(ran.output.find("cannot write to standard output"), std::string::npos) << ran.output;
}

TEST(Simplify, PrintsAShorterFormula) {
    EXPECT_EQ(balmer_says("simplify 'x - x + y'").output, "y\n");
    EXPECT_EQ(balmer_says("simplify '-x + x + twice(y)' --define 'twice(u) = 2*u'").status, 0);
    expect_mistake("simplify 'x +* y'", "  x +* y\n     ^");
    expect_mistake("simplify 'x' --measure tre", "tre");
}

TEST(Evaluate, OnATable) {
    const TemporaryFolder folder;
    std::ofstream(folder / "data.csv") << "x,y\n3,4\n0,-1\n";
    const std::string data = "'" + (folder / "data.csv") + "'";
    EXPECT_EQ(balmer_says("evaluate 'sqrt(x^2 + y^2)' " + data).output, "value\n5\n1\n");
    EXPECT_EQ(balmer_says("evaluate '-x + y' " + data).output, "value\n1\n-1\n");
    EXPECT_EQ(balmer_says("evaluate 'twice(x)' " + data + " --define 'twice(u) = 2*u'").output, "value\n6\n0\n");
    EXPECT_EQ(balmer_says("evaluate 'sqrt(y)' " + data).output, "value\n2\nnan\n");
    expect_mistake("evaluate 'x + z' " + data, "unknown name 'z'");
    EXPECT_EQ(balmer_complains("evaluate 'x + z' " + data + " -o '" + (folder / "out.csv") + "'").status, 2);
    EXPECT_FALSE(std::filesystem::exists(folder / "out.csv"));
}

TEST(Derivative, ByOneVariable) {
    EXPECT_EQ(balmer_says("derivative 'sin(x)*y' --by y").output, "sin(x)\n");
    EXPECT_EQ(balmer_says("derivative '-x' --by x").output, "-1\n");
    EXPECT_EQ(balmer_says("derivative 'x^x' --by x").output, "(log(x) + 1)*x^x\n");
    EXPECT_EQ(balmer_says("simplify 'x + -1'").output, "x - 1\n");
    expect_mistake("derivative 'mass*x' --by mas", "Did you mean 'mass'?");
}

TEST(Generate, TheSameRowsForTheSameSeed) {
    const TemporaryFolder folder;
    const std::string first = balmer_says("generate feynman:I.9.18 --rows 20 --seed 3").output;
    EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 21);
    EXPECT_EQ(balmer_says("generate feynman:I.9.18 --rows 20 --seed 3 -o '" + (folder / "g.csv") + "'").output, "");
    EXPECT_EQ(read_file(folder / "g.csv"), first);
    EXPECT_NE(balmer_says("generate feynman:I.9.18 --rows 20 --seed 4").output, first);
    EXPECT_NE(balmer_says("generate --list").output.find("feynman:I.9.18"), std::string::npos);
    expect_mistake("generate feynman:I.9.81", "I.9.18");
    expect_mistake("generate", "--list");
    expect_mistake("generate cms --rows -5", "--rows");
}

TEST(Info, SaysWhatRuns) {
    const std::string text = balmer_says("info").output;
    for (const char* line : {"version", "commit", "compiler", "instruction set", "threads", "HDF5"}) {
        EXPECT_NE(text.find(line), std::string::npos) << line;
    }
    const std::string operators = balmer_says("info --operators").output;
    EXPECT_NE(operators.find("sqrt        1          a >= 0"), std::string::npos) << operators;
}

}  // namespace
}  // namespace balmer
