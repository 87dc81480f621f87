/* attenuation.h -- what the files of `view attenuation` share: its state, the lines of words, the table of numbers. */
#ifndef CMD_VIEWS_ATTENUATION_H
#define CMD_VIEWS_ATTENUATION_H

#include "infer/curves.h"
#include "cmd/views/list.h"
#include "infer/projection.h"
#include "render/canvas.h"

enum { DIAL_QUARTERS = 4, DIAL_OCTAVES = 4, DIAL_MIDDLE = 1 + DIAL_QUARTERS * DIAL_OCTAVES, DIAL_PLACES = 2 * DIAL_MIDDLE };

struct attenuation_view {
    struct session *session;
    const struct model *model;
    struct arena *arena;          /* owns the predictors and the naive coefficients */
    struct predictor *predictors; /* those that Tab goes through */
    int predictor_count, predictor;
    const double *naive; /* NULL: none */
    struct curves curves;
    struct projection projection;
    double low, high;   /* of the y axis: chosen once for a predictor, so that curves move and the axis does not */
    int place;          /* on the dial; DIAL_MIDDLE is the estimate */
    bool table;         /* numbers instead of the plot */
    struct list list;   /* the points of the curves; its cursor is the one that is read out */
    size_t from, shown; /* those that the plot shows: a stretch of the levels where there are many */
};

/* How many times the estimated SD a place on the dial stands for. */
double attenuation_factor(int place);

/* A line each, whole at any width: the model; the SD; the conditional and the marginal step; the means at the cursor. */
bool attenuation_put_title(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena);
bool attenuation_put_state(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena);
bool attenuation_put_step(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena);
bool attenuation_put_means(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena, int row);

/* The numbers of the points, from `row` on: as many columns as there is room for. */
bool attenuation_put_table(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena, int row);

#endif
