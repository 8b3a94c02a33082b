#include "balmer/error.hpp"
#include "data/formats.hpp"
#include "data/growing_column.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace balmer {

namespace {

std::uint32_t read_size(ByteSource& source) {
    unsigned char bytes[4];
    source.read_exactly(reinterpret_cast<char*>(bytes), 4);
    return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

template <class T>
double load_big(const char* at) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, at, sizeof(T));
    if constexpr (std::endian::native == std::endian::little) {
        std::reverse(bytes, bytes + sizeof(T));
    }
    T value;
    std::memcpy(&value, bytes, sizeof(T));
    return static_cast<double>(value);
}

struct EntryType {
    std::size_t bytes;
    double (*load)(const char*);
};

EntryType entry_type(ByteSource& source, unsigned char code) {
    switch (code) {
        case 0x08: return {1, load_big<std::uint8_t>};
        case 0x09: return {1, load_big<std::int8_t>};
        case 0x0b: return {2, load_big<std::int16_t>};
        case 0x0c: return {4, load_big<std::int32_t>};
        case 0x0d: return {4, load_big<float>};
        case 0x0e: return {8, load_big<double>};
        default: throw Error(Place{.file = source.name()}, fmt::format("the IDX file has an unknown type of entries ({}).", code));
    }
}

}  // namespace

Table read_idx(ByteSource& source) {
    char start[4];
    source.read_exactly(start, 4);
    const EntryType type = entry_type(source, static_cast<unsigned char>(start[2]));
    const auto axes = static_cast<unsigned char>(start[3]);
    Table table;
    table.source = source.name();
    table.rows = read_size(source);
    std::size_t width = 1;
    for (unsigned axis = 1; axis < axes; ++axis) {
        const std::uint32_t size = read_size(source);
        width *= size;
        table.image_shape.push_back(size);
        if (width == 0 || width > (std::size_t{1} << 17)) {
            throw Error(Place{.file = source.name()}, "the IDX file has no entries, or more than 131072 a row.");
        }
    }
    if (table.rows == 0) {
        throw Error(Place{.file = source.name()}, "the IDX file has no rows.");
    }
    std::vector<GrowingColumn> columns(width);
    std::vector<char> row(width * type.bytes);
    for (std::size_t i = 0; i < table.rows; ++i) {
        source.read_exactly(row.data(), row.size());
        for (std::size_t j = 0; j < width; ++j) {
            columns[j].push(type.load(row.data() + j * type.bytes));
        }
    }
    for (std::size_t j = 0; j < width; ++j) {
        table.order.push_back(axes == 1 ? "label" : fmt::format("x{}", j));
        table.numeric.push_back(columns[j].finish(table.order.back()));
    }
    count_non_finite(table);
    return table;
}

}  // namespace balmer
