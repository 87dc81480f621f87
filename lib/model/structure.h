/* structure.h -- covariance matrices that are functions of few parameters: a table.
 *
 * The covariance matrix of k effects at k positions is D C D: standard deviations s (one, or k), and correlations C of a law with
 * parameters of its own, all of them free real numbers.  Parametrizations of the correlations are glmmTMB's, but for those of
 * toep.  us and diag stand in the table too, for terms beside others; terms that are all unstructured are fitted by their
 * templates (covariance.h). */
#ifndef MODEL_STRUCTURE_H
#define MODEL_STRUCTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The positions of k effects.  By level: 0, 1, 2, ...; `unit` is a typical distance between neighbours. */
struct positions {
    int k, dims;
    const double *at; /* k x dims, row-major */
    double unit;
    const int32_t *pair; /* 2 x pair_count: the pairs (a > b) of which the correlation is asked for; NULL: of all */
    size_t pair_count;
};

/* A walk over these pairs, from { 0 } on; false behind the last. */
struct pair_walk {
    int a, b;
    size_t at;
};

static inline bool pair_next(const struct positions *p, struct pair_walk *w)
{
    if (p->pair != NULL) {
        if (w->at == p->pair_count)
            return false;
        w->a = p->pair[2 * w->at];
        w->b = p->pair[2 * w->at + 1];
        w->at++;
        return true;
    }
    if (++w->a >= p->k) {
        w->b++;
        w->a = w->b + 1;
    }
    return w->a < p->k;
}

/* The median, over the positions of each level, of the distance to the nearest other of the same level (no level has two: of
 * all): row i is at position[i] of level[i].  1 where there is none, 0 when memory is out. */
double positions_unit(const struct positions *p, size_t n, const int32_t level[], const int32_t position[]);

enum correlation_law { LAW_NONE, LAW_CS, LAW_AR1, LAW_TOEP, LAW_OU, LAW_EXP, LAW_GAU, LAW_MAT, LAW_US };

/* What the effects of a term must be. */
enum structure_place {
    PLACE_ANY,    /* any columns */
    PLACE_LEVELS, /* the levels of one factor, in order */
    PLACE_SPACE   /* one or more numbers: distances count */
};

struct structure {
    const char *name; /* "ar1" */
    enum correlation_law law;
    bool hetero; /* a standard deviation for each effect, not one for all */
    enum structure_place place;
    const char *words; /* "1 variance, 1 correlation of neighbours"; of a heterogeneous one what follows "%d variances" */
};

extern const struct structure structure_us, structure_diagonal, structure_homogeneous;

/* That of a random term, or of residuals (`ar1`, `arh1`, `car1`, `cs`, `toep`, `us`, `diag`); NULL where there is none. */
const struct structure *structure_find(const char *name);
const struct structure *structure_of_residuals(const char *name);
/* The names of the tables, by index; NULL behind the last. */
const char *structure_name(int index);
const char *structure_residual_name(int index);

/* Matern's correlation goes to that of gau as its shape goes to infinity, with 2 sqrt(shape) range that of gau.  At this
 * logarithm of the shape it is that, to all digits. */
#define LAW_MAT_IS_GAU 30.0

/* Parameters of the correlations of k effects. */
int law_count(enum correlation_law law, int k);

/* Where a search begins: `strength` 0 (nearly independent) to 1. */
void law_start(enum correlation_law law, int k, double strength, double par[]);

/* The parameter at which effects are independent; of laws of distances there is none. */
double law_independent(enum correlation_law law, int k);

/* C (k x k, symmetric; of pairs that are not asked for as it was); false where the parameters make none that is finite. */
bool law_fill(enum correlation_law law, const struct positions *positions, const double par[], double C[]);

/* C - c 11', positive definite still, to all digits where correlations are near to 1: of LAW_AR1 (above 0), LAW_OU and LAW_EXP.
 * False where it is not finite. */
bool law_fill_apart(enum correlation_law law, const struct positions *positions, const double par[], double C[]);

/* The slopes in the parameters, out[i] := sum_ab slopes_ab dC_ab/dpar_i; `slopes` is symmetric, C as law_fill left it.
 * Those of toep are 0 behind it: it works in their place. */
void law_pull_back(enum correlation_law law, const struct positions *positions, const double par[], const double C[],
                   double slopes[], double out[]);

/* What a parameter is on the scale of a reader, and its name ("rho", "range"; NULL: an entry of a correlation matrix).  room: of
 * toep LAW_ROOM numbers for each parameter up to it; of others NULL will do. */
enum { LAW_ROOM = 5 };
double law_value(enum correlation_law law, const struct positions *positions, const double par[], int i, double room[]);
const char *law_name(enum correlation_law law, int i);

#endif
