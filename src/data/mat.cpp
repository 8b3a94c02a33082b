#include "data/formats.hpp"

#include "balmer/error.hpp"
#include "data/growing_column.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <fstream>
#include <memory>

#ifdef BALMER_HAVE_MATIO
#include <matio.h>
#endif

namespace balmer {

#ifndef BALMER_HAVE_MATIO

Table read_mat(const std::filesystem::path& path) {
    throw Error(Place{.file = path.string()}, "this balmer was built without libmatio, which reads .mat files. Install libmatio-dev and build again, or "
                                              "save the arrays as .npz.");
}

#else

namespace {

struct CloseVariable {
    void operator()(matvar_t* variable) const { Mat_VarFree(variable); }
};
struct CloseFile {
    void operator()(mat_t* file) const { Mat_Close(file); }
};

template <class T>
double entry(const void* data, std::size_t i) {
    return static_cast<double>(static_cast<const T*>(data)[i]);
}

/// How entries of a class of arrays are read; null for text, cells, structures.
double (*reader_of(matio_classes kind))(const void*, std::size_t) {
    switch (kind) {
        case MAT_C_DOUBLE: return entry<double>;
        case MAT_C_SINGLE: return entry<float>;
        case MAT_C_INT8: return entry<std::int8_t>;
        case MAT_C_UINT8: return entry<std::uint8_t>;
        case MAT_C_INT16: return entry<std::int16_t>;
        case MAT_C_UINT16: return entry<std::uint16_t>;
        case MAT_C_INT32: return entry<std::int32_t>;
        case MAT_C_UINT32: return entry<std::uint32_t>;
        case MAT_C_INT64: return entry<std::int64_t>;
        case MAT_C_UINT64: return entry<std::uint64_t>;
        default: return nullptr;
    }
}

/// The library reads what is left of a file that was cut: the lengths of its elements tell. (Byte order: only of this machine, others pass.)
bool is_whole(const std::filesystem::path& path) {
    constexpr std::uint64_t header = 128;
    std::ifstream file(path, std::ios::binary);
    const std::uint64_t size = std::filesystem::file_size(path);
    char mark[2] = {};
    file.seekg(header - 2);
    file.read(mark, 2);
    if (size < header || mark[0] != 'I') return size >= header;
    std::uint64_t at = header;
    while (at < size) {
        std::uint32_t tag[2] = {};
        file.seekg(static_cast<std::streamoff>(at));
        if (!file.read(reinterpret_cast<char*>(tag), sizeof tag)) return false;
        at += sizeof tag + tag[1];
    }
    return at == size;
}

/// One array's place in the table: MATLAB stores the first axis fastest. Two axes are rows and columns; of more, the last one counts the samples
/// (images), and the others are written out row by row.
void add_array(const matvar_t& array, const std::filesystem::path& path, Table& table) {
    const auto read = reader_of(array.class_type);
    const std::string name = array.name ? array.name : "";
    if (!read || array.isComplex || array.rank < 2) return;
    const std::vector<std::size_t> size(array.dims, array.dims + array.rank);
    const bool is_vector = array.rank == 2 && (size[0] == 1 || size[1] == 1);
    const bool samples_last = array.rank > 2;
    const std::size_t rows = is_vector ? size[0] * size[1] : samples_last ? size.back() : size[0];
    std::size_t columns = 1;
    for (std::size_t axis = 0; axis < size.size(); ++axis) columns *= size[axis];
    columns = rows == 0 ? 0 : columns / rows;
    if (columns == 0 || columns > (std::size_t{1} << 17))
        throw Error(Place{.file = path.string(), .name = name}, "the array is empty, or has more than 131072 columns.");
    if (table.rows != 0 && rows != table.rows)
        throw Error(Place{.file = path.string(), .name = name},
                    fmt::format("this array has {} rows, those before it {}: arrays of one length are needed, samples along the last axis of images.", rows, table.rows));
    table.rows = rows;
    for (std::size_t c = 0; c < columns; ++c) {
        // The column's place among the axes before the last, which the file stores with the first axis fastest.
        std::size_t place = 0, rest = c;
        for (std::size_t axis = size.size() - 1; samples_last && axis-- > 0;) {
            std::size_t stride = 1;
            for (std::size_t before = 0; before < axis; ++before) stride *= size[before];
            place += rest % size[axis] * stride;
            rest /= size[axis];
        }
        GrowingColumn values;
        double* const to = values.extend(rows);
        for (std::size_t r = 0; r < rows; ++r) to[r] = read(array.data, samples_last ? r * columns + place : c * rows + r);
        const std::string column = is_vector ? name : name == "X" ? fmt::format("x{}", c) : fmt::format("{}{}", name, c);
        table.order.push_back(column);
        table.numeric.push_back(values.finish(column));
    }
    if (samples_last && table.image_shape.empty()) table.image_shape.assign(size.begin(), size.end() - 1);
}

}  // namespace

Table read_mat(const std::filesystem::path& path) {
    const std::unique_ptr<mat_t, CloseFile> file(Mat_Open(path.c_str(), MAT_ACC_RDONLY));
    if (!file || !is_whole(path)) throw Error(Place{.file = path.string()}, "this .mat file cannot be read: it is damaged, or ends too early.");
    Table table;
    table.source = path.string();
    while (const std::unique_ptr<matvar_t, CloseVariable> variable{Mat_VarReadNext(file.get())}) {
        if (!variable->data && reader_of(variable->class_type))
            throw Error(Place{.file = path.string(), .name = variable->name ? variable->name : ""}, "this array is damaged: the file ends too early.");
        add_array(*variable, path, table);
    }
    if (table.numeric.empty()) throw Error(Place{.file = path.string()}, "this .mat file holds no numeric array.");
    count_non_finite(table);
    return table;
}

#endif

}  // namespace balmer
