#pragma once

#include "balmer/evaluate.hpp"

namespace balmer {

/// The set to run: `set`, or the best of the processor for `automatic`. Throws Error when the processor lacks it.
InstructionSet available(InstructionSet set);

}  // namespace balmer

/// `what` of the namespace baseline, avx2 or avx512 within `scope` ("kernels::", or nothing) that was compiled for `set`, which available()
/// gave. Other processors have the baseline alone.
#if defined(__x86_64__)
#define BALMER_FOR_INSTRUCTION_SET(set, scope, what)                          \
    ((set) == ::balmer::InstructionSet::avx512 ? scope avx512::what           \
     : (set) == ::balmer::InstructionSet::avx2 ? scope avx2::what             \
                                               : scope baseline::what)
#else
#define BALMER_FOR_INSTRUCTION_SET(set, scope, what) (static_cast<void>(set), scope baseline::what)
#endif
