#pragma once

#include "balmer/dataset.hpp"
#include "balmer/readers.hpp"
#include "data/byte_source.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace balmer {

/// The description at the beginning of a .npy file (NumPy's NEP 1).
struct NpyHeader {
    char kind = 'f';                 ///< f, i, u, b, U (UTF-32) or S (bytes)
    std::size_t item = 8;            ///< bytes of one entry
    enum class Bytes : std::uint8_t { little, big } bytes = Bytes::little;
    enum class Order : std::uint8_t { c, fortran } order = Order::c;
    std::vector<std::size_t> shape;

    /// Entries along the first axis; 1 for a scalar.
    std::size_t rows() const { return shape.empty() ? 1 : shape[0]; }
    /// Entries of one row: the product of the other axes.
    std::size_t row_size() const;
};

/// One array: columns of numbers (one for a 1-D array), or texts of a 1-D array.
struct NpyArray {
    NpyHeader header;
    std::vector<Column> columns;      ///< unnamed
    std::vector<std::string> texts;
};

/// Reads magic and description; the source then stands at the first entry.
NpyHeader read_npy_header(ByteSource& source);
/// Reads a whole array.
NpyArray read_npy_array(ByteSource& source);

/// A .npy file as a table with the columns x0, x1, ...
Table read_npy(ByteSource& source);
/// The same without a copy when the entries lie in the file as columns of doubles do in memory; nothing else is mapped.
bool map_npy(const std::filesystem::path& path, Table& table);

/// A .npz archive held in memory (or mapped) as a table.
Table read_npz(std::string_view bytes, const std::string& name);

}  // namespace balmer
