#include "search/median.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace balmer {

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

double median_size(std::vector<double> values) {
    for (double& v : values) v = std::fabs(v);
    return median(std::move(values));
}

}  // namespace balmer
