#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace balmer {

/// How a program ended, and what it wrote on both streams.
struct Ran {
    int status = 0;  ///< exit status; 128 + signal; 127 when it could not be started
    std::string output;
};

/// Runs a program with arguments in a folder and waits for it.
Ran run_program_in(const std::filesystem::path& folder, const std::vector<std::string>& command);

/// Whether a program of this name is on the PATH.
bool is_installed(std::string_view program);

/// "apt-get install yosys": the line that installs a program on Debian.
std::string install_line(std::string_view program);

/// Throws balmer::Error with that line when the program is missing.
void require_program(std::string_view program, std::string_view what_for);

/// A folder of its own for intermediate files, gone at the end.
class WorkFolder {
public:
    WorkFolder();
    ~WorkFolder();
    WorkFolder(const WorkFolder&) = delete;
    WorkFolder& operator=(const WorkFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace balmer
