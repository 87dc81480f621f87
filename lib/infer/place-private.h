/* place-private.h -- what the files of a place share: place-make.c makes one, place-value.c has the criterion,
 * place-curvature.c its second derivatives, place-starts.c other starts, place.c moves. */
#ifndef INFER_PLACE_PRIVATE_H
#define INFER_PLACE_PRIVATE_H

#include "base/arena.h"
#include "fit/glmm.h"
#include "fit/lmm.h"
#include "fit/minimize.h"
#include "fit/rowcov-along.h"
#include "infer/place.h"

/* A random term's coordinates, from psi[first]. */
struct place_term {
    int k, first, theta;
    bool correlated;
    const struct covariance *covariance;
    int *order; /* k: the design's effect that stands at each place */
};

struct place_tie;

struct place {
    const struct fit *fit;
    struct design design; /* a copy, of which some arrays are the arena's */
    struct arena *arena;
    const struct glmm_progress *progress;
    struct lmm *lmm; /* one of these three */
    struct glm *glm;
    struct rowcov_along *along;
    struct along_parameter held_there; /* of `along`: the parameter that it is made for */
    bool structured;
    bool turned; /* effects are not in the design's order */
    bool reml;
    int p, n, theta_count;
    int scale, rest;          /* where log sigma, or the parameters behind theta, begin, and how many they are */
    int kept;                 /* the coordinate of a shape that a structured fit has at its limit, where it stays; or -1 */
    int limit_sign;           /* of the last of these, where the fit holds it at its limit; else 0 */
    struct place_term *terms; /* those of all predictors, in the order of design_term */
    int term_count;           /* 0 of a structured model */
    int without;
    const double *taken;                 /* n: the column that is taken out */
    const struct prior_rule *taken_rule; /* of its coefficient; NULL: none */
    double taken_penalty;                /* what the rule gives where the coefficient is held */
    double *offset;                      /* its multiple, and the design's own */
    double *estimate, *sizes, *curvature, *inverse, *vectors, *values;
    bool has_curvature, positive;     /* the curvature as it is was positive definite */
    double *theta, *phi, *slopes, *G; /* theta_count + 1; the engine's parameters; theirs; p x p: gamma = G beta */
    struct minimizer *minimizer;
    bool warm; /* it knows the curvature of a minimum near the next one, in the coordinates of `held` */
    double *C, *base, *psi, *gradient, *z, *z_gradient, *ones; /* psi = base + C z */
    const double *known;                                       /* a minimum, or NULL */
    int held;                                                  /* to which C belongs; -2: none yet */
    struct place_tie *tie, *tied;                              /* NULL: none; the last one, of the arena */
    bool profiled;                                             /* there is a tie, of a linear model: only ratios to sigma count */
    double evaluations;                                        /* minimized so far: for who waits */
    bool stopped, refused;                                     /* the work; memory */
};

/* Where the coordinates of an effect's row of the template begin: its standard deviation, then the angles. */
static inline int term_row(const struct place_term *term, int a)
{
    return term->first + (term->correlated ? a * (a + 1) / 2 : a);
}

/* Where an entry of a term's template stands in theta. */
static inline int term_entry(const struct place_term *term, int a, int b)
{
    return term->theta + covariance_entry(term->covariance, term->k, a, b);
}

/* theta of a term at psi, not relative to sigma; out := J'g of the term's coordinates, J the derivatives of these theta; and
 * H (n x n) += the second derivatives of g'theta, g as it is. */
void place_fill_term(const struct place_term *term, const double psi[], double theta[]);
void place_pull_back(const struct place_term *term, const double psi[], const double g[], double out[]);
void place_add_bend(const struct place_term *term, const double psi[], const double g[], int n, double H[]);

/* The coordinate of the shape that is held at its limit, or -1. */
static inline int place_limit(const struct place *place)
{
    return place->limit_sign != 0 ? place->scale + place->rest - 1 : -1;
}

/* Where the coordinates of the parameters behind theta begin: of a structured model, too, whose kept shape stands behind them. */
static inline int place_first_rest(const struct place *place)
{
    return place->n - place->rest - (place->kept >= 0);
}

/* The shape, as it is estimated, at its coordinate w; *rate gets its derivative. */
double place_limit_shape(const struct place *place, double w, double *rate);

/* Sets the curvature at the estimates, its inverse, and whether it is positive definite. */
void place_set_curvature(struct place *place);

/* The criterion at psi; `gradient` may be NULL.  MINIMIZE_BAD or more where there is none. */
double place_value_of(struct place *place, const double psi[], double gradient[]);

/* The same of a linear model at the sigma that is best, whatever psi has: only ratios to that count. */
double place_profiled_value(struct place *place, const double psi[], double gradient[]);

/* The same where the tie holds: at the point that psi leads to, its standard deviations multiplied by what the tie asks for. */
double place_tied_value(struct place *place, const double psi[], double gradient[]);

void place_tie_set(struct place *place, double x);

/* Whether a coordinate stays where it is under the tie, for it has no say: sigma where it is profiled out, the one standard
 * deviation that is all of the members. */
bool place_tie_holds(const struct place *place, int coordinate);

/* Whether a coordinate is chosen where `held` (-1: none) is held. */
static inline bool place_is_free(const struct place *place, int coordinate, int held)
{
    return coordinate != held && coordinate != place->kept && !(place->tie != NULL && place_tie_holds(place, coordinate));
}

/* Where a search begins, from another share: what is left of a linear model has shrunk or grown, so that the whole stays. */
void place_tie_start(struct place *place, double psi[]);

/* About what a standard deviation is there beside its estimate, 1 at most: of a small share, or of the little that a large one
 * leaves. */
double place_tie_reach(const struct place *place, int coordinate);

/* That point; false where there is none. */
bool place_tie_point(struct place *place, double psi[]);

#endif
