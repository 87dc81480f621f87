/* explained.c -- see explained.h. */
#include "fit/explained.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fit/lmm-private.h"
#include "model/covariance.h"
#include "model/residuals.h"

static const double SMALL_REST =
    1e-3; /* of the squares of y: with a variance that large little is left, where a group explains y */

/* Templates so large that what they leave of y is next to nothing, or of another order. */
static const double LARGE = 1e3, LARGER = 1e4, EXACT = 1e-10;
enum { PASSES = 4 };
static const double TWICE = 2.0; /* some rows decide with room: rounding is no matter of theirs */

/* What grows and falls of the deviance, by the factor alone: the digits of r^2 that are lost here are made good by passes. */
static double value_at(struct lmm *m, const double *x)
{
    double value;

    lmm_set_templates(m, x);
    if (!blocks_factor(m->blocks, m->lambda))
        return MINIMIZE_BAD;
    m->by_rows = false;
    m->rss = blocks_rss(m->blocks);
    value = blocks_logdet(m->blocks) + (m->reml ? blocks_logdet_extras(m->blocks, m->p) : 0.0) + m->degrees * log(m->rss);
    return isfinite(value) && m->rss > 0.0 ? value : MINIMIZE_BAD;
}

/* The same with `size` on the diagonals of the templates of the terms in use (all: -1). */
static double deviance_at(struct lmm *m, int only, double size, double *x)
{
    memset(x, 0, sizeof *x * (size_t)m->theta_count);
    for (int t = 0; t < m->term_count; t++)
        FOR_FREE_ENTRIES (&m->terms[t], a, b, i)
            if (a == b && (only < 0 || only == t))
                x[i] = size;
    return value_at(m, x);
}

/* y - X beta - Z b of the last evaluation, in place of y. */
static void take_residual(struct lmm *m, const double *x)
{
    double *y = m->E + (size_t)m->p * m->n;

    (void)x;
    lmm_slopes(m);
    for (size_t i = 0; i < m->n; i++) {
        for (int j = 0; j < m->p; j++)
            y[i] -= m->E[i + (size_t)j * m->n] * m->beta[j];
        for (int t = 0; t < m->term_count; t++) {
            const struct lmm_term *term = &m->terms[t];
            const double *effects =
                m->effects + blocks_offset(m->blocks, t) + (size_t)m->design->random[t].level[i] * (size_t)term->k;

            for (int a = 0; a < term->k; a++)
                y[i] -= lmm_z(term, i, a) * effects[a];
        }
    }
}

static double largest(size_t n, const double *v)
{
    double most = 0.0;

    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(v[i]));
    return most;
}

/* Whether nothing is left of y when the terms in use may be as large as they like.  *memory false when that is out. */
static bool explains(struct lmm *m, int only, double *x, bool *memory)
{
    double *y = m->E + (size_t)m->p * m->n, *kept, start = largest(m->n, y), first, second, rss, left, raw = 0.0;

    if (only < 0 && (explained_some_left(m, LARGE, TWICE * SMALL_REST * (double)m->n, memory) || !*memory))
        return false;
    first = deviance_at(m, only, LARGE, x);
    rss = m->rss;
    if (!(first < MINIMIZE_BAD) || !(rss < SMALL_REST * (double)m->n))
        return false;
    second = deviance_at(m, only, LARGER, x);
    if (!(second < MINIMIZE_BAD) || !(second < first - 1.0) || !(m->rss < rss / 30.0))
        return false;
    if ((kept = mem_alloc(m->n, sizeof *kept)) == NULL) {
        *memory = false;
        return false;
    }
    for (size_t i = 0; i < m->n; i++)
        raw = fmax(raw, fabs(m->design->y[i]));
    memcpy(kept, y, sizeof *kept * m->n);
    for (int pass = 0; pass < PASSES; pass++) {
        take_residual(m, x);
        blocks_assemble(m->blocks, m->E, NULL);
        if (!(deviance_at(m, only, LARGER, x) < MINIMIZE_BAD))
            break;
    }
    left = largest(m->n, y);
    memcpy(y, kept, sizeof *kept * m->n);
    mem_free(kept);
    blocks_assemble(m->blocks, m->E, NULL);
    return left <= EXACT * start + 64.0 * DBL_EPSILON * raw / m->y_scale;
}

/* Whether one term of intercepts is in use, and y varies within its levels: the fixed effects have their part in it.  *memory
 * false when that is out. */
static bool needs_fixed(const struct lmm *m, int only, bool *memory)
{
    const struct random_design *random = &m->design->random[only < 0 ? 0 : only];
    const double *y = m->design->y;
    double most = largest(m->n, y);
    bool varies = false;
    size_t *first;

    if ((only < 0 && m->term_count != 1) || random->k != 1 || random->z != NULL)
        return false;
    if ((first = NEW_ARRAY(size_t, random->level_count)) == NULL) {
        *memory = false;
        return false;
    }
    for (size_t i = 0; i < m->n; i++) {
        size_t *of = &first[random->level[i]];

        varies = varies || (*of > 0 && fabs(y[i] - y[*of - 1]) > EXACT * most);
        if (*of == 0)
            *of = i + 1;
    }
    mem_free(first);
    return varies;
}

static bool refuse(const struct lmm *m, int only, bool fixed, const char *response, struct glmm_error *err)
{
    struct text names = { 0 };
    bool ok;

    for (int t = 0; t < m->term_count; t++) {
        bool named = only >= 0 && t != only;

        for (int s = 0; s < t; s++)
            named = named || strcmp(m->design->random[s].group, m->design->random[t].group) == 0;
        if (!named)
            text_addf(&names, "%s`%s`", names.length > 0 ? " and " : "", m->design->random[t].group);
    }
    ok = names.failed ? fail_memory(err)
                      : fail(err, GLMM_E_MODEL, NOWHERE,
                             "%sthe groups of %s explain `%s` exactly: there is no residual variation to model",
                             fixed ? "the fixed effects and " : "", text_string(&names), response);
    text_clear(&names);
    return ok;
}

bool explained_refuse(const struct lmm *m, bool fixed, const char *response, struct glmm_error *err)
{
    return refuse(m, -1, fixed, response, err);
}

bool explained_check(struct lmm *m, const char *response, struct glmm_error *err)
{
    double *x;
    bool memory = true, ok = true;

    if (m->theta_count == 0)
        return true;
    if ((x = NEW_ARRAY(double, m->theta_count)) == NULL)
        return fail_memory(err);
    if (explains(m, -1, x, &memory)) {
        int only = -1;

        for (int t = 0; t < m->term_count && only < 0 && m->term_count > 1; t++)
            only = explains(m, t, x, &memory) ? t : -1;
        if (memory) {
            bool fixed = needs_fixed(m, only, &memory);

            ok = memory && refuse(m, only, fixed, response, err);
        }
    }
    mem_free(x);
    return memory ? ok : fail_memory(err);
}

bool explained_check_link(const struct design *design, const struct family *family, const struct link *link,
                          struct glmm_error *err)
{
    struct design linear = *design;
    struct glmm_error own = { 0 };
    double *y;
    struct lmm *m;
    bool ok = true;

    if (!family->has_dispersion || (!family->certain && (family->support == SUPPORT_COUNT || family->response != RESPONSE_REAL))
        || design->random_count == 0)
        return true;
    if ((y = mem_alloc(design->n, sizeof *y)) == NULL)
        return fail_memory(err);
    for (size_t i = 0; ok && i < design->n; i++) {
        struct observation at = { .y = design->y[i], .trials = 1, .weight = 1 };

        y[i] = link->transform(family->start(&at)) - (design->offset == NULL ? 0.0 : design->offset[i]);
        ok = isfinite(y[i]);
    }
    linear.y = y;
    linear.offset = linear.weights = NULL;
    m = ok ? lmm_new(&linear, false, &own) : NULL;
    if (m != NULL)
        ok = explained_check(m, design->response, err);
    else if (ok && own.code == GLMM_E_MEMORY)
        ok = fail_memory(err);
    else
        ok = true; /* what the linear model cannot be asked is no business of this check */
    lmm_free(m);
    mem_free(y);
    return ok;
}

/* --- scales of some rows ---------------------------------------------------------------------------------- */

/* Of the largest variance: less is no variance that data of 17 digits could show.  A search that came to no end may have been on
 * its way there: beside such weights the other rows lose half of their digits, and it stops where they no longer tell it the
 * slope. */
static const double VANISHED = 1e-18, VANISHING = 1e-14;

bool explained_check_scales(const struct fit *fit, struct glmm_error *err)
{
    const struct family *family = fit->family;
    double least = (double)INFINITY, most = 0.0;
    double small = fit->optimum.verdict == VERDICT_NOT_CONVERGED ? VANISHING : VANISHED;

    if (!family->certain && (family->support == SUPPORT_COUNT || family->response != RESPONSE_REAL))
        return true;
    for (size_t i = 0; fit->shape_rows[0] != NULL && family->has_dispersion && i < fit->design->n; i++) {
        double dispersion = family_shape_value(family, 0, fit->shape_rows[0][i], NULL);

        least = fmin(least, dispersion);
        most = fmax(most, dispersion);
    }
    if (!(least <= small * most))
        return true;
    fail(err, GLMM_E_MODEL, NOWHERE,
         "some rows with a variance of their own are fitted exactly, so that it goes to 0 and the likelihood has no maximum");
    error_hint(err, "one variance for more rows, or `where` leaves these out");
    return false;
}

/* --- rows that are fitted exactly -------------------------------------------------------------------------- */

/* Of the largest distance of a response from their mean: so near to its fitted value is no row that has an error, beside a scale
 * that is as small.  A search that runs after such rows ends where rounding stops it: where it got no farther, less is asked. */
static const double FITTED = 1e-12, COUNTED = 1e-9;

bool explained_check_fitted(const struct design *design, const struct family *family, const double fitted[], double scale,
                            bool lost, struct glmm_error *err)
{
    double mean = 0.0, reach = 0.0;
    size_t exact = 0, counted = 0;

    if (!family->heavy_tails || design->part[DESIGN_DISPERSION] != NULL)
        return true;
    for (size_t i = 0; i < design->n; i++)
        mean += design->y[i] / (double)design->n;
    for (size_t i = 0; i < design->n; i++)
        reach = fmax(reach, fabs(design->y[i] - mean));
    for (size_t i = 0; i < design->n; i++) {
        exact += fabs(design->y[i] - fitted[i]) <= FITTED * reach;
        counted += fabs(design->y[i] - fitted[i]) <= COUNTED * reach;
    }
    if ((lost ? counted : exact) <= (size_t)design->p || !(scale <= (lost ? COUNTED : FITTED) * reach))
        return true;
    fail(err, GLMM_E_MODEL, NOWHERE,
         "%zu of %zu responses are fitted without error, so that the likelihood rises without end as the dispersion goes to 0",
         counted, design->n);
    error_hint(err, "a family for what takes the same value so often, or `where` leaves these rows out");
    return false;
}

bool explained_check_rows(const struct fit *fit, struct glmm_error *err)
{
    return fit->optimum.verdict != VERDICT_NOT_CONVERGED
           || explained_check_fitted(fit->design, fit->family, fit->fitted, fit->dispersion, true, err);
}

/* --- structures ------------------------------------------------------------------------------------------- */

/* One effect for each level, the sum of the term's own; those of an unstructured matrix stay as they are.  False when memory is
 * out; a term that has as many effects as there are rows is left out (*kept). */
static bool collapse_term(const struct design *design, const struct random_design *from, struct random_design *to, bool *kept)
{
    bool together = from->structure != NULL && from->structure->law != LAW_NONE && from->structure->law != LAW_US;
    int k = together ? 1 : from->k;

    *to = *from;
    to->structure = NULL;
    to->positions = NULL;
    to->relation = NULL;
    to->relation_row = NULL;
    to->related = NULL;
    to->covariance = &covariance_unstructured;
    to->k = k;
    *kept = (size_t)from->level_count * (size_t)k < design->n;
    if (!together || from->z == NULL)
        return true;
    if ((to->z = mem_alloc(design->n, sizeof *to->z)) == NULL)
        return false;
    for (size_t i = 0; i < design->n; i++) {
        to->z[i] = 0.0;
        for (int a = 0; a < from->k; a++)
            to->z[i] += from->z[i * (size_t)from->k + (size_t)a];
    }
    return true;
}

/* The groups within which residuals are correlated, as an effect of each. */
static struct random_design residual_term(const struct residual_design *residual)
{
    static const char *const names[] = { "(Intercept)" };

    return (struct random_design){ .group = residual->group,
                                   .k = 1,
                                   .names = (const char **)(uintptr_t)names,
                                   .level_count = residual->block_count,
                                   .level = residual->block,
                                   .covariance = &covariance_unstructured };
}

static bool check_plain(const struct design *plain, const struct family *family, const struct link *link, struct glmm_error *err)
{
    struct glmm_error own = { 0 };
    struct lmm *m;
    bool ok;

    if (family != NULL)
        return explained_check_link(plain, family, link, err);
    if ((m = lmm_new(plain, false, &own)) == NULL)
        return own.code != GLMM_E_MEMORY || fail_memory(err);
    ok = explained_check(m, plain->response, err);
    lmm_free(m);
    return ok;
}

bool explained_check_structured(const struct design *design, const struct family *family, const struct link *link,
                                struct glmm_error *err)
{
    struct design plain = *design;
    struct random_design *terms = NEW_ARRAY(struct random_design, design->random_count + 1);
    const struct residual_design *residual = design->residual;
    bool ok = terms != NULL || fail_memory(err), kept;

    plain.random = terms;
    plain.random_count = 0;
    plain.residual = NULL;
    for (int t = 0; ok && t < design->random_count; t++) {
        struct random_design *to = &terms[plain.random_count];

        ok = collapse_term(design, &design->random[t], to, &kept) || fail_memory(err);
        if (!kept && to->z != design->random[t].z)
            mem_free(to->z);
        plain.random_count += ok && kept;
    }
    if (ok && residual != NULL && residual->group != NULL && residual->structure->law != LAW_NONE
        && (size_t)residual->block_count < design->n)
        terms[plain.random_count++] = residual_term(residual);
    if (ok && plain.random_count > 0)
        ok = check_plain(&plain, family, link, err);
    for (int t = 0; t < plain.random_count; t++) {
        bool own = true;

        for (int s = 0; s < design->random_count; s++)
            own = own && terms[t].z != design->random[s].z;
        if (own)
            mem_free(terms[t].z);
    }
    mem_free(terms);
    return ok;
}
