#define BALMER_INSTRUCTION_SET avx2
#include "fitting/softmax.inc"
