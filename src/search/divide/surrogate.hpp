#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "balmer/expression.hpp"

namespace balmer::divide {

/// What a polynomial is fitted to.
enum class Scale : std::uint8_t { plain, logarithm, inverse, square, root, inverse_root };
inline constexpr std::array all_scales = {Scale::plain, Scale::logarithm, Scale::inverse, Scale::square, Scale::root, Scale::inverse_root};

/// Whether F needs values of one sign.
bool needs_sign(Scale scale);
/// F(y), and dF/dy; roots and logarithms of |y|.
double scaled_value(Scale scale, double y);
double scaled_slope(Scale scale, double y);
/// y from F(y), for values of a sign.
double unscaled_value(Scale scale, double f, double sign);
/// The same three as formulas of y, of f and of f; a logarithm's is not written.
Expression scaled(Scale scale, const Expression& y, double sign);
Expression unscaled(Scale scale, const Expression& f, double sign);
Expression unscaled_slope(Scale scale, const Expression& f, double sign);

/// Size of a surrogate.
struct SurrogateOptions {
    std::size_t terms = 220;     ///< at most; and at most half the training rows
    std::size_t rows = 900;      ///< at most; every fourth is held out
    double spread = 0;           ///< what errors are relative to; 0: the standard deviation of slope times y
    double ridge = 0;            ///< added to the diagonal of the normal equations, relative to the rows; > 0 for noisy targets
    std::vector<std::uint32_t> groups;  ///< sets of variables (bits) that may stand in one term; empty: all together
};

/// Multiplications that one fit takes, roughly.
double work_of_fit(const SurrogateOptions& options, std::size_t rows);

/// What fits of polynomials took together, and whether to end.
struct Meter {
    std::function<bool()> over;  ///< empty: never
    double work = 0;             ///< multiplications
    bool is_over() const { return over && over(); }
};

/// Values and derivatives by the variables at some points.
struct Derivatives {
    std::vector<double> value;                 ///< [point]
    std::vector<std::vector<double>> gradient; ///< [variable][point]
    std::vector<std::vector<double>> mixed;    ///< second derivatives, [i * variables + j][point] for i < j, when asked for
};

/// Terms of a polynomial by the powers of the variables, the lowest first.
struct Terms {
    /// Whether high powers of several variables stand together: all terms up to a degree, or up to a product of (power + 1).
    enum class Shape : std::uint8_t { degree, cross } shape = Shape::degree;
    std::vector<std::vector<std::uint8_t>> powers;
    std::vector<std::size_t> prefixes;  ///< how many terms make a polynomial, by rising degree or product
};

/// A variable mapped to [-1, 1].
struct Input {
    enum class Kind : std::uint8_t { plain, logarithm } kind = Kind::plain;
    double centre = 0, half = 1;
    double unit(double x) const;
    double slope(double x) const;
};

/// Whether the logarithm may stand for the variable: one sign, and values of different sizes.
bool can_be_logarithm(std::span<const double> x);
/// Each variable mapped so that its values fill [-1, 1].
std::vector<Input> inputs_of(std::span<const std::vector<double>> columns, Input::Kind kind);
/// All terms up to a degree, about `most` of them; inside one of the groups, when there are any.
Terms terms_of_degree(std::size_t variables, std::size_t most, std::span<const std::uint32_t> groups);
/// The terms' values, [row][term], and their derivatives at a point, [variable][term].
Eigen::MatrixXd term_values(std::span<const std::vector<double>> columns, std::span<const Input> inputs, const Terms& terms, std::span<const std::size_t> rows);
std::vector<std::vector<double>> term_slopes(std::span<const double> point, std::span<const Input> inputs, const Terms& terms, std::size_t count);
/// The mean without the largest tenth: rows beside a pole, and wrong ones, do not decide.
double mean_of_most(std::vector<double>& values);

/// Coefficients c of z = matrix * c that rows far off do not move: logarithms, of which some go to minus infinity. Reweighted eight times by
/// 1/sqrt(1 + (r/2m)^2), m the median of the sizes of the residuals r.
Eigen::VectorXd robust_solution(const Eigen::MatrixXd& matrix, const Eigen::VectorXd& z);

class Quotient;

/// A polynomial in Chebyshev's basis of the variables, any of them by its logarithm, fitted to F(y): F, the logarithms, the shape of the terms and
/// their number are what predicts held-out rows best; beside it a quotient of two polynomials, where that predicts clearly better. Smooth, cheap, with analytic derivatives: it proposes what a formula may be like, and decides nothing.
class Surrogate {
public:
    /// columns[j][row]; the target has the same rows. `slope[row]`: what an error of the target counts there (empty: 1).
    Surrogate(std::span<const std::vector<double>> columns, std::span<const double> target, std::span<const double> slope = {},
              const SurrogateOptions& options = {});
    ~Surrogate();
    Surrogate(Surrogate&&) noexcept;
    Surrogate& operator=(Surrogate&&) noexcept;

    /// Root mean square over the better nine tenths of the held-out rows of slope times the error of y, over the spread.
    double error() const;
    /// The quotient, where it predicts clearly better than any polynomial.
    const Quotient* quotient() const;
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
    /// y at the rows it was made of.
    std::vector<double> predictions() const;
    /// F of the polynomial at a point.
    double value(Scale scale, std::span<const double> point) const;

private:
    struct Fit {
        double error = 0;
        std::size_t space = 0;
        std::vector<double> coefficients;
        double gain = 1;  // error of clearly fewer terms, over the best
        bool more_help = true;  // clearly more terms were not tried
    };
    struct Space {
        std::vector<Input> inputs;
        Terms terms;
    };
    void fit_space(std::vector<Input> inputs, const Terms& terms, std::span<const double> target, std::span<const double> slope, double ridge);
    void fit_mixed(Scale scale, std::span<const double> target, std::span<const double> slope, const SurrogateOptions& options);

    std::vector<std::vector<double>> columns_;
    std::vector<std::size_t> training_, held_out_;
    std::vector<Space> spaces_;
    std::array<std::optional<Fit>, all_scales.size()> fits_;
    std::unique_ptr<const Quotient> quotient_;
    Scale best_ = Scale::plain;
    double spread_ = 1, sign_ = 1;
};

/// Held-out errors of polynomials for many targets over the same columns: one factorisation for all of them. slopes[t] as in Surrogate.
std::vector<double> prediction_errors(std::span<const std::vector<double>> columns, std::span<const std::vector<double>> targets,
                                      std::span<const std::vector<double>> slopes, const SurrogateOptions& options);

}  // namespace balmer::divide
