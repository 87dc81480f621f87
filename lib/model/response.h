/* response.h -- the left side of a formula, and the numbers that go with it: trials, weights, offsets (internal to the design
 * files). */
#ifndef MODEL_RESPONSE_H
#define MODEL_RESPONSE_H

#include "model/design.h"
#include "model/variable.h"

struct response {
    int variable;        /* the response, or the successes of cbind(); an index of the variables */
    int failures;        /* of cbind(); -1 */
    int trials, weights; /* options; -1 */
    int *offsets;        /* those of the formula, then the option */
    int offset_count;
};

/* Note the variables of the formula, and (last, so that a variable of both has its place in the formula) of the options, before
 * the rows are selected. */
bool response_begin(struct variables *vs, const struct formula *formula, const struct design_options *options,
                    struct response *r);
bool response_options(struct variables *vs, const struct design_options *options, struct response *r);

/* For other rows than the model's: the offsets alone, those of the formula and of the option (NULL: none), and their sum (new;
 * NULL without any). */
bool response_begin_offsets(struct variables *vs, const struct formula *formula, const char *offset, struct response *r);
bool response_offset(struct variables *vs, const struct response *r, double **sum);

/* The rows without trials are left out: the two counts that are then both 0 (-1: none). */
void response_counts(const struct response *r, int *a, int *b);

/* Fills y, trials, success, offset and weights of the design, once the rows are selected. */
bool response_fill(struct variables *vs, const struct formula *formula, const struct design_options *options,
                   const struct response *r, struct design *design);

#endif
