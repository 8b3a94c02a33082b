#pragma once

#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "balmer/evaluate.hpp"
#include "balmer/fitting.hpp"
#include "balmer/search.hpp"
#include "search/unit_guard.hpp"

namespace balmer {

/// The rows a loss is taken over, bound once: feature pointers and one loss per independent group of outputs (regression on k targets
/// has k groups of one output, classification one group of k).
class BoundRows {
public:
    BoundRows(const Dataset& data, const LossOptions& loss, Task task);

    const Columns<double>& columns() const { return columns_; }
    std::size_t rows() const { return columns_.rows; }
    std::size_t groups() const { return losses_.size(); }
    const BoundLoss& loss(std::size_t group) const { return *losses_[group]; }

private:
    std::vector<Dataset> per_target_;  // what single-target losses point into
    std::vector<const double*> pointers_;
    Columns<double> columns_;
    std::vector<std::unique_ptr<BoundLoss>> losses_;
};

/// A Problem bound to the evaluator and the fits: what every search asks for the numbers that count. Const and thread-safe after
/// construction. Losses are means over rows, and over targets. With a partly known form, the formulas of its holes are written into it and
/// fitted together with its named constants; its numbers stay.
class Scorer {
public:
    explicit Scorer(const Problem& problem);

    const Problem& problem() const { return *problem_; }
    const BoundRows& rows() const { return training_; }
    std::size_t outputs() const { return outputs_; }
    /// A whole candidate from the formulas that are searched: with a form, the form with its values as given follows.
    std::vector<Expression> completed(std::vector<Expression> searched) const;
    /// Loss of the best constants: the yardstick of "how much is explained".
    double baseline() const { return baseline_; }

    /// Sum over the outputs by the problem's measure; with a form, over the formulas of its holes.
    int complexity(std::span<const Expression> outputs) const;
    /// Whether every constraint of the problem holds, units included.
    bool allowed(std::span<const Expression> outputs) const { return allowed(outputs, problem_->constraints); }
    /// The same for formulas that leave nothing of the targets.
    bool allowed_as_law(std::span<const Expression> outputs) const;

    /// Mean loss on all training rows in double; infinity outside the domain or once it is sure to pass `bar`.
    double loss(std::span<const Expression> outputs, double bar = std::numeric_limits<double>::infinity()) const;
    /// Mean loss on the validation rows; NaN when there are none.
    double validation(std::span<const Expression> outputs) const;
    /// Fits all constants of the outputs together, in place; returns the mean loss, never above that of the start.
    double fit(std::span<Expression> outputs, const FitOptions& options = {}, RandomStream* random = nullptr) const;
    /// Covariance of the outputs' constants in order, p x p row-major; `fixed` ones (empty: none) have zero rows. Where the data give
    /// sigma it is taken as known.
    std::vector<double> covariance(std::span<const Expression> outputs, const std::vector<bool>& fixed) const;
    /// Complexity, loss and validation loss of the outputs as they stand.
    Candidate score(std::vector<Expression> outputs, std::string origin) const;

private:
    bool allowed(std::span<const Expression> outputs, const Constraints& constraints) const;
    struct Compiled;
    Compiled compile(std::span<const Expression> outputs) const;
    Compiled compile_form(std::span<const Expression> outputs) const;
    double mean_loss(std::span<const Expression> outputs, const BoundRows& rows, double bar) const;

    const Problem* problem_;
    std::size_t outputs_;
    BoundRows training_;
    std::unique_ptr<BoundRows> validation_;
    double baseline_ = 0;
    UnitGuard units_;
};

}  // namespace balmer
