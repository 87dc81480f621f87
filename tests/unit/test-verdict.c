/* test-verdict.c -- the verdict of a fit: codes before words. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "fit/optimum.h"
#include "fit/verdict.h"

/* A verdict never gets better; the first boundary is the fit's; sentences stand behind each other, as many as there is room for.
 */
Test(verdict, codes_before_words)
{
    struct optimum o = { .verdict = VERDICT_NOT_CONVERGED, .message = "of before" };
    struct optimum full;

    verdict_begin(&o, &(struct search_end){ 1e-9, 3, 5, 2.0 });
    cr_expect(o.verdict == VERDICT_OK && o.iterations == 3 && o.evaluations == 5 && o.message[0] == '\0');
    verdict_slope(&o, -2.0);
    verdict_slope(&o, 1.0);
    cr_expect(o.gradient == 2.0);
    verdict_no_variance(&o, NULL, NULL, "Batch");
    verdict_boundary(&o, BOUNDARY_CORRELATION);
    cr_expect(o.verdict == VERDICT_BOUNDARY && o.boundary == BOUNDARY_VARIANCE);
    verdict_worsen(&o, VERDICT_NOT_IDENTIFIED);
    verdict_no_variance(&o, "disp", "Days", "Subject");
    cr_expect(o.verdict == VERDICT_NOT_IDENTIFIED);
    cr_expect_str_eq(o.message, "the variance between levels of Batch is estimated as 0; "
                                "the variance of Days in disp= between levels of Subject is estimated as 0");
    verdict_unsay(&o);
    verdict_stopped(&o, true);
    verdict_worsen(&o, VERDICT_NOT_IDENTIFIED);
    cr_expect(o.verdict == VERDICT_NOT_CONVERGED && strstr(o.message, "1e-09 of deviance") != NULL);
    full = o;
    for (int i = 0; i < 100; i++)
        verdict_say(&full, "once more \xc2\xb1");
    cr_expect_lt(strlen(full.message), sizeof full.message);
}

/* L L' of a lower triangle of two effects, l = (l11, l21, l22). */
static void square_of(const double l[3], double sigma[3])
{
    sigma[0] = l[0] * l[0];
    sigma[1] = l[0] * l[1];
    sigma[2] = l[1] * l[1] + l[2] * l[2];
}

/* A search is at an optimum that is known where its covariances are, whatever the signs of columns and the units of effects. */
Test(verdict, an_optimum_is_known_by_its_covariances)
{
    static const double known[3] = { 1, 0.5, 0.8 };
    static const double units_of[3][3] = { { 1, 1, 1 }, { 10, 10, 10 }, { 10, 0.1, 0.1 } }; /* of the entries of L */
    static const struct {
        double x[3];
        bool is;
    } cases[] = { { { 1, 0.5, 0.8 }, true },    { { -1, -0.5, 0.8 }, true },  { { 1, 0.5, -0.8 }, true },
                  { { -1, -0.5, -0.8 }, true }, { { 1, -0.5, 0.8 }, false },  { { 2, 1, 1.6 }, false },
                  { { 1, 0.5, 1.2 }, false },   { { 0.5, 0.5, 0.8 }, false }, { { 1.05, 0.5, 0.8 }, true },
                  { { 1, 0.6, 0.75 }, true },   { { 0, 0, 0 }, false },       { { 1, 0, 0.943398 }, false } };

    for (int unit = 0; unit < 3; unit++) {
        const double *units = units_of[unit];
        const struct template_place place = { .k = 2, .covariance = &covariance_unstructured, .unit = unit == 0 ? NULL : units };
        struct optimizer o = { .templates = &place, .template_count = 1, .n = 3, .known_value = 5 };
        double at[3], there[3], sigma[3], of_known[3];

        square_of(known, of_known);
        for (int j = 0; j < 3; j++)
            there[j] = known[j] * units[j];
        o.known = there;
        for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
            bool near = true;

            square_of(cases[k].x, sigma);
            for (int a = 0, e = 0; a < 2; a++)
                for (int b = 0; b <= a; b++, e++)
                    near = near && fabs(sigma[e] - of_known[e]) < 0.3 * sqrt((of_known[2 * a] + 0.09) * (of_known[2 * b] + 0.09));
            cr_assert_eq(near, cases[k].is, "case %zu", k);
            for (int j = 0; j < 3; j++)
                at[j] = cases[k].x[j] * units[j];
            cr_expect_eq(optimizer_is_known(&o, at, 5, 0.1), near, "case %zu, units %d", k, unit);
            cr_expect_not(optimizer_is_known(&o, at, 5.3, 0.1));
            cr_expect_not(optimizer_is_known(&o, at, 4.9, 0.1));
            cr_expect_not(optimizer_is_known(&o, at, 5, 0.3));
        }
        o.known = NULL;
        cr_expect_not(optimizer_is_known(&o, there, 5, 0.1));
    }
}
