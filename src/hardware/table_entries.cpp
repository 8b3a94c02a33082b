#include "hardware/table_entries.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace balmer {

int drop_common_zeros(std::vector<std::int64_t>& entries) {
    std::uint64_t any = 0;
    for (const std::int64_t entry : entries) {
        any |= static_cast<std::uint64_t>(entry);
    }
    const int zeros = any == 0 ? 0 : std::countr_zero(any);
    for (std::int64_t& entry : entries) {
        entry >>= zeros;
    }
    return zeros;
}

void fill_gaps(std::vector<double>& values) {
    const std::vector<double> given = values;
    for (std::size_t i = 0; i < values.size(); ++i) {
        for (std::size_t distance = 1; !std::isfinite(values[i]); ++distance) {
            if (distance <= i && std::isfinite(given[i - distance])) {
                values[i] = given[i - distance];
            } else if (i + distance < given.size() && std::isfinite(given[i + distance])) {
                values[i] = given[i + distance];
            }
        }
    }
}

namespace {

/// Whether values[i] and values[sum - i] are equal wherever both stand.
bool is_mirrored(std::span<const double> values, std::size_t sum, double step) {
    constexpr double of_slope = 0.6;  // an address rounded the other way may make as much
    const std::size_t last = values.size() - 1;
    for (std::size_t i = sum > last ? sum - last : 0; 2 * i < sum; ++i) {
        const std::size_t j = sum - i;
        const double slope = std::max(std::fabs(values[i + 1] - values[i]), std::fabs(values[j] - values[j - 1]));
        if (!(std::fabs(values[i] - values[j]) <= 0.5 * step + of_slope * slope)) {
            return false;
        }
    }
    return true;
}

}  // namespace

std::optional<Mirror> mirror_of(std::span<const double> values, std::int64_t first, double step) {
    constexpr std::size_t fewest = 32;
    if (values.size() < fewest) {
        return std::nullopt;
    }
    const std::size_t last = values.size() - 1;
    for (std::size_t off = 0; off <= last / 2; ++off) {  // from the middle outwards
        for (const std::size_t sum : {last - off, last + off}) {
            if (is_mirrored(values, sum, step)) {
                const bool keeps_upper = sum <= last;
                const auto end = first + static_cast<std::int64_t>(last), half = static_cast<std::int64_t>(sum / 2);
                return Mirror{.sum = 2 * first + static_cast<std::int64_t>(sum), .low = keeps_upper ? first + static_cast<std::int64_t>((sum + 1) / 2) : first,
                              .high = keeps_upper ? end : first + half, .keeps_upper = keeps_upper};
            }
        }
    }
    return std::nullopt;
}

}  // namespace balmer
