/* margins.c -- see margins.h. */
#include "infer/margins.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/arena-text.h"
#include "base/memory.h"
#include "fit/identify.h"
#include "infer/ci.h"
#include "infer/row-mean.h"
#include "model/estimable.h"
#include "model/family.h"
#include "model/family-parts.h"

static const double WHOLE = 1e-12; /* a mean that is a whole number but for rounding */

enum { ROWS_A_POLL = 256 };

/* The means of one kind, with the gradient of each. */
struct means {
    double *mean;     /* count */
    double *gradient; /* count x parameters, row-major */
    double *spread;   /* count x clusters, row-major: each cluster's part of the mean, less its share of it; NULL */
};

struct work {
    const struct fit *fit;
    const struct margins_options *options;
    int parameters;        /* delta_count; with zeros all of the joint covariance */
    struct part_rows zero; /* of the rows at hand; its part is NULL without zi= */
    struct part_rows dispersion;
    bool *open;         /* count: some row's share of zeros, or the dispersion its mean hangs on, is not estimable, */
    const char *untold; /* NULL, or why, where coefficients are infinite */
    double *known[2];   /* of the rows at hand: as in `zero` and `dispersion` */
    struct row_averager *averager;
    struct random_rows *random[2]; /* of the rows at hand, without levels: of `zero` and `dispersion` */
    double *slope;                 /* theta_count */
    double *row;                   /* 2 p to work in */
    struct means population, typical;
    const struct null_space *null; /* of the design; NULL: all is estimable */
    struct estimable_sum *sums;    /* count of them, where something was dropped */
    int count;
};

/* The mean hangs on a dispersion that is not the same for all rows. */
static bool goes_by_row(const struct work *w)
{
    return row_averager_goes_by_row(w->averager);
}

/* The gradients are over all of the joint covariance. */
static bool is_joint(const struct work *w)
{
    return w->fit->family->inflated != NULL || goes_by_row(w);
}

static bool work_init(struct work *w, const struct fit *fit, int count, const struct margins_options *options)
{
    size_t size;

    *w = (struct work){ .fit = fit, .options = options, .null = fit->design->null, .count = count };
    if ((w->averager = NEW(struct row_averager)) == NULL)
        return false;
    row_averager_init(w->averager, fit);
    w->parameters = is_joint(w) ? fit->joint_count : delta_count(fit);
    size = (size_t)count * (size_t)w->parameters;
    w->slope = NEW_ARRAY(double, fit->theta_count + 1);
    w->row = NEW_ARRAY(double, 2 * fit->design->p + 1);
    w->population = (struct means){ NEW_ARRAY(double, count), NEW_ARRAY(double, size), NULL };
    w->typical = (struct means){ NEW_ARRAY(double, count), NEW_ARRAY(double, size), NULL };
    if (options->cluster != NULL) {
        w->population.spread = NEW_ARRAY(double, (size_t)count *(size_t)options->clusters + 1);
        w->typical.spread = NEW_ARRAY(double, (size_t)count *(size_t)options->clusters + 1);
        if (w->population.spread == NULL || w->typical.spread == NULL)
            return false;
    }
    w->sums = NEW_ARRAY(struct estimable_sum, count);
    w->open = NEW_ARRAY(bool, count);
    for (int k = 0; w->null != NULL && w->sums != NULL && k < count; k++)
        if (!estimable_sum_init(&w->sums[k], w->null))
            return false;
    return w->sums != NULL && w->open != NULL && w->slope != NULL && w->row != NULL && w->population.mean != NULL
           && w->population.gradient != NULL && w->typical.mean != NULL && w->typical.gradient != NULL;
}

static void work_clear(struct work *w)
{
    for (int k = 0; w->sums != NULL && k < w->count; k++)
        estimable_sum_clear(&w->sums[k]);
    mem_free(w->sums);
    mem_free(w->open);
    mem_free(w->known[0]);
    mem_free(w->known[1]);
    mem_free(w->random[0]);
    mem_free(w->random[1]);
    mem_free(w->averager);
    mem_free(w->slope);
    mem_free(w->row);
    mem_free(w->population.mean);
    mem_free(w->population.gradient);
    mem_free(w->population.spread);
    mem_free(w->typical.spread);
    mem_free(w->typical.mean);
    mem_free(w->typical.gradient);
}

/* --- means ------------------------------------------------------------------------------------- */

/* With zi= the mean of a row is (1 - pi) times that of its family, and the mean of a product of independent numbers that of their
 * means: adds what the parameters of pi do to it, and returns 1 - pi for the population and the typical group. */
static void add_zeros(struct work *w, size_t i, double share, double mean, double typical_mean, double *population,
                      double *typical, double kept[2])
{
    struct average pi, at_zero;

    kept[0] = kept[1] = 1;
    if (w->zero.part == NULL)
        return;
    part_rows_average(&w->zero, &w->averager->zeros, i, &pi);
    typical_at(&link_logit, part_rows_eta(&w->zero, i), &at_zero);
    part_rows_gradient(&w->zero, i, -share * pi.slope * mean, population);
    part_rows_spread_gradient(&w->zero, i, -share * pi.curvature / 2 * mean, population);
    part_rows_gradient(&w->zero, i, -share * at_zero.slope * typical_mean, typical);
    kept[0] = 1 - pi.mean;
    kept[1] = 1 - at_zero.mean;
}

/* Slopes in the shapes, in the parameters of the joint covariance. */
static void add_slopes(const struct work *w, size_t i, double slope[], double gradient[])
{
    if (goes_by_row(w)) {
        part_rows_gradient(&w->dispersion, i, slope[0], gradient);
        slope[0] = 0;
    }
    delta_add_shapes(w->fit, slope, gradient);
}

/* Adds what the parameters of a row's mean do to it, `share` times. */
static void add_gradient(struct work *w, const struct marginal_rows *rows, size_t i, double share, const struct row_mean *mean,
                         double *gradient)
{
    double slope[FAMILY_SHAPES];

    for (int j = 0; j < w->fit->design->p; j++)
        gradient[j] += share * mean->average.slope * rows->X[(size_t)j * rows->n + i];
    if (!fit_mean_has_shapes(w->fit))
        return;
    for (int j = 0; j < FAMILY_SHAPES; j++)
        slope[j] = share * mean->shape[j];
    add_slopes(w, i, slope, gradient);
    part_rows_spread_gradient(&w->dispersion, i, share * mean->spread, gradient);
}

/* Adds one row's mean and its gradient, each times `share`. */
static void add_row(struct work *w, const struct marginal_rows *rows, size_t i, double share, int k)
{
    double *population = w->population.gradient + (size_t)k * (size_t)w->parameters;
    double *typical = w->typical.gradient + (size_t)k * (size_t)w->parameters;
    double eta = rows_eta(w->fit, rows, i), variance = rows_variance(w->fit, rows, i), kept[2];
    struct row_mean mean, at_zero;
    int p = w->fit->design->p;

    row_averager_row(w->averager, &w->dispersion, i);
    row_mean_over(w->averager, &w->dispersion, i, eta, variance, &mean);
    row_mean_typical(w->averager, eta, &at_zero);
    if (w->null != NULL && rows->dropped != NULL)
        estimable_sum_add(&w->sums[k], w->null, &(struct stated_rows){ .n = rows->n, .X = rows->X, .dropped = rows->dropped }, i,
                          share);
    add_zeros(w, i, share, mean.average.mean, at_zero.average.mean, population, typical, kept);
    w->population.mean[k] += share * kept[0] * mean.average.mean;
    w->typical.mean[k] += share * kept[1] * at_zero.average.mean;
    if (w->fit->escape != NULL && fit_estimate_is_open(w->fit, rows->X + i, rows->n)) /* of slope 0 too, where it is at an end */
        w->typical.mean[k] = (double)NAN;
    if (w->options->cluster != NULL) {
        size_t at = (size_t)k * (size_t)w->options->clusters + (size_t)w->options->cluster[i];

        w->population.spread[at] += share * kept[0] * mean.average.mean;
        w->typical.spread[at] += share * kept[1] * at_zero.average.mean;
    }
    add_gradient(w, rows, i, share * kept[0], &mean, population);
    add_gradient(w, rows, i, share * kept[1], &at_zero, typical);
    if (w->parameters == p || mean.average.curvature == 0)
        return;
    rows_variance_slope(w->fit, rows, i, w->slope);
    for (int t = 0; t < w->fit->theta_count; t++)
        population[p + t] += share * kept[0] * mean.average.curvature / 2 * w->slope[t];
}

/* A cell at infinity has a mean of 0 or 1, not one that is off by the rounding of a sum. */
static void settle(double *mean)
{
    if (fabs(*mean - round(*mean)) < WHOLE)
        *mean = round(*mean);
}

/* Takes each cluster's share of the mean off its part. */
static void center_spreads(const struct work *w, const struct marginal_rows *rows, double trials, int k)
{
    const int32_t *cluster = w->options->cluster;
    size_t from = (size_t)k * (size_t)w->options->clusters;

    for (size_t i = 0; i < rows->n && cluster != NULL; i++) {
        double share = rows_trials(rows, i) / trials;

        w->population.spread[from + (size_t)cluster[i]] -= share * w->population.mean[k];
        w->typical.spread[from + (size_t)cluster[i]] -= share * w->typical.mean[k];
    }
}

/* The rows of zi=, where they were made. */
static const struct design_rows *zeros_of(const struct marginal_rows *rows)
{
    return rows->made == NULL ? NULL : rows->made->part[DESIGN_ZERO];
}

/* The zeros or dispersions of rows where coefficients of zi= or disp= are infinite. */
static bool set_known(struct work *w, struct part_rows *p, int k, struct watch *watch)
{
    double **known = &w->known[p == &w->dispersion];

    mem_free(*known);
    if ((*known = mem_alloc(p->n + 1, sizeof **known)) == NULL || !part_rows_set(p, watch, *known))
        return false;
    for (size_t i = 0; i < p->n; i++)
        if (p == &w->zero ? part_rows_is_open(p, i) : part_rows_has_no_mean(p, i)) {
            w->open[k] = true;
            w->untold = w->untold != NULL ? w->untold : part_rows_why_not(p, i);
            break;
        }
    return true;
}

/* The random effects of zi= and disp= in the rows at hand, to be averaged over. */
static bool set_effects(struct work *w, struct part_rows *p, const struct design_rows *made)
{
    struct random_rows **random = &w->random[p == &w->dispersion];
    const struct design_rows *part = made == NULL ? NULL : made->part[p == &w->zero ? DESIGN_ZERO : DESIGN_DISPERSION];

    mem_free(*random);
    *random = NULL;
    if (p->part == NULL || p->part->design->random_count == 0)
        return true;
    if ((*random = NEW_ARRAY(struct random_rows, p->part->design->random_count)) == NULL)
        return false;
    assert(made == NULL || part != NULL);
    for (int t = 0; t < p->part->design->random_count; t++)
        (*random)[t].z = part != NULL ? part->random[t].z : p->part->design->random[t].z;
    p->random = *random;
    p->averages = true;
    return true;
}

/* The predictors of zi= and disp= in rows as they would be with value k. */
static bool set_parts(struct work *w, const struct marginal_rows *values, int k, struct watch *watch)
{
    part_rows_init(&w->zero, w->fit, PART_ZERO, values[k].made);
    part_rows_init(&w->dispersion, w->fit, PART_DISPERSION, values[k].made);
    w->open[k] = zeros_of(&values[k]) != NULL && zeros_of(&values[k])->why_not != NULL;
    return (!part_rows_want(&w->zero) || set_known(w, &w->zero, k, watch))
           && (!goes_by_row(w) || !part_rows_want(&w->dispersion) || set_known(w, &w->dispersion, k, watch))
           && set_effects(w, &w->zero, values[k].made) && set_effects(w, &w->dispersion, values[k].made);
}

static bool add_rows(struct work *w, const struct marginal_rows *values, int count, const struct glmm_progress *progress,
                     struct glmm_error *err)
{
    const size_t poll = 1 + ROWS_A_POLL / (1 + (size_t)w->parameters / ROWS_A_POLL);
    double total = 0, done = 0, trials;
    struct watch watch;

    watch_init(&watch, progress, "row");
    for (int k = 0; k < count; k++)
        total += (double)values[k].n;
    for (int k = 0; k < count; k++) {
        trials = 0;
        if (!set_parts(w, values, k, &watch))
            return watch_stopped(&watch) ? fail(err, GLMM_E_INTERRUPT, NOWHERE, "the averages were stopped") : fail_memory(err);
        for (size_t i = 0; i < values[k].n; i++)
            trials += rows_trials(&values[k], i);
        for (size_t i = 0; i < values[k].n; i++, done++) {
            add_row(w, &values[k], i, rows_trials(&values[k], i) / trials, k);
            if (i % poll == 0 && !progress_tell(progress, "row", done, total, (double)NAN))
                return fail(err, GLMM_E_INTERRUPT, NOWHERE, "the averages were stopped");
        }
        center_spreads(w, &values[k], trials, k);
    }
    for (int k = 0; k < count && w->fit->recession != NULL; k++) {
        settle(&w->population.mean[k]);
        settle(&w->typical.mean[k]);
    }
    return true;
}

/* --- what is estimable ----------------------------------------------------------------------------- */

static bool is_identity(const struct link *link)
{
    return link->kind == LINK_IDENTITY;
}

static bool mean_is_estimable(const struct work *w, int k)
{
    if (w->open[k])
        return false;
    return w->null == NULL || w->sums[k].each || (is_identity(w->fit->mean_link) && estimable_sum_is(&w->sums[k], w->null));
}

static bool difference_is_estimable(const struct work *w, int from, int to)
{
    if (w->open[from] || w->open[to])
        return false;
    return w->null == NULL || (mean_is_estimable(w, from) && mean_is_estimable(w, to))
           || (is_identity(w->fit->mean_link) && estimable_difference_is(&w->sums[from], &w->sums[to], w->null));
}

/* --- intervals ----------------------------------------------------------------------------------- */

/* What the sampling of the rows adds to the variance of u m_a + v m_b. */
static double sampled(const struct work *w, const struct means *means, double u, int a, double v, int b)
{
    size_t count = (size_t)w->options->clusters;
    double sum = 0;

    if (w->options->cluster == NULL || count < 2)
        return 0;
    for (size_t g = 0; g < count; g++) {
        double part = u * means->spread[(size_t)a * count + g] + v * means->spread[(size_t)b * count + g];

        sum += part * part;
    }
    return sum * (double)count / ((double)count - 1);
}

/* The standard error of what has this gradient, and beside it a variance by sampling; NaN where nothing determines it, or where
 * it is at infinity and has none. */
static double error_of(const struct work *w, const double gradient[], double estimate, double sampling)
{
    bool moves = w->fit->recession == NULL && w->known[0] == NULL && w->known[1] == NULL;

    for (int c = 0; c < w->parameters && !moves; c++)
        moves = gradient[c] != 0;
    if (!moves || !isfinite(estimate))
        return (double)NAN;
    return sqrt((is_joint(w) ? joint_variance(w->fit, gradient) : delta_variance(w->fit, gradient)) + sampling);
}

/* With the identity link a mean is c'beta, and a linear mixed model knows its degrees of freedom, and by Kenward and Roger
 * another error of it. */
static bool set_error(const struct work *w, const double gradient[], double sampling, struct margin *out)
{
    const struct linear *linear = w->options->linear;
    size_t p = (size_t)w->fit->design->p;
    double variance;

    out->se = error_of(w, gradient, out->estimate, sampling);
    out->df = (double)INFINITY;
    if (linear == NULL || !linear_has_df(linear) || !is_identity(w->fit->mean_link) || !(out->se > 0))
        return true;
    memcpy(w->row, gradient, sizeof *w->row * p);
    if (!linear_variance(linear, w->row, &variance, &out->df, NULL))
        return false;
    if (linear->kenward != NULL)
        out->se = sqrt(variance + sampling);
    return true;
}

/* The scale of the family's mean is not that of a mean with zeros, nor, if it is the link's own, one of all rows where that hangs
 * on a dispersion by row. */
static const struct link *interval_link(const struct work *w)
{
    const struct link *link = link_of_intervals(w->fit->mean_link);

    return w->fit->family->inflated != NULL || (goes_by_row(w) && link == w->fit->mean_link) ? NULL : link;
}

static bool set_mean(const struct work *w, const struct means *means, int k, struct margin *out)
{
    const double *gradient = means->gradient + (size_t)k * (size_t)w->parameters;

    out->df = (double)INFINITY;
    if (!(out->estimable = mean_is_estimable(w, k))) {
        out->estimate = out->se = out->lower = out->upper = (double)NAN;
        return true;
    }
    out->estimate = fit_average_is_open(w->fit, gradient) ? (double)NAN : means->mean[k];
    if (!set_error(w, gradient, sampled(w, means, 1, k, 0, k), out))
        return false;
    margin_interval(interval_link(w), out->estimate, wald_quantile(out->df, w->options->level) * out->se, &out->lower,
                    &out->upper);
    return true;
}

static double odds(double p)
{
    return p / (1 - p);
}

static bool is_probability(const struct link *link)
{
    return link->logs != NULL;
}

static bool set_contrast(const struct work *w, const struct means *means, int from, int to, double *gradient,
                         struct margin_contrast *out)
{
    const double *a = means->gradient + (size_t)from * (size_t)w->parameters,
                 *b = means->gradient + (size_t)to * (size_t)w->parameters;
    double before = means->mean[from], after = means->mean[to], reach, se;
    bool known = !fit_average_is_open(w->fit, a) && !fit_average_is_open(w->fit, b);

    for (int c = 0; c < w->parameters; c++)
        gradient[c] = b[c] - a[c];
    *out = (struct margin_contrast){ .from = from,
                                     .to = to,
                                     .difference = { NAN, NAN, NAN, NAN, NAN, false },
                                     .ratio = NAN,
                                     .odds_ratio = NAN,
                                     .ratio_lower = NAN,
                                     .ratio_upper = NAN };
    if (!(out->difference.estimable = difference_is_estimable(w, from, to)))
        return true;
    out->difference.estimate = known || !fit_average_is_open(w->fit, gradient) ? after - before : (double)NAN;
    if (!set_error(w, gradient, sampled(w, means, 1, to, -1, from), &out->difference))
        return false;
    reach = wald_quantile(out->difference.df, w->options->level) * out->difference.se;
    out->difference.lower = out->difference.estimate - reach;
    out->difference.upper = out->difference.estimate + reach;
    if (w->options->log_base > 0) {
        out->ratio = pow(w->options->log_base, out->difference.estimate);
        out->ratio_lower = pow(w->options->log_base, out->difference.estimate - reach);
        out->ratio_upper = pow(w->options->log_base, out->difference.estimate + reach);
        return true;
    }
    if (!known || w->options->no_ratios || !mean_is_estimable(w, from) || !mean_is_estimable(w, to))
        return true;
    out->ratio = before > 0 && after >= 0 ? after / before : before == 0 && after > 0 ? HUGE_VAL : (double)NAN;
    out->odds_ratio = is_probability(w->fit->mean_link) ? odds(after) / odds(before) : (double)NAN;
    if (!(out->ratio > 0) || isinf(out->ratio)) /* of a mean that is 0 by an infinite coefficient: it has no error */
        return true;
    for (int c = 0; c < w->parameters; c++)
        gradient[c] = b[c] / after - a[c] / before;
    se = error_of(w, gradient, out->ratio, sampled(w, means, 1 / after, to, -1 / before, from));
    reach = wald_quantile((double)INFINITY, w->options->level) * se;
    out->ratio_lower = out->ratio * exp(-reach);
    out->ratio_upper = out->ratio * exp(reach);
    return true;
}

/* --- the whole ----------------------------------------------------------------------------------- */

static bool set_kind(const struct work *w, const struct means *means, const struct margins *m, struct margin *values,
                     struct margin_contrast *contrasts)
{
    double *gradient = NEW_ARRAY(double, w->parameters);
    bool ok = gradient != NULL;
    int at = 0;

    for (int k = 0; ok && k < m->count; k++)
        ok = set_mean(w, means, k, &values[k]);
    for (int from = 0; from < (w->options->pairs ? m->count : 1); from++)
        for (int to = from + 1; ok && to < m->count; to++)
            ok = set_contrast(w, means, from, to, gradient, &contrasts[at++]);
    mem_free(gradient);
    return ok;
}

static bool fill(struct margins *m, const struct work *w)
{
    size_t count = (size_t)m->count, contrasts = (size_t)m->contrast_count;
    struct margin *population = arena_alloc(m->arena, count, sizeof *population),
                  *typical = arena_alloc(m->arena, count, sizeof *typical);
    struct margin_contrast *of_population = arena_alloc(m->arena, contrasts + 1, sizeof *of_population);
    struct margin_contrast *of_typical = arena_alloc(m->arena, contrasts + 1, sizeof *of_typical);

    if (population == NULL || typical == NULL || of_population == NULL || of_typical == NULL
        || !set_kind(w, &w->population, m, population, of_population) || !set_kind(w, &w->typical, m, typical, of_typical))
        return false;
    m->exists = true;
    m->ddf = LINEAR_NORMAL;
    for (int k = 0; k < m->count; k++) {
        if (isfinite(population[k].df))
            m->ddf = w->options->linear->ddf;
        m->exists = m->exists
                    && (!population[k].estimable || isfinite(population[k].estimate)
                        || fit_average_is_open(w->fit, w->population.gradient + (size_t)k * (size_t)w->parameters));
    }
    m->population = population;
    m->typical = typical;
    m->of_population = of_population;
    m->of_typical = of_typical;
    return true;
}

enum { REASONS = 3 }; /* as many are told */

/* Adds a reason that is not yet among those told. */
static void add_reason(struct text *said, const char *told[REASONS], int *count, const char *reason)
{
    if (reason == NULL)
        return;
    for (int i = 0; i < *count && i < REASONS; i++)
        if (strcmp(told[i], reason) == 0)
            return;
    if (*count < REASONS)
        told[*count] = reason;
    if (*count <= REASONS)
        text_addf(said, "%s%s", *count > 0 ? "; " : "", *count < REASONS ? reason : "and so on");
    ++*count;
}

/* Why some of the means are not estimable, each reason once, in *why; NULL: all are.  False: memory. */
static bool say_why_not(struct arena *arena, const struct marginal_rows values[], int count, const char **why)
{
    const char *told[REASONS];
    struct text said = { 0 };
    int reasons = 0;

    for (int k = 0; k < count; k++) {
        add_reason(&said, told, &reasons, values[k].why_not);
        add_reason(&said, told, &reasons, zeros_of(&values[k]) == NULL ? NULL : zeros_of(&values[k])->why_not);
    }
    *why = reasons == 0 ? NULL : arena_take(arena, &said);
    return reasons == 0 || *why != NULL;
}

struct margins *margins_new(const struct fit *fit, const struct marginal_rows values[], int count,
                            const struct margins_options *options, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct margins *m = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *m);
    struct work work;
    bool ok = work_init(&work, fit, count, options) && m != NULL;

    if (ok) {
        m->arena = arena;
        m->link = interval_link(&work);
        m->count = count;
        ok = say_why_not(arena, values, count, &m->why_not);
        m->contrast_count = count < 2 ? 0 : options->pairs ? count * (count - 1) / 2 : count - 1;
    }
    ok = (ok || fail_memory(err)) && fit_has_means(fit, err) && add_rows(&work, values, count, progress, err)
         && (fill(m, &work) || fail_memory(err));
    if (ok && m->why_not == NULL)
        m->why_not = work.untold;
    work_clear(&work);
    if (!ok) {
        arena_free(arena);
        return NULL;
    }
    return m;
}

void margins_free(struct margins *margins)
{
    if (margins != NULL)
        arena_free(margins->arena);
}
