/* view-driven.h -- views without a terminal: opened, sent keys, and their screens. */
#ifndef TESTS_VIEW_DRIVEN_H
#define TESTS_VIEW_DRIVEN_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "lang/command.h"
#include "lang/words.h"
#include "term/view-private.h"

static inline void *open_view(struct session *session, const struct view *view, const char *arguments, struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct call call = { .line = arguments, .argument = arguments, .arena = arena };
    void *state = NULL;

    if (arena == NULL)
        fail_memory(err);
    else if (words_split(arena, arguments, span_of(0, (int)strlen(arguments)), &call.words, &call.word_count, err))
        state = view->open(session, &call, err);
    arena_free(arena);
    return state;
}

static inline void *opened(struct session *session, const struct view *view, const char *arguments)
{
    struct glmm_error err = { .at = NOWHERE };
    void *state = open_view(session, view, arguments, &err);

    cr_assert_not_null(state, "view %s %s: %s", view->name, arguments, err.message);
    return state;
}

/* The screen as text; to be freed. */
static inline char *screen_of(const struct view *view, void *state, int columns, int rows, enum charset charset)
{
    struct canvas canvas;
    struct text text = { 0 };

    canvas_init(&canvas, columns, charset);
    cr_assert(view_paint(view, state, rows, &canvas));
    cr_assert(canvas.rows <= rows);
    cr_assert(canvas_write(&canvas, false, &text));
    canvas_clear(&canvas);
    return text_take(&text);
}

static inline void check_screen(const char *screen, int columns, int rows, enum charset charset, const char *what)
{
    int lines = 0;

    for (const char *line = screen; *line != '\0'; lines++) {
        size_t length = strcspn(line, "\n");

        cr_expect(utf8_width_n(line, length) <= columns, "%s: too wide: %.*s", what, (int)length, line);
        line += length + (line[length] != '\0');
    }
    cr_expect(lines <= rows, "%s: %d lines in %d rows", what, lines, rows);
    for (const char *c = screen; charset == CHARSET_ASCII && *c != '\0'; c++)
        cr_expect((unsigned char)*c < 0x80, "%s: not ASCII: %s", what, screen);
    cr_expect(strstr(screen, "nan") == NULL, "%s: %s", what, screen);
}

static inline void send_key(const struct view *view, void *state, enum view_action action, int count, const char *text,
                            bool *stays)
{
    struct view_event event = { .action = action, .count = count, .text = text, .row = 5 };

    *stays = view->key(state, &event);
    cr_assert(memchr(event.say, '\0', sizeof event.say) != NULL);
}

static inline void press(const struct view *view, void *state, enum view_action action, int times)
{
    bool stays = true;

    while (times-- > 0)
        send_key(view, state, action, 1, "", &stays);
}

static inline void type(const struct view *view, void *state, enum view_action action, const char *text)
{
    bool stays;

    send_key(view, state, action, 1, text, &stays);
}

static inline bool shows(const struct view *view, void *state, const char *words)
{
    char *screen = screen_of(view, state, 80, 24, CHARSET_BLOCK);
    bool found = strstr(screen, words) != NULL;

    if (!found)
        fprintf(stderr, "no `%s` in\n%s\n", words, screen);
    mem_free(screen);
    return found;
}

#endif
