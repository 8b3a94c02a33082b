#pragma once

#include <string>
#include <vector>

#include "balmer/firmware.hpp"
#include "balmer/lowering.hpp"

namespace balmer {

/// What the circuit is and how well it matches its formulas: formats, agreement and errors on the data, precision scan, estimate of what it takes,
/// drawing of the pipeline, histogram of the quantisation error. `table` and `model` may be missing (nullptr). Circuits held to the data have no precision scan: they are
/// steps of one themselves.
std::string circuit_section(const Circuit& circuit, const Model* model, const Table* table, const LoweringOptions& options);

/// Results of verification, and of synthesis.
std::string verification_section(const Verification& verification);
std::string synthesis_section(const SynthesisResult& result, const SynthesisOptions& options);

/// The pipeline as a drawing: a box per operation, formats on the arrows, stages from left to right.
std::string pipeline_drawing(const Circuit& circuit);

/// Keeps a section in the folder and puts report.html together from all that are there.
void keep_section(const std::filesystem::path& folder, const std::string& name, const std::string& section);

}  // namespace balmer
