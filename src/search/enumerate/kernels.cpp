#include "search/enumerate/kernels.hpp"

#include <cassert>
#include <cmath>
#include <numbers>

namespace balmer::enumerate {
namespace {

template <class F>
void each(const double* a, double* out, std::size_t rows, F&& f) {
    for (std::size_t i = 0; i < rows; ++i) out[i] = f(a[i]);
}

template <class F>
void each(const double* a, const double* b, double* out, std::size_t rows, F&& f) {
    for (std::size_t i = 0; i < rows; ++i) out[i] = f(a[i], b[i]);
}

}  // namespace

void apply_rows(Op op, const double* a, const double* b, double* out, std::size_t rows) {
    switch (op) {
        case Op::add: return each(a, b, out, rows, [](double x, double y) { return x + y; });
        case Op::subtract: return each(a, b, out, rows, [](double x, double y) { return x - y; });
        case Op::multiply: return each(a, b, out, rows, [](double x, double y) { return x * y; });
        case Op::divide: return each(a, b, out, rows, [](double x, double y) { return x / y; });
        case Op::negate: return each(a, out, rows, [](double x) { return -x; });
        case Op::square: return each(a, out, rows, [](double x) { return x * x; });
        case Op::cube: return each(a, out, rows, [](double x) { return x * x * x; });
        case Op::inverse: return each(a, out, rows, [](double x) { return 1 / x; });
        case Op::sqrt: return each(a, out, rows, [](double x) { return std::sqrt(x); });
        case Op::exp: return each(a, out, rows, [](double x) { return std::exp(x); });
        case Op::log: return each(a, out, rows, [](double x) { return std::log(x); });
        case Op::sin: return each(a, out, rows, [](double x) { return std::sin(x); });
        case Op::cos: return each(a, out, rows, [](double x) { return std::cos(x); });
        default: break;
    }
    if (info(op).arity == 2) return each(a, b, out, rows, [op](double x, double y) { return apply(op, x, y); });
    each(a, out, rows, [op](double x) { return apply(op, x); });
}

bool all_finite(std::span<const double> values) {
    // A sum of x*0 is 0 when all are finite, and NaN else: no branch per value.
    double sum = 0;
    for (const double x : values) sum += x * 0.0;
    return sum == 0;
}

std::vector<double> evaluate_rows(const Expression& expression, std::span<const Definition> definitions,
                                  std::span<const double* const> column, std::size_t rows) {
    const Expression plain = inlined(expression, definitions);
    std::vector<std::vector<double>> stack;
    for (const auto& node : plain.nodes) {
        std::vector<double> out(rows);
        const auto index = static_cast<std::size_t>(node.index);
        const std::size_t base = stack.size() - node.arity;
        switch (node.op) {
            case Op::parameter: out.assign(rows, plain.values[index]); break;
            case Op::feature: out.assign(column[index], column[index] + rows); break;
            case Op::pi: out.assign(rows, std::numbers::pi); break;
            case Op::euler: out.assign(rows, std::numbers::e); break;
            case Op::integer_power:
                for (std::size_t i = 0; i < rows; ++i) out[i] = integer_power(stack[base][i], node.index);
                break;
            case Op::conditional:
                for (std::size_t i = 0; i < rows; ++i)
                    out[i] = apply(node.op, stack[base][i], stack[base + 1][i], stack[base + 2][i]);
                break;
            default:
                assert(node.arity == 1 || node.arity == 2);
                apply_rows(node.op, stack[base].data(), node.arity == 2 ? stack[base + 1].data() : nullptr, out.data(), rows);
        }
        stack.resize(base);
        stack.push_back(std::move(out));
    }
    return std::move(stack.back());
}

}  // namespace balmer::enumerate
