/* test-verdict.c -- the verdict of a fit: codes before words. */
#include <criterion/criterion.h>
#include <string.h>

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
