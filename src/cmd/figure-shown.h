/* figure-shown.h -- what the files share that explain numbers of a result's tables; private to them. */
#ifndef CMD_FIGURE_SHOWN_H
#define CMD_FIGURE_SHOWN_H

#include "cmd/derivation.h"
#include "cmd/figure-numbers.h"
#include "cmd/figures.h"

/* A derivation (cmd/derivation.h): a row of the table in figure-shown.c. */
struct derivation {
    const char *name, *name2; /* what a person calls it; name2: the second number of an interval */
    void (*explain)(const struct figures *figures, const struct figure *f, struct explanation *out);
    void (*owner)(const struct figure *f, struct text *out);
    bool share;                   /* printed as a percentage */
    const struct saying *sayings; /* names and formulas by the column's key instead; ends with a key of NULL */
    bool bare;                    /* of a result that no fitted model stands behind */
    bool keyed;                   /* of a command: what it says stands in figure-keys.c */
};

/* What is said of a column, or of a number by itself, that has this key. */
enum numbers_of { NOTHING, QUOTIENT, SQUARED, END, ODDS };

struct saying {
    const char *key, *name, *formula;
    enum numbers_of numbers; /* the row's other numbers that are put into the formula */
    const char *convention;
};

/* --- reading tables (figure-tables.c) ------------------------------------------------------------------------ */

/* The table of that key in a part of the result, or the one with a column that is derived so; or NULL. */
const struct table *shown_table(const struct result *part, const char *key);
const struct table *shown_derived(const struct result *part, enum derived how);

/* What the figure's column is, and whether it has that argument. */
enum derived shown_how(const struct figure *f);
bool shown_is(const struct figure *f, unsigned argument);

/* The column with that key; *upper: it is the second of an interval.  column_count where there is none. */
size_t shown_column(const struct table *table, const char *key, bool *upper);

/* A cell as a number; NaN where it is empty, or none. */
double shown_number(const struct table *table, size_t row, size_t column, bool upper);
double shown_number_at(const struct table *table, size_t row, const char *key);

/* A cell of text; "" where it is empty, or none. */
const char *shown_text_at(const struct table *table, size_t row, const char *key);

/* Another number of the figure's own row. */
double shown_beside(const struct figure *f, const char *key);

/* A number that it says outside of tables, under that key; NaN where there is none. */
double shown_scalar(const struct result *part, const char *key);

/* What the result says under that key; "" where that is nothing, or no text. */
const char *shown_said(const struct result *part, const char *key);
/* The value of the result under a key of JSON; NULL where there is none. */
const struct value *shown_value(const struct result *part, const char *key);

/* --- what several explanations share (figure-tables.c) -------------------------------------------------------- */

/* Equal but for rounding. */
bool shown_comes_to(double x, double y);

/* The link; NULL for the identity. */
const struct link *shown_link(const struct figure *f);

/* A gaussian model with the identity link. */
bool shown_is_exact(const struct figure *f);

/* The fixed part of the linear predictor, and the variance of the random part, in row i of the design.  False when memory is out.
 */
bool shown_row(const struct fit *fit, size_t i, double *eta, double *variance);

/* `estimate -+ q se`, on the scale of the response, or (DERIVED_ON_LINK) of the link and brought back. */
void shown_interval(const struct figure *f, double estimate, double se, double level, struct explanation *out);

/* --- explanations, named by what they explain ----------------------------------------------------------------- */

typedef void shown_explainer(const struct figures *figures, const struct figure *f, struct explanation *out);

/* figure-averages.c */
shown_explainer explain_contrast, explain_contrast_end, explain_delta, explain_gee, explain_margin, explain_margin_end,
    explain_marginal, explain_marginal_ratio, explain_naive, explain_rule;
/* figure-predictions.c */
shown_explainer explain_group_size, explain_group_variance, explain_move, explain_prediction, explain_prediction_end,
    explain_prediction_se, explain_residual, explain_response, explain_rung;
/* figure-groups.c */
shown_explainer explain_first, explain_mean, explain_mean_end, explain_own, explain_rank, explain_rank_end, explain_whatif,
    explain_whatif_end, explain_whatif_kept, explain_whatif_sd;
/* figure-rest.c */
shown_explainer explain_pooled, explain_said;
extern const struct saying of_parts[], of_variants[], of_gee[], of_power[], of_scan[], of_components[], of_icc[], of_pooled[],
    of_meta[], of_meta_studies[], of_heterogeneity[], of_replicates[], of_influence[];
/* That of a key in a list; NULL: there is none (or the list is NULL). */
const struct saying *saying_find(const struct saying *list, const char *key);
/* The saying of a figure; NULL: there is none. */
const struct saying *said_of(const struct figure *f);
/* Of an imputed fit: what its rules are made of, for programs. */
bool said_for_programs(const struct figure *f);
/* Names that sayings have, one at a time; NULL behind the last. */
const char *said_name_at(int i);
/* How the columns of a table that `fit` and `summary` show come about, which know no derivations; NULL: in other ways. */
const struct derivation *said_table(const struct table *table, const struct fit *fit);
/* The numbers that a command says outside of tables: key i, and how it comes about; NULL behind the last. */
const char *said_scalar(const char *command, int i, enum derived *how);
void owner_of_part(const struct figure *f, struct text *out);
void owner_of_variant(const struct figure *f, struct text *out);
void owner_of_study(const struct figure *f, struct text *out);
void owner_of_row(const struct figure *f, struct text *out);
/* figure-keys.c: what a command hands out beside, by its key in JSON; NULL: there is none */
const struct derivation *keyed_of(const struct result *part);
const struct saying *keyed_saying(const struct figure *f, const char *key);
const char *keyed_name_at(int i);
/* figure-linear.c */
shown_explainer explain_linear, explain_linear_se, explain_linear_df, explain_linear_t, explain_linear_p, explain_linear_end,
    explain_anova, explain_r2, explain_median_odds;

#endif
