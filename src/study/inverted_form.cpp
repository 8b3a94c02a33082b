#include "study/inverted_form.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "balmer/clock.hpp"
#include "balmer/evaluate.hpp"
#include "search/scorer.hpp"

namespace balmer {
namespace {

// The inverse of an operator at w, and its slope there. Only operators that take every value once.
struct Undone {
    double value = std::nan(""), slope = std::nan("");
};

Undone undo_unary(Op op, double w) {
    switch (op) {
        case Op::negate: return {-w, -1};
        case Op::inverse: return {1 / w, -1 / (w * w)};
        case Op::cube: return {std::cbrt(w), 1 / (3 * std::cbrt(w) * std::cbrt(w))};
        case Op::cbrt: return {w * w * w, 3 * w * w};
        case Op::sqrt: return w >= 0 ? Undone{w * w, 2 * w} : Undone{};
        case Op::exp: return {std::log(w), 1 / w};
        case Op::expm1: return {std::log1p(w), 1 / (1 + w)};
        case Op::log: return {std::exp(w), std::exp(w)};
        case Op::log1p: return {std::expm1(w), std::exp(w)};
        case Op::log2: return {std::exp2(w), std::log(2.0) * std::exp2(w)};
        case Op::log10: return {std::pow(10, w), std::log(10.0) * std::pow(10, w)};
        case Op::sinh: return {std::asinh(w), 1 / std::hypot(1, w)};
        case Op::asinh: return {std::sinh(w), std::cosh(w)};
        case Op::tanh: return {std::atanh(w), 1 / (1 - w * w)};
        case Op::atanh: return {std::tanh(w), 1 - std::tanh(w) * std::tanh(w)};
        case Op::atan: return std::fabs(w) < std::acos(0) ? Undone{std::tan(w), 1 + std::tan(w) * std::tan(w)} : Undone{};
        case Op::logistic: return {std::log(w / (1 - w)), 1 / (w * (1 - w))};
        default: return {};
    }
}

// a op b = w with `other` the known operand; `which` is the place of the unknown one.
Undone undo_binary(Op op, std::size_t which, double w, double other) {
    switch (op) {
        case Op::add: return {w - other, 1};
        case Op::subtract: return which == 0 ? Undone{w + other, 1} : Undone{other - w, -1};
        case Op::multiply: return {w / other, 1 / other};
        case Op::divide: return which == 0 ? Undone{w * other, other} : Undone{other / w, -other / (w * w)};
        default: return {};
    }
}

// Columns with the values of a form's subtrees, none of which holds a hole.
class Subtrees {
public:
    Subtrees(const Problem& problem) : problem_(problem), pointers_(feature_pointers(problem.data)) {}

    std::vector<double> operator()(const Expression& form, std::size_t position) const {
        const Program program(form.subtree(position), problem_.definitions);
        std::vector<double> values(problem_.data.rows());
        double* const out[] = {values.data()};
        const std::vector<double> parameters(program.values().begin(), program.values().end());
        evaluate(program, parameters, Columns<double>{.column = pointers_, .rows = values.size()}, out);
        return values;
    }

private:
    const Problem& problem_;
    std::vector<const double*> pointers_;
};

// What the hole at `hole` must be for the form to meet the target, row by row, and how much it moves with the target.
struct Wanted {
    std::vector<double> value, slope;
};

std::optional<Wanted> required(const Problem& problem, const Expression& form, std::size_t hole, const Subtrees& subtrees) {
    const auto target = problem.data.targets[0].values();
    Wanted wanted{{target.begin(), target.end()}, std::vector<double>(target.size(), 1.0)};
    for (std::size_t at = form.size() - 1; at != hole;) {
        const auto operands = form.operands(at);
        const auto next = static_cast<std::size_t>(
            std::ranges::find_if(operands, [&](std::size_t o) { return hole <= o && hole >= form.begin_of(o); }) - operands.begin());
        if (operands.size() > 2) return std::nullopt;
        const auto other = operands.size() == 2 ? subtrees(form, operands[1 - next]) : std::vector<double>();
        for (std::size_t i = 0; i < wanted.value.size(); ++i) {
            const Op op = form.nodes[at].op;
            const auto undone = operands.size() == 1 ? undo_unary(op, wanted.value[i]) : undo_binary(op, next, wanted.value[i], other[i]);
            wanted.value[i] = undone.value;
            wanted.slope[i] *= undone.slope;
            if (!std::isfinite(wanted.value[i]) || !std::isfinite(wanted.slope[i]) || wanted.slope[i] == 0) return std::nullopt;
        }
        at = operands[next];
    }
    return wanted;
}

bool is_of_residuals(const std::string& loss) { return loss == "mse" || loss == "mae" || loss == "huber" || loss == "log-cosh"; }

class InvertingSearcher : public Searcher {
public:
    explicit InvertingSearcher(std::unique_ptr<Searcher> searcher) : searcher_(std::move(searcher)) {}
    std::string name() const override { return searcher_->name() + " (inverted form)"; }

    SearchResult run(const Problem& problem, const Budget& budget, std::uint64_t seed, StopToken stop, Observer& observer,
                     const std::string& resume) override {
        const Stopwatch watch;
        const auto alone = inverted(problem);
        SearchResult result{.front = {}, .stop = StopReason::exhausted};
        if (!alone) {
            result.report.push_back("The form cannot be solved for one unknown function: nothing to find by its required values.");
            return result;
        }
        const Scorer scorer(problem);
        Translator translator(scorer, observer);
        auto found = searcher_->run(*alone, budget, seed, stop, translator, resume);
        for (const auto& member : found.front.members()) result.front.insert(translator.whole(member));
        result.stop = found.stop;
        result.seconds = watch.seconds();
        result.evaluations = found.evaluations;
        result.node_rows = found.node_rows;
        result.report = std::move(found.report);
        result.report.insert(result.report.begin(), fmt::format("Searched {} by the values that it must have.", problem.form->holes[0].name));
        return result;
    }

private:
    // Puts what is found for the hole into the form before anybody hears of it.
    class Translator : public Observer {
    public:
        Translator(const Scorer& scorer, Observer& outer) : scorer_(scorer), outer_(outer) {}
        Candidate whole(const Candidate& alone) const { return scorer_.score(scorer_.completed(alone.outputs), alone.origin); }
        void improved(const Progress& progress, const Candidate& candidate) override {
            const Candidate translated = whole(candidate);
            if (std::isfinite(translated.loss) && front_.insert(translated)) outer_.improved(with_front(progress), translated);
        }
        void progressed(const Progress& progress) override { outer_.progressed(with_front(progress)); }
        void checkpoint(const std::string& bytes) override { outer_.checkpoint(bytes); }
        bool checkpoint_due() override { return outer_.checkpoint_due(); }

    private:
        Progress with_front(Progress progress) const {
            progress.front = &front_;
            return progress;
        }
        const Scorer& scorer_;
        Observer& outer_;
        ParetoFront front_;
    };

    std::unique_ptr<Searcher> searcher_;
};

}  // namespace

std::optional<Problem> inverted(const Problem& problem) {
    const Form& form = *problem.form;
    const bool has_constants = std::ranges::any_of(form.parameters, [](const std::string& name) { return !name.empty(); });
    const auto is_hole = [](const Node& node) { return node.op == Op::hole; };
    const bool suits = form.holes.size() == 1 && !has_constants && problem.task == Task::regression && is_of_residuals(problem.loss.name);
    if (!suits || std::ranges::count_if(form.expression.nodes, is_hole) != 1) return std::nullopt;
    const auto hole = static_cast<std::size_t>(std::ranges::find_if(form.expression.nodes, is_hole) - form.expression.nodes.begin());
    const Subtrees subtrees(problem);
    auto wanted = required(problem, form.expression, hole, subtrees);
    if (!wanted) return std::nullopt;
    Problem alone = problem;
    alone.form.reset();
    alone.validation.reset();
    alone.guesses.clear();
    alone.data.categories.clear();
    alone.data.features.clear();
    const auto operands = form.expression.operands(hole);
    for (std::size_t k = 0; k < operands.size(); ++k) {
        const Node& node = form.expression.nodes[operands[k]];
        if (node.op == Op::feature) alone.data.features.push_back(problem.data.features[static_cast<std::size_t>(node.index)]);
        else alone.data.features.emplace_back(form.holes[0].arguments[k], subtrees(form.expression, operands[k]));
        if (!std::ranges::all_of(alone.data.features.back().values(), [](double v) { return std::isfinite(v); })) return std::nullopt;
    }
    // To first order an error of the target is one of the required value times its slope.
    const bool even = std::ranges::all_of(wanted->slope, [&](double s) { return std::fabs(s) == std::fabs(wanted->slope[0]); });
    if (!even || problem.data.sigma) {
        std::vector<double> sigma(wanted->slope.size());
        for (std::size_t i = 0; i < sigma.size(); ++i)
            sigma[i] = std::fabs(wanted->slope[i]) * (problem.data.sigma ? (*problem.data.sigma)[i] : 1.0);
        if (!std::ranges::all_of(sigma, [](double s) { return std::isfinite(s) && s > 0; })) return std::nullopt;
        alone.data.sigma = Column("sigma of " + form.holes[0].name, std::move(sigma));
    }
    alone.data.targets = {Column(form.holes[0].name, std::move(wanted->value))};
    return alone;
}

std::unique_ptr<Searcher> make_inverting_searcher(std::unique_ptr<Searcher> searcher) {
    return std::make_unique<InvertingSearcher>(std::move(searcher));
}

}  // namespace balmer
