// The same kernels for AVX2; CMake compiles files of this name for it, and nothing here runs before the processor was asked.
#include <immintrin.h>
#define BALMER_VECTOR_BYTES 32
#define BALMER_INSTRUCTION_SET avx2
#include "search/neural/kernels.inc"
