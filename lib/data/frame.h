/* frame.h -- a table of typed columns in memory.
 *
 * Values are stored as narrow as their type allows; readers go through column_real() and friends or switch on the type.
 * Missing values: NaN in a real column, COLUMN_NA in one of integers or dates, -1 as a factor code or logical.
 *
 * A frame is filled by who makes it, and from then on never changed: it is counted, and who needs it later holds it (a model
 * does), whatever becomes of it in the session.  What changes data makes another frame:
 *
 *     next = frame_share(frame, err);             the same rows and columns; values and levels are shared, none is copied
 *     frame_put(next, &column, err);              a new column, or another one in the place of an old one
 *     frame_drop(next, "x");                      the others stay as they are
 *     frame_column(next, "f")->reference = 1;     what is of the struct itself (name, contrast, reference) is this frame's own
 *     session_add_data(session, next, err);       takes it; models keep the old one
 *
 * Columns are counted, too: the values and levels behind `as` and `levels` belong to all frames that share them, and are written
 * only while one has them (column_is_shared).  Other rows are a copy: frame_rows. */
#ifndef DATA_FRAME_H
#define DATA_FRAME_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

enum column_type { COLUMN_REAL, COLUMN_INTEGER, COLUMN_FACTOR, COLUMN_LOGICAL, COLUMN_DATE };

#define COLUMN_NA INT32_MIN

struct column {
    char *name; /* UTF-8, unique in the frame */
    enum column_type type;
    union {
        double *real;
        int32_t *integer; /* of a date: days since 1970-01-01 (date.h) */
        int32_t *code;    /* index into levels; -1 is missing */
        int8_t *logical;  /* 0, 1; -1 is missing */
        void *any;
    } as;
    char **levels;     /* factor: sorted by number where all read as numbers, else bytewise */
    char *level_block; /* NULL, or the one block in which all levels lie; else each level is a block of its own */
    int32_t level_count;
    enum contrast { CONTRAST_TREATMENT, CONTRAST_SUM, CONTRAST_HELMERT, CONTRAST_POLY } contrast;
    int32_t reference;   /* treatment contrasts: the level that is left out */
    size_t missing;      /* number of missing values */
    bool imputation;     /* it numbers the imputations of the rows (imputation.h) */
    atomic_int *holders; /* how many columns share the values and the levels; NULL: one */
};

struct frame {
    atomic_int holders; /* how many hold it; it is freed with the last */
    char *name;         /* "sleepstudy" */
    char *source;       /* path or example it was read from; NULL when made here */
    uint64_t checksum;  /* of the file's bytes (after gunzip): FNV-1a over words, see source.c; 0 when made here */
    size_t rows;
    size_t column_count, column_capacity;
    struct column *columns;
};

/* Returns new, with copies of its strings and one holder; NULL when memory is out. */
struct frame *frame_new(const char *name, size_t rows);

/* One holder more (returns frame), and one less: the last frees it.  Both may be called from any thread and take NULL. */
const struct frame *frame_hold(const struct frame *frame);
void frame_free(const struct frame *frame);

/* Whether others hold it, too: it must not be changed then. */
bool frame_is_held(const struct frame *frame);

/* A new frame of the same name, source, rows and columns: only the names are copied.  NULL when memory is out. */
struct frame *frame_share(const struct frame *frame, struct glmm_error *err);

/* A new frame of `count` rows, row i a copy of row source[i]; factors keep all levels.  NULL when memory is out. */
struct frame *frame_rows(const struct frame *frame, const size_t source[], size_t count, struct glmm_error *err);

/* The same, with looks at the progress: NULL with GLMM_E_INTERRUPT where that says stop. */
struct frame *frame_rows_watched(const struct frame *frame, const size_t source[], size_t count,
                                 const struct glmm_progress *progress, struct glmm_error *err);

/* Adds a column whose values are zeroed (factors: code 0) and returns it, owned by the frame; NULL with err for a name that is
 * taken or memory. The pointer is good until the next column is added. */
struct column *frame_add(struct frame *frame, const char *name, enum column_type type, struct glmm_error *err);

/* Takes the contents of *column (which is empty afterwards): the column of that name is replaced, or it is added at the end.
 * On failure *column stays as it was. */
bool frame_put(struct frame *frame, struct column *column, struct glmm_error *err);

/* The same for a column whose name no other has: it is not looked for.  False when memory is out. */
bool frame_append(struct frame *frame, struct column *column);

/* The column of that name, to be changed in a frame that nobody else holds; NULL when there is none. */
struct column *frame_column(struct frame *frame, const char *name);

/* Takes the column of that name out; false when there is none. */
bool frame_drop(struct frame *frame, const char *name);

/* Fills the empty *to with a column of the same name that shares the values and levels of `from`, a column of a frame.  False
 * when memory is out. */
bool column_share(const struct column *from, struct column *to);

/* Whether other columns have the same values and levels: they must not be written then. */
bool column_is_shared(const struct column *column);

/* Frees what the column holds (shared values and levels with their last column), not the struct itself; it is empty and usable
 * again. */
void column_clear(struct column *column);

/* Counts the missing values of a column whose values were written directly, and sets column->missing. */
void column_count_missing(struct column *column, size_t rows);

/* Borrowed; NULL when there is none. */
const struct column *frame_find(const struct frame *frame, const char *name);

/* As frame_find, but a missing name is an error at `at` that suggests the nearest names:
 * "no variable `Dys` in sleepstudy", hint "did you mean `Days`?". */
const struct column *frame_need(const struct frame *frame, const char *name, struct glmm_span at, struct glmm_error *err);

/* True for columns of which the mean is a number: reals and integers. */
static inline bool column_is_number(const struct column *column)
{
    return column->type == COLUMN_REAL || column->type == COLUMN_INTEGER;
}

/* The value of a row as a number (a factor's code + 1 is NOT given: NaN for factors); NaN when missing. */
double column_real(const struct column *column, size_t row);
bool column_missing(const struct column *column, size_t row);

/* Of a factor: whether one of the rows row[0 .. count) (NULL: of the first `count`) has the level; and seen[l] = true for each
 * level l that one of them has (others stay as they are). */
bool column_has_level(const struct column *column, const size_t row[], size_t count, int32_t level);
void column_mark_levels(const struct column *column, const size_t row[], size_t count, bool seen[]);

/* The least and the greatest value of `rows` rows as numbers, without the missing ones; NaN where there is none, and for factors.
 */
void column_range(const struct column *column, size_t rows, double *low, double *high);

/* The value of a row as text in a buffer or as the level itself; "NA" when missing. */
const char *column_text(const struct column *column, size_t row, char buffer[40]);

/* Factor codes and levels of any column: a factor's own; any other column's distinct values in increasing
 * order, named as R's as.character does ("0.2", "1e+05", "TRUE", "2024-01-31").  codes has n entries (new, mem_free), -1 where
 * missing; levels are new. */
bool column_as_factor(const struct column *column, size_t rows, int32_t **codes, char ***levels, int32_t *level_count,
                      struct glmm_error *err);

/* "real", "integer", "factor", "logical", "date". */
const char *column_type_name(enum column_type type);

/* True where the whole text reads as a decimal number ("12", "-0.5", "1e3"; no spaces, hexadecimals, NaN or Inf), in the C locale
 * whatever the process's is, and sets *value, correctly rounded ("1e999" is infinite). */
bool parse_number(const char *text, size_t length, double *value);

/* The same at the beginning of a longer text, with `mark` as its decimal sign: the length of the number, 0 where there is
 * none. */
size_t parse_number_at(const char *text, size_t length, char mark, double *value);

/* A text as a value of that column, which is no factor: a number, or a date as number of its day.  False where it is none. */
bool column_parse(const struct column *column, const char *text, double *value);

/* A number as R's as.character writes it: 15 significant digits, no trailing zeros, the shorter of fixed and scientific.
 * Returns buffer. */
const char *number_as_r(double x, char buffer[40]);

/* The same, but in 16 or 17 digits where 15 do not read back as that number. */
const char *number_in_full(double x, char buffer[40]);

/* Sorts level names: numerically when all read as numbers, else bytewise; gives the permutation old -> new (may be NULL).
 * False, with nothing changed, when memory is out. */
bool levels_sort(char **levels, int32_t count, int32_t *new_of_old);

#endif
