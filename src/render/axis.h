/* axis.h -- from values to cells: round ticks (1, 2, 5 times a power of ten) that fall on whole cells, within the range of the
 * values. */
#ifndef RENDER_AXIS_H
#define RENDER_AXIS_H

#include <stdbool.h>
#include <stddef.h>
#include "result/number.h"

enum { AXIS_TICKS = 6 };

/* Cell i stands for the values around (first + i) * size.  A tick interval is `interval` cells, so every tick is the middle
 * of a cell (but on an upright axis of fewer than 8 cells, where it is the nearest cell). */
struct axis {
    double size;  /* of one cell */
    double first; /* value in the middle of cell 0, in cells */
    int cells;    /* in use: at most as many as were offered */
    int interval;
    int tick_count;
    int tick_cell[AXIS_TICKS];
    char tick_label[AXIS_TICKS][NUMBER_SIZE];
    int label_width; /* of the widest label */
};

struct axis_wish {
    double low, high; /* values to be shown; not finite or low > high: there are none */
    int cells;        /* offered: at least 4 */
    bool across;      /* labels stand side by side and need room */
    double least;     /* no finer ticks than this: 1 for counts; 0: as fine as there is room */
    double unit;      /* > 0: a whole number of cells must make a unit (bins); ticks fall on units */
    bool fill;        /* a coarser step where that makes use of more cells: the range is the plot's own */
};

void axis_choose(struct axis *axis, const struct axis_wish *wish);

/* The cell of a value: 0 .. cells - 1; -1 below, `cells` above (infinities too).  NaN has no cell: ask first. */
int axis_cell(const struct axis *axis, double value);

/* The place of a value in cells from the middle of cell 0, unbounded but finite. */
double axis_place(const struct axis *axis, double value);

#endif
