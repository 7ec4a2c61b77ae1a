/* How much room is made where there is none left. Private to the engine.
 *
 * A build with TALLY_GROW_LITTLE (make coverage) makes the least: then nearly every call that may have to grow something does, and
 * tests in which each allocation fails in turn see what becomes of it. */
#ifndef TALLY_ENGINE_GROW_H
#define TALLY_ENGINE_GROW_H

#include <stdbool.h>
#include <stddef.h>

#ifdef TALLY_GROW_LITTLE
#define GROW_LITTLE true
#else
#define GROW_LITTLE false
#endif

/* So many in a chunk of which there are many. */
#define GROW_CHUNK(count) (GROW_LITTLE ? 1 : (count))

/* The room of a list that is full: first, and then twice as much each time. */
static inline size_t grow_list(size_t cap, size_t first)
{
    if (GROW_LITTLE && cap < 64) /* and long ones as ever: what they leave behind is not given back */
        return cap + 1;
    return cap == 0 ? first : cap * 2;
}

/* The places of a table by hash that is three quarters full: powers of two. */
static inline size_t grow_table(size_t places)
{
    if (places != 0)
        return places * 2;
    return GROW_LITTLE ? 4 : 64;
}

#endif
