/* Archives packed by gzip: read as they are, and what is wrong with the packing is a finding. */
#include "verify_help.h"

#include <zlib.h>

static void pack(struct slice bytes, struct buf *out)
{
    static unsigned char block[65536];
    z_stream stream = {0};
    int status = Z_OK;
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (unsigned char *) (uintptr_t) bytes.ptr;
    stream.avail_in = (unsigned) bytes.len;
    while (status == Z_OK) {
        stream.next_out = block;
        stream.avail_out = sizeof block;
        status = deflate(&stream, Z_FINISH);
        buf_add(out, block, sizeof block - stream.avail_out);
    }
    assert_int_equal(status, Z_STREAM_END);
    assert_int_equal(deflateEnd(&stream), Z_OK);
}

static void begin(struct small_ledger *l, struct buf *packed)
{
    small_begin(l, SMALL_WHOLE);
    small_rest(l);
    small_checkpoint(l, SMALL_WHOLE);
    buf_init(packed, 8u << 20);
}

static void assert_right(const struct small_ledger *l, const struct buf *packed)
{
    struct ran ran;
    verify(buf_slice(packed), "--vkey", l->vkey, NULL, &ran);
    assert_says(&ran.out, "chain and signatures are right");
    assert_int_equal(ran.status, 0);
    ran_release(&ran);
}

/* A finding, and no other status. */
static void assert_found(const struct small_ledger *l, struct slice packed, const char *what)
{
    struct ran ran;
    verify(packed, "--vkey", l->vkey, NULL, &ran);
    assert_says(&ran.out, what);
    assert_int_equal(ran.status, 1);
    ran_release(&ran);
}

static void a_packed_archive_is_read_as_it_is(void **state)
{
    struct small_ledger l;
    struct buf packed;
    (void) state;
    begin(&l, &packed);
    pack(buf_slice(&l.text), &packed);
    assert_right(&l, &packed);
    buf_release(&packed);
    small_end(&l);
}

/* cat a.gz b.gz; a member may end anywhere in a line, and may be empty. */
static void members_follow_each_other(void **state)
{
    struct small_ledger l;
    struct buf packed;
    (void) state;
    begin(&l, &packed);
    for (size_t at = 0, n = 0; at < l.text.len; n++) {
        size_t len = n % 4 == 3 ? 0 : 1000 + n;
        len = len < l.text.len - at ? len : l.text.len - at;
        pack(slice_of(l.text.ptr + at, len), &packed);
        at += len;
    }
    assert_right(&l, &packed);
    buf_release(&packed);
    small_end(&l);
}

/* Whatever room there is for what is unpacked: it may fill it to the last byte and end there. */
static void an_end_at_the_end_of_the_room_is_no_damage(void **state)
{
    (void) state;
    for (size_t len = 1; len <= 64; len++) { /* the first room is for the first line of a receipt */
        char text[64];
        struct buf packed;
        struct ran ran;
        memset(text, 'x', sizeof text);
        buf_init(&packed, 4096);
        pack(slice_of(text, len), &packed);
        verify(buf_slice(&packed), NULL, NULL, NULL, &ran);
        assert_says(&ran.out, "archive.head: ");
        if (strstr(ran.out.ptr, "archive.damaged") != NULL)
            fail_msg("%zu bytes: %s", len, ran.out.ptr);
        ran_release(&ran);
        buf_release(&packed);
    }
}

static void an_early_end_is_found_wherever_it_is(void **state)
{
    struct small_ledger l;
    struct buf packed;
    (void) state;
    begin(&l, &packed);
    pack(buf_slice(&l.text), &packed);
    for (size_t len = 2; len < packed.len; len += len < 20 || len + 20 > packed.len ? 1 : 211)
        assert_found(&l, slice_of(packed.ptr, len), ": archive.damaged: the gzip file ends in its middle");
    buf_release(&packed);
    small_end(&l);
}

static void every_altered_byte_is_found(void **state)
{
    struct small_ledger l;
    struct buf packed;
    struct ran ran;
    (void) state;
    begin(&l, &packed);
    pack(buf_slice(&l.text), &packed);
    /* what gzip's header says of time, flags of the compressor and system changes nothing in the content */
    for (size_t i = 10; i < packed.len; i += i < 40 || i + 40 > packed.len ? 1 : 97) {
        packed.ptr[i] ^= 0x10;
        verify(buf_slice(&packed), "--vkey", l.vkey, NULL, &ran);
        assert_int_equal(ran.status, 1);
        assert_says(&ran.out, "archive.damaged");
        ran_release(&ran);
        packed.ptr[i] ^= 0x10;
    }
    buf_release(&packed);
    small_end(&l);
}

static void a_wrong_checksum_and_what_stands_behind_are_told_apart(void **state)
{
    struct small_ledger l;
    struct buf packed;
    (void) state;
    begin(&l, &packed);
    pack(buf_slice(&l.text), &packed);
    packed.ptr[packed.len - 8] ^= 1;
    assert_found(&l, buf_slice(&packed), "archive.damaged: the gzip file's checksum is not that of its content");
    packed.ptr[packed.len - 8] ^= 1;
    packed.ptr[packed.len - 1] ^= 1;
    assert_found(&l, buf_slice(&packed), "archive.damaged: the gzip file's checksum is not that of its content");
    packed.ptr[packed.len - 1] ^= 1;
    buf_add_str(&packed, "and more");
    assert_found(&l, buf_slice(&packed), "archive.damaged: something that is no gzip member stands behind the gzip file");
    packed.len -= strlen("and more");
    buf_add_char(&packed, '\0');
    assert_found(&l, buf_slice(&packed), "archive.damaged: ");
    buf_release(&packed);
    small_end(&l);
}

static void what_only_begins_like_gzip_is_a_finding(void **state)
{
    struct small_ledger l;
    struct buf packed;
    (void) state;
    begin(&l, &packed);
    assert_found(&l, SLICE("\x1f\x8b"), "line 1: archive.damaged: the gzip file ends in its middle");
    assert_found(&l, SLICE("\x1f\x8b\x08\x00 and more"), "line 1: archive.damaged: ");
    assert_found(&l, SLICE("\x1f\x8b\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
                 "line 1: archive.damaged: the gzip file is damaged here");
    assert_found(&l, SLICE("\x1f"), "line 1: archive.head: ");
    buf_release(&packed);
    small_end(&l);
}

/* 1 GiB that is one line, packed into 1 MiB. */
static void a_bomb_takes_no_memory(void **state)
{
    struct small_ledger l;
    struct buf packed, zeros;
    struct ran ran;
    (void) state;
    begin(&l, &packed);
    buf_init(&zeros, 1u << 22);
    for (int i = 0; i < 1 << 16; i++)
        buf_add(&zeros, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 64);
    pack(buf_slice(&l.text), &packed);
    for (int i = 0; i < 256; i++)
        pack(buf_slice(&zeros), &packed);
    char *argv[] = {program, (char *) (uintptr_t) "-", (char *) (uintptr_t) "--vkey", l.vkey, NULL};
    run(argv, buf_slice(&packed), &ran);
    assert_int_equal(ran.status, 1);
    assert_says(&ran.out, "archive.line: the line is longer than");
    assert_true(ran.peak_kib < 256 * 1024);
    ran_release(&ran);
    buf_release(&zeros);
    buf_release(&packed);
    small_end(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packed_archive_is_read_as_it_is),
        cmocka_unit_test(members_follow_each_other),
        cmocka_unit_test(an_end_at_the_end_of_the_room_is_no_damage),
        cmocka_unit_test(an_early_end_is_found_wherever_it_is),
        cmocka_unit_test(every_altered_byte_is_found),
        cmocka_unit_test(a_wrong_checksum_and_what_stands_behind_are_told_apart),
        cmocka_unit_test(what_only_begins_like_gzip_is_a_finding),
        cmocka_unit_test(a_bomb_takes_no_memory),
    };
    return cmocka_run_group_tests(tests, find_program, NULL);
}
