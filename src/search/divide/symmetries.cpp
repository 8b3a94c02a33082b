// Which symmetries the gradients of a surrogate show (structure.md, section 4). With F the fitted function of y, f_i = dF/dx_i and
// h = dF/dlog|y|: a scaling by a is sum a_i x_i f_i = b h, a shift sum a_i f_i = b h, a merge f_x g_y = f_y g_x, a factor f_x q = b q' h.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "balmer/derivative.hpp"
#include "search/divide/quotient.hpp"
#include "search/divide/steps.hpp"

namespace balmer::divide {
namespace {

using Rows = std::vector<double>;

constexpr std::size_t sampled_points = 240;  // at which gradients are looked at
constexpr std::size_t most_proposals = 24;
constexpr double least_influence = 1e-4;   // of a variable's squared gradient against the largest, to take part in a symmetry

double dot(std::span<const double> a, std::span<const double> b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

// A formula of one or two variables with its derivatives.
struct SlopedShape {
    Expression value;
    std::vector<Expression> slopes;
};

std::vector<SlopedShape> shapes_of(std::span<const char* const> texts, std::vector<std::string> names) {
    const std::size_t count = names.size();
    const Vocabulary vocabulary{.features = std::move(names), .parameters = {}, .definitions = {}, .holes = {}};
    std::vector<SlopedShape> shapes;
    for (const char* text : texts) {
        SlopedShape shape{.value = parse(text, vocabulary), .slopes = {}};
        for (std::size_t k = 0; k < count; ++k) shape.slopes.push_back(derivative(shape.value, {.index = static_cast<std::int32_t>(k)}));
        shapes.push_back(std::move(shape));
    }
    return shapes;
}

// What two variables may enter as, beside products, quotients, sums and differences.
const std::vector<SlopedShape>& pair_shapes() {
    static constexpr const char* texts[] = {
        "square(x) + square(y)", "square(x) - square(y)", "x*y/(x + y)", "x*y/(x - y)", "x + square(y)", "x - square(y)", "x + sqrt(y)", "x - sqrt(y)",
        "x*(1 + y)", "x*(1 - y)", "x/(1 + y)", "x/(1 - y)", "x*(1 + square(y))", "x*(1 - square(y))", "x/(1 + square(y))", "x/(1 - square(y))",
        "x - 1/y", "x + 1/y", "x*exp(y)", "x*exp(-y)", "x*sin(y)", "x*cos(y)", "x/sin(y)", "x/cos(y)", "x*tan(y)", "x*log(y)", "x + exp(y)", "x + sin(y)", "x + cos(y)",
        "x - exp(y)", "x - sin(y)", "x - cos(y)"};
    static const auto shapes = shapes_of(texts, {"x", "y"});
    return shapes;
}

// Factors of one variable, beside powers and exp(b x).
const std::vector<SlopedShape>& factor_shapes() {
    static constexpr const char* texts[] = {"sin(x)", "cos(x)", "1 + x", "1 - x", "1 + square(x)", "1 - square(x)", "log(x)", "exp(x) - 1", "exp(x) + 1",
                                            "sin(x/2)", "cos(x/2)", "sin(2*x)", "cos(2*x)", "1 + cos(x)", "1 - cos(x)", "1 + sin(x)", "1 - sin(x)", "exp(square(x))", "exp(1/x)"};
    static const auto shapes = shapes_of(texts, {"x"});
    return shapes;
}

class Gradients {
public:
    Gradients(const Part& part, const Surrogate& surrogate, const Quotient* quotient, const Means& means) : part_(part), means_(means), n_(part.variables()) {
        std::vector<std::size_t> rows;
        const std::size_t all = part.target.size(), count = std::min(sampled_points, all);
        for (std::size_t i = 0; i < count; ++i) rows.push_back(i * all / count);
        for (const auto& column : part.columns) {
            x_.emplace_back();
            for (const auto r : rows) x_.back().push_back(column[r]);
        }
        // Quotients of high degree have rougher gradients.
        const double roughness = quotient ? 500 : 50, least = quotient ? 1e-8 : 1e-10;
        const double error = quotient ? quotient->error() : surrogate.error_of(surrogate.scale());
        limit_ = std::clamp(std::pow(roughness * std::max(error, part.tolerance), 2), least, 0.02);
        if (quotient) {
            take_logarithmic(*quotient, rows);
            return;
        }
        const Scale scale = surrogate.scale();
        auto derivatives = surrogate.derivatives(scale, rows, Surrogate::Order::first);
        gradient_ = std::move(derivatives.gradient);
        for (const auto r : rows) {
            const double y = part.target[r];
            answer_.push_back(scaled_slope(scale, y) * y);
            one_.push_back(scaled_slope(scale, y));
            value_.push_back(scaled_value(scale, y));
        }
    }

    std::vector<Step> proposals() {
        seek_irrelevant();
        std::vector<Rows> scaled = gradient_;
        for (std::size_t i = 0; i < n_; ++i)
            for (std::size_t k = 0; k < scaled[i].size(); ++k) scaled[i][k] *= x_[i][k];
        seek_groups(gradient_, 2, &shift_step);
        seek_groups(scaled, 4, &scaling_step);
        seek_joined(gradient_, Joined::sum);
        seek_joined(scaled, Joined::product);
        seek_merges();
        seek_factors();
        // Nothing below the limit's rounding tells one symmetry from another: there the simpler ones, found first, stay first.
        std::ranges::stable_sort(steps_, {}, [](const Step& s) { return std::log10(std::max(s.score, 1e-13)) + 0.02 * static_cast<double>(s.wrap.size()); });
        if (steps_.size() > most_proposals) steps_.resize(most_proposals);
        return std::move(steps_);
    }

private:
    // F = log|y|. Beside poles and zeros its gradient is huge: each row counts by its own size, which no symmetry minds.
    void take_logarithmic(const Quotient& quotient, std::span<const std::size_t> rows) {
        gradient_ = quotient.logarithmic_gradient(part_.columns, rows);
        for (std::size_t k = 0; k < rows.size(); ++k) {
            double square = 1;
            for (std::size_t i = 0; i < n_; ++i) square += std::pow(gradient_[i][k] * x_[i][k], 2);
            const double weight = 1 / std::sqrt(square), y = part_.target[rows[k]];
            for (auto& g : gradient_) g[k] *= weight;
            answer_.push_back(weight);
            one_.push_back(weight / y);
            value_.push_back(std::log(std::fabs(y)));
        }
    }

    void add(std::optional<Step> step, double score) {
        if (!step || !(score < limit_)) return;
        step->score = score;
        const auto allowed = [&](const Expression& e) { return operators_allow(means_.operators, e); };
        if (!std::ranges::all_of(step->features, allowed) || !allowed(step->target) || !allowed(step->wrap)) return;
        steps_.push_back(std::move(*step));
    }

    void seek_irrelevant() {
        const double mean = std::accumulate(value_.begin(), value_.end(), 0.0) / static_cast<double>(value_.size());
        double spread = 0;
        for (const double v : value_) spread += (v - mean) * (v - mean);
        for (std::size_t i = 0; i < n_ && n_ > 1; ++i) {
            const auto [low, high] = std::ranges::minmax(x_[i]);
            add(irrelevant_step(n_, i), dot(gradient_[i], gradient_[i]) * std::pow(0.3 * (high - low), 2) / spread);
        }
    }

    using MakeStep = std::optional<Step> (*)(std::span<const int>, Rational, Answer);
    // sum a_i field_i = b h for small whole a, every a by its quadratic form.
    void seek_groups(const std::vector<Rows>& field, std::size_t widest, MakeStep make) {
        std::vector<double> product(n_ * n_);
        for (std::size_t i = 0; i < n_; ++i)
            for (std::size_t j = 0; j < n_; ++j) product[i * n_ + j] = dot(field[i], field[j]);
        double largest = 0;
        for (std::size_t i = 0; i < n_; ++i) largest = std::max(largest, product[i * n_ + i]);
        std::vector<std::size_t> active;
        for (std::size_t i = 0; i < n_; ++i)
            if (product[i * n_ + i] > least_influence * largest) active.push_back(i);
        for (const auto answer : {Answer::multiplied, Answer::shifted}) {
            const Rows& h = answer == Answer::multiplied ? answer_ : one_;
            const double hh = dot(h, h);
            std::vector<double> along(n_);
            for (std::size_t i = 0; i < n_; ++i) along[i] = dot(field[i], h);
            std::vector<int> a(n_, 0);
            const auto judge = [&] {
                double square = 0, size = 0, b = 0;
                for (std::size_t i = 0; i < n_; ++i) {
                    if (a[i] == 0) continue;
                    for (std::size_t j = 0; j < n_; ++j) square += a[i] * a[j] * product[i * n_ + j];
                    size += a[i] * a[i] * product[i * n_ + i];
                    b += a[i] * along[i];
                }
                b /= hh;
                const double score = std::max(0.0, square - b * b * hh) / size;
                if (!(score < limit_)) return;
                const auto power = nearest_rational(b, std::clamp(10 * std::sqrt(score), 1e-4, 0.04));
                if (!power || (answer == Answer::shifted && power->numerator == 0)) return;
                if (n_ == 1 && power->numerator == 0) return;
                add(make(a, *power, answer), score);
            };
            extend(active, 0, a, 0, widest, judge);
        }
    }

    // Every vector with components -2..2 on at most `widest` of the variables, the first component positive, no common factor.
    template <class Judge>
    void extend(const std::vector<std::size_t>& active, std::size_t from, std::vector<int>& a, std::size_t support, std::size_t widest, Judge&& judge) {
        for (std::size_t k = from; k < active.size(); ++k)
            for (const int c : {1, -1, 2, -2}) {
                if (support == 0 && c != 1 && c != 2) continue;
                if (support >= 2 && std::abs(c) == 2 && widest > 2 && active.size() > 8) continue;
                a[active[k]] = c;
                const bool primitive = std::ranges::any_of(a, [](int v) { return std::abs(v) == 1; });
                if (primitive) judge();
                if (support + 1 < widest) extend(active, k + 1, a, support + 1, widest, judge);
                a[active[k]] = 0;
            }
    }

    // field_i = a field_j for a number a that is nothing short: x_j + a x_i, or x_j x_i^a.
    void seek_joined(const std::vector<Rows>& field, Joined joined) {
        constexpr double least = 0.02, most = 50;
        for (std::size_t i = 0; i < n_; ++i)
            for (std::size_t j = i + 1; j < n_; ++j) {
                const double ii = dot(field[i], field[i]), ij = dot(field[i], field[j]), jj = dot(field[j], field[j]);
                const double a = ij / jj, score = std::max(0.0, ii - a * ij) / (ii + a * a * jj);
                if (!(score < limit_) || !(std::fabs(a) > least && std::fabs(a) < most)) continue;
                const double tolerance = std::max(std::sqrt(score), 1e-9);
                if (nearest_rational(a, 10 * tolerance) || nearest_rational(1 / a, 10 * tolerance)) continue;
                add(joined_step(n_, i, j, a, joined, tolerance), score);
            }
    }

    void seek_merges() {
        for (std::size_t i = 0; i < n_; ++i)
            for (std::size_t j = 0; j < n_; ++j) {
                if (i == j) continue;
                const std::vector<Rows> xy = {x_[i], x_[j]};
                for (const auto& shape : pair_shapes()) {
                    const bool symmetric = shape.value.nodes.back().op == Op::add && shape.slopes[0].size() == shape.slopes[1].size();
                    if (symmetric && i > j) continue;
                    const Rows gx = values_of(shape.slopes[0], xy), gy = values_of(shape.slopes[1], xy);
                    double broken = 0, size = 0;
                    for (std::size_t k = 0; k < gx.size(); ++k) {
                        const double a = gradient_[i][k] * gy[k], b = gradient_[j][k] * gx[k];
                        broken += (a - b) * (a - b);
                        size += a * a + b * b;
                    }
                    if (size > 0 && broken < limit_ * size) add(merge_step(n_, i, j, shape.value), broken / size);
                }
            }
    }

    void seek_factors() {
        for (std::size_t i = 0; i < n_ && n_ > 1; ++i)
            for (const auto& shape : factor_shapes()) {
                const Rows q = values_of(shape.value, std::span(&x_[i], 1)), slope = values_of(shape.slopes[0], std::span(&x_[i], 1));
                double ss = 0, sg = 0, gg = 0;
                for (std::size_t k = 0; k < q.size(); ++k) {
                    const double s = slope[k] * answer_[k], g = q[k] * gradient_[i][k];
                    ss += s * s;
                    sg += s * g;
                    gg += g * g;
                }
                const double b = sg / ss, score = std::max(0.0, gg - b * sg) / gg;
                if (!(score < limit_)) continue;
                const auto power = nearest_rational(b, std::clamp(10 * std::sqrt(score), 1e-4, 0.04));
                if (power && power->numerator != 0) add(factor_step(n_, std::span(&i, 1), shape.value, *power), score);
            }
    }

    const Part& part_;
    const Means& means_;
    std::size_t n_;
    std::vector<Rows> gradient_, x_;
    Rows answer_, one_, value_;  // dF/dlog|y|, dF/dy, F at the points
    double limit_ = 0;
    std::vector<Step> steps_;
};

}  // namespace

std::vector<Step> propose_steps(const Part& part, const Surrogate& surrogate, const Means& means) {
    constexpr double useless = 0.1, useless_of_quotient = 0.03;  // errors above which gradients say nothing
    std::vector<Step> by_polynomial, by_quotient, all;
    if (surrogate.error_of(surrogate.scale()) < useless) by_polynomial = Gradients(part, surrogate, nullptr, means).proposals();
    if (const auto* quotient = surrogate.quotient(); quotient && quotient->error() < useless_of_quotient)
        by_quotient = Gradients(part, surrogate, quotient, means).proposals();
    for (std::size_t k = 0; k < std::max(by_polynomial.size(), by_quotient.size()); ++k) {
        if (k < by_quotient.size()) all.push_back(std::move(by_quotient[k]));
        if (k < by_polynomial.size()) all.push_back(std::move(by_polynomial[k]));
    }
    return all;
}

}  // namespace balmer::divide
