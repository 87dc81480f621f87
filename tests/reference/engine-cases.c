/* engine-cases.c -- every case that the engine can fit, through the engine alone: CSV -> formula -> design -> fit.
 *
 * Arguments: parts of case ids; without any, all cases run.  One line a case. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <Rmath.h>

#include "data/csv.h"
#include "fit/glmm.h"
#include "fit/lmm.h"
#include "infer/compare.h"
#include "infer/exact.h"
#include "infer/profile.h"
#include "model/design.h"
#include "model/formula.h"
#include "reference.h"

/* A fit and what it borrows. */
struct fitted {
    struct frame *frame;
    struct formula *formula, *part[DESIGN_PARTS];
    struct design *design;
    struct fit *fit;
};

static void fitted_clear(struct fitted *f)
{
    fit_free(f->fit);
    design_free(f->design);
    formula_free(f->formula);
    for (int k = 0; k < DESIGN_PARTS; k++)
        formula_free(f->part[k]);
    frame_free(f->frame);
    *f = (struct fitted){ 0 };
}

/* Laplace, or the nodes of "AGQ11 (11 x 11 product rule)". */
static struct fit *fit_generalized(const struct design *design, const json_t *item, struct glmm_error *err)
{
    const struct family *family = family_make(design->arena, case_text(item, "family"), err);
    const struct link *link = family != NULL ? family_link(family, case_text(item, "link"), err) : NULL;
    const char *method = case_text(item, "method");
    struct fit_options options = { .method = METHOD_LAPLACE };

    if (link != NULL && design->part[DESIGN_ZERO] != NULL && (family = family_with_zeros(design->arena, family, err)) == NULL)
        return NULL;
    if (strncmp(method, "AGQ", 3) == 0) {
        options.method = METHOD_AGQ;
        options.nodes = atoi(method + 3);
    }
    if (family != NULL && design->category_count > 0)
        family = family_of_categories(design->arena, family, design->category_count, design->categories);
    return link != NULL ? glm_fit(design, family, link, &options, NULL, err) : NULL;
}

/* The formulas of other predictors than that of the mean. */
static bool parse_parts(struct fitted *f, const json_t *item, struct design_options *columns, struct glmm_error *err)
{
    static const char *const keys[] = { "zi_formula", "disp_formula" };

    for (int k = 0; k < DESIGN_PARTS; k++) {
        const char *text = case_text(item, keys[k]);

        if (text != NULL && (f->part[k] = formula_parse(text, f->frame, err)) == NULL)
            return false;
        columns->part[k] = f->part[k];
    }
    return true;
}

static bool fit_case(struct fitted *f, const json_t *item, const char *text, enum fit_method method, struct glmm_error *err)
{
    struct fit_options options = { .method = method };
    struct design_options columns = { .response = RESPONSE_REAL,
                                      .weights = case_text(item, "weights"),
                                      .allow_olre = !case_is_linear(item) };
    char *path = case_data_path(item), *types = case_types(item);
    struct csv_options csv = { .types = types };
    bool ok, linear = case_is_linear(item) && case_text(item, "disp_formula") == NULL;

    if (strcmp(case_text(item, "family"), "binomial") == 0 || strcmp(case_text(item, "family"), "betabinomial") == 0)
        columns.response = RESPONSE_BINOMIAL;
    if (strcmp(case_text(item, "family"), "ordinal") == 0)
        columns.response = RESPONSE_ORDINAL;
    *f = (struct fitted){ 0 };
    ok = (f->frame = csv_read(path, case_text(item, "data"), &csv, NULL, err)) != NULL
         && (f->formula = formula_parse(text, f->frame, err)) != NULL && parse_parts(f, item, &columns, err)
         && (f->design = design_new(f->frame, f->formula, &columns, NULL, err)) != NULL
         && (f->fit = linear ? lmm_fit(f->design, &options, NULL, err) : fit_generalized(f->design, item, err)) != NULL;
    free(path);
    free(types);
    return ok;
}

static enum fit_method case_method(const json_t *item)
{
    return strcmp(case_text(item, "method"), "REML") == 0 ? METHOD_REML : METHOD_ML;
}

/* --- a fit as the JSON that the shell prints --------------------------------------------------- */

/* JSON has no NaN; the shell prints it as a string. */
static json_t *json_number(double x)
{
    if (isnan(x))
        return json_string("NaN");
    if (isinf(x))
        return json_string(x > 0 ? "Inf" : "-Inf");
    return json_real(x);
}

static json_t *json_row(const double *x, size_t count, size_t stride)
{
    json_t *row = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(row, json_number(x[i * stride]));
    return row;
}

static json_t *json_matrix(const double *x, size_t rows, size_t columns)
{
    json_t *matrix = json_array();

    for (size_t i = 0; i < rows; i++)
        json_array_append_new(matrix, json_row(x + i, columns, rows));
    return matrix;
}

static json_t *json_texts(const char *const *texts, int count)
{
    json_t *array = json_array();

    for (int i = 0; i < count; i++)
        json_array_append_new(array, json_string(texts[i]));
    return array;
}

static const char *verdict_name(enum fit_verdict verdict)
{
    static const char *const names[] = { "ok", "boundary", "not converged", "interrupted" };

    return names[verdict];
}

static const char *const part_keys[] = { "thresholds", "zi", "disp" };

static json_t *part_json(const struct fit_part *part)
{
    json_t *rows = json_array();

    for (int j = 0; j < part->count; j++)
        json_array_append_new(rows, json_pack("{s:s, s:o, s:o}", "term", part->names[j], "estimate",
                                              json_number(part->estimate[j]), "se", json_number(part->se[j])));
    return rows;
}

/* The rows {group term sd} of the random terms of a part. */
static json_t *part_random_json(const struct fit_part *part)
{
    json_t *rows = json_array();

    for (int t = 0; part->design != NULL && t < part->design->random_count; t++)
        for (int a = 0; a < part->random[t].k; a++)
            json_array_append_new(rows, json_pack("{s:s, s:s, s:f}", "group", part->design->random[t].group, "term",
                                                  part->design->random[t].names[a], "sd", part->random[t].sd[a]));
    return rows;
}

static json_t *fit_json(const struct fit *fit)
{
    const struct design *design = fit->design;
    json_t *object =
        json_pack("{s:f, s:f, s:f, s:f, s:f, s:i, s:I, s:{s:s, s:f}}", "loglik", fit->loglik, "criterion", fit->criterion, "aic",
                  fit->aic, "bic", fit->bic, "sigma", fit->sigma, "npar", fit->npar, "nobs", (json_int_t)design->n, "optimum",
                  "verdict", verdict_name(fit->optimum.verdict), "gain", fit->optimum.gain);
    json_t *fixed = json_array(), *random = json_array(), *groups = json_array();

    for (int j = 0; j < design->p; j++) {
        double statistic = fit->beta[j] / fit->se[j], df = fit->df == NULL ? (double)INFINITY : fit->df[j];
        json_t *row = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "term", design->names[j], "estimate", json_number(fit->beta[j]),
                                "se", json_number(fit->se[j]), "statistic", json_number(statistic), "df", json_number(df), "p",
                                json_number(2 * pt(fabs(statistic), df, 0, 0)));

        json_array_append_new(fixed, row);
    }
    for (int t = 0; t < design->random_count; t++) {
        const struct random_design *term = &design->random[t];
        const struct random_fit *r = &fit->random[t];

        json_array_append_new(groups, json_pack("{s:s, s:i}", "name", term->group, "levels", (int)term->level_count));
        json_array_append_new(random, json_pack("{s:s, s:o, s:o, s:o}", "group", term->group, "terms",
                                                json_texts(term->names, term->k), "sd", json_row(r->sd, (size_t)term->k, 1),
                                                "corr", json_matrix(r->correlation, (size_t)term->k, (size_t)term->k)));
    }
    json_object_set_new(object, "dispersion", json_number(fit->dispersion));
    json_object_set_new(object, "shapes", json_pack("[{s:o}]", "estimate", json_number(fit->shape[1])));
    for (int k = 0; k < fit->part_count; k++)
        json_object_set_new(object, part_keys[fit->part[k].kind], part_json(&fit->part[k]));
    for (int k = 0; k < fit->part_count; k++)
        if (fit->part[k].kind == PART_ZERO)
            json_object_set_new(object, "zi_random", part_random_json(&fit->part[k]));
    json_object_set_new(object, "fixed", fixed);
    json_object_set_new(object, "random", random);
    json_object_set_new(object, "groups", groups);
    json_object_set_new(object, "theta", json_row(fit->theta, (size_t)fit->theta_count, 1));
    json_object_set_new(object, "vcov", json_matrix(fit->vcov, (size_t)design->p, (size_t)design->p));
    return object;
}

static json_t *ranef_json(const struct fit *fit)
{
    json_t *array = json_array();

    for (int t = 0; t < fit->design->random_count; t++) {
        const struct random_design *term = &fit->design->random[t];
        const struct random_fit *r = &fit->random[t];
        size_t k = (size_t)term->k;
        json_t *levels = json_array();

        for (int32_t l = 0; l < term->level_count; l++) {
            const double *mode = r->modes + (size_t)l * k, *covariance = r->mode_covariance + (size_t)l * k * k;
            json_t *se = json_array();

            for (size_t a = 0; a < k; a++)
                json_array_append_new(se, json_number(sqrt(covariance[a * k + a])));
            json_array_append_new(
                levels, json_pack("{s:s, s:o, s:o}", "level", term->levels[l], "estimate", json_row(mode, k, 1), "se", se));
        }
        json_array_append_new(array, json_pack("{s:s, s:o, s:o}", "group", term->group, "terms", json_texts(term->names, term->k),
                                               "levels", levels));
    }
    return array;
}

/* --- the kinds of cases ----------------------------------------------------------------------- */

static void run_fit(struct check *check, const json_t *item)
{
    struct glmm_error err = { 0 };
    struct fitted f;
    bool ok = fit_case(&f, item, case_text(item, "formula"), case_method(item), &err);

    check_true(check, ok, "%s", err.message);
    if (ok) {
        json_t *fit = fit_json(f.fit), *ranefs = ranef_json(f.fit);

        check_true(check, f.fit->optimum.gain <= 1e-8, "the deviance still to gain is %g", f.fit->optimum.gain);
        if (strcmp(case_text(item, "kind"), "ddf") == 0)
            check_ddf(check, item, fit);
        else
            check_fit(check, item, fit, ranefs);
        json_decref(fit);
        json_decref(ranefs);
    }
    fitted_clear(&f);
}

/* One test of `small` against `large` (both with their response), with what it should give. */
static void run_test(struct check *check, const json_t *item, const char *small, const char *large, enum fit_method method,
                     double statistic, double p)
{
    struct glmm_error err = { 0 };
    struct fitted a, b = { 0 };
    struct lrt test = { 0 };
    char what[200];
    bool ok = fit_case(&a, item, small, method, &err) && fit_case(&b, item, large, method, &err);

    check_true(check, ok, "%s", err.message);
    if (ok) {
        check_true(check, lrt_test(a.fit, b.fit, &test, &err), "%s", err.message);
        snprintf(what, sizeof what, "chi-squared of %s", large);
        check_number(check, what, test.chisq, statistic, 1e-6);
        snprintf(what, sizeof what, "p of %s", large);
        check_relative(check, what, test.p, p, 1e-5, 0);
        check_true(check, test.reference == LRT_MIXTURE, "the reference of %s is no mixture", large);
    }
    fitted_clear(&a);
    fitted_clear(&b);
}

/* The law at the size of the data, within the errors of both simulations. */
static void run_exact(struct check *check, const json_t *item)
{
    const json_t *expect = json_object_get(item, "expect");
    double right = number_at(expect, "p_exact_simulated"), error = number_at(expect, "p_exact_mcse");
    struct glmm_error err = { 0 };
    struct exact_null exact = { 0 };
    struct fitted a, b = { 0 };

    if (fit_case(&a, item, "Yield ~ 1", METHOD_REML, &err) && fit_case(&b, item, case_text(item, "formula"), METHOD_REML, &err)
        && exact_null_find(a.fit, b.fit, 2 * (b.fit->loglik - a.fit->loglik), 1, &exact, &err))
        check_number(check, "p by the law at the size of the data", exact.p, right, 4 * hypot(error, exact.error));
    check_true(check, exact.is, "no law at the size of the data: %s", err.message);
    fitted_clear(&a);
    fitted_clear(&b);
}

static void run_lrt_sleepstudy(struct check *check, const json_t *item, const char *name, enum fit_method method)
{
    static const struct {
        const char *key, *p, *small, *large;
    } tests[] = {
        { "intercept_vs_none", "p_half_chisq0_half_chisq1", "Reaction ~ Days", "Reaction ~ Days + (1 | Subject)" },
        { "uncorrelated_slope_vs_intercept", "p_half_chisq0_half_chisq1", "Reaction ~ Days + (1 | Subject)",
          "Reaction ~ Days + (Days || Subject)" },
        { "correlated_slope_vs_intercept", "p_half_chisq1_half_chisq2", "Reaction ~ Days + (1 | Subject)",
          "Reaction ~ Days + (Days | Subject)" },
    };
    const json_t *expect = json_object_get(json_object_get(item, "expect"), name);

    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        const json_t *values = json_object_get(expect, tests[i].key);

        run_test(check, item, tests[i].small, tests[i].large, method, number_at(values, "stat"), number_at(values, tests[i].p));
    }
}

static void run_lrt(struct check *check, const json_t *item)
{
    const json_t *expect = json_object_get(item, "expect");

    if (json_object_get(expect, "REML") != NULL) {
        run_lrt_sleepstudy(check, item, "REML", METHOD_REML);
        run_lrt_sleepstudy(check, item, "ML", METHOD_ML);
    } else {
        run_test(check, item, "Yield ~ 1", case_text(item, "formula"), METHOD_REML, number_at(expect, "stat_RLRT"),
                 number_at(expect, "p_half_chisq0_half_chisq1"));
        run_exact(check, item);
    }
}

/* "sd_(Intercept)|herd", "cor_(Intercept).Days|Subject", "sigma", "k", or a coefficient's name. */
static const struct parameter *find_parameter(const struct parameter *list, int count, const char *key)
{
    char name[200];

    for (int i = 0; i < count; i++) {
        const struct parameter *p = &list[i];

        if (p->kind == PARAMETER_SD)
            snprintf(name, sizeof name, "sd_%s|%s", p->name, p->group);
        else if (p->kind == PARAMETER_CORR)
            snprintf(name, sizeof name, "cor_%s.%s|%s", p->name, p->other, p->group);
        else
            snprintf(name, sizeof name, "%s", p->name);
        if (strcmp(name, key) == 0)
            return p;
    }
    return NULL;
}

static void check_ends(struct check *check, const char *key, const struct interval *got, const json_t *expected, double tolerance)
{
    char what[220];

    for (int end = 0; end < 2; end++) {
        double right = number_at(expected, end == 0 ? "lower" : "upper"), is = end == 0 ? got->lower : got->upper;

        snprintf(what, sizeof what, "%s end of %s", end == 0 ? "lower" : "upper", key);
        check_number(check, what, is, right, tolerance * fabs(right) + 1e-9);
    }
}

static void run_profile(struct check *check, const json_t *item)
{
    double tolerance = strstr(case_text(item, "tolerance"), "1e-5") != NULL ? 1e-5 : 1e-4;
    struct arena *arena = arena_new();
    struct glmm_error err = { 0 };
    struct profile *profile;
    struct fitted f;
    const char *key;
    json_t *expected;

    if (fit_case(&f, item, case_text(item, "formula"), case_method(item), &err)
        && (profile = profile_new(f.fit, NULL, &err)) != NULL) {
        int count;
        const struct parameter *list = parameters_of(f.fit, arena, &count);

        json_object_foreach(json_object_get(json_object_get(item, "expect"), "ci"), key, expected)
        {
            const struct parameter *p = find_parameter(list, count, key);
            struct interval interval;

            if (p == NULL && strncmp(key, "log_", 4) == 0)
                continue; /* the same on another scale */
            check_true(check, p != NULL, "no parameter %s", key);
            if (p == NULL)
                continue;
            check_true(check, profile_interval(profile, p, 0.95, &interval, &err), "%s: %s", key, err.message);
            check_ends(check, key, &interval, expected, tolerance);
        }
        profile_free(profile);
    }
    check_true(check, err.code == GLMM_OK, "%s", err.message);
    arena_free(arena);
    fitted_clear(&f);
}

/* What the engine has no model for yet: estimators other than likelihood. */
static bool can_fit(const json_t *item)
{
    const char *method = case_text(item, "method");

    if (case_is_linear(item))
        return true;
    return (strcmp(case_text(item, "kind"), "fit") == 0 || strcmp(case_text(item, "kind"), "profile_ci") == 0) && method != NULL
           && (strcmp(method, "Laplace") == 0 || strcmp(method, "ML") == 0 || strncmp(method, "AGQ", 3) == 0);
}

static bool wanted(const char *id, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strstr(id, argv[i]) != NULL)
            return true;
    return argc == 1;
}

int main(int argc, char **argv)
{
    json_t *cases = cases_load(), *item;
    int passed = 0, failed = 0;
    size_t i;

    json_array_foreach(cases, i, item)
    {
        const char *kind = case_text(item, "kind"), *id = case_text(item, "id");
        struct check check;

        if (!can_fit(item) || !wanted(id, argc, argv))
            continue;
        check_start(&check, id);
        if (strcmp(kind, "lrt") == 0)
            run_lrt(&check, item);
        else if (strcmp(kind, "fit") == 0 || strcmp(kind, "ddf") == 0)
            run_fit(&check, item);
        else if (strcmp(kind, "profile_ci") == 0)
            run_profile(&check, item);
        else
            continue;
        if (check_end(&check))
            passed++;
        else
            failed++;
    }
    json_decref(cases);
    return tally_end(passed, failed);
}
