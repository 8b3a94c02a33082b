#pragma once

#include <optional>
#include <span>
#include <vector>

#include "search/divide/surrogate.hpp"

namespace balmer::divide {

/// y = prod |x_j|^p_j P(x)/Q(x) with polynomials P and Q: follows poles, and values of many sizes, that no polynomial does.
/// The powers by robust regression of log|y| on log|x_j|; P and Q by the smallest singular vector of P - y Q, every row relative to its size
/// (C. K. Sanathanan and J. Koerner, 1963, first step).
class Quotient {
public:
    struct Rows {
        std::span<const std::size_t> training, held_out;
    };
    /// The fit that predicts held-out rows best; nothing where there is none. `most_terms`: of P and Q together.
    static std::optional<Quotient> fitted(std::span<const std::vector<double>> columns, std::span<const double> target, std::span<const double> slope,
                                          const Rows& rows, double spread, std::size_t most_terms);

    /// As Surrogate::error().
    double error() const { return error_; }
    /// y at rows of the columns.
    std::vector<double> values(std::span<const std::vector<double>> columns, std::span<const std::size_t> rows) const;
    /// d log|y| / dx_j at rows of the columns, [variable][row].
    std::vector<std::vector<double>> logarithmic_gradient(std::span<const std::vector<double>> columns, std::span<const std::size_t> rows) const;

private:
    double error_ = 0;
    std::vector<double> powers_;
    std::vector<Input> inputs_;
    Terms terms_;
    std::vector<double> above_, below_;  ///< coefficients of P and Q
};

}  // namespace balmer::divide
