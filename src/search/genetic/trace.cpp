#include "search/genetic/trace.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace balmer::genetic {
namespace {

constexpr std::size_t sample_rows = 128;

std::vector<std::size_t> chosen_rows(const Setting& setting) {
    if (setting.library())
        return {setting.library()->rows().begin(), setting.library()->rows().end()};
    const std::size_t rows = setting.problem().data.rows();
    const std::size_t count = std::min(rows, sample_rows);
    std::vector<std::size_t> result(count);
    for (std::size_t i = 0; i < count; ++i)
        result[i] = i * rows / count;
    return result;
}

}  // namespace

Sample::Sample(const Setting& setting) {
    const auto chosen = chosen_rows(setting);
    const auto& data = setting.problem().data;
    rows_ = chosen.size();
    const auto pick = [&](std::span<const double> values) {
        std::vector<double> result;
        for (const auto row : chosen)
            result.push_back(values[row]);
        return result;
    };
    for (const auto& feature : data.features)
        features_.push_back(pick(feature.values()));
    for (const auto& category : data.categories)
        features_.push_back(pick(category.codes.values()));
    for (const auto& feature : features_)
        pointers_.push_back(feature.data());
    columns_ = {.column = pointers_, .rows = rows_};
    const auto& name = setting.problem().loss.name;
    const bool aims =
        setting.least_squares() || name == "mae" || name == "huber" || name == "log-cosh" || name == "quantile";
    if (!aims || !setting.separable())
        return;
    for (std::size_t k = 0; k < setting.outputs(); ++k) {
        const auto& loss = setting.scorer().rows().loss(k);
        targets_.push_back(pick(loss.target()));
        weights_.push_back(loss.squared_weights().empty() ? std::vector<double>(rows_, 1.0)
                                                          : pick(loss.squared_weights()));
    }
}

Trace::Trace(const Expression& expression, std::span<const Definition> definitions, const Sample& sample)
    : rows_(sample.rows()), values_(expression.size() * sample.rows()) {
    Graph graph;
    graph.values() = expression.values;
    std::vector<std::uint32_t> stack;
    for (std::size_t i = 0; i < expression.size(); ++i) {
        const Node& node = expression.nodes[i];
        std::uint32_t made = 0;
        if (node.op == Op::call) {
            made = graph.add_expression(expression.subtree(i), definitions);
        } else {
            const std::span<const std::uint32_t> operands(stack.data() + stack.size() - node.arity, node.arity);
            made = graph.add(node.op, operands, node.index);
        }
        stack.resize(stack.size() - node.arity);
        stack.push_back(made);
        graph.add_root(made);
    }
    const Program program(graph);
    std::vector<double*> output;
    for (std::size_t i = 0; i < expression.size(); ++i)
        output.push_back(values_.data() + i * rows_);
    const std::vector<double> parameters(program.graph().values().begin(), program.graph().values().end());
    evaluate(program, parameters, sample.columns(), output);
}

std::size_t Wanted::usable() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < value.size(); ++i)
        count += weight[i] > 0;
    return count;
}

void Wanted::tame() {
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (!std::isfinite(value[i]) || !std::isfinite(weight[i]) || !(weight[i] > 0)) {
            value[i] = 0;
            weight[i] = 0;
        }
        sum += weight[i];
        count += weight[i] > 0;
    }
    if (count == 0 || !std::isfinite(sum)) {
        std::ranges::fill(weight, 0.0);
        return;
    }
    const double most = 20 * sum / static_cast<double>(count);
    for (auto& w : weight)
        w = std::min(w, most);
}

namespace {

// The operand that gives `f`, and df/d(operand) there. `now`: its present value, `other`: the other operand's.
struct Undone {
    double value, slope;
};

Undone undo_unary(const Node& node, double f, double now) {
    switch (node.op) {
        case Op::negate: return {-f, -1};
        case Op::square: {
            const double root = std::copysign(std::sqrt(f), now);
            return {root, 2 * root};
        }
        case Op::cube: {
            const double root = std::cbrt(f);
            return {root, 3 * root * root};
        }
        case Op::sqrt: return {f >= 0 ? f * f : NAN, 0.5 / f};
        case Op::cbrt: return {f * f * f, 1 / (3 * f * f)};
        case Op::inverse: return {1 / f, -f * f};
        case Op::abs: return {f >= 0 ? std::copysign(f, now) : NAN, 1};
        case Op::exp: return {std::log(f), f};
        case Op::expm1: return {std::log1p(f), f + 1};
        case Op::log: return {std::exp(f), std::exp(-f)};
        case Op::log1p: return {std::expm1(f), std::exp(-f)};
        case Op::log2: return {std::exp2(f), std::exp2(-f)};
        case Op::log10: return {std::pow(10, f), std::pow(10, -f)};
        case Op::sin: {
            // sin(x) = f at x0 + 2 pi n and pi - x0 + 2 pi n
            const double x0 = std::asin(f), turn = 2 * M_PI;
            const double a = x0 + turn * std::nearbyint((now - x0) / turn);
            const double b = M_PI - x0 + turn * std::nearbyint((now - M_PI + x0) / turn);
            const double x = std::fabs(a - now) <= std::fabs(b - now) ? a : b;
            return {x, std::cos(x)};
        }
        case Op::cos: {
            const double x0 = std::acos(f), turn = 2 * M_PI;
            const double a = x0 + turn * std::nearbyint((now - x0) / turn);
            const double b = -x0 + turn * std::nearbyint((now + x0) / turn);
            const double x = std::fabs(a - now) <= std::fabs(b - now) ? a : b;
            return {x, -std::sin(x)};
        }
        case Op::tan: {
            const double x0 = std::atan(f);
            return {x0 + M_PI * std::nearbyint((now - x0) / M_PI), 1 + f * f};
        }
        case Op::asin: return {std::fabs(f) <= M_PI / 2 ? std::sin(f) : NAN, 1 / std::cos(f)};
        case Op::acos: return {f >= 0 && f <= M_PI ? std::cos(f) : NAN, -1 / std::sin(f)};
        case Op::atan: return {std::fabs(f) < M_PI / 2 ? std::tan(f) : NAN, std::cos(f) * std::cos(f)};
        case Op::sinh: return {std::asinh(f), std::sqrt(1 + f * f)};
        case Op::cosh: return {std::copysign(std::acosh(f), now), std::copysign(std::sqrt(f * f - 1), now)};
        case Op::tanh: return {std::atanh(f), 1 - f * f};
        case Op::gauss: {
            const double x = std::copysign(std::sqrt(-std::log(f)), now);
            return {x, -2 * x * f};
        }
        case Op::logistic: return {std::log(f / (1 - f)), f * (1 - f)};
        case Op::integer_power: {
            const double x = std::pow(std::fabs(f), 1.0 / node.index);
            if (node.index % 2 == 0)
                return {f >= 0 ? std::copysign(x, now) : NAN, node.index * f / std::copysign(x, now)};
            return {std::copysign(x, f), node.index * f / std::copysign(x, f)};
        }
        default: return {NAN, 0};
    }
}

Undone undo_binary(Op op, std::size_t k, double f, double now, double other) {
    (void)now;
    switch (op) {
        case Op::add: return {f - other, 1};
        case Op::subtract: return k == 0 ? Undone{f + other, 1} : Undone{other - f, -1};
        case Op::multiply: return {f / other, other};
        case Op::divide: return k == 0 ? Undone{f * other, 1 / other} : Undone{other / f, -f * f / other};
        case Op::power: {
            if (k == 0) {
                const double x = std::pow(f, 1 / other);
                return {x, other * f / x};
            }
            return {std::log(f) / std::log(other), f * std::log(other)};
        }
        default: return {NAN, 0};
    }
}

}  // namespace

bool descend(const Node& node, std::size_t k, std::span<const std::span<const double>> operands, Wanted& wanted) {
    if (node.arity == 0 || node.arity > 2 || node.op == Op::call)
        return false;
    for (std::size_t i = 0; i < wanted.value.size(); ++i) {
        const Undone undone = node.arity == 1
                                  ? undo_unary(node, wanted.value[i], operands[0][i])
                                  : undo_binary(node.op, k, wanted.value[i], operands[k][i], operands[1 - k][i]);
        wanted.value[i] = undone.value;
        wanted.weight[i] *= undone.slope * undone.slope;
    }
    wanted.tame();
    return 2 * wanted.usable() >= wanted.value.size();
}

Wanted wanted_at(const Expression& core, std::size_t position, double scale, double offset, std::size_t output,
                 const Trace& trace, const Sample& sample) {
    Wanted wanted;
    const auto target = sample.target(output), weight = sample.weight(output);
    for (std::size_t i = 0; i < sample.rows(); ++i) {
        wanted.value.push_back((target[i] - offset) / scale);
        wanted.weight.push_back(weight[i] * scale * scale);
    }
    wanted.tame();
    for (std::size_t at = core.size() - 1; at != position;) {
        const auto positions = core.operands(at);
        std::vector<std::span<const double>> values;
        for (const auto p : positions)
            values.push_back(trace.node(p));
        std::size_t k = 0;
        while (position > positions[k])
            ++k;
        if (!descend(core.nodes[at], k, values, wanted)) {
            std::ranges::fill(wanted.weight, 0.0);
            return wanted;
        }
        at = positions[k];
    }
    return wanted;
}

}  // namespace balmer::genetic
