#include "search/genetic/setting.hpp"

#include <algorithm>
#include <numeric>

#include "balmer/error.hpp"
#include "balmer/simplify.hpp"
#include "search/constraints.hpp"

namespace balmer::genetic {
namespace {

// Drawn as often as the others, so that powers do not crowd out the named functions.
constexpr std::int32_t exponents[] = {4, -2, 5, -3};

constexpr std::size_t fewest_rows_for_quick = 400;

bool has_no_operands(Op op) { return info(op).arity == 0; }

// The same value with operators that are not in the list written by those that are.
Expression written_with(const Expression& operand, const Node& node, bool inverse_known) {
    const auto product = [&](int count) {
        Expression result = operand;
        for (int k = 1; k < count; ++k)
            result = Expression::apply(Op::multiply, result, operand);
        return result;
    };
    const auto one_over = [&](const Expression& e) {
        return inverse_known ? Expression::apply(Op::inverse, e)
                             : Expression::apply(Op::divide, Expression::constant(1), e);
    };
    switch (node.op) {
        case Op::square: return product(2);
        case Op::cube: return product(3);
        case Op::negate: return Expression::apply(Op::multiply, Expression::constant(-1), operand);
        case Op::inverse: return one_over(operand);
        default: return node.index < 0 ? one_over(product(-node.index)) : product(node.index);
    }
}

}  // namespace

Setting::Setting(const Problem& problem, const GeneticOptions& options, const Library* library)
    : problem_(&problem), options_(options), library_(library), scorer_(problem), units_(problem) {
    if (problem.data.rows() == 0)
        throw Error("genetic search: the data has no rows");
    if (problem.data.features.empty())
        throw Error("genetic search: the data has no features; name at least one column");
    add_operators();
    if (choices_[0].empty())
        throw Error("genetic search: no operators to build formulas from; allow at least one, such as +");
    least_squares_ = separable();
    for (std::size_t g = 0; g < scorer_.rows().groups(); ++g)
        least_squares_ = least_squares_ && scorer_.rows().loss(g).is_least_squares();
    sees_all_rows_ = 2 * problem.data.rows() <= 3 * options.batch_rows;
    take_quick_rows();
    const int each = problem.constraints.maximum_complexity;
    maximum_complexity_ = outputs() == 1 || problem.form ? each : each * static_cast<int>(outputs());
}

void Setting::add_operators() {
    for (const Op op : problem_->operators) {
        known_[static_cast<std::size_t>(op)] = true;
        const int arity = info(op).arity;
        if (arity < 1 || arity > 3 || op == Op::call || op == Op::hole || op >= Op::sum)
            continue;
        auto& list = choices_[arity];
        if (op == Op::integer_power) {
            for (const auto exponent : exponents)
                if (std::abs(exponent) <= problem_->constraints.maximum_exponent)
                    list.push_back({op, 1, exponent});
        } else {
            list.push_back({op, static_cast<std::uint8_t>(arity), 0});
        }
    }
    for (std::size_t d = 0; d < problem_->definitions.size(); ++d) {
        const auto arity = problem_->definitions[d].arguments.size();
        if (arity >= 1 && arity <= 3)
            choices_[arity].push_back({Op::call, static_cast<std::uint8_t>(arity), static_cast<std::int32_t>(d)});
    }
    known_[static_cast<std::size_t>(Op::call)] = true;
    known_[static_cast<std::size_t>(Op::choose)] = !problem_->data.categories.empty();  // guesses bring them
    for (int arity = 1; arity <= 3; ++arity)
        choices_[0].insert(choices_[0].end(), choices_[arity].begin(), choices_[arity].end());
}

void Setting::take_quick_rows() {
    if (!least_squares_ || !sees_all_rows_ || outputs() != 1 || problem_->data.rows() < fewest_rows_for_quick)
        return;
    std::vector<std::size_t> chosen;
    for (std::size_t row = 0; row < problem_->data.rows(); row += 4)
        chosen.push_back(row);
    quick_data_ = problem_->data.take(chosen);
    // A quarter without weight, as rare signed weights may leave, cannot judge.
    double weight = quick_data_.weights ? 0 : 1;
    if (quick_data_.weights)
        for (const double w : quick_data_.weights->values())
            weight += w;
    if (weight > 0)
        quick_rows_ = std::make_unique<BoundRows>(quick_data_, problem_->loss, problem_->task);
}

std::vector<std::size_t> Setting::batch(std::uint64_t seed, std::uint64_t island, std::uint64_t number) const {
    const std::size_t rows = problem_->data.rows();
    const std::size_t size = std::min(options_.batch_rows, rows);
    const std::uint64_t per_pass = rows / size;
    std::vector<std::size_t> order(rows);
    std::iota(order.begin(), order.end(), std::size_t{0});
    RandomStream stream(seed, island, number / per_pass, 0xba7c4);
    const std::size_t first = static_cast<std::size_t>(number % per_pass) * size;
    for (std::size_t i = 0; i < first + size; ++i)
        std::swap(order[i], order[i + stream.below(rows - i)]);
    std::vector<std::size_t> result(order.begin() + static_cast<std::ptrdiff_t>(first),
                                    order.begin() + static_cast<std::ptrdiff_t>(first + size));
    std::ranges::sort(result);
    return result;
}

std::size_t Setting::niche_of(int complexity) const {
    const auto largest = static_cast<std::size_t>(std::max(1, maximum_complexity_));
    const auto c = std::min(static_cast<std::size_t>(std::max(0, complexity)), largest);
    return largest < niche_count ? c : c * (niche_count - 1) / largest;
}

Expression Setting::normal(const Expression& expression) const {
    const Expression shortest = canonical(expression);
    const auto is_known = [&](const Node& node) { return has_no_operands(node.op) || knows(node.op); };
    if (std::ranges::all_of(shortest.nodes, is_known))
        return shortest;
    std::vector<Expression> stack;
    for (std::size_t i = 0; i < shortest.size(); ++i) {
        const Node& node = shortest.nodes[i];
        const std::span<const Expression> operands(stack.data() + stack.size() - node.arity, node.arity);
        Expression made;
        if (node.op == Op::parameter) {
            made = Expression::constant(shortest.values[static_cast<std::size_t>(node.index)]);
        } else if (node.arity == 0) {
            made = shortest.subtree(i);
        } else if (!knows(node.op) && (node.op == Op::square || node.op == Op::cube || node.op == Op::negate ||
                                       node.op == Op::inverse || node.op == Op::integer_power)) {
            made = written_with(operands[0], node, knows(Op::inverse));
        } else {
            made = Expression::apply(node.op, operands, node.index);
        }
        stack.resize(stack.size() - node.arity);
        stack.push_back(std::move(made));
    }
    return std::all_of(stack.back().nodes.begin(), stack.back().nodes.end(), is_known) ? std::move(stack.back())
                                                                                       : expression;
}

bool Setting::allowed(const Expression& expression, std::size_t output) const {
    for (const auto& node : expression.nodes) {
        if (!has_no_operands(node.op) && !knows(node.op))
            return false;
        if (node.op == Op::feature && static_cast<std::size_t>(node.index) >= features(output))
            return false;
    }
    // Holes of a form take arguments, whose units nobody states.
    return shape_allowed(expression, problem_->constraints, problem_->complexity) && (problem_->form || units_.consistent(expression));
}

}  // namespace balmer::genetic
