/* glmm-constant.c -- levels whose responses are of one kind, all successes or all failures: variances that are infinite.
 *
 * One random intercept explains such levels without error as its variance grows.  Of several effects a sum v'b can do the same in
 * the rows that it moves, z'v != 0, where these tell its sign without error in each level: the covariance matrix runs off as
 * S + tau^2 v v'.  Which sum that is has nothing to do with how a factor is coded: it may be an effect, or what the rows of one z
 * have for themselves, or what the first eigenvector of the covariance matrix points at.  Where the columns of the fixed effects
 * hold Zv too, X w = Z v, the coefficients run along w with tau: the data tell their ratio alone. */
#include <math.h>
#include <string.h>

#include "fit/glmm-task.h"
#include "fit/revise.h"
#include "fit/tolerances.h"
#include "fit/verdict.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"
#include "linalg/orthonormal.h"
#include "model/prior.h"

static const double FAR_SHARE = 0.5; /* of the most that the eigenvector moves a row: those it means, and those that it grazes */
enum { MOST_PATTERNS = 64 };         /* rows of Z that differ, as those of factors do */

void glm_forget_errors(struct fit *fit)
{
    size_t p = (size_t)fit->design->p;

    revise_forget(fit->se, p);
    revise_forget(fit->vcov, p * p);
    fit->root = NULL;
    revise_forget(fit->joint_vcov, (size_t)(fit->joint_count * fit->joint_count));
}

void glm_tell_infinite(struct fit *fit, const double w[])
{
    size_t p = (size_t)fit->design->p;

    verdict_boundary(&fit->optimum, BOUNDARY_VARIANCE);
    verdict_worsen(&fit->optimum, VERDICT_NOT_IDENTIFIED);
    glm_forget_errors(fit); /* where it lies there is no curvature */
    if (fit->escape == NULL)
        fit->escape = arena_alloc(fit->arena, p * p + 1, sizeof *fit->escape);
    if (w == NULL || fit->escape == NULL) /* without memory there will be no fit */
        return;
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < p; i++)
            revise(fit->escape)[i + j * p] += w[i] * w[j];
    verdict_say(&fit->optimum, "coefficients that run with it are not told");
}

static void forget_thresholds(struct fit *fit)
{
    const struct fit_part *part = fit_part_of(fit, PART_THRESHOLDS);

    if (part == NULL || fit->family->categories == 0)
        return;
    revise_forget(part->estimate, (size_t)part->count);
    revise_forget(part->se, (size_t)part->count);
    revise_forget(fit->rest, (size_t)fit->rest_all);
    revise_forget(fit->shape, (size_t)family_shapes(fit->family));
}

/* Levels that are fitted perfectly by an infinite variance of term t: of all else the data say nothing. */
static void set_infinite(struct fit *fit, const struct glm *m, int t)
{
    revise_forget(fit->beta, (size_t)m->p);
    glm_forget_errors(fit);
    revise_forget(fit->theta, (size_t)fit->theta_count);
    for (int s = 0; s < m->term_count; s++)
        revise_forget_term(&fit->random[s], (size_t)m->terms[s].design->level_count);
    revise_fill(fit->random[t].sd, 1, (double)INFINITY);
    revise_fill(fit->random[t].covariance, 1, (double)INFINITY);
    forget_thresholds(fit);
    for (size_t i = 0; i < m->n; i++) {
        int end = glm_row_end(m, i);

        revise_fill(fit->fitted + m->row[i], 1, m->response.family->categories > 0 ? m->y[i] : end > 0);
        revise_fill(fit->linear + m->row[i], 1, end * (double)INFINITY);
    }
    fit->loglik = fit->criterion = (double)NAN;
    fit_set_criteria(fit, m->n);
}

/* Whether a prior keeps a standard deviation finite. */
static bool is_bounded(const struct glm *m, int t, int a)
{
    return prior_bounds_sd(m->design->prior, m->terms[t].design->group, m->terms[t].design->names[a]);
}

/* Of how many rows that are alike it stands. */
static double times_of(const struct glm *m, size_t i)
{
    return m->design->times == NULL ? 1 : m->design->times[m->row[i]];
}

/* What a row is among those that a level may agree in: its category, or its end (0 inside). */
static double kind_of(const struct glm *m, size_t i)
{
    return m->response.family->categories > 0 ? m->y[i] : glm_row_end(m, i);
}

static void say_constant(struct fit *fit, const struct glm *m, int t, int successes, int levels)
{
    verdict_worsen(&fit->optimum, VERDICT_NOT_IDENTIFIED);
    verdict_unsay(&fit->optimum);
    if (m->response.family->categories > 0)
        verdict_say(
            &fit->optimum,
            "each level of %s has only one category, so that its variance is estimated as infinite, and the coefficients and "
            "thresholds with it; what the data tell is how many of %d levels have which category",
            m->terms[t].design->group, levels);
    else
        verdict_say(
            &fit->optimum,
            "each level of %s has only successes or only failures, so that its variance is estimated as infinite, and the "
            "coefficients with it; what the data tell is that %d of %d levels have successes",
            m->terms[t].design->group, successes, levels);
}

/* Groups that are each of one kind (all 0 or all 1, one category) are explained without error by an infinite variance.  With one
 * random intercept that is so whatever the search found: a level is no more probable than any one of its responses, whose
 * probability depends on the ratio of coefficients, thresholds and standard deviation alone, and with these ratios it is as
 * probable as that where the variance is infinite. */
static void tell_constant_levels(struct fit *fit, const struct glm *m)
{
    bool kinds = m->response.family->response == RESPONSE_BINOMIAL || m->response.family->categories > 0;
    double *ends = m->u_try; /* scratch: the kind of each level, at its first unknown */

    for (int t = 0; t < m->term_count && kinds; t++) {
        const struct grouping *grouping = &m->groupings[m->terms[t].grouping];
        bool constant = true, alone = m->term_count == 1 && m->terms[t].k == 1;
        int levels = 0, successes = 0;
        double observations = 0;

        if ((!alone && !(fit->random[t].sd[0] > FAR_SD)) || is_bounded(m, t, 0))
            continue;
        memset(ends, 0, sizeof(double) * (size_t)m->q);
        for (size_t i = 0; i < m->n && constant; i++) {
            double *end = &ends[grouping->first[grouping->level[m->row[i]]]], here = kind_of(m, i);

            constant = here != 0 && (*end == 0 || here == *end);
            observations += times_of(m, i) * (m->trials == NULL ? 1 : m->trials[i]);
            levels += *end == 0;
            successes += *end == 0 && here > 0;
            *end = here;
        }
        if (!constant || !(observations > levels)) /* one observation a level: nothing to agree with */
            continue;
        say_constant(fit, m, t, successes, levels);
        set_infinite(fit, m, t);
        return;
    }
}

/* Of a term: sums of its effects, in units in which no covariate's unit counts: z / unit, and unit times the effects. */
struct sums {
    const struct glm *m;
    int t, k;
    double *unit;             /* k: root mean square of a column of Z */
    double *covariance;       /* k x k, of the effects in these units */
    double *vectors, *values; /* k x k, k: its eigenvectors and eigenvalues */
    double *v;                /* k: the sum that is looked at */
    double *still, *found;    /* k x k: orthonormal vectors, of rows that are not to move, and of the sums that are infinite */
    int still_count, found_count;
    double *w; /* p: the coefficients that run with it; k of scratch */
};

static double effect_of_row(const struct sums *s, size_t i, int a)
{
    return s->m->z[i * (size_t)s->m->K + (size_t)(s->m->terms[s->t].slot + a)] / s->unit[a];
}

/* How far a row moves along v; 0 where that is rounding. */
static double move_of_row(const struct sums *s, size_t i, const double v[])
{
    double sum = 0, size = 0;

    for (int a = 0; a < s->k; a++) {
        double x = effect_of_row(s, i, a) * v[a];

        sum += x;
        size += fabs(x);
    }
    return fabs(sum) > TOLERANCE_SAME * size ? sum : 0;
}

static void keep_still(struct sums *s, size_t i)
{
    for (int a = 0; a < s->k; a++)
        s->v[a] = effect_of_row(s, i, a);
    (void)orthonormal_extend(s->k, s->still, &s->still_count, s->v, TOLERANCE_SAME);
}

/* Whether the rows that v moves tell the sign of the sum without error in each level, and several in some.  size: the root mean
 * square of what they move by. */
static bool is_told_without_error(const struct sums *s, double *size)
{
    const struct glm *m = s->m;
    const struct grouping *grouping = &m->groupings[m->terms[s->t].grouping];
    double *ends = m->u_try; /* scratch: the sign of each level, at its first unknown */
    double observations = 0, square = 0, rows = 0, levels = 0;

    memset(ends, 0, sizeof(double) * (size_t)m->q);
    for (size_t i = 0; i < m->n; i++) {
        double move = move_of_row(s, i, s->v), sign = move > 0 ? glm_row_end(m, i) : -glm_row_end(m, i), times = times_of(m, i);
        double *end = &ends[grouping->first[grouping->level[m->row[i]]]];

        if (move == 0)
            continue;
        if (sign == 0 || sign * *end < 0)
            return false;
        observations += times * (m->trials == NULL ? 1 : m->trials[i]);
        square += times * move * move;
        rows += times;
        levels += *end == 0;
        *end = sign;
    }
    *size = rows > 0 ? sqrt(square / rows) : 0;
    return observations > levels;
}

static bool is_part(const struct sums *s, int a)
{
    return fabs(s->v[a]) > TOLERANCE_SAME * sqrt(dot_product(s->k, s->v, s->v));
}

/* tau, where the covariance matrix is S + tau^2 v v' and S is small. */
static double sd_along(const struct sums *s)
{
    double sum = 0;

    for (int a = 0; a < s->k; a++)
        sum += s->v[a] * dot_product(s->k, s->covariance + (size_t)a * (size_t)s->k, s->v);
    return sqrt(fmax(sum, 0)) / dot_product(s->k, s->v, s->v);
}

/* w: X w is what v moves the rows by; false where the columns of X do not hold that. */
static bool set_run(struct sums *s)
{
    const struct glm *m = s->m;
    int p = m->p, step = 1;
    double left = 0, size = 0, largest = 0;

    memset(s->w, 0, sizeof *s->w * (size_t)p);
    for (size_t i = 0; i < m->n; i++) {
        double move = move_of_row(s, i, s->v);

        for (int j = 0; move != 0 && j < p; j++)
            s->w[j] += m->X[i + (size_t)j * m->n] * move / (double)m->n;
    }
    for (size_t i = 0; i < m->n; i++) {
        double move = move_of_row(s, i, s->v), held = 0;

        for (int j = 0; j < p; j++)
            held += m->X[i + (size_t)j * m->n] * s->w[j];
        left += (move - held) * (move - held);
        size += move * move;
    }
    if (p == 0 || left > TOLERANCE_SAME * TOLERANCE_SAME * size)
        return false;
    dtrsv_("U", "N", "N", &p, m->R, &p, s->w, &step);
    for (int j = 0; j < p; j++)
        largest =
            fmax(largest, fabs(s->w[j]) * sqrt(dot_product(j + 1, m->R + (size_t)j * (size_t)p, m->R + (size_t)j * (size_t)p)));
    for (int j = 0; j < p; j++) {
        const double *column = m->R + (size_t)j * (size_t)p;

        if (!(fabs(s->w[j]) * sqrt(dot_product(j + 1, column, column)) > TOLERANCE_SAME * largest))
            s->w[j] = 0;
    }
    return true;
}

/* The sum of effects that the rows with the z of this row have: "(Intercept) - a1 + 2 a2"; the arena's. */
static const char *sum_of_row(struct arena *arena, const struct sums *s, size_t i)
{
    const struct random_design *design = s->m->terms[s->t].design;
    const char *text = "";

    for (int a = 0; text != NULL && a < s->k; a++) {
        double z = effect_of_row(s, i, a) * s->unit[a];
        const char *sign = z < 0 ? (*text == '\0' ? "-" : " - ") : *text == '\0' ? "" : " + ";

        if (z != 0 && fabs(fabs(z) - 1) < TOLERANCE_WHOLE)
            text = arena_printf(arena, "%s%s%s", text, sign, design->names[a]);
        else if (z != 0)
            text = arena_printf(arena, "%s%s%.3g %s", text, sign, fabs(z), design->names[a]);
    }
    return text;
}

/* Marks the sum v, which is an effect, that of the rows like one, or (both -1) another, where it is infinite. */
static void try_sum(struct fit *fit, struct sums *s, int effect, ptrdiff_t row)
{
    const struct random_design *design = s->m->terms[s->t].design;
    double size;
    const char *only = "only successes or only failures";

    for (int a = 0; a < s->k; a++)
        if (is_part(s, a) && is_bounded(s->m, s->t, a))
            return;
    if (!is_told_without_error(s, &size) || !(sd_along(s) * size > FAR_SD))
        return;
    (void)orthonormal_extend(s->k, s->found, &s->found_count, s->v, TOLERANCE_SAME);
    if (effect >= 0)
        verdict_say(&fit->optimum,
                    "each level of %s has %s where %s is not 0, so that the variance of %s is estimated as infinite",
                    design->group, only, design->names[effect], design->names[effect]);
    else if (row >= 0)
        verdict_say(
            &fit->optimum,
            "each level of %s has %s in the rows whose random effects are %s, so that the variance of that is estimated as "
            "infinite",
            design->group, only, sum_of_row(fit->arena, s, (size_t)row));
    else
        verdict_say(&fit->optimum,
                    "a sum of the effects of each level of %s tells the responses that it moves without error, so that its "
                    "variance is estimated as infinite",
                    design->group);
    for (int a = 0; a < s->k; a++)
        if (is_part(s, a))
            revise_infinite(&fit->random[s->t], a);
    for (size_t i = 0; i < s->m->n; i++)
        if (move_of_row(s, i, s->v) != 0)
            revise_fill(fit->fitted + s->m->row[i], 1, glm_row_end(s->m, i) > 0);
    glm_tell_infinite(fit, set_run(s) ? s->w : NULL);
}

/* The same where v is what `start`, in s->v, leaves beside the rows that stay, and no sum that is found. */
static void try_beside(struct fit *fit, struct sums *s, ptrdiff_t row)
{
    double *beside = s->w; /* scratch */

    if (!(orthonormal_leave(s->k, s->still, s->still_count, s->v) > TOLERANCE_SAME))
        return;
    memcpy(beside, s->v, sizeof *beside * (size_t)s->k);
    if (orthonormal_leave(s->k, s->found, s->found_count, beside) > TOLERANCE_SAME)
        try_sum(fit, s, -1, row);
}

static bool is_same_row(const struct sums *s, size_t i, size_t j)
{
    for (int a = 0; a < s->k; a++)
        if (effect_of_row(s, i, a) != effect_of_row(s, j, a))
            return false;
    return true;
}

/* What rows of one z have for themselves. */
static void try_patterns(struct fit *fit, struct sums *s)
{
    size_t pattern[MOST_PATTERNS];
    int count = 0, at;

    for (size_t i = 0; i < s->m->n; i++) {
        for (at = 0; at < count && !is_same_row(s, i, pattern[at]);)
            at++;
        if (at < count)
            continue;
        if (count == MOST_PATTERNS)
            return;
        pattern[count++] = i;
    }
    for (at = 0; at < count; at++) {
        s->still_count = 0;
        for (int other = 0; other < count; other++)
            if (other != at)
                keep_still(s, pattern[other]);
        for (int a = 0; a < s->k; a++)
            s->v[a] = effect_of_row(s, pattern[at], a);
        try_beside(fit, s, (ptrdiff_t)pattern[at]);
    }
}

/* What the first eigenvector means: the rows that it grazes stay. */
static void try_eigenvector(struct fit *fit, struct sums *s)
{
    const double *first = s->vectors + (size_t)(s->k - 1) * (size_t)s->k;
    double most = 0;

    for (size_t i = 0; i < s->m->n; i++)
        most = fmax(most, fabs(move_of_row(s, i, first)));
    s->still_count = 0;
    for (size_t i = 0; i < s->m->n && s->still_count < s->k; i++)
        if (fabs(move_of_row(s, i, first)) < FAR_SHARE * most)
            keep_still(s, i);
    memcpy(s->v, first, sizeof *s->v * (size_t)s->k);
    try_beside(fit, s, -1);
}

static bool set_sums(struct sums *s, const struct fit *fit)
{
    const struct random_fit *r = &fit->random[s->t];
    const struct glm *m = s->m;
    size_t k = (size_t)s->k, p = (size_t)m->p, work = 35 * k;
    double *block = arena_alloc(fit->arena, 4 * k * k + 3 * k + (k > p ? k : p) + work, sizeof *block);

    if (block == NULL)
        return false;
    s->covariance = block;
    s->vectors = s->covariance + k * k;
    s->still = s->vectors + k * k;
    s->found = s->still + k * k;
    s->unit = s->found + k * k;
    s->values = s->unit + k;
    s->v = s->values + k;
    s->w = s->v + k;
    for (size_t a = 0; a < k; a++) {
        s->unit[a] = 1;
        for (size_t i = 0; i < m->n; i++)
            s->values[a] += effect_of_row(s, i, (int)a) * effect_of_row(s, i, (int)a) / (double)m->n;
        s->unit[a] = s->values[a] > 0 ? sqrt(s->values[a]) : 1;
    }
    for (size_t a = 0; a < k; a++)
        for (size_t b = 0; b < k; b++)
            s->covariance[a + b * k] = s->vectors[a + b * k] = r->covariance[a + b * k] * s->unit[a] * s->unit[b];
    return symmetric_eigen(s->k, s->vectors, s->values, s->w + (k > p ? k : p), (int)work);
}

/* What no standard deviation of a row's random effects is above. */
static double largest_sd(const struct sums *s)
{
    double largest = 0, square;

    for (size_t i = 0; i < s->m->n; i++) {
        square = 0;
        for (int a = 0; a < s->k; a++)
            square += effect_of_row(s, i, a) * effect_of_row(s, i, a);
        largest = fmax(largest, square);
    }
    return sqrt(largest * fmax(s->values[s->k - 1], 0));
}

/* The covariance stays as it is, for averages over the random effects: they are near their limits there. */
static void tell_constant_sums(struct fit *fit, const struct glm *m)
{
    for (int t = 0; t < m->term_count && m->response.family->response == RESPONSE_BINOMIAL; t++) {
        struct sums s = { .m = m, .t = t, .k = m->terms[t].k };

        if (m->terms[t].of != 0 || !set_sums(&s, fit) || !(largest_sd(&s) > FAR_SD))
            continue;
        for (int a = 0; a < s.k; a++) {
            memset(s.v, 0, sizeof *s.v * (size_t)s.k);
            s.v[a] = 1;
            try_sum(fit, &s, a, -1);
        }
        if (s.k > 1) {
            try_patterns(fit, &s);
            try_eigenvector(fit, &s);
        }
    }
}

void glm_tell_constant(struct fit *fit, const struct glm *m)
{
    tell_constant_levels(fit, m);
    if (!isnan(fit->loglik))
        tell_constant_sums(fit, m);
}
