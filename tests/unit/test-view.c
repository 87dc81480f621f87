/* test-view.c -- the views without a terminal: what they draw in each charset and size, whatever keys come. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "lang/command.h"
#include "cmd/views/views.h"
#include "lang/words.h"
#include "term/view-private.h"
#include "places.h"
#include "run-session.h"
#include "sweep.h"
#include "view-driven.h"
#include "view-models.h"

/* --- every view, every size ------------------------------------------------------------------------------------ */

static const struct showing {
    const char *script;
    const struct view *view;
    const char *arguments;
} showings[] = {
    { batch, &view_data, "" },
    { batch, &view_summary, "" },
    { batch, &view_shrinkage, "" },
    { batch, &view_ranef, "m1 Batch" },
    { sleep, &view_shrinkage, "m1" },
    { sleep, &view_ranef, "Subject Days" },
    { sleep, &view_attenuation, "" },
    { crossed, &view_shrinkage, "sample" },
    { crossed, &view_ranef, "" },
    { counts, &view_shrinkage, "" },
    { counts, &view_ranef, "" },
    { random_slopes, &view_shrinkage, "" },
    { counts, &view_attenuation, "" },
    { counts, &view_data, "cbpp" },
    { random_slopes, &view_attenuation, "" },
    { counts, &view_attenuation, "factor(period)3" },
    { levels, &view_attenuation, "" },
    { counts, &view_summary, "m1" },
    { none, &view_shrinkage, "" },
    { none, &view_ranef, "" },
};
enum { SHOWINGS = sizeof showings / sizeof showings[0] };

static const struct {
    int columns, rows;
} sizes[] = { { 80, 24 }, { 40, 10 }, { 200, 60 }, { 60, 16 }, { 45, 50 }, { 250, 10 } };
enum { SIZES = sizeof sizes / sizeof sizes[0] };

Test(view, all_fit_every_size_in_every_charset)
{
    for (int s = 0; s < SHOWINGS; s++) {
        const struct showing *showing = &showings[s];
        struct session *session = session_of(showing->script);
        void *state = opened(session, showing->view, showing->arguments);

        for (int i = 0; i < SIZES; i++)
            for (int charset = CHARSET_ASCII; charset <= CHARSET_BRAILLE; charset++) {
                char *screen;

                session->settings.charset = charset == CHARSET_ASCII   ? SET_CHARSET_ASCII
                                            : charset == CHARSET_BLOCK ? SET_CHARSET_BLOCK
                                                                       : SET_CHARSET_BRAILLE;
                showing->view->resize(state, sizes[i].rows - 1, sizes[i].columns);
                screen = screen_of(showing->view, state, sizes[i].columns, sizes[i].rows, charset);
                check_screen(screen, sizes[i].columns, sizes[i].rows, charset, showing->view->name);
                mem_free(screen);
            }
        showing->view->close(state);
        session_free(session);
    }
}

/* Whatever is typed: nothing crashes, nothing is too wide, and only q leaves. */
Test(view, any_keys_may_come)
{
    static const char *const words[] = { "1", "3", "x", "zzz", "", "A" };
    static const int counts_typed[] = { 1, 1, 1, 2, 12, 1000 };

    for (int s = 0; s < SHOWINGS; s++) {
        const struct showing *showing = &showings[s];
        struct session *session = session_of(showing->script);
        void *state = opened(session, showing->view, showing->arguments);
        struct rng rng;

        rng_init(&rng, 4, (uint64_t)s);
        for (int step = 0; step < 250; step++) {
            enum view_action action = (enum view_action)(1 + (int)(rng_uniform(&rng) * VIEW_BACK));
            int size = (int)(rng_uniform(&rng) * SIZES), charset = (int)(rng_uniform(&rng) * 3);
            bool stays;
            char *screen;

            send_key(showing->view, state, action, counts_typed[(int)(rng_uniform(&rng) * 6)],
                     words[(int)(rng_uniform(&rng) * 6)], &stays);
            cr_expect(stays || action == VIEW_BACK, "view %s left by %d", showing->view->name, action);
            if (rng_uniform(&rng) < 0.2)
                showing->view->resize(state, sizes[size].rows - 1, sizes[size].columns);
            if (showing->view->idle != NULL)
                showing->view->idle(state);
            screen = screen_of(showing->view, state, sizes[size].columns, sizes[size].rows, charset);
            if (charset != CHARSET_ASCII) /* what is open was laid out in the session's charset */
                check_screen(screen, sizes[size].columns, sizes[size].rows, charset, showing->view->name);
            mem_free(screen);
        }
        showing->view->close(state);
        session_free(session);
    }
}

/* --- memory -------------------------------------------------------------------------------------------------------- */

struct opening {
    struct session *session;
    const struct showing *showing;
};

static bool open_and_close(void *context, struct glmm_error *err)
{
    const struct opening *opening = context;
    void *state = open_view(opening->session, opening->showing->view, opening->showing->arguments, err);

    if (state == NULL)
        return false;
    opening->showing->view->close(state);
    return true;
}

Test(view, every_allocation_of_opening_may_fail)
{
    for (int s = 0; s < SHOWINGS; s++) {
        struct opening opening = { session_of(showings[s].script), &showings[s] };
        long count = sweep_allocations(open_and_close, &opening);

        cr_expect(count > 0, "view %s: %ld", showings[s].view->name, count);
        session_free(opening.session);
    }
}

/* A key, or a screen, that is refused memory at each place of the code once, while anything is typed: what it would have shown it
 * leaves out or it says so, and the next screen is whole. */
Test(view, memory_may_be_refused_to_any_key_and_screen)
{
    static const char *const words[] = { "1", "3", "x", "A", "" };
    static struct places places = { .lock = PTHREAD_MUTEX_INITIALIZER, .alone = true };

    for (int s = 0; s < SHOWINGS; s++) {
        const struct showing *showing = &showings[s];
        struct session *session = session_of(showing->script);
        void *state = opened(session, showing->view, showing->arguments);
        struct rng rng;

        rng_init(&rng, 5, (uint64_t)s);
        for (int step = 0; step < 120; step++) {
            enum view_action action = (enum view_action)(1 + (int)(rng_uniform(&rng) * VIEW_BACK));
            int size = (int)(rng_uniform(&rng) * SIZES);
            const char *typed = words[(int)(rng_uniform(&rng) * 5)];
            struct canvas canvas;
            char *screen;
            bool stays;

            canvas_init(&canvas, sizes[size].columns, CHARSET_BLOCK);
            session->settings.charset = SET_CHARSET_BLOCK;
            places_begin(&places);
            send_key(showing->view, state, action, 1, typed, &stays);
            if (showing->view->idle != NULL)
                showing->view->idle(state);
            places_end(&places);
            showing->view->resize(state, sizes[size].rows - 1, sizes[size].columns);
            for (bool again = true; again; again = places.failed) {
                places_begin(&places);
                if (view_paint(showing->view, state, sizes[size].rows, &canvas) && !places.failed)
                    cr_expect(canvas.rows <= sizes[size].rows);
                places_end(&places);
                canvas_clear(&canvas);
                canvas_init(&canvas, sizes[size].columns, CHARSET_BLOCK);
            }
            canvas_clear(&canvas);
            screen = screen_of(showing->view, state, sizes[size].columns, sizes[size].rows, CHARSET_BLOCK);
            check_screen(screen, sizes[size].columns, sizes[size].rows, CHARSET_BLOCK, showing->view->name);
            mem_free(screen);
        }
        showing->view->close(state);
        session_free(session);
    }
    cr_expect(places.count > 100, "%ld places", places.count);
}
