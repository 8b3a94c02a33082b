#pragma once

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "balmer/evaluate.hpp"

namespace balmer::testing {

/// Operators that evaluation knows, but leaves, calls and the n-ary ones of graphs.
inline std::vector<Op> fixed_arity_operators() {
    std::vector<Op> result;
    for (const auto& row : operator_table())
        if (row.arity > 0) result.push_back(row.op);
    return result;
}

/// A random tree of about `size` nodes over `features` features, constants in [.5, 2].
inline Expression random_tree(std::mt19937_64& random, std::span<const Op> operators, int size, int features) {
    if (size <= 1) {
        if (random() % 4 == 0) return Expression::constant(std::uniform_real_distribution<>(.5, 2)(random));
        return Expression::feature(static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(features)));
    }
    const Op op = operators[random() % operators.size()];
    const int arity = info(op).arity;
    std::vector<Expression> operands;
    int rest = size - 1;
    for (int k = 0; k < arity; ++k) {
        const int share = k + 1 == arity ? rest : static_cast<int>(random() % static_cast<std::uint64_t>(std::max(rest, 1)));
        operands.push_back(random_tree(random, operators, share, features));
        rest -= share;
    }
    const std::int32_t exponents[] = {-3, -2, 4, 5};
    return Expression::apply(op, operands, op == Op::integer_power ? exponents[random() % 4] : 0);
}

/// Columns of random numbers in [low, high].
template <class Real>
struct Table {
    std::vector<std::vector<Real>> values;
    std::vector<const Real*> pointers;
    std::size_t rows;

    Table(std::mt19937_64& random, std::size_t columns, std::size_t count, double low, double high)
        : values(columns, std::vector<Real>(count)), rows(count) {
        std::uniform_real_distribution<> draw(low, high);
        for (auto& column : values) {
            for (auto& x : column) x = static_cast<Real>(draw(random));
            pointers.push_back(column.data());
        }
    }
    Columns<Real> columns() const { return {pointers, rows, 0}; }
    std::vector<double> row(std::size_t i) const {
        std::vector<double> result;
        for (const auto& column : values) result.push_back(static_cast<double>(column[i]));
        return result;
    }
};

/// Equal bits; any NaN equals any NaN.
template <class Real>
bool same(Real a, Real b) {
    return (a != a && b != b) || std::memcmp(&a, &b, sizeof a) == 0;
}

/// Outputs of a program, output[k][row].
template <class Real>
std::vector<std::vector<Real>> run(const Program& program, std::span<const double> parameters, const Columns<Real>& columns,
                                   InstructionSet set = InstructionSet::automatic) {
    std::vector<std::vector<Real>> result(program.outputs(), std::vector<Real>(columns.rows));
    std::vector<Real*> pointers;
    for (auto& column : result) pointers.push_back(column.data());
    evaluate(program, parameters, columns, pointers, set);
    return result;
}

}  // namespace balmer::testing
