#include <algorithm>

#include "search/genetic/mutation.hpp"

namespace balmer::genetic {
namespace {

bool can_use(const Setting& setting, Op op) {
    return std::ranges::any_of(setting.choices(2), [&](const Choice& c) { return c.op == op; });
}

std::vector<Library::Match> ask(const Wanted& wanted, const Scene& scene, std::size_t count) {
    if (scene.setting.library())
        return scene.setting.library()->nearest(wanted.value, wanted.weight, count);
    return scene.pool.nearest(wanted, count);
}

std::optional<Expression> answer(const Wanted& wanted, const Scene& scene, RandomStream& random) {
    if (2 * wanted.usable() < wanted.value.size())
        return std::nullopt;
    const auto matches = ask(wanted, scene, 4);
    if (matches.empty())
        return std::nullopt;
    // The best half of the time, else one of the best four.
    return matches[random.chance(0.5) ? 0 : random.below(matches.size())].expression;
}

std::optional<Wanted> wanted_for(const Expression& formula, std::size_t position, const Trace& trace,
                                 const Scene& scene) {
    if (!scene.sample.has_targets() || scene.scale == 0)
        return std::nullopt;
    return wanted_at(formula, position, scene.scale, scene.offset, scene.output, trace, scene.sample);
}

// What would this subtree have to be? Looked up.
class SolveSubtree final : public Mutation {
public:
    std::string_view name() const override { return "solve subtree"; }
    double weight() const override { return 0.6; }
    std::optional<Expression> apply(const Expression& formula, const Scene& scene,
                                    RandomStream& random) const override {
        if (!scene.sample.has_targets())
            return std::nullopt;
        const std::size_t position = random.below(formula.size());
        if (position + 1 == formula.size() && !random.chance(0.1))
            return std::nullopt;
        const Trace trace(formula, scene.setting.problem().definitions, scene.sample);
        const auto wanted = wanted_for(formula, position, trace, scene);
        if (!wanted)
            return std::nullopt;
        const auto found = answer(*wanted, scene, random);
        if (!found)
            return std::nullopt;
        return formula.replaced(position, *found);
    }
};

// Which summand or factor does this subtree lack? Looked up.
class SolveMissing : public Mutation {
public:
    std::optional<Expression> solve(const Expression& formula, const Scene& scene, RandomStream& random, Op op) const {
        if (!can_use(scene.setting, op) || !scene.sample.has_targets())
            return std::nullopt;
        // The whole formula is the commonest place for a missing part.
        const std::size_t position = random.chance(0.4) ? formula.size() - 1 : random.below(formula.size());
        const Trace trace(formula, scene.setting.problem().definitions, scene.sample);
        auto wanted = wanted_for(formula, position, trace, scene);
        if (!wanted)
            return std::nullopt;
        const auto here = trace.node(position);
        for (std::size_t i = 0; i < here.size(); ++i) {
            if (op == Op::add) {
                wanted->value[i] -= here[i];
            } else {
                wanted->value[i] /= here[i];
                wanted->weight[i] *= here[i] * here[i];
            }
        }
        wanted->tame();
        const auto found = answer(*wanted, scene, random);
        if (!found)
            return std::nullopt;
        return formula.replaced(position, Expression::apply(op, formula.subtree(position), *found));
    }
};

class SolveSummand final : public SolveMissing {
public:
    std::string_view name() const override { return "solve summand"; }
    double weight() const override { return 0.6; }
    std::optional<Expression> apply(const Expression& formula, const Scene& scene,
                                    RandomStream& random) const override {
        return solve(formula, scene, random, Op::add);
    }
};

class SolveFactor final : public SolveMissing {
public:
    std::string_view name() const override { return "solve factor"; }
    double weight() const override { return 0.6; }
    std::optional<Expression> apply(const Expression& formula, const Scene& scene,
                                    RandomStream& random) const override {
        return solve(formula, scene, random, Op::multiply);
    }
};

}  // namespace

void add_value_mutations(std::vector<std::unique_ptr<const Mutation>>& list) {
    list.push_back(std::make_unique<SolveSubtree>());
    list.push_back(std::make_unique<SolveSummand>());
    list.push_back(std::make_unique<SolveFactor>());
}

std::span<const std::unique_ptr<const Mutation>> mutations() {
    static const auto list = [] {
        std::vector<std::unique_ptr<const Mutation>> all;
        add_point_mutations(all);
        add_tree_mutations(all);
        add_value_mutations(all);
        return all;
    }();
    return list;
}

}  // namespace balmer::genetic
