/* partial.h -- the partial effect of one term of the mean's fixed effects, with its partial residuals.
 *
 * The effect is the linear predictor of the typical group over the values of the term's variable, all else held as
 * predictor_hold holds it; a variable moves in all terms that it is in, as in curves.h.  Of two variables that meet in an
 * interaction the second is a factor, and each of its levels has a line.  The partial residual of a row (Larsen & McCleary 1972)
 * is the effect at its own values and its working residual beside its conditional mean (Landwehr, Pregibon & Shoemaker 1984): of
 * a linear model, the conditional residual. */
#ifndef INFER_PARTIAL_H
#define INFER_PARTIAL_H

#include "infer/linear.h"
#include "infer/predictor.h"

enum { PARTIAL_ROWS = 1000 }; /* partial residuals of a curve: with more rows so many of them, chosen at random */

struct partial_term {
    const char *label;      /* as the model writes it, or the name of a variable; the arena's or the model's */
    struct predictor x, by; /* by: a line for each level, where `crossed` */
    bool crossed;
    const char *meets; /* of one variable: a term in which it meets another, "Days:Sex"; or NULL */
};

/* The term that was asked for, as the formula has it (blanks and the order of an interaction aside), or a variable of the fixed
 * effects. Errors at its place: no such term (with the nearest), two numbers, more than two variables, a variable that has no
 * fixed effect. */
bool partial_term_find(struct partial_term *term, const struct model *model, const struct asked *asked, struct arena *arena,
                       struct glmm_error *err);

struct partial_line {
    const char *label;                /* the level; NULL: there is one line */
    double *estimate, *lower, *upper; /* one a point; NaN where not estimable, and lower and upper where not known */
    bool straight;                    /* it has one slope */
    double slope, slope_lower, slope_upper;
    size_t low, high; /* the points at which it is least and greatest, where it is finite */
};

/* Of a factor: what stands at one of its levels. */
struct partial_spread {
    size_t rows;      /* of the model */
    double low, high; /* the ends of the whiskers of their partial residuals (sample_whiskers); NaN where there are none */
};

struct partial {
    struct arena *arena;
    const struct model *model;
    struct partial_term term;
    size_t count;             /* points of a line */
    const double *x;          /* values; 1, 2, ... of levels */
    const char *const *names; /* of the levels; NULL for a curve */
    size_t line_count;
    struct partial_line *line;
    const char *held, *why_not;    /* "Sex = F, age = 11", or ""; why points are not estimable, or NULL */
    const char *interval;          /* the name of the degrees of freedom: "Satterthwaite", "z" */
    size_t infinite;               /* points at infinity */
    bool hurdle;                   /* its zeros have no residual */
    bool ordered;                  /* a response of categories: there are no residuals */
    size_t row_count;              /* rows with a partial residual */
    double *row_x, *row_value;     /* row_count: the value of x (the place of a level), the partial residual */
    int *row_line;                 /* row_count */
    size_t rows, sampled, perfect; /* of the model; looked at; fitted perfectly, at infinity, or where nothing is estimable */
    struct partial_spread *spread; /* of a factor: line_count x count */
    size_t *far;                   /* of a factor: the rows beyond whiskers, far_count places among row_count */
    size_t far_count;
    double range[2]; /* of y, in which all but what is far off all else lies */
    size_t beyond;   /* partial residuals beyond it */
};

/* The effect with intervals of `level`.  False with an error; partial_clear in any case. */
bool partial_init(struct partial *partial, const struct partial_term *term, double level, const struct glmm_progress *progress,
                  struct glmm_error *err);
void partial_clear(struct partial *partial);

#endif
