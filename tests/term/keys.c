/* keys.c -- full screens under random keys and random sizes: each comes back to an intact prompt, whatever was typed.
 *
 * Lines too: whatever is typed at the prompt, and however recalled lines are edited, the program goes on.
 *
 * `keys` takes a few seconds and types the same on every run; `keys SECONDS [SEED]` goes on as long with other keys. */
#include "config.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pty.h"
#include "strokes.h"

enum { KINDS = 8, STROKES = 60, LINE_STROKES = 400, MILLISECONDS_LEAVE = 120000 };

/* A session, and the views that it allows. */
static const struct scene {
    const char *setup;
    const char *views[KINDS];
} scenes[] = {
    { "load dyestuff; fit m = Yield ~ 1 + (1 | Batch)", { "shrinkage", "summary", "data", "ranef" } },
    { "load sleepstudy; fit m = Reaction ~ Days + (Days | Subject)",
      { "shrinkage", "ranef Subject Days", "attenuation", "data" } },
    { "load penicillin; fit m = diameter ~ 1 + (1 | plate) + (1 | sample)", { "shrinkage sample", "ranef", "summary" } },
    { "load cbpp; fit m = cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial",
      { "shrinkage", "attenuation", "ranef", "data" } },
    { "load dyestuff2; fit m = Yield ~ 1 + (1 | Batch)", { "shrinkage", "ranef" } },
    { "load odd.csv as odd; fit m = y ~ x + (1 | g)", { "data", "shrinkage", "ranef", "summary", "attenuation" } },
    { "load odd.csv as odd; fit m = y ~ x + (1 + x | two)", { "shrinkage", "ranef", "attenuation" } },
    { "load one.csv as one", { "data" } },
    { "load insteval; fit m = y ~ service + (1 | s) + (1 | d)", { "shrinkage", "ranef d", "data" } },
};
enum { SCENES = sizeof scenes / sizeof scenes[0] };

static const struct size {
    int rows, columns;
} sizes[] = { { 24, 80 },  { 24, 80 },  { 10, 40 }, { 9, 38 },  { 1, 1 },
              { 60, 200 }, { 12, 250 }, { 50, 45 }, { 3, 120 }, { 30, 41 } };
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static uint64_t state;

static unsigned below(unsigned bound)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((state >> 33) % bound);
}

static double seconds(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* The last strokes, to be told where something goes wrong. */
static char typed[4096];

static bool type(struct pty *pty, const char *stroke)
{
    size_t length = strlen(typed);

    for (const char *c = stroke; *c != '\0' && length + 8 < sizeof typed; c++)
        length += (size_t)snprintf(typed + length, 8, (unsigned char)*c < ' ' || (unsigned char)*c > '~' ? "\\x%02x" : "%c",
                                   (unsigned char)*c);
    snprintf(typed + length, sizeof typed - length, " ");
    if (strcmp(stroke, "\x1a") == 0) { /* the screen goes and comes back */
        pty_forget(pty);
        return pty_stop_and_go_on(pty) && pty_wait(pty, "\033[?1049l") && pty_wait(pty, "\033[?1049h");
    }
    pty_type(pty, stroke);
    return true;
}

/* Escape alone is one level back, as is q: it must not begin the next key.  What is on the screen says whether a view was
 * left. */
static bool may_leave(const char *stroke)
{
    return strcmp(stroke, "q") == 0 || strcmp(stroke, "\033") == 0 || strcmp(stroke, "\x7f") == 0;
}

/* Until the view has left, or has drawn all of a screen of another size. */
static bool redrawn(struct pty *pty)
{
    static int width = 82; /* of no other size here */
    double deadline = seconds() + MILLISECONDS_LEAVE / 1000.0;

    width = width == 82 ? 83 : 82;
    pty_take(pty, 0);
    pty_forget(pty);
    pty_resize(pty, 25, width);
    while (pty_full_screen(pty) && !pty_has(pty, "\033[H\033[2J")) {
        if (seconds() > deadline)
            return false;
        pty_take(pty, 20);
    }
    return true;
}

/* Until the program has read all that was typed, or has left the view that it was in. */
static bool read_all(struct pty *pty)
{
    double deadline = seconds() + MILLISECONDS_LEAVE / 1000.0;
    bool view = pty_full_screen(pty);

    while (pty_full_screen(pty) == view && pty_in_line(pty) > 0) {
        if (seconds() > deadline)
            return false;
        pty_take(pty, 5);
    }
    return true;
}

/* Until a view that does not leave has surely taken the last key.  It draws anew for each size before it takes the next of the
 * keys that stand in line, so sizes count only once it has read them all; and of those, the first may be drawn at the last key,
 * and the second as it leaves. */
static bool settle(struct pty *pty)
{
    if (pty_full_screen(pty) && !read_all(pty))
        return false;
    for (int times = 0; times < 4; times++)
        if (!redrawn(pty))
            return false;
    return true;
}

/* Ctrl-C until the prompt is there. */
static bool leave(struct pty *pty)
{
    double deadline = seconds() + MILLISECONDS_LEAVE / 1000.0;

    pty_forget(pty);
    while (pty_full_screen(pty) && !pty_has(pty, "\033[?2004h")) {
        if (seconds() > deadline)
            return false;
        pty_type(pty, "\x03"); /* which may take away what is being written, the end of the screen included */
        pty_take(pty, 100);
    }
    return true;
}

/* One view for a while. */
static bool visit(struct pty *pty, const char *view, const char **why)
{
    char command[128];

    pty_resize(pty, 24, 80);
    snprintf(command, sizeof command, "view %s\r", view);
    snprintf(typed, sizeof typed, "view %s: ", view);
    pty_type(pty, command);
    *why = "the view did not come";
    if (!pty_wait(pty, "\033[?1049h"))
        return false;
    for (int i = 0; i < STROKES && pty_full_screen(pty); i++) {
        const char *stroke = strokes[below(STROKE_KINDS)];

        if (below(12) == 0) {
            const struct size *size = &sizes[below(SIZES)];
            char note[32];

            pty_resize(pty, size->rows, size->columns);
            snprintf(note, sizeof note, "(%dx%d) ", size->columns, size->rows);
            strncat(typed, note, sizeof typed - strlen(typed) - 1);
        }
        if (may_leave(stroke) && below(3) != 0)
            continue;
        *why = "Ctrl-Z does not stop it";
        if (!type(pty, stroke))
            return false;
        pty_take(pty, (int)below(4));
        *why = "it neither leaves nor draws anew";
        if (may_leave(stroke) && !settle(pty))
            return false;
    }
    pty_resize(pty, 24, 80);
    *why = "Ctrl-C does not leave";
    if (!leave(pty))
        return false;
    *why = "the prompt is not as it was";
    return pty_prompt_answers(pty, "set digits", "significant digits");
}

/* A table with missing values, wide and combining characters, long names, and groups of one row. */
static void write_files(void)
{
    static const char *const names[] = { "plain", "\xe4\xbd\xa0\xe5\xa5\xbd", "e\xcc\x81t\xc3\xa9", "",
                                         "a name that is much longer than what any column of a screen will ever have room for" };
    FILE *odd = fopen("odd.csv", "w"), *one = fopen("one.csv", "w");

    if (odd == NULL || one == NULL)
        exit(99);
    fputs("y,x,g,two,\"a column with a rather long name, and a comma\",empty\n", odd);
    for (int i = 0; i < 60; i++) {
        if (i % 7 == 0)
            fputs("NA", odd);
        else
            fprintf(odd, "%d.%d", (i * 37) % 23 - 5, i % 10);
        fprintf(odd, ",%s%d,%s%d,%s,\"%s\",\n", i % 11 == 0 ? "-1e-300" : "", i % 9, names[i % 3], i < 50 ? i % 8 : i,
                i % 2 == 0 ? "A" : "B", names[i % 5]);
    }
    fputs("alone\n1\n", one);
    fclose(odd);
    fclose(one);
}

/* True where the program left the terminal as it was. */
static bool quit(struct pty *pty, const char **why)
{
    struct termios now;
    int status;

    pty_type(pty, "quit\r");
    *why = "it does not end";
    if (!pty_ended(pty, &status))
        return false;
    *why = "it ended badly";
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return false;
    *why = "the modes of the terminal have changed";
    return tcgetattr(pty->master, &now) == 0 && now.c_lflag == pty->modes.c_lflag && now.c_iflag == pty->modes.c_iflag
           && now.c_oflag == pty->modes.c_oflag;
}

/* A session, as far as its first line. */
static bool begin(struct pty *pty, const char *color, enum pty_leader leader, const char **why)
{
    const char *const arguments[] = { "--quiet", color, NULL };

    *why = "it does not start";
    pty_start(pty, arguments, leader, false);
    return pty_wait(pty, "mixsh");
}

/* Its end; where something went wrong, what the terminal saw. */
static bool finish(struct pty *pty, bool ok, const char **why)
{
    ok = ok && quit(pty, why);
    if (!ok)
        pty_show(pty);
    pty_clear(pty);
    return ok;
}

static bool play(const struct scene *scene, enum pty_leader leader, int rounds, const char **why)
{
    struct pty pty;
    bool ok;

    typed[0] = '\0';
    ok = begin(&pty, "--color=always", leader, why);
    pty_type(&pty, "set pager off; ");
    pty_type(&pty, scene->setup);
    pty_type(&pty, "\rset width\r");
    ok = ok && pty_wait(&pty, "columns");
    for (int round = 0; ok && round < rounds; round++)
        for (int i = 0; ok && i < KINDS && scene->views[i] != NULL; i++)
            ok = visit(&pty, scene->views[i], why);
    return finish(&pty, ok, why);
}

/* Ctrl-C, and a line behind it, while a view does not look: once it does it leaves, and the line stands at the prompt, whole and
 * not run. */
static bool line_behind_ctrl_c(struct pty *pty, const char **why)
{
    snprintf(typed, sizeof typed, "view: ");
    pty_type(pty, "view shrinkage\r");
    *why = "the view did not come";
    if (!pty_wait(pty, "\033[?1049h"))
        return false;
    pty_take(pty, (int)below(20));
    *why = "it does not stop";
    if (!pty_freeze(pty))
        return false;
    pty_forget(pty);
    *why = "the terminal does not take what is typed";
    if (!pty_type_frozen(pty, "\x03\x04\033[B\x15set\x7f digits\r")) /* Ctrl-D would end the session at the prompt */
        return false;
    kill(pty->program, SIGCONT);
    *why = "a line behind Ctrl-C is lost";
    if (!pty_wait(pty, "\033[?1049l") || !pty_wait(pty, "set digits"))
        return false;
    *why = "a line behind Ctrl-C runs";
    pty_take(pty, 100);
    if (pty_has(pty, "significant digits"))
        return false;
    *why = "Enter is lost";
    pty_type(pty, "\r");
    return pty_wait(pty, "significant digits");
}

static bool lines_behind_ctrl_c(const char **why)
{
    struct pty pty;
    bool ok;

    typed[0] = '\0';
    ok = begin(&pty, NULL, PTY_PROGRAM, why);
    pty_type(&pty, "load dyestuff; fit m = Yield ~ 1 + (1 | Batch); set width\r");
    ok = ok && pty_wait(&pty, "columns");
    for (int times = 0; ok && times < 5; times++)
        ok = line_behind_ctrl_c(&pty, why);
    return finish(&pty, ok, why);
}

/* Ctrl-C in the middle of a key or a character: of each the program has read the beginning, and waits for the rest. */
static bool within_a_key(const char **why)
{
    static const char *const beginnings[] = {
        "\xc3",
        "ab\xc3",
        "\xc3\xa9\xc3",
        "\033-a\xc3",
        "\0335a\xc3",
        "\033-\xc3\xa9\xc3",
        "ab\x02\033-",
        "\0335\xc3",
        "\x12\xc3",
        "ab\x12"
        "b\xc3",
        "\x16\xc3",
        "\x18\xc3",
        "ab\033",
        "ab\033[2",
        "\x1d\xc3",
        "\033[200~ab\rcd",
        "\x18(ab\xc3",
        "\x18(ab\x18)\x18"
        "e\xc3",
    };
    struct pty pty;
    bool ok;

    ok = begin(&pty, NULL, PTY_PROGRAM, why) && pty_prompt_answers(&pty, "set timing", "how long");
    for (size_t b = 0; ok && b < sizeof beginnings / sizeof beginnings[0]; b++) {
        typed[0] = '\0';
        type(&pty, beginnings[b]);
        *why = "keys stay in line";
        ok = read_all(&pty);
        *why = ok ? "the prompt does not answer" : *why;
        ok = ok && pty_prompt_answers(&pty, "set timing", "how long");
    }
    return finish(&pty, ok, why);
}

/* Editing on screens where no line has room; and Tab behind a blank that nobody sees. */
static bool no_room(const char **why)
{
    static const struct size small[] = { { 1, 1 }, { 1, 2 }, { 1, 3 }, { 2, 1 }, { 40, 1 }, { 1, 80 } };
    struct pty pty;
    bool ok;

    ok = begin(&pty, NULL, PTY_PROGRAM, why) && pty_prompt_answers(&pty, "set timing", "how long");
    for (size_t s = 0; ok && s < sizeof small / sizeof small[0]; s++) {
        pty_resize(&pty, small[s].rows, small[s].columns);
        snprintf(typed, sizeof typed, "%d x %d: ", small[s].rows, small[s].columns);
        type(&pty, "set pager off\x16\x0b\t\x01\x02\x06\x06\x05\x02\x02\x02\x17\x1b[A\x01\x05\x02");
        *why = "keys stay in line";
        ok = read_all(&pty);
        pty_resize(&pty, 24, 80);
        *why = ok ? "the prompt does not answer" : *why;
        ok = ok && pty_prompt_answers(&pty, "set timing", "how long");
    }
    return finish(&pty, ok, why);
}

/* Random keys at the prompt, with some lines to recall: none of those of other sessions, which ended in `quit`. */
static bool type_lines(enum pty_leader leader, const char **why)
{
    struct pty pty;
    bool ok;

    snprintf(typed, sizeof typed, "at the prompt: ");
    (void)remove("state/mixsh/history");
    ok = begin(&pty, NULL, leader, why);
    pty_type(&pty, "set pager off\rset digits 4\rset width 60\rset level 0.9\rset d 3\rset width\r");
    ok = ok && pty_wait(&pty, "columns");
    for (int i = 0; ok && i < LINE_STROKES; i++) {
        const char *stroke = line_strokes[below(LINE_STROKE_KINDS)];

        if (strcmp(stroke, "\x1a") == 0 && leader != PTY_SHELL)
            continue;
        if (strcmp(stroke, "\x1a") == 0) {
            pty_forget(&pty);
            pty_type(&pty, "\x03\x03");
            pty_take(&pty, 50);
            ok = pty_stop_and_go_on(&pty);
            *why = "Ctrl-Z does not stop it";
            continue;
        }
        ok = type(&pty, stroke);
        pty_take(&pty, (int)below(3));
        if (below(40) == 0)
            pty_resize(&pty, (int)below(40) + 1, (int)below(120) + 1);
    }
    pty_resize(&pty, 24, 80);
    if (ok) {
        *why = "the prompt does not answer";
        ok = pty_prompt_answers(&pty, "set timing", "how long");
    }
    return finish(&pty, ok, why);
}

int main(int argc, char **argv)
{
    double end = seconds() + (argc > 1 ? atof(argv[1]) : 0);
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    int passed = 0, failed = 0;
    const char *why = "";

    setvbuf(stdout, NULL, _IOLBF, 0);
    scratch_enter();
    write_files();
    state = seed * 1000 + 600;
    if (lines_behind_ctrl_c(&why)) {
        passed++;
    } else {
        failed++;
        printf("FAIL: behind Ctrl-C: %s\n", why);
    }
    if (within_a_key(&why)) {
        passed++;
    } else {
        failed++;
        printf("FAIL: Ctrl-C behind %s: %s\n", typed, why);
    }
    if (no_room(&why)) {
        passed++;
    } else {
        failed++;
        printf("FAIL: %s: %s\n", typed, why);
    }
    do {
        for (int s = 0; s < SCENES; s++) {
            state = seed * 1000 + (uint64_t)s;
            if (play(&scenes[s], (seed + (uint64_t)s) % 2 == 0 ? PTY_SHELL : PTY_PROGRAM, argc > 1 ? 3 : 1, &why)) {
                passed++;
                continue;
            }
            failed++;
            printf("FAIL: seed %llu, %s: %s\n    typed: %s\n", (unsigned long long)seed, scenes[s].setup, why, typed);
        }
        for (int l = 0; l < 2; l++) {
            state = seed * 1000 + 500 + (uint64_t)l;
            if (type_lines(l == 0 ? PTY_SHELL : PTY_PROGRAM, &why)) {
                passed++;
                continue;
            }
            failed++;
            printf("FAIL: seed %llu, %s\n    typed: %s\n", (unsigned long long)seed, why, typed);
        }
        seed++;
    } while (seconds() < end);
    scratch_leave();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
