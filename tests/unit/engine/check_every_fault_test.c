/* Each error of the checker once more, each step tried first with every allocation failing in turn (world.h). */
#define WORLD_FAILS 1000
#include "check_every_test.c" // NOLINT: the same tests, not the same program
