#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "balmer/study.hpp"
#include "balmer/version.hpp"
#include "search/scorer.hpp"

namespace balmer {
namespace {

// Values of every output: [output][row].
std::vector<std::vector<double>> outputs_on(const Model& model, const Dataset& data) {
    const auto pointers = feature_pointers(data);
    const Graph graph = model.graph();
    const Program program(graph);
    std::vector<std::vector<double>> values(program.outputs(), std::vector<double>(data.rows()));
    std::vector<double*> out;
    for (auto& v : values) out.push_back(v.data());
    evaluate(program, graph.values(), {.column = pointers, .rows = data.rows()}, out);
    return values;
}

// 1 - sum w (y - f)^2 / sum w (y - mean)^2, the mean over targets.
double determination(const Model& model, const Problem& problem) {
    const std::size_t rows = problem.data.rows();
    const auto values = outputs_on(model, problem.data);
    double total = 0;
    for (std::size_t k = 0; k < problem.data.targets.size(); ++k) {
        const auto& target = problem.data.targets[k];
        double weight = 0, mean = 0, residual = 0, spread = 0, size = 0;
        for (const double y : target.values()) size = std::max(size, std::fabs(y));
        const auto w = [&](std::size_t i) { return problem.data.weights ? (*problem.data.weights)[i] : 1.0; };
        const auto square = [&](double x) { return (x / size) * (x / size); };  // 1e300 and 1e-300 have squares too
        for (std::size_t i = 0; i < rows; ++i) {
            weight += w(i);
            mean += w(i) * (target[i] / size);
        }
        mean = mean / weight * size;
        for (std::size_t i = 0; i < rows; ++i) {
            residual += w(i) * square(target[i] - values[k][i]);
            spread += w(i) * square(target[i] - mean);
        }
        total += 1 - residual / spread;
    }
    return total / static_cast<double>(problem.data.targets.size());
}

double accuracy(const Model& model, const Problem& problem) {
    const std::size_t rows = problem.data.rows();
    const auto scores = outputs_on(model, problem.data);
    const auto chosen = classify(model, scores);
    std::size_t right = 0;
    for (std::size_t i = 0; i < rows; ++i) right += static_cast<double>(chosen[i]) == problem.data.targets[0][i];
    return static_cast<double>(right) / static_cast<double>(rows);
}

// Values that say themselves exactly (2, 1/2, pi) were snapped or written so: they carry no uncertainty.
void mark_snapped(Model& model) {
    for (auto& parameter : model.parameters) {
        if (!parameter.name.empty() || parameter.status != ParameterStatus::free) continue;
        const auto exact = snap(parameter.value, 1e-15 * std::fabs(parameter.value));
        if (!exact) continue;
        parameter.status = ParameterStatus::snapped;
        parameter.snapped_to = exact->text;
    }
}

}  // namespace

ModelMaker::ModelMaker(const Problem& problem) : problem_(&problem), fingerprint_(fmt::format("{:016x}", problem.data.fingerprint())) {
    for (const auto& feature : problem.data.features) {
        const auto [lower, upper] = std::ranges::minmax(feature.values());
        box_.push_back({lower, upper});
    }
}

ModelMaker::ModelMaker(ModelMaker&&) noexcept = default;
ModelMaker::~ModelMaker() = default;

void ModelMaker::add_uncertainties(Model& model, const Candidate& candidate) const {
    if (!scorer_) scorer_ = std::make_unique<const Scorer>(*problem_);
    std::vector<bool> fixed;
    for (const auto& parameter : model.parameters) fixed.push_back(parameter.status != ParameterStatus::free);
    const std::size_t count = fixed.size();
    // Hundreds of constants on many rows (unrolled networks): their uncertainties stay unknown.
    constexpr double most_work = 5e10;
    const double size = static_cast<double>(count);
    if (size * size * static_cast<double>(problem_->data.rows() * candidate.outputs.size()) > most_work) return;
    const auto whole = scorer_->covariance(candidate.outputs, fixed);
    for (std::size_t i = 0; i < count; ++i) {
        if (fixed[i]) continue;
        model.parameters[i].uncertainty = std::sqrt(whole[i * count + i]);
        for (std::size_t j = 0; j < count; ++j)
            if (!fixed[j]) model.covariance.push_back(whole[i * count + j]);
    }
}

Model ModelMaker::make(const Candidate& candidate, Uncertainties uncertainties) const {
    const Problem& problem = *problem_;
    Model model = Model::from_expressions(candidate.outputs, problem.vocabulary());
    model.task = problem.task;
    model.classes = problem.data.classes;
    const bool one_score = problem.task == Task::classification && candidate.outputs.size() == 1;
    if (problem.task == Task::classification) model.link = one_score ? "logistic" : "softmax";
    for (std::size_t k = 0; k < model.outputs.size(); ++k) {
        if (problem.task == Task::regression) model.outputs[k].name = problem.data.targets[k].name();
        else model.outputs[k].name = problem.data.classes[one_score ? 1 : k];
    }
    model.feature_units.clear();
    for (const auto& feature : problem.data.features) model.feature_units.push_back(feature.unit());
    model.box = box_;
    model.metrics["complexity"] = candidate.complexity;
    model.metrics["loss"] = candidate.loss;
    if (!std::isnan(candidate.validation)) model.metrics["validation"] = candidate.validation;
    if (problem.task == Task::regression) {
        if (problem.loss.predicts_target()) model.metrics["r2"] = determination(model, problem);
    } else model.metrics["accuracy"] = accuracy(model, problem);
    model.provenance["version"] = version();
    model.provenance["source"] = problem.data.source;
    model.provenance["fingerprint"] = fingerprint_;
    model.provenance["loss"] = problem.loss.name;
    model.provenance["complexity"] = problem.complexity.name();
    model.provenance["origin"] = candidate.origin;
    if (!candidate.parts.empty()) model.provenance["where"] = fmt::format("{}", fmt::join(candidate.parts, "; "));
    for (std::size_t i = 0; i < problem.parameter_fixed.size(); ++i)
        if (problem.parameter_fixed[i]) model.parameters[i].status = ParameterStatus::fixed;
    mark_snapped(model);
    if (uncertainties == Uncertainties::standard_errors) add_uncertainties(model, candidate);
    return model;
}

}  // namespace balmer
