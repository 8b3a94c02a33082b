#include "report/flow.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "report/markup.hpp"

namespace balmer::report {
namespace {

constexpr double character = 6.9, line_height = 15, padding = 9, gap_within = 16, smallest_gap = 46, edge_of_page = 14;

// A box, or a bend of an arrow that passes through a layer.
struct Place {
    std::size_t layer = 0;
    double width = 0, height = 0;  // in pixels
    double along = 0, across = 0;  // centre: in the direction of the flow, and at right angles to it
    std::vector<std::size_t> before, after;
};

// UTF-8: bytes that continue a character take no room of their own.
std::size_t characters(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](unsigned char c) { return (c & 0xc0) != 0x80; }));
}

class Layout {
public:
    explicit Layout(const Flow& flow) : flow_(flow), down_(flow.direction == Direction::down) {
        make_boxes();
        assign_layers();
        connect();
        order();
        place();
    }

    std::string draw() const;

private:
    void make_boxes();
    void assign_layers();
    void connect();
    void order();
    void place();
    void spread(std::vector<std::size_t>& layer, const std::vector<double>& wanted);
    double extent(const Place& p) const { return down_ ? p.width : p.height; }  // across the flow
    double length(const Place& p) const { return down_ ? p.height : p.width; }
    double x(const Place& p) const { return down_ ? p.across : p.along; }
    double y(const Place& p) const { return down_ ? p.along : p.across; }
    double mean(const std::vector<std::size_t>& neighbours, double otherwise, bool by_rank) const;
    std::string arrow(std::size_t edge) const;
    std::string box(std::size_t node) const;
    double name_height() const { return flow_.layer_names.empty() ? 0 : 24; }

    const Flow& flow_;
    bool down_;
    std::vector<Place> places_;                     // boxes first, then bends
    std::vector<std::vector<std::size_t>> layers_;  // places in order
    std::vector<std::vector<std::size_t>> routes_;  // by edge: places from box to box
    std::vector<std::size_t> rank_;
    std::vector<double> centre_, half_;  // of each layer, along the flow
    double across_end_ = 0;
};

void Layout::make_boxes() {
    for (const auto& node : flow_.nodes) {
        std::size_t longest = 1;
        for (const auto& line : node.lines) longest = std::max(longest, characters(line));
        Place place;
        place.width = character * static_cast<double>(longest) + 2 * padding;
        place.height = line_height * static_cast<double>(std::max<std::size_t>(node.lines.size(), 1)) + padding;
        places_.push_back(place);
    }
}

void Layout::assign_layers() {
    const std::size_t count = flow_.nodes.size();
    for (std::size_t i = 0; i < count; ++i) places_[i].layer = flow_.nodes[i].layer < 0 ? 0 : static_cast<std::size_t>(flow_.nodes[i].layer);
    for (std::size_t round = 0; round <= count; ++round) {
        bool moved = false;
        for (const auto& edge : flow_.edges) {
            auto& to = places_[edge.to];
            const auto least = places_[edge.from].layer + 1;
            if (flow_.nodes[edge.to].layer >= 0 || to.layer >= least) continue;
            to.layer = least;
            moved = true;
        }
        if (!moved) break;
        assert(round < count && "the arrows form a circle");
    }
}

void Layout::connect() {
    for (const auto& edge : flow_.edges) {
        std::vector<std::size_t> route = {edge.from};
        for (std::size_t layer = places_[edge.from].layer + 1; layer < places_[edge.to].layer; ++layer) {
            Place bend;
            bend.layer = layer;
            bend.height = bend.width = 6;
            places_.push_back(bend);
            route.push_back(places_.size() - 1);
        }
        route.push_back(edge.to);
        for (std::size_t i = 0; i + 1 < route.size(); ++i) {
            places_[route[i]].after.push_back(route[i + 1]);
            places_[route[i + 1]].before.push_back(route[i]);
        }
        routes_.push_back(std::move(route));
    }
    std::size_t deepest = 0;
    for (const auto& p : places_) deepest = std::max(deepest, p.layer);
    layers_.resize(deepest + 1);
    for (std::size_t i = 0; i < places_.size(); ++i) layers_[places_[i].layer].push_back(i);
}

double Layout::mean(const std::vector<std::size_t>& neighbours, double otherwise, bool by_rank) const {
    if (neighbours.empty()) return otherwise;
    double sum = 0;
    for (const auto n : neighbours) sum += by_rank ? static_cast<double>(rank_[n]) : places_[n].across;
    return sum / static_cast<double>(neighbours.size());
}

void Layout::order() {
    rank_.assign(places_.size(), 0);
    const auto number = [this](const std::vector<std::size_t>& layer) {
        for (std::size_t i = 0; i < layer.size(); ++i) rank_[layer[i]] = i;
    };
    for (const auto& layer : layers_) number(layer);
    constexpr int sweeps = 12;
    for (int sweep = 0; sweep < sweeps; ++sweep) {
        const bool forward = sweep % 2 == 0;
        for (std::size_t k = 0; k < layers_.size(); ++k) {
            auto& layer = layers_[forward ? k : layers_.size() - 1 - k];
            std::vector<double> wanted(places_.size());
            for (const auto p : layer)
                wanted[p] = mean(forward ? places_[p].before : places_[p].after, static_cast<double>(rank_[p]), true);
            std::ranges::stable_sort(layer, [&](std::size_t a, std::size_t b) { return wanted[a] < wanted[b]; });
            number(layer);
        }
    }
}

// Puts a layer's places as near to where they are wanted as order and gaps allow: blocks that touch move to their mean
// (pool adjacent violators, as in isotonic regression).
void Layout::spread(std::vector<std::size_t>& layer, const std::vector<double>& wanted) {
    struct Block {
        double sum;  // of wanted positions of the block's begin
        double count, size;
        std::size_t first;
        double begin() const { return sum / count; }
    };
    std::vector<Block> blocks;
    for (std::size_t i = 0; i < layer.size(); ++i) {
        const double size = extent(places_[layer[i]]) + gap_within;
        blocks.push_back({wanted[i] - size / 2, 1, size, i});
        while (blocks.size() > 1 && blocks[blocks.size() - 2].begin() + blocks[blocks.size() - 2].size > blocks.back().begin()) {
            const Block last = blocks.back();
            blocks.pop_back();
            auto& into = blocks.back();
            into.sum += last.sum - last.count * into.size;
            into.count += last.count;
            into.size += last.size;
        }
    }
    for (std::size_t b = 0; b < blocks.size(); ++b) {
        double at = blocks[b].begin();
        const std::size_t end = b + 1 < blocks.size() ? blocks[b + 1].first : layer.size();
        for (std::size_t i = blocks[b].first; i < end; ++i) {
            const double size = extent(places_[layer[i]]) + gap_within;
            places_[layer[i]].across = at + size / 2;
            at += size;
        }
    }
}

void Layout::place() {
    for (auto& layer : layers_) spread(layer, std::vector<double>(layer.size(), 0.0));
    constexpr int sweeps = 16;
    for (int sweep = 0; sweep < sweeps; ++sweep) {
        const bool forward = sweep % 2 == 0;
        for (std::size_t k = 0; k < layers_.size(); ++k) {
            auto& layer = layers_[forward ? k : layers_.size() - 1 - k];
            std::vector<double> wanted;
            for (const auto p : layer) {
                const auto& place = places_[p];
                const auto& first = forward ? place.before : place.after;
                const auto& other = forward ? place.after : place.before;
                wanted.push_back(mean(first, mean(other, place.across, false), false));
            }
            spread(layer, wanted);
        }
    }
    double lowest = 1e300, highest = -1e300;
    for (const auto& p : places_) {
        lowest = std::min(lowest, p.across - extent(p) / 2);
        highest = std::max(highest, p.across + extent(p) / 2);
    }
    const double shift = edge_of_page + (down_ ? 0 : name_height()) - lowest;
    for (auto& p : places_) p.across += shift;
    across_end_ = highest + shift + edge_of_page;

    std::vector<double> label_gap(layers_.size(), smallest_gap);
    for (std::size_t e = 0; e < flow_.edges.size(); ++e) {
        const double room = down_ ? 3 * line_height : character * static_cast<double>(characters(flow_.edges[e].label)) + 30;
        auto& gap = label_gap[places_[routes_[e][1]].layer];
        if (!flow_.edges[e].label.empty()) gap = std::max(gap, room);
    }
    double at = edge_of_page + (down_ ? name_height() : 0);
    for (std::size_t k = 0; k < layers_.size(); ++k) {
        double longest = 0;
        for (const auto p : layers_[k]) longest = std::max(longest, length(places_[p]));
        if (k > 0) at += label_gap[k];
        centre_.push_back(at + longest / 2);
        half_.push_back(longest / 2);
        for (const auto p : layers_[k]) places_[p].along = at + longest / 2;
        at += longest;
    }
}

std::string Layout::arrow(std::size_t edge) const {
    const auto& route = routes_[edge];
    const auto point = [this](double along, double across) {
        return down_ ? coordinate(across) + " " + coordinate(along) : coordinate(along) + " " + coordinate(across);
    };
    std::string path;
    double label_along = 0, label_across = 0;
    for (std::size_t i = 0; i + 1 < route.size(); ++i) {
        const auto &a = places_[route[i]], &b = places_[route[i + 1]];
        const double from = a.along + length(a) / 2, head = i + 2 == route.size() ? 7 : 0;
        const double leave = i == 0 ? centre_[a.layer] + half_[a.layer] : from;
        const double enter = centre_[b.layer] - half_[b.layer], to = b.along - length(b) / 2 - head;
        if (i == 0) path = "M" + point(from, a.across) + "L" + point(leave, a.across);
        else path += "L" + point(leave, a.across);
        const double bend = (enter - leave) / 2;
        path += "C" + point(leave + bend, a.across) + " " + point(enter - bend, b.across) + " " + point(std::min(enter, to), b.across) + "L" + point(to, b.across);
        if (i == 0) {
            label_along = (leave + enter) / 2;
            label_across = (a.across + b.across) / 2;
        }
    }
    const auto& end = places_[route.back()];
    const double tip = end.along - length(end) / 2;
    std::string text = fmt::format("<path class=\"edge\" d=\"{}\"/><path class=\"arrow\" d=\"M{}L{}L{}Z\"/>", path, point(tip, end.across),
                                   point(tip - 8, end.across - 4), point(tip - 8, end.across + 4));
    const auto& label = flow_.edges[edge].label;
    if (!label.empty())
        text += fmt::format("<text class=\"small halo\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                            coordinate(down_ ? label_across : label_along), coordinate((down_ ? label_along : label_across) + 4), escaped(label));
    return text;
}

std::string Layout::box(std::size_t node) const {
    const auto& place = places_[node];
    const auto& lines = flow_.nodes[node].lines;
    const double left = x(place) - place.width / 2, top = y(place) - place.height / 2;
    const int colour = flow_.nodes[node].colour;
    std::string text = fmt::format("<rect class=\"node\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"5\"{}/>", coordinate(left), coordinate(top),
                                   coordinate(place.width), coordinate(place.height),
                                   colour < 0 ? "" : fmt::format(" style=\"stroke:var(--c{});stroke-width:1.8\"", colour % 8));
    for (std::size_t i = 0; i < lines.size(); ++i)
        text += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\"{}>{}</text>", coordinate(x(place)),
                            coordinate(top + padding / 2 + line_height * static_cast<double>(i) + 11.5), i == 0 ? "" : " class=\"small faint\"",
                            escaped(lines[i]));
    return text;
}

std::string Layout::draw() const {
    const double along_end = centre_.back() + half_.back() + edge_of_page;
    const double width = down_ ? across_end_ : along_end, height = down_ ? along_end : across_end_;
    std::string text = fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\">",
                                   static_cast<int>(std::ceil(width)), static_cast<int>(std::ceil(height)));
    for (std::size_t k = 0; k < std::min(layers_.size(), flow_.layer_names.size()); ++k) {
        const auto& name = flow_.layer_names[k];
        if (name.empty()) continue;
        text += down_ ? fmt::format("<text class=\"small faint\" x=\"6\" y=\"{}\">{}</text>", coordinate(centre_[k]), escaped(name))
                      : fmt::format("<text class=\"small faint\" x=\"{}\" y=\"16\" text-anchor=\"middle\">{}</text>", coordinate(centre_[k]), escaped(name));
    }
    for (std::size_t e = 0; e < flow_.edges.size(); ++e) text += arrow(e);
    for (std::size_t n = 0; n < flow_.nodes.size(); ++n) text += box(n);
    return text + "</svg>";
}

}  // namespace

std::string svg(const Flow& flow) { return flow.nodes.empty() ? "" : Layout(flow).draw(); }

}  // namespace balmer::report
