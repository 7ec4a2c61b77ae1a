#include "tally/digest.h"

#include <pthread.h>

#include "crypto.h"
#include "tally/mem.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;
static pthread_key_t at_thread_end;
static _Thread_local EVP_MD_CTX *thread_context;

static void context_free(void *context)
{
    EVP_MD_CTX_free((EVP_MD_CTX *) context);
}

static void fetch_once(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    ENSURE(sha256 != NULL);
    ENSURE(pthread_key_create(&at_thread_end, context_free) == 0);
}

const EVP_MD *crypto_sha256(void)
{
    ENSURE(pthread_once(&once, fetch_once) == 0);
    return sha256;
}

/* One-shot calls fetch the algorithm each time under a lock: twice the time of a kept context, and no gain from
 * more cores. */
EVP_MD_CTX *crypto_thread_context(void)
{
    if (thread_context == NULL) {
        (void) crypto_sha256();
        thread_context = EVP_MD_CTX_new();
        ENSURE(thread_context != NULL);
        ENSURE(pthread_setspecific(at_thread_end, thread_context) == 0);
    }
    return thread_context;
}

/* Short parts go in together: each call of the library costs as much as hashing 50 bytes. */
#define TOGETHER_MAX 1024

void digest_parts(const struct slice *parts, size_t count, struct digest *out)
{
    EVP_MD_CTX *context = crypto_thread_context();
    struct digest result;
    char together[TOGETHER_MAX];
    size_t len = 0, i = 0;
    ENSURE(EVP_DigestInit_ex2(context, sha256, NULL) == 1);
    for (; i < count && parts[i].len <= sizeof together - len; len += parts[i++].len) {
        if (parts[i].len > 0)
            memcpy(together + len, parts[i].ptr, parts[i].len);
    }
    if (len > 0)
        ENSURE(EVP_DigestUpdate(context, together, len) == 1);
    for (; i < count; i++) {
        if (parts[i].len > 0)
            ENSURE(EVP_DigestUpdate(context, parts[i].ptr, parts[i].len) == 1);
    }
    ENSURE(EVP_DigestFinal_ex(context, result.bytes, NULL) == 1);
    *out = result; /* out may be one of the parts */
}

void digest_of(struct slice data, struct digest *out)
{
    digest_parts(&data, 1, out);
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return memcmp(a->bytes, b->bytes, DIGEST_LEN) == 0;
}

struct digest_stream {
    EVP_MD_CTX *context;
};

struct digest_stream *digest_stream_new(void)
{
    struct digest_stream *stream = mem_zero(sizeof *stream);
    if (stream == NULL)
        return NULL;
    stream->context = EVP_MD_CTX_new();
    if (stream->context == NULL || EVP_DigestInit_ex2(stream->context, crypto_sha256(), NULL) != 1) {
        digest_stream_free(stream);
        return NULL;
    }
    return stream;
}

void digest_stream_free(struct digest_stream *stream)
{
    if (stream == NULL)
        return;
    EVP_MD_CTX_free(stream->context);
    mem_free(stream);
}

void digest_stream_add(struct digest_stream *stream, struct slice data)
{
    if (data.len > 0)
        ENSURE(EVP_DigestUpdate(stream->context, data.ptr, data.len) == 1);
}

void digest_stream_end(struct digest_stream *stream, struct digest *out)
{
    ENSURE(EVP_DigestFinal_ex(stream->context, out->bytes, NULL) == 1);
    ENSURE(EVP_DigestInit_ex2(stream->context, crypto_sha256(), NULL) == 1);
}
