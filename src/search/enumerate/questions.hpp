#pragma once

#include <unordered_set>

#include "search/enumerate/resolver.hpp"

namespace balmer::enumerate {

/// How far the search for factors goes: members of the list, of which products of any powers are formed; the first of them, each of which may
/// stand beside two others; pairs of the first few, which may too.
struct FactorEffort {
    std::size_t members = 0, firsts = 0, pairs = 0, members_of_pairs = 0;
};

/// How far the search for terms goes: members of the list; the first of them, each of which may stand beside two others; what may divide the
/// target, monomials, entries and the first monomials times these; denominators.
struct SumEffort {
    std::size_t members = 0, firsts = 0, monomials = 0, entries = 0, monomials_of_entry = 0, members_of_divisors = 0, denominators = 0;
};

/// The questions asked of the table about one target without noise, in the order of structure.md, section 3.
class Questions {
public:
    /// `keys`: the table's key rows with this target; `check`: other rows.
    Questions(const ValueTable& table, const Sample& keys, const Sample& check, Judge& judge);

    /// g(T - c): is it a monomial?
    void ask_monomials();
    /// The target's own keys, looked up in the table as it stands.
    void ask_direct();
    /// T = cA + H, A H, H / A for A over the first `count` monomials of the lattice. `views`: H also through log, square, inverse, asin.
    void ask_lattice(std::size_t begin, std::size_t end, bool views);
    /// The same for A over table entries [begin, end); `every` transform of the target or the main ones.
    void ask_table(std::size_t begin, std::size_t end, bool every, bool views);
    /// T = A^q C prod x^p B^r for A over the monomial-distinct entries of [begin, end): differences of stored numbers alone.
    void ask_quotients(std::size_t begin, std::size_t end);
    /// The same with A and B also among the compounds of the first `monomials` monomials, A among the first `count` of them; then
    /// T / D^q so, for D over the first `thirds` compounds and entries and fewer A.
    void ask_compounds(std::size_t monomials, std::size_t count, std::size_t thirds);
    /// T = c S + A^q C prod x^p B^r for S over the first `parts` monomials and entries, A and B over entries below `end`.
    void ask_shifted_quotients(std::size_t parts, std::size_t end);
    /// T = c M + A^q C prod x^p B^r for M over the first `monomials` monomials, A over the first `count` functions, B also among the compounds.
    void ask_shifted_functions(std::size_t monomials, std::size_t count);
    /// T = (M A)^(+-1) (a B + b)^(+-1), half powers of A too, for M over the first `monomials` monomials and A over the monomial-distinct entries below `end`.
    void ask_products(std::size_t monomials, std::size_t end);
    /// T = a A + b B + c over the first `count` affine-distinct entries, for every transform and for quotients by the first `parts`
    /// monomials and monomial-distinct entries.
    void ask_linear(std::size_t count, std::size_t parts);

    /// T = C prod x^p A^a B^b D^d for any exponents.
    void ask_factors(const FactorEffort& effort);
    /// T = M (sum c_j x_j + a A + b B + d D + c) for any coefficients, M perhaps 1, or (sum c_j x_j + a A + b B + c) / (D + e).
    void ask_sums(const SumEffort& effort);

    /// Keeps the first `count` monomial-distinct entries of another table of the same key rows for ask_functions.
    void add_functions(const ValueTable& other, std::size_t count);
    /// T = C prod x^p f^a g^b for any exponents and any two of the functions kept, which are forgotten then.
    void ask_functions();

    /// Sparse polynomials, and polynomials times one of the first `monomials` monomials, on a sample of more rows than the check's.
    void ask_sparse_polynomials(const Sample& sample, std::size_t monomials);

    bool done() const { return judge_.solved() || judge_.run().over(); }
    /// Proposals made and those that held on the check rows.
    std::size_t proposed() const { return proposed_; }
    std::size_t held() const { return held_; }

private:
    struct Target {
        Transform transform;
        std::vector<double> value;
        Keys keys;
        double size = 0;
    };
    struct Part {
        std::int64_t name = 0;
        const double* value = nullptr;
        bool is_monomial = false;
    };
    void ask_part(const Part& part, bool every, bool views, std::vector<Hit>& hits) const;
    void look(const double* h, const Hit& as, bool quotient, bool views, std::vector<Hit>& hits) const;
    void look_one(const double* g, const Hit& as, bool quotient, std::vector<Hit>& hits) const;
    void resolve(const std::vector<Hit>& hits);
    void look_exponential(const double* h, const Hit& as, std::vector<Hit>& hits) const;
    const double* value_of(std::int64_t name) const { return name >= 0 ? table_.value(static_cast<std::size_t>(name)) : lattice_values_[static_cast<std::size_t>(-1 - name)].data(); }
    std::optional<std::int64_t> find_affine(std::uint64_t key) const;
    std::optional<std::int64_t> find_monomial(std::uint64_t key) const;
    void ask_quotient(const Four& target, std::int64_t part, const Hit& as, std::vector<Hit>& hits) const;
    const Four& monomial_of_name(std::int64_t name) const {
        return name >= first_compound ? compounds_[static_cast<std::size_t>(name - first_compound)] : table_[static_cast<std::size_t>(name)].monomial;
    }
    /// A target less a part, of which quotients are asked.
    struct Shifted {
        Hit hit;
        Four monomial{};
    };
    void add_shifted(const Target& target, std::int64_t name, const double* value, std::vector<Shifted>& shifted) const;
    /// Targets whose monomial keys differ.
    std::vector<const Target*> different_targets() const;
    void look_affine(const double* h, const Hit& as, std::vector<Hit>& hits) const;
    void ask_product(std::uint32_t entry, std::size_t monomials, std::vector<Hit>& hits) const;
    /// Calls ask(i, hits) for i in [begin, end), in parallel by slices, and resolves the hits in order.
    template <class Ask>
    void ask_range(std::size_t begin, std::size_t end, Ask&& ask);
    std::vector<LatticePoint> monomials_with_halves(std::size_t count) const;
    std::vector<std::uint32_t> simple_bases(std::size_t count) const;
    template <class Task, class HitOf>
    void ask_planes(const PlaneSearch& planes, const std::vector<Task>& tasks, HitOf&& hit_of);
    Eight eight_of_logarithm(const Target& target) const;
    void ask_pairs_of(const Hit& as, const std::vector<double>& value, std::size_t count);

    const ValueTable& table_;
    Judge& judge_;
    std::vector<std::int32_t> powers_of_;                ///< variables that are nowhere 0
    std::vector<LatticePoint> lattice_, whole_lattice_;  ///< monomials; those without half powers
    std::vector<std::vector<double>> lattice_values_;
    KeyIndex lattice_affine_;                         ///< monomials by affine key
    std::vector<Target> targets_;
    Compounds compounds_;
    std::size_t compound_monomials_ = 0;              ///< that compounds_ were made of
    std::optional<WideFunctionals> logarithmic_, linear_;  ///< blind to monomials of logarithms; to sums of variables
    std::optional<PlaneSearch> function_planes_;
    std::vector<Expression> functions_;
    Resolver resolver_;
    std::unordered_set<std::uint64_t> seen_;
    std::vector<std::int64_t> pair_terms_;            ///< of ask_linear: entries and monomials by name
    std::vector<double> directions_;                  ///< eight unit functionals each, [functional][entry]
    std::size_t proposed_ = 0, held_ = 0;
};

}  // namespace balmer::enumerate
