#include "search/neural/blocks.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "search/neural/kernels.hpp"

namespace balmer::neural {

void FloatArray::Release::operator()(float* at) const { std::free(at); }

FloatArray::FloatArray(std::size_t size) : size_(size) {
    constexpr std::size_t boundary = 64;
    const std::size_t bytes = (size * sizeof(float) + boundary - 1) / boundary * boundary;
    auto* at = static_cast<float*>(std::aligned_alloc(boundary, std::max(bytes, boundary)));
    if (!at) throw std::bad_alloc();
    std::fill_n(at, size, 0.0f);
    data_.reset(at);
}

namespace {

RowView view_of(const TrainingRows& rows) {
    RowView view;
    for (const auto& column : rows.inputs) view.inputs.push_back(column.data());
    for (const auto& column : rows.targets) view.targets.push_back(column.data());
    view.shift.assign(rows.inputs.size(), 0.0);
    view.scale.assign(rows.inputs.size(), 1.0);
    view.weights = rows.weights.empty() ? nullptr : rows.weights.data();
    return view;
}

}  // namespace

Blocks::Blocks(const TrainingRows& rows, std::span<const std::size_t> order) : Blocks(view_of(rows), order) {}

Blocks::Blocks(const RowView& rows, std::span<const std::size_t> order)
    : inputs_(rows.inputs.size()), targets_(rows.targets.size()), rows_(order.size()), tiles_((order.size() + kernels::tile - 1) / kernels::tile) {
    using kernels::tile;
    input_ = FloatArray(tiles_ * (inputs_ + 1) * tile);
    target_ = FloatArray(tiles_ * targets_ * tile);
    weight_ = FloatArray(tiles_ * tile);
    total_.assign(tiles_, 0.0);
    const auto row_at = [&](std::size_t t, std::size_t r) { return order[t * tile + r < rows_ ? t * tile + r : 0]; };
    for (std::size_t t = 0; t < tiles_; ++t) {
        float* const x = input_.data() + t * (inputs_ + 1) * tile;
        for (std::size_t i = 0; i < inputs_; ++i)
            for (std::size_t r = 0; r < tile; ++r)
                x[i * tile + r] = static_cast<float>((rows.inputs[i][row_at(t, r)] - rows.shift[i]) * rows.scale[i]);
        for (std::size_t k = 0; k < targets_; ++k)
            for (std::size_t r = 0; r < tile; ++r) {
                const double y = rows.targets[k][row_at(t, r)];
                target_.data()[(t * targets_ + k) * tile + r] =
                    static_cast<float>(rows.target_scale.empty() ? y : (y - rows.target_shift[k]) / rows.target_scale[k]);
            }
        for (std::size_t r = 0; r < tile; ++r) {
            const double weight = t * tile + r >= rows_ ? 0 : rows.weights ? rows.weights[row_at(t, r)] : 1;
            weight_.data()[t * tile + r] = static_cast<float>(weight);
            total_[t] += weight;
            x[inputs_ * tile + r] = 1;
        }
    }
}

}  // namespace balmer::neural
