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
    offer(Outputs(scorer.outputs(), Expression::constant(0)));
    for (const auto& guess : problem.guesses) offer(guess);
    const auto has = [&](Op op) { return std::ranges::find(problem.operators, op) != problem.operators.end(); };
    if (!has(Op::add) || !has(Op::multiply)) return;
    const double outputs = static_cast<double>(scorer.outputs());  // of classes are fitted together
    const auto affordable = static_cast<std::size_t>(most_work / (static_cast<double>(problem.data.rows()) * outputs * outputs));
    const std::size_t count = std::min({problem.data.features.size(), affordable, most_features});
    for (std::size_t i = 0; i < count; ++i) {
        const auto scaled = Expression::apply(Op::multiply, Expression::constant(1), Expression::feature(static_cast<std::int32_t>(i)));
        offer(Outputs(scorer.outputs(), Expression::apply(Op::add, scaled, Expression::constant(0))));
    }
}

}  // namespace balmer
