#pragma once

#include <optional>
#include <vector>

#include "search/divide/part.hpp"

namespace balmer::divide {

/// F(y) = u(x_i) p(others) + v(x_i) q(others) with u and v of a short list: one variable enters through two known functions alone.
struct LinearForm {
    Scale scale = Scale::plain;
    Input::Kind kind = Input::Kind::plain;  ///< how p and q follow the other variables
    std::size_t variable = 0;          ///< i
    Expression u, v;                   ///< in the part's features
    double error = 0;                  ///< of F(y), relative and held out
    Part p, q, ratio;                  ///< p, q and q/p on the sample, right up to their tolerance, in the other variables
};

/// The forms that hold about as well as any polynomial does, whose held-out error is `error`; the best first, a few at most.
std::vector<LinearForm> linear_forms(const Part& part, double error, Meter& meter);

/// What is known of a form.
enum class Known : std::uint8_t { p, q, ratio };
/// The problem that is left in the other variables when p, q or q/p is known as `formula` in them: its constants are fitted to the target itself.
std::optional<Step> linear_step(const Part& part, const LinearForm& form, Known known, const Expression& formula);

}  // namespace balmer::divide
