#define BALMER_INSTRUCTION_SET baseline
#include "search/enumerate/glance.inc"
