#include "search/genetic/create.hpp"
#include "search/genetic/mutation.hpp"

namespace balmer::genetic {
namespace {

bool any_node(const Node&) { return true; }
bool is_operator(const Node& node) { return node.arity > 0; }

// `operand` under a drawn operator, the other operands small random trees.
std::optional<Expression> under_operator(const Expression& operand, int other_size, const Scene& scene,
                                         RandomStream& random) {
    const Choice choice = random_choice(scene.setting.all_choices(), random);
    const std::size_t place = choice.arity == 1 ? 0 : random.below(choice.arity);
    std::vector<Expression> operands;
    for (std::size_t k = 0; k < choice.arity; ++k)
        operands.push_back(k == place ? operand : random_tree(scene.setting, scene.output, other_size, random));
    return Expression::apply(choice.op, operands, choice.index);
}

// An operator on top of a leaf.
class AddNode final : public Mutation {
public:
    std::string_view name() const override { return "add node"; }
    double weight() const override { return 1.5; }
    std::optional<Expression> apply(const Expression& formula, const Scene& scene,
                                    RandomStream& random) const override {
        const auto position = *random_position(formula, random, is_leaf);
        const auto grown = under_operator(formula.subtree(position), 1, scene, random);
        return formula.replaced(position, *grown);
    }
};

// An operator between a subtree and what stands above it.
class InsertNode final : public Mutation {
public:
    std::string_view name() const override { return "insert node"; }
    double weight() const override { return 1.5; }
    std::optional<Expression> apply(const Expression& formula, const Scene& scene,
                                    RandomStream& random) const override {
        const auto position = *random_position(formula, random, any_node);
        const int size = 1 + static_cast<int>(random.below(3));
        const auto grown = under_operator(formula.subtree(position), size, scene, random);
        return formula.replaced(position, *grown);
    }
};

// A factor or a summand that the fit can move.
class InsertConstant final : public Mutation {
public:
    std::string_view name() const override { return "insert constant"; }
    double weight() const override { return 0.7; }
    std::optional<Expression> apply(const Expression& formula, const Scene& scene,
                                    RandomStream& random) const override {
        const auto found = random_position(formula, random, [](const Node& n) { return n.op != Op::parameter; });
        if (!found)
            return std::nullopt;
        const std::size_t position = *found;
        const auto& binary = scene.setting.choices(2);
        const auto has = [&](Op op) {
            for (const auto& choice : binary)
                if (choice.op == op)
                    return true;
            return false;
        };
        const bool factor = random.chance(0.5);
        const Op op = factor ? Op::multiply : Op::add;
        if (!has(op))
            return std::nullopt;
        const double value = factor ? 1 + 0.1 * random.normal() : 0.1 * random.normal();
        return formula.replaced(position,
                                Expression::apply(op, formula.subtree(position), Expression::constant(value)));
    }
};

// An operator gives way to one of its operands.
class DeleteNode final : public Mutation {
public:
    std::string_view name() const override { return "delete node"; }
    double weight() const override { return 1.0; }
    std::optional<Expression> apply(const Expression& formula, const Scene&, RandomStream& random) const override {
        const auto position = random_position(formula, random, is_operator);
        if (!position)
            return std::nullopt;
        const auto operands = formula.operands(*position);
        return formula.replaced(*position, formula.subtree(operands[random.below(operands.size())]));
    }
};

// A subtree gives way to a small random one.
class ReplaceSubtree final : public Mutation {
public:
    std::string_view name() const override { return "replace subtree"; }
    double weight() const override { return 0.8; }
    std::optional<Expression> apply(const Expression& formula, const Scene& scene,
                                    RandomStream& random) const override {
        const auto position = *random_position(formula, random, any_node);
        return formula.replaced(position, random_tree(scene.setting, scene.output, 1 + static_cast<int>(random.below(6)), random));
    }
};

// (a op b) op2 c becomes a op (b op2 c), or the other way round: the two operators change places.
class Rotate final : public Mutation {
public:
    std::string_view name() const override { return "rotate"; }
    double weight() const override { return 0.8; }
    std::optional<Expression> apply(const Expression& formula, const Scene&, RandomStream& random) const override {
        const auto position = random_position(formula, random, [](const Node& n) { return n.arity == 2; });
        if (!position)
            return std::nullopt;
        const auto operands = formula.operands(*position);
        const std::size_t side = random.below(2);
        const Node& outer = formula.nodes[*position];
        const Node& inner = formula.nodes[operands[side]];
        if (inner.arity != 2)
            return std::nullopt;
        const auto below = formula.operands(operands[side]);
        const Expression far = formula.subtree(operands[1 - side]);
        const Expression a = formula.subtree(below[0]), b = formula.subtree(below[1]);
        const Expression low[] = {side == 0 ? b : far, side == 0 ? far : a};
        const Expression lower = Expression::apply(outer.op, low, outer.index);
        const Expression high[] = {side == 0 ? a : lower, side == 0 ? lower : b};
        return formula.replaced(*position, Expression::apply(inner.op, high, inner.index));
    }
};

// A new formula of about the same size.
class Randomise final : public Mutation {
public:
    std::string_view name() const override { return "randomise"; }
    double weight() const override { return 0.1; }
    std::optional<Expression> apply(const Expression& formula, const Scene& scene,
                                    RandomStream& random) const override {
        const auto size = static_cast<int>(formula.size()) + static_cast<int>(random.below(3)) - 1;
        return random_tree(scene.setting, scene.output, size, random);
    }
};

}  // namespace

void add_tree_mutations(std::vector<std::unique_ptr<const Mutation>>& list) {
    list.push_back(std::make_unique<AddNode>());
    list.push_back(std::make_unique<InsertNode>());
    list.push_back(std::make_unique<InsertConstant>());
    list.push_back(std::make_unique<DeleteNode>());
    list.push_back(std::make_unique<ReplaceSubtree>());
    list.push_back(std::make_unique<Rotate>());
    list.push_back(std::make_unique<Randomise>());
}

std::optional<Expression> cross(const Expression& a, const Expression& b, std::size_t longest, RandomStream& random) {
    for (int attempt = 0; attempt < 4; ++attempt) {
        const std::size_t at = random.below(a.size());
        const std::size_t from = random.below(b.size());
        const std::size_t size = a.size() - a.nodes[at].length + b.nodes[from].length;
        if (size <= longest)
            return a.replaced(at, b.subtree(from));
    }
    return std::nullopt;
}

}  // namespace balmer::genetic
