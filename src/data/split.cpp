#include "balmer/split.hpp"

#include "balmer/error.hpp"
#include "balmer/number.hpp"
#include "balmer/parallel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace balmer {

namespace {

/// The first `count` of a shuffle of `items` (Fisher and Yates).
void shuffle_front(std::vector<std::size_t>& items, std::size_t count, RandomStream& random) {
    for (std::size_t i = 0; i < count; ++i) {
        std::swap(items[i], items[i + random.below(items.size() - i)]);
    }
}

/// Row ranges that stay together.
struct Block {
    std::size_t begin, end;
};

std::vector<Block> blocks_of(const Dataset& data) {
    std::vector<Block> blocks;
    const std::size_t rows = data.rows();
    if (data.group_begin.empty()) {
        for (std::size_t row = 0; row < rows; ++row) {
            blocks.push_back({row, row + 1});
        }
        return blocks;
    }
    for (std::size_t i = 0; i < data.group_begin.size(); ++i) {
        blocks.push_back({data.group_begin[i], i + 1 < data.group_begin.size() ? data.group_begin[i + 1] : rows});
    }
    return blocks;
}

}  // namespace

Split split_rows(const Dataset& data, double fraction, RandomStream random) {
    if (!(fraction >= 0 && fraction < 1)) {
        throw Error(fmt::format("the fraction of rows put aside is {}; it must be at least 0 and below 1, such as 0.25.",
                                format_double(fraction)));
    }
    const std::vector<Block> blocks = blocks_of(data);
    const bool by_class = !data.classes.empty() && data.group_begin.empty();
    std::vector<std::vector<std::size_t>> strata(by_class ? data.classes.size() : 1);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        strata[by_class ? static_cast<std::size_t>(data.targets.front()[i]) : 0].push_back(i);
    }
    std::vector<char> held_out(blocks.size(), 0);
    for (std::vector<std::size_t>& stratum : strata) {
        auto count = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(stratum.size())));
        if (!by_class && fraction > 0) {
            count = std::max<std::size_t>(count, 1);
        }
        count = std::min(count, stratum.empty() ? 0 : stratum.size() - 1);
        shuffle_front(stratum, count, random);
        for (std::size_t i = 0; i < count; ++i) {
            held_out[stratum[i]] = 1;
        }
    }
    Split split;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        for (std::size_t row = blocks[i].begin; row < blocks[i].end; ++row) {
            (held_out[i] != 0 ? split.held_out : split.training).push_back(row);
        }
    }
    return split;
}

std::vector<std::size_t> choose_rows(std::size_t rows, std::size_t count, RandomStream random) {
    std::vector<std::size_t> items(rows);
    std::iota(items.begin(), items.end(), std::size_t{0});
    if (count < rows) {
        shuffle_front(items, count, random);
        items.resize(count);
        std::sort(items.begin(), items.end());
    }
    return items;
}

ColumnScale scale_of(std::span<const double> values) {
    if (values.empty()) {
        return {};
    }
    // Divided by the largest value first, so that neither the sum nor the squares overflow.
    double largest = 0;
    for (const double value : values) {
        largest = std::max(largest, std::abs(value));
    }
    if (largest == 0) {
        return {};
    }
    const auto n = static_cast<double>(values.size());
    std::vector<double> part(values.size());
    std::transform(values.begin(), values.end(), part.begin(), [largest](double value) { return value / largest; });
    const double mean = block_sum(part) / n;
    for (double& value : part) {
        value = (value - mean) * (value - mean);
    }
    const double deviation = std::sqrt(block_sum(part) / n);
    const bool constant = std::all_of(values.begin(), values.end(), [&](double value) { return value == values.front(); });
    return {constant ? values.front() : mean * largest, constant || deviation == 0 ? 1 : deviation * largest};
}

std::vector<ColumnScale> feature_scales(const Dataset& data) {
    std::vector<ColumnScale> scales;
    for (const Column& column : data.features) {
        scales.push_back(scale_of(column.values()));
    }
    return scales;
}

Column scaled(const Column& column, const ColumnScale& scale) {
    std::vector<double> values(column.rows());
    std::transform(column.values().begin(), column.values().end(), values.begin(),
                   [&scale](double value) { return scale.apply(value); });
    return {column.name(), std::move(values)};
}

}  // namespace balmer
