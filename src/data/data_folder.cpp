#include "balmer/data_folder.hpp"

#include "balmer/error.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <vector>

// Set by CMake: where `data/` lies in the sources and where it is installed.
#ifndef BALMER_DATA_SOURCE
#define BALMER_DATA_SOURCE ""
#endif
#ifndef BALMER_DATA_INSTALLED
#define BALMER_DATA_INSTALLED ""
#endif

namespace balmer {

namespace {

std::vector<std::string>& added_folders() {
    static std::vector<std::string> folders;
    return folders;
}

}  // namespace

std::filesystem::path find_data(const std::string& name) {
    std::vector<std::string> folders;
    if (const char* set = std::getenv("BALMER_DATA"); set != nullptr && *set != '\0') {
        folders = {set};
    } else {
        folders = added_folders();
        folders.insert(folders.end(), {BALMER_DATA_SOURCE, BALMER_DATA_INSTALLED});
    }
    std::erase(folders, "");
    for (const std::string& folder : folders) {
        const std::filesystem::path path = std::filesystem::path(folder) / name;
        std::error_code ignored;
        if (std::filesystem::is_regular_file(path, ignored)) {
            return path;
        }
    }
    throw Error(fmt::format("the data file '{}' was not found in {}. Set BALMER_DATA to the folder `data` of balmer.", name,
                            folders.empty() ? "any folder" : fmt::format("{}", fmt::join(folders, ", "))));
}

void add_data_folder(const std::filesystem::path& folder) { added_folders().push_back(folder.string()); }

}  // namespace balmer
