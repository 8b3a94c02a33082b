#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "report/axis.hpp"

namespace balmer::report {

/// How the values of a series are drawn.
enum class Mark : std::uint8_t {
    line,    ///< straight lines between the points
    points,  ///< a dot each
    step,    ///< y[i] holds from x[i] to x[i + 1]; with as many y as x the last holds to the end
    bars,    ///< a histogram: y[i] over x[i] .. x[i + 1], one more x than y
    guide,   ///< a dashed line for the eye, not in the legend
};

/// Values with one name and one colour. What is not finite is left out.
struct Series {
    Mark mark = Mark::line;
    std::string name;  ///< in the legend; "" is left out
    std::vector<double> x, y;
    std::vector<std::string> notes;  ///< points: shown when the pointer rests on them
    int colour = 0;                  ///< of eight
    double size = 4;                 ///< diameter of points, in pixels
};

/// A plot of series over one pair of axes.
struct Plot {
    std::string title, x_label, y_label;
    Scale x_scale = Scale::linear, y_scale = Scale::linear;
    std::optional<Axis> x_axis, y_axis;  ///< when the values shall not choose the range
    std::vector<Series> series;
    int width = 460, height = 320;  ///< pixels
};

/// The plot as an <svg> element.
std::string svg(const Plot& plot);

/// Counts of values in `bins` equal bins between the outermost finite values (or in [lower, upper]); a bars series.
Series histogram(std::span<const double> values, int bins, const std::string& name = "");
Series histogram(std::span<const double> values, int bins, double lower, double upper, const std::string& name = "");

}  // namespace balmer::report
