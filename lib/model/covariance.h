/* covariance.h -- the structures that the covariance matrix of the effects of a level may have: a table.
 *
 * The covariance matrix is sigma^2 L L', with the template L (k x k, lower triangular, column-major) made of the parameters
 * theta. Entries of L that a structure leaves free are its parameters, column by column, in the two there are; whatever follows
 * (compound symmetry, autoregression) fills in the same row. */
#ifndef MODEL_COVARIANCE_H
#define MODEL_COVARIANCE_H

#include <stdbool.h>
#include <stddef.h>

struct covariance {
    const char *name;  /* "us", "diagonal" */
    const char *words; /* what is said of the parameters of a term: "variances and covariances" */
    bool correlated;   /* whether effects may be correlated */

    int (*count)(int k);

    /* The free entries of column b of the template are those of the rows b .. end - 1. */
    int (*end)(int k, int b);

    /* Where a search begins: effects of sizes size[0 .. k-1], uncorrelated. */
    void (*start)(int k, const double size[], double theta[]);

    /* L from theta. */
    void (*fill)(int k, const double theta[], double L[]);

    /* theta from an L of this structure; what of it the structure has no place for is dropped. */
    void (*read)(int k, const double L[], double theta[]);

    /* Makes a nearly singular L exactly so: what is below `least` in units of each effect (`unit`, of each parameter; NULL: 1)
     * becomes 0.  Returns the dimensions that are lost then. */
    int (*settle)(int k, const double unit[], double least, double theta[]);
};

extern const struct covariance covariance_unstructured, covariance_diagonal;

enum { COVARIANCE_MOST = 64 }; /* effects of a term that can be made singular, together */

/* `end` in sizes. */
static inline size_t covariance_end(const struct covariance *covariance, size_t k, size_t b)
{
    return (size_t)covariance->end((int)k, (int)b);
}

/* The entry (a, b), a >= b, among the parameters; -1 where it is none. */
int covariance_entry(const struct covariance *covariance, int k, int a, int b);

#endif
