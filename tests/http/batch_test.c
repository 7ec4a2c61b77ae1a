/* What happens to statements that wait together: the sequencer is held in a commit, they are sent in a known order, let go, and
 * decided in one batch. Each is decided on what the ones before it have left, as if it had come alone. */
#include "batch_help.h"

#include <string.h>

#define RESULT "{\"dimensions\":{\"period\":\"%d\"},\"indicator\":\"days\",\"value\":\"%d\",\"version\":1}"

static struct service_actor backbone, leaver;

static const char *result(int period, int value)
{
    static char texts[4][256];
    static size_t next;
    char *text = texts[next++ % 4];
    (void) snprintf(text, sizeof texts[0], RESULT, period, value);
    return text;
}

static int unused_period(void)
{
    static int period;
    return ++period;
}

static int start_with_actors(void **state)
{
    struct http_reply reply;
    if (start_service(state) != 0 || service_register(&service, "backbone", "backbone", &backbone) != 0 ||
        service_register(&service, "leaver", "backbone", &leaver) != 0 ||
        service_post(&service, &backbone, "/v1/indicators",
                     "{\"definition\":\"Days\",\"id\":\"days\",\"kind\":\"outcome\",\"name\":\"Days\",\"unit\":\"days\","
                     "\"version\":1}",
                     &reply) != 0)
        return -1;
    int status = reply.status;
    http_reply_release(&reply);
    return status == 201 ? 0 : -1;
}

static int stop_with_actors(void **state)
{
    hold_release(&hold);
    service_actor_release(&backbone);
    service_actor_release(&leaver);
    return stop_service(state);
}

static struct head hold_here(void)
{
    return hold_with(&backbone, "/v1/results", result(unused_period(), 1));
}

static void revocation_path(const struct service_actor *actor, char out[160])
{
    (void) snprintf(out, 160, "/v1/actors/%s/keys/%s/revocation", actor->id, actor->kid.text);
}

/* ---- replays ---- */

static void the_same_bytes_in_one_batch_get_one_entry_and_one_answer(void **state)
{
    struct http_reply first, again;
    struct buf jws;
    char value[16] = "";
    const char *body = result(unused_period(), 90);
    (void) state;
    buf_init(&jws, 4096);
    struct head before = hold_here();
    assert_int_equal(service_sign(&service, &backbone, "/v1/results", slice_str(body), NULL, &jws), 0);
    queue_jws(buf_slice(&jws), "/v1/results", body);
    queue_jws(buf_slice(&jws), "/v1/results", body);
    queue_jws(buf_slice(&jws), "/v1/results", body);
    let_go();
    answer(0, &first);
    assert_int_equal(first.status, 201);
    assert_false(http_reply_header(&first, "Idempotency-Replayed", value, sizeof value));
    for (size_t i = 1; i < 3; i++) {
        answer(i, &again);
        assert_int_equal(again.status, 201);
        assert_int_equal(again.body_len, first.body_len);
        assert_memory_equal(again.body, first.body, first.body_len);
        assert_true(http_reply_header(&again, "Idempotency-Replayed", value, sizeof value));
        assert_string_equal(value, "true");
        http_reply_release(&again);
    }
    http_reply_release(&first);
    assert_grown(before, 2, 2);
    buf_release(&jws);
}

static void the_same_id_with_other_bytes_in_one_batch_is_refused(void **state)
{
    const struct service_twist twist = {.jti = SLICE("one-id-two-bodies-0001")};
    (void) state;
    struct head before = hold_here();
    queue(&backbone, "/v1/results", result(unused_period(), 90), &twist);
    queue(&backbone, "/v1/results", result(unused_period(), 90), &twist);
    let_go();
    answered(0, 201, NULL);
    answered(1, 422, "statement.reused");
    assert_grown(before, 2, 2);
}

/* The id belongs to one actor: another one may use the same. */
static void the_same_id_of_two_actors_in_one_batch_is_two_statements(void **state)
{
    const struct service_twist twist = {.jti = SLICE("one-id-two-actors-0001")};
    (void) state;
    struct head before = hold_here();
    queue(&backbone, "/v1/results", result(unused_period(), 90), &twist);
    queue(&leaver, "/v1/results", result(unused_period(), 90), &twist);
    let_go();
    answered(0, 201, NULL);
    answered(1, 201, NULL);
    assert_grown(before, 3, 2);
}

/* Eight or more are written without a look; the answers are those that a look would have given. */
static void a_long_line_is_answered_as_if_each_had_come_alone(void **state)
{
    int there = unused_period();
    struct http_reply first, again;
    struct buf jws;
    (void) state;
    buf_init(&jws, 4096);
    (void) head_now(); /* what is signed names it */
    assert_int_equal(service_sign(&service, &backbone, "/v1/results", slice_str(result(there, 1)), NULL, &jws), 0);
    assert_int_equal(http_client_open(&plug, service.port), 0);
    assert_int_equal(service_send(&plug, "/v1/results", buf_slice(&jws), NULL, slice_str(result(there, 1))), 0);
    assert_int_equal(http_client_reply(&plug, false, &first), 0);
    http_client_close(&plug);
    assert_int_equal(first.status, 201);
    struct head before = hold_here();
    for (size_t i = 0; i < 8; i++)
        queue(&backbone, "/v1/results", result(unused_period(), 90), NULL);
    queue_jws(buf_slice(&jws), "/v1/results", result(there, 1));
    queue(&backbone, "/v1/results", result(there, 2), NULL);
    queue(&backbone, "/v1/results", result(unused_period(), 90), NULL);
    let_go();
    for (size_t i = 0; i < 8; i++)
        answered(i, 201, NULL);
    answer(8, &again);
    assert_int_equal(again.status, 201);
    assert_int_equal(again.body_len, first.body_len);
    assert_memory_equal(again.body, first.body, first.body_len);
    answered(9, 409, "result.duplicate");
    answered(10, 201, NULL);
    assert_grown(before, 10, 2);
    http_reply_release(&first);
    http_reply_release(&again);
    buf_release(&jws);
}

/* ---- what the one before has taken ---- */

static void a_second_result_for_the_same_dimensions_in_one_batch_is_refused(void **state)
{
    int period = unused_period();
    (void) state;
    struct head before = hold_here();
    queue(&backbone, "/v1/results", result(period, 90), NULL);
    queue(&backbone, "/v1/results", result(period, 91), NULL);
    let_go();
    answered(0, 201, NULL);
    answered(1, 409, "result.duplicate");
    assert_grown(before, 2, 2);
}

static void a_key_or_an_id_is_registered_once_in_one_batch(void **state)
{
    struct service_actor one, twin, namesake;
    struct buf bodies[3];
    (void) state;
    assert_int_equal(service_actor_new(&one, "one"), 0);
    assert_int_equal(service_actor_new(&namesake, "one"), 0);
    twin = (struct service_actor){.id = "twin", .key = one.key, .kid = one.kid};
    const struct service_actor *const actors[3] = {&one, &twin, &namesake};
    struct head before = hold_here();
    for (size_t i = 0; i < 3; i++) {
        buf_init(&bodies[i], 4096);
        service_registration(actors[i], "organisation", "", &bodies[i]);
        assert_int_equal(buf_check(&bodies[i], NULL), TALLY_OK);
        queue(&service.operator, "/v1/actors", bodies[i].ptr, NULL);
    }
    let_go();
    answered(0, 201, NULL);
    answered(1, 409, "key.taken");
    answered(2, 409, "actor.taken");
    assert_grown(before, 2, 2);
    for (size_t i = 0; i < 3; i++)
        buf_release(&bodies[i]);
    service_actor_release(&one);
    service_actor_release(&namesake);
}

/* ---- keys that are revoked while a statement waits ---- */

/* The statement was checked with the key while it was good, and waited behind the revocation's commit. */
static void a_key_revoked_while_the_statement_waits_signs_no_more(void **state)
{
    struct service_actor actor;
    char path[160];
    (void) state;
    assert_int_equal(service_register(&service, "waits", "backbone", &actor), 0);
    revocation_path(&actor, path);
    struct head before = hold_with(&service.operator, path, "{}");
    queue(&actor, "/v1/results", result(unused_period(), 90), NULL);
    let_go();
    answered(0, 403, "key.revoked");
    assert_grown(before, 1, 1);
    service_actor_release(&actor);
}

static void a_key_revoked_in_the_same_batch_signs_no_more(void **state)
{
    char path[160];
    (void) state;
    revocation_path(&leaver, path);
    struct head before = hold_here();
    queue(&leaver, "/v1/results", result(unused_period(), 90), NULL);
    queue(&service.operator, path, "{}", NULL);
    queue(&leaver, "/v1/results", result(unused_period(), 90), NULL);
    queue(&service.operator, path, "{\"reason\":\"again\"}", NULL);
    let_go();
    answered(0, 201, NULL); /* before the revocation, and valid for ever */
    answered(1, 201, NULL);
    answered(2, 403, "key.revoked");
    answered(3, 409, "key.already_revoked");
    assert_grown(before, 3, 2);
}

/* A replay is answered as it was at first, whatever became of the key meanwhile. */
static void a_replay_by_a_key_that_is_revoked_meanwhile_gets_its_first_answer(void **state)
{
    struct service_actor actor;
    struct http_reply first, again;
    struct buf jws;
    char path[160];
    const char *body = result(unused_period(), 90);
    (void) state;
    buf_init(&jws, 4096);
    assert_int_equal(service_register(&service, "replays", "backbone", &actor), 0);
    revocation_path(&actor, path);
    struct head before = hold_here();
    assert_int_equal(service_sign(&service, &actor, "/v1/results", slice_str(body), NULL, &jws), 0);
    queue_jws(buf_slice(&jws), "/v1/results", body);
    queue(&service.operator, path, "{}", NULL);
    queue_jws(buf_slice(&jws), "/v1/results", body);
    let_go();
    answer(0, &first);
    answered(1, 201, NULL);
    answer(2, &again);
    assert_int_equal(first.status, 201);
    assert_int_equal(again.status, 201);
    assert_string_equal(again.body, first.body);
    http_reply_release(&first);
    http_reply_release(&again);
    assert_grown(before, 3, 2);
    buf_release(&jws);
    service_actor_release(&actor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_line_is_answered_as_if_each_had_come_alone),
        cmocka_unit_test(the_same_bytes_in_one_batch_get_one_entry_and_one_answer),
        cmocka_unit_test(the_same_id_with_other_bytes_in_one_batch_is_refused),
        cmocka_unit_test(the_same_id_of_two_actors_in_one_batch_is_two_statements),
        cmocka_unit_test(a_second_result_for_the_same_dimensions_in_one_batch_is_refused),
        cmocka_unit_test(a_key_or_an_id_is_registered_once_in_one_batch),
        cmocka_unit_test(a_key_revoked_while_the_statement_waits_signs_no_more),
        cmocka_unit_test(a_replay_by_a_key_that_is_revoked_meanwhile_gets_its_first_answer),
        cmocka_unit_test(a_key_revoked_in_the_same_batch_signs_no_more), /* last: leaver leaves */
    };
    return cmocka_run_group_tests(tests, start_with_actors, stop_with_actors);
}
