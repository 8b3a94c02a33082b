#include "search/neural/surgeon.hpp"

#include <algorithm>

#include <Eigen/Dense>

namespace balmer::neural {
namespace {

// The Fisher matrix comes from some thousand rows and is singular along what the outputs do not feel.
constexpr double damping = 1e-3, damping_of_all = 1e-5;

using Matrix = Eigen::Map<Eigen::MatrixXd>;
using Vector = Eigen::Map<Eigen::VectorXd>;
using ConstMatrix = Eigen::Map<const Eigen::MatrixXd>;

}  // namespace

Surgeon::Surgeon(const Curvature& curvature, std::vector<double> weights, std::vector<std::uint8_t> held)
    : weights_(std::move(weights)), held_(std::move(held)), curvature_(curvature.matrix), inverse_(curvature.matrix.size(), 0.0), stiffness_(weights_.size(), 0.0) {
    const auto n = static_cast<Eigen::Index>(weights_.size());
    Matrix h(curvature_.data(), n, n), all(inverse_.data(), n, n);
    const double mean = h.trace() / static_cast<double>(std::max<Eigen::Index>(1, n));
    for (Eigen::Index e = 0; e < n; ++e) h(e, e) += damping * h(e, e) + damping_of_all * mean + 1e-12;
    std::vector<Eigen::Index> free;
    for (Eigen::Index e = 0; e < n; ++e)
        if (!held_[static_cast<std::size_t>(e)]) free.push_back(e);
    const Eigen::MatrixXd block = h(free, free);
    const Eigen::LLT<Eigen::MatrixXd> factors(block);
    Eigen::MatrixXd solved = Eigen::MatrixXd::Identity(block.rows(), block.cols());
    factors.solveInPlace(solved);
    all(free, free) = solved;
    for (Eigen::Index e = 0; e < n; ++e)
        if (held_[static_cast<std::size_t>(e)]) stiffness_[static_cast<std::size_t>(e)] = h(e, e) - h.col(e).dot(all * h.col(e));
}

double Surgeon::cost(std::size_t e, double to) const {
    const double step = to - weights_[e];
    const std::size_t n = weights_.size();
    if (held_[e]) return 0.5 * step * step * std::max(0.0, stiffness_[e]);
    const double softness = inverse_[e * n + e];
    return softness > 0 ? 0.5 * step * step / softness : 0.5 * step * step * curvature_[e * n + e];
}

std::vector<double> Surgeon::slopes_after_following(const std::vector<double>& slopes) const {
    const auto n = static_cast<Eigen::Index>(weights_.size());
    const ConstMatrix h(curvature_.data(), n, n), inverse(inverse_.data(), n, n);
    const Eigen::Map<const Eigen::VectorXd> given(slopes.data(), n);
    std::vector<double> left(slopes.size());
    Vector(left.data(), n) = given - h * (inverse * given);
    return left;
}

std::vector<double> Surgeon::after(std::size_t e, double to, double follow) const {
    const auto n = static_cast<Eigen::Index>(weights_.size());
    const auto at = static_cast<Eigen::Index>(e);
    const ConstMatrix h(curvature_.data(), n, n), inverse(inverse_.data(), n, n);
    std::vector<double> moved = weights_;
    Vector w(moved.data(), n);
    const double step = to - weights_[e];
    if (held_[e]) w -= follow * step * (inverse * h.col(at));
    else if (inverse(at, at) > 0) w += follow * step / inverse(at, at) * inverse.col(at);
    moved[e] = to;
    return moved;
}

void Surgeon::set(std::size_t e, double to, double follow) {
    weights_ = after(e, to, follow);
    const auto n = static_cast<Eigen::Index>(weights_.size());
    const auto at = static_cast<Eigen::Index>(e);
    const ConstMatrix h(curvature_.data(), n, n);
    Matrix inverse(inverse_.data(), n, n);
    if (!held_[e] && inverse(at, at) > 0) {
        const Eigen::VectorXd column = inverse.col(at);
        const double softness = column(at);
        for (Eigen::Index k = 0; k < n; ++k) {
            if (!held_[static_cast<std::size_t>(k)]) continue;
            const double pull = h.col(k).dot(column);
            stiffness_[static_cast<std::size_t>(k)] += pull * pull / softness;
        }
        inverse -= column * (column.transpose() / softness);
        inverse.col(at).setZero();
        inverse.row(at).setZero();
        stiffness_[e] = 1 / softness;
    }
    held_[e] = 1;
}

void Surgeon::release(std::size_t e, double to) {
    weights_ = after(e, to, 1);
    const double stiffness = stiffness_[e];
    const auto n = static_cast<Eigen::Index>(weights_.size());
    const auto at = static_cast<Eigen::Index>(e);
    const ConstMatrix h(curvature_.data(), n, n);
    Matrix inverse(inverse_.data(), n, n);
    // Along this direction the weight moves and the free ones follow.
    Eigen::VectorXd direction = -(inverse * h.col(at));
    direction(at) += 1;
    const Eigen::VectorXd pull = h * direction;
    inverse += direction * (direction.transpose() / stiffness);
    for (Eigen::Index k = 0; k < n; ++k)
        if (held_[static_cast<std::size_t>(k)]) stiffness_[static_cast<std::size_t>(k)] -= pull(k) * pull(k) / stiffness;
    held_[e] = 0;
    stiffness_[e] = 0;
}

}  // namespace balmer::neural
