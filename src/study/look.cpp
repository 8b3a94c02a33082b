#include "study/look.hpp"

#include <algorithm>
#include <cmath>

namespace balmer {
namespace {

constexpr double most_work = 2e7;  // rows x features that are looked at: a fraction of a second
constexpr std::size_t most_features = 64;

using Outputs = std::vector<Expression>;

}  // namespace

void look(const Scorer& scorer, const std::function<void(const Candidate&)>& found) {
    const Problem& problem = scorer.problem();
    const auto offer = [&](Outputs outputs) {
        if (!scorer.allowed(outputs)) return;
        scorer.fit(outputs, {.maximum_iterations = 20});
        const Candidate candidate = scorer.score(std::move(outputs), "look");
        if (std::isfinite(candidate.loss)) found(candidate);
    };
    const std::size_t searched = problem.searched();
    offer(scorer.completed(Outputs(searched, Expression::constant(problem.form ? 1 : 0))));
    for (const auto& guess : problem.guesses) offer(guess);
    const auto has = [&](Op op) { return std::ranges::find(problem.operators, op) != problem.operators.end(); };
    if (!has(Op::add) || !has(Op::multiply)) return;
    // Formulas of classes, and of a form's holes, are fitted together.
    const double outputs = static_cast<double>(scorer.outputs());
    const auto affordable = static_cast<std::size_t>(most_work / (static_cast<double>(problem.data.rows()) * outputs * outputs));
    std::size_t features = 0;
    for (std::size_t k = 0; k < searched; ++k) features = std::max(features, problem.features(k));
    const std::size_t count = std::min({features, affordable, most_features});
    for (std::size_t i = 0; i < count; ++i) {
        Outputs lines;
        for (std::size_t k = 0; k < searched; ++k) {
            const auto feature = Expression::feature(static_cast<std::int32_t>(std::min(i, problem.features(k) - 1)));
            const auto scaled = Expression::apply(Op::multiply, Expression::constant(1), feature);
            lines.push_back(Expression::apply(Op::add, scaled, Expression::constant(0)));
        }
        offer(scorer.completed(std::move(lines)));
    }
}

}  // namespace balmer
