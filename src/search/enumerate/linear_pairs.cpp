#include "search/enumerate/linear_pairs.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "search/enumerate/kernels.hpp"
#include "search/enumerate/noisy_scan.hpp"
#include "search/enumerate/robust.hpp"

namespace balmer::enumerate {
namespace {

constexpr std::size_t largest_basis = 1000;
constexpr std::size_t lattice_size = 60;

bool is_better(const PairHit& a, const PairHit& b) {
    return std::tuple(a.cost, a.transform, a.monomial, a.first, a.second) <
           std::tuple(b.cost, b.transform, b.monomial, b.first, b.second);
}

void keep_best(std::vector<PairHit>& hits, std::size_t count) {
    std::ranges::sort(hits, is_better);
    if (hits.size() > count) hits.resize(count);
}

}  // namespace

LinearPairs::LinearPairs(const ValueTable& table, const Sample& screen, Judge& judge)
    : table_(table), sample_(screen), judge_(judge), robust_(screen.size(), 1.0) {
    std::vector<std::int32_t> positive;
    for (const auto v : table.variables())
        if (std::ranges::all_of(sample_.columns[static_cast<std::size_t>(v)], [](double x) { return x > 0; })) positive.push_back(v);
    const bool quotients = judge.spelling().has(Op::divide) && judge.spelling().has(Op::multiply);
    const std::vector<bool> half(positive.size(), judge.spelling().has(Op::sqrt));
    lattice_ = quotients ? monomial_lattice(positive, half, 3, 4, lattice_size) : std::vector<LatticePoint>{{}};
    for (const auto& point : lattice_) monomials_.push_back(lattice_values(point, sample_.columns));
    for (const auto t : {Transform::identity, Transform::square, Transform::inverse, Transform::log, Transform::sqrt}) {
        if (!invertible(t, judge.spelling()) || (loses_sign(t) && common_sign(sample_.target) == 0)) continue;
        std::vector<double> u(sample_.size()), weight = sample_.weight;
        transform_rows(t, sample_.target.data(), u.data(), u.size());
        for (std::size_t i = 0; i < u.size(); ++i) weight[i] /= slope(t, sample_.target[i]) * slope(t, sample_.target[i]);
        if (!all_finite(u) || !all_finite(weight)) continue;
        transforms_.push_back(t);
        targets_.push_back(std::move(u));
        target_weight_.push_back(std::move(weight));
    }
    choose_basis();
}

// Small formulas without numbers: a column, two joined, one function of either.
void LinearPairs::choose_basis() {
    const auto is_leaf = [&](std::uint32_t i) { return table_[i].op == Op::feature; };
    const auto is_joined = [&](std::uint32_t i) {
        const Entry& e = table_[i];
        return is_leaf(i) || (info(e.op).arity == 2 && is_leaf(e.left) && is_leaf(e.right));
    };
    const std::size_t end = table_.first_of_size(5);
    const auto all = table_.values_on(end, sample_.pointers, sample_.size(), judge_.run().pool);
    const std::size_t rows = sample_.size();
    for (std::uint32_t i = 0; i < end && basis_.size() < largest_basis; ++i) {
        const Entry& e = table_[i];
        if (!(e.flags & affine_distinct) || e.flags & (numbered_entry | constant_entry)) continue;
        if (!is_joined(i) && !(info(e.op).arity == 1 && e.op != Op::call && is_joined(e.left))) continue;
        const std::span<const double> values(all.data() + i * rows, rows);
        if (!all_finite(values)) continue;
        basis_.push_back(i);
        values_.insert(values_.end(), values.begin(), values.end());
    }
}

std::vector<PairHit> LinearPairs::screen(const Task& task, std::size_t stride, std::size_t keep) const {
    const auto t = static_cast<std::size_t>(std::ranges::find(transforms_, task.transform) - transforms_.begin());
    const std::size_t rows = sample_.size();
    const auto n = static_cast<Eigen::Index>((rows + stride - 1) / stride);
    const auto count = static_cast<Eigen::Index>(basis_.size());
    Eigen::VectorXd weight(n), z(n);
    for (Eigen::Index i = 0; i < n; ++i) {
        const std::size_t r = static_cast<std::size_t>(i) * stride;
        const double a = monomials_[task.monomial][r];
        weight[i] = target_weight_[t][r] * a * a * robust_[r];
        z[i] = targets_[t][r] / a;
    }
    const double total = weight.sum();
    if (!(total > 0) || !std::isfinite(total) || !z.allFinite()) return {};
    const Eigen::VectorXd root = weight.cwiseSqrt();
    z = (z.array() - weight.dot(z) / total).matrix().cwiseProduct(root);
    const double zz = z.squaredNorm();
    if (!(zz > 0)) return {};
    Eigen::MatrixXd columns(n, count);
    for (Eigen::Index k = 0; k < count; ++k) {
        const double* v = values_.data() + static_cast<std::size_t>(k) * rows;
        auto column = columns.col(k);
        for (Eigen::Index i = 0; i < n; ++i) column[i] = v[static_cast<std::size_t>(i) * stride];
        const double size = column.squaredNorm();
        column = (column.array() - weight.dot(column) / total).matrix().cwiseProduct(root);
        const double length = column.norm();
        if (length * length > 1e-14 * size * weight.maxCoeff()) column /= length;
        else column.setZero();
    }
    Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(count, count);
    gram.selfadjointView<Eigen::Lower>().rankUpdate(columns.transpose());
    const Eigen::VectorXd g = columns.transpose() * (z / std::sqrt(zz));
    const double half_rows = 0.5 * static_cast<double>(n);
    std::vector<PairHit> hits;
    double bar = std::numeric_limits<double>::infinity();
    const auto offer = [&](double unexplained, Eigen::Index a, Eigen::Index b) {
        PairHit hit{.transform = task.transform, .monomial = task.monomial, .first = basis_[static_cast<std::size_t>(a)]};
        int nodes = nodes_of(hit.first) + lattice_[task.monomial].total() + (task.transform != Transform::identity);
        if (b >= 0) {
            hit.second = basis_[static_cast<std::size_t>(b)];
            nodes += nodes_of(hit.second) + 2;
        }
        hit.cost = half_rows * std::log(std::max(unexplained, 1e-26) * zz) + cost_per_node * nodes;
        if (hit.cost >= bar) return;
        hits.push_back(hit);
        if (hits.size() < 4 * keep) return;
        keep_best(hits, keep);
        bar = hits.back().cost;
    };
    for (Eigen::Index a = 0; a < count; ++a) {
        offer(1 - g[a] * g[a], a, -1);
        const double* row = gram.col(a).data();
        // Costs without the nodes' share bound from below what can enter.
        const double enough = std::exp((bar - cost_per_node * nodes_of(basis_[static_cast<std::size_t>(a)])) / half_rows) / zz;
        for (Eigen::Index b = a + 1; b < count; ++b) {
            const double rho = row[b], independent = 1 - rho * rho;
            const double explained = (g[a] * g[a] + g[b] * g[b] - 2 * g[a] * g[b] * rho);
            if (independent - explained < enough * independent && independent > 1e-6) offer(1 - explained / independent, a, b);
        }
    }
    keep_best(hits, keep);
    return hits;
}

std::vector<PairHit> LinearPairs::screen_all(const std::vector<Task>& tasks, std::size_t stride, std::size_t keep) {
    std::vector<PairHit> hits;
    const std::size_t block = 2 * judge_.run().pool.size();
    for (std::size_t begin = 0; begin < tasks.size() && !judge_.run().over(); begin += block) {
        const std::size_t count = std::min(block, tasks.size() - begin);
        std::vector<std::vector<PairHit>> found(count);
        parallel_for(judge_.run().pool, count, 1, [&](std::size_t i) { found[i] = screen(tasks[begin + i], stride, keep); });
        for (const auto& f : found) hits.insert(hits.end(), f.begin(), f.end());
        judge_.run().clock.add(sample_.size() / stride * count, basis_.size() * basis_.size() / 2);
        judge_.report("library");
    }
    return hits;
}

double LinearPairs::robust_cost(const PairHit& hit, std::vector<double>* coefficients, std::vector<double>* row_weight) const {
    const auto t = static_cast<std::size_t>(std::ranges::find(transforms_, hit.transform) - transforms_.begin());
    const std::size_t rows = sample_.size();
    std::vector<std::vector<double>> columns;
    std::vector<double> weight(rows), z(rows);
    const auto add = [&](std::uint32_t entry) {
        const auto at = static_cast<std::size_t>(std::ranges::lower_bound(basis_, entry) - basis_.begin());
        columns.emplace_back(values_.begin() + static_cast<std::ptrdiff_t>(at * rows),
                             values_.begin() + static_cast<std::ptrdiff_t>((at + 1) * rows));
    };
    add(hit.first);
    if (hit.second != KeyIndex::none) add(hit.second);
    columns.emplace_back(rows, 1.0);
    for (std::size_t i = 0; i < rows; ++i) {
        const double a = monomials_[hit.monomial][i];
        weight[i] = target_weight_[t][i] * a * a;
        z[i] = targets_[t][i] / a;
    }
    const auto fit = robust_linear_fit(columns, z, weight);
    if (coefficients) *coefficients = fit.coefficients;
    if (row_weight) *row_weight = fit.factor;
    int nodes = nodes_of(hit.first) + lattice_[hit.monomial].total() + (hit.transform != Transform::identity);
    if (hit.second != KeyIndex::none) nodes += nodes_of(hit.second) + 2;
    return static_cast<double>(rows) * std::log(std::max(fit.scale, 1e-300)) + cost_per_node * nodes;
}

void LinearPairs::refine_robustly(std::vector<PairHit>& hits) const {
    parallel_for(judge_.run().pool, hits.size(), 4, [&](std::size_t i) { hits[i].cost = robust_cost(hits[i], nullptr, nullptr); });
    std::ranges::sort(hits, is_better);
}

// The shapes that one hit may have: with and without its constant, inside or outside the monomial, coefficients equal or free.
std::vector<Expression> LinearPairs::spell(const PairHit& hit) const {
    std::vector<double> c;
    (void)robust_cost(hit, &c, nullptr);
    const auto powers = lattice_[hit.monomial].powers();
    const auto times = [&](double factor, const Expression& e) {
        auto all = powers;
        all.push_back({e, {1, 1}});
        return monomial_of(factor, all);
    };
    const auto constant = [](double value) { return Expression::constant(value == 0 || value == 1 || value == -1 ? value + 1e-9 : value); };
    const Expression v1 = table_.expression(hit.first);
    std::vector<Expression> u;
    if (hit.second == KeyIndex::none) {
        u.push_back(times(1, sum_of(scaled(c[0], v1), constant(c[1]))));
        u.push_back(times(c[0], v1));
        u.push_back(sum_of(times(c[0], v1), constant(1e-3)));
    } else {
        const Expression v2 = table_.expression(hit.second);
        const double ratio = c[1] / c[0];
        const Expression both = sum_of(scaled(c[0], v1), scaled(c[1], v2));
        if (std::fabs(std::fabs(ratio) - 1) < 0.2) {
            const Expression equal = c[0] > 0 || ratio > 0 ? sum_of(v1, scaled(ratio > 0 ? 1 : -1, v2)) : sum_of(v2, scaled(-1, v1));
            const double factor = ratio < 0 ? std::fabs(c[0]) : c[0];
            u.push_back(times(factor, equal));
            u.push_back(sum_of(times(factor, equal), constant(1e-3)));
        }
        u.push_back(times(1, both));
        u.push_back(times(1, sum_of(both, constant(c[2]))));
    }
    const int sign = common_sign(sample_.target);
    for (auto& e : u) e = inverted(hit.transform, e, sign);
    return u;
}

void LinearPairs::fit_best(const std::vector<PairHit>& hits) {
    Run& run = judge_.run();
    for (std::size_t i = 0; i < std::min<std::size_t>(hits.size(), 12) && !run.over(); ++i) {
        for (const auto& formula : spell(hits[i])) {
            if (run.over()) return;
            judge_.offer_fitted(formula);
        }
        judge_.report("library");
    }
}

void LinearPairs::run() {
    if (basis_.empty() || transforms_.empty() || sample_.size() < 12) return;
    std::vector<Task> tasks;
    for (std::size_t m = 0; m < lattice_.size(); ++m)
        for (const auto t : transforms_)
            if (t != Transform::log || m == 0) tasks.push_back({t, m});
    const std::size_t stride = std::max<std::size_t>(1, sample_.size() / 170);
    auto hits = screen_all(tasks, stride, 4);
    keep_best(hits, 60);
    refine_robustly(hits);
    // Rows that the best fit of all calls wrong do not vote in the second pass.
    if (!hits.empty()) (void)robust_cost(hits.front(), nullptr, &robust_);
    std::vector<Task> best;
    for (const auto& hit : hits) {
        const auto same = [&](const Task& t) { return t.transform == hit.transform && t.monomial == hit.monomial; };
        if (best.size() < 8 && std::ranges::none_of(best, same)) best.push_back({hit.transform, hit.monomial});
    }
    auto full = screen_all(best, 1, 24);
    hits.insert(hits.end(), full.begin(), full.end());
    refine_robustly(hits);
    const auto same = [](const PairHit& a, const PairHit& b) {
        return std::tuple(a.transform, a.monomial, a.first, a.second) == std::tuple(b.transform, b.monomial, b.first, b.second);
    };
    hits.erase(std::unique(hits.begin(), hits.end(), same), hits.end());
    fit_best(hits);
}

}  // namespace balmer::enumerate
