#include "balmer/dataset.hpp"

#include "balmer/hash.hpp"

#include <algorithm>
#include <cassert>
#include <new>
#include <utility>

namespace balmer {

namespace {

constexpr std::align_val_t cache_line{64};

/// A copy that begins on a cache line: loads of whole vectors then never cross two.
std::shared_ptr<const double> aligned_copy(const std::vector<double>& values) {
    auto* const at = static_cast<double*>(::operator new(values.size() * sizeof(double), cache_line));
    std::ranges::copy(values, at);
    return {at, [](const double* p) { ::operator delete(const_cast<double*>(p), cache_line); }};
}

template <class Columns>
std::optional<std::size_t> find(const Columns& columns, const std::string& name, auto&& name_of) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (name_of(columns[i]) == name) {
            return i;
        }
    }
    return std::nullopt;
}

Column take_column(const Column& column, std::span<const std::size_t> rows) {
    std::vector<double> values;
    values.reserve(rows.size());
    for (const std::size_t row : rows) {
        assert(row < column.rows());
        values.push_back(column[row]);
    }
    return {column.name(), std::move(values), column.unit()};
}

std::uint64_t hash_column(const Column& column, std::uint64_t seed) {
    seed = combine_hash(seed, hash(column.name()));
    seed = combine_hash(seed, hash(column.unit()));
    return combine_hash(seed, hash(column.values()));
}

std::uint64_t hash_texts(std::span<const std::string> texts, std::uint64_t seed) {
    seed = combine_hash(seed, texts.size());
    for (const std::string& text : texts) {
        seed = combine_hash(seed, hash(text));
    }
    return seed;
}

std::uint64_t hash_columns(std::span<const Column> columns, std::uint64_t seed) {
    seed = combine_hash(seed, columns.size());
    for (const Column& column : columns) {
        seed = hash_column(column, seed);
    }
    return seed;
}

/// First rows of the groups that remain when `rows` are taken: a group begins where the group of the row changes.
std::vector<std::size_t> take_groups(std::span<const std::size_t> begin, std::span<const std::size_t> rows) {
    std::vector<std::size_t> taken;
    std::size_t last = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::size_t group = static_cast<std::size_t>(std::upper_bound(begin.begin(), begin.end(), rows[i]) - begin.begin());
        if (i == 0 || group != last) {
            taken.push_back(i);
        }
        last = group;
    }
    return taken;
}

}  // namespace

Column::Column(std::string name, std::vector<double> values, std::string unit)
    : name_(std::move(name)), unit_(std::move(unit)), rows_(values.size()) {
    storage_ = aligned_copy(values);
}

Column::Column(std::string name, std::shared_ptr<const double> storage, std::size_t rows, std::string unit)
    : name_(std::move(name)), unit_(std::move(unit)), storage_(std::move(storage)), rows_(rows) {}

Column Column::with_unit(std::string unit) const {
    Column column = *this;
    column.unit_ = std::move(unit);
    return column;
}

Column Column::with_name(std::string name) const {
    Column column = *this;
    column.name_ = std::move(name);
    return column;
}

std::optional<std::size_t> Table::find_numeric(const std::string& name) const {
    return find(numeric, name, [](const Column& column) -> const std::string& { return column.name(); });
}

std::optional<std::size_t> Table::find_text(const std::string& name) const {
    return find(text, name, [](const TextColumn& column) -> const std::string& { return column.name; });
}

std::size_t Dataset::rows() const {
    if (!features.empty()) {
        return features.front().rows();
    }
    return targets.empty() ? 0 : targets.front().rows();
}

std::vector<std::string> Dataset::feature_names() const {
    std::vector<std::string> names;
    names.reserve(features.size());
    for (const Column& column : features) {
        names.push_back(column.name());
    }
    return names;
}

Dataset Dataset::take(std::span<const std::size_t> rows) const {
    Dataset taken;
    for (const Column& column : features) {
        taken.features.push_back(take_column(column, rows));
    }
    for (const Column& column : targets) {
        taken.targets.push_back(take_column(column, rows));
    }
    taken.classes = classes;
    if (weights) {
        taken.weights = take_column(*weights, rows);
    }
    if (sigma) {
        taken.sigma = take_column(*sigma, rows);
    }
    for (const CategoryColumn& column : categories) {
        taken.categories.push_back({column.axis, take_column(column.codes, rows)});
    }
    if (!group_begin.empty()) {
        taken.group_begin = take_groups(group_begin, rows);
    }
    taken.image_shape = image_shape;
    taken.source = source;
    return taken;
}

std::uint64_t Dataset::fingerprint() const {
    std::uint64_t seed = hash_columns(features, hash("balmer dataset 1"));
    seed = hash_columns(targets, seed);
    seed = hash_texts(classes, seed);
    seed = combine_hash(seed, weights.has_value());
    if (weights) {
        seed = hash_column(*weights, seed);
    }
    seed = combine_hash(seed, sigma.has_value());
    if (sigma) {
        seed = hash_column(*sigma, seed);
    }
    seed = combine_hash(seed, categories.size());
    for (const CategoryColumn& column : categories) {
        seed = combine_hash(seed, hash(column.axis.name));
        seed = hash_texts(column.axis.labels, seed);
        seed = combine_hash(seed, hash(column.codes.values()));
    }
    seed = combine_hash(seed, hash(std::span<const std::size_t>(group_begin)));
    return combine_hash(seed, hash(std::span<const std::size_t>(image_shape)));
}

}  // namespace balmer
