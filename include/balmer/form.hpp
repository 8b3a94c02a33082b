#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balmer/expression.hpp"

namespace balmer {

/// An unknown function of a partly known form.
struct Hole {
    std::string name;
    std::vector<std::string> arguments;  ///< what it is applied to where it stands first, as text
};

/// A partly known formula, such as sin(f(x, y)) + p[detector]*g(z): Op::hole nodes are unknown functions, which see their operands and
/// nothing else; names that are no columns are constants to be fitted; numbers stay as they are. A formula for a hole is an Expression
/// whose feature k is the hole's argument k. docs/decisions/partly-known-forms.md says why.
struct Form {
    Expression expression;
    std::vector<std::string> parameters;  ///< name by parameter index; "" for a number, which no fit may move
    std::vector<Hole> holes;              ///< by index of Op::hole

    /// Number of arguments of a hole.
    std::size_t arity(std::size_t hole) const { return holes[hole].arguments.size(); }
};

/// Reads a form. `vocabulary` gives columns, user operators and category axes. Throws balmer::Error as parse() does; also for an unknown
/// function that depends on no column.
Form parse_form(std::string_view text, const Vocabulary& vocabulary);

/// `form` with the formulas of its holes written in: a plain formula whose parameters are the form's, then those of each hole in order, one
/// of each however often the hole occurs. `form` is Form::expression, with any values.
Expression filled(const Expression& form, std::span<const Expression> holes);

/// Whether an unknown function occurs.
bool has_holes(const Expression& expression);

/// "f(x, y) = x*y + 1": a hole with what was found for it, in terms of its arguments where they are names, else as f(a, b) of letters.
std::string print_hole(const Hole& hole, const Expression& found, const Vocabulary& vocabulary, const PrintOptions& options = {});

}  // namespace balmer
