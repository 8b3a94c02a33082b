#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace balmer::report {

/// How values map to lengths.
enum class Scale : std::uint8_t { linear, logarithmic };

/// A tick of an axis.
struct Tick {
    double value = 0;
    std::string label;  ///< "" for a minor tick
};

/// The range of values that an axis shows and its ticks.
class Axis {
public:
    /// Holds all finite values (for a logarithmic scale: all positive ones), with a margin; a range without width is widened. A
    /// logarithmic axis without a positive value shows 0.1 to 1.
    Axis(Scale scale, std::span<const double> values);
    /// From `lower` to `upper` exactly.
    Axis(Scale scale, double lower, double upper);

    double lower() const { return lower_; }
    double upper() const { return upper_; }
    Scale scale() const { return scale_; }
    /// 0 at the lower end, 1 at the upper, not bounded; NaN for what the scale cannot show.
    double position(double value) const;
    /// Round values (1, 2, 5 times a power of ten; powers of ten when logarithmic), about `wanted` with labels.
    std::vector<Tick> ticks(int wanted) const;

private:
    Scale scale_;
    double lower_, upper_;
};

}  // namespace balmer::report
