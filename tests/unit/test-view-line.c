/* test-view-line.c -- what the view of a predictor's line reads out at any width, and its keys. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "lang/command.h"
#include "cmd/views/line.h"
#include "cmd/views/views.h"
#include "lang/words.h"
#include "model/family.h"
#include "run-session.h"
#include "sweep.h"
#include "curves-models.h"

/* --- the view's readouts ---------------------------------------------------------------------------------- */

static void *opened(struct session *session, const char *arguments)
{
    struct arena *arena = arena_new();
    struct glmm_error err = { .at = NOWHERE };
    struct call call = { .line = arguments, .argument = arguments, .arena = arena };
    void *state;

    cr_assert(words_split(arena, arguments, span_of(0, (int)strlen(arguments)), &call.words, &call.word_count, &err));
    state = view_attenuation.open(session, &call, &err);
    cr_assert_not_null(state, "%s", err.message);
    arena_free(arena);
    return state;
}

static char *screen_of(void *state, int columns, int rows, enum charset charset)
{
    struct canvas canvas;
    struct text text = { 0 };

    view_attenuation.resize(state, rows - 1, columns);
    canvas_init(&canvas, columns, charset);
    cr_assert(view_paint(&view_attenuation, state, rows, &canvas));
    cr_assert_leq(canvas.rows, rows);
    cr_assert(canvas_write(&canvas, false, &text));
    canvas_clear(&canvas);
    return text_take(&text);
}

static void press(void *state, enum view_action action, int times)
{
    while (times-- > 0) {
        struct view_event event = { .action = action, .count = 1, .text = "" };

        cr_assert(view_attenuation.key(state, &event));
    }
}

/* Every word of the three lines above and the one below the plot, whole. */
static void expect_words(const char *screen, const char *const words[], const char *what)
{
    for (int i = 0; words[i] != NULL; i++) {
        const char *at = strstr(screen, words[i]);
        char behind = at == NULL ? 'x' : at[strlen(words[i])];

        cr_expect(at != NULL && !isalnum((unsigned char)behind), "%s: no `%s` in\n%s", what, words[i], screen);
    }
}

Test(view_attenuation, every_readout_is_whole_at_any_width)
{
    static const int rows[] = { 10, 24, 60 };
    static const char *const level[] = { "0.6423", "-0.9923", "-0.9419", "0.949", NULL };
    static const char *const dialled[] = { "1.285", "-0.9923", "-0.8019", "0.808", NULL };

    for (int w = 0; w < WIDTHS; w++)
        for (int r = 0; r < 3; r++)
            for (int charset = CHARSET_ASCII; charset <= CHARSET_BRAILLE; charset++) {
                struct session *session = session_of(cows);
                void *state = opened(session, "m1 period2");
                char what[64], *screen = screen_of(state, widths[w], rows[r], (enum charset)charset);
                static const char *const numbers_of_level[] = { "0.08387", "0.09704", NULL };

                snprintf(what, sizeof what, "%d x %d, %d", widths[w], rows[r], charset);
                check_lines(screen, widths[w], (enum charset)charset);
                expect_words(screen, level, what);
                expect_words(screen, numbers_of_level, what);
                cr_expect(strstr(screen, "period 2") != NULL || widths[w] == 40 || rows[r] == 10, "%s\n%s", what, screen);
                mem_free(screen);
                press(state, VIEW_MORE, 4);
                screen = screen_of(state, widths[w], rows[r], (enum charset)charset);
                expect_words(screen, dialled, what);
                cr_expect_not_null(strstr(screen, "what if"));
                mem_free(screen);
                view_attenuation.close(state);
                session_free(session);
            }
}

Test(view_attenuation, steps_over_levels)
{
    struct session *session = session_of(cows);
    void *state = opened(session, "");
    char *screen;

    press(state, VIEW_LEFT, 3);
    screen = screen_of(state, 80, 24, CHARSET_BLOCK);
    expect_words(screen,
                 (const char *const[]){ "period 1 is the reference", "period 1: typical group 0.1980, population 0.2161", NULL },
                 "1");
    mem_free(screen);
    press(state, VIEW_RIGHT, 3);
    screen = screen_of(state, 80, 24, CHARSET_BLOCK);
    expect_words(
        screen,
        (const char *const[]){ "4 against 1: one group -1.58, population -1.512", "period 4: typical group 0.04839", NULL }, "4");
    mem_free(screen);
    press(state, VIEW_PLOT, 1);
    screen = screen_of(state, 80, 24, CHARSET_ASCII);
    expect_words(screen, (const char *const[]){ "0.19805     0.21609", "conditional  marginal   ratio", "> 4", NULL }, "table");
    mem_free(screen);
    view_attenuation.close(state);
    session_free(session);
}

Test(view_attenuation, tab_goes_through_variables)
{
    static const char *const titles[] = { "y over lbase", "y over age", "y by V4", "y by trt", "y over lbase" };
    struct session *session = session_of(epil);
    void *state = opened(session, "");

    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        char *screen = screen_of(state, 120, 24, CHARSET_BLOCK);

        cr_expect_not_null(strstr(screen, titles[i]), "%s\n%s", titles[i], screen);
        mem_free(screen);
        press(state, VIEW_NEXT, 1);
    }
    view_attenuation.close(state);
    session_free(session);
}

/* A mean that does not exist is said not to, in words above and by a dash in the table. */
Test(view_attenuation, without_a_population_mean)
{
    struct session *session =
        session_of("load cake; fit m1 = angle ~ recipe + temp + (1 | replicate), family=Gamma link=inverse");
    void *state = opened(session, "recipe");
    char *screen;

    press(state, VIEW_MORE, 12);
    screen = screen_of(state, 80, 24, CHARSET_BLOCK);
    expect_words(
        screen,
        (const char *const[]){ "the population has no finite mean", "recipe B: the population has no finite mean here", NULL },
        "plot");
    mem_free(screen);
    screen = screen_of(state, 40, 10, CHARSET_ASCII);
    expect_words(screen, (const char *const[]){ "all: no finite mean", "31.91           -", "30.59           -", NULL }, "table");
    cr_expect_null(strstr(screen, "NaN"));
    mem_free(screen);
    view_attenuation.close(state);
    session_free(session);
}

/* An estimate of 0: there is nothing to turn, and that is said. */
Test(view_attenuation, nothing_to_turn)
{
    struct session *session = session_of("load dyestuff2; fit m1 = Yield ~ I(Yield > 5) + (1 | Batch)");
    struct view_event event = { .action = VIEW_MORE, .count = 1, .text = "" };
    void *state = opened(session, "");

    cr_assert(view_attenuation.key(state, &event));
    cr_expect_str_eq(event.say, "the estimate is 0: there is nothing to turn");
    view_attenuation.close(state);
    session_free(session);
}

Test(view_attenuation, many_levels_scroll)
{
    struct session *session = session_of(many);
    void *state = opened(session, "Subject");
    char *screen = screen_of(state, 40, 24, CHARSET_ASCII);

    cr_expect_not_null(strstr(screen, "Subject, 8 of 18 levels"), "%s", screen);
    cr_expect(strstr(screen, "308 309") != NULL && strstr(screen, "372") == NULL, "%s", screen);
    mem_free(screen);
    press(state, VIEW_RIGHT, 30);
    screen = screen_of(state, 40, 24, CHARSET_ASCII);
    cr_expect(strstr(screen, "371 372") != NULL && strstr(screen, "308 309") == NULL, "%s", screen);
    cr_expect_not_null(strstr(screen, "372: typical 317."), "%s", screen);
    mem_free(screen);
    view_attenuation.close(state);
    session_free(session);
}

static bool press_tab(void *context, struct glmm_error *err)
{
    struct view_event event = { .action = VIEW_NEXT, .count = 1, .text = "" };

    cr_assert(view_attenuation.key(context, &event));
    return strstr(event.say, "memory") == NULL || fail_memory(err);
}

struct tabbing {
    struct session *session;
};

static bool open_tab_close(void *context, struct glmm_error *err)
{
    struct tabbing *tabbing = context;
    struct arena *arena = arena_new();
    struct call call = { .line = "", .argument = "", .arena = arena };
    void *state = arena == NULL ? NULL : view_attenuation.open(tabbing->session, &call, err);
    bool ok;

    arena_free(arena);
    if (state == NULL)
        return err->code != 0 ? false : fail_memory(err);
    ok = press_tab(state, err);
    view_attenuation.close(state);
    return ok;
}

Test(view_attenuation, every_allocation_of_tab_may_fail)
{
    struct tabbing tabbing = { session_of(nails) };
    long count = sweep_allocations(open_tab_close, &tabbing);

    cr_expect_gt(count, 0, "%ld", count);
    session_free(tabbing.session);
}
