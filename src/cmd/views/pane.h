/* pane.h -- a result as lines of text that scroll: the summary, one group in full, one row in full. */
#ifndef CMD_VIEWS_PANE_H
#define CMD_VIEWS_PANE_H

#include "cmd/views/list.h"
#include "result/result.h"

struct pane {
    char *text;         /* cut at its newlines into the lines; owned */
    const char **lines; /* owned */
    struct list list;   /* of the lines; there is no cursor: the top is what moves */
    bool open;
};

/* Lays the result out (takes it) for a screen so wide.  False when memory is out; the pane is closed then. */
bool pane_open(struct pane *pane, struct result *result, const struct session *session, int columns);
void pane_close(struct pane *pane);

/* Draws the lines on the rows [row, row + height). */
bool pane_draw(struct pane *pane, struct canvas *canvas, int row, int height);

/* Movements, find and filter; false for other events. */
bool pane_key(struct pane *pane, struct view_event *event);

#endif
