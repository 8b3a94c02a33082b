#pragma once

#include <filesystem>
#include <string>

namespace balmer {

/// The path of a file that comes with balmer, such as "dimuons_2011.csv.gz" or "feynman/FeynmanEquations.csv". Looked for
/// in the folder named by the environment variable BALMER_DATA, else in the folders that were added, else in the sources balmer was built
/// from, else where it was installed. Throws Error naming the folders searched.
std::filesystem::path find_data(const std::string& name);

/// A further folder for find_data, such as the data of a Python package or of an installed program. Not to be called while other threads look for data.
void add_data_folder(const std::filesystem::path& folder);

}  // namespace balmer
