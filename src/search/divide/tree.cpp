#include "search/divide/tree.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "balmer/simplify.hpp"
#include "search/divide/formula.hpp"
#include "search/median.hpp"

namespace balmer::divide {
namespace {

constexpr double good_enough = 1e-9;  // error up to which every reduction is accepted
constexpr double good_gradients = 1e-4;  // error below which what gradients do not show is not there
constexpr std::size_t most_refits = 10;  // proposals refitted for one reduction

// Root mean square of what a constant leaves of the target, counted by slope.
double deviation(const Part& part) {
    double weight = 0, sum = 0, square = 0;
    for (std::size_t i = 0; i < part.target.size(); ++i) {
        const double w = part.slope[i] * part.slope[i];
        weight += w;
        sum += w * part.target[i];
    }
    for (std::size_t i = 0; i < part.target.size(); ++i) square += std::pow(part.slope[i] * (part.target[i] - sum / weight), 2);
    return std::sqrt(square / static_cast<double>(part.target.size()));
}

// Rows far off the surrogate beside the others have the wrong sign; whether there are any.
bool leave_out_wrong_signs(Part& part, std::span<const double> predicted) {
    constexpr double far_off = 30;
    std::vector<double> off;
    for (std::size_t i = 0; i < predicted.size(); ++i) off.push_back(std::fabs(part.slope[i] * (part.target[i] - predicted[i])));
    const double limit = std::max(far_off * median(off), good_enough);
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < off.size(); ++i)
        if (off[i] <= limit) kept.push_back(i);
    if (kept.size() == off.size()) return false;
    part.keep(kept);
    return true;
}

// Places %i and $i filled with the names of the part's and the smaller problem's features; %i goes into brackets where it is a formula.
std::string with_names(const std::string& words, const std::vector<std::string>& names, const std::vector<std::string>& smaller) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const char mark = words[i];
        const bool place = (mark == '%' || mark == '$') && i + 1 < words.size() && words[i + 1] >= '0' && words[i + 1] <= '9';
        if (!place) {
            text += mark;
            continue;
        }
        std::size_t index = 0;
        while (i + 1 < words.size() && words[i + 1] >= '0' && words[i + 1] <= '9') index = 10 * index + static_cast<std::size_t>(words[++i] - '0');
        const auto& name = mark == '%' ? names[index] : smaller[index];
        const bool plain = mark == '$' || name.find_first_of(" +-*/^") == std::string::npos;
        text += plain ? name : "(" + name + ")";
    }
    return text;
}

}  // namespace

Tree::Tree(const Problem& problem, const DivideOptions& options, std::span<const std::size_t> rows)
    : problem_(problem), options_(options), means_{.operators = problem.operators} {
    Node root{.parent = 0, .step = {}, .part = {}, .solution = {}, .untried = {}, .surrogate = {}};
    root.step.kind = "problem";
    const auto pick = [&](const Column& column) {
        std::vector<double> values;
        for (const auto r : rows) values.push_back(column[r]);
        return values;
    };
    for (std::size_t f = 0; f < problem.data.features.size(); ++f) {
        auto values = pick(problem.data.features[f]);
        const bool constant = std::ranges::all_of(values, [&](double v) { return v == values[0]; });
        const bool twin = std::ranges::find(root.part.columns, values) != root.part.columns.end();
        if (constant || twin) continue;
        root.part.features.push_back(Expression::feature(static_cast<std::int32_t>(f)));
        root.part.columns.push_back(std::move(values));
    }
    root.part.target = pick(problem.data.targets[0]);
    // Errors count relative to the target's size, so that a few huge values do not decide alone, and absolutely near 0.
    const double middle = std::max(median_size(root.part.target), std::numeric_limits<double>::min());
    for (const double y : root.part.target) root.part.slope.push_back(1 / (middle + std::fabs(y)));
    const auto& target = problem.data.targets[0];
    if (problem.units != UnitRule::ignored) {
        means_.constants = problem.units == UnitRule::constants_any ? ConstantUnits::any : ConstantUnits::dimensionless;
        for (const auto& feature : root.part.features) {
            const auto& text = problem.data.features[static_cast<std::size_t>(feature.nodes[0].index)].unit();
            root.part.units.push_back(text.empty() ? Unit{} : parse_unit(text));
        }
        if (!target.unit().empty()) root.part.target_unit = parse_unit(target.unit());
    }
    nodes_.push_back(std::move(root));
}

SurrogateOptions Tree::surrogate_options() const {
    const auto& root = nodes_[0].surrogate;
    return {.terms = options_.terms, .spread = root ? root->spread() : 0, .groups = {}};
}

void Tree::see(Node& node) {
    if (node.surrogate) return;
    if (node.part.variables() == 0) {
        node.error = deviation(node.part) / nodes_[0].surrogate->spread();
        return;
    }
    meter_.work += work_of_fit(surrogate_options(), node.part.target.size());
    node.surrogate.emplace(node.part.columns, node.part.target, node.part.slope, surrogate_options());
    node.error = node.surrogate->error();
    if (!node.part.signs_guessed || !leave_out_wrong_signs(node.part, node.surrogate->predictions())) return;
    meter_.work += work_of_fit(surrogate_options(), node.part.target.size());
    node.surrogate.emplace(node.part.columns, node.part.target, node.part.slope, surrogate_options());
    node.error = node.surrogate->error();
}

bool Tree::look_further(std::size_t i) {
    Node& node = nodes_[i];
    if (node.looked == Node::Looked::not_yet) {
        node.looked = Node::Looked::gradients;
        see(node);
        node.untried = propose_steps(node.part, *node.surrogate, means_);
        if (auto step = units_step(node.part, means_)) {
            // Differences and norms of columns of one unit are seen before some of them are divided by; products and quotients are left to units.
            const auto scalings = std::stable_partition(node.untried.begin(), node.untried.end(), [](const Step& s) { return s.kind != "scaling"; });
            const auto place = node.error < good_gradients ? scalings : node.untried.begin();
            node.untried.insert(place, std::move(*step));
        }
        // What is left of a root is simpler in all its variables.
        auto roots = root_steps(node.part, meter_);
        std::erase_if(roots, [&](const Step& step) { return !operators_allow(means_.operators, step.wrap); });
        node.untried.insert(node.untried.begin(), std::make_move_iterator(roots.begin()), std::make_move_iterator(roots.end()));
        // Poles and zeros hide everything else.
        auto divisors = divisor_steps(node.part, node.error, nodes_[0].surrogate->spread(), means_, meter_);
        node.untried.insert(node.untried.begin(), std::make_move_iterator(divisors.begin()), std::make_move_iterator(divisors.end()));
        return true;
    }
    if (node.looked == Node::Looked::gradients && !(node.error < good_gradients)) {
        node.looked = Node::Looked::scanned;
        node.untried = scan_steps(node.part, node.error, nodes_[0].surrogate->spread(), means_, meter_);
        return true;
    }
    return false;
}

// The same problem reached on another way: the same values of its features and target, but for rounding.
bool Tree::is_known(const Part& part) const {
    const auto same = [](const std::vector<double>& a, const std::vector<double>& b) {
        constexpr double rounding = 1e-12;
        return std::ranges::equal(a, b, [](double x, double y) { return std::fabs(x - y) <= rounding * std::fabs(y); });
    };
    return std::ranges::any_of(nodes_, [&](const Node& node) {
        return node.part.columns.size() == part.columns.size() && same(node.part.target, part.target) &&
               std::ranges::is_permutation(node.part.columns, part.columns, same);
    });
}

bool Tree::accepted(const Node& child) const {
    if (child.step.kind == "units") return true;
    const bool scanned = nodes_[child.parent].looked == Node::Looked::scanned;
    // At the noise floor a wrong reduction hides below the noise unless little is allowed.
    constexpr double little = 1.05;
    const bool strict = child.step.kind == "irrelevant" || child.step.kind == "root" || nodes_[0].surrogate->at_noise_floor();
    const double growth = scanned ? 0.95 : strict ? little : options_.growth;
    return child.error <= std::max(growth * child.error_before, good_enough);
}

std::optional<std::size_t> Tree::next_child(std::size_t i) {
    std::size_t trials = 0;
    while (trials < most_refits && nodes_.size() < options_.maximum_parts && !meter_.is_over()) {
        if (nodes_[i].untried.empty()) {
            if (look_further(i)) continue;
            break;
        }
        Step step = std::move(nodes_[i].untried.front());
        nodes_[i].untried.erase(nodes_[i].untried.begin());
        ++trials;
        if (const auto child = child_by(i, std::move(step))) return child;
    }
    return std::nullopt;
}

std::optional<std::size_t> Tree::child_by(std::size_t i, Step step) {
    auto part = smaller(nodes_[i].part, step, means_);
    if (!part || is_known(*part)) return std::nullopt;
    Node child{.parent = i, .step = std::move(step), .part = std::move(*part), .error_before = nodes_[i].error,
               .depth = nodes_[i].depth + 1, .solution = {}, .untried = {}, .surrogate = {}};
    see(child);
    if (!accepted(child)) return std::nullopt;
    nodes_.push_back(std::move(child));
    return nodes_.size() - 1;
}

bool Tree::noisy() const {
    constexpr double as_before = 0.5, visible = 1e-5;
    constexpr std::size_t few = 2;  // variables, of which polynomials follow nearly everything that is smooth
    const auto& best = *std::ranges::min_element(nodes_, {}, [](const Node& node) { return node.part.variables() == 0 ? INFINITY : node.error; });
    if (best.surrogate && best.part.variables() <= few && best.error > visible && best.surrogate->at_noise_floor()) return true;
    if (!nodes_[0].surrogate || !nodes_[0].surrogate->at_noise_floor()) return false;
    return std::ranges::all_of(nodes_, [&](const Node& node) { return node.part.variables() == 0 || !(node.error < as_before * nodes_[0].error); });
}

std::vector<Separation> Tree::separations(std::size_t i) {
    see(nodes_[i]);
    if (!nodes_[i].surrogate) return {};
    meter_.work += work_of_fit(surrogate_options(), nodes_[i].part.target.size());
    return divide::separations(nodes_[i].part, *nodes_[i].surrogate, surrogate_options(), options_.growth);
}

std::vector<LinearForm> Tree::linear_forms(std::size_t i) {
    see(nodes_[i]);
    return divide::linear_forms(nodes_[i].part, nodes_[i].error, meter_);
}

std::vector<std::size_t> Tree::adopt(std::size_t node, Step step) {
    if (nodes_.size() >= options_.maximum_parts) return {};
    const auto child = child_by(node, std::move(step));
    if (!child) return {};
    auto made = descend(*child);
    made.insert(made.begin(), *child);
    return made;
}

std::vector<std::size_t> Tree::descend(std::size_t node) {
    std::vector<std::size_t> made;
    while (const auto child = next_child(node)) {
        made.push_back(*child);
        node = *child;
        if (nodes_[node].part.variables() == 0) break;
    }
    return made;
}

std::vector<std::size_t> Tree::branch(std::size_t node) {
    const auto child = next_child(node);
    if (!child) return {};
    auto made = descend(*child);
    made.insert(made.begin(), *child);
    return made;
}

Expression Tree::whole(std::size_t node, const Expression& solution) const {
    return whole_of_value(node, with_features(solution, nodes_[node].part.features));
}

Expression Tree::whole_of_value(std::size_t node, Expression value) const {
    while (node != nodes_[node].parent) {
        const std::size_t parent = nodes_[node].parent;
        auto by = nodes_[parent].part.features;
        by.push_back(std::move(value));
        value = with_features(nodes_[node].step.wrap, by);
        node = parent;
    }
    return value;
}

std::vector<Reduction> Tree::reductions() const {
    const Vocabulary names = problem_.vocabulary();
    std::vector<Expression> targets;
    std::vector<Reduction> all;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        const Node& node = nodes_[i];
        const auto& above = nodes_[node.parent].part.features;
        Reduction r{.parent = node.parent, .kind = node.step.kind, .words = {}, .target = {}, .variables = {}, .error_before = node.error_before, .error_after = node.error, .solution = node.solution};
        if (i == 0) {
            targets.push_back(Expression::feature(static_cast<std::int32_t>(names.features.size())));
        } else {
            auto by = above;
            by.push_back(targets[node.parent]);
            targets.push_back(canonical(with_features(node.step.target, by)));
        }
        Vocabulary with_target = names;
        with_target.features.push_back(problem_.data.targets[0].name());
        r.target = print(tidied(targets.back()), with_target, {.digits = 6});
        for (const auto& feature : node.part.features) r.variables.push_back(print(tidied(canonical(feature)), names, {.digits = 6}));
        if (i > 0) r.words = with_names(node.step.words, all[node.parent].variables, r.variables);
        all.push_back(std::move(r));
    }
    return all;
}

}  // namespace balmer::divide
