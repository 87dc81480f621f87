/* identify.c -- what a fit of a model that is not identified may say.
 *
 * The fit is made at variances that were chosen among those that the data cannot tell apart (those of redundant terms are 0).
 * What depends on the choice is marked:
 *   - an entry s_j, where some direction of the null space of the reduced model's parameters L s has a j-th component;
 *   - the variance of c'beta, where a direction D of V has c'G'D != 0, with G'y the least-squares estimates of beta: then the
 * error changes along it.  K = sum over the directions of (G'D)(G'D)';
 *   - c'beta itself, where D G c does not lie within the fixed effects: of V + D, with P D P = 0, the estimates are those of V
 * less G'D P y (with residuals and groups apart in one contrast alone, their ratio is free).  M = the same sum of what lies
 * outside. */
#include "fit/identify.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "fit/identify-private.h"
#include "fit/revise.h"
#include "fit/tolerances.h"
#include "fit/verdict.h"

static const double CANCELLED = 1e-12; /* of the size of the terms: a sum that is 0 but for rounding */

/* --- sums ------------------------------------------------------------------------------------------- */

/* Adds the parts that a term has in a sum: F, the symmetric matrix of the coefficients of its covariances.  A matrix of rank one
 * is the variance of one combination; a diagonal one a sum of variances; of any other *variances gets false. */
static bool add_parts(struct arena *arena, struct identity_sum *sum, int term, int k, const double *F, bool *variances)
{
    bool diagonal = true, single = true;
    int lead = -1;

    for (int a = 0; a < k; a++)
        for (int b = 0; b < a; b++)
            diagonal = diagonal && F[a + b * k] == 0.0;
    for (int a = 0; a < k && lead < 0; a++)
        lead = F[a + a * k] != 0.0 ? a : -1;
    if (lead < 0) {
        *variances = *variances && diagonal;
        return true;
    }
    for (int a = 0; a < k; a++)
        for (int b = 0; b < k; b++)
            single = single && fabs(F[a + b * k] * F[lead + lead * k] - F[a + lead * k] * F[b + lead * k]) < TOLERANCE_OPEN;
    *variances = *variances && (diagonal || single);
    for (int a = lead; a < k; a++) {
        struct identity_part *part = &sum->parts[sum->part_count];

        if (F[a + a * k] == 0.0)
            continue;
        part->term = term;
        part->times = F[a + a * k];
        if ((part->weights = arena_alloc(arena, (size_t)k, sizeof(double))) == NULL)
            return false;
        part->weights[a] = 1.0;
        for (int b = a + 1; !diagonal && single && b < k; b++)
            part->weights[b] = F[b + a * k] / F[a + a * k];
        sum->part_count++;
        if (!diagonal && single)
            break;
    }
    return true;
}

/* The sum that a row of coefficients of the full parameters makes, and its value at the fit; *variances: whether it is one of
 * variances alone, as Var(a) + Cov(b, c) is not. */
static bool make_sum(struct fit *fit, const struct reduction *r, const double *row, struct identity_sum *out, bool *variances)
{
    const struct design *design = fit->design;
    double size = 0.0;
    int at = 0, most = 1;

    for (int t = 0; t < design->random_count; t++)
        most += design->random[t].k;
    out->parts = arena_alloc(fit->arena, (size_t)most, sizeof *out->parts);
    if (out->parts == NULL)
        return false;
    for (int t = 0; t < design->random_count; t++) {
        const struct random_design *random = &design->random[t];
        int k = random->k;
        double *F = arena_alloc(fit->arena, (size_t)(k * k), sizeof *F);

        if (F == NULL)
            return false;
        for (int b = 0; b < k; b++)
            for (int a = b; a < random->covariance->end(k, b); a++, at++) {
                F[a + b * k] = F[b + a * k] = a == b ? row[at] : 0.5 * row[at];
                out->value += row[at] * fit->random[t].covariance[a + b * k];
                size += fabs(row[at] * fit->random[t].covariance[a + b * k]);
            }
        if (!add_parts(fit->arena, out, t, k, F, variances))
            return false;
    }
    if (r->residual && row[at] != 0.0) {
        out->parts[out->part_count++] = (struct identity_part){ .term = -1, .times = row[at] };
        out->value += row[at] * fit->dispersion;
    }
    if (fabs(out->value) < CANCELLED * size) /* a variance of 0 as a sum of others */
        out->value = 0.0;
    return true;
}

/* --- marks -------------------------------------------------------------------------------------------- */

/* The functionals of the full parameters that are determined, `rows` of them, row-major; with what the reduced design leaves open
 * taken out: of each open direction the parameter with most of it is given up (the first of several), and the others take its
 * share. */
static int determined_rows(const struct reduction *r, double *rows)
{
    int count = r->count, full = r->full_count, kept = 0;
    double *null = NEW_ARRAY(double, r->flat_count *count + 1);
    bool *given = NEW_ARRAY(bool, count + 1);
    int *pivot = NEW_ARRAY(int, r->flat_count + 1);

    if (null == NULL || given == NULL || pivot == NULL) {
        kept = -1;
        goto done;
    }
    if (r->flat_count > 0)
        memcpy(null, r->flat, sizeof *null * (size_t)(r->flat_count * count));
    for (int v = 0; v < r->flat_count; v++) { /* Gauss-Jordan: null[pivot[u], v] = (u == v) */
        int most = -1;

        for (int j = 0; j < count; j++)
            if (!given[j] && (most < 0 || fabs(null[j + v * count]) > (1.0 + TOLERANCE_WHOLE) * fabs(null[most + v * count])))
                most = j;
        given[most] = true;
        pivot[v] = most;
        for (int u = 0; u < r->flat_count; u++) {
            double times = u == v ? 0.0 : null[most + u * count] / null[most + v * count];

            for (int j = 0; j < count; j++)
                null[j + u * count] -= times * null[j + v * count];
        }
    }
    for (int k = 0; k < count; k++) {
        if (given[k])
            continue;
        for (int f = 0; f < full; f++) {
            double value = r->L[k * full + f];

            for (int v = 0; v < r->flat_count; v++) {
                double share = null[k + v * count] / null[pivot[v] + v * count];

                share = fabs(share - round(share)) < TOLERANCE_OPEN ? round(share) : share;
                value -= share * r->L[pivot[v] * full + f];
            }
            rows[kept * full + f] = value;
        }
        kept++;
    }
done:
    mem_free(null);
    mem_free(given);
    mem_free(pivot);
    return kept;
}

bool identity_allocate(struct identity *identity, const struct design *design, struct arena *arena)
{
    size_t terms = (size_t)design->random_count + 1;

    identity->unknown = arena_alloc(arena, terms, sizeof *identity->unknown);
    identity->modes_unknown = arena_alloc(arena, terms, sizeof *identity->modes_unknown);
    identity->absent = arena_alloc(arena, terms, sizeof *identity->absent);
    identity->row = arena_alloc(arena, terms, sizeof *identity->row);
    identity->causes = arena_alloc(arena, terms, sizeof *identity->causes);
    for (int t = 0; !arena_failed(arena) && t < design->random_count; t++) {
        size_t k = (size_t)design->random[t].k, modes = (size_t)design->random[t].level_count * k;

        identity->unknown[t] = arena_alloc(arena, k * k, sizeof(bool));
        identity->modes_unknown[t] = arena_alloc(arena, modes + 1, sizeof(bool));
        identity->absent[t] = arena_alloc(arena, modes + 1, sizeof(bool));
        identity->row[t] = arena_alloc(arena, (size_t)design->random[t].level_count + 1, sizeof **identity->row);
    }
    return !arena_failed(arena);
}

void identity_mark_modes(struct identity *identity, const struct design *design, int t)
{
    const struct random_design *random = &design->random[t];
    size_t k = (size_t)random->k;
    bool *open = identity->modes_unknown[t];

    identity_mark_absent(identity, design, t);
    for (size_t l = 0; l < (size_t)random->level_count; l++)
        for (size_t a = 0; a < k; a++) {
            bool *is = open + l * k + a;

            *is = identity->unknown[t][a + a * k];
            for (size_t b = 0; b < k; b++)
                *is = *is || (identity->unknown[t][a + b * k] && !identity->absent[t][l * k + b]);
        }
}

/* Entries of the covariance matrices that a direction moves, into the identity and as NaN into what is shown of the fit. */
static void mark_entries(struct fit *fit, struct identity *identity, const struct reduction *r, int lost,
                         const double *directions, bool *open)
{
    const struct design *design = fit->design;
    int at = 0;

    for (int t = 0; t < design->random_count; t++) {
        const struct random_design *random = &design->random[t];
        int k = random->k;

        for (int b = 0; b < k; b++)
            for (int a = b; a < random->covariance->end(k, b); a++, at++) {
                double most = 0.0;

                for (int v = 0; v < lost; v++)
                    most = fmax(most, fabs(directions[at + v * r->full_count]));
                if (most < TOLERANCE_OPEN)
                    continue;
                open[t] = identity->unknown[t][a + b * k] = identity->unknown[t][b + a * k] = true;
            }
        revise_forget_entries(&fit->random[t], identity->unknown[t]);
        identity_mark_modes(identity, design, t);
    }
    for (int v = 0; r->residual && v < lost; v++)
        identity->residual_unknown = identity->residual_unknown || fabs(directions[at + v * r->full_count]) >= TOLERANCE_OPEN;
}

/* Whether a sum ends with an earlier effect than another. */
static bool sum_before(const struct design *design, const struct identity_sum *a, const struct identity_sum *b)
{
    int place[2] = { 0, 0 };
    const struct identity_sum *sums[2] = { a, b };

    for (int i = 0; i < 2; i++)
        for (int j = 0; j < sums[i]->part_count; j++) {
            const struct identity_part *part = &sums[i]->parts[j];

            for (int e = 0; part->term >= 0 && e < design->random[part->term].k; e++)
                if (part->weights[e] != 0.0 && part->term * 1000 + e > place[i])
                    place[i] = part->term * 1000 + e;
        }
    return place[0] < place[1];
}

/* Whether a row of coefficients of the full parameters is a variance that is infinite in the fit of the reduced design. */
static bool row_is_infinite(const struct reduction *r, const struct fit *reduced, const double *row)
{
    int at = 0;

    for (int s = 0; s < r->design.random_count && s < reduced->design->random_count; s++) {
        const struct random_design *random = &r->design.random[s];

        for (int a = 0; a < random->k; a++) {
            const double *L = r->L + (size_t)(at + reduction_entry(random, a, a)) * (size_t)r->full_count;
            bool same = isinf(reduced->random[s].sd[a]);

            for (int f = 0; same && f < r->full_count; f++)
                same = fabs(row[f] - L[f]) <= TOLERANCE_OPEN;
            if (same)
                return true;
        }
        at += random_parameters(random);
    }
    return false;
}

/* What is infinite in the fit of the reduced design is so in that of the stated one, though its template has a number there. */
static void mark_infinite(struct fit *fit, const struct reduction *r, const struct fit *reduced, const double *rows, int count,
                          const struct parameter list[])
{
    for (int i = 0; i < count; i++) {
        const double *row = rows + i * r->full_count;
        int only = -1, used = 0;

        for (int f = 0; f < r->full_count; f++)
            if (row[f] != 0.0) {
                only = f;
                used++;
            }
        if (used == 1 && list[only].term >= 0 && row_is_infinite(r, reduced, row))
            revise_infinite(&fit->random[list[only].term], list[only].a);
    }
}

/* The first variance that the row takes away, or -1. */
static int taken_away(const struct parameter *list, const double *row, int full)
{
    for (int f = 0; f < full; f++)
        if (list[f].a == list[f].b && row[f] < -TOLERANCE_OPEN)
            return f;
    return -1;
}

/* A difference of variances has no standard deviation, and may be negative: with another row that has what is taken away it
 * becomes a sum, where there is one. */
static void make_sums_of_differences(const struct parameter *list, double *rows, int count, int full, double *room)
{
    for (int i = 0; i < count; i++) {
        double *row = rows + i * full;
        int f = taken_away(list, row, full), other;
        double least = HUGE_VAL;

        if (f < 0)
            continue;
        memcpy(room, row, sizeof *room * (size_t)full);
        for (int pass = 0; pass < count && (f = taken_away(list, room, full)) >= 0; pass++) {
            double times;

            for (other = 0; other < count && (other == i || !(rows[other * full + f] > TOLERANCE_OPEN)); other++)
                continue;
            if (other == count)
                break;
            times = -room[f] / rows[other * full + f];
            for (int g = 0; g < full; g++)
                room[g] += times * rows[other * full + g];
            room[f] = 0.0;
        }
        if (taken_away(list, room, full) >= 0)
            continue;
        for (f = 0; f < full; f++)
            least = list[f].a == list[f].b && room[f] > TOLERANCE_OPEN ? fmin(least, room[f]) : least;
        for (f = 0; f < full && isfinite(least); f++)
            row[f] = fabs(room[f]) > TOLERANCE_OPEN ? room[f] / least : 0.0;
    }
}

/* The sums in which something unknown stands, variances only. */
static bool add_sums(struct fit *fit, struct identity *identity, const struct reduction *r, const struct fit *reduced,
                     double *rows, int count, const double *directions)
{
    struct parameter *list = NEW_ARRAY(struct parameter, r->full_count + 1);
    double *room = NEW_ARRAY(double, r->full_count + 1);
    bool infinite = false;

    identity->sums = arena_alloc(fit->arena, (size_t)count + 1, sizeof *identity->sums);
    if (list == NULL || room == NULL || identity->sums == NULL) {
        mem_free(list);
        mem_free(room);
        return false;
    }
    parameters_list(fit->design, r->residual, list);
    mark_infinite(fit, r, reduced, rows, count, list);
    for (int i = 0; i < count && !infinite; i++)
        infinite = row_is_infinite(r, reduced, rows + i * r->full_count);
    if (!infinite) /* which is its own, and no part of a sum */
        make_sums_of_differences(list, rows, count, r->full_count, room);
    mem_free(room);
    for (int i = 0; i < count; i++) {
        const double *row = rows + i * r->full_count;
        bool open = false, variance = false, several = false;
        int used = 0;

        for (int f = 0; f < r->full_count; f++) {
            if (row[f] == 0.0)
                continue;
            used++;
            variance = variance || list[f].a == list[f].b;
            for (int v = 0; v < identity->lost; v++)
                open = open || fabs(directions[f + v * r->full_count]) >= TOLERANCE_OPEN;
        }
        several = used > 1;
        if (open && variance && several) {
            struct identity_sum sum = { 0 };

            if (!make_sum(fit, r, row, &sum, &variance)) {
                mem_free(list);
                return false;
            }
            if (row_is_infinite(r, reduced, row))
                sum.value = (double)INFINITY;
            if (variance)
                identity->sums[identity->sum_count++] = sum;
        }
    }
    mem_free(list);
    for (int i = 1; i < identity->sum_count; i++) /* in the order of terms and effects */
        for (int j = i; j > 0 && sum_before(fit->design, &identity->sums[j], &identity->sums[j - 1]); j--) {
            struct identity_sum swap = identity->sums[j];

            identity->sums[j] = identity->sums[j - 1];
            identity->sums[j - 1] = swap;
        }
    return true;
}

/* The errors of thresholds, which a constant moves, are none. */
static bool mark_thresholds(struct fit *fit)
{
    for (int k = 0; k < fit->part_count; k++) {
        double *se;

        if (fit->part[k].kind != PART_THRESHOLDS)
            continue;
        if ((se = arena_alloc(fit->arena, (size_t)fit->part[k].count, sizeof *se)) == NULL)
            return false;
        revise_forget(se, (size_t)fit->part[k].count);
        fit->part[k].se = se;
    }
    return true;
}

bool identity_mark_errors(struct fit *fit, struct identity *identity, const double *all, size_t ld)
{
    size_t p = (size_t)fit->design->p;
    double *vcov = arena_alloc(fit->arena, p * p + 1, sizeof *vcov), *open = arena_alloc(fit->arena, p * p + 1, sizeof *open),
           *flat = arena_alloc(fit->arena, p * p + 1, sizeof *flat);
    bool any = false;

    if (vcov == NULL || open == NULL || flat == NULL)
        return false;
    for (size_t j = 0; j < p; j++)
        memcpy(flat + j * p, all + j * ld, sizeof *flat * p);
    identity->flat = flat;
    memcpy(vcov, fit->vcov, sizeof *vcov * p * p);
    memcpy(open, fit->vcov, sizeof *open * p * p);
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < p; i++)
            if (flat[i + i * p] > 0.0 && flat[j + j * p] > 0.0) {
                open[i + j * p] = identity_keeps_covariance(identity, p, i, j) ? open[i + j * p] : (double)NAN;
                any = true;
            }
    identity->flat = any ? flat : NULL;
    if (!any)
        return true;
    for (size_t j = 0; j < p; j++)
        if (isnan(open[j + j * p])) {
            revise_forget(fit->se + j, 1);
            if (fit->df != NULL)
                revise_forget(fit->df + j, 1);
        }
    identity->vcov = vcov;
    fit->vcov = open;
    return true;
}

/* The covariances of an estimate that is moved are moved with it: of V + X B' + B X' they have B'L' more, L the estimates'
 * weights of the rows. */
static bool mark_covariances(struct fit *fit, struct identity *identity, const double *moved)
{
    size_t p = (size_t)fit->design->p;
    double *open = arena_alloc(fit->arena, p * p + 1, sizeof *open);

    if (open == NULL)
        return false;
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < p; i++)
            open[i + j * p] = moved[i + i * p] > 0.0 || moved[j + j * p] > 0.0 ? (double)NAN : fit->vcov[i + j * p];
    identity->vcov = identity->vcov == NULL ? fit->vcov : identity->vcov;
    fit->vcov = open;
    return true;
}

bool identity_mark_estimates(struct fit *fit, struct identity *identity, const double *all, size_t ld)
{
    size_t p = (size_t)fit->design->p;
    double *moved = arena_alloc(fit->arena, p * p + 1, sizeof *moved);
    bool any = false;

    if (moved == NULL)
        return false;
    for (size_t j = 0; j < p; j++) {
        memcpy(moved + j * p, all + j * ld, sizeof *moved * p);
        any = any || moved[j + j * p] > 0.0;
    }
    identity->moved = any ? moved : NULL;
    return !any || mark_covariances(fit, identity, moved);
}

/* Room for the forms, by REML.  False when memory is out. */
static bool make_forms(const struct fit *fit, const struct reduction *r, int dims, struct forms *out)
{
    size_t p = (size_t)fit->design->p;

    if (!r->projected || r->constant || p == 0 || dims == 0)
        return true;
    out->form = arena_alloc(fit->arena, (size_t)dims * p * p, sizeof *out->form);
    out->rest = arena_alloc(fit->arena, p * p, sizeof *out->rest);
    out->length = arena_alloc(fit->arena, p, sizeof *out->length);
    return out->form != NULL && out->rest != NULL && out->length != NULL;
}

/* The errors and estimates that hang on the choice of the variances are none. */
static bool mark_fixed(struct fit *fit, struct identity *identity, const struct reduction *r, const struct fit *reduced,
                       double *directions)
{
    size_t p = (size_t)fit->design->p;
    double *flat, *moved;
    struct forms forms = { 0 };
    bool inside = r->projected, ok;

    for (int t = 0; t < fit->design->random_count; t++)
        inside = inside || r->in_fixed[t] || r->inside[t].count > 0;
    if (!inside || p + r->constant == 0 || fit->vcov == NULL)
        return true;
    flat = arena_alloc(fit->arena, (p + 1) * (p + 1), sizeof *flat);
    moved = arena_alloc(fit->arena, (p + 1) * (p + 1), sizeof *moved);
    ok = flat != NULL && moved != NULL && make_forms(fit, r, identity->lost, &forms)
         && identify_flat(r, identity->lost, reduced, directions, flat, moved, forms.form == NULL ? NULL : &forms);
    if (ok && forms.form != NULL) {
        identity->form_count = identity->lost;
        identity->form = forms.form;
        identity->form_rest = forms.rest;
        identity->form_length = forms.length;
    }
    ok = ok && identity_mark_errors(fit, identity, flat, p + 1) && identity_mark_estimates(fit, identity, moved, p + 1);
    if (ok && flat[p * (p + 2)] > 0.0) {
        identity->constant = flat + p * (p + 1);
        ok = mark_thresholds(fit);
    }
    return ok;
}

int reduction_open(const struct reduction *r, double *rows, int *count, double *directions)
{
    int full = r->full_count, lost = -1;
    double *scaled = NEW_ARRAY(double, r->count *full + 1);

    if (scaled != NULL && (*count = determined_rows(r, rows)) >= 0) {
        for (int i = 0; i < *count; i++) {
            double size = 0.0;

            for (int f = 0; f < full; f++)
                size = fmax(size, fabs(rows[i * full + f] * r->size[f]));
            for (int f = 0; size > 0.0 && f < full; f++)
                scaled[i + f * *count] = rows[i * full + f] * r->size[f] / size;
        }
        lost = null_basis(*count, full, scaled, TOLERANCE_OPEN, directions);
    }
    mem_free(scaled);
    return lost;
}

bool identity_set(struct fit *fit, const struct reduction *r, const struct fit *reduced)
{
    struct identity *identity = arena_alloc(fit->arena, 1, sizeof *identity);
    size_t squares = (size_t)fit->design->p * (size_t)fit->design->p;
    int full = r->full_count, count;
    double *rows = NEW_ARRAY(double, r->count *full + 1), *directions = NEW_ARRAY(double, full *full + 1);
    bool *open = NEW_ARRAY(bool, fit->design->random_count + 1);
    bool ok = identity != NULL && rows != NULL && directions != NULL && open != NULL
              && identity_allocate(identity, fit->design, fit->arena)
              && (identity->lost = reduction_open(r, rows, &count, directions)) >= 0;

    if (ok) {
        fit->identity = identity;
        mark_entries(fit, identity, r, identity->lost, directions, open);
        ok = add_sums(fit, identity, r, reduced, rows, count, directions) && mark_fixed(fit, identity, r, reduced, directions);
    }
    if (ok) {
        fit->escape = reduced->escape == NULL ? NULL : arena_copy(fit->arena, reduced->escape, squares, sizeof *fit->escape);
        ok = identity_add_causes(identity, fit->design, r, open) && (fit->escape != NULL || reduced->escape == NULL);
        fit->npar = reduced->npar - (int)r->flat_count;
        fit_set_criteria(fit, fit->design->n);
        identity_set_message(fit);
        verdict_worsen(&fit->optimum, VERDICT_NOT_IDENTIFIED);
    }
    mem_free(rows);
    mem_free(directions);
    mem_free(open);
    return ok;
}
