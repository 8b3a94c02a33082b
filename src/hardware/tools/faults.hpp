#pragma once

#include <filesystem>

#include "balmer/firmware.hpp"

namespace balmer {

/// What a Verilog bench, which Icarus runs in `work` on the file vectors.txt there, says of a design: caught, missed or broken.
FaultOutcome bench_outcome(const std::filesystem::path& source, const std::filesystem::path& bench, const std::filesystem::path& work);

}  // namespace balmer
