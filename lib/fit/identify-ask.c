/* identify-ask.c -- what is asked of a fit whose data leave something open (identify.h). */
#include "fit/identify.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "fit/identify-private.h"
#include "fit/tolerances.h"

/* Of c'Kc beside the squared size of its terms: the rounding of K, whose entries are sums of TOLERANCE_UNMOVED at least. */
static const double LEFT = 100.0 * TOLERANCE_UNMOVED * TOLERANCE_UNMOVED;

/* --- questions to a fit ------------------------------------------------------------------------------- */

/* Beside infinite estimates what is known of the other rows is mapped already, NaN where it is open. */
static bool has_open_errors(const struct fit *fit)
{
    return fit->identity != NULL && (fit->identity->flat != NULL || fit->identity->constant != NULL) && fit->proper == NULL;
}

/* What a gradient has of a constant that all thresholds are lowered by. */
static double constant_of(const struct fit *fit, const double c[])
{
    const double *rest = c + fit->design->p + fit->theta_count;
    double sum = 0.0;

    for (int j = 0; j < fit->rest_count; j++)
        if (fit_is_threshold(fit, fit->rest_shape[j]))
            sum -= rest[j];
    return sum;
}

/* Entry j of a - b; b NULL: of a. */
static double entry(const double a[], const double b[], size_t j)
{
    return b == NULL ? a[j] : a[j] - b[j];
}

/* Whether (a - b)'M(a - b) is more than rounding; M, p x p, or NULL. */
static bool is_moved(const double *moved, size_t p, const double a[], const double b[], size_t stride)
{
    double open = 0.0, size = 0.0;

    for (size_t j = 0; moved != NULL && j < p; j++) {
        double c = entry(a, b, j * stride);

        size += fabs(c) * sqrt(moved[j + j * p]);
        for (size_t i = 0; i < p; i++)
            open += entry(a, b, i * stride) * moved[i + j * p] * c;
    }
    return open > LEFT * size * size;
}

static const double *moved_of(const struct fit *fit)
{
    return fit->identity == NULL || fit->proper != NULL ? NULL : fit->identity->moved;
}

bool fit_average_is_open(const struct fit *fit, const double c[])
{
    return is_moved(moved_of(fit), (size_t)fit->design->p, c, NULL, 1);
}

bool fit_difference_is_open(const struct fit *fit, const double a[], const double b[], size_t stride)
{
    size_t p = (size_t)fit->design->p;

    return is_moved(moved_of(fit), p, a, b, stride) || is_moved(fit->escape, p, a, b, stride);
}

bool fit_runs_off(const struct fit *fit, const double c[], size_t stride)
{
    return is_moved(fit->escape, (size_t)fit->design->p, c, NULL, stride);
}

bool fit_estimate_is_open(const struct fit *fit, const double c[], size_t stride)
{
    return fit_difference_is_open(fit, c, NULL, stride);
}

double fit_coefficient(const struct fit *fit, int j)
{
    const double *moved = moved_of(fit);
    size_t at = (size_t)j * (size_t)(fit->design->p + 1);
    bool open = (moved != NULL && moved[at] > 0.0) || (fit->escape != NULL && fit->escape[at] > 0.0);

    return open ? (double)NAN : fit->beta[j];
}

/* c'Hc of a form, and what its rounding is judged beside. */
static double form_of(const struct identity *identity, size_t p, int v, const double c[], double *size)
{
    const double *H = identity->form + (size_t)v * p * p;
    double sum = 0.0, change = 0.0, length = 0.0;

    for (size_t j = 0; j < p; j++) {
        for (size_t i = 0; i < p; i++)
            sum += c[i] * H[i + j * p] * c[j];
        change += fabs(c[j]) * sqrt(identity->flat[j + j * p]);
        length += fabs(c[j]) * identity->form_length[j];
    }
    *size = change * length;
    return sum;
}

bool identity_keeps_variance(const struct identity *identity, size_t p, const double c[])
{
    double size;

    if (identity->form_count == 0 || is_moved(identity->form_rest, p, c, NULL, 1))
        return false;
    for (int v = 0; v < identity->form_count; v++)
        if (fabs(form_of(identity, p, v, c, &size)) > TOLERANCE_UNMOVED * size)
            return false;
    return true;
}

bool identity_keeps_covariance(const struct identity *identity, size_t p, size_t i, size_t j)
{
    if (identity->form_count == 0 || identity->form_rest[i + i * p] > 0.0 || identity->form_rest[j + j * p] > 0.0)
        return false;
    for (int v = 0; v < identity->form_count; v++) {
        const double *H = identity->form + (size_t)v * p * p;
        double size = sqrt(identity->flat[i + i * p]) * identity->form_length[j]
                      + sqrt(identity->flat[j + j * p]) * identity->form_length[i];

        if (fabs(H[i + j * p]) > TOLERANCE_UNMOVED * size)
            return false;
    }
    return true;
}

bool fit_error_is_open(const struct fit *fit, const double c[], bool joint)
{
    const struct identity *identity = fit->identity;
    double open = 0.0, size = 0.0, shift;
    int p = fit->design->p;

    if (!has_open_errors(fit))
        return false;
    for (int j = 0; identity->flat != NULL && j < p; j++) {
        size += fabs(c[j]) * sqrt(identity->flat[j + (size_t)j * (size_t)p]);
        for (int i = 0; i < p; i++)
            open += c[i] * identity->flat[i + (size_t)j * (size_t)p] * c[j];
    }
    if (identity->constant != NULL && joint) {
        shift = constant_of(fit, c);
        size += fabs(shift) * sqrt(identity->constant[p]);
        for (int j = 0; j < p; j++)
            open += 2.0 * shift * identity->constant[j] * c[j];
        open += shift * shift * identity->constant[p];
    }
    return open > LEFT * size * size && !identity_keeps_variance(identity, (size_t)p, c);
}

double fit_variance_told(const struct fit *fit, const double c[])
{
    const struct identity *identity = fit->identity;
    const double *V = has_open_errors(fit) && identity->vcov != NULL ? identity->vcov : fit_vcov(fit);

    return fit_root_helps(fit, c) ? fit_root_product(fit, c, c, 1, fit->design->p) : fit_quadratic(V, c, fit->design->p);
}

double fit_variance(const struct fit *fit, const double c[])
{
    return fit_error_is_open(fit, c, false) ? (double)NAN : fit_variance_told(fit, c);
}

bool identity_spread_is_open(const struct fit *fit)
{
    return fit->identity != NULL && (fit->identity->flat != NULL || fit->identity->by_curvature);
}

bool fit_knows(const struct fit *fit, int term, int a, int b)
{
    if (fit->identity == NULL)
        return true;
    if (term < 0)
        return !fit->identity->residual_unknown;
    return !fit->identity->unknown[term][a + b * fit->design->random[term].k];
}

/* Its modes are where the search ended. */
static bool has_infinite_variance(const struct fit *fit, int term, int a)
{
    return fit->random[term].sd != NULL && isinf(fit->random[term].sd[a]);
}

bool fit_knows_mode(const struct fit *fit, int term, int32_t level, int a)
{
    if (has_infinite_variance(fit, term, a))
        return false;
    return fit->identity == NULL
           || !fit->identity->modes_unknown[term][(size_t)level * (size_t)fit->design->random[term].k + (size_t)a];
}

bool identity_has_mode(const struct fit *fit, int term, int effect)
{
    bool known = false;

    for (int32_t l = 0; l < fit->design->random[term].level_count; l++)
        known = known || fit_knows_mode(fit, term, l, effect);
    return known;
}

/* The term that stands for a sum with this one: of the sum's parts the one that is left in the reduced design; NULL. */
static const struct random_design *stands_for(const struct fit *fit, int term)
{
    const struct identity *identity = fit->identity;

    for (int j = 0; identity != NULL && identity->reduction != NULL && j < identity->sum_count; j++) {
        const struct identity_sum *sum = &identity->sums[j];
        bool part = false;

        for (int k = 0; k < sum->part_count; k++)
            part = part || sum->parts[k].term == term;
        for (int s = 0; part && s < identity->reduction->design.random_count; s++) {
            int origin = identity->reduction->pieces[s].origin;

            for (int k = 0; k < sum->part_count; k++)
                if (sum->parts[k].term == origin
                    && strcmp(fit->design->random[origin].group, fit->design->random[term].group) != 0)
                    return &fit->design->random[origin];
        }
    }
    return NULL;
}

bool identity_check_modes(const struct fit *fit, int term, int effect, struct glmm_error *err)
{
    const struct random_design *random = &fit->design->random[term];

    for (int32_t l = 0; l < random->level_count; l++)
        if (!fit_knows_mode(fit, term, l, effect)) {
            if (has_infinite_variance(fit, term, effect))
                return fail(err, GLMM_E_MODEL, NOWHERE,
                            "the effects %s of `%s` are not determined: their variance is estimated as infinite",
                            random->names[effect], random->group);
            fail(err, GLMM_E_MODEL, NOWHERE, "the effects %s of `%s` are not determined: the fit is not identified",
                 random->names[effect], random->group);
            if (identity_has_mode(fit, term, effect))
                error_hint(err, "`shrinkage` shows the levels where they are");
            else if (stands_for(fit, term) != NULL)
                error_hint(err, "a sum of effects is: `shrinkage %s` shows it", stands_for(fit, term)->group);
            else
                error_hint(err, "`summary` says what is; fit the model without the terms that it names");
            return false;
        }
    return true;
}

/* Which levels have no row that shows an effect; a row of each level. */
void identity_mark_absent(struct identity *identity, const struct design *design, int t)
{
    const struct random_design *random = &design->random[t];
    size_t k = (size_t)random->k;
    bool *absent = identity->absent[t];

    for (size_t i = 0; i < design->n; i++)
        identity->row[t][random->level[i]] = i;
    if (random->z == NULL)
        return;
    memset(absent, 1, (size_t)random->level_count * k * sizeof *absent);
    for (size_t i = 0; i < design->n; i++)
        for (size_t a = 0; a < k; a++)
            if (random->z[i * k + a] != 0.0)
                absent[(size_t)random->level[i] * k + a] = false;
}

bool identity_check_fitted(const struct fit *fit, struct glmm_error *err)
{
    if (fit_knows(fit, -1, 0, 0))
        return true;
    fail(err, GLMM_E_MODEL, NOWHERE,
         "the data do not tell what of a row is its groups' and what is residual, so there are no fitted values (help "
         "identified)");
    error_hint(err, "`predict, re=typical` has means without random effects");
    return false;
}

/* Whether the term is part of a sum of terms: where the residual is part of it, the modes of neither are determined. */
static bool is_part(const struct identity *identity, int term)
{
    for (int j = 0; j < identity->sum_count; j++) {
        const struct identity_sum *sum = &identity->sums[j];
        bool part = false, residual = false;

        for (int k = 0; k < sum->part_count; k++) {
            part = part || sum->parts[k].term == term;
            residual = residual || sum->parts[k].term < 0;
        }
        if (part && !residual)
            return true;
    }
    return false;
}

/* Whether a row has some of the terms of a sum, and not all; or levels of them that no row of the data has together. */
static bool has_part_of_sum(const struct fit *fit, const struct identity_sum *sum, const int32_t level[])
{
    const struct identity *identity = fit->identity;
    const struct design *design = fit_proper(fit)->design; /* identity->row has its rows */
    int known = 0, parts = 0, first = -1;

    for (int k = 0; k < sum->part_count; k++) {
        int t = sum->parts[k].term;

        if (t < 0)
            continue;
        parts++;
        if (level[t] < 0)
            continue;
        known++;
        first = first < 0 ? t : first;
        if (t != first && design->random[t].level[identity->row[first][level[first]]] != level[t])
            return true;
    }
    return known > 0 && known < parts;
}

bool identity_row_is_open(const struct fit *fit, const int32_t level[], const double *const z[])
{
    const struct identity *identity = fit->identity;
    int some = 0, left = 0;

    if (identity == NULL)
        return false;
    for (int j = 0; j < identity->sum_count; j++)
        if (has_part_of_sum(fit, &identity->sums[j], level))
            return true;
    for (int t = 0; t < fit->design->random_count; t++) {
        const struct random_design *random = &fit->design->random[t];
        bool open = false;

        for (int a = 0; a < random->k; a++)
            open = open || identity->unknown[t][a + a * random->k];
        left += open && level[t] < 0;
        for (int a = 0; level[t] >= 0 && a < random->k; a++) {
            size_t at = (size_t)level[t] * (size_t)random->k + (size_t)a;

            if ((z[t] != NULL && z[t][a] == 0.0) || !identity->modes_unknown[t][at])
                continue;
            if (identity->absent[t][at] || (identity->residual_unknown && !is_part(identity, t)))
                return true;
            some++;
        }
    }
    return identity->reduction == NULL && some > 0 && (left > 0 || identity->residual_unknown);
}

const struct fit *identity_determined(const struct fit *fit, struct arena *arena)
{
    bool hidden = false;
    struct fit *copy;
    struct identity *identity;

    if (fit->identity == NULL || fit->identity->reduced == NULL || fit->identity->sum_count == 0)
        return fit;
    for (int t = 0; t < fit->design->random_count; t++)
        for (int a = 0; a < fit->design->random[t].k; a++)
            hidden = hidden || !identity_has_mode(fit, t, a);
    if (!hidden)
        return fit;
    copy = arena_alloc(arena, 1, sizeof *copy);
    identity = arena_alloc(arena, 1, sizeof *identity);
    if (copy == NULL || identity == NULL || !identity_allocate(identity, fit->identity->reduced->design, arena))
        return NULL;
    *copy = *fit->identity->reduced;
    for (int t = 0; t < copy->design->random_count; t++) { /* what a reduced term adds where it is not shown is no sum */
        identity_mark_absent(identity, copy->design, t);
        identity->modes_unknown[t] = identity->absent[t];
    }
    identity->vcov = copy->vcov;
    copy->identity = identity;
    return copy;
}

const struct design *identity_design(const struct fit *fit)
{
    return fit->identity == NULL || fit->identity->reduction == NULL ? fit->design : &fit->identity->reduction->design;
}
