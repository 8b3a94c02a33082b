#pragma once

#include "balmer/dataset.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace balmer {

/// A column of numbers while it is read. Grows by doubling through realloc, which for large blocks moves pages instead
/// of copying them: the memory in use stays 8 bytes per number, also while it grows.
class GrowingColumn {
public:
    GrowingColumn() = default;
    GrowingColumn(GrowingColumn&& other) noexcept;
    GrowingColumn(const GrowingColumn&) = delete;
    GrowingColumn& operator=(const GrowingColumn&) = delete;
    ~GrowingColumn();

    std::size_t size() const { return size_; }
    void push(double value) {
        if (size_ == capacity_) {
            grow(size_ + 1);
        }
        data_[size_++] = value;
    }
    /// Room for `count` more numbers, to be written by the caller.
    double* extend(std::size_t count);
    /// The column, cut to its size. Leaves this empty.
    Column finish(std::string name);

private:
    void grow(std::size_t at_least);

    double* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

/// A column of text while it is read: codes in order of appearance, sorted at the end.
class GrowingText {
public:
    void push(std::string_view text);
    TextColumn finish(std::string name);

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    };
    std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> code_;
    std::vector<std::uint32_t> codes_;
};

/// Counts the entries of each numeric column that are not finite (for sources without lines) into table.non_finite.
void count_non_finite(Table& table);

/// Keeps the named columns only, in file order. Throws Error for a name that the table lacks.
void keep_columns(Table& table, const std::vector<std::string>& names);

}  // namespace balmer
