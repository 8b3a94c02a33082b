#pragma once

#include <vector>

#include "search/genetic/trace.hpp"

namespace balmer::genetic {

/// A library made of a population's own subformulas: what back-solving asks when no library was given. Of fixed size.
class Pool {
public:
    explicit Pool(const Sample& sample) : sample_(&sample) {}

    /// Starts with the features.
    void reset(std::size_t features);
    /// Adds the short subformulas of `core`, those whose values are finite and not constant nor there already.
    void add(const Expression& core, std::span<const Definition> definitions);
    bool full() const { return entries_.size() >= capacity; }

    /// Like Library::nearest: entries written g, c*g, g + c or c*g + d, the shortest that is nearly as good.
    std::vector<Library::Match> nearest(const Wanted& wanted, std::size_t count) const;

    static constexpr std::size_t capacity = 512;

private:
    void add_values(Expression expression, std::span<const double> values);

    struct Entry {
        Expression expression;
        std::uint64_t fingerprint;
    };
    const Sample* sample_;
    std::vector<Entry> entries_;
    std::vector<double> values_;  ///< entries x rows
};

/// The best of g, c*g, g + c and c*g + d for weighted sums of wanted values y and g: shortest form whose error is
/// within a fifth of the best one's. `sums`: w, wg, wy, wgg, wgy, wyy.
Expression fitted_form(const Expression& g, const double (&sums)[6]);

}  // namespace balmer::genetic
