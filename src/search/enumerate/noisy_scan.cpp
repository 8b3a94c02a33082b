#include "search/enumerate/noisy_scan.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "search/enumerate/kernels.hpp"
#include "search/enumerate/whole_steps.hpp"

namespace balmer::enumerate {
namespace {

using FloatMatrix = Eigen::MatrixXf;
using FloatVector = Eigen::VectorXf;

constexpr float independent = 1e-5F;  // share of a column that the base must leave
constexpr double smallest_share = 2e-6;  // of the target's square: where float ends
constexpr Eigen::Index block = 256;

// The task in orthonormal form, weights applied.
struct Prepared {
    FloatVector root;     // sqrt(weight)
    FloatMatrix basis;    // orthonormal columns of the base
    FloatVector z;        // what the base leaves of the target, of length 1
    double square = 0;  // its squared length before
};

Prepared prepare(const ScanTask& task) {
    const auto rows = static_cast<Eigen::Index>(task.z.size());
    Eigen::VectorXd root(rows), z(rows);
    for (Eigen::Index i = 0; i < rows; ++i) {
        root[i] = std::sqrt(task.weight[static_cast<std::size_t>(i)]);
        z[i] = root[i] == 0 ? 0 : root[i] * task.z[static_cast<std::size_t>(i)];
    }
    Eigen::MatrixXd basis(rows, static_cast<Eigen::Index>(task.base.size()));
    Eigen::Index count = 0;
    for (const auto& column : task.base) {
        Eigen::VectorXd v = root.cwiseProduct(Eigen::Map<const Eigen::VectorXd>(column.data(), rows));
        const double length = v.norm();
        for (int pass = 0; pass < 2; ++pass)
            for (Eigen::Index k = 0; k < count; ++k) v -= basis.col(k).dot(v) * basis.col(k);
        if (!(v.norm() > 1e-9 * length)) continue;
        basis.col(count++) = v.normalized();
    }
    basis.conservativeResize(rows, count);
    for (Eigen::Index k = 0; k < count; ++k) z -= basis.col(k).dot(z) * basis.col(k);
    Prepared prepared{.root = root.cast<float>(), .basis = basis.cast<float>(), .z = {}, .square = z.squaredNorm()};
    prepared.z = (z / std::sqrt(prepared.square)).cast<float>();
    return prepared;
}

bool comes_before(const ScanHit& a, const ScanHit& b) { return std::tuple(a.cost, a.first, a.second) < std::tuple(b.cost, b.first, b.second); }

// The best hits so far, and the cost that a new one must beat.
class Best {
public:
    explicit Best(std::size_t keep) : keep_(keep) {}
    double bar() const { return bar_; }
    void offer(const ScanHit& hit) {
        if (hit.cost >= bar_) return;
        hits_.push_back(hit);
        if (hits_.size() >= 4 * keep_) shrink();
    }
    std::vector<ScanHit> take() {
        shrink();
        return std::move(hits_);
    }

private:
    void shrink() {
        std::ranges::sort(hits_, comes_before);
        if (hits_.size() < keep_) return;
        hits_.resize(keep_);
        bar_ = hits_.back().cost;
    }
    std::size_t keep_;
    double bar_ = std::numeric_limits<double>::infinity();
    std::vector<ScanHit> hits_;
};

std::vector<ScanHit> merged(std::vector<std::vector<ScanHit>>& parts, std::size_t keep) {
    Best best(keep);
    for (const auto& part : parts)
        for (const auto& hit : part) best.offer(hit);
    return best.take();
}

// What two unit columns leave of a unit target when their coefficients are whole multiples of `step`, none of them 0: exponents that are
// multiples of 1/2. ga, gb: the target along the columns; rho: one column along the other.
double left_by_halves(double ga, double gb, double rho, double step_a, double step_b) {
    const auto whole = [](double x) { return x == 0 ? 1.0 : std::clamp(x, -8.0, 8.0); };
    const double best = (ga - rho * gb) / std::max(1 - rho * rho, 1e-4) / step_a;
    double least = std::numeric_limits<double>::infinity();
    for (const double offset : {-1.0, 0.0, 1.0, 2.0}) {
        const double a = step_a * whole(std::floor(best) + offset);
        const double b = step_b * whole(std::round((gb - a * rho) / step_b));
        least = std::min(least, 1 - 2 * (a * ga + b * gb) + a * a + b * b + 2 * a * b * rho);
    }
    return least;
}

const float* data_of(const NoisyColumns& columns, Seen seen, std::size_t i) {
    return seen == Seen::value ? columns.value(i) : columns.logarithm(i);
}

}  // namespace

void cap(std::vector<double>& values, double capped) {
    auto sorted = values;
    const auto upper = sorted.begin() + static_cast<std::ptrdiff_t>(capped * static_cast<double>(sorted.size() - 1));
    std::ranges::nth_element(sorted, upper);
    for (double& v : values) v = std::min(v, *upper);
}

ScanTask logarithmic_task(std::span<const double> u, std::span<const double> weight, const std::vector<std::vector<double>>& base, double capped) {
    ScanTask task{.base = base, .z = {u.begin(), u.end()}, .weight = {weight.begin(), weight.end()}};
    std::vector<double> sizes;
    for (const double x : u) sizes.push_back(std::fabs(x));
    for (std::size_t i = 0; i < u.size(); ++i) task.z[i] = sizes[i] > 0 ? std::log(sizes[i]) : 0;
    cap(sizes, capped);
    for (std::size_t i = 0; i < u.size(); ++i) task.weight[i] *= sizes[i] * sizes[i];
    return task;
}

bool usable(const ScanTask& task) {
    return all_finite(task.z) && all_finite(task.weight) && std::ranges::any_of(task.weight, [](double w) { return w > 0; });
}

std::vector<ScanHit> scan_singles(const NoisyColumns& columns, Seen seen, std::size_t end, const ScanTask& task, std::size_t keep, ThreadPool& pool) {
    const Prepared prepared = prepare(task);
    const auto rows = static_cast<Eigen::Index>(columns.rows());
    const double half_rows = 0.5 * static_cast<double>(rows);
    if (!(prepared.square > 0) || !std::isfinite(prepared.square)) return {};
    end = std::min(end, columns.size());
    constexpr std::size_t slice = 16 * block;
    std::vector<std::vector<ScanHit>> parts((end + slice - 1) / slice);
    parallel_for(pool, parts.size(), 1, [&](std::size_t part) {
        std::vector<Best> best(NoisyColumns::kinds, Best(keep));
        FloatMatrix scaled, inside;
        const std::size_t stop = std::min(end, (part + 1) * slice);
        for (std::size_t begin = part * slice; begin < stop; begin += block) {
            const auto n = static_cast<Eigen::Index>(std::min<std::size_t>(block, stop - begin));
            const Eigen::Map<const FloatMatrix> values(data_of(columns, seen, begin), rows, n);
            scaled = values.array().colwise() * prepared.root.array();
            const FloatVector along = scaled.transpose() * prepared.z;
            const FloatVector whole = scaled.colwise().squaredNorm();
            inside.noalias() = prepared.basis.transpose() * scaled;
            for (Eigen::Index k = 0; k < n; ++k) {
                const float left = whole[k] - inside.col(k).squaredNorm();
                if (!(left > independent * whole[k]) || !std::isfinite(whole[k])) continue;
                const double unexplained = std::max(1 - static_cast<double>(along[k]) * static_cast<double>(along[k]) / static_cast<double>(left), smallest_share);
                const auto at = begin + static_cast<std::size_t>(k);
                best[columns.kind(at)].offer({.first = static_cast<std::uint32_t>(at),
                                              .cost = half_rows * std::log(unexplained * prepared.square) + cost_per_node * columns.nodes(at)});
            }
        }
        for (auto& of_kind : best) {
            const auto hits = of_kind.take();
            parts[part].insert(parts[part].end(), hits.begin(), hits.end());
        }
    });
    std::vector<Best> best(NoisyColumns::kinds, Best(keep));
    for (const auto& part : parts)
        for (const auto& hit : part) best[columns.kind(hit.first)].offer(hit);
    std::vector<ScanHit> hits;
    for (auto& of_kind : best)
        for (const auto& hit : of_kind.take()) hits.push_back(hit);
    std::ranges::sort(hits, comes_before);
    return hits;
}

std::vector<ScanHit> scan_pairs(const NoisyColumns& columns, Seen seen, std::span<const std::uint32_t> listed, const ScanTask& task,
                                std::size_t keep, ThreadPool& pool) {
    const Prepared prepared = prepare(task);
    const auto rows = static_cast<Eigen::Index>(columns.rows());
    const double half_rows = 0.5 * static_cast<double>(rows);
    if (!(prepared.square > 0) || !std::isfinite(prepared.square)) return {};
    // Columns of length 1, free of the base; what their coefficient is counted in.
    const auto count = static_cast<Eigen::Index>(listed.size());
    FloatMatrix unit(rows, count);
    std::vector<double> step(listed.size(), 1.0);
    parallel_for(pool, listed.size(), 64, [&](std::size_t i) {
        auto column = unit.col(static_cast<Eigen::Index>(i));
        column = Eigen::Map<const FloatVector>(data_of(columns, seen, listed[i]), rows).cwiseProduct(prepared.root);
        const float whole = column.squaredNorm();
        column -= prepared.basis * (prepared.basis.transpose() * column);
        column -= prepared.basis * (prepared.basis.transpose() * column);
        const float left = column.squaredNorm();
        if (left > independent * whole && std::isfinite(whole)) {
            column /= std::sqrt(left);
            step[i] = 0.5 * std::sqrt(static_cast<double>(left) / prepared.square);
        } else {
            column.setZero();
        }
    });
    const FloatVector along = unit.transpose() * prepared.z;
    const Eigen::Index blocks = (count + block - 1) / block;
    std::vector<std::pair<Eigen::Index, Eigen::Index>> tiles;
    for (Eigen::Index i = 0; i < blocks; ++i)
        for (Eigen::Index j = i; j < blocks; ++j) tiles.emplace_back(i * block, j * block);
    std::vector<std::vector<ScanHit>> parts(tiles.size());
    parallel_for(pool, tiles.size(), 1, [&](std::size_t tile) {
        const auto [a0, b0] = tiles[tile];
        const Eigen::Index na = std::min(block, count - a0), nb = std::min(block, count - b0);
        const FloatMatrix gram = unit.middleCols(b0, nb).transpose() * unit.middleCols(a0, na);
        Best best(keep);
        FloatVector explained(nb);
        for (Eigen::Index a = 0; a < na; ++a) {
            const float ga = along[a0 + a];
            const int nodes = columns.nodes(listed[static_cast<std::size_t>(a0 + a)]) + 2;
            const auto rho = gram.col(a).array();
            const auto gb = along.segment(b0, nb).array();
            explained = (ga * ga + gb.square() - 2 * ga * gb * rho) / (1 - rho.square()).max(1e-4F);
            // What a pair with the smallest partner must reach.
            const auto enough = static_cast<float>(1 - std::exp((best.bar() - cost_per_node * (nodes + 1)) / half_rows) / prepared.square);
            for (Eigen::Index b = b0 == a0 ? a + 1 : 0; b < nb; ++b) {
                if (!(explained[b] > enough) || gram(b, a) * gram(b, a) > 0.9999F) continue;
                const auto second = listed[static_cast<std::size_t>(b0 + b)];
                const double left = seen == Seen::value ? 1 - static_cast<double>(explained[b])
                                                        : left_by_halves(static_cast<double>(ga), static_cast<double>(gb[b]), static_cast<double>(rho[b]),
                                                                         step[static_cast<std::size_t>(a0 + a)], step[static_cast<std::size_t>(b0 + b)]);
                const double unexplained = std::max(left, smallest_share);
                best.offer({.first = listed[static_cast<std::size_t>(a0 + a)], .second = second,
                            .cost = half_rows * std::log(unexplained * prepared.square) + cost_per_node * (nodes + columns.nodes(second))});
            }
        }
        parts[tile] = best.take();
    });
    return merged(parts, keep);
}

void recount_rational(const NoisyColumns& columns, const ScanTask& task, std::vector<ScanHit>& hits, ThreadPool& pool) {
    const auto rows = static_cast<Eigen::Index>(task.z.size());
    const auto count = static_cast<Eigen::Index>(task.base.size());
    Eigen::MatrixXd base(rows, count);
    Eigen::VectorXd root(rows), z(rows);
    for (Eigen::Index i = 0; i < rows; ++i) {
        root[i] = std::sqrt(task.weight[static_cast<std::size_t>(i)]);
        z[i] = root[i] == 0 ? 0 : root[i] * task.z[static_cast<std::size_t>(i)];
    }
    for (Eigen::Index j = 0; j < count; ++j) base.col(j) = root.cwiseProduct(Eigen::Map<const Eigen::VectorXd>(task.base[static_cast<std::size_t>(j)].data(), rows));
    const Eigen::MatrixXd inside = base.transpose() * base;
    const Eigen::VectorXd along = base.transpose() * z;
    const double square = z.squaredNorm();
    const Eigen::VectorXd of_base = inside.ldlt().solve(along);
    const double floor = smallest_share * std::max(square - along.dot(of_base), 0.0);
    parallel_for(pool, hits.size(), 16, [&](std::size_t h) {
        auto& hit = hits[h];
        const Eigen::Index more = hit.second == KeyIndex::none ? 1 : 2;
        Eigen::MatrixXd own(rows, more);
        for (Eigen::Index k = 0; k < more; ++k)
            own.col(k) = root.cwiseProduct(Eigen::Map<const FloatVector>(columns.logarithm(k == 0 ? hit.first : hit.second), rows).cast<double>());
        Eigen::MatrixXd gram(count + more, count + more);
        gram.topLeftCorner(count, count) = inside;
        gram.topRightCorner(count, more) = base.transpose() * own;
        gram.bottomLeftCorner(more, count) = gram.topRightCorner(count, more).transpose();
        gram.bottomRightCorner(more, more) = own.transpose() * own;
        Eigen::VectorXd right(count + more);
        right << along, own.transpose() * z;
        double left = std::numeric_limits<double>::infinity();
        for (const double step : {0.5, 1.0 / 3}) left = std::min(left, fit_whole_steps(gram, right, square, step, more).left);
        int nodes = columns.nodes(hit.first);
        if (more == 2) nodes += columns.nodes(hit.second) + 2;
        hit.cost = 0.5 * static_cast<double>(rows) * std::log(std::max({left, floor, 1e-300})) + cost_per_node * nodes;
    });
    std::ranges::sort(hits, comes_before);
}

}  // namespace balmer::enumerate
