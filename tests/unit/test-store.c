/* A session in a file: what it prints after `restore` is what it would have printed; damage is refused and changes nothing. */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fit/fit-image.h"
#include "fit/identify.h"
#include "lang/reader.h"
#include "session/output.h"
#include "session/session.h"
#include "session/store.h"
#include "config.h"
#ifdef HAVE_SQLITE
#include "session/store-private.h"
#endif
#include "shell/eval.h"
#include "stated.h"
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
    "load dyestuff\n"
    "use cbpp\n"
    "fit m3 = Yield ~ 1 + (1 | Batch), data=dyestuff\n"
    "use sleepstudy\n";

static const char second[] = "describe\nsummary m1\nsummary m2\nsummary b1\nranef m2\nshrinkage m1\nicc m1\ncompare m1 m2, coef\n"
                             "predict m2, at=\"Days=3\"\ntable m1 m2 b1\nfit b2\nvcov b1\nattenuation b1\nhead 3\nhistory\n";

/* Ordered responses: thresholds that are infinite, in some rows and in all; a constant that the data leave open. */
static const char ordered[] = "load wine\n"
                              "let cell = ifelse(temp == \"cold\" & contact == \"no\", 1, 0)\n"
                              "let none = ifelse(cell == 1, 1, rating)\n"
                              "let thirds = ifelse(bottle < 3, 1, ifelse(bottle < 6, 2, 3))\n"
                              "fit o1 = none ~ cell + temp + (1 | judge), family=cumulative\n"
                              "fit o2 = thirds ~ bottle, family=cumulative\n"
                              "fit o3 = rating ~ contact + (1 | temp), family=cumulative\n"
                              "fit o4 = rating ~ contact + temp + (1 | temp), family=cumulative\n";

static const char of_ordered[] = "summary o1\nsummary o2\nsummary o3\nsummary o4\nconfint o1, method=wald\n"
                                 "predict o1, at=\"cell=0,1, temp=cold\" re=typical\nmeans o1 temp\nmargins o1 cell\n"
                                 "predict o2, at=\"bottle=2,4\"\nmargins o4 contact\nslopes o4 contact\n"
                                 "predict o4, at=\"contact=no,yes\" re=typical\ncontrast o4 contact\nmeans o4 contact\n";

static void enter_folder(void)
{
    /* In the folder that tests/run gives and takes away. */
    char folder[] = "store-XXXXXX", path[4096];
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
        store_exchange(session, &stored);
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

/* What `rest` prints behind `before` and behind its session brought back. */
static void expect_same(const char *before, const char *rest)
{
    struct session *session = begin(before), *other = begin("load dyestuff\nset digits 7\n");
    char *wanted, *got;

    if (!store_possible(NULL))
        cr_skip_test("built without SQLite");
    cr_assert(store_write(session, "s.mixsh", NULL));
    wanted = run(session, rest);
    cr_assert(bring_back(other, "s.mixsh", NULL));
    got = run(other, rest);
    cr_expect_str_eq(got, wanted, "%s\n---- not\n%s", got, wanted);
    free(got);
    free(wanted);
    session_free(session);
    session_free(other);
}

Test(store, the_rest_prints_the_same, .init = enter_folder)
{
    expect_same(first, second);
}

Test(store, so_do_ordered_responses, .init = enter_folder)
{
    expect_same(ordered, of_ordered);
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

#ifdef HAVE_SQLITE
/* The file with other contents, and the checksum that belongs to them. */
static void change_file(const char *path, const char *sql)
{
    sqlite3 *database;
    sqlite3_int64 count;
    unsigned char *bytes;
    uint32_t sum;

    cr_assert_eq(sqlite3_open(path, &database), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(database));
    bytes = sqlite3_serialize(database, "main", &count, 0);
    sum = store_checksum(bytes, (size_t)count);
    for (int i = 0; i < 4; i++)
        bytes[CHECKSUM_AT + i] = (unsigned char)(sum >> (24 - 8 * i));
    sqlite3_close(database);
    write_whole(path, (const char *)bytes, (size_t)count);
    sqlite3_free(bytes);
}

/* A file of a newer program is refused in one sentence. */
Test(store, newer_is_refused, .init = enter_folder)
{
    struct session *session = begin("load dyestuff\nfit Yield ~ 1 + (1 | Batch)\n");
    struct glmm_error err = { .at = NOWHERE };

    cr_assert(store_write(session, "s.mixsh", NULL));
    change_file("s.mixsh", "update meta set value = value + 1 where key = 'format';"
                           "update meta set value = '99.1' where key = 'version'");
    cr_expect_not(bring_back(session, "s.mixsh", &err));
    cr_expect_eq(err.code, GLMM_E_FILE);
    cr_expect_str_eq(err.message, "s.mixsh was saved by mixsh 99.1, whose sessions this older one cannot read");
    cr_expect_not_null(session_find_model(session, "m1"));
    session_free(session);
}

/* A fit whose image is of another version is to be made again; one that is no image of the model's fit is refused. */
Test(store, other_images, .init = enter_folder)
{
    struct session *session = begin("load dyestuff\nfit Yield ~ 1 + (1 | Batch)\n");
    struct glmm_error err = { .at = NOWHERE };
    struct stored stored;

    cr_assert(store_write(session, "s.mixsh", NULL));
    change_file("s.mixsh", "update model set fit = x'01' || substr(fit, 2)");
    cr_assert(store_read("s.mixsh", &session->progress, &stored, &err));
    cr_expect(stored.wishes[0].wanted);
    cr_expect_null(stored.models->fit);
    stored_clear(&stored);
    cr_assert(store_write(session, "s.mixsh", NULL));
    change_file("s.mixsh", "update model set fit = substr(fit, 1, length(fit) - 8)");
    cr_expect_not(store_read("s.mixsh", &session->progress, &stored, &err));
    cr_expect_str_eq(err.message, "what is kept of the fit of m1 is no fit of this model");
    stored_clear(&stored);
    session_free(session);
}

/* The place of a block of reals in an image, behind its length; NULL: there is none. */
static const char *find_block(const struct text *image, const double *reals, size_t count)
{
    int64_t length = (int64_t)count;

    for (size_t at = 0; at + sizeof length + count * sizeof *reals <= image->length; at++)
        if (memcmp(image->data + at, &length, sizeof length) == 0
            && memcmp(image->data + at + sizeof length, reals, count * sizeof *reals) == 0)
            return image->data + at;
    return NULL;
}

/* An image has of each array what the array has: no number more, which would be whatever lies behind it. */
Test(store, an_image_has_arrays_of_their_lengths)
{
    struct stated s = state("sleepstudy", "Reaction ~ Days + (Days | Subject)", NULL, METHOD_REML, 0);
    const struct fit *fit = s.fit;
    size_t p = 2, theta = 3, shares = 3 + 1; /* the free entries of the template, and sigma */
    struct text image = { 0 };

    fit_pack(fit, &image);
    cr_assert_not(image.failed);
    cr_assert_eq(fit->theta_count, (int)theta);
    cr_assert_eq(fit->variance_count, (int)shares);
    cr_expect_not_null(find_block(&image, fit->beta, p));
    cr_expect_not_null(find_block(&image, fit->se, p));
    cr_expect_not_null(find_block(&image, fit->vcov, p * p));
    cr_expect_not_null(find_block(&image, fit->theta, theta));
    cr_expect_not_null(find_block(&image, fit->theta_hessian, (theta + 1) * (theta + 1)));
    cr_expect_not_null(find_block(&image, fit->variance_covariance, shares * shares));
    cr_expect_not_null(find_block(&image, fit->vcov_slopes, shares * p * p));
    text_clear(&image);
    stated_clear(&s);
}

/* Whether two arrays of the engine have the same numbers, or are both none. */
static bool are_same(const double *one, const double *other, size_t count)
{
    return one == NULL || other == NULL ? one == other : memcmp(one, other, sizeof *one * count) == 0;
}

/* What is said of the numbers that the data leave open is asked of arrays: the fit that is read has each of them whole. */
Test(store, what_is_open_is_kept_whole)
{
    static const char *const formulas[] = { "Reaction ~ factor(Days) + (1 | Days) + (1 | Subject)",
                                            "Reaction ~ factor(Subject) + (Days | Subject)" };

    for (size_t k = 0; k < sizeof formulas / sizeof formulas[0]; k++) {
        struct stated s = state("sleepstudy", formulas[k], "gaussian", METHOD_REML, 0);
        size_t p = (size_t)s.fit->design->p, forms = (size_t)s.fit->identity->form_count;
        const struct identity *kept = s.fit->identity, *read;
        struct glmm_error err = { 0 };
        struct text image = { 0 };
        struct fit *fit;

        cr_assert(forms > 0 && kept->form_rest != NULL && p > 2, "%s", formulas[k]);
        fit_pack(s.fit, &image);
        fit = fit_unpack(s.model, image.data, image.length, &err);
        cr_assert_not_null(fit, "%s", err.message);
        read = fit->identity;
        cr_assert(read->form_count == kept->form_count && read->lost == kept->lost);
        cr_expect(are_same(kept->flat, read->flat, p * p), "flat");
        cr_expect(are_same(kept->form, read->form, forms * p * p), "form");
        cr_expect(are_same(kept->form_rest, read->form_rest, p * p), "form_rest");
        cr_expect(are_same(kept->form_length, read->form_length, p), "form_length");
        cr_expect(are_same(kept->moved, read->moved, p * p), "moved");
        cr_expect(are_same(kept->constant, read->constant, p + 1), "constant");
        cr_expect(are_same(kept->vcov, read->vcov, p * p), "vcov");
        fit_free(fit);
        text_clear(&image);
        stated_clear(&s);
    }
}

static const char imputed[] = "load sleepstudy as a\nlet imp = 1\n"
                              "load sleepstudy as b\nlet imp = 2\nlet Reaction = ifelse(Days == 3, Reaction + 5, Reaction)\n"
                              "append a\nwrite stack.csv, replace\nload stack.csv, imputation=imp\n"
                              "fit m1 = Reaction ~ Days + (1 | Subject)\n";

/* A pooled fit is pooled again from those that it is of, without fitting; what is none of them is refused. */
Test(store, pooled_fits, .init = enter_folder)
{
    struct session *session = begin(imputed);
    struct glmm_error err;
    struct stored stored;
    char change[200];

    cr_assert_not_null(session_find_model(session, "m1"));
    cr_assert(store_write(session, "s.mixsh", NULL));
    cr_assert(store_read("s.mixsh", &session->progress, &stored, NULL));
    cr_expect_not(stored.wishes[0].wanted);
    cr_expect_not_null(stored.models->fit);
    stored_clear(&stored);
    for (int i = 9; i < 4000; i += i < 60 ? 1 : 331) {
        cr_assert(store_write(session, "s.mixsh", NULL));
        snprintf(change, sizeof change, "update model set fit = substr(fit, 1, %d)", i);
        change_file("s.mixsh", change);
        err = (struct glmm_error){ .at = NOWHERE };
        cr_expect_not(store_read("s.mixsh", &session->progress, &stored, &err), "cut at %d", i);
        cr_expect_str_eq(err.message, "what is kept of the fit of m1 is no fit of this model");
        stored_clear(&stored);
    }
    for (int i = 9; i < 49; i++) { /* how many there are, and of what kind */
        cr_assert(store_write(session, "s.mixsh", NULL));
        snprintf(change, sizeof change, "update model set fit = substr(fit, 1, %d) || x'7f' || substr(fit, %d)", i - 1, i + 1);
        change_file("s.mixsh", change);
        cr_expect_not(store_read("s.mixsh", &session->progress, &stored, NULL), "byte %d", i);
        stored_clear(&stored);
    }
    session_free(session);
}

/* Each value of the tables that is not as it was written is refused in a sentence that says where; what the session had stays. */
Test(store, other_contents, .init = enter_folder)
{
    static const struct {
        const char *change, *what;
    } kinds[] = {
        { "update frame set id = id + 7", "table of data" },
        { "update frame set name = null", "table of data" },
        { "update frame set rows = -1", "table of data" },
        { "update variable set name = null where place = 0", "table of variables" },
        { "update variable set type = 'complex'", "table of variables" },
        { "update variable set data = substr(data, 2)", "table of variables" },
        { "update variable set level_count = level_count + 1 where type = 'factor'", "list of levels" },
        { "update variable set level_count = level_count - 1 where type = 'factor'", "list of levels" },
        { "update variable set level_count = -1 where type = 'factor'", "list of levels" },
        { "update variable set levels = null where type = 'factor'", "list of levels" },
        { "update variable set reference = 99 where type = 'factor'", "list of levels" },
        { "update variable set reference = -1 where type = 'factor'", "list of levels" },
        { "update variable set data = x'ff000000' || substr(data, 5) where type = 'factor'", "list of levels" },
        { "update dataset set frame = 7", "list of data" },
        { "update relation set count = 0", "matrix" },
        { "update relation set name = null", "matrix" },
        { "update relation set data = substr(data, 9)", "matrix" },
        { "update relation set ids = x'41'", "matrix" },
        { "update relation set count = count + 1", "matrix" },
        { "update model set frame = 0", "table of models" },
        { "update model set formula = null", "table of models" },
        { "update model set name = null", "table of models" },
        { "update model set method = 99, fit = x'01' || substr(fit, 2)", "table of models" },
        { "update setting set key = 'nothing' where key = (select min(key) from setting)", "table of settings" },
        { "update setting set value = null", "table of settings" },
        { "update history set command = null", "history" },
        { "update meta set key = null where key = 'model'", "head" },
        { "delete from meta where key = 'version'", "head" },
    };
    struct session *session;
    char wanted[200];

    write_whole("p.csv", "place,x,y\na,0,0\nb,1,0\nc,0,2\n", 28);
    write_whole("k.csv", "id,sire,dam\na,NA,NA\nb,NA,NA\nc,a,b\nd,a,c\n", 40);
    session = begin("load p.csv\nmatrix N = near(p, x, y, range=1)\nload k.csv\nmatrix P = pedigree(k, id, sire, dam)\n"
                    "load dyestuff\nfit Yield ~ 1 + (1 | Batch)\n");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct glmm_error err = { .at = NOWHERE };

        cr_assert(store_write(session, "s.mixsh", NULL));
        change_file("s.mixsh", kinds[i].change);
        snprintf(wanted, sizeof wanted, "s.mixsh is no saved session that can be read: its %s is not as it was written",
                 kinds[i].what);
        cr_expect_not(bring_back(session, "s.mixsh", &err), "%s", kinds[i].change);
        cr_expect_str_eq(err.message, wanted, "%s: %s", kinds[i].change, err.message);
        cr_expect_eq(err.code, GLMM_E_FILE, "%s", kinds[i].change);
        cr_expect_not_null(session_find_model(session, "m1"));
    }
    session_free(session);
}

/* A table that is not there; a file of another order of bytes. */
Test(store, other_tables, .init = enter_folder)
{
    struct session *session = begin("load dyestuff\n");
    struct glmm_error err = { .at = NOWHERE };

    cr_assert(store_write(session, "s.mixsh", NULL));
    change_file("s.mixsh", "drop table setting");
    cr_expect_not(bring_back(session, "s.mixsh", &err));
    cr_expect_str_eq(err.message, "s.mixsh is no saved session that can be read: no such table: setting");
    err = (struct glmm_error){ .at = NOWHERE };
    cr_assert(store_write(session, "s.mixsh", NULL));
    change_file("s.mixsh", "update meta set value = 4321 where key = 'order'");
    cr_expect_not(bring_back(session, "s.mixsh", &err));
    cr_expect_str_eq(err.message, "s.mixsh was saved on a machine with another order of bytes");
    session_free(session);
}
#endif

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
    struct session *session = begin("load dyestuff\nfit Yield ~ 1 + (1 | Batch)\n"
                                    "let Twin = Batch\nlet a = Batch == \"A\"\nlet up = Yield > 1500 & Batch != \"A\"\n"
                                    "fit up ~ a + (1 | Batch) + (1 | Twin), family=binomial\n");

    if (!store_possible(NULL))
        cr_skip_test("built without SQLite");
    cr_assert(store_write(session, "s.mixsh", NULL));
    count = sweep_allocations(read_s, &session->progress);
    cr_expect_gt(count, 30, "the sweep gave %ld", count);
    cr_expect_not_null(session_find_model(session, "m1"));
    session_free(session);
}
