// libFuzzer's entry to the readers: cmake --preset fuzz, then build-fuzz/fuzz/table_fuzz -runs=1000000.
#include "fuzz/table_input.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    balmer::read_any_bytes({reinterpret_cast<const char*>(data), size});
    return 0;
}
