/* rows.h -- what `view shrinkage` and `view ranef` share: the levels of a random effect, one a row, with the marks that the
 * prompt shows; several terms to step through; one level in full. */
#ifndef CMD_VIEWS_ROWS_H
#define CMD_VIEWS_ROWS_H

#include "lang/command.h"
#include "cmd/views/list.h"
#include "cmd/views/pane.h"
#include "infer/shrinkage.h"

enum rows_face { ROWS_STRIP, ROWS_TABLE, ROWS_PLANE };

struct rows {
    struct session *session;
    const struct model *stated, *model; /* model: of whose effects all are determined (report/determined.h) */
    struct arena *arena;                /* of the model, where it stands for one that is not identified */
    int term, effect;                   /* of the design's random terms */
    const struct fit *fit;              /* what is shown: the model's, or a what-if that the view owns */
    struct shrinkage *now;              /* of that fit; owned */
    struct shrinkage *other;            /* the next effect of a vector, for the plane; NULL: none */
    bool deviations;                    /* show differences from the overall value, without own estimates */
    bool limit;                         /* no pooling: kept is all */
    bool means;                         /* an intercept on the scale of the response: probabilities, counts */
    const char *at;                     /* where the means hold: "period = 1"; "": everywhere; the arena's */
    double low, high;                   /* of the axis; chosen at the estimate, so that marks move and the axis does not */
    int decimals;
    int name_width;
    int sort; /* by raw, BLUP, n, name */
    enum rows_face face;
    struct list list;
    struct pane pane;       /* one level in full */
    int columns, first_row; /* of the last drawing: its width, and where the first level stands */
};

/* Reads [MODEL] [GROUP [TERM]].  False with *err; rows_close() in any case. */
bool rows_open(struct rows *rows, struct session *session, const struct call *call, struct glmm_error *err);
void rows_close(struct rows *rows);

/* Shows the fit (the model's, or one that outlives this or the next call).  False when memory is out. */
bool rows_show(struct rows *rows, const struct fit *fit, struct glmm_error *err);

/* The next effect, or the next term's first; rows_next shows it, with axis and order chosen anew.  False where it cannot be had:
 * what is shown stays.  True with *err where memory did not let it be sorted. */
void rows_following(const struct rows *rows, int *term, int *effect);
bool rows_next(struct rows *rows, struct glmm_error *err);
/* There is another one. */
bool rows_has_next(const struct rows *rows);

/* Shows means of the model's fit instead of coefficients, or coefficients again, with axis and order chosen anew.  False, with
 * the reason, where what is shown has none or the other cannot be had; true with *err where memory did not let it be sorted. */
bool rows_change_scale(struct rows *rows, struct glmm_error *err);
/* What the key would show, for the line of hints: "response", "link"; NULL: there is one scale. */
const char *rows_other_scale(const struct rows *rows);

/* The headline with the place in the list, on one row. */
bool rows_title(const struct rows *rows, struct canvas *canvas, struct arena *arena, int row);

/* The lines [row, row + height): heading, levels, axis, legend; or the pane. */
bool rows_draw(struct rows *rows, struct canvas *canvas, struct arena *arena, int row, int height);

/* Everything but the dial; false for other events.  *left is set when the view is to be left. */
bool rows_key(struct rows *rows, struct view_event *event, bool *left);

/* Text in the canvas's charset, cut at its edge. */
bool rows_text(struct canvas *canvas, struct arena *arena, int row, int column, const char *words, unsigned attributes);

#endif
