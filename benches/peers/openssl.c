/* What this crate does, done with OpenSSL, timed within this process.
 *
 * The first argument is the folder with the inputs. Each line of standard input is an order, answered
 * with a line: `time WORK COUNT` with the nanoseconds of one, `check WORK` with how many octets came out
 * of all inputs and a hash of them. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static void *allocate(size_t octets)
{
    void *memory = malloc(octets ? octets : 1);
    if (memory == NULL)
        fail("no memory");
    return memory;
}

/* Inputs */

struct item {
    unsigned char *octets;
    size_t length;
};

struct items {
    struct item *all;
    size_t count;
};

/* A file of items, each behind its length as four octets, the highest first. */
static struct items read_items(const char *folder, const char *name)
{
    char path[4096];
    unsigned char length[4];
    struct items items = {NULL, 0};
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (file == NULL)
        fail(path);
    while (fread(length, 1, sizeof length, file) == sizeof length) {
        struct item item;
        item.length = (size_t)length[0] << 24 | (size_t)length[1] << 16 | (size_t)length[2] << 8 | length[3];
        item.octets = allocate(item.length);
        if (fread(item.octets, 1, item.length, file) != item.length)
            fail(path);
        items.all = realloc(items.all, (items.count + 1) * sizeof item);
        if (items.all == NULL)
            fail("no memory");
        items.all[items.count++] = item;
    }
    fclose(file);
    return items;
}

static X509 *parse(struct item item)
{
    const unsigned char *octets = item.octets;
    X509 *certificate = d2i_X509(NULL, &octets, (long)item.length);
    if (certificate == NULL)
        fail("no certificate");
    return certificate;
}

/* Outputs */

static int is_checked;
static size_t total;
static uint64_t hash;

/* Counts what came out; the hash is FNV-1a, 64 bits. */
static void seen(const unsigned char *octets, size_t length)
{
    size_t at;

    total += length;
    for (at = 0; is_checked && at < length; at++)
        hash = (hash ^ octets[at]) * 0x100000001b3;
}

/* Work */

static X509 **presented; /* three of each chain, as a handshake leaves them: parsed */
static struct items texts;
static struct items clients; /* leaf and intermediate in turn */
static X509_STORE *one_anchor;
static X509_STORE *all_anchors;

static unsigned char is_escaped[256];

static void make_table(void)
{
    const char *unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    memset(is_escaped, 1, sizeof is_escaped);
    for (; *unreserved; unreserved++)
        is_escaped[(unsigned char)*unreserved] = 0;
}

/* As nginx does: the PEM is copied out of its BIO, counted over, and escaped into memory of its own. */
static void encode_one(X509 *certificate)
{
    static const char digits[] = "0123456789ABCDEF";
    BIO *bio = BIO_new(BIO_s_mem());
    unsigned char *pem, *escaped, *to;
    size_t length, at, extra = 0;

    if (bio == NULL || !PEM_write_bio_X509(bio, certificate))
        fail("no PEM");
    length = BIO_pending(bio);
    pem = allocate(length);
    BIO_read(bio, pem, (int)length);
    BIO_free(bio);

    for (at = 0; at < length; at++)
        extra += is_escaped[pem[at]];
    escaped = to = allocate(length + 2 * extra);
    for (at = 0; at < length; at++) {
        unsigned char octet = pem[at];
        if (is_escaped[octet]) {
            *to++ = '%';
            *to++ = digits[octet >> 4];
            *to++ = digits[octet & 15];
        } else {
            *to++ = octet;
        }
    }
    seen(escaped, (size_t)(to - escaped));
    free(escaped);
    free(pem);
}

static void encode(size_t chain)
{
    size_t at;

    for (at = 0; at < 3; at++)
        encode_one(presented[3 * chain + at]);
}

static int digit(unsigned char octet)
{
    if (octet >= '0' && octet <= '9')
        return octet - '0';
    octet |= 0x20;
    if (octet >= 'a' && octet <= 'f')
        return octet - 'a' + 10;
    fail("no hexadecimal digit");
    return 0;
}

static void decode(size_t chain)
{
    struct item text = texts.all[chain];
    unsigned char *pem = allocate(text.length), *to = pem;
    size_t at;
    BIO *bio;
    X509 *certificate;

    for (at = 0; at < text.length; at++) {
        unsigned char octet = text.octets[at];
        if (octet == '%' && at + 2 < text.length) {
            octet = (unsigned char)(digit(text.octets[at + 1]) << 4 | digit(text.octets[at + 2]));
            at += 2;
        }
        *to++ = octet;
    }
    bio = BIO_new_mem_buf(pem, (int)(to - pem));
    if (bio == NULL)
        fail("no BIO");
    while ((certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        if (is_checked) {
            unsigned char *der = NULL;
            int length = i2d_X509(certificate, &der);
            if (length < 0)
                fail("no DER");
            seen(der, (size_t)length);
            OPENSSL_free(der);
        }
        X509_free(certificate);
    }
    /* The end of the text counts as an error. */
    ERR_clear_error();
    BIO_free(bio);
    free(pem);
}

static void judge(X509_STORE *anchors, size_t client)
{
    X509 *leaf = parse(clients.all[2 * client]);
    X509 *intermediate = parse(clients.all[2 * client + 1]);
    STACK_OF(X509) *others = sk_X509_new_null();
    X509_STORE_CTX *context = X509_STORE_CTX_new();

    if (others == NULL || context == NULL || !sk_X509_push(others, intermediate) ||
        !X509_STORE_CTX_init(context, anchors, leaf, others) ||
        !X509_STORE_CTX_set_default(context, "ssl_client"))
        fail("no context");
    if (X509_verify_cert(context) != 1)
        fail(X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
    if (is_checked)
        seen(clients.all[2 * client].octets, clients.all[2 * client].length);
    X509_STORE_CTX_free(context);
    sk_X509_free(others);
    X509_free(intermediate);
    X509_free(leaf);
}

static void judge_under_one(size_t client)
{
    judge(one_anchor, client);
}

static void judge_under_all(size_t client)
{
    judge(all_anchors, client);
}

/* Anchors become objects of the store at once: adding them one by one sorts all of them each time. */
static X509_STORE *store(struct items anchors, size_t count)
{
    X509_STORE *store = X509_STORE_new();
    size_t at;

    if (store == NULL)
        fail("no store");
    for (at = 0; at < count; at++) {
        X509 *anchor = parse(anchors.all[at]);
        X509_OBJECT *object = X509_OBJECT_new();
        if (object == NULL || !X509_OBJECT_set1_X509(object, anchor) ||
            !sk_X509_OBJECT_push(X509_STORE_get0_objects(store), object))
            fail("no anchor");
        X509_free(anchor);
    }
    return store;
}

struct work {
    const char *name;
    void (*run)(size_t input);
    size_t inputs;
    size_t next;
};

static void take_time(struct work *work, unsigned long count)
{
    struct timespec from, to;
    unsigned long done;
    double nanoseconds;

    clock_gettime(CLOCK_MONOTONIC, &from);
    for (done = 0; done < count; done++) {
        work->run(work->next);
        work->next = (work->next + 1) % work->inputs;
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    nanoseconds = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
    printf("%.1f\n", nanoseconds / (double)count);
}

static void check(struct work *work)
{
    size_t input;

    is_checked = 1;
    total = 0;
    hash = 0xcbf29ce484222325;
    for (input = 0; input < work->inputs; input++)
        work->run(input);
    is_checked = 0;
    printf("%zu %llu\n", total, (unsigned long long)hash);
}

int main(int count, char **arguments)
{
    char order[16], name[32], line[128];
    struct items chains, anchors;
    size_t at;

    if (count != 2)
        fail("the argument is a folder");
    chains = read_items(arguments[1], "chains");
    texts = read_items(arguments[1], "texts");
    clients = read_items(arguments[1], "clients");
    anchors = read_items(arguments[1], "anchors");
    presented = allocate(chains.count * sizeof *presented);
    for (at = 0; at < chains.count; at++)
        presented[at] = parse(chains.all[at]);
    one_anchor = store(anchors, 1);
    all_anchors = store(anchors, anchors.count);
    make_table();

    struct work works[] = {
        {"encode", encode, chains.count / 3, 0},
        {"decode", decode, texts.count, 0},
        {"judge-under-one", judge_under_one, clients.count / 2, 0},
        {"judge-under-all", judge_under_all, clients.count / 2, 0},
    };
    printf("%s\n", OpenSSL_version(OPENSSL_VERSION));
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        unsigned long calls = 0;
        struct work *work = NULL;

        sscanf(line, "%15s %31s %lu", order, name, &calls);
        for (at = 0; at < sizeof works / sizeof *works; at++)
            if (strcmp(works[at].name, name) == 0)
                work = &works[at];
        if (work == NULL)
            fail("no such work");
        if (strcmp(order, "time") == 0)
            take_time(work, calls);
        else
            check(work);
        fflush(stdout);
    }
    return 0;
}
