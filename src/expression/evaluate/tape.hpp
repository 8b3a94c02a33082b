#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "balmer/evaluate.hpp"
#include "expression/evaluate/kernels.hpp"

namespace balmer {

/// What an operand is, in the top two bits of a Reference; the rest is its number. `value` is an operation of the lowered program; in steps
/// that are being made it is a register, and `output` a column of results.
enum class Kind : std::uint32_t { scalar, column, value, output };
using Reference = std::uint32_t;
constexpr Reference refer(Kind kind, std::uint32_t number) { return static_cast<std::uint32_t>(kind) << 30 | number; }
constexpr Kind kind_of(Reference r) { return static_cast<Kind>(r >> 30); }
constexpr std::uint32_t number_of(Reference r) { return r & 0x3fffffffu; }
constexpr std::uint32_t unset = ~0u;  ///< no number yet

constexpr bool is_arithmetic(Op op) { return op >= Op::add && op <= Op::divide; }

/// A number that is the same in every row: computed once per call, in double.
struct Scalar {
    enum class Source : std::uint8_t { literal, parameter, operation } source = Source::literal;
    Op op = Op::add;               ///< of an operation
    std::int32_t index = 0;        ///< parameter, or exponent of integer_power
    std::uint32_t operand[3] = {}; ///< scalars before this one
    double literal = 0;
};

/// An operation on rows, in the small language of the kernels: the four arithmetic operations and functions.
struct Lowered {
    Op op = Op::add;
    std::uint8_t arity = 2;
    std::int32_t index = 0;
    Reference operand[3] = {};
};

/// A formula ready to run: scalars, then steps over tiles. Slots of steps are scalars, columns, registers and outputs in this order.
struct Program::Tape {
    std::vector<Scalar> scalars;
    std::vector<std::int32_t> columns;  ///< feature of each column in use
    std::vector<Lowered> values;        ///< operands before users
    std::vector<Reference> roots;
    std::size_t parameters = 0, features = 0, nodes = 0;

    std::vector<kernels::Step> steps;
    std::uint32_t registers = 0;
    /// The last step writes output 0, which nothing reads: a loss may be accumulated in its place.
    bool ends_in_output = false;

    std::uint64_t stamp = 0;             ///< new with every compilation in this process
    std::vector<double> initial;         ///< parameter values of the formula
    std::vector<double> initial_scalars; ///< the scalars for these values
    Expression source;                   ///< what `graph` is made from, when it was an expression
    mutable std::once_flag graph_made_once;
    mutable std::unique_ptr<Graph> graph;

    std::size_t slots() const { return scalars.size() + columns.size() + registers + roots.size(); }
    std::size_t first_column() const { return scalars.size(); }
    std::size_t first_register() const { return scalars.size() + columns.size(); }
    std::size_t first_output() const { return first_register() + registers; }
};

/// Fills `tape` anew, reusing its memory. Throws balmer::Error for holes.
void compile(Program::Tape& tape, const Expression& expression, std::span<const Definition> definitions);
void compile(Program::Tape& tape, const Graph& graph);
/// Second half of compilation: scalars, columns, values and roots are there, steps and registers follow.
void schedule(Program::Tape& tape);
/// The scalars of a tape for these parameters.
void evaluate_scalars(const Program::Tape& tape, std::span<const double> parameters, std::span<double> result);

}  // namespace balmer
