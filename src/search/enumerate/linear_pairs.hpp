#pragma once

#include "search/enumerate/judge.hpp"
#include "search/enumerate/lattice.hpp"
#include "search/enumerate/transforms.hpp"
#include "search/enumerate/value_table.hpp"

namespace balmer::enumerate {

/// T(y) = A (a V1 + b V2 + c): a transform, a monomial, one or two table entries.
struct PairHit {
    Transform transform = Transform::identity;
    std::size_t monomial = 0;         ///< index into the lattice
    std::uint32_t first = 0;          ///< table entries
    std::uint32_t second = KeyIndex::none;
    double cost = 0;                  ///< rows/2 log(weighted squared error) + cost per node; smaller is better
};

/// Monomial times a linear combination of one or two table entries and a constant, every pair at once by one Gram matrix per transform
/// and monomial (search.md, last part). Weighted by the delta method, so that all shapes compete in the target's own residuals.
class LinearPairs {
public:
    LinearPairs(const ValueTable& table, const Sample& screen, Judge& judge);

    /// Screens, reweights robustly, fits the best and offers them to the judge.
    void run();

private:
    struct Task {
        Transform transform;
        std::size_t monomial;
    };
    void choose_basis();
    std::vector<PairHit> screen(const Task& task, std::size_t stride, std::size_t keep) const;
    std::vector<PairHit> screen_all(const std::vector<Task>& tasks, std::size_t stride, std::size_t keep);
    void refine_robustly(std::vector<PairHit>& hits) const;
    void fit_best(const std::vector<PairHit>& hits);
    double robust_cost(const PairHit& hit, std::vector<double>* coefficients, std::vector<double>* row_weight) const;
    std::vector<Expression> spell(const PairHit& hit) const;
    int nodes_of(std::uint32_t entry) const { return table_[entry].size; }

    const ValueTable& table_;
    const Sample& sample_;
    Judge& judge_;
    std::vector<LatticePoint> lattice_;
    std::vector<std::vector<double>> monomials_;     ///< values of lattice points on the screen rows
    std::vector<Transform> transforms_;
    std::vector<std::vector<double>> targets_;       ///< T(y), by transform
    std::vector<std::vector<double>> target_weight_; ///< weights of T(y)
    std::vector<std::uint32_t> basis_;               ///< entries that take part
    std::vector<double> values_;                     ///< [basis][row]
    std::vector<double> robust_;                     ///< factor per row, 1 at the start
};

}  // namespace balmer::enumerate
