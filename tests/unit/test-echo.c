/* test-echo.c -- what a script shows of itself when memory is refused: all of it, or the loss is told. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>

#include "run-session.h"
#include "shell/echo.h"
#include "sweep.h"

/* Two paragraphs, the first of which flows, and a command. */
static void show(struct session *session, struct text *output)
{
    static const char *const lines[] = {
        "# A line that is longer than the page is wide, so that the paragraph flows from one line to the next, and ends",
        "# in a second one.",
        "# ",
        "# The next paragraph.",
    };
    struct echo echo = { .session = session, .always = true };

    session_capture(session, output);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        echo_prose(&echo, lines[i]);
    echo_prose_end(&echo);
    echo_line(&echo, "> ", "describe");
    echo_clear(&echo);
    session_capture(session, NULL);
}

Test(echo, what_is_lost_is_told, .init = cr_redirect_stderr)
{
    struct session *session = session_of("set width 60\n");
    struct text whole = { 0 };
    bool refused = true;

    show(session, &whole);
    cr_assert(strstr(text_string(&whole), "The next paragraph.") != NULL && !session->standing.lost);
    for (long i = 0; refused && i < 1000; i++) {
        struct sweep sweep = { .countdown = i };
        struct mem_hook before = mem_hook_get();
        struct text got = { 0 };

        session->standing.lost = false;
        mem_hook_set((struct mem_hook){ .resize = sweep_resize, .context = &sweep });
        show(session, &got);
        mem_hook_set(before);
        refused = sweep.countdown < 0;
        cr_expect(session->standing.lost || got.failed || strcmp(text_string(&got), text_string(&whole)) == 0, "refused %ld: %s",
                  i, text_string(&got));
        cr_expect(refused || !session->standing.lost);
        text_clear(&got);
    }
    cr_expect_not(refused);
    text_clear(&whole);
    session_free(session);
}
