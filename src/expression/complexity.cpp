#include "balmer/complexity.hpp"

#include <cstdlib>
#include <fstream>
#include <map>

#include <fmt/format.h>

#include "balmer/error.hpp"
#include "expression/operator_cycles.hpp"
#include "expression/sympy_count.hpp"

namespace balmer {
namespace {

constexpr int largest_weight = 1'000'000;

std::string trimmed(const std::string& text) {
    const auto first = text.find_first_not_of(" \t\r\""), last = text.find_last_not_of(" \t\r\"");
    return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

// Names of a weights file: those of the operator table, and words for what has no name or no name of its own there.
std::map<std::string, Op, std::less<>> weight_names() {
    std::map<std::string, Op, std::less<>> names;
    for (const auto& row : operator_table())
        if (row.op < Op::sum && !names.contains(row.name)) names.emplace(row.name, row.op);
    names.insert({{"negate", Op::negate}, {"constant", Op::parameter}, {"variable", Op::feature}, {"integer_power", Op::integer_power}});
    return names;
}

void read_weight(const std::string& line, const Place& place, std::array<int, op_count>& weight) {
    const auto comma = line.rfind(',');
    if (comma == std::string::npos)
        throw Error(place, fmt::format("'{}' is not a line of operator and weight. Write for instance: sin,8", line));
    const auto name = trimmed(line.substr(0, comma)), number = trimmed(line.substr(comma + 1));
    const auto names = weight_names();
    auto op = find_operator(name);
    if (const auto found = names.find(name); found != names.end()) op = found->second;
    if (!op) {
        std::vector<std::string> known;
        for (const auto& [word, unused] : names) known.push_back(word);
        throw Error(place, fmt::format("Unknown operator '{}'.{} `balmer info` lists the operators.", name, suggest(name, known)));
    }
    char* end = nullptr;
    const long value = std::strtol(number.c_str(), &end, 10);
    if (number.empty() || *end != '\0' || value < 0 || value > largest_weight)
        throw Error(place, fmt::format("The weight of '{}' is '{}'; a weight is a whole number from 0 to {}.", name, number, largest_weight));
    weight[static_cast<std::size_t>(*op)] = static_cast<int>(value);
}

std::array<int, op_count> read_weights(const std::string& path, std::array<int, op_count> weight) {
    std::ifstream file(path);
    if (!file)
        throw Error(fmt::format("Unknown complexity '{}', and no file of that name can be read. Allowed are tree, sympy, cycles, "
                                "cycles:16,6 (and other precisions), or the path of a file with lines 'operator,weight'.{}",
                                path, suggest(path, std::vector<std::string>{"tree", "sympy", "cycles"})));
    std::string line;
    std::size_t number = 0, read = 0;
    while (std::getline(file, line)) {
        ++number;
        line = trimmed(line);
        if (line.empty() || line[0] == '#' || (read == 0 && line == "operator,weight")) continue;
        read_weight(line, {path, number}, weight);
        ++read;
    }
    if (read == 0) throw Error(Place{path}, "The weights file holds no lines 'operator,weight'.");
    return weight;
}

// Multiplications that repeated squaring takes for x^n.
int multiplications(int exponent) {
    int count = 0;
    for (unsigned n = static_cast<unsigned>(std::abs(exponent)); n > 1; n >>= 1) count += 1 + static_cast<int>(n & 1);
    return count;
}

}  // namespace

ComplexityMeasure::ComplexityMeasure() {
    for (const auto& row : operator_table()) weight_[static_cast<std::size_t>(row.op)] = row.complexity;
}

ComplexityMeasure ComplexityMeasure::from_name(const std::string& name) {
    ComplexityMeasure measure;
    if (name == "tree") return measure;
    measure.name_ = name;
    if (name == "sympy") {
        measure.kind_ = Kind::sympy;
    } else if (name == "cycles" || name.starts_with("cycles:")) {
        measure.kind_ = Kind::cycles;
        measure.weight_ = operator_cycles(name == "cycles" ? "16,6" : name.substr(7));
    } else {
        measure.weight_ = read_weights(name, measure.weight_);
    }
    return measure;
}

ComplexityMeasure ComplexityMeasure::from_cost(std::string name, std::function<int(std::span<const Expression>)> cost) {
    ComplexityMeasure measure;
    measure.name_ = std::move(name);
    measure.kind_ = Kind::external;
    measure.cost_ = std::move(cost);
    return measure;
}

int ComplexityMeasure::weight(Op op, std::int32_t index) const {
    const int weight = weight_[static_cast<std::size_t>(op)];
    if (kind_ != Kind::cycles || op != Op::integer_power) return weight;
    return weight * multiplications(index) + (index < 0 ? weight_[static_cast<std::size_t>(Op::inverse)] : 0);
}

int ComplexityMeasure::operator()(const Expression& expression) const {
    if (kind_ == Kind::sympy) return sympy_count(expression);
    if (kind_ == Kind::external) return cost_({&expression, 1});
    int total = 0;
    for (const auto& node : expression.nodes) {
        total += weight(node.op, node.index);
        // p[axis] is a constant and a column, however many values it has.
        if (node.op == Op::choose) total -= (node.arity - 2) * weight(Op::parameter);
    }
    return total;
}

int ComplexityMeasure::total(std::span<const Expression> outputs) const {
    if (kind_ == Kind::external) return cost_(outputs);
    int total = 0;
    for (const auto& output : outputs) total += (*this)(output);
    return total;
}

}  // namespace balmer
