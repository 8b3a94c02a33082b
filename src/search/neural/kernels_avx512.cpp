// The same kernels for AVX-512; CMake compiles files of this name for it, and nothing here runs before the processor was asked.
#include <immintrin.h>
#define BALMER_VECTOR_BYTES 64
#define BALMER_INSTRUCTION_SET avx512
#include "search/neural/kernels.inc"
