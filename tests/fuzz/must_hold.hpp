#pragma once

#include <cstdlib>

namespace balmer {

/// Stops the fuzzer, or the test, with the broken rule.
inline void must_hold(bool rule) {
    if (!rule) {
        std::abort();
    }
}

}  // namespace balmer
