#include "search/genetic/create.hpp"

#include <cmath>

namespace balmer::genetic {

double random_constant(RandomStream& random) {
    static constexpr double favourites[] = {1, 2, -1, 0.5, 3};
    const double kind = random.uniform();
    if (kind < 0.4)
        return favourites[random.below(std::size(favourites))];
    return kind < 0.7 ? random.normal() : std::exp(random.normal());
}

Expression random_leaf(const Setting& setting, std::size_t output, RandomStream& random) {
    if (random.chance(setting.options().constant_leaf))
        return Expression::constant(random_constant(random));
    return Expression::feature(static_cast<std::int32_t>(random.below(setting.features(output))));
}

const Choice& random_choice(std::span<const Choice> choices, RandomStream& random) {
    return choices[random.below(choices.size())];
}

Expression random_tree(const Setting& setting, std::size_t output, int size, RandomStream& random) {
    if (size <= 1)
        return random_leaf(setting, output, random);
    // Binary operators twice as often as their number: trees grow by them.
    const int arity_drawn = size == 2 ? 1 : static_cast<int>(random.below(3)) == 0 ? 1 : 2;
    std::span<const Choice> choices = setting.choices(arity_drawn);
    if (choices.empty() && size > 2)
        choices = setting.choices(3 - arity_drawn);
    if (size > 4 && !setting.choices(3).empty() && random.chance(0.1))
        choices = setting.choices(3);
    if (choices.empty())
        return random_leaf(setting, output, random);
    const Choice choice = random_choice(choices, random);
    std::vector<Expression> operands;
    int left = size - 1;
    for (int k = 0; k < choice.arity; ++k) {
        const int others = choice.arity - 1 - k;
        const int most = std::max(1, left - others);
        const int own = others == 0 ? most : 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(most)));
        // A constant exponent is what powers are for.
        const bool exponent = choice.op == Op::power && k == 1 && random.chance(0.8);
        operands.push_back(exponent ? Expression::constant(random_constant(random))
                                    : random_tree(setting, output, own, random));
        left -= own;
    }
    return Expression::apply(choice.op, operands, choice.index);
}

}  // namespace balmer::genetic
