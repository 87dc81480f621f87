/* shares.c -- the likelihood over the shares of two components of variance: a cell for each pair, by how much worse it is than
 * the best; of one component, the curve of its rise. */
#include "cmd/plots/plots.h"
#include "infer/share-interval.h"
#include "infer/shares.h"
#include "report/naming.h"

#include <math.h>

#include "model/relation.h"
#include "term/progress.h"

enum { ACROSS = 32, CURVE = 80, CROSS = 2 /* a shape of points */ };

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

/* Points of a grid over two shares: the level within whose region each is, LEVELS beyond all of them. */
enum { LEVELS = 3, UNSEEN = -1 };

static int level_at(struct shares *s, int i, int j, const double limit[])
{
    double share[2] = { (double)i / ACROSS, (double)j / ACROSS }, rise = shares_rise(s, share);
    int k = 0;

    while (k < LEVELS && !(rise <= limit[k]))
        k++;
    return k;
}

/* Whether a point is beside the estimate, or beside one that is within a region. */
static bool is_beside(const struct shares *s, int at[ACROSS + 1][ACROSS + 1], int i, int j)
{
    bool near = fabs(shares_estimate(s, 0) * ACROSS - i) <= 1 && fabs(shares_estimate(s, 1) * ACROSS - j) <= 1;

    for (int a = i > 0 ? i - 1 : 0; a <= i + 1 && a <= ACROSS; a++)
        for (int b = j > 0 ? j - 1 : 0; b <= j + 1 && b <= ACROSS; b++)
            near = near || (at[a][b] != UNSEEN && at[a][b] < LEVELS);
    return near;
}

/* From the estimate outwards, as far as the regions go. */
static void walk_simplex(struct shares *s, const double limit[], int at[ACROSS + 1][ACROSS + 1])
{
    bool more = true;

    for (int i = 0; i <= ACROSS; i++)
        for (int j = 0; j <= ACROSS; j++)
            at[i][j] = UNSEEN;
    while (more) {
        more = false;
        for (int i = 0; i <= ACROSS; i++)
            for (int j = 0; i + j <= ACROSS; j++)
                if (at[i][j] == UNSEEN && is_beside(s, at, i, j)) {
                    at[i][j] = level_at(s, i, j, limit);
                    more = true;
                }
    }
}

/* Points within the 50%, 95% and 99.9% regions of two shares. */
static bool draw_simplex(struct plot_job *job, struct plot *plot, struct shares *s)
{
    static const double levels[LEVELS] = { 0.5, 0.95, 0.999 };
    static const char *const words[LEVELS] = { "50% region", "95%", "99.9%" };
    static const enum mark marks[LEVELS] = { MARK_POOLED, MARK_RAW, MARK_POINT };
    const size_t most = (ACROSS + 1) * (ACROSS + 2) / 2;
    int at[ACROSS + 1][ACROSS + 1];
    double *x[LEVELS], *y[LEVELS], limit[LEVELS];
    size_t count[LEVELS] = { 0 };

    for (int k = 0; k < LEVELS; k++) {
        limit[k] = shares_limit(s, levels[k]);
        x[k] = arena_alloc(job->result->arena, most, sizeof *x[k]);
        y[k] = arena_alloc(job->result->arena, most, sizeof *y[k]);
        if (x[k] == NULL || y[k] == NULL)
            return fail_memory(job->err);
    }
    walk_simplex(s, limit, at);
    for (int i = 0; i <= ACROSS; i++)
        for (int j = 0; i + j <= ACROSS; j++) {
            int k = at[i][j];

            if (k == UNSEEN || k == LEVELS)
                continue;
            x[k][count[k]] = (double)i / ACROSS;
            y[k][count[k]++] = (double)j / ACROSS;
        }
    for (int k = LEVELS - 1; k >= 0; k--)
        if (count[k] > 0) {
            struct plot_series *series = plot_series(plot, marks[k], words[k], count[k], x[k], y[k]);

            if (series != NULL)
                series->shape = marks[k] == MARK_POINT ? CROSS : 0; /* how many are in a cell says nothing */
        }
    plot->has_x_range = plot->has_y_range = true;
    plot->x_range[1] = plot->y_range[1] = 1.0;
    plot_series(plot, MARK_LINE, "no residual", 2, (double[]){ 0.0, 1.0 }, (double[]){ 1.0, 0.0 });
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
        text_addf(&text, "%s%s %.3f", c > 0 ? "; " : "", name_of(job->result->arena, fit, c), shares_estimate(s, c));
        if (found.interval[c].reason == INTERVAL_GIVEN)
            text_addf(&text, " [%.3f, %.3f]", found.interval[c].lower, found.interval[c].upper);
        else if (!found.large)
            text_add(&text, " \xe2\x80\x93");
    }
    if (ok && found.large)
        plot_statement(plot, "shares of variance (varcorr, method=profile has their intervals): %s", text_string(&text));
    else if (ok)
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
