// What every mutation and the crossover leave intact, and what back-solving finds.
#include <gtest/gtest.h>

#include <algorithm>

#include "balmer/simplify.hpp"
#include "problems.hpp"
#include "search/genetic/create.hpp"
#include "search/genetic/mutation.hpp"

namespace balmer::genetic {
namespace {

using balmer::testing::all_operators;
using balmer::testing::made_problem;

Problem problem_with_all_operators() {
    auto problem = made_problem(150, 3, {[](const auto& x) { return x[0] * x[1] + std::sin(x[2]) + 4; }});
    problem.operators = all_operators;
    return problem;
}

void expect_valid(const Expression& e, const Setting& setting, std::string_view by) {
    ASSERT_FALSE(e.empty());
    std::vector<std::uint32_t> stack;
    for (const auto& node : e.nodes) {
        ASSERT_GE(stack.size(), node.arity) << by;
        std::uint32_t length = 1;
        for (int k = 0; k < node.arity; ++k) {
            length += stack.back();
            stack.pop_back();
        }
        ASSERT_EQ(node.length, length) << by;
        stack.push_back(length);
        if (node.op == Op::parameter) {
            ASSERT_LT(static_cast<std::size_t>(node.index), e.values.size()) << by;
        } else if (node.op == Op::feature) {
            ASSERT_LT(static_cast<std::size_t>(node.index), setting.features(0)) << by;
        } else if (info(node.op).arity >= 0) {
            ASSERT_EQ(info(node.op).arity, node.arity) << by;
        }
        if (node.arity > 0) {
            const auto is_it = [&](const Choice& c) { return c.op == node.op; };
            ASSERT_TRUE(std::ranges::any_of(setting.all_choices(), is_it)) << by << " made " << info(node.op).name;
        }
    }
    ASSERT_EQ(stack.size(), 1u) << by;
}

std::vector<std::uint32_t> lengths(const Expression& e) {
    std::vector<std::uint32_t> result;
    for (const auto& node : e.nodes)
        result.push_back(node.length);
    return result;
}

struct Bench {
    Problem problem = problem_with_all_operators();
    Setting setting{problem, GeneticOptions{}, nullptr};
    Sample sample{setting};
    Pool pool{sample};
    Vocabulary names = problem.vocabulary();

    Bench() {
        pool.reset(setting.features(0));
        pool.add(parse("sin(x2)*x0 + cos(x1)", names), {});
    }
    Scene scene(double scale = 1, double offset = 0) const { return {setting, sample, pool, scale, offset, 0}; }
};

TEST(Mutations, KeepTreesValidAndWhatTheyPromise) {
    const Bench bench;
    RandomStream random(17);
    std::vector<int> applied(mutations().size(), 0);
    for (int trial = 0; trial < 400; ++trial) {
        const auto formula = random_tree(bench.setting, 0, 1 + static_cast<int>(random.below(15)), random);
        expect_valid(formula, bench.setting, "random_tree");
        for (std::size_t m = 0; m < mutations().size(); ++m) {
            const auto& mutation = *mutations()[m];
            const auto changed = mutation.apply(formula, bench.scene(), random);
            if (!changed)
                continue;
            ++applied[m];
            expect_valid(*changed, bench.setting, mutation.name());
            if (mutation.preserves() == Preserves::shape) {
                EXPECT_EQ(lengths(formula), lengths(*changed)) << mutation.name();
            }
            if (mutation.preserves() == Preserves::structure) {
                EXPECT_EQ(formula.nodes, changed->nodes) << mutation.name();
                EXPECT_NE(formula.values, changed->values) << mutation.name();
            }
        }
    }
    for (std::size_t m = 0; m < applied.size(); ++m)
        EXPECT_GT(applied[m], 30) << mutations()[m]->name() << " hardly ever applies";
}

TEST(Mutations, HaveNamesAndWeights) {
    std::vector<std::string_view> names;
    for (const auto& mutation : mutations()) {
        EXPECT_GT(mutation->weight(), 0) << mutation->name();
        EXPECT_EQ(std::ranges::count(names, mutation->name()), 0) << mutation->name();
        names.push_back(mutation->name());
    }
}

TEST(Mutations, DependOnTheStreamAlone) {
    const Bench bench;
    const auto formula = parse("sin(x0*x1) + 2*x2/(1 + x0^2)", bench.names);
    for (const auto& mutation : mutations()) {
        RandomStream a(3, 1, 4), b(3, 1, 4);
        EXPECT_EQ(mutation->apply(formula, bench.scene(), a), mutation->apply(formula, bench.scene(), b))
            << mutation->name();
    }
}

TEST(Crossover, PutsAPartOfOneIntoTheOther) {
    const Bench bench;
    RandomStream random(5);
    int made = 0;
    for (int trial = 0; trial < 300; ++trial) {
        const auto a = random_tree(bench.setting, 0, 8, random), b = random_tree(bench.setting, 0, 8, random);
        const auto child = cross(a, b, 12, random);
        if (!child)
            continue;
        ++made;
        EXPECT_LE(child->size(), 12u);
        expect_valid(*child, bench.setting, "crossover");
    }
    EXPECT_GT(made, 200);
}

TEST(BackSolving, KnowsWhatANodeShouldBe) {
    const Bench bench;
    // The target is x0*x1 + sin(x2) + 4. With scale 1 and offset 4 the wanted value of x0 in x0*2 + sin(x2) is x0*x1/2.
    const auto formula = parse("x0*2 + sin(x2)", bench.names);
    const Trace trace(formula, {}, bench.sample);
    const auto wanted = wanted_at(formula, 0, 1, 4, 0, trace, bench.sample);
    ASSERT_EQ(wanted.usable(), bench.sample.rows());
    for (std::size_t i = 0; i < bench.sample.rows(); ++i) {
        const double x0 = bench.sample.columns().column[0][i], x1 = bench.sample.columns().column[1][i];
        EXPECT_NEAR(wanted.value[i], x0 * x1 / 2, 1e-9);
        EXPECT_GT(wanted.weight[i], 0);
    }
}

TEST(BackSolving, UndoesEveryOperatorItClaimsTo) {
    const Bench bench;
    int undone = 0;
    for (const Op op : all_operators) {
        if (op == Op::integer_power)
            continue;
        const auto arity = static_cast<std::size_t>(info(op).arity);
        for (std::size_t k = 0; k < arity; ++k) {
            std::vector<std::vector<double>> operands(arity);
            for (std::size_t i = 0; i < 20; ++i)
                for (std::size_t j = 0; j < arity; ++j)
                    operands[j].push_back(0.3 + 0.05 * static_cast<double>(i) + 0.7 * static_cast<double>(j));
            Wanted wanted;
            for (std::size_t i = 0; i < 20; ++i) {
                wanted.value.push_back(apply(op, operands[0][i], arity > 1 ? operands[1][i] : 0));
                wanted.weight.push_back(1);
            }
            std::vector<std::span<const double>> views(operands.begin(), operands.end());
            const Node node{.op = op, .arity = static_cast<std::uint8_t>(arity), .length = 3, .index = 0};
            if (!descend(node, k, views, wanted))
                continue;
            ++undone;
            for (std::size_t i = 0; i < 20; ++i)
                if (wanted.weight[i] > 0)
                    EXPECT_NEAR(wanted.value[i], operands[k][i], 1e-9) << info(op).name << " operand " << k;
        }
    }
    EXPECT_GT(undone, 15);
}

TEST(BackSolving, PoolFindsTheMissingPart) {
    const Bench bench;
    Wanted wanted;
    for (std::size_t i = 0; i < bench.sample.rows(); ++i) {
        wanted.value.push_back(3 * std::sin(bench.sample.columns().column[2][i]));
        wanted.weight.push_back(1);
    }
    const auto found = bench.pool.nearest(wanted, 3);
    ASSERT_FALSE(found.empty());
    EXPECT_LT(found[0].error, 1e-12);
    EXPECT_EQ(print(canonical(found[0].expression), bench.names, {.digits = 6}), "3*sin(x2)");
}

TEST(Affine, MapsAtTheRootAreTakenApart) {
    const Bench bench;
    for (const char* text : {"2*sin(x0) + 1", "-(sin(x0))", "4 - sin(x0)/3", "(sin(x0) - 2)*3", "sin(x0)"})
        EXPECT_EQ(print(without_affine_map(parse(text, bench.names)), bench.names), "sin(x0)") << text;
    EXPECT_EQ(print(without_affine_map(parse("2/x0", bench.names)), bench.names), "2/x0");
    const auto core = parse("sin(x0)", bench.names);
    const char* const expected[] = {"sin(x0)", "sin(x0) + 3", "3 - sin(x0)", "sin(x0)*2", "sin(x0)*2 + 3"};
    for (std::size_t i = 0; i < std::size(dressings); ++i)
        EXPECT_EQ(print(dressed(core, 2, 3, dressings[i]), bench.names), expected[i]);
}

}  // namespace
}  // namespace balmer::genetic
