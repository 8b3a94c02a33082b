#include "balmer/error.hpp"
#include "balmer/evaluate.hpp"
#include "expression/evaluate/runner.hpp"

#if defined(__x86_64__)
#define BALMER_HAS_AVX2_KERNELS
#endif

namespace balmer {

InstructionSet best_instruction_set() {
#ifdef BALMER_HAS_AVX2_KERNELS
    static const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return avx2 ? InstructionSet::avx2 : InstructionSet::baseline;
#else
    return InstructionSet::baseline;
#endif
}

std::string_view name(InstructionSet set) {
    switch (set) {
        case InstructionSet::automatic: return "automatic";
        case InstructionSet::baseline: return "baseline";
        case InstructionSet::avx2: return "avx2+fma";
    }
    return "unknown";
}

namespace {

// True for AVX2. Asking for what the processor lacks is refused rather than left to fault.
bool use_avx2(InstructionSet set) {
    if (set == InstructionSet::automatic) set = best_instruction_set();
    if (set == InstructionSet::avx2 && best_instruction_set() != InstructionSet::avx2)
        throw Error("this processor has no AVX2; use the automatic or the baseline instruction set");
    return set == InstructionSet::avx2;
}

}  // namespace

#ifdef BALMER_HAS_AVX2_KERNELS
template <>
const kernels::Table<float>& kernel_table<float>(InstructionSet set) {
    return use_avx2(set) ? kernels::avx2::floats() : kernels::baseline::floats();
}
template <>
const kernels::Table<double>& kernel_table<double>(InstructionSet set) {
    return use_avx2(set) ? kernels::avx2::doubles() : kernels::baseline::doubles();
}
const kernels::ReverseTable& reverse_table(InstructionSet set) {
    return use_avx2(set) ? kernels::avx2::reverse() : kernels::baseline::reverse();
}
#else
template <>
const kernels::Table<float>& kernel_table<float>(InstructionSet set) {
    return use_avx2(set), kernels::baseline::floats();
}
template <>
const kernels::Table<double>& kernel_table<double>(InstructionSet set) {
    return use_avx2(set), kernels::baseline::doubles();
}
const kernels::ReverseTable& reverse_table(InstructionSet set) { return use_avx2(set), kernels::baseline::reverse(); }
#endif

}  // namespace balmer
