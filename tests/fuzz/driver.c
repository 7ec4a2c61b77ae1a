/* Runs a fuzz target without libFuzzer: gcc is enough. Inputs come from the seeds by changes of bytes and of words; what reaches a
 * place in the code for the first time, or more often than before, is kept and changed further (the objects are compiled with
 * -fsanitize-coverage=trace-pc). The same seed number and number of runs give the same inputs.
 *
 *   driver [-s SECONDS] [-n RUNS] [-r SEED] [-t SECONDS-FOR-ONE] [-o FILE-FOR-WHAT-FAILS] SEED-FILE...
 *
 * An input that crashes, fails an assertion or takes too long is written to the file and ends the run with a status that is not 0. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define INPUT_MAX 65536u    /* bytes: four times the longest contract there is; larger ones only take longer */
#define CORPUS_MAX 20000u   /* inputs; 64 KiB of places are reached by far fewer */
#define WORDS_MAX 20000u    /* of the dictionary */
#define PLACES 65536u       /* of the code, by hash: a power of two */
#define CHANGES_MAX 6u      /* of one input at once */
#define SECONDS_FOR_ONE 10u /* an input that takes longer hangs */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __sanitizer_cov_trace_pc(void);
void __sanitizer_set_death_callback(void (*callback)(void));
extern const char __executable_start;

struct bytes {
    uint8_t *ptr;
    size_t len;
};

static struct bytes corpus[CORPUS_MAX];
static size_t corpus_count;
static struct bytes words[WORDS_MAX];
static size_t word_count;
static uint8_t counts[PLACES], seen[PLACES];
static uint8_t input[INPUT_MAX];
static size_t input_len;
static const char *failure_file = "fuzz-failure";
static uint64_t random_state;

/* ---- where the code goes ---- */

void __sanitizer_cov_trace_pc(void)
{
    uintptr_t at = (uintptr_t) __builtin_return_address(0) - (uintptr_t) &__executable_start;
    uint8_t *count = &counts[((at >> 2) * 2654435761u >> 8) % PLACES];
    *count = (uint8_t) (*count + (*count < 255));
}

/* Once, twice, a few times, often: one bit each. */
static uint8_t bucket(uint8_t count)
{
    return count == 0 ? 0 : count == 1 ? 1 : count == 2 ? 2 : count < 8 ? 4 : count < 32 ? 8 : count < 128 ? 16 : 32;
}

static bool take_new_places(void)
{
    bool is_new = false;
    for (size_t i = 0; i < PLACES; i++) {
        uint8_t bit = bucket(counts[i]);
        is_new = is_new || (bit & ~seen[i]) != 0;
        seen[i] = (uint8_t) (seen[i] | bit);
    }
    return is_new;
}

/* ---- when it fails ---- */

static void write_failure(void)
{
    int fd = open(failure_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, input, input_len) != (ssize_t) input_len)
        return;
    (void) close(fd);
    static const char said[] = "the input that failed has been written to ";
    (void) !write(STDERR_FILENO, said, sizeof said - 1);
    (void) !write(STDERR_FILENO, failure_file, strlen(failure_file));
    (void) !write(STDERR_FILENO, "\n", 1);
}

static void on_signal(int number)
{
    write_failure();
    static const char late[] = "one input took too long\n";
    if (number == SIGPROF)
        (void) !write(STDERR_FILENO, late, sizeof late - 1);
    _exit(1);
}

/* ---- chance ---- */

static uint32_t chance(size_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return below == 0 ? 0 : (uint32_t) ((random_state >> 32) % below);
}

/* ---- changes ---- */

/* Replaces `old` bytes at `at`. What would be too long is cut. */
static void replace(size_t at, size_t old, const uint8_t *bytes, size_t len)
{
    if (len > INPUT_MAX - (input_len - old))
        return;
    memmove(input + at + len, input + at + old, input_len - at - old);
    if (len > 0)
        memmove(input + at, bytes, len);
    input_len = input_len - old + len;
}

static bool is_word(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/* A run of word characters, or one other character, near a place. */
static void word_near(size_t at, size_t *from, size_t *len)
{
    *from = at;
    while (*from > 0 && is_word(input[at]) && is_word(input[*from - 1]))
        (*from)--;
    *len = 1;
    while (is_word(input[at]) && *from + *len < input_len && is_word(input[*from + *len]))
        (*len)++;
}

static void change_word(void)
{
    size_t from = 0, len = 0;
    if (word_count == 0 || input_len == 0)
        return;
    word_near(chance(input_len), &from, &len);
    const struct bytes *word = &words[chance(word_count)];
    if (chance(3) == 0) { /* beside it */
        uint8_t spaced[256];
        size_t n = word->len < sizeof spaced - 1 ? word->len : sizeof spaced - 1;
        memcpy(spaced, word->ptr, n);
        spaced[n] = ' ';
        replace(from, 0, spaced, n + 1);
    } else {
        replace(from, len, word->ptr, word->len);
    }
}

static void change_bytes(void)
{
    size_t at = chance(input_len + 1), left = input_len - at;
    size_t len = left == 0 ? 0 : chance(left < 40 ? left : 40) + 1u;
    uint8_t byte = (uint8_t) chance(256);
    switch (chance(4)) {
    case 0:
        replace(at, len, NULL, 0);
        break;
    case 1:
        replace(at, 0, &byte, 1);
        break;
    case 2:
        if (left > 0)
            input[at] = (uint8_t) (input[at] ^ 1u << chance(8));
        break;
    default:
        if (left > 0)
            input[at] = byte;
        break;
    }
}

/* Digits: larger, smaller, longer. */
static void change_number(void)
{
    static const char *const numbers[] = {"0", "1",     "-1", "2", "9999999", "0.000001", "100000000000000000000",
                                          "3", "65536", "0.5"};
    for (int tries = 0; tries < 20 && input_len > 0; tries++) {
        size_t from = 0, len = 0;
        word_near(chance(input_len), &from, &len);
        if (input[from] < '0' || input[from] > '9')
            continue;
        const char *number = numbers[chance(sizeof numbers / sizeof numbers[0])];
        replace(from, len, (const uint8_t *) number, strlen(number));
        return;
    }
}

/* A stretch of lines of any input, put in or in place of a stretch. */
static void change_lines(void)
{
    const struct bytes *other = &corpus[chance(corpus_count)];
    if (other->len == 0)
        return;
    size_t from = chance(other->len), len = chance(other->len - from < 600 ? other->len - from : 600) + 1u;
    size_t at = chance(input_len + 1);
    while (at > 0 && at < input_len && input[at - 1] != '\n')
        at--;
    while (from > 0 && other->ptr[from - 1] != '\n')
        from--;
    while (from + len < other->len && other->ptr[from + len - 1] != '\n')
        len++;
    size_t left = input_len - at;
    replace(at, chance(2) == 0 || left == 0 ? 0 : chance(left < 600 ? left : 600), other->ptr + from, len);
}

static void make_input(void)
{
    const struct bytes *from = &corpus[chance(corpus_count)];
    memcpy(input, from->ptr, from->len);
    input_len = from->len;
    for (uint32_t n = 1 + chance(CHANGES_MAX); n > 0; n--)
        switch (chance(8)) {
        case 0:
            change_bytes();
            break;
        case 1:
        case 2:
            change_lines();
            break;
        case 3:
            change_number();
            break;
        default:
            change_word();
            break;
        }
}

/* ---- seeds ---- */

static uint8_t *copy_of(const uint8_t *ptr, size_t len)
{
    uint8_t *copy = malloc(len + 1);
    if (copy == NULL) {
        (void) fputs("no memory\n", stderr);
        exit(2);
    }
    memcpy(copy, ptr, len);
    return copy;
}

static void keep_input(void)
{
    if (corpus_count < CORPUS_MAX)
        corpus[corpus_count++] = (struct bytes){copy_of(input, input_len), input_len};
}

static void keep_words(void)
{
    for (size_t at = 0; at < input_len && word_count < WORDS_MAX;) {
        size_t len = 1;
        while (is_word(input[at]) && at + len < input_len && is_word(input[at + len]))
            len++;
        if (input[at] != ' ' && input[at] != '\n')
            words[word_count++] = (struct bytes){copy_of(input + at, len), len};
        at += len;
    }
}

/* Seconds of the processor's: what others do on the machine makes no input slow. */
static void limit(unsigned seconds)
{
    const struct itimerval timer = {.it_value = {.tv_sec = seconds}};
    (void) setitimer(ITIMER_PROF, &timer, NULL);
}

static void run(unsigned seconds)
{
    memset(counts, 0, sizeof counts);
    limit(seconds);
    (void) LLVMFuzzerTestOneInput(input, input_len);
    limit(0);
}

static void read_seed(const char *path, unsigned seconds)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        (void) fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(2);
    }
    input_len = fread(input, 1, INPUT_MAX, file);
    (void) fclose(file);
    run(seconds);
    (void) take_new_places();
    keep_input();
    keep_words();
}

static double now(void)
{
    struct timespec t;
    (void) clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static size_t places_seen(void)
{
    size_t n = 0;
    for (size_t i = 0; i < PLACES; i++)
        n += seen[i] != 0;
    return n;
}

int main(int argc, char **argv)
{
    double seconds = 0;
    unsigned long runs = 0, done = 0;
    unsigned each = SECONDS_FOR_ONE;
    for (int option = getopt(argc, argv, "s:n:r:t:o:"); option != -1; option = getopt(argc, argv, "s:n:r:t:o:"))
        switch (option) {
        case 's':
            seconds = strtod(optarg, NULL);
            break;
        case 'n':
            runs = strtoul(optarg, NULL, 10);
            break;
        case 'r':
            random_state = strtoull(optarg, NULL, 10);
            break;
        case 't':
            each = (unsigned) strtoul(optarg, NULL, 10);
            break;
        case 'o':
            failure_file = optarg;
            break;
        default:
            return 2;
        }
    if (optind == argc || (runs == 0 && seconds <= 0)) {
        (void) fprintf(stderr, "usage: %s -s SECONDS | -n RUNS [-r SEED] [-t SECONDS] [-o FILE] SEED-FILE...\n", argv[0]);
        return 2;
    }
    __sanitizer_set_death_callback(write_failure);
    (void) signal(SIGPROF, on_signal);
    (void) signal(SIGABRT, on_signal);
    for (int i = optind; i < argc; i++)
        read_seed(argv[i], each);
    double start = now();
    while ((runs == 0 || done < runs) && (seconds <= 0 || done % 64 != 0 || now() - start < seconds)) {
        make_input();
        run(each);
        done++;
        if (take_new_places())
            keep_input();
    }
    (void) printf("%lu runs in %.0f s from %d seeds; %zu inputs kept, %zu places reached; no finding\n", done,
                  now() - start, argc - optind, corpus_count, places_seen());
    return 0;
}
