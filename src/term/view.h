/* view.h -- full screens.
 *
 * A view is a table of functions over what a command has computed, and draws on a canvas; the terminal, the keys that all views
 * share, the prompts for words to find, the help and the bottom line are here.  view.c and terminfo.c are the
 * only files that include curses. */
#ifndef TERM_VIEW_H
#define TERM_VIEW_H

#include <stdbool.h>
#include "render/canvas.h"
#include "session/session.h"

enum { VIEW_LEAST_ROWS = 10, VIEW_LEAST_COLUMNS = 40 };

/* What a key means. */
enum view_action {
    VIEW_NONE,
    VIEW_DOWN,
    VIEW_UP,
    VIEW_LEFT,
    VIEW_RIGHT,
    VIEW_PAGE_DOWN,
    VIEW_PAGE_UP,
    VIEW_HALF_DOWN,
    VIEW_HALF_UP,
    VIEW_TOP,
    VIEW_BOTTOM,
    VIEW_GOTO, /* to the `count`-th, from 1 */
    VIEW_FIND, /* `text`, from the cursor on */
    VIEW_AGAIN,
    VIEW_AGAIN_UP,
    VIEW_FILTER, /* only rows with `text`; "" shows all again */
    VIEW_SORT,
    VIEW_FREEZE,
    VIEW_OPEN,
    VIEW_PLOT,
    VIEW_SCALE,
    VIEW_NEXT,
    VIEW_LESS,
    VIEW_MORE,
    VIEW_RESET,
    VIEW_CLICK, /* on `row` of the canvas */
    VIEW_BACK   /* one level back; a view that has no deeper level leaves */
};

struct view_event {
    enum view_action action;
    int count; /* typed before the key; 1 where nothing was */
    const char *text;
    int row;
    char say[160]; /* the view's answer, shown at the bottom until the next key; "" is none */
};

struct view_key {
    const char *keys, *does;
};

struct call;

struct view {
    const char *name;  /* "shrinkage" */
    const char *usage; /* "shrinkage [MODEL] [GROUP [TERM]]" */
    const char *brief;
    const struct view_key *keys; /* what is special to this view, for its help; ended by NULL keys */
    /* Returns new, the state that the other functions get; words[0] of the call is the first argument behind the name. */
    void *(*open)(struct session *session, const struct call *call, struct glmm_error *err);
    /* Draws the lines [0, rows) on an empty canvas as wide as the screen.  False when memory is out. */
    bool (*draw)(void *state, struct canvas *canvas, int rows);
    /* Returns false to leave. */
    bool (*key)(void *state, struct view_event *event);
    /* The size of what will be drawn, before the first drawing and whenever it changes. */
    void (*resize)(void *state, int rows, int columns);
    /* Does a bit of work while nobody types; false when there is none left.  NULL: never any. */
    bool (*idle)(void *state);
    /* The five most useful keys of the moment: "[ ] turn  = estimate  s sort  ? help  q back". */
    const char *(*hints)(void *state);
    void (*close)(void *state);
};

/* Fails, politely, where no full screen can be had; `instead` ("plot-ascii shrinkage draws it in text") is the hint then. */
bool view_possible(const char *instead, struct glmm_error *err);

/* The charset in which views are drawn here. */
enum charset view_charset(const struct session *session);

/* Shows the view until its user leaves; the state stays the caller's. */
bool view_run(struct session *session, const struct view *view, void *state, struct glmm_error *err);

/* Draws one screen as view_run() would, its bottom line without a message included; for the tests, and `Q`. */
bool view_paint(const struct view *view, void *state, int rows, struct canvas *canvas);

#endif
