#pragma once

#include "search/genetic/individual.hpp"
#include "search/genetic/setting.hpp"

namespace balmer::genetic {

/// Gives individuals their loss on a fixed set of rows, with scale, offset and constants fitted; counts what that took.
class Judge {
public:
    /// `data` and `rows` must outlive the judge; `share` is the part of all training rows that they are.
    Judge(const Setting& setting, const BoundRows& rows, double share)
        : setting_(&setting), rows_(&rows), share_(share) {}

    /// Fits everything about output `changed` (of all outputs when it is `all`) in at most `iterations` steps. A child
    /// far above `bar` (on the quick rows, or with the other outputs held) is spared the rest of the fit. False when it
    /// was, when some row leaves the domain, or when a fitted constant breaks a constraint.
    bool fit(Individual& individual, std::size_t changed, int iterations, double bar);
    /// Loss on these rows at the constants as they are, scale and offset fitted anew where that is one pass.
    bool look(Individual& individual);
    static constexpr std::size_t all = static_cast<std::size_t>(-1);

    /// Rows x nodes so far, small costs of each candidate included.
    double work() const { return work_; }
    /// Candidates on all rows so far.
    double evaluations() const { return evaluations_; }

private:
    bool fit_alone(Individual& individual, std::size_t output, int iterations, double bar);
    bool fit_by_moments(Individual& individual, std::size_t output);
    bool look_at_group(Individual& individual, std::size_t group, std::span<const Expression> outputs);
    bool fit_jointly(Individual& individual, std::size_t changed, int iterations, double bar);
    bool fit_form(Individual& individual, int iterations);
    bool look_at_form(Individual& individual);
    bool take_values(Individual& individual, std::span<const double> values, std::span<const std::size_t> first) const;
    void spent(double passes, std::size_t nodes);
    void summarise(Individual& individual) const;

    const Setting* setting_;
    const BoundRows* rows_;
    double share_;
    double work_ = 0;
    double evaluations_ = 0;
};

}  // namespace balmer::genetic
