#pragma once

#include "search/enumerate/keys.hpp"

namespace balmer::enumerate {

/// Functionals of a value in greater number than keys have, so that other values can be projected out of them.
using Eight = std::array<double, 8>;

/// Random functionals orthogonal to some vectors: equal for values that differ by a combination of these.
class WideFunctionals {
public:
    /// `blind_to`: vectors of `rows` numbers; those that add nothing are left out.
    WideFunctionals(std::size_t rows, std::vector<std::vector<double>> blind_to, RandomStream random);
    /// How many of the eight are independent: rows less vectors, at most 8.
    std::size_t dimensions() const { return dimensions_; }
    Eight of(const double* value) const;

private:
    std::vector<double> functionals_;  // [row][8]
    std::size_t rows_ = 0, dimensions_ = 0;
};

/// Which two members of a list make a target together with some others, T = sum_k d_k D_k + a A + b B for any numbers d_k, a and b: with T and
/// the D_k projected out A and B point the same way, which one hash table of directions tells for all pairs at once.
class PlaneSearch {
public:
    static constexpr std::uint32_t none = 0xffffffff;
    struct Found {
        std::uint32_t first = none, second = none;  ///< members; second is none where a A is enough
    };

    /// `dimensions`: of the members, as WideFunctionals::dimensions().
    explicit PlaneSearch(std::size_t dimensions) : dimensions_(dimensions) {}
    void add(const Eight& member) { members_.push_back(member); }
    std::size_t size() const { return members_.size(); }
    const Eight& operator[](std::size_t i) const { return members_[i]; }

    /// Pairs among the first `count` members, each with a part in it; a few at most. Nothing where the target is a combination of the others.
    std::vector<Found> spanning(const Eight& target, std::span<const Eight> others, std::size_t count) const;

private:
    std::size_t dimensions_;
    std::vector<Eight> members_;
};

}  // namespace balmer::enumerate
