#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "balmer/search.hpp"

namespace balmer {

/// A run on disk: run.json, front.csv, models/complexity_012.json, checkpoint, events.jsonl. Every file is replaced atomically, so a reader of a
/// live or killed run always finds a whole one. One process at a time: a second one is refused.
class RunFolder {
public:
    /// Makes the folder (and its parents) and takes its lock. Throws balmer::Error when it cannot be written, belongs to a live run, or
    /// holds a finished run already (that is resumed with --resume, or another folder is chosen).
    static RunFolder create(const std::filesystem::path& path);
    /// Opens a folder to go on with. Throws balmer::Error when it holds no run or belongs to a live one.
    static RunFolder resume(const std::filesystem::path& path);
    /// Whether some process holds this folder now: a run whose state is "running" without one was killed. Readers of a folder on another
    /// machine's disk must compare the host in run.json first, as locks may not reach them.
    static bool is_held(const std::filesystem::path& path);
    RunFolder(RunFolder&& other) noexcept;
    RunFolder& operator=(RunFolder&&) = delete;
    ~RunFolder();

    const std::filesystem::path& path() const { return path_; }
    /// run.json from a JSON text.
    void write_run(const std::string& json) const;
    std::string read_run() const;
    /// front.csv and models/; models of candidates that left the front are removed.
    void write_front(const ParetoFront& front, const std::vector<Model>& models) const;
    /// A table of a method's own, such as curves.csv.
    void write_table(const std::string& name, const std::string& text) const;
    /// One line of events.jsonl.
    void append_event(const std::string& json_line);
    /// Bytes with a checksum; reading refuses damaged ones and gives nothing when there is none.
    void write_checkpoint(const std::string& bytes) const;
    std::optional<std::string> read_checkpoint() const;

private:
    RunFolder(std::filesystem::path path, int lock);
    static int take_lock(const std::filesystem::path& path);

    std::filesystem::path path_;
    int lock_ = -1;
};

/// A row of front.csv.
struct FrontRow {
    int complexity = 0;
    double loss = 0, validation = 0, score = 0;
    std::string equation;
};
/// front.csv of a run: header and one row per member.
std::string front_csv(const std::vector<FrontRow>& rows);
/// Equation of a candidate; k outputs are joined by "; ".
std::string equation_text(const Candidate& candidate, const Vocabulary& vocabulary, const PrintOptions& options = {});

}  // namespace balmer
