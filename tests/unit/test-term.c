/* What the terminal layer computes without a terminal: prompts, the rules for colour and characters, what a stopped command
 * says. */
#include "config.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/text.h"
#include "term/candidates.h"
#include "term/pager.h"
#include "term/progress.h"
#include "term/prompt.h"
#include "term/signals.h"
#include "term/terminal.h"

static struct session *session;

static void make_session(void)
{
    session = session_new();
    cr_assert_not_null(session);
}

static void free_session(void)
{
    session_free(session);
}

static void add_data(const char *name)
{
    struct glmm_error err = { 0 };
    struct frame *frame = frame_new(name, 1);

    cr_assert(frame != NULL && session_add_data(session, frame, &err));
}

static void add_model(const char *name)
{
    struct glmm_error err = { 0 };
    struct arena *arena = arena_new();
    struct model *model = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *model);

    cr_assert_not_null(model);
    model->arena = arena;
    model->name = arena_strdup(arena, name);
    cr_assert(session_add_model(session, model, &err));
}

/* --- prompts ------------------------------------------------------------------------------------ */

TestSuite(prompt, .init = make_session, .fini = free_session);

static void expect_prompt(const char *wanted)
{
    struct text state = { 0 }, more = { 0 };

    prompt_state(session, &state);
    prompt_continuation(session, '(', &more);
    cr_expect_str_eq(text_string(&state), wanted);
    cr_expect_eq(utf8_width(text_string(&more)), utf8_width(wanted), "%s is not as wide as %s", text_string(&more), wanted);
    cr_expect_not_null(strstr(text_string(&more), "(...> "));
    text_clear(&state);
    text_clear(&more);
}

Test(prompt, shows_data_and_model)
{
    expect_prompt("mixsh> ");
    add_data("sleepstudy");
    expect_prompt("mixsh sleepstudy> ");
    add_model("m2");
    expect_prompt("mixsh sleepstudy:m2> ");
}

Test(prompt, cuts_long_names)
{
    struct text state = { 0 };

    add_data("a_name_of_a_data_set_that_is_so_long_that_nothing_could_be_typed_behind_it");
    add_model("and_a_model_whose_name_is_not_any_shorter_than_that");
    prompt_state(session, &state);
    cr_expect_leq(utf8_width(text_string(&state)), 40);
    cr_expect_not_null(strchr(text_string(&state), '~'));
    text_clear(&state);
}

Test(prompt, wide_and_dangerous_names)
{
    add_data("日本語");
    expect_prompt("mixsh 日本語> ");
    add_data("a\033[31mb\n");
    expect_prompt("mixsh a\\u{1b}[31mb~> ");
}

/* --- rules ------------------------------------------------------------------------------------ */

TestSuite(terminal, .init = make_session, .fini = free_session);

Test(terminal, off_a_terminal_all_is_plain)
{
    int null = open("/dev/null", O_WRONLY);

    cr_assert(null >= 0 && dup2(null, STDOUT_FILENO) >= 0);
    setenv("TERM", "xterm", 1);
    setenv("COLUMNS", "133", 1);
    terminal_look(session);
    cr_expect_not(session->screen.terminal);
    cr_expect_eq(session->screen.width, 80);
    cr_expect_eq(session->screen.height, 24);
    cr_expect_eq(session->screen.charset, CHARSET_ASCII);
    cr_expect_not(session->screen.color);
    cr_expect_not(terminal_is_interactive());
}

/* A pseudo-terminal as standard output. */
static void take_terminal(const char *name, const char *locale)
{
    int leader = posix_openpt(O_RDWR | O_NOCTTY), follower;

    cr_assert(leader >= 0 && grantpt(leader) == 0 && unlockpt(leader) == 0);
    follower = open(ptsname(leader), O_RDWR | O_NOCTTY);
    cr_assert(follower >= 0 && dup2(follower, STDOUT_FILENO) >= 0);
    if (name == NULL)
        unsetenv("TERM");
    else
        setenv("TERM", name, 1);
    setenv("LC_ALL", locale, 1);
    unsetenv("NO_COLOR");
    terminal_look(session);
    cr_expect(session->screen.terminal);
}

Test(terminal, characters_follow_locale_and_terminal)
{
    take_terminal("xterm", "C.UTF-8");
    cr_expect_eq(session->screen.charset, CHARSET_BLOCK);
    take_terminal("xterm", "C");
    cr_expect_eq(session->screen.charset, CHARSET_ASCII);
    take_terminal("linux", "C.UTF-8");
    cr_expect_eq(session->screen.charset, CHARSET_ASCII);
    take_terminal("dumb", "C.UTF-8");
    cr_expect_eq(session->screen.charset, CHARSET_ASCII);
    take_terminal(NULL, "C.UTF-8");
    cr_expect_eq(session->screen.charset, CHARSET_ASCII);
    take_terminal("xterm", "xx_XX.UTF-8"); /* not installed here; the terminal speaks it all the same */
    cr_expect_eq(session->screen.charset, CHARSET_BLOCK);
}

Test(terminal, colours_follow_terminal_and_no_color)
{
    take_terminal("xterm", "C.UTF-8");
    cr_expect(session->screen.color);
    setenv("NO_COLOR", "1", 1);
    terminal_look(session);
    cr_expect_not(session->screen.color);
    setenv("NO_COLOR", "", 1); /* no-color.org: empty counts as not set */
    terminal_look(session);
    cr_expect(session->screen.color);
    take_terminal("dumb", "C.UTF-8");
    cr_expect_not(session->screen.color);
    take_terminal(NULL, "C.UTF-8");
    cr_expect_not(session->screen.color);
}

Test(terminal, size_falls_back_on_the_environment)
{
    setenv("COLUMNS", "133", 1);
    setenv("LINES", "44", 1);
    take_terminal("xterm", "C.UTF-8"); /* a new pseudo-terminal has no size */
    cr_expect_eq(session->screen.width, 133);
    cr_expect_eq(session->screen.height, 44);
    setenv("COLUMNS", "-3", 1);
    setenv("LINES", "nonsense", 1);
    terminal_look(session);
    cr_expect_eq(session->screen.width, 80);
    cr_expect_eq(session->screen.height, 24);
}

/* --- progress ----------------------------------------------------------------------------------- */

TestSuite(progress, .init = make_session, .fini = free_session);

static bool tell(const char *what, double done, double total)
{
    return session->progress.tell(session->progress.context, what, done, total, (double)NAN);
}

static void expect_stopped(const char *before, const char *behind)
{
    char message[512];

    progress_stopped(session, message, sizeof message);
    cr_expect(strncmp(message, before, strlen(before)) == 0, "%s", message);
    cr_expect(strlen(message) > strlen(behind) && strcmp(message + strlen(message) - strlen(behind), behind) == 0, "%s", message);
}

Test(progress, says_what_was_stopped)
{
    progress_begin(session, "fit");
    progress_name(session, "fit m3", "m3");
    cr_expect(tell("evaluation", 14, 0));
    expect_stopped("fit m3 stopped after 14 evaluations (", " s); m3 is unchanged.");
    cr_expect(tell("starting values", 3, 0)); /* a phase, which is not counted */
    expect_stopped("fit m3 stopped after 14 evaluations (", " s); m3 is unchanged.");
    cr_expect(tell("evaluation", 1, 0));
    expect_stopped("fit m3 stopped after 1 evaluation (", " s); m3 is unchanged.");
    progress_end(session);
    progress_end(session);
    progress_begin(session, "load");
    expect_stopped("load stopped after 0.", " s; the session is unchanged.");
    cr_expect(tell("looking at columns", 3, 0));
    expect_stopped("load stopped after 0.", " s; the session is unchanged.");
    cr_expect(tell("byte", 12345678, 0));
    expect_stopped("load stopped after 12.3 MB (", "the session is unchanged.");
    cr_expect(tell("byte", 812, 1000));
    expect_stopped("load stopped after 812 bytes (", "the session is unchanged.");
    progress_end(session);
}

Test(progress, stops_when_interrupted)
{
    progress_begin(session, "fit");
    cr_expect(tell("evaluation", 1, 0));
    session->interrupted = 1;
    cr_expect_not(tell("evaluation", 2, 0));
    progress_end(session);
}

Test(progress, long_names_are_cut_between_characters)
{
    char name[400] = "", message[64];
    const char *stopped;

    for (int i = 0; i < 100; i++)
        strcat(name, "語");
    progress_begin(session, name);
    progress_name(session, name, name);
    stopped = progress_stopped(session, message, sizeof message);
    cr_expect(utf8_invalid(stopped, strlen(stopped)) < 0);
    progress_end(session);
}

Test(progress, nothing_is_drawn_off_a_terminal)
{
    FILE *file = tmpfile();
    struct timespec pause = { 1, 50000000 };

    cr_assert(file != NULL && dup2(fileno(file), STDERR_FILENO) >= 0);
    progress_begin(session, "fit");
    nanosleep(&pause, NULL);
    cr_expect(tell("evaluation", 1, 0));
    progress_end(session);
    cr_expect_eq(lseek(fileno(file), 0, SEEK_END), 0);
    fclose(file);
}

/* --- pager and candidates ------------------------------------------------------------------------- */

/* --- signals ------------------------------------------------------------------------------------ */

TestSuite(signals, .init = make_session, .fini = free_session);

/* As a thread of a parallel loop, which blocks nothing. */
static void *take_signal(void *context)
{
    sigset_t none;

    (void)context;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    raise(SIGWINCH); /* to this thread */
    return NULL;
}

Test(signals, are_seen_whichever_thread_their_handler_runs_in)
{
    sigset_t wait_mask;
    pthread_t thread;

    signals_install(session);
    signals_block(&wait_mask);
    cr_expect_neq(signals_look(&wait_mask), WAIT_SIGNAL);
    cr_assert_eq(pthread_create(&thread, NULL, take_signal, NULL), 0);
    pthread_join(thread, NULL);
    cr_expect_eq(signals_wait(&wait_mask), WAIT_SIGNAL);
    cr_expect(signals_take_resize());
    cr_expect_neq(signals_look(&wait_mask), WAIT_SIGNAL);
    signals_unblock(&wait_mask);
}

TestSuite(pager, .init = make_session, .fini = free_session);

Test(pager, writes_all_off_a_terminal)
{
    FILE *file = tmpfile();
    struct glmm_error err = { 0 };
    struct text text = { 0 };

    cr_assert(file != NULL && dup2(fileno(file), STDOUT_FILENO) >= 0);
    text_repeat(&text, "a line\n", 5000);
    cr_expect(pager_show(session, text.data, text.length, &err));
    cr_expect_eq(lseek(fileno(file), 0, SEEK_END), (off_t)text.length);
    text_clear(&text);
    fclose(file);
}

Test(pager, a_full_disk_is_an_error)
{
    struct glmm_error err = { 0 };
    int full = open("/dev/full", O_WRONLY);

    if (full < 0)
        cr_skip_test("no /dev/full");
    cr_assert(dup2(full, STDOUT_FILENO) >= 0);
    cr_expect_not(pager_show(session, "text\n", 5, &err));
    cr_expect_eq(err.code, GLMM_E_FILE);
}

Test(candidates, sorted_and_each_once)
{
    struct candidates candidates = { 0 };

    candidates_sort(&candidates);
    candidates_add(&candidates, "b", ' ');
    candidates_add(&candidates, "a", '=');
    candidates_add(&candidates, "b", ' ');
    candidates_sort(&candidates);
    cr_assert_eq(candidates.count, 2);
    cr_expect_str_eq(candidates.items[0], "a=");
    cr_expect_str_eq(candidates.items[1], "b ");
    candidates_clear(&candidates);
}
