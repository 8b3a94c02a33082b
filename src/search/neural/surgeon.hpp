#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace balmer::neural {

/// Curvature of the mean error by some weights: the Fisher information, which for these losses is the Gauss-Newton matrix.
struct Curvature {
    std::vector<std::size_t> place;  ///< flat positions of the weights
    std::vector<double> matrix;      ///< n x n
};

/// Sets weights one after the other to given values while all free ones follow to where the quadratic model of the error is least (optimal brain
/// surgeon, Hassibi and Stork 1993).
class Surgeon {
public:
    /// `held`: weights that do not follow.
    Surgeon(const Curvature& curvature, std::vector<double> weights, std::vector<std::uint8_t> held);

    std::size_t size() const { return weights_.size(); }
    double weight(std::size_t e) const { return weights_[e]; }
    const std::vector<double>& current() const { return weights_; }
    /// What the error rises by when weight e becomes `to`.
    double cost(std::size_t e, double to) const;
    /// How the error changes with each weight when the free ones follow, and how stiffly: `slopes` of all weights,
    /// curvatures of the held ones.
    std::vector<double> slopes_after_following(const std::vector<double>& slopes) const;
    double stiffness(std::size_t e) const { return stiffness_[e]; }
    /// All weights when weight e is `to` and the free ones have gone the share `follow` of their way.
    std::vector<double> after(std::size_t e, double to, double follow) const;
    /// Goes there; e is held from then on.
    void set(std::size_t e, double to, double follow);
    /// The held weight e, of positive stiffness, becomes `to`, the free ones follow, and it is free from then on.
    void release(std::size_t e, double to);

private:
    std::vector<double> weights_;
    std::vector<std::uint8_t> held_;
    std::vector<double> curvature_, inverse_;  ///< n x n; the inverse of the free block, zero elsewhere
    std::vector<double> stiffness_;            ///< curvature of each held weight after the free ones have followed
};

}  // namespace balmer::neural
