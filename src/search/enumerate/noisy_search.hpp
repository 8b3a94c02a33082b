#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "search/enumerate/judge.hpp"
#include "search/enumerate/noisy_scan.hpp"
#include "search/enumerate/transforms.hpp"

namespace balmer::enumerate {

/// Formulas for noisy data (structure.md, section 6): the target, seen through transforms, as
/// * a power product of all variables and of one or two columns, by regression of logarithms whose exponents must come out rational,
/// * a power product times the exponential of a column,
/// * a monomial times a sum of one, two or three columns, with and without a constant.
/// Screens all columns at once on some 200 rows, fits what is best on more rows, and offers the best of these to the judge.
class NoisySearch {
public:
    /// `screen`: some 200 rows; `middle`: some 600. `factor`: what the target is divided by first (a monomial), with the table of the other
    /// variables.
    NoisySearch(const ValueTable& table, const Problem& problem, const Sample& screen, const Sample& middle, Judge& judge,
                std::vector<Power> factor = {});

    /// The questions that most laws answer; true when one leaves nothing but so little noise that no rival is worth a search.
    bool ask_first();
    /// Whether that holds now, whoever found the formula.
    bool is_enough();
    /// All others.
    void ask_rest();

private:
    /// g(target) - shift, or the target less a part, on the rows of both samples, with the weights that its uncertainty has there.
    struct View {
        Transform transform = Transform::identity;
        double shift = 0;
        Expression part{};  ///< taken off; empty: nothing
        std::vector<double> screen, screen_weight, middle, middle_weight;
    };
    std::optional<View> view(Transform transform, double shift) const;
    View view_without(const Expression& part) const;
    std::vector<View> views_of_powers() const;
    void ask_powers(const View& view, std::size_t end, std::size_t pairs);
    void ask_exponentials();
    void ask_sums(const View& view, std::size_t end, std::size_t pairs);

    std::optional<Expression> spell_power(const View& view, const ScanHit& hit, InnerNumber number) const;
    /// A product of powers with its factor fitted: as it comes, or 1 where that lies within its error.
    enum class Amplitude : std::uint8_t { free, one_within_error };
    std::optional<Expression> with_amplitude(const View& view, const std::vector<Power>& powers, Amplitude wanted) const;
    std::optional<Expression> spell_bend(const View& view, const ScanHit& hit, int power) const;
    /// `without`: place in powers_ of a variable that is no power before the exponential; beyond the last, all are.
    std::optional<Expression> spell_exponential(const View& view, const ScanHit& hit, std::size_t without) const;
    static std::vector<std::vector<double>> logs_without(std::vector<std::vector<double>> logs, std::size_t without);
    std::vector<Expression> spell_sum(const View& view, std::size_t monomial, std::vector<std::uint32_t> columns, InnerNumber number) const;
    Expression undone(const View& view, const Expression& inner) const;
    std::vector<Fraction> rational_exponents(const std::vector<std::vector<double>>& columns, const View& view, std::size_t nonzero) const;
    std::optional<std::vector<Power>> rational_powers(const std::vector<double>& u, const std::vector<double>& weight,
                                                      const std::vector<std::int32_t>& outside, const std::vector<std::vector<double>>& logs) const;
    std::vector<double> on_middle(const Expression& formula) const;
    Expression with_numbers_fitted(Expression formula) const;
    /// Calls spell(i) for every i below `count` in parallel and keeps the formulas in order.
    template <class Spell>
    void propose(std::size_t count, Spell&& spell);
    void offer_best();
    void learn_from_best();
    double cost_of_best(const View& view, Seen seen) const;
    std::vector<ScanHit> worth_a_fit(std::vector<ScanHit> hits, double bar,
                                     double margin_of_inner = std::numeric_limits<double>::infinity()) const;

    const ValueTable& table_;
    const Problem& problem_;
    const Sample &screen_, &middle_;
    std::vector<Power> factor_;
    std::vector<double> screen_factor_, middle_factor_;  ///< its values
    Judge& judge_;
    NoisyColumns columns_;
    std::vector<std::int32_t> powers_;                     ///< variables that have a logarithm on all rows
    std::vector<std::vector<double>> screen_logs_, middle_logs_;  ///< 1 and log|x_j| of these
    Problem rough_problem_;
    std::unique_ptr<Scorer> rough_;
    std::vector<Expression> proposals_;
    Expression best_;        ///< the shortest description so far
    bool settled_ = false;   ///< it leaves nothing but noise
    bool enough_ = false;    ///< so little noise that the search may end
    int sign_ = 0;          ///< of the target on nearly all rows, 0 when mixed
};

}  // namespace balmer::enumerate
