#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace balmer::testing {

/// What a program said and how it ended.
struct Ran {
    int status = 0;      ///< exit status
    std::string output;  ///< standard output, with standard error when asked for by 2>&1
};

/// Runs a shell command and waits for it.
inline Ran run_program(const std::string& command) {
    Ran ran;
    FILE* pipe = ::popen(command.c_str(), "r");
    char buffer[4096];
    std::size_t count = 0;
    while (pipe != nullptr && (count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0) {
        ran.output.append(buffer, count);
    }
    const int status = pipe == nullptr ? -1 : ::pclose(pipe);
    ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    return ran;
}

/// An empty folder that goes away with the object.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "balmer-test-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }
    std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

/// The Python of the repository's virtual environment, else the system's; $BALMER_TEST_PYTHON before both.
inline std::string python() {
    if (const char* named = std::getenv("BALMER_TEST_PYTHON")) {
        return named;
    }
    const std::string local = std::string(BALMER_SOURCE_DIR) + "/.venv/bin/python";
    return std::filesystem::exists(local) ? local : "python3";
}

/// Whether that Python can import a module.
inline bool python_has(const std::string& module) { return run_program(python() + " -c 'import " + module + "' 2>&1").status == 0; }

}  // namespace balmer::testing
