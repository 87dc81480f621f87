/* tables.h -- numbers in tables, dashes among them, and the result handed over. */
#ifndef REPORT_TABLES_H
#define REPORT_TABLES_H

#include "result/result.h"
#include "session/session.h"

/* Decimals at which the largest of the values shows `digits` significant digits, and the typical standard error two; values and
 * errors have `count` entries, those that are not finite are passed over. */
int fitting_decimals(const double *values, const double *errors, size_t count, int digits);
/* The same, or DECIMALS_OWN where some error would show as 0 (rows of different sizes), and where all values are tiny. */
int fitting_decimals_or_own(const double *values, const double *errors, size_t count, int digits);

/* A row of an estimate and its interval without an error: where the interval is so narrow beside them that its ends would look
 * alike, both go as far as it does. */
void table_row_of_interval(struct table *table, size_t row, double lower, double upper);

/* From here down a column's common decimals are more zeros than digits. */
#define TINY_COLUMN 1e-5

/* The columns of an estimate, its standard error and its interval. */
struct estimate_columns {
    size_t estimate, se, interval;
};
/* Their decimals are these: DECIMALS_OWN goes by each row's error. */
void table_estimate_decimals(struct table *table, struct estimate_columns columns, int decimals);

/* A number, or a dash (JSON: null) where it is NaN because the data do not determine it. */
void table_real_known(struct table *table, size_t row, size_t column, double real);
void table_pair_known(struct table *table, size_t row, size_t column, double lower, double upper);
/* The column of a t, z, F or chi-squared: so many decimals, and an exponent where nobody reads them, from ten thousand on: what
 * is shown has seven digits at the most, and errors are known to more on any processor. */
void table_statistic(struct table *table, size_t column, int decimals);
/* A number, or null where it is NaN; an array of such. */
struct value *value_real_known(struct arena *arena, double real);
void result_real_known(struct result *result, const char *key, double real);
struct value *value_reals_known(struct arena *arena, const double *items, size_t count);
/* rows x columns, column-major: an array of rows, with null where a number is NaN. */
struct value *value_matrix_known(struct arena *arena, const double *items, size_t rows, size_t columns);

/* The columns that a table of coefficients begins with: `term`, `estimate` and `se`. */
void estimate_columns(struct table *table, size_t *term, size_t *estimate, size_t *se);

/* The columns that say which parameter of a fit a row is of: its words in the text, its parts elsewhere. */
struct parameter;
struct parameter_columns {
    size_t name, kind, group, term, term2;
};
void parameter_columns(struct table *table, struct parameter_columns *c);
void parameter_cells(struct table *table, size_t row, const struct parameter_columns *c, const struct parameter *parameter,
                     struct arena *arena);

/* Hands the result to the session, or frees it and fails. */
bool emit(struct session *session, struct result *result, struct glmm_error *err);

#endif
