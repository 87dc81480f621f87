/* reference.c -- see reference.h.
 *
 * Tolerances are those of the case ("logLik abs 1e-6; fixef and SE rel 1e-6; SDs rel 1e-5; ..."), read from its text: for each
 * word the number that follows it, relative or absolute, in units of the standard deviation or error where it says so. */
#include "reference.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *source_folder(void)
{
    const char *folder = getenv("srcdir");

    return folder == NULL ? "." : folder;
}

json_t *cases_load_from(const char *name)
{
    char path[4096];
    json_error_t error;
    json_t *cases;

    snprintf(path, sizeof path, "%s/tests/reference/%s", source_folder(), name);
    cases = json_load_file(path, 0, &error);
    if (cases == NULL) {
        printf("%s: %s (line %d)\n0 passed, 1 failed\n", path, error.text, error.line);
        exit(1);
    }
    return cases;
}

json_t *cases_load(void)
{
    return cases_load_from("cases.json");
}

bool case_is_linear(const json_t *item)
{
    return strcmp(case_text(item, "family"), "gaussian") == 0 && strcmp(case_text(item, "link"), "identity") == 0;
}

const char *case_text(const json_t *item, const char *key)
{
    return json_string_value(json_object_get(item, key));
}

char *case_data_path(const json_t *item)
{
    static const char *const places[][2] = { { "data", "csv" }, { "data", "csv.gz" }, { "tests/reference/data", "csv" } };
    char *path = malloc(4096);

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        snprintf(path, 4096, "%s/%s/%s.%s", source_folder(), places[i][0], case_text(item, "data"), places[i][1]);
        if (access(path, R_OK) == 0)
            return path;
    }
    return path;
}

char *case_types(const json_t *item)
{
    const json_t *names = json_object_get(item, "columns_as_factor");
    char *types;
    json_t *name;
    size_t i;

    if (names == NULL)
        return NULL;
    types = calloc(1, 1024);
    json_array_foreach(names, i, name)
        snprintf(types + strlen(types), 1024 - strlen(types), "%s%s=factor", i > 0 ? "," : "", json_string_value(name));
    return types;
}

double number_of(const json_t *value)
{
    const char *text = json_string_value(value);

    if (json_is_number(value))
        return json_number_value(value);
    if (text != NULL && strcmp(text, "Inf") == 0)
        return INFINITY;
    if (text != NULL && strcmp(text, "-Inf") == 0)
        return -INFINITY;
    return NAN;
}

double number_at(const json_t *object, const char *key)
{
    return number_of(json_object_get(object, key));
}

int tally_end(int passed, int failed)
{
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}

/* --- one case --------------------------------------------------------------------------------- */

void check_start(struct check *check, const char *id)
{
    *check = (struct check){ .id = id };
}

void check_number(struct check *check, const char *what, double got, double expected, double tolerance)
{
    double share = fabs(got - expected) / tolerance;

    check->compared++;
    if (share <= 1 || (isinf(expected) && got == expected) || (isnan(expected) && isnan(got))) {
        if (share > check->worst) {
            check->worst = share;
            snprintf(check->worst_at, sizeof check->worst_at, "%s", what);
        }
        return;
    }
    if (check->wrong++ < 12)
        printf("  %s: %s is %.15g, expected %.15g (tolerance %.3g)\n", check->id, what, got, expected, tolerance);
}

void check_relative(struct check *check, const char *what, double got, double expected, double relative, double floor)
{
    check_number(check, what, got, expected, fmax(relative * fabs(expected), floor));
}

void check_true(struct check *check, bool holds, const char *format, ...)
{
    va_list arguments;

    check->compared++;
    if (holds)
        return;
    if (check->wrong++ >= 12)
        return;
    printf("  %s: ", check->id);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

bool check_end(struct check *check)
{
    if (check->wrong == 0)
        printf("ok   %s: %d values; nearest to its tolerance: %s (%.2g of it)\n", check->id, check->compared,
               check->worst > 0 ? check->worst_at : "none", check->worst);
    else
        printf("FAIL %s: %d of %d values\n", check->id, check->wrong, check->compared);
    fflush(stdout);
    return check->wrong == 0;
}

/* --- tolerances ------------------------------------------------------------------------------- */

/* The number after `word` in the case's tolerances; `in_units` is set where it is in standard deviations or errors.  A word that
 * is not there is a mistake of cases.json. */
static double tolerance(const json_t *item, const char *word, bool *in_units)
{
    const char *text = case_text(item, "tolerance"), *at = strstr(text, word), *end;
    char *after;
    double number;

    if (at == NULL) {
        printf("%s: no tolerance for %s\n", case_text(item, "id"), word);
        exit(1);
    }
    end = at + strcspn(at, ";");
    at += strlen(word);
    while (at < end && (*at < '0' || *at > '9'))
        at++;
    number = strtod(at, &after);
    if (in_units != NULL)
        *in_units = *after == '*';
    return number;
}

double case_tolerance(const json_t *item, const char *word)
{
    return tolerance(item, word, NULL);
}

double case_correlation_tolerance(const json_t *item)
{
    return tolerance(item, strstr(case_text(item, "tolerance"), "corr abs") != NULL ? "corr abs" : "SDs rel", NULL);
}

/* --- the parts of a fit ----------------------------------------------------------------------- */

static const json_t *find_fixed(const json_t *fit, const char *term)
{
    json_t *row;
    size_t i;

    json_array_foreach(json_object_get(fit, "fixed"), i,
                       row) if (strcmp(json_string_value(json_object_get(row, "term")), term) == 0) return row;
    return NULL;
}

/* Standard errors are to be right to what the case says, relative to themselves; the covariances follow from them. */
static void check_fixed(struct check *check, const json_t *item, const json_t *fit)
{
    const json_t *expected = json_object_get(json_object_get(item, "expect"), "fixef");
    const json_t *vcov = json_object_get(json_object_get(item, "expect"), "vcov_fixef");
    bool in_units, aliased = true;
    double relative_se = tolerance(item, "SE rel", NULL), allowed = tolerance(item, "fixef", &in_units);
    const char *term;
    json_t *values;
    size_t i = 0;

    check_true(check, json_array_size(json_object_get(fit, "fixed")) == json_object_size(expected),
               "%zu fixed effects, expected %zu", json_array_size(json_object_get(fit, "fixed")), json_object_size(expected));
    json_object_foreach((json_t *)expected, term, values)
    {
        const json_t *row = find_fixed(fit, term);
        double estimate = number_at(values, "estimate"), se = number_at(values, "se");
        char what[160];

        if (row == NULL && json_object_size(expected) == 2 && strcmp(term, "service1") == 0)
            row = find_fixed(fit, "service"); /* 0/1 read as a number: the same column */
        check_true(check, row != NULL, "no fixed effect `%s`", term);
        if (row == NULL)
            continue;
        snprintf(what, sizeof what, "estimate of %s", term);
        if (in_units)
            check_number(check, what, number_at(row, "estimate"), estimate, allowed * se);
        else
            check_relative(check, what, number_at(row, "estimate"), estimate, allowed, isnan(se) ? 0 : allowed * se);
        snprintf(what, sizeof what, "standard error of %s", term);
        if (!isnan(se))
            check_relative(check, what, number_at(row, "se"), se, relative_se, 0);
        else if (json_is_null(json_object_get(values, "se")))
            check_true(check, json_is_null(json_object_get(row, "se")), "%s, which nothing determines", what);
        aliased = aliased && row == json_array_get(json_object_get(fit, "fixed"), i);
        i++;
    }
    if (vcov == NULL || !aliased)
        return;
    for (size_t a = 0; a < json_array_size(vcov); a++)
        for (size_t b = 0; b < json_array_size(vcov); b++) {
            double scale = sqrt(number_of(json_array_get(json_array_get(vcov, a), a))
                                * number_of(json_array_get(json_array_get(vcov, b), b)));
            char what[80];

            snprintf(what, sizeof what, "vcov[%zu][%zu]", a, b);
            check_number(check, what, number_of(json_array_get(json_array_get(json_object_get(fit, "vcov"), a), b)),
                         number_of(json_array_get(json_array_get(vcov, a), b)), 2 * relative_se * scale);
        }
}

static bool same_texts(const json_t *a, const json_t *b)
{
    return json_array_size(a) == json_array_size(b) && json_equal(a, b);
}

/* The entry of `list` with the group and the terms of an expected entry; *theta_at gets the index of its first theta. */
static const json_t *find_random(const json_t *list, const json_t *expected, size_t *theta_at)
{
    json_t *entry;
    size_t i;

    *theta_at = 0;
    json_array_foreach(list, i, entry)
    {
        size_t k = json_array_size(json_object_get(entry, "terms"));

        if (json_equal(json_object_get(entry, "group"), json_object_get(expected, "group"))
            && same_texts(json_object_get(entry, "terms"), json_object_get(expected, "names")))
            return entry;
        *theta_at += k * (k + 1) / 2;
    }
    return NULL;
}

static double residual_sd(const json_t *item)
{
    double sigma = number_at(json_object_get(item, "expect"), "sigma");

    return isnan(sigma) ? 1 : sigma;
}

/* Where the thetas of an expected term begin: they are in lme4's order, by decreasing number of levels (NOTES.md). */
static size_t theta_place(const json_t *expect, size_t which)
{
    const json_t *terms = json_object_get(expect, "varcomp"), *levels = json_object_get(expect, "ngroups");
    const char *group = json_string_value(json_object_get(json_array_get(terms, which), "group"));
    double own = number_at(levels, group);
    size_t place = 0, i;
    json_t *entry;

    json_array_foreach(terms, i, entry)
    {
        size_t k = json_array_size(json_object_get(entry, "names"));
        double count = number_at(levels, json_string_value(json_object_get(entry, "group")));

        if (count > own || (!(count < own) && i < which))
            place += k * (k + 1) / 2;
    }
    return place;
}

static void check_random(struct check *check, const json_t *item, const json_t *fit)
{
    const json_t *expect = json_object_get(item, "expect"), *thetas = json_object_get(expect, "theta");
    double relative = tolerance(item, "SDs rel", NULL), floor = 1e-7 * residual_sd(item);
    double absolute_corr = case_correlation_tolerance(item);
    size_t i, at;
    json_t *entry;

    json_array_foreach(json_object_get(expect, "varcomp"), i, entry)
    {
        const json_t *mine = find_random(json_object_get(fit, "random"), entry, &at), *names = json_object_get(entry, "names");
        const json_t *corr = json_object_get(entry, "corr");
        size_t k = json_array_size(names), expected_at = theta_place(expect, i);
        const char *group = json_string_value(json_object_get(entry, "group"));
        char what[200];

        check_true(check, mine != NULL, "no random term of %s with %s ...", group, json_string_value(json_array_get(names, 0)));
        for (size_t a = 0; mine != NULL && a < k; a++) {
            snprintf(what, sizeof what, "SD of %s by %s", json_string_value(json_array_get(names, a)), group);
            check_relative(check, what, number_of(json_array_get(json_object_get(mine, "sd"), a)),
                           number_of(json_array_get(json_object_get(entry, "sd"), a)), relative, floor);
            for (size_t b = 0; json_is_array(corr) && b < a; b++) {
                snprintf(what, sizeof what, "correlation %zu,%zu by %s", a + 1, b + 1, group);
                check_number(check, what, number_of(json_array_get(json_array_get(json_object_get(mine, "corr"), a), b)),
                             number_of(json_array_get(json_array_get(corr, a), b)), absolute_corr);
            }
        }
        for (size_t a = 0; mine != NULL && thetas != NULL && a < k * (k + 1) / 2; a++) {
            double expected = number_of(json_array_get(thetas, expected_at + a)), largest = 0;

            for (size_t b = 0; b < k * (k + 1) / 2; b++)
                largest = fmax(largest, fabs(number_of(json_array_get(thetas, expected_at + b))));
            snprintf(what, sizeof what, "theta %zu of %s", a + 1, group);
            check_number(check, what, number_of(json_array_get(json_object_get(fit, "theta"), at + a)), expected,
                         fmax(relative * largest, 1e-7));
        }
    }
}

/* The expected modes of one term, of its first levels, against the levels of the same names. */
static void check_modes(struct check *check, const json_t *item, const json_t *expected, const json_t *got, const json_t *sds)
{
    double allowed = tolerance(item, "modes abs", NULL);
    const json_t *levels = json_object_get(expected, "levels");
    size_t k = json_array_size(json_object_get(expected, "names")), i, found = 0;
    json_t *level;

    json_array_foreach(json_object_get(got, "levels"), i, level)
    {
        for (size_t l = 0; l < json_array_size(levels); l++) {
            const char *name = json_string_value(json_array_get(levels, l));
            char what[200];

            if (strcmp(json_string_value(json_object_get(level, "level")), name) != 0)
                continue;
            found++;
            for (size_t a = 0; a < k; a++) {
                double unit = allowed * fmax(number_of(json_array_get(sds, a)), 1e-3 * residual_sd(item));

                snprintf(what, sizeof what, "mode %zu of %s %s", a + 1, json_string_value(json_object_get(expected, "group")),
                         name);
                check_number(check, what, number_of(json_array_get(json_object_get(level, "estimate"), a)),
                             number_of(json_array_get(json_array_get(json_object_get(expected, "mode"), l), a)), unit);
                snprintf(what, sizeof what, "SD of mode %zu of %s %s", a + 1,
                         json_string_value(json_object_get(expected, "group")), name);
                if (json_object_get(expected, "condsd") != NULL)
                    check_number(check, what, number_of(json_array_get(json_object_get(level, "se"), a)),
                                 number_of(json_array_get(json_array_get(json_object_get(expected, "condsd"), l), a)), unit);
            }
        }
    }
    check_true(check, found == json_array_size(levels), "%zu of %zu levels of %s found", found, json_array_size(levels),
               json_string_value(json_object_get(expected, "group")));
}

/* The rows {term estimate se} of `key` against an object of terms. */
static void check_part(struct check *check, const json_t *item, const json_t *fit, const char *key, const json_t *expected)
{
    const json_t *rows = json_object_get(fit, key);
    double relative_se = tolerance(item, "SE rel", NULL);
    const char *term;
    json_t *values, *row;
    size_t i;

    json_object_foreach((json_t *)expected, term, values)
    {
        double se = number_at(values, "se");
        const json_t *found = NULL;
        char what[160];

        json_array_foreach(rows, i, row) if (strcmp(json_string_value(json_object_get(row, "term")), term) == 0) found = row;
        check_true(check, found != NULL, "no `%s` in %s", term, key);
        if (found == NULL)
            continue;
        snprintf(what, sizeof what, "%s: estimate of %s", key, term);
        check_number(check, what, number_at(found, "estimate"), number_at(values, "estimate"), 1e-5 * se);
        snprintf(what, sizeof what, "%s: standard error of %s", key, term);
        check_relative(check, what, number_at(found, "se"), se, fmax(relative_se, 1e-4), 0);
    }
}

/* The standard deviations of the random terms of zero inflation. */
static void check_zero_terms(struct check *check, const json_t *item, const json_t *fit)
{
    const json_t *rows = json_object_get(fit, "zi_random");
    json_t *term, *row, *name;
    size_t i, j, a;

    json_array_foreach(json_object_get(json_object_get(item, "expect"), "zi_varcomp"), i, term)
        json_array_foreach(json_object_get(term, "names"), a, name)
    {
        double got = 0;

        json_array_foreach(rows, j, row) if (json_equal(json_object_get(row, "group"), json_object_get(term, "group"))
                                             && json_equal(json_object_get(row, "term"), name)) got = number_at(row, "sd");
        check_relative(check, "SD of zero inflation", got, number_of(json_array_get(json_object_get(term, "sd"), a)),
                       tolerance(item, "SDs rel", NULL), 0);
    }
}

/* What stands beside the mean: dispersion, further shapes, thresholds, other linear predictors. */
static void check_parts(struct check *check, const json_t *item, const json_t *fit)
{
    const json_t *expect = json_object_get(item, "expect"), *disp = json_object_get(expect, "disp_fixef_log");
    const json_t *shape = json_array_get(json_object_get(fit, "shapes"), 0);
    const char *const shapes[] = { "tweedie_power", "t_df" };

    if (json_object_get(expect, "dispersion") != NULL) /* glmmTMB's coefficient is that of a Gamma's shape */
        check_relative(check, "dispersion", number_at(fit, "dispersion"), number_at(expect, "dispersion"), 1e-5, 0);
    else if (json_object_size(disp) == 1)
        check_relative(check, "dispersion", number_at(fit, "dispersion"),
                       exp(number_at(json_object_get(disp, "(Intercept)"), "estimate")), 1e-5, 0);
    else if (disp != NULL)
        check_part(check, item, fit, "disp", disp);
    for (size_t i = 0; i < 2; i++)
        if (json_object_get(expect, shapes[i]) != NULL)
            check_relative(check, shapes[i], number_at(shape, "estimate"), number_at(expect, shapes[i]), 1e-5, 0);
    check_part(check, item, fit, "thresholds", json_object_get(expect, "thresholds"));
    check_part(check, item, fit, "zi", json_object_get(expect, "zi_fixef"));
    check_zero_terms(check, item, fit);
}

/* Of variances that the data do not tell apart: the verdict, and which sums they do tell. */
static void check_determined(struct check *check, const json_t *expect, const json_t *fit)
{
    const json_t *sums = json_object_get(expect, "determined"), *mine = json_object_get(fit, "determined");
    const char *verdict = json_string_value(json_object_get(json_object_get(fit, "optimum"), "verdict"));

    if (sums == NULL)
        return;
    check_true(check, verdict != NULL && strcmp(verdict, "not identified") == 0, "the verdict is `%s`",
               verdict == NULL ? "(none)" : verdict);
    check_true(check, json_array_size(mine) == json_array_size(sums), "%zu sums are determined, expected %zu",
               json_array_size(mine), json_array_size(sums));
    for (size_t i = 0; i < json_array_size(sums); i++)
        check_relative(check, "determined", number_at(json_array_get(mine, i), "variance"), number_of(json_array_get(sums, i)),
                       1e-5, 0);
    if (json_object_get(expect, "covariance") != NULL)
        check_relative(check, "determined covariance", number_at(json_array_get(mine, 0), "covariance"),
                       number_at(expect, "covariance"), 1e-5, 0);
}

void check_fit(struct check *check, const json_t *item, const json_t *fit, const json_t *ranefs)
{
    const json_t *expect = json_object_get(item, "expect"), *random = json_object_get(fit, "random");
    double loglik = tolerance(item, "logLik abs", NULL);
    json_t *entry;
    size_t i, at;
    const char *group;

    check_number(check, "loglik", number_at(fit, "loglik"), number_at(expect, "logLik"), loglik);
    check_number(check, "criterion", number_at(fit, "criterion"), -2 * number_at(expect, "logLik"), 2 * loglik);
    check_number(check, "aic", number_at(fit, "aic"), number_at(expect, "AIC"), 2 * loglik);
    check_number(check, "bic", number_at(fit, "bic"), number_at(expect, "BIC"), 2 * loglik);
    check_number(check, "npar", number_at(fit, "npar"), number_at(expect, "df"), 0.1);
    check_number(check, "nobs", number_at(fit, "nobs"), number_at(expect, "nobs"), 0.1);
    if (json_object_get(expect, "sigma") != NULL)
        check_relative(check, "sigma", number_at(fit, "sigma"), number_at(expect, "sigma"), tolerance(item, "SDs rel", NULL), 0);
    json_object_foreach(json_object_get(expect, "ngroups"), group, entry)
    {
        const json_t *found = NULL;
        json_t *mine;

        json_array_foreach(json_object_get(fit, "groups"), i,
                           mine) if (strcmp(json_string_value(json_object_get(mine, "name")), group) == 0) found = mine;
        check_true(check, found != NULL && json_integer_value(json_object_get(found, "levels")) == json_integer_value(entry),
                   "group %s has not %lld levels", group, (long long)json_integer_value(entry));
    }
    if (json_object_get(expect, "singular") != NULL) {
        const char *verdict = json_string_value(json_object_get(json_object_get(fit, "optimum"), "verdict"));
        const char *expected = json_is_true(json_object_get(expect, "singular")) ? "boundary" : "ok";

        check_true(check, verdict != NULL && strcmp(verdict, expected) == 0, "the verdict is `%s`, expected `%s`",
                   verdict == NULL ? "(none)" : verdict, expected);
    }
    check_determined(check, expect, fit);
    check_fixed(check, item, fit);
    check_parts(check, item, fit);
    check_random(check, item, fit);
    json_array_foreach(json_object_get(expect, "ranef"), i, entry)
    {
        const json_t *mine = find_random(ranefs, entry, &at), *term = find_random(random, entry, &at);

        check_true(check, mine != NULL, "no modes of %s", json_string_value(json_object_get(entry, "group")));
        if (mine != NULL)
            check_modes(check, item, entry, mine, json_object_get(term, "sd"));
    }
}

void check_ddf(struct check *check, const json_t *item, const json_t *fit)
{
    const char *term;
    json_t *values;

    json_object_foreach(json_object_get(json_object_get(item, "expect"), "coef_satterthwaite"), term, values)
    {
        const json_t *row = find_fixed(fit, term);
        double p = number_at(values, "p");
        char what[160];

        check_true(check, row != NULL, "no fixed effect `%s`", term);
        if (row == NULL)
            continue;
        snprintf(what, sizeof what, "df of %s", term);
        check_relative(check, what, number_at(row, "df"), number_at(values, "df"), 1e-4, 0);
        snprintf(what, sizeof what, "statistic of %s", term);
        check_relative(check, what, number_at(row, "statistic"), number_at(values, "t"), 1e-6, 1e-6);
        snprintf(what, sizeof what, "p of %s", term);
        check_number(check, what, number_at(row, "p"), p, p < 1e-3 ? 1e-3 * p : 1e-6);
    }
}
