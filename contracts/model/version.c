#include "tally/version.h"

#include "tally/canon.h"

static void write_indicators(struct canon *json, const struct version_manifest *manifest)
{
    canon_object(json);
    for (size_t i = 0; i < manifest->indicator_count; i++) {
        const struct version_indicator *indicator = &manifest->indicators[i];
        canon_name_slice(json, indicator->name);
        canon_object(json);
        canon_name(json, "entry");
        canon_hex(json, indicator->entry.bytes, DIGEST_LEN);
        canon_name(json, "seq");
        ENSURE(indicator->seq <= (uint64_t) CANON_INT_MAX);
        canon_i64(json, (int64_t) indicator->seq);
        canon_close(json);
    }
    canon_close(json);
}

static void write_parties(struct canon *json, const struct version_manifest *manifest)
{
    canon_object(json);
    for (size_t i = 0; i < manifest->party_count; i++) {
        const struct version_party *party = &manifest->parties[i];
        canon_name_slice(json, party->name);
        canon_object(json);
        canon_name(json, "actor");
        canon_string(json, party->actor);
        canon_name(json, "kid");
        canon_string(json, party->kid);
        canon_close(json);
    }
    canon_close(json);
}

static void write_uses(struct canon *json, const struct version_manifest *manifest)
{
    canon_object(json);
    for (size_t i = 0; i < manifest->use_count; i++) {
        canon_name_slice(json, manifest->uses[i].contract);
        canon_hex(json, manifest->uses[i].version.bytes, DIGEST_LEN);
    }
    canon_close(json);
}

void version_manifest_write(const struct version_manifest *manifest, struct buf *out)
{
    struct canon json;
    ENSURE(manifest->version > 0);
    canon_init(&json, out);
    canon_object(&json);
    canon_name(&json, "contract");
    canon_string(&json, manifest->contract);
    canon_name(&json, "indicators");
    write_indicators(&json, manifest);
    canon_name(&json, "language");
    canon_i64(&json, 1);
    canon_name(&json, "open");
    canon_bool(&json, manifest->open);
    canon_name(&json, "parties");
    write_parties(&json, manifest);
    canon_name(&json, "previous");
    canon_hex(&json, manifest->previous.bytes, manifest->has_previous ? DIGEST_LEN : 0);
    canon_name(&json, "terms");
    canon_hex(&json, manifest->terms.bytes, DIGEST_LEN);
    canon_name(&json, "uses");
    write_uses(&json, manifest);
    canon_name(&json, "version");
    canon_i64(&json, manifest->version);
    canon_close(&json);
}
