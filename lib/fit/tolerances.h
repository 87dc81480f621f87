/* tolerances.h -- each tolerance of the search for an optimum, with its reason.
 *
 * A deviance is judged in its own units (a difference of 1e-8 is nothing to any test or interval), an angle or a share beside 1,
 * an eigenvalue beside the largest of a matrix whose coordinates have their natural size. */
#ifndef FIT_TOLERANCES_H
#define FIT_TOLERANCES_H

/* What is left to gain of the deviance at an optimum that is called one: it moves an estimate by 1e-4 of its standard error. */
#define TOLERANCE_GAIN 1e-8

/* The same where it is certain that no printed digit hangs on it: differences of slopes are taken there. */
#define TOLERANCE_EXACT_GAIN 1e-19

/* The same where second derivatives are exact.  A template entry t that is small beside what a level can tell has the curvature
 * 4 t^2 f'' + 2 f', f of the variance: what is left of f' must be nothing beside t^2, for degrees of freedom of 9 digits. */
#define TOLERANCE_SETTLED_GAIN 1e-26

/* The same where modes are found within the deviance, each to a relative 1e-12. */
#define TOLERANCE_APPROXIMATE_GAIN 1e-18

/* What a minimizer may leave where the Hessian is taken behind it, and the gain from which Newton's steps lead so far that it is
 * taken anew.  A standard error changes on the way to the optimum by a share of about the root of this: by none that is printed.
 */
#define TOLERANCE_HESSIAN_GAIN 1e-13
#define TOLERANCE_MOVED_GAIN   1e-11

/* What a minimizer may leave where an evaluation is dear: second derivatives are taken there, and change by less than 1e-6 on the
 * rest of the way, which may be further than one would think beside few levels. */
#define TOLERANCE_DEAR_GAIN 1e-12

/* A step that moves no parameter by more than this share of its natural size, and no standard error by much more: it is not worth
 * an evaluation where these are dear. */
#define TOLERANCE_UNMOVED_SHARE 2e-7

/* What Newton's method may leave where its values are good to a tenth of that only: its next step leaves the square, and is the
 * certificate's to judge, by slopes. */
#define TOLERANCE_NEWTON_GAIN 1e-9

/* A search is on its way to a known optimum where it has come as near as this: in its value and what it may gain, in covariances
 * as a share of the variances.  Two optima that near would be one to any reader. */
#define TOLERANCE_KNOWN_GAIN  0.2
#define TOLERANCE_KNOWN_SHARE 0.3

/* What a search that is not certified may still find. */
#define TOLERANCE_NEARLY 1e-3

/* More than this of deviance that a parabola promises, a move by a tenth of a standard error: how far the optimum is cannot be
 * told from there, and where such a search ended hangs on the last bits. */
#define TOLERANCE_FORESEEN 1e-2

/* What a dispersion may cost that is put at its limit: beyond FAR_TAU the rest of the way changes the deviance by less than a
 * test shows, and the slope along it has no end. */
#define TOLERANCE_LIMIT 1e-4

/* A shape that far toward the limit of its family is there: with 2e-9 of the distance that it is estimated as, in units of what
 * it stands beside (glm_limit_size). */
#define LIMIT_OF_TAU 20

/* One that is on the way there: it is tried. */
#define FAR_TAU 5.0

/* A standard deviation, on the scale of the link, with which levels are at 0 or 1 throughout: a search that has gone there may be
 * on its way to infinity. */
#define FAR_SD 15.0

/* How far from where it begins the logarithm of a dispersion is put whose variation random effects have taken: with 1e-8 of it
 * nothing is left of the family. */
#define TAU_GONE 18.0

/* A curvature beside what a coordinate's natural size promises, and an eigenvalue, that are none: what is there is the error of
 * differences.  The direction of such an eigenvalue has no variance. */
#define TOLERANCE_FLAT        1e-8
#define TOLERANCE_NO_VARIANCE 1e-7

/* Of the variance of effects that have taken all variation: what is open of them is none, as with 1e-8 of its variation a family
 * leaves no more; it is where the search for the dispersion ended. */
#define TOLERANCE_TAKEN 1e-6

/* What making a template singular may cost of the deviance: below what two searches differ by. */
#define TOLERANCE_BOUNDARY 1e-9

/* The curvature of a parameter, beside the most that a level can tell of it, below which it is flat. */
#define TOLERANCE_FLAT_LEVEL 1e-8

/* By how much another optimum must be lower to be another: beyond what two certified searches differ by. */
#define TOLERANCE_LOWER 1e-6

/* A step of a deviance that is lost in its rounding, in units of that: sums of many terms lose a few bits. */
#define TOLERANCE_ROUNDINGS 16.0

/* A singular value of a template, in units of what a level's rows can tell, that is 0 to within what the deviance shows: its
 * square, a share of the variance, is at the root of the rounding. */
#define TOLERANCE_SINGULAR 1e-4

/* The same where the deviance has no slope in a variance at 0, and so is of the fourth order in its root: a search ends where its
 * gain, 1e-9, is that of the fourth power. */
#define TOLERANCE_QUARTIC 1e-2

/* An eigenvalue of the Hessian that is negative beyond the error of differences: a saddle. */
#define TOLERANCE_SADDLE 1e-5

/* What the rows of a level know of its effect, beside what its variance says of it (1): beyond, the latter is lost in the
 * rounding of the former, and with it how well the data know a mean over levels. */
#define TOLERANCE_INFORMATION 1e15

/* An eigenvalue below which a direction is flat and no step is taken along it; what its slope may gain counts with this for its
 * curvature. */
#define TOLERANCE_FLAT_GAIN 1e-7

/* What a step of Newton's leaves of the gain where it is one: of its square there is nothing left. */
#define TOLERANCE_STEEP 1e-2

/* A gain beyond which a Hessian taken here tells nothing of the optimum. */
#define TOLERANCE_NEWTON_REACH 10.0

/* A fall of the deviance that shows that a saddle was left; and the shortest step that is tried. */
#define TOLERANCE_LEFT     1e-10
#define TOLERANCE_SHORTEST 1e-3

/* What the data leave open (identify.h).  A share of a standardized direction below this is none: nothing is printed of it.  A
 * variance that a direction moves by less is not moved. */
#define TOLERANCE_OPEN    1e-6
#define TOLERANCE_UNMOVED 1e-8

/* Coefficients of sums of covariances: whole numbers, and rows of Z that are the same, but for the rounding of a null space. */
#define TOLERANCE_WHOLE 1e-7
#define TOLERANCE_SAME  1e-6

/* The pivots of the curvature at the modes, in units of what the random effects' own density gives, are below 1 only where log f
 * is not concave.  Where one is below this, Laplace's approximation, which grows without bound toward 0, is none any more. */
#define BROKEN_PIVOT 0.1

/* Of the same: a search that ends without a certificate where half of an effect's own precision is gone was drawn there by
 * log|M|, and not by the data. */
#define BENT_PIVOT 0.5

/* The search for modes and for starting values, all by Newton's steps that are halved.  A step must bring this share of the fall
 * that it promises (Armijo); the shortest that is tried; a decrement at which h is flat to within its rounding, which is this
 * share of h; a decrement whose step leaves nothing (its square), and one that a failed search may leave. */
#define TOLERANCE_DECREASE      1e-4
#define TOLERANCE_MODE_SHORTEST 1e-10
#define TOLERANCE_MODE_FLAT     1e-7
#define TOLERANCE_MODE_ROUNDING 1e-13
#define TOLERANCE_MODE_DONE     1e-13
#define TOLERANCE_MODE_FAILED   1e-6

/* Starting values need no more digits than this, in a deviance that is so far from its optimum that its own size counts; and the
 * shortest step toward them. */
#define TOLERANCE_START_GAIN     1e-11
#define TOLERANCE_START_SIZE     1e-3
#define TOLERANCE_START_SHORTEST 1e-8

/* What is left of a response, beside what it was, that is rounding: the fixed effects explain it. */
#define TOLERANCE_NO_RESIDUAL 1e-13

/* A step of forward differences of slopes along the logarithm of a dispersion, a threshold or a log-odds: an error of about 1e-3
 * of a curvature that only scales. */
#define TOLERANCE_SCALING_STEP 1e-3

#endif
