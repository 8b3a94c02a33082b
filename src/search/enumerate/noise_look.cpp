#include "search/enumerate/noise_look.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "search/enumerate/polynomials.hpp"
#include "search/enumerate/transforms.hpp"

namespace balmer::enumerate {
namespace {

constexpr std::size_t most_smooth_terms = 220, rows_per_term = 4;
constexpr double level = 0.9;       // of the error a degree lower: it no longer falls
constexpr double largest_noise = 0.25;  // of the spread, smallest at rounding: else there is no smooth fit, or no noise
constexpr double smallest = 1e-8;
constexpr double small = 3e-3, falling = 0.6;  // an error this small that falls so from one degree to the next is no noise yet

// Root mean square residual by degrees of freedom over the target's spread, for every degree that the rows carry.
std::vector<double> errors_by_degree(const Eigen::MatrixXd& unit, const Eigen::VectorXd& target, const Eigen::VectorXd& root) {
    const auto rows = unit.rows();
    const auto variables = static_cast<std::size_t>(unit.cols());
    const double mean = root.cwiseAbs2().dot(target) / root.squaredNorm();
    const Eigen::VectorXd z = root.cwiseProduct((target.array() - mean).matrix());
    std::vector<double> errors;
    for (int degree = 1; degree <= 8; ++degree) {
        const auto powers = powers_up_to(variables, degree);
        if (powers.size() > most_smooth_terms || rows_per_term * powers.size() > static_cast<std::size_t>(rows)) break;
        Eigen::MatrixXd matrix(rows, static_cast<Eigen::Index>(powers.size()));
        for (std::size_t t = 0; t < powers.size(); ++t) {
            Eigen::ArrayXd column = root.array();
            for (std::size_t v = 0; v < variables; ++v)
                for (int k = 0; k < powers[t][v]; ++k) column *= unit.col(static_cast<Eigen::Index>(v)).array();
            matrix.col(static_cast<Eigen::Index>(t)) = column.matrix();
        }
        const Eigen::HouseholderQR<Eigen::MatrixXd> qr(matrix);
        const Eigen::VectorXd rotated = qr.householderQ().transpose() * z;
        const double free = static_cast<double>(rows - matrix.cols());
        errors.push_back(std::sqrt(rotated.tail(rows - matrix.cols()).squaredNorm() / free * static_cast<double>(rows) / z.squaredNorm()));
    }
    return errors;
}

NoiseLook look(const std::vector<double>& errors) {
    if (errors.size() < 2) return NoiseLook::unknown;
    const double last = errors.back(), fall = last / errors[errors.size() - 2];
    if (last < smallest || (last < small && fall < falling)) return NoiseLook::none_seen;
    return last < largest_noise && fall > level ? NoiseLook::noisy : NoiseLook::unknown;
}

}  // namespace

NoiseLook look_for_noise(const Sample& sample, const std::vector<std::int32_t>& variables) {
    const auto rows = static_cast<Eigen::Index>(sample.size());
    Eigen::MatrixXd unit(rows, static_cast<Eigen::Index>(variables.size()));
    for (std::size_t v = 0; v < variables.size(); ++v) {
        const auto& x = sample.columns[static_cast<std::size_t>(variables[v])];
        const auto [low, high] = std::ranges::minmax(x);
        if (!(high > low)) return NoiseLook::unknown;
        for (std::size_t i = 0; i < x.size(); ++i) unit(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(v)) = 2 * (x[i] - low) / (high - low) - 1;
    }
    Eigen::VectorXd target = Eigen::Map<const Eigen::VectorXd>(sample.target.data(), rows);
    if (rows < 2 || !target.allFinite() || !((target.array() - target.mean()).matrix().squaredNorm() > 0)) return NoiseLook::unknown;
    const NoiseLook plain = look(errors_by_degree(unit, target, Eigen::VectorXd::Ones(rows)));
    if (plain != NoiseLook::unknown || common_sign(sample.target) == 0) return plain;
    // Where the logarithm is smooth, its noise is that of the target over its value.
    const Eigen::VectorXd logarithm = target.cwiseAbs().array().log().matrix();
    return look(errors_by_degree(unit, logarithm, target.cwiseAbs() / target.cwiseAbs().maxCoeff()));
}

}  // namespace balmer::enumerate
