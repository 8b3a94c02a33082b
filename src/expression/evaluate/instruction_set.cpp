#include <fmt/format.h>

#include "balmer/error.hpp"
#include "balmer/evaluate.hpp"
#include "balmer/instruction_set.hpp"
#include "expression/evaluate/runner.hpp"

namespace balmer {
namespace {

// What the processor and the system allow: the compiler's runtime asks both (cpuid and the saved register state).
bool has_avx2() {
#if defined(__x86_64__)
    static const bool answer = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return answer;
#else
    return false;
#endif
}
bool has_avx512() {
#if defined(__x86_64__)
    static const bool answer = has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    return answer;
#else
    return false;
#endif
}

}  // namespace

InstructionSet best_instruction_set() {
    return has_avx512() ? InstructionSet::avx512 : has_avx2() ? InstructionSet::avx2 : InstructionSet::baseline;
}

std::string_view name(InstructionSet set) {
    switch (set) {
        case InstructionSet::automatic: return "automatic";
        case InstructionSet::baseline: return "baseline";
        case InstructionSet::avx2: return "avx2+fma";
        case InstructionSet::avx512: return "avx512";
    }
    return "unknown";
}

InstructionSet available(InstructionSet set) {
    if (set == InstructionSet::automatic) return best_instruction_set();
    if ((set == InstructionSet::avx2 && !has_avx2()) || (set == InstructionSet::avx512 && !has_avx512()))
        throw Error(fmt::format("this processor has no {}; use the automatic or the baseline instruction set", name(set)));
    return set;
}

template <>
const kernels::Table<float>& kernel_table<float>(InstructionSet set) {
    const auto found = available(set);
    return BALMER_FOR_INSTRUCTION_SET(found, kernels::, floats());
}
template <>
const kernels::Table<double>& kernel_table<double>(InstructionSet set) {
    const auto found = available(set);
    return BALMER_FOR_INSTRUCTION_SET(found, kernels::, doubles());
}
const kernels::ReverseTable& reverse_table(InstructionSet set) {
    const auto found = available(set);
    return BALMER_FOR_INSTRUCTION_SET(found, kernels::, reverse());
}

}  // namespace balmer
