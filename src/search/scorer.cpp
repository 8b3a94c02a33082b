#include "search/scorer.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "search/constraints.hpp"

namespace balmer {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

BoundRows::BoundRows(const Dataset& data, const LossOptions& loss, Task task) : pointers_(feature_pointers(data)) {
    columns_ = {.column = pointers_, .rows = data.rows()};
    if (task == Task::classification || data.targets.size() == 1) {
        per_target_.push_back(data);
    } else {
        for (const auto& target : data.targets) {
            per_target_.push_back(data);
            per_target_.back().targets = {target};
        }
    }
    for (const auto& part : per_target_) losses_.push_back(bind_loss(loss, part));
}

// The outputs of one group as a tape with its parameter values; constants inside user operators are fixed.
struct Scorer::Compiled {
    struct Group {
        Program program;
        std::vector<double> values;
        std::vector<bool> fixed;
        std::vector<std::size_t> first;  ///< of each output's own values
    };
    std::vector<Group> groups;
};

Scorer::Scorer(const Problem& problem)
    : problem_(&problem), outputs_(problem.outputs()), training_(problem.data, problem.loss, problem.task), units_(problem) {
    if (problem.validation) validation_ = std::make_unique<BoundRows>(*problem.validation, problem.loss, problem.task);
    for (std::size_t g = 0; g < training_.groups(); ++g)
        baseline_ += training_.loss(g).baseline() / static_cast<double>(training_.groups());
}

std::vector<Expression> Scorer::completed(std::vector<Expression> searched) const {
    if (problem_->form) searched.push_back(problem_->form->expression);
    return searched;
}

int Scorer::complexity(std::span<const Expression> outputs) const {
    return problem_->complexity.total(outputs.first(problem_->searched()));
}

bool Scorer::allowed_as_law(std::span<const Expression> outputs) const {
    Constraints constraints = problem_->constraints;
    constraints.maximum_complexity *= constraints.law_allowance;
    constraints.maximum_depth *= constraints.law_allowance;
    return allowed(outputs, constraints);
}

bool Scorer::allowed(std::span<const Expression> outputs, const Constraints& constraints) const {
    if (!problem_->form) {
        if (!satisfies(outputs, constraints, problem_->complexity)) return false;
        for (std::size_t k = 0; k < outputs.size(); ++k)
            if (!units_.allows(outputs[k], k)) return false;
        return true;
    }
    const auto holes = outputs.first(problem_->searched());
    for (std::size_t k = 0; k < holes.size(); ++k) {
        if (!shape_allowed(holes[k], constraints, problem_->complexity)) return false;
        for (const auto& node : holes[k].nodes)
            if (node.op == Op::feature && static_cast<std::size_t>(node.index) >= problem_->features(k)) return false;
    }
    return complexity(outputs) <= constraints.maximum_complexity;
}

// The form with its holes filled: one output, whose values begin with the form's.
Scorer::Compiled Scorer::compile_form(std::span<const Expression> outputs) const {
    const auto& form = outputs.back();
    const auto holes = outputs.first(outputs.size() - 1);
    Graph graph;
    const Expression whole = filled(form, holes);
    graph.add_root(graph.add_expression(whole, problem_->definitions));
    std::vector<bool> fixed(graph.values().size(), true);
    std::fill_n(fixed.begin(), whole.values.size(), false);
    for (std::size_t i = 0; i < form.values.size(); ++i) fixed[i] = problem_->form->parameters[i].empty();
    std::vector<std::size_t> first;
    std::size_t next = form.values.size();
    for (const auto& hole : holes) {
        first.push_back(next);
        next += hole.values.size();
    }
    first.push_back(0);
    const auto values = std::vector<double>(graph.values().begin(), graph.values().end());
    Compiled compiled;
    compiled.groups.push_back({Program(graph), values, std::move(fixed), std::move(first)});
    return compiled;
}

Scorer::Compiled Scorer::compile(std::span<const Expression> outputs) const {
    assert(outputs.size() == outputs_);
    if (problem_->form) return compile_form(outputs);
    const std::size_t per_group = outputs.size() / training_.groups();
    Compiled compiled;
    for (std::size_t g = 0; g < training_.groups(); ++g) {
        Graph graph;
        std::vector<std::size_t> first;
        std::vector<bool> fixed;
        for (const auto& output : outputs.subspan(g * per_group, per_group)) {
            first.push_back(graph.values().size());
            graph.add_root(graph.add_expression(output, problem_->definitions));
            fixed.resize(first.back() + output.values.size(), false);
            fixed.resize(graph.values().size(), true);
        }
        const auto values = std::vector<double>(graph.values().begin(), graph.values().end());
        compiled.groups.push_back({Program(graph), values, std::move(fixed), std::move(first)});
    }
    return compiled;
}

double Scorer::mean_loss(std::span<const Expression> outputs, const BoundRows& rows, double bar) const {
    const auto compiled = compile(outputs);
    const double groups = static_cast<double>(rows.groups());
    double total = 0;
    for (std::size_t g = 0; g < compiled.groups.size(); ++g) {
        const auto& group = compiled.groups[g];
        const auto& loss = rows.loss(g);
        const double scale = loss.total_weight() * groups;
        const double room = (bar - total) * scale;
        const double value =
            loss.is_least_squares()
                ? squared_error(group.program, group.values, rows.columns(), loss.target(), loss.squared_weights(), room).sum
                : loss_value(group.program, group.values, rows.columns(), loss, room);
        total += value / scale;
        if (!std::isfinite(total)) return infinity;
    }
    return total;
}

double Scorer::loss(std::span<const Expression> outputs, double bar) const { return mean_loss(outputs, training_, bar); }

double Scorer::validation(std::span<const Expression> outputs) const {
    return validation_ ? mean_loss(outputs, *validation_, infinity) : std::numeric_limits<double>::quiet_NaN();
}

double Scorer::fit(std::span<Expression> outputs, const FitOptions& options, RandomStream* random) const {
    const auto compiled = compile(outputs);
    const std::size_t per_group = outputs.size() / compiled.groups.size();
    double total = 0;
    std::size_t offset = 0;  // of this output's constants among those of all outputs
    for (std::size_t g = 0; g < compiled.groups.size(); ++g) {
        const auto& group = compiled.groups[g];
        FitOptions of_group = options;
        of_group.fixed = group.fixed;
        for (std::size_t k = 0; k < per_group && !options.fixed.empty(); ++k) {
            const std::size_t own = outputs[g * per_group + k].values.size();
            for (std::size_t i = 0; i < own; ++i)
                if (options.fixed[offset + i]) of_group.fixed[group.first[k] + i] = true;
            offset += own;
        }
        const auto result = balmer::fit(group.program, group.values, training_.columns(), training_.loss(g), of_group, random);
        for (std::size_t k = 0; k < per_group; ++k) {
            auto& values = outputs[g * per_group + k].values;
            std::copy_n(result.values.begin() + static_cast<std::ptrdiff_t>(group.first[k]), values.size(), values.begin());
        }
        total += result.loss / static_cast<double>(compiled.groups.size());
    }
    return std::isfinite(total) ? total : infinity;
}

std::vector<double> Scorer::covariance(std::span<const Expression> outputs, const std::vector<bool>& fixed) const {
    const auto compiled = compile(outputs);
    const std::size_t per_group = outputs.size() / compiled.groups.size();
    std::size_t count = 0;
    for (const auto& output : outputs) count += output.values.size();
    std::vector<double> whole(count * count, 0.0);
    std::size_t offset = 0;
    for (std::size_t g = 0; g < compiled.groups.size(); ++g) {
        const auto& group = compiled.groups[g];
        // Positions of the outputs' own constants among the tape's parameters.
        std::vector<std::size_t> own;
        auto held = group.fixed;
        for (std::size_t k = 0; k < per_group; ++k)
            for (std::size_t i = 0; i < outputs[g * per_group + k].values.size(); ++i) own.push_back(group.first[k] + i);
        for (std::size_t i = 0; i < own.size(); ++i)
            if (!fixed.empty() && fixed[offset + i]) held[own[i]] = true;
        const auto block = balmer::covariance(group.program, group.values, training_.columns(), training_.loss(g),
                                              problem_->data.sigma.has_value(), held);
        for (std::size_t i = 0; i < own.size(); ++i)
            for (std::size_t j = 0; j < own.size(); ++j)
                whole[(offset + i) * count + offset + j] = block[own[i] * group.values.size() + own[j]];
        offset += own.size();
    }
    return whole;
}

Candidate Scorer::score(std::vector<Expression> outputs, std::string origin) const {
    Candidate candidate;
    candidate.complexity = complexity(outputs);
    candidate.loss = loss(outputs);
    candidate.validation = std::isfinite(candidate.loss) ? validation(outputs) : infinity;
    candidate.outputs = std::move(outputs);
    candidate.origin = std::move(origin);
    return candidate;
}

}  // namespace balmer
