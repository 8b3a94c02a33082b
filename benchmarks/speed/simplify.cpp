// simplify random COUNT SEED NODE_LIMIT: random formulas, simplified; tab-separated lines "formula  shorter  before  after  seconds".
// simplify count: formulas on standard input, one a line; the tree complexity of each, constants folded, or -1 where it cannot be read.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <iostream>
#include <string>

#include "balmer/error.hpp"
#include "balmer/random.hpp"
#include "balmer/simplify.hpp"

namespace {

using namespace balmer;

const Vocabulary names{{"x0", "x1", "x2"}, {}, {}, {}};

// CPU time: other programs on the machine then cost cache misses only.
double now() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

Expression random_formula(RandomStream& random, int size) {
    static constexpr Op unary[] = {Op::negate, Op::square, Op::cube, Op::sqrt, Op::exp, Op::log, Op::sin, Op::cos, Op::tanh, Op::inverse, Op::abs};
    static constexpr Op binary[] = {Op::add, Op::add, Op::subtract, Op::multiply, Op::multiply, Op::divide};
    if (size <= 1) {
        if (random.chance(.7)) return Expression::feature(static_cast<std::int32_t>(random.below(3)));
        if (random.chance(.5)) return Expression::constant(static_cast<double>(random.below(5)) + 1);
        return Expression::constant(static_cast<double>(random.below(600)) / 100 - 3);
    }
    if (size == 2 || random.chance(.3)) return Expression::apply(unary[random.below(std::size(unary))], random_formula(random, size - 1));
    const int left = 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(size - 2)));
    const auto a = random_formula(random, left), b = random_formula(random, size - 1 - left);
    return Expression::apply(binary[random.below(std::size(binary))], a, b);
}

void write_random(int count, std::uint64_t seed, std::size_t node_limit) {
    RandomStream random(seed);
    SimplifyOptions options;
    options.node_limit = node_limit;
    simplify(parse("x0 + x1", names), {}, options);  // the rules are parsed once
    for (int i = 0; i < count; ++i) {
        const auto formula = random_formula(random, 5 + static_cast<int>(random.below(16)));
        const double start = now();
        const auto shorter = simplify(formula, {}, options).expression;
        const double seconds = now() - start;
        fmt::print("{}\t{}\t{}\t{}\t{:.9f}\n", print(formula, names), print(shorter, names), options.cost(formula), options.cost(shorter), seconds);
    }
}

void write_counts() {
    const ComplexityMeasure tree;
    for (std::string line; std::getline(std::cin, line);) {
        int count = -1;
        try {
            const auto formula = parse(line, names);
            count = std::min(tree(formula), tree(canonical(formula)));
        } catch (const Error&) {
        }
        fmt::print("{}\n", count);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::string mode = argc > 1 ? argv[1] : "";
    if (mode == "random" && argc == 5) write_random(std::stoi(argv[2]), std::stoull(argv[3]), std::stoull(argv[4]));
    else if (mode == "count") write_counts();
    else return fmt::print(stderr, "usage: simplify random COUNT SEED NODE_LIMIT | simplify count\n"), 2;
}
