/* formula.h -- a model formula, parsed and expanded into terms (Wilkinson & Rogers 1973; lme4's random terms). */
#ifndef MODEL_FORMULA_H
#define MODEL_FORMULA_H

#include "data/expr.h"
#include "model/structure.h"

/* A fixed term: the variables (expressions) whose product it is, in order of first appearance. */
struct term {
    const struct expr **factors;
    int order;           /* number of factors; 1 is a main effect */
    const char *label;   /* "x:period" */
    struct glmm_span at; /* of its first factor in the formula */
};

enum { RANDOM_ALL = -2 };

/* `(effects | group)`; `||` is already split, `/` already expanded (inner first, as lme4 orders them). */
struct random_term {
    struct term *effects; /* besides the intercept */
    int effect_count;
    bool intercept;
    const struct expr **group; /* the interaction of these columns: `b:a` for (1 | a/b) */
    int group_order;
    const char *group_label;           /* "Subject", "cask:batch" */
    bool diagonal;                     /* came from `||`: the columns of a factor are uncorrelated too */
    const struct structure *structure; /* of the covariance matrix of its effects; NULL: all free, or `diagonal` */
    const char *relation;              /* the matrix of its levels: `K = A`; NULL: independent */
    struct glmm_span relation_at;
    bool by;                  /* came from `by = f`: an effect for each level of f */
    const struct expr *split; /* `by = f` with slopes, not split yet: f; else NULL */
    const char *level_of;     /* f, where its effects are those at one level of f, whose code is `level`; else NULL */
    int32_t level;
    const char *level_name; /* "SexFemale" */
    /* A factor is coded as the whole of what stands left of the bars says: in (f || g) by contrasts, the intercept being there.
     */
    const struct term *whole;
    int whole_count;
    bool whole_intercept;
    int part; /* of the whole: an index, -1 for its intercept, RANDOM_ALL */
    struct glmm_span at;
};

struct formula {
    struct arena *arena;         /* owns everything below */
    const char *text;            /* as written */
    const struct expr *response; /* NULL for a one-sided formula; cbind(a, b) stays a call */
    struct glmm_span tilde;      /* of a one-sided formula: where the response is missing */
    bool intercept;
    struct term *terms; /* in R's order: by order of interaction, then appearance */
    int term_count;
    const struct expr **offsets; /* the arguments of offset() */
    int offset_count;
    struct random_term *random; /* in the order of the formula, after expansion */
    int random_count;
};

/* Parses and expands.  `data` (may be NULL) resolves `.` into the columns not in the response.  Returns new.
 *
 *   y ~ x + f              terms x and f (and the intercept)
 *   x * f                  x + f + x:f
 *   a / b                  a + a:b;   a %in% b is a:b
 *   (a + b + c)^2          all terms of at most two of them
 *   - term, - 1, 0 +, + 0  without that term, without the intercept
 *   .                      all columns that are not in the response
 *   offset(log(t))         added to the linear predictor as it is; may stand more than once
 *   I(x^2), poly(x, 2), log(x), factor(g), x > 3     one variable each
 *   (x | g)                correlated intercept and slope of x for each level of g
 *   (0 + x | g), (x - 1 | g)   the slope alone
 *   (x + f || g)           (1 | g) + (0 + x | g) + (0 + f | g): uncorrelated, the columns of the factor f among themselves too;
 * these are its contrasts, as glmmTMB's diag() has them (lme4 1 takes all levels, and keeps them correlated) (1 | a/b) (1 | b:a)
 * + (1 | a);  (1 | a:b) the pairs alone;  (1 | a*b) is (1 | a) + (1 | b) + (1 | a:b)
 *
 *   us(x | g), diag(x | g), ar1(0 + t | g), cs(0 + f | g), exp(0 + pos(x, y) | g), ...    covariance structures (structure.h);
 *                          a number that stands for places or times is taken as pos(t), factor(t)
 *   (x | g, K = A)         levels covary as the matrix A says;  propto(0 + g | one, A) too
 *   (1 | g, by = f)        diag(0 + f | g): a variance for each level of f
 *   (x | g, by = f)        a covariance matrix for each level of f: (0 + fa + fa:x | g) + (0 + fb + fb:x | g), fa being 1 where
 *                          f is "a", else 0; factors in x are coded as in (x | g); levels that no row has are left out with the
 *                          design (model_new)
 *
 * A one-sided formula (`~ x`) has no response; design_new asks for one.  Errors carry spans of `text`: no `~` ("a formula needs
 * `~`: response ~ predictors"), an unclosed parenthesis, `|` outside parentheses, the response among the predictors, a random
 * term that stands twice. */
struct formula *formula_parse(const char *text, const struct frame *data, struct glmm_error *err);
void formula_free(struct formula *formula);

#endif
