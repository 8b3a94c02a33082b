#include "search/enumerate/judge.hpp"

#include <cmath>

#include "search/residual_structure.hpp"

namespace balmer::enumerate {
namespace {

constexpr std::size_t rows_of_part = 3000;
constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

Judge::Judge(const Problem& problem, Run& run)
    : problem_(&problem), run_(&run), spelling_(problem.operators), scorer_(problem) {
    const auto target = problem.data.targets[0].values();
    const double mean = block_sum(target) / static_cast<double>(target.size());
    for (const double y : target) spread_ += (y - mean) * (y - mean);
    if (problem.data.rows() <= 2 * rows_of_part) return;
    part_ = problem;
    part_.data = problem.data.take(choose_spread_rows(problem.data.rows(), rows_of_part, {}));
    part_.validation.reset();
    part_scorer_ = std::make_unique<Scorer>(part_);
}

Progress Judge::progress(const std::string& stage) const {
    const double seconds = run_->watch.seconds();
    return {.seconds = seconds,
            .evaluations = run_->spent(),
            .fraction = std::min(1.0, std::max(seconds / run_->budget.seconds, run_->spent() / run_->budget.evaluations)),
            .stage = stage,
            .front = &front_};
}

void Judge::report(const std::string& stage) {
    const double now = run_->watch.seconds();
    if (now - run_->last_report < 0.25) return;
    run_->last_report = now;
    run_->observer.progressed(progress(stage));
}

// Beyond an exact formula only shorter ones count: longer ones that round better are gone.
void Judge::accept_as_exact(int complexity) {
    solved_ = true;
    solved_complexity_ = complexity;
    ParetoFront shorter;
    for (const auto& member : front_.members())
        if (member.complexity < complexity) shorter.insert(member);
    front_ = std::move(shorter);
}

bool Judge::offer(Candidate candidate) {
    if (!std::isfinite(candidate.loss) || (solved_ && candidate.complexity >= solved_complexity_)) return false;
    if (!front_.would_accept(candidate.complexity, candidate.loss)) return false;
    if (!scorer_.allowed(candidate.outputs) || !spelling_.allows(candidate.outputs[0])) return false;
    const double baseline = scorer_.baseline();
    // Only what might be exact is worth a pass for the residual.
    if ((candidate.loss <= 1e-12 * baseline || baseline == 0) && relative_residual(candidate.outputs[0]) <= run_->options.exact)
        accept_as_exact(candidate.complexity);
    const Candidate copy = candidate;
    if (!front_.insert(std::move(candidate))) return false;
    run_->observer.improved(progress("library"), copy);
    return true;
}

bool Judge::offer(const Expression& formula) {
    run_->evaluations += 1;
    run_->clock.add(problem_->data.rows(), formula.size());
    if (!spelling_.allows(formula)) return false;
    const Expression outputs[] = {formula};
    const int complexity = scorer_.complexity(outputs);
    if (complexity > problem_->constraints.maximum_complexity || (solved_ && complexity >= solved_complexity_)) return false;
    if (!front_.would_accept(complexity, -std::numeric_limits<double>::max())) return false;
    return offer(scorer_.score({formula}, "library"));
}

bool Judge::offer_fitted(Expression formula, int iterations) {
    if (!spelling_.allows(formula)) return false;
    Expression outputs[] = {std::move(formula)};
    if (scorer_.complexity(outputs) > problem_->constraints.maximum_complexity) return false;
    FitOptions options{.maximum_iterations = iterations};
    if (part_scorer_) {
        run_->evaluations += static_cast<double>(iterations * rows_of_part) / static_cast<double>(problem_->data.rows());
        const double loss = part_scorer_->fit(outputs, options);
        if (!std::isfinite(loss)) return false;
        // The part's loss stands for the whole within its own fluctuation.
        if (!front_.would_accept(scorer_.complexity(outputs), 0.8 * loss)) return false;
        options.maximum_iterations = 6;
    }
    run_->evaluations += options.maximum_iterations;
    run_->clock.add(problem_->data.rows(), outputs[0].size() * static_cast<std::size_t>(options.maximum_iterations));
    if (!std::isfinite(scorer_.fit(outputs, options))) return false;
    // A fit of an exact law ends next to the short numbers that stand in it; they go first, and nothing longer beats them then.
    constexpr double rounding = 1e-10;
    const bool offered = offer(with_short_decimals(outputs[0], rounding));
    return offer(outputs[0]) || offered;
}

std::vector<double> Judge::predictions(const Expression& formula) const {
    std::vector<double> prediction(problem_->data.rows());
    double* outputs[] = {prediction.data()};
    const Program program(formula, problem_->definitions);
    evaluate(program, formula.values, scorer_.rows().columns(), outputs);
    return prediction;
}

double Judge::relative_residual(const Expression& formula) const {
    const auto prediction = predictions(formula);
    const auto target = problem_->data.targets[0].values();
    double sum = 0;
    for (std::size_t i = 0; i < target.size(); ++i) sum += (prediction[i] - target[i]) * (prediction[i] - target[i]);
    if (!std::isfinite(sum)) return infinity;
    return spread_ > 0 ? std::sqrt(sum / spread_) : (sum == 0 ? 0 : infinity);
}

bool Judge::leaves_noise() const {
    constexpr double no_structure = 3, largest_share = 0.3, smallest_share = 1e-9;
    constexpr std::size_t fewest_rows = 30;
    if (front_.empty() || problem_->data.rows() < fewest_rows) return false;
    const auto& best = front_.members()[select(front_, Selection::description_length, *problem_)];
    const double share = relative_residual(best.outputs[0]);
    if (!(share > smallest_share && share < largest_share)) return false;
    const auto prediction = predictions(best.outputs[0]);
    auto residual = prediction;
    for (std::size_t i = 0; i < residual.size(); ++i) residual[i] = problem_->data.targets[0][i] - prediction[i];
    return residual_structure(problem_->data, residual, prediction).largest() < no_structure;
}

}  // namespace balmer::enumerate
