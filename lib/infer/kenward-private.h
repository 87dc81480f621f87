/* kenward-private.h -- what the files of Kenward and Roger's adjustment share: its parameters, and what is summed over
 * clusters of rows. */
#ifndef INFER_KENWARD_PRIVATE_H
#define INFER_KENWARD_PRIVATE_H

#include "base/watch.h"
#include "infer/kenward.h"

/* A variance or covariance; the residual variance has term -1 and stands last. */
struct parameter {
    int term, a, b;
};

struct kenward {
    const struct fit *fit;
    int p, count;
    struct parameter *parameter; /* count; NULL: those of rowcov_spread_new */
    double *T;                   /* p x p: Phi = T T', the fit's factor */
    double *P;                   /* count matrices p x p, in the basis */
    double *W;                   /* count x count */
    double *bend;                /* p x p, in the basis: of second derivatives; 0 where V is linear in the parameters */
    double least;                /* a parameter of less information is none */
    double *vcov;                /* p x p: Phi_A, in the coefficients */
    double *root;                /* p x p: Phi_A = root root', where it has one */
    bool has_root;
    double *work; /* p */
};

/* What is summed over the clusters besides P. */
struct sums {
    double *Q;      /* of each pair i <= j, at pair(i, j): p x p; Q_ij + Q_ji where i < j */
    double *traces; /* count x count: tr V^-1 V_i V^-1 V_j */
};

static inline size_t square(int n)
{
    return (size_t)n * (size_t)n;
}

static inline size_t pair(int i, int j)
{
    return (size_t)j * (size_t)(j + 1) / 2 + (size_t)i;
}

/* Adds all clusters of rows that share levels to P, Q and the traces (kenward-cluster.c).  False with an error. */
bool kenward_sum(struct kenward *k, struct sums *sums, struct watch *watch, struct glmm_error *err);

/* The same by the covariance matrices of the rows, for structures (kenward-rows.c); W and bend, too. */
bool kenward_sum_rows(struct kenward *k, struct sums *sums, struct watch *watch, struct glmm_error *err);

/* W from the sums; false when memory is out. */
bool kenward_set_information(struct kenward *k, const struct sums *sums);

#endif
