#include "search/divide/surrogate.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "search/divide/quotient.hpp"

namespace balmer::divide {
namespace {

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

int degree_of(const Term& term) {
    int degree = 0;
    for (const auto p : term) degree += p;
    return degree;
}

// Product of (p + 1): terms up to a level are a hyperbolic cross, high powers of one variable beside low ones of several.
int level_of(const Term& term) {
    int level = 1;
    for (const auto p : term) level *= p + 1;
    return level;
}

void add_cross_terms(Term& now, std::size_t variable, int left, std::span<const std::uint32_t> groups, std::vector<Term>& all) {
    if (variable == now.size()) {
        const auto support = support_of(now);
        if (groups.empty() || std::ranges::any_of(groups, [&](std::uint32_t g) { return (support & ~g) == 0; })) all.push_back(now);
        return;
    }
    for (int p = 0; p < left && p <= highest_degree; ++p) {
        now[variable] = static_cast<std::uint8_t>(p);
        add_cross_terms(now, variable + 1, left / (p + 1), groups, all);
    }
    now[variable] = 0;
}

template <class Measure>
Terms in_order(Terms::Shape shape, std::vector<Term> powers, Measure measure) {
    std::ranges::stable_sort(powers, {}, measure);
    Terms terms{.shape = shape, .powers = std::move(powers), .prefixes = {}};
    for (std::size_t t = 1; t <= terms.powers.size(); ++t)
        if (t == terms.powers.size() || measure(terms.powers[t]) != measure(terms.powers[t - 1])) terms.prefixes.push_back(t);
    return terms;
}

// The largest whole cross with at most `most` terms.
Terms cross_terms(std::size_t variables, std::size_t most, std::span<const std::uint32_t> groups) {
    std::vector<Term> all;
    Term now(variables, 0);
    for (int level = 1; level <= highest_degree + 1; ++level) {
        std::vector<Term> wider;
        add_cross_terms(now, 0, level, groups, wider);
        if (wider.size() > most && !all.empty()) break;
        all = std::move(wider);
    }
    return in_order(Terms::Shape::cross, std::move(all), level_of);
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

int largest_degree(const Terms& terms) {
    int degree = 1;
    for (const auto& term : terms.powers)
        for (const auto p : term) degree = std::max(degree, static_cast<int>(p));
    return degree;
}

}  // namespace

Terms terms_of_degree(std::size_t variables, std::size_t most, std::span<const std::uint32_t> groups) {
    std::vector<Term> all;
    Term now(variables, 0);
    for (int degree = 0; degree <= highest_degree && all.size() < most; ++degree) add_terms(now, 0, degree, most, groups, all);
    return in_order(Terms::Shape::degree, std::move(all), degree_of);
}

Eigen::MatrixXd term_values(std::span<const std::vector<double>> columns, std::span<const Input> inputs, const Terms& terms, std::span<const std::size_t> rows) {
    const int degree = largest_degree(terms);
    Eigen::MatrixXd matrix(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(terms.powers.size()));
    const auto width = static_cast<std::size_t>(degree) + 1;
    std::vector<double> powers(columns.size() * width, 1.0);  // [variable][power]
    for (std::size_t i = 0; i < rows.size(); ++i) {
        for (std::size_t j = 0; j < columns.size(); ++j) {
            double* t = powers.data() + j * width;
            const double u = inputs[j].unit(columns[j][rows[i]]);
            t[1] = u;
            for (std::size_t k = 2; k < width; ++k) t[k] = 2 * u * t[k - 1] - t[k - 2];
        }
        for (std::size_t t = 0; t < terms.powers.size(); ++t) {
            double product = 1;
            for (std::size_t j = 0; j < columns.size(); ++j) product *= powers[j * width + terms.powers[t][j]];
            matrix(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(t)) = product;
        }
    }
    return matrix;
}

std::vector<std::vector<double>> term_slopes(std::span<const double> point, std::span<const Input> inputs, const Terms& terms, std::size_t count) {
    const int degree = largest_degree(terms);
    std::vector<Powers> powers;
    for (std::size_t j = 0; j < point.size(); ++j) powers.emplace_back(inputs[j].unit(point[j]), degree);
    std::vector<std::vector<double>> slopes(point.size(), std::vector<double>(count, 0.0));
    for (std::size_t a = 0; a < point.size(); ++a)
        for (std::size_t t = 0; t < count; ++t) {
            const auto& term = terms.powers[t];
            if (term[a] == 0) continue;
            double p = inputs[a].slope(point[a]);
            for (std::size_t j = 0; j < point.size(); ++j) p *= j == a ? powers[j].first[term[j]] : powers[j].value[term[j]];
            slopes[a][t] = p;
        }
    return slopes;
}


namespace {

// Where the target changes its sign, its logarithm has poles and its square loses the sign. Its inverse may be smooth: it may change at a pole.
bool one_signed(std::span<const double> target) {
    const auto [low, high] = std::ranges::minmax(target);
    return low >= 0 || high <= 0;
}

// The terms on training and held-out rows, factorised once for any number of targets.
class Design {
public:
    Design(std::span<const std::vector<double>> columns, std::span<const Input> inputs, const Terms& terms, std::span<const std::size_t> training,
           std::span<const std::size_t> held_out, double ridge)
        : terms_(terms), training_(training), held_out_(held_out), known_(term_values(columns, inputs, terms, held_out)) {
        const auto n = static_cast<Eigen::Index>(training.size()), p = static_cast<Eigen::Index>(terms.powers.size());
        Eigen::MatrixXd matrix = term_values(columns, inputs, terms, training);
        if (ridge > 0) {
            matrix.conservativeResize(n + p, p);
            matrix.bottomRows(p) = Eigen::MatrixXd::Identity(p, p) * std::sqrt(ridge * static_cast<double>(n));
        }
        qr_.compute(matrix);
    }

    struct Found {
        double error = INFINITY;
        std::vector<double> coefficients;
        double gain = 1;
        bool more_help = true;
    };
    /// The prefix whose polynomial of F(target) predicts best: each by one back substitution.
    Found best(Scale scale, std::span<const double> target, std::span<const double> slope, double spread) const {
        Eigen::VectorXd right = Eigen::VectorXd::Zero(qr_.matrixQR().rows());
        for (std::size_t i = 0; i < training_.size(); ++i) right(static_cast<Eigen::Index>(i)) = scaled_value(scale, target[training_[i]]);
        Found found;
        std::size_t best_size = 0;
        if (!right.allFinite() || (needs_sign(scale) && !one_signed(target))) return found;
        right.applyOnTheLeft(qr_.householderQ().adjoint());
        std::vector<double> errors;
        std::size_t fewer = 0;  // prefixes of clearly fewer terms: two degrees less, a quarter of a cross
        for (const auto prefix : terms_.prefixes) {
            const auto size = static_cast<Eigen::Index>(prefix);
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
            if (terms_.shape == Terms::Shape::degree) fewer = errors.size() > 2 ? errors.size() - 2 : 0;
            else while (4 * terms_.prefixes[fewer] <= prefix) ++fewer;
            const double before = fewer > 0 ? errors[fewer - 1] : INFINITY;
            if (error < found.error) {
                found = {error, {c.data(), c.data() + size}, before / error};
                best_size = prefix;
            } else if (2 * prefix >= 3 * best_size) {
                found.more_help = false;
            }
        }
        return found;
    }

private:
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

    const Terms& terms_;
    std::span<const std::size_t> training_, held_out_;
    Eigen::MatrixXd known_;
    Eigen::HouseholderQR<Eigen::MatrixXd> qr_;
};

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

double work_of_fit(const SurrogateOptions& options, std::size_t rows) {
    const double training = 0.75 * static_cast<double>(std::min(rows, options.rows));
    const double terms = std::min(static_cast<double>(options.terms), training / 2 + 1);
    constexpr double spaces = 4;
    return spaces * training * terms * terms;
}

Surrogate::Surrogate(std::span<const std::vector<double>> columns, std::span<const double> target, std::span<const double> slope,
                     const SurrogateOptions& options)
    : columns_(columns.begin(), columns.end()), sign_(target[0] < 0 ? -1 : 1) {
    Split split(target.size(), options.rows);
    training_ = std::move(split.training);
    held_out_ = std::move(split.held_out);
    spread_ = options.spread > 0 ? options.spread : spread_of(target, slope, held_out_);
    if (columns_.empty() || held_out_.empty()) return;
    const std::size_t most = std::min(options.terms, training_.size() / 2 + 1);
    const auto terms = terms_of_degree(columns_.size(), most, options.groups);
    for (const auto kind : {Input::Kind::plain, Input::Kind::logarithm}) {
        auto inputs = inputs_of(columns, kind);
        if (kind == Input::Kind::logarithm && !any_logarithm(inputs)) continue;
        fit_space(std::move(inputs), terms, target, slope, options.ridge);
    }
    // A scale far behind the other stays there.
    constexpr double rounding = 1e-10, far_behind = 30;
    const double least = std::min(error_of(Scale::plain), error_of(Scale::logarithm));
    for (const auto scale : {Scale::plain, Scale::logarithm})
        if (error_of(scale) > rounding && error_of(scale) < far_behind * least && columns_.size() > 1) fit_mixed(scale, target, slope, options);
    for (const auto scale : all_scales)
        if (error_of(scale) < error_of(best_)) best_ = scale;
    constexpr double good = 1e-9;
    if (!(error_of(best_) > good) || !options.groups.empty() || options.ridge > 0 || columns_.size() < 2) return;
    const double half = 0.5 * static_cast<double>(training_.size());
    auto quotient = Quotient::fitted(columns_, target, slope, {training_, held_out_}, spread_, std::min(2 * options.terms, static_cast<std::size_t>(half)));
    if (quotient && quotient->error() < error_of(best_)) quotient_ = std::make_unique<const Quotient>(std::move(*quotient));
}

Surrogate::~Surrogate() = default;
Surrogate::Surrogate(Surrogate&&) noexcept = default;
Surrogate& Surrogate::operator=(Surrogate&&) noexcept = default;

// A quotient of as many terms must be clearly better, or it follows noise.
const Quotient* Surrogate::quotient() const {
    constexpr double clearly = 0.4;
    return quotient_ && quotient_->error() < clearly * error_of(best_) ? quotient_.get() : nullptr;
}

double Surrogate::error() const { return quotient_ ? quotient_->error() : error_of(best_); }

// Each variable plain or by its logarithm, whichever a small cross likes better; then a cross of full size and a polynomial of a degree so.
void Surrogate::fit_mixed(Scale scale, std::span<const double> target, std::span<const double> slope, const SurrogateOptions& options) {
    const auto& fit = fits_[static_cast<std::size_t>(scale)];
    if (!fit) return;
    constexpr std::size_t few_terms = 80, few_rows = 320;
    const std::size_t most = std::min(options.terms, training_.size() / 2 + 1);
    const auto few = cross_terms(columns_.size(), std::min(few_terms, most), options.groups);
    const std::span<const std::size_t> some(training_.data(), std::min(few_rows, training_.size()));
    const auto error_with = [&](const std::vector<Input>& inputs) {
        return Design(columns_, inputs, few, some, held_out_, options.ridge).best(scale, target, slope, spread_).error;
    };
    std::vector<Input> inputs = spaces_[fit->space].inputs;
    const auto plain = inputs_of(columns_, Input::Kind::plain), logarithm = inputs_of(columns_, Input::Kind::logarithm);
    double error = error_with(inputs);
    constexpr double better = 0.95;
    bool mixed = false, any = true;
    for (int pass = 0; pass < 2 && any; ++pass) {
        any = false;
        for (std::size_t j = 0; j < inputs.size(); ++j) {
            const Input before = inputs[j];
            inputs[j] = before.kind == Input::Kind::plain ? logarithm[j] : plain[j];
            if (inputs[j].kind == before.kind) continue;
            const double now = error_with(inputs);
            if (now < better * error) {
                error = now;
                mixed = any = true;
            } else {
                inputs[j] = before;
            }
        }
    }
    fit_space(inputs, cross_terms(columns_.size(), most, options.groups), target, slope, options.ridge);
    if (mixed) fit_space(inputs, terms_of_degree(columns_.size(), most, options.groups), target, slope, options.ridge);
}

std::vector<double> prediction_errors(std::span<const std::vector<double>> columns, std::span<const std::vector<double>> targets,
                                      std::span<const std::vector<double>> slopes, const SurrogateOptions& options) {
    std::vector<double> errors(targets.size(), INFINITY);
    if (columns.empty() || targets.empty()) return errors;
    const Split split(columns[0].size(), options.rows);
    const std::size_t most = std::min(options.terms, split.training.size() / 2 + 1);
    std::vector<Terms> shapes = {terms_of_degree(columns.size(), most, options.groups)};
    // Few variables have room for high powers as it is.
    constexpr std::size_t few = 2;
    if (columns.size() > few) shapes.push_back(cross_terms(columns.size(), most, options.groups));
    for (const auto kind : {Input::Kind::plain, Input::Kind::logarithm}) {
        const auto inputs = inputs_of(columns, kind);
        if (kind == Input::Kind::logarithm && !any_logarithm(inputs)) continue;
        for (const auto& terms : shapes) {
            const Design design(columns, inputs, terms, split.training, split.held_out, options.ridge);
            for (std::size_t t = 0; t < targets.size(); ++t) {
                const std::span<const double> slope = slopes.empty() ? std::span<const double>() : std::span<const double>(slopes[t]);
                const double spread = options.spread > 0 ? options.spread : spread_of(targets[t], slope, split.held_out);
                errors[t] = std::min(errors[t], design.best(Scale::plain, targets[t], slope, spread).error);
            }
        }
    }
    return errors;
}

void Surrogate::fit_space(std::vector<Input> inputs, const Terms& terms, std::span<const double> target, std::span<const double> slope, double ridge) {
    const std::size_t which = spaces_.size();
    spaces_.push_back({std::move(inputs), terms});
    const Design design(columns_, spaces_[which].inputs, terms, training_, held_out_, ridge);
    for (const auto scale : all_scales) {
        const auto found = design.best(scale, target, slope, spread_);
        auto& fit = fits_[static_cast<std::size_t>(scale)];
        if (std::isfinite(found.error) && (!fit || found.error < fit->error)) fit = Fit{found.error, which, found.coefficients, found.gain, found.more_help};
    }
}

double Surrogate::error_of(Scale scale) const {
    const auto& fit = fits_[static_cast<std::size_t>(scale)];
    return fit ? fit->error : INFINITY;
}

bool Surrogate::at_noise_floor() const {
    constexpr double rounding = 1e-7, meaningless = 0.5, still_helps = 1.5, well_followed = 0.2;
    const auto& fit = fits_[static_cast<std::size_t>(best_)];
    if (quotient()) return false;
    return fit && fit->error > rounding && fit->error < meaningless && (fit->gain < still_helps || (fit->error < well_followed && !fit->more_help));
}

std::vector<double> Surrogate::predictions() const {
    std::vector<std::size_t> rows(columns_[0].size());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    if (quotient_) return quotient_->values(columns_, rows);
    std::vector<double> values, point(columns_.size());
    for (const auto r : rows) {
        for (std::size_t j = 0; j < point.size(); ++j) point[j] = columns_[j][r];
        values.push_back(unscaled_value(best_, value(best_, point), sign_));
    }
    return values;
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
        for (std::size_t j = 0; j < point.size(); ++j) product *= powers[j].value[space.terms.powers[t][j]];
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
            const auto& term = space.terms.powers[t];
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
