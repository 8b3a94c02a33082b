#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "search/genetic/individual.hpp"
#include "search/genetic/pool.hpp"

namespace balmer::genetic {

inline bool is_leaf(const Node& node) { return node.arity == 0; }

/// What a mutation may look at besides the formula: the run, and how the formula stands to its target.
struct Scene {
    const Setting& setting;
    const Sample& sample;
    const Pool& pool;
    double scale = 1, offset = 0;  ///< fitted to the formula
    std::size_t output = 0;        ///< which of the k formulas it is
};

/// What a mutation leaves as it was.
enum class Preserves : std::uint8_t {
    nothing,
    shape,      ///< lengths of all subtrees
    structure,  ///< all but the values of constants
    value,      ///< the values that the formula takes
};

/// One way to change a formula. Results are valid trees with allowed operators; complexity and shape are checked by the
/// caller.
class Mutation {
public:
    virtual ~Mutation() = default;
    virtual std::string_view name() const = 0;
    /// How often it is drawn at first; success changes that during a run.
    virtual double weight() const = 0;
    virtual Preserves preserves() const { return Preserves::nothing; }
    /// The changed formula; nothing when there is nothing to change.
    virtual std::optional<Expression> apply(const Expression& formula, const Scene& scene,
                                            RandomStream& random) const = 0;
};

/// All mutations, in a fixed order.
std::span<const std::unique_ptr<const Mutation>> mutations();

/// Parts of the list: what changes nodes in place, what grows or shrinks trees, what looks at values.
void add_point_mutations(std::vector<std::unique_ptr<const Mutation>>& list);
void add_tree_mutations(std::vector<std::unique_ptr<const Mutation>>& list);
void add_value_mutations(std::vector<std::unique_ptr<const Mutation>>& list);

/// `a` with one of its subtrees replaced by one of `b`'s, of at most `longest` nodes together.
std::optional<Expression> cross(const Expression& a, const Expression& b, std::size_t longest, RandomStream& random);

/// A position whose node satisfies `condition`, each equally likely; nothing when there is none.
template <class Condition>
std::optional<std::size_t> random_position(const Expression& formula, RandomStream& random, Condition&& condition) {
    std::size_t count = 0;
    for (const auto& node : formula.nodes)
        count += condition(node) ? 1 : 0;
    if (count == 0)
        return std::nullopt;
    std::size_t wanted = random.below(count);
    for (std::size_t i = 0;; ++i)
        if (condition(formula.nodes[i]) && wanted-- == 0)
            return i;
}

}  // namespace balmer::genetic
