#include "search/genetic/judge.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "balmer/fitting.hpp"

namespace balmer::genetic {
namespace {

constexpr double child_cost = 30'000;   // rows x nodes that hashing, compiling and bookkeeping of one child stand for
constexpr double gradient_cost = 3;     // passes that one pass with gradient stands for
constexpr double moments_trust = 1e-9;  // relative loss below which moments have lost their digits

constexpr double hope = 1.5;  // times the worst loss of its niche: what a child may have on the quick rows
// Factors for constants that lead out of the domain.
constexpr double rescues[] = {-1, 6, 0.15, 40};

}  // namespace

void Judge::spent(double passes, std::size_t nodes) {
    work_ += child_cost + passes * static_cast<double>(nodes * rows_->rows());
    evaluations_ += share_;
}

void Judge::summarise(Individual& individual) const {
    individual.loss = std::accumulate(individual.losses.begin(), individual.losses.end(), 0.0) /
                      static_cast<double>(individual.losses.size());
}

bool Judge::fit_by_moments(Individual& individual, std::size_t output) {
    const auto& core = individual.cores[output];
    const auto& loss = rows_->loss(output);
    const Program program(core, setting_->problem().definitions);
    const std::vector<double> values(program.graph().values().begin(), program.graph().values().end());
    const auto m = moments(program, values, rows_->columns(), loss.target(), loss.squared_weights());
    spent(1, program.nodes());
    if (!m.finite || !std::isfinite(m.ff) || !std::isfinite(m.fy))
        return false;
    const double floor = 1e-28 * (m.ff + m.weight * m.mean_f * m.mean_f);
    const double scale = m.ff > floor ? m.fy / m.ff : 0;
    if (!std::isfinite(scale))
        return false;
    individual.scale[output] = scale;
    individual.offset[output] = m.mean_y - scale * m.mean_f;
    double sum = m.yy - scale * m.fy;
    if (sum < moments_trust * m.yy) {
        const auto full = dressed(core, individual.scale[output], individual.offset[output], Dressing::full);
        const Program exact(full, setting_->problem().definitions);
        const std::vector<double> all_values(exact.graph().values().begin(), exact.graph().values().end());
        sum = squared_error(exact, all_values, rows_->columns(), loss.target(), loss.squared_weights(),
                            std::numeric_limits<double>::infinity())
                  .sum;
        work_ += static_cast<double>(exact.nodes() * rows_->rows());
    }
    individual.losses[output] = sum / loss.total_weight();
    return std::isfinite(sum);
}

bool Judge::fit_alone(Individual& individual, std::size_t output, int iterations, double bar) {
    auto& core = individual.cores[output];
    if (setting_->least_squares() && (core.values.empty() || !reads_features(core)))
        return fit_by_moments(individual, output);
    const auto full = dressed(core, individual.scale[output], individual.offset[output], Dressing::full);
    const Program program(full, setting_->problem().definitions);
    const std::vector<double> start(program.graph().values().begin(), program.graph().values().end());
    FitOptions options{.maximum_iterations = iterations, .tolerance = 1e-6};
    if (start.size() > full.values.size()) {
        options.fixed.assign(start.size(), true);
        std::fill_n(options.fixed.begin(), full.values.size(), false);
    }
    const auto* quick = setting_->quick_rows();
    const BoundRows& first_rows = quick ? *quick : *rows_;
    const double part = static_cast<double>(first_rows.rows()) / static_cast<double>(rows_->rows());
    auto result = balmer::fit(program, start, first_rows.columns(), first_rows.loss(output), options);
    double passes = part * static_cast<double>(result.evaluations);
    // Constants outside the domain say nothing about the structure: others are tried before it is given up.
    for (std::size_t t = 0; t < std::size(rescues) && !std::isfinite(result.loss) && !core.values.empty(); ++t) {
        auto other = start;
        for (std::size_t i = 0; i < core.values.size(); ++i)
            other[i] *= rescues[t];
        result = balmer::fit(program, other, first_rows.columns(), first_rows.loss(output), options);
        passes += part * static_cast<double>(result.evaluations);
    }
    if (quick && std::isfinite(result.loss) && result.loss < hope * bar) {
        options.maximum_iterations = std::max(1, iterations / 2);
        result = balmer::fit(program, result.values, rows_->columns(), rows_->loss(output), options);
        passes += static_cast<double>(result.evaluations);
    } else if (quick) {
        result.loss = std::numeric_limits<double>::infinity();
    }
    spent(gradient_cost * passes, program.nodes());
    if (!std::isfinite(result.loss))
        return false;
    std::copy_n(result.values.begin(), core.values.size(), core.values.begin());
    individual.scale[output] = result.values[core.values.size()];
    individual.offset[output] = result.values[core.values.size() + 1];
    individual.losses[output] = result.loss;
    return std::ranges::all_of(result.values, [](double v) { return std::isfinite(v); }) && setting_->allowed(core, output);
}

bool Judge::fit_jointly(Individual& individual, std::size_t changed, int iterations, double bar) {
    Graph graph;
    std::vector<bool> others_fixed, bodies_fixed;
    std::vector<std::size_t> first;
    for (std::size_t k = 0; k < individual.cores.size(); ++k) {
        const auto full = dressed(individual.cores[k], individual.scale[k], individual.offset[k], Dressing::full);
        first.push_back(graph.values().size());
        graph.add_root(graph.add_expression(full, setting_->problem().definitions));
        others_fixed.resize(first.back() + full.values.size(), changed != all && changed != k);
        bodies_fixed.resize(first.back() + full.values.size(), false);
        others_fixed.resize(graph.values().size(), true);
        bodies_fixed.resize(graph.values().size(), true);
    }
    const Program program(graph);
    std::vector<double> values(graph.values().begin(), graph.values().end());
    FitOptions options{.maximum_iterations = iterations, .tolerance = 1e-6, .fixed = others_fixed};
    auto result = balmer::fit(program, values, rows_->columns(), rows_->loss(0), options);
    double passes = static_cast<double>(result.evaluations);
    if (changed != all && individual.cores.size() > 1 && result.loss < 1.01 * bar) {
        options.fixed = bodies_fixed;
        options.maximum_iterations = std::max(2, iterations / 2);
        result = balmer::fit(program, result.values, rows_->columns(), rows_->loss(0), options);
        passes += static_cast<double>(result.evaluations);
    }
    spent(gradient_cost * passes, program.nodes());
    individual.losses = {result.loss};
    return std::isfinite(result.loss) && take_values(individual, result.values, first);
}

bool Judge::take_values(Individual& individual, std::span<const double> values, std::span<const std::size_t> first) const {
    if (!std::ranges::all_of(values, [](double v) { return std::isfinite(v); }))
        return false;
    for (std::size_t k = 0; k < individual.cores.size(); ++k) {
        auto& core = individual.cores[k];
        const auto from = values.begin() + static_cast<std::ptrdiff_t>(first[k]);
        std::copy_n(from, core.values.size(), core.values.begin());
        individual.scale[k] = *(from + static_cast<std::ptrdiff_t>(core.values.size()));
        individual.offset[k] = *(from + static_cast<std::ptrdiff_t>(core.values.size() + 1));
        if (!setting_->allowed(core, k))
            return false;
    }
    return true;
}

namespace {

// The form with its holes filled by scale*core + offset, and where each core's values begin.
struct FilledForm {
    Program program;
    std::vector<double> values;
    std::vector<bool> fixed;
    std::vector<std::size_t> first;
};

FilledForm filled_form(const Individual& individual, const Problem& problem) {
    std::vector<Expression> holes;
    for (std::size_t k = 0; k < individual.cores.size(); ++k)
        holes.push_back(dressed(individual.cores[k], individual.scale[k], individual.offset[k], Dressing::full));
    FilledForm result;
    Expression form = problem.form->expression;
    form.values = individual.form_values;
    const Expression whole = filled(form, holes);
    std::size_t next = form.values.size();
    for (const auto& hole : holes) {
        result.first.push_back(next);
        next += hole.values.size();
    }
    result.program = Program(to_graph(whole, problem.definitions));
    result.values.assign(result.program.values().begin(), result.program.values().end());
    result.fixed.assign(result.values.size(), true);
    std::fill_n(result.fixed.begin(), whole.values.size(), false);
    for (std::size_t i = 0; i < form.values.size(); ++i)
        result.fixed[i] = problem.form->parameters[i].empty();
    return result;
}

}  // namespace

bool Judge::fit_form(Individual& individual, int iterations) {
    const auto form = filled_form(individual, setting_->problem());
    const FitOptions options{.maximum_iterations = iterations, .tolerance = 1e-6, .fixed = form.fixed};
    const auto result = balmer::fit(form.program, form.values, rows_->columns(), rows_->loss(0), options);
    spent(gradient_cost * static_cast<double>(result.evaluations), form.program.nodes());
    individual.losses = {result.loss};
    if (!std::isfinite(result.loss) || !take_values(individual, result.values, form.first))
        return false;
    std::copy_n(result.values.begin(), individual.form_values.size(), individual.form_values.begin());
    return true;
}

bool Judge::look_at_form(Individual& individual) {
    const auto form = filled_form(individual, setting_->problem());
    const auto& loss = rows_->loss(0);
    const double total = loss_value(form.program, form.values, rows_->columns(), loss, std::numeric_limits<double>::infinity());
    individual.losses = {total / loss.total_weight()};
    spent(1, form.program.nodes());
    summarise(individual);
    return std::isfinite(individual.loss);
}

bool Judge::fit(Individual& individual, std::size_t changed, int iterations, double bar) {
    if (setting_->problem().form) {
        if (!fit_form(individual, iterations))
            return false;
    } else if (!setting_->separable()) {
        if (!fit_jointly(individual, changed, iterations, bar))
            return false;
    } else {
        for (std::size_t k = 0; k < individual.cores.size(); ++k)
            if ((changed == all || changed == k) && !fit_alone(individual, k, iterations, bar))
                return false;
    }
    summarise(individual);
    return std::isfinite(individual.loss);
}

bool Judge::look_at_group(Individual& individual, std::size_t group, std::span<const Expression> outputs) {
    const Program program(to_graph(outputs, setting_->problem().definitions));
    const std::vector<double> values(program.graph().values().begin(), program.graph().values().end());
    const auto& loss = rows_->loss(group);
    const double total = loss_value(program, values, rows_->columns(), loss, std::numeric_limits<double>::infinity());
    individual.losses[group] = total / loss.total_weight();
    spent(1, program.nodes());
    return std::isfinite(individual.losses[group]);
}

bool Judge::look(Individual& individual) {
    if (setting_->problem().form)
        return look_at_form(individual);
    std::vector<Expression> outputs;
    if (!setting_->least_squares())
        for (std::size_t k = 0; k < individual.cores.size(); ++k)
            outputs.push_back(dressed(individual.cores[k], individual.scale[k], individual.offset[k], Dressing::full));
    const std::size_t each = individual.cores.size() / rows_->groups();
    for (std::size_t g = 0; g < rows_->groups(); ++g) {
        const bool finite = setting_->least_squares()
                                ? fit_by_moments(individual, g)
                                : look_at_group(individual, g, std::span(outputs).subspan(g * each, each));
        if (!finite)
            return false;
    }
    summarise(individual);
    return std::isfinite(individual.loss);
}

}  // namespace balmer::genetic
