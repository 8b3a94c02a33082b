#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zlib.h>

namespace balmer {

/// Little-endian bytes of a number.
template <class T>
std::string bytes_of(T value) {
    std::string bytes(sizeof(T), '\0');
    std::memcpy(bytes.data(), &value, sizeof(T));
    return bytes;
}

/// A .npy file of version 1 around raw entries.
inline std::string npy_file(const std::string& type, const std::string& order, const std::string& shape, const std::string& entries) {
    std::string text = "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
    text.append(64 - (10 + text.size() + 1) % 64, ' ');
    text += '\n';
    return "\x93NUMPY" + std::string("\x01\x00", 2) + bytes_of(static_cast<std::uint16_t>(text.size())) + text + entries;
}

template <class T>
std::string npy_entries(const std::vector<T>& values) {
    std::string bytes;
    for (const T value : values) {
        bytes += bytes_of(value);
    }
    return bytes;
}

/// How the members of a zip archive are packed.
enum class Packing : std::uint16_t { stored = 0, deflated = 8 };

inline std::string deflated(const std::string& text) {
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::string packed(text.size() + 1000, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(packed.size() - stream.avail_out);
    deflateEnd(&stream);
    return packed;
}

/// A zip archive of the named files.
inline std::string zip_file(const std::vector<std::pair<std::string, std::string>>& files, Packing packing) {
    std::string archive, directory;
    for (const auto& [name, content] : files) {
        const std::string packed = packing == Packing::stored ? content : deflated(content);
        const auto crc = static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size())));
        const std::string common = bytes_of(std::uint16_t{20}) + bytes_of(std::uint16_t{0}) + bytes_of(static_cast<std::uint16_t>(packing)) +
                                   bytes_of(std::uint32_t{0}) + bytes_of(crc) + bytes_of(static_cast<std::uint32_t>(packed.size())) +
                                   bytes_of(static_cast<std::uint32_t>(content.size())) + bytes_of(static_cast<std::uint16_t>(name.size())) +
                                   bytes_of(std::uint16_t{0});
        directory += "PK\x01\x02" + bytes_of(std::uint16_t{20}) + common + std::string(10, '\0') +
                     bytes_of(static_cast<std::uint32_t>(archive.size())) + name;
        archive += "PK\x03\x04" + common + name + packed;
    }
    const auto start = static_cast<std::uint32_t>(archive.size());
    const auto count = static_cast<std::uint16_t>(files.size());
    return archive + directory + "PK\x05\x06" + std::string(4, '\0') + bytes_of(count) + bytes_of(count) +
           bytes_of(static_cast<std::uint32_t>(directory.size())) + bytes_of(start) + std::string(2, '\0');
}

}  // namespace balmer
