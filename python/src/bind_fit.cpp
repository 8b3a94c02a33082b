#include <chrono>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "balmer/run_folder.hpp"
#include "balmer/study.hpp"
#include "bindings.hpp"

namespace balmer::python {
namespace {

using NamedBlock = std::pair<std::vector<std::string>, Block>;

// (seconds, complexity, loss, equation) of a formula that entered the front.
using Improvement = std::tuple<double, int, double, std::string>;
// (seconds, evaluations, fraction of the budget, stage).
using Standing = std::tuple<double, double, double, std::string>;

// Keeps what the search says until the thread that waits for it asks.
class Listener : public FitListener {
public:
    void started(const PreparedFit& prepared, const std::filesystem::path&) override { notes = prepared.notes; }
    void improved(const Progress& progress, const Candidate& candidate, const Vocabulary& vocabulary) override {
        const std::lock_guard lock(mutex_);
        improvements_.emplace_back(progress.seconds, candidate.complexity, candidate.loss, equation_text(candidate, vocabulary, {.digits = shown_digits}));
        standing_ = {progress.seconds, progress.evaluations, progress.fraction, progress.stage};
    }
    void progressed(const Progress& progress, const Vocabulary&) override {
        const std::lock_guard lock(mutex_);
        standing_ = {progress.seconds, progress.evaluations, progress.fraction, progress.stage};
    }
    // What is new since the last call.
    std::pair<std::vector<Improvement>, Standing> news() {
        const std::lock_guard lock(mutex_);
        return {std::exchange(improvements_, {}), standing_};
    }

    std::vector<std::string> notes;

private:
    static constexpr int shown_digits = 5;
    std::mutex mutex_;
    std::vector<Improvement> improvements_;
    Standing standing_;
};

// Exceptions of Python's signal handlers, and of what shows the progress, while a search ran.
struct Signals {
    int interrupts = 0;                     ///< KeyboardInterrupt
    std::optional<nb::python_error> other;  ///< the first of any other kind
};

// Runs a search in a thread of its own, so that this one, which alone hears of signals, can look for them ten times a second whatever the
// search is busy with. The GIL is held only for those looks.
// `show`: None, or called with the news at every look.
FitOutcome run_interruptibly(const FitParameters& parameters, const Table& table, Listener& listener, Signals& signals, const nb::object& show) {
    constexpr auto between_looks = std::chrono::milliseconds(100);
    StopToken stop;
    nb::gil_scoped_release released;
    auto outcome = std::async(std::launch::async, [&] { return fit_table(parameters, table, listener, stop); });
    const auto look = [&] {
        nb::gil_scoped_acquire held;
        try {
            if (PyErr_CheckSignals() != 0) throw nb::python_error();
            if (show.is_none()) return;
            auto [improvements, standing] = listener.news();
            show(nb::cast(std::move(improvements)), nb::cast(standing));
        } catch (nb::python_error& error) {
            if (error.matches(PyExc_KeyboardInterrupt)) ++signals.interrupts;
            else if (!signals.other) signals.other.emplace(std::move(error));
            (void)stop.request_stop();
        }
    };
    while (outcome.wait_for(between_looks) != std::future_status::ready) look();
    look();
    return outcome.get();
}

nb::dict described(const FitOutcome& outcome, const Listener& listener, int interrupts) {
    nb::list complexity, loss, validation, score, equation, origin, models;
    const auto vocabulary = outcome.problem.vocabulary();
    for (const auto& member : outcome.result.front.members()) {
        complexity.append(member.complexity);
        loss.append(member.loss);
        validation.append(member.validation);
        score.append(member.score);
        equation.append(equation_text(member, vocabulary));
        origin.append(member.origin);
    }
    for (const auto& model : outcome.models) models.append(nb::cast(model));
    nb::dict result;
    result["complexity"] = complexity;
    result["loss"] = loss;
    result["validation"] = validation;
    result["score"] = score;
    result["equation"] = equation;
    result["origin"] = origin;
    result["models"] = models;
    result["chosen"] = outcome.chosen;
    result["stop"] = to_string(outcome.result.stop);
    result["seconds"] = outcome.result.seconds;
    result["evaluations"] = outcome.result.evaluations;
    result["report"] = nb::cast(outcome.result.report);
    result["notes"] = nb::cast(listener.notes);
    result["verdict"] = outcome.verdict ? nb::cast(to_string(outcome.verdict->kind)) : nb::none();
    result["evidence"] = nb::cast(outcome.verdict ? outcome.verdict->evidence : std::vector<std::string>());
    result["run_folder"] = outcome.folder.string();
    result["interrupts"] = interrupts;
    return result;
}

nb::dict fit(const std::map<std::string, std::string>& texts, const std::vector<NamedBlock>& blocks,
             const std::vector<TextBlock>& texts_by_row, const nb::object& show) {
    const FitParameters parameters = from_texts(texts);
    Table table;
    table.source = "X";
    for (const auto& [names, block] : blocks) add_columns(table, names, block);
    add_texts(table, texts_by_row);
    Listener listener;
    Signals signals;
    const FitOutcome outcome = run_interruptibly(parameters, table, listener, signals, show);
    if (signals.other) throw std::move(*signals.other);
    return described(outcome, listener, signals.interrupts);
}

// Rows of parameters.def as (name, group, kind, default, allowed, help).
nb::list parameter_rows() {
    static constexpr const char* kinds[] = {"Text", "TextList", "Texts", "Number", "Integer", "Flag"};
    nb::list rows;
    for (const auto& row : parameter_table())
        rows.append(nb::make_tuple(row.name, row.group, kinds[static_cast<std::size_t>(row.kind)], row.value, row.allowed, row.help));
    return rows;
}

}  // namespace

void bind_fit(nb::module_& module) {
    module.def("parameter_rows", &parameter_rows);
    module.def("fit", &fit, nb::arg("parameters"), nb::arg("blocks"), nb::arg("texts"), nb::arg("show").none());
    module.def("mentioned_categories", [](const std::string& formula) { return mentioned_categories(formula); }, nb::arg("formula"));
}

}  // namespace balmer::python
