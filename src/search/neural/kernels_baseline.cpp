// The kernels for every processor.
#define BALMER_VECTOR_BYTES 16
#define BALMER_INSTRUCTION_SET baseline
#include "search/neural/kernels.inc"
