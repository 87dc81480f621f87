/* diagnose-draws.c -- the response beside responses drawn from the fit.
 *
 * A statistic's p is its place among those of the draws, each of which is looked at as the response is: so rows that are
 * correlated within groups need no correction. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "base/sample.h"
#include "base/watch.h"
#include "fit/fit.h"
#include "infer/diagnose-private.h"
#include "infer/simulate.h"
#include "model/family.h"

static const double SMALL_P = 0.001, SMALLISH_P = 0.05, MOST_CELLS = 4e7;

enum {
    FEWEST_DRAWS = 50, /* below which room is not saved */
    LOOK = 64
}; /* rows between two looks at the watch */

/* The share of draws whose statistic is as far out as the response's, on both sides. */
double draws_two_sided(const double mine[], int count)
{
    int above = 0, below = 0;

    for (int r = 0; r < count; r++) {
        above += mine[r] >= mine[count] - DRAWS_TIE * fabs(mine[count]);
        below += mine[r] <= mine[count] + DRAWS_TIE * fabs(mine[count]);
    }
    return fmin(1, 2.0 * (1 + (above < below ? above : below)) / (count + 1.0));
}

double draws_upper(const double mine[], int count)
{
    int above = 0;

    for (int r = 0; r < count; r++)
        above += mine[r] >= mine[count] - DRAWS_TIE * fabs(mine[count]);
    return (1.0 + above) / (count + 1.0);
}

enum check_verdict draws_verdict(double p, int count)
{
    double least = 2.0 / (count + 1.0); /* the smallest that there can be */

    return p <= fmax(SMALL_P, least) ? CHECK_BAD : p < SMALLISH_P ? CHECK_LOOK : CHECK_OK;
}

/* Which of those that a row stands for are the successes that were drawn for it: at random. */
static void spread(const struct draws *d, struct rng *rng, double y[])
{
    for (size_t j = 0; j < d->n;) {
        size_t row = d->of[j];
        double left = d->fit->design->trials[row], ones = nearbyint(left * d->drawn[row]);

        for (; j < d->n && d->of[j] == row; j++) {
            y[j] = rng_uniform(rng) * left < ones;
            ones -= y[j];
            left--;
        }
    }
}

static bool draw_all(struct draws *d, bool conditional, uint64_t seed, struct glmm_error *err)
{
    struct simulator *simulator = simulator_has_law(d->fit, conditional, err) ? simulator_new(d->fit, conditional, err) : NULL;
    bool ok = simulator != NULL;
    struct rng rng;

    rng_init(&rng, seed, UINT64_MAX - 1);
    for (int r = 0; ok && r < d->count; r++) {
        double *y = d->y + (size_t)r * d->n;

        d->watch->done = r;
        ok = !watch_stops(d->watch) || fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %d of %d draws", r, d->count);
        ok = ok && (simulator_draw(simulator, seed, (uint64_t)r + 1, d->of != NULL ? d->drawn : y) || fail_memory(err));
        if (ok && d->of != NULL)
            spread(d, &rng, y);
    }
    simulator_free(simulator);
    return ok;
}

const double *draws_at(const struct draws *d, int r)
{
    return r == d->count ? d->own : d->y + (size_t)r * d->n;
}

/* --- dispersion ----------------------------------------------------------------------------------- */

static double pearson(const struct draws *d, const double y[])
{
    const struct fit *fit = d->fit;
    struct response rows = fit_response(fit);
    double sum = 0, shape[FAMILY_SHAPES];

    for (size_t i = 0; i < d->n; i++) {
        struct observation at = response_at(&rows, i);
        double variance, rest = y[i] - fit->fitted[i];

        fit_row_shapes(fit, i, shape);
        variance = family_variance_at(fit->family, fit->link, fit->linear[i], fit->fitted[i], shape, &at);
        sum += variance > 0 ? rest * rest / variance : 0;
    }
    return sum;
}

/* Counts and proportions without a dispersion of their own; single trials say nothing of it. */
static bool has_dispersion_check(const struct fit *fit)
{
    return fit->family->support == SUPPORT_COUNT
           || (fit->family->support != SUPPORT_REAL && design_has_several_trials(fit->design));
}

static void add_dispersion(struct diagnosis *out, const struct draws *d, enum check_kind kind)
{
    struct check check = { .kind = kind, .expected = 1 };
    double mean = 0;

    for (int r = 0; r < d->count; r++)
        mean += d->mine[r] / d->count;
    check.statistic = d->mine[d->count] / mean;
    check.p = draws_upper(d->mine, d->count); /* estimates take up some of it: only more than there should be is telling */
    check.verdict = draws_verdict(2 * check.p, d->count);
    if (check.verdict == CHECK_BAD && check.statistic < 1.2)
        check.verdict = CHECK_LOOK;
    diagnosis_add(out, check);
}

static void check_dispersion(struct diagnosis *out, struct draws *d)
{
    for (int r = 0; r <= d->count && !watch_stops(d->watch); r++)
        d->mine[r] = pearson(d, draws_at(d, r));
    add_dispersion(out, d, CHECK_DISPERSION);
}

/* About the means that rows have among all draws and the response, in the variances that they have there. */
static void check_dispersion_new(struct diagnosis *out, struct draws *d)
{
    int all = d->count + 1;

    for (int r = 0; r < all; r++)
        d->mine[r] = 0;
    for (size_t i = 0; i < d->n && !(i % LOOK == 0 && watch_stops(d->watch)); i++) {
        double mean = 0, variance = 0;

        for (int r = 0; r < all; r++)
            mean += draws_at(d, r)[i] / all;
        for (int r = 0; r < all; r++)
            variance += (draws_at(d, r)[i] - mean) * (draws_at(d, r)[i] - mean) / all;
        for (int r = 0; variance > 0 && r < all; r++)
            d->mine[r] += (draws_at(d, r)[i] - mean) * (draws_at(d, r)[i] - mean) / variance;
    }
    add_dispersion(out, d, CHECK_DISPERSION_NEW);
}

/* --- zeros ---------------------------------------------------------------------------------------- */

static void check_zeros(struct diagnosis *out, struct draws *d, enum check_kind kind)
{
    struct check check = { .kind = kind };

    for (int r = 0; r <= d->count && !watch_stops(d->watch); r++) {
        const double *y = draws_at(d, r);

        d->mine[r] = 0;
        for (size_t i = 0; i < d->n; i++)
            d->mine[r] += y[i] == 0;
        check.expected += r < d->count ? d->mine[r] / d->count : 0;
    }
    check.statistic = d->mine[d->count];
    check.p = draws_two_sided(d->mine, d->count);
    check.verdict = draws_verdict(check.p, d->count);
    diagnosis_add(out, check);
}

/* --- quantile residuals --------------------------------------------------------------------------- */

struct ranked {
    double y;
    int which;
};

static int by_value(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;

    return a->y != b->y ? (a->y > b->y) - (a->y < b->y) : a->which - b->which;
}

/* The places of a row's values among each other; ties share theirs, each at random within it. */
static void rank_row(struct draws *d, size_t i, struct ranked *row, struct rng *rng)
{
    int all = d->count + 1;

    for (int r = 0; r < all; r++)
        row[r] = (struct ranked){ draws_at(d, r)[i], r };
    qsort(row, (size_t)all, sizeof *row, by_value);
    for (int from = 0, to; from < all; from = to) {
        for (to = from + 1; to < all && row[to].y - row[from].y <= DRAWS_TIE * fabs(row[from].y); to++)
            continue;
        for (int r = from; r < to; r++)
            d->residual[(size_t)row[r].which * d->n + i] = (from + (to - from) * rng_uniform(rng)) / all;
    }
}

static bool rank_rows(struct draws *d, uint64_t seed)
{
    struct ranked *row = NEW_ARRAY(struct ranked, d->count + 1);
    struct rng rng;

    if (row == NULL)
        return false;
    rng_init(&rng, seed, UINT64_MAX);
    for (size_t i = 0; i < d->n && !(i % LOOK == 0 && watch_stops(d->watch)); i++)
        rank_row(d, i, row, &rng);
    mem_free(row);
    return true;
}

/* The largest distance from the uniform distribution. */
static double kolmogorov(double sorted[], size_t n)
{
    double most = 0;

    for (size_t i = 0; i < n; i++)
        most = fmax(most, fmax((double)(i + 1) / (double)n - sorted[i], sorted[i] - (double)i / (double)n));
    return most;
}

static bool check_uniformity(struct diagnosis *out, struct draws *d)
{
    struct check check = { .kind = CHECK_UNIFORMITY };
    double *sorted = NEW_ARRAY(double, d->n + 1);

    if (sorted == NULL)
        return false;
    for (int r = 0; r <= d->count && !watch_stops(d->watch); r++) {
        memcpy(sorted, d->residual + (size_t)r * d->n, sizeof *sorted * d->n);
        sample_sort(sorted, d->n);
        d->mine[r] = kolmogorov(sorted, d->n);
        check.expected += r < d->count ? d->mine[r] / d->count : 0;
    }
    mem_free(sorted);
    check.statistic = d->mine[d->count];
    check.p = draws_upper(d->mine, d->count);
    check.verdict = draws_verdict(2 * check.p, d->count);
    diagnosis_add(out, check);
    return true;
}

/* Whether they keep to the middle, or to the ends. */
static void check_spread(struct diagnosis *out, struct draws *d)
{
    struct check check = { .kind = CHECK_SPREAD, .expected = 1 };
    double mean = 0;

    for (int r = 0; r <= d->count && !watch_stops(d->watch); r++) {
        const double *u = d->residual + (size_t)r * d->n;

        d->mine[r] = 0;
        for (size_t i = 0; i < d->n; i++)
            d->mine[r] += (u[i] - 0.5) * (u[i] - 0.5);
        mean += r < d->count ? d->mine[r] / d->count : 0;
    }
    check.statistic = d->mine[d->count] / mean;
    check.p = draws_two_sided(d->mine, d->count);
    check.verdict = draws_verdict(check.p, d->count);
    diagnosis_add(out, check);
}

/* Rows at either end of their draws. */
static void check_outliers(struct diagnosis *out, struct draws *d)
{
    struct check check = { .kind = CHECK_OUTLIERS };
    double end = 1.0 / (d->count + 1);

    for (int r = 0; r <= d->count && !watch_stops(d->watch); r++) {
        const double *u = d->residual + (size_t)r * d->n;

        d->mine[r] = 0;
        for (size_t i = 0; i < d->n; i++)
            d->mine[r] += u[i] < end || u[i] > 1 - end;
        check.expected += r < d->count ? d->mine[r] / d->count : 0;
    }
    check.statistic = d->mine[d->count];
    check.p = draws_upper(d->mine, d->count);
    check.verdict = draws_verdict(2 * check.p, d->count);
    diagnosis_add(out, check);
}

/* Of each row, or of the first that it stands for. */
static bool set_residuals(struct diagnosis *out, const struct draws *d)
{
    const double *own = d->residual + (size_t)d->count * d->n;

    out->residuals = arena_alloc(out->arena, d->fit->design->n + 1, sizeof *out->residuals);
    for (size_t j = d->n; out->residuals != NULL && j-- > 0;)
        out->residuals[d->of == NULL ? j : d->of[j]] = own[j];
    return out->residuals != NULL;
}

/* Given the modes, where there are any; and with new random effects. */
static bool check_counts(struct diagnosis *out, struct draws *d, bool conditional, struct glmm_error *err)
{
    bool disperses = has_dispersion_check(d->fit), zeros = d->fit->family->support == SUPPORT_COUNT;
    bool groups = design_term_count(d->fit->design) > 0;

    if (conditional && !disperses && !(zeros && groups))
        return true;
    if (!draw_all(d, conditional, out->seed, err))
        return false;
    if (disperses && conditional)
        check_dispersion(out, d);
    if (disperses && !conditional && groups)
        check_dispersion_new(out, d);
    if (zeros && (groups || !conditional))
        check_zeros(out, d, conditional ? CHECK_ZEROS_GIVEN : CHECK_ZEROS);
    return true;
}

/* One after the other as in check_kind, though draws were made of one kind after the other. */
static void sort_checks(struct diagnosis *out)
{
    for (int i = 1; i < out->count; i++)
        for (int j = i; j > 0 && out->checks[j].kind < out->checks[j - 1].kind; j--) {
            struct check before = out->checks[j - 1];

            out->checks[j - 1] = out->checks[j];
            out->checks[j] = before;
        }
}

static bool all_checks(struct diagnosis *out, struct draws *d, const char *order, struct glmm_error *err)
{
    if (!check_counts(out, d, true, err) || !check_counts(out, d, false, err))
        return false;
    sort_checks(out);
    if (!rank_rows(d, out->seed) || !check_uniformity(out, d))
        return fail_memory(err);
    check_spread(out, d);
    check_outliers(out, d);
    if (!set_residuals(out, d))
        return fail_memory(err);
    return diagnose_along(out, d, order, err)
           && (!watch_stopped(d->watch) || fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped between the draws and what they say"));
}

/* Each row's observations: as many as it stands for, or its share of those that there is room for, and one at least.  False when
 * memory is out. */
static bool set_observations(struct draws *d)
{
    const struct design *design = d->fit->design;
    double all = design_trials(design), share = fmin(1, MOST_CELLS / FEWEST_DRAWS / all), before = 0;
    double *own;

    d->n = design->n;
    d->own = design->y;
    if (!design->repeats)
        return true;
    d->of = NEW_ARRAY(size_t, (size_t)(all * share) + design->n + 1);
    d->drawn = own = NEW_ARRAY(double, design->n + (size_t)(all * share) + design->n + 1);
    if (d->of == NULL || own == NULL)
        return false;
    own += design->n;
    d->n = 0;
    for (size_t i = 0; i < design->n; i++) {
        double after = before + design->trials[i] * share, count = fmax(1, floor(after) - floor(before));

        for (before = after; count > 0; count--) {
            own[d->n] = design->y[i];
            d->of[d->n++] = i;
        }
    }
    d->own = own;
    return true;
}

bool diagnose_draws(struct diagnosis *out, const struct model *model, const char *order, const struct glmm_progress *progress,
                    struct glmm_error *err)
{
    struct watch watch;
    struct draws d = { .model = model, .fit = fit_proper(model->fit), .count = out->draws, .watch = &watch };
    bool ok = set_observations(&d);

    while ((double)d.n * d.count > MOST_CELLS && d.count > FEWEST_DRAWS)
        d.count /= 2;
    out->draws = d.count;
    watch_init(&watch, progress, "replicate");
    watch.total = d.count;
    d.y = mem_alloc((size_t)d.count * d.n + 1, sizeof(double));
    d.residual = mem_alloc((size_t)(d.count + 1) * d.n + 1, sizeof(double));
    d.mine = NEW_ARRAY(double, d.count + 2);
    ok = (ok && d.y != NULL && d.residual != NULL && d.mine != NULL) ? all_checks(out, &d, order, err) : fail_memory(err);
    mem_free(d.of);
    mem_free(d.drawn);
    mem_free(d.y);
    mem_free(d.residual);
    mem_free(d.mine);
    return ok;
}
