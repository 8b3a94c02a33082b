#define BALMER_INSTRUCTION_SET avx512
#include "search/enumerate/glance.inc"
