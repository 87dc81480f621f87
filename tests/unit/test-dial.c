/* test-dial.c -- fits at other variances, and at other strengths of the random effects: the dial behind the views. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "lang/command.h"
#include "fit/glmm.h"
#include "infer/attenuation.h"
#include "infer/dial.h"
#include "infer/shrinkage.h"
#include "run-session.h"
#include "sweep.h"
#include "view-models.h"

/* --- the dial ------------------------------------------------------------------------------------------------------- */

static const struct fit *fit_of(struct session *session)
{
    return session_find_model(session, "m1")->fit;
}

static const char *const dialled[] = {
    batch,
    sleep,
    crossed,
    counts,
    "load epil; fit m1 = y ~ trt + (1 | subject), family=poisson",
    "load sleepstudy; fit m1 = Reaction ~ Days + (Days | Subject), method=ml",
    "load sleepstudy; fit m1 = Reaction ~ Days + (1 | Subject), family=Gamma",
    "load cbpp; fit m1 = cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial, method=agq nodes=7",
};
enum { DIALLED = sizeof dialled / sizeof dialled[0] };

Test(dial, at_factor_1_it_is_the_fit_and_the_maximum)
{
    for (int i = 0; i < DIALLED; i++) {
        struct session *session = session_of(dialled[i]);
        const struct fit *fit = fit_of(session);
        struct dial *dial = dial_new(fit, 0, NULL);
        struct fit *same = dial_turn(dial, 1, NULL);

        cr_assert_not_null(same);
        cr_expect_float_eq(same->criterion, fit->criterion, 1e-5, "%s: %.8f, %.8f", dialled[i], same->criterion, fit->criterion);
        for (int j = 0; j < fit->design->p; j++)
            cr_expect_float_eq(same->beta[j], fit->beta[j], 2e-4 * fit->se[j], "%s: %g, %g", dialled[i], same->beta[j],
                               fit->beta[j]);
        cr_expect_float_eq(same->sigma, fit->sigma, 1e-6 * fit->sigma);
        for (int32_t l = 0; l < fit->design->random[0].level_count; l++)
            cr_expect_float_eq(same->random[0].modes[l * fit->random[0].k], fit->random[0].modes[l * fit->random[0].k],
                               1e-4 * fit->random[0].sd[0]);
        for (size_t r = 0; r < fit->design->n; r++)
            cr_expect_float_eq(same->fitted[r], fit->fitted[r], 1e-4 * fabs(fit->fitted[r]));
        cr_expect(dial_deviance(dial, 0.9) > fit->criterion, "%s", dialled[i]);
        cr_expect(dial_deviance(dial, 1.1) > fit->criterion, "%s", dialled[i]);
        cr_expect_float_eq(dial_deviance(dial, 0.9), dial_deviance(dial, 0.9), 1e-9);
        fit_free(same);
        dial_free(dial);
        session_free(session);
    }
}

/* Where the dial stands says what is shown, not where it came from; at 0 that is the model without random effects. */
Test(dial, forgets_where_it_was)
{
    static const char *const scripts[] = {
        counts,
        "load toenail; fit m1 = outcome ~ treatment * time + (1 | patientID), family=binomial",
        "load epil; fit m1 = y ~ trt + (1 | subject), family=poisson",
    };
    static const double places[] = { 0, 0.25, 1, 3, 16 };

    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        struct session *session = session_of(scripts[i]);
        const struct fit *fit = fit_of(session);
        struct dial *dial = dial_new(fit, 0, NULL);
        struct design flat;
        struct fit *naive = naive_fit(fit, METHOD_ML, &flat, NULL, NULL);

        cr_assert_not_null(naive);
        cr_expect_float_eq(dial_deviance(dial, 0), naive->criterion, 1e-6, "%s", scripts[i]);
        for (int a = 0; a < 5; a++)
            for (int b = 0; b < 5; b++) {
                struct dial *fresh = dial_new(fit, 0, NULL);
                double wanted = dial_deviance(fresh, places[b]), found;

                dial_deviance(dial, places[a]);
                found = dial_deviance(dial, places[b]);
                cr_expect_float_eq(found, wanted, 1e-5, "%s, from %g to %g: %.8f, %.8f", scripts[i], places[a], places[b], found,
                                   wanted);
                dial_free(fresh);
            }
        fit_free(naive);
        dial_free(dial);
        session_free(session);
    }
}

/* At the profiled coefficients the deviance is lower than at those of the estimate, and nearby ones are no better. */
Test(dial, other_coefficients_fit_no_better)
{
    struct session *session = session_of(counts);
    const struct fit *fit = fit_of(session);
    struct dial *dial = dial_new(fit, 0, NULL);
    struct fit *what = dial_turn(dial, 2, NULL);
    struct glm *m = glm_new(fit->design, fit->family, fit->link, 1, NULL);
    double phi[8], beta[4];

    for (int j = -4; j <= 4; j++) {
        memcpy(beta, what->beta, sizeof beta);
        if (j != 0)
            beta[abs(j) - 1] += j > 0 ? 0.01 : -0.01;
        glm_from_beta(m, beta, phi);
        phi[4] = 2 * fit->theta[0];
        if (j == 0)
            cr_expect_float_eq(glm_deviance(m, phi, NULL), what->criterion, 1e-7);
        else
            cr_expect(glm_deviance(m, phi, NULL) > what->criterion);
    }
    glm_free(m);
    fit_free(what);
    dial_free(dial);
    session_free(session);
}

/* Far from the estimate too the coefficients are those of the minimum: steps away from it, of any size, lead up. */
Test(dial, far_out_it_is_the_minimum)
{
    static const char script[] = "load toenail; fit m1 = outcome ~ treatment * time + (1 | patientID), family=binomial";
    static const double places[] = { 8, 16, 32 }, steps[] = { 1e-3, 0.1, 1, 4 };
    struct session *session = session_of(script);
    const struct fit *fit = fit_of(session);
    struct dial *dial = dial_new(fit, 0, NULL);
    struct glm *m = glm_new(fit->design, fit->family, fit->link, 1, NULL);
    double phi[5], beta[4];

    for (int i = 0; i < 3; i++) {
        struct fit *what = dial_turn(dial, places[i], NULL);

        for (int j = 0; j < 32; j++) {
            memcpy(beta, what->beta, sizeof beta);
            beta[j / 8] += (j % 2 == 0 ? 1 : -1) * steps[j % 8 / 2] * fit->se[j / 8];
            glm_from_beta(m, beta, phi);
            phi[4] = places[i] * fit->theta[0];
            cr_expect(glm_deviance(m, phi, NULL) > what->criterion - 1e-6, "%g: %d", places[i], j);
        }
        fit_free(what);
    }
    glm_free(m);
    dial_free(dial);
    session_free(session);
}

/* Complete pooling at 0; toward no pooling each level comes to its own estimate. */
Test(dial, goes_from_complete_to_no_pooling)
{
    struct session *session = session_of(batch);
    struct dial *dial = dial_new(fit_of(session), 0, NULL);
    double before = 0;

    for (int i = 0; i < 4; i++) {
        static const double factors[] = { 0, 0.5, 2, 4096 };
        struct fit *what = dial_turn(dial, factors[i], NULL);
        struct shrinkage *s = shrinkage_new(what, NULL, NULL, NULL);

        for (int32_t l = 0; l < s->count; l++) {
            cr_expect_float_eq(s->pooled[l] - s->complete, s->weight[l] * (s->raw[l] - s->complete), 1e-6);
            if (i == 0)
                cr_expect_float_eq(s->pooled[l], s->complete, 1e-9);
            if (i == 3)
                cr_expect_float_eq(s->pooled[l], s->raw[l], 1e-3);
        }
        cr_expect(i == 0 || s->weight[0] > before);
        before = s->weight[0];
        shrinkage_free(s);
        fit_free(what);
    }
    dial_free(dial);
    session_free(session);
}

/* An estimate of 0 has something to turn. */
Test(dial, starts_from_zero_too)
{
    struct session *session = session_of(none);
    const struct fit *fit = fit_of(session);
    struct dial *dial = dial_new(fit, 0, NULL);

    cr_assert(dial_at_zero(dial));
    cr_expect_float_eq(dial_deviance(dial, 0), fit->criterion, 1e-8);
    cr_expect(dial_deviance(dial, 1) > fit->criterion);
    dial_free(dial);
    session_free(session);
}

static bool dial_once(void *context, struct glmm_error *err)
{
    struct dial *dial = dial_new(context, 0, err);
    struct fit *what = dial == NULL ? NULL : dial_turn(dial, 0.5, err);
    bool ok = what != NULL;

    fit_free(what);
    dial_free(dial);
    return ok;
}

Test(dial, every_allocation_may_fail)
{
    for (int i = 0; i < DIALLED; i++) {
        struct session *session = session_of(dialled[i]);
        long count = sweep_allocations(dial_once, (void *)fit_of(session));

        cr_expect(count > 0, "%s: %ld", dialled[i], count);
        session_free(session);
    }
}
