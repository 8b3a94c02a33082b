#pragma once

#include <vector>

#include "search/genetic/individual.hpp"
#include "search/genetic/setting.hpp"

namespace balmer::genetic {

/// Writes individuals out as formulas with explicit constants, fits them on all rows and keeps those that enter a
/// front.
class Admission {
public:
    /// `front` is the island's own copy of the run's front.
    Admission(const Setting& setting, ParetoFront& front) : setting_(&setting), front_(&front) {}

    /// Whether some way to write it would enter the front if it kept `loss`.
    bool promising(const Individual& individual, double loss) const;
    /// Tries every way to write it that could enter with `loss` or better; `iterations` of the fit each.
    void admit(const Individual& individual, double loss, int iterations);
    /// Enters formulas as they are written, fitted first unless `iterations` is 0.
    void admit_formulas(std::vector<Expression> outputs, int iterations, const char* origin);

    /// What entered, in order.
    const std::vector<Candidate>& found() const { return found_; }
    /// Rows x nodes spent.
    double work() const { return work_; }
    /// Candidates scored on all rows.
    double evaluations() const { return evaluations_; }

private:
    bool enter(std::vector<Expression> outputs, const char* origin);
    bool is_exact(double loss) const;
    void enter_rounded(const std::vector<Expression>& outputs, const char* origin);
    void enter_shorter(const std::vector<Expression>& outputs, double loss, int iterations, const char* origin);

    const Setting* setting_;
    ParetoFront* front_;
    std::vector<Candidate> found_;
    double work_ = 0;
    double evaluations_ = 0;
};

}  // namespace balmer::genetic
