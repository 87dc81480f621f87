/* test-plots.c -- what the kinds of plot-ascii put into their plots, and that each failed allocation is survived. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/plots/plots.h"
#include "base/sample.h"
#include "lang/reader.h"
#include "lang/words.h"
#include "session/output.h"
#include "shell/eval.h"
#include "run-session.h"
#include "sweep.h"

static const struct plot_options usual = { .sort = "raw", .max = 20 };

struct making {
    struct session *session;
    const struct plot_kind_entry *kind;
    const char *arguments;
    const struct plot_options *options;
    struct result *result; /* kept where `keep` is set */
    bool keep;
};

static bool make(void *context, struct glmm_error *err)
{
    struct making *making = context;
    struct arena *arena = arena_new();
    struct plot_job job = {
        .session = making->session, .options = making->options, .err = err, .result = result_new("plot-ascii")
    };
    struct call call = { .line = making->arguments, .argument = making->arguments, .arena = arena };
    bool ok = arena != NULL && job.result != NULL;

    if (!ok)
        fail_memory(err);
    job.call = &call;
    ok = ok && words_split(arena, call.line, span_of(0, (int)strlen(call.line)), &call.words, &call.word_count, err)
         && making->kind->build(&job);
    if (ok && !result_ok(job.result))
        ok = fail_memory(err);
    if (making->keep) {
        making->result = job.result;
    } else {
        result_free(job.result);
    }
    arena_free(arena);
    return ok;
}

/* The plot that a kind makes of its arguments; result_free(making->result) when done. */
static const struct plot *plot_made(struct making *making)
{
    struct glmm_error err = { .at = NOWHERE };

    making->keep = true;
    cr_assert(make(making, &err), "%s", err.message);
    return making->result->last->as.plot;
}

Test(plots, shrinkage_rows)
{
    struct session *session = session_of("load dyestuff; fit Yield ~ 1 + (1 | Batch)");
    struct making making = { session, &plot_shrinkage, "", &usual, NULL, true };
    const struct plot *plot = plot_made(&making);
    static const double raw[] = { 1470, 1498, 1505, 1528, 1564, 1600 };

    cr_expect_eq(plot->kind, PLOT_ROWS);
    cr_expect_eq(plot->rows->row_count, 6);
    for (int i = 0; i < 6; i++) {
        cr_expect_float_eq(plot->first->x[i], raw[i], 1e-6, "sorted by the batches' means");
        cr_expect_float_eq(plot->first->next->x[i], 1527.5 + 0.78252672670005308 * (raw[i] - 1527.5), 1e-4,
                           "drawn toward 1527.5");
    }
    cr_expect_float_eq(plot->references->at, 1527.5, 1e-6);
    result_free(making.result);
    session_free(session);
}

Test(plots, levels_are_sampled_with_both_ends)
{
    struct session *session = session_of("load sleepstudy; fit Reaction ~ 1 + (1 | Subject)");
    struct plot_options few = { .sort = "raw", .max = 5 };
    struct making making = { session, &plot_shrinkage, "", &usual, NULL, true };
    const struct plot *plot = plot_made(&making);
    double first = plot->first->x[0], last = plot->first->x[17];
    struct result *all = making.result;

    cr_expect_eq(plot->rows->row_count, 18);
    for (int i = 1; i < 18; i++)
        cr_expect_geq(plot->first->x[i], plot->first->x[i - 1]);
    making.options = &few;
    plot = plot_made(&making);
    cr_expect_eq(plot->rows->row_count, 5);
    cr_expect_eq(plot->first->x[0], first);
    cr_expect_eq(plot->first->x[4], last);
    cr_expect_not_null(strstr(plot->statement, "showing 5 of 18"));
    result_free(all);
    result_free(making.result);
    session_free(session);
}

Test(plots, groups_have_both_lines)
{
    struct session *session = session_of("load sleepstudy; fit Reaction ~ Days + (Days | Subject)");
    struct plot_options options = { .sort = "raw", .max = 18, .max_given = true };
    struct making making = { session, &plot_groups, "", &options, NULL, true };
    const struct plot *plot = plot_made(&making), *panel = plot->panels;
    const struct plot_series *model = panel->first, *own = model->next, *points = own->next;

    cr_expect_str_eq(panel->title, "308");
    cr_expect_eq(points->count, 10);
    cr_expect_eq(model->count, 10);
    cr_expect_eq(own->count, 2);
    cr_expect_float_eq(own->y[0], 244.1927, 1e-3, "lm of subject 308: 244.19 + 21.76 Days");
    cr_expect_float_eq((own->y[1] - own->y[0]) / 9, 21.7647, 1e-3);
    cr_expect_float_eq((model->y[9] - model->y[0]) / 9, 19.666, 1e-2, "coef(m)$Subject of 308");
    result_free(making.result);
    session_free(session);
}

Test(plots, histogram_counts_everything)
{
    struct session *session = session_of("load sleepstudy");
    struct making making = { session, &plot_histogram, "Reaction", &usual, NULL, true };
    const struct plot_series *bars = plot_made(&making)->first;
    double total = 0;

    for (size_t i = 0; i < bars->count; i++) {
        total += bars->y[i];
        cr_expect_float_eq(bars->x2[i] - bars->x[i], 20, 1e-9);
    }
    cr_expect_eq(total, 180);
    cr_expect_leq(bars->x[0], 194.3);
    result_free(making.result);
    session_free(session);
}

Test(plots, quantiles_rise)
{
    struct session *session = session_of("load sleepstudy; fit m = Reaction ~ Days + (Days | Subject)");
    struct making making = { session, &plot_qq, "ranef m Subject Days", &usual, NULL, true };
    const struct plot_series *points = plot_made(&making)->last;

    cr_expect_eq(points->count, 18);
    for (size_t i = 1; i < points->count; i++) {
        cr_expect_gt(points->x[i], points->x[i - 1]);
        cr_expect_geq(points->y[i], points->y[i - 1]);
    }
    cr_expect_float_eq(points->x[0] + points->x[17], 0, 1e-12);
    result_free(making.result);
    session_free(session);
}

/* What stands on the line is the fixed part, and a point is that at its row and what the row is above its conditional mean. */
Test(plots, partial_residuals)
{
    struct session *session = session_of("load sleepstudy; fit m = Reaction ~ Days + (Days | Subject)");
    struct making making = { session, &plot_partial, "m Days", &usual, NULL, false };
    const struct plot_series *points = plot_made(&making)->first, *lower = points->next, *line = lower->next->next;
    const struct fit *fit = session->models->fit;

    cr_assert_eq(points->count, 180);
    for (size_t i = 0; i < points->count; i++) {
        cr_expect_eq(points->x[i], fit->design->X[180 + i]);
        cr_expect_float_eq(points->y[i], fit->beta[0] + fit->beta[1] * points->x[i] + fit->design->y[i] - fit->fitted[i], 1e-9);
    }
    for (size_t k = 0; k < line->count; k++) {
        double x = line->x[k], variance = fit->vcov[0] + 2 * x * fit->vcov[1] + x * x * fit->vcov[3];

        cr_expect_float_eq(line->y[k], fit->beta[0] + fit->beta[1] * x, 1e-9);
        cr_expect(line->y[k] - lower->y[k] > 1.96 * sqrt(variance) && line->y[k] - lower->y[k] < 2.12 * sqrt(variance));
    }
    result_free(making.result);
    session_free(session);
}

Test(plots, samples)
{
    double x[] = { 3, NAN, 1, INFINITY, 2, 4 }, low, high;
    const double y[] = { 6, 1, 2, 1, 4, 8 };

    cr_expect_float_eq(sample_mean(x, 6), 2.5, 1e-15);
    cr_expect_float_eq(sample_sd(x, 6), sqrt(5.0 / 3), 1e-15);
    cr_expect_float_eq(sample_correlation(x, y, 6), 1, 1e-15);
    cr_expect(isnan(sample_correlation(x, (const double[]){ 1, 1, 1, 1, 1, 1 }, 6)));
    sample_range(x, 6, &low, &high);
    cr_expect(low == 1 && high == 4);
    cr_expect_eq(sample_sort(x, 6), 4);
    cr_expect_float_eq(sample_quantile(x, 4, 0.25), 1.75, 1e-15);
    cr_expect_eq(sample_quantile(x, 4, 1), 4);
    cr_expect(isnan(sample_quantile(x, 0, 0.5)));
    cr_expect(isnan(sample_sd(x, 1)));
}

Test(plots, survive_each_failed_allocation)
{
    struct session *session = session_of("load sleepstudy; let late = Days > 4; fit s = Reaction ~ 1 + (1 | Subject); "
                                         "fit m = Reaction ~ Days * late + (Days | Subject)");
    struct plot_options with_x = { .sort = "name", .max = 3, .max_given = true };
    struct making makings[] = {
        { session, &plot_shrinkage, "m", &usual, NULL, false },
        { session, &plot_shrinkage, "s", &with_x, NULL, false },
        { session, &plot_caterpillar, "m Subject Days", &usual, NULL, false },
        { session, &plot_groups, "m", &with_x, NULL, false },
        { session, &plot_groups, "s", &with_x, NULL, false },
        { session, &plot_fitted, "m", &usual, NULL, false },
        { session, &plot_residuals, "m", &usual, NULL, false },
        { session, &plot_qq, "m", &usual, NULL, false },
        { session, &plot_qq, "ranef m", &usual, NULL, false },
        { session, &plot_histogram, "Reaction", &usual, NULL, false },
        { session, &plot_scatter, "Reaction Days", &usual, NULL, false },
        { session, &plot_partial, "m Days", &usual, NULL, false },
        { session, &plot_partial, "m Days:late", &usual, NULL, false },
        { session, &plot_partial, "late", &usual, NULL, false },
    };

    for (size_t i = 0; i < sizeof makings / sizeof makings[0]; i++) {
        long count = sweep_allocations(make, &makings[i]);

        cr_expect_gt(count, 3, "%s %s: the sweep stopped at %ld", makings[i].kind->name, makings[i].arguments, count);
    }
    session_free(session);
}
