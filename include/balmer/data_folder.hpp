#pragma once

#include <filesystem>
#include <string>

namespace balmer {

/// The path of a file that comes with balmer, such as "dimuons_2011.csv.gz" or "feynman/FeynmanEquations.csv". Looked for
/// in the folder named by the environment variable BALMER_DATA, else in the sources balmer was built from, else where it was installed.
/// Throws Error naming the folders searched.
std::filesystem::path find_data(const std::string& name);

}  // namespace balmer
