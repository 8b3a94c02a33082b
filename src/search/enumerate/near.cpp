#include "search/enumerate/near.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "search/enumerate/kernels.hpp"
#include "search/enumerate/transforms.hpp"

namespace balmer::enumerate {
namespace {

using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;

constexpr std::size_t best_of_size = 2, most_near_offered = 40;
constexpr double near_exponent = 0.02;  // exponents are fitted to values that are right to a small error
constexpr double nothing = 1e-9;             // of a column, that rounding leaves of it outside a span

struct NearHit {
    double left = 1;  ///< share of the target's square outside the entry's span
    std::uint32_t entry = 0;
    int size = 0;
    Transform transform = Transform::identity;
    bool monomial = false;
};

// Columns made orthonormal.
Matrix basis_of(const std::vector<std::vector<double>>& columns) {
    Matrix all(static_cast<Eigen::Index>(columns.front().size()), static_cast<Eigen::Index>(columns.size()));
    for (std::size_t j = 0; j < columns.size(); ++j) all.col(static_cast<Eigen::Index>(j)) = Eigen::Map<const Vector>(columns[j].data(), all.rows()).normalized();
    const Eigen::ColPivHouseholderQR<Matrix> factored(all);
    return factored.householderQ() * Matrix::Identity(all.rows(), factored.rank());
}

Vector outside(const Matrix& basis, const Vector& v) {
    Vector rest = v - basis * (basis.transpose() * v);
    rest -= basis * (basis.transpose() * rest);
    return rest;
}

class Near {
public:
    Near(const ValueTable& table, const Sample& sample, Judge& judge)
        : table_(table), sample_(sample), judge_(judge), rows_(static_cast<Eigen::Index>(sample.size())),
          values_(table.values_on(table.size(), sample.pointers, sample.size(), judge.run().pool)) {
        judge.run().clock.add(sample.size(), 8 * table.size());
        const std::vector<double> ones(sample.size(), 1.0);
        constant_ = basis_of({ones});
        logs_ = {ones};
        for (const auto v : table.variables()) {
            std::vector<double> log = sample.columns[static_cast<std::size_t>(v)];
            for (double& x : log) x = std::log(std::fabs(x));
            if (!all_finite(log)) continue;
            logs_.push_back(std::move(log));
            log_variables_.push_back(v);
        }
        monomial_ = basis_of(logs_);
    }

    void run() {
        for (const auto transform : {Transform::identity, Transform::inverse, Transform::square, Transform::sqrt, Transform::log, Transform::exp}) {
            if (!invertible(transform, judge_.spelling()) || (loses_sign(transform) && common_sign(sample_.target) == 0)) continue;
            std::vector<double> t(sample_.size());
            transform_rows(transform, sample_.target.data(), t.data(), t.size());
            if (!all_finite(t)) continue;
            screen(transform, t, false);
            // Powers of the target are powers of its monomial.
            const bool power = transform == Transform::inverse || transform == Transform::square || transform == Transform::sqrt;
            if (!power && common_sign(t) != 0) screen(transform, t, true);
        }
        std::ranges::stable_sort(hits_, {}, &NearHit::left);
        for (std::size_t i = 0; i < hits_.size() && i < most_near_offered && !judge_.run().over(); ++i) offer(hits_[i]);
    }

private:
    Vector seen(std::span<const double> v, bool monomial) const {
        Vector x = Eigen::Map<const Vector>(v.data(), rows_);
        if (monomial) x = x.array().abs().log().matrix();
        return x;
    }

    void screen(Transform transform, const std::vector<double>& t, bool monomial) {
        const Matrix& basis = monomial ? monomial_ : constant_;
        const Vector whole = seen(t, monomial);
        const Vector target = outside(basis, whole);
        const double size = target.squaredNorm();
        if (monomial && !(size > 1e-6 * outside(constant_, whole).squaredNorm())) hits_.push_back({.left = size / whole.squaredNorm(), .transform = transform, .monomial = true});
        if (!(size > nothing * nothing * whole.squaredNorm())) return;
        std::vector<NearHit> found(table_.size());
        parallel_for(judge_.run().pool, table_.size(), 256, [&](std::size_t from, std::size_t to) {
            for (std::size_t i = from; i < to; ++i) {
                if (table_[i].flags & constant_entry) continue;
                const Vector v = seen(entry(i), monomial);
                if (!v.allFinite()) continue;
                const Vector rest = v - basis * (basis.transpose() * v);
                const double length = rest.squaredNorm(), along = rest.dot(target);
                if (!(length > nothing * v.squaredNorm())) continue;
                found[i] = {std::max(0.0, 1 - along * along / (length * size)), static_cast<std::uint32_t>(i), table_[i].size, transform, monomial};
            }
        });
        std::erase_if(found, [](const NearHit& hit) { return hit.size == 0; });
        std::ranges::stable_sort(found, [](const NearHit& a, const NearHit& b) { return std::pair(a.size, a.left) < std::pair(b.size, b.left); });
        int of_size = 0, taken = 0;
        for (const auto& hit : found) {
            taken = hit.size == of_size ? taken + 1 : 0;
            of_size = hit.size;
            if (taken < static_cast<int>(best_of_size)) hits_.push_back(hit);
        }
    }

    std::span<const double> entry(std::size_t i) const { return {values_.data() + i * sample_.size(), sample_.size()}; }

    void offer(const NearHit& hit) {
        std::vector<double> t(sample_.size());
        transform_rows(hit.transform, sample_.target.data(), t.data(), t.size());
        const auto inner = hit.monomial ? monomial_fit(hit, t) : affine_fit(hit, t);
        if (inner) judge_.offer_fitted(inverted(hit.transform, *inner, common_sign(sample_.target)));
    }

    std::optional<Expression> affine_fit(const NearHit& hit, const std::vector<double>& t) const {
        Matrix columns(rows_, 2);
        columns << seen(entry(hit.entry), false), Vector::Ones(rows_);
        const Vector a = columns.colPivHouseholderQr().solve(seen(t, false));
        if (!a.allFinite()) return std::nullopt;
        return sum_of(scaled(a(0), table_.expression(hit.entry)), Expression::constant(a(1)));
    }

    std::optional<Expression> monomial_fit(const NearHit& hit, const std::vector<double>& t) const {
        const bool has_entry = hit.size > 0;
        Matrix columns(rows_, static_cast<Eigen::Index>(logs_.size()) + (has_entry ? 1 : 0));
        for (std::size_t j = 0; j < logs_.size(); ++j) columns.col(static_cast<Eigen::Index>(j)) = seen(logs_[j], false);
        if (has_entry) columns.rightCols(1) = seen(entry(hit.entry), true);
        Vector rest = seen(t, true);
        const Vector a = columns.colPivHouseholderQr().solve(rest);
        std::vector<Power> powers;
        for (Eigen::Index j = 1; j < columns.cols(); ++j) {
            const auto p = nearest_fraction(a(j), near_exponent);
            if (!p) return std::nullopt;
            rest -= p->value() * columns.col(j);
            if (p->n == 0) continue;
            const bool is_entry = has_entry && j + 1 == columns.cols();
            Expression base = is_entry ? table_.expression(hit.entry) : Expression::feature(log_variables_[static_cast<std::size_t>(j) - 1]);
            const bool negative = is_entry ? common_sign(entry(hit.entry)) < 0 : common_sign(sample_.columns[static_cast<std::size_t>(log_variables_[static_cast<std::size_t>(j) - 1])]) < 0;
            powers.push_back({p->d != 1 && negative ? scaled(-1, base) : base, *p});
        }
        if (powers.empty()) return std::nullopt;
        return monomial_of(std::exp(rest.mean()) * common_sign(t), powers);
    }

    const ValueTable& table_;
    const Sample& sample_;
    Judge& judge_;
    Eigen::Index rows_;
    std::vector<double> values_;
    std::vector<std::vector<double>> logs_;
    std::vector<std::int32_t> log_variables_;
    Matrix constant_, monomial_;
    std::vector<NearHit> hits_;
};

}  // namespace

void ask_near(const ValueTable& table, const Sample& sample, Judge& judge) {
    if (sample.size() >= 12 && table.size() > 0) Near(table, sample, judge).run();
}

}  // namespace balmer::enumerate
