/* descent.h -- covariances by descent, never as a matrix: a pedigree, or a tree with its inner nodes.
 *
 * A node is the weighted sum of its parents (both halves of a pedigree's, the one of a tree's branch) and something of its own:
 * u = P u + e, Var(e) = diag(own), so that A = T diag(own) T' with T = (I - P)^-1, and A^-1 = (I - P)' diag(1 / own) (I - P) has
 * few entries (Henderson 1976; Quaas 1976; Hadfield & Nakagawa 2010 for trees).  What a pedigree's animals have of their own
 * depends on their parents' inbreeding (Meuwissen & Luo 1992). */
#ifndef MODEL_DESCENT_H
#define MODEL_DESCENT_H

#include <stdint.h>
#include "base/error.h"

struct descent {
    int32_t count;      /* nodes, parents before their offspring */
    int32_t *parent[2]; /* count each; -1: none */
    double weight;      /* of a parent */
    double *own;        /* count; above 0 */
    double *variance;   /* count, of descent_variances where they were found on the way; else NULL */
    int32_t names;      /* how many have a name */
    int32_t *node;      /* names: the node; -1: the root itself, which does not vary */
};

/* Room for nodes without parents, and names. Returns new; NULL when memory is out.  descent_free takes NULL. */
struct descent *descent_new(int32_t count, int32_t names);
void descent_free(struct descent *d);

/* own, from the parents of a pedigree. */
bool descent_set_inbreeding(struct descent *d, struct glmm_error *err);

/* Column `name` of A for all nodes, into x (count). */
void descent_column(const struct descent *d, int32_t name, double x[]);

/* The variance of each node, into x. */
bool descent_variances(const struct descent *d, double x[]);

/* Marks the nodes of these names, and all before them that they descend from: how many there are. */
int32_t descent_mark(const struct descent *d, const int32_t names[], int32_t count, bool marked[]);

/* As an array of numbers (new), and back (new): NULL where it is none, or memory is out. */
double *descent_pack(const struct descent *d, size_t *count);
struct descent *descent_unpack(const double numbers[], size_t count);

#endif
