#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "balmer/dataset.hpp"

namespace balmer {

/// A source of physics data that `balmer generate` can be asked for.
struct SourceInfo {
    std::string name;         ///< as typed: "feynman:I.9.18", "cms"
    std::string description;  ///< for the Feynman set: "F = G*m1*m2/(...)"
    std::string target;       ///< the column that the others explain
};

/// What to make.
struct GenerateOptions {
    std::size_t rows = 0;              ///< 0: the source's own number (Feynman: 1,000; cms: all 19,079)
    double noise = 0;                  ///< normal noise on the target, relative to its root mean square; not for real data
    std::uint64_t seed = 1;            ///< same seed, same rows
    std::vector<std::string> columns;  ///< cms: these columns instead of pt1, eta1, phi1, pt2, eta2, phi2, M
};

/// Every source, in the order of the books.
std::vector<SourceInfo> sources();

/// The rows of one source as a table whose last column is the target. Throws Error: an unknown name (with the nearest),
/// noise that is negative or not finite, more rows than there are real ones, data files that are not installed.
Table generate(const std::string& source, const GenerateOptions& options = {});

}  // namespace balmer
