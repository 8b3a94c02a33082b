#include "report/plot.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/markup.hpp"

namespace balmer::report {
namespace {

constexpr int colours = 8;
constexpr double character_width = 6.6;  // mean width of a character at 12 pixels
constexpr double right = 14, bottom = 46, above = 12, title_height = 22;

std::string colour(int index) { return fmt::format("var(--c{})", index % colours); }

// Where values lie on the drawing.
struct Frame {
    Axis x, y;
    double left, top, width, height;

    double across(double value) const { return left + width * x.position(value); }
    double up(double value) const { return top + height * (1 - y.position(value)); }
    bool shows(double vx, double vy) const { return std::isfinite(x.position(vx)) && std::isfinite(y.position(vy)); }
};

std::vector<double> gathered(const Plot& plot, std::vector<double> Series::*values) {
    std::vector<double> all;
    for (const auto& s : plot.series) {
        if (s.mark == Mark::guide) continue;
        all.insert(all.end(), (s.*values).begin(), (s.*values).end());
        if (s.mark == Mark::bars && values == &Series::y && plot.y_scale == Scale::linear) all.push_back(0);
    }
    return all;
}

Axis axis_of(const Plot& plot, std::vector<double> Series::*values, Scale scale, const std::optional<Axis>& given) {
    if (given) return *given;
    const auto all = gathered(plot, values);
    const Axis axis(scale, all);
    const bool histogram = std::ranges::any_of(plot.series, [](const Series& s) { return s.mark == Mark::bars; });
    if (!histogram || values != &Series::y || scale != Scale::linear) return axis;
    return Axis(scale, 0, axis.upper());  // bars stand on the frame
}

Frame frame_of(const Plot& plot) {
    Axis x = axis_of(plot, &Series::x, plot.x_scale, plot.x_axis);
    Axis y = axis_of(plot, &Series::y, plot.y_scale, plot.y_axis);
    std::size_t longest = 1;
    for (const auto& tick : y.ticks(6)) longest = std::max(longest, tick.label.size());
    const double left = 34 + character_width * static_cast<double>(longest);
    const double top = above + (plot.title.empty() ? 0 : title_height);
    return {x, y, left, top, plot.width - left - right, plot.height - top - bottom};
}

std::string axes(const Plot& plot, const Frame& f) {
    std::string grid, text;
    for (const auto& tick : f.x.ticks(7)) {
        const auto at = coordinate(f.across(tick.value));
        const double end = f.top + f.height;
        if (!tick.label.empty()) grid += fmt::format("<path class=\"grid\" d=\"M{} {}V{}\"/>", at, coordinate(f.top), coordinate(end));
        text += fmt::format("<path class=\"tick\" d=\"M{} {}v{}\"/>", at, coordinate(end), tick.label.empty() ? 3 : 5);
        if (!tick.label.empty()) text += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>", at, coordinate(end + 18), tick.label);
    }
    for (const auto& tick : f.y.ticks(6)) {
        const double at = f.up(tick.value);
        if (!tick.label.empty()) grid += fmt::format("<path class=\"grid\" d=\"M{} {}h{}\"/>", coordinate(f.left), coordinate(at), coordinate(f.width));
        text += fmt::format("<path class=\"tick\" d=\"M{} {}h-{}\"/>", coordinate(f.left), coordinate(at), tick.label.empty() ? 3 : 5);
        if (!tick.label.empty())
            text += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", coordinate(f.left - 8), coordinate(at + 4), tick.label);
    }
    text += fmt::format("<rect class=\"frame\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>", coordinate(f.left), coordinate(f.top),
                        coordinate(f.width), coordinate(f.height));
    text += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>", coordinate(f.left + f.width / 2), plot.height - 8,
                        escaped(plot.x_label));
    text += fmt::format("<text transform=\"translate(14 {}) rotate(-90)\" text-anchor=\"middle\">{}</text>", coordinate(f.top + f.height / 2),
                        escaped(plot.y_label));
    if (!plot.title.empty())
        text += fmt::format("<text class=\"title\" x=\"{}\" y=\"18\">{}</text>", coordinate(f.left), escaped(plot.title));
    return grid + text;
}

std::string line_path(const Series& s, const Frame& f) {
    std::string path;
    bool pen_down = false;
    for (std::size_t i = 0; i < std::min(s.x.size(), s.y.size()); ++i) {
        if (!f.shows(s.x[i], s.y[i])) {
            pen_down = false;
            continue;
        }
        path += fmt::format("{}{} {}", pen_down ? "L" : "M", coordinate(f.across(s.x[i])), coordinate(f.up(s.y[i])));
        pen_down = true;
    }
    return path;
}

std::string step_path(const Series& s, const Frame& f) {
    std::string path;
    for (std::size_t i = 0; i < s.y.size(); ++i) {
        if (!f.shows(s.x[i], s.y[i])) continue;
        const double next = i + 1 < s.x.size() ? f.across(s.x[i + 1]) : f.left + f.width;
        path += fmt::format("{}{} {}H{}", path.empty() ? "M" : "L", coordinate(f.across(s.x[i])), coordinate(f.up(s.y[i])), coordinate(next));
    }
    return path;
}

std::string bars_path(const Series& s, const Frame& f) {
    std::string path;
    const double floor = f.top + f.height;
    for (std::size_t i = 0; i < s.y.size(); ++i) {
        if (!f.shows(s.x[i], s.y[i]) || s.y[i] <= 0) continue;
        path += fmt::format("M{} {}V{}H{}V{}Z", coordinate(f.across(s.x[i])), coordinate(floor), coordinate(f.up(s.y[i])),
                            coordinate(f.across(s.x[i + 1])), coordinate(floor));
    }
    return path;
}

// Thousands of points as one path of lines without length; with notes each is an element of its own.
std::string points(const Series& s, const Frame& f) {
    std::string path, elements;
    for (std::size_t i = 0; i < std::min(s.x.size(), s.y.size()); ++i) {
        if (!f.shows(s.x[i], s.y[i])) continue;
        const auto x = coordinate(f.across(s.x[i])), y = coordinate(f.up(s.y[i]));
        if (s.notes.empty()) path += fmt::format("M{} {}h0", x, y);
        else elements += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{}\"><title>{}</title></circle>", x, y, s.size / 2, colour(s.colour), escaped(s.notes[i]));
    }
    if (!s.notes.empty()) return elements;
    return fmt::format("<path class=\"dots\" style=\"stroke:{};stroke-width:{}\" d=\"{}\"/>", colour(s.colour), s.size, path);
}

std::string drawn(const Series& s, const Frame& f) {
    switch (s.mark) {
        case Mark::points: return points(s, f);
        case Mark::guide: return fmt::format("<path class=\"guide\" d=\"{}\"/>", line_path(s, f));
        case Mark::bars:
            return fmt::format("<path class=\"bars\" style=\"fill:{0};stroke:{0}\" d=\"{1}\"/>", colour(s.colour), bars_path(s, f));
        default:
            return fmt::format("<path class=\"line\" style=\"stroke:{}\" d=\"{}\"/>", colour(s.colour),
                               s.mark == Mark::step ? step_path(s, f) : line_path(s, f));
    }
}

// How many points of the plot lie below a legend in one of the four corners.
std::size_t hidden(const Plot& plot, const Frame& f, double x, double y, double width, double height) {
    std::size_t count = 0;
    for (const auto& s : plot.series) {
        for (std::size_t i = 0; i < std::min(s.x.size(), s.y.size()); ++i) {
            const double px = f.across(s.x[i]), py = f.up(s.y[i]);
            const bool below_bar = s.mark == Mark::bars && py < y + height;
            count += px >= x - 8 && px <= x + width + 8 && ((py >= y - 8 && py <= y + height + 8) || below_bar);
        }
    }
    return count;
}

std::string legend(const Plot& plot, const Frame& f) {
    std::vector<const Series*> named;
    std::size_t longest = 0;
    for (const auto& s : plot.series) {
        if (s.name.empty() || s.mark == Mark::guide) continue;
        named.push_back(&s);
        longest = std::max(longest, s.name.size());
    }
    if (named.empty()) return "";
    constexpr double row = 17, swatch = 26;
    const double width = swatch + character_width * static_cast<double>(longest) + 8, height = row * static_cast<double>(named.size()) + 4;
    double best_x = 0, best_y = 0;
    std::size_t fewest = static_cast<std::size_t>(-1);
    for (const double y : {f.top + 6, f.top + f.height - height - 6}) {
        for (const double x : {f.left + f.width - width - 6, f.left + 6}) {
            const auto count = hidden(plot, f, x, y, width, height);
            if (count >= fewest) continue;
            fewest = count;
            best_x = x;
            best_y = y;
        }
    }
    std::string text = fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\" style=\"fill:var(--paper);fill-opacity:.85;stroke:var(--rule)\"/>",
                                   coordinate(best_x), coordinate(best_y), coordinate(width), coordinate(height));
    double y = best_y + 14;
    for (const Series* s : named) {
        const auto stroke = colour(s->colour);
        text += s->mark == Mark::points
                    ? fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"3\" fill=\"{}\"/>", coordinate(best_x + 13), coordinate(y - 4), stroke)
                    : fmt::format("<path d=\"M{} {}h16\" style=\"stroke:{};stroke-width:2.5\"/>", coordinate(best_x + 5), coordinate(y - 4), stroke);
        text += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>", coordinate(best_x + swatch), coordinate(y), escaped(s->name));
        y += row;
    }
    return text;
}

}  // namespace

std::string svg(const Plot& plot) {
    const Frame frame = frame_of(plot);
    const auto name = fmt::format("clip-{}-{}-{}-{}", coordinate(frame.left), coordinate(frame.top), plot.width, plot.height);
    std::string text = fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\">", plot.width,
                                   plot.height);
    text += "<title>" + escaped(plot.title.empty() ? plot.y_label + " against " + plot.x_label : plot.title) + "</title>";
    text += fmt::format("<clipPath id=\"{}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>", name, coordinate(frame.left - 3),
                        coordinate(frame.top - 3), coordinate(frame.width + 6), coordinate(frame.height + 6));
    text += axes(plot, frame) + fmt::format("<g clip-path=\"url(#{})\">", name);
    for (const auto& s : plot.series) text += drawn(s, frame);
    return text + "</g>" + legend(plot, frame) + "</svg>";
}

Series histogram(std::span<const double> values, int bins, const std::string& name) {
    double lower = std::numeric_limits<double>::infinity(), upper = -lower;
    for (const double v : values) {
        if (!std::isfinite(v)) continue;
        lower = std::min(lower, v);
        upper = std::max(upper, v);
    }
    if (lower > upper) lower = upper = 0;
    if (lower == upper) {
        const double wider = lower == 0 ? 0.5 : 0.1 * std::fabs(lower);
        lower -= wider;
        upper += wider;
    }
    return histogram(values, bins, lower, upper, name);
}

Series histogram(std::span<const double> values, int bins, double lower, double upper, const std::string& name) {
    Series series{.mark = Mark::bars, .name = name, .x = {}, .y = std::vector<double>(static_cast<std::size_t>(bins), 0.0), .notes = {}};
    for (int i = 0; i <= bins; ++i) series.x.push_back(lower + (upper - lower) * i / bins);
    for (const double v : values) {
        if (!(v >= lower && v <= upper)) continue;
        const auto bin = static_cast<int>((v - lower) / (upper - lower) * bins);
        series.y[static_cast<std::size_t>(std::min(bin, bins - 1))] += 1;
    }
    return series;
}

}  // namespace balmer::report
