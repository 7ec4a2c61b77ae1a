/* Several texts of a contract once more, each step tried first with every allocation failing in turn (world.h). */
#define WORLD_FAILS 30
#include "texts_test.c" // NOLINT: the same tests, not the same program
