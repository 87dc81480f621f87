/* determined-more.h -- a fit of a made-up model beside what its data determine, and what of it is compared. */
#ifndef TESTS_DETERMINED_MORE_H
#define TESTS_DETERMINED_MORE_H

#include "determined-truth.h"
#include "glmm.h"

struct subject {
    const struct made *made;
    const struct truth *truth;
    struct glmm_fit *fit;
    const struct glmm_model *model;
};

/* How an infinite linear predictor is shown. */
enum scale { ON_LINK, ON_RESPONSE };

/* One number with its error and interval. */
void subject_hold(const struct subject *s, const char *what, const char *which, struct told told, enum scale scale,
                  double estimate, double se, double lower, double upper);

void subject_complain(const struct subject *s, const char *what, const char *which, const char *says); /* wrong otherwise */
void subject_shown(const struct subject *s, const char *what, const char *says);                       /* and not determined */
void subject_withheld(const struct subject *s, const char *what, const char *says);
void subject_held(const struct subject *s); /* one more that is right */

/* Held or not: `known` is the truth, `shown` what the engine says. */
void subject_judge(const struct subject *s, const char *what, const char *which, bool known, bool shown);

void hold_combinations(const struct subject *s);
void hold_thresholds(const struct subject *s);
void hold_slopes(const struct subject *s);
void hold_variances(const struct subject *s);
void hold_shares(const struct subject *s);
void hold_count(const struct subject *s);

/* `without`: the model without random effects by the same method; NULL: none. */
void hold_asked(const struct subject *s, const struct glmm_fit *without);

#endif
