#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "balmer/complexity.hpp"
#include "expression/random_expression.hpp"

using namespace balmer;
using namespace balmer::testing;

// The `sympy` complexity of 500 random formulas against SymPy itself.
TEST(SympyAgreement, RandomFormulasCountAsInSympy) {
    if (std::system("python3 -c 'import sympy' > /dev/null 2>&1") != 0) GTEST_SKIP() << "python3 with sympy is not installed";
    const Vocabulary names{{"x0", "x1", "x2"}, {}, {}, {}};
    RandomGrammar grammar{{Op::negate, Op::square, Op::sqrt, Op::exp, Op::log, Op::sin, Op::cos, Op::tanh, Op::inverse, Op::gauss},
                          {Op::add, Op::add, Op::subtract, Op::multiply, Op::multiply, Op::divide}};
    const auto folder = std::filesystem::path(::testing::TempDir());
    const auto formulas = folder / "sympy_formulas.txt", counts = folder / "sympy_counts.txt";
    std::vector<std::pair<std::string, int>> cases;
    RandomStream random(51);
    const auto measure = ComplexityMeasure::from_name("sympy");
    {
        std::ofstream file(formulas);
        for (int i = 0; i < 500; ++i) {
            const auto formula = random_expression(random, grammar, 3 + static_cast<int>(random.below(20)));
            cases.emplace_back(print(formula, names), measure(formula));
            file << cases.back().first << '\n';
        }
    }
    const std::string command = "python3 " BALMER_SOURCE_DIR "/tests/expression/count_with_sympy.py '" + formulas.string() + "' > '" + counts.string() + "'";
    ASSERT_EQ(std::system(command.c_str()), 0);
    std::ifstream file(counts);
    int compared = 0, equal = 0, theirs = 0;
    for (const auto& [text, ours] : cases) {
        ASSERT_TRUE(file >> theirs);
        if (theirs < 0) continue;  // complex, infinite or undefined: no formula of ours
        ++compared;
        equal += ours == theirs;
        if (ours != theirs && compared - equal <= 5) std::cout << text << ": SymPy " << theirs << ", here " << ours << "\n";
    }
    EXPECT_GT(compared, 400);
    // The rest are draws of SymPy's own order between x - y and y - x, and its evaluation at multiples of pi.
    EXPECT_GE(equal, compared * 98 / 100) << equal << " of " << compared;
    std::cout << equal << " of " << compared << " counts are SymPy's\n";
}
