#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace balmer {

/// Writes `content` to `path` so that a reader, or a machine that loses power, finds either the old file or the whole
/// new one: a temporary file in the same folder, fsync, rename, fsync of the folder. Keeps the permissions of the
/// file it replaces. Throws Error naming the path and the system's reason (folder missing or not writable, disk full),
/// and leaves neither a temporary file nor a changed old one.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// The whole content of a file. Throws Error naming the path and the system's reason.
std::string read_file(const std::filesystem::path& path);

}  // namespace balmer
