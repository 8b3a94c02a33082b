#pragma once

#include "balmer/lowering.hpp"

namespace balmer {

/// The circuit of hls4ml's symbolic backend for a model: inputs, constants, results of functions and outputs in one ap_fixed format (the
/// options' input format), truncated and wrapped; sums and products between them exact. docs/specs/circuit.md, "Mode hls4ml".
Circuit lower_as_hls4ml(const Model& model, const LoweringOptions& options);

}  // namespace balmer
