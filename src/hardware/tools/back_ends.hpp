#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "balmer/firmware.hpp"

namespace balmer {

/// A way to run the firmware of a folder on the file vectors.txt of a work folder.
struct BackEnd {
    std::string name;
    std::vector<std::string> programs;  ///< that must be installed
    /// Commands to run in the work folder, the last one compares; `firmware` is the absolute path of the folder.
    std::vector<std::vector<std::string>> (*commands)(const std::filesystem::path& firmware, const Circuit& circuit);
};

/// All back ends, in the order in which they run.
const std::vector<BackEnd>& back_ends();

/// Runs one of them in `work`, which holds vectors.txt.
BackEndResult run_back_end(const BackEnd& back_end, const std::filesystem::path& firmware, const Circuit& circuit, const std::filesystem::path& work);

/// Reads how many vectors a bench compared and how many differed; false when it did not come to its end.
bool read_verdict(const std::string& output, BackEndResult& result);

/// The folder of Yosys' own files, which holds models of the cells of FPGAs.
std::filesystem::path yosys_data();

/// The Yosys script that maps verilog/NAME.v to the cells of UltraScale+: tables by classic abc, what joins them by abc9, then flat.
std::string mapping_script(const std::filesystem::path& firmware, const Circuit& circuit, const std::string& multipliers);

}  // namespace balmer
