#pragma once

#include <cstddef>
#include <memory>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "balmer/dataset.hpp"
#include "balmer/error.hpp"

namespace balmer::python {

namespace nb = nanobind;

/// A NumPy array (rows, columns) of doubles whose columns are contiguous.
using Block = nb::ndarray<const double, nb::ndim<2>, nb::f_contig, nb::device::cpu>;

/// Adds the columns of a block to a table, without copying: the caller keeps the array alive as long as the table.
inline void add_columns(Table& table, const std::vector<std::string>& names, const Block& block) {
    if (names.size() != block.shape(1)) throw Error("there are not as many names as columns");
    if (!table.order.empty() && table.rows != block.shape(0)) throw Error("the columns are not of one length");
    table.rows = block.shape(0);
    for (std::size_t k = 0; k < names.size(); ++k) {
        const std::shared_ptr<const double> borrowed(std::shared_ptr<const void>(), block.data() + k * table.rows);
        table.numeric.emplace_back(names[k], borrowed, table.rows);
        table.order.push_back(names[k]);
    }
}

/// Codes of a text column, one per row.
using Codes = nb::ndarray<const std::uint32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
/// A column of text: name, distinct entries sorted, and codes into them.
using TextBlock = std::tuple<std::string, std::vector<std::string>, Codes>;

/// Adds columns of text to a table that has its rows already.
inline void add_texts(Table& table, const std::vector<TextBlock>& texts) {
    for (const auto& [name, entries, codes] : texts) {
        if (!table.order.empty() && table.rows != codes.shape(0)) throw Error("the columns are not of one length");
        table.rows = codes.shape(0);
        table.text.push_back({name, entries, {codes.data(), codes.data() + codes.shape(0)}});
        table.order.push_back(name);
    }
}

/// A table of one block. `source` names it in error messages.
inline Table table_of(const std::vector<std::string>& names, const Block& block, std::string source) {
    Table table;
    table.source = std::move(source);
    add_columns(table, names, block);
    return table;
}

/// values[k][row] as a NumPy array of shape (k, rows) that owns a copy.
inline nb::ndarray<nb::numpy, double, nb::ndim<2>> to_array(const std::vector<std::vector<double>>& values, std::size_t rows) {
    auto storage = std::make_unique<double[]>(std::max<std::size_t>(values.size() * rows, 1));
    for (std::size_t k = 0; k < values.size(); ++k) std::copy(values[k].begin(), values[k].end(), storage.get() + k * rows);
    double* data = storage.get();
    nb::capsule owner(storage.release(), [](void* p) noexcept { delete[] static_cast<double*>(p); });
    return {data, {values.size(), rows}, owner};
}

}  // namespace balmer::python
