/* test-view-words.c -- what each view says: its screens without a terminal. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "base/memory.h"
#include "lang/command.h"
#include "cmd/views/views.h"
#include "lang/words.h"
#include "term/view-private.h"
#include "run-session.h"
#include "view-driven.h"
#include "view-models.h"

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
    type(&view_data, state, VIEW_FILTER, "Dys > 7"); /* a slip leaves what is shown */
    cr_expect(shows(&view_data, state, "of 180 with `337`"));
    type(&view_data, state, VIEW_FILTER, "Days > 7");
    cr_expect(shows(&view_data, state, "of 180 with `Days > 7`"));
    press(&view_data, state, VIEW_PLOT, 1); /* of these rows alone */
    cr_expect(shows(&view_data, state, "36 rows; mean"));
    press(&view_data, state, VIEW_BACK, 1);
    type(&view_data, state, VIEW_FILTER, "Dys > 7");
    cr_expect(shows(&view_data, state, "of 180 with `Days > 7`"));
    type(&view_data, state, VIEW_FILTER, "337");
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
    type(&view_summary, state, VIEW_FILTER, "Residual"); /* lines that are left out are counted */
    cr_expect(shows(&view_summary, state, "lines, with `Residual`"));
    cr_expect(!shows(&view_summary, state, "Fixed effects"));
    press(&view_summary, state, VIEW_BACK, 1);
    cr_expect(shows(&view_summary, state, "Fixed effects"));
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
