#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "balmer/model.hpp"

namespace balmer {

/// Hands out identifiers ([A-Za-z_][A-Za-z0-9_]*) that differ from each other and from reserved words.
class UniqueNames {
public:
    explicit UniqueNames(std::set<std::string> reserved) : taken_(std::move(reserved)) {}
    /// `wanted` itself where it is free and an identifier; else the nearest that is ("pt (GeV)" becomes "pt_GeV", a
    /// second "x" becomes "x_2"). `fallback` names what has no letter in common with identifiers.
    std::string take(std::string_view wanted, std::string_view fallback);
    /// True when nobody has the name yet.
    bool is_free(const std::string& name) const { return taken_.count(name) == 0; }

private:
    std::set<std::string> taken_;
};

/// What the parts of a model are called in the code of one language.
struct ModelNames {
    std::vector<std::string> features;     ///< by feature index
    std::vector<std::string> outputs;      ///< by output; unlike each other, but not the reserved words and columns
    std::vector<std::string> definitions;  ///< by user operator
    std::vector<std::string> categories;   ///< by category axis: the argument that says the category
    std::vector<std::string> parameters;   ///< of the table of each p[axis], at its first parameter; "" for all others
    std::vector<CategoryAxis> axes;        ///< the model's

    /// What functions of one row take: columns, then categories.
    std::vector<std::string> arguments() const;
};
ModelNames name_model(const Model& model, std::set<std::string> reserved);

/// What the arguments of a user operator are called in the code of one language.
std::vector<std::string> argument_names(const Definition& definition, std::set<std::string> reserved);

/// The names of the outputs, as the user gave them.
std::vector<std::string> output_names(const Model& model);

/// Labels for the parameter table in text: a parameter's own name where it is an identifier and free, else p0, p1 ...
/// (or c0, k0 ... when a column takes one of these).
std::vector<std::string> label_parameters(const Model& model);

/// One line without control characters and with no backslash at its end, so that a name can neither end a comment nor
/// stretch it over the next line.
std::string one_line(std::string_view text);

}  // namespace balmer
