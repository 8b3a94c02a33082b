#include "balmer/atomic_file.hpp"

#include "balmer/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <utility>

namespace balmer {

namespace {

/// Closes a file descriptor, and removes a temporary file that did not get its final name.
class OpenFile {
public:
    OpenFile(std::string path, int flags, mode_t mode)
        : path_(std::move(path)), descriptor_(::open(path_.c_str(), flags | O_CLOEXEC, mode)) {}
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    ~OpenFile() {
        close();
        if (remove_) {
            ::unlink(path_.c_str());
        }
    }

    int descriptor() const { return descriptor_; }
    bool is_open() const { return descriptor_ >= 0; }
    const std::string& path() const { return path_; }
    void remove_at_end(bool remove) { remove_ = remove; }
    bool close() {
        const int descriptor = std::exchange(descriptor_, -1);
        return descriptor < 0 || ::close(descriptor) == 0;
    }

private:
    std::string path_;
    int descriptor_;
    bool remove_ = false;
};

std::string hint(int code) {
    switch (code) {
        case ENOENT: return " Create the folder first.";
        case EACCES:
        case EPERM:
        case EROFS: return " Choose a folder that you may write to.";
        case ENOSPC:
        case EDQUOT: return " Free some space, or choose another folder.";
        default: return "";
    }
}

[[noreturn]] void fail(const std::filesystem::path& path, int code) {
    throw Error(Place{.file = path.string()},
                fmt::format("cannot write this file: {}.{}", std::generic_category().message(code), hint(code)));
}

/// Zero, or the errno of what went wrong.
int write_all(int descriptor, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::write(descriptor, content.data(), content.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return errno;
        }
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fsync(descriptor) == 0 ? 0 : errno;
}

std::string temporary_name(const std::filesystem::path& path) {
    static std::atomic<unsigned> count = 0;
    return fmt::format("{}.{}-{}.tmp", path.string(), ::getpid(), count++);
}

}  // namespace

void write_file_atomically(const std::filesystem::path& path, std::string_view content) {
    struct stat old {};
    const bool replaces = ::stat(path.c_str(), &old) == 0;
    if (replaces && S_ISDIR(old.st_mode)) {
        fail(path, EISDIR);
    }
    OpenFile file(temporary_name(path), O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (!file.is_open()) {
        fail(path, errno);
    }
    file.remove_at_end(true);
    if (replaces) {
        // Best effort: on file systems without permissions there is nothing to keep.
        static_cast<void>(::fchmod(file.descriptor(), old.st_mode & 07777));
    }
    if (const int code = write_all(file.descriptor(), content); code != 0) {
        fail(path, code);
    }
    if (!file.close() || ::rename(file.path().c_str(), path.c_str()) != 0) {
        fail(path, errno);
    }
    file.remove_at_end(false);

    // The rename itself lasts only once the folder is on disk. Some file systems refuse; the file is whole either way.
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    const OpenFile parent(folder.string(), O_RDONLY | O_DIRECTORY, 0);
    if (parent.is_open()) {
        static_cast<void>(::fsync(parent.descriptor()));
    }
}

std::string read_file(const std::filesystem::path& path) {
    const OpenFile file(path.string(), O_RDONLY, 0);
    const auto refuse = [&path](int code) {
        throw Error(Place{.file = path.string()},
                    fmt::format("cannot read this file: {}.", std::generic_category().message(code)));
    };
    if (!file.is_open()) {
        refuse(errno);
    }
    std::string content;
    std::array<char, 1 << 16> buffer;
    for (;;) {
        const ssize_t count = ::read(file.descriptor(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            refuse(errno);
        }
        if (count == 0) {
            return content;
        }
        content.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

}  // namespace balmer
