#include "search/neural/expand.hpp"

#include <cmath>
#include <map>
#include <set>

namespace balmer::neural {
namespace {

constexpr std::size_t most_carriers = 256, most_carried_inputs = 64;

// An atom is an input (layer 0, its index) or a kept node (layer l + 1, node).
using Atom = std::pair<std::size_t, std::size_t>;
struct Form {
    std::map<Atom, double> terms;
    double constant = 0;

    void add(const Form& other, double factor) {
        for (const auto& [atom, c] : other.terms) terms[atom] += factor * c;
        constant += factor * other.constant;
    }
};

class Expansion {
public:
    Expansion(const Layout& layout, std::span<const float> parameters) : layout_(layout), p_(parameters) {
        const auto& hidden = layout.shape().hidden;
        std::vector<Form> before;
        for (std::size_t i = 0; i < layout.shape().inputs; ++i) {
            before.emplace_back();
            if (p_[layout.input_threshold(i)] < 1) before.back().terms[{0, i}] = 1;
        }
        for (std::size_t l = 0; l <= hidden.size(); ++l) {
            rows_.push_back(rows_over(l, before));
            if (l < hidden.size()) before = nodes_over(l, rows_.back());
        }
    }

    std::optional<Expanded> network() {
        if (!choose_nodes()) return std::nullopt;
        Expanded made{.shape = {.inputs = layout_.shape().inputs, .outputs = layout_.shape().outputs, .hidden = {}}, .parameters = {}, .holds = {}};
        for (std::size_t l = 0; l < nodes_.size(); ++l) {
            const auto& old = layout_.shape().hidden[l];
            LayerShape layer;
            for (const auto n : nodes_[l].unary) layer.unary.push_back(old.unary[n]);
            layer.unary.resize(layer.unary.size() + nodes_[l].carried.size());
            for (const auto n : nodes_[l].binary) layer.binary.push_back(old.binary[n - old.unary.size()]);
            made.shape.hidden.push_back(std::move(layer));
        }
        const Layout layout(made.shape);
        made.parameters.assign(layout.size(), 0.0f);
        made.holds.assign(layout.weights(), Hold::free);
        for (std::size_t l = 0; l < nodes_.size(); ++l) write_layer(layout, l, made);
        for (std::size_t k = 0; k < layout_.shape().outputs; ++k) write_row(layout, nodes_.size(), k, rows_.back()[k], made);
        return made;
    }

private:
    struct Nodes {
        std::vector<std::size_t> unary, binary;  ///< old numbers of kept nodes
        std::vector<Atom> carried;
    };

    std::vector<Form> rows_over(std::size_t m, const std::vector<Form>& inputs) const {
        const auto& place = layout_.matrices()[m];
        std::vector<Form> rows(place.rows);
        for (std::size_t i = 0; i <= place.inputs; ++i)
            for (std::size_t j = 0; j < place.rows; ++j) {
                const std::size_t at = place.at(i, j);
                if (!(std::fabs(p_[at]) > p_[layout_.threshold(at)])) continue;
                const double w = static_cast<double>(p_[at]);
                if (i == place.inputs) rows[j].constant += w;
                else rows[j].add(inputs[i], w);
            }
        return rows;
    }

    std::vector<Form> nodes_over(std::size_t l, const std::vector<Form>& rows) const {
        const auto& layer = layout_.shape().hidden[l];
        const std::size_t u = layer.unary.size();
        std::vector<Form> nodes(layer.nodes());
        for (std::size_t n = 0; n < nodes.size(); ++n) {
            const std::size_t at = n < u ? layout_.unary_threshold(l, n) : layout_.binary_threshold(l, n - u);
            const std::size_t row = n < u ? n : u + 2 * (n - u);
            if (p_[at] < 1) {
                nodes[n].terms[{l + 1, n}] = 1;
                continue;
            }
            nodes[n] = rows[row];
            if (n >= u) nodes[n].add(rows[row + 1], 1);
        }
        return nodes;
    }

    // From the outputs back: which nodes stay, and what each layer carries on. False: nothing to read, or too much to carry.
    bool choose_nodes() {
        const auto& hidden = layout_.shape().hidden;
        nodes_.resize(hidden.size());
        std::set<Atom> read;
        for (const auto& row : rows_.back())
            for (const auto& [atom, c] : row.terms) read.insert(atom);
        if (read.empty()) return false;
        if (layout_.shape().inputs <= most_carried_inputs)
            for (std::size_t i = 0; i < layout_.shape().inputs; ++i)
                if (p_[layout_.input_threshold(i)] < 1) read.insert({0, i});
        for (std::size_t l = hidden.size(); l-- > 0;) {
            const std::size_t u = hidden[l].unary.size();
            std::set<Atom> before;
            for (const auto& atom : read) {
                if (atom.first != l + 1) {
                    nodes_[l].carried.push_back(atom);
                    before.insert(atom);
                    continue;
                }
                const std::size_t n = atom.second, row = n < u ? n : u + 2 * (n - u);
                (n < u ? nodes_[l].unary : nodes_[l].binary).push_back(n);
                for (std::size_t side = 0; side < (n < u ? 1u : 2u); ++side)
                    for (const auto& [of, c] : rows_[l][row + side].terms) before.insert(of);
            }
            if (nodes_[l].carried.size() > most_carriers) return false;
            read = std::move(before);
        }
        return true;
    }

    std::size_t position(std::size_t m, Atom atom) const {
        if (m == 0) return atom.second;
        const auto& nodes = nodes_[m - 1];
        std::size_t at = 0;
        for (const auto n : nodes.unary) {
            if (atom == Atom{m, n}) return at;
            ++at;
        }
        for (const auto& carried : nodes.carried) {
            if (atom == carried) return at;
            ++at;
        }
        for (const auto n : nodes.binary) {
            if (atom == Atom{m, n}) return at;
            ++at;
        }
        return at;
    }

    void write_row(const Layout& layout, std::size_t m, std::size_t j, const Form& form, Expanded& made) const {
        const auto& place = layout.matrices()[m];
        for (const auto& [atom, c] : form.terms) made.parameters[place.at(position(m, atom), j)] = static_cast<float>(c);
        made.parameters[place.at(place.inputs, j)] = static_cast<float>(form.constant);
    }

    void write_layer(const Layout& layout, std::size_t l, Expanded& made) const {
        const auto& nodes = nodes_[l];
        const std::size_t u = layout_.shape().hidden[l].unary.size(), new_u = nodes.unary.size() + nodes.carried.size();
        for (std::size_t k = 0; k < nodes.unary.size(); ++k) write_row(layout, l, k, rows_[l][nodes.unary[k]], made);
        for (std::size_t k = 0; k < nodes.carried.size(); ++k) {
            const std::size_t j = nodes.unary.size() + k, at = layout.matrices()[l].at(position(l, nodes.carried[k]), j);
            made.parameters[at] = 1;
            made.holds[at] = made.holds[layout.matrices()[l].at(layout.matrices()[l].inputs, j)] = Hold::carrier;
            made.parameters[layout.unary_threshold(l, j)] = 1;
        }
        for (std::size_t k = 0; k < nodes.binary.size(); ++k)
            for (std::size_t side = 0; side < 2; ++side) write_row(layout, l, new_u + 2 * k + side, rows_[l][u + 2 * (nodes.binary[k] - u) + side], made);
    }

    const Layout& layout_;
    std::span<const float> p_;
    std::vector<std::vector<Form>> rows_;  ///< by matrix, over atoms
    std::vector<Nodes> nodes_;             ///< by layer
};

}  // namespace

std::optional<Expanded> expand(const Layout& layout, std::span<const float> parameters) { return Expansion(layout, parameters).network(); }

}  // namespace balmer::neural
