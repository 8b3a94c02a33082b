#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "balmer/complexity.hpp"
#include "balmer/dataset.hpp"
#include "balmer/fitting.hpp"
#include "balmer/form.hpp"
#include "balmer/model.hpp"
#include "balmer/stop.hpp"

namespace balmer {

/// Limits on the shape of formulas.
struct Constraints {
    int maximum_complexity = 30;  ///< of one formula; k outputs: of their mean, and twice this for any single one
    int maximum_depth = 12;       ///< levels of the tree, a leaf alone is 1
    /// "outer(inner) <= n": how often `inner` may occur below `outer`.
    struct Nesting {
        Op outer, inner;
        int maximum = 0;
    };
    std::vector<Nesting> nesting;
    /// Largest complexity of argument `argument` of `op`.
    struct Argument {
        Op op;
        int argument = 0;
        int maximum_complexity = 1'000'000;
    };
    std::vector<Argument> arguments;
    double maximum_exponent = 8;  ///< bound on constant exponents of powers, by absolute value
    int law_allowance = 1;        ///< a formula that leaves nothing of the target may be so many times as long and as deep
};

/// Whether formulas must be consistent in the units of the columns.
enum class UnitRule : std::uint8_t {
    ignored,                  ///< units are only kept
    constants_dimensionless,  ///< consistent, and numbers have no unit
    constants_any,            ///< consistent, and every number takes the unit that it needs
};

/// What is to be found: data, loss, operators, limits, complexity measure.
struct Problem {
    Dataset data;                          ///< rows that are fitted
    std::optional<Dataset> validation;     ///< rows that only judge
    LossOptions loss;
    Task task = Task::regression;
    std::vector<Op> operators;             ///< allowed in new formulas
    std::vector<Definition> definitions;   ///< user operators, all allowed
    Constraints constraints;
    ComplexityMeasure complexity;
    UnitRule units = UnitRule::ignored;    ///< columns without a unit count as pure numbers; a target without one may have any
    std::vector<std::vector<Expression>> guesses;  ///< k outputs each
    std::vector<std::string> parameter_names;  ///< by parameter index, for a given form; "" or missing: the value is printed
    std::vector<bool> parameter_fixed;         ///< by parameter index: numbers of a given form, which no fit moves; missing: free
    /// A partly known form. A candidate is then one formula per hole over the hole's arguments, and last the form itself with its values.
    std::optional<Form> form;

    /// Formulas per candidate: targets, or classes (1 for two classes, unless the loss is softmax); with a form its holes and itself.
    std::size_t outputs() const;
    /// How many of these, the first ones, a search may change: all, but never the form itself.
    std::size_t searched() const { return form ? form->holes.size() : outputs(); }
    /// How many features formula `output` of a candidate may read: columns, or arguments of a hole.
    std::size_t features(std::size_t output) const { return form ? form->arity(output) : data.features.size(); }
    /// What a candidate predicts, one formula per target or class: `outputs`, or the form with the formulas of its holes written in.
    std::vector<Expression> predictions(std::span<const Expression> outputs) const;
    /// Feature names and user operators, for printing candidates.
    Vocabulary vocabulary() const;
};

/// How much may be spent. Deterministic limits count logical work; wall time stops only between epochs.
struct Budget {
    double seconds = 60;
    double evaluations = std::numeric_limits<double>::infinity();  ///< candidates on all rows; a batch of k of n rows counts k/n
    std::size_t memory = std::size_t{2} << 30;                     ///< bytes
    int threads = 0;                                               ///< 0: all
};

/// Why a search ended.
enum class StopReason : std::uint8_t { solved, seconds, evaluations, memory, interrupted, exhausted };
/// Its name as it stands in run.json: "solved", "seconds", ...
std::string to_string(StopReason reason);

/// A member of the front: k expressions with their numbers.
struct Candidate {
    std::vector<Expression> outputs;
    int complexity = 0;
    double loss = std::numeric_limits<double>::infinity();        ///< mean loss on all training rows
    double validation = std::numeric_limits<double>::quiet_NaN(); ///< mean loss on the validation rows
    double score = 0;      ///< -d log(loss) / d complexity against the member before
    std::string origin;    ///< "library", "genetic", "guess"
    std::vector<std::string> parts = {};  ///< of a partly known form: each unknown function with what was found for it, as text
};

/// The best candidate of every complexity that beats all simpler ones. Ties: lower loss, then the text of the formula.
class ParetoFront {
public:
    /// True when the candidate entered (and removed those that it dominates). Loss improvements under 1e-12 relative do not count.
    bool insert(Candidate candidate);
    const std::vector<Candidate>& members() const { return members_; }  ///< by rising complexity
    bool empty() const { return members_.empty(); }
    /// Would a candidate of this complexity and loss enter?
    bool would_accept(int complexity, double loss) const;
    /// Scores recomputed after changes.
    void update_scores();

private:
    std::vector<Candidate> members_;
};

/// How the one formula is chosen from a front.
enum class Selection : std::uint8_t {
    best,      ///< highest score among loss <= 1.5 x lowest
    accuracy,  ///< lowest loss (validation when there is one)
    description_length,  ///< shortest total of bits(formula) + bits(data given it)
};
/// Index of the chosen member of the front.
std::size_t select(const ParetoFront& front, Selection selection, const Problem& problem);

/// What an observer hears.
struct Progress {
    double seconds = 0;
    double evaluations = 0;
    double fraction = 0;          ///< of the budget, 0..1
    std::string stage;            ///< "look", "library", "genetic", ...
    std::string detail = {};      ///< what the stage itself has to tell, such as its epoch and error; may be empty
    const ParetoFront* front = nullptr;
};
/// Hears how a search goes, in the thread that called it.
class Observer {
public:
    virtual ~Observer() = default;
    /// A candidate entered the front.
    virtual void improved(const Progress& progress, const Candidate& candidate) = 0;
    /// Called between epochs, a few times a second at most.
    virtual void progressed(const Progress& progress) = 0;
    /// A searcher's state to keep (checkpoint), opaque bytes; called between epochs when due.
    virtual void checkpoint(const std::string& bytes) = 0;
    /// True when a checkpoint is wanted now.
    virtual bool checkpoint_due() = 0;
    /// A table that a method keeps of its course (comma-separated text); goes into the run folder under `name`. Called now and then.
    virtual void table(const std::string& /*name*/, const std::string& /*text*/) {}
};

/// One problem in the tree that a search by reduction makes of the whole problem, and how it follows from the one it was made of.
struct Reduction {
    std::size_t parent = 0;              ///< index of the problem it was made of; the whole problem, at index 0, is its own
    std::string kind;                    ///< "problem" (the whole), "scaling", "shift", "merge", "factor", "irrelevant", "units", "separation"
    std::string words;                   ///< what was seen: "m1, m2 enter as m2/m1 beside a factor m1"
    std::string target;                  ///< what is to be explained, in the columns: "F/(m1*m2)"
    std::vector<std::string> variables;  ///< by what, in the columns: "x1 - x2"
    double error_before = 0, error_after = 0;  ///< held-out error of a surrogate before and with it, relative to the target's spread; 0, 0 by units
    std::string solution;                ///< formula in the columns that explains this target exactly, "" when there is none
};

/// What a search returns.
struct SearchResult {
    ParetoFront front;
    StopReason stop = StopReason::seconds;
    double seconds = 0;
    double evaluations = 0;
    double node_rows = 0;         ///< logical clock
    std::vector<std::string> report;  ///< sentences on what each stage did
    std::vector<Reduction> reductions = {};  ///< the tree of smaller problems, the whole one first; empty where nothing was divided
    std::vector<std::size_t> wrong_rows =
        {};  ///< rows of the problem that the law found shows to be wrong: no loss and no number is of them
};

/// One method of search. `resume` holds bytes from Observer::checkpoint of the same problem, seed and method, or is empty.
class Searcher {
public:
    virtual ~Searcher() = default;
    virtual std::string name() const = 0;
    virtual SearchResult run(const Problem& problem, const Budget& budget, std::uint64_t seed, StopToken stop, Observer& observer,
                             const std::string& resume) = 0;
};

/// A store of small formulas by value: what enumeration builds and evolution's back-solving asks.
class Library {
public:
    virtual ~Library() = default;
    struct Match {
        Expression expression;  ///< constants fitted to the asked values
        double error = 0;       ///< weighted relative squared error on the asked rows, 0 = exact
    };
    /// Formulas whose values come nearest to `wanted` (on the rows the library was built on; weight 0 ignores a row), up to an affine
    /// map or a monomial factor. At most `count`, best first.
    virtual std::vector<Match> nearest(std::span<const double> wanted, std::span<const double> weight, std::size_t count) const = 0;
    /// Rows of the data the library's values stand for.
    virtual std::span<const std::size_t> rows() const = 0;
};

}  // namespace balmer
