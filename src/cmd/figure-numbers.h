/* figure-numbers.h -- the numbers that an explanation puts into its formula. */
#ifndef CMD_FIGURE_NUMBERS_H
#define CMD_FIGURE_NUMBERS_H

#include "base/text.h"
#include "model/family.h"
#include "result/number.h"

/* Room for the numbers of one line. */
struct numbers {
    char text[12][NUMBER_SIZE];
    int used;
};

/* With six significant digits. */
const char *show(struct numbers *numbers, double x);

/* With so many decimals. */
const char *show_fixed(struct numbers *numbers, double x, int decimals);

/* A term of a sum that comes to `result`: with so many digits that the sum, worked out from what is shown, comes out as it was
 * printed, though its terms nearly cancel. */
const char *show_term(struct numbers *numbers, double x, double result);

/* Such a term to be subtracted or multiplied: in parentheses where it is negative. */
void add_bracketed(struct text *out, double x, double result);

/* h(eta), the mean that the link makes of eta, written out: "1/(1 + exp(-(...)))"; NULL is the identity. */
void add_mean(struct text *out, const struct link *link, const char *eta);

/* The same in symbols, with h for a link that is not the identity: "h(eta)". */
void add_mean_formula(struct text *out, const struct link *link, const char *eta);

#endif
