#include "hardware/tools/process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include <fmt/format.h>

#include "balmer/error.hpp"

namespace balmer {

namespace fs = std::filesystem;

Ran run_program_in(const fs::path& folder, const std::vector<std::string>& command) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return {127, std::strerror(errno)};
    std::vector<char*> arguments;
    for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const std::string path = folder.string();
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(pipe[1], 1);
        ::dup2(pipe[1], 2);
        const int empty = ::open("/dev/null", O_RDONLY);
        ::dup2(empty, 0);
        if (::chdir(path.c_str()) == 0) ::execvp(arguments[0], arguments.data());
        ::_exit(127);
    }
    ::close(pipe[1]);
    Ran ran;
    std::array<char, 4096> buffer{};
    for (;;) {
        const ssize_t count = ::read(pipe[0], buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        ran.output.append(buffer.data(), static_cast<std::size_t>(count));
    }
    ::close(pipe[0]);
    int state = 0;
    while (child > 0 && ::waitpid(child, &state, 0) < 0 && errno == EINTR) {}
    ran.status = child <= 0 ? 127 : WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
    return ran;
}

bool is_installed(std::string_view program) {
    const char* path = std::getenv("PATH");
    std::istringstream folders(path ? path : "");
    for (std::string folder; std::getline(folders, folder, ':');)
        if (!folder.empty() && ::access((fs::path(folder) / program).c_str(), X_OK) == 0) return true;
    return false;
}

std::string install_line(std::string_view program) {
    const std::string_view package = program == "nextpnr-ice40" ? "nextpnr-ice40 fpga-icestorm fpga-icestorm-chipdb" : program == "vvp" ? "iverilog" : program;
    return fmt::format("apt-get install {}", package);
}

void require_program(std::string_view program, std::string_view what_for) {
    if (!is_installed(program)) throw Error(fmt::format("{} is needed {} and is not installed. On Debian: {}", program, what_for, install_line(program)));
}

WorkFolder::WorkFolder() {
    std::string pattern = (fs::temp_directory_path() / "balmer-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw Error({.file = pattern}, fmt::format("cannot make a folder for intermediate files: {}", std::strerror(errno)));
    path_ = pattern;
}

WorkFolder::~WorkFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

}  // namespace balmer
