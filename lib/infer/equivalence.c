/* equivalence.c -- see equivalence.h. */
#include "infer/equivalence.h"

#include <math.h>
#include <stdbool.h>
#include <Rmath.h>

/* P(T > t). */
static double above(double t, double df)
{
    return isfinite(df) ? pt(t, df, 0, 0) : pnorm(t, 0, 1, 0, 0);
}

void equivalence_test(double estimate, double value, double se, double df, double margin, enum equivalence_side side,
                      double level, struct equivalence *out)
{
    bool lower;
    double d = estimate - value, q = isfinite(df) ? qt(level, df, 1, 0) : qnorm(level, 0, 1, 1, 0);

    out->lower_t = (d + margin) / se;
    out->upper_t = (d - margin) / se;
    out->lower_p = above(out->lower_t, df);
    out->upper_p = above(-out->upper_t, df);
    lower = side == SIDE_NONINFERIOR || (side != SIDE_NONSUPERIOR && out->lower_p > out->upper_p);
    out->p = lower ? out->lower_p : out->upper_p;
    out->t = lower ? out->lower_t : out->upper_t;
    out->lower = estimate - q * se;
    out->upper = estimate + q * se;
}
