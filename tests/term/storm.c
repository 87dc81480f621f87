/* storm.c -- signals at random moments: at the prompt, in a fit, while data are loaded, in a view, in the pager; stopped and
 * going on.
 *
 * Whatever came, the prompt answers, what was fitted is what it was, to the byte; and a signal that ends the program ends it,
 * stopped or not, and gives the terminal back.
 *
 * `storm` takes a few seconds and sends the same on every run; `storm SIGNALS [SEED]` sends so many in each place (make
 * check-signals). */
#include "config.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pty.h"

/* What the program is doing, and what must be seen before the storm begins. */
static const struct place {
    const char *name, *typed, *shown;
} places[] = {
    { "at the prompt", "set width 7", "set width 7" },
    { "in a fit", "\x15load insteval; fit y ~ service + (1 | s) + (1 | d)\r", "insteval" },
    { "while it loads", "\x15load insteval\r", "load" },
    { "in a view", "\x15view data\r", "\033[?1049h" },
    { "in a view of a fit", "\x15view shrinkage m\r", "\033[?1049h" },
    { "in the pager", "\x15use d; head 180\r", "head" },
    { "in a search of the history", "\x15\x12set", "set" },
};
enum { PLACES = sizeof places / sizeof places[0] };

/* What ends it. */
static const struct {
    int signal;
    bool stopped;
} ends[] = { { SIGTERM, false }, { SIGTERM, true }, { SIGHUP, true }, { SIGHUP, false } };
enum { ENDS = sizeof ends / sizeof ends[0] };

static uint64_t state;
static long sent;

static unsigned below(unsigned bound)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((state >> 33) % bound);
}

static void send(struct pty *pty, int signal)
{
    kill(pty->program, signal);
    sent++;
}

/* Stops it, or not, where it would be stopped for ever; and lets it go on at a moment of its own. */
static void stop_and_go_on(struct pty *pty)
{
    send(pty, SIGTSTP);
    pty_take(pty, (int)below(20));
    send(pty, SIGCONT);
}

static void strike(struct pty *pty)
{
    switch (below(8)) {
    case 0:
    case 1:
        send(pty, SIGINT);
        break;
    case 2:
        pty_type(pty, "\x03");
        sent++;
        break;
    case 3:
        send(pty, SIGCONT);
        break;
    case 4:
    case 5:
        pty_resize(pty, (int)below(50) + 1, (int)below(150) + 1);
        sent++;
        break;
    default:
        stop_and_go_on(pty);
    }
}

/* True where the prompt is there and answers. */
static bool answers(struct pty *pty)
{
    send(pty, SIGCONT);
    pty_resize(pty, 24, 80);
    return pty_prompt_answers(pty, "set timing", "how long");
}

/* Writes into the file what the session knows of its model. */
static bool write_down(struct pty *pty, const char *name)
{
    char command[128];

    snprintf(command, sizeof command, "\x15\x0boutput %s, replace; summary m; ranef m; vcov m; output off\r", name);
    pty_forget(pty);
    pty_type(pty, command);
    pty_type(pty, "\x15\x0bset timing\r");
    return pty_wait(pty, "how long");
}

static bool same_files(const char *one, const char *other)
{
    FILE *a = fopen(one, "rb"), *b = fopen(other, "rb");
    bool same = a != NULL && b != NULL;
    long count = 0;

    for (int c = 0; same && c != EOF; count++) {
        c = getc(a);
        same = c == getc(b);
    }
    if (a != NULL)
        fclose(a);
    if (b != NULL)
        fclose(b);
    return same && count > 500;
}

/* Ends it by the signal; true where that is how it ended, and the modes of the terminal are as they were. */
static bool end(struct pty *pty, int how, const char **why)
{
    struct termios now;
    int signal = ends[how].signal, status;

    if (ends[how].stopped) {
        send(pty, SIGTSTP);
        pty_take(pty, 20);
    }
    send(pty, signal);
    if (ends[how].stopped)
        send(pty, SIGCONT);
    *why = "it lives on";
    if (!pty_ended(pty, &status))
        return false;
    *why = "it ended, but not by the signal";
    if (!(WIFSIGNALED(status) && WTERMSIG(status) == signal) && !(WIFEXITED(status) && WEXITSTATUS(status) == 128 + signal))
        return false;
    *why = "the modes of the terminal have changed";
    return tcgetattr(pty->master, &now) == 0 && now.c_lflag == pty->modes.c_lflag && now.c_iflag == pty->modes.c_iflag
           && now.c_oflag == pty->modes.c_oflag;
}

static bool weather(struct pty *pty, const struct place *place, long signals, const char **why)
{
    *why = "it did not come to that";
    for (long i = 0; i < signals; i++) {
        if (i % 20 == 0) {
            pty_resize(pty, 24, 80);
            pty_forget(pty);
            pty_type(pty, place->typed);
            if (i == 0 && !pty_wait(pty, place->shown))
                return false;
        }
        strike(pty);
        pty_take(pty, (int)below(10));
    }
    *why = "the prompt does not answer";
    if (!answers(pty))
        return false;
    *why = "it does not write down what it knows";
    if (!write_down(pty, "after.txt"))
        return false;
    *why = "what was fitted has changed";
    return same_files("before.txt", "after.txt");
}

static bool storm(const struct place *place, enum pty_leader leader, long signals, int how, const char **why)
{
    static const char *const arguments[] = { "--quiet", NULL };
    struct pty pty;
    bool ok;

    *why = "it does not start";
    pty_start(&pty, arguments, leader, false);
    ok = pty_wait(&pty, "mixsh");
    pty_type(&pty, "load sleepstudy as d; fit m = Reaction ~ Days + (Days | Subject)\rset timing\r");
    ok = ok && pty_wait(&pty, "how long") && write_down(&pty, "before.txt");
    ok = ok && weather(&pty, place, signals, why) && end(&pty, how, why);
    if (!ok)
        pty_show(&pty);
    pty_clear(&pty);
    return ok;
}

/* A script of one line many times, until the program waits for the terminal that nobody reads; then Ctrl-C, some times. */
static void start_unread(struct pty *pty, const char *const arguments[], const char *line)
{
    static const struct timespec moment = { 0, 50000000 };
    FILE *script = fopen("unread.mix", "w");
    int unread = 0, waited = 0;

    if (script == NULL)
        exit(99);
    for (int i = 0; i < 5000; i++)
        fprintf(script, "%s%d\n", line, i);
    fclose(script);
    pty_start(pty, arguments, PTY_PROGRAM, false);
    while (ioctl(pty->master, FIONREAD, &unread) == 0 && unread == 0 && waited++ < 1000)
        nanosleep(&moment, NULL);
    for (int i = 0; i < 25; i++) {
        nanosleep(&moment, NULL);
        if (i >= 20)
            send(pty, SIGINT);
    }
}

/* Errors that nobody reads: the script ends there, the errors before it are there whole, and nothing is said to be lost. */
static bool unread_errors(const char **why)
{
    static const char *const arguments[] = { "--quiet", "--keep-going", "--interactive", "unread.mix", NULL };
    struct pty pty;
    int status;
    bool ok;

    *why = "it does not stop";
    start_unread(&pty, arguments, "nosuch");
    ok = pty_wait(&pty, "stopped behind this command") && strstr(pty.seen, "`nosuch4999`") == NULL;
    if (ok) {
        *why = "the prompt does not answer";
        ok = pty_prompt_answers(&pty, "set timing", "how long");
    }
    if (ok) {
        *why = "it ended badly";
        pty_type(&pty, "quit\r");
        ok = pty_ended(&pty, &status) && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    if (!ok)
        pty_show(&pty);
    pty_clear(&pty);
    return ok;
}

/* Output that nobody reads: the script is stopped, which is no failed write; a Ctrl-C more, while what is said of that waits too,
 * may end it by the signal. */
static bool unread_output(const char **why)
{
    static const char *const arguments[] = { "--quiet", "unread.mix", NULL };
    struct pty pty;
    int status;
    bool ok;

    *why = "it does not end";
    start_unread(&pty, arguments, "help fit # ");
    ok = pty_ended(&pty, &status);
    pty_take(&pty, 100);
    if (ok) {
        *why = "its status is not that of a Ctrl-C";
        ok = (WIFEXITED(status) && WEXITSTATUS(status) == 130) || (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    }
    if (ok) {
        *why = "it says that the output could not be written";
        ok = pty.seen != NULL && strstr(pty.seen, "cannot write") == NULL;
    }
    if (!ok)
        pty_show(&pty);
    pty_clear(&pty);
    return ok;
}

int main(int argc, char **argv)
{
    long signals = argc > 1 ? atol(argv[1]) : 40;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    int passed = 0, failed = 0;
    const char *why = "";

    setvbuf(stdout, NULL, _IOLBF, 0);
    scratch_enter();
    for (int p = 0; p < PLACES; p++)
        for (int l = 0; l < 2; l++) {
            enum pty_leader leader = l == 0 ? PTY_SHELL : PTY_PROGRAM;

            if (argc <= 1 && (p + l) % 2 != 0) /* half of them */
                continue;
            state = seed * 1000 + (uint64_t)(2 * p + l);
            if (storm(&places[p], leader, signals, (p + l + (int)seed) % ENDS, &why)) {
                passed++;
                continue;
            }
            failed++;
            printf("FAIL: seed %llu, %s, led by %s: %s\n", (unsigned long long)seed, places[p].name,
                   l == 0 ? "a shell" : "itself", why);
        }
    if (unread_errors(&why)) {
        passed++;
    } else {
        failed++;
        printf("FAIL: errors that nobody reads: %s\n", why);
    }
    if (unread_output(&why)) {
        passed++;
    } else {
        failed++;
        printf("FAIL: output that nobody reads: %s\n", why);
    }
    scratch_leave();
    printf("%ld signals\n%d passed, %d failed\n", sent, passed, failed);
    return failed != 0;
}
