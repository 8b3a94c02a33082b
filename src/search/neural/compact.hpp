#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "search/neural/blocks.hpp"
#include "search/neural/kernels.hpp"
#include "search/neural/layout.hpp"

namespace balmer::neural {

/// How much of a network a pass works on.
enum class Reach : std::uint8_t {
    all,   ///< every weight and operator gets a gradient, pruned ones too
    live,  ///< only what the outputs depend on
};

/// One linear map after masking.
struct CompactMatrix {
    // Forward: entries by row, in chunks of inputs that stay in the first cache. None are listed where all are reached and the matrix is full.
    std::vector<std::uint32_t> begin;  ///< [chunk][rows + 1]
    std::vector<std::uint32_t> input, row;
    std::vector<float> weight;
    std::vector<std::size_t> place;  ///< of each entry in the flat parameters
    std::size_t chunks = 0;
    // Backward: entries by input.
    std::vector<std::uint32_t> back_begin, back_input, back_entry;
    std::vector<float> back_weight;
    FloatArray full;          ///< [input][padded] with zeros, when the matrix is nearly full
    FloatArray full_back;     ///< [row][padded inputs]; not of the first matrix
    bool is_full = false;
    std::size_t padded = 0, padded_back = 0;

    std::vector<std::uint32_t> live_rows;    ///< rows with a slope
    std::vector<std::uint32_t> live_inputs;  ///< inputs with a gradient, the bias among them
    bool by_entry = false;                   ///< gradient entry by entry instead of live_inputs x live_rows
};

/// Inputs of a chunk: their tiles are 16 KiB, half of the first cache.
inline constexpr std::size_t chunk_inputs = 64;

/// The network without what is pruned: rebuilt from the parameters before each batch, so that pruned weights, inputs and nodes cost nothing.
class Compact {
public:
    explicit Compact(const Layout& layout);

    void rebuild(const Layout& layout, std::span<const float> parameters, Reach reach);

    /// The same entries with new weights.
    void refresh(const Layout& layout, std::span<const float> parameters);

    const CompactMatrix& matrix(std::size_t m) const { return matrices_[m]; }
    bool node_kept(std::size_t layer, std::size_t node) const { return kept_[layer][node] != 0; }   ///< its operator is not pruned
    bool node_live(std::size_t layer, std::size_t node) const { return live_[layer][node] != 0; }   ///< some output depends on it
    bool input_kept(std::size_t i) const { return input_kept_[i] != 0; }
    std::size_t entries() const;  ///< of all matrices

private:
    void find_live(const Layout& layout, std::span<const float> parameters);
    std::size_t find_entries(const Layout& layout, std::span<const float> parameters, std::size_t m, Reach reach);
    void fill_full(const Layout& layout, std::span<const float> parameters, std::size_t m);
    void list_entries(const Layout& layout, std::span<const float> parameters, std::size_t m);
    void list_backwards(const Layout& layout, std::size_t m);
    void choose_gradient(const Layout& layout, std::size_t m, Reach reach);

    std::vector<CompactMatrix> matrices_;
    std::vector<std::vector<std::uint8_t>> kept_, live_, row_live_;
    std::vector<std::uint8_t> input_kept_;
    std::vector<std::uint32_t> counts_;  // scratch: by row
    std::vector<std::uint8_t> there_;    // scratch: by entry, whether it is not pruned and counts
};

}  // namespace balmer::neural
