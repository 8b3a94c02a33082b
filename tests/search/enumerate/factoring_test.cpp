// Expanded polynomials are written as short as the products and squares that they came from, and say the same.
#include <gtest/gtest.h>

#include <map>

#include "balmer/evaluate.hpp"
#include "balmer/random.hpp"
#include "search/enumerate/factoring.hpp"

namespace balmer::enumerate {
namespace {

using Expanded = std::map<std::vector<int>, double>;

Expanded variable(int v) {
    std::vector<int> powers(4, 0);
    powers[static_cast<std::size_t>(v)] = 1;
    return {{powers, 1.0}};
}

Expanded number(double c) { return {{std::vector<int>(4, 0), c}}; }

Expanded operator+(Expanded a, const Expanded& b) {
    for (const auto& [powers, c] : b)
        if ((a[powers] += c) == 0) a.erase(powers);
    return a;
}

Expanded operator*(const Expanded& a, const Expanded& b) {
    Expanded product;
    for (const auto& [p, c] : a)
        for (const auto& [q, d] : b) {
            auto powers = p;
            for (std::size_t j = 0; j < powers.size(); ++j) powers[j] += q[j];
            product = product + Expanded{{powers, c * d}};
        }
    return product;
}

Expanded operator-(const Expanded& a, const Expanded& b) { return a + number(-1) * b; }

struct Case {
    std::string name;
    Expanded polynomial;
    std::size_t nodes;  // of the short writing
};

std::vector<Case> cases() {
    const auto a = variable(0), b = variable(1), c = variable(2), d = variable(3), one = number(1);
    return {{"b*c*(b - a)*(c + a - d) + a*(d - c)^2", b * c * (b - a) * (c + a - d) + a * (d - c) * (d - c), 20},
            {"(a + b - 2*c + d)^2", (a + b - number(2) * c + d) * (a + b - number(2) * c + d), 10},
            {"(a + b*c - 1)^2 - d", (a + b * c - one) * (a + b * c - one) - d, 10},
            {"(a - b)*(c - d)", (a - b) * (c - d), 7},
            {"(a - b)*(a + b)*(c^2 + d)*3", number(3) * (a - b) * (a + b) * (c * c + d), 12},
            {"a*b - c*d", a * b - c * d, 7},
            {"(a - b)^2*(c + 1) + 2*d", (a - b) * (a - b) * (c + one) + number(2) * d, 12},
            {"b - a", b - a, 3},
            {".3*a^2*b - .7*b*c", number(0.3) * a * a * b - number(0.7) * b * c, 10}};
}

TEST(Factoring, IsShortAndEqual) {
    RandomStream random(5);
    for (const auto& [name, polynomial, nodes] : cases()) {
        std::vector<double> coefficients;
        std::vector<std::vector<int>> powers;
        for (const auto& [p, c] : polynomial) {
            powers.push_back(p);
            coefficients.push_back(c);
        }
        const Expression written = polynomial_of(coefficients, powers, {0, 1, 2, 3});
        const auto text = print(written, Vocabulary{.features = {"a", "b", "c", "d"}, .parameters = {}, .definitions = {}, .holes = {}}, {.digits = 6});
        EXPECT_LE(written.size(), nodes) << name << " written as " << text;
        const Graph graph = to_graph(written);
        for (int i = 0; i < 20; ++i) {
            std::vector<double> at;
            for (int j = 0; j < 4; ++j) at.push_back(random.uniform(-2, 2));
            double wanted = 0;
            for (std::size_t k = 0; k < coefficients.size(); ++k) {
                double term = coefficients[k];
                for (std::size_t j = 0; j < 4; ++j)
                    for (int e = 0; e < powers[k][j]; ++e) term *= at[j];
                wanted += term;
            }
            EXPECT_NEAR(evaluate_row(graph, graph.values(), at)[0], wanted, 1e-11) << name << " written as " << text;
        }
    }
}

}  // namespace
}  // namespace balmer::enumerate
