#include "cli/progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "balmer/clock.hpp"
#include "balmer/error.hpp"
#include "balmer/run_folder.hpp"

namespace balmer::cli {
namespace {

constexpr int shown_digits = 5;

// The whole front is printed at the end; while it grows, a line for every formula that fits clearly better than all before.
class BestSoFar {
public:
    bool improved_by(const Candidate& candidate) {
        if (candidate.loss > 0.99 * lowest_) return false;
        lowest_ = candidate.loss;
        return true;
    }

private:
    double lowest_ = INFINITY;
};

class Plain : public FitListener {
public:
    Plain(double seconds, double evaluations) : seconds_(seconds), evaluations_(evaluations) {}

    void started(const PreparedFit& prepared, const std::filesystem::path& folder) override {
        const auto& data = prepared.problem.data;
        const auto features = data.features.size();
        fmt::print(stderr, "{}: {} rows, {} column{}, target {}\n", data.source, data.rows(), features, features == 1 ? "" : "s",
                   data.targets[0].name());
        for (const auto& note : prepared.notes) fmt::print(stderr, "note: {}\n", note);
        fmt::print(stderr, "run folder: {}\n", folder.string());
    }

    void improved(const Progress& progress, const Candidate& candidate, const Vocabulary& vocabulary) override {
        if (!best_.improved_by(candidate)) return;
        line(fmt::format("{:7.1f} s  {:>4}  {:<11.5g}  {}", progress.seconds, candidate.complexity, candidate.loss,
                         equation_text(candidate, vocabulary, {.digits = shown_digits})));
    }

    void progressed(const Progress& progress, const Vocabulary&) override {
        constexpr double seconds_between_details = 10;
        if (progress.detail.empty() || (told_ && since_told_.seconds() < seconds_between_details)) return;
        told_ = true;
        since_told_ = Stopwatch();
        fmt::print(stderr, "{:7.1f} s  {}: {}\n", progress.seconds, progress.stage, progress.detail);
        std::fflush(stderr);
    }

protected:
    virtual void line(const std::string& text) {
        if (!headed_) fmt::print(stderr, "{:>9}  {:>4}  {:<11}  equation\n", "time", "size", "loss");
        headed_ = true;
        fmt::print(stderr, "{}\n", text);
        std::fflush(stderr);
    }

    std::string left(const Progress& progress) const {
        if (std::isfinite(seconds_)) return fmt::format("{:.0f} s left", std::max(0.0, seconds_ - progress.seconds));
        if (evaluations_ > 0) return fmt::format("{:.0f} % done", 100 * progress.fraction);
        return fmt::format("{:.0f} s", progress.seconds);
    }

private:
    double seconds_, evaluations_;
    bool headed_ = false, told_ = false;
    Stopwatch since_told_;
    BestSoFar best_;
};

class Bar : public Plain {
public:
    using Plain::Plain;
    ~Bar() override { clear(); }

    void progressed(const Progress& progress, const Vocabulary&) override {
        if (drawn_ && since_.seconds() < 0.1) return;
        since_ = Stopwatch();
        std::string text = progress.detail.empty()
                               ? fmt::format("{}  {}  {:.3g} evaluations/s", progress.stage, left(progress),
                                             progress.evaluations / std::max(progress.seconds, 1e-3))
                               : fmt::format("{}  {}  {}", progress.stage, left(progress), progress.detail);
        if (progress.front && !progress.front->empty()) {
            const auto& best = progress.front->members().back();
            text += fmt::format("  best loss {:.4g} at size {}", best.loss, best.complexity);
        }
        clear();
        fmt::print(stderr, "{}", text.substr(0, width()));
        std::fflush(stderr);
        drawn_ = true;
    }

protected:
    void line(const std::string& text) override {
        clear();
        Plain::line(text);
    }

private:
    static std::size_t width() {
        winsize size{};
        return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1u : 79u;
    }
    void clear() {
        if (drawn_) fmt::print(stderr, "\r\033[K");
        std::fflush(stderr);
        drawn_ = false;
    }

    Stopwatch since_;
    bool drawn_ = false;
};

class JsonLines : public FitListener {
public:
    void started(const PreparedFit& prepared, const std::filesystem::path& folder) override {
        print({{"event", "started"}, {"run_folder", folder.string()}, {"rows", prepared.problem.data.rows()}, {"notes", prepared.notes}});
    }
    void improved(const Progress& progress, const Candidate& candidate, const Vocabulary& vocabulary) override {
        print({{"event", "improved"},
               {"seconds", progress.seconds},
               {"evaluations", progress.evaluations},
               {"complexity", candidate.complexity},
               {"loss", candidate.loss},
               {"equation", equation_text(candidate, vocabulary)}});
    }
    void progressed(const Progress& progress, const Vocabulary&) override {
        print({{"event", "progress"},
               {"stage", progress.stage},
               {"detail", progress.detail},
               {"seconds", progress.seconds},
               {"evaluations", progress.evaluations},
               {"fraction", progress.fraction}});
    }

private:
    static void print(const nlohmann::ordered_json& json) {
        fmt::print(stderr, "{}\n", json.dump());
        std::fflush(stderr);
    }
};

class Silent : public FitListener {
public:
    void started(const PreparedFit&, const std::filesystem::path&) override {}
    void improved(const Progress&, const Candidate&, const Vocabulary&) override {}
    void progressed(const Progress&, const Vocabulary&) override {}
};

}  // namespace

std::unique_ptr<FitListener> make_progress(const std::string& name, double seconds, double evaluations) {
    const bool terminal = ::isatty(STDERR_FILENO) != 0;
    if (name == "bar" || (name == "auto" && terminal)) return std::make_unique<Bar>(seconds, evaluations);
    if (name == "plain" || name == "auto") return std::make_unique<Plain>(seconds, evaluations);
    if (name == "json") return std::make_unique<JsonLines>();
    if (name == "none") return std::make_unique<Silent>();
    const std::string known[] = {"auto", "bar", "plain", "json", "none"};
    throw Error({.name = "--progress"}, "unknown kind of progress '" + name + "'." + suggest(name, known) + " Allowed: auto, bar, plain, json, none");
}

}  // namespace balmer::cli
