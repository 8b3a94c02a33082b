#include "balmer/parameters.hpp"

#include <charconv>

#include "balmer/error.hpp"
#include "balmer/number.hpp"

namespace balmer {
namespace {

std::string joined(const std::vector<std::string>& items, char by) {
    std::string text;
    for (std::size_t i = 0; i < items.size(); ++i) text += (i ? std::string(1, by) : "") + items[i];
    return text;
}

struct TextOf {
    char by;
    std::string operator()(const std::string* v) const { return *v; }
    std::string operator()(const std::vector<std::string>* v) const { return joined(*v, by); }
    std::string operator()(const double* v) const { return format_double(*v); }
    std::string operator()(const std::int64_t* v) const { return std::to_string(*v); }
    std::string operator()(const bool* v) const { return *v ? "true" : "false"; }
};

struct FromText {
    const std::string& text;
    bool operator()(std::string* v) const { return *v = text, true; }
    bool operator()(std::vector<std::string>* v) const {
        v->clear();
        for (std::size_t begin = 0; begin < text.size();) {
            const auto end = std::min(text.find('\n', begin), text.size());
            v->push_back(text.substr(begin, end - begin));
            begin = end + 1;
        }
        return true;
    }
    bool operator()(double* v) const {
        const auto read = parse_double(text);
        if (read) *v = *read;
        return read.has_value();
    }
    bool operator()(std::int64_t* v) const {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *v);
        return error == std::errc{} && end == text.data() + text.size();
    }
    bool operator()(bool* v) const {
        *v = text == "true";
        return *v || text == "false";
    }
};

}  // namespace

std::vector<ParameterReference> references(FitParameters& parameters) {
    return {
#define BALMER_PARAMETER(group, type, name, value, allowed, help) &parameters.name,
#include "balmer/parameters.def"
#undef BALMER_PARAMETER
    };
}

const std::vector<ParameterInfo>& parameter_table() {
    static const std::vector<ParameterInfo> table = [] {
        std::vector<ParameterInfo> rows = {
#define BALMER_PARAMETER(group, type, name, value, allowed, help) {#name, #group, ParameterKind::type, "", allowed, help},
#include "balmer/parameters.def"
#undef BALMER_PARAMETER
        };
        FitParameters defaults;
        const auto values = references(defaults);
        for (std::size_t i = 0; i < rows.size(); ++i) rows[i].value = std::visit(TextOf{','}, values[i]);
        return rows;
    }();
    return table;
}

std::map<std::string, std::string> to_texts(const FitParameters& parameters) {
    FitParameters copy = parameters;
    std::map<std::string, std::string> texts{{"data", copy.data}};
    const auto values = references(copy);
    for (std::size_t i = 0; i < values.size(); ++i) texts[parameter_table()[i].name] = std::visit(TextOf{'\n'}, values[i]);
    return texts;
}

FitParameters from_texts(const std::map<std::string, std::string>& texts) {
    FitParameters parameters;
    const auto values = references(parameters);
    const auto& table = parameter_table();
    for (const auto& [name, text] : texts) {
        if (name == "data") {
            parameters.data = text;
            continue;
        }
        std::size_t i = 0;
        while (i < table.size() && table[i].name != name) ++i;
        if (i == table.size()) {
            std::vector<std::string> known;
            for (const auto& row : table) known.push_back(row.name);
            throw Error("unknown parameter '" + name + "'." + suggest(name, known));
        }
        if (!std::visit(FromText{text}, values[i]))
            throw Error({.name = name}, "'" + text + "' cannot be read; allowed: " + table[i].allowed);
    }
    return parameters;
}

}  // namespace balmer
