#include "data/byte_source.hpp"

#include "balmer/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <system_error>
#include <utility>

namespace balmer {

namespace {

constexpr std::size_t zlib_limit = std::size_t{1} << 30;  // zlib counts in 32 bits

[[noreturn]] void fail_to_open(const std::filesystem::path& path, int code) {
    std::string hint;
    if (code == ENOENT) {
        hint = " Check the name and the folder.";
    } else if (code == EACCES || code == EPERM) {
        hint = " Ask its owner for the right to read it.";
    }
    throw Error(Place{.file = path.string()},
                fmt::format("cannot read this file: {}.{}", std::generic_category().message(code), hint));
}

/// A descriptor open for reading; a directory or an unreadable file is an Error.
int open_descriptor(const std::filesystem::path& path) {
    const int descriptor = path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        fail_to_open(path, errno);
    }
    struct stat status {};
    if (::fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
        ::close(descriptor);
        throw Error(Place{.file = path.string()}, "this is a folder; name a file in it.");
    }
    return descriptor;
}

/// A file through zlib, which passes on unchanged what is not gzipped.
class FileSource : public ByteSource {
public:
    FileSource(const std::filesystem::path& path, int descriptor)
        : ByteSource(path.string()), file_(::gzdopen(descriptor, "rb")) {
        if (file_ == nullptr) {
            ::close(descriptor);
            throw Error(Place{.file = name()}, "cannot read this file: not enough memory.");
        }
        ::gzbuffer(file_, 1U << 18);
    }
    ~FileSource() override { ::gzclose_r(file_); }

private:
    std::size_t read_some(char* buffer, std::size_t count) override {
        const int got = ::gzread(file_, buffer, static_cast<unsigned>(std::min(count, zlib_limit)));
        int code = Z_OK;
        const char* message = ::gzerror(file_, &code);
        if (code == Z_BUF_ERROR) {
            throw Error(Place{.file = name()}, "the gzip file ends too early; it was cut off. Copy or download it again.");
        }
        if (code == Z_DATA_ERROR) {
            throw Error(Place{.file = name()}, "the gzip file is damaged. Copy or download it again.");
        }
        if (got < 0 || code < 0) {
            throw Error(Place{.file = name()}, fmt::format("cannot read this file: {}.",
                                                           code == Z_ERRNO ? std::strerror(errno) : message));
        }
        return static_cast<std::size_t>(got);
    }

    gzFile file_;
};

class StoredSource : public ByteSource {
public:
    StoredSource(std::string_view bytes, const std::string& name) : ByteSource(name), rest_(bytes) {}

private:
    std::size_t read_some(char* buffer, std::size_t count) override {
        const std::size_t n = std::min(count, rest_.size());
        std::copy_n(rest_.data(), n, buffer);
        rest_.remove_prefix(n);
        return n;
    }

    std::string_view rest_;
};

/// Window bits as inflateInit2 takes them.
enum class Wrapping : int { raw = -MAX_WBITS, gzip = MAX_WBITS + 16 };

class InflateSource : public ByteSource {
public:
    InflateSource(std::string_view bytes, const std::string& name, Wrapping wrapping)
        : ByteSource(name), rest_(bytes), wrapping_(wrapping) {
        if (::inflateInit2(&stream_, static_cast<int>(wrapping)) != Z_OK) {
            throw Error(Place{.file = name}, "cannot decompress: not enough memory.");
        }
    }
    ~InflateSource() override { ::inflateEnd(&stream_); }

private:
    std::size_t read_some(char* buffer, std::size_t count) override {
        const std::size_t wanted = std::min(count, zlib_limit);
        stream_.next_out = reinterpret_cast<Bytef*>(buffer);
        stream_.avail_out = static_cast<uInt>(wanted);
        while (!ended_ && stream_.avail_out == wanted) {
            const std::size_t offered = std::min(rest_.size(), zlib_limit);
            stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest_.data()));
            stream_.avail_in = static_cast<uInt>(offered);
            const int code = ::inflate(&stream_, Z_NO_FLUSH);
            rest_.remove_prefix(offered - stream_.avail_in);
            if (code == Z_STREAM_END) {
                next_member();
            } else if (code == Z_BUF_ERROR) {
                throw Error(Place{.file = name()}, "the compressed data end too early; the file was cut off.");
            } else if (code != Z_OK) {
                throw Error(Place{.file = name()}, "the compressed data are damaged. Copy or download the file again.");
            }
        }
        return wanted - stream_.avail_out;
    }

    /// A gzip file may hold several members one after another.
    void next_member() {
        ended_ = wrapping_ == Wrapping::raw || !rest_.starts_with("\x1f\x8b");
        if (!ended_) {
            ::inflateReset(&stream_);
        }
    }

    z_stream stream_{};
    std::string_view rest_;
    Wrapping wrapping_;
    bool ended_ = false;
};

}  // namespace

std::size_t ByteSource::read(char* buffer, std::size_t count) {
    std::size_t done = std::min(count, peeked_.size());
    std::copy_n(peeked_.data(), done, buffer);
    peeked_.erase(0, done);
    while (done < count) {
        const std::size_t got = read_some(buffer + done, count - done);
        if (got == 0) {
            break;
        }
        done += got;
    }
    return done;
}

std::string_view ByteSource::peek(std::size_t count) {
    while (peeked_.size() < count) {
        char buffer[16];
        const std::size_t got = read_some(buffer, std::min(count - peeked_.size(), sizeof buffer));
        if (got == 0) {
            break;
        }
        peeked_.append(buffer, got);
    }
    return std::string_view(peeked_).substr(0, count);
}

void ByteSource::read_exactly(char* buffer, std::size_t count) {
    if (read(buffer, count) != count) {
        throw Error(Place{.file = name()}, "the file ends too early; it was cut off. Copy or write it again.");
    }
}

std::unique_ptr<ByteSource> open_file(const std::filesystem::path& path) {
    return std::make_unique<FileSource>(path, open_descriptor(path));
}

std::unique_ptr<ByteSource> open_memory(std::string_view bytes, const std::string& name) {
    if (bytes.starts_with("\x1f\x8b")) {
        return std::make_unique<InflateSource>(bytes, name, Wrapping::gzip);
    }
    return open_stored(bytes, name);
}

std::unique_ptr<ByteSource> open_stored(std::string_view bytes, const std::string& name) {
    return std::make_unique<StoredSource>(bytes, name);
}

std::unique_ptr<ByteSource> open_deflated(std::string_view bytes, const std::string& name) {
    return std::make_unique<InflateSource>(bytes, name, Wrapping::raw);
}

MappedFile map_file(const std::filesystem::path& path) {
    const int descriptor = open_descriptor(path);
    struct stat status {};
    ::fstat(descriptor, &status);
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size == 0) {
        ::close(descriptor);
        return {};
    }
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    const int code = errno;
    ::close(descriptor);
    if (address == MAP_FAILED) {
        fail_to_open(path, code);
    }
    return {{static_cast<const char*>(address), [size](const char* p) { ::munmap(const_cast<char*>(p), size); }}, size};
}

}  // namespace balmer
