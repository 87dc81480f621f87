/* reference.h -- values of other programs (cases.json), and how results are held against them.
 *
 * A result is compared in the shape of the JSON that `fit` and `ranef` print (DESIGN 2), whoever made it: the engine's
 * runner builds the same objects from the structs, the shell's runner reads what mixsh printed. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <jansson.h>
#include <stdbool.h>

/* The cases, from $srcdir/tests/reference/cases.json; leaves with a message when it cannot be read. */
json_t *cases_load(void);

/* The same of another file there. */
json_t *cases_load_from(const char *name);

/* Whether the model is a linear mixed model. */
bool case_is_linear(const json_t *item);

const char *case_text(const json_t *item, const char *key); /* NULL when it is not there */

/* The path of the case's data, of data/ or of tests/reference/data (malloc). */
char *case_data_path(const json_t *item);

/* What is to be read as a factor, "service=factor,s=factor", or NULL (malloc). */
char *case_types(const json_t *item);

/* What the case's text of tolerances names behind a word ("SDs rel"), relative or absolute; and for correlations. */
double case_tolerance(const json_t *item, const char *word);
double case_correlation_tolerance(const json_t *item);

/* --- comparing ------------------------------------------------------------------------------ */

struct check {
    const char *id;
    int compared, wrong;
    double worst; /* the largest difference as a share of its tolerance */
    char worst_at[120];
};

void check_start(struct check *check, const char *id);
void check_number(struct check *check, const char *what, double got, double expected, double tolerance);
void check_relative(struct check *check, const char *what, double got, double expected, double relative, double floor);
void check_true(struct check *check, bool holds, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Prints the one line of the case and returns whether all was right. */
bool check_end(struct check *check);

/* Holds a fit (the object of `fit`) and its random effects (an array of the objects of `ranef`) against case->expect. */
void check_fit(struct check *check, const json_t *item, const json_t *fit, const json_t *ranefs);

/* Degrees of freedom and p-values of the fixed effects (kind ddf). */
void check_ddf(struct check *check, const json_t *item, const json_t *fit);

/* A number, or one of the strings "NaN", "Inf", "-Inf"; NaN for anything else. */
double number_of(const json_t *value);
double number_at(const json_t *object, const char *key);

/* Prints `N passed, N failed` and returns the status to leave with. */
int tally_end(int passed, int failed);

#endif
