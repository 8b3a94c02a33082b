#include "search/neural/sizes.hpp"

#include <algorithm>
#include <cmath>

namespace balmer::neural {
namespace {

struct Rows {
    std::vector<double> size;      ///< terms and constant
    std::vector<double> leading;   ///< coefficient nodes of a row's first term
    std::vector<bool> is_constant;
};

Rows rows_of(const Layout& layout, std::span<const float> p, std::size_t m, const std::vector<double>& inputs) {
    const auto& place = layout.matrices()[m];
    Rows rows{std::vector<double>(place.rows, 0.0), std::vector<double>(place.rows, 0.0), std::vector<bool>(place.rows, true)};
    for (std::size_t i = 0; i <= place.inputs; ++i)
        for (std::size_t j = 0; j < place.rows; ++j) {
            const std::size_t at = place.at(i, j);
            if (!(std::fabs(p[at]) > p[layout.threshold(at)])) continue;
            if (i == place.inputs) {
                rows.size[j] += rows.is_constant[j] ? 0 : 1;
            } else if (inputs[i] > 0) {
                const double coefficient = p[at] == 1 ? 0 : Sizes::coefficient;
                if (rows.is_constant[j]) rows.leading[j] = coefficient;
                rows.is_constant[j] = false;
                rows.size[j] += coefficient + inputs[i];
            }
        }
    return rows;
}

// Sizes of a layer's nodes; constant ones have none.
std::vector<double> nodes_of(const Layout& layout, std::span<const float> p, std::size_t l, const Rows& rows) {
    const auto& layer = layout.shape().hidden[l];
    const std::size_t u = layer.unary.size();
    std::vector<double> nodes;
    for (std::size_t k = 0; k < u; ++k) {
        const bool kept = p[layout.unary_threshold(l, k)] < 1;
        nodes.push_back(rows.is_constant[k] ? 0 : rows.size[k] + (kept ? 1 : 0));
    }
    for (std::size_t k = 0; k < layer.binary.size(); ++k) {
        const std::size_t a = u + 2 * k, b = a + 1;
        const bool is_sum = !(p[layout.binary_threshold(l, k)] < 1), is_product = layer.binary[k].op == Op::multiply;
        if (rows.is_constant[a] && rows.is_constant[b]) nodes.push_back(0);
        else if (is_sum || (is_product && (rows.is_constant[a] || rows.is_constant[b]))) nodes.push_back(rows.size[a] + rows.size[b]);
        // The leading coefficients of a product's sides go into the coefficient before it.
        else if (is_product) nodes.push_back(std::max(1.0, rows.size[a] - rows.leading[a] + rows.size[b] - rows.leading[b]));
        else nodes.push_back(1 + rows.size[a] + rows.size[b]);
    }
    return nodes;
}

}  // namespace

Sizes sizes_of(const Layout& layout, std::span<const float> p) {
    const auto& matrices = layout.matrices();
    Sizes sizes;
    std::vector<double> inputs;
    for (std::size_t i = 0; i < layout.shape().inputs; ++i) inputs.push_back(p[layout.input_threshold(i)] < 1 ? 1 : 0);
    sizes.of_input.push_back(std::move(inputs));
    for (std::size_t m = 0; m + 1 < matrices.size(); ++m) sizes.of_input.push_back(nodes_of(layout, p, m, rows_of(layout, p, m, sizes.of_input[m])));
    const auto outputs = rows_of(layout, p, matrices.size() - 1, sizes.of_input.back());
    for (const double size : outputs.size) sizes.total += std::max(1.0, size);
    sizes.of_row.resize(matrices.size());
    sizes.of_row.back().assign(matrices.back().rows, 1.0);
    for (std::size_t m = matrices.size() - 1; m > 0; --m) {
        const auto& layer = layout.shape().hidden[m - 1];
        const std::size_t u = layer.unary.size();
        sizes.of_row[m - 1].assign(matrices[m - 1].rows, 0.0);
        for (std::size_t n = 0; n < layer.nodes(); ++n) {
            double count = 0;
            for (std::size_t j = 0; j < matrices[m].rows; ++j) {
                const std::size_t at = matrices[m].at(n, j);
                if (std::fabs(p[at]) > p[layout.threshold(at)]) count += sizes.of_row[m][j];
            }
            const std::size_t row = n < u ? n : u + 2 * (n - u);
            sizes.of_row[m - 1][row] = count;
            if (n >= u) sizes.of_row[m - 1][row + 1] = count;
        }
    }
    return sizes;
}

}  // namespace balmer::neural
