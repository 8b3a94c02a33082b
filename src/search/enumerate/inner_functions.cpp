#include "search/enumerate/inner_functions.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace balmer::enumerate {
namespace {

using F = InnerFunction;

// first, first*ratio, ... up to last, each with both signs when `both`.
void add_powers(std::vector<double>& grid, double first, double last, double ratio, double scale, std::span<const double> signs) {
    for (double x = first; x <= last * 1.0001; x *= ratio)
        for (const double sign : signs) grid.push_back(sign * x * scale);
}

}  // namespace

bool stands_in_sums(F f) {
    return f < F::shifted;
}

bool stands_in_products(F f) {
    return f >= F::tanh;
}

bool can_be_written(F f, const Spelling& spelling) {
    switch (f) {
        case F::wave: return spelling.has(Op::sin) || spelling.has(Op::cos);
        case F::exponential: case F::exponential_less_one: case F::exponential_plus_one: case F::sinh: case F::cosh: return spelling.has(Op::exp);
        case F::tanh: return spelling.has(Op::tanh);
        case F::logarithm: return spelling.has(Op::log);
        case F::below: return spelling.has(Op::inverse);
        case F::root: return spelling.has(Op::sqrt);
        case F::shifted: return spelling.has(Op::add);
    }
    return false;
}

std::vector<double> grid_of(F f, double low, double high) {
    const double range = high - low, size = std::max(std::fabs(low), std::fabs(high));
    std::vector<double> grid;
    if (!(range > 1e-9 * size) || !std::isfinite(range)) return grid;
    constexpr double plus[] = {1}, both[] = {1, -1};
    switch (f) {
        case F::wave: {
            // In quarter periods over the range: up to ten periods. Faster waves are the periodogram's business.
            constexpr int most = 80;
            for (int k = 1; k <= most; ++k) grid.push_back(0.25 * std::numbers::pi * k / range);
            break;
        }
        case F::exponential: add_powers(grid, 0.3, 30, 1.3, 1 / range, both); break;
        case F::exponential_less_one: case F::exponential_plus_one: add_powers(grid, 0.1, 30, 1.3, 1 / size, both); break;
        case F::tanh: case F::sinh: case F::cosh: add_powers(grid, 0.2, 30, 1.3, 1 / size, plus); break;
        case F::logarithm: case F::below: case F::root: case F::shifted: {
            // u + c positive throughout, from next to zero to far away; then negative throughout, where the function allows.
            std::vector<double> distance;
            add_powers(distance, 0.01, 20, 1.5, range, plus);
            for (const double d : distance) grid.push_back(d - low);
            if (f == F::below || f == F::shifted)
                for (const double d : distance) grid.push_back(-d - high);
            break;
        }
    }
    return grid;
}

void inner_values(F f, double c, std::span<const double> u, double* out) {
    const std::size_t n = u.size();
    for (std::size_t i = 0; i < n; ++i) {
        const double x = u[i];
        switch (f) {
            case F::wave:
                out[i] = std::cos(c * x);
                out[n + i] = std::sin(c * x);
                break;
            case F::exponential: out[i] = std::exp(c * x); break;
            case F::exponential_less_one: out[i] = std::expm1(c * x); break;
            case F::exponential_plus_one: out[i] = std::exp(c * x) + 1; break;
            case F::tanh: out[i] = std::tanh(c * x); break;
            case F::sinh: out[i] = std::sinh(c * x); break;
            case F::cosh: out[i] = std::cosh(c * x); break;
            case F::logarithm: out[i] = std::log(x + c); break;
            case F::below: out[i] = 1 / (x + c); break;
            case F::root: out[i] = std::sqrt(x + c); break;
            case F::shifted: out[i] = x + c; break;
        }
    }
}

Expression inner_formula(F f, double c, double phase, const Expression& u, const Spelling& spelling) {
    const Expression scaled_u = scaled(c, u), shifted_u = sum_of(u, Expression::constant(c));
    switch (f) {
        case F::wave: {
            const bool sine = spelling.has(Op::sin);
            const double angle = sine ? phase : phase - std::numbers::pi / 2;
            return Expression::apply(sine ? Op::sin : Op::cos, sum_of(scaled_u, Expression::constant(angle)));
        }
        case F::exponential: return Expression::apply(Op::exp, scaled_u);
        case F::exponential_less_one: return sum_of(Expression::apply(Op::exp, scaled_u), Expression::constant(-1));
        case F::exponential_plus_one: return sum_of(Expression::apply(Op::exp, scaled_u), Expression::constant(1));
        case F::tanh: return Expression::apply(Op::tanh, scaled_u);
        case F::sinh: case F::cosh: {
            const Op op = f == F::sinh ? Op::sinh : Op::cosh;
            if (spelling.has(op)) return Expression::apply(op, scaled_u);
            const Expression rising = Expression::apply(Op::exp, scaled_u), falling = Expression::apply(Op::exp, scaled(-c, u));
            return Expression::apply(f == F::sinh ? Op::subtract : Op::add, rising, falling);
        }
        case F::logarithm: return Expression::apply(Op::log, shifted_u);
        case F::below: return Expression::apply(Op::inverse, shifted_u);
        case F::root: return Expression::apply(Op::sqrt, shifted_u);
        case F::shifted: return shifted_u;
    }
    return u;
}

}  // namespace balmer::enumerate
