// Kernels for any processor: vectors of 16 bytes, which every x86-64 and ARMv8 has.
#define BALMER_VECTOR_BYTES 16
#define BALMER_INSTRUCTION_SET baseline
#include "expression/evaluate/kernels.inc"
