// A target that is the square of something of both signs: the signs are those that a polynomial can follow. Alternately the polynomial is fitted to the
// roots with their signs and the signs are taken from the polynomial (R. W. Gerchberg and W. O. Saxton, 1972, for phases), from several starts.
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "balmer/random.hpp"
#include "search/divide/formula.hpp"
#include "search/divide/part.hpp"
#include "search/median.hpp"

namespace balmer::divide {
namespace {

using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;

constexpr std::size_t most_terms = 130;        // of the polynomial; and at most a third of the rows
constexpr std::size_t terms_to_start = 60;     // up to which signs are sought from scratch
constexpr std::size_t kept_signings = 4;       // that are followed to more terms

// Sizes of roots with weights that make their errors relative, absolute near 0.
struct Sizes {
    std::vector<double> size;
    Vector weighted, weight;
    double middle = 0;

    explicit Sizes(std::vector<double> sizes) : size(std::move(sizes)) {
        middle = median(size);
        const auto n = static_cast<Eigen::Index>(size.size());
        weighted.resize(n);
        weight.resize(n);
        for (Eigen::Index i = 0; i < n; ++i) {
            const double s = size[static_cast<std::size_t>(i)];
            weight(i) = 1 / (middle + s);
            weighted(i) = s * weight(i);
        }
    }
    /// What changes its sign is small somewhere.
    bool touch_zero() const {
        constexpr double small = 0.05;
        constexpr std::ptrdiff_t fewest = 4;
        return middle > 0 && std::ranges::count_if(size, [&](double s) { return s < small * middle; }) >= fewest;
    }
};

struct Signing {
    Vector sign, predicted;  // predicted: weighted
    double error = std::numeric_limits<double>::infinity();
};

Matrix signs_of(const Matrix& v) {
    return v.unaryExpr([](double x) { return x < 0 ? -1.0 : 1.0; });
}

// Signs and polynomial in turn until the signs stay, for all columns of signs together.
std::vector<Signing> settled(const Matrix& basis, const Vector& weighted, Matrix sign) {
    constexpr int most_turns = 40;
    Matrix predicted, roots;
    for (int turn = 0; turn < most_turns; ++turn) {
        roots = weighted.asDiagonal() * sign;
        predicted.noalias() = basis * (basis.transpose() * roots);
        const Matrix next = signs_of(predicted);
        if (next == sign || turn + 1 == most_turns) break;
        sign = next;
    }
    const double free = static_cast<double>(basis.rows() - basis.cols()) / static_cast<double>(basis.rows());
    std::vector<Signing> all;
    for (Eigen::Index k = 0; k < sign.cols(); ++k)
        all.push_back({sign.col(k), predicted.col(k), std::sqrt((predicted.col(k) - roots.col(k)).squaredNorm() / free / weighted.squaredNorm())});
    return all;
}

// Where the squares are large and where they are small as quadratic forms of the polynomial's coefficients (the spectral start of phase retrieval),
// halves along each variable, polynomials by chance.
std::vector<Vector> starts(const Matrix& basis, const Sizes& sizes, std::span<const std::vector<double>> columns) {
    std::vector<Vector> all;
    const Vector squares = sizes.weighted.cwiseAbs2();
    const Vector centred = squares.array() - squares.mean();
    const Eigen::SelfAdjointEigenSolver<Matrix> eigen(basis.transpose() * centred.asDiagonal() * basis);
    constexpr Eigen::Index largest = 6, smallest = 3;
    const Eigen::Index count = basis.cols();
    for (Eigen::Index k = 0; k < count; ++k)
        if (k < smallest || k + largest >= count) all.push_back(signs_of(basis * eigen.eigenvectors().col(k)));
    for (const auto& column : columns) {
        auto sorted = column;
        std::ranges::sort(sorted);
        for (const double share : {0.25, 0.5, 0.75}) {
            const double limit = sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size()))];
            all.push_back(signs_of(Eigen::Map<const Vector>(column.data(), basis.rows()).array() - limit));
        }
    }
    RandomStream random(20265);
    constexpr int by_chance = 10;
    for (int k = 0; k < by_chance; ++k) {
        Vector coefficients(count);
        for (auto& c : coefficients) c = random.normal();
        all.push_back(signs_of(basis * coefficients));
    }
    return all;
}

// The signs that a polynomial follows best; nothing where it follows the sizes themselves as well.
std::optional<Signing> followed(std::span<const std::vector<double>> columns, const Sizes& sizes, Input::Kind kind, Meter& meter) {
    const auto inputs = inputs_of(columns, kind);
    const auto rows = sizes.weight.size();
    const Terms terms = terms_of_degree(columns.size(), std::min(most_terms, sizes.size.size() / 3), {});
    std::vector<std::size_t> all(sizes.size.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    const Matrix matrix = sizes.weight.asDiagonal() * term_values(columns, inputs, terms, all);
    const Matrix whole = Eigen::HouseholderQR<Matrix>(matrix).householderQ() * Matrix::Identity(rows, matrix.cols());
    meter.work += 3 * static_cast<double>(matrix.size()) * static_cast<double>(matrix.cols());
    Signing best;
    double plain = std::numeric_limits<double>::infinity();
    std::vector<Signing> kept;
    for (const auto count : terms.prefixes) {
        if (count < columns.size() + 2 || meter.is_over()) continue;
        const Matrix basis = whole.leftCols(static_cast<Eigen::Index>(count));
        std::vector<Vector> signs;
        if (count <= terms_to_start) signs = starts(basis, sizes, columns);
        for (const auto& signing : kept) signs.push_back(signing.sign);
        Matrix together(rows, static_cast<Eigen::Index>(signs.size()));
        for (std::size_t k = 0; k < signs.size(); ++k) together.col(static_cast<Eigen::Index>(k)) = signs[k];
        meter.work += 40 * static_cast<double>(basis.size()) * static_cast<double>(signs.size());
        kept = settled(basis, sizes.weighted, std::move(together));
        std::ranges::stable_sort(kept, {}, &Signing::error);
        const auto alike = [](const Signing& a, const Signing& b) { return std::fabs(a.sign.dot(b.sign)) == static_cast<double>(a.sign.size()); };
        kept.erase(std::unique(kept.begin(), kept.end(), alike), kept.end());
        if (kept.size() > kept_signings) kept.resize(kept_signings);
        if (!kept.empty() && kept[0].error < best.error) best = kept[0];
        const Vector left = sizes.weighted - basis * (basis.transpose() * sizes.weighted);
        plain = std::min(plain, std::sqrt(left.squaredNorm() * static_cast<double>(rows) / static_cast<double>(rows - basis.cols()) / sizes.weighted.squaredNorm()));
    }
    constexpr double clearly = 0.95, both = 0.005;
    const double share = 0.5 * (1 - std::fabs(best.sign.sum()) / static_cast<double>(rows));
    if (!(best.error < clearly * plain) || share < both) return std::nullopt;
    return best;
}

// exp of the sum of a smooth function of each variable that follows log(size) best, robustly: what roots are divided by so that none dominates.
std::vector<double> flattening(std::span<const std::vector<double>> columns, std::span<const double> size) {
    const auto n = static_cast<Eigen::Index>(size.size());
    constexpr int degree = 4;
    const auto inputs = inputs_of(columns, Input::Kind::plain);
    Matrix terms(n, degree * static_cast<Eigen::Index>(columns.size()) + 1);
    Vector logarithm(n);
    for (Eigen::Index i = 0; i < n; ++i) {
        logarithm(i) = std::log(std::max(size[static_cast<std::size_t>(i)], std::numeric_limits<double>::min()));
        terms(i, 0) = 1;
        for (std::size_t j = 0; j < columns.size(); ++j) {
            const double u = inputs[j].unit(columns[j][static_cast<std::size_t>(i)]);
            const Eigen::Index at = 1 + degree * static_cast<Eigen::Index>(j);
            terms(i, at) = u;
            for (Eigen::Index p = 1; p < degree; ++p) terms(i, at + p) = 2 * u * terms(i, at + p - 1) - (p == 1 ? 1 : terms(i, at + p - 2));
        }
    }
    const Vector fitted = (terms * robust_solution(terms, logarithm)).array().exp();
    return {fitted.data(), fitted.data() + n};
}

}  // namespace

std::vector<Step> root_steps(const Part& part, Meter& meter) {
    std::vector<Step> steps;
    const auto [low, high] = std::ranges::minmax(part.target);
    if (part.tolerance > 0 || part.variables() == 0 || (low < 0 && high > 0)) return steps;
    constexpr double good = 1e-3, sure = 3;  // error of signs that need no other try; errors beside which a root's sign is sure
    for (const bool inverse : {false, true}) {
        Vector weighted;
        std::vector<double> root;
        for (const double y : part.target) root.push_back(std::sqrt(inverse ? 1 / std::fabs(y) : std::fabs(y)));
        if (!all_finite(root)) continue;
        if (!Sizes(root).touch_zero()) continue;
        auto flat = flattening(part.columns, root);
        for (std::size_t i = 0; i < flat.size(); ++i) flat[i] = root[i] / flat[i];
        std::optional<Signing> best;
        for (const auto& sizes : {Sizes(root), Sizes(std::move(flat))})
            for (const auto kind : {Input::Kind::plain, Input::Kind::logarithm}) {
                if (kind == Input::Kind::logarithm && std::ranges::none_of(part.columns, [](const auto& x) { return can_be_logarithm(x); })) continue;
                if ((best && best->error < good) || !sizes.touch_zero()) continue;
                auto found = followed(part.columns, sizes, kind, meter);
                if (!found || (best && found->error >= best->error)) continue;
                best = std::move(found);
                weighted = sizes.weighted;
            }
        if (!best) continue;
        // Rows so near 0 that the polynomial does not tell their signs are left out.
        const std::size_t n = part.variables();
        Step step{.kind = "root", .words = {}, .features = {}, .target = {}, .wrap = {}, .slope = {}};
        const double first = best->sign(0), typical = best->error * std::sqrt(weighted.squaredNorm() / static_cast<double>(root.size()));
        for (std::size_t i = 0; i < root.size(); ++i) {
            const auto k = static_cast<Eigen::Index>(i);
            const double along = best->predicted(k) * best->sign(k), off = std::fabs(along - weighted(k));
            if (weighted(k) < std::max(2 * off, sure * typical)) continue;
            step.rows.push_back(i);
            step.values.push_back(first * best->sign(k) * root[i]);
        }
        constexpr double most_left_out = 0.4;
        if (static_cast<double>(step.rows.size()) < (1 - most_left_out) * static_cast<double>(root.size())) continue;
        for (std::size_t j = 0; j < n; ++j) step.features.push_back(variable(j));
        const Expression square = Expression::apply(Op::square, variable(n));
        step.wrap = inverse ? Expression::apply(Op::inverse, square) : square;
        if (low < 0) step.wrap = Expression::apply(Op::negate, step.wrap);
        step.target = Expression::apply(Op::sqrt, inverse ? Expression::apply(Op::inverse, variable(n)) : low < 0 ? Expression::apply(Op::negate, variable(n)) : variable(n));
        step.slope = inverse ? quotient(Expression::constant(2), product(square, variable(n))) : product(Expression::constant(2), variable(n));
        step.score = best->error;
        step.words = inverse ? "its inverse is the square of something of both signs" : "it is the square of something of both signs";
        steps.push_back(std::move(step));
    }
    std::ranges::stable_sort(steps, {}, &Step::score);
    return steps;
}

}  // namespace balmer::divide
