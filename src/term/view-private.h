/* view-private.h -- a view while it fills the screen, shared by view.c and view-paint.c. */
#ifndef TERM_VIEW_PRIVATE_H
#define TERM_VIEW_PRIVATE_H

#include "term/view.h"

enum { WORDS_SIZE = 128 };

enum mode { MODE_VIEW, MODE_WORDS, MODE_HELP };

struct screen_run {
    struct session *session;
    const struct view *view;
    void *state;
    struct canvas canvas; /* what is shown, the bottom line included */
    int rows, columns;
    enum mode mode;
    enum view_action asked; /* in MODE_WORDS: VIEW_FIND or VIEW_FILTER */
    char words[WORDS_SIZE]; /* typed so far */
    char say[160];
    long count;               /* typed before a key; 0: nothing */
    int help_top, help_lines; /* the first line shown, and how many there are */
    bool mouse, colors, left, keep, failed;
};

/* Draws all of the screen on run->canvas; run->failed when memory is out. */
void view_compose(struct screen_run *run);

/* There is no room for a view. */
bool view_too_small(const struct screen_run *run);

/* Empties a row. */
void view_clear_line(struct canvas *canvas, int row);

#endif
