/* recession-rest.c -- the rows and columns that infinite estimates leave, and the fit of all rows from that of these. */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/memory.h"
#include "fit/glmm-parts.h"
#include "fit/recession-private.h"
#include "fit/verdict.h"

static const double NO_ROOM = 1e-7; /* of a unit direction: what is left of a coordinate in a null space that is rounding */

/* --- the rest ----------------------------------------------------------------------------- */

/* The vectors in units of their entries up to j; *best is the one whose entry j is largest: that entry. */
static double largest_at(double *null, int p, int count, int j, int *best)
{
    double largest = 0;

    for (int c = 0; c < count; c++) {
        double *v = null + (size_t)c * (size_t)p, size = 0;

        for (int k = 0; k <= j; k++)
            size = fmax(size, fabs(v[k]));
        for (int k = 0; k <= j && size > 0; k++)
            v[k] /= size;
        if (fabs(v[j]) > largest) {
            largest = fabs(v[j]);
            *best = c;
        }
    }
    return largest;
}

/* Vector `best` becomes the last of them, and takes entry j from all others. */
static void eliminate(double *null, int p, int last, int j, int best)
{
    for (int k = 0; k < p; k++) {
        double swap = null[k + last * p];

        null[k + last * p] = null[k + best * p];
        null[k + best * p] = swap;
    }
    for (int c = 0; c < last; c++) {
        double ratio = null[j + c * p] / null[j + last * p];

        for (int k = 0; k <= j; k++)
            null[k + c * p] -= ratio * null[k + last * p];
    }
}

/* Columns that the other rows leave independent of those before them: column j is not when some vector of the null space has its
 * last entry there. */
bool recession_choose_columns(struct recession *r, const struct glm *m, struct arena *arena)
{
    int p = r->p, left = r->dimension, *column = arena_alloc(arena, (size_t)p + 1, sizeof *column);
    double *null = NEW_ARRAY(double, (size_t)p *(size_t)(left + 1));

    if (column == NULL || null == NULL) {
        mem_free(null);
        return false;
    }
    for (int c = 0; c < left; c++) { /* in units of each column */
        glm_to_beta(m, r->N + (size_t)c * (size_t)p, null + (size_t)c * (size_t)p);
        for (int j = 0; j < p; j++) {
            double length = 0;

            for (int k = 0; k <= j; k++)
                length += m->R[k + j * p] * m->R[k + j * p];
            null[j + c * p] *= sqrt(length);
        }
    }
    for (int j = p - 1; j >= 0; j--) {
        int best = 0;

        if (largest_at(null, p, left, j, &best) < NO_ROOM)
            column[r->rest_p++] = j;
        else
            eliminate(null, p, --left, j, best);
    }
    for (int j = 0; j < r->rest_p / 2; j++) {
        int swap = column[j];

        column[j] = column[r->rest_p - 1 - j];
        column[r->rest_p - 1 - j] = swap;
    }
    mem_free(null);
    r->column = column;
    return true;
}

static bool rest_random(struct design *rest, const struct design *all, const size_t *row, struct arena *arena)
{
    rest->random = arena_alloc(arena, (size_t)all->random_count + 1, sizeof *rest->random);
    if (rest->random == NULL)
        return false;
    for (int t = 0; t < all->random_count; t++) {
        struct random_design *r = &rest->random[t];

        *r = all->random[t];
        r->level = arena_gather(arena, r->level, row, rest->n, sizeof *r->level);
        r->z = arena_gather(arena, r->z, row, rest->n, sizeof *r->z * (size_t)r->k);
        r->rows_of_level = arena_alloc(arena, (size_t)r->level_count + 1, sizeof *r->rows_of_level);
        if (r->level == NULL || r->rows_of_level == NULL)
            return false;
        for (size_t i = 0; i < rest->n; i++)
            r->rows_of_level[r->level[i]]++;
    }
    return true;
}

bool recession_set_rest(struct recession *r, const struct design *all, struct arena *arena)
{
    struct design *rest = arena_alloc(arena, 1, sizeof *rest);
    size_t *row = arena_alloc(arena, all->n - r->separated + 1, sizeof *row);
    double *X;

    if (rest == NULL || row == NULL)
        return false;
    *rest = *all;
    rest->n = 0;
    for (size_t i = 0; i < all->n; i++)
        if (r->end[i] == 0)
            row[rest->n++] = i;
    rest->recipe = NULL;
    rest->p = r->rest_p;
    rest->row = arena_gather(arena, all->row, row, rest->n, sizeof *all->row);
    rest->y = arena_gather(arena, all->y, row, rest->n, sizeof *all->y);
    rest->trials = arena_gather(arena, all->trials, row, rest->n, sizeof *all->trials);
    rest->weights = arena_gather(arena, all->weights, row, rest->n, sizeof *all->weights);
    rest->offset = arena_gather(arena, all->offset, row, rest->n, sizeof *all->offset);
    rest->X = X = arena_alloc(arena, rest->n + 1, sizeof *X * (size_t)(r->rest_p + 1));
    rest->names = arena_alloc(arena, (size_t)r->rest_p + 1, sizeof *rest->names);
    rest->assign = all->assign == NULL ? NULL : arena_alloc(arena, (size_t)r->rest_p + 1, sizeof *rest->assign);
    if (arena_failed(arena))
        return false;
    for (int j = 0; j < r->rest_p; j++) {
        const double *x = all->X + (size_t)r->column[j] * all->n;

        rest->names[j] = all->names[r->column[j]];
        if (rest->assign != NULL)
            rest->assign[j] = all->assign[r->column[j]];
        for (size_t i = 0; i < rest->n; i++)
            X[i + (size_t)j * rest->n] = x[row[i]];
    }
    rest->threshold = r->threshold;
    rest->open = arena_gather(arena, r->open, row, rest->n, sizeof *r->open);
    if (r->open != NULL && rest->open == NULL)
        return false;
    r->rest = rest;
    return rest_random(rest, all, row, arena);
}

/* --- the fit of all rows ------------------------------------------------------------------ */

static double *reals(struct arena *arena, size_t count)
{
    return arena_alloc(arena, count, sizeof(double));
}

static bool expand_rows(struct fit *fit, const struct fit *rest, const struct recession *r, const struct design *design)
{
    double *fitted = reals(fit->arena, design->n), *linear = reals(fit->arena, design->n);
    size_t at = 0;

    if (fitted == NULL || linear == NULL)
        return false;
    for (size_t i = 0; i < design->n; i++)
        if (r->end[i] != 0) {
            linear[i] = r->end[i] > 0 ? (double)INFINITY : -(double)INFINITY;
            fitted[i] = r->end[i] > 0 || fit->family->whole != NULL;
        } else {
            assert(rest->fitted != NULL && rest->linear != NULL); /* a row that is left is one of the rest */
            fitted[i] = rest->fitted[at];
            linear[i] = rest->linear[at++];
        }
    fit->fitted = fitted;
    fit->linear = linear;
    return true;
}

/* The offset of row i of the design, and its random effects. */
static double add_to_row(const struct fit *fit, const struct design *design, size_t i)
{
    double sum = design->offset == NULL ? 0 : design->offset[i];

    for (int t = 0; t < design->random_count; t++) {
        const struct random_design *term = &design->random[t];
        const double *modes = fit->random[t].modes + (size_t)term->level[i] * (size_t)term->k;

        for (int a = 0; a < term->k; a++)
            sum += modes[a] * (term->z == NULL ? 1 : term->z[i * (size_t)term->k + (size_t)a]);
    }
    return sum;
}

/* Of an ordered response, whose rows have each their own thresholds beside them; the coefficients are there. */
static bool expand_ordered_rows(struct fit *fit, struct fit *rest, const struct recession *r, const struct design *design)
{
    double *fitted = reals(fit->arena, design->n), *linear = reals(fit->arena, design->n), beside[FAMILY_SHAPES], mu[4];
    struct fit view;
    struct link own;

    if (fitted == NULL || linear == NULL)
        return false;
    fit_view_category(fit, 0, &view, &own, beside);
    view.proper = rest;
    for (size_t i = 0; i < design->n; i++) {
        double limit = recession_limit(r, design->X + i, design->n);

        fitted[i] = design->y[i];
        linear[i] = limit;
        if (limit != 0 && r->end[i] != 0)
            continue;
        mu[0] = fit_linear(&view, design->X + i, design->n) + add_to_row(fit, design, i);
        linear[i] = limit != 0 ? limit : mu[0];
        if (r->end[i] == 0) {
            link_inverse(view.mean_link, mu[0], mu);
            fitted[i] = mu[0];
        }
    }
    fit->fitted = fitted;
    fit->linear = linear;
    return true;
}

/* The thresholds as they are told; those of the rest stand behind theta. */
static bool expand_thresholds(struct fit *fit, const struct fit *rest, const struct recession *r)
{
    int count = family_shapes(fit->family);
    double *estimate = reals(fit->arena, (size_t)count), *se = reals(fit->arena, (size_t)count);
    const char **names = arena_alloc(fit->arena, (size_t)count + 1, sizeof *names);

    if (estimate == NULL || se == NULL || names == NULL)
        return false;
    for (int j = 0; j < count; j++) {
        int at = r->shape_limit[j] != 0 ? -1 : fit_rest_of_shape(rest, j);

        names[j] = fit->family->more[j].name;
        estimate[j] = fit->shape[j] = r->shape_limit[j] != 0 ? r->shape_limit[j] : rest->shape[j];
        se[j] = at < 0 ? (double)NAN : fit_rest_se(rest, at);
    }
    fit->part[0] = (struct fit_part){ PART_THRESHOLDS, count, names, estimate, se, NULL, NULL };
    fit->part_count = 1;
    return fit_set_mean_link(fit);
}

/* A square matrix over the parameters of the rest, and of all: rows of coefficients that the rest does not have are `fill`. */
static double *expand_square(struct arena *arena, const double *from, int others, const struct recession *r, bool finite,
                             double fill)
{
    int small = r->rest_p + others, size = r->p + others;
    double *to = reals(arena, (size_t)size * (size_t)size);

    if (to == NULL)
        return NULL;
    for (int i = 0; i < size * size; i++)
        to[i] = fill;
    for (int j = 0; j < small; j++)
        for (int i = 0; i < small; i++) {
            int row = i < r->rest_p ? r->column[i] : i - r->rest_p + r->p,
                column = j < r->rest_p ? r->column[j] : j - r->rest_p + r->p;

            if (!finite || ((row >= r->p || r->limit[row] == 0) && (column >= r->p || r->limit[column] == 0)))
                to[row + column * size] = from[i + j * small];
        }
    return to;
}

/* The same of a half: coefficients that the rest does not have get 0. */
static bool expand_half(struct fit *fit, const struct fit *rest, const struct recession *r)
{
    size_t p = (size_t)r->p, own = (size_t)r->rest_p, rank = (size_t)rest->joint_rank, n = (size_t)rest->joint_count,
           all = n - own + p;
    double *half = reals(fit->arena, all * rank);

    if (half == NULL)
        return false;
    for (size_t k = 0; k < rank; k++)
        for (size_t i = 0; i < n; i++)
            half[(i < own ? (size_t)r->column[i] : i - own + p) + k * all] = rest->joint_half[i + k * n];
    fit->joint_count = (int)all;
    fit->joint_rank = (int)rank;
    fit->joint_half = half;
    return true;
}

static bool expand_coefficients(struct fit *fit, const struct fit *rest, const struct recession *r)
{
    size_t p = (size_t)r->p;
    double *beta = reals(fit->arena, p), *se = reals(fit->arena, p), *base = reals(fit->arena, p);

    if (beta == NULL || se == NULL || base == NULL)
        return false;
    fit_spread(fit, rest->beta, r->limit, beta);
    fit_spread(fit, rest->se, NULL, se);
    assert(r->rest_p == 0 || rest->beta != NULL);
    for (int j = 0; j < r->rest_p; j++)
        base[r->column[j]] = rest->beta[j];
    fit->beta = beta;
    fit->se = se;
    fit->base = base;
    fit->runs = NULL;
    fit->escape = rest->escape == NULL ? NULL : expand_square(fit->arena, rest->escape, 0, r, true, 0);
    fit->vcov = expand_square(fit->arena, rest->vcov, 0, r, true, (double)NAN);
    fit->base_vcov = expand_square(fit->arena, rest->vcov, 0, r, false, 0);
    if (rest->joint_half != NULL && !expand_half(fit, rest, r))
        return false;
    if (rest->joint_vcov != NULL) {
        fit->joint_count = rest->joint_count - r->rest_p + r->p;
        fit->joint_vcov = expand_square(fit->arena, rest->joint_vcov, rest->joint_count - r->rest_p, r, false, 0);
    }
    return !arena_failed(fit->arena);
}

static bool fill_nothing(struct fit *fit, const struct glm *m, const struct recession *recession, enum fit_method method)
{
    struct arena *arena = fit->arena;
    size_t theta_count = (size_t)m->theta_count;
    double *theta = reals(arena, theta_count);

    fit->family = m->response.family;
    fit->link = fit->mean_link = m->response.link;
    fit->method = method;
    fit->nodes = m->nodes;
    fit->has_scale = fit->family->has_dispersion;
    fit->sigma = 1;
    fit->dispersion = fit->has_scale ? (double)NAN : 1;
    fit->log_dispersion_se = (double)NAN;
    fit->npar = m->theta_count + m->rest - recession->thresholds;
    fit->optimum.verdict = VERDICT_NOT_IDENTIFIED;
    fit->theta = theta;
    fit->theta_count = m->theta_count;
    fit->random = arena_alloc(arena, (size_t)m->term_count + 1, sizeof *fit->random);
    if (theta == NULL || fit->random == NULL)
        return false;
    for (size_t j = 0; j < theta_count; j++)
        theta[j] = (double)NAN;
    for (int t = 0; t < m->term_count; t++) {
        const struct random_design *term = m->terms[t].design;
        size_t k = (size_t)term->k, levels = (size_t)term->level_count;
        double *unknown = reals(arena, k * k), *modes = reals(arena, levels * k), *spread = reals(arena, levels * k * k);

        if (unknown == NULL || modes == NULL || spread == NULL)
            return false;
        for (size_t a = 0; a < k * k; a++)
            unknown[a] = (double)NAN;
        for (size_t a = 0; a < levels * k; a++)
            modes[a] = (double)NAN;
        for (size_t a = 0; a < levels * k * k; a++)
            spread[a] = (double)NAN;
        fit->random[t] = (struct random_fit){ term->k, unknown, unknown, unknown, unknown, modes, spread, 0, NULL };
    }
    return true;
}

/* What all rows and coefficients add to what `fit` holds of the rest. */
static bool expand(struct fit *fit, struct fit *rest, const struct recession *r, const struct design *design)
{
    fit->design = design;
    fit->recession = r;
    fit->npar += r->dimension;
    if (!expand_coefficients(fit, rest, r)
        || !(r->thresholds > 0 ? expand_thresholds(fit, rest, r) && expand_ordered_rows(fit, rest, r, design)
                               : expand_rows(fit, rest, r, design)))
        return false;
    fit_set_criteria(fit, design->n);
    for (int j = 0; j < r->p && fit->approximation.kind == APPROXIMATION_FIXED; j++)
        if (fit->approximation.name == design->names[j] && r->limit[j] != 0)
            fit->approximation = (struct approximation){ .kind = APPROXIMATION_NONE };
    verdict_say(&fit->optimum, "%s", r->message);
    return true;
}

struct fit *recession_expand(struct fit *rest, const struct recession *recession, const struct design *design,
                             struct arena *arena, struct glmm_error *err)
{
    struct fit *fit = arena_alloc(arena, 1, sizeof *fit);

    if (fit != NULL) {
        *fit = *rest;
        fit->arena = arena;
    }
    if (fit == NULL || !expand(fit, rest, recession, design)) {
        fail_memory(err);
        return NULL;
    }
    fit->proper = rest;
    return fit;
}

struct fit *recession_nothing(const struct glm *m, const struct recession *recession, enum fit_method method, struct arena *arena,
                              struct glmm_error *err)
{
    struct fit no_rows = { .fitted = NULL };
    struct fit *fit = arena_alloc(arena, 1, sizeof *fit);

    if (fit != NULL)
        fit->arena = arena;
    if (fit == NULL || !fill_nothing(fit, m, recession, method) || !expand(fit, &no_rows, recession, m->design)) {
        fail_memory(err);
        return NULL;
    }
    return fit;
}
