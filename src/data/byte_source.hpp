#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace balmer {

/// Bytes in order, from a file (gzipped or not), from memory or from a member of a zip archive. Throws Error on damage.
class ByteSource {
public:
    explicit ByteSource(std::string name) : name_(std::move(name)) {}
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;
    virtual ~ByteSource() = default;

    /// Path or description for messages.
    const std::string& name() const { return name_; }
    /// Up to `count` bytes; fewer only at the end, then 0.
    std::size_t read(char* buffer, std::size_t count);
    /// The first bytes without consuming them (at most 16).
    std::string_view peek(std::size_t count);
    /// Exactly `count` bytes, or Error that the file ends early.
    void read_exactly(char* buffer, std::size_t count);

private:
    virtual std::size_t read_some(char* buffer, std::size_t count) = 0;

    std::string name_;
    std::string peeked_;
};

/// A file by its path, decompressed when gzipped; "-" is standard input.
std::unique_ptr<ByteSource> open_file(const std::filesystem::path& path);
/// Bytes held by the caller, decompressed when gzipped.
std::unique_ptr<ByteSource> open_memory(std::string_view bytes, const std::string& name);
/// Raw bytes held by the caller.
std::unique_ptr<ByteSource> open_stored(std::string_view bytes, const std::string& name);
/// A raw deflate stream (zip method 8) held by the caller.
std::unique_ptr<ByteSource> open_deflated(std::string_view bytes, const std::string& name);

/// A whole file mapped into memory, unmapped when the last copy of `bytes` dies. Throws Error when it cannot be opened.
struct MappedFile {
    std::shared_ptr<const char> bytes;
    std::size_t size = 0;

    std::string_view view() const { return {bytes.get(), size}; }
};
MappedFile map_file(const std::filesystem::path& path);

}  // namespace balmer
