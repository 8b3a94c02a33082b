#pragma once

#include <cstdint>
#include <filesystem>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "balmer/dataset.hpp"
#include "balmer/neural.hpp"
#include "balmer/parameters.hpp"
#include "balmer/search.hpp"

namespace balmer {

/// A problem made from a user's parameters, and what there is to tell about it.
struct PreparedFit {
    Problem problem;
    std::vector<std::string> notes;  ///< sentences for the user: columns left out, rows dropped, ...
};
/// Binds a table to roles, operators, loss, constraints and complexity. Throws balmer::Error for whatever does not fit together.
PreparedFit prepare(const FitParameters& parameters, const Table& table);

/// The searcher that `method` names ("auto", "genetic", "enumerate", "neural"; several make a chain). `uncertain`: the user states uncertainties,
/// so what noise may cover is looked for before what exact data show.
std::unique_ptr<Searcher> make_searcher(const std::vector<std::string>& methods, const NeuralOptions& neural = {}, bool uncertain = false);
/// Settings of symbolic networks from the parameters. Throws balmer::Error for what cannot be.
NeuralOptions neural_options(const FitParameters& parameters);

/// Seconds, evaluations, memory and threads as the parameters say.
Budget make_budget(const FitParameters& parameters);
/// "2GiB", "500MB", "1e9" in bytes. Throws balmer::Error for anything else.
std::size_t parse_memory(const std::string& text);

/// How far a formula is the law behind the data.
enum class VerdictKind : std::uint8_t {
    exact,               ///< residual at rounding level, also on rows that no fit saw
    exact_within_noise,  ///< what it leaves shows no structure, also on rows that no fit saw, and no other formula of the front comes near
    approximate,         ///< anything else
};
/// "exact", "exact within noise", "approximate".
std::string to_string(VerdictKind kind);
/// A verdict with its evidence, in sentences.
struct Verdict {
    VerdictKind kind = VerdictKind::approximate;
    std::vector<std::string> evidence;
};
/// A problem in two parts.
struct HeldOut {
    Problem fitted;               ///< what searches fit
    std::optional<Dataset> held;  ///< what no stage of a search sees
};
/// Holds out one row in ten where there are 200 or more. The user's validation rows take their place where there are any; classification
/// keeps all its rows.
HeldOut hold_out(const Problem& problem);
/// The verdict on member `chosen` of a front that was searched on `hold_out(problem).fitted`. Regression only.
Verdict judge(const ParetoFront& front, std::size_t chosen, const Problem& problem);

/// What a fit leaves.
struct FitOutcome {
    Problem problem;
    SearchResult result;
    std::vector<Model> models;     ///< one per member of the front, with uncertainties
    std::size_t chosen = 0;        ///< index into models
    std::optional<Verdict> verdict;  ///< on the chosen formula; nothing for classes and empty fronts
    std::filesystem::path folder;  ///< the run folder, empty when none was kept
};

/// Who watches a fit. All calls come from the calling thread.
class FitListener {
public:
    virtual ~FitListener() = default;
    /// Before the search: notes on the data, the plan, the folder.
    virtual void started(const PreparedFit& prepared, const std::filesystem::path& folder) = 0;
    /// A candidate entered the front.
    virtual void improved(const Progress& progress, const Candidate& candidate, const Vocabulary& vocabulary) = 0;
    /// A few times a second.
    virtual void progressed(const Progress& progress, const Vocabulary& vocabulary) = 0;
};

/// The whole of `balmer fit`: reads the table, searches, keeps the run folder, resumes. Throws balmer::Error for the user's mistakes before
/// anything is written.
FitOutcome run_fit(const FitParameters& parameters, FitListener& listener, StopToken stop);
/// The same on a table in memory, with the same bits: `parameters.data` is ignored, and a run folder is kept only when `parameters` names one.
FitOutcome fit_table(const FitParameters& parameters, const Table& table, FitListener& listener, StopToken stop);

/// The run in this folder, live, killed or finished, as one self-contained HTML page: formulas, front, plots where its data are still there.
/// Throws balmer::Error when the folder holds no run or has no front yet.
std::string report_of_run(const std::filesystem::path& folder);

class Scorer;

/// What a model says of its constants.
enum class Uncertainties : std::uint8_t {
    left_out,         ///< quick, for fronts on the way
    standard_errors,  ///< with their covariance
};

/// Makes models of a problem's candidates: box, metrics, provenance. What depends on the data alone is taken once.
class ModelMaker {
public:
    /// `problem` must outlive the maker.
    explicit ModelMaker(const Problem& problem);
    ModelMaker(ModelMaker&&) noexcept;
    ~ModelMaker();
    /// One candidate as a Model.
    Model make(const Candidate& candidate, Uncertainties uncertainties) const;

private:
    void add_uncertainties(Model& model, const Candidate& candidate) const;

    const Problem* problem_;
    std::string fingerprint_;
    std::vector<FeatureRange> box_;
    mutable std::unique_ptr<const Scorer> scorer_;  ///< made when first asked for standard errors
};

}  // namespace balmer
