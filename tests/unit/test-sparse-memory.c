/* test-sparse-memory.c -- what a tail takes of memory: each allocation that fails is told, and so is what it would take. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/forecast.h"
#include "base/watch.h"
#include "fit/fit.h"
#include "sparse-models.h"

struct failing {
    long calls, fail_at, live;
};

static void *failing_resize(void *context, void *old, size_t size)
{
    struct failing *f = context;

    if (size == 0) {
        f->live -= old != NULL;
        free(old);
        return NULL;
    }
    if (++f->calls == f->fail_at)
        return NULL;
    f->live += old == NULL;
    return realloc(old, size);
}

/* CHOLMOD's allocations are among those that fail in turn. */
Test(sparse_memory, each_failing_allocation_is_told_and_leaks_nothing)
{
    const struct model_shape shape = {
        "crossed, rarely met", 90, 2, 3, { { 1, 40, false, 0 }, { 1, 36, false, 0 }, { 1, 30, false, 0 } }, false
    };
    struct design *design = design_of(&shape, 1);
    struct failing failing = { .fail_at = 0 };
    struct lmm *m = model_of(design, TAIL_SPARSE);
    bool ok = false;

    blocks_free(m->blocks);
    mem_free(m->u);
    m->blocks = NULL;
    m->u = NULL;
    for (long at = 1; !ok; at++) {
        struct glmm_error err = { 0 };

        failing = (struct failing){ .fail_at = at };
        mem_hook_set((struct mem_hook){ .resize = failing_resize, .context = &failing });
        ok = lmm_make_blocks(m, TAIL_SPARSE, NULL, &err);
        blocks_free(m->blocks);
        mem_free(m->u);
        m->blocks = NULL;
        m->u = NULL;
        cr_expect_eq(failing.live, 0, "%ld blocks are left where allocation %ld failed", failing.live, at);
        cr_expect(ok || err.code == GLMM_E_MEMORY, "allocation %ld: %s", at, err.message);
        mem_hook_set((struct mem_hook){ .resize = NULL });
    }
    cr_expect_gt(failing.calls, 60, "CHOLMOD allocates through the hook: %ld calls", failing.calls);
    lmm_free(m);
    free_design(design);
}

/* The same of what a fit allocates behind them, where its tail is so large that slopes are drawn at first and evaluations are
 * kept. */
Test(sparse_memory, each_failing_allocation_of_a_large_fit_is_told)
{
    const struct model_shape large = { "large", 1200, 1, 3, { { 1, 500, false, 0 }, { 1, 405, false, 0 }, { 1, 8, false, 0 } },
                                       false };
    struct design *design = design_of(&large, 3);
    struct failing failing = { .fail_at = 0 };
    struct glmm_error err = { 0 };
    bool ok = false;

    mem_hook_set((struct mem_hook){ .resize = failing_resize, .context = &failing });
    lmm_free(lmm_new(design, true, &err));
    for (long at = failing.calls + 1; !ok; at++) {
        struct fit *fit;

        err.message[0] = '\0';
        failing = (struct failing){ .fail_at = at };
        fit = lmm_fit(design, NULL, NULL, &err);
        ok = failing.calls < at;
        cr_expect(ok ? fit != NULL : fit == NULL && err.code == GLMM_E_MEMORY, "allocation %ld: %s", at, err.message);
        fit_free(fit);
        cr_expect_eq(failing.live, 0, "%ld blocks are left where allocation %ld failed", failing.live, at);
    }
    mem_hook_set((struct mem_hook){ .resize = NULL });
    free_design(design);
}

/* --- the forecast --------------------------------------------------------------------------------------------- */

struct machine {
    double left;
    int notes;
    char note[512];
};

static double left_of(void *context)
{
    return ((struct machine *)context)->left;
}

static void take_note(void *context, const char *text)
{
    struct machine *machine = context;

    machine->notes++;
    snprintf(machine->note, sizeof machine->note, "%s", text);
}

/* Two crossed terms of 1,500 levels in a dense tail: 72 MB for four matrices. */
static bool blocks_fit_into(struct lmm *m, double left, struct machine *machine, struct glmm_error *err)
{
    struct glmm_progress progress = { .context = machine, .note = take_note };
    struct watch watch;
    bool ok;

    *machine = (struct machine){ .left = left };
    mem_hook_set((struct mem_hook){ .context = machine, .available = left_of });
    watch_init(&watch, &progress, "test");
    ok = lmm_make_blocks(m, TAIL_DENSE, &watch, err);
    mem_hook_set((struct mem_hook){ .resize = NULL });
    blocks_free(m->blocks);
    mem_free(m->u);
    m->blocks = NULL;
    m->u = NULL;
    return ok;
}

Test(sparse_memory, minutes_and_more_are_told_before)
{
    struct machine machine = { .left = 0 };
    struct glmm_progress progress = { .context = &machine, .note = take_note };

    forecast_time(1e9, 20, "fewer levels", &progress);
    forecast_time(1e12, 20, "fewer levels", NULL);
    cr_expect_eq(machine.notes, 0, "%s", machine.note);
    forecast_time(5e11, 20, "fewer levels", &progress);
    cr_expect_str_eq(machine.note, "this may take some 8 minutes (5.0e+11 multiplications an evaluation); fewer levels");
    forecast_time(2.1e13, 20, NULL, &progress);
    cr_expect_str_eq(machine.note, "this may take some 6 hours (2.1e+13 multiplications an evaluation)");
    forecast_time(5e14, 20, NULL, &progress);
    cr_expect_str_eq(machine.note, "this may take some 6 days (5.0e+14 multiplications an evaluation)");
}

Test(sparse_memory, what_is_taken_is_told_before_and_refused_where_it_does_not_fit)
{
    static const struct shape_term shape[] = { { 1, 1600, false, 0 }, { 1, 1500, false, 0 } };
    struct design *design = make_design(3000, 1, 2, shape, false, 1);
    struct lmm *m = model_of(design, TAIL_DENSE);
    struct machine machine;
    struct glmm_error err = { 0 };

    blocks_free(m->blocks);
    mem_free(m->u);
    cr_expect(blocks_fit_into(m, 1e9, &machine, &err), "%s", err.message);
    cr_expect_eq(machine.notes, 0, "72 MB of 1 GB need no word: %s", machine.note);
    cr_expect(blocks_fit_into(m, 1e8, &machine, &err), "%s", err.message);
    cr_expect_eq(machine.notes, 1);
    cr_expect(strstr(machine.note, "72 MB of the 100 MB") != NULL && strstr(machine.note, "without the effects of `g`") != NULL,
              "%s", machine.note);
    cr_expect_not(blocks_fit_into(m, 6e7, &machine, &err));
    cr_expect_eq(err.code, GLMM_E_MEMORY);
    cr_expect(strstr(err.message, "72 MB") != NULL && strstr(err.message, "60 MB are free") != NULL, "%s", err.message);
    cr_expect(strstr(err.hint, "without the effects of `g`") != NULL, "%s", err.hint);
    lmm_free(m);
    free_design(design);
}
