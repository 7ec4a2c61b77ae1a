/* A session: an evaluation that stays, and computes for each entry only what the entry touches (language.md K1 to K3). Private to the
 * engine. What is computed is in the shared eval_*.c; here is only what has to be computed again. */
#ifndef TALLY_ENGINE_SESSION_H
#define TALLY_ENGINE_SESSION_H

#include "eval.h"

struct edge { /* a slot or instance that needs what the list belongs to */
    uintptr_t reader;
    uint32_t stamp; /* of the reader then: another one now means that it was computed anew, and the edge is old */
    uint32_t next;  /* its place + 1; 0: the last */
};
#define EDGES_IN_CHUNK GROW_CHUNK(1024)

struct wake {
    int32_t day;
    uint32_t stamp;
    uintptr_t reader;
};

struct cut { /* an instance that has less than its amount */
    uint64_t first;
    struct instance *instance;
};
struct cut_list { /* a heap, the least first at the top; what is cut by another budget now, or by none, is passed over */
    struct cut *items;
    uint32_t count, cap;
};

struct instance_list {
    struct instance **items;
    size_t count, cap;
};

struct group { /* of rules joined by caps */
    struct instance_list dirty;
    struct budget *released; /* budgets that had something given back */
    uint64_t entry;          /* in which it was last computed */
};

struct names { /* of an open dimension: numbered as they came, those that the evaluation began with by their bytes */
    struct slice *items;
    uint32_t *by_bytes;
    uint32_t *uses; /* final results that name it, and instances of it with something standing; 0: no member */
    uint32_t cap, live;
    uint32_t chosen; /* when it was opened: the first so many are members (S7) */
};

struct engine_session {
    struct eval ev;
    struct engine_kept kept;
    struct engine_input in;
    struct err *err;
    bool is_opening;
    bool has_strangers;                /* results of further members are passed over, for all places are taken (S7) */
    uint64_t last_order, order_before; /* of S7: the latest that any result has, and that any had before this entry */
    bool has_admitted;                 /* this entry has made somebody a member */
    bool is_plain;                     /* follows nothing: every change takes an evaluation from nothing */
    bool is_crossed; /* while it opens: what is passed over makes somebody a member of another dimension; nothing is kept */
    bool is_broken;  /* an entry could not be computed to its end */
    bool is_doubted; /* budgets did not add up: a bug of ours, from which it saves itself by being plain */
    bool is_recorded; /* what it answered when it was opened stands */
    bool has_sets;    /* of open dimensions, that wait for whoever is no member (D3) */
    size_t store_at_open;
    uint64_t next_first;
    uint64_t entries; /* that were followed */
    uint64_t fact_bytes;
    struct dimension *dimensions; /* ev.dimensions */
    struct names *names;          /* by dimension */
    /* track.c */
    struct edge **edges;
    size_t edge_chunk_cap;
    uint32_t edge_used, edge_free;   /* place + 1 of the first free */
    uint64_t edges_made, edges_kept; /* since the last sweep; what it left */
    struct wake *wakes;              /* a heap */
    size_t wake_count, wake_cap;
    uintptr_t *work; /* what is to be made dirty */
    size_t work_count, work_cap;
    /* session.c, session_hash.c */
    struct instance **more; /* instances that came later, by hash */
    size_t more_count, more_size;
    struct instance_list dirty;   /* of rules under no cap */
    struct instance_list touched; /* by this entry */
    struct instance_list fresh_cut;
    struct instance_list dayless; /* faults for the day of their first computation, which is tried again every day (C1) */
    struct group *groups;         /* by the number that the group has: that of its first rule */
    uint32_t group_count;
    const uint32_t *group_order; /* those on which others depend first */
    struct slice *texts;         /* by hash */
    size_t text_count, text_size;
};

/* ---- track.c ---- */
/* What has these readers is no longer what it was: all that needs it, and what needs that, is to be computed again. */
void track_changed(struct eval *ev, uint32_t *readers);
void track_drop_slot(struct eval *ev, struct slot *slot); /* forgets its value, and whoever needs it */
/* Makes dirty what was to wake by today. */
void track_wake_up(struct eval *ev);
/* The first day on which something that is needed wakes; DAY_NEVER. */
int32_t track_next_wake(struct eval *ev);
/* Takes old edges away when there are many. */
void track_sweep(struct eval *ev);

/* ---- session.c ---- */
MUST_CHECK bool list_add(struct eval *ev, struct instance_list *list, struct instance *instance);
/* The instance is to be computed again. */
void session_make_dirty(struct eval *ev, struct instance *instance);
/* Nothing is computed until the next entry: what was needed on the way is given back. */
void session_stop_reading(struct eval *ev);

/* ---- session_facts.c ---- */
void session_fact_free(struct engine_session *s, struct slot *slot);
/* The session's own copy, without the key, which its slot has. false: ev->rc is set. */
MUST_CHECK bool session_fact_copy(struct eval *ev, struct slot *slot, const struct engine_fact *fact);
/* What has changed at a key, with what it makes dirty. *is_stale: only a whole evaluation tells what follows. false: ev->rc is set. */
MUST_CHECK bool session_change(struct eval *ev, const struct engine_change *change, bool *is_stale);

/* ---- session_answer.c ---- */
/* The cell with open members by their places among all bytes: instances of one rule are ordered by it. */
uint64_t session_place(const struct eval *ev, const struct instance *instance);
/* C4, for those of the touched that have an amount for the first time; notes what is cut. false: ev->rc is set. */
MUST_CHECK bool session_give_places(struct eval *ev);
/* The touched, by place of the rule, then key. */
MUST_CHECK enum tally_code session_answer(struct eval *ev, uint64_t steps_before, struct arena *arena,
                                          struct engine_output **out, struct err *err);
/* What was answered stands. Only when the next entry comes: until then the last answer can be explained. */
void session_record_answered(struct eval *ev);

/* ---- session_wants.c ---- */
/* Takes the input's wants, each of which session_can_want. false: ev->rc is set. */
MUST_CHECK bool session_take_wants(struct eval *ev);
/* Is it a figure that a session follows? At keys of open dimensions it is computed from nothing. */
bool session_can_want(const struct terms *terms, const struct engine_figure *figure);
/* What is computed from now on is for that figure at that key: when something that it needs changes, it is to be computed again. Does
 * nothing where nothing has changed since it was last asked for, or without a session. false: ev->rc is set. */
MUST_CHECK bool session_want_begin(struct eval *ev, const struct engine_figure *figure, uint64_t cell);

/* ---- session_names.c ---- */
/* Counts uses of the key's members by what is reported or stands. */
void names_use(struct eval *ev, const struct shape *shape, uint64_t cell, int by);
/* Has some open dimension all its members (S7)? */
bool names_are_full(const struct eval *ev);
/* While opening: does the cell name somebody who is none of the members that were chosen? */
bool names_are_not_chosen(const struct eval *ev, const struct shape *shape, uint64_t cell);
/* Does the cell name somebody who is no member, while all places are taken (S7)? */
bool names_are_strangers(const struct eval *ev, const struct shape *shape, uint64_t cell);
/* Has the shape several open dimensions? Then a result that is passed over for a member of one of them, who has come too late, makes that of
 * another a member, and no session knows whose name it has from nothing else. */
bool names_are_of_several(const struct eval *ev, const struct shape *shape);
/* The cell of a key, with names that are new. *is_stale: there is no room for them. false: ev->rc is set. */
MUST_CHECK bool names_read(struct eval *ev, const struct shape *shape, struct slice key, uint64_t *cell, bool *is_stale);
/* A source that changes when that one becomes a member or is none any more. NULL: ev->rc is set. */
MUST_CHECK struct slot *names_source(struct eval *ev, uint32_t dimension, uint32_t member);

/* ---- session_caps.c ---- */
/* Gives back what the instance has from its budgets, which is about to be computed again. */
void session_release(struct eval *ev, struct instance *instance);
/* Notes one whose budgets its own day, today, has none of. false: ev->rc is set. */
MUST_CHECK bool session_note_dayless(struct eval *ev, struct instance *instance);
/* Puts an instance that has a place in the order of first amounts among those that a budget cuts. */
MUST_CHECK bool session_cut(struct eval *ev, struct instance *instance);

/* ---- session_order.c ---- */
/* Groups, those first on which others depend. NULL: ev->rc is set. */
MUST_CHECK const uint32_t *session_group_order(struct eval *ev, uint32_t *count);

#endif
