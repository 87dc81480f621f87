/* slopes.h -- slopes of the linear predictor along one number, on the reference grid of infer/means.h.
 *
 * A slope is a linear function of the coefficients, the derivative of a mean: it is taken by differences of fourth order, which
 * are exact for polynomials up to degree 4.  Where it depends on a second number w, the values of w at which it differs from 0
 * (Johnson & Neyman 1936) are those where |slope(w)| > q se(w), q of t at the level. */
#ifndef INFER_SLOPES_H
#define INFER_SLOPES_H

#include "infer/means.h"

/* Whether the slope along a number is another at its other values: poly(x, 2), x + I(x^2), log(x); and whether it moves with
 * another variable, as in x * w. */
bool slopes_bend(const struct model *model, const char *column);
bool slopes_move_with(const struct model *model, const char *column, const char *other);

/* The slopes for each combination of request->variables (all of them, by= or not), as means whose rows they are: means_estimate
 * on SCALE_LINK, contrasts_new.  The number stands at its mean, or where at= has it; where at= gives it several values, or it is
 * one of the variables itself, its values are the last variable.  `held` and `hold` say at which numbers the slopes are those:
 * of the number itself where they bend, of others where they move with them.  Returns new (means_free).  Errors: those of
 * means_new; the variable is a factor or has one value. */
struct means *slopes_new(const struct model *model, const struct asked *variable, const struct means_request *request,
                         const struct glmm_progress *progress, struct glmm_error *err);

/* A slope over the range of one other number. */
enum { NEYMAN_POINTS = 121, NEYMAN_REGIONS = 8, NEYMAN_MOST = 12 }; /* NEYMAN_MOST: levels of factors beside it that are drawn */

struct neyman {
    double w[NEYMAN_POINTS], slope[NEYMAN_POINTS], lower[NEYMAN_POINTS], upper[NEYMAN_POINTS];
    int count;                                       /* of regions where the slope differs from 0 */
    double from[NEYMAN_REGIONS], to[NEYMAN_REGIONS]; /* within the range of the data */
    int sign[NEYMAN_REGIONS];                        /* of the slope there */
};

/* `moderator` must be a number of the model.  False with an error: those of slopes_new. */
bool neyman_find(const struct model *model, const struct linear *linear, const struct asked *variable,
                 const struct asked *moderator, const struct means_request *request, double level, struct neyman *out,
                 const struct glmm_progress *progress, struct glmm_error *err);

#endif
