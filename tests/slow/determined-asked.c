/* determined-asked.c -- what commands ask of a fit beside its table: intervals by profile and by curvature, tests, random effects
 * of levels, correlations of rows, a comparison with the model without random effects, a new response. */
#include "determined-more.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool has_columns(const struct subject *s)
{
    return strstr(s->made->formula, "poly") == NULL && glmm_fit_fixed_count(s->fit) == s->truth->coded.p;
}

/* A variance that is estimated as 0 settles what else would be open with it. */
static bool is_settled(const struct subject *s)
{
    return s->truth->lost > 0 && strstr(glmm_fit_message(s->fit), "estimated as 0") != NULL;
}

/* --- tests ---------------------------------------------------------------------------------------- */

/* Whether the errors of coefficients i and j are determined, and their covariance. */
static bool both_known(const struct subject *s, int i, int j, bool *rare)
{
    const struct coordinates *in = &s->truth->coded;
    bool known = true;

    for (int c = 0; c < 3; c++) {
        whole l[MOST_COLUMNS] = { 0 };
        struct told told;

        l[in->thresholds + i] = c != 1;
        l[in->thresholds + j] = c != 0;
        told = truth_of(s->truth, in, l);
        known = known && told.tends == TENDS_FINITE && told.error;
        *rare = *rare || told.rare || told.tends == TENDS_TOO_LARGE;
    }
    return known;
}

/* Whether a coefficient is estimable beside all the columns that are stated: a test asks of it what was stated, not what is left
 * when columns are dropped. */
static bool is_estimable(const struct subject *s, int j)
{
    const struct table_of *t = &s->made->table;
    struct row_span span;
    whole all[MOST_COLUMNS];
    struct place place = place_of_row(t, 0);
    bool is;

    rows_init(&span, coded_columns(s->made, &place, all));
    for (int i = 0; i < t->n; i++) {
        place = place_of_row(t, i);
        coded_columns(s->made, &place, all);
        if (t->weight[i] > 0)
            rows_add(&span, all);
    }
    memset(all, 0, sizeof all);
    all[s->truth->coded.pick[j]] = 1;
    is = rows_has(&span, all);
    rows_clear(&span);
    return is;
}

/* A test of two coefficients together needs the whole of their covariance. */
static void hold_tests(const struct subject *s)
{
    int p = glmm_fit_fixed_count(s->fit);

    if (!has_columns(s) || s->truth->runs_away)
        return;
    for (int j = 1; j < p; j++) {
        struct glmm_hypothesis test;
        struct glmm_error err = { 0 };
        char words[200];
        bool rare = false, known = is_estimable(s, j - 1) && is_estimable(s, j) && both_known(s, j - 1, j, &rare);

        snprintf(words, sizeof words, "`%s` = `%s` = 0", glmm_fit_fixed_name(s->fit, j - 1), glmm_fit_fixed_name(s->fit, j));
        if (!glmm_fit_test(s->fit, words, GLMM_SATTERTHWAITE, &test, &err)) {
            if (known)
                subject_complain(s, "test", words, err.message);
            subject_held(s);
            continue;
        }
        if (!rare)
            subject_judge(s, "test", words, known, test.tested && isfinite(test.p));
    }
}

/* --- intervals ------------------------------------------------------------------------------------ */

/* The place of an effect of a term by its name. */
static int effect_named(const struct glmm_random *random, const char *name)
{
    for (int a = 0; a < random->effects; a++)
        if (name != NULL && strcmp(random->names[a], name) == 0)
            return a;
    return -1;
}

/* Whether an entry of the covariance of a term is determined. */
static bool entry_known(const struct truth *truth, int term, int a, int b)
{
    for (int e = 0; e < truth->entry_count; e++)
        if (truth->entry[e].term == term && truth->entry[e].a == (a > b ? a : b) && truth->entry[e].b == (a > b ? b : a))
            return truth->entry[e].known;
    return true;
}

/* Rows of standard deviations and correlations come in the order of the terms; a name may be that of several. */
static void hold_spread_interval(const struct subject *s, const struct glmm_interval *i, int *term)
{
    struct glmm_random random;
    bool known, is_sd = strcmp(i->kind, "sd") == 0;
    int a = -1, b = -1;

    for (; *term < random_term_count(s->made); ++*term) {
        glmm_fit_random(s->fit, *term, &random);
        a = effect_named(&random, i->term);
        b = is_sd ? a : effect_named(&random, i->term2);
        if (strcmp(random.group, i->group) == 0 && a >= 0 && b >= 0)
            break;
    }
    if (a < 0 || b < 0) {
        subject_complain(s, "interval", i->group, "of no term");
        return;
    }
    known = entry_known(s->truth, *term, a, b) && entry_known(s->truth, *term, a, a) && entry_known(s->truth, *term, b, b);
    if (isinf(random.sd[a]) || (!is_sd && (random.sd[a] == 0 || random.sd[b] == 0)))
        return;
    subject_judge(s, "estimate in confint of", i->group, known, !isnan(i->estimate));
    if (!known)
        subject_judge(s, "interval of", i->group, false, !isnan(i->lower) || !isnan(i->upper));
}

/* Whether ML, by which the coefficients of a REML fit are profiled, has no fit: then there is no profile. */
static bool is_unbounded(const struct subject *s)
{
    struct glmm_fit_options options = { .size = sizeof options, .method = GLMM_ML };
    struct glmm_fit *fit = s->made->family == MADE_GAUSSIAN && !s->made->ml ? glmm_fit_new(s->model, &options, NULL) : s->fit;

    if (fit != s->fit)
        glmm_fit_free(fit);
    return fit == NULL;
}

/* A row of a coefficient. */
static void hold_fixed_interval(const struct subject *s, const struct glmm_interval *i, enum glmm_confint_method method, int j)
{
    const struct coordinates *in = &s->truth->coded;
    whole l[MOST_COLUMNS] = { 0 };
    bool given = !isnan(i->lower) && !isnan(i->upper);
    struct told told;

    l[in->thresholds + j] = 1;
    told = truth_of(s->truth, in, l);
    if (told.tends == TENDS_TOO_LARGE || told.rare || s->truth->runs_away)
        return;
    subject_judge(s, "estimate in confint of", i->term, told.tends != TENDS_OPEN, !isnan(i->estimate));
    if ((told.tends == TENDS_FINITE || told.tends == TENDS_OPEN)
        && !(method == GLMM_PROFILE && told.error && !given && is_unbounded(s)))
        subject_judge(s, method == GLMM_WALD ? "Wald interval of" : "profile interval of", i->term, told.error, given);
}

static void hold_intervals(const struct subject *s, enum glmm_confint_method method)
{
    struct glmm_confint_options options = { .size = sizeof options, .method = method };
    struct glmm_error err = { 0 };
    struct glmm_confint *all = glmm_confint_new(s->fit, &options, &err);
    int fixed = 0, term = 0;

    if (all == NULL) {
        if (!s->truth->runs_away && s->truth->cells.rest.count > 0)
            subject_complain(s, "intervals", method == GLMM_WALD ? "by Wald" : "by profile", err.message);
        return;
    }
    for (int k = 0; k < glmm_confint_count(all); k++) {
        struct glmm_interval i;

        glmm_confint_get(all, k, &i);
        if (strcmp(i.kind, "fixed") == 0)
            hold_fixed_interval(s, &i, method, fixed++);
        else if (strcmp(i.kind, "sum") == 0 && !isinf(i.estimate))
            subject_judge(s, "sum", i.group, true,
                          !isnan(i.estimate) && (method == GLMM_WALD || (!isnan(i.lower) && !isnan(i.upper))));
        else if ((strcmp(i.kind, "sd") == 0 || strcmp(i.kind, "corr") == 0) && !s->truth->runs_away && !s->truth->separated)
            hold_spread_interval(s, &i, &term);
    }
    glmm_confint_free(all);
}

/* --- random effects of levels ---------------------------------------------------------------------- */

/* Whether a mode hangs on what is open: b_a = sum_b G_ab Z_b'Py, of the level's rows, and no direction D moves Py; so it does
 * where K'(sum_b D_ab Z_b) is not 0 for a direction D, K the contrasts of rows that are free of X. */
static bool mode_known(const struct subject *s, int term, int level, int a, int k, int m, const uint64_t *K)
{
    const struct truth *truth = s->truth;
    const struct coordinates *in = &truth->cells;
    int n = in->rest.count;

    for (int d = 0; d < truth->lost; d++) {
        uint64_t c[MOST_ROWS] = { 0 };

        for (int i = 0; i < n; i++) {
            struct term_columns z;

            random_columns(s->made, term, in->rest_row[i], &z);
            for (int b = 0; z.level == level && b < k; b++)
                for (int e = 0; e < truth->entry_count; e++)
                    if (truth->entry[e].term == term && truth->entry[e].a == (a > b ? a : b)
                        && truth->entry[e].b == (a > b ? b : a))
                        c[i] = residue_plus(c[i], residue_times(truth->direction[e + d * truth->entry_count], residue(z.z[b])));
        }
        for (int v = 0; v < m; v++) {
            uint64_t sum = 0;

            for (int i = 0; i < n; i++)
                sum = residue_plus(sum, residue_times(K[i + v * n], c[i]));
            if (sum != 0)
                return false;
        }
    }
    return true;
}

/* Whether the data say anything of an effect that is open in this level: else its mode is 0 whatever its variance, as much as any
 * dash says. */
static bool says_nothing(const struct subject *s, int term, int level, int a, int m, const uint64_t *K)
{
    const struct coordinates *in = &s->truth->cells;
    int n = in->rest.count;

    if (entry_known(s->truth, term, a, a))
        return false;
    for (int v = 0; v < m; v++) {
        uint64_t sum = 0;

        for (int i = 0; i < n; i++) {
            struct term_columns z;

            random_columns(s->made, term, in->rest_row[i], &z);
            if (z.level == level)
                sum = residue_plus(sum, residue_times(K[i + v * n], residue(z.z[a])));
        }
        if (sum != 0)
            return false;
    }
    return true;
}

static void hold_modes(const struct subject *s)
{
    int m;
    uint64_t *K;

    if (s->truth->runs_away || s->truth->separated || is_settled(s))
        return;
    K = truth_contrasts(&s->truth->cells, &m);
    for (int t = 0; t < random_term_count(s->made); t++) {
        struct glmm_random random;
        double *se;
        struct glmm_error err = { 0 };

        glmm_fit_random(s->fit, t, &random);
        se = calloc((size_t)(random.levels * random.effects) + 1, sizeof *se);
        if (!glmm_fit_mode_errors(s->fit, t, GLMM_SE_CONDITIONAL, se, NULL, &err))
            subject_complain(s, "mode errors", random.group, err.message);
        for (int l = 0; l < random.levels; l++)
            for (int a = 0; a < random.effects; a++) {
                bool known = mode_known(s, t, l, a, random.effects, m, K);
                char which[120];

                snprintf(which, sizeof which, "%s of %s %s", random.names[a], random.group, random.level_names[l]);
                if (!known || !says_nothing(s, t, l, a, m, K))
                    subject_judge(s, "mode", which, known, isfinite(random.modes[l * random.effects + a]));
                if (!known)
                    subject_judge(s, "error of the mode", which, false, isfinite(se[l * random.effects + a]));
            }
        free(se);
    }
    free(K);
}

/* --- the whole --------------------------------------------------------------------------------------- */

/* Whether some direction moves the covariance of the rows. */
static bool law_known(const struct truth *truth)
{
    int n = truth->cells.rest.count, count = truth->entry_count;

    for (int d = 0; d < truth->lost; d++)
        for (int i = 0; i < n * n; i++) {
            uint64_t sum = 0;

            for (int e = 0; e < count; e++)
                sum = residue_plus(sum, residue_times(truth->direction[e + d * count], truth->matrix[(size_t)e * n * n + i]));
            if (sum != 0)
                return false;
        }
    return true;
}

/* A new response needs the law of the rows, whatever its parts. */
static void hold_simulation(const struct subject *s)
{
    double *y = calloc(MOST_ROWS, sizeof *y);
    struct glmm_error err = { 0 };

    if (!s->truth->runs_away && !s->truth->separated && !is_settled(s))
        subject_judge(s, "a new response", "", law_known(s->truth), glmm_fit_simulate(s->fit, 1, 1, y, &err));
    free(y);
}

/* Against the model without random effects: as many degrees of freedom as variances and covariances are determined. */
static void hold_comparison(const struct subject *s, const struct glmm_fit *without)
{
    int df = -s->truth->lost;
    struct glmm_test test;
    struct glmm_error err = { 0 };
    char says[400];

    for (int e = 0; e < s->truth->entry_count; e++)
        df += s->truth->entry[e].term >= 0;
    if (without == NULL || s->made->family != MADE_GAUSSIAN || df == 0)
        return;
    if (!glmm_compare(without, s->fit, &test, &err)) {
        subject_complain(s, "comparison", "", err.message);
        return;
    }
    if (test.df == df && isfinite(test.p)) {
        subject_held(s);
        return;
    }
    snprintf(says, sizeof says, "df %d, p %g; but %d are determined; %s", test.df, test.p, df, test.adds);
    subject_complain(s, "comparison", "", says);
}

void hold_asked(const struct subject *s, const struct glmm_fit *without)
{
    hold_tests(s);
    if (s->made->family != MADE_ORDERED && has_columns(s))
        hold_intervals(s, GLMM_WALD);
    if (s->made->family != MADE_ORDERED && has_columns(s) && s->made->number % 5 == 0)
        hold_intervals(s, GLMM_PROFILE);
    hold_modes(s);
    hold_simulation(s);
    hold_comparison(s, without);
}
