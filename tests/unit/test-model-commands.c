/* test-model-commands.c -- the commands on models when memory runs out at any point: no leak, no crash, the session goes on. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "data/frame.h"
#include "lang/reader.h"
#include "session/output.h"
#include "session/session.h"
#include "shell/eval.h"
#include "sweep.h"

/* Twelve rows in four groups. */
static struct frame *small_frame(struct glmm_error *err)
{
    static const double y[12] = { 3, 5, 4, 8, 9, 7, 2, 1, 3, 6, 7, 9 };
    struct frame *frame = frame_new("small", 12);
    struct column *column;

    if (frame == NULL) {
        fail_memory(err);
        return NULL;
    }
    if ((column = frame_add(frame, "y", COLUMN_REAL, err)) != NULL)
        for (int i = 0; i < 12; i++)
            column->as.real[i] = y[i];
    if (column != NULL && (column = frame_add(frame, "x", COLUMN_INTEGER, err)) != NULL)
        for (int i = 0; i < 12; i++)
            column->as.integer[i] = i % 3;
    if (column != NULL && (column = frame_add(frame, "g", COLUMN_INTEGER, err)) != NULL)
        for (int i = 0; i < 12; i++)
            column->as.integer[i] = i / 3;
    if (column == NULL) {
        frame_free(frame);
        return NULL;
    }
    return frame;
}

/* A session of its own: the data, then the script. */
static bool run_script(void *context, struct glmm_error *err)
{
    struct session *session = session_new();
    struct text output = { 0 };
    struct reader *reader = NULL;
    struct frame *frame;
    bool ok = session != NULL && (frame = small_frame(err)) != NULL && session_add_data(session, frame, err)
              && (reader = reader_open_text(context, "script", err)) != NULL;

    if (ok) {
        session->run = eval_request;
        session_capture(session, &output);
        ok = eval_reader(session, reader, EVAL_SCRIPT) == 0;
        session_capture(session, NULL);
    }
    reader_close(reader);
    session_free(session);
    text_clear(&output);
    return ok || fail_memory(err);
}

/* Fails each allocation in turn.  A command may do without one (a suggestion, the history); it may not leak or crash, and what it
 * shows then is whole. */
static void sweep_script(const char *script)
{
    int quiet = open("/dev/null", O_WRONLY), kept = dup(STDERR_FILENO);
    struct mem_hook before = mem_hook_get();
    struct sweep sweep = { .countdown = -1 };
    struct glmm_error err;
    long i;

    error_clear(&err);
    cr_assert(run_script((void *)script, &err), "%s", script);
    dup2(quiet, STDERR_FILENO); /* each failure is reported there */
    for (i = 0; sweep.countdown < 0; i++) {
        error_clear(&err);
        sweep = (struct sweep){ .countdown = i };
        mem_hook_set((struct mem_hook){ .resize = sweep_resize, .context = &sweep });
        run_script((void *)script, &err);
        mem_hook_set(before);
        if (sweep.alive != 0)
            break;
    }
    dup2(kept, STDERR_FILENO);
    close(quiet);
    close(kept);
    cr_expect_eq(sweep.alive, 0, "%s: %ld blocks are left when allocation %ld fails", script, sweep.alive, i);
    cr_expect_gt(i, 100, "%s: %ld", script, i);
}

Test(model_commands, fit)
{
    sweep_script("fit y ~ x + (x | g)");
}

Test(model_commands, fit_of_a_family)
{
    sweep_script("model m = y ~ x + (1 | g), family=poisson; fit m; residuals, type=deviance");
}

Test(model_commands, summary)
{
    sweep_script("model m = y ~ x + (1 | g); fit m; summary, corr; vcov; ranef; fitted, all");
}

Test(model_commands, shrinkage)
{
    sweep_script("fit m = y ~ x + (1 | g); shrinkage; shrinkage, sort=name rank");
    sweep_script("fit m = y ~ x + (x | g); shrinkage");
    sweep_script("fit m = y ~ x + (1 | g) + (0 + x | g); shrinkage; shrinkage, pairs; ranef; last csv");
}

Test(model_commands, compare)
{
    sweep_script("fit a = y ~ 1 + (1 | g); fit b = y ~ x + (1 | g); compare a b, coef");
}

Test(model_commands, whatif_and_icc)
{
    sweep_script("fit m = y ~ x + (1 | g); whatif 2, n=30; icc");
    sweep_script("fit m = y ~ x + (x | g); whatif g 2");
}

Test(model_commands, explain)
{
    sweep_script("fit m = y ~ x + (1 | g); explain; explain x; shrinkage; explain 2; explain kept");
    sweep_script("fit a = y ~ 1 + (1 | g); fit b = y ~ x + (1 | g); compare a b; explain chi2; explain p");
}

Test(model_commands, explain_what_was_shown)
{
    sweep_script("fit m = y ~ x + (1 | g), family=poisson; attenuation; explain rule; explain ratio; predict; explain 2");
    sweep_script("fit m = y ~ x + (1 | g), family=poisson; margins x; explain lower; shrinkage, response; explain 2; shrinkage, "
                 "rank; explain 2 lowest");
    sweep_script(
        "fit m = y ~ x + (1 | g); whatif 2, n=30; explain kept; vcov; explain x; residuals; explain 2; try explain nothing");
}

Test(model_commands, marginal_effects)
{
    sweep_script("fit m = y ~ x + (1 | g), family=poisson; attenuation; margins x; plot-ascii attenuation");
}

Test(model_commands, predict)
{
    sweep_script("fit a = y ~ poly(x, 2) + (x | g); predict, all; predict, at=\"x=0:2, g=1\"; predict, data=small re=population");
    sweep_script("fit a = y ~ scale(x) + (1 | g), family=poisson exp; predict, at=\"x=0, 1, g=1, 2\" new=population");
}

Test(model_commands, ladder)
{
    sweep_script("model a = y ~ x + (1 | g), family=poisson; ladder");
}

Test(model_commands, comparing_groups)
{
    sweep_script("model m = y ~ x + (1 | g), family=poisson; fit m; shrinkage, response pairs");
}
