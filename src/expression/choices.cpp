#include "expression/choices.hpp"

#include <algorithm>
#include <cassert>
#include <set>

#include "expression/lexer.hpp"

namespace balmer {
namespace {

bool is_taken(const std::string& name, const Vocabulary& vocabulary) {
    if (std::ranges::find(vocabulary.features, name) != vocabulary.features.end()) return true;
    if (std::ranges::find(vocabulary.parameters, name) != vocabulary.parameters.end()) return true;
    return vocabulary.find_definition(name) >= 0 || vocabulary.find_category(name) >= 0;
}

}  // namespace

std::vector<std::string> mentioned_categories(std::string_view formulas) {
    std::vector<std::string> names;
    for (std::size_t begin = 0; begin <= formulas.size();) {
        const std::size_t end = std::min(formulas.find(';', begin), formulas.size());
        Lexer lexer(formulas.substr(begin, end - begin));
        begin = end + 1;
        bool opened = false;
        for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
            if (opened && token.kind == TokenKind::name && std::ranges::find(names, token.text) == names.end()) names.push_back(token.text);
            opened = token.kind == TokenKind::symbol && token.text == "[";
        }
    }
    return names;
}

bool has_choices(const Expression& expression) {
    return std::ranges::any_of(expression.nodes, [](const Node& node) { return node.op == Op::choose || node.op == Op::category; });
}

bool choices_are_whole(const Expression& expression) {
    std::size_t categories = 0, choices = 0;
    for (std::size_t i = 0; i < expression.size(); ++i) {
        const Node& node = expression.nodes[i];
        categories += node.op == Op::category;
        if (node.op != Op::choose) continue;
        ++choices;
        if (node.arity < 2 || node.length != static_cast<std::uint32_t>(node.arity) + 1) return false;
        if (expression.nodes[i - node.arity].op != Op::category) return false;
        for (std::size_t k = 1; k < node.arity; ++k)
            if (expression.nodes[i - k].op != Op::parameter) return false;
    }
    return categories == choices;
}

std::vector<std::string> parameter_names(const Expression& expression, const Vocabulary& vocabulary) {
    std::vector<std::string> names = vocabulary.parameters;
    names.resize(std::max(names.size(), expression.values.size()));
    std::set<std::string> given;
    for (std::size_t i = 0; i < expression.size(); ++i) {
        const Node& node = expression.nodes[i];
        if (node.op != Op::choose) continue;
        const auto first = static_cast<std::size_t>(expression.nodes[i - node.arity + 1].index);
        if (first >= names.size() || !names[first].empty()) continue;
        std::string name = "p";
        for (int number = 2; is_taken(name, vocabulary) || given.contains(name); ++number) name = "p" + std::to_string(number);
        given.insert(name);
        for (std::size_t k = node.arity - 1u; k > 0; --k) {
            const auto at = static_cast<std::size_t>(expression.nodes[i - k].index);
            if (at < names.size()) names[at] = name;
        }
    }
    return names;
}

HiddenChoices::HiddenChoices(const Expression& expression, std::size_t first_free) : first_(first_free), values_(expression.values) {
    assert(choices_are_whole(expression));
    for (const auto& node : expression.nodes)
        if (node.op == Op::feature) first_ = std::max(first_, static_cast<std::size_t>(node.index) + 1);
    // Lengths are made anew: each choice becomes one node.
    std::vector<std::uint32_t> lengths;
    for (std::size_t i = 0; i < expression.size(); ++i) {
        Node node = expression.nodes[i];
        if (node.op == Op::choose) {
            const std::vector<Node> part(expression.nodes.begin() + static_cast<std::ptrdiff_t>(expression.begin_of(i)),
                                         expression.nodes.begin() + static_cast<std::ptrdiff_t>(i) + 1);
            auto known = std::ranges::find(parts_, part);
            if (known == parts_.end()) known = parts_.insert(parts_.end(), part);
            visible_.nodes.resize(visible_.size() - node.arity);
            lengths.resize(lengths.size() - node.arity);
            node = {.op = Op::feature, .arity = 0, .length = 1, .index = static_cast<std::int32_t>(first_ + static_cast<std::size_t>(known - parts_.begin()))};
        } else {
            node.length = 1;
            for (std::size_t k = 0; k < node.arity; ++k) node.length += lengths[lengths.size() - 1 - k];
            lengths.resize(lengths.size() - node.arity);
        }
        lengths.push_back(node.length);
        visible_.nodes.push_back(node);
    }
    visible_.values = expression.values;
}

Expression HiddenChoices::restored(const Expression& rewritten, std::size_t kept) const {
    Expression result;
    result.values = rewritten.values;
    std::vector<std::int32_t> number(values_.size(), -1);
    std::vector<std::uint32_t> lengths;
    for (Node node : rewritten.nodes) {
        node.length = 1;
        for (std::size_t k = 0; k < node.arity; ++k) node.length += lengths[lengths.size() - 1 - k];
        lengths.resize(lengths.size() - node.arity);
        if (node.op != Op::feature || static_cast<std::size_t>(node.index) < first_) {
            lengths.push_back(node.length);
            result.nodes.push_back(node);
            continue;
        }
        for (Node inner : parts_[static_cast<std::size_t>(node.index) - first_]) {
            if (inner.op == Op::parameter && static_cast<std::size_t>(inner.index) >= kept) {
                auto& renumbered = number[static_cast<std::size_t>(inner.index)];
                if (renumbered < 0) {
                    renumbered = static_cast<std::int32_t>(result.values.size());
                    result.values.push_back(values_[static_cast<std::size_t>(inner.index)]);
                }
                inner.index = renumbered;
            }
            result.nodes.push_back(inner);
        }
        lengths.push_back(result.nodes.back().length);
    }
    return result;
}

}  // namespace balmer
