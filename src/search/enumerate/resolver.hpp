#pragma once

#include <optional>

#include "search/enumerate/compounds.hpp"
#include "search/enumerate/judge.hpp"
#include "search/enumerate/lattice.hpp"
#include "search/enumerate/transforms.hpp"
#include "search/enumerate/value_table.hpp"

namespace balmer::enumerate {

/// How a part A enters: T = H, T = cA + H, T = A^c H.
enum class Combine : std::uint8_t { nothing, plus, times };
/// What is left, seen through the view g: g(H) = C prod x^p (monomial), C prod x^p B^q (quotient), a B + b (affine), a B + b D + c (pair).
enum class Kind : std::uint8_t { monomial, quotient, affine, pair };

/// Names from here on are compounds.
inline constexpr std::int64_t first_compound = std::int64_t{1} << 40;

/// A coincidence of keys: a proposal.
struct Hit {
    Transform target = Transform::identity, view = Transform::identity;
    Combine combine = Combine::nothing;
    Kind kind = Kind::monomial;
    double c = 1;
    std::int64_t part = 0;         ///< A: table entry, -1 - index into the lattice, or first_compound + index
    std::int64_t third = 0;        ///< T / third^third_power instead of T, when third_power is not 0; named as A is
    double third_power = 0;
    std::uint32_t factor = 0;      ///< A times this point of the lattice; 0 is the constant 1
    double shift = 0;              ///< T - shift instead of T
    double inner = 0;              ///< T = A^c (inner + H)
    std::int64_t entry = 0;        ///< B, named as A is
    std::int64_t shifted_by = 0;   ///< S with T - shift * S instead of T, when `shifts`
    bool shifts = false;
    std::int64_t second = 0;       ///< D

    bool operator==(const Hit&) const = default;
};

/// T = C prod x^p prod B^q.
struct ProductHit {
    Transform target = Transform::identity;
    std::vector<std::int64_t> bases;  ///< named as Hit::part is
};

/// The same with any formulas as bases.
struct FunctionsHit {
    Transform target = Transform::identity;
    std::vector<Expression> bases;
};

/// T = M (sum_j c_j x_j + sum_k a_k B_k + c), or that over (D + e).
struct SumHit {
    Transform target = Transform::identity;
    std::vector<std::int64_t> divisors, terms;  ///< factors of M, and the B_k
    std::optional<std::int64_t> denominator = {};
};

/// Turns proposals into formulas: fits their constants on the check rows, snaps them, verifies, and offers what holds to the judge.
class Resolver {
public:
    Resolver(const ValueTable& table, const std::vector<LatticePoint>& lattice, const Compounds& compounds, const Sample& check, Judge& judge)
        : table_(table), lattice_(lattice), compounds_(compounds), check_(check), judge_(judge) {}

    /// True when the formula holds on the check rows to 1e-9 of their spread.
    bool resolve(const Hit& hit);
    bool resolve(const ProductHit& hit);
    bool resolve(const FunctionsHit& hit);
    bool resolve(const SumHit& hit);
    /// Offers `formula` when it holds on the check rows; true then.
    bool verify(const Expression& formula);

private:
    std::vector<double> values_of(const Expression& formula) const;
    Expression named(std::int64_t name) const;
    Expression part_of(const Hit& hit) const;
    std::optional<Expression> fitted(const Hit& hit, const std::vector<double>& g) const;

    const ValueTable& table_;
    const std::vector<LatticePoint>& lattice_;
    const Compounds& compounds_;
    const Sample& check_;
    Judge& judge_;
};

/// A formula with its values on the sample.
struct Base {
    Expression formula;
    std::vector<double> values;
};

/// C prod x_j^p_j prod B_k^q_k for values that are exactly that; nothing when they are not (relative residual above 1e-8). Exponents are simple
/// fractions; others only of an exponential, whose argument they multiply, or where the spelling has powers. A base of both signs whose power
/// has none, as sqrt((a - b)^2), enters by its size.
std::optional<Expression> fit_monomial(const std::vector<double>& values, const Sample& sample, const std::vector<std::int32_t>& variables,
                                       const Spelling& spelling, std::span<const Base> bases);

/// The short number (n/12, or as balmer::snap) within 1e-9 of `value`, or the value itself.
double shortened(double value);

}  // namespace balmer::enumerate
