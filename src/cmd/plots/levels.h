/* levels.h -- the levels of one random effect, chosen and ordered for a plot. */
#ifndef CMD_PLOTS_LEVELS_H
#define CMD_PLOTS_LEVELS_H

#include "cmd/plots/plots.h"
#include "infer/shrinkage.h"

struct levels {
    const struct model *stated, *model; /* model: of whose effects all are determined (report/determined.h) */
    struct shrinkage *effect;           /* the term asked for */
    struct shrinkage *other;            /* the second one named, or of a vector of which none was named; else NULL */
    int32_t *order;                     /* the chosen levels, in order; the arena's */
    size_t count;
    const char *at; /* means: where they hold, "period = 1"; "": everywhere; NULL: coefficients */
};

/* Reads [MODEL] [GROUP [TERM]] and computes the effect, where `pair` is set [MODEL] [GROUP [TERM [TERM]]] and both;
 * levels_clear() in any case. */
bool levels_init(struct levels *levels, struct plot_job *job, bool pair);
void levels_clear(struct levels *levels);

/* The order that the options ask for, else the usual one. */
const char *levels_wanted_sort(const struct levels *levels, const struct plot_job *job);

/* What its group is called, "batch + other" of a sum; the arena's. */
const char *levels_group(const struct levels *levels, struct plot_job *job);

/* Orders all levels by `sort` (raw, blup, n, name) and takes every k-th where there are more than `max`. */
bool levels_order(struct levels *levels, struct plot_job *job, const char *sort, int max);

/* "Subject:Days     sort: raw"; the arena's. */
const char *levels_what(struct levels *levels, struct plot_job *job, const char *sort);

/* "; showing 20 of 500: every 26th by raw", or "" where all are there; the arena's. */
const char *levels_sampled(const struct levels *levels, struct plot_job *job, const char *sort);

/* What is determined of the effects; where the model has more of them than those shown, how to see them. */
void levels_next(const struct levels *levels, struct plot_job *job, const char *kind);

/* The values of the chosen levels; the arena's, NULL when memory is out. */
double *levels_values(const struct levels *levels, struct plot_job *job, const double *values);

/* pooled + times * se - shift for the chosen levels; of means the ends of their intervals by the sign of `times`. */
double *levels_ends(const struct levels *levels, struct plot_job *job, double times, double shift);

#endif
