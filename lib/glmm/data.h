/* glmm/data.h -- tables.  Part of <glmm.h>. */
#ifndef GLMM_DATA_H
#define GLMM_DATA_H

#include <stdbool.h>
#include <stddef.h>

#include "glmm/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A table of named columns, all of the same length. */
struct glmm_data;

/* Reads a table of any kind that mixsh reads, by its content: Stata, SPSS, SAS, SQLite, Excel, R (as far as their libraries were
 * there when this one was built), or a delimited text file, plain or compressed ("-" is standard input). Of texts: the separator
 * is detected among , ; tab |, the types are inferred over the whole file, empty fields and NA are missing.  Returns new. Errors:
 * GLMM_E_FILE, GLMM_E_DATA with the line. */
struct glmm_data *glmm_data_read(const char *path, struct glmm_error *err);

/* How a text file is read.  `size` is sizeof of the struct, as in every struct of options: fields that a later version adds at
 * its end are then at their defaults (0 is taken for the size in version 0.1).  Zero or NULL is the default of each field. */
struct glmm_read_options {
    size_t size;
    char separator;                       /* found out */
    char decimal;                         /* '.' */
    char thousands;                       /* between groups of three digits; none */
    bool no_header;                       /* columns are V1, V2, ... */
    long skip;                            /* lines above the names that are left out */
    const char *const *missing;           /* texts that mean missing, ends with NULL; "NA" and empty */
    const char *types;                    /* "herd=factor,size=real": forced; inferred */
    const char *encoding;                 /* as iconv names it; found out */
    const struct glmm_progress *progress; /* stops the work with GLMM_E_INTERRUPT */
};

/* The same as glmm_data_read, read so.  options may be NULL. */
struct glmm_data *glmm_data_read_as(const char *path, const struct glmm_read_options *options, struct glmm_error *err);

/* An empty table of `rows` rows, to be filled by the two functions below.  Returns new. */
struct glmm_data *glmm_data_new(size_t rows, struct glmm_error *err);

/* Adds a column of `rows` numbers; NaN is missing.  Name and values are copied.  GLMM_E_NAME for a name that is taken. */
bool glmm_data_add_real(struct glmm_data *data, const char *name, const double values[], struct glmm_error *err);

/* The same of whole numbers, GLMM_MISSING where there is none, and of truths: 0, 1, and less than 0 where there is none. */
#define GLMM_MISSING (-2147483647 - 1)
bool glmm_data_add_integer(struct glmm_data *data, const char *name, const int values[], struct glmm_error *err);
bool glmm_data_add_logical(struct glmm_data *data, const char *name, const signed char values[], struct glmm_error *err);

/* Adds a factor from `rows` texts (UTF-8); NULL is missing.  Its levels are the distinct texts, sorted as numbers where all are
 * numbers, else bytewise; the first is the reference of the treatment contrasts.  All is copied. */
bool glmm_data_add_factor(struct glmm_data *data, const char *name, const char *const values[], struct glmm_error *err);

size_t glmm_data_rows(const struct glmm_data *data);
void glmm_data_free(struct glmm_data *data);

#ifdef __cplusplus
}
#endif

#endif
