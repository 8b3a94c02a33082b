#include "study/quantized_loss.hpp"

#include <algorithm>

#include "balmer/evaluate.hpp"
#include "search/sampled.hpp"

namespace balmer {
namespace {

constexpr std::size_t judged_rows = 2000;

}  // namespace

QuantizedLoss::QuantizedLoss(const Problem& problem)
    : scorer_(problem), sample_(sampled(problem, judged_rows)), rows_(sample_.data, sample_.loss, sample_.task), quantized_(sample_.data.features, sample_.definitions) {}

double QuantizedLoss::loss_of(const std::vector<std::vector<double>>& scores) const {
    constexpr std::size_t tile = 256;
    const std::size_t each = scores.size() / rows_.groups();
    double total = 0;
    for (std::size_t g = 0; g < rows_.groups(); ++g) {
        double of_group = 0;
        for (std::size_t row = 0; row < rows_.rows(); row += tile) {
            std::vector<const double*> prediction;
            for (std::size_t k = 0; k < each; ++k) prediction.push_back(scores[g * each + k].data() + row);
            of_group += rows_.loss(g).tile(row, std::min(tile, rows_.rows() - row), prediction, {}, {});
        }
        total += of_group / (rows_.loss(g).total_weight() * static_cast<double>(rows_.groups()));
    }
    return total;
}

Candidate QuantizedLoss::judged(Candidate candidate) const {
    const auto outputs = sample_.predictions(candidate.outputs);
    candidate.loss = scorer_.loss(candidate.outputs);
    const auto scores = quantized_(outputs);
    if (scores.empty()) {
        candidate.loss = std::numeric_limits<double>::infinity();
        return candidate;
    }
    std::vector<std::vector<double>> exact;
    for (const auto& output : outputs) {
        exact.emplace_back(rows_.rows());
        double* const out[] = {exact.back().data()};
        const Program program(output, sample_.definitions);
        evaluate(program, program.values(), rows_.columns(), out);
    }
    const double lost = std::max(0.0, loss_of(scores) - loss_of(exact));
    candidate.loss += lost;
    candidate.validation = scorer_.validation(candidate.outputs) + lost;
    return candidate;
}

}  // namespace balmer
