/* contrast.c -- see contrast.h. */
#include "infer/contrast.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "base/text.h"
#include "base/watch.h"
#include "infer/ratio.h"
#include "model/family.h"

static const double CANCELLED = 1e-13; /* of rows of unit size: what rounding leaves of a difference that is 0 */

enum { MOST_CONTRASTS = 5000, TRENDS_MOST = 6 };

/* Weights of k means in each contrast. */
struct weights {
    int count, k;
    const char **names;
    double *w; /* count x k, row-major */
};

struct job {
    const struct means *means;
    const struct linear *linear;
    const struct contrast_request *request;
    struct arena *arena;
    struct glmm_error *err;
    struct watch watch;
};

static bool weights_new(struct job *job, int64_t count, int k, struct weights *out)
{
    if (count > MOST_CONTRASTS) {
        fail(job->err, GLMM_E_LIMIT, NOWHERE, "%lld contrasts are more than the %d that are shown", (long long)count,
             (int)MOST_CONTRASTS);
        error_hint(job->err, "method=effect, consecutive and control have one for each mean; at= takes some of the levels");
        return false;
    }
    out->count = (int)count;
    out->k = k;
    out->names = arena_alloc(job->arena, (size_t)count + 1, sizeof *out->names);
    out->w = arena_alloc(job->arena, (size_t)count * (size_t)k + 1, sizeof *out->w);
    return (out->names != NULL && out->w != NULL) || fail_memory(job->err);
}

/* --- the methods -------------------------------------------------------------------------------------- */

static const char *pair_name(struct job *job, const char *a, const char *b)
{
    return arena_printf(job->arena, job->request->ratios ? "%s / %s" : "%s - %s", a, b);
}

static void put_pair(struct job *job, struct weights *out, int row, const char *const *labels, int a, int b)
{
    out->w[row * out->k + a] = 1;
    out->w[row * out->k + b] = -1;
    out->names[row] = pair_name(job, labels[a], labels[b]);
}

static bool pairs(struct job *job, int k, const char *const *labels, struct weights *out)
{
    int row = 0;

    if (!weights_new(job, (int64_t)k * (k - 1) / 2, k, out))
        return false;
    for (int a = 0; a < k; a++)
        for (int b = a + 1; b < k; b++)
            put_pair(job, out, row++, labels, a, b);
    return true;
}

static bool with_control(struct job *job, int k, const char *const *labels, struct weights *out)
{
    struct suggest suggest;
    int control = 0, row = 0;

    if (job->request->reference != NULL) {
        for (control = 0; control < k && strcmp(labels[control], job->request->reference) != 0; control++)
            ;
        if (control == k) {
            fail(job->err, GLMM_E_NAME, job->request->reference_at, "`%.60s` is none of the levels", job->request->reference);
            suggest_init(&suggest, job->request->reference);
            for (int i = 0; i < k; i++)
                suggest_offer(&suggest, labels[i]);
            if (!suggest_hint(&suggest, job->err))
                error_hint(job->err, "for example `%.60s`", labels[0]);
            return error_argument(job->err, "reference");
        }
    }
    if (!weights_new(job, k - 1, k, out))
        return false;
    for (int a = 0; a < k; a++)
        if (a != control)
            put_pair(job, out, row++, labels, a, control);
    return true;
}

static bool consecutive(struct job *job, int k, const char *const *labels, struct weights *out)
{
    if (!weights_new(job, k - 1, k, out))
        return false;
    for (int a = 0; a + 1 < k; a++)
        put_pair(job, out, a, labels, a + 1, a);
    return true;
}

static bool effects(struct job *job, int k, const char *const *labels, struct weights *out)
{
    if (!weights_new(job, k, k, out))
        return false;
    for (int a = 0; a < k; a++) {
        for (int b = 0; b < k; b++)
            out->w[a * k + b] = (a == b) - 1.0 / k;
        out->names[a] = arena_printf(job->arena, "%s effect", labels[a]);
    }
    return true;
}

/* Whole numbers in the same ratios, as near as may be: divided by the least, then by what misses a whole number. */
static void make_whole(int k, double *w)
{
    double least = INFINITY, off;

    for (int i = 0; i < k; i++)
        if (w[i] > 0.01)
            least = fmin(least, w[i]);
    for (int i = 0; i < k; i++)
        w[i] /= least;
    for (int round = 0; round < 20; round++) {
        off = 0;
        for (int i = 0; i < k; i++)
            off = fmax(off, fabs(w[i] - nearbyint(w[i])));
        if (off <= 0.05)
            break;
        for (int i = 0; i < k; i++)
            w[i] /= off;
    }
    for (int i = 0; i < k; i++)
        w[i] = nearbyint(w[i]);
}

static bool trends(struct job *job, int k, struct weights *out)
{
    static const char *const names[] = { "linear", "quadratic", "cubic", "quartic", "degree 5", "degree 6" };
    int count = k - 1 < TRENDS_MOST ? k - 1 : TRENDS_MOST;
    double *basis = arena_alloc(job->arena, (size_t)(count + 1) * (size_t)k, sizeof *basis);

    if (basis == NULL)
        return fail_memory(job->err);
    if (!weights_new(job, count, k, out))
        return false;
    for (int degree = 0; degree <= count; degree++) {
        double *b = basis + degree * k, length = 0;

        for (int i = 0; i < k; i++)
            b[i] = degree == 0 ? 1 : (i - 0.5 * (k - 1)) / k * basis[(degree - 1) * k + i];
        for (int twice = 0; twice < 2; twice++)
            for (int d = 0; d < degree; d++) {
                double dot = 0;

                for (int i = 0; i < k; i++)
                    dot += b[i] * basis[d * k + i];
                for (int i = 0; i < k; i++)
                    b[i] -= dot * basis[d * k + i];
            }
        for (int i = 0; i < k; i++)
            length += b[i] * b[i];
        for (int i = 0; i < k; i++)
            b[i] /= sqrt(length);
        if (degree == 0)
            continue;
        memcpy(out->w + (degree - 1) * k, b, sizeof *b * (size_t)k);
        make_whole(k, out->w + (degree - 1) * k);
        out->names[degree - 1] = names[degree - 1];
    }
    return true;
}

/* custom -> row { (',' | ';') row },  row -> k numbers */
static bool custom(struct job *job, int k, struct weights *out)
{
    const char *text = job->request->custom, *end;
    struct glmm_span at = job->request->custom_at;
    int count = 1, row = 0, column;

    for (const char *c = text; *c != '\0'; c++)
        count += *c == ',' || *c == ';';
    if (!weights_new(job, count, k, out))
        return false;
    for (; row < count; row++) {
        size_t length = strcspn(text, ",;");
        char *one = arena_strndup(job->arena, text, length), *place = one;

        if (one == NULL)
            return fail_memory(job->err);
        for (column = 0; *(place += strspn(place, " \t")) != '\0'; place += strcspn(place, " \t"), column++) {
            end = place + strcspn(place, " \t");
            if (column < k && !parse_number(place, (size_t)(end - place), &out->w[row * k + column]))
                return fail(job->err, GLMM_E_VALUE, at, "`%.40s` has what is no number", one);
        }
        if (column != k)
            return fail(job->err, GLMM_E_VALUE, at, "`%.60s` has %d weights, and there are %d means", one, column, k);
        out->names[row] = one + strspn(one, " \t");
        text += length + (text[length] != '\0');
    }
    return true;
}

static bool make(struct job *job, int k, const char *const *labels, struct weights *out)
{
    bool ok;

    switch (job->request->method) {
    case CONTRAST_WITH_CONTROL:
        ok = with_control(job, k, labels, out);
        break;
    case CONTRAST_OF_TRENDS:
        ok = trends(job, k, out);
        break;
    case CONTRAST_CONSECUTIVE:
        ok = consecutive(job, k, labels, out);
        break;
    case CONTRAST_OF_EFFECTS:
        ok = effects(job, k, labels, out);
        break;
    case CONTRAST_CUSTOM:
        ok = custom(job, k, out) || error_argument(job->err, "weights");
        break;
    default:
        ok = pairs(job, k, labels, out);
    }
    for (int i = 0; ok && i < out->count; i++)
        ok = out->names[i] != NULL || fail_memory(job->err);
    return ok;
}

/* --- of combinations, or of each variable ------------------------------------------------------------- */

/* The product of the contrasts so far and those of the next variable, whose levels go fastest. */
static bool multiply(struct job *job, const struct weights *a, const struct weights *b, struct weights *out)
{
    if (!weights_new(job, (int64_t)a->count * b->count, a->k * b->k, out))
        return false;
    for (int i = 0; i < a->count; i++)
        for (int j = 0; j < b->count; j++) {
            int row = i * b->count + j;

            out->names[row] = arena_printf(job->arena, "(%s) x (%s)", a->names[i], b->names[j]);
            if (out->names[row] == NULL)
                return fail_memory(job->err);
            for (int x = 0; x < a->k; x++)
                for (int y = 0; y < b->k; y++)
                    out->w[row * out->k + x * b->k + y] = a->w[i * a->k + x] * b->w[j * b->k + y];
        }
    return true;
}

static bool make_all(struct job *job, int cells, struct weights *out)
{
    const struct means *m = job->means;
    const char **labels = arena_alloc(job->arena, (size_t)cells + 1, sizeof *labels);
    struct weights so_far, one;

    if (labels == NULL)
        return fail_memory(job->err);
    for (int k = m->by_count; job->request->interaction && k < m->variable_count; k++) {
        const struct means_variable *v = &m->variables[k];

        for (int i = 0; i < v->count; i++)
            labels[i] = v->values[i].label;
        if (v->count < 2)
            return fail(job->err, GLMM_E_MODEL, NOWHERE, "%.60s has one value here, so there is nothing to contrast",
                        v->predictor.column->name);
        if (!make(job, v->count, labels, &one))
            return false;
        so_far = *out;
        if (k == m->by_count)
            *out = one;
        else if (!multiply(job, &so_far, &one, out))
            return false;
    }
    if (job->request->interaction)
        return true;
    for (int c = 0; c < cells; c++)
        if ((labels[c] = means_label(m, job->arena, c, m->by_count, m->variable_count)) == NULL)
            return fail_memory(job->err);
    return make(job, cells, labels, out);
}

/* --- estimates ------------------------------------------------------------------------------------------ */

static bool goes_on(struct job *job)
{
    return !watch_stopped(&job->watch) || fail(job->err, GLMM_E_INTERRUPT, NOWHERE, "stopped before the contrasts were made");
}

/* out[j * step]: the sum of weight[c] of the cells c that are used in each of `count` columns of `rows` rows. */
static void weigh(const double *columns, size_t rows, int count, const double weight[], const size_t cell[], size_t used,
                  double out[], size_t step)
{
    for (int j = 0; j < count; j++) {
        const double *column = columns + (size_t)j * rows;
        double sum = 0;

        for (size_t u = 0; u < used; u++)
            sum += weight[cell[u]] * column[cell[u]];
        out[(size_t)j * step] = sum;
    }
}

/* The contrasts' rows, of all groups. */
static bool make_rows(struct job *job, const struct weights *w, int groups, struct stated_rows *rows, double *offset, bool *empty)
{
    const struct means *m = job->means;
    const struct design *design = m->model->design;
    size_t n = (size_t)groups * (size_t)w->count;
    double *X = arena_alloc(job->arena, n * (size_t)design->p + 1, sizeof *X);
    double *dropped = arena_alloc(job->arena, n * (size_t)design->dropped_count + 1, sizeof *dropped);
    size_t *cell = arena_alloc(job->arena, (size_t)w->k + 1, sizeof *cell);

    if (X == NULL || dropped == NULL || cell == NULL)
        return fail_memory(job->err);
    for (size_t i = 0; i < n && !watch_stops(&job->watch); i++) {
        const double *weight = w->w + i % (size_t)w->count * (size_t)w->k;
        size_t first = i / (size_t)w->count * (size_t)w->k, used = 0;

        for (int c = 0; c < w->k; c++)
            if (weight[c] != 0) {
                cell[used++] = (size_t)c;
                offset[i] += weight[c] * m->offset[first + (size_t)c];
                empty[i] = empty[i] || m->empty[first + (size_t)c];
            }
        weigh(m->rows.X + first, m->rows.n, design->p, weight, cell, used, X + i, n);
        weigh(m->rows.dropped + first, m->rows.n, design->dropped_count, weight, cell, used, dropped + i, n);
    }
    /* what cancels is 0, not what rounding left of it */
    for (size_t e = 0; e < n * (size_t)design->p; e++)
        X[e] = fabs(X[e]) < CANCELLED ? 0 : X[e];
    *rows = (struct stated_rows){ n, X, dropped, .coefficients = true };
    return goes_on(job);
}

/* Correlations of the contrasts of one group; 0 beside one that has no error. */
static double *correlations(struct job *job, const struct stated_rows *rows, size_t first, int count,
                            const struct contrast_row *row)
{
    double *r = arena_alloc(job->arena, (size_t)count * (size_t)count + 1, sizeof *r);

    if (r == NULL || !linear_covariances(job->linear, rows, first, (size_t)count, r, &job->watch))
        return NULL;
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++)
            r[i + j * count] = i == j ? 1 : row[i].se > 0 && row[j].se > 0 ? r[i + j * count] / (row[i].se * row[j].se) : 0;
    return r;
}

static bool adjust_group(struct job *job, const struct stated_rows *rows, size_t first, const struct weights *w,
                         struct contrast_row *row, bool *exact)
{
    size_t n = (size_t)w->count;
    double *numbers = arena_alloc(job->arena, 4 * n + 1, sizeof *numbers), *p = numbers + 2 * n, *reach = numbers + 3 * n;
    struct family_of family = { w->count, w->k, numbers, numbers + n, NULL, &job->watch };
    bool quadrature;

    if (numbers == NULL)
        return fail_memory(job->err);
    for (size_t i = 0; i < n; i++) {
        numbers[i] = row[i].statistic;
        numbers[n + i] = row[i].df;
    }
    if (job->request->adjust == ADJUST_DUNNETT && (family.r = correlations(job, rows, first, w->count, row)) == NULL)
        return fail_memory(job->err);
    if (!goes_on(job))
        return false;
    if (!simultaneous_adjust(&family, job->request->adjust, job->request->level, p, reach, &quadrature))
        return fail_memory(job->err);
    if (!goes_on(job))
        return false;
    *exact = *exact && quadrature;
    for (size_t i = 0; i < n; i++) {
        row[i].p = p[i];
        row[i].lower = row[i].estimate - reach[i] * row[i].se;
        row[i].upper = row[i].estimate + reach[i] * row[i].se;
    }
    return true;
}

static bool estimate(struct job *job, const struct weights *w, struct contrasts_of *out)
{
    size_t n = (size_t)out->groups * (size_t)w->count;
    struct contrast_row *rows = arena_alloc(job->arena, n + 1, sizeof *rows);
    double *offset = arena_alloc(job->arena, n + 1, sizeof *offset);
    bool *empty = arena_alloc(job->arena, n + 1, sizeof *empty), ok = rows != NULL && offset != NULL && empty != NULL;
    struct stated_rows stated = { 0 };
    struct ratio power = { .base = M_E };
    struct linear_estimate one;

    if (ratio_mean_base(job->means->model) > 0)
        power.base = ratio_mean_base(job->means->model);
    ok = (ok || fail_memory(job->err)) && make_rows(job, w, out->groups, &stated, offset, empty);
    for (size_t i = 0; ok && i < n; i++) {
        job->watch.done = (double)i;
        job->watch.total = (double)n;
        ok = (!watch_stops(&job->watch) || goes_on(job)) && linear_estimate(job->linear, &stated, i, &one, job->err);
        if (!ok)
            break;
        rows[i] = (struct contrast_row){ .name = w->names[i % (size_t)w->count],
                                         .group = (int)(i / (size_t)w->count),
                                         .estimable = one.estimable && !empty[i],
                                         .estimate = one.estimate + offset[i],
                                         .se = one.se,
                                         .df = one.df };
        if (!rows[i].estimable)
            rows[i].estimate = rows[i].se = rows[i].df = (double)NAN;
        rows[i].statistic = rows[i].se > 0 ? rows[i].estimate / rows[i].se : (double)NAN;
    }
    out->exact = true;
    for (int g = 0; ok && g < out->groups; g++)
        ok = adjust_group(job, &stated, (size_t)g * (size_t)w->count, w, rows + (size_t)g * (size_t)w->count, &out->exact);
    for (size_t i = 0; ok && job->request->ratios && i < n; i++)
        ratio_turn(&power, &rows[i].estimate, &rows[i].se, &rows[i].lower, &rows[i].upper);
    out->rows = rows;
    out->count = (int)n;
    return ok;
}

static bool check_request(const struct contrast_request *request, const struct model *model, struct glmm_error *err)
{
    const struct link *link = model->link;
    bool custom = request->custom != NULL;

    if (custom != (request->method == CONTRAST_CUSTOM)) {
        fail(err, GLMM_E_USAGE, custom ? request->custom_at : request->method_at,
             custom ? "custom= is of method=custom" : "method=custom needs its weights: custom=\"1 -1 0\"");
        return error_argument(err, custom ? "weights" : "method");
    }
    if (request->reference != NULL && request->method != CONTRAST_WITH_CONTROL) {
        fail(err, GLMM_E_USAGE, request->reference_at, "ref= is of method=control");
        return error_argument(err, "reference");
    }
    if (request->adjust == ADJUST_TUKEY && (request->method != CONTRAST_OF_PAIRS || request->interaction)) {
        fail(err, GLMM_E_USAGE, request->adjust_at, "adjust=tukey is of all pairs");
        error_hint(err, "adjust=holm is of any contrasts, adjust=dunnett too");
        return error_argument(err, "adjust");
    }
    if (request->ratios && link->kind != LINK_LOG && link->kind != LINK_LOGIT && ratio_mean_base(model) == 0) {
        fail(err, GLMM_E_MODEL, request->ratios_at, "differences of %s are no ratios of anything", link->scale);
        error_hint(err, "`margins` has differences of means");
        return error_argument(err, "ratios");
    }
    return true;
}

struct contrasts_of *contrasts_new(const struct means *means, const struct linear *linear, const struct contrast_request *request,
                                   struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct contrasts_of *out = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *out);
    struct job job = { .means = means, .linear = linear, .request = request, .arena = arena, .err = err };
    struct weights weights = { 0 };
    int cells = 1;
    bool ok = out != NULL || fail_memory(err);

    watch_init(&job.watch, linear->progress, "contrast");
    for (int k = means->by_count; k < means->variable_count; k++)
        cells *= means->variables[k].count;
    ok = ok && check_request(request, means->model, err);
    if (ok && cells < 2)
        ok = fail(err, GLMM_E_MODEL, NOWHERE, "there is one mean, and so nothing to contrast");
    ok = ok && make_all(&job, cells, &weights);
    if (ok) {
        *out = (struct contrasts_of){ .arena = arena, .groups = means->count / cells, .cells = cells, .family = weights.count };
        ok = estimate(&job, &weights, out);
    }
    if (ok)
        return out;
    arena_free(arena);
    return NULL;
}

void contrasts_free(struct contrasts_of *contrasts)
{
    if (contrasts != NULL)
        arena_free(contrasts->arena);
}
