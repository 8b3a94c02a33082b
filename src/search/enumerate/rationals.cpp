#include "search/enumerate/rationals.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "search/enumerate/factoring.hpp"
#include "search/enumerate/noisy_scan.hpp"
#include "search/enumerate/polynomials.hpp"
#include "search/enumerate/robust.hpp"
#include "search/enumerate/transforms.hpp"

namespace balmer::enumerate {
namespace {

constexpr std::size_t most_ratio_terms = 44, most_offered_terms = 8;
constexpr std::size_t rows_per_ratio_term = 5;
constexpr int highest_ratio_degree = 4;
constexpr double exact_ratio = 1e-7;  // of the target's size; the fit of constants does the rest

struct RatioTerm {
    std::vector<int> powers;
    bool below = false;  // of Q
    double coefficient = 0;
};

int degree_of(const std::vector<int>& powers) { return std::accumulate(powers.begin(), powers.end(), 0); }

/// P/Q with some of the terms left.
class Ratio {
public:
    Ratio(const Powers& powers, const std::vector<std::int32_t>& variables, const Sample& sample, const Viewed& seen) : seen_(&seen) {
        for (const bool below : {false, true}) {
            for (const auto& p : powers) {
                terms_.push_back({p, below});
                values_.push_back(term_values(p, variables, sample));
            }
        }
        below_.assign(seen.u.size(), 1.0);
        pivot_ = powers.size();  // Q's constant
    }

    const std::vector<RatioTerm>& terms() const { return terms_; }
    std::size_t size() const { return terms_.size(); }
    /// Whether Q is more than one term and P there.
    bool is_quotient() const {
        const auto below = std::ranges::count_if(terms_, &RatioTerm::below);
        return below > 1 && below < std::ssize(terms_);
    }
    /// Robust standard deviation of u - P/Q, weighted.
    double scale() const { return scale_; }

    /// False when nothing finite comes out.
    bool fit(int passes) {
        for (int pass = 0; pass < passes; ++pass)
            if (!fit_once()) return false;
        std::vector<double> residual(seen_->u.size());
        for (std::size_t i = 0; i < residual.size(); ++i) {
            double difference = 0;  // P - u Q
            for (std::size_t j = 0; j < terms_.size(); ++j) difference += terms_[j].coefficient * entry(j, i);
            residual[i] = std::sqrt(seen_->weight[i]) * difference / below_[i];
        }
        if (!std::ranges::all_of(residual, [](double r) { return std::isfinite(r); })) return false;
        scale_ = 1.4826 * median_size(std::move(residual));
        return true;
    }

    void leave_out_least() {
        std::vector<double> coefficients;
        for (std::size_t j = 0; j < terms_.size(); ++j)
            if (j != pivot_) coefficients.push_back(terms_[j].coefficient);
        std::size_t least = least_significant(columns_beside_pivot(), used_weight_, coefficients);
        least += least >= pivot_ ? 1 : 0;
        terms_.erase(terms_.begin() + static_cast<std::ptrdiff_t>(least));
        values_.erase(values_.begin() + static_cast<std::ptrdiff_t>(least));
        pivot_ -= pivot_ > least ? 1 : 0;
    }

    double cost() const {
        double cost = static_cast<double>(seen_->u.size()) * std::log(std::max(scale_, 1e-300));
        for (const auto& term : terms_) cost += cost_per_node * nodes_of_term(term.powers);
        return cost;
    }

private:
    // Of the matrix of P - u Q.
    double entry(std::size_t term, std::size_t row) const { return terms_[term].below ? -seen_->u[row] * values_[term][row] : values_[term][row]; }

    std::vector<std::vector<double>> columns_beside_pivot() const {
        std::vector<std::vector<double>> columns;
        for (std::size_t j = 0; j < terms_.size(); ++j) {
            if (j == pivot_) continue;
            columns.emplace_back();
            for (std::size_t i = 0; i < seen_->u.size(); ++i) columns.back().push_back(entry(j, i));
        }
        return columns;
    }

    // Least squares of P - u Q with weights 1/Q^2, the coefficient of the pivot held at 1. The term that weighs most is the next pivot.
    bool fit_once() {
        const std::size_t rows = seen_->u.size();
        constexpr double least_below = 1e-3;  // of the median: near poles a row does not rule alone
        const double floor = least_below * median_size(below_);
        if (!(floor > 0)) return false;
        std::vector<double> weight(rows), z(rows);
        for (std::size_t i = 0; i < rows; ++i) {
            weight[i] = seen_->weight[i] / std::pow(std::max(std::fabs(below_[i]), floor), 2);
            z[i] = -entry(pivot_, i);
        }
        const RobustFit fit = robust_linear_fit(columns_beside_pivot(), z, weight);
        if (!std::isfinite(fit.scale)) return false;
        for (std::size_t j = 0, k = 0; j < terms_.size(); ++j) terms_[j].coefficient = j == pivot_ ? 1 : fit.coefficients[k++];
        for (std::size_t i = 0; i < rows; ++i) weight[i] *= fit.factor[i];
        used_weight_ = weight;
        std::ranges::fill(below_, 0.0);
        std::vector<double> weight_of(terms_.size());
        for (std::size_t j = 0; j < terms_.size(); ++j) {
            for (std::size_t i = 0; i < rows; ++i) {
                const double x = terms_[j].coefficient * entry(j, i);
                weight_of[j] += weight[i] * x * x;
                if (terms_[j].below) below_[i] += terms_[j].coefficient * values_[j][i];
            }
        }
        pivot_ = static_cast<std::size_t>(std::ranges::max_element(weight_of) - weight_of.begin());
        return std::ranges::all_of(below_, [](double q) { return std::isfinite(q) && q != 0; });
    }

    const Viewed* seen_;
    std::vector<RatioTerm> terms_;
    std::vector<std::vector<double>> values_;   ///< of the terms
    std::vector<double> below_;                 ///< Q
    std::vector<double> used_weight_;
    std::size_t pivot_ = 0;
    double scale_ = std::numeric_limits<double>::infinity();
};

/// A polynomial, coefficient by coefficient.
struct Polynomial {
    Powers powers;
    std::vector<double> coefficients;

    bool empty() const { return powers.empty(); }
    double of(const std::vector<int>& wanted) const {
        for (std::size_t j = 0; j < powers.size(); ++j)
            if (powers[j] == wanted) return coefficients[j];
        return 0;
    }
    void add(const std::vector<int>& term, double coefficient) {
        for (std::size_t j = 0; j < powers.size(); ++j) {
            if (powers[j] != term) continue;
            coefficients[j] += coefficient;
            return;
        }
        powers.push_back(term);
        coefficients.push_back(coefficient);
    }
    Expression written(const std::vector<std::int32_t>& variables) const { return polynomial_of(coefficients, powers, variables); }
};

/// (x + b/2)^2 + (c - b^2/4) for x^2 + b x + c of one variable.
std::optional<Expression> completed_square(const Polynomial& q, const std::vector<std::int32_t>& variables) {
    for (std::size_t v = 0; v < variables.size(); ++v) {
        std::vector<int> none(variables.size(), 0), one = none, two = none;
        one[v] = 1;
        two[v] = 2;
        const double b = q.of(one), c = q.of(none);
        if (q.powers.size() != 3 || q.of(two) != 1 || b == 0 || c == 0) continue;
        const Expression inside = sum_of(Expression::feature(variables[v]), Expression::constant(b / 2));
        return sum_of(Expression::apply(Op::square, inside), Expression::constant(c - b * b / 4));
    }
    return std::nullopt;
}

class RatioWriter {
public:
    RatioWriter(const Ratio& ratio, const std::vector<std::int32_t>& variables, const Sample& sample) : variables_(variables), sample_(sample) {
        // The highest term of Q has the coefficient 1.
        const RatioTerm* highest = nullptr;
        for (const auto& term : ratio.terms())
            if (term.below && (highest == nullptr || degree_of(term.powers) >= degree_of(highest->powers))) highest = &term;
        for (const auto& term : ratio.terms()) (term.below ? below_ : above_).add(term.powers, term.coefficient / highest->coefficient);
        highest_ = highest->powers;
    }

    std::vector<Expression> writings() const {
        std::vector<Expression> denominators = {below_.written(variables_)};
        if (const auto square = completed_square(below_, variables_)) denominators.push_back(*square);
        std::vector<Expression> all;
        for (const auto& denominator : denominators) {
            all.push_back(quotient_of(above_.written(variables_), denominator));
            for (const auto& [whole, rest] : divisions()) all.push_back(sum_of(quotient_of(rest.written(variables_), denominator), whole.written(variables_)));
        }
        return all;
    }

private:
    /// P = W Q + R with fewer terms than P has, where coefficients of R that are small become zero.
    std::vector<std::pair<Polynomial, Polynomial>> divisions() const {
        std::vector<std::pair<Polynomial, Polynomial>> found;
        const auto [whole, rest] = divided();
        if (whole.empty()) return found;
        for (const double negligible : {1e-6, 1e-2, 0.1}) {
            const Polynomial kept = without_small(rest, negligible);
            const bool is_shorter = !kept.empty() && whole.powers.size() + kept.powers.size() < above_.powers.size();
            if (is_shorter && (found.empty() || found.back().second.powers != kept.powers)) found.emplace_back(whole, kept);
        }
        return found;
    }

    /// Long division by the highest term of Q. In several variables a term of P that it does not divide stays in the rest.
    std::pair<Polynomial, Polynomial> divided() const {
        Polynomial whole, rest = above_;
        for (std::size_t guard = 0; guard < most_offered_terms; ++guard) {
            std::size_t at = rest.powers.size();
            for (std::size_t j = 0; j < rest.powers.size(); ++j) {
                const bool is_divisible = std::ranges::equal(highest_, rest.powers[j], std::less_equal<>());
                if (is_divisible && rest.coefficients[j] != 0 && (at == rest.powers.size() || degree_of(rest.powers[j]) > degree_of(rest.powers[at]))) at = j;
            }
            if (at == rest.powers.size()) break;
            std::vector<int> factor = rest.powers[at];
            for (std::size_t v = 0; v < factor.size(); ++v) factor[v] -= highest_[v];
            const double coefficient = rest.coefficients[at];
            whole.add(factor, coefficient);
            for (std::size_t j = 0; j < below_.powers.size(); ++j) {
                std::vector<int> term = below_.powers[j];
                for (std::size_t v = 0; v < term.size(); ++v) term[v] += factor[v];
                rest.add(term, -coefficient * below_.coefficients[j]);
            }
            rest.coefficients[at] = 0;  // but for rounding
        }
        return {whole, rest};
    }

    Polynomial without_small(const Polynomial& rest, double negligible) const {
        std::vector<double> size;
        for (std::size_t j = 0; j < rest.powers.size(); ++j)
            size.push_back(std::fabs(rest.coefficients[j]) * median_size(term_values(rest.powers[j], variables_, sample_)));
        double largest_before = 0;  // of P: what cancels against it is small
        for (std::size_t j = 0; j < above_.powers.size(); ++j)
            largest_before = std::max(largest_before, std::fabs(above_.coefficients[j]) * median_size(term_values(above_.powers[j], variables_, sample_)));
        const double largest = size.empty() ? 0 : *std::ranges::max_element(size);
        Polynomial kept;
        for (std::size_t j = 0; j < size.size(); ++j)
            if (size[j] > negligible * largest && size[j] > 1e-12 * largest_before) kept.add(rest.powers[j], rest.coefficients[j]);
        return kept;
    }

    const std::vector<std::int32_t>& variables_;
    const Sample& sample_;
    Polynomial above_, below_;
    std::vector<int> highest_;
};

}  // namespace

void ask_rationals(const Sample& sample, const std::vector<std::int32_t>& variables, Judge& judge, Fits fits) {
    if (variables.empty() || !judge.spelling().has(Op::divide)) return;
    const int sign = common_sign(sample.target);
    for (const auto t : {Transform::identity, Transform::square}) {
        if (!invertible(t, judge.spelling()) || (loses_sign(t) && sign == 0)) continue;
        const Viewed seen = seen_through(t, sample);
        if (seen.u.empty()) continue;
        const double size = median_size(seen.u) * std::sqrt(median_size(seen.weight));
        for (int degree = 1; degree <= highest_ratio_degree; ++degree) {
            const Powers powers = powers_up_to(variables.size(), degree);
            if (2 * powers.size() > most_ratio_terms || 2 * powers.size() * rows_per_ratio_term > sample.size()) break;
            Ratio ratio(powers, variables, sample, seen);
            constexpr int first_passes = 6, passes = 2;
            if (!ratio.fit(first_passes) || (fits == Fits::exactly && ratio.scale() > exact_ratio * size)) continue;
            std::vector<Ratio> small;
            while (ratio.is_quotient()) {
                if (judge.run().over()) return;
                judge.run().clock.add(sample.size(), ratio.size() * ratio.size());
                if (ratio.size() <= most_offered_terms) small.push_back(ratio);
                ratio.leave_out_least();
                if (!ratio.fit(passes)) break;
            }
            double lowest = std::numeric_limits<double>::infinity();
            for (auto kept = small.rbegin(); kept != small.rend(); ++kept) {
                if (kept->cost() >= lowest) continue;
                lowest = kept->cost();
                for (const auto& writing : RatioWriter(*kept, variables, sample).writings()) judge.offer_fitted(inverted(t, writing, sign));
            }
            if (judge.solved() || (fits == Fits::under_noise && judge.leaves_noise())) return;
        }
    }
}

}  // namespace balmer::enumerate
