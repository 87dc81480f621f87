/* family-support.c -- which responses several families take, and where the mean of such a response begins. */
#include <math.h>

#include "model/family-parts.h"

static const double WHOLE = 1e-6; /* of successes, a share times trials: whole but for rounding and the share's text */

bool accepts_finite(const struct observation *at)
{
    return isfinite(at->y);
}

bool accepts_positive(const struct observation *at)
{
    return at->y > 0 && isfinite(at->y);
}

bool accepts_count(const struct observation *at)
{
    return at->y >= 0 && at->y == floor(at->y) && isfinite(at->y);
}

bool accepts_successes(const struct observation *at)
{
    double k = at->y * at->trials;

    return at->y >= 0 && at->y <= 1 && at->trials >= 0 && fabs(k - nearbyint(k)) < WHOLE * fmax(1, k);
}

double start_at_response(const struct observation *at)
{
    return at->y;
}

double start_above_0(const struct observation *at)
{
    return at->y + 0.1;
}

double start_between(const struct observation *at)
{
    return (at->y * at->trials + 0.5) / (at->trials + 1);
}
