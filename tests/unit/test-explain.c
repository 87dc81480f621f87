/* test-explain.c -- every figure that `explain` knows: the numbers put into its formula, worked out anew, come to the number
 * itself. */
#include <Rmath.h>

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/figures.h"
#include "lang/reader.h"
#include "session/output.h"
#include "shell/eval.h"
#include "run-session.h"

/* --- an evaluator for what stands in explanations ----------------------------------------------------------------- */

/*  sum     -> product { ('+' | '-') product }
 *  product -> factor { ('·' | '/') factor | factor that begins with `exp` or π }
 *  factor  -> ['-'] atom { '²' }
 *  atom    -> NUMBER | 'π' | '½' | '(' sum ')' | '|' sum '|' | '√(' sum ')' | FUNCTION '(' sum ')' | 'P(' LAW '>' sum ')'
 *  LAW     -> 'Z' | 't(' sum ')' | 'χ²(' sum ')' */
struct reading {
    const char *at;
    bool failed;
};

static double read_sum(struct reading *r);

static void skip(struct reading *r)
{
    while (*r->at == ' ')
        r->at++;
}

static bool take(struct reading *r, const char *word)
{
    skip(r);
    if (strncmp(r->at, word, strlen(word)) != 0)
        return false;
    r->at += strlen(word);
    return true;
}

static void need(struct reading *r, const char *word)
{
    if (!take(r, word))
        r->failed = true;
}

static double read_law(struct reading *r)
{
    double df, x;

    if (take(r, "Z")) {
        need(r, ">");
        x = read_sum(r);
        return pnorm(x, 0, 1, 0, 0);
    }
    if (take(r, "t(")) {
        df = read_sum(r);
        need(r, ")");
        need(r, ">");
        x = read_sum(r);
        return pt(x, df, 0, 0);
    }
    need(r, "χ²(");
    df = read_sum(r);
    need(r, ")");
    need(r, ">");
    x = read_sum(r);
    return df > 0 ? pchisq(x, df, 0, 0) : 0;
}

static double read_atom(struct reading *r)
{
    double x = 0;
    char *end;

    if (take(r, "½"))
        return 0.5;
    if (take(r, "π"))
        return M_PI;
    if (take(r, "P(")) {
        x = read_law(r);
        need(r, ")");
    } else if (take(r, "√(")) {
        x = sqrt(read_sum(r));
        need(r, ")");
    } else if (take(r, "exp(")) {
        x = exp(read_sum(r));
        need(r, ")");
    } else if (take(r, "log(")) {
        x = log(read_sum(r));
        need(r, ")");
    } else if (take(r, "atan(")) {
        x = atan(read_sum(r));
        need(r, ")");
    } else if (take(r, "Φ(")) {
        x = pnorm(read_sum(r), 0, 1, 1, 0);
        need(r, ")");
    } else if (take(r, "(")) {
        x = read_sum(r);
        need(r, ")");
    } else if (take(r, "|")) {
        x = fabs(read_sum(r));
        need(r, "|");
    } else {
        skip(r);
        x = strtod(r->at, &end);
        if (end == r->at)
            r->failed = true;
        r->at = end;
    }
    return x;
}

static double read_factor(struct reading *r)
{
    bool minus = take(r, "-");
    double x = read_atom(r);

    while (take(r, "²"))
        x *= x;
    return minus ? -x : x;
}

static double read_product(struct reading *r)
{
    double x = read_factor(r);

    for (;;) {
        skip(r);
        if (take(r, "·"))
            x *= read_factor(r);
        else if (take(r, "/"))
            x /= read_factor(r);
        else if (strncmp(r->at, "π", 2) == 0)
            x *= read_factor(r);
        else
            return x;
        if (r->failed)
            return NAN;
    }
}

static double read_sum(struct reading *r)
{
    double x = read_product(r);

    while (!r->failed) {
        if (take(r, "+"))
            x += read_product(r);
        else if (take(r, "- "))
            x -= read_product(r);
        else
            return x;
    }
    return NAN;
}

static bool evaluate(const char *text, double *x)
{
    struct reading r = { .at = text };

    *x = read_sum(&r);
    skip(&r);
    return !r.failed && *r.at == '\0';
}

Test(explain, the_evaluator_knows_arithmetic)
{
    double x;

    cr_assert(evaluate("5·1764.05/(5·1764.05 + 2451.25)", &x));
    cr_expect_float_eq(x, 0.78253, 1e-5);
    cr_assert(evaluate("½·P(χ²(1) > 3.84146) + ½·P(χ²(2) > 5.99146)", &x));
    cr_expect_float_eq(x, 0.05, 1e-6);
    cr_assert(evaluate("2·P(t(10) > 2.22814)", &x));
    cr_expect_float_eq(x, 0.05, 1e-6);
    cr_assert(evaluate("1/(1 + exp(-(-1.5 + 1.5)))", &x));
    cr_expect_float_eq(x, 0.5, 1e-12);
    cr_assert(evaluate("27·(1 + log(2π·4)) - |3 - (-4)|", &x));
    cr_expect_float_eq(x, 27 * (1 + log(8 * M_PI)) - 7, 1e-9);
    cr_assert_not(evaluate("1 +", &x));
    cr_assert_not(evaluate("the mean", &x));
}

/* --- figures ------------------------------------------------------------------------------------------------------- */

static void run(struct session *session, const char *text)
{
    struct text output = { 0 };

    session_script(session, text, &output);
    text_clear(&output);
}

/* All figures after `command`: of those with numbers, these come to the value, to the digits that results show.  Returns how many
 * have. */
static int check_figures(struct session *session, const char *model, const char *command)
{
    struct figures figures = { 0 };
    struct glmm_error err = { .at = NOWHERE };
    int with_numbers = 0;

    cr_assert(figures_init(&figures, session, &err), "%s", err.message);
    for (size_t i = 0; i < figures.count; i++) {
        struct explanation out = { { 0 }, { 0 }, { 0 } };
        const struct figure *f = &figures.item[i];
        struct text owner = { 0 };
        double x = NAN, tolerance = (figure_is_p(f->kind) ? 5e-3 : 2e-4) * fabs(f->value) + 1e-12;

        figure_explain(&figures, f, &out);
        figure_owner(f, &owner);
        cr_expect(out.formula.length > 0 && out.convention.length > 0 && owner.length > 0, "%s, %s: %s of %s", model, command,
                  figure_name(&figures, f), text_string(&owner));
        cr_expect(strstr(text_string(&out.numbers), "nan") == NULL && strstr(text_string(&out.numbers), "NaN") == NULL, "%s",
                  text_string(&out.numbers));
        if (out.numbers.length > 0 && isfinite(f->value)) {
            with_numbers++;
            cr_expect(evaluate(text_string(&out.numbers), &x), "%s, %s: %s of %s = %s cannot be read", model, command,
                      figure_name(&figures, f), text_string(&owner), text_string(&out.numbers));
            cr_expect(fabs(x - f->value) <= tolerance, "%s, %s: %s of %s is %.8g, and %s is %.8g", model, command,
                      figure_name(&figures, f), text_string(&owner), f->value, text_string(&out.numbers), x);
        }
        text_clear(&out.formula);
        text_clear(&out.numbers);
        text_clear(&out.convention);
        text_clear(&owner);
    }
    figures_clear(&figures);
    return with_numbers;
}

static const char *const models[] = {
    "load dyestuff; fit m1 = Yield ~ 1 + (1 | Batch)",
    "load dyestuff2; fit m1 = Yield ~ 1 + (1 | Batch)",
    "load sleepstudy; fit m1 = Reaction ~ Days + (Days | Subject)",
    "load sleepstudy; fit m1 = Reaction ~ Days + (Days || Subject), weights=(1 + Days)",
    "load sleepstudy; fit m1 = Reaction ~ Days + (0 + Days | Subject), method=ml",
    "load penicillin; fit m1 = diameter ~ 1 + (1 | plate) + (1 | sample)",
    "load pastes; fit m1 = strength ~ 1 + (1 | batch/cask)",
    "load machines; fit m1 = score ~ Machine + (0 + Machine | Worker)",
    "load cbpp; fit m1 = cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial",
    "load cbpp; fit m1 = cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial link=probit",
    "load cbpp; fit m1 = cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial link=cloglog",
    "load cbpp; fit m1 = cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial method=agq nodes=9",
    "load epil; fit m1 = y ~ trt + lbase + (1 | subject), family=poisson",
    "load epil; fit m1 = y ~ trt + (1 + V4 | subject), family=poisson",
    "load grouseticks; fit m1 = TICKS ~ YEAR + (1 | BROOD) + (1 | LOCATION), family=poisson offset=log(HEIGHT)",
    "load epil; fit m1 = y ~ trt + (1 | subject), family=nbinom2",
    "load sleepstudy; fit m1 = Reaction ~ Days + (1 | Subject), family=Gamma link=log",
    "load sleepstudy; fit m1 = Reaction ~ Days + (1 | Subject), family=Gamma link=inverse",
    "load epil; fit m1 = y ~ trt + (1 | subject), family=poisson link=sqrt",
};

Test(explain, of_each_model_and_each_result)
{
    static const char *const commands[] = {
        "summary m1",
        "icc m1",
        "vcov m1",
        "ranef m1",
        "fitted m1",
        "residuals m1",
        "residuals m1, type=pearson",
        "shrinkage m1",
        "shrinkage m1, all pairs",
        "shrinkage m1, rank",
        "attenuation m1",
        "predict m1",
        "predict m1, type=link",
        "predict m1, re=population",
        "predict m1, re=typical",
    };

    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        struct session *session = session_of(models[i]);

        for (size_t j = 0; j < sizeof commands / sizeof commands[0]; j++) {
            run(session, commands[j]);
            cr_expect(check_figures(session, models[i], commands[j]) > 10, "%s, %s", models[i], commands[j]);
        }
        session_free(session);
    }
}

Test(explain, of_what_needs_arguments)
{
    static const struct {
        const char *model;
        const char *commands[6];
    } cases[] = {
        { "load sleepstudy; fit m1 = Reaction ~ Days + (Days | Subject)",
          { "margins Days", "whatif 308, n=40", "predict, at=\"Days=0:3\"", "predict, at=\"Days=0:3, Subject=308\"", NULL } },
        { "load dyestuff; fit m1 = Yield ~ 1 + (1 | Batch)", { "whatif A, n=50", "whatif A, n=1", "predict, type=link", NULL } },
        { "load penicillin; fit m1 = diameter ~ 1 + (1 | plate) + (1 | sample)", { "whatif plate a, n=50", NULL } },
        { "load cbpp; fit m1 = cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial",
          { "margins period, pairs", "whatif 1, n=100", "ladder", "shrinkage, response", "shrinkage, response pairs",
            "summary, exp" } },
        { "load epil; fit m1 = y ~ trt + lbase + (1 | subject), family=poisson",
          { "margins lbase", "margins trt", "shrinkage, response", "summary, exp",
            "predict, at=\"trt=placebo, lbase=0, 1\" re=population", "ladder" } },
        { "load sleepstudy; fit m1 = Reaction ~ Days + (1 | Subject), family=Gamma link=inverse",
          { "margins Days", "whatif 308, n=3", "shrinkage, response", NULL } },
        { "load sleepstudy; fit m0 = Reaction ~ 1 + (1 | Subject); fit m1 = Reaction ~ Days + (1 | Subject); fit m2 = Reaction ~ "
          "Days + (Days | Subject)",
          { "compare m0 m1 m2", "compare m1 m2, coef", "compare m1 m2", NULL } },
        { "load epil; fit m1 = y ~ trt + (1 | subject), family=poisson; fit m2 = y ~ trt + lbase + (1 | subject), family=poisson",
          { "compare m1 m2", NULL } },
        { "load cake; fit m1 = angle ~ recipe * temp + (1 | recipe:replicate)",
          { "anova", "means recipe", "contrast recipe, ddf=kr", "slopes temp by recipe, pairs", "test recipe", "r2" } },
        { "load toenail; fit m1 = outcome ~ treatment * time + (1 | patientID), family=binomial",
          { "anova, type=2", "means treatment, scale=response", "contrast treatment, scale=response", "r2", "margins time, slope",
            "margins treatment, by=treatment" } },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct session *session = session_of(cases[i].model);

        for (size_t j = 0; j < 6 && cases[i].commands[j] != NULL; j++) {
            run(session, cases[i].commands[j]);
            cr_expect(check_figures(session, cases[i].model, cases[i].commands[j]) > 10, "%s, %s", cases[i].model,
                      cases[i].commands[j]);
        }
        session_free(session);
    }
}

/* Mostly in words: the few that have numbers, and that the others say something. */
Test(explain, of_results_without_a_model_and_of_replicates)
{
    static const struct {
        const char *model, *command;
        int least;
    } cases[] = {
        { "load nielweise2007", "meta events n, arm=arm study=author", 5 },
        { "load nielweise2007", "meta events n, arm=arm study=author model=cm.el", 5 },
        { "load nielweise2007", "meta events n, arm=arm study=author model=cm.al mods=year", 9 },
        { "load epil", "gee y ~ lbase + trt, family=poisson id=subject", 12 },
        { "load dyestuff; fit m1 = Yield ~ 1 + (1 | Batch)", "bootstrap, n=20 seed=1", 10 },
        { "load dyestuff; fit m1 = Yield ~ 1 + (1 | Batch)", "diagnose, influence=Batch n=50", 10 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct session *session = session_of(cases[i].model);

        run(session, cases[i].command);
        cr_expect(check_figures(session, cases[i].model, cases[i].command) >= cases[i].least, "%s, %s", cases[i].model,
                  cases[i].command);
        session_free(session);
    }
}

/* An explanation speaks of what was explained before, however often. */
Test(explain, goes_on_with_the_same_result)
{
    struct session *session =
        session_of("load cbpp; fit m1 = cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial; "
                   "attenuation; explain rule; explain ratio; explain");
    struct figures figures = { 0 };
    struct glmm_error err = { .at = NOWHERE };
    int shown = 0;

    cr_assert(figures_init(&figures, session, &err));
    cr_expect_str_eq(figures.command, "attenuation");
    for (size_t i = 0; i < figures.count; i++)
        shown += figures.item[i].shown && figures.item[i].kind == FIGURE_SHOWN;
    cr_expect_eq(shown, 4 * 8);
    figures_clear(&figures);
    session_free(session);
}

/* A program is told the same reason of a sum of variances as of the shares beside it. */
Test(explain, of_a_sum_without_interval_the_reason_is_said)
{
    struct session *session = session_of("load pastes; let other = factor(batch); "
                                         "fit strength ~ 1 + (1 | batch) + (1 | other) + (1 | sample); varcorr");
    struct text output = { 0 };
    const char *sum;

    session_script(session, "last json", &output);
    sum = strstr(text_string(&output), "\"group\":\"batch + other\"");
    cr_assert_not_null(sum, "%s", text_string(&output));
    sum = strstr(sum, "\"reason\":");
    cr_expect(sum != NULL && strncmp(sum, "\"reason\":\"undetermined\"", strlen("\"reason\":\"undetermined\"")) == 0, "%s",
              text_string(&output));
    text_clear(&output);
    session_free(session);
}

/* Where disp= makes the residual variances by REML the intervals are of its coefficients: sigma, their geometric mean, has none.
 */
Test(explain, the_sigma_of_several_variances_has_no_interval)
{
    struct session *session = session_of("load orthodont; fit distance ~ age + (1 | Subject), disp=~Sex method=reml");
    struct text output = { 0 };

    session_script(session, "last json", &output);
    cr_expect_not_null(strstr(text_string(&output), "\"sigma_lower\":null,\"sigma_upper\":null"), "%s", text_string(&output));
    text_clear(&output);
    session_free(session);
}
