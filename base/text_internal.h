/* Shared inside base/ only. */
#ifndef TALLY_TEXT_INTERNAL_H
#define TALLY_TEXT_INTERNAL_H

#include <stddef.h>

/* Bytes of the UTF-8 character at p, of which left bytes are there (left > 0); 0 where it is malformed. U+0000 is one. */
size_t text_utf8_step(const unsigned char *p, size_t left);

#endif
