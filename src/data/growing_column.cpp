#include "data/growing_column.hpp"

#include "balmer/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <new>
#include <utility>

namespace balmer {

GrowingColumn::GrowingColumn(GrowingColumn&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

GrowingColumn::~GrowingColumn() { std::free(data_); }

void GrowingColumn::grow(std::size_t at_least) {
    const std::size_t capacity = std::max({at_least, capacity_ * 2, std::size_t{64}});
    void* moved = std::realloc(data_, capacity * sizeof(double));
    if (moved == nullptr) {
        throw std::bad_alloc();
    }
    data_ = static_cast<double*>(moved);
    capacity_ = capacity;
}

double* GrowingColumn::extend(std::size_t count) {
    if (capacity_ - size_ < count) {
        grow(size_ + count);
    }
    double* room = data_ + size_;
    size_ += count;
    return room;
}

Column GrowingColumn::finish(std::string name) {
    void* cut = std::realloc(data_, std::max<std::size_t>(size_, 1) * sizeof(double));
    double* data = cut == nullptr ? data_ : static_cast<double*>(cut);
    data_ = nullptr;
    capacity_ = 0;
    const std::size_t rows = std::exchange(size_, 0);
    return {std::move(name), std::shared_ptr<const double>(data, [](const double* p) { std::free(const_cast<double*>(p)); }),
            rows};
}

void GrowingText::push(std::string_view text) {
    auto found = code_.find(text);
    if (found == code_.end()) {
        found = code_.emplace(std::string(text), static_cast<std::uint32_t>(code_.size())).first;
    }
    codes_.push_back(found->second);
}

TextColumn GrowingText::finish(std::string name) {
    TextColumn column{std::move(name), {}, std::move(codes_)};
    for (const auto& [text, code] : code_) {
        column.categories.push_back(text);
    }
    std::sort(column.categories.begin(), column.categories.end());
    std::vector<std::uint32_t> sorted(column.categories.size());
    for (std::uint32_t i = 0; i < sorted.size(); ++i) {
        sorted[code_.find(column.categories[i])->second] = i;
    }
    for (std::uint32_t& code : column.codes) {
        code = sorted[code];
    }
    return column;
}

void count_non_finite(Table& table) {
    for (const Column& column : table.numeric) {
        NonFinite bad{.column = column.name()};
        for (std::size_t row = 0; row < column.rows(); ++row) {
            if (!std::isfinite(column[row])) {
                bad.first_row = bad.missing + bad.infinite == 0 ? row : bad.first_row;
                ++(std::isnan(column[row]) ? bad.missing : bad.infinite);
            }
        }
        if (bad.missing + bad.infinite > 0) {
            table.non_finite.push_back(bad);
        }
    }
}

void keep_columns(Table& table, const std::vector<std::string>& names) {
    if (names.empty()) {
        return;
    }
    for (const std::string& name : names) {
        if (!table.find_numeric(name) && !table.find_text(name)) {
            throw Error(Place{.file = table.source},
                        fmt::format("there is no column '{}'.{} It has {}.", name, suggest(name, table.order),
                                    fmt::join(table.order.begin(), table.order.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(table.order.size(), 20)), ", ")));
        }
    }
    const auto unwanted = [&](const std::string& name) { return std::find(names.begin(), names.end(), name) == names.end(); };
    std::erase_if(table.numeric, [&](const Column& column) { return unwanted(column.name()); });
    std::erase_if(table.text, [&](const TextColumn& column) { return unwanted(column.name); });
    std::erase_if(table.order, unwanted);
    std::erase_if(table.non_finite, [&](const NonFinite& bad) { return unwanted(bad.column); });
}

}  // namespace balmer
