/* Ctrl-C at any moment of a fit: it ends at once and says so, or the fit is the one that nobody disturbed. */
#include <criterion/criterion.h>
#include <math.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "base/aside.h"
#include "base/error.h"
#include "base/watch.h"
#include "fit/glmm.h"
#include "fit/lmm-leave.h"
#include "fit/lmm.h"
#include "infer/shrinkage.h"
#include "linalg/dense.h"
#include "linalg/eigen.h"
#include "make-design.h"
#include "run-session.h"
#include "term/progress.h"

/* Says stop at look number `limit` (from 1; 0: never) and counts the looks; once stopped, it stays so. */
struct counter {
    long looks, limit;
};

static bool tell(void *context, const char *what, double done, double total, double value)
{
    struct counter *counter = context;

    (void)what;
    (void)done;
    (void)total;
    (void)value;
    counter->looks++;
    return counter->limit == 0 || counter->looks < counter->limit;
}

/* Crossed terms of which the smaller is larger than two tiles of the factorization. */
static struct design *make_crossed(void)
{
    static const struct shape_term shape[] = { { 1, 400, false, 0 }, { 1, 280, false, 0 } };

    return make_design(1500, 2, 2, shape, false, 11);
}

static struct fit *fit_with(const struct design *design, long limit, long *looks, struct glmm_error *err)
{
    struct counter counter = { .limit = limit };
    struct glmm_progress progress = { .tell = tell, .context = &counter };
    struct fit *fit = lmm_fit(design, NULL, &progress, err);

    *looks = counter.looks;
    return fit;
}

Test(interrupt, a_fit_stops_at_any_look_or_is_whole)
{
    struct design *design = make_crossed();
    struct glmm_error err = { 0 };
    long looks, all, limit;
    struct fit *whole = fit_with(design, 0, &all, &err), *fit;

    cr_assert_not_null(whole, "%s", err.message);
    cr_expect_gt(all, 5L * whole->optimum.evaluations, "looks: %ld", all);
    for (limit = 1; limit < 2 * all; limit += 1 + limit) {
        memset(&err, 0, sizeof err);
        fit = fit_with(design, limit, &looks, &err);
        if (fit == NULL) {
            cr_expect_eq(err.code, GLMM_E_INTERRUPT, "look %ld: %s", limit, err.message);
            cr_expect_leq(looks, limit + 1, "%ld looks after look %ld", looks - limit, limit);
        } else { /* there were fewer looks: their number depends on the threads */
            cr_expect_lt(looks, limit, "went on after look %ld", limit);
            cr_expect_eq(fit->loglik, whole->loglik);
        }
        fit_free(fit);
    }
    fit_free(whole);
    free_design(design);
}

/* Levels that have hundreds of columns are left out in steps, each of which may be the last. */
Test(interrupt, leaving_out_levels_stops_at_any_look)
{
    static const struct shape_term shape[] = { { 1, 400, false, 0 }, { 1, 4, false, 0 } };
    struct design *design = make_design(3000, 2, 2, shape, false, 14);
    struct glmm_error err = { 0 };
    struct counter counter = { .limit = 0 };
    struct glmm_progress progress = { .tell = tell, .context = &counter };
    struct fit *fit = lmm_fit(design, NULL, NULL, &err);
    double moves[8];
    bool found;
    long all;

    cr_assert_not_null(fit, "%s", err.message);
    cr_assert(lmm_leaves(fit, 1));
    cr_assert(lmm_leave_each(fit, 1, moves, &found, &progress, &err), "%s", err.message);
    cr_expect(found);
    all = counter.looks;
    cr_expect_gt(all, 1000, "looks: %ld", all);
    for (long limit = 1; limit <= all; limit += 1 + limit / 8) {
        memset(&err, 0, sizeof err);
        counter = (struct counter){ .limit = limit };
        cr_expect_not(lmm_leave_each(fit, 1, moves, &found, &progress, &err), "went on after look %ld", limit);
        cr_expect_eq(err.code, GLMM_E_INTERRUPT, "look %ld: %s", limit, err.message);
        cr_expect_leq(counter.looks, limit + 1, "%ld looks after look %ld", counter.looks - limit, limit);
    }
    fit_free(fit);
    free_design(design);
}

/* 100,000 rows: the structure is sought and the products are formed in steps, and each may be the last. */
Test(interrupt, making_the_system_stops_at_any_look)
{
    static const struct shape_term shape[] = { { 1, 3000, false, 0 }, { 1, 600, false, 0 } };
    struct design *design = make_design(100000, 2, 2, shape, false, 13);
    struct counter counter = { .limit = 0 };
    struct glmm_progress progress = { .tell = tell, .context = &counter };
    struct glmm_error err = { 0 };
    struct lmm *m = lmm_new_watched(design, true, &progress, &err);
    long all = counter.looks, limit;

    cr_assert_not_null(m, "%s", err.message);
    lmm_free(m);
    cr_expect_gt(all, 10, "looks: %ld", all);
    for (limit = 1; limit <= all; limit++) {
        memset(&err, 0, sizeof err);
        counter = (struct counter){ .limit = limit };
        m = lmm_new_watched(design, true, &progress, &err);
        cr_expect_null(m, "went on after look %ld", limit);
        cr_expect_eq(err.code, GLMM_E_INTERRUPT, "look %ld: %s", limit, err.message);
        cr_expect_eq(counter.looks, limit, "%ld looks after look %ld", counter.looks - limit, limit);
        lmm_free(m);
    }
    free_design(design);
}

Test(interrupt, a_generalized_fit_stops_at_any_look_or_is_whole)
{
    static const struct shape_term shape[] = { { 1, 60, false, 0 }, { 1, 40, false, 0 } };
    struct design *design = make_design(900, 2, 2, shape, false, 12);
    struct glmm_error err = { 0 };
    struct counter counter = { .limit = 0 };
    struct glmm_progress progress = { .tell = tell, .context = &counter };
    const struct family *binomial = family_find("binomial", &err);
    struct fit *whole, *fit;
    long all, limit;

    for (size_t i = 0; i < design->n; i++)
        design->y[i] = design->y[i] > 10;
    whole = glm_fit(design, binomial, NULL, NULL, &progress, &err);
    cr_assert_not_null(whole, "%s", err.message);
    all = counter.looks;
    for (limit = 1; limit < 2 * all; limit += 1 + limit / 2) {
        memset(&err, 0, sizeof err);
        counter = (struct counter){ .limit = limit };
        fit = glm_fit(design, binomial, NULL, NULL, &progress, &err);
        if (fit == NULL) {
            cr_expect_eq(err.code, GLMM_E_INTERRUPT, "look %ld: %s", limit, err.message);
            cr_expect_leq(counter.looks, limit + 1, "%ld looks after look %ld", counter.looks - limit, limit);
            counter = (struct counter){ .limit = limit };
            cr_expect_null(glm_fit(design, binomial, NULL, NULL, &progress, NULL));
            cr_expect_leq(counter.looks, limit + 1, "without an error, %ld looks after look %ld", counter.looks - limit, limit);
        } else {
            cr_expect_lt(counter.looks, limit, "went on after look %ld", limit);
            cr_expect_eq(fit->loglik, whole->loglik);
        }
        fit_free(fit);
    }
    fit_free(whole);
    free_design(design);
}

/* The levels' own estimates of a generalized model are a small fit each. */
Test(interrupt, own_estimates_stop_at_any_look_or_are_whole)
{
    static const struct shape_term shape[] = { { 1, 60, false, 0 } };
    struct design *design = make_design(900, 2, 1, shape, false, 14);
    struct glmm_error err = { 0 };
    struct counter counter = { .limit = 0 };
    struct glmm_progress progress = { .tell = tell, .context = &counter };
    struct shrinkage *shrinkage;
    struct fit *fit;
    long all, limit;

    for (size_t i = 0; i < design->n; i++)
        design->y[i] = design->y[i] > 10;
    fit = glm_fit(design, family_find("binomial", &err), NULL, NULL, NULL, &err);
    cr_assert_not_null(fit, "%s", err.message);
    shrinkage = shrinkage_new_watched(fit, NULL, NULL, &progress, &err);
    cr_assert_not_null(shrinkage, "%s", err.message);
    shrinkage_free(shrinkage);
    all = counter.looks;
    cr_expect_gt(all, 1, "looks: %ld", all);
    for (limit = 1; limit <= all; limit++) {
        memset(&err, 0, sizeof err);
        counter = (struct counter){ .limit = limit };
        cr_expect_null(shrinkage_new_watched(fit, NULL, NULL, &progress, &err), "went on after look %ld", limit);
        cr_expect_eq(err.code, GLMM_E_INTERRUPT, "look %ld: %s", limit, err.message);
        cr_expect_eq(counter.looks, limit, "%ld looks after look %ld", counter.looks - limit, limit);
    }
    fit_free(fit);
    free_design(design);
}

enum { N = 400 };

static void set_diagonal(double *a)
{
    memset(a, 0, sizeof(double) * N * N);
    for (int j = 0; j < N; j++)
        a[j + j * N] = 4;
}

Test(interrupt, a_stopped_factorization_is_no_factor)
{
    static double a[N * N];
    struct counter counter = { .limit = 0 };
    struct glmm_progress progress = { .tell = tell, .context = &counter };
    struct watch watch;
    long all, limit;

    watch_init(&watch, &progress, "evaluation");
    set_diagonal(a);
    cr_expect_eq(chol_factor_watched(N, a, N, &watch), 0);
    cr_expect_float_eq(a[N * N - 1], 2, 1e-15);
    all = counter.looks;
    cr_assert_gt(all, 0);
    for (limit = 1; limit <= 4; limit++) { /* how many looks there are depends on the threads: the first are sure */
        watch_init(&watch, &progress, "evaluation");
        set_diagonal(a);
        counter = (struct counter){ .limit = limit };
        cr_expect(chol_factor_watched(N, a, N, &watch) != 0 || counter.looks < limit, "look %ld", limit);
    }
}

/* Made anew for each call: it is worth nothing behind one that was stopped. */
static void fill_symmetric(double *a)
{
    for (int j = 0; j < N; j++)
        for (int i = 0; i < N; i++)
            a[i + j * N] = cos(0.9 * i * j) + cos(2.3 * (i + j));
}

Test(interrupt, eigenvectors_stop_at_any_look)
{
    static double a[N * N], values[N];
    struct counter counter = { .limit = 0 };
    struct glmm_progress progress = { .tell = tell, .context = &counter };
    struct watch watch;
    long all, limit;

    watch_init(&watch, &progress, "diagonalizing");
    fill_symmetric(a);
    cr_assert(eigen_vectors(N, a, values, &watch));
    all = counter.looks;
    cr_expect_gt(all, 50, "looks: %ld", all);
    for (limit = 1; limit <= all; limit++) {
        watch_init(&watch, &progress, "diagonalizing");
        fill_symmetric(a);
        counter = (struct counter){ .limit = limit };
        cr_expect_not(eigen_vectors(N, a, values, &watch), "went on after look %ld", limit);
        cr_expect_eq(counter.looks, limit, "%ld looks after look %ld", counter.looks - limit, limit);
    }
}

/* --- work that cannot be stopped ---------------------------------------------------------------------- */

struct deaf {
    atomic_bool released, done, discarded;
};

static void work_until_released(void *context)
{
    struct deaf *deaf = context;

    while (!deaf->released)
        sched_yield();
    deaf->done = true;
}

static void discard(void *context)
{
    ((struct deaf *)context)->discarded = true;
}

static bool release(void *context, const char *what, double done, double total, double value)
{
    (void)what;
    (void)done;
    (void)total;
    (void)value;
    ((struct deaf *)context)->released = true;
    return true;
}

Test(interrupt, work_that_cannot_be_stopped_is_left_to_itself)
{
    static struct deaf deaf;
    struct counter counter = { .limit = 3 };
    struct glmm_progress progress = { .tell = tell, .context = &counter };
    struct watch watch;

    watch_init(&watch, &progress, "working");
    cr_expect_not(aside_run(work_until_released, discard, &deaf, &watch));
    cr_expect_eq(counter.looks, 3);
    cr_expect(!deaf.done && !deaf.discarded);
    deaf.released = true;
    while (!deaf.discarded)
        sched_yield();
    cr_expect(deaf.done);
}

Test(interrupt, work_aside_that_nobody_stops_is_done_and_kept)
{
    static struct deaf deaf, alone = { .released = true };
    struct glmm_progress progress = { .tell = release, .context = &deaf };
    struct watch watch;

    watch_init(&watch, &progress, "working");
    cr_expect(aside_run(work_until_released, discard, &deaf, &watch));
    cr_expect(deaf.done && !deaf.discarded);
    cr_expect(aside_run(work_until_released, discard, &alone, NULL));
    cr_expect(alone.done && !alone.discarded);
}

/* --- whole commands ------------------------------------------------------------------------------------------ */

static struct counter line_counter;

static bool look(const char *what)
{
    return tell(&line_counter, what, 0, 0, 0);
}

/* Runs a line that is stopped at look number `limit` (0: never); what it shows.  The exit status. */
static int run_line(struct session *session, const char *line, long limit, long *looks, struct text *shown)
{
    struct reader *reader = reader_open_text(line, "test", NULL);
    int status;

    text_clear(shown);
    session_capture(session, shown);
    line_counter = (struct counter){ .limit = limit };
    progress_watch(look);
    status = eval_reader(session, reader, EVAL_SCRIPT);
    progress_watch(NULL);
    session->interrupted = 0;
    session_capture(session, NULL);
    reader_close(reader);
    *looks = line_counter.looks;
    return status;
}

/* The line is stopped at looks further and further on: it ends with the status of an interruption, or is whole, or says how far
 * it came; and behind that it shows what it always does. */
static void stop_line(struct session *session, const char *line)
{
    struct text right = { 0 }, got = { 0 };
    long all, looks;
    int status = run_line(session, line, 0, &all, &right), stops = 0;

    cr_assert_eq(status, 0, "%s: %d, %s", line, status, text_string(&right));
    cr_expect_gt(all, 0, "%s never looks", line);
    for (long limit = 1; limit <= all; limit += 1 + limit / 2) {
        status = run_line(session, line, limit, &looks, &got);
        stops += status == 130;
        cr_expect(
            status == 130
                || (status == 0
                    && (strcmp(text_string(&got), text_string(&right)) == 0 || strstr(text_string(&got), "stopped") != NULL)),
            "%s, stopped at look %ld of %ld: status %d, %s", line, limit, all, status, text_string(&got));
    }
    cr_expect_gt(stops, 0, "%s: no look stops it", line);
    status = run_line(session, line, 0, &looks, &got);
    cr_expect(status == 0 && strcmp(text_string(&got), text_string(&right)) == 0, "%s: the session does not go on: %d, %s", line,
              status, text_string(&got));
    text_clear(&right);
    text_clear(&got);
}

static void stop_lines(const char *setup, const char *const lines[])
{
    struct session *session = session_of(setup);

    for (int i = 0; lines[i] != NULL; i++)
        stop_line(session, lines[i]);
    session_free(session);
}

#define STOP(setup, ...) stop_lines(setup, (const char *const[]){ __VA_ARGS__, NULL })

Test(interrupt, commands_of_linear_models)
{
    STOP("load dyestuff", "fit a = Yield ~ 1 + (1 | Batch)", "fit b = Yield ~ 1 + ar1(0 + Batch | Batch)");
    STOP("load dyestuff; fit m = Yield ~ 1 + (1 | Batch); fit n = Yield ~ 1", "confint m, method=profile", "bootstrap m, n=10",
         "diagnose m, n=50", "sensitivity m, vary=optimizers", "power m (Intercept), effect=50 groups=6 n=10",
         "compare n m, boot=20", "plot-ascii profile m", "predict m", "write y.csv, replace", "summary m, ddf=kr");
}

Test(interrupt, commands_of_other_models)
{
    STOP("load cbpp", "fit a = cbind(incidence, size - incidence) ~ period + (1 | herd), family=binomial",
         "fit b = incidence ~ period + (1 | herd), family=poisson nodes=3",
         "fit b = incidence ~ period + (1 | herd), family=poisson draws=10",
         "fit b = incidence ~ period + (1 | herd), family=poisson method=pql",
         "gee cbind(incidence, size - incidence) ~ factor(period), family=binomial id=herd", "describe", "load cbpp");
    STOP("load cbpp; fit m = cbind(incidence, size - incidence) ~ period + (1 | herd), family=binomial", "attenuation m",
         "margins m period", "ladder m", "predict m, re=population", "shrinkage m", "confint m");
}

Test(interrupt, commands_of_relatives)
{
    STOP("load kinship_pedigree; load kinship_markers", "matrix M = markers(kinship_markers)");
    STOP("load kinship_pedigree; matrix A = pedigree(kinship_pedigree, id, sire, dam); load kinship; "
         "model m = height ~ sex + (1 | id, K = A)",
         "fit m", "scan m kinship_markers, top=2 plots=off", "scan m kinship_markers, loco map=kinship_map top=2 plots=off");
}
