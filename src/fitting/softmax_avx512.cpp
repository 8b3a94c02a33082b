#define BALMER_INSTRUCTION_SET avx512
#include "fitting/softmax.inc"
