#include "balmer/run_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <set>

#include <fmt/format.h>

#include "balmer/atomic_file.hpp"
#include "balmer/error.hpp"
#include "balmer/hash.hpp"
#include "balmer/number.hpp"

namespace balmer {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view checkpoint_mark = "balmer checkpoint 1\n";

std::string quoted(const std::string& text) {
    if (text.find_first_of(",\"\n") == std::string::npos) return text;
    std::string result = "\"";
    for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
    return result + "\"";
}

std::string number_or_empty(double value) { return std::isnan(value) ? "" : format_double(value); }

void make_folder(const fs::path& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) throw Error({.file = path.string()}, "cannot make this folder: " + error.message() + ". Choose another with --run-folder");
}

// A run that cannot be written is kept as it was.
template <class Write>
void keep(const fs::path& run, Write&& write) {
    try {
        write();
    } catch (const Error& error) {
        throw Error(error.place(), error.message() + " What was written before is whole; go on with balmer fit --resume " + run.string());
    }
}

// What a killed run was writing.
void remove_unfinished(const fs::path& path) {
    std::vector<fs::path> unfinished;
    for (const auto& entry : fs::directory_iterator(path))
        if (entry.path().extension() == ".tmp") unfinished.push_back(entry.path());
    for (const auto& file : unfinished) fs::remove(file);
}

void end_at_last_line(const fs::path& file) {
    if (!fs::exists(file)) return;
    const std::string content = read_file(file);
    const auto last = content.rfind('\n');
    const std::size_t whole = last == std::string::npos ? 0 : last + 1;
    if (whole < content.size()) fs::resize_file(file, whole);
}

}  // namespace

RunFolder::RunFolder(fs::path path, int lock) : path_(std::move(path)), lock_(lock) {}

RunFolder::RunFolder(RunFolder&& other) noexcept : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

RunFolder::~RunFolder() {
    if (lock_ >= 0) ::close(lock_);
}

int RunFolder::take_lock(const fs::path& path) {
    const auto file = path / ".lock";
    const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock < 0)
        throw Error({.file = path.string()},
                    fmt::format("cannot write in this folder: {}. Choose another with --run-folder", std::strerror(errno)));
    if (::flock(lock, LOCK_EX | LOCK_NB) == 0) return lock;
    ::close(lock);
    throw Error({.file = path.string()}, "another balmer is running in this folder. Wait for it, or choose another with --run-folder");
}

bool RunFolder::is_held(const fs::path& path) {
    const int lock = ::open((path / ".lock").c_str(), O_RDONLY | O_CLOEXEC);
    if (lock < 0) return false;
    const bool held = ::flock(lock, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    ::close(lock);
    return held;
}

RunFolder RunFolder::create(const fs::path& path) {
    make_folder(path);
    RunFolder folder(path, take_lock(path));
    if (fs::exists(path / "run.json"))
        throw Error({.file = path.string()}, "this folder holds a run already. Go on with it by --resume " + path.string() +
                                                 ", or choose another with --run-folder");
    make_folder(path / "models");
    return folder;
}

RunFolder RunFolder::resume(const fs::path& path) {
    if (!fs::exists(path / "run.json"))
        throw Error({.file = path.string()}, "no run to resume here (no run.json). Start one with --run-folder " + path.string());
    RunFolder folder(path, take_lock(path));
    make_folder(path / "models");
    remove_unfinished(path);
    remove_unfinished(path / "models");
    end_at_last_line(path / "events.jsonl");
    return folder;
}

void RunFolder::write_run(const std::string& json) const {
    keep(path_, [&] { write_file_atomically(path_ / "run.json", json); });
}

std::string RunFolder::read_run() const { return read_file(path_ / "run.json"); }

void RunFolder::write_front(const ParetoFront& front, const std::vector<Model>& models) const {
    std::vector<FrontRow> rows;
    std::set<std::string> kept;
    for (std::size_t i = 0; i < front.members().size(); ++i) {
        const auto& member = front.members()[i];
        const auto name = fmt::format("complexity_{:03}.json", member.complexity);
        kept.insert(name);
        keep(path_, [&] { save(models[i], path_ / "models" / name); });
        rows.push_back({member.complexity, member.loss, member.validation, member.score,
                        equation_text(member, models[i].vocabulary)});
    }
    keep(path_, [&] { write_file_atomically(path_ / "front.csv", front_csv(rows)); });
    // Only now, when the table no longer names them.
    for (const auto& entry : fs::directory_iterator(path_ / "models"))
        if (!kept.contains(entry.path().filename().string())) fs::remove(entry.path());
}

void RunFolder::write_table(const std::string& name, const std::string& text) const {
    keep(path_, [&] { write_file_atomically(path_ / name, text); });
}

void RunFolder::append_event(const std::string& json_line) {
    const auto file = path_ / "events.jsonl";
    const int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const std::string line = json_line + "\n";
    errno = 0;
    const ssize_t written = out < 0 ? -1 : ::write(out, line.data(), line.size());
    const bool whole = written == static_cast<ssize_t>(line.size());
    const int reason = errno != 0 ? errno : ENOSPC;  // a short write says no more
    if (!whole && written > 0) {
        struct stat now {};
        // Half a line would be no JSON.
        if (::fstat(out, &now) == 0) (void)!::ftruncate(out, now.st_size - written);
    }
    if (out >= 0) ::close(out);
    if (!whole)
        throw Error({.file = file.string()}, fmt::format("cannot write this file: {}. Free some space, then go on with balmer fit --resume {}",
                                                         std::strerror(reason), path_.string()));
}

void RunFolder::write_checkpoint(const std::string& bytes) const {
    const std::string content = fmt::format("{}{:016x}\n{}", checkpoint_mark, hash(std::string_view(bytes)), bytes);
    keep(path_, [&] { write_file_atomically(path_ / "checkpoint", content); });
}

std::optional<std::string> RunFolder::read_checkpoint() const {
    const auto file = path_ / "checkpoint";
    if (!fs::exists(file)) return std::nullopt;
    const std::string content = read_file(file);
    const std::size_t header = checkpoint_mark.size() + 17;
    const bool whole = content.size() >= header && content.starts_with(checkpoint_mark);
    if (whole) {
        std::string bytes = content.substr(header);
        if (content.substr(checkpoint_mark.size(), 16) == fmt::format("{:016x}", hash(std::string_view(bytes)))) return bytes;
    }
    throw Error({.file = file.string()}, "this checkpoint is damaged or of another version. Start again in a new folder; the front so far is in front.csv");
}

std::string front_csv(const std::vector<FrontRow>& rows) {
    std::string text = "Complexity,Loss,Equation,Validation,Score\n";
    for (const auto& row : rows)
        text += fmt::format("{},{},{},{},{}\n", row.complexity, format_double(row.loss), quoted(row.equation),
                            number_or_empty(row.validation), format_double(row.score));
    return text;
}

std::string equation_text(const Candidate& candidate, const Vocabulary& vocabulary, const PrintOptions& options) {
    std::string text;
    for (std::size_t k = 0; k < candidate.outputs.size(); ++k)
        text += (k ? "; " : "") + print(candidate.outputs[k], vocabulary, options);
    return text;
}

}  // namespace balmer
