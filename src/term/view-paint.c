/* view-paint.c -- the screen of a view as a canvas: what the view draws, the help, and the bottom line.  No terminal is
 * needed for it. */
#include "config.h"
#include "term/view-private.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "render/fold.h"
#include "render/wrap.h"

enum { NARROW = 72, HELP_FROM = 2, WIDE_INDENT = 23, NARROW_INDENT = 6 };

/* Text in the canvas's charset. */
static void put_line(struct canvas *canvas, int row, const char *words, unsigned attributes)
{
    struct arena *arena = arena_new();
    const char *shown = arena == NULL ? NULL : without_controls(arena, words, "");

    if (shown != NULL && canvas->charset == CHARSET_ASCII)
        shown = fold_ascii(arena, shown, true);
    if (shown == NULL)
        canvas->failed = true;
    else
        canvas_text(canvas, row, 0, shown, attributes);
    arena_free(arena);
}

static const struct view_key common_keys[] = {
    { "j k  ^N ^P  arrows", "one row" },
    { "PgDn PgUp  Space b", "one page" },
    { "^D ^U", "half a page" },
    { "g G  Home End", "first and last; 12G the twelfth" },
    { "/  n N", "find, the next, the one before" },
    { "&", "only rows with some words; empty: all" },
    { "q Esc", "one level back; ^C leaves at once" },
    { "Q", "leave the screen in the scrollback" },
    { "m", "mouse on and off" },
    { NULL, NULL },
};

static int put_help_line(struct canvas *canvas, int row, int top, int rows, const char *line)
{
    if (row - top >= HELP_FROM && row - top < rows)
        put_line(canvas, row - top, line, 0);
    return row + 1;
}

static bool has_key(const struct view_key *keys, const char *key)
{
    while (keys->keys != NULL && strcmp(keys->keys, key) != 0)
        keys++;
    return keys->keys != NULL;
}

/* What the keys do stands behind them; on a narrow screen, where there is no room, below.  Wrapped, so that nothing is cut. Those
 * of which `own` says more are left out. */
static int put_keys(struct canvas *canvas, int row, int top, int rows, const struct view_key *keys, const struct view_key *own)
{
    char line[256];

    bool wide = canvas->columns >= NARROW;
    int indent = wide ? WIDE_INDENT : NARROW_INDENT;

    for (; keys->keys != NULL; keys++) {
        const char *does = keys->does, *before = wide ? keys->keys : "";

        if (own != NULL && has_key(own, keys->keys))
            continue;
        if (!wide) {
            snprintf(line, sizeof line, "  %s", keys->keys);
            row = put_help_line(canvas, row, top, rows, line);
        }
        while (*does != '\0') {
            size_t bytes = wrap_at(does, canvas->columns - indent);

            snprintf(line, sizeof line, "  %-*s%.*s", indent - 2, before, (int)bytes, does);
            row = put_help_line(canvas, row, top, rows, line);
            does += bytes;
            does += strspn(does, " ");
            before = "";
        }
    }
    return row;
}

/* The keys, the view's own first; scrolls where they do not fit.  Returns how many lines there are. */
static int paint_help(struct screen_run *run, int rows)
{
    char title[128];
    int row;

    snprintf(title, sizeof title, "keys of view %s", run->view->name);
    put_line(&run->canvas, 0, title, ATTRIBUTE_BOLD);
    row = put_keys(&run->canvas, HELP_FROM, run->help_top, rows, run->view->keys, NULL);
    return put_keys(&run->canvas, row, run->help_top, rows, common_keys, run->view->keys);
}

/* The first hints and, where there is not room for all, the last two: how to get help, and out. */
static void put_hints(struct canvas *canvas, int row, const char *hints)
{
    char line[256] = "";
    const char *tail = hints + strlen(hints), *end = hints;

    for (int back = 0; back < 2 && tail > hints; back++)
        for (tail -= tail > hints; tail > hints && !(tail[-1] == ' ' && tail[-2] == ' '); tail--)
            ;
    if (utf8_width(hints) <= canvas->columns) {
        put_line(canvas, row, hints, ATTRIBUTE_DIM);
        return;
    }
    for (const char *next = hints; next < tail; next += 2) {
        next = strstr(next, "  ");
        if (next == NULL || utf8_width_n(hints, (size_t)(next - hints)) + 2 + utf8_width(tail) > canvas->columns)
            break;
        end = next;
    }
    snprintf(line, sizeof line, "%.*s%s%s", (int)(end - hints), hints, end > hints ? "  " : "", tail);
    put_line(canvas, row, line, ATTRIBUTE_DIM);
}

bool view_paint(const struct view *view, void *state, int rows, struct canvas *canvas)
{
    if (!view->draw(state, canvas, rows - 1) || canvas->failed)
        return false;
    if (canvas->rows > rows - 1) { /* what did not fit */
        memset(canvas->cells + (ptrdiff_t)(rows - 1) * canvas->columns, 0,
               (size_t)(canvas->rows - rows + 1) * (size_t)canvas->columns * sizeof *canvas->cells);
        canvas->rows = rows - 1;
    }
    put_hints(canvas, rows - 1, view->hints(state));
    return !canvas->failed;
}

bool view_too_small(const struct screen_run *run)
{
    return run->rows < VIEW_LEAST_ROWS || run->columns < VIEW_LEAST_COLUMNS;
}

void view_clear_line(struct canvas *canvas, int row)
{
    if (row < canvas->rows)
        memset(canvas->cells + (ptrdiff_t)row * canvas->columns, 0, (size_t)canvas->columns * sizeof *canvas->cells);
}

void view_compose(struct screen_run *run)
{
    char line[256];
    bool words = run->mode == MODE_WORDS;

    canvas_clear(&run->canvas);
    canvas_init(&run->canvas, run->columns, view_charset(run->session));
    if (view_too_small(run)) {
        snprintf(line, sizeof line, "terminal too small: %d\xc3\x97%d, need %d\xc3\x97%d", run->columns, run->rows,
                 (int)VIEW_LEAST_COLUMNS, (int)VIEW_LEAST_ROWS);
        put_line(&run->canvas, 0, line, 0);
    } else if (run->mode == MODE_HELP) {
        run->help_lines = paint_help(run, run->rows - 1);
        put_line(&run->canvas, run->rows - 1, run->help_lines > run->rows - 1 ? "j k scroll  q back" : "q back", ATTRIBUTE_DIM);
    } else {
        run->failed = !view_paint(run->view, run->state, run->rows, &run->canvas);
        if (words || run->say[0] != '\0')
            view_clear_line(&run->canvas, run->rows - 1);
        if (words) {
            snprintf(line, sizeof line, "%c%s", run->asked == VIEW_FIND ? '/' : '&', run->words);
            put_line(&run->canvas, run->rows - 1, line, 0);
        } else if (run->say[0] != '\0') {
            put_line(&run->canvas, run->rows - 1, run->say, ATTRIBUTE_BOLD);
        }
    }
}
