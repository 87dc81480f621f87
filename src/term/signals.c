/* signals.c -- handlers that set flags or give the terminal back; nothing else happens in them. */
#include "config.h"
#include "term/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/select.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "term/terminal.h"

static struct session *volatile interrupted_session;
static volatile sig_atomic_t resized, resumed;
static volatile sig_atomic_t stopping; /* SIGTSTP has no handler, in order to stop the program */
static volatile sig_atomic_t ending;   /* a fatal signal is being answered, by whatever thread */
static pthread_t main_thread;
static int wake_ends[2] = { -1, -1 }; /* a pipe: the handlers write, signals_wait() reads */

static const int fatal_signals[] = { SIGTERM, SIGHUP, SIGQUIT, SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE };
enum { FATAL_COUNT = sizeof fatal_signals / sizeof *fatal_signals };
static struct sigaction fatal_before[FATAL_COUNT];

static void raise_default(int number)
{
    struct sigaction action = { .sa_handler = SIG_DFL };

    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
    raise(number);
}

/* The system hands a signal to any thread that does not block it, also to one that waits for the next parallel loop; but it is
 * the main thread that has the terminal, and says when it may be disturbed.  True where the signal was sent on. */
static bool sent_on(int number)
{
    return !pthread_equal(pthread_self(), main_thread) && pthread_kill(main_thread, number) == 0;
}

/* Wakes signals_wait(). */
static void wake(void)
{
    int saved_errno = errno;

    if (wake_ends[1] >= 0 && write(wake_ends[1], "", 1) < 0)
        errno = saved_errno; /* full: it will wake anyway */
    errno = saved_errno;
}

static void on_interrupt(int number)
{
    struct session *session = interrupted_session;

    if (sent_on(number))
        return;
    if (session == NULL)
        return;
    if (!session->interactive && session->interrupted) { /* nobody answered the first one */
        terminal_restore();
        raise_default(number);
    }
    session->interrupted = 1;
    wake();
}

static void on_resize(int number)
{
    if (sent_on(number))
        return;
    resized = 1;
    wake();
}

/* Best effort, from within a handler. */
static void say_bytes(const char *words)
{
    if (write(STDERR_FILENO, words, strlen(words)) < 0)
        return;
}

/* What was there before us (a sanitizer's handler, the default) has the last word: it runs when this handler returns.
 *
 * A stopped program is ended by TERM or HUP with CONT behind it (`kill %1`), and finds both when it goes on.  CONT is held back
 * here, or its handler would run first, on top of this one, and might stop the program anew. */
static void on_fatal(int number)
{
    int i;

    bool crash = number != SIGTERM && number != SIGHUP && number != SIGQUIT;

    ending = 1;

    terminal_restore();
    if (crash && interrupted_session != NULL && interrupted_session->interactive)
        say_bytes("mixsh: a fault ends this session; mixsh --recover brings back what was done\n");
    if (number == SIGTERM && interrupted_session != NULL && interrupted_session->progress.team != NULL)
        say_bytes("mixsh: ended from outside: another process of the team has died, or the run was stopped\n");
    for (i = 0; i < FATAL_COUNT; i++)
        if (fatal_signals[i] == number)
            sigaction(number, &fatal_before[i], NULL);
    raise(number);
}

/* `alone`: no other handler interrupts this one, but those of its own faults. */
static void install(int number, void (*handler)(int), int flags, bool alone, struct sigaction *before)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
    struct sigaction old;

    sigemptyset(&action.sa_mask);
    if (alone) {
        sigfillset(&action.sa_mask);
        for (int i = 0; i < FATAL_COUNT; i++)
            sigdelset(&action.sa_mask, fatal_signals[i]);
    }
    if (sigaction(number, NULL, &old) != 0 || ((old.sa_flags & SA_SIGINFO) == 0 && old.sa_handler == SIG_IGN))
        return;
    if (before != NULL)
        *before = old;
    sigaction(number, &action, NULL);
}

static void on_stop(int number);

/* Also after a SIGSTOP, which no handler sees.  The next stop has its handler before the terminal is ours again, or it would find
 * us with the terminal's modes changed. */
static void on_continue(int number)
{
    int saved_errno = errno;

    if (sent_on(number))
        return;
    if (ending)
        return;
    if (stopping) {
        stopping = 0;
        install(SIGTSTP, on_stop, SA_RESTART, true, NULL);
    }
    terminal_retake();
    resumed = 1;
    resized = 1;
    wake();
    errno = saved_errno;
}

/* Gives the terminal back and stops as if there were no handler; on_continue() runs as soon as the program goes on, and not
 * before: on top of this it would find a terminal half given back.  Where nobody could make it go on (it leads its session), the
 * system does not stop it. */
static void on_stop(int number)
{
    int saved_errno = errno;
    sigset_t stop, before;

    if (sent_on(number))
        return;
    terminal_restore();
    sigemptyset(&stop);
    sigaddset(&stop, number);
    sigaddset(&stop, SIGCONT);
    stopping = 1;
    raise_default(number);
    sigprocmask(SIG_UNBLOCK, &stop, &before); /* the program stops here */
    sigprocmask(SIG_SETMASK, &before, NULL);
    stopping = 0;
    install(number, on_stop, SA_RESTART, true, NULL);
    if (terminal_is_given_back())
        on_continue(SIGCONT);
    errno = saved_errno;
}

void signals_install(struct session *session)
{
    static char handler_stack[1 << 16]; /* a stack that has overflowed cannot run a handler */
    stack_t stack = { .ss_sp = handler_stack, .ss_size = sizeof handler_stack };
    int i;

    interrupted_session = session;
    main_thread = pthread_self();
    if (wake_ends[0] < 0 && pipe2(wake_ends, O_CLOEXEC | O_NONBLOCK) != 0)
        wake_ends[0] = wake_ends[1] = -1; /* then pselect() alone has to wake */
    sigaltstack(&stack, NULL);
    install(SIGINT, on_interrupt, 0, false, NULL); /* no restart: a read that waits is to come back */
    install(SIGWINCH, on_resize, SA_RESTART, false, NULL);
    install(SIGTSTP, on_stop, SA_RESTART, true, NULL);
    install(SIGCONT, on_continue, SA_RESTART, true, NULL);
    for (i = 0; i < FATAL_COUNT; i++)
        install(fatal_signals[i], on_fatal, SA_ONSTACK, true, &fatal_before[i]);
    if (session->interactive)
        signal(SIGPIPE, SIG_IGN);
}

bool signals_take_resize(void)
{
    bool was = resized;

    resized = 0;
    return was;
}

void signals_uninstall(void)
{
    static const int flags[] = { SIGINT, SIGWINCH, SIGTSTP, SIGCONT };

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        signal(flags[i], flags[i] == SIGINT ? SIG_IGN : SIG_DFL);
    interrupted_session = NULL;
}

/* Somebody ends us: nothing is to be stopped any more. */
static bool is_ending(void)
{
    sigset_t pending;

    if (ending || sigpending(&pending) != 0)
        return ending;
    for (int i = 0; i < FATAL_COUNT; i++)
        if (sigismember(&pending, fatal_signals[i]) == 1)
            return true;
    return false;
}

bool signals_take_resume(void)
{
    bool was = resumed;
    struct timespec moment = { 0, 20000000 };
    sigset_t stop, before;

    resumed = 0;
    if (!was || !terminal_is_given_back())
        return was;
    /* `bg`, or a signal from elsewhere: the terminal is another job's, and we wait as any program does that wants it.  A moment
     * later, for what ends us may be on its way in another thread. */
    nanosleep(&moment, NULL);
    if (is_ending())
        return was;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTTOU);
    sigaddset(&stop, SIGCONT);
    sigprocmask(SIG_UNBLOCK, &stop, &before);            /* CONT is answered: `fg` may have come meanwhile */
    while (tcdrain(STDIN_FILENO) != 0 && errno == EINTR) /* the kernel stops us here, where we are in the background still */
        continue;
    sigprocmask(SIG_SETMASK, &before, NULL);
    resumed = 0;
    return was;
}

void signals_block(sigset_t *wait_mask)
{
    sigset_t flags;

    sigemptyset(&flags);
    sigaddset(&flags, SIGINT);
    sigaddset(&flags, SIGWINCH);
    sigaddset(&flags, SIGTSTP);
    sigaddset(&flags, SIGCONT);
    sigprocmask(SIG_BLOCK, &flags, wait_mask);
}

void signals_unblock(const sigset_t *wait_mask)
{
    sigprocmask(SIG_SETMASK, wait_mask, NULL);
}

/* True where a handler has run since the last call. */
static bool was_woken(void)
{
    char drained[64];
    bool woken = false;

    while (wake_ends[0] >= 0 && read(wake_ends[0], drained, sizeof drained) > 0)
        woken = true;
    return woken;
}

void signals_let_in(const sigset_t *wait_mask)
{
    sigset_t blocked;

    sigprocmask(SIG_SETMASK, wait_mask, &blocked);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
}

static enum wait_result wait_until(const sigset_t *wait_mask, const struct timespec *until)
{
    int last = wake_ends[0] > STDIN_FILENO ? wake_ends[0] : STDIN_FILENO, count;
    fd_set ready;

    FD_ZERO(&ready);
    FD_SET(STDIN_FILENO, &ready);
    if (wake_ends[0] >= 0)
        FD_SET(wake_ends[0], &ready);
    count = pselect(last + 1, &ready, NULL, NULL, until, wait_mask);
    if (count < 0 && errno == EINTR) {
        was_woken();
        return WAIT_SIGNAL;
    }
    if (count < 0)
        return WAIT_FAILED;
    /* Where input is there at once, pselect() lets no signal in; a Ctrl-C that was typed before that input goes first. */
    signals_let_in(wait_mask);
    return was_woken() ? WAIT_SIGNAL : count > 0 ? WAIT_INPUT : WAIT_NOTHING;
}

enum wait_result signals_wait(const sigset_t *wait_mask)
{
    return wait_until(wait_mask, NULL);
}

enum wait_result signals_look(const sigset_t *wait_mask)
{
    static const struct timespec none = { 0, 0 };

    return wait_until(wait_mask, &none);
}
