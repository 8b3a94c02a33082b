#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "report/axis.hpp"
#include "report/flow.hpp"
#include "report/markup.hpp"
#include "report/page.hpp"
#include "report/plot.hpp"

namespace balmer::report {
namespace {

// Whether every tag of a text is closed in order; "" or what is wrong.
std::string unbalanced(const std::string& text) {
    std::vector<std::string> open;
    for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at + 1)) {
        const auto end = text.find('>', at);
        if (end == std::string::npos) return "no end of tag";
        const std::string tag = text.substr(at + 1, end - at - 1);
        if (tag[0] == '!' || tag.starts_with("meta") || tag == "br" || tag.back() == '/') continue;
        if (tag[0] != '/') {
            open.push_back(tag.substr(0, tag.find(' ')));
            continue;
        }
        if (open.empty() || open.back() != tag.substr(1)) return "unexpected <" + tag + ">";
        open.pop_back();
    }
    return open.empty() ? "" : "<" + open.back() + "> stays open";
}

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
    return n;
}

std::vector<std::string> labels(const Axis& axis, int wanted) {
    std::vector<std::string> texts;
    for (const auto& tick : axis.ticks(wanted))
        if (!tick.label.empty()) texts.push_back(tick.label);
    return texts;
}

TEST(Axis, TicksAreRoundAndShareTheirDecimals) {
    EXPECT_EQ(labels(Axis(Scale::linear, 0.0, 1.0), 5), (std::vector<std::string>{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}));
    EXPECT_EQ(labels(Axis(Scale::linear, -130.0, 240.0), 4), (std::vector<std::string>{"-100", "0", "100", "200"}));
    EXPECT_EQ(labels(Axis(Scale::linear, 0.0, 3e-8), 3), (std::vector<std::string>{"0", "1e-08", "2e-08", "3e-08"}));
    EXPECT_EQ(labels(Axis(Scale::logarithmic, 1e-6, 2.0), 8), (std::vector<std::string>{"10⁻⁶", "10⁻⁵", "10⁻⁴", "0.001", "0.01", "0.1", "1"}));
}

TEST(Axis, EveryTickLiesInsideAndTheirNumberIsBounded) {
    for (const double size : {1e-300, 1e-9, 0.3, 1.0, 7.7, 1e12, 1e299}) {
        for (const auto scale : {Scale::linear, Scale::logarithmic}) {
            const Axis axis(scale, std::vector{size, 1.7 * size, 3e3 * size / 2e3});
            const auto ticks = axis.ticks(6);
            EXPECT_GE(ticks.size(), 2u) << size;
            EXPECT_LE(ticks.size(), 40u) << size;
            for (const auto& tick : ticks) {
                EXPECT_GE(axis.position(tick.value), -1e-6);
                EXPECT_LE(axis.position(tick.value), 1 + 1e-6);
            }
        }
    }
}

TEST(Axis, StandsValuesThatGiveNoRange) {
    const double nan = std::nan(""), infinite = INFINITY;
    for (const auto& values : std::vector<std::vector<double>>{{}, {nan}, {infinite, -infinite}, {5}, {0}, {-1, -2}}) {
        for (const auto scale : {Scale::linear, Scale::logarithmic}) {
            const Axis axis(scale, values);
            EXPECT_LT(axis.lower(), axis.upper());
            EXPECT_TRUE(std::isfinite(axis.lower()) && std::isfinite(axis.upper()));
        }
    }
}

TEST(Plot, IsWholeMarkupAndEscapesText) {
    Plot plot{.title = "a < b & c", .x_label = "<x>", .y_label = "\"y\"", .x_axis = {}, .y_axis = {}, .series = {}};
    plot.series.push_back({.mark = Mark::points, .name = "p<q", .x = {1, 2, std::nan("")}, .y = {1, INFINITY, 3}, .notes = {"1 < 2", "", ""}});
    plot.series.push_back({.mark = Mark::line, .name = "l", .x = {1, 2}, .y = {1, 3}, .notes = {}});
    plot.series.push_back({.mark = Mark::step, .name = "s", .x = {1, 2}, .y = {1, 3}, .notes = {}});
    plot.series.push_back(histogram(std::vector{1.0, 1.5, 2.0}, 4));
    const std::string text = svg(plot);
    EXPECT_EQ(unbalanced(text), "");
    EXPECT_EQ(text.find("<x>"), std::string::npos);
    EXPECT_EQ(text.find("nan"), std::string::npos);
    EXPECT_EQ(text.find("inf"), std::string::npos);
    EXPECT_EQ(count(text, "1 &lt; 2"), 1u);
    EXPECT_EQ(text, svg(plot));
    EXPECT_EQ(unbalanced(standalone(text)), "");
}

TEST(Plot, HistogramCountsEveryFiniteValueOnce) {
    std::vector<double> values;
    for (int i = 0; i < 1000; ++i) values.push_back(std::sin(i));
    values.push_back(std::nan(""));
    const Series bars = histogram(values, 17);
    double sum = 0;
    for (const double y : bars.y) sum += y;
    EXPECT_EQ(sum, 1000);
    EXPECT_EQ(bars.x.size(), bars.y.size() + 1);
    EXPECT_EQ(histogram(std::vector{2.0, 2.0}, 3).y, (std::vector<double>{0, 2, 0}));
}

TEST(Flow, BoxesOfALayerDoNotOverlapAndEveryArrowIsDrawn) {
    Flow flow{.nodes = {}, .edges = {}, .layer_names = {"first", "second"}};
    for (std::size_t i = 0; i < 30; ++i) {
        flow.nodes.push_back({.lines = {"node " + std::to_string(i), "<8,4>"}});
        if (i > 0) flow.edges.push_back({i / 2, i, "e" + std::to_string(i)});
        if (i > 6) flow.edges.push_back({i / 4, i, ""});
    }
    for (const auto direction : {Direction::right, Direction::down}) {
        flow.direction = direction;
        const std::string text = svg(flow);
        EXPECT_EQ(unbalanced(text), "");
        EXPECT_EQ(count(text, "class=\"node\""), flow.nodes.size());
        EXPECT_EQ(count(text, "class=\"arrow\""), flow.edges.size());
        EXPECT_EQ(text.find("nan"), std::string::npos);
        struct Box {
            double x, y, width, height;
        };
        std::vector<Box> boxes;
        for (auto at = text.find("class=\"node\""); at != std::string::npos; at = text.find("class=\"node\"", at + 1)) {
            Box box{};
            ASSERT_EQ(std::sscanf(text.c_str() + at, "class=\"node\" x=\"%lf\" y=\"%lf\" width=\"%lf\" height=\"%lf\"", &box.x, &box.y, &box.width, &box.height), 4);
            for (const Box& other : boxes)
                EXPECT_TRUE(box.x + box.width <= other.x + .2 || other.x + other.width <= box.x + .2 || box.y + box.height <= other.y + .2 ||
                            other.y + other.height <= box.y + .2);
            boxes.push_back(box);
        }
    }
    EXPECT_EQ(svg(Flow{.nodes = {}, .edges = {}, .layer_names = {}}), "");
}

TEST(Page, StandsAloneAndEscapesText) {
    Page page("A & B", "<sub>");
    page.heading("<h>");
    page.paragraph("x < y");
    page.list({"one", "two <"});
    page.table({.header = {"a"}, .align = {}, .rows = {{escaped("<cell>")}, {"2"}}, .marked = 1}, "caption");
    page.formula("<mi>x</mi>");
    page.details("more");
    page.source("#include <x>");
    page.end_details();
    const std::string text = page.html();
    EXPECT_EQ(unbalanced(text), "");
    for (const char* forbidden : {"<script", "src=", "href=", "@import", "url(http", "<cell>", "<sub>"}) EXPECT_EQ(text.find(forbidden), std::string::npos) << forbidden;
    EXPECT_NE(text.find("prefers-color-scheme:dark"), std::string::npos);
}

}  // namespace
}  // namespace balmer::report
