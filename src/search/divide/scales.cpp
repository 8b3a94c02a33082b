// What a surrogate's variables and target are seen through.
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "search/divide/formula.hpp"
#include "search/divide/surrogate.hpp"
#include "search/median.hpp"

namespace balmer::divide {
namespace {


}  // namespace

bool can_be_logarithm(std::span<const double> x) {
    double smallest = INFINITY, largest = 0;
    bool positive = true, negative = true;
    for (const double v : x) {
        positive = positive && v > 0;
        negative = negative && v < 0;
        smallest = std::min(smallest, std::fabs(v));
        largest = std::max(largest, std::fabs(v));
    }
    return (positive || negative) && largest > 1.5 * smallest;
}

bool needs_sign(Scale scale) { return scale != Scale::plain && scale != Scale::inverse; }

double scaled_value(Scale scale, double y) {
    switch (scale) {
        case Scale::plain: return y;
        case Scale::logarithm: return std::log(std::fabs(y));
        case Scale::inverse: return 1 / y;
        case Scale::square: return y * y;
        case Scale::root: return std::sqrt(std::fabs(y));
        case Scale::inverse_root: return 1 / std::sqrt(std::fabs(y));
    }
    return y;
}

double scaled_slope(Scale scale, double y) {
    switch (scale) {
        case Scale::plain: return 1;
        case Scale::logarithm: return 1 / y;
        case Scale::inverse: return -1 / (y * y);
        case Scale::square: return 2 * y;
        case Scale::root: return std::sqrt(std::fabs(y)) / (2 * y);
        case Scale::inverse_root: return -1 / (2 * y * std::sqrt(std::fabs(y)));
    }
    return 1;
}

double unscaled_value(Scale scale, double f, double sign) {
    switch (scale) {
        case Scale::plain: return f;
        case Scale::logarithm: return sign * std::exp(f);
        case Scale::inverse: return 1 / f;
        case Scale::square: return sign * std::sqrt(f);
        case Scale::root: return sign * f * f;
        case Scale::inverse_root: return sign / (f * f);
    }
    return f;
}

namespace {

Expression with_sign(double sign, const Expression& e) { return sign < 0 ? Expression::apply(Op::negate, e) : e; }

}  // namespace

Expression scaled(Scale scale, const Expression& y, double sign) {
    switch (scale) {
        case Scale::plain:
        case Scale::logarithm: return y;
        case Scale::inverse: return Expression::apply(Op::inverse, y);
        case Scale::square: return Expression::apply(Op::square, y);
        case Scale::root: return Expression::apply(Op::sqrt, with_sign(sign, y));
        case Scale::inverse_root: return Expression::apply(Op::inverse, Expression::apply(Op::sqrt, with_sign(sign, y)));
    }
    return y;
}

Expression unscaled(Scale scale, const Expression& f, double sign) {
    switch (scale) {
        case Scale::plain:
        case Scale::logarithm: return f;
        case Scale::inverse: return Expression::apply(Op::inverse, f);
        case Scale::square: return with_sign(sign, Expression::apply(Op::sqrt, f));
        case Scale::root: return with_sign(sign, Expression::apply(Op::square, f));
        case Scale::inverse_root: return with_sign(sign, Expression::apply(Op::inverse, Expression::apply(Op::square, f)));
    }
    return f;
}

Expression unscaled_slope(Scale scale, const Expression& f, double sign) {
    const auto power = [&](double c, int n) { return product(Expression::constant(c), monomial(std::vector<Factor>{{f, {n, 1}}})); };
    switch (scale) {
        case Scale::plain:
        case Scale::logarithm: return Expression::constant(1);
        case Scale::inverse: return power(-1, -2);
        case Scale::square: return quotient(Expression::constant(0.5 * sign), Expression::apply(Op::sqrt, f));
        case Scale::root: return power(2 * sign, 1);
        case Scale::inverse_root: return power(-2 * sign, -3);
    }
    return Expression::constant(1);
}

double Input::unit(double x) const { return ((kind == Kind::logarithm ? std::log(std::fabs(x)) : x) - centre) / half; }
double Input::slope(double x) const { return (kind == Kind::logarithm ? 1 / x : 1) / half; }

std::vector<Input> inputs_of(std::span<const std::vector<double>> columns, Input::Kind kind) {
    std::vector<Input> inputs;
    for (const auto& x : columns) {
        Input input{.kind = kind == Input::Kind::logarithm && can_be_logarithm(x) ? Input::Kind::logarithm : Input::Kind::plain};
        double low = INFINITY, high = -INFINITY;
        for (const double v : x) {
            const double u = input.kind == Input::Kind::logarithm ? std::log(std::fabs(v)) : v;
            low = std::min(low, u);
            high = std::max(high, u);
        }
        input.centre = low + 0.5 * (high - low);
        input.half = high > low ? 0.5 * (high - low) : 1;
        inputs.push_back(input);
    }
    return inputs;
}

double mean_of_most(std::vector<double>& values) {
    const auto kept = static_cast<std::ptrdiff_t>(values.size() - values.size() / 10);
    std::ranges::nth_element(values, values.begin() + kept - 1);
    return std::accumulate(values.begin(), values.begin() + kept, 0.0) / static_cast<double>(kept);
}

Eigen::VectorXd robust_solution(const Eigen::MatrixXd& matrix, const Eigen::VectorXd& z) {
    constexpr int passes = 8;
    Eigen::VectorXd weight = Eigen::VectorXd::Ones(z.size()), c;
    for (int pass = 0; pass < passes; ++pass) {
        c = (weight.asDiagonal() * matrix).colPivHouseholderQr().solve(weight.cwiseProduct(z));
        const Eigen::VectorXd left = (z - matrix * c).cwiseAbs();
        const double middle = std::max(median({left.data(), left.data() + left.size()}), 1e-9);
        weight = (1 + (left.array() / (2 * middle)).square()).rsqrt();
    }
    return c;
}

}  // namespace balmer::divide
