// parse_double on any bytes: what it reads prints and reads back to the same bits, and strtod agrees on plain digits.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "balmer/number.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto value = balmer::parse_double(text);
    if (!value) {
        return 0;
    }
    const auto again = balmer::parse_double(balmer::format_double(*value));
    const bool both_nan = std::isnan(*value) && again && std::isnan(*again);
    if (!both_nan && (!again || std::memcmp(&*again, &*value, sizeof *value) != 0)) {
        std::abort();
    }
    const double other = std::strtod(text.c_str(), nullptr);  // both round to nearest
    if (!both_nan && std::memcmp(&other, &*value, sizeof other) != 0) {
        std::abort();
    }
    return 0;
}
