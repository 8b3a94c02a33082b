#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "balmer/model.hpp"
#include "balmer/run_folder.hpp"

namespace balmer::cli {

/// A run folder as a reader sees it, whether its search lives, was killed or is done.
struct RunReader {
    std::filesystem::path path;
    std::vector<FrontRow> front;   ///< front.csv, by rising complexity
    std::optional<int> chosen;     ///< complexity of the chosen formula, when run.json names one
    std::string stop;              ///< why the search ended, "" when run.json does not say

    /// Throws balmer::Error when the folder is missing, holds no run or has no front yet.
    static RunReader open(const std::filesystem::path& path);
    /// The chosen complexity, or while none is chosen the one of lowest loss.
    int best() const;
    /// The model of one complexity; throws balmer::Error listing those that exist.
    Model model(int complexity) const;
};

/// The model behind RUN|MODEL: of a folder the chosen one or that of `complexity`, else the model file.
Model model_of(const std::string& run_or_model, std::optional<int> complexity);

}  // namespace balmer::cli
