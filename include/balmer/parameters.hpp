#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace balmer {

/// Kinds of values a user can set, named as in parameters.def.
namespace parameter_type {
using Text = std::string;                   ///< a word or a formula
using TextList = std::vector<std::string>;  ///< repeatable, also separated by commas
using Texts = std::vector<std::string>;     ///< repeatable; commas belong to the text
using Number = double;                      ///< a real number
using Integer = std::int64_t;               ///< a whole number
using Flag = bool;                          ///< given or not
}  // namespace parameter_type

/// Everything a user can set for a fit, by the names of parameters.def.
struct FitParameters {
    std::string data;  ///< path of the table
    std::set<std::string> stated;  ///< names of what the user set, where the caller knows: tells a default from the same value asked for
#define BALMER_PARAMETER(group, type, name, value, allowed, help) parameter_type::type name = value;
#include "balmer/parameters.def"
#undef BALMER_PARAMETER
};

/// Which C++ type a parameter has.
enum class ParameterKind : std::uint8_t { Text, TextList, Texts, Number, Integer, Flag };

/// One row of parameters.def as text.
struct ParameterInfo {
    std::string name;     ///< with underscores
    std::string group;    ///< data, formulas, loss, search, run
    ParameterKind kind = ParameterKind::Text;
    std::string value;    ///< default as text
    std::string allowed;  ///< what may be given
    std::string help;     ///< what it does
};

/// All rows, in order.
const std::vector<ParameterInfo>& parameter_table();

/// Pointer to one member, for code that goes through all of them.
using ParameterReference = std::variant<std::string*, std::vector<std::string>*, double*, std::int64_t*, bool*>;
/// References in the order of parameter_table().
std::vector<ParameterReference> references(FitParameters& parameters);

/// Text of every parameter by name (lists joined by newlines), and back; what run.json keeps.
std::map<std::string, std::string> to_texts(const FitParameters& parameters);
/// Throws balmer::Error for an unknown name ("did you mean") or a value of the wrong kind.
FitParameters from_texts(const std::map<std::string, std::string>& texts);

}  // namespace balmer
