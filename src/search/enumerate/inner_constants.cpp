#include "search/enumerate/inner_constants.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include "search/enumerate/inner_functions.hpp"
#include "search/enumerate/kernels.hpp"
#include "search/enumerate/lattice.hpp"
#include "search/enumerate/resolver.hpp"
#include "search/enumerate/robust.hpp"
#include "search/enumerate/transforms.hpp"

namespace balmer::enumerate {
namespace {

constexpr double worth_refining = 0.97;   // share explained on the grid of constants
constexpr std::size_t most_refined = 20'000;
constexpr double halfway = 1e-4;          // left unexplained after a few steps by what is no coincidence
constexpr double nothing_left = 1e-13;
constexpr std::size_t most_offered = 24;
constexpr double negligible_part = 1e-6;       // of an amplitude or a turn
constexpr double short_enough = 1e-7;     // relative distance to a number of four digits that stands for it

using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;

// A named column: an argument, a factor, a shift.
struct Named {
    Expression formula;
    std::vector<double> values;
};

// What is left of the target: g(T - S) / A, and how to get back.
struct Left {
    Transform transform = Transform::identity;
    std::size_t shift = 0, factor = 0;  // indices into the lists; 0 is the constant 0 and the constant 1
    bool inverse_factor = false;        // times A
};

struct Coincidence {
    std::size_t left = 0, argument = 0;
    InnerFunction function = InnerFunction::wave;
    std::size_t at = 0;  // of the grid
    double share = 0;
};

// Out of a value: what the linear constants explain.
struct Projection {
    Matrix basis;

    static Projection onto(const std::vector<std::vector<double>>& columns) {
        Matrix all(static_cast<Eigen::Index>(columns.front().size()), static_cast<Eigen::Index>(columns.size()));
        for (std::size_t j = 0; j < columns.size(); ++j)
            all.col(static_cast<Eigen::Index>(j)) = Eigen::Map<const Vector>(columns[j].data(), all.rows()).normalized();
        const Eigen::ColPivHouseholderQR<Matrix> factored(all);
        return {factored.householderQ() * Matrix::Identity(all.rows(), factored.rank())};
    }
    // Unit vector of what is left of `v`; zero when nothing is.
    Vector unit(const Eigen::Ref<const Vector>& v) const {
        Vector rest = v - basis * (basis.transpose() * v);
        rest -= basis * (basis.transpose() * rest);
        const double length = rest.norm();
        return length > 1e-9 * v.norm() && std::isfinite(length) ? Vector(rest / length) : Vector(Vector::Zero(v.size()));
    }
};

class InnerSearch {
public:
    InnerSearch(const ValueTable& table, const Sample& sample, Judge& judge, const InnerEffort& effort)
        : table_(table), sample_(sample), judge_(judge), rows_(static_cast<Eigen::Index>(sample.size())) {
        gather(effort);
    }

    void run() {
        for (const bool product : {false, true}) {
            in_products_ = product;
            choose_projection();
            make_left();
            if (!done()) screen();
        }
    }

private:
    bool done() const { return judge_.solved() || judge_.run().over(); }

    void gather(const InnerEffort& effort);
    void choose_projection();
    void make_left();
    void screen();
    void screen_argument(std::size_t argument, std::vector<Coincidence>& found) const;
    double unexplained(const Coincidence& hit, double c) const;
    double best_constant(const Coincidence& hit, double low, double middle, double high, double& left) const;
    std::optional<Expression> formula_of(const Coincidence& hit, double c) const;
    Expression sum_formula(const Coincidence& hit, double c) const;
    Expression back(const Left& left, const Expression& inner) const;
    Vector seen(const Eigen::Ref<const Vector>& v) const {
        return projection_.unit(in_products_ ? Vector(v.array().abs().log()) : Vector(v));
    }

    const ValueTable& table_;
    const Sample& sample_;
    Judge& judge_;
    Eigen::Index rows_;
    std::vector<Named> arguments_, factors_, shifts_;
    std::size_t monomial_factors_ = 0;  // how many of factors_
    std::size_t sum_arguments_ = 0;     // how many of arguments_ stand in sums
    bool in_products_ = false;
    Projection projection_;
    std::vector<Left> lefts_;
    std::vector<std::vector<double>> left_values_;
    Matrix units_;  // of lefts_
    Eigen::MatrixXf units_single_;
};

void InnerSearch::gather(const InnerEffort& effort) {
    const std::vector<bool> no_halves(table_.variables().size(), false);
    std::vector<std::int32_t> nonzero;
    for (const auto v : table_.variables())
        if (std::ranges::none_of(sample_.columns[static_cast<std::size_t>(v)], [](double x) { return x == 0; })) nonzero.push_back(v);
    const auto lattice = monomial_lattice(nonzero, no_halves, 4, 4, 1 + std::max(effort.arguments + effort.product_arguments, effort.factors));
    const std::size_t most = std::max({effort.arguments, effort.factors, effort.shifts});
    const std::size_t entries = std::min(table_.size(), 20 * most + 200);
    const auto all = table_.values_on(entries, sample_.pointers, sample_.size(), judge_.run().pool);
    judge_.run().clock.add(sample_.size(), entries);
    const auto entry = [&](std::size_t i) {
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i * sample_.size());
        return Named{table_.expression(static_cast<std::uint32_t>(i)), {begin, begin + static_cast<std::ptrdiff_t>(sample_.size())}};
    };
    const auto add = [](std::vector<Named>& list, Named named) {
        if (all_finite(named.values)) list.push_back(std::move(named));
    };
    factors_.push_back({Expression::constant(1), std::vector<double>(sample_.size(), 1.0)});
    shifts_.push_back({Expression::constant(0), std::vector<double>(sample_.size(), 0.0)});
    const auto point = [&](std::size_t m) { return Named{monomial_of(1, lattice[m].powers()), lattice_values(lattice[m], sample_.columns)}; };
    for (std::size_t m = 1; m < lattice.size() && m <= effort.arguments; ++m) add(arguments_, point(m));
    for (std::size_t m = 1; m < lattice.size() && m <= effort.factors; ++m) add(factors_, point(m));
    const std::size_t monomials = arguments_.size();
    monomial_factors_ = factors_.size();
    std::size_t sums = 0, functions = 0;
    for (std::size_t i = 0; i < entries; ++i) {
        const auto flags = table_[i].flags;
        if (flags & constant_entry) continue;
        const bool sum = flags & monomial_distinct;  // no monomial
        if (sum && (flags & affine_distinct) && !(flags & transcendental_entry) && arguments_.size() < monomials + effort.arguments) add(arguments_, entry(i));
        // Sums and functions have a share of their own: there are many small functions before the first sum.
        std::size_t& of_its_kind = flags & transcendental_entry ? functions : sums;
        if (sum && of_its_kind < effort.factors) {
            ++of_its_kind;
            add(factors_, entry(i));
        }
        if (!(flags & affine_distinct) || shifts_.size() >= 1 + 2 * effort.shifts) continue;
        Named shift = entry(i);
        add(shifts_, shift);
        for (double& x : shift.values) x = -x;
        shift.formula = scaled(-1, shift.formula);
        add(shifts_, std::move(shift));
    }
    sum_arguments_ = arguments_.size();
    for (std::size_t m = 1 + effort.arguments; m < lattice.size(); ++m) add(arguments_, point(m));
}

void InnerSearch::choose_projection() {
    std::vector<std::vector<double>> columns = {std::vector<double>(sample_.size(), 1.0)};
    for (const auto v : table_.variables()) {
        if (!in_products_) break;
        std::vector<double> log = sample_.columns[static_cast<std::size_t>(v)];
        for (double& x : log) x = std::log(std::fabs(x));
        if (all_finite(log)) columns.push_back(std::move(log));
    }
    projection_ = Projection::onto(columns);
}

// In products every monomial is projected out, so that only other factors are tried.
void InnerSearch::make_left() {
    lefts_.clear();
    left_values_.clear();
    std::vector<Vector> units;
    std::vector<double> t(sample_.size()), v(sample_.size());
    const auto add = [&](const Left& left) {
        const auto& a = factors_[left.factor].values;
        for (std::size_t i = 0; i < v.size(); ++i) v[i] = left.inverse_factor ? t[i] * a[i] : t[i] / a[i];
        if (!all_finite(v)) return;
        Vector unit = seen(Eigen::Map<const Vector>(v.data(), rows_));
        if (!(unit.squaredNorm() > 0.5)) return;
        lefts_.push_back(left);
        left_values_.push_back(v);
        units.push_back(std::move(unit));
    };
    for (const auto transform : {Transform::identity, Transform::inverse, Transform::square, Transform::log}) {
        const bool power = transform == Transform::inverse || transform == Transform::square;
        if (in_products_ && power) continue;
        if (!invertible(transform, judge_.spelling()) || (loses_sign(transform) && common_sign(sample_.target) == 0)) continue;
        for (std::size_t s = 0; s < shifts_.size(); ++s) {
            if (s > 0 && (transform == Transform::inverse || transform == Transform::log)) break;
            transform_rows(transform, sample_.target.data(), t.data(), t.size());
            for (std::size_t i = 0; i < t.size(); ++i) t[i] -= shifts_[s].values[i];
            for (std::size_t f = 0; f < factors_.size(); ++f) {
                const bool monomial = f < monomial_factors_;
                if (s > 0 && f > 0) break;
                if (in_products_ && monomial && f > 0) continue;
                add({transform, s, f, false});
                if (!monomial) add({transform, s, f, true});
            }
        }
    }
    units_.resize(rows_, static_cast<Eigen::Index>(units.size()));
    for (std::size_t j = 0; j < units.size(); ++j) units_.col(static_cast<Eigen::Index>(j)) = units[j];
    units_single_ = units_.cast<float>();
}

double InnerSearch::unexplained(const Coincidence& hit, double c) const {
    const auto& u = arguments_[hit.argument].values;
    Matrix columns(rows_, static_cast<Eigen::Index>(columns_of(hit.function)));
    inner_values(hit.function, c, u, columns.data());
    if (!columns.allFinite()) return 1;
    Vector rest = units_.col(static_cast<Eigen::Index>(hit.left));
    Vector first;
    for (Eigen::Index k = 0; k < columns.cols(); ++k) {
        Vector e = seen(columns.col(k));
        if (k == 1) {
            e -= first * first.dot(e);
            if (!(e.norm() > 1e-9)) break;
            e.normalize();
        }
        rest -= e * e.dot(rest);
        if (k == 0) first = std::move(e);
    }
    return rest.squaredNorm();
}

void InnerSearch::screen_argument(std::size_t argument, std::vector<Coincidence>& found) const {
    const auto& u = arguments_[argument].values;
    const auto [low, high] = std::ranges::minmax(u);
    for (int f = 0; f <= static_cast<int>(last_inner_function); ++f) {
        const auto function = static_cast<InnerFunction>(f);
        if (!(in_products_ ? stands_in_products(function) : stands_in_sums(function)) || !can_be_written(function, judge_.spelling())) continue;
        const auto grid = grid_of(function, low, high);
        const auto width = static_cast<Eigen::Index>(columns_of(function));
        Matrix dictionary = Matrix::Zero(rows_, static_cast<Eigen::Index>(grid.size()) * width);
        Matrix columns(rows_, width);
        for (std::size_t g = 0; g < grid.size(); ++g) {
            inner_values(function, grid[g], u, columns.data());
            if (!columns.allFinite()) continue;
            for (Eigen::Index k = 0; k < width; ++k) {
                Vector e = seen(columns.col(k));
                if (k == 1) {
                    const auto before = dictionary.col(static_cast<Eigen::Index>(g) * width);
                    e -= before * before.dot(e);
                    e = e.norm() > 1e-9 ? Vector(e.normalized()) : Vector(Vector::Zero(rows_));
                }
                dictionary.col(static_cast<Eigen::Index>(g) * width + k) = e;
            }
        }
        // Single precision tells shares of .97 apart; the refinement is double.
        const Eigen::MatrixXf inside = dictionary.cast<float>().transpose() * units_single_;
        for (Eigen::Index left = 0; left < inside.cols(); ++left) {
            Coincidence best{.left = static_cast<std::size_t>(left), .argument = argument, .function = function};
            for (std::size_t g = 0; g < grid.size(); ++g) {
                double share = 0;
                for (Eigen::Index k = 0; k < width; ++k) {
                    const double x = inside(static_cast<Eigen::Index>(g) * width + k, left);
                    share += x * x;
                }
                if (share > best.share) {
                    best.share = share;
                    best.at = g;
                }
            }
            if (best.share > worth_refining) found.push_back(best);
        }
    }
}

void InnerSearch::screen() {
    std::vector<std::vector<Coincidence>> found(in_products_ ? arguments_.size() : sum_arguments_);
    parallel_for(judge_.run().pool, found.size(), 1, [&](std::size_t from, std::size_t to) {
        for (std::size_t a = from; a < to; ++a)
            if (!judge_.run().over()) screen_argument(a, found[a]);  // once over, nothing below is offered: results hold no half-done loop
    });
    judge_.run().clock.add(sample_.size(), found.size() * (250 + lefts_.size() * 25));
    std::vector<Coincidence> hits;
    for (const auto& of : found) hits.insert(hits.end(), of.begin(), of.end());
    std::ranges::stable_sort(hits, std::greater<>(), &Coincidence::share);
    hits.resize(std::min(hits.size(), most_refined));
    std::vector<char> holds(hits.size(), 0);
    std::vector<double> constant(hits.size(), 0.0);
    parallel_for(judge_.run().pool, hits.size(), 16, [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i) {
            if (judge_.run().over()) return;
            const auto& u = arguments_[hits[i].argument].values;
            const auto [low, high] = std::ranges::minmax(u);
            auto grid = grid_of(hits[i].function, low, high);
            const double middle = grid[hits[i].at];
            std::ranges::sort(grid);
            const auto at = std::ranges::lower_bound(grid, middle);
            const double below = at == grid.begin() ? middle - 0.5 * std::fabs(middle) : *(at - 1);
            const double above = at + 1 == grid.end() ? middle + 0.5 * std::fabs(middle) : *(at + 1);
            double left = 1;
            constant[i] = best_constant(hits[i], below, middle, above, left);
            holds[i] = left < nothing_left;
        }
    });
    judge_.run().clock.add(sample_.size(), hits.size() * 100);
    std::size_t offered = 0;
    for (std::size_t i = 0; i < hits.size() && offered < most_offered && !done(); ++i) {
        if (!holds[i]) continue;
        ++offered;
        if (const auto formula = formula_of(hits[i], short_decimal(constant[i], short_enough))) judge_.offer(with_short_decimals(*formula, short_enough));
        if (done()) return;
        if (const auto formula = formula_of(hits[i], constant[i])) judge_.offer_fitted(*formula, 60);
    }
}

// Parabolas through the three best points, golden section where they fail; gives up early on what is not becoming exact.
double InnerSearch::best_constant(const Coincidence& hit, double low, double middle, double high, double& left) const {
    constexpr double golden = 0.381966011250105;
    constexpr int steps = 60, early = 5;
    double at_low = unexplained(hit, low), at_high = unexplained(hit, high);
    left = unexplained(hit, middle);
    for (int step = 0; step < steps; ++step) {
        if (step == early && left > halfway) return middle;
        const double to_low = (middle - low) * (left - at_high), to_high = (middle - high) * (left - at_low);
        double c = middle - 0.5 * ((middle - low) * to_low - (middle - high) * to_high) / (to_low - to_high);
        const double reach = 1e-10 * std::fabs(middle);
        // Every third step shortens the longer side, so that both ends come near.
        const bool inside = c > low + reach && c < high - reach && std::fabs(c - middle) > reach;
        if (!inside || step % 3 == 2) c = high - middle > middle - low ? middle + golden * (high - middle) : middle - golden * (middle - low);
        const double value = unexplained(hit, c);
        const bool right = c > middle;
        if (value < left) {
            (right ? low : high) = middle;
            (right ? at_low : at_high) = left;
            middle = c;
            left = value;
        } else {
            (right ? high : low) = c;
            (right ? at_high : at_low) = value;
        }
        if (high - low < 1e-9 * std::fabs(middle) || left < 1e-24) break;
    }
    return middle;
}

Expression InnerSearch::back(const Left& left, const Expression& inner) const {
    Expression e = inner;
    if (left.factor > 0) e = left.inverse_factor ? quotient_of(e, factors_[left.factor].formula) : product_of(factors_[left.factor].formula, e);
    if (left.shift > 0) e = sum_of(e, shifts_[left.shift].formula);
    return inverted(left.transform, e, common_sign(sample_.target));
}

// a + b f(c, u) fitted to what is left of the target.
Expression InnerSearch::sum_formula(const Coincidence& hit, double c) const {
    const auto& u = arguments_[hit.argument];
    const auto& v = left_values_[hit.left];
    const std::size_t rows = v.size();
    std::vector<double> values(rows * columns_of(hit.function));
    inner_values(hit.function, c, u.values, values.data());
    std::vector<std::vector<double>> columns;
    for (std::size_t k = 0; k < columns_of(hit.function); ++k)
        columns.emplace_back(values.begin() + static_cast<std::ptrdiff_t>(k * rows), values.begin() + static_cast<std::ptrdiff_t>((k + 1) * rows));
    columns.emplace_back(rows, 1.0);
    const auto b = linear_fit(columns, v, {});
    const bool wave = hit.function == InnerFunction::wave;
    double factor = wave ? std::hypot(b[0], b[1]) : b[0], phase = wave ? std::atan2(b[0], b[1]) : 0;
    const double offset = std::fabs(b.back()) < negligible_part * std::fabs(factor) ? 0 : b.back();
    const bool sine = judge_.spelling().has(Op::sin);
    // A phase of half a turn is a sign, one of a quarter turn the other function.
    if (std::fabs(std::fabs(phase) - std::numbers::pi) < negligible_part || phase < -negligible_part) {
        factor = -factor;
        phase += phase > 0 ? -std::numbers::pi : std::numbers::pi;
    }
    if (std::fabs(phase) < negligible_part) phase = 0;
    Expression f = inner_formula(hit.function, c, phase, u.formula, judge_.spelling());
    // A cosine where its phase is the shorter number.
    double turned = phase - std::numbers::pi / 2;
    if (std::fabs(turned) < negligible_part) turned = 0;
    if (wave && sine && phase != 0 && judge_.spelling().has(Op::cos) && (turned == 0 || short_decimal(turned, short_enough) != turned))
        f = Expression::apply(Op::cos, sum_of(scaled(c, u.formula), Expression::constant(turned)));
    return sum_of(scaled(factor, f), Expression::constant(offset));
}

std::optional<Expression> InnerSearch::formula_of(const Coincidence& hit, double c) const {
    const Left& left = lefts_[hit.left];
    if (!in_products_) return back(left, sum_formula(hit, c));
    const auto& u = arguments_[hit.argument];
    const Expression f = inner_formula(hit.function, c, 0, u.formula, judge_.spelling());
    std::vector<double> values(u.values.size());
    inner_values(hit.function, c, u.values, values.data());
    const Base base{f, std::move(values)};
    const auto inner = fit_monomial(left_values_[hit.left], sample_, table_.variables(), judge_.spelling(), std::span(&base, 1));
    return inner ? std::optional(back(left, *inner)) : std::nullopt;
}

}  // namespace

void ask_inner_constants(const ValueTable& table, const Sample& sample, Judge& judge, const InnerEffort& effort) {
    if (sample.size() < 24) return;
    InnerSearch(table, sample, judge, effort).run();
}

}  // namespace balmer::enumerate
