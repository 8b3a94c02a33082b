#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "balmer/dataset.hpp"

namespace balmer {

/// Whether the first row of a text table holds the column names.
enum class Header : std::uint8_t {
    automatic,  ///< no names when every field of the first row is a number
    present,
    absent,  ///< columns are called x0, x1, ...
};

/// How a file is read. The defaults find everything out.
struct ReadOptions {
    Header header = Header::automatic;
    char delimiter = '\0';             ///< of a text table; ' ' means runs of blanks, '\0' finds out
    std::vector<std::string> columns;  ///< keep only these; empty keeps all
    std::string group;                 ///< group or dataset of an HDF5 file, "" is the root
};

/// Reads a table. What the file is follows from its content, not its name:
/// - text: comma, semicolon, tab or blanks between fields; decimal commas where the delimiter is none; quotes; BOM;
///   any line ends; leading lines with # are comments (the last one names the columns when no other row does);
/// - .npy (1-D or 2-D) and .npz (1-D arrays are columns by name, the columns of a 2-D array X are x0, x1, ... or the
///   entries of an array `columns` or `feature_names`, those of another array A are A0, A1, ...);
/// - IDX (MNIST): pixels as x0, x1, ..., with the column `label` when the file of labels lies beside the images;
/// - MATLAB's .mat (level 5), when built with libmatio: n x 1 arrays are columns by name, the last axis of larger ones counts the rows (images);
/// - HDF5, when built with it: 1-D datasets are columns by name, 2-D ones and tables of records as above.
/// Text, .npy and IDX may be gzipped. "-" is standard input. Text is read in one pass, 8 bytes of memory per number; a
/// 1-D or Fortran-ordered .npy file of native doubles is memory-mapped.
/// Missing entries (empty, NA, nan, null, ...) become NaN and are counted in Table::non_finite.
/// A column is text when most of its first entries are.
/// Throws Error naming file, line and column: no such file, empty, no rows, ragged rows, text among numbers, names that
/// are missing or not unique, a quote without end, damaged archives, arrays of unequal length.
Table read_table(const std::filesystem::path& path, const ReadOptions& options = {});

/// The same from bytes in memory (all formats but HDF5); `name` stands for the path in messages.
Table read_table_from_memory(std::string_view bytes, const std::string& name, const ReadOptions& options = {});

/// Whether this build reads HDF5.
bool reads_hdf5();

/// The table as comma-separated text with a header, columns in Table::order, numbers by their shortest digits that read
/// back to the same double.
std::string to_csv(const Table& table);

/// Writes to_csv(table) atomically. Throws Error when the file cannot be written.
void write_csv(const Table& table, const std::filesystem::path& path);

}  // namespace balmer
