#define BALMER_INSTRUCTION_SET avx2
#include "search/enumerate/glance.inc"
