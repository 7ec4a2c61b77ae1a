#include "erasure.h"

#include "tally/read.h"
#include "tally/residue.h"

/* Of a statement, what its signature says beside the body. */
MUST_CHECK static enum tally_code fill_signed(const struct read_entry *entry, struct arena *arena, struct command *command,
                                              struct err *err)
{
    struct statement statement;
    struct refusal *unreadable = NULL;
    if (entry->jws.len == 0)
        return TALLY_OK;
    if (statement_read(entry->jws, arena, &statement, &unreadable, err) != TALLY_OK)
        return err_set(err, TALLY_E_INTEGRITY, "the signature stored with entry %llu cannot be read",
                       (unsigned long long) entry->header.seq);
    command->u.erase_body.kid = statement.kid;
    command->u.erase_body.target = statement.htu;
    command->u.erase_body.head_seq = statement.head_seq;
    return TALLY_OK;
}

MUST_CHECK static enum tally_code fill(const struct read_entry *entry, struct arena *arena, struct command *command,
                                       struct err *err)
{
    enum tally_code rc = TALLY_OK;
    enum entry_type type = ENTRY_TYPE_COUNT;
    TRY(entry_type_find(entry->header.type, &type));
    bool is_kept = command_fill_erasure(command, type, entry->header.actor, entry->header.open);
    command->u.erase_body.is_erased = !entry->has_body;
    if (!is_kept || !entry->has_body)
        goto done;
    TRY(residue_make(type, entry->body, arena, &command->u.erase_body.residue, err));
    TRY(fill_signed(entry, arena, command, err));
done:
    return rc;
}

enum tally_code erasure_fill(struct tallyd *tallyd, struct arena *arena, struct command *command,
                             const struct refusal **refusal, struct err *err)
{
    struct pg *pg = NULL;
    struct read_entry entry;
    uint64_t seq = command->u.erase_body.seq;
    enum tally_code rc = pgpool_take(tallyd->reads, &pg, err);
    if (rc != TALLY_OK)
        return rc;
    rc = read_entry_whole(pg, tallyd->identity.origin, seq, arena, &entry, err);
    pgpool_give(tallyd->reads, pg);
    if (rc == TALLY_OK)
        return fill(&entry, arena, command, err);
    if (rc != TALLY_E_NOT_FOUND)
        return rc;
    *refusal = refusal_new(arena, REFUSE_ENTRY_NOT_FOUND, "there is no entry %llu", (unsigned long long) seq);
    return *refusal == NULL ? err_set(err, TALLY_E_NO_MEMORY, "no memory for a refusal") : TALLY_OK;
}
