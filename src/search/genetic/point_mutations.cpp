#include <cmath>

#include "search/genetic/create.hpp"
#include "search/genetic/mutation.hpp"

namespace balmer::genetic {
namespace {

bool is_constant(const Node& node) { return node.op == Op::parameter; }
bool is_feature(const Node& node) { return node.op == Op::feature; }

// Multiplies one constant, or all, by a log-normal factor; seldom changes its sign.
class ChangeConstant final : public Mutation {
public:
    std::string_view name() const override { return "change constant"; }
    double weight() const override { return 0.4; }
    Preserves preserves() const override { return Preserves::structure; }
    std::optional<Expression> apply(const Expression& formula, const Scene&, RandomStream& random) const override {
        if (formula.values.empty())
            return std::nullopt;
        Expression result = formula;
        const std::size_t one = random.below(formula.values.size());
        const bool every = random.chance(0.3);
        const double width = random.chance(0.5) ? 0.3 : 2.0;
        for (std::size_t i = 0; i < result.values.size(); ++i) {
            if (!every && i != one)
                continue;
            double& value = result.values[i];
            value = value == 0 ? random.normal() : value * std::exp(width * random.normal());
            if (random.chance(0.1))
                value = -value;
        }
        return result;
    }
};

// Another operator with as many operands.
class ChangeOperator final : public Mutation {
public:
    std::string_view name() const override { return "change operator"; }
    double weight() const override { return 1.0; }
    Preserves preserves() const override { return Preserves::shape; }
    std::optional<Expression> apply(const Expression& formula, const Scene& scene,
                                    RandomStream& random) const override {
        const auto changeable = [&](const Node& n) {
            return n.arity > 0 && n.arity <= 3 && scene.setting.choices(n.arity).size() > 1;
        };
        const auto position = random_position(formula, random, changeable);
        if (!position)
            return std::nullopt;
        Expression result = formula;
        Node& node = result.nodes[*position];
        for (int attempt = 0; attempt < 8; ++attempt) {
            const Choice& choice = random_choice(scene.setting.choices(node.arity), random);
            if (choice.op == node.op && choice.index == node.index)
                continue;
            node.op = choice.op;
            node.index = choice.index;
            return result;
        }
        return std::nullopt;
    }
};

// Another feature.
class ChangeFeature final : public Mutation {
public:
    std::string_view name() const override { return "change feature"; }
    double weight() const override { return 1.0; }
    Preserves preserves() const override { return Preserves::shape; }
    std::optional<Expression> apply(const Expression& formula, const Scene& scene,
                                    RandomStream& random) const override {
        if (scene.setting.features(scene.output) < 2)
            return std::nullopt;
        const auto position = random_position(formula, random, is_feature);
        if (!position)
            return std::nullopt;
        Expression result = formula;
        auto& index = result.nodes[*position].index;
        index = static_cast<std::int32_t>(
            (static_cast<std::size_t>(index) + 1 + random.below(scene.setting.features(scene.output) - 1)) %
            scene.setting.features(scene.output));
        return result;
    }
};

// A leaf becomes a constant, or a constant a feature.
class ChangePoint final : public Mutation {
public:
    std::string_view name() const override { return "change point"; }
    double weight() const override { return 0.6; }
    Preserves preserves() const override { return Preserves::shape; }
    std::optional<Expression> apply(const Expression& formula, const Scene& scene,
                                    RandomStream& random) const override {
        const auto position = random_position(formula, random, is_leaf);
        if (!position)
            return std::nullopt;
        if (!is_constant(formula.nodes[*position]))
            return formula.replaced(*position, Expression::constant(random_constant(random)));
        return formula.replaced(*position,
                                Expression::feature(static_cast<std::int32_t>(random.below(scene.setting.features(scene.output)))));
    }
};

// Exchanges the two operands of an operator.
class SwapOperands final : public Mutation {
public:
    std::string_view name() const override { return "swap operands"; }
    double weight() const override { return 0.3; }
    std::optional<Expression> apply(const Expression& formula, const Scene&, RandomStream& random) const override {
        const auto sided = [](const Node& n) { return n.arity == 2 && info(n.op).symmetry != Symmetry::commutative; };
        const auto position = random_position(formula, random, sided);
        if (!position)
            return std::nullopt;
        const auto operands = formula.operands(*position);
        const Expression swapped[] = {formula.subtree(operands[1]), formula.subtree(operands[0])};
        const Node& node = formula.nodes[*position];
        return formula.replaced(*position, Expression::apply(node.op, swapped, node.index));
    }
};

}  // namespace

void add_point_mutations(std::vector<std::unique_ptr<const Mutation>>& list) {
    list.push_back(std::make_unique<ChangeConstant>());
    list.push_back(std::make_unique<ChangeOperator>());
    list.push_back(std::make_unique<ChangeFeature>());
    list.push_back(std::make_unique<ChangePoint>());
    list.push_back(std::make_unique<SwapOperands>());
}

}  // namespace balmer::genetic
