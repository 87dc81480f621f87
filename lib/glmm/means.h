/* glmm/means.h -- means over a reference grid, slopes, their contrasts.  Part of <glmm.h>. */
#ifndef GLMM_MEANS_H
#define GLMM_MEANS_H

#include <stdbool.h>
#include <stddef.h>

#include "glmm/infer.h"

#ifdef __cplusplus
extern "C" {
#endif

enum glmm_means_scale { GLMM_MEANS_LINK, GLMM_MEANS_TYPICAL, GLMM_MEANS_POPULATION }; /* linear predictor; response */
enum glmm_means_weights { GLMM_EQUAL, GLMM_PROPORTIONAL, GLMM_CELLS };

/* Zero or NULL is the default of each. */
struct glmm_means_options {
    size_t size;
    const struct glmm_stated *at; /* values of variables; all levels of a factor, the mean of a number */
    int at_count;
    enum glmm_means_weights weights; /* how levels count that are averaged over: alike, as often as they occur, or in the cell */
    enum glmm_means_scale scale;     /* of the response: in the typical group, whose effects are 0, or averaged over the groups */
    enum glmm_ddf ddf;
    double level;      /* of intervals: 0.95 */
    int within;        /* contrasts stay within the levels of so many of the first variables */
    const char *slope; /* slopes of the linear predictor along this number, in place of means: at its mean, or `at` its values */
    const struct glmm_progress *progress;
};

struct glmm_means;

/* Estimated marginal means (least-squares means) for each combination of levels of variables[], which ends with NULL: linear
 * functions of the coefficients, on the grid of all levels of the model's factors.  Slopes may be of no variable; where `at`
 * gives the number itself several values, or it is one of variables[], its values are the last of the levels.  options may be
 * NULL.  Returns new; the fit must outlive it.  Errors name "variables", "at", "slope", "scale", "weights" or
 * "within". */
struct glmm_means *glmm_means_new(const struct glmm_fit *fit, const char *const *variables,
                                  const struct glmm_means_options *options, struct glmm_error *err);
void glmm_means_free(struct glmm_means *means);
int glmm_means_count(const struct glmm_means *means);
/* Where numbers stand that are held: "age = 11, w = 2"; of slopes, those that they depend on: the number itself where it enters
 * as a curve.  "" where none is; borrowed. */
const char *glmm_means_held(const struct glmm_means *means);
/* Mean number `index`, the last variable fastest; *levels (or NULL) gets "A 175" (borrowed).  NaN where the data do not determine
 * it; there is no test of it.  False outside 0 .. count-1, or with err. */
bool glmm_means_get(const struct glmm_means *means, int index, const char **levels, struct glmm_estimate *out,
                    struct glmm_error *err);

enum glmm_contrast_method {
    GLMM_PAIRS,       /* a - b, for each a before b */
    GLMM_CONTROL,     /* a - `reference` */
    GLMM_TRENDS,      /* orthogonal polynomials over equally spaced levels */
    GLMM_CONSECUTIVE, /* b - a, for each b behind a */
    GLMM_EFFECTS,     /* a - the mean of all */
    GLMM_WEIGHTED     /* `weights` */
};
enum glmm_adjust { GLMM_UNADJUSTED, GLMM_TUKEY, GLMM_DUNNETT, GLMM_HOLM, GLMM_BONFERRONI, GLMM_SIDAK };

/* Zero or NULL is the default of each. */
struct glmm_contrasts_options {
    size_t size;
    enum glmm_contrast_method method;
    enum glmm_adjust adjust; /* of p and intervals of all contrasts together: none */
    bool interaction;        /* products of contrasts of each variable, instead of contrasts of combinations */
    bool ratios;             /* odds ratios, ratios of means; of geometric means where the response is a logarithm */
    const char *reference;   /* the control: the first */
    const char *weights;     /* "1 -0.5 -0.5, 0 1 -1": of the means in their order */
    double level;            /* of intervals: 0.95 */
};

struct glmm_contrasts;

/* Contrasts of means on the scale of the linear predictor, or of slopes.  options may be NULL.  Returns new.  Errors name
 * "method", "adjust", "ratios", "reference" or "weights". */
struct glmm_contrasts *glmm_contrasts_new(const struct glmm_means *means, const struct glmm_contrasts_options *options,
                                          struct glmm_error *err);
void glmm_contrasts_free(struct glmm_contrasts *contrasts);
int glmm_contrasts_count(const struct glmm_contrasts *contrasts);
/* *name (or NULL) gets "A - B" (borrowed).  NaN where the data do not determine it. */
bool glmm_contrasts_get(const struct glmm_contrasts *contrasts, int index, const char **name, struct glmm_estimate *out);

/* A range of `moderator`, within that of the data, in which the slope along `variable` differs from 0, and the sign that it has
 * there. */
struct glmm_region {
    double from, to;
    int sign;
};
enum { GLMM_REGIONS = 8 }; /* no more are found */

/* The regions of Johnson and Neyman (1936), by intervals of the options' level at each value of the moderator; other numbers
 * stand at their mean, or where `at` has them, and factors are averaged over.  Fills regions[0 .. result); 0: it differs from 0
 * nowhere.  -1 with err, which names "slope" or "moderator".  options may be NULL; `scale`, `within` and `slope` are not looked
 * at. */
int glmm_slope_regions(const struct glmm_fit *fit, const char *variable, const char *moderator,
                       const struct glmm_means_options *options, struct glmm_region regions[GLMM_REGIONS],
                       struct glmm_error *err);

enum glmm_side { GLMM_EQUIVALENT, GLMM_NONINFERIOR, GLMM_NONSUPERIOR };

struct glmm_equivalence {
    double p;                /* of the side that was asked for; of equivalence the larger of the two */
    double statistic;        /* the t (z) whose p that is */
    double lower_p, upper_p; /* that the estimate is not below value - margin, not above value + margin; one-sided */
    double lower, upper;     /* the interval that goes with the test: of coverage 1 - 2 (1 - level) */
};

/* Whether an estimate differs from `value` by less than `margin`: two one-sided tests (Schuirmann 1987); non-inferiority. */
bool glmm_equivalence(const struct glmm_estimate *estimate, double value, double margin, enum glmm_side side, double level,
                      struct glmm_equivalence *out, struct glmm_error *err);

#ifdef __cplusplus
}
#endif

#endif
