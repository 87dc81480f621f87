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
#include "view-models.h"

static void *open_view(struct session *session, const struct view *view, const char *arguments, struct glmm_error *err)
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

static void *opened(struct session *session, const struct view *view, const char *arguments)
{
    struct glmm_error err = { .at = NOWHERE };
    void *state = open_view(session, view, arguments, &err);

    cr_assert_not_null(state, "view %s %s: %s", view->name, arguments, err.message);
    return state;
}

/* The screen as text; to be freed. */
static char *screen_of(const struct view *view, void *state, int columns, int rows, enum charset charset)
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

static void check_screen(const char *screen, int columns, int rows, enum charset charset, const char *what)
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

static void send_key(const struct view *view, void *state, enum view_action action, int count, const char *text, bool *stays)
{
    struct view_event event = { .action = action, .count = count, .text = text, .row = 5 };

    *stays = view->key(state, &event);
    cr_assert(memchr(event.say, '\0', sizeof event.say) != NULL);
}

static void press(const struct view *view, void *state, enum view_action action, int times)
{
    bool stays = true;

    while (times-- > 0)
        send_key(view, state, action, 1, "", &stays);
}

static void type(const struct view *view, void *state, enum view_action action, const char *text)
{
    bool stays;

    send_key(view, state, action, 1, text, &stays);
}

static bool shows(const struct view *view, void *state, const char *words)
{
    char *screen = screen_of(view, state, 80, 24, CHARSET_BLOCK);
    bool found = strstr(screen, words) != NULL;

    if (!found)
        fprintf(stderr, "no `%s` in\n%s\n", words, screen);
    mem_free(screen);
    return found;
}

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

/* --- what they say ---------------------------------------------------------------------------------------------- */

Test(view, data_finds_filters_sorts)
{
    struct session *session = session_of(sleep);
    void *state = opened(session, &view_data, "");

    view_data.resize(state, 23, 80);
    cr_expect(shows(&view_data, state, "1/180"));
    type(&view_data, state, VIEW_FIND, "337");
    cr_expect(shows(&view_data, state, ">  91  312.3666     0  337"));
    press(&view_data, state, VIEW_AGAIN, 1);
    cr_expect(shows(&view_data, state, "92/180"));
    press(&view_data, state, VIEW_AGAIN_UP, 2);
    cr_expect(shows(&view_data, state, "100/180"));
    type(&view_data, state, VIEW_FILTER, "337");
    cr_expect(shows(&view_data, state, "of 180 with `337`"));
    press(&view_data, state, VIEW_BACK, 1);
    cr_expect(shows(&view_data, state, "/180"));
    press(&view_data, state, VIEW_TOP, 1);
    press(&view_data, state, VIEW_SORT, 2);
    cr_expect(shows(&view_data, state, "sort: Reaction \xe2\x96\xbc"));
    cr_expect(shows(&view_data, state, ">  10  466.3535     9  308"));
    press(&view_data, state, VIEW_OPEN, 1);
    cr_expect(shows(&view_data, state, "variable"));
    press(&view_data, state, VIEW_BACK, 1);
    press(&view_data, state, VIEW_PLOT, 1);
    cr_expect(shows(&view_data, state, "histogram of Reaction"));
    view_data.close(state);
    session_free(session);
}

Test(view, shrinkage_is_a_dial)
{
    struct session *session = session_of(batch);
    void *state = opened(session, &view_shrinkage, "");

    view_shrinkage.resize(state, 23, 80);
    while (view_shrinkage.idle(state))
        ;
    cr_expect(shows(&view_shrinkage, state, "SD between Batch 42.00, the estimate"));
    cr_expect(shows(&view_shrinkage, state, "F      5  1470  1483  [1444, 1521]   78%"));
    press(&view_shrinkage, state, VIEW_LESS, 4);
    cr_expect(shows(&view_shrinkage, state, "what if, not fitted"));
    cr_expect(shows(&view_shrinkage, state, "47%"));
    press(&view_shrinkage, state, VIEW_LESS, 40);
    cr_expect(shows(&view_shrinkage, state, "complete pooling"));
    cr_expect(shows(&view_shrinkage, state, "F      5  1470  1528"));
    press(&view_shrinkage, state, VIEW_MORE, 80);
    cr_expect(shows(&view_shrinkage, state, "no pooling"));
    cr_expect(shows(&view_shrinkage, state, "F      5  1470  1470"));
    press(&view_shrinkage, state, VIEW_RESET, 1);
    cr_expect(shows(&view_shrinkage, state, "the estimate"));
    press(&view_shrinkage, state, VIEW_OPEN, 1);
    cr_expect(shows(&view_shrinkage, state, "Batch F   5 rows   rank 1 of 6"));
    view_shrinkage.close(state);
    session_free(session);
}

/* Probabilities instead of log-odds, at predictors that are named; the intervals are those of the link, carried over. */
Test(view, levels_have_a_response_scale)
{
    struct session *session = session_of(counts);
    void *state = opened(session, &view_shrinkage, "");

    view_shrinkage.resize(state, 23, 80);
    cr_expect(shows(&view_shrinkage, state, "r response"));
    press(&view_shrinkage, state, VIEW_SCALE, 1);
    cr_expect(shows(&view_shrinkage, state, "> 13        87  0.0718  0.1102"));
    cr_expect(shows(&view_shrinkage, state, "probability in each herd at period = 1"));
    cr_expect(shows(&view_shrinkage, state, "overall 0.198"));
    press(&view_shrinkage, state, VIEW_OPEN, 1);
    cr_expect(shows(&view_shrinkage, state, "probability at period = 1"));
    cr_expect(shows(&view_shrinkage, state, "[0.0551, 0.2085]"));
    press(&view_shrinkage, state, VIEW_BACK, 1);
    press(&view_shrinkage, state, VIEW_LESS, 40);
    cr_expect(shows(&view_shrinkage, state, "complete pooling"));
    cr_expect(shows(&view_shrinkage, state, "probability in each herd at period = 1"));
    press(&view_shrinkage, state, VIEW_MORE, 80); /* own estimates, as probabilities too */
    cr_expect(shows(&view_shrinkage, state, "0.0718  0.0718  100%"));
    press(&view_shrinkage, state, VIEW_SCALE, 1);
    cr_expect(shows(&view_shrinkage, state, "-2.560  -2.560  100%"));
    view_shrinkage.close(state);

    state = opened(session, &view_ranef, "");
    view_ranef.resize(state, 23, 80);
    press(&view_ranef, state, VIEW_SCALE, 1);
    cr_expect(shows(&view_ranef, state, "0.1102  [0.0551, 0.2085]"));
    cr_expect(shows(&view_ranef, state, "probability in each herd at period = 1"));
    press(&view_ranef, state, VIEW_SCALE, 1);
    cr_expect(shows(&view_ranef, state, "[-1.444,  0.064]"));
    view_ranef.close(state);
    session_free(session);
}

static bool stop(void *context, const char *what, double done, double total, double value)
{
    (void)context, (void)what, (void)done, (void)total, (void)value;
    return false;
}

/* A Ctrl-C while a summary is laid out for another width closes the help that stood over it: the summary is still there. */
Test(view, summary_outlives_a_stop)
{
    struct session *session = session_of(batch);
    struct glmm_progress before = session->progress;
    void *state = opened(session, &view_summary, "");

    view_summary.resize(state, 23, 80);
    cr_expect(shows(&view_summary, state, "Residual"));
    session->progress = (struct glmm_progress){ .tell = stop };
    session->interrupted = 1;
    view_summary.resize(state, 23, 100);
    session->interrupted = 0;
    session->progress = before;
    cr_expect(shows(&view_summary, state, "Residual"));
    view_summary.close(state);
    session_free(session);
}

/* A slope has no mean, and an identity link no second scale. */
Test(view, what_has_no_mean_says_so)
{
    static const struct {
        const char *script, *arguments, *words;
    } none_of_them[] = { { batch, "", "this is the scale of the response" },
                         { random_slopes, "subject V4", "only an intercept" } };

    for (size_t i = 0; i < sizeof none_of_them / sizeof none_of_them[0]; i++) {
        struct session *session = session_of(none_of_them[i].script);
        void *state = opened(session, &view_shrinkage, none_of_them[i].arguments);
        struct view_event event = { .action = VIEW_SCALE, .count = 1 };

        view_shrinkage.resize(state, 23, 80);
        view_shrinkage.key(state, &event);
        cr_expect(strstr(event.say, none_of_them[i].words) != NULL, "%s", event.say);
        cr_expect(strstr(view_shrinkage.hints(state), "r response") == NULL);
        view_shrinkage.close(state);
        session_free(session);
    }
}

/* No text explains a column that is not shown. */
Test(view, what_is_kept_is_explained_where_it_is_shown)
{
    static const int widths[] = { 40, 50, 60, 70, 80 };
    struct session *session = session_of("load batting_atbats; fit m1 = hit ~ 1 + (1 | player)");
    void *state = opened(session, &view_shrinkage, "");

    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        char *screen;

        view_shrinkage.resize(state, 15, widths[i]);
        screen = screen_of(&view_shrinkage, state, widths[i], 16, CHARSET_ASCII);
        cr_expect((strstr(screen, "kept =") != NULL) == (strstr(screen, "kept |") != NULL), "%d:\n%s", widths[i], screen);
        cr_expect(widths[i] < 60 || strstr(screen, "kept |") != NULL, "%d:\n%s", widths[i], screen);
        mem_free(screen);
    }
    view_shrinkage.close(state);
    session_free(session);
}

/* Names that differ in their middle alone differ still where there is room for a part of them. */
Test(view, long_names_stay_different)
{
    struct session *session =
        session_of("load sleepstudy; let place = factor(ifelse(Subject == \"308\", \"the long name of the first of all "
                   "places in the north\", \"the long name of the other of all places in the north\")); "
                   "fit m1 = Reaction ~ Days + (1 | place)");
    void *state = opened(session, &view_shrinkage, "");

    view_shrinkage.resize(state, 23, 80);
    cr_expect(shows(&view_shrinkage, state, "first of"));
    cr_expect(shows(&view_shrinkage, state, "other of"));
    view_shrinkage.close(state);
    session_free(session);
}

Test(view, attenuation_flattens)
{
    struct session *session = session_of(counts);
    void *state = opened(session, &view_attenuation, "");

    view_attenuation.resize(state, 23, 80);
    cr_expect(shows(&view_attenuation, state, "SD between herd 0.6423, the estimate"));
    cr_expect(shows(&view_attenuation, state, "one group -0.9923, population -0.94"));
    press(&view_attenuation, state, VIEW_LESS, 40);
    cr_expect(shows(&view_attenuation, state, "population -0.9923, ratio 1.000"));
    press(&view_attenuation, state, VIEW_RESET, 1);
    press(&view_attenuation, state, VIEW_LEFT, 40);
    cr_expect(shows(&view_attenuation, state, "period 1: typical group 0.1980, population 0.2161, naive 0.2194"));
    view_attenuation.close(state);
    session_free(session);
}

/* How many lines of the screen are empty. */
static int blank_lines(const char *screen)
{
    int count = 0;

    for (const char *line = screen; *line != '\0'; line += line[0] != '\0') {
        count += *line == '\n';
        line += strcspn(line, "\n");
    }
    return count;
}

Test(view, attenuation_fills_the_screen)
{
    static const char nails[] = "load toenail; fit m1 = outcome ~ treatment * time + (1 | patientID), family=binomial";
    struct session *session = session_of(nails);
    void *state = opened(session, &view_attenuation, "time");
    static const struct {
        int columns, rows, blank;
    } wanted[] = { { 80, 24, 0 }, { 60, 16, 0 }, { 80, 14, 0 }, { 132, 30, 2 }, { 200, 60, 2 } };

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        char *screen;

        view_attenuation.resize(state, wanted[i].rows - 1, wanted[i].columns);
        screen = screen_of(&view_attenuation, state, wanted[i].columns, wanted[i].rows, CHARSET_ASCII);
        cr_expect(blank_lines(screen) <= wanted[i].blank, "%d x %d:\n%s", wanted[i].columns, wanted[i].rows, screen);
        cr_expect(strstr(screen, "= average over all groups") != NULL, "no plot:\n%s", screen);
        cr_expect(strstr(screen, "probability of outcome over time") != NULL, "no title:\n%s", screen);
        mem_free(screen);
    }
    view_attenuation.close(state);
    session_free(session);
}

Test(view, titles_are_whole_or_end_in_dots)
{
    struct session *session = session_of(sleep);
    void *state = opened(session, &view_shrinkage, "");
    char *screen;

    view_shrinkage.resize(state, 23, 80);
    screen = screen_of(&view_shrinkage, state, 80, 24, CHARSET_ASCII);
    cr_expect(strstr(screen, "m1   Subject: (Intercept)   sort: raw ^   ") != NULL && strstr(screen, "Reaction") == NULL, "%s",
              screen);
    mem_free(screen);
    screen = screen_of(&view_shrinkage, state, 84, 24, CHARSET_ASCII);
    cr_expect(strstr(screen, "sort: raw ^   Reaction ~ Days + (Days | Subject)") != NULL, "%s", screen);
    mem_free(screen);
    screen = screen_of(&view_shrinkage, state, 40, 10, CHARSET_ASCII);
    cr_expect(strstr(screen, "m1   Subject: (Intercept)  ") != NULL && strstr(screen, "sort") == NULL, "%s", screen);
    mem_free(screen);
    view_shrinkage.close(state);
    session_free(session);
}

/* What the other variables are held at is said at any width. */
Test(view, attenuation_names_what_is_held)
{
    struct session *session = session_of("load epil; fit m1 = y ~ lbase * trt + lage + V4 + (1 | subject), family=poisson");
    void *state = opened(session, &view_attenuation, "lbase");
    static const int widths[] = { 40, 60, 80, 132 };

    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        char *screen;

        view_attenuation.resize(state, 23, widths[i]);
        screen = screen_of(&view_attenuation, state, widths[i], 24, CHARSET_ASCII);
        cr_expect(strstr(screen, "trt = placebo") != NULL && strstr(screen, "V4 =") != NULL, "%d:\n%s", widths[i], screen);
        cr_expect(strstr(screen, "average over all groups") != NULL, "%d:\n%s", widths[i], screen);
        mem_free(screen);
    }
    view_attenuation.close(state);
    session_free(session);
}

/* One level in full has the variables as they are in the data, not the columns of the design: those that the model holds. */
Test(view, a_level_in_full_shows_the_data)
{
    static const char machines[] = "load machines; fit m1 = score ~ Machine + (1 | Worker)";
    struct session *session = session_of(machines);
    void *state = opened(session, &view_shrinkage, "");
    char *screen;

    view_shrinkage.resize(state, 23, 80);
    press(&view_shrinkage, state, VIEW_OPEN, 1);
    cr_expect(shows(&view_shrinkage, state, "fitted  residual  Machine"));
    screen = screen_of(&view_shrinkage, state, 80, 24, CHARSET_ASCII);
    cr_expect(strstr(screen, "MachineB") == NULL, "%s", screen);
    mem_free(screen);
    view_shrinkage.close(state);
    session_free(session);

    session = session_of("load machines; fit m1 = score ~ Machine + (1 | Worker); load sleepstudy as machines");
    state = opened(session, &view_shrinkage, "");
    view_shrinkage.resize(state, 23, 80);
    press(&view_shrinkage, state, VIEW_OPEN, 1);
    cr_expect(shows(&view_shrinkage, state, "fitted  residual  Machine"));
    view_shrinkage.close(state);
    session_free(session);
}

/* The help of a view says the whole of what its keys do, whatever the width. */
Test(view, help_is_not_cut)
{
    static const int widths[] = { 40, 60, 71, 72, 80, 132 };
    struct session *session = session_of(batch);
    struct screen_run run = { .session = session, .view = &view_shrinkage, .rows = 60, .mode = MODE_HELP };

    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        struct text text = { 0 };
        const char *last;

        run.columns = widths[i];
        view_compose(&run);
        cr_assert(!run.failed && canvas_write(&run.canvas, false, &text));
        last = strstr(text_string(&text), "steps");
        cr_expect(last != NULL && strstr(text_string(&text), "four") != NULL, "%d columns:\n%s", widths[i], text_string(&text));
        cr_expect(strstr(text_string(&text), "between-group SD, the others staying") != NULL || widths[i] < 60);
        text_clear(&text);
    }
    canvas_clear(&run.canvas);
    session_free(session);
}

/* A key that the view has its own words for stands once. */
Test(view, help_has_each_key_once)
{
    struct session *session = session_of(batch);
    struct screen_run run = { .session = session, .view = &view_data, .rows = 60, .columns = 80, .mode = MODE_HELP };
    struct text text = { 0 };
    const char *first;

    view_compose(&run);
    cr_assert(!run.failed && canvas_write(&run.canvas, false, &text));
    first = strstr(text_string(&text), "\n  & ");
    cr_assert(first != NULL && strstr(first, "age > 60; empty: all") != NULL, "%s", text_string(&text));
    cr_expect(strstr(first + 1, "\n  & ") == NULL, "%s", text_string(&text));
    text_clear(&text);
    canvas_clear(&run.canvas);
    session_free(session);
}

Test(view, wrong_names_are_refused)
{
    static const struct {
        const struct view *view;
        const char *arguments, *message;
    } wrong[] = {
        { &view_data, "nowhere", "no data set `nowhere`" },
        { &view_summary, "m9", "m9" },
        { &view_shrinkage, "Btch", "Btch" },
        { &view_ranef, "m1 Batch Dys", "Dys" },
        { &view_attenuation, "m1", "no predictor but the intercept" },
    };
    struct session *session = session_of(batch);

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct glmm_error err = { .at = NOWHERE };

        cr_expect_null(open_view(session, wrong[i].view, wrong[i].arguments, &err));
        cr_expect(strstr(err.message, wrong[i].message) != NULL, "%s: %s", wrong[i].arguments, err.message);
    }
    session_free(session);
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
