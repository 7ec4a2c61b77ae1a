/* Each error of the checker once more, each step tried first with every allocation failing in turn (world.h). */
#ifdef TALLY_GROW_LITTLE /* make coverage: each of them */
#define WORLD_FAILS 1000
#else
#define WORLD_FAILS 30
#endif
#include "check_every_test.c" // NOLINT: the same tests, not the same program
