/* verbs.h -- what changes data: each function makes another frame of one, and leaves that as it is.
 *
 * The new frame has the name and the source of the old one, shares every column that stays as it was, and belongs to the caller
 * (frame_free).  NULL with err where it cannot be made, GLMM_E_INTERRUPT where the progress says stop; spans are those of the
 * expressions that were given. */
#ifndef DATA_VERBS_H
#define DATA_VERBS_H

#include "base/progress.h"
#include "base/text.h"
#include "data/date.h"
#include "data/expr.h"
#include "data/frame.h"

/* --- variables -------------------------------------------------------------------------------- */

/* A variable `name`, new or in the place of the old one, computed from the expression; summaries in it that name no groups are by
 * those of `by` (or NULL).  Numbers that are all whole make it an integer, as load does. */
struct frame *frame_let(const struct frame *frame, const char *name, const struct expr *expr, const struct expr *by,
                        const struct glmm_progress *progress, struct glmm_error *err);

/* Only these variables, in this order, and the one that numbers imputations; all must be there, each once. */
struct frame *frame_keep(const struct frame *frame, const char *const names[], size_t count, struct glmm_error *err);

/* Without these variables; one must be left, and the one that numbers imputations is none of them. */
struct frame *frame_without(const struct frame *frame, const char *const names[], size_t count, struct glmm_error *err);

/* from[k], which must be there, is called to[k] from now on, all at once: two may change names.  A name that another variable has
 * is an error of `place`, the index of the pair at fault. */
struct frame *frame_rename(const struct frame *frame, const char *const from[], const char *const to[], size_t count,
                           size_t *place, struct glmm_error *err);

/* A column of reals that are all whole, and small enough, becomes one of integers, as load would read them.  False when memory is
 * out. */
bool column_make_integer(struct column *column, size_t rows);

/* What becomes of the levels: those listed, in this order (NULL: all as they are), called so (NULL: as they are; the same label
 * for several makes one of them), and which is the reference (NULL: the one that was, else the first). */
struct factor_spec {
    const char *const *levels, *const *labels;
    size_t level_count, label_count;
    const char *reference;
    bool alike; /* without lists: levels that differ only as level-alike.h says become one, called as most rows call it, tidied */
};

/* The variable as a factor; *lost gets how many values became missing because their level is not listed.  An error of the
 * reference is GLMM_E_NAME, one of the labels GLMM_E_VALUE, none of the levels in any row GLMM_E_DATA. */
struct frame *frame_factor(const struct frame *frame, const char *name, const struct factor_spec *spec, size_t *lost,
                           struct glmm_error *err);

/* How texts are read as numbers, and what was found: the unit behind all of them, and those that are none. */
struct number_spec {
    char decimal, thousands; /* '.' or ','; ',', '.', ' ', '\'' or 0 */
    bool force;              /* texts that are no numbers become missing */
    bool marks;              /* 5.1* and <0.05 are read without their marks (csv_take_marks) */
    char unit[16];
    size_t marked, limited; /* rows that had marks, and the sign of a limit; the first of each */
    char first_marked[60], first_limited[60];
    size_t unread;
    char first[60]; /* of these */
};

/* The variable as a number. */
struct frame *frame_number(const struct frame *frame, const char *name, struct number_spec *spec, struct glmm_error *err);

/* How texts are read as dates, and what was found. */
struct date_spec {
    unsigned orders;         /* of day, month and year (date.h); 0: found out, by the rules of load */
    struct date_kinds kinds; /* or texts of several kinds (count > 1) */
    int months;              /* or months without a day, as date_format_month() says; 0: none */
    int32_t epoch;           /* numbers are days from this date on; needed for numbers only, that are not as 20240131 */
    bool has_epoch;
    bool force;                         /* texts that are no dates become missing */
    bool ambiguous, short_years, timed; /* several orders fit all texts; years have two digits; times of day were left out */
    bool marked;                        /* marks of footnotes were left out */
    bool short_first;                   /* these may as well stand in front */
    bool differ;                        /* none does, which is an error: `kinds` has those of texts that the signs tell apart */
    size_t unread;
    char first[60]; /* of these */
};

/* The variable, a factor or a number, as a date. */
struct frame *frame_date(const struct frame *frame, const char *name, struct date_spec *spec, struct glmm_error *err);

/* --- rows ------------------------------------------------------------------------------------- */

/* The rows in which the condition is true; *unknown gets how many of the others have a missing value there.  That no row is left
 * is an error, and so is a condition that is no true or false. */
struct frame *frame_where(const struct frame *frame, const struct expr *condition, const struct expr *by, size_t *unknown,
                          const struct glmm_progress *progress, struct glmm_error *err);

struct sort_key {
    const char *name;
    bool descending;
};

/* The rows in the order of the keys; equal ones keep theirs, missing values come last. */
struct frame *frame_sort(const struct frame *frame, const struct sort_key keys[], size_t count,
                         const struct glmm_progress *progress, struct glmm_error *err);

/* --- groups ----------------------------------------------------------------------------------- */

/* The groups of a variable, or of several (a:b): of each row, from 0 in the order of their values; only those that occur. */
struct grouping {
    int32_t *code; /* of each row; -1 where one of the variables is missing */
    size_t count;
    size_t *first; /* the first row of each */
    const char **names;
    size_t name_count;
};

/* NULL is one group of all rows.  Anything but names is an error. */
bool row_groups_make(const struct frame *frame, const struct expr *by, struct grouping *out, struct glmm_error *err);
/* The same within each imputation (imputation.h): the variable that numbers them comes first, where `by` does not name it. */
bool row_groups_within(const struct frame *frame, const struct expr *by, struct grouping *out, struct glmm_error *err);
void row_groups_clear(struct grouping *grouping);
/* `a, b` of a group, as text. */
void row_groups_name(const struct grouping *grouping, const struct frame *frame, size_t group, struct text *out);

/* `count` rows of each group, or where count is 0 the share of them (rounded), drawn without replacement, in the order in which
 * they stand.  Groups that have fewer are taken whole; rows without a group are left out. */
struct frame *frame_sample(const struct frame *frame, const struct grouping *grouping, size_t count, double share, uint64_t seed,
                           struct glmm_error *err);

struct summary_item {
    const char *name;
    const struct expr *expr;
};

/* A row for each group: the variables of the groups, and the items, each of which must be the same in all rows of a group; *place
 * gets the item at fault. */
struct frame *frame_aggregate(const struct frame *frame, const struct grouping *grouping, const struct expr *by,
                              const struct summary_item items[], size_t count, size_t *place,
                              const struct glmm_progress *progress, struct glmm_error *err);

/* --- several data sets ------------------------------------------------------------------------ */

/* The value i of a new column is that of from[which[i]] in row[i]; missing where which[i] < 0.  Numbers of two types become
 * reals, any other mixture texts.  A factor keeps the order of its levels where all have the same. */
bool column_gather(struct column *out, const char *name, const struct column *const from[], size_t from_count,
                   const int32_t which[], const size_t row[], size_t count, const struct glmm_progress *progress,
                   struct glmm_error *err);

/* The rows of both, one below the other; a variable that one has not is missing there. */
struct frame *frame_stack(const struct frame *above, const struct frame *below, const struct glmm_progress *progress,
                          struct glmm_error *err);

enum merge_kind { MERGE_LEFT, MERGE_INNER, MERGE_RIGHT, MERGE_OUTER };

struct merge_facts {
    size_t matched, left_only, right_only; /* rows of either frame */
    bool left_many, right_many;            /* a key that occurs more than once among those that match */
};

/* Rows of the two with the same keys, beside each other.  A variable of the right one whose name is taken is called NAME.RIGHT.
 */
struct frame *frame_merge(const struct frame *left, const struct frame *right, const char *const keys[], size_t key_count,
                          enum merge_kind kind, struct merge_facts *facts, const struct glmm_progress *progress,
                          struct glmm_error *err);

/* The values of several variables one below the other: for each row as many as there are variables, with a variable `name` that
 * tells which (their names without the prefix), and one `value`. */
struct frame *frame_long(const struct frame *frame, const char *const names[], size_t count, const char *name, const char *value,
                         const char *prefix, const struct glmm_progress *progress, struct glmm_error *err);

/* The opposite: a row for each group, and for each of the variables `values` and each value of `name` a variable VALUE_level.
 * Other variables stay where they are the same in all rows of a group.  Rows without a group, or without a value of `name`, have
 * no place: *left_out gets how many there are. */
struct frame *frame_wide(const struct frame *frame, const struct grouping *grouping, const char *name, const char *const values[],
                         size_t count, size_t *left_out, const struct glmm_progress *progress, struct glmm_error *err);

/* --- text --------------------------------------------------------------------------------------- */

/* The frame as a table of text with this separator, as csv_read reads it: a value is quoted where it must be, a missing one is
 * NA. */
bool csv_write(const struct frame *frame, char separator, struct text *out, const struct glmm_progress *progress,
               struct glmm_error *err);

/* What a file does not say of a variable, so that read again it is another one: bits. */
enum file_loss {
    LOSES_TYPE = 1,      /* all that stands there reads as another type, if anything does; types= of load says which it is */
    LOSES_REFERENCE = 2, /* the reference level is not the first */
    LOSES_ORDER = 4,     /* the levels are not sorted as load sorts them */
    LOSES_UNUSED = 8,    /* levels that no row has */
    LOSES_NA = 16,       /* a level called NA: its rows become missing */
    LOSES_BLANKS = 32,   /* levels with blanks behind them, which Stata's and SPSS's files leave out */
    LOSES_EMPTY = 64,    /* a level without a character: as NA */
    LOSES_CONTRAST = 128 /* contrasts other than those with a reference: those of ordered() */
};

/* Those of frame->columns[j] in such a table, in *losses.  False when memory is out. */
bool csv_losses(const struct frame *frame, size_t j, unsigned *losses);

/* Appends one text of such a table, quoted where it must be; NULL is missing. */
void csv_add_text(struct text *out, const char *text, char separator);

/* The same as bytes of a Stata file (dta, version 118), or of an SPSS file (sav). */
bool stat_write(const struct frame *frame, bool stata, struct text *out, struct glmm_error *err);

/* What is lost of frame->columns[j] there: levels are value labels where the format can hold them, else texts. */
bool stat_losses(const struct frame *frame, size_t j, bool stata, unsigned *losses);

#endif
