#include "search/residual_structure.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "search/median.hpp"

namespace balmer {
namespace {

constexpr std::size_t most_rows = 1500, fewest_rows = 12, most_terms = 150, rows_per_term = 6;

using Values = std::vector<std::vector<double>>;

void add_products(const Values& columns, std::size_t first, int left, const Eigen::VectorXd& product, std::vector<Eigen::VectorXd>& terms) {
    for (std::size_t j = first; j < columns.size() && left > 0; ++j) {
        const Eigen::VectorXd next = product.cwiseProduct(Eigen::Map<const Eigen::VectorXd>(columns[j].data(), product.size()));
        terms.push_back(next);
        add_products(columns, j, left - 1, next, terms);
    }
}

double choose(double n, double k) {
    double result = 1;
    for (double i = 1; i <= k; ++i) result *= (n - k + i) / i;
    return result;
}

// The highest degree whose terms the rows carry.
int highest_degree(std::size_t variables, std::size_t rows) {
    int degree = 0;
    while (degree < 4 && choose(static_cast<double>(variables) + degree + 1, degree + 1) <= static_cast<double>(std::min(most_terms, rows / rows_per_term)))
        ++degree;
    return degree;
}

// Every product of at most `degree` columns.
std::vector<Eigen::VectorXd> polynomial_terms(const Values& columns, int degree, std::size_t rows) {
    std::vector<Eigen::VectorXd> terms;
    add_products(columns, 0, degree, Eigen::VectorXd::Ones(static_cast<Eigen::Index>(rows)), terms);
    return terms;
}

// The explained share of the regression on 1 and the terms as a number of standard deviations: F with p and n - p - 1 degrees of freedom, made
// normal (E. Paulson, Ann. Math. Statist. 13, 1942).
double smooth_part_of(const Values& columns, int degree, const std::vector<double>& r) {
    const auto rows = static_cast<Eigen::Index>(r.size());
    const auto terms = polynomial_terms(columns, degree, r.size());
    if (terms.empty()) return 0;
    Eigen::MatrixXd matrix(rows, static_cast<Eigen::Index>(terms.size()) + 1);
    matrix.col(0).setOnes();
    for (std::size_t k = 0; k < terms.size(); ++k) matrix.col(static_cast<Eigen::Index>(k) + 1) = terms[k];
    const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(matrix);
    Eigen::VectorXd z = Eigen::Map<const Eigen::VectorXd>(r.data(), rows);
    z.array() -= z.mean();
    const Eigen::VectorXd rotated = qr.householderQ().transpose() * z;
    const double n = static_cast<double>(rows), p = static_cast<double>(qr.rank());
    if (p + 2 >= n) return 0;
    if (!(z.squaredNorm() > 0)) return 0;
    const double explained = rotated.head(qr.rank()).squaredNorm() / z.squaredNorm();
    const double q = p - 1, rest = n - p;  // the constant explains nothing of a residual without mean
    if (q < 1) return 0;
    const double root = std::cbrt(explained / q * rest / std::max(1 - explained, 1e-12)), a = 2 / (9 * q), b = 2 / (9 * rest);
    return ((1 - b) * root - (1 - a)) / std::sqrt(b * root * root + a);
}

// A few terms tell a broad misfit more clearly than many.
double smooth_part(const Values& columns, const std::vector<double>& r) {
    double largest = 0;
    for (int degree = 1; degree <= highest_degree(columns.size(), r.size()); ++degree)
        largest = std::max(largest, smooth_part_of(columns, degree, r));
    return largest;
}

// Products of a row's residual with its partner's; a pair that is mutual counts twice, hence the variance.
double product_part(const std::vector<double>& r, const std::vector<std::size_t>& partner) {
    double sum = 0, square = 0, mutual = 0;
    for (std::size_t i = 0; i < r.size(); ++i) {
        sum += r[i] * r[partner[i]];
        square += r[i] * r[i];
        mutual += partner[partner[i]] == i;
    }
    const double n = static_cast<double>(r.size());
    return square > 0 ? sum / (square / n) / std::sqrt(n + mutual) : 0;
}

// Neighbours in each two of the columns: what depends on two of many variables hides from neighbours in all of them. The largest of m numbers of
// standard deviations z counts as sqrt(z^2 - 2 log m).
double plane_part(const Values& columns, std::span<const std::vector<double>> residuals) {
    constexpr std::size_t most_columns = 10;
    if (columns.size() < 3 || columns.size() > most_columns) return 0;
    double largest = 0, asked = 0;
    for (std::size_t i = 0; i < columns.size(); ++i)
        for (std::size_t j = i + 1; j < columns.size(); ++j) {
            const auto partner = nearest_rows({columns[i], columns[j]});
            for (const auto& r : residuals) largest = std::max(largest, product_part(r, partner));
            asked += static_cast<double>(residuals.size());
        }
    return std::sqrt(std::max(0.0, largest * largest - 2 * std::log(asked)));
}

double sequence_part(const std::vector<double>& r, const std::vector<double>& by) {
    std::vector<std::size_t> order(r.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return by[i]; });
    double sum = 0, square = 0;
    for (std::size_t i = 0; i < r.size(); ++i) {
        square += r[i] * r[i];
        if (i > 0) sum += r[order[i]] * r[order[i - 1]];
    }
    const double n = static_cast<double>(r.size());
    return square > 0 ? sum / (square / n) / std::sqrt(n) : 0;
}

// Values in robust standard deviations from their median, no further than four.
std::vector<double> clipped(std::vector<double> values) {
    constexpr double furthest = 4, width_of_median = 1.4826;
    const double centre = median(values);
    for (double& v : values) v -= centre;
    const double width = width_of_median * median_size(values);
    for (double& v : values) v = width > 0 ? std::clamp(v / width, -furthest, furthest) : 0;
    return values;
}

}  // namespace

double ResidualStructure::largest() const { return std::max({smooth, neighbours, runs}); }

std::vector<double> scaled_ranks(std::span<const double> values) {
    const std::size_t rows = values.size();
    std::vector<std::size_t> order(rows);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return values[i]; });
    std::vector<double> ranks(rows, 0.0);
    for (std::size_t begin = 0; begin < rows;) {
        std::size_t end = begin + 1;
        while (end < rows && values[order[end]] == values[order[begin]]) ++end;
        const double middle = 0.5 * static_cast<double>(begin + end - 1);
        for (std::size_t k = begin; k < end; ++k) ranks[order[k]] = rows > 1 ? 2 * middle / static_cast<double>(rows - 1) - 1 : 0;
        begin = end;
    }
    return ranks;
}

std::vector<std::size_t> nearest_rows(const Values& columns) {
    const std::size_t rows = columns.empty() ? 0 : columns.front().size();
    std::vector<std::size_t> nearest(rows, 0);
    std::vector<double> best(rows, std::numeric_limits<double>::infinity()), distance(rows);
    for (std::size_t i = 0; i < rows; ++i) {
        std::fill(distance.begin(), distance.end(), 0.0);
        for (const auto& column : columns)
            for (std::size_t j = i + 1; j < rows; ++j) distance[j] += (column[i] - column[j]) * (column[i] - column[j]);
        for (std::size_t j = i + 1; j < rows; ++j) {
            if (distance[j] < best[i]) {
                best[i] = distance[j];
                nearest[i] = j;
            }
            if (distance[j] < best[j]) {
                best[j] = distance[j];
                nearest[j] = i;
            }
        }
    }
    return nearest;
}

ResidualStructure residual_structure(const Dataset& data, std::span<const double> residual, std::span<const double> prediction) {
    ResidualStructure structure;
    const std::size_t all = residual.size(), rows = std::min(all, most_rows);
    if (rows < fewest_rows) return structure;
    structure.rows = rows;
    const auto spread_out = [&](std::span<const double> values) {
        std::vector<double> some(rows);
        for (std::size_t i = 0; i < rows; ++i) some[i] = values[rows == all ? i : (2 * i + 1) * all / (2 * rows)];
        return some;
    };
    const auto spread = [&](std::span<const double> values) { return scaled_ranks(spread_out(values)); };
    const auto r = spread(residual);
    Values columns;
    const auto add = [&](std::span<const double> values) {
        auto ranks = spread(values);
        if (std::ranges::any_of(ranks, [&](double v) { return v != ranks[0]; })) columns.push_back(std::move(ranks));
    };
    for (const auto& feature : data.features) add(feature.values());
    if (columns.empty()) return structure;
    structure.neighbours = product_part(r, nearest_rows(columns));
    // What is left of a factor has the prediction's size and sign.
    std::vector<double> share(residual.begin(), residual.end());
    for (std::size_t i = 0; i < all; ++i) share[i] = prediction[i] != 0 ? share[i] / prediction[i] : 0;
    structure.neighbours = std::max(structure.neighbours, plane_part(columns, std::vector{r, spread(share)}));
    add(prediction);
    structure.smooth = smooth_part(columns, r);
    // Ranks hide a misfit of the few largest values: once more by value, and by the predictions' own values.
    const auto by_value = clipped(spread_out(residual));
    auto values = columns;
    if (values.size() == data.features.size() + 1) values.back() = clipped(spread_out(prediction));
    structure.smooth = std::max(structure.smooth, smooth_part(values, by_value));
    for (const auto& column : columns) structure.runs = std::max(structure.runs, sequence_part(r, column));
    return structure;
}

}  // namespace balmer
