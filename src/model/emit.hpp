#pragma once

#include <array>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balmer/model.hpp"
#include "balmer/operators.hpp"
#include "model/names.hpp"

namespace balmer {

/// How one operator is written in a language. `text` holds #1 #2 #3 for operands and #n for the exponent of an integer
/// power; `precedence` is that of the text as in OperatorInfo (9: needs no brackets anywhere). Operands that stand
/// alone between brackets or commas get none of their own.
struct Spelling {
    Op op;
    std::string_view text;
    int precedence = 9;
};

/// A function that generated code brings along when it is used.
struct Helper {
    std::string_view name;
    std::string_view definition;
};

/// Which quotients are written with a plain slash; the others take the careful spelling of Op::divide.
enum class PlainDivision : std::uint8_t {
    always,      ///< dividing by zero gives an infinity
    by_columns,  ///< by numbers other than zero and by what reads a column: only bare numbers trap
    by_numbers,  ///< by numbers other than zero alone
};

/// What generated code of one language looks like.
struct Dialect {
    std::span<const Spelling> spellings;  ///< one per operator that formulas hold, checked by is_complete
    std::span<const Helper> helpers;      ///< a helper may call those before it
    std::string (*number)(double);        ///< a literal; negative ones come bracketed where needed
    std::string_view temporary;           ///< a line that names a value: #1 the name, #2 the value
    PlainDivision division;
    /// A value of p[axis]: #1 the table, #2 the category, #n how many there are. Empty: the language has none.
    std::string_view choice = "";
    /// The line that defines a table of values by category.
    std::string (*table)(const std::string& name, const CategoryAxis& axis, std::span<const double> values) = nullptr;
};

/// True when every operator of formulas has exactly one spelling.
constexpr bool is_complete(std::span<const Spelling> spellings) {
    std::array<int, op_count> count{};
    for (const Spelling& spelling : spellings) {
        ++count[static_cast<std::size_t>(spelling.op)];
    }
    for (std::size_t i = static_cast<std::size_t>(Op::pi); i <= static_cast<std::size_t>(Op::conditional); ++i) {
        if (count[i] != 1) {
            return false;
        }
    }
    return true;
}

/// A formula in code: lines that name deeply nested parts, then the value itself.
struct Code {
    std::vector<std::string> lines;
    std::string value;
};

/// Writes formulas of one model in one language and collects the helpers they need.
class Emitter {
public:
    /// `names` are the identifiers of columns and user operators in the language.
    Emitter(const Dialect& dialect, const ModelNames& names) : dialect_(dialect), names_(names) {}

    /// A formula; `arguments` are the names behind Op::argument. `parameters` (when not empty) are texts for the
    /// parameters; else their values are written.
    Code write(const Expression& expression, std::span<const std::string> arguments = {},
               std::span<const std::string> parameters = {});

    /// Counts the helper called `name` as used.
    void require(std::string_view name) { use_helpers(name); }

    /// The tables of values by category that formulas read so far.
    const std::vector<std::string>& tables() const { return tables_; }

    /// The helpers used so far, in the order of the dialect.
    std::vector<std::string_view> helpers() const;

private:
    struct Piece {
        std::string text;
        int precedence = 9;
        int depth = 1;
        bool is_nonzero_number = false;
        bool reads_column = false;
    };
    Piece leaf(const Node& node, const Expression& expression, std::span<const std::string> arguments,
               std::span<const std::string> parameters) const;
    Piece number(double value) const;
    Piece apply(const Node& node, std::span<Piece> operands);
    Piece choice(const Expression& expression, std::size_t at);
    std::string_view spelling(Op op) const;
    bool divides_plainly(const Piece& divisor) const;
    void use_helpers(std::string_view text);

    const Dialect& dialect_;
    const ModelNames& names_;
    std::set<std::string_view> used_;
    std::vector<std::string> tables_;
    int temporaries_ = 0;
};

/// The decimal text of a double with a point or exponent ("2.0", "1e-05"), as C, C++ and Python read it back.
std::string float_literal(double value);

/// Facts about a model for the head of a generated file, one per line: formulas, constants with their uncertainties,
/// columns with units and ranges, metrics, provenance.
std::vector<std::string> describe(const Model& model, const ModelNames& names);

/// Names of the columns that functions of one row take: features, then category axes.
std::vector<std::string> model_columns(const Model& model);

/// The model's features that formulas read or not, as a text list "pt1, eta1".
std::string joined(std::span<const std::string> names, std::string_view separator = ", ");

}  // namespace balmer
