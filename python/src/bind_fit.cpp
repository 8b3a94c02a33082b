#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "balmer/run_folder.hpp"
#include "balmer/study.hpp"
#include "bindings.hpp"
#include "cli/progress.hpp"

namespace balmer::python {
namespace {

using NamedBlock = std::pair<std::vector<std::string>, Block>;
using Codes = nb::ndarray<const std::uint32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// Keeps the notes and passes everything on.
class Listener : public FitListener {
public:
    explicit Listener(std::unique_ptr<FitListener> shown) : shown_(std::move(shown)) {}
    void started(const PreparedFit& prepared, const std::filesystem::path& folder) override {
        notes = prepared.notes;
        shown_->started(prepared, folder);
    }
    void improved(const Progress& progress, const Candidate& candidate, const Vocabulary& vocabulary) override {
        shown_->improved(progress, candidate, vocabulary);
    }
    void progressed(const Progress& progress, const Vocabulary& vocabulary) override { shown_->progressed(progress, vocabulary); }

    std::vector<std::string> notes;

private:
    std::unique_ptr<FitListener> shown_;
};

// Signals that Python's handlers turned into exceptions while a search ran.
struct Signals {
    int interrupts = 0;                     ///< KeyboardInterrupt
    std::optional<nb::python_error> other;  ///< the first of any other kind
};

// Runs a search in a thread of its own, so that this one, which alone hears of signals, can look for them ten times a second whatever the
// search is busy with. The GIL is held only for those looks.
FitOutcome run_interruptibly(const FitParameters& parameters, const Table& table, FitListener& listener, Signals& signals) {
    constexpr auto between_looks = std::chrono::milliseconds(100);
    StopToken stop;
    nb::gil_scoped_release released;
    auto outcome = std::async(std::launch::async, [&] { return fit_table(parameters, table, listener, stop); });
    while (outcome.wait_for(between_looks) != std::future_status::ready) {
        nb::gil_scoped_acquire held;
        if (PyErr_CheckSignals() == 0) continue;
        nb::python_error error;
        if (error.matches(PyExc_KeyboardInterrupt)) ++signals.interrupts;
        else if (!signals.other) signals.other.emplace(std::move(error));
        (void)stop.request_stop();
    }
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
    result["run_folder"] = outcome.folder.string();
    result["interrupts"] = interrupts;
    return result;
}

nb::dict fit(const std::map<std::string, std::string>& texts, const std::vector<NamedBlock>& blocks,
             const std::optional<std::pair<std::string, std::vector<std::string>>>& labels, const std::optional<Codes>& codes) {
    const FitParameters parameters = from_texts(texts);
    Table table;
    table.source = "X";
    for (const auto& [names, block] : blocks) add_columns(table, names, block);
    if (labels && codes) {
        table.text.push_back({labels->first, labels->second, {codes->data(), codes->data() + codes->shape(0)}});
        table.order.push_back(labels->first);
    }
    Listener listener(cli::make_progress(parameters.progress, make_budget(parameters).seconds, parameters.evaluations));
    Signals signals;
    const FitOutcome outcome = run_interruptibly(parameters, table, listener, signals);
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
    module.def("fit", &fit, nb::arg("parameters"), nb::arg("blocks"), nb::arg("labels").none(), nb::arg("codes").none());
}

}  // namespace balmer::python
