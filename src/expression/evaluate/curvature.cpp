#include <algorithm>
#include <cassert>
#include <cmath>

#include "balmer/evaluate.hpp"
#include "expression/evaluate/reverse.hpp"

namespace balmer {
namespace {

constexpr std::size_t tile = Reverse::tile;

// Sums over scalars become sums over parameters: out += factor D_k' in D_l, for `in` of n_k x n_l, and its transpose when asked.
void add_block(const Reverse& reverse, std::size_t k, std::size_t l, const double* in, double factor, std::size_t p, double* out) {
    const std::size_t n = reverse.derivatives(k).size(), m = reverse.derivatives(l).size();
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < m; ++j) {
            const double entry = factor * in[i * m + j];
            for (const auto& a : reverse.terms(k, i))
                for (const auto& b : reverse.terms(l, j)) out[a.parameter * p + b.parameter] += a.factor * entry * b.factor;
        }
}

double lane_sum(const double* lanes, std::size_t k) { return kernels::sum_lanes(lanes + kernels::dot_lanes * k); }

// Sums the lanes of every dot product.
std::vector<double> summed(const std::vector<double>& lanes) {
    std::vector<double> result(lanes.size() / kernels::dot_lanes);
    for (std::size_t k = 0; k < result.size(); ++k) result[k] = lane_sum(lanes.data(), k);
    return result;
}

void mirror(double* gram, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = i + 1; j < n; ++j) gram[i * n + j] = gram[j * n + i];
}

bool all_finite(const Curvature& c) {
    const auto finite = [](double x) { return std::isfinite(x); };
    return std::isfinite(c.value) && std::ranges::all_of(c.gradient, finite) && std::ranges::all_of(c.hessian, finite);
}

// Gradient and curvature of the squared error from the sums over scalars, of which the gram has its lower triangle.
void finish(const Reverse& reverse, const double* gram_lanes, const double* projected_lanes, Curvature& result) {
    const std::size_t n = reverse.derivatives(0).size(), p = result.gradient.size();
    std::vector<double> sums(n * n);
    for (std::size_t i = 0; i < n; ++i) sums[i] = 2 * lane_sum(projected_lanes, i);
    reverse.to_parameters(0, sums.data(), result.gradient.data());
    if (reverse.plain()) {
        for (std::size_t i = 0; i < n; ++i) {
            const std::size_t a = reverse.terms(0, i).front().parameter;
            for (std::size_t j = 0; j <= i; ++j) {
                const std::size_t b = reverse.terms(0, j).front().parameter;
                const double entry = 2 * lane_sum(gram_lanes, i * n + j);
                result.hessian[a * p + b] += entry;
                if (i != j) result.hessian[b * p + a] += entry;
            }
        }
    } else {
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j <= i; ++j) sums[i * n + j] = lane_sum(gram_lanes, i * n + j);
        mirror(sums.data(), n);
        add_block(reverse, 0, 0, sums.data(), 2, p, result.hessian.data());
    }
    result.finite = all_finite(result);
}

// u_j times weights, in tiles of `space`.
std::vector<const double*> weighted(const kernels::ReverseTable& table, std::span<const double* const> u, const double* weights,
                                    std::size_t count, std::vector<double>& space) {
    space.resize(u.size() * tile);
    std::vector<const double*> result(u.size());
    for (std::size_t j = 0; j < u.size(); ++j) {
        table.multiply(u[j], weights, space.data() + j * tile, count);
        result[j] = space.data() + j * tile;
    }
    return result;
}

}  // namespace

Curvature squared_error_curvature(const Program& program, std::span<const double> parameters, const Columns<double>& columns,
                                  std::span<const double> target, std::span<const double> weights, InstructionSet set) {
    assert(target.size() >= columns.rows && (weights.empty() || weights.size() >= columns.rows));
    const std::size_t p = program.parameters();
    Curvature result{.value = 0, .finite = false, .gradient = std::vector<double>(p), .hessian = std::vector<double>(p * p)};
    Reverse reverse(program.tape(), parameters, columns, 1, set);
    const auto u = reverse.derivatives(0);
    const std::size_t n = u.size();
    Arena arena;
    std::byte* const memory = arena.reserve(sizeof(double) * kernels::dot_lanes * n * (n + 1));
    double* const gram_lanes = reinterpret_cast<double*>(memory);
    double* const projected_lanes = gram_lanes + kernels::dot_lanes * n * n;
    std::fill_n(gram_lanes, kernels::dot_lanes * n * (n + 1), 0.0);
    std::vector<double> space;
    alignas(kernels::block_bytes) double residual[tile], some_target[tile], some_weights[tile];
    Stretch s;
    for (Stretches rows(columns.rows, tile, Reverse::block); rows.next(s);) {
        reverse.forward(s);
        const double* y = target.data() + s.begin;
        const double* w = weights.empty() ? nullptr : weights.data() + s.begin;
        if (s.valid != s.count) {  // rows that are not new get weight 0
            for (std::size_t i = 0; i < s.count; ++i) {
                const std::size_t row = std::min(s.begin + i, columns.rows - 1);
                some_target[i] = target[row];
                some_weights[i] = i < s.skip || i >= s.skip + s.valid ? 0 : weights.empty() ? 1 : weights[row];
            }
            y = some_target;
            w = some_weights;
        }
        result.value += reverse.table().residual(reverse.prediction(0), y, w, residual, s.count);
        if (!std::isfinite(result.value)) return result;
        reverse.backward(0, s.count);
        const double* const r = residual;
        reverse.table().cross(u.data(), &r, n, 1, s.count, projected_lanes);
        if (w == nullptr) {
            reverse.table().gram(u.data(), u.data(), n, s.count, gram_lanes);
        } else {
            const auto v = weighted(reverse.table(), u, w, s.count, space);
            reverse.table().gram(u.data(), v.data(), n, s.count, gram_lanes);
        }
    }
    finish(reverse, gram_lanes, projected_lanes, result);
    return result;
}

namespace {

// The derivatives of a loss on one stretch, with zeros on the rows that are not new.
class LossTiles {
public:
    explicit LossTiles(std::size_t outputs) : outputs_(outputs), space_((outputs + outputs * outputs) * tile) {
        for (std::size_t k = 0; k < outputs + outputs * outputs; ++k) start_.push_back(space_.data() + k * tile);
    }
    double fill(const RowLoss& loss, const Reverse& reverse, const Stretch& s) {
        std::fill(space_.begin(), space_.end(), 0.0);
        std::vector<const double*> prediction(outputs_);
        std::vector<double*> at(start_);
        for (std::size_t k = 0; k < outputs_; ++k) prediction[k] = reverse.prediction(k) + s.skip;
        for (auto& pointer : at) pointer += s.skip;
        return loss.tile(s.begin + s.skip, s.valid, prediction, std::span(at).first(outputs_), std::span(at).subspan(outputs_));
    }
    const double* first(std::size_t k) const { return start_[k]; }
    const double* second(std::size_t k, std::size_t l) const { return start_[outputs_ + k * outputs_ + l]; }

private:
    std::size_t outputs_;
    std::vector<double> space_;
    std::vector<double*> start_;
};

bool predictions_finite(const Reverse& reverse, std::size_t outputs, const Stretch& s) {
    double sum = 0;
    for (std::size_t k = 0; k < outputs; ++k)
        for (std::size_t i = s.skip; i < s.skip + s.valid; ++i) sum += reverse.prediction(k)[i] * 0;
    return sum == 0;
}

}  // namespace

Curvature loss_curvature(const Program& program, std::span<const double> parameters, const Columns<double>& columns, const RowLoss& loss,
                         InstructionSet set) {
    const std::size_t p = program.parameters(), outputs = program.outputs();
    Curvature result{.value = 0, .finite = false, .gradient = std::vector<double>(p), .hessian = std::vector<double>(p * p)};
    Reverse reverse(program.tape(), parameters, columns, outputs, set);
    LossTiles tiles(outputs);
    std::vector<std::vector<double>> projected(outputs), block(outputs * outputs);
    for (std::size_t k = 0; k < outputs; ++k) {
        projected[k].resize(kernels::dot_lanes * reverse.derivatives(k).size());
        for (std::size_t l = 0; l <= k; ++l)
            block[k * outputs + l].resize(kernels::dot_lanes * reverse.derivatives(k).size() * reverse.derivatives(l).size());
    }
    std::vector<double> space;
    Stretch s;
    for (Stretches rows(columns.rows, tile, Reverse::block); rows.next(s);) {
        reverse.forward(s);
        if (!predictions_finite(reverse, outputs, s)) return result;
        result.value += tiles.fill(loss, reverse, s);
        if (!std::isfinite(result.value)) return result;
        for (std::size_t k = 0; k < outputs; ++k) {
            reverse.backward(k, s.count);
            const auto u = reverse.derivatives(k);
            const double* const first = tiles.first(k);
            reverse.table().cross(u.data(), &first, u.size(), 1, s.count, projected[k].data());
            for (std::size_t l = 0; l <= k; ++l) {
                const auto v = weighted(reverse.table(), reverse.derivatives(l), tiles.second(k, l), s.count, space);
                auto& out = block[k * outputs + l];
                if (k == l) reverse.table().gram(u.data(), v.data(), u.size(), s.count, out.data());
                else reverse.table().cross(u.data(), v.data(), u.size(), v.size(), s.count, out.data());
            }
        }
    }
    for (auto& lanes : projected) lanes = summed(lanes);
    for (auto& lanes : block) lanes = summed(lanes);
    for (std::size_t k = 0; k < outputs; ++k) {
        reverse.to_parameters(k, projected[k].data(), result.gradient.data());
        mirror(block[k * outputs + k].data(), projected[k].size());
        add_block(reverse, k, k, block[k * outputs + k].data(), 1, p, result.hessian.data());
        for (std::size_t l = 0; l < k; ++l) {
            std::vector<double> part(p * p);
            add_block(reverse, k, l, block[k * outputs + l].data(), 1, p, part.data());
            for (std::size_t i = 0; i < p; ++i)
                for (std::size_t j = 0; j < p; ++j) result.hessian[i * p + j] += part[i * p + j] + part[j * p + i];
        }
    }
    result.finite = all_finite(result);
    return result;
}

void jacobian(const Program& program, std::span<const double> parameters, const Columns<double>& columns, std::span<double* const> jacobian,
              InstructionSet set) {
    assert(jacobian.size() >= program.parameters());
    Reverse reverse(program.tape(), parameters, columns, 1, set);
    for (double* const column : jacobian) std::fill_n(column, columns.rows, 0.0);
    Stretch s;
    for (Stretches rows(columns.rows, tile, Reverse::block); rows.next(s);) {
        reverse.forward(s);
        reverse.backward(0, s.count);
        const auto u = reverse.derivatives(0);
        for (std::size_t j = 0; j < u.size(); ++j)
            for (const auto& term : reverse.terms(0, j))
                for (std::size_t i = s.skip; i < s.skip + s.valid; ++i)
                    jacobian[term.parameter][s.begin + i] += term.factor * u[j][i];
    }
}

}  // namespace balmer
