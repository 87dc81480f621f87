/* determined-more.c -- what else of a fit is held against the truth: combinations of coefficients with their p, thresholds,
 * slopes, shares of the variance, how many parameters are counted. */
#include "determined-more.h"

#include <math.h>
#include <string.h>

void subject_judge(const struct subject *s, const char *what, const char *which, bool known, bool shown)
{
    char name[400];

    if (known == shown) {
        subject_held(s);
        return;
    }
    snprintf(name, sizeof name, "%s %s", what, which == NULL ? "" : which);
    if (shown)
        subject_shown(s, name, "is shown, and not determined");
    else
        subject_withheld(s, name, "withheld");
}

/* Sums and differences of two or three coefficients. */
void hold_combinations(const struct subject *s)
{
    const struct coordinates *in = &s->truth->coded;
    struct rng rng;

    if (strstr(s->made->formula, "poly") != NULL || glmm_fit_fixed_count(s->fit) != in->p || in->p < 2)
        return; /* other columns than those of the truth */
    rng_init(&rng, 9, (uint64_t)s->made->number);
    for (int c = 0; c < 4; c++) {
        double weights[MOST_COLUMNS] = { 0 };
        whole l[MOST_COLUMNS] = { 0 };
        struct glmm_estimate e;
        struct glmm_error err = { 0 };

        for (int k = 0; k < 2 + c % 2; k++) {
            int j = (int)rng_below(&rng, (uint32_t)in->p), times = rng_below(&rng, 2) > 0 ? 1 : -1;

            weights[j] += times;
            l[in->thresholds + j] += times;
        }
        if (!glmm_fit_contrast(s->fit, weights, 0.95, &e, &err)) {
            subject_complain(s, "combination", "", err.message);
            continue;
        }
        subject_hold(s, "combination", s->made->fixed->text, truth_of(s->truth, in, l), ON_LINK, e.estimate, e.se, e.lower,
                     e.upper);
        if (isfinite(e.p) && !isfinite(e.se))
            subject_complain(s, "p", "", "without an error");
    }
}

/* Where variances are open the truth knows of one threshold alone, which a constant moves as all. */
void hold_thresholds(const struct subject *s)
{
    const struct coordinates *in = &s->truth->coded;

    if (strstr(s->made->formula, "poly") != NULL)
        return; /* its columns are not those of the truth, and have another constant */
    for (int j = 0; j < in->thresholds && (j == 0 || s->truth->lost == 0); j++) {
        struct glmm_part_coefficient c;
        whole l[MOST_COLUMNS] = { 0 };

        if (!glmm_fit_part(s->fit, "thresholds", j, &c)) {
            subject_complain(s, "threshold", "", "none");
            return;
        }
        l[j] = 1;
        subject_hold(s, "threshold", c.name, truth_of(s->truth, in, l), ON_LINK, c.estimate, c.se, c.se, c.se);
    }
}

/* Whether x has several values in the rows that count; else there are no slopes. */
static bool varies(const struct table_of *t)
{
    int first = -1;

    for (int i = 0; i < t->n; i++)
        if (t->weight[i] > 0 && first < 0)
            first = t->value['x' - 'a'][i];
        else if (t->weight[i] > 0 && t->value['x' - 'a'][i] != first)
            return true;
    return false;
}

/* Slopes along x of each level of a, of shapes that are linear in it: the other factors do not meddle there. */
void hold_slopes(const struct subject *s)
{
    static const char *const variables[] = { "a", NULL };
    const char *terms = s->made->fixed->terms;
    struct glmm_means_options options = { .size = sizeof options, .slope = "x" };
    struct glmm_error err = { 0 };
    struct glmm_means *slopes;

    if (strchr(terms, 'x') == NULL || strstr(terms, "xx") != NULL || strchr(terms, 'a') == NULL || s->made->family == MADE_ORDERED
        || !varies(&s->made->table))
        return;
    slopes = glmm_means_new(s->fit, variables, &options, &err);
    if (slopes == NULL && !s->truth->runs_away)
        subject_complain(s, "slopes", "", err.message);
    for (int level = 0; level < glmm_means_count(slopes); level++) {
        struct place at = { .x_num = 2, .x_den = 1 }, from = { .x_num = 1, .x_den = 1 };
        whole l[MOST_COLUMNS] = { 0 };
        const char *name;
        struct glmm_estimate e;

        at.level[0] = from.level[0] = level;
        truth_add_place(s->made, s->truth, &at, 1, l);
        truth_add_place(s->made, s->truth, &from, -1, l);
        if (glmm_means_get(slopes, level, &name, &e, NULL))
            subject_hold(s, "slope", name, truth_of(s->truth, &s->truth->cells, l), ON_LINK, e.estimate, e.se, e.lower, e.upper);
    }
    glmm_means_free(slopes);
}

/* Whether the sum of the entries of a term (-1: of all, and the residual's) in the variance of a row, averaged over the rows, is
 * the same along what is open. */
static bool average_is_known(const struct subject *s, int term)
{
    const struct truth *truth = s->truth;
    const struct table_of *t = &s->made->table;

    for (int d = 0; d < truth->lost; d++) {
        uint64_t sum = 0;

        for (int e = 0; e < truth->entry_count; e++) {
            const struct entry *entry = &truth->entry[e];
            whole times = 0;

            for (int i = 0; i < t->n && entry->term >= 0 && (term < 0 || entry->term == term); i++) {
                struct term_columns c;

                if (t->weight[i] == 0)
                    continue;
                random_columns(s->made, entry->term, i, &c);
                times += c.z[entry->a] * c.z[entry->b] * (entry->a == entry->b ? 1 : 2);
            }
            for (int i = 0; i < t->n && entry->term < 0 && term < 0; i++)
                times += t->weight[i] > 0;
            sum = residue_plus(sum, residue_times(residue(times), truth->direction[e + d * truth->entry_count]));
        }
        if (sum != 0)
            return false;
    }
    return true;
}

/* Of linear models, without weights: what a row's variance is made of then is the same for all.  One that is determined may be
 * missing: glmm.h has none where a single variance is open, though their average may not be. */
void hold_shares(const struct subject *s)
{
    if (s->made->family != MADE_GAUSSIAN || s->made->table.has_weights)
        return;
    for (int t = 0; t < random_term_count(s->made); t++) {
        struct glmm_share share;
        struct glmm_error err = { 0 };
        bool all = average_is_known(s, -1), known = all && average_is_known(s, t);

        if (!glmm_fit_share(s->fit, t, 0.95, &share, &err))
            continue;
        if (isfinite(share.share) && !known)
            subject_shown(s, "share", "is shown, and not determined");
        else
            subject_held(s);
    }
}

void hold_count(const struct subject *s)
{
    int npar = s->truth->coded.p + s->truth->entry_count - s->truth->lost;
    char says[80];

    if (s->made->family != MADE_GAUSSIAN)
        return;
    if (glmm_fit_npar(s->fit) == npar) {
        subject_held(s);
        return;
    }
    snprintf(says, sizeof says, "%d, but %d are determined", glmm_fit_npar(s->fit), npar);
    subject_complain(s, "parameters", "", says);
}

/* With it stands what of a row is its groups'. */
static void hold_residual(const struct subject *s, bool known)
{
    bool sigma = isfinite(glmm_fit_sigma(s->fit)), fitted = isfinite(glmm_fit_fitted(s->fit)[0]);

    if (s->made->family == MADE_GAUSSIAN)
        subject_judge(s, "residual", "", known, known ? sigma && fitted : sigma || fitted);
}

void hold_variances(const struct subject *s)
{
    const struct truth *truth = s->truth;

    if (truth->runs_away || (truth->separated && s->made->family == MADE_ORDERED))
        return;
    for (int e = 0; e < truth->entry_count; e++) {
        const struct entry *entry = &truth->entry[e];
        struct glmm_random random;
        bool covariance, deviation;
        char which[40];

        if (entry->term < 0) {
            hold_residual(s, entry->known);
            continue;
        }
        if (!glmm_fit_random(s->fit, entry->term, &random)) {
            subject_complain(s, "random effects", "of a term", "none");
            continue;
        }
        snprintf(which, sizeof which, "%s %d, %d", random.group, entry->a + 1, entry->b + 1);
        covariance = isfinite(random.covariance[entry->a + entry->b * random.effects]);
        deviation = entry->a == entry->b ? isfinite(random.sd[entry->a]) : covariance;
        subject_judge(s, "covariance", which, entry->known, entry->known ? covariance && deviation : covariance || deviation);
    }
    if (truth->cells.rest.count > 0) /* else it is that of coefficients */
        subject_judge(s, "verdict on variances", glmm_fit_message(s->fit), truth->lost == 0,
                      glmm_fit_verdict(s->fit) != GLMM_NOT_IDENTIFIED);
}
