#include <algorithm>
#include <cmath>
#include <limits>

#include "balmer/error.hpp"
#include "balmer/evaluate.hpp"
#include "expression/evaluate/partial.hpp"
#include "expression/evaluate/row.hpp"

namespace balmer {

struct Program::Tape {
    Graph graph;
    std::size_t features = 0;
};

namespace {

constexpr std::size_t tile = 256;
constexpr double infinity = std::numeric_limits<double>::infinity();

void run_row(const Graph& graph, std::span<const double> parameters, std::span<const double> features, std::vector<double>& value) {
    const auto nodes = graph.nodes();
    value.resize(nodes.size());
    for (std::uint32_t i = 0; i < nodes.size(); ++i) {
        const auto operands = graph.operands(i);
        value[i] = node_value(nodes[i], parameters, features, [&](std::uint32_t k) { return value[operands[k]]; });
    }
}

// d root / d parameter for one row whose node values are known.
void gradient_row(const Graph& graph, std::uint32_t root, std::span<const double> parameters, const std::vector<double>& value,
                  std::vector<double>& adjoint, std::span<double> gradient) {
    const auto nodes = graph.nodes();
    adjoint.assign(nodes.size(), 0);
    adjoint[root] = 1;
    std::ranges::fill(gradient, 0.0);
    for (std::uint32_t i = root + 1; i-- > 0;) {
        const double seed = adjoint[i];
        if (seed == 0) continue;
        const auto& node = nodes[i];
        const auto operands = graph.operands(i);
        const auto index = static_cast<std::size_t>(node.index);
        if (node.op == Op::parameter) {
            gradient[index] += seed;
        } else if (node.op == Op::linear) {
            for (std::size_t k = 0; k < operands.size(); ++k) {
                adjoint[operands[k]] += seed * parameters[index + k];
                gradient[index + k] += seed * value[operands[k]];
            }
            gradient[index + operands.size()] += seed;
        } else if (node.op == Op::sum) {
            for (const auto operand : operands) adjoint[operand] += seed;
        } else if (node.op == Op::product) {
            for (std::size_t k = 0; k < operands.size(); ++k) {
                double others = seed;
                for (std::size_t l = 0; l < operands.size(); ++l)
                    if (l != k) others *= value[operands[l]];
                adjoint[operands[k]] += others;
            }
        } else {
            const double a = operands.size() > 0 ? value[operands[0]] : 0;
            const double b = operands.size() > 1 ? value[operands[1]] : 0;
            const double c = operands.size() > 2 ? value[operands[2]] : 0;
            for (std::size_t k = 0; k < operands.size(); ++k)
                adjoint[operands[k]] += seed * partial(node.op, static_cast<int>(k), a, b, c, value[i], node.index);
        }
    }
}

template <class Real>
std::vector<double> row_of(const Columns<Real>& columns, std::size_t row, std::size_t features) {
    std::vector<double> result(features);
    for (std::size_t k = 0; k < features; ++k) result[k] = static_cast<double>(columns.column[k][columns.offset + row]);
    return result;
}

template <class Real, class Use>
void for_each_row(const Program& program, std::span<const double> parameters, const Columns<Real>& columns, Use use) {
    const auto& tape = program.tape();
    std::vector<double> value;
    for (std::size_t row = 0; row < columns.rows; ++row) {
        run_row(tape.graph, parameters, row_of(columns, row, tape.features), value);
        if (!use(row, value)) return;
    }
}

template <class Real>
void evaluate_all(const Program& program, std::span<const double> parameters, const Columns<Real>& columns, std::span<Real* const> output) {
    for_each_row(program, parameters, columns, [&](std::size_t row, const std::vector<double>& value) {
        for (std::size_t k = 0; k < output.size(); ++k)
            output[k][row] = static_cast<Real>(value[program.tape().graph.roots()[k]]);
        return true;
    });
}

template <class Real>
SquaredError squared_error_all(const Program& program, std::span<const double> parameters, const Columns<Real>& columns,
                               std::span<const Real> target, std::span<const Real> weights, double bar) {
    SquaredError result;
    for_each_row(program, parameters, columns, [&](std::size_t row, const std::vector<double>& value) {
        const double f = value[program.tape().graph.roots()[0]];
        const double r = f - static_cast<double>(target[row]);
        result.sum += (weights.empty() ? 1.0 : static_cast<double>(weights[row])) * r * r;
        ++result.rows;
        if (!std::isfinite(f) || !std::isfinite(result.sum) || result.sum > bar) result.sum = infinity;
        return result.sum != infinity;
    });
    return result;
}

template <class Real>
Moments moments_all(const Program& program, std::span<const double> parameters, const Columns<Real>& columns, std::span<const Real> target,
                    std::span<const Real> weights) {
    Moments m;
    m.finite = true;
    for_each_row(program, parameters, columns, [&](std::size_t row, const std::vector<double>& value) {
        const double f = value[program.tape().graph.roots()[0]];
        const double y = static_cast<double>(target[row]);
        const double w = weights.empty() ? 1.0 : static_cast<double>(weights[row]);
        m.finite = m.finite && std::isfinite(f);
        m.weight += w;
        if (!m.finite || m.weight == 0) return m.finite;
        const double df = f - m.mean_f, dy = y - m.mean_y;
        m.mean_f += w / m.weight * df;
        m.mean_y += w / m.weight * dy;
        m.ff += w * df * (f - m.mean_f);
        m.fy += w * df * (y - m.mean_y);
        m.yy += w * dy * (y - m.mean_y);
        return true;
    });
    return m;
}

class SquaredLoss : public RowLoss {
public:
    SquaredLoss(std::span<const double> target, std::span<const double> weights) : target_(target), weights_(weights) {}
    double tile(std::size_t row, std::size_t count, std::span<const double* const> prediction, std::span<double* const> first,
                std::span<double* const> second) const override {
        double total = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const double w = weights_.empty() ? 1 : weights_[row + i];
            const double r = prediction[0][i] - target_[row + i];
            total += w * r * r;
            if (!first.empty()) {
                first[0][i] = 2 * w * r;
                second[0][i] = 2 * w;
            }
        }
        return total;
    }

private:
    std::span<const double> target_, weights_;
};

}  // namespace

InstructionSet best_instruction_set() { return InstructionSet::baseline; }
std::string_view name(InstructionSet set) {
    return set == InstructionSet::automatic ? "automatic" : set == InstructionSet::baseline ? "baseline" : "avx2+fma";
}

Program::Program(const Graph& graph) : tape_(std::make_unique<Tape>()) {
    tape_->graph = graph;
    for (const auto& node : graph.nodes()) {
        if (node.op == Op::hole) throw Error("a formula with an unknown function cannot be evaluated");
        if (node.op == Op::feature) tape_->features = std::max(tape_->features, static_cast<std::size_t>(node.index) + 1);
    }
}
Program::Program(const Expression& expression, std::span<const Definition> definitions) : Program(to_graph(expression, definitions)) {}
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;
Program::~Program() = default;
const Graph& Program::graph() const { return tape_->graph; }
std::size_t Program::outputs() const { return tape_->graph.roots().size(); }
std::size_t Program::parameters() const { return tape_->graph.values().size(); }
std::size_t Program::features() const { return tape_->features; }
std::size_t Program::nodes() const { return tape_->graph.nodes().size(); }

void evaluate(const Program& program, std::span<const double> parameters, const Columns<double>& columns, std::span<double* const> output,
              InstructionSet) {
    evaluate_all(program, parameters, columns, output);
}
void evaluate(const Program& program, std::span<const double> parameters, const Columns<float>& columns, std::span<float* const> output,
              InstructionSet) {
    evaluate_all(program, parameters, columns, output);
}
SquaredError squared_error(const Program& program, std::span<const double> parameters, const Columns<float>& columns,
                           std::span<const float> target, std::span<const float> weights, double bar) {
    return squared_error_all(program, parameters, columns, target, weights, bar);
}
SquaredError squared_error(const Program& program, std::span<const double> parameters, const Columns<double>& columns,
                           std::span<const double> target, std::span<const double> weights, double bar) {
    return squared_error_all(program, parameters, columns, target, weights, bar);
}
Moments moments(const Program& program, std::span<const double> parameters, const Columns<float>& columns, std::span<const float> target,
                std::span<const float> weights) {
    return moments_all(program, parameters, columns, target, weights);
}
Moments moments(const Program& program, std::span<const double> parameters, const Columns<double>& columns, std::span<const double> target,
                std::span<const double> weights) {
    return moments_all(program, parameters, columns, target, weights);
}

Curvature loss_curvature(const Program& program, std::span<const double> parameters, const Columns<double>& columns, const RowLoss& loss) {
    const auto& graph = program.tape().graph;
    const std::size_t p = program.parameters(), outputs = program.outputs();
    Curvature result{.value = 0, .finite = true, .gradient = std::vector<double>(p), .hessian = std::vector<double>(p * p)};
    std::vector<double> f(outputs), first(outputs), second(outputs * outputs), adjoint, jacobian(outputs * p);
    std::vector<const double*> f_pointer(outputs);
    std::vector<double*> first_pointer(outputs), second_pointer(outputs * outputs);
    for (std::size_t k = 0; k < outputs; ++k) f_pointer[k] = &f[k], first_pointer[k] = &first[k];
    for (std::size_t k = 0; k < second.size(); ++k) second_pointer[k] = &second[k];
    for_each_row(program, parameters, columns, [&](std::size_t row, const std::vector<double>& value) {
        for (std::size_t k = 0; k < outputs; ++k) {
            f[k] = value[graph.roots()[k]];
            result.finite = result.finite && std::isfinite(f[k]);
            gradient_row(graph, graph.roots()[k], parameters, value, adjoint, std::span(jacobian).subspan(k * p, p));
        }
        result.value += loss.tile(row, 1, f_pointer, first_pointer, second_pointer);
        for (std::size_t k = 0; k < outputs; ++k)
            for (std::size_t i = 0; i < p; ++i) {
                result.gradient[i] += first[k] * jacobian[k * p + i];
                for (std::size_t l = 0; l < outputs; ++l)
                    for (std::size_t j = 0; j < p; ++j)
                        result.hessian[i * p + j] += jacobian[k * p + i] * second[k * outputs + l] * jacobian[l * p + j];
            }
        return result.finite;
    });
    for (const double v : result.hessian) result.finite = result.finite && std::isfinite(v);
    for (const double v : result.gradient) result.finite = result.finite && std::isfinite(v);
    result.finite = result.finite && std::isfinite(result.value);
    return result;
}

double loss_value(const Program& program, std::span<const double> parameters, const Columns<double>& columns, const RowLoss& loss, double bar) {
    const auto roots = program.tape().graph.roots();
    std::vector<std::vector<double>> f(roots.size(), std::vector<double>(tile));
    std::vector<const double*> pointer;
    for (const auto& column : f) pointer.push_back(column.data());
    double total = 0;
    std::size_t filled = 0;
    for_each_row(program, parameters, columns, [&](std::size_t row, const std::vector<double>& value) {
        for (std::size_t k = 0; k < roots.size(); ++k) {
            f[k][filled] = value[roots[k]];
            if (!std::isfinite(f[k][filled])) total = infinity;
        }
        ++filled;
        if (total != infinity && (filled == tile || row + 1 == columns.rows)) {
            total += loss.tile(row + 1 - filled, filled, pointer, {}, {});
            filled = 0;
        }
        if (!(total <= bar) || !std::isfinite(total)) total = infinity;
        return total != infinity;
    });
    return total;
}

Curvature squared_error_curvature(const Program& program, std::span<const double> parameters, const Columns<double>& columns,
                                  std::span<const double> target, std::span<const double> weights) {
    return loss_curvature(program, parameters, columns, SquaredLoss(target, weights));
}

void jacobian(const Program& program, std::span<const double> parameters, const Columns<double>& columns, std::span<double* const> jacobian) {
    const auto& graph = program.tape().graph;
    std::vector<double> adjoint, gradient(program.parameters());
    for_each_row(program, parameters, columns, [&](std::size_t row, const std::vector<double>& value) {
        gradient_row(graph, graph.roots()[0], parameters, value, adjoint, gradient);
        for (std::size_t k = 0; k < gradient.size(); ++k) jacobian[k][row] = gradient[k];
        return true;
    });
}

}  // namespace balmer
