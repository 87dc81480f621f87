/* plots.h -- the kinds of `plot-ascii`, one file each.
 *
 * A new kind is its file with a `struct plot_kind_entry`, one line in the table of plot-ascii.c, and a line in local.mk: help,
 * completion and usage errors are derived from the entry. */
#ifndef CMD_PLOTS_PLOTS_H
#define CMD_PLOTS_PLOTS_H

#include "lang/command.h"
#include "result/result.h"
#include "session/session.h"

struct plot_options {
    const char *sort, *title, *x;
    int max, width, bins; /* 0: not given */
    bool max_given;       /* max is the user's, not the usual one */
    const char *file;     /* the plots go there too, as SVG; or NULL */
    bool replace;
    bool response; /* of levels: means instead of coefficients */
};

/* What a kind gets to work on.  `call` is the user's without the words of the kind itself: words[0] is the first argument,
 * and spans still count from the first byte of the line. */
struct plot_job {
    struct session *session;
    const struct call *call;
    const struct plot_options *options;
    struct result *result; /* title line, values, plot; the plot of the result is `plot` */
    struct glmm_error *err;
};

struct plot_kind_entry {
    const char *name;
    const char *usage; /* "shrinkage [MODEL] [GROUP [TERM]]" */
    const char *brief;
    bool (*build)(struct plot_job *job);
    bool response; /* knows that option */
};

extern const struct plot_kind_entry plot_shares, plot_shrinkage, plot_caterpillar, plot_fitted, plot_residuals, plot_qq,
    plot_groups, plot_histogram, plot_scatter, plot_box, plot_bars, plot_means, plot_attenuation, plot_forest, plot_profile,
    plot_partial;

/* The usage of the kind of that name (so many bytes), or NULL: what may stand behind it. */
const char *plot_kind_usage(const char *name, size_t length);

/* The plot of the job, labelled; its title is the option's where one was given.  NULL when memory is out. */
struct plot *job_plot(struct plot_job *job, enum plot_kind kind, const char *title, const char *x_label, const char *y_label);

/* `m1   Reaction ~ ...   REML     what`; the arena's. */
const char *job_model_title(struct plot_job *job, const struct model *model, const char *what);

/* A copy of the call that starts `skip` words later. */
struct call call_behind(const struct call *call, int skip);

#endif
