#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace balmer::divide {

/// What a polynomial is fitted to.
enum class Scale : std::uint8_t { plain, logarithm, inverse, square };
inline constexpr std::array all_scales = {Scale::plain, Scale::logarithm, Scale::inverse, Scale::square};

/// F(y), and dF/dy.
double scaled_value(Scale scale, double y);
double scaled_slope(Scale scale, double y);

/// Size of a surrogate.
struct SurrogateOptions {
    std::size_t terms = 220;     ///< at most; and at most half the training rows
    std::size_t rows = 900;      ///< at most; every fourth is held out
    double spread = 0;           ///< what errors are relative to; 0: the standard deviation of slope times y
    double ridge = 0;            ///< added to the diagonal of the normal equations, relative to the rows; > 0 for noisy targets
    std::vector<std::uint32_t> groups;  ///< sets of variables (bits) that may stand in one term; empty: all together
};

/// Values and derivatives by the variables at some points.
struct Derivatives {
    std::vector<double> value;                 ///< [point]
    std::vector<std::vector<double>> gradient; ///< [variable][point]
    std::vector<std::vector<double>> mixed;    ///< second derivatives, [i * variables + j][point] for i < j, when asked for
};

/// A variable mapped to [-1, 1].
struct Input {
    enum class Kind : std::uint8_t { plain, logarithm } kind = Kind::plain;
    double centre = 0, half = 1;
    double unit(double x) const;
    double slope(double x) const;
};

/// A polynomial in Chebyshev's basis of all variables or their logarithms, fitted to F(y): F, the logarithms and the number of terms are what
/// predicts held-out rows best. Smooth, cheap, with analytic derivatives: it proposes what a formula may be like, and decides nothing.
class Surrogate {
public:
    /// columns[j][row]; the target has the same rows. `slope[row]`: what an error of the target counts there (empty: 1).
    Surrogate(std::span<const std::vector<double>> columns, std::span<const double> target, std::span<const double> slope = {},
              const SurrogateOptions& options = {});

    /// Root mean square over the better nine tenths of the held-out rows of slope times the error of y, over the spread.
    double error() const { return error_of(best_); }
    /// The same for another F; infinite where F(y) is not defined.
    double error_of(Scale scale) const;
    Scale scale() const { return best_; }
    /// Whether more terms stopped helping well above rounding: what is left of the error is noise, or nothing that polynomials can follow.
    bool at_noise_floor() const;
    /// What errors are relative to.
    double spread() const { return spread_; }
    /// Derivatives of the polynomial of `scale` at rows of the columns it was made of; mixed ones too when `second`.
    enum class Order : std::uint8_t { first, second };
    Derivatives derivatives(Scale scale, std::span<const std::size_t> rows, Order order) const;
    /// F of the polynomial at a point.
    double value(Scale scale, std::span<const double> point) const;

private:
    struct Fit {
        double error = 0;
        std::size_t space = 0;
        std::vector<double> coefficients;
        double gain = 1;  // error two degrees below the best, over the best
    };
    struct Space {
        std::vector<Input> inputs;
        std::vector<std::vector<std::uint8_t>> terms;
    };
    void fit_space(std::size_t space, std::span<const double> target, std::span<const double> slope, double ridge);

    std::vector<std::vector<double>> columns_;
    std::vector<std::size_t> training_, held_out_;
    std::vector<Space> spaces_;
    std::array<std::optional<Fit>, all_scales.size()> fits_;
    Scale best_ = Scale::plain;
    double spread_ = 1;
};

/// Held-out errors of polynomials for many targets over the same columns: one factorisation for all of them. slopes[t] as in Surrogate.
std::vector<double> prediction_errors(std::span<const std::vector<double>> columns, std::span<const std::vector<double>> targets,
                                      std::span<const std::vector<double>> slopes, const SurrogateOptions& options);

}  // namespace balmer::divide
