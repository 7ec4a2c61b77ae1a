/* The keys of open dimensions once more, each step tried first with every allocation failing in turn (world.h). */
#define WORLD_FAILS 30
#include "keys_test.c" // NOLINT: the same tests, not the same program
