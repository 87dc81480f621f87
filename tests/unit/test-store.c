/* A session in a file: what it prints after `restore` is what it would have printed; damage is refused and changes nothing. */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lang/reader.h"
#include "session/output.h"
#include "session/session.h"
#include "session/store.h"
#include "shell/eval.h"
#include "sweep.h"

static const char first[] =
    "load sleepstudy\n"
    "set digits 5\n"
    "let late = Days > 4\n"
    "fit m1 = Reaction ~ Days + (1 | Subject)\n"
    "fit m2 = Reaction ~ Days + (Days | Subject)\n"
    "load cbpp\n"
    "factor period, ref=2\n"
    "rename `herd` = `a, \"herd\"`\n"
    "fit b1 = cbind(incidence, size - incidence) ~ period + (1 | `a, \"herd\"`), family=binomial nodes=3\n"
    "model b2 = incidence ~ period, family=poisson offset=log(size)\n"
    "fit m3 = Yield ~ 1 + (1 | Batch), data=dyestuff\n"
    "use sleepstudy\n";

static const char second[] = "describe\nsummary m1\nsummary m2\nsummary b1\nranef m2\nshrinkage m1\nicc m1\ncompare m1 m2, coef\n"
                             "predict m2, at=\"Days=3\"\ntable m1 m2 b1\nfit b2\nvcov b1\nattenuation b1\nhead 3\nhistory\n";

static void enter_folder(void)
{
    char folder[] = "/tmp/mixsh-store-XXXXXX", path[4096];
    const char *source = getenv("srcdir");
    char *whole;

    snprintf(path, sizeof path, "%s/data", source == NULL ? "." : source);
    whole = realpath(path, NULL);
    if (whole != NULL)
        setenv("MIXSH_DATADIR", whole, 1);
    free(whole);
    setenv("LC_ALL", "C.UTF-8", 1);
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

/* What the commands print. */
static char *run(struct session *session, const char *text)
{
    struct reader *reader = reader_open_text(text, "test", NULL);
    struct text output = { 0 };

    session->run = eval_request;
    session_capture(session, &output);
    eval_reader(session, reader, EVAL_KEEP_GOING);
    session_capture(session, NULL);
    reader_close(reader);
    return text_take(&output);
}

static struct session *begin(const char *text)
{
    struct session *session = session_new();

    cr_assert_not_null(session);
    free(run(session, text));
    return session;
}

static bool bring_back(struct session *session, const char *path, struct glmm_error *err)
{
    struct stored stored;
    bool ok = store_read(path, &session->progress, &stored, err);

    if (ok)
        store_become(session, &stored);
    stored_clear(&stored);
    return ok;
}

static size_t read_whole(const char *path, char **bytes)
{
    FILE *file = fopen(path, "r");
    size_t count;

    cr_assert_not_null(file);
    *bytes = malloc(1 << 22);
    count = fread(*bytes, 1, 1 << 22, file);
    fclose(file);
    return count;
}

static void write_whole(const char *path, const char *bytes, size_t count)
{
    FILE *file = fopen(path, "w");

    cr_assert_eq(fwrite(bytes, 1, count, file), count);
    fclose(file);
}

Test(store, the_rest_prints_the_same, .init = enter_folder)
{
    struct session *session = begin(first), *other = begin("load dyestuff\nset digits 7\n");
    char *wanted, *got;

    if (!store_possible(NULL))
        cr_skip_test("built without SQLite");
    cr_assert(store_write(session, "s.mixsh", NULL));
    wanted = run(session, second);
    cr_assert(bring_back(other, "s.mixsh", NULL));
    got = run(other, second);
    cr_expect_str_eq(got, wanted, "%s\n---- not\n%s", got, wanted);
    free(got);
    free(wanted);
    session_free(session);
    session_free(other);
}

/* Any flipped bit, and any end cut off, is seen. */
Test(store, damage_is_refused, .init = enter_folder)
{
    struct session *session = begin("load dyestuff\nfit Yield ~ 1 + (1 | Batch)\n");
    struct glmm_error err;
    char *bytes;
    size_t count;

    if (!store_possible(NULL))
        cr_skip_test("built without SQLite");
    cr_assert(store_write(session, "s.mixsh", NULL));
    count = read_whole("s.mixsh", &bytes);
    for (size_t i = 0; i < count; i += i < 100 ? 1 : 997) {
        bytes[i] = (char)(bytes[i] ^ (1 << (i % 8)));
        write_whole("d.mixsh", bytes, count);
        err = (struct glmm_error){ .at = NOWHERE };
        cr_expect_not(bring_back(session, "d.mixsh", &err), "byte %zu", i);
        cr_expect_eq(err.code, GLMM_E_FILE, "byte %zu: %s", i, err.message);
        bytes[i] = (char)(bytes[i] ^ (1 << (i % 8)));
    }
    for (size_t length = 0; length < count; length += length < 200 ? 50 : 4096) {
        write_whole("d.mixsh", bytes, length);
        err = (struct glmm_error){ .at = NOWHERE };
        cr_expect_not(bring_back(session, "d.mixsh", &err), "length %zu", length);
    }
    cr_expect_not_null(session_find_model(session, "m1"));
    cr_expect_not_null(session->data);
    cr_expect(bring_back(session, "s.mixsh", NULL));
    free(bytes);
    session_free(session);
}

static bool read_s(void *context, struct glmm_error *err)
{
    struct stored stored;
    bool ok = store_read("s.mixsh", context, &stored, err);

    stored_clear(&stored);
    return ok;
}

/* With each allocation failing in turn the session stays as it was. */
Test(store, survives_each_failed_allocation, .init = enter_folder)
{
    long count;
    struct session *session = begin("load dyestuff\nfit Yield ~ 1 + (1 | Batch)\n");

    if (!store_possible(NULL))
        cr_skip_test("built without SQLite");
    cr_assert(store_write(session, "s.mixsh", NULL));
    count = sweep_allocations(read_s, &session->progress);
    cr_expect_gt(count, 30, "the sweep gave %ld", count);
    cr_expect_not_null(session_find_model(session, "m1"));
    session_free(session);
}
