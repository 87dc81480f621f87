/* test-comparison.c -- what a comparison does with a larger model that was fitted worse than a special case of it, and with what
 * has not converged. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "infer/compare.h"
#include "infer/comparison.h"
#include "fit/method.h"
#include "run-session.h"
#include "report/fit-tables.h"

/* What a refit was asked for. */
struct asked {
    int times;
    double start[3];
    enum fit_method method;
    bool fails;
};

static struct fit *fit_again(void *context, const struct model *model, const struct fit_options *options, struct glmm_error *err)
{
    struct asked *asked = context;

    asked->times++;
    asked->method = options->method;
    memcpy(asked->start, options->start, sizeof asked->start);
    if (asked->fails)
        fail(err, GLMM_E_MODEL, NOWHERE, "it cannot be fitted");
    return asked->fails ? NULL : model_fit(model, options, NULL, err);
}

static void compare_two(struct session *session, struct asked *asked, struct comparison *c)
{
    const struct refit refit = { fit_again, asked };
    const struct model *small = session_find_model(session, "s"), *large = session_find_model(session, "l");
    struct glmm_error err = { .at = NOWHERE };

    *c = (struct comparison){ .entrant = NEW_ARRAY(struct entrant, 2), .test = NEW_ARRAY(struct lrt, 2), .count = 2 };
    c->entrant[0] = (struct entrant){ .model = large, .fit = large->fit, .order = 0 };
    c->entrant[1] = (struct entrant){ .model = small, .fit = small->fit, .order = 1 };
    cr_assert(comparison_run(c, &refit, &err), "%s", err.message);
    cr_assert_eq(c->entrant[0].model, small);
}

Test(comparison, fits_again_what_is_worse_than_its_special_case)
{
    struct session *session = session_of("load sleepstudy; fit s = Reaction ~ Days + (1 | Subject), method=ml; "
                                         "fit l = Reaction ~ Days + (Days | Subject), method=ml");
    struct fit *large = session_find_model(session, "l")->fit;
    const struct fit *small = session_find_model(session, "s")->fit;
    double loglik = large->loglik;
    struct asked asked = { 0 };
    struct comparison c;

    compare_two(session, &asked, &c);
    cr_expect_eq(asked.times, 0);
    cr_expect_float_eq(c.test[0].chisq, 2 * (loglik - small->loglik), 1e-9);
    comparison_clear(&c);

    large->loglik = small->loglik - 3; /* as if the search had ended early */
    compare_two(session, &asked, &c);
    cr_expect_eq(asked.times, 1);
    cr_expect_eq(asked.method, METHOD_ML);
    cr_expect_float_eq(asked.start[0], small->theta[0], 1e-12);
    cr_expect(asked.start[1] == 0 && asked.start[2] == 0);
    cr_expect(c.entrant[1].improved && !c.entrant[0].improved && !c.test[0].worse);
    cr_expect_float_eq(c.entrant[1].fit->loglik, loglik, 1e-6);
    cr_expect_float_eq(c.test[0].chisq, 2 * (loglik - small->loglik), 1e-6);
    cr_expect_float_eq(c.test[0].chisq, 42.1393, 1e-3); /* lme4: anova(m0, m1, refit = TRUE) */
    comparison_clear(&c);

    asked.fails = true; /* then it says that the larger one is worse, and has no p */
    compare_two(session, &asked, &c);
    cr_expect_eq(asked.times, 2);
    cr_expect(!c.entrant[1].improved && c.test[0].worse);
    comparison_clear(&c);
    session_free(session);
}

/* What commands print in a session. */
static void expect_output(struct session *session, const char *commands, const char *const *words)
{
    struct text output = { 0 };

    session_script(session, commands, &output);
    for (int i = 0; words[i] != NULL; i++)
        cr_expect(strstr(text_string(&output), words[i]) != NULL, "no `%s` in: %s", words[i], text_string(&output));
    text_clear(&output);
}

/* What the summary of a model says at its end to do next. */
static const char *next_step(struct session *session, const char *name)
{
    static char text[200];
    struct glmm_error err = { .at = NOWHERE };
    struct result *result = summary_result(session, session_find_model(session, name), "summary", &err);

    cr_assert_not_null(result);
    text[0] = '\0';
    for (const struct item *item = result->first; item != NULL; item = item->next)
        if (item->kind == ITEM_LINE && item->role == LINE_NEXT)
            snprintf(text, sizeof text, "%s", item->as.line);
    result_free(result);
    return text;
}

/* Real fits of this kind (salamanders by nbinom2 with zi=~ mined + (1 | site)) end where the last bits of products lead. */
Test(comparison, ranks_and_tests_nothing_that_has_not_converged)
{
    struct session *session =
        session_of("load sleepstudy; fit s = Reaction ~ Days + (1 | Subject), method=ml; "
                   "fit l = Reaction ~ Days + (Days | Subject), method=ml; fit o = Reaction ~ 1 + (1 | Subject), method=ml");
    struct fit *large = session_find_model(session, "l")->fit;
    struct glmm_error err = { .at = NOWHERE };

    large->optimum.verdict = VERDICT_NOT_CONVERGED;
    large->optimum.gain = 0.5; /* known: the numbers are of near there */
    cr_expect(!fit_is_maximum(large));
    expect_output(session, "compare s l",
                  (const char *const[]){ "l         6        -", "l is neither ranked nor tested: it has not converged", NULL });
    expect_output(session, "compare s l o", (const char *const[]){ "o in s", "AIC is for s alone", NULL });
    expect_output(session, "compare s l o; last json", (const char *const[]){ "\"aic\":null", NULL });
    expect_output(session, "table s l", (const char *const[]){ "l has no logLik, AIC and BIC: it has not converged", NULL });
    expect_output(session, "summary l", (const char *const[]){ "logLik not determined", NULL });
    cr_expect_str_eq(next_step(session, "l"), "next: shrinkage | plot-ascii groups");
    cr_expect_str_eq(next_step(session, "s"), "next: shrinkage | compare o s | plot-ascii groups");
    cr_expect_str_eq(next_step(session, "o"), "next: shrinkage | compare s o | plot-ascii groups");
    expect_output(session, "icc l", (const char *const[]){ "has not converged: these numbers are of where its search", NULL });
    expect_output(session, "varcorr l",
                  (const char *const[]){ "has not converged: these numbers are of where its search", NULL });
    expect_output(session, "confint l", (const char *const[]){ "summary says what may help", NULL });
    for (int i = 0; i < 4; i++)
        ((double *)large->vcov)[i] = (double)NAN; /* the arena's */
    expect_output(session, "table s l", (const char *const[]){ "-: not determined, or the fit has not converged", NULL });
    large->optimum.gain = (double)NAN; /* no telling how far an optimum is: no estimates */
    expect_output(session, "compare s l", (const char *const[]){ "l is neither ranked nor tested: it has not converged", NULL });
    cr_expect_str_eq(next_step(session, "l"), "");
    cr_expect_null(session_need_fit(session, "l", NOWHERE, &err));
    cr_expect_not_null(strstr(err.message, "l has no estimates"), "%s", err.message);
    large->optimum.gain = 1e-4; /* an optimum is near all the same */
    cr_expect(fit_is_maximum(large));
    session_free(session);
}
