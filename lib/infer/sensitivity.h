/* sensitivity.h -- how far estimates hang on what was chosen beside the data: the same model by other optimizers, from other
 * starts, by other methods, with other links and distributions, and without the levels that count most.
 *
 *   move = (estimate of the variant - estimate) / standard error of the fit
 *
 * Links have scales of their own: with another one the move is that of estimate / standard error, and only coefficients have it.
 */
#ifndef INFER_SENSITIVITY_H
#define INFER_SENSITIVITY_H

#include "fit/search.h"
#include "infer/parameter.h"
#include "infer/replicate.h"

enum variant_kind {
    VARIANT_OPTIMIZER,
    VARIANT_START,
    VARIANT_METHOD,
    VARIANT_LINK,
    VARIANT_FAMILY,
    VARIANT_GROUP,
    VARIANT_KINDS
};

enum variant_verdict {
    VARIANT_SAME,          /* no estimate moves by a tenth of its error */
    VARIANT_MOVES,         /* one does, */
    VARIANT_FAR,           /* or by its error and more */
    VARIANT_ABOVE,         /* the optimizer stopped above the optimum of the fit: it failed, not the fit */
    VARIANT_LOWER,         /* it found a lower point: the fit is not at the optimum */
    VARIANT_NOT_CONVERGED, /* these are not judged by their estimates */
    VARIANT_NOT_IDENTIFIED,
    VARIANT_INFINITE,
    VARIANT_FAILED,
    VARIANT_MISSING /* not reached */
};

struct variant {
    enum variant_kind kind;
    const char *what, *group; /* "BOBYQA", "0.1", "ML", "probit", "nbinom2"; the level, and its group (else NULL) */
    /* How it is fitted. */
    enum search_by by;
    const struct family *family;
    const struct link *link;
    struct fit_options how;
    int term;
    int32_t level;
    /* What was found; arrays of the sensitivity's `count`. */
    enum variant_verdict verdict;
    bool turns;              /* a link that falls: what raises the mean has a negative coefficient */
    bool boundary;           /* as the fit's own: something is at the edge of its range */
    double loglik, aic;      /* NaN where there is none */
    double *estimate, *move; /* NaN where it has none */
    double *p;               /* of a coefficient, by the variant's own error; NaN */
    int largest;             /* the parameter that moves most, or -1 */
    char why[200];           /* of VARIANT_FAILED */
};

struct sensitivity {
    struct arena *arena;
    const struct parameter *parameters;
    int count;
    double *se, *p; /* of the fit; NaN where there is none */
    struct variant *variants;
    int variant_count;
    bool stopped; /* some were not reached */
    bool closed;  /* no optimizers: the estimates are in closed form */
};

/* `kinds` (VARIANT_KINDS) says which; `levels` are left out of each group, those that first order moves most.  Keeps what is done
 * when it is stopped.  Returns new, borrowing the fit.  Errors: infinite or undetermined estimates; nothing to vary; memory; an
 * interruption before anything is done. */
struct sensitivity *sensitivity_new(const struct fit *fit, const bool kinds[], int levels, const struct glmm_progress *progress,
                                    struct glmm_error *err);
void sensitivity_free(struct sensitivity *s);

/* "optimizer", "start", ...; "same", "moves", ... */
const char *variant_kind_name(enum variant_kind kind);
const char *variant_verdict_name(enum variant_verdict verdict);

/* Of the variants that are judged by their estimates: the lowest and the highest move of a parameter but for those of links, and
 * which variants have them (-1: none); the largest p. */
struct sensitivity_range {
    double lowest, highest, p;
    int low, high, doubtful; /* doubtful: the variant with the largest p */
    bool turned;             /* one has another sign */
};

void sensitivity_range_of(const struct sensitivity *s, int parameter, struct sensitivity_range *out);

#endif
