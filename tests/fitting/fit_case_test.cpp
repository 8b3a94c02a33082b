#include "fitting/fit_case.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "balmer/graph.hpp"

using namespace balmer;

namespace fit_case {
namespace {

struct Parsed {
    Graph graph;
    std::vector<std::string> names;
};

Parsed parse_all(const std::vector<std::string>& texts, const std::vector<std::string>& features) {
    // All formulas share named parameters; an unnamed number is a constant of its own.
    Parsed result;
    std::map<std::string, std::uint32_t> known;
    for (const auto& text : texts) {
        Vocabulary vocabulary;
        vocabulary.features = features;
        const Expression expression = parse(text, vocabulary, UnknownName::parameter);
        std::vector<std::uint32_t> parameters, stack;
        for (std::size_t i = 0; i < expression.values.size(); ++i) {
            const std::string name = i < vocabulary.parameters.size() ? vocabulary.parameters[i] : "";
            const auto found = known.find(name);
            if (!name.empty() && found != known.end()) {
                parameters.push_back(found->second);
                continue;
            }
            parameters.push_back(result.graph.add_parameter(expression.values[i]));
            result.names.push_back(name);
            if (!name.empty()) known[name] = parameters.back();
        }
        for (const auto& node : expression.nodes) {
            const std::vector<std::uint32_t> operands(stack.end() - node.arity, stack.end());
            stack.resize(stack.size() - node.arity);
            stack.push_back(node.op == Op::parameter ? parameters.at(static_cast<std::size_t>(node.index))
                                                     : result.graph.add(node.op, operands, node.index));
        }
        result.graph.add_root(stack.back());
    }
    return result;
}

}  // namespace

Formulas::Formulas(const std::vector<std::string>& texts, const std::vector<std::string>& features,
                   const std::vector<std::string>& parameters)
    : program(parse_all(texts, features).graph) {
    const Parsed parsed = parse_all(texts, features);
    values.assign(parsed.graph.values().begin(), parsed.graph.values().end());
    for (const auto& name : parsed.names) fixed.push_back(name.empty());
    for (const auto& name : parameters) {
        const auto found = std::ranges::find(parsed.names, name);
        if (found == parsed.names.end()) throw std::runtime_error("no parameter " + name);
        position.push_back(static_cast<std::size_t>(found - parsed.names.begin()));
    }
}

Dataset dataset(const std::map<std::string, std::vector<double>>& columns) {
    Dataset data;
    for (const auto& [name, values] : columns) {
        Column column(name, values);
        if (name == "y") data.targets = {column};
        else if (name == "sigma") data.sigma = column;
        else if (name == "weight") data.weights = column;
        else data.features.push_back(column);
    }
    return data;
}

std::vector<double> Case::numbers(const std::string& key) const {
    std::vector<double> result;
    for (const auto& word : words(key)) result.push_back(std::stod(word));
    return result;
}

std::vector<std::string> Case::words(const std::string& key) const {
    std::istringstream stream(one(key));
    return {std::istream_iterator<std::string>(stream), {}};
}

std::vector<Case> read_cases(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path);
    std::vector<Case> cases;
    std::string line;
    while (std::getline(file, line)) {
        if (line.empty() || line[0] == '#') continue;
        const auto space = line.find(' ');
        const std::string key = line.substr(0, space), rest = line.substr(space + 1);
        if (key == "case") cases.emplace_back();
        if (key != "row") {
            cases.back().text[key].push_back(rest);
            continue;
        }
        std::istringstream stream(rest);
        for (const auto& name : cases.back().words("columns")) {
            double value = 0;
            stream >> value;
            cases.back().columns[name].push_back(value);
        }
    }
    return cases;
}

Fitted fit_formulas(const Formulas& formulas, const Dataset& data, const LossOptions& loss, const std::vector<double>& start,
                    bool sigma_is_known, int iterations) {
    std::vector<double> x = formulas.values;
    for (std::size_t i = 0; i < start.size(); ++i) x[formulas.position[i]] = start[i];
    const auto bound = bind_loss(loss, data);
    const auto pointers = feature_pointers(data);
    const Columns<double> columns{pointers, data.rows(), 0};
    FitOptions options;
    options.fixed = formulas.fixed;
    options.maximum_iterations = iterations;
    options.tolerance = 1e-20;
    Fitted fitted;
    fitted.result = fit(formulas.program, x, columns, *bound, options);
    fitted.loss = fitted.result.loss;
    const auto matrix = covariance(formulas.program, fitted.result.values, columns, *bound, sigma_is_known, formulas.fixed);
    for (const auto i : formulas.position) {
        fitted.values.push_back(fitted.result.values[i]);
        fitted.errors.push_back(std::sqrt(matrix[i * x.size() + i]));
    }
    return fitted;
}

TEST(FitCase, SharesNamedParametersAndFixesNumbers) {
    const Formulas formulas({"a*x + 2", "a - x"}, {"x"}, {"a"});
    EXPECT_EQ(formulas.program.outputs(), 2u);
    EXPECT_EQ(formulas.program.parameters(), 2u);
    EXPECT_FALSE(formulas.fixed[formulas.position[0]]);
    EXPECT_EQ(std::ranges::count(formulas.fixed, true), 1);
}

}  // namespace fit_case
