/* determined.c -- nothing that the data do not determine is shown as if they did, and nothing that they do is withheld:
 * `determined [MODELS [FIRST]]`, 100 in `make check`, 2,000 in `make check-slow`; `determined 1 N data` prints table N,
 * `determined 100 0 all` says what is refused and does not converge, too.
 *
 * Small models are made from a fixed seed: fixed effects with empty cells, in several contrasts; groups that are the same as
 * others, constant, or within the fixed effects; slopes constant within groups; cells and levels without events; weights, some of
 * them 0. What is determined is found by exact algebra that shares no code with the engine (determined-truth.h), and held against
 * what glmm.h says of coefficients and combinations of them, thresholds, predictions, means, slopes, contrasts, margins,
 * variances and their shares, with errors and intervals; of joint tests, profiles, modes, comparisons and new responses
 * (determined-asked.c). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "determined-more.h"

static bool tell_refusals;
static long opens, ends, errors; /* quantities that are open, infinite, known but for their errors */
static long settled;             /* open, but for a variance that is estimated as 0 */
static long compared, printed, withheld, other, models, refused, unconverged, away, too_large;

static const char *const family_names[] = {
    [MADE_GAUSSIAN] = "gaussian", [MADE_BINARY] = "binomial", [MADE_TRIALS] = "binomial",    [MADE_POISSON] = "poisson",
    [MADE_NBINOM] = "nbinom2",    [MADE_GAMMA] = "Gamma",     [MADE_ORDERED] = "cumulative",
};

static void complain(const struct subject *s, const char *what, const char *which, const char *says)
{
    static const char *const contrasts[] = { "treatment", "sum", "helmert" };

    printf("model %d (%s, family=%s%s%s%s%s): %s %s: %s\n", s->made->number, s->made->formula, family_names[s->made->family],
           s->made->table.has_weights ? " weights=w" : "", s->made->ml ? " method=ml" : "",
           s->made->contrasts == MADE_TREATMENT ? "" : " contrasts=",
           s->made->contrasts == MADE_TREATMENT ? "" : contrasts[s->made->contrasts], what, which, says);
}

/* Whether there is an interval.  Where there is an error both ends are numbers, but by t of few degrees of freedom, where both
 * may be beyond all numbers; where there is none nothing may stand there at all. */
static bool has_interval(const struct subject *s, struct told told, double lower, double upper)
{
    if (!told.error)
        return !isnan(lower) && !isnan(upper);
    return (isfinite(lower) && isfinite(upper)) || (s->made->family == MADE_GAUSSIAN && lower == -INFINITY && upper == INFINITY);
}

void subject_complain(const struct subject *s, const char *what, const char *which, const char *says)
{
    other++;
    complain(s, what, which, says);
}

void subject_shown(const struct subject *s, const char *what, const char *says)
{
    compared++;
    printed++;
    complain(s, what, "", says);
}

void subject_withheld(const struct subject *s, const char *what, const char *says)
{
    compared++;
    withheld++;
    complain(s, what, "", says);
}

void subject_held(const struct subject *s)
{
    (void)s;
    compared++;
}

/* What is open because a covariance may be anything is not where one of the two variances is estimated as 0. */
static bool may_be_settled(const struct subject *s, struct told told)
{
    return told.tends == TENDS_OPEN && told.by_variances && strstr(glmm_fit_message(s->fit), "estimated as 0") != NULL;
}

void subject_hold(const struct subject *s, const char *what, const char *which, struct told told, enum scale scale,
                  double estimate, double se, double lower, double upper)
{
    static const char *const tends[] = { "finite", "Inf", "-Inf", "open" };
    bool end = told.tends == TENDS_UP || told.tends == TENDS_DOWN, shown, error = isfinite(se),
         interval = has_interval(s, told, lower, upper);
    char says[200];

    if (told.tends == TENDS_TOO_LARGE || (s->truth->runs_away && told.tends != TENDS_OPEN))
        return;
    compared++;
    opens += told.tends == TENDS_OPEN;
    ends += end;
    errors += told.tends == TENDS_FINITE && !told.error;
    if (end && scale == ON_RESPONSE && told.tends == TENDS_UP && s->made->family >= MADE_POISSON)
        scale = ON_LINK; /* of a log link it is infinite too */
    settled += may_be_settled(s, told) && isfinite(estimate) && !error && !interval;
    if ((may_be_settled(s, told) && !error && !interval) || (told.nothing && estimate == 0 && (se == 0 || (!error && !interval))))
        return;
    shown = scale == ON_LINK && end ? estimate == (told.tends == TENDS_UP ? INFINITY : -INFINITY) : isfinite(estimate);
    if (shown == (told.tends != TENDS_OPEN) && (error == told.error || told.rare) && (interval == told.error || told.rare))
        return;
    if ((told.tends == TENDS_OPEN && !isnan(estimate)) || (error && !told.error) || (interval && !told.error))
        printed++;
    else if (!shown || !error || !interval)
        withheld++;
    snprintf(says, sizeof says, "%g, error %g, interval [%g, %g]; but it is %s, its error %s", estimate, se, lower, upper,
             tends[told.tends], told.error ? "determined" : "not");
    complain(s, what, which, says);
}

/* --- fits --------------------------------------------------------------------------------------- */

static bool add_factor(struct glmm_data *data, const struct table_of *t, char letter)
{
    static char names[MOST_ROWS][16];
    const char *values[MOST_ROWS];
    char name[2] = { letter, '\0' };

    for (int i = 0; i < t->n; i++) {
        snprintf(names[i], sizeof names[i], "%c%d", letter, t->value[letter - 'a'][i] + 1);
        values[i] = names[i];
    }
    return glmm_data_add_factor(data, name, values, NULL);
}

static struct glmm_data *data_of(const struct table_of *t)
{
    struct glmm_data *data = glmm_data_new((size_t)t->n, NULL);
    bool ok = glmm_data_add_real(data, "y", t->y, NULL) && glmm_data_add_integer(data, "n", t->trials, NULL)
              && glmm_data_add_integer(data, "w", t->weight, NULL) && glmm_data_add_integer(data, "x", t->value['x' - 'a'], NULL);

    for (const char *letter = "abcfghkost"; *letter != '\0'; letter++)
        ok = ok && add_factor(data, t, *letter);
    if (!ok)
        exit(99);
    return data;
}

static struct glmm_model *state(const struct made *made, const struct glmm_data *data, struct glmm_error *err)
{
    static const char *const contrasts[] = { NULL, "sum", "helmert" };
    struct glmm_model_options options = { .size = sizeof options,
                                          .family = family_names[made->family],
                                          .link = made->family == MADE_GAMMA ? "log" : NULL,
                                          .weights = made->table.has_weights ? "w" : NULL,
                                          .contrasts = contrasts[made->contrasts] };

    return glmm_model_new(data, made->formula, &options, err);
}

/* --- what is compared --------------------------------------------------------------------------- */

static void hold_coefficients(const struct subject *s)
{
    const struct coordinates *in = &s->truth->coded;
    const double *beta = glmm_fit_estimates(s->fit), *se = glmm_fit_standard_errors(s->fit);
    whole l[MOST_COLUMNS];

    if (strstr(s->made->formula, "poly") != NULL)
        return;
    if (glmm_fit_fixed_count(s->fit) != in->p) {
        char says[80];

        snprintf(says, sizeof says, "%d, but the rank is %d", glmm_fit_fixed_count(s->fit), in->p);
        complain(s, "columns", "of X", says);
        other++;
        return;
    }
    for (int j = 0; j < in->p; j++) {
        struct told told;
        double interval = se[j];

        memset(l, 0, sizeof l);
        l[in->thresholds + j] = 1;
        told = truth_of(s->truth, in, l);
        subject_hold(s, "coefficient", glmm_fit_fixed_name(s->fit, j), told, ON_LINK, beta[j], se[j], interval, interval);
    }
}

/* All combinations of a, b, c, at x of 1 and 3; of t those that its level of a has. */
static int grid(const struct made *made, struct table_of *out)
{
    const struct table_of *t = &made->table;
    int n = 0;

    *out = *t;
    for (int l = 0; l < t->levels[0] * t->levels[1] * t->levels[2]; l++)
        for (int x = 1; x <= (strchr(made->fixed->uses, 'x') != NULL ? 3 : 1) && n < MOST_ROWS; x += 2) {
            for (int j = 0; j < LETTERS; j++)
                out->value[j][n] = t->value[j][0];
            out->value[0][n] = l / (t->levels[1] * t->levels[2]);
            out->value[1][n] = l / t->levels[2] % t->levels[1];
            out->value[2][n] = l % t->levels[2];
            out->value['x' - 'a'][n++] = x;
        }
    out->n = n;
    return n;
}

static void hold_predictions(const struct subject *s, enum scale scale)
{
    struct glmm_predict_options options = {
        .size = sizeof options, .link_scale = scale == ON_LINK, .groups = GLMM_TYPICAL, .new_levels = true
    };
    struct glmm_error err = { 0 };
    struct table_of table;
    int n = grid(s->made, &table);
    struct glmm_data *data = data_of(&table);
    struct glmm_prediction *prediction = glmm_predict(s->fit, data, &options, &err);
    struct glmm_predicted p;

    if (prediction == NULL && s->truth->runs_away) {
        glmm_data_free(data);
        return;
    }
    if (!glmm_prediction_get(prediction, &p) || (int)p.count != n) {
        complain(s, "predictions", "", err.message);
        other++;
    }
    for (int i = 0; prediction != NULL && i < n; i++) {
        struct place place = place_of_row(&table, i);
        whole l[MOST_COLUMNS] = { 0 };
        char which[80];

        truth_add_place(s->made, s->truth, &place, 1, l);
        snprintf(which, sizeof which, "of a%d b%d c%d x%d t%d, %s", place.level[0] + 1, place.level[1] + 1, place.level[2] + 1,
                 place.x_num, place.level['t' - 'a'] + 1, scale == ON_LINK ? "link" : "response");
        subject_hold(s, "prediction", which, truth_of(s->truth, &s->truth->cells, l), scale, p.estimate[i], p.se[i], p.lower[i],
                     p.upper[i]);
    }
    glmm_prediction_free(prediction);
    glmm_data_free(data);
}

/* Whether the rows have a level of one letter together with a level of another. */
static bool occurs(const struct table_of *t, char one, int i, char two, int j)
{
    for (int row = 0; row < t->n; row++)
        if (t->weight[row] > 0 && t->value[one - 'a'][row] == i && t->value[two - 'a'][row] == j)
            return true;
    return false;
}

/* Whether each level of the inner letter is with one of several of the outer one. */
static bool is_nested(const struct table_of *t, char inner, char outer)
{
    int outers = 0;

    for (int i = 0; i < t->levels[inner - 'a']; i++) {
        int count = 0;

        for (int j = 0; j < t->levels[outer - 'a']; j++)
            count += occurs(t, inner, i, outer, j);
        if (count > 1)
            return false;
    }
    for (int j = 0; j < t->levels[outer - 'a']; j++) {
        bool any = false;

        for (int i = 0; i < t->levels[inner - 'a']; i++)
            any = any || occurs(t, inner, i, outer, j);
        outers += any;
    }
    return outers > 1;
}

/* Whether a place is one that the rows have, of two letters one of which is nested in the other; a/b says so too. */
static bool is_in_nest(const struct subject *s, const struct place *place, const char *variables)
{
    const struct table_of *t = &s->made->table;

    for (const char *v = s->made->fixed->uses; *v != '\0'; v++)
        for (const char *w = s->made->fixed->uses; *w != '\0'; w++) {
            bool nested = *v != *w && *v != 'x' && *w != 'x'
                          && (is_nested(t, *v, *w)
                              || (strcmp(s->made->fixed->text, "a/b") == 0 && *v == 'b' && strchr(variables, 'b') == NULL));

            if (nested && !occurs(t, *v, place->level[*v - 'a'], *w, place->level[*w - 'a']))
                return false;
        }
    return true;
}

/* l: the sum over the places of a mean, those of nested factors where there are such (`inside`); how many. */
static int add_places(const struct subject *s, const char *variables, struct place *place, int others, bool inside, whole l[])
{
    const int *levels = s->made->table.levels;
    int count = 0;

    for (int o = 0; o < others; o++) {
        int left = o;

        for (const char *v = s->made->fixed->uses; *v != '\0'; v++)
            if (*v != 'x' && strchr(variables, *v) == NULL) {
                place->level[*v - 'a'] = left % levels[*v - 'a'];
                left /= levels[*v - 'a'];
            }
        if (inside && !is_in_nest(s, place, variables))
            continue;
        truth_add_place(s->made, s->truth, place, 1, l);
        count++;
    }
    return count;
}

/* l of the mean number `cell` of the variables, averaged alike over the other factors of the fixed effects (x = num / den), times
 * the number of places that it is an average over, which is returned. */
static int mean_function(const struct subject *s, const char *variables, int cell, int num, int den, whole l[])
{
    const int *levels = s->made->table.levels;
    struct place place = { .x_num = num, .x_den = den };
    int others = 1, of = cell, count;

    memset(l, 0, sizeof *l * MOST_COLUMNS);
    for (const char *v = variables + strlen(variables); v-- > variables;) {
        place.level[*v - 'a'] = of % levels[*v - 'a'];
        of /= levels[*v - 'a'];
    }
    for (const char *v = s->made->fixed->uses; *v != '\0'; v++)
        if (*v != 'x' && strchr(variables, *v) == NULL)
            others *= levels[*v - 'a'];
    count = add_places(s, variables, &place, others, true, l);
    return count > 0 ? count : add_places(s, variables, &place, others, false, l);
}

static void hold_contrasts(const struct subject *s, struct glmm_means *means, const char *variables, int num, int den)
{
    struct glmm_contrasts *contrasts = glmm_contrasts_new(means, NULL, NULL);
    int count = glmm_means_count(means), at = 0;

    for (int a = 0; a < count; a++)
        for (int b = a + 1; b < count; b++, at++) {
            struct glmm_estimate e;
            const char *name;
            whole l[MOST_COLUMNS], m[MOST_COLUMNS];
            int in_a, in_b;

            in_a = mean_function(s, variables, a, num, den, l);
            in_b = mean_function(s, variables, b, num, den, m);
            for (int j = 0; j < MOST_COLUMNS; j++)
                l[j] = l[j] * in_b - m[j] * in_a;
            if (!glmm_contrasts_get(contrasts, at, &name, &e)) {
                complain(s, "contrast", variables, "none");
                other++;
                break;
            }
            subject_hold(s, "contrast", name, truth_of(s->truth, &s->truth->cells, l), ON_LINK, e.estimate, e.se, e.lower,
                         e.upper);
        }
    glmm_contrasts_free(contrasts);
}

/* Means of the letters in `variables`; at x = 1, or (mean) at its mean over the rows. */
static void hold_means(const struct subject *s, const char *variables, bool mean)
{
    static const char *const one[] = { "1" };
    const struct table_of *t = &s->made->table;
    struct glmm_stated at = { .name = "x", .values = one, .count = 1 };
    bool x = strchr(s->made->fixed->uses, 'x') != NULL;
    struct glmm_means_options options = { .size = sizeof options, .at = &at, .at_count = x && !mean };
    char names[4][2] = { "" };
    const char *list[5] = { NULL };
    struct glmm_error err = { 0 };
    struct glmm_means *means;
    int num = 0, den = 0, count = (int)strlen(variables);

    for (int i = 0; i < t->n; i++)
        if (t->weight[i] > 0) {
            num += t->trials[i] * t->value['x' - 'a'][i]; /* over the trials */
            den += t->trials[i];
        }
    if (!mean)
        num = den = 1;
    for (int j = 0; j < count; j++) {
        names[j][0] = variables[j];
        list[j] = names[j];
    }
    means = glmm_means_new(s->fit, list, &options, &err);
    if (means == NULL && !s->truth->runs_away) {
        complain(s, "means of", variables, err.message);
        other++;
    }
    for (int cell = 0; cell < glmm_means_count(means); cell++) {
        struct glmm_estimate e;
        const char *levels;
        whole l[MOST_COLUMNS];

        if (!glmm_means_get(means, cell, &levels, &e, NULL)) {
            complain(s, "mean of", variables, "none");
            other++;
            continue;
        }
        mean_function(s, variables, cell, num, den, l);
        if (s->made->family != MADE_ORDERED)
            subject_hold(s, mean ? "mean at mean x" : "mean", levels, truth_of(s->truth, &s->truth->cells, l), ON_LINK,
                         e.estimate, e.se, e.lower, e.upper);
    }
    if (means != NULL)
        hold_contrasts(s, means, variables, num, den);
    glmm_means_free(means);
}

/* The mean over the rows, each with this level of a: of the linear predictor where that is the mean, else each must be known. */
static struct told margin_truth(const struct subject *s, int level)
{
    struct told all = { .tends = TENDS_FINITE }, one;
    whole sum[MOST_COLUMNS] = { 0 };

    for (int i = 0; i < s->made->table.n; i++) {
        struct place place = place_of_row(&s->made->table, i);
        whole l[MOST_COLUMNS] = { 0 };

        if (s->made->table.weight[i] == 0)
            continue;
        place.level[0] = level;
        truth_add_place(s->made, s->truth, &place, s->made->table.trials[i], sum);
        truth_add_place(s->made, s->truth, &place, 1, l);
        one = truth_of(s->truth, &s->truth->cells, l);
        all.error = all.error || one.error;
        if (one.tends == TENDS_OPEN || one.tends == TENDS_TOO_LARGE)
            all.tends = one.tends;
        else if (one.tends == TENDS_UP && s->made->family >= MADE_POISSON && all.tends == TENDS_FINITE)
            all.tends = TENDS_UP;
    }
    if (s->made->family == MADE_GAUSSIAN)
        return truth_of(s->truth, &s->truth->cells, sum);
    all.error = all.error && all.tends == TENDS_FINITE;
    return all;
}

static void hold_margins(const struct subject *s)
{
    struct glmm_error err = { 0 };
    struct glmm_margins *margins;

    if (s->truth->lost > 0 && s->made->family != MADE_GAUSSIAN)
        return; /* the population's mean hangs on variances */
    margins = glmm_margins_new(s->fit, "a", NULL, &err);
    if (margins == NULL && !s->truth->runs_away) {
        complain(s, "margins of", "a", err.message);
        other++;
    }
    for (int k = 0; k < glmm_margins_count(margins); k++) {
        struct glmm_margin m;

        if (!glmm_margins_get(margins, k, &m)) {
            complain(s, "margins of", "a", "none");
            other++;
            break;
        }
        subject_hold(s, "margin", m.value, margin_truth(s, k), ON_RESPONSE, m.estimate, m.se, m.lower, m.upper);
    }
    glmm_margins_free(margins);
}

static void hold_fit(const struct subject *s)
{
    bool two = strchr(s->made->fixed->uses, 'b') != NULL;

    hold_coefficients(s);
    hold_combinations(s);
    hold_thresholds(s);
    hold_variances(s);
    hold_shares(s);
    hold_count(s);
    if (s->made->family != MADE_ORDERED) {
        hold_predictions(s, ON_LINK);
        hold_predictions(s, ON_RESPONSE);
    }
    if (strchr(s->made->fixed->uses, 'a') == NULL)
        return;
    hold_means(s, "a", false);
    hold_slopes(s);
    if (strchr(s->made->fixed->uses, 'x') != NULL)
        hold_means(s, "a", true);
    if (two)
        hold_means(s, "ab", false);
    if (s->made->family != MADE_ORDERED)
        hold_margins(s);
}

/* The model without random effects, where it has some; NULL: there is no fit. */
static struct glmm_fit *fit_without(const struct made *made, const struct glmm_data *data, struct glmm_model **model)
{
    struct made bare = *made;
    struct glmm_fit_options options = { .size = sizeof options, .method = made->ml ? GLMM_ML : GLMM_DEFAULT };

    if (made->random->terms[0] == '\0')
        return NULL;
    snprintf(bare.formula, sizeof bare.formula, "%.*s", (int)(strlen(made->formula) - strlen(made->random->text)), made->formula);
    *model = state(&bare, data, NULL);
    return *model == NULL ? NULL : glmm_fit_new(*model, &options, NULL);
}

static void one_model(int number)
{
    struct made made;
    struct truth truth;
    struct glmm_error err = { 0 };
    struct glmm_data *data;
    struct glmm_model *model;
    struct subject s = { .made = &made, .truth = &truth };

    make_model(number, &made);
    data = data_of(&made.table);
    model = state(&made, data, &err);
    if (model != NULL) {
        struct glmm_fit_options options = { .size = sizeof options, .method = made.ml ? GLMM_ML : GLMM_DEFAULT };

        s.fit = glmm_fit_new(model, &options, &err);
    }
    s.model = model;
    models++;
    if (s.fit == NULL) {
        refused++;
        if (tell_refusals)
            complain(&s, "refused", "", err.message);
    } else if (glmm_fit_verdict(s.fit) == GLMM_NOT_CONVERGED) {
        unconverged++;
        if (tell_refusals)
            complain(&s, "not converged", "", glmm_fit_message(s.fit));
    } else {
        truth_find(&made, &truth);
        away += truth.runs_away;
        too_large += truth.too_large;
        if (!truth.too_large) {
            struct glmm_model *bare = NULL;
            struct glmm_fit *without = fit_without(&made, data, &bare);

            hold_fit(&s);
            hold_asked(&s, without);
            glmm_fit_free(without);
            glmm_model_free(bare);
        }
        truth_clear(&truth);
    }
    glmm_fit_free(s.fit);
    glmm_model_free(model);
    glmm_data_free(data);
}

/* What is made has seldom nothing to say, such as one level or one row a level: an engine that refused more would hold all. */
static bool too_few(void)
{
    return refused + unconverged > models / 8 + 1;
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 100, first = argc > 2 ? atoi(argv[2]) : 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    tell_refusals = argc > 3 && strcmp(argv[3], "all") == 0;
    if (argc > 3 && !tell_refusals) {
        struct made made;

        make_model(first, &made);
        made_print(&made, stdout);
        return 0;
    }
    for (int i = first; i < first + count; i++)
        one_model(i);
    printf("%ld models, %ld of them refused, %ld not converged, %ld with a variance that may have no end, %ld too large\n",
           models, refused, unconverged, away, too_large);
    printf("%ld quantities compared: %ld open (%ld of them settled by a variance of 0), %ld infinite, %ld without an error\n",
           compared, opens, settled, ends, errors);
    printf("%ld shown that nothing determines, %ld withheld, %ld wrong otherwise\n", printed, withheld, other);
    if (too_few()) {
        printf("too many are refused or not converged\n");
        other++;
    }
    if (settled > opens / 1000 + 6) { /* 6 of 41,631 of 4,500 models were, together */
        printf("too many that are open are taken for settled\n");
        other++;
    }
    printf("%ld passed, %ld failed\n", compared - printed - withheld, printed + withheld + other);
    return printed + withheld + other > 0;
}
