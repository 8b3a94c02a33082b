#include "data/npy.hpp"

#include "balmer/error.hpp"
#include "data/growing_column.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <map>
#include <utility>

namespace balmer {

namespace {

/// A file inside a zip archive (PKWARE's APPNOTE).
struct Member {
    std::string name;
    unsigned method = 0;  ///< 0 stored, 8 deflated
    std::uint64_t packed = 0, size = 0, offset = 0;
    std::uint32_t crc = 0;
};

class Archive {
public:
    Archive(std::string_view bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}

    std::vector<Member> members() const {
        const auto [start, count] = directory();
        std::vector<Member> members;
        std::uint64_t at = start;
        for (std::uint64_t i = 0; i < count; ++i) {
            need(at, 46, "PK\x01\x02");
            const std::uint64_t name = number(at + 28, 2), extra = number(at + 30, 2), comment = number(at + 32, 2);
            need(at, 46 + name + extra + comment);
            Member member{std::string(bytes_.substr(at + 46, name)), static_cast<unsigned>(number(at + 10, 2)),
                          number(at + 20, 4), number(at + 24, 4), number(at + 42, 4),
                          static_cast<std::uint32_t>(number(at + 16, 4))};
            if ((number(at + 8, 2) & 1) != 0) {
                fail("the archive is encrypted.");
            }
            widen(member, at + 46 + name, extra);
            members.push_back(std::move(member));
            at += 46 + name + extra + comment;
        }
        return members;
    }

    std::unique_ptr<ByteSource> open(const Member& member) const {
        need(member.offset, 30, "PK\x03\x04");
        const std::uint64_t start = member.offset + 30 + number(member.offset + 26, 2) + number(member.offset + 28, 2);
        need(start, member.packed);
        const std::string_view packed = bytes_.substr(start, member.packed);
        const std::string name = name_ + ":" + member.name;
        if (member.method == 0) {
            return open_stored(packed, name);
        }
        if (member.method != 8) {
            fail("the archive is packed in a way that NumPy does not use.");
        }
        return open_deflated(packed, name);
    }

private:
    [[noreturn]] void fail(const std::string& message) const { throw Error(Place{.file = name_}, message); }

    std::uint64_t number(std::uint64_t at, unsigned size) const {
        need(at, size);
        std::uint64_t value = 0;
        for (unsigned i = size; i-- > 0;) {
            value = value << 8 | static_cast<unsigned char>(bytes_[at + i]);
        }
        return value;
    }

    void need(std::uint64_t at, std::uint64_t count, std::string_view signature = {}) const {
        if (at > bytes_.size() || bytes_.size() - at < count || !bytes_.substr(at).starts_with(signature)) {
            fail("the zip archive is damaged or cut off. Write it again with numpy.savez.");
        }
    }

    /// Offset and number of entries of the central directory, also of archives beyond 4 GB (zip64).
    std::pair<std::uint64_t, std::uint64_t> directory() const {
        const std::size_t end = bytes_.rfind("PK\x05\x06");
        need(end == std::string_view::npos ? bytes_.size() + 1 : end, 22);
        if (end >= 20 && bytes_.substr(end - 20).starts_with("PK\x06\x07")) {
            const std::uint64_t wide = number(end - 20 + 8, 8);
            need(wide, 56, "PK\x06\x06");
            return {number(wide + 48, 8), number(wide + 32, 8)};
        }
        return {number(end + 16, 4), number(end + 10, 2)};
    }

    /// Sizes that did not fit in 32 bits, from the extra field 1.
    void widen(Member& member, std::uint64_t at, std::uint64_t length) const {
        const std::uint64_t end = at + length;
        while (at + 4 <= end) {
            const std::uint64_t size = number(at + 2, 2);
            std::uint64_t field = at + 4;
            for (std::uint64_t* value : {&member.size, &member.packed, &member.offset}) {
                if (number(at, 2) == 1 && *value == 0xffffffff && field + 8 <= at + 4 + size) {
                    *value = number(field, 8);
                    field += 8;
                }
            }
            at += 4 + size;
        }
    }

    std::string_view bytes_;
    std::string name_;
};

/// Passes bytes on and compares their checksum with the archive's when all have passed.
class CheckedSource : public ByteSource {
public:
    CheckedSource(std::unique_ptr<ByteSource> source, const Member& member)
        : ByteSource(source->name()), source_(std::move(source)), left_(member.size), crc_(member.crc) {}

private:
    std::size_t read_some(char* buffer, std::size_t count) override {
        const std::size_t got = source_->read(buffer, std::min<std::uint64_t>(count, left_));
        seen_ = static_cast<std::uint32_t>(::crc32_z(seen_, reinterpret_cast<const Bytef*>(buffer), got));
        left_ -= got;
        if (left_ == 0 && got > 0 && seen_ != crc_) {
            throw Error(Place{.file = name()}, "the array is damaged (its checksum differs). Copy the file again.");
        }
        return got;
    }

    std::unique_ptr<ByteSource> source_;
    std::uint64_t left_;
    std::uint32_t crc_;
    std::uint32_t seen_ = 0;
};

std::map<std::string, NpyArray> read_arrays(const Archive& archive, const std::string& name, std::vector<std::string>& order) {
    std::map<std::string, NpyArray> arrays;
    for (const Member& member : archive.members()) {
        if (!member.name.ends_with(".npy")) {
            continue;
        }
        const std::string array = member.name.substr(0, member.name.size() - 4);
        CheckedSource source(archive.open(member), member);
        if (!arrays.emplace(array, read_npy_array(source)).second) {
            throw Error(Place{.file = name, .name = array}, "the archive holds this array twice.");
        }
        order.push_back(array);
    }
    return arrays;
}

/// Names for the columns of the array `X`, taken out of `arrays`.
std::vector<std::string> take_column_names(std::map<std::string, NpyArray>& arrays, std::vector<std::string>& order,
                                           std::size_t width) {
    for (const char* key : {"columns", "feature_names"}) {
        const auto found = arrays.find(key);
        if (found != arrays.end() && found->second.texts.size() == width) {
            std::vector<std::string> names = std::move(found->second.texts);
            arrays.erase(found);
            std::erase(order, key);
            return names;
        }
    }
    return {};
}

void add_array(Table& table, const std::string& key, NpyArray& array, const std::vector<std::string>& names) {
    if (!array.texts.empty()) {
        GrowingText texts;
        for (const std::string& text : array.texts) {
            texts.push(text);
        }
        table.text.push_back(texts.finish(key));
        table.order.push_back(key);
        return;
    }
    const bool flat = array.header.shape.size() == 1;
    for (std::size_t i = 0; i < array.columns.size(); ++i) {
        const std::string name = flat ? key : key == "X" ? (names.empty() ? fmt::format("x{}", i) : names[i]) : fmt::format("{}{}", key, i);
        table.numeric.push_back(array.columns[i].with_name(name));
        table.order.push_back(name);
    }
}

void check_unique(const Table& table) {
    std::vector<std::string> names = table.order;
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) {
        throw Error(Place{.file = table.source}, fmt::format("two columns are called '{}'. Rename one of them.", *twice));
    }
}

}  // namespace

Table read_npz(std::string_view bytes, const std::string& name) {
    std::vector<std::string> order;
    std::map<std::string, NpyArray> arrays = read_arrays(Archive(bytes, name), name, order);
    std::vector<std::string> names;
    if (const auto features = arrays.find("X"); features != arrays.end() && features->second.header.shape.size() > 1) {
        names = take_column_names(arrays, order, features->second.columns.size());
    }
    Table table;
    table.source = name;
    const std::string* first = nullptr;
    for (const std::string& key : order) {
        NpyArray& array = arrays.at(key);
        if (array.header.shape.empty()) {
            continue;  // a scalar: a setting that somebody stored beside the table
        }
        if (first != nullptr && array.header.rows() != table.rows) {
            throw Error(Place{.file = name, .name = key},
                        fmt::format("this array has {} rows and '{}' has {}. All arrays of a table need the same length.",
                                    array.header.rows(), *first, table.rows));
        }
        table.rows = array.header.rows();
        first = &key;
        if (key == "X" && array.header.shape.size() == 3) {
            table.image_shape = {array.header.shape[1], array.header.shape[2]};
        }
        add_array(table, key, array, names);
    }
    if (table.order.empty() || table.rows == 0) {
        throw Error(Place{.file = name}, "the archive holds no array with rows. Save one with numpy.savez(file, X=X, y=y).");
    }
    check_unique(table);
    count_non_finite(table);
    return table;
}

}  // namespace balmer
