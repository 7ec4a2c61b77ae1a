#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include "key_internal.h"
#include "tally/arena.h"
#include "tally/mem.h"

#define KEY_FILE_MAX 8192 /* a PKCS#8 PEM of Ed25519 is 119 bytes; people put comments before it */

/* Without this, libcrypto asks for a password on the terminal. */
static int no_password(char *out, int size, int rwflag, void *ctx)
{
    (void) out;
    (void) size;
    (void) rwflag;
    (void) ctx;
    return 0;
}

/* Asks the open file, not the path: nobody can change it in between. */
static enum tally_code check_owner_only(int fd, const char *path, struct err *err)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return err_set(err, TALLY_E_IO, "%s: %m", path);
    if (!S_ISREG(status.st_mode))
        return err_set(err, TALLY_E_MALFORMED, "%s is not a file", path);
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return err_set(err, TALLY_E_DENIED, "%s may be used by others than its owner (mode %04o): chmod 600 it", path,
                       (unsigned) (status.st_mode & 07777));
    return TALLY_OK;
}

static enum tally_code read_all(int fd, const char *path, char *out, size_t cap, size_t *len, struct err *err)
{
    size_t have = 0;
    for (;;) {
        ssize_t n = read(fd, out + have, cap - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, TALLY_E_IO, "%s: %m", path);
        if (n == 0)
            break;
        have += (size_t) n;
        if (have == cap)
            return err_set(err, TALLY_E_LIMIT, "%s is too large for a key file (at most %d bytes)", path, KEY_FILE_MAX - 1);
    }
    *len = have;
    return TALLY_OK;
}

enum tally_code key_pair_load(const char *path, struct key_pair **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char text[KEY_FILE_MAX];
    size_t len = 0;
    BIO *bio = NULL;
    EVP_PKEY *pkey = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, errno == ENOENT ? TALLY_E_NOT_FOUND : TALLY_E_IO, "key file %s: %m", path);
    TRY(check_owner_only(fd, path, err));
    TRY(read_all(fd, path, text, sizeof text, &len, err));
    bio = BIO_new_mem_buf(text, (int) len);
    if (bio == NULL) {
        rc = key_crypto_error(err, path);
        goto done;
    }
    pkey = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    if (pkey == NULL || EVP_PKEY_get_id(pkey) != EVP_PKEY_ED25519) {
        ERR_clear_error();
        EVP_PKEY_free(pkey);
        rc = err_set(err, TALLY_E_MALFORMED, "%s is not an Ed25519 private key in PKCS#8 PEM without a password", path);
        goto done;
    }
    TRY(key_pair_adopt(pkey, out, err));
done:
    BIO_free(bio);
    mem_wipe(text, sizeof text);
    (void) close(fd);
    return rc;
}

static enum tally_code write_all(int fd, const char *path, const char *text, size_t len, struct err *err)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, TALLY_E_IO, "%s: %m", path);
        text += n;
        len -= (size_t) n;
    }
    if (fsync(fd) != 0)
        return err_set(err, TALLY_E_IO, "%s: fsync: %m", path);
    return TALLY_OK;
}

/* A new file is durable only when its folder is. */
static enum tally_code sync_folder(const char *path, struct err *err)
{
    const char *slash = strrchr(path, '/');
    struct arena *arena = NULL;
    const char *folder = ".";
    enum tally_code rc = TALLY_OK;
    if (slash != NULL) {
        size_t len = slash == path ? 1 : (size_t) (slash - path);
        arena = arena_new(len + 64);
        folder = arena == NULL ? NULL : arena_strdup(arena, slice_of(path, len));
    }
    if (folder == NULL) {
        arena_free(arena);
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a path");
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        rc = err_set(err, TALLY_E_IO, "%s: %m", folder);
    if (fd >= 0)
        (void) close(fd);
    arena_free(arena);
    return rc;
}

enum tally_code key_pair_save(const struct key_pair *pair, const char *path, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    int fd = -1;
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_secmem());
    if (bio == NULL || PEM_write_bio_PKCS8PrivateKey(bio, pair->pkey, NULL, NULL, 0, NULL, NULL) != 1) {
        rc = key_crypto_error(err, "writing a private key");
        goto done;
    }
    long len = BIO_get_mem_data(bio, &text);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && errno == EEXIST) {
        rc = err_set(err, TALLY_E_CONFLICT, "%s exists already; a key is never overwritten", path);
        goto done;
    }
    if (fd < 0) {
        rc = err_set(err, TALLY_E_IO, "key file %s: %m", path);
        goto done;
    }
    rc = write_all(fd, path, text, (size_t) len, err);
    if (rc == TALLY_OK)
        rc = sync_folder(path, err);
    if (rc != TALLY_OK)
        (void) unlink(path); /* half a key is worse than none */
done:
    if (fd >= 0)
        (void) close(fd);
    BIO_free(bio);
    return rc;
}
