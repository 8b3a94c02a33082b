#include "data/npy.hpp"

#include "balmer/error.hpp"
#include "data/growing_column.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace balmer {

namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t most_columns = std::size_t{1} << 17;

[[noreturn]] void fail(const ByteSource& source, const std::string& message) {
    throw Error(Place{.file = source.name()}, message);
}

/// What stands behind 'key': in the description, up to the next key.
std::string_view value_of(std::string_view text, std::string_view key) {
    const std::size_t at = text.find(fmt::format("'{}':", key));
    if (at == std::string_view::npos) {
        return {};
    }
    text.remove_prefix(at + key.size() + 3);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return text;
}

void read_type(const ByteSource& source, std::string_view text, NpyHeader& header) {
    const std::size_t end = text.size() < 2 ? std::string_view::npos : text.find('\'', 1);
    if (text.empty() || text[0] != '\'' || end == std::string_view::npos || end < 3) {
        fail(source, "the array holds records. Save its fields as arrays of an .npz, or one 2-D array.");
    }
    const std::string_view type = text.substr(1, end - 1);
    header.bytes = type[0] == '>' ? NpyHeader::Bytes::big : NpyHeader::Bytes::little;
    header.kind = type[1];
    const std::string_view digits = type.substr(2);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), header.item);
    const bool number = read.ec == std::errc() && read.ptr == digits.data() + digits.size() && header.item > 0;
    const std::string_view sizes = header.kind == 'f' ? "248" : header.kind == 'b' ? "1" : "1248";
    const bool plain = number && std::string_view("fiub").find(header.kind) != std::string_view::npos && digits.size() == 1 &&
                       sizes.find(digits[0]) != std::string_view::npos;
    const bool texts = number && (header.kind == 'U' || header.kind == 'S') && header.item <= 100'000;
    if (header.kind == 'O') {
        fail(source, "the array holds Python objects. Convert it first: array.astype(float) or array.astype(str).");
    }
    if (!plain && !texts) {
        fail(source, fmt::format("cannot read entries of the type '{}'. Allowed are whole numbers, floating point up to 64 bits, "
                                 "bool and text; convert with array.astype(float).",
                                 type.substr(0, 40)));
    }
    header.item *= header.kind == 'U' ? 4 : 1;
}

void read_shape(const ByteSource& source, std::string_view text, NpyHeader& header) {
    const std::size_t close = text.find(')');
    if (text.empty() || text[0] != '(' || close == std::string_view::npos) {
        fail(source, "the array's shape is damaged.");
    }
    std::size_t total = std::max<std::size_t>(header.item, 1);
    const char* at = text.data() + 1;
    const char* end = text.data() + close;
    while (at < end) {
        std::size_t size = 0;
        const auto read = std::from_chars(at, end, size);
        if (read.ec != std::errc() || (size > 0 && total > std::numeric_limits<std::int64_t>::max() / size)) {
            fail(source, "the array's shape is damaged.");
        }
        total *= std::max<std::size_t>(size, 1);
        header.shape.push_back(size);
        at = read.ptr;
        while (at < end && (*at == ',' || *at == ' ' || *at == 'L')) {
            ++at;
        }
    }
}

template <class T>
T load(const char* at, bool swap) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, at, sizeof(T));
    if (swap) {
        std::reverse(bytes, bytes + sizeof(T));
    }
    T value;
    std::memcpy(&value, bytes, sizeof(T));
    return value;
}

/// IEEE 754 binary16.
double load_half(const char* at, bool swap) {
    const auto bits = load<std::uint16_t>(at, swap);
    const int exponent = (bits >> 10) & 31;
    const int fraction = bits & 1023;
    const double size = exponent == 31  ? (fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN())
                        : exponent == 0 ? std::ldexp(fraction, -24)
                                        : std::ldexp(1024 + fraction, exponent - 25);
    return (bits & 0x8000) != 0 ? -size : size;
}

template <class T>
double load_as_double(const char* at, bool swap) {
    return static_cast<double>(load<T>(at, swap));
}

using Loader = double (*)(const char*, bool);

Loader loader_of(const NpyHeader& header) {
    const bool is_signed = header.kind == 'i';
    if (header.kind == 'f') {
        return header.item == 2 ? load_half : header.item == 4 ? load_as_double<float> : load_as_double<double>;
    }
    switch (header.item) {
        case 1: return is_signed ? load_as_double<std::int8_t> : load_as_double<std::uint8_t>;
        case 2: return is_signed ? load_as_double<std::int16_t> : load_as_double<std::uint16_t>;
        case 4: return is_signed ? load_as_double<std::int32_t> : load_as_double<std::uint32_t>;
        default: return is_signed ? load_as_double<std::int64_t> : load_as_double<std::uint64_t>;
    }
}

bool must_swap(const NpyHeader& header) {
    return (header.bytes == NpyHeader::Bytes::big) != (std::endian::native == std::endian::big);
}

void append_utf8(std::string& text, std::uint32_t code) {
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 63))};
    } else if (code < 0x10000) {
        text += {static_cast<char>(0xe0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 63)),
                 static_cast<char>(0x80 | (code & 63))};
    } else if (code < 0x110000) {
        text += {static_cast<char>(0xf0 | code >> 18), static_cast<char>(0x80 | (code >> 12 & 63)),
                 static_cast<char>(0x80 | (code >> 6 & 63)), static_cast<char>(0x80 | (code & 63))};
    }
}

std::string text_entry(const NpyHeader& header, const char* at) {
    std::string text;
    for (std::size_t i = 0; i < header.item; i += header.kind == 'U' ? 4 : 1) {
        const std::uint32_t code =
            header.kind == 'U' ? load<std::uint32_t>(at + i, must_swap(header)) : static_cast<unsigned char>(at[i]);
        if (code == 0) {
            break;
        }
        header.kind == 'U' ? append_utf8(text, code) : text.push_back(static_cast<char>(code));
    }
    return text;
}

/// Calls use(first entry, count, bytes) for blocks of entries.
template <class Use>
void for_blocks(ByteSource& source, std::size_t entries, std::size_t item, Use&& use) {
    const std::size_t most = std::max<std::size_t>(1, (std::size_t{1} << 18) / item);
    std::vector<char> buffer(std::min(most, entries) * item);
    for (std::size_t done = 0; done < entries;) {
        const std::size_t count = std::min(most, entries - done);
        source.read_exactly(buffer.data(), count * item);
        use(done, count, buffer.data());
        done += count;
    }
}

}  // namespace

std::size_t NpyHeader::row_size() const {
    std::size_t size = 1;
    for (std::size_t i = 1; i < shape.size(); ++i) {
        size *= shape[i];
    }
    return size;
}

NpyHeader read_npy_header(ByteSource& source) {
    char start[12];
    source.read_exactly(start, 10);
    if (std::string_view(start, magic.size()) != magic) {
        fail(source, "this is not a .npy array.");
    }
    std::size_t length = load<std::uint16_t>(start + 8, std::endian::native == std::endian::big);
    if (start[6] > 1) {
        source.read_exactly(start + 10, 2);
        length = load<std::uint32_t>(start + 8, std::endian::native == std::endian::big);
    }
    if (length > 1'000'000) {
        fail(source, "the array's description is damaged.");
    }
    std::string text(length, ' ');
    source.read_exactly(text.data(), length);
    NpyHeader header;
    read_type(source, value_of(text, "descr"), header);
    read_shape(source, value_of(text, "shape"), header);
    header.order = value_of(text, "fortran_order").starts_with("True") ? NpyHeader::Order::fortran : NpyHeader::Order::c;
    return header;
}

NpyArray read_npy_array(ByteSource& source) {
    NpyArray array{read_npy_header(source), {}, {}};
    const NpyHeader& header = array.header;
    const std::size_t width = header.row_size();
    const std::size_t rows = header.rows();
    if (header.kind == 'U' || header.kind == 'S') {
        for_blocks(source, rows * width, header.item, [&](std::size_t, std::size_t count, const char* bytes) {
            for (std::size_t i = 0; i < count; ++i) {
                array.texts.push_back(text_entry(header, bytes + i * header.item));
            }
        });
        return array;
    }
    if (width > most_columns) {
        fail(source, fmt::format("the array has {} columns; at most {} can be read.", width, most_columns));
    }
    if (header.order == NpyHeader::Order::fortran && header.shape.size() > 2) {
        fail(source, "a Fortran-ordered array of more than two axes cannot be read. Save numpy.ascontiguousarray(array).");
    }
    std::vector<GrowingColumn> columns(width);
    const Loader loader = loader_of(header);
    const bool swap = must_swap(header);
    std::size_t column = 0;
    for_blocks(source, rows * width, header.item, [&](std::size_t, std::size_t count, const char* bytes) {
        for (std::size_t i = 0; i < count; ++i, bytes += header.item) {
            columns[column].push(loader(bytes, swap));
            if (header.order == NpyHeader::Order::c) {
                column = column + 1 == width ? 0 : column + 1;
            } else if (columns[column].size() == rows) {
                ++column;
            }
        }
    });
    for (GrowingColumn& values : columns) {
        array.columns.push_back(values.finish(""));
    }
    return array;
}

namespace {

void refuse_without_rows(const std::string& name, const NpyHeader& header) {
    if (header.shape.empty() || header.rows() == 0 || header.row_size() == 0) {
        throw Error(Place{.file = name}, "the array has no rows. A table is an array of one or two axes, rows first.");
    }
}

Table table_of(const std::string& name, NpyArray array) {
    Table table;
    table.source = name;
    table.rows = array.header.rows();
    for (std::size_t i = 0; i < array.columns.size(); ++i) {
        table.order.push_back(fmt::format("x{}", i));
        table.numeric.push_back(array.columns[i].with_name(table.order.back()));
    }
    if (array.header.shape.size() == 3) {
        table.image_shape = {array.header.shape[1], array.header.shape[2]};
    }
    count_non_finite(table);
    return table;
}

}  // namespace

Table read_npy(ByteSource& source) {
    NpyArray array = read_npy_array(source);
    refuse_without_rows(source.name(), array.header);
    if (!array.texts.empty()) {
        fail(source, "the array holds text only. Put it beside the numbers in an .npz.");
    }
    return table_of(source.name(), std::move(array));
}

bool map_npy(const std::filesystem::path& path, Table& table) {
    const MappedFile file = map_file(path);
    if (!file.view().starts_with(magic)) {
        return false;
    }
    const auto source = open_stored(file.view(), path.string());
    NpyArray array{read_npy_header(*source), {}, {}};
    const NpyHeader& header = array.header;
    const bool by_column = header.shape.size() == 1 || (header.shape.size() == 2 && (header.order == NpyHeader::Order::fortran || header.shape[1] == 1));
    const std::size_t start = 10 + (file.view()[6] > 1 ? 2 : 0);
    std::size_t length = load<std::uint16_t>(file.view().data() + 8, std::endian::native == std::endian::big);
    if (file.view()[6] > 1) {
        length = load<std::uint32_t>(file.view().data() + 8, std::endian::native == std::endian::big);
    }
    const std::size_t offset = start + length;
    if (!by_column || header.kind != 'f' || header.item != 8 || must_swap(header) || offset % 8 != 0) {
        return false;
    }
    refuse_without_rows(path.string(), header);
    const std::size_t width = header.row_size();
    if (width > most_columns || (file.size - offset) / 8 / width < header.rows()) {
        return false;  // the ordinary reader says what is wrong
    }
    const auto* values = reinterpret_cast<const double*>(file.bytes.get() + offset);
    for (std::size_t i = 0; i < width; ++i) {
        array.columns.emplace_back("", std::shared_ptr<const double>(file.bytes, values + i * header.rows()), header.rows());
    }
    table = table_of(path.string(), std::move(array));
    return true;
}

}  // namespace balmer
