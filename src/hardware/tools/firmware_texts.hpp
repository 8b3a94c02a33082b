#pragma once

#include <map>
#include <string>
#include <vector>

#include "balmer/lowering.hpp"

namespace balmer {

/// What a user types for a circuit: flags of `balmer firmware`, keywords of Model.firmware in Python.
struct FirmwareTexts {
    std::string mode = "native", outputs = "scores", rounding = "nearest", overflow = "saturate", clock = "5ns", multipliers = "auto", poles = "refuse", name, output_format;
    std::vector<std::string> input_formats;                  ///< "fixed<8,4>" for all ports, "pt=uint<12>" for one
    std::map<std::string, Standardisation> standardisation;  ///< by feature, see LoweringOptions
    double agreement = 0.99, tolerance = 0.01, threshold = 0;
    int latency = -1;
};

/// Those texts as options. Throws balmer::Error that names the flag, what is allowed and the nearest name.
LoweringOptions lowering_options(const FirmwareTexts& texts, const Model& model);

}  // namespace balmer
