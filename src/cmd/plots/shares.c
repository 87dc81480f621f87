/* shares.c -- the likelihood over the shares of two components of variance: a cell for each pair, by how much worse it is than
 * the best; of one component, the curve of its rise. */
#include "cmd/plots/plots.h"
#include "infer/share-interval.h"
#include "infer/shares.h"
#include "report/naming.h"

#include <math.h>

#include "model/relation.h"
#include "term/progress.h"

enum { ACROSS = 32, CURVE = 80 };

static const char *name_of(struct arena *arena, const struct fit *fit, int t)
{
    const struct random_design *r = &fit->design->random[t];

    if (t == fit->design->random_count)
        return "Residual";
    return r->relation == NULL ? r->group : arena_printf(arena, "%s (K = %s)", r->group, r->relation->name);
}

static bool draw_curve(struct plot_job *job, struct plot *plot, struct shares *s, double limit)
{
    double *x = arena_alloc(job->result->arena, CURVE, sizeof *x), *y = arena_alloc(job->result->arena, CURVE, sizeof *y);
    int kept = 0;

    if (x == NULL || y == NULL)
        return fail_memory(job->err);
    for (int i = 0; i < CURVE; i++) {
        double share = (double)i / CURVE, rise = shares_rise(s, &share);

        if (rise > 4.0 * limit)
            continue;
        x[kept] = share;
        y[kept++] = rise;
    }
    plot_series(plot, MARK_LINE, NULL, (size_t)kept, x, y);
    plot_reference(plot, false, limit, "95% limit");
    plot_reference(plot, true, shares_estimate(s, 0), "estimate");
    return true;
}

/* Points within the 50%, 95% and 99.9% regions of two shares. */
static bool draw_simplex(struct plot_job *job, struct plot *plot, struct shares *s)
{
    static const double levels[] = { 0.5, 0.95, 0.999 };
    static const char *const words[] = { "50% region", "95%", "99.9%" };
    static const enum mark marks[] = { MARK_POOLED, MARK_RAW, MARK_POINT };
    const size_t most = (ACROSS + 1) * (ACROSS + 2) / 2;
    double *x[3], *y[3];
    size_t count[3] = { 0 };

    for (int k = 0; k < 3; k++) {
        x[k] = arena_alloc(job->result->arena, most, sizeof *x[k]);
        y[k] = arena_alloc(job->result->arena, most, sizeof *y[k]);
        if (x[k] == NULL || y[k] == NULL)
            return fail_memory(job->err);
    }
    for (int i = 0; i <= ACROSS; i++)
        for (int j = 0; i + j <= ACROSS; j++) {
            double share[2] = { (double)i / ACROSS, (double)j / ACROSS }, rise = shares_rise(s, share);
            int k = 0;

            while (k < 3 && !(rise <= shares_limit(s, levels[k])))
                k++;
            if (k == 3)
                continue;
            x[k][count[k]] = share[0];
            y[k][count[k]++] = share[1];
        }
    for (int k = 2; k >= 0; k--)
        if (count[k] > 0)
            plot_series(plot, marks[k], words[k], count[k], x[k], y[k]);
    plot->has_x_range = plot->has_y_range = true;
    plot->x_range[1] = plot->y_range[1] = 1.0;
    plot_series(plot, MARK_DOTTED, "no residual", 2, (double[]){ 0.0, 1.0 }, (double[]){ 1.0, 0.0 });
    plot_reference(plot, true, shares_estimate(s, 0), "estimate");
    plot_reference(plot, false, shares_estimate(s, 1), "estimate");
    return true;
}

static bool say(struct plot_job *job, struct plot *plot, struct shares *s, const struct fit *fit)
{
    double level = job->session->settings.level;
    struct share_intervals found;
    struct text text = { 0 };
    bool ok = share_intervals_find(fit, SHARES_OF_TERMS, level, false, &job->session->progress, &found, job->err);

    for (int c = 0; ok && c < shares_count(s); c++) {
        text_addf(&text, "%s%s %.3f ", c > 0 ? "; " : "", name_of(job->result->arena, fit, c), shares_estimate(s, c));
        if (found.interval[c].reason == INTERVAL_GIVEN)
            text_addf(&text, "[%.3f, %.3f]", found.interval[c].lower, found.interval[c].upper);
        else
            text_add(&text, "\xe2\x80\x93");
    }
    if (ok)
        plot_statement(plot, "shares of variance with %g%% intervals (profile): %s", 100.0 * level, text_string(&text));
    text_clear(&text);
    share_intervals_clear(&found);
    return ok;
}

static bool build(struct plot_job *job)
{
    int used;
    const struct model *model = call_fitted_model(job->session, job->call, &used, job->err);
    struct shares *s;
    struct plot *plot;
    bool two, ok;

    if (model == NULL || !no_more_words(job->call, used, job->err))
        return false;
    progress_name(job->session, "shares", NULL);
    if ((s = shares_new(model->fit, &job->session->progress, job->err)) == NULL)
        return false;
    two = shares_count(s) == 3;
    result_string(job->result, "model", model->name);
    plot = job_plot(job, PLOT_XY, job_model_title(job, model, "shares of variance"),
                    arena_printf(job->result->arena, "share of %s", name_of(job->result->arena, model->fit, 0)),
                    two ? arena_printf(job->result->arena, "share of %s", name_of(job->result->arena, model->fit, 1))
                        : "rise of the criterion");
    ok = (plot != NULL || fail_memory(job->err))
         && (two ? draw_simplex(job, plot, s) : draw_curve(job, plot, s, shares_limit(s, 0.95))) && say(job, plot, s, model->fit);
    shares_free(s);
    return ok;
}

const struct plot_kind_entry plot_shares = {
    .name = "shares",
    .usage = "shares [MODEL]",
    .brief = "the likelihood over the shares of one or two components of variance",
    .build = build,
};
