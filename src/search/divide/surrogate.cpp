#include "search/divide/surrogate.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace balmer::divide {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr int highest_degree = 20;  // in one variable
constexpr double flat = 1e-11;      // of a column outside the span of those before it, where it counts as inside

using Term = std::vector<std::uint8_t>;

std::uint32_t support_of(const Term& term) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < term.size(); ++j) bits |= term[j] > 0 ? 1u << j : 0u;
    return bits;
}

void add_terms(Term& now, std::size_t variable, int left, std::size_t most, std::span<const std::uint32_t> groups, std::vector<Term>& all) {
    if (all.size() >= most) return;
    if (variable + 1 == now.size()) {
        now[variable] = static_cast<std::uint8_t>(left);
        const auto support = support_of(now);
        const bool inside = groups.empty() || std::ranges::any_of(groups, [&](std::uint32_t g) { return (support & ~g) == 0; });
        if (inside) all.push_back(now);
        now[variable] = 0;
        return;
    }
    for (int p = left; p >= 0; --p) {
        now[variable] = static_cast<std::uint8_t>(p);
        add_terms(now, variable + 1, left - p, most, groups, all);
    }
    now[variable] = 0;
}

// By total degree, so that every degree's terms are a prefix.
std::vector<Term> terms_of(std::size_t variables, std::size_t most, std::span<const std::uint32_t> groups) {
    std::vector<Term> all;
    Term now(variables, 0);
    for (int degree = 0; degree <= highest_degree && all.size() < most; ++degree) add_terms(now, 0, degree, most, groups, all);
    return all;
}

int degree_of(const Term& term) {
    int degree = 0;
    for (const auto p : term) degree += p;
    return degree;
}

// T_k(u), T_k'(u), T_k''(u) for k up to `degree`.
struct Powers {
    std::array<double, highest_degree + 1> value{}, first{}, second{};
    Powers(double u, int degree) {
        value[0] = 1;
        value[1] = u;
        first[1] = 1;
        for (std::size_t k = 2; k <= static_cast<std::size_t>(degree); ++k) {
            value[k] = 2 * u * value[k - 1] - value[k - 2];
            first[k] = 2 * value[k - 1] + 2 * u * first[k - 1] - first[k - 2];
            second[k] = 4 * first[k - 1] + 2 * u * second[k - 1] - second[k - 2];
        }
    }
};

int largest_degree(const std::vector<Term>& terms) { return std::max(1, degree_of(terms.back())); }

bool can_be_logarithm(std::span<const double> x) {
    double smallest = infinity, largest = 0;
    bool positive = true, negative = true;
    for (const double v : x) {
        positive = positive && v > 0;
        negative = negative && v < 0;
        smallest = std::min(smallest, std::fabs(v));
        largest = std::max(largest, std::fabs(v));
    }
    return (positive || negative) && largest > 1.5 * smallest;
}

}  // namespace

double scaled_value(Scale scale, double y) {
    switch (scale) {
        case Scale::plain: return y;
        case Scale::logarithm: return std::log(std::fabs(y));
        case Scale::inverse: return 1 / y;
        case Scale::square: return y * y;
    }
    return y;
}

double scaled_slope(Scale scale, double y) {
    switch (scale) {
        case Scale::plain: return 1;
        case Scale::logarithm: return 1 / y;
        case Scale::inverse: return -1 / (y * y);
        case Scale::square: return 2 * y;
    }
    return 1;
}

double Input::unit(double x) const { return ((kind == Kind::logarithm ? std::log(std::fabs(x)) : x) - centre) / half; }
double Input::slope(double x) const { return (kind == Kind::logarithm ? 1 / x : 1) / half; }

namespace {

// Where the target changes its sign, its logarithm and inverse have poles and its square loses the sign.
bool one_signed(std::span<const double> target) {
    const auto [low, high] = std::ranges::minmax(target);
    return low >= 0 || high <= 0;
}

// The mean without the largest tenth: rows beside a pole, and wrong ones, do not decide.
double mean_of_most(std::vector<double>& values) {
    const auto kept = static_cast<std::ptrdiff_t>(values.size() - values.size() / 10);
    std::ranges::nth_element(values, values.begin() + kept - 1);
    return std::accumulate(values.begin(), values.begin() + kept, 0.0) / static_cast<double>(kept);
}

// The terms on training and held-out rows, factorised once for any number of targets.
class Design {
public:
    Design(std::span<const std::vector<double>> columns, std::span<const Input> inputs, const std::vector<Term>& terms, std::span<const std::size_t> training,
           std::span<const std::size_t> held_out, double ridge)
        : terms_(terms), training_(training), held_out_(held_out), known_(values(columns, inputs, held_out)) {
        const auto n = static_cast<Eigen::Index>(training.size()), p = static_cast<Eigen::Index>(terms.size());
        Eigen::MatrixXd matrix = values(columns, inputs, training);
        if (ridge > 0) {
            matrix.conservativeResize(n + p, p);
            matrix.bottomRows(p) = Eigen::MatrixXd::Identity(p, p) * std::sqrt(ridge * static_cast<double>(n));
        }
        qr_.compute(matrix);
    }

    struct Found {
        double error = infinity;
        std::vector<double> coefficients;
        double gain = 1;
    };
    /// The degree whose polynomial of F(target) predicts best. Degrees are prefixes of the terms: each by one back substitution.
    Found best(Scale scale, std::span<const double> target, std::span<const double> slope, double spread) const {
        Eigen::VectorXd right = Eigen::VectorXd::Zero(qr_.matrixQR().rows());
        for (std::size_t i = 0; i < training_.size(); ++i) right(static_cast<Eigen::Index>(i)) = scaled_value(scale, target[training_[i]]);
        Found found;
        if (!right.allFinite() || (scale != Scale::plain && !one_signed(target))) return found;
        right.applyOnTheLeft(qr_.householderQ().adjoint());
        const auto terms = static_cast<Eigen::Index>(terms_.size());
        std::vector<double> errors;
        for (Eigen::Index size = 1; size <= terms; ++size) {
            const auto degree = [&](Eigen::Index t) { return degree_of(terms_[static_cast<std::size_t>(t)]); };
            if (size < terms && degree(size) == degree(size - 1)) continue;
            const Eigen::VectorXd c = solved(right, size);
            const Eigen::VectorXd predicted = known_.leftCols(size) * c;
            std::vector<double> squares;
            for (std::size_t i = 0; i < held_out_.size(); ++i) {
                const auto r = held_out_[i];
                const double error = (predicted(static_cast<Eigen::Index>(i)) - scaled_value(scale, target[r])) / scaled_slope(scale, target[r]);
                squares.push_back(std::pow(error * (slope.empty() ? 1 : slope[r]), 2));
            }
            const double error = std::sqrt(mean_of_most(squares)) / spread;
            errors.push_back(error);
            const double before = errors.size() > 2 ? errors[errors.size() - 3] : infinity;
            if (error < found.error) found = {error, {c.data(), c.data() + size}, before / error};
        }
        return found;
    }

private:
    Eigen::MatrixXd values(std::span<const std::vector<double>> columns, std::span<const Input> inputs, std::span<const std::size_t> rows) const {
        const int degree = largest_degree(terms_);
        Eigen::MatrixXd matrix(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(terms_.size()));
        std::vector<Powers> powers(columns.size(), Powers(0, 1));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            for (std::size_t j = 0; j < columns.size(); ++j) powers[j] = Powers(inputs[j].unit(columns[j][rows[i]]), degree);
            for (std::size_t t = 0; t < terms_.size(); ++t) {
                double product = 1;
                for (std::size_t j = 0; j < columns.size(); ++j)
                    if (terms_[t][j] > 0) product *= powers[j].value[terms_[t][j]];
                matrix(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(t)) = product;
            }
        }
        return matrix;
    }

    Eigen::VectorXd solved(const Eigen::VectorXd& right, Eigen::Index size) const {
        const auto& r = qr_.matrixQR();
        const double least = flat * std::sqrt(static_cast<double>(r.rows()));
        Eigen::VectorXd c = right.head(size);
        for (Eigen::Index k = size - 1; k >= 0; --k) {
            c(k) = std::fabs(r(k, k)) < least ? 0 : c(k) / r(k, k);
            c.head(k) -= c(k) * r.col(k).head(k);
        }
        return c;
    }

    const std::vector<Term>& terms_;
    std::span<const std::size_t> training_, held_out_;
    Eigen::MatrixXd known_;
    Eigen::HouseholderQR<Eigen::MatrixXd> qr_;
};

std::vector<Input> inputs_of(std::span<const std::vector<double>> columns, Input::Kind kind) {
    std::vector<Input> inputs;
    for (const auto& x : columns) {
        Input input{.kind = kind == Input::Kind::logarithm && can_be_logarithm(x) ? Input::Kind::logarithm : Input::Kind::plain};
        double low = infinity, high = -infinity;
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

bool any_logarithm(std::span<const Input> inputs) {
    return std::ranges::any_of(inputs, [](const Input& input) { return input.kind == Input::Kind::logarithm; });
}

struct Split {
    std::vector<std::size_t> training, held_out;
    Split(std::size_t rows, std::size_t most) {
        const std::size_t count = std::min(rows, most);
        for (std::size_t i = 0; i < count; ++i) (i % 4 == 3 ? held_out : training).push_back(i * rows / count);
    }
};

double spread_of(std::span<const double> target, std::span<const double> slope, std::span<const std::size_t> rows) {
    double mean = 0, square = 0;
    for (const auto r : rows) mean += (slope.empty() ? 1 : slope[r]) * target[r] / static_cast<double>(rows.size());
    for (const auto r : rows) square += std::pow((slope.empty() ? 1 : slope[r]) * target[r] - mean, 2);
    return std::sqrt(square / static_cast<double>(rows.size()));
}

}  // namespace

Surrogate::Surrogate(std::span<const std::vector<double>> columns, std::span<const double> target, std::span<const double> slope,
                     const SurrogateOptions& options)
    : columns_(columns.begin(), columns.end()) {
    Split split(target.size(), options.rows);
    training_ = std::move(split.training);
    held_out_ = std::move(split.held_out);
    spread_ = options.spread > 0 ? options.spread : spread_of(target, slope, held_out_);
    if (columns_.empty() || held_out_.empty()) return;
    const auto terms = terms_of(columns_.size(), std::min(options.terms, training_.size() / 2 + 1), options.groups);
    for (const auto kind : {Input::Kind::plain, Input::Kind::logarithm}) {
        Space space{.inputs = inputs_of(columns, kind), .terms = terms};
        if (kind == Input::Kind::logarithm && !any_logarithm(space.inputs)) continue;
        spaces_.push_back(std::move(space));
        fit_space(spaces_.size() - 1, target, slope, options.ridge);
    }
    for (const auto scale : all_scales)
        if (error_of(scale) < error_of(best_)) best_ = scale;
}

std::vector<double> prediction_errors(std::span<const std::vector<double>> columns, std::span<const std::vector<double>> targets,
                                      std::span<const std::vector<double>> slopes, const SurrogateOptions& options) {
    std::vector<double> errors(targets.size(), infinity);
    if (columns.empty() || targets.empty()) return errors;
    const Split split(columns[0].size(), options.rows);
    const auto terms = terms_of(columns.size(), std::min(options.terms, split.training.size() / 2 + 1), options.groups);
    for (const auto kind : {Input::Kind::plain, Input::Kind::logarithm}) {
        const auto inputs = inputs_of(columns, kind);
        if (kind == Input::Kind::logarithm && !any_logarithm(inputs)) continue;
        const Design design(columns, inputs, terms, split.training, split.held_out, options.ridge);
        for (std::size_t t = 0; t < targets.size(); ++t) {
            const std::span<const double> slope = slopes.empty() ? std::span<const double>() : std::span<const double>(slopes[t]);
            const double spread = options.spread > 0 ? options.spread : spread_of(targets[t], slope, split.held_out);
            errors[t] = std::min(errors[t], design.best(Scale::plain, targets[t], slope, spread).error);
        }
    }
    return errors;
}

void Surrogate::fit_space(std::size_t which, std::span<const double> target, std::span<const double> slope, double ridge) {
    const Space& space = spaces_[which];
    const Design design(columns_, space.inputs, space.terms, training_, held_out_, ridge);
    for (const auto scale : all_scales) {
        const auto found = design.best(scale, target, slope, spread_);
        auto& fit = fits_[static_cast<std::size_t>(scale)];
        if (std::isfinite(found.error) && (!fit || found.error < fit->error)) fit = Fit{found.error, which, found.coefficients, found.gain};
    }
}

double Surrogate::error_of(Scale scale) const {
    const auto& fit = fits_[static_cast<std::size_t>(scale)];
    return fit ? fit->error : infinity;
}

bool Surrogate::at_noise_floor() const {
    constexpr double rounding = 1e-7, meaningless = 0.5, still_helps = 1.5;
    const auto& fit = fits_[static_cast<std::size_t>(best_)];
    return fit && fit->error > rounding && fit->error < meaningless && fit->gain < still_helps;
}

double Surrogate::value(Scale scale, std::span<const double> point) const {
    const auto& fit = *fits_[static_cast<std::size_t>(scale)];
    const auto& space = spaces_[fit.space];
    const int degree = largest_degree(space.terms);
    std::vector<Powers> powers;
    for (std::size_t j = 0; j < point.size(); ++j) powers.emplace_back(space.inputs[j].unit(point[j]), degree);
    double sum = 0;
    for (std::size_t t = 0; t < fit.coefficients.size(); ++t) {
        double product = fit.coefficients[t];
        for (std::size_t j = 0; j < point.size(); ++j) product *= powers[j].value[space.terms[t][j]];
        sum += product;
    }
    return sum;
}

Derivatives Surrogate::derivatives(Scale scale, std::span<const std::size_t> rows, Order order) const {
    const auto& fit = *fits_[static_cast<std::size_t>(scale)];
    const auto& space = spaces_[fit.space];
    const std::size_t d = columns_.size();
    const int degree = largest_degree(space.terms);
    Derivatives result{.value = std::vector<double>(rows.size()), .gradient = {}, .mixed = {}};
    result.gradient.assign(d, std::vector<double>(rows.size()));
    if (order == Order::second) result.mixed.assign(d * d, std::vector<double>(rows.size()));
    std::vector<Powers> powers(d, Powers(0, 1));
    std::vector<double> slope(d);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        for (std::size_t j = 0; j < d; ++j) {
            powers[j] = Powers(space.inputs[j].unit(columns_[j][rows[i]]), degree);
            slope[j] = space.inputs[j].slope(columns_[j][rows[i]]);
        }
        for (std::size_t t = 0; t < fit.coefficients.size(); ++t) {
            const auto& term = space.terms[t];
            const auto product = [&](std::size_t a, std::size_t b) {  // derivative by variables a and b; d: none
                double p = fit.coefficients[t];
                for (std::size_t j = 0; j < d; ++j) p *= j == a || j == b ? powers[j].first[term[j]] * slope[j] : powers[j].value[term[j]];
                return p;
            };
            result.value[i] += product(d, d);
            for (std::size_t a = 0; a < d; ++a) {
                if (term[a] == 0) continue;
                result.gradient[a][i] += product(a, d);
                if (order == Order::first) continue;
                for (std::size_t b = a + 1; b < d; ++b)
                    if (term[b] > 0) result.mixed[a * d + b][i] += product(a, b);
            }
        }
    }
    return result;
}

}  // namespace balmer::divide
