/* design.h -- what the engine fits: y, X, the random terms' Z, offset and weights, for the rows without missing values. */
#ifndef MODEL_DESIGN_H
#define MODEL_DESIGN_H

#include "base/progress.h"
#include "model/covariance.h"
#include "model/formula.h"

/* One random term: at row i the effects are Z_i b_l, with l = level[i] and Z_i = z[i*k .. i*k+k-1].
 * z is NULL for a plain random intercept (k = 1, all ones). */
struct random_design {
    const char *group;  /* "Subject", "cask:batch" */
    int k;              /* effects a level */
    const char **names; /* k: "(Intercept)", "Days" */
    int32_t level_count;
    const char **levels;                 /* "a:A" for nested terms */
    int32_t *level;                      /* n */
    double *z;                           /* n x k, row-major; or NULL */
    const struct covariance *covariance; /* the structure of its covariance matrix (model/covariance.h) */
    double *rows_of_level;               /* level_count: number of rows */
    const struct structure *structure;   /* of which that matrix is (model/structure.h), where templates do not say it; or NULL */
    const char *within;                  /* of a structured term at one level of a factor (`by = f`): "SexFemale"; else NULL */
    const struct positions *positions;   /* of the effects, for a structure that has such; else NULL */
    struct relation *relation;           /* how the levels covary (model/relation.h), held; NULL: they do not */
    int32_t *relation_row;               /* level_count: a level's row there; else NULL */
    double *related;                     /* level_count: its entry with itself there; NULL: 1, as without a matrix */
    double related_mean;                 /* of these, the mean over the rows */
};

struct null_space;
struct prior;
struct relation;
struct residual_design;

/* Linear predictors beside that of the mean: the log-odds of zero inflation, the logarithm of the dispersion. */
enum { DESIGN_ZERO, DESIGN_DISPERSION, DESIGN_PARTS };

/* "zi", "disp": the option that states it. */
const char *design_part_name(int part);

struct design {
    struct arena *arena;  /* owns everything below but X, y and the big arrays, which design_free frees too */
    size_t n;             /* rows used, or those that stand for them (times) */
    size_t rows;          /* of the frame: n, those left out because of `where` or a weight of 0, and those dropped */
    size_t outside_rows;  /* in which `where` is not true */
    size_t unknown_rows;  /* of these, in which it is missing */
    size_t zero_rows;     /* others, of weight 0 */
    size_t dropped_rows;  /* rows that are left out: a missing value in a used column, or no trials */
    size_t empty_rows;    /* of these, the binomial rows with no trials and nothing missing */
    size_t *row;          /* n: the row of the frame */
    const char *response; /* "Reaction", "cbind(incidence, size - incidence)" */
    double *y;            /* n; binomial: the proportion of successes */
    double *trials;       /* n; binomial: number of trials; NULL: 1 each */
    bool repeats;         /* they are weights of rows of 0 and 1, which are so many alike and no counts of a row: none tells of
                           * a dispersion */
    const char *success;  /* binary text response: the level that counts as 1, else NULL */
    /* Ordered response: its categories, lowest first, which y counts from 1; those of a factor that no row has, and whether the
     * order is that of a text's levels as they are sorted. */
    const char *const *categories, *const *empty_categories;
    int category_count, empty_category_count;
    bool sorted_categories;
    /* What infinite estimates leave of an ordered response (fit/recession.h), else NULL: whether a row is not bounded any more by
     * the threshold below its category (OPEN_BELOW) or above it, and the number of each threshold among those that rows tell
     * apart, -1 for none. */
    const unsigned char *open;
    const int *threshold;
    int p;                /* columns of X, after collinear ones were dropped */
    double *X;            /* n x p, column-major */
    const char **names;   /* p: R's coefficient names */
    int *assign;          /* p: index of the formula's term (term_labels), -1 for the intercept */
    const char **dropped; /* collinear columns */
    int *dropped_assign;  /* of each, as assign */
    int dropped_count;
    struct null_space *null;      /* what the data leave open (model/estimable.h); NULL: nothing was dropped */
    double *offset;               /* n, the sum of all offsets; NULL: 0 */
    double *weights;              /* n prior weights; NULL: 1 */
    const double *times;          /* n: how many rows of the data each stands for, where alike ones were made one; NULL: 1 */
    uint32_t *of;                 /* rows: where that was done before it was built, the one of each row (merged.h); else NULL */
    struct random_design *random; /* in the formula's order */
    int random_count;
    const struct residual_design *residual; /* how residuals covary (model/residuals.h); NULL: not, and of one variance */
    const struct prior *prior;              /* what is added to the likelihood (model/prior.h); the model's, NULL: nothing */
    const char **term_labels;               /* fixed terms, in order */
    int term_count;
    struct design_recipe *recipe; /* how the columns are made of variables, for other rows; NULL in a design made by hand */
    /* The other predictors, of the same rows: columns, names, offset and random terms of theirs, no response; NULL: the model has
     * none.  `formula`: the one-sided formula of such a predictor, borrowed. */
    struct design *part[DESIGN_PARTS];
    const struct formula *formula;
    struct design *scales; /* of `residual`, whose variances it makes; owned; NULL */
};

struct contrast_choice;
struct variable_recipe;

struct design_recipe {
    struct variable_recipe *variables;
    int variable_count;
    struct contrast_choice *contrasts;
    const int *column;  /* p: the place of a column among those before collinear ones were dropped */
    const char *offset; /* the option, or NULL */
};

enum response_kind { RESPONSE_REAL, RESPONSE_BINOMIAL, RESPONSE_ORDINAL };
enum { MOST_CATEGORIES = 65 }; /* of an ordered response */
enum { OPEN_BELOW = 1, OPEN_ABOVE = 2 };

struct design_options {
    enum response_kind response; /* binomial: cbind(), logical, two-level text and `trials` are understood; ordinal: levels in
                                  * their order, whole numbers, logicals, and X has no intercept: thresholds take its place */
    const char *weights;         /* an expression over the data, or NULL */
    const char *trials;
    const char *offset;
    const char *where;     /* a condition; NULL: all rows */
    const char *contrasts; /* "sum", or "recipe=sum, temp=poly": instead of the factors' own; NULL: none */
    const char *residual;  /* "ar1(t | id)"; NULL: none */
    const char *scales;    /* of a linear model: the text of the dispersion's formula, which becomes that of residual variances */
    const struct formula *part[DESIGN_PARTS]; /* of other predictors; outlive the design; NULL: none */
    const struct relation *relations;         /* those that the formula may name: a list; NULL: none */
    const struct design *like;                /* a design of this formula, whose matrices are taken; NULL: they are looked up */
    bool merge;                               /* rows that are alike are made one where that pays (merged.h) */
    bool allow_olre;                          /* a level for each row is no error: there is no residual variance to take it for */
};

/* Returns new.  A row with a missing value in any variable of the model is left out and counted (a binomial row without trials
 * too). Factors are coded, and columns ordered and named, as R's model.matrix does; levels that do not occur are dropped.
 * Rows outside of `where` and those of weight 0 take no part, whatever else they hold.  Columns that depend on those before them
 * are dropped (linalg/collinear.h).  A binomial response with proportions takes `weights` for the number of trials where `trials`
 * is not given, as R does; one of 0 and 1 whole weights.
 *
 * Errors, with spans of the formula (none for the options): unknown variables, a text response of a gaussian model, no rows left,
 * a predictor or a grouping factor with one level, at least as many random effects of a term as rows (unless the response is
 * binomial, allow_olre is set or weights fix the residual variances), a value that is infinite or not a number (with its row),
 * negative weights, successes beyond the trials, more columns than memory. */
struct design *design_new(const struct frame *frame, const struct formula *formula, const struct design_options *options,
                          const struct glmm_progress *progress, struct glmm_error *err);
void design_free(struct design *design);

/* Whether its rows are distinct ones, which stand for several of the data and can be taken back (merged.h). */
bool design_is_merged(const struct design *design);

/* How many rows of the data it is of: n, or where alike ones were made one those for which they stand. */
size_t design_used_rows(const struct design *design);

/* The predictor of the zeros or of the dispersion, whether it is fitted as one or as the residuals' own; NULL: there is none. */
const struct design *design_predictor(const struct design *design, int part);

/* Whether it has a structure that templates do not say: lmm_fit and glm_fit then fit it by rowcov_fit. */
bool design_is_structured(const struct design *design);

/* A predictor beside the mean's that has random terms, the first of them; NULL: none.  Which have: "disp", "zi= and disp". */
const struct design *design_beside(const struct design *design);
const char *design_beside_name(const struct design *design);

/* The random terms of all predictors: those of the mean, then those of each part.  design_term: NULL behind the last; *place (may
 * be NULL): the part it belongs to, -1 the mean's.  design_first_term: where those of a part begin. */
int design_term_count(const struct design *design);
const struct random_design *design_term(const struct design *design, int t, int *place);
int design_first_term(const struct design *design, int part);

/* The first random term of the mean whose levels are not nested in those of another group; 0 where memory is out. */
int design_outer_term(const struct design *design);
/* That term, else the first of zi= or disp=; NULL: there is none. */
const struct random_design *design_outermost(const struct design *design);

/* True where the mean's is the only predictor; else an error: `what` knows no other. */
bool design_has_one_predictor(const struct design *design, const char *what, struct glmm_error *err);

/* Parameters of a term's covariance matrix: k variances, and k(k-1)/2 covariances where they are not 0. */
int random_parameters(const struct random_design *random);

/* Of a term with `by = f`: which effects its levels never have, being of other levels of f: level_count x k, the arena's; NULL:
 * the term is another one, or memory is out. */
const bool *random_never_has(const struct random_design *random, size_t n, const struct random_term *term, struct arena *arena);

/* Whether each of the inner levels lies in one of the outer ones, over n rows; owner (inner_count): which, -1 for a level without
 * rows, of what was looked at before that failed. */
bool levels_are_nested(size_t n, const int32_t inner[], int32_t inner_count, const int32_t outer[], int32_t owner[]);

/* The name of a structured term: "ar1", "ar1 SexFemale".  The structure's, or the arena's. */
const char *random_structure_name(const struct random_design *random, struct arena *arena);

/* Index of the first random term by that group, with backquotes or without; -1 when there is none. */
int group_index(const struct design *design, const char *group);
/* Whether term t is the first of its group: groups are listed once. */
bool is_first_of_group(const struct design *design, int t);
/* The g-th group, from 0: those of the mean, then those that random terms of zi= and disp= alone have; NULL behind the last.
 * Borrowed. */
const struct random_design *design_group(const struct design *design, int g);

/* What a level of the design has with itself by the matrix K, times which its effects have the term's variance: 1 without K; of
 * level -1, which is none of the design's, the mean over the design's rows. */
double random_related(const struct random_design *random, int32_t level);

/* z'Tz of row i, times what its level has with itself by a matrix K: the variance that effects with the covariance matrix T
 * (k x k) give it. */
double random_row_variance(const struct random_design *random, const double *covariance, size_t i);

/* Whether each row is one trial of weight 1: then the probabilities of a yes or no, or of one of some categories, are all
 * that there is of its variation. */
bool design_has_single_trials(const struct design *design);

/* Whether a row counts the successes of several trials, which tells of a dispersion. */
bool design_has_several_trials(const struct design *design);

/* The observations: rows, or the trials of a binomial response, which averages over rows count. */
double design_trials(const struct design *design);

/* What these are, in words: "rows" or "trials". */
const char *design_counted(const struct design *design);

#endif
