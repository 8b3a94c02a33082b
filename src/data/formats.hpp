#pragma once

#include "balmer/dataset.hpp"
#include "balmer/readers.hpp"
#include "data/byte_source.hpp"

#include <filesystem>
#include <string_view>

namespace balmer {

/// Delimited text, in one pass.
Table read_text(ByteSource& source, const ReadOptions& options);
/// The numbers of an IDX file (Y. LeCun's MNIST format).
Table read_idx(ByteSource& source);
/// The datasets of a group of an HDF5 file. Throws Error when built without HDF5.
Table read_hdf5(const std::filesystem::path& path, const ReadOptions& options);
/// The numeric arrays of a MATLAB file (level 5, as SVHN's). Throws Error when built without libmatio.
Table read_mat(const std::filesystem::path& path);

}  // namespace balmer
