/* line.h -- one line of words on a screen of any width: the longest wording that fits, so that no number and no word is cut. */
#ifndef CMD_VIEWS_LINE_H
#define CMD_VIEWS_LINE_H

#include "base/arena.h"
#include "render/canvas.h"

/* Wordings of the same line, from the fullest to the barest. */
struct line {
    struct arena *arena;
    enum charset charset;
    int columns;
    const char *first, *last; /* the first that fits, and the last offered; in the canvas's charset */
    bool failed;              /* memory is out */
};

void line_begin(struct line *line, const struct canvas *canvas, struct arena *arena);

/* Offers one more wording (NULL: memory was out when it was made). */
void line_offer(struct line *line, const char *words);

/* Puts the first wording that fits; where none does, the last one up to a blank, with dots.  False when memory is out. */
bool line_put(struct line *line, struct canvas *canvas, int row, unsigned attributes);

#endif
