#include "model/python_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "balmer/number.hpp"

namespace balmer {

std::set<std::string> python_reserved_words(std::span<const Helper> helpers) {
    std::set<std::string> words = {"False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
            "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
            "not", "or", "pass", "raise", "return", "try", "while", "with", "yield", "abs", "float", "sum", "max", "min",
            "tuple", "hasattr", "print", "super", "math", "np", "sympy", "torch", "predict", "classify", "probabilities",
            "classes", "self"};
    for (const Helper& helper : helpers) {
        words.emplace(helper.name);
    }
    return words;
}

std::string python_head(const Model& model, const ModelNames& names) {
    std::string text;
    for (const std::string& line : describe(model, names)) {
        text += "# " + line + "\n";
    }
    return text;
}

std::string python_lines(const Code& code, std::string_view indent) {
    std::string text;
    for (const std::string& line : code.lines) {
        text += fmt::format("{}{}\n", indent, line);
    }
    return text;
}

std::string python_definitions(const Model& model, const ModelNames& names, const std::set<std::string>& reserved, Emitter& emitter) {
    std::string text;
    for (std::size_t i = 0; i < names.definitions.size(); ++i) {
        const Definition& definition = model.vocabulary.definitions[i];
        const std::vector<std::string> arguments = argument_names(definition, reserved);
        const Code code = emitter.write(definition.body, arguments);
        text += fmt::format("\n\ndef {}({}):\n{}    return {}\n", names.definitions[i], joined(arguments), python_lines(code, "    "), code.value);
    }
    return text;
}

std::string python_helpers(const Emitter& emitter) {
    std::string text;
    for (const std::string_view helper : emitter.helpers()) {
        text += fmt::format("\n\n{}\n", helper);
    }
    return text;
}

std::string python_text(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += std::string("\\") + c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            result += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
        } else {
            result += c;
        }
    }
    return result + "\"";
}

std::string python_list(const std::vector<std::string>& texts) {
    std::vector<std::string> quoted;
    for (const std::string& text : texts) {
        quoted.push_back(python_text(text));
    }
    return "[" + joined(quoted) + "]";
}

std::string python_table(const std::string& name, const CategoryAxis& axis, std::span<const double> values) {
    const bool are_numbers = std::ranges::all_of(axis.labels, [](const std::string& label) { return parse_double(label).has_value(); });
    std::vector<std::string> entries;
    for (std::size_t k = 0; k < axis.labels.size(); ++k) {
        entries.push_back(fmt::format("{}: {}", are_numbers ? axis.labels[k] : python_text(axis.labels[k]), python_number(values[k])));
    }
    return fmt::format("{} = {{{}}}  # by {}", name, joined(entries), one_line(axis.name));
}

std::string python_number(double value) {
    if (std::isfinite(value)) {
        return float_literal(value);
    }
    return std::isnan(value) ? "float(\"nan\")" : value > 0 ? "float(\"inf\")" : "-float(\"inf\")";
}

}  // namespace balmer
