#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "balmer/model.hpp"
#include "balmer/run_folder.hpp"

namespace balmer {

/// How a run stands.
enum class RunState : std::uint8_t {
    finished,
    interrupted,  ///< by its user, everything kept
    running,
    killed,       ///< run.json says running, and no process holds the folder
    elsewhere,    ///< run.json says running on another machine: from here nobody can tell
};

/// A run folder as a reader sees it, whether its search lives, was killed or is done.
struct RunReader {
    std::filesystem::path path;
    std::vector<FrontRow> front;   ///< front.csv, by rising complexity
    std::optional<int> chosen;     ///< complexity of the chosen formula, when run.json names one
    RunState state = RunState::finished;
    std::string stop;              ///< why the search ended, "" when run.json does not say
    std::vector<std::string> notes, stages;         ///< sentences on the data, and on what each stage of the search did
    std::vector<Reduction> reductions;              ///< the tree of smaller problems; empty when there were none
    std::vector<std::pair<std::string, std::string>> facts;  ///< version, time, evaluations, data, parameters that were set
    std::string verdict;           ///< on the chosen formula, "" when run.json does not say
    std::vector<std::string> evidence;  ///< of the verdict

    /// Throws balmer::Error when the folder is missing, holds no run or has no front yet.
    static RunReader open(const std::filesystem::path& path);
    /// The chosen complexity, or while none is chosen the one of lowest loss.
    int best() const;
    /// The model of one complexity; throws balmer::Error listing those that exist.
    Model model(int complexity) const;
};

/// The model behind RUN|MODEL|FORMULA: of a folder the chosen one or that of `complexity`, a model file, or formulas as they are typed,
/// "y = a + b; z = a*b", whose names are columns. Throws balmer::Error for what is none of these.
Model model_of(const std::string& text, std::optional<int> complexity);

}  // namespace balmer
