#include "search/sampled.hpp"

#include <vector>

namespace balmer {

Problem sampled(const Problem& problem, std::size_t rows) {
    Problem sample = problem;
    const std::size_t all = problem.data.rows();
    if (all <= rows) return sample;
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < rows; ++i) chosen.push_back(i * all / rows);
    sample.data = problem.data.take(chosen);
    return sample;
}

}  // namespace balmer
