/* A contract's version: what a party signs (formats.md, Contract version). */
#ifndef TALLY_VERSION_H
#define TALLY_VERSION_H

#include <stdint.h>

#include "tally/buf.h"
#include "tally/digest.h"
#include "tally/slice.h"

struct version_party {
    struct slice name, actor, kid;
};

struct version_indicator {
    struct slice name; /* slug */
    uint64_t seq;
    struct digest entry; /* hash of the entry that defined it */
};

struct version_use {
    struct slice contract;
    struct digest version;
};

struct version_manifest {
    struct slice contract;
    bool open;
    uint32_t version;
    struct digest terms; /* SHA-256 of the text */
    bool has_previous;
    struct digest previous;
    const struct version_party *parties; /* the three lists are sorted by name, without doubles */
    size_t party_count;
    const struct version_indicator *indicators;
    size_t indicator_count;
    const struct version_use *uses;
    size_t use_count;
};

/* JCS of {"contract","indicators","language":1,"open","parties","previous","terms","uses","version"}. Pure (no hashing):
 * implemented in base-only code so that contracts/model may call it. */
void version_manifest_write(const struct version_manifest *manifest, struct buf *out);
/* The bytes that are hashed before the manifest. The version is SHA-256(VERSION_PREFIX || manifest). */
#define VERSION_PREFIX "tally/contract/v1\n"

#endif
