#pragma once

#include <map>
#include <optional>
#include <string>

#include "balmer/clock.hpp"
#include "balmer/run_folder.hpp"
#include "balmer/study.hpp"

namespace balmer {

/// What run.json holds besides parameters and data.
struct RunStatus {
    std::string state = "running";  ///< running, finished, interrupted
    std::string stop;
    double seconds = 0, evaluations = 0, node_rows = 0;
    int chosen = 0;  ///< complexity of the chosen member, 0 before there is one
    std::vector<std::string> report;
    std::optional<Verdict> verdict;
    std::vector<Reduction> reductions = {};
};

/// run.json as text.
std::string run_json(const FitParameters& parameters, const PreparedFit& prepared, const RunStatus& status);
/// Parameters and fingerprint back from run.json. Throws balmer::Error for another schema.
struct RecordedRun {
    FitParameters parameters;
    std::string fingerprint;
    double seconds = 0;
};
RecordedRun read_run_json(const std::string& text, const std::string& source);
/// Fingerprint of everything that a resumed run must share: data, targets, validation.
std::string fingerprint(const Problem& problem);

/// Keeps the run folder up to date while a search runs and passes the news on to a listener. Without a folder (nullptr) it only passes on.
class Recorder : public Observer {
public:
    Recorder(RunFolder* folder, const FitParameters& parameters, const PreparedFit& prepared, FitListener& listener, StopToken stop);

    void improved(const Progress& progress, const Candidate& candidate) override;
    void progressed(const Progress& progress) override;
    void checkpoint(const std::string& bytes) override;
    bool checkpoint_due() override;
    void table(const std::string& name, const std::string& text) override;

    /// Writes front and models at once.
    void write_front(const ParetoFront& front, const std::vector<Model>& models);
    void write_status(const RunStatus& status);

private:
    void write_front_when_due(const Progress& progress);

    RunFolder* folder_;
    const FitParameters& parameters_;
    const PreparedFit& prepared_;
    FitListener& listener_;
    StopToken stop_;
    Vocabulary vocabulary_;
    ModelMaker maker_;
    Stopwatch since_front_, since_checkpoint_;
    double until_front_ = 0, until_checkpoint_ = 1;  ///< seconds
    bool front_changed_ = false;
    bool first_front_ = true;
};

}  // namespace balmer
