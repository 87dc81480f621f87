/* table-sheet.h -- what stands in a table of models: rows by parts, an entry for each model. */
#ifndef CMD_TABLE_SHEET_H
#define CMD_TABLE_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include "base/arena.h"
#include "model/model.h"

enum errors { ERRORS_SE, ERRORS_INTERVAL, ERRORS_P, ERRORS_NONE };
enum variation { VARIATION_SD, VARIATION_VARIANCE, VARIATION_NONE };

struct table_options {
    int errors, random; /* enum errors, enum variation */
    bool stars, ratios;
    int decimals; /* of estimates; -1: chosen */
    const char *title;
};

/* --- what stands in the table -------------------------------------------------------------------- */

enum part { PART_FIXED, PART_RANDOM, PART_FIT, PARTS };

/* One model's number in a row. */
struct entry {
    bool present;
    double estimate, se, lower, upper, p;
};

/* A row is known by its part and its label. */
struct line {
    enum part part;
    const char *label;
    const char *kind, *group, *term, *term2; /* for programs: fixed, sd, corr, structure, sigma, dispersion */
    bool counts;                             /* whole numbers */
    struct entry *entries;                   /* one a model */
};

struct sheet {
    const struct table_options *options;
    struct arena *arena;
    const struct model **models;
    size_t model_count;
    double level;
    struct line *lines;
    size_t count, capacity;
    bool failed;
};

/* Makes all rows, part by part, those of a part in the order of their first model.  The lines are the caller's (mem_free), their
 * words and entries the arena's.  False when memory is out. */
bool sheet_fill(struct sheet *s);

#endif
