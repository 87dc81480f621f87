/* plot.h -- what is to be drawn, without layout.  A canvas of cells (src/render) draws it in three glyph tiers. */
#ifndef RESULT_PLOT_H
#define RESULT_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include "base/arena.h"

/* One glyph a meaning (block tier / ascii). */
enum mark {
    MARK_POINT,    /* data:                       · .  (overplotting grows it) */
    MARK_RAW,      /* a group's own estimate:     ○ o  */
    MARK_POOLED,   /* BLUP:                       ● @  */
    MARK_INTERVAL, /* segment x..x2 at y:         ─ -  */
    MARK_BOX,      /* a strong one, over it:      ━ =  */
    MARK_ARROW,    /* from (x, y) to (x2, y2):    ○→●  */
    MARK_LINE,     /* a polyline, strong                */
    MARK_FAINT,    /* a polyline, faint                 */
    MARK_DOTTED,   /* a polyline, dotted                */
    MARK_BAR,      /* from 0 to y at x .. x2            */
    MARK_NAME      /* the series' label beside its point, over all else */
};

enum plot_kind {
    PLOT_XY,    /* points and lines in a plane */
    PLOT_ROWS,  /* a table with a strip: one row an item, marks at x; y is the row's index from 0 */
    PLOT_PANELS /* small multiples: XY plots with common axes */
};

struct plot_series {
    enum mark mark;
    const char *label; /* in the legend; NULL: not there */
    int shape;         /* of points: 0 the mark's own (overplotting grows it), 1 .. 6 one a group */
    size_t count;
    const double *x, *y;   /* y is NULL for PLOT_ROWS: the index; NaN breaks a line; infinite is drawn at the edge */
    const double *x2, *y2; /* for intervals, arrows, bars; else NULL */
    bool spare;            /* left out where the plot is so low that it would lie on others */
    const char *low_label; /* the label where these are left out; NULL: `label` */
    struct plot_series *next;
};

struct plot_reference { /* a dotted line across the plot */
    bool vertical;
    double at;
    const char *label; /* in the legend, where its value is added: "overall" */
    struct plot_reference *next;
};

struct table; /* result/result.h */

struct plot {
    enum plot_kind kind;
    struct arena *arena;
    const char *key;               /* NULL: not in JSON */
    const char *title;             /* the headline, or NULL */
    const char *x_label, *y_label; /* with units */
    struct plot_series *first, *last;
    struct plot_reference *references;
    struct table *rows;               /* PLOT_ROWS: the columns left of the strip, one row an item */
    struct plot *panels, *last_panel; /* PLOT_PANELS: linked by `next` */
    struct plot *next;
    size_t total_panels;   /* > the number of panels where some were left out, and the plot says so */
    const char *statement; /* the key number, shown below: "overall 12.64; kept = ..." */
    const char *about;     /* what explains the column `about_column` of `rows`, shown below where the column is */
    const char *about_column;
    bool has_x_range, has_y_range; /* fixed ranges; points outside are marked at the edge */
    double x_range[2], y_range[2];
    int width;     /* columns to draw on; 0: those of the page */
    double x_unit; /* > 0: a whole number of cells makes a unit (the bins of a histogram) */
    bool y_counts; /* the y axis counts: no ticks between whole numbers */
    const char *const
        *x_names; /* PLOT_XY: the x axis has names, the i-th (from 0) at x = i + 1, and lines do not join; or NULL */
    size_t x_name_count;
    bool failed;
};

/* Strings and arrays are copied into the plot's arena. */
void plot_labels(struct plot *plot, enum plot_kind kind, const char *title, const char *x_label, const char *y_label);
struct plot_series *plot_series(struct plot *plot, enum mark mark, const char *label, size_t count, const double *x,
                                const double *y);
void series_ends(struct plot *plot, struct plot_series *series, const double *x2, const double *y2);
/* The series is left out of a low plot; or stays, with that label (NULL: its own). */
void series_spare(struct plot_series *series);
void series_low_label(struct plot *plot, struct plot_series *series, const char *label);
/* Names instead of values on the x axis. */
void plot_names(struct plot *plot, size_t count, const char *const *names);
void plot_reference(struct plot *plot, bool vertical, double at, const char *label);
void plot_statement(struct plot *plot, const char *format, ...) __attribute__((format(printf, 2, 3)));
void plot_about(struct plot *plot, const char *column, const char *format, ...) __attribute__((format(printf, 3, 4)));
struct plot *plot_panel(struct plot *plot, const char *title);
/* The table left of the strip of a PLOT_ROWS plot; owned by the plot. */
struct table *plot_rows(struct plot *plot);

/* The least distance of ticks on the x axis: 1 where all that stands on it, in the panels too, is at whole numbers (counts,
 * years, FALSE and TRUE), so that no tick is at a value which there is not; else 0. */
double plot_x_least(const struct plot *plot);

/* False when an allocation failed while the plot was built. */
bool plot_ok(const struct plot *plot);

#endif
