/* at-grid.h -- the rows that at= asks for: all combinations of the values given, the model's other variables held. */
#ifndef CMD_AT_GRID_H
#define CMD_AT_GRID_H

#include "cmd/predictor.h"
#include "lang/at.h"

struct at_grid {
    struct at at;
    bool *numeric;       /* of the variables of at: shown as a number */
    struct frame *frame; /* owned: rows as the data have them, in each variable of the model a value given or held */
    const char *held;    /* "Gender = F, lbase = 0.03"; "" where no other variable is left */
    bool *left_out;      /* of the model's random terms: at= names not all that its groups are made of */
    const char *unnamed; /* the groups of these, "item"; "" where there are none */
    int named;           /* how many random terms have their groups named */
};

/* Makes the rows of at=`text`, whose place is `at`; the arena's but for the frame.  `any_level`: a group may be one that the
 * model has not seen.  Errors at the place: those of at_parse, a name that is no variable of the model, a level that its rows do
 * not have, a text that is no number, too many rows.  at_grid_clear in any case. */
bool at_grid_make(struct session *session, const struct model *model, const char *text, struct glmm_span at, bool any_level,
                  struct arena *arena, struct at_grid *out, struct glmm_error *err);
void at_grid_clear(struct at_grid *grid);

#endif
