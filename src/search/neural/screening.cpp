// Terms of second order that show in the data, before training: in a product of two sums over thousands of inputs every weight sees the
// other's signal behind a random weight, and training does not find it.
#include "search/neural/screening.hpp"

#include <algorithm>
#include <cmath>

#include "balmer/split.hpp"
#include "search/neural/blocks.hpp"
#include "search/neural/trainer.hpp"

namespace balmer::neural {
namespace {

using kernels::tile;

constexpr double scan_work = 2e10;           // multiplications of one look at all products
constexpr std::size_t most_screened_rows = 20'000, fewest_screened_rows = 100;
constexpr std::size_t candidates = 500;      // terms of each order that a pursuit chooses from
constexpr std::size_t most_terms = 64;
constexpr int most_looks = 3;
constexpr double false_products = 0.05;      // expected in all
constexpr double false_inputs = 10;          // expected of all looks together
constexpr float farthest = 4;                // deviations from the mean; what lies beyond is taken there, so that single rows do not decide
constexpr double fewest_rows_per_term = 10;
constexpr std::size_t scan_block = 96;

// x with P(|normal| > x) = p.
double two_sided_quantile(double p) {
    double low = 0, high = 40;
    for (int n = 0; n < 60; ++n) {
        const double middle = 0.5 * (low + high);
        (std::erfc(middle / std::sqrt(2.0)) > p ? low : high) = middle;
    }
    return high;
}

constexpr std::size_t alone = static_cast<std::size_t>(-1);
// A column, or a product of two.
struct Term {
    std::size_t a = 0, b = alone;
    double strength = 0;  ///< of the look that proposed it
    double left = 0;      ///< squared length beside the terms taken
    bool out = false;
};

class Pursuit {
public:
    Pursuit(const Dataset& data, std::span<const std::size_t> rows, RandomStream random) : columns_(data.features.size()), table_(kernel_table(InstructionSet::automatic)) {
        const std::size_t outputs = data.classes.size() > 2 ? data.classes.size() : data.targets.size();
        const double p = static_cast<double>(columns_), work_of_row = 0.5 * p * p * static_cast<double>(outputs);
        const double affordable = std::max(static_cast<double>(fewest_screened_rows), scan_work / work_of_row);
        scans_products_ = work_of_row * static_cast<double>(fewest_screened_rows) <= scan_work;
        auto chosen = choose_rows(rows.size(), static_cast<std::size_t>(std::min(affordable, static_cast<double>(most_screened_rows))), random);
        for (auto& r : chosen) r = rows[r];
        rows_ = chosen.size();
        fill_inputs(data, chosen);
        fill_residuals(data, chosen, outputs);
    }

    Screening result() {
        std::vector<std::uint8_t> shows(columns_, 0);
        std::vector<std::array<std::size_t, 2>> products;
        for (int look = 0; look < most_looks; ++look) {
            auto terms = lower_terms(shows);
            if (scans_products_) add_products(terms);
            if (!pursue(terms, shows, products)) break;
        }
        Screening found{.inputs = {}, .products = std::move(products), .rows = rows_};
        for (std::size_t i = 0; i < columns_; ++i)
            if (shows[i]) found.inputs.push_back(i);
        return found;
    }

private:
    using Vector = std::vector<float>;  ///< by row

    void fill_inputs(const Dataset& data, const std::vector<std::size_t>& chosen) {
        tiles_ = (rows_ + tile - 1) / tile;
        inputs_ = FloatArray(tiles_ * columns_ * tile);
        root_.assign(tiles_ * tile, 0.0f);
        for (std::size_t r = 0; r < rows_; ++r) {
            const double weight = (data.weights ? (*data.weights)[chosen[r]] : 1) / (data.sigma ? (*data.sigma)[chosen[r]] * (*data.sigma)[chosen[r]] : 1);
            root_[r] = static_cast<float>(std::sqrt(std::max(0.0, weight)));
        }
        std::vector<double> values(rows_);
        for (std::size_t i = 0; i < columns_; ++i) {
            for (std::size_t r = 0; r < rows_; ++r) values[r] = data.features[i][chosen[r]];
            const auto scale = scale_of(values);
            for (std::size_t r = 0; r < rows_; ++r) input(r / tile, i)[r % tile] = std::clamp(static_cast<float>(scale.apply(values[r])), -farthest, farthest);
        }
    }

    void fill_residuals(const Dataset& data, const std::vector<std::size_t>& chosen, std::size_t outputs) {
        for (std::size_t k = 0; k < outputs; ++k) {
            Vector target(root_.size(), 0.0f);
            std::vector<double> values(rows_);
            for (std::size_t r = 0; r < rows_; ++r) {
                const double y = data.targets[outputs == data.targets.size() ? k : 0][chosen[r]];
                values[r] = outputs == data.targets.size() ? y : y == static_cast<double>(k) ? 1 : 0;
            }
            const auto scale = scale_of(values);
            for (std::size_t r = 0; r < rows_; ++r) target[r] = root_[r] * static_cast<float>(scale.apply(values[r]));
            residuals_.push_back(std::move(target));
        }
        take(root_);
    }

    float* input(std::size_t t, std::size_t i) { return inputs_.data() + (t * columns_ + i) * tile; }
    const float* values_of(const Term& term, std::size_t t) {
        if (term.b == alone) return input(t, term.a);
        table_.product(input(t, term.a), input(t, term.b), scratch_.data());
        return scratch_.data();
    }
    double along(const Term& term, const Vector& vector) {
        double sum = 0;
        for (std::size_t t = 0; t < tiles_; ++t) sum += static_cast<double>(table_.dot(values_of(term, t), vector.data() + t * tile));
        return sum;
    }
    double dot(const Vector& a, const Vector& b) const {
        double sum = 0;
        for (std::size_t t = 0; t < tiles_; ++t) sum += static_cast<double>(table_.dot(a.data() + t * tile, b.data() + t * tile));
        return sum;
    }
    Vector rooted(const Vector& vector) const {
        Vector result(vector.size());
        for (std::size_t t = 0; t < tiles_; ++t) table_.product(vector.data() + t * tile, root_.data() + t * tile, result.data() + t * tile);
        return result;
    }

    // The vector joins the orthonormal basis and leaves the residuals.
    void take(Vector vector) {
        const double length = std::sqrt(dot(vector, vector));
        if (!(length > 0)) return;
        for (auto& v : vector) v = static_cast<float>(static_cast<double>(v) / length);
        for (auto& residual : residuals_) {
            const double part = dot(vector, residual);
            for (std::size_t r = 0; r < vector.size(); ++r) residual[r] -= static_cast<float>(part * static_cast<double>(vector[r]));
        }
        basis_.push_back(std::move(vector));
    }

    // The term's values beside those of the basis.
    Vector beside(const Term& term) {
        Vector vector(root_.size());
        for (std::size_t t = 0; t < tiles_; ++t) table_.product(values_of(term, t), root_.data() + t * tile, vector.data() + t * tile);
        for (const auto& q : basis_) {
            const float part = static_cast<float>(dot(q, vector));
            for (std::size_t r = 0; r < vector.size(); ++r) vector[r] -= part * q[r];
        }
        return vector;
    }
    // Largest |sum r v|/sqrt(sum (r v)^2) over the outputs: about normal where the term says nothing, whatever the tails of both.
    double score(const Vector& vector) const {
        double best = 0;
        for (const auto& residual : residuals_) {
            double sum = 0, square = 0;
            for (std::size_t r = 0; r < vector.size(); ++r) {
                const double product = static_cast<double>(residual[r]) * static_cast<double>(vector[r]);
                sum += product;
                square += product * product;
            }
            if (square > 0) best = std::max(best, std::fabs(sum) / std::sqrt(square));
        }
        return best;
    }

    static void keep_strongest(std::vector<Term>& terms) {
        std::ranges::sort(terms, [](const Term& x, const Term& y) { return x.strength != y.strength ? x.strength > y.strength : std::pair(x.a, x.b) < std::pair(y.a, y.b); });
        terms.resize(std::min(terms.size(), candidates));
    }

    double outputs() const { return static_cast<double>(residuals_.size()); }

    // Columns and their squares, the strongest of them; those that show something are marked.
    std::vector<Term> lower_terms(std::vector<std::uint8_t>& shows) {
        const bool is_first = has_slope_.empty();
        if (is_first) has_slope_.assign(columns_, 0);
        const double p = static_cast<double>(columns_), border = two_sided_quantile(std::min(0.05, false_inputs / (2 * p * outputs() * most_looks))), sure = two_sided_quantile(false_products / (p * outputs()));
        std::vector<Term> terms;
        for (std::size_t i = 0; i < columns_; ++i)
            for (const std::size_t b : {alone, i}) {
                Term term{.a = i, .b = b};
                term.strength = score(beside(term));
                if (term.strength > border) shows[i] = 1;
                if (is_first && b == alone && term.strength > sure) has_slope_[i] = 1;
                terms.push_back(term);
            }
        keep_strongest(terms);
        return terms;
    }

    // Products of two columns: sums over the rows of r x_i x_j, the tiles of r x_j transposed, block by block of j.
    void add_products(std::vector<Term>& terms) {
        std::vector<Term> products;
        FloatArray scaled(scan_block * tile), by_row(scan_block * tile), sums(columns_ * scan_block);
        std::vector<const float*> scaled_rows(scan_block), in(columns_);
        std::vector<float*> sum_rows(columns_);
        for (std::size_t k = 0; k < scan_block; ++k) scaled_rows[k] = scaled.data() + k * tile;
        for (std::size_t i = 0; i < columns_; ++i) sum_rows[i] = sums.data() + i * scan_block;
        for (const auto& residual : residuals_) {
            const Vector slope = rooted(residual);
            const double length = std::sqrt(dot(residual, residual));
            if (!(length > 0)) continue;
            for (std::size_t first = 0; first < columns_; first += scan_block) {
                const std::size_t count = std::min(scan_block, columns_ - first), padded = (count + kernels::lanes - 1) / kernels::lanes * kernels::lanes;
                std::fill_n(sums.data(), (first + count) * scan_block, 0.0f);
                for (std::size_t t = 0; t < tiles_; ++t) {
                    for (std::size_t k = 0; k < count; ++k) table_.product(input(t, first + k), slope.data() + t * tile, scaled.data() + k * tile);
                    for (std::size_t i = 0; i < first + count; ++i) in[i] = input(t, i);
                    table_.transpose(scaled_rows.data(), count, by_row.data(), padded);
                    table_.outer(in.data(), first + count, by_row.data(), padded, padded, sum_rows.data());
                }
                for (std::size_t k = 0; k < count; ++k)
                    for (std::size_t i = 0; i < first + k; ++i)
                        products.push_back({.a = i, .b = first + k, .strength = std::fabs(static_cast<double>(sum_rows[i][k])) / length});
                keep_strongest(products);
            }
        }
        // What is strong for several outputs is one term.
        std::vector<Term> unlike;
        for (const auto& term : products)
            if (std::ranges::none_of(unlike, [&](const Term& other) { return other.a == term.a && other.b == term.b; })) unlike.push_back(term);
        terms.insert(terms.end(), unlike.begin(), unlike.end());
    }

    // Takes the term that explains most, again and again. False when a further look would find no other residuals.
    bool pursue(std::vector<Term>& terms, std::vector<std::uint8_t>& shows, std::vector<std::array<std::size_t, 2>>& products) {
        const double p = static_cast<double>(columns_), border = two_sided_quantile(false_products / (0.5 * p * (p + 3) * outputs()));
        for (auto& term : terms) {
            const auto vector = beside(term);
            term.left = dot(vector, vector);
            term.out = !(term.left > 1e-3 * static_cast<double>(rows_));
        }
        bool any = false;
        while (basis_.size() <= most_terms && static_cast<double>(basis_.size()) * fewest_rows_per_term < static_cast<double>(rows_)) {
            std::vector<Vector> slopes;
            for (const auto& residual : residuals_) slopes.push_back(rooted(residual));
            Term* best = nullptr;
            double most = 0;
            for (auto& term : terms) {
                if (term.out) continue;
                double gain = 0;
                for (const auto& slope : slopes) gain += std::pow(along(term, slope), 2) / term.left;
                if (gain > most) most = gain, best = &term;
            }
            if (!best) break;
            best->out = true;
            auto vector = beside(*best);
            if (score(vector) < border) continue;
            any = true;
            shows[best->a] = 1;
            if (best->b != alone) {
                shows[best->b] = 1;
                if (!has_slope_[best->a] || !has_slope_[best->b]) products.push_back({best->a, best->b});
            }
            take(std::move(vector));
            const Vector direction = rooted(basis_.back());
            for (auto& term : terms) {
                if (term.out) continue;
                term.left -= std::pow(along(term, direction), 2);
                term.out = !(term.left > 1e-3 * static_cast<double>(rows_));
            }
        }
        return any && basis_.size() <= most_terms;
    }

    std::size_t columns_, rows_ = 0, tiles_ = 0;
    bool scans_products_ = true;
    const kernels::Table& table_;
    FloatArray inputs_;                ///< [tile][column][64], standardised
    Vector root_;                      ///< of the rows' weights, 0 for rows that fill the last tile
    std::vector<Vector> residuals_;    ///< by output, times root_
    std::vector<Vector> basis_;        ///< orthonormal
    std::vector<std::uint8_t> has_slope_;  ///< by column: whether it shows alone, before anything is taken
    FloatArray scratch_{tile};
};

}  // namespace

Screening screen(const Dataset& data, std::span<const std::size_t> rows, RandomStream random) { return Pursuit(data, rows, random).result(); }

}  // namespace balmer::neural
