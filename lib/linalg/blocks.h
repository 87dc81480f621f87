/* blocks.h -- the block-sparse system of a mixed model: assembly, Cholesky factor, selected inverse, gradient of the determinant.
 *
 * The matrix is that of [Z E]' W [Z E] with the random part scaled and regularized,
 *
 *     M = [ Lambda' Z'WZ Lambda + I    Lambda' Z'WE ]
 *         [ E'WZ Lambda                E'WE         ]
 *
 * where E holds `extras` further dense columns (X, and y last, for a linear mixed model; X or nothing for a GLMM).
 * Structure is found in the data: the term with most levels is block diagonal and is eliminated level by level; a term in which
 * the terms eliminated so far are nested stays block diagonal and is eliminated next (the *chain*); the other terms and E are the
 * *tail*, which is dense or sparse (tail.h).  Vectors u over the random effects are in the order of the given terms, level by
 * level, k entries each. (Bates, Maechler, Bolker & Walker 2015, J. Stat. Softw. 67(1), section 3; selected inverse: Takahashi,
 * Fagan & Chin 1973; Erisman & Tinney 1975.)  Nothing but blocks_new allocates. */
#ifndef LINALG_BLOCKS_H
#define LINALG_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/watch.h"

/* A random term: row i has the effects z[i*k .. i*k+k-1] (NULL: all 1, k = 1) of level[i].  Borrowed; must outlive the blocks. */
struct block_term {
    int k;
    int32_t levels;
    const int32_t *level;
    const double *z;
    const char *name; /* for messages; NULL: none */
};

struct blocks;

/* ANY: whichever the symbolic analysis says is cheaper; FULL: by supernodes, as one. */
enum tail_kind { TAIL_ANY, TAIL_DENSE, TAIL_SPARSE, TAIL_FULL };

/* Analyses the structure.  Returns new; GLMM_E_MEMORY when it would not fit, with a message that says what does (and a note, by
 * the watch's progress, where more than half of what is free is needed); GLMM_E_LIMIT; GLMM_E_INTERRUPT when the watch (NULL:
 * none; kept, as by blocks_watch) was stopped. */
struct blocks *blocks_new(size_t n, const struct block_term *terms, int term_count, int extras, enum tail_kind kind,
                          struct watch *watch, struct glmm_error *err);
void blocks_free(struct blocks *b);

/* From now on blocks_assemble, blocks_factor and blocks_invert look at the watch (borrowed; NULL: none).  Stopped, blocks_factor
 * returns false, and what the others leave is worth nothing. */
void blocks_watch(struct blocks *b, struct watch *watch);
struct watch *blocks_watcher(const struct blocks *b);

size_t blocks_size(const struct blocks *b);             /* length of u */
size_t blocks_offset(const struct blocks *b, int term); /* where the term starts in u */
int blocks_tail_size(const struct blocks *b);           /* scalar random effects in the tail */

/* About how many multiplications a factor takes: of the chain, where they are many small ones; of the tail. */
void blocks_work(const struct blocks *b, double *chain, double *tail);

/* Forms [Z E]' W [Z E] in one pass.  E is n x extras, column-major with leading dimension n; weights NULL: 1; may be negative. */
void blocks_assemble(struct blocks *b, const double *E, const double *weights);

/* Factors M = L L' for the templates lambda[t] (k x k, lower triangular, column-major).  False when M is not positive
 * definite; but extras of which rounding leaves nothing have diagonal entries of 0. */
bool blocks_factor(struct blocks *b, const double *const lambda[]);

/* log of the determinant of the random part of M, and of the Schur complement of the first `columns` extras. */
double blocks_logdet(const struct blocks *b);
double blocks_logdet_extras(const struct blocks *b, int columns);

/* With y the last extra and X the others: r^2 = the squared last diagonal entry of L (0 where rounding left nothing); solves for
 * u (spherical) and beta. */
double blocks_rss(const struct blocks *b);
void blocks_solve_last(struct blocks *b, double u[], double beta[]);

/* Solves (Lambda'Z'WZ Lambda + I) x = u in place: the random part alone. */
void blocks_solve(struct blocks *b, double u[]);

/* The same with the first `columns` extras, of which `extras` has as many; and about how many multiplications it takes. */
void blocks_solve_with(struct blocks *b, int columns, double u[], double extras[]);
double blocks_solve_work(const struct blocks *b);

/* The factor of the Schur complement of the first `columns` extras, lower triangular with zeros above. */
void blocks_extras_factor(const struct blocks *b, int columns, double *out);

/* beta covariance factor: copies the inverse of the Schur complement of the first `columns` extras (columns x columns). */
void blocks_extras_inverse(struct blocks *b, int columns, double *out);

/* The selected inverse S of M, or of M without the extras but for the first `columns`.  Needed by the calls below. */
void blocks_invert(struct blocks *b, int columns);

/* The numbers of factor and inverse: how many, and a copy of them out, or back in (with the same extras in the inverse). */
size_t blocks_state_size(const struct blocks *b);
void blocks_copy_state(struct blocks *b, double *kept, bool back);

/* Diagonal block of S for a level of a term: k x k, column-major. */
void blocks_inverse_block(const struct blocks *b, int term, int32_t level, double *out);

/* The same of the random part's own inverse, out = S_ll - S_lx S_xx^-1 S_xl, where S includes the extras x.  `factor` comes from
 * blocks_extras_factor for as many, `work` has room for 2 k of them.  False where the difference has lost more than half its
 * digits: then blocks_invert(b, 0) and blocks_inverse_block are the way. */
bool blocks_inverse_block_alone(const struct blocks *b, int term, int32_t level, const double *factor, double *work, double *out);

/* For each term the k x k matrix (column-major) of
 *     logdet[t][a,b] = sum over levels of ([Z'WZ, Z'WX] Lambda_aug S)_{(l,a),(l,b)}
 * with the extras that blocks_invert included: half the derivative of log det with respect to lambda_t[a,b]. */
void blocks_logdet_gradient(struct blocks *b, const double *const lambda[], double *const logdet[]);

/* Whether a term is in the tail; whether the head, what is before the tail, is a term of one effect. */
bool blocks_in_tail(const struct blocks *b, int term);
bool blocks_has_head(const struct blocks *b);

/* Sums over the levels of the terms in the tail, and with `head` of the head's, of what S has of all of them and the extras that
 * blocks_invert included, by the numbers of the terms (others have 0), with u the vector of random effects: trace[s] = sum of
 * S_aa,  squares[s + t terms] = sum of S_ab^2,  forms[s + t terms] = sum of u_a S_ab u_b, outer[s], columns x columns, = sum of
 * S_xa S_ya for the extras x, y. Allocates; false when memory is out or the watch says stop.  About how many multiplications it
 * takes: few where the tail is full; those of the head, which are sparse ones. */
struct tail_sums {
    double *trace, *squares, *forms, *outer;
};
bool blocks_squares(struct blocks *b, const double u[], bool head, const struct tail_sums *sums);
double blocks_squares_work(const struct blocks *b);
double blocks_head_work(const struct blocks *b);

/* trace[t] = sum of S_aa over the levels of term t, where they are few and all among the tail's last columns, and with the first
 * `columns` extras; -1 for any other term.  Needs the factor alone.  Allocates; false when memory is out. */
bool blocks_last_traces(struct blocks *b, int columns, double trace[]);

/* The bytes that it takes for as long as it works, those of the head, and those that the blocks hold. */
double blocks_squares_room(const struct blocks *b);
double blocks_head_room(const struct blocks *b);
double blocks_held(const struct blocks *b);

/* z := Z'W(y - X beta - Z b), y the last extra and X the others, from the assembled products. `effects` is b = Lambda u. */
void blocks_residual_products(struct blocks *b, const double effects[], const double beta[], double z[]);

#endif
