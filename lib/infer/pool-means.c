/* pool-means.c -- see pool-means.h. */
#include "infer/pool-means.h"

#include <math.h>

#include "base/memory.h"
#include "infer/ci.h"

void pool_mean(int m, const double estimate[], const double square[], double complete_df, const struct link *link, double level,
               struct pooled *out, double *lower, double *upper)
{
    bool known = true;

    *out = (struct pooled){ .estimate = (double)NAN, .se = (double)NAN, .df = (double)NAN };
    *lower = *upper = (double)NAN;
    for (int k = 0; k < m && known; k++)
        known = isfinite(estimate[k]) && isfinite(square[k]);
    if (known) {
        pool_numbers(m, estimate, square, complete_df, out);
        margin_interval(link, out->estimate, wald_quantile(out->df, level) * out->se, lower, upper);
    }
}

/* --- margins --------------------------------------------------------------------------------------------- */

struct pooling {
    struct margins *const *each;
    int m;
    bool typical;
    const struct margins_options *options;
    double *estimate, *square; /* m each */
};

static const struct margin *mean_in(const struct pooling *p, int imputation, int k)
{
    return p->typical ? &p->each[imputation]->typical[k] : &p->each[imputation]->population[k];
}

static const struct margin_contrast *contrast_in(const struct pooling *p, int imputation, int k)
{
    return p->typical ? &p->each[imputation]->of_typical[k] : &p->each[imputation]->of_population[k];
}

/* One number of each, with `of` its place in them. */
static void pool_margin(const struct pooling *p, const struct margin *const of[], const struct link *link, struct margin *out)
{
    struct pooled pooled;
    double df = 0;

    for (int i = 0; i < p->m; i++) {
        p->estimate[i] = of[i]->estimable ? of[i]->estimate : (double)NAN;
        p->square[i] = of[i]->se * of[i]->se;
        df += of[i]->df / p->m;
    }
    pool_mean(p->m, p->estimate, p->square, df, link, p->options->level, &pooled, &out->lower, &out->upper);
    out->estimate = pooled.estimate;
    out->se = pooled.se;
    out->df = pooled.df;
    out->estimable = isfinite(pooled.estimate);
}

/* A ratio by its logarithm, whose error its interval tells. */
static void pool_ratio(const struct pooling *p, int k, struct margin_contrast *out)
{
    double z = wald_quantile((double)INFINITY, p->options->level);
    struct pooled pooled;

    for (int i = 0; i < p->m; i++) {
        const struct margin_contrast *one = contrast_in(p, i, k);

        p->estimate[i] = log(one->ratio);
        p->square[i] = pow(log(one->ratio_upper / one->ratio_lower) / (2 * z), 2);
    }
    pool_mean(p->m, p->estimate, p->square, (double)INFINITY, &link_identity, p->options->level, &pooled, &out->ratio_lower,
              &out->ratio_upper);
    out->ratio = exp(pooled.estimate);
    out->ratio_lower = exp(out->ratio_lower);
    out->ratio_upper = exp(out->ratio_upper);
}

static void pool_contrast(const struct pooling *p, const struct margin *of[], int k, struct margin_contrast *out)
{
    double odds = 0;

    *out = *contrast_in(p, 0, k);
    for (int i = 0; i < p->m; i++) {
        of[i] = &contrast_in(p, i, k)->difference;
        odds += log(contrast_in(p, i, k)->odds_ratio) / p->m;
    }
    pool_margin(p, of, &link_identity, &out->difference);
    if (p->options->log_base > 0) {
        out->ratio = pow(p->options->log_base, out->difference.estimate);
        out->ratio_lower = pow(p->options->log_base, out->difference.lower);
        out->ratio_upper = pow(p->options->log_base, out->difference.upper);
    } else {
        pool_ratio(p, k, out);
    }
    out->odds_ratio = exp(odds);
}

static bool pool_kind(const struct pooling *p, struct arena *arena, const struct margin **means,
                      const struct margin_contrast **contrasts)
{
    const struct margins *first = p->each[0];
    struct margin *own = arena_alloc(arena, (size_t)first->count + 1, sizeof *own);
    struct margin_contrast *between = arena_alloc(arena, (size_t)first->contrast_count + 1, sizeof *between);
    const struct margin **of = mem_alloc((size_t)p->m, sizeof *of);
    bool ok = own != NULL && between != NULL && of != NULL;

    for (int k = 0; ok && k < first->count; k++) {
        for (int i = 0; i < p->m; i++)
            of[i] = mean_in(p, i, k);
        pool_margin(p, of, first->link, &own[k]);
    }
    for (int k = 0; ok && k < first->contrast_count; k++)
        pool_contrast(p, of, k, &between[k]);
    mem_free(of);
    *means = own;
    *contrasts = between;
    return ok;
}

struct margins *pool_margins(struct margins *const each[], int m, const struct margins_options *options)
{
    struct arena *arena = arena_new();
    struct margins *out = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *out);
    double *room = mem_alloc(2 * (size_t)m, sizeof *room);
    struct pooling p = { .each = each, .m = m, .options = options, .estimate = room, .square = room + m };
    bool ok = out != NULL && room != NULL;

    if (ok) {
        *out = (struct margins){ .arena = arena,
                                 .link = each[0]->link,
                                 .ddf = LINEAR_BARNARD_RUBIN,
                                 .count = each[0]->count,
                                 .contrast_count = each[0]->contrast_count,
                                 .exists = true };
        for (int i = 0; i < m; i++) {
            out->exists = out->exists && each[i]->exists;
            out->why_not = out->why_not == NULL ? each[i]->why_not : out->why_not;
        }
        ok = pool_kind(&p, arena, &out->population, &out->of_population);
        p.typical = true;
        ok = ok && pool_kind(&p, arena, &out->typical, &out->of_typical)
             && (out->why_not == NULL || (out->why_not = arena_strdup(arena, out->why_not)) != NULL);
    }
    mem_free(room);
    if (ok)
        return out;
    arena_free(arena);
    return NULL;
}

/* --- predictions ----------------------------------------------------------------------------------------- */

static bool make_rows(struct prediction *out, const struct prediction *first)
{
    size_t n = first->n;

    out->n = n;
    out->dropped_rows = first->dropped_rows;
    out->new_rows = first->new_rows;
    out->row = arena_alloc(out->arena, n + 1, sizeof *out->row);
    out->estimate = arena_alloc(out->arena, n + 1, sizeof(double));
    out->se = arena_alloc(out->arena, n + 1, sizeof(double));
    out->lower = arena_alloc(out->arena, n + 1, sizeof(double));
    out->upper = arena_alloc(out->arena, n + 1, sizeof(double));
    out->df = arena_alloc(out->arena, n + 1, sizeof(double));
    return !arena_failed(out->arena);
}

struct prediction *pool_predictions(struct prediction *const each[], int m, double level)
{
    struct arena *arena = arena_new();
    struct prediction *out = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *out);
    double *room = mem_alloc(2 * (size_t)m, sizeof *room);
    bool ok = out != NULL && room != NULL, *estimable = NULL;

    if (ok) {
        *out = (struct prediction){ .arena = arena, .link = each[0]->link };
        for (int k = 0; k < m && out->why_not == NULL; k++)
            if (each[k]->why_not != NULL)
                ok = (out->why_not = arena_strdup(arena, each[k]->why_not)) != NULL;
        estimable = arena_alloc(arena, each[0]->n + 1, sizeof *estimable);
        ok = ok && make_rows(out, each[0]) && estimable != NULL;
    }
    for (size_t i = 0; ok && i < out->n; i++) {
        struct pooled pooled;
        double df = 0;

        for (int k = 0; k < m; k++) {
            df += each[k]->df[i] / m;
            room[k] = each[k]->estimate[i];
            room[m + k] = each[k]->se[i] * each[k]->se[i];
        }
        pool_mean(m, room, room + m, df, out->link, level, &pooled, &out->lower[i], &out->upper[i]);
        out->row[i] = each[0]->row[i];
        out->estimate[i] = pooled.estimate;
        out->se[i] = pooled.se;
        out->df[i] = pooled.df;
        estimable[i] = isfinite(pooled.estimate);
        if (!estimable[i] && out->why_not == NULL)
            out->why_not = "infinite, or not determined, in some imputations";
    }
    if (ok)
        out->estimable = estimable;
    mem_free(room);
    if (ok)
        return out;
    arena_free(arena);
    return NULL;
}

struct prediction *pool_predict(const struct fit *fit, const struct frame *frame, const struct predict_options *options,
                                const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct imputed *imputed = fit->imputed;
    struct prediction **each = NEW_ARRAY(struct prediction *, imputed->count), *pooled = NULL;
    bool ok = each != NULL || fail_memory(err);
    int m = 0;

    for (int k = 0; ok && k < imputed->count; k++) {
        const struct imputed_fit *one = &imputed->one[k];
        struct predict_options own = *options;

        if (!one->counts)
            continue;
        own.linear = options->linear == NULL ? NULL : &options->linear->each[m];
        ok = (each[m++] = predict_new(one->fit, one->model->formula, frame, &own, progress, err)) != NULL;
    }
    if (ok && (pooled = pool_predictions(each, m, options->level)) == NULL)
        fail_memory(err);
    for (int k = 0; k < m; k++)
        prediction_free(each[k]);
    mem_free(each);
    return pooled;
}

bool pool_takes_means(const struct fit *fit, struct glmm_error *err)
{
    for (int k = 0; k < fit->imputed->count; k++) {
        const struct imputed_fit *one = &fit->imputed->one[k];

        if (one->counts && (one->fit->recession != NULL || one->fit->identity != NULL)) {
            fail(err, GLMM_E_MODEL, NOWHERE,
                 "imputation %g has estimates that are infinite or not determined: its means are not pooled", one->number);
            error_hint(err, "help imputed");
            return false;
        }
    }
    return true;
}
