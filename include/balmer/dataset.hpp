#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace balmer {

/// A named column of numbers with an optional unit. Copies share the storage, which is never written after construction.
class Column {
public:
    Column() = default;
    /// Takes ownership of `values`.
    Column(std::string name, std::vector<double> values, std::string unit = {});
    /// Shares foreign storage (a memory map, a NumPy array) of `rows` doubles, kept alive by `storage`.
    Column(std::string name, std::shared_ptr<const double> storage, std::size_t rows, std::string unit = {});

    const std::string& name() const { return name_; }
    /// Unit as the user wrote it, such as "kg m/s^2"; empty when not given.
    const std::string& unit() const { return unit_; }
    std::size_t rows() const { return rows_; }
    std::span<const double> values() const { return {storage_.get(), rows_}; }
    double operator[](std::size_t row) const { return storage_.get()[row]; }
    /// Same values under another unit.
    Column with_unit(std::string unit) const;
    /// Same values under another name.
    Column with_name(std::string name) const;

private:
    std::string name_;
    std::string unit_;
    std::shared_ptr<const double> storage_;
    std::size_t rows_ = 0;
};

/// A column of text as codes into a sorted list of distinct entries (classes, categories).
struct TextColumn {
    std::string name;
    std::vector<std::string> categories;  ///< distinct entries, sorted
    std::vector<std::uint32_t> codes;     ///< one per row, index into `categories`
};

/// A set of labels that rows fall into: what p[name] has one value for each of.
struct CategoryAxis {
    std::string name;                 ///< of the column
    std::vector<std::string> labels;  ///< by code; texts sorted, numbers in rising order

    bool operator==(const CategoryAxis&) const = default;
};

/// A column that sorts rows into categories.
struct CategoryColumn {
    CategoryAxis axis;
    Column codes;  ///< one per row: 0 ... labels - 1, as numbers, because evaluation reads columns of numbers
};

/// Entries of a numeric column that no fit can use. A table keeps them as NaN (or infinity); make_dataset refuses or drops their rows.
struct NonFinite {
    std::string column;
    std::size_t missing = 0;     ///< NaN, empty, NA, null and the like
    std::size_t infinite = 0;    ///< infinities, and numbers beyond the range of a double
    std::size_t first_row = 0;   ///< row of the table, from 0
    std::size_t first_line = 0;  ///< line of the text file, from 1; 0 when the source has no lines
};

/// What a file holds before columns get roles: numeric and text columns of one length, in file order.
struct Table {
    std::vector<Column> numeric;
    std::vector<TextColumn> text;
    std::vector<std::string> order;  ///< all column names in file order
    std::size_t rows = 0;
    std::string source;  ///< path or description, for error messages
    std::vector<NonFinite> non_finite;      ///< columns with entries that are not finite, in file order
    std::vector<std::size_t> image_shape;   ///< e.g. {28, 28} when the columns x0, x1, ... are pixels, rows first

    /// Index into `numeric`, or nothing.
    std::optional<std::size_t> find_numeric(const std::string& name) const;
    /// Index into `text`, or nothing.
    std::optional<std::size_t> find_text(const std::string& name) const;
};

/// What a fit sees: columns with roles. All columns have `rows()` entries, all finite.
class Dataset {
public:
    std::vector<Column> features;
    std::vector<Column> targets;                   ///< regression: one per output; classification: one column of class codes 0..k-1
    std::vector<std::string> classes;              ///< class labels by code; empty for regression
    std::optional<Column> weights;                 ///< per-row weight, may be negative (signed Monte Carlo weights)
    std::optional<Column> sigma;                   ///< per-row standard deviation of the target, > 0
    std::vector<CategoryColumn> categories;        ///< axes of parameters p[category]
    std::vector<std::size_t> group_begin;          ///< ragged groups: first row of each group; empty when rows are independent
    std::vector<std::size_t> image_shape;          ///< e.g. {28, 28} when the features are pixels
    std::string source;

    std::size_t rows() const;
    std::vector<std::string> feature_names() const;
    /// The rows listed, in that order (every role). Storage is new.
    Dataset take(std::span<const std::size_t> rows) const;
    /// 64-bit hash of names, units and every value: two runs on the same data agree, nothing else does.
    std::uint64_t fingerprint() const;
};

}  // namespace balmer
