/* anova.c -- see anova.h.
 *
 * All columns (as the model has them, with treatment contrasts, with contrasts that sum to 0) stand side by side in one matrix,
 * whose triangular factor R has the same inner products: projections are made in the columns of R. */
#include "infer/anova.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/watch.h"
#include "fit/fit.h"
#include "linalg/orthonormal.h"
#include "linalg/watched.h"
#include "model/rows.h"

static const double TIE = 1e-6; /* relative: entries that near are as large, and the first stays */

/* A column is spent when less than this of its length is left (that of linalg/collinear.h), a pivot when less of its column is.
 */
static const double SPENT = 1e-7, NO_PIVOT = 1e-8;

/* Some of the columns of the matrix: the first, how many, and the term of each. */
struct set {
    int first, count;
    const int *assign;
};

struct job {
    const struct model *model;
    const struct linear *linear;
    struct design *treatment, *sum; /* owned; NULL: the model's own */
    struct arena *arena;
    int m;                          /* columns in all */
    double *R;                      /* m x m, zeros below the diagonal */
    struct set own, stated, summed; /* the design's; with treatment contrasts; summing to 0 */
    double *basis, *K, *L, *Lt;     /* m x m each in use */
    int rows;                       /* of L */
};

/* --- the columns ----------------------------------------------------------------------------------- */

static bool has_treatment(const struct design *design)
{
    for (int i = 0; i < design->recipe->variable_count; i++)
        if (design->recipe->variables[i].coded && design->recipe->variables[i].contrast != CONTRAST_TREATMENT)
            return false;
    return design->recipe->contrasts == NULL;
}

/* The dropped columns of a design at its own rows, n each; NULL with an error. */
static double *dropped_columns(const struct job *job, const struct design *design, const struct glmm_progress *progress,
                               struct glmm_error *err)
{
    struct design_rows *rows = design_rows_new(design, job->model->formula, job->model->frame, ROWS_FIXED, progress, err);
    double *out = rows == NULL ? NULL : mem_alloc(design->n * (size_t)design->dropped_count + 1, sizeof *out);
    size_t r = 0;

    if (rows != NULL && out == NULL)
        fail_memory(err);
    for (size_t i = 0; out != NULL && i < design->n; i++) {
        while (rows->row[r] != design->row[i])
            r++;
        for (int d = 0; d < design->dropped_count; d++)
            out[i + (size_t)d * design->n] = rows->dropped[r + (size_t)d * rows->n];
    }
    design_rows_free(rows);
    return out;
}

/* Copies a column, without its mean where there is an intercept, which every K is orthogonal to. */
static void put_column(const double *x, size_t n, bool center, double *out)
{
    double mean = 0;

    assert(n == 0 || x != NULL);
    for (size_t i = 0; center && i < n; i++)
        mean += (x[i] - mean) / (double)(i + 1);
    for (size_t i = 0; i < n; i++)
        out[i] = x[i] - mean;
}

/* The columns of a design, the dropped ones last. */
static bool put_set(struct job *job, const struct design *design, double *Z, size_t rows, struct set *set,
                    const struct glmm_progress *progress, struct glmm_error *err)
{
    int count = design->p + design->dropped_count, *assign = arena_alloc(job->arena, (size_t)count + 1, sizeof *assign);
    bool intercept = job->model->formula->intercept;
    double *more = NULL;

    if (assign == NULL)
        return fail_memory(err);
    if (count > design->p && (more = dropped_columns(job, design, progress, err)) == NULL)
        return false;
    for (int j = 0; j < count; j++) {
        const double *x = j < design->p ? design->X + (size_t)j * design->n : more + (size_t)(j - design->p) * design->n;

        assign[j] = j < design->p ? design->assign[j] : design->dropped_assign[j - design->p];
        put_column(x, design->n, intercept && assign[j] >= 0, Z + (size_t)job->m * rows);
        job->m++;
    }
    *set = (struct set){ job->m - count, count, assign };
    mem_free(more);
    return true;
}

/* R of all columns side by side. */
static bool make_columns(struct job *job, int type, const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct design *own = job->model->design, *stated, *summed;
    size_t most, rows, m;
    struct watch watch;
    double *Z;
    bool ok = true;

    if (!has_treatment(own))
        ok = (job->treatment = model_design(job->model, "treatment", progress, err)) != NULL;
    if (ok && type == 3)
        ok = (job->sum = model_design(job->model, "sum", progress, err)) != NULL;
    if (!ok)
        return false;
    stated = job->treatment == NULL ? own : job->treatment;
    summed = job->sum == NULL ? stated : job->sum;
    most = (size_t)(own->p + own->dropped_count + stated->p + stated->dropped_count + summed->p + summed->dropped_count);
    rows = own->n > most ? own->n : most;
    if ((Z = mem_zalloc(rows * most + 1, sizeof *Z)) == NULL)
        return fail_memory(err);
    ok = put_set(job, own, Z, rows, &job->own, progress, err);
    job->stated = job->own;
    ok = ok && (stated == own || put_set(job, stated, Z, rows, &job->stated, progress, err))
         && (type != 3 || put_set(job, summed, Z, rows, &job->summed, progress, err));
    m = (size_t)job->m;
    job->R = ok ? mem_zalloc(5 * m * m + 1, sizeof *job->R) : NULL;
    ok = ok && (job->R != NULL || fail_memory(err));
    watch_init(&watch, progress, "testing terms");
    if (ok && !watched_qr((int)rows, job->m, Z, job->R, &watch))
        ok = watch_stopped(&watch) ? fail(err, GLMM_E_INTERRUPT, NOWHERE, "interrupted") : fail_memory(err);
    mem_free(Z);
    if (!ok)
        return false;
    for (size_t j = 0; j < m; j++)
        for (size_t i = j + 1; i < m; i++)
            job->R[i + j * m] = 0;
    job->basis = job->R + m * m;
    job->K = job->basis + m * m;
    job->L = job->K + m * m;
    job->Lt = job->L + m * m;
    return true;
}

/* --- which terms -------------------------------------------------------------------------------------- */

static bool is_coded(const struct design *design, const char *name)
{
    for (int i = 0; i < design->recipe->variable_count; i++)
        if (strcmp(design->recipe->variables[i].name, name) == 0)
            return design->recipe->variables[i].coded;
    return false;
}

static bool has_factor(const struct term *term, const struct expr *x)
{
    for (int j = 0; j < term->order; j++)
        if (expr_equal(term->factors[j], x))
            return true;
    return false;
}

/* Term b has all that a has, and more; its other parts are factors, unless `numbers` may be more too. */
static bool contains(const struct job *job, int a, int b, bool numbers)
{
    const struct term *small = &job->model->formula->terms[a], *large = &job->model->formula->terms[b];
    const char *name;

    if (a == b || large->order <= small->order)
        return false;
    for (int j = 0; j < small->order; j++)
        if (!has_factor(large, small->factors[j]))
            return false;
    for (int j = 0; j < large->order && !numbers; j++) {
        if (has_factor(small, large->factors[j]))
            continue;
        name = expr_deparse(job->arena, large->factors[j]);
        if (name == NULL || !is_coded(job->model->design, name))
            return false;
    }
    return true;
}

static bool is_contained(const struct job *job, int term, bool numbers)
{
    for (int t = 0; t < job->model->formula->term_count; t++)
        if (contains(job, term, t, numbers))
            return true;
    return false;
}

/* --- projections ---------------------------------------------------------------------------------------- */

/* K: what the term's columns of a set leave beside those that `beside` names.  Their number; *all gets that of the columns. */
static int project(struct job *job, const struct set *set, int term, const bool beside[], int *all)
{
    int m = job->m, count = 0, kept = 0;
    double *own = job->Lt; /* an orthonormal copy, to see which columns are spent by those before them */

    *all = 0;
    for (int j = 0; j < set->count; j++)
        if (set->assign[j] < 0 || (set->assign[j] != term && beside[set->assign[j]]))
            (void)orthonormal_extend(m, job->basis, &count, job->R + (size_t)(set->first + j) * (size_t)m, SPENT);
    for (int j = 0; j < set->count; j++) {
        double *column = job->K + (size_t)kept * (size_t)m;
        int before = count;

        if (set->assign[j] != term)
            continue;
        ++*all;
        memcpy(own, job->R + (size_t)(set->first + j) * (size_t)m, sizeof *own * (size_t)m);
        memcpy(column, own, sizeof *own * (size_t)m);
        (void)orthonormal_leave(m, job->basis, count - kept, column);
        (void)orthonormal_extend(m, job->basis, &count, own, SPENT);
        kept += count > before;
    }
    return kept;
}

/* out (rows x set) = K'X, with leading dimension m. */
static void products(const struct job *job, int rows, const struct set *set, double *out)
{
    for (int j = 0; j < set->count; j++)
        for (int i = 0; i < rows; i++)
            out[i + (size_t)j * (size_t)job->m] =
                dot_product(job->m, job->K + (size_t)i * (size_t)job->m, job->R + (size_t)(set->first + j) * (size_t)job->m);
}

/* --- reduction ------------------------------------------------------------------------------------------ */

static void combine(struct job *job, int row, int with, double times)
{
    for (int j = 0; j < job->stated.count; j++)
        job->Lt[row + (size_t)j * (size_t)job->m] -= times * job->Lt[with + (size_t)j * (size_t)job->m];
    for (int j = 0; j < job->own.count; j++)
        job->L[row + (size_t)j * (size_t)job->m] -= times * job->L[with + (size_t)j * (size_t)job->m];
}

static void swap_rows(struct job *job, int a, int b)
{
    combine(job, a, b, -1);
    combine(job, b, a, 1);
    combine(job, a, b, -1);
    combine(job, b, b, 2);
}

/* Eliminates in the term's own columns with treatment contrasts: below the pivots, and above them too where `fully`. */
static void reduce(struct job *job, int term, bool fully)
{
    size_t m = (size_t)job->m;
    int row = 0;

    for (int j = 0; j < job->stated.count && row < job->rows; j++) {
        double most = 0, *column = job->Lt + (size_t)j * m, length;
        int pivot = row;

        if (job->stated.assign[j] != term)
            continue;
        length = dot_product(job->m, job->R + (size_t)(job->stated.first + j) * m, job->R + (size_t)(job->stated.first + j) * m);
        for (int i = row; i < job->rows; i++)
            if (fabs(column[i]) > most * (1 + TIE)) {
                most = fabs(column[i]);
                pivot = i;
            }
        if (most <= NO_PIVOT * length)
            continue;
        if (fabs(column[row]) <= NO_PIVOT * length)
            swap_rows(job, row, pivot);
        combine(job, row, row, 1 - 1 / column[row]);
        for (int i = fully ? 0 : row + 1; i < job->rows; i++)
            if (i != row)
                combine(job, i, row, column[i]);
        row++;
    }
}

/* --- the terms ------------------------------------------------------------------------------------------- */

/* L minus its part that is correlated with the rows G of the terms that contain it: by Gram and Schmidt in the metric of V. */
static bool make_uncorrelated(struct job *job, const double *G, int count, struct glmm_error *err)
{
    int p = job->own.count, rows = job->rows, total = count + rows;
    double *all = mem_zalloc((size_t)total * (size_t)p + 1, sizeof *all);
    struct stated_rows stated = { (size_t)total, all, NULL, .coefficients = true };

    if (all == NULL)
        return fail_memory(err);
    for (int i = 0; i < total; i++)
        for (int j = 0; j < p; j++)
            all[i + (size_t)j * (size_t)total] =
                i < count ? G[i + (size_t)j * (size_t)count] : job->L[i - count + (size_t)j * (size_t)job->m];
    for (int i = 0; i < total; i++)
        for (int k = 0; k < i && k < count; k++) {
            double own = linear_covariance(job->linear, &stated, (size_t)k, (size_t)k), part;

            if (!(own > 0))
                continue;
            part = linear_covariance(job->linear, &stated, (size_t)i, (size_t)k) / own;
            for (int j = 0; j < p; j++)
                all[i + (size_t)j * (size_t)total] -= part * all[k + (size_t)j * (size_t)total];
        }
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < p; j++)
            job->L[i + (size_t)j * (size_t)job->m] = all[count + i + (size_t)j * (size_t)total];
    mem_free(all);
    return true;
}

/* What a term is adjusted for: s is beside it.  Type III asks for all, which its sums make what they are. */
static bool is_beside(const struct job *job, int type, int term, int s, bool numbers)
{
    return type == 1 ? s < term : type == 3 || !contains(job, term, s, numbers);
}

/* The rows of the terms that `term` is not adjusted for (that contain it; or of type I, behind it), K'X each beside those of its
 * own; the arena's. */
static double *other_rows(struct job *job, int type, int term, bool numbers, bool beside[], int *count, struct glmm_error *err)
{
    int terms = job->model->formula->term_count, p = job->own.count, kept, all;
    double *G = arena_alloc(job->arena, (size_t)job->m * (size_t)p + 1, sizeof *G), *part;

    *count = 0;
    if (G == NULL)
        fail_memory(err);
    for (int t = 0; G != NULL && t < terms; t++) {
        if (t == term || is_beside(job, type, term, t, numbers))
            continue;
        for (int s = 0; s < terms; s++)
            beside[s] = s != t && is_beside(job, type, t, s, numbers);
        kept = project(job, &job->stated, t, beside, &all);
        products(job, kept, &job->own, job->L);
        if ((part = arena_alloc(job->arena, (size_t)(*count + kept) * (size_t)p + 1, sizeof *part)) == NULL) {
            fail_memory(err);
            return NULL;
        }
        for (int j = 0; j < p; j++)
            for (int i = 0; i < *count + kept; i++)
                part[i + j * (*count + kept)] = i < *count ? G[i + j * *count] : job->L[i - *count + (size_t)j * (size_t)job->m];
        G = part;
        *count += kept;
    }
    return G;
}

/* Coefficients of a row that only rounding left are 0: an error that the data leave open must not enter by them.  A coefficient
 * is as large as what its column makes of it is small. */
static void clean_rows(const struct job *job, int rows, double L[])
{
    int m = job->m;

    for (int i = 0; i < rows; i++) {
        double largest = 0;

        for (int pass = 0; pass < 2; pass++)
            for (int j = 0; j < job->own.count; j++) {
                const double *column = job->R + (size_t)(job->own.first + j) * (size_t)m;
                double length = sqrt(dot_product(m, column, column)), *at = &L[i + (size_t)j * (size_t)rows];
                double size = length > 0 ? fabs(*at) / length : 0;

                if (pass == 0)
                    largest = fmax(largest, size);
                else if (size < SPENT * largest)
                    *at = 0;
            }
    }
}

/* Whether what is adjusted for is taken out by the covariance of the coefficients, not by the columns alone: where there are no
 * degrees of freedom, and where rows of different weights have nothing else, so that F is of sums of squares as they are. */
static bool is_by_vcov(const struct job *job)
{
    const struct design *design = job->model->design;

    return !linear_has_df(job->linear) || (design->weights != NULL && design->random_count == 0);
}

static bool test_term(struct job *job, int type, int term, struct anova_row *row, struct glmm_error *err)
{
    int terms = job->model->formula->term_count, p = job->own.count, all, count = 0;
    bool ok, numbers = type == 2 && !linear_has_df(job->linear);
    const struct set *set = type == 3 ? &job->summed : &job->stated;
    bool *beside = arena_alloc(job->arena, (size_t)terms + 1, sizeof *beside);
    double *G = NULL, *L;
    struct stated_rows rows;

    if (beside == NULL)
        return fail_memory(err);
    if (type != 3 && is_by_vcov(job) && (G = other_rows(job, type, term, numbers, beside, &count, err)) == NULL)
        return false;
    for (int t = 0; t < terms; t++)
        beside[t] = is_beside(job, type, term, t, numbers);
    job->rows = project(job, set, term, beside, &all);
    products(job, job->rows, &job->own, job->L);
    products(job, job->rows, &job->stated, job->Lt);
    reduce(job, term, type == 3 || (type == 2 && !is_contained(job, term, numbers)));
    if (count > 0 && !make_uncorrelated(job, G, count, err))
        return false;
    if ((L = mem_zalloc((size_t)job->rows * (size_t)p + 1, sizeof *L)) == NULL)
        return fail_memory(err);
    for (int j = 0; j < p; j++)
        for (int i = 0; i < job->rows; i++)
            L[i + (size_t)j * (size_t)job->rows] = job->L[i + (size_t)j * (size_t)job->m];
    clean_rows(job, job->rows, L);
    rows =
        (struct stated_rows){ (size_t)job->rows, L, L + (size_t)job->rows * (size_t)job->model->design->p, .coefficients = true };
    row->term = job->model->design->term_labels[term];
    row->lost = all - job->rows;
    row->test = (struct linear_test){ .verdict = LINEAR_NOT_ESTIMABLE };
    ok = job->rows == 0 || linear_test(job->linear, &rows, NULL, &row->test, err);
    mem_free(L);
    return ok;
}

static void job_clear(struct job *job)
{
    design_free(job->treatment);
    design_free(job->sum);
    mem_free(job->R);
}

/* Whether the term's columns, two at least, say which level a row has, one each, and so hold the intercept that the model does
 * not have: numbers may be 1 in all rows too, or sum up to it as those of a basis do. */
static bool has_all_levels(const struct design *design, int term)
{
    int columns = 0;

    for (int j = 0; j < design->p; j++) {
        if (design->assign[j] < 0)
            return false;
        columns += design->assign[j] == term;
    }
    for (size_t i = 0; columns > 1 && i < design->n; i++) {
        int levels = 0;

        for (int j = 0; j < design->p; j++) {
            double x = design->assign[j] == term ? design->X[i + (size_t)j * design->n] : 0;

            if (x != 0 && x != 1)
                return false;
            levels += x == 1;
        }
        if (levels != 1)
            return false;
    }
    return columns > 1;
}

struct anova *anova_new(const struct model *model, const struct linear *linear, int type, const struct glmm_progress *progress,
                        struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct anova *anova = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *anova);
    int count = model->formula->term_count;
    struct anova_row *rows = anova == NULL ? NULL : arena_alloc(arena, (size_t)count + 1, sizeof *rows);
    struct job job = { .model = model, .linear = linear, .arena = arena };
    bool ok = rows != NULL || fail_memory(err);

    ok = ok && make_columns(&job, type, progress, err);
    for (int t = 0; ok && t < count; t++)
        ok = test_term(&job, type, t, &rows[t], err);
    for (int t = 0; ok && t < count; t++)
        rows[t].levels = model->design->X != NULL && model->design->assign != NULL && has_all_levels(model->design, t);
    job_clear(&job);
    if (!ok) {
        arena_free(arena);
        return NULL;
    }
    anova->arena = arena;
    anova->type = type;
    anova->count = count;
    anova->rows = rows;
    return anova;
}

void anova_free(struct anova *anova)
{
    if (anova != NULL)
        arena_free(anova->arena);
}
