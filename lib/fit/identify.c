/* identify.c -- what a fit of a model that is not identified may say.
 *
 * The fit is made at variances that were chosen among those that the data cannot tell apart (those of redundant terms are 0).
 * What depends on the choice is marked:
 *   - an entry s_j, where some direction of the null space of the reduced model's parameters L s has a j-th component;
 *   - the variance of c'beta, where a direction D of V has c'G'D != 0, with G'y the least-squares estimates of beta: then the
 * error changes along it.  K = sum over the directions of (G'D)(G'D)'. */
#include "fit/identify.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/text.h"
#include "fit/identify-private.h"
#include "linalg/lapack.h"
#include "result/number.h"

static const double OPEN = 1e-6, UNMOVED = 1e-8;

/* --- questions to a fit ------------------------------------------------------------------------------- */

double fit_variance(const struct fit *fit, const double c[])
{
    const struct identity *identity = fit->identity;
    /* Beside infinite estimates what is known of the other rows is mapped already, NaN where it is open. */
    bool open_rows = identity != NULL && identity->flat != NULL && fit->proper == NULL;
    const double *V = open_rows ? identity->vcov : fit_vcov(fit);
    int p = fit->design->p;
    double sum = 0.0, open = 0.0, size = 0.0;

    for (int j = 0; j < p; j++)
        for (int i = 0; c[j] != 0.0 && i < p; i++)
            if (c[i] != 0.0)
                sum += c[i] * V[i + (size_t)j * (size_t)p] * c[j];
    if (!open_rows)
        return sum;
    for (int j = 0; j < p; j++) {
        size += fabs(c[j]) * sqrt(identity->flat[j + (size_t)j * (size_t)p]);
        for (int i = 0; i < p; i++)
            open += c[i] * identity->flat[i + (size_t)j * (size_t)p] * c[j];
    }
    return open > UNMOVED * UNMOVED * size * size * 100.0 ? (double)NAN : sum;
}

bool fit_knows(const struct fit *fit, int term, int a, int b)
{
    if (fit->identity == NULL)
        return true;
    if (term < 0)
        return !fit->identity->residual_unknown;
    return !fit->identity->unknown[term][a + b * fit->design->random[term].k];
}

bool fit_knows_mode(const struct fit *fit, int term, int32_t level, int a)
{
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

bool identity_check_modes(const struct fit *fit, int term, int effect, struct glmm_error *err)
{
    const struct random_design *random = &fit->design->random[term];

    for (int32_t l = 0; l < random->level_count; l++)
        if (!fit_knows_mode(fit, term, l, effect)) {
            fail(err, GLMM_E_MODEL, NOWHERE, "the effects %s of `%s` are not determined: the fit is not identified",
                 random->names[effect], random->group);
            error_hint(err, identity_has_mode(fit, term, effect)
                                ? "`shrinkage` shows the levels where they are"
                                : "`summary` says what is; fit the model without the terms that it names");
            return false;
        }
    return true;
}

/* Which levels have no row that shows an effect; a row of each level. */
static void mark_absent(struct identity *identity, const struct design *design, int t)
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
    if (fit->identity == NULL || !fit->identity->residual_unknown)
        return true;
    fail(err, GLMM_E_MODEL, NOWHERE,
         "the data do not tell what of a row is its groups' and what is residual, so there are no fitted values (help "
         "identified)");
    error_hint(err, "`predict, re=typical` has means without random effects");
    return false;
}

static bool is_part(const struct identity *identity, int term)
{
    for (int j = 0; j < identity->sum_count; j++)
        for (int k = 0; k < identity->sums[j].part_count; k++)
            if (identity->sums[j].parts[k].term == term)
                return true;
    return false;
}

/* Whether a row has some of the terms of a sum, and not all; or levels of them that no row of the data has together. */
static bool has_part_of_sum(const struct fit *fit, const struct identity_sum *sum, const int32_t level[])
{
    const struct identity *identity = fit->identity;
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
        if (fit->design->random[t].level[identity->row[first][level[first]]] != level[t])
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
        mark_absent(identity, copy->design, t);
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

/* --- the errors of the fixed effects ------------------------------------------------------------------- */

/* G with G'y the weighted least-squares estimates, n x p, in rows multiplied by the root of the weights. */
static double *least_squares(const struct design *design, bool weighted)
{
    int rows = (int)design->n, p = design->p, info = 0, size = 64 * (p + 1);
    double *Q = mem_alloc(design->n * (size_t)p + 1, sizeof *Q), *R = NEW_ARRAY(double, p *p + 2 * p + 1 + size), *scale, *tau;
    const double one = 1.0;

    if (Q == NULL || R == NULL) {
        mem_free(Q);
        mem_free(R);
        return NULL;
    }
    scale = R + p * p;
    tau = scale + p;
    for (int j = 0; j < p; j++) {
        const double *x = design->X + (size_t)j * design->n;

        for (size_t i = 0; i < design->n; i++)
            scale[j] += x[i] * x[i];
        scale[j] = scale[j] > 0.0 ? sqrt(scale[j]) : 1.0;
        for (size_t i = 0; i < design->n; i++)
            Q[i + (size_t)j * design->n] =
                x[i] / scale[j] * (weighted && design->weights != NULL ? sqrt(design->weights[i]) : 1.0);
    }
    dgeqrf_(&rows, &p, Q, &rows, tau, tau + p, &size, &info);
    for (int j = 0; j < p; j++)
        for (int i = 0; i <= j; i++)
            R[i + j * p] = Q[(size_t)i + (size_t)j * design->n];
    dorgqr_(&rows, &p, &p, Q, &rows, tau, tau + p, &size, &info);
    dtrsm_("R", "U", "T", "N", &rows, &p, &one, R, &p, Q, &rows); /* G = Q R^-T */
    for (int j = 0; j < p; j++)
        for (size_t i = 0; i < design->n; i++)
            Q[i + (size_t)j * design->n] /= scale[j];
    mem_free(R);
    return Q;
}

/* out := sum_j d_j V_j v; returns what it could be at most without cancellation, as a length. */
static double apply_direction(const struct reduction *r, const double *direction, const double *v, double *sums, double *out)
{
    const struct design *design = r->full;
    double bound = 0.0, size = 0.0;
    int at = 0;

    memset(out, 0, sizeof *out * design->n);
    for (size_t i = 0; i < design->n; i++)
        size += v[i] * v[i];
    for (int t = 0; t < design->random_count; t++) {
        const struct random_design *random = &design->random[t];
        size_t k = (size_t)random->k, levels = (size_t)random->level_count;
        double *square = sums + levels * k;

        memset(sums, 0, sizeof *sums * 2 * levels * k);
        for (size_t i = 0; i < design->n; i++) {
            double root = r->residual && design->weights != NULL ? sqrt(design->weights[i]) : 1.0;

            for (size_t a = 0; a < k; a++) {
                double z = root * (random->z == NULL ? 1.0 : random->z[i * k + a]);

                sums[(size_t)random->level[i] * k + a] += z * v[i];
                square[(size_t)random->level[i] * k + a] += z * z;
            }
        }
        for (size_t b = 0; b < k; b++)
            for (size_t a = b; a < covariance_end(random->covariance, k, b); a++, at++) {
                double d = direction[at] * r->size[at], most_a = 0.0, most_b = 0.0;

                for (size_t i = 0; i < design->n; i++) {
                    double root = r->residual && design->weights != NULL ? sqrt(design->weights[i]) : 1.0;
                    const double *sum = sums + (size_t)random->level[i] * k;
                    double za = root * (random->z == NULL ? 1.0 : random->z[i * k + a]),
                           zb = root * (random->z == NULL ? 1.0 : random->z[i * k + b]);

                    out[i] += d * (za * sum[b] + (a == b ? 0.0 : zb * sum[a]));
                }
                for (size_t l = 0; l < levels; l++) { /* no level may show both: V_j is 0 then, and its size is not */
                    most_a = fmax(most_a, square[l * k + a]);
                    most_b = fmax(most_b, square[l * k + b]);
                }
                bound += fabs(d) * sqrt(most_a * most_b);
            }
    }
    if (r->residual) {
        for (size_t i = 0; i < design->n; i++)
            out[i] += direction[at] * v[i];
        bound += fabs(direction[at]);
    }
    return bound * sqrt(size);
}

bool identify_flat(const struct reduction *r, int dims, const double *directions, double *flat)
{
    const struct design *design = r->full;
    size_t n = design->n, p = (size_t)design->p, most = 1;
    double *G = least_squares(design, r->residual), *moved = mem_alloc(n * p + 1, sizeof *moved), *sums;

    for (int t = 0; t < design->random_count; t++) {
        size_t room = (size_t)design->random[t].level_count * (size_t)design->random[t].k;

        most = room > most ? room : most;
    }
    sums = NEW_ARRAY(double, 2 * most);
    if (G == NULL || moved == NULL || sums == NULL) {
        mem_free(G);
        mem_free(moved);
        mem_free(sums);
        return false;
    }
    for (int v = 0; v < dims; v++) {
        for (size_t c = 0; c < p; c++) {
            double *out = moved + c * n,
                   bound = apply_direction(r, directions + (size_t)v * (size_t)r->full_count, G + c * n, sums, out), size = 0.0;

            for (size_t i = 0; i < n; i++)
                size += out[i] * out[i];
            if (!(sqrt(size) > UNMOVED * bound))
                memset(out, 0, sizeof *out * n);
        }
        for (size_t a = 0; a < p; a++)
            for (size_t b = 0; b < p; b++)
                for (size_t i = 0; i < n; i++)
                    flat[a + b * p] += moved[i + a * n] * moved[i + b * n];
    }
    mem_free(G);
    mem_free(moved);
    mem_free(sums);
    return true;
}

/* --- sums ------------------------------------------------------------------------------------------- */

/* Adds the parts that a term has in a sum: F, the symmetric matrix of the coefficients of its covariances.  A matrix of rank one
 * is the variance of one combination; a diagonal one a sum of variances. */
static bool add_parts(struct arena *arena, struct identity_sum *sum, int term, int k, const double *F)
{
    bool diagonal = true, single = true;
    int lead = -1;

    for (int a = 0; a < k; a++)
        for (int b = 0; b < a; b++)
            diagonal = diagonal && F[a + b * k] == 0.0;
    for (int a = 0; a < k && lead < 0; a++)
        lead = F[a + a * k] != 0.0 ? a : -1;
    if (lead < 0)
        return true;
    for (int a = 0; a < k; a++)
        for (int b = 0; b < k; b++)
            single = single && fabs(F[a + b * k] * F[lead + lead * k] - F[a + lead * k] * F[b + lead * k]) < OPEN;
    for (int a = lead; a < k; a++) {
        struct identity_part *part = &sum->parts[sum->part_count];

        if (F[a + a * k] == 0.0)
            continue;
        part->term = term;
        part->times = F[a + a * k];
        if ((part->weights = arena_alloc(arena, (size_t)k, sizeof(double))) == NULL)
            return false;
        part->weights[a] = 1.0;
        for (int b = 0; !diagonal && single && b < k; b++)
            part->weights[b] = F[b + a * k] / F[a + a * k];
        sum->part_count++;
        if (!diagonal && single)
            break;
    }
    return true;
}

/* The sum that a row of coefficients of the full parameters makes, and its value at the fit. */
static bool make_sum(struct fit *fit, const struct reduction *r, const double *row, struct identity_sum *out)
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
        if (!add_parts(fit->arena, out, t, k, F))
            return false;
    }
    if (r->residual && row[at] != 0.0) {
        out->parts[out->part_count++] = (struct identity_part){ .term = -1, .times = row[at] };
        out->value += row[at] * fit->dispersion;
    }
    if (fabs(out->value) < 1e-12 * size) /* a variance of 0 as a sum of others */
        out->value = 0.0;
    return true;
}

static void add_weighted(struct text *text, double weight, const char *name)
{
    char buffer[NUMBER_SIZE];

    if (text->length > 0)
        text_add(text, weight < 0.0 ? " - " : " + ");
    else if (weight < 0.0)
        text_add(text, "-");
    if (fabs(weight) != 1.0)
        text_addf(text, "%s ", number_text(buffer, fabs(weight), 3));
    text_add(text, name);
}

static const char *keep_text(struct arena *arena, struct text *text)
{
    const char *copy = text->failed ? NULL : arena_strdup(arena, text_string(text));

    text_clear(text);
    return copy;
}

static const char *part_group(const struct design *design, const struct identity_part *part)
{
    return part->term < 0 ? "Residual" : design->random[part->term].group;
}

const char *identity_sum_groups(struct arena *arena, const struct design *design, const struct identity_sum *sum)
{
    struct text text = { 0 };

    for (int j = 0; j < sum->part_count; j++) {
        bool known = false;

        for (int i = 0; i < j; i++)
            known = known || strcmp(part_group(design, &sum->parts[i]), part_group(design, &sum->parts[j])) == 0;
        if (!known)
            add_weighted(&text, 1.0, part_group(design, &sum->parts[j]));
    }
    return keep_text(arena, &text);
}

/* Of different groups with the same effect, its name once. */
const char *identity_sum_effects(struct arena *arena, const struct design *design, const struct identity_sum *sum)
{
    struct text text = { 0 }, part_text = { 0 };
    const char *last = NULL;

    for (int j = 0; j < sum->part_count; j++) {
        const struct identity_part *part = &sum->parts[j];
        const char *name;

        text_truncate(&part_text, 0);
        for (int a = 0; part->term >= 0 && a < design->random[part->term].k; a++)
            if (part->weights[a] != 0.0)
                add_weighted(&part_text, part->weights[a], design->random[part->term].names[a]);
        if (part->term < 0)
            continue;
        name = arena_strdup(arena, text_string(&part_text));
        if (name == NULL
            || (last != NULL && strcmp(name, last) == 0 && sum->parts[j - 1].term >= 0
                && strcmp(part_group(design, part), part_group(design, &sum->parts[j - 1])) != 0))
            continue;
        add_weighted(&text, part->times, name);
        last = name;
    }
    text_clear(&part_text);
    return keep_text(arena, &text);
}

/* --- words -------------------------------------------------------------------------------------------- */

static bool same_groups(const struct design *design, int s, int t)
{
    const struct random_design *a = &design->random[s], *b = &design->random[t];
    int32_t *partner = NULL;
    bool same = a->level_count == b->level_count && (partner = NEW_ARRAY(int32_t, a->level_count)) != NULL;

    for (size_t i = 0; same && i < design->n; i++) {
        if (partner[a->level[i]] == 0)
            partner[a->level[i]] = b->level[i] + 1;
        same = partner[a->level[i]] == b->level[i] + 1;
    }
    mem_free(partner);
    return same;
}

static void add_causes(struct identity *identity, const struct design *design, const struct reduction *r, const bool *open)
{
    for (int t = 0; t < design->random_count; t++) {
        enum identity_reason reason = IDENTITY_REDUNDANT;
        int second = -1;

        if (!open[t])
            continue;
        if (r->in_fixed[t]) {
            reason = IDENTITY_FIXED;
        } else {
            bool variance = false;

            for (int a = 0; a < design->random[t].k; a++)
                variance = variance || identity->unknown[t][a + a * design->random[t].k];
            for (int s = t + 1; s < design->random_count && second < 0; s++)
                second = open[s] && !r->in_fixed[s] && strcmp(design->random[s].group, design->random[t].group) != 0
                                 && same_groups(design, t, s)
                             ? s
                             : -1;
            if (second >= 0)
                reason = IDENTITY_SAME_GROUPS;
            else if (!variance)
                reason = IDENTITY_APART;
        }
        identity->causes[identity->cause_count++] = (struct identity_cause){ reason, t, second };
    }
}

static void say(struct optimum *optimum, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct optimum *optimum, const char *format, ...)
{
    size_t used = strlen(optimum->message);
    va_list arguments;

    va_start(arguments, format);
    if (used + 1 < sizeof optimum->message)
        vsnprintf(optimum->message + used, sizeof optimum->message - used, format, arguments);
    va_end(arguments);
}

/* Whether a sum has a part in the group of the term. */
static bool has_group(const struct design *design, const struct identity_sum *sum, const char *group)
{
    for (int j = 0; j < sum->part_count; j++)
        if (sum->parts[j].term >= 0 && strcmp(part_group(design, &sum->parts[j]), group) == 0)
            return true;
    return false;
}

/* "(Intercept) + SexF 0.42, (Intercept) + SexM 2.64": the sums in which a group stands. */
static void say_sums(struct fit *fit, const char *group)
{
    enum { MOST = 3 };
    const struct identity *identity = fit->identity;
    int said = 0, count = 0;
    char number[NUMBER_SIZE];

    for (int j = 0; j < identity->sum_count; j++)
        count += has_group(fit->design, &identity->sums[j], group);
    for (int j = 0; j < identity->sum_count && said < MOST; j++)
        if (has_group(fit->design, &identity->sums[j], group)) {
            const char *name = identity_sum_effects(fit->arena, fit->design, &identity->sums[j]);

            say(&fit->optimum, "%s%s %s", said == 0 ? "" : ", ", name == NULL ? "" : name,
                number_text(number, identity->sums[j].value, 3));
            said++;
        }
    if (count > said)
        say(&fit->optimum, " and %d more", count - said);
}

/* The columns of X among whose combinations those of a term are. */
static void say_columns(struct fit *fit, int t)
{
    const struct design *design = fit->design;
    const double *flat = fit->identity->flat;
    enum { MOST = 3 };
    int said = 0, count = 0;

    (void)t;
    for (int j = 0; flat != NULL && j < design->p; j++)
        count += flat[j + (size_t)j * (size_t)design->p] > 0.0 && design->assign[j] >= 0;
    for (int j = 0; flat != NULL && j < design->p && said < MOST; j++)
        if (flat[j + (size_t)j * (size_t)design->p] > 0.0 && design->assign[j] >= 0)
            say(&fit->optimum, "%s%s", said++ == 0 ? " (" : ", ", design->names[j]);
    if (count > said)
        say(&fit->optimum, ", ... %s", design->names[design->p - 1]);
    if (said > 0)
        say(&fit->optimum, ")");
}

static void say_cause(struct fit *fit, const struct identity_cause *cause)
{
    const struct design *design = fit->design;
    const char *first = design->random[cause->first].group,
               *second = cause->second < 0 ? "" : design->random[cause->second].group;
    const struct identity *identity = fit->identity;
    char number[NUMBER_SIZE];
    int sums = 0, at = -1;

    for (int j = 0; j < identity->sum_count; j++)
        if (has_group(design, &identity->sums[j], first)) {
            sums++;
            at = j;
        }
    switch (cause->reason) {
    case IDENTITY_FIXED:
        say(&fit->optimum, "the variance between levels of %s cannot be told from the fixed effects", first);
        say_columns(fit, cause->first);
        break;
    case IDENTITY_APART:
        say(&fit->optimum, "%s: covariances of effects that no level of %s shows together are not determined", first, first);
        break;
    case IDENTITY_SAME_GROUPS:
        if (sums == 1)
            say(&fit->optimum, "%s and %s: only the sum of their variances is determined, %s (each %s has one %s)", first, second,
                number_text(number, identity->sums[at].value, 3), second, first);
        else {
            say(&fit->optimum, "%s and %s: only the sums of their variances are determined%s", first, second,
                sums > 0 ? ": " : "");
            say_sums(fit, first);
            say(&fit->optimum, " (each %s has one %s)", second, first);
        }
        break;
    case IDENTITY_REDUNDANT:
        if (sums > 0) {
            say(&fit->optimum, "%s: only these variances are determined: ", first);
            say_sums(fit, first);
        } else {
            say(&fit->optimum, "%s: its variances are not determined", first);
        }
        break;
    }
}

/* A group is spoken of once, and the second of two that are the same not again. */
static void set_message(struct fit *fit)
{
    const struct identity *identity = fit->identity;
    char before[sizeof fit->optimum.message];
    bool told_any = false;

    memcpy(before, fit->optimum.message, sizeof before);
    fit->optimum.message[0] = '\0';
    for (int i = 0; i < identity->cause_count; i++) {
        const char *group = fit->design->random[identity->causes[i].first].group;
        bool told = false;

        for (int j = 0; j < i; j++) {
            const struct identity_cause *other = &identity->causes[j];

            told = told || strcmp(fit->design->random[other->first].group, group) == 0
                   || (other->second >= 0 && identity->causes[i].second < 0
                       && strcmp(fit->design->random[other->second].group, group) == 0);
        }
        if (told)
            continue;
        say(&fit->optimum, "%s", told_any ? "; " : "");
        say_cause(fit, &identity->causes[i]);
        told_any = true;
    }
    if (before[0] != '\0')
        say(&fit->optimum, "; %s", before);
}

/* --- marks -------------------------------------------------------------------------------------------- */

/* The functionals of the full parameters that are determined, `rows` of them, row-major; with what the reduced design leaves open
 * taken out: of each open direction the parameter with most of it is given up, and the others take its share. */
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
            if (!given[j] && (most < 0 || fabs(null[j + v * count]) > fabs(null[most + v * count])))
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

                share = fabs(share - round(share)) < OPEN ? round(share) : share;
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

    mark_absent(identity, design, t);
    for (size_t a = 0; a < k; a++) {
        bool covariance = false, variance = identity->unknown[t][a + a * k];

        for (size_t b = 0; b < k; b++)
            covariance = covariance || identity->unknown[t][a + b * k];
        for (size_t l = 0; covariance && l < (size_t)random->level_count; l++)
            open[l * k + a] = variance || identity->absent[t][l * k + a];
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
        double *sd = (double *)(uintptr_t)fit->random[t].sd, *correlation = (double *)(uintptr_t)fit->random[t].correlation;

        for (int b = 0; b < k; b++)
            for (int a = b; a < random->covariance->end(k, b); a++, at++) {
                double most = 0.0;

                for (int v = 0; v < lost; v++)
                    most = fmax(most, fabs(directions[at + v * r->full_count]));
                if (most < OPEN)
                    continue;
                open[t] = identity->unknown[t][a + b * k] = identity->unknown[t][b + a * k] = true;
            }
        for (int b = 0; b < k; b++)
            for (int a = 0; a < k; a++) {
                if (identity->unknown[t][a + b * k] || identity->unknown[t][a + a * k] || identity->unknown[t][b + b * k])
                    correlation[a + b * k] = (double)NAN;
                if (a == b && identity->unknown[t][a + a * k])
                    sd[a] = (double)NAN;
            }
        identity_mark_modes(identity, design, t);
    }
    for (int v = 0; r->residual && v < lost; v++)
        identity->residual_unknown = identity->residual_unknown || fabs(directions[at + v * r->full_count]) >= OPEN;
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

/* The sums in which something unknown stands, variances only. */
static bool add_sums(struct fit *fit, struct identity *identity, const struct reduction *r, const double *rows, int count,
                     const double *directions)
{
    struct parameter *list = NEW_ARRAY(struct parameter, r->full_count + 1);

    identity->sums = arena_alloc(fit->arena, (size_t)count + 1, sizeof *identity->sums);
    if (list == NULL || identity->sums == NULL) {
        mem_free(list);
        return false;
    }
    parameters_list(fit->design, r->residual, list);
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
                open = open || fabs(directions[f + v * r->full_count]) >= OPEN;
        }
        several = used > 1;
        if (open && variance && several) {
            if (!make_sum(fit, r, row, &identity->sums[identity->sum_count])) {
                mem_free(list);
                return false;
            }
            identity->sum_count++;
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

bool identity_mark_errors(struct fit *fit, struct identity *identity, const double *flat)
{
    size_t p = (size_t)fit->design->p;
    double *vcov = arena_alloc(fit->arena, p * p + 1, sizeof *vcov), *open = arena_alloc(fit->arena, p * p + 1, sizeof *open);
    double *se = (double *)(uintptr_t)fit->se, *df = (double *)(uintptr_t)fit->df;
    bool any = false;

    if (vcov == NULL || open == NULL)
        return false;
    memcpy(vcov, fit->vcov, sizeof *vcov * p * p);
    memcpy(open, fit->vcov, sizeof *open * p * p);
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < p; i++)
            if (flat[i + i * p] > 0.0 && flat[j + j * p] > 0.0) {
                open[i + j * p] = (double)NAN;
                any = true;
            }
    if (!any)
        return true;
    for (size_t j = 0; j < p; j++)
        if (flat[j + j * p] > 0.0) {
            se[j] = (double)NAN;
            if (df != NULL)
                df[j] = (double)NAN;
        }
    identity->flat = flat;
    identity->vcov = vcov;
    fit->vcov = open;
    return true;
}

/* The errors that hang on the choice of the variances are none. */
static bool mark_fixed(struct fit *fit, struct identity *identity, const struct reduction *r, const double *directions)
{
    size_t p = (size_t)fit->design->p;
    double *flat;
    bool inside = r->projected;

    for (int t = 0; t < fit->design->random_count; t++)
        inside = inside || r->in_fixed[t];
    if (!inside || p == 0 || fit->vcov == NULL)
        return true;
    flat = arena_alloc(fit->arena, p * p, sizeof *flat);
    return flat != NULL && identify_flat(r, identity->lost, directions, flat) && identity_mark_errors(fit, identity, flat);
}

bool identity_set(struct fit *fit, const struct reduction *r, const struct fit *reduced)
{
    struct identity *identity = arena_alloc(fit->arena, 1, sizeof *identity);
    int full = r->full_count, count;
    double *rows = NEW_ARRAY(double, r->count *full + 1), *scaled = NEW_ARRAY(double, r->count *full + 1),
           *directions = NEW_ARRAY(double, full *full + 1);
    bool *open = NEW_ARRAY(bool, fit->design->random_count + 1);
    bool ok = identity != NULL && rows != NULL && scaled != NULL && directions != NULL && open != NULL
              && identity_allocate(identity, fit->design, fit->arena) && (count = determined_rows(r, rows)) >= 0;

    if (ok) {
        for (int i = 0; i < count; i++) {
            double size = 0.0;

            for (int f = 0; f < full; f++)
                size = fmax(size, fabs(rows[i * full + f] * r->size[f]));
            for (int f = 0; size > 0.0 && f < full; f++)
                scaled[i + f * count] = rows[i * full + f] * r->size[f] / size;
        }
        identity->lost = null_basis(count, full, scaled, OPEN, directions);
        ok = identity->lost >= 0;
    }
    if (ok) {
        fit->identity = identity;
        mark_entries(fit, identity, r, identity->lost, directions, open);
        ok = add_sums(fit, identity, r, rows, count, directions) && mark_fixed(fit, identity, r, directions);
    }
    if (ok) {
        add_causes(identity, fit->design, r, open);
        fit->npar = reduced->npar - (int)r->flat_count;
        fit_set_criteria(fit, fit->design->n);
        set_message(fit);
        if (fit->optimum.verdict != VERDICT_NOT_CONVERGED)
            fit->optimum.verdict = VERDICT_NOT_IDENTIFIED;
    }
    mem_free(rows);
    mem_free(scaled);
    mem_free(directions);
    mem_free(open);
    return ok;
}
