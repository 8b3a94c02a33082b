#include "physics/feynman.hpp"

#include "balmer/data_folder.hpp"
#include "balmer/error.hpp"
#include "balmer/evaluate.hpp"
#include "balmer/expression.hpp"
#include "balmer/graph.hpp"
#include "balmer/hash.hpp"
#include "balmer/number.hpp"
#include "balmer/random.hpp"
#include "balmer/readers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace balmer {

namespace {

constexpr int most_draws = 10'000;  // of one row, before a formula counts as never finite

std::string text_at(const Table& table, const std::string& column, std::size_t row) {
    const auto found = table.find_text(column);
    return found ? table.text[*found].categories[table.text[*found].codes[row]] : std::string();
}

double number_at(const Table& table, const std::string& column, std::size_t row) {
    const auto found = table.find_numeric(column);
    if (!found) {
        throw Error(Place{.file = table.source, .name = column}, "this file of the Feynman set has no such column of numbers.");
    }
    return table.numeric[*found][row];
}

/// The bonus file writes minus as ~; everything else reads as it stands.
std::string our_notation(std::string formula) {
    std::replace(formula.begin(), formula.end(), '~', '-');
    return formula;
}

void append_equations(const std::string& file, std::vector<FeynmanEquation>& equations) {
    const Table table = read_table(find_data("feynman/" + file));
    for (std::size_t row = 0; row < table.rows; ++row) {
        FeynmanEquation equation;
        equation.name = text_at(table, "Filename", row);
        if (equation.name.empty()) {
            continue;
        }
        equation.output = text_at(table, "Output", row);
        equation.formula = our_notation(text_at(table, "Formula", row));
        for (int i = 1; i <= 10; ++i) {
            const std::string name = text_at(table, fmt::format("v{}_name", i), row);
            if (!name.empty()) {
                equation.variables.push_back({name, number_at(table, fmt::format("v{}_low", i), row),
                                              number_at(table, fmt::format("v{}_high", i), row), ""});
            }
        }
        equations.push_back(std::move(equation));
    }
}

/// "m=kg; v=m s^-1" by name.
std::map<std::string, std::string> split_units(const std::string& text) {
    std::map<std::string, std::string> units;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(';', begin), text.size());
        const std::size_t name = text.find_first_not_of(' ', begin);
        const std::size_t equals = text.find('=', begin);
        if (equals < end) {
            units[text.substr(name, equals - name)] = text.substr(equals + 1, end - equals - 1);
        }
        begin = end + 1;
    }
    return units;
}

void add_units(std::vector<FeynmanEquation>& equations) {
    const Table table = read_table(find_data("feynman/units.csv"));
    for (std::size_t row = 0; row < table.rows; ++row) {
        const std::string name = text_at(table, "equation", row);
        const auto found = std::find_if(equations.begin(), equations.end(), [&](const auto& equation) { return equation.name == name; });
        if (found == equations.end()) {
            continue;
        }
        found->unit = text_at(table, "target", row);
        std::map<std::string, std::string> units = split_units(text_at(table, "variables", row));
        for (FeynmanVariable& variable : found->variables) {
            variable.unit = units[variable.name];
        }
    }
}

const FeynmanEquation& find_equation(const std::vector<FeynmanEquation>& equations, const std::string& name) {
    std::vector<std::string> names;
    for (const FeynmanEquation& equation : equations) {
        if (equation.name == name) {
            return equation;
        }
        names.push_back(equation.name);
    }
    throw Error(fmt::format("there is no Feynman equation '{}'.{} They are called I.6.2a ... III.21.20 and test_1 ... test_20.", name,
                            suggest(name, names)));
}

/// One row of variables and its target.
double draw_row(const FeynmanEquation& equation, const Graph& graph, RandomStream random, std::vector<double>& row) {
    for (int draw = 0; draw < most_draws; ++draw) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            row[i] = random.uniform(equation.variables[i].low, equation.variables[i].high);
        }
        const double target = evaluate_row(graph, graph.values(), row).front();
        if (std::isfinite(target)) {
            return target;
        }
    }
    throw Error(fmt::format("the formula of {} is finite nowhere in its ranges.", equation.name));
}

void add_noise(std::vector<double>& target, double noise, const RandomStream& random) {
    double largest = 0, sum = 0;
    for (const double value : target) {
        largest = std::max(largest, std::abs(value));
    }
    for (const double value : target) {
        sum += largest > 0 ? (value / largest) * (value / largest) : 0;
    }
    const double size = noise * largest * std::sqrt(sum / static_cast<double>(target.size()));
    for (std::size_t row = 0; row < target.size(); ++row) {
        target[row] += size * random.split(row).normal();
    }
}

}  // namespace

std::vector<FeynmanEquation> feynman_equations() {
    std::vector<FeynmanEquation> equations;
    append_equations("FeynmanEquations.csv", equations);
    append_equations("BonusEquations.csv", equations);
    add_units(equations);
    return equations;
}

Table generate_feynman(const std::string& name, std::size_t rows, double noise, std::uint64_t seed) {
    if (!(noise >= 0) || !std::isfinite(noise)) {
        throw Error(fmt::format("the noise is {}; it must be 0 or more, such as 0.01 for 1 % of the target's root mean square.",
                                format_double(noise)));
    }
    if (rows == 0) {
        throw Error("0 rows are asked for; at least 1 is needed.");
    }
    const std::vector<FeynmanEquation> equations = feynman_equations();
    const FeynmanEquation& equation = find_equation(equations, name);
    Vocabulary vocabulary;
    for (const FeynmanVariable& variable : equation.variables) {
        vocabulary.features.push_back(variable.name);
    }
    const Vocabulary& fixed = vocabulary;
    const Graph graph = to_graph(parse(equation.formula, fixed));
    const RandomStream stream = RandomStream(seed).split(hash(name));
    std::vector<std::vector<double>> columns(equation.variables.size(), std::vector<double>(rows));
    std::vector<double> target(rows), row(equation.variables.size());
    for (std::size_t i = 0; i < rows; ++i) {
        target[i] = draw_row(equation, graph, stream.split(i), row);
        for (std::size_t j = 0; j < row.size(); ++j) {
            columns[j][i] = row[j];
        }
    }
    if (noise > 0) {
        add_noise(target, noise, stream.split(hash("noise")));
    }
    Table table;
    table.rows = rows;
    table.source = "feynman:" + name;
    for (std::size_t j = 0; j < columns.size(); ++j) {
        table.numeric.emplace_back(equation.variables[j].name, std::move(columns[j]), equation.variables[j].unit);
    }
    table.numeric.emplace_back(equation.output, std::move(target), equation.unit);
    for (const Column& column : table.numeric) {
        table.order.push_back(column.name());
    }
    return table;
}

}  // namespace balmer
