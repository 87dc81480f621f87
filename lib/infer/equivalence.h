/* equivalence.h -- one linear function against a margin: two one-sided tests (Schuirmann 1987), and non-inferiority.
 *
 * With d the estimate's distance from the value of the hypothesis, se its error and m > 0 the margin,
 *
 *   noninferior:  d > -m,   (d + m) / se large;    nonsuperior:  d < m,   (d - m) / se small;    equivalent: both, p the larger.
 *
 * The interval that goes with a test at level alpha has coverage 1 - 2 alpha. */
#ifndef INFER_EQUIVALENCE_H
#define INFER_EQUIVALENCE_H

enum equivalence_side { SIDE_EQUIVALENT, SIDE_NONINFERIOR, SIDE_NONSUPERIOR };

struct equivalence {
    double lower_t, upper_t; /* (d + m) / se and (d - m) / se */
    double lower_p, upper_p; /* of d <= -m and of d >= m, one-sided */
    double p;                /* of the side that was asked for; of both the larger */
    double t;                /* whose p that is */
    double lower, upper;     /* interval of the function with coverage 1 - 2 (1 - level) */
};

/* df: Infinity for z; level: 1 - alpha. */
void equivalence_test(double estimate, double value, double se, double df, double margin, enum equivalence_side side,
                      double level, struct equivalence *out);

#endif
