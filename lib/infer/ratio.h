/* ratio.h -- what exp() of a coefficient, or of a difference of means, is in a model. */
#ifndef INFER_RATIO_H
#define INFER_RATIO_H

#include "model/model.h"

struct ratio {
    const char *name; /* "odds ratio", "ratio of geometric means" */
    double base;      /* of the logarithm: e; 2 or 10 where the response is log2(y) or log10(y) */
};

/* Of the model's coefficients; false where there is none: the link makes none, and the response is no logarithm. */
bool ratio_of_model(const struct model *model, struct ratio *out);

/* Turns a coefficient, its error and the ends of its interval into those of its ratio: the error by the delta method, the ends
 * carried over. */
void ratio_turn(const struct ratio *ratio, double *estimate, double *se, double *lower, double *upper);

/* " of z + 1" where the response is the logarithm of more than a variable, else "".  The arena's. */
const char *ratio_of_what(const struct model *model, struct arena *arena);

/* The response is the logarithm of a variable, and its means are lines: differences are logarithms of ratios of geometric means.
 * 0 where it is none. */
double ratio_log_base(const struct model *model);

/* "e", "2" or "10": that base in words. */
const char *ratio_base_name(const struct model *model);

/* The same where the linear predictor is the mean of a logarithm, of family=lognormal too: this base to the power of a mean is a
 * geometric mean of the variable, and to that of a difference a ratio of two.  0 where it is none. */
double ratio_mean_base(const struct model *model);

/* "y" or "z + 1": what such a geometric mean is of.  The arena's; never NULL. */
const char *ratio_mean_of(const struct model *model, struct arena *arena);

/* Whether the means are of some other function of a variable, so that their ratio says nothing of the variable. */
bool ratio_is_meaningless(const struct model *model);

/* The ratio that a difference of logarithms is: exp() of it. */
double ratio_of_log(double difference);

/* The logarithm of one, as which a coefficient or the end of an interval was computed. */
double ratio_log(double ratio);

#endif
