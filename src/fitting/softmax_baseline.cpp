#define BALMER_INSTRUCTION_SET baseline
#include "fitting/softmax.inc"
