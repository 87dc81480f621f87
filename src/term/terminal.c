/* terminal.c -- what the terminal can do, and giving it back.
 *
 * The state below is process-wide, because the terminal is: signal handlers must reach it. */
#include "config.h"
#include "term/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

#include "term/signals.h"

static struct termios saved_modes; /* as they were before we changed them */
static struct termios held_modes;  /* ours, to take them again after a stop */
static volatile sig_atomic_t have_saved, have_held;
static struct termios ahead_modes; /* those between two prompts */
static volatile sig_atomic_t keeping;
static volatile sig_atomic_t held;
static volatile sig_atomic_t given_back; /* between restore and retake */
static int input_fd = -1;                /* the terminal once more, for reading without waiting; -1: not to be had */
static char unread[4096];                /* read already, and handed back to whoever reads next; as much as a terminal keeps */
static size_t unread_count;
static bool nothing_ahead; /* of what stands in line is to run */
static const char *volatile enter_bytes;
static const char *volatile leave_bytes;

bool terminal_is_interactive(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* A positive number in an environment variable, or 0. */
static int size_from_environment(const char *name)
{
    const char *text = getenv(name);
    long size = text == NULL ? 0 : strtol(text, NULL, 10);

    return size > 0 && size < 10000 ? (int)size : 0;
}

static void look_at_size(bool terminal, int *width, int *height)
{
    struct winsize window = { 0 };

    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0)
        memset(&window, 0, sizeof window);
    *width = window.ws_col;
    *height = window.ws_row;
    if (*width == 0 && terminal)
        *width = size_from_environment("COLUMNS");
    if (*height == 0 && terminal)
        *height = size_from_environment("LINES");
    if (*width == 0)
        *width = 80;
    if (*height == 0)
        *height = 24;
}

/* The value of the first variable that is set and not empty, as setlocale(3) chooses. */
static const char *locale_name(void)
{
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
    const char *value;
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++)
        if ((value = getenv(names[i])) != NULL && *value != '\0')
            return value;
    return "C";
}

/* True for "en_US.UTF-8", "C.utf8", ... */
static bool names_utf8(const char *name)
{
    const char *dot = strchr(name, '.');

    return dot != NULL && (strncasecmp(dot + 1, "utf-8", 5) == 0 || strncasecmp(dot + 1, "utf8", 4) == 0);
}

bool terminal_is_utf8(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    bool utf8;

    /* Over ssh the locale that the terminal names is often not installed; the terminal speaks UTF-8 all the same. */
    if (locale == (locale_t)0)
        return names_utf8(locale_name());
    utf8 = strcasecmp(nl_langinfo_l(CODESET, locale), "utf-8") == 0;
    freelocale(locale);
    return utf8;
}

void terminal_look(struct session *session)
{
    struct screen *screen = &session->screen;
    const char *term = getenv("TERM");
    const char *no_color = getenv("NO_COLOR");
    bool able;

    screen->terminal = isatty(STDOUT_FILENO);
    look_at_size(screen->terminal, &screen->width, &screen->height);
    if (term == NULL)
        term = "";
    able = screen->terminal && *term != '\0' && strcmp(term, "dumb") != 0;
    screen->charset = able && strcmp(term, "linux") != 0 && terminal_is_utf8() ? CHARSET_BLOCK : CHARSET_ASCII;
    screen->color = able && (no_color == NULL || *no_color == '\0');
}

/* --- modes -------------------------------------------------------------------------------------- */

void terminal_open(void)
{
    const char *name;

    if (setlocale(LC_CTYPE, "") == NULL && names_utf8(locale_name()))
        setlocale(LC_CTYPE, "C.UTF-8");
    have_saved = tcgetattr(STDIN_FILENO, &saved_modes) == 0;
    if (input_fd < 0 && (name = ttyname(STDIN_FILENO)) != NULL)
        input_fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void terminal_hold(const char *enter, const char *leave)
{
    enter_bytes = enter;
    leave_bytes = leave;
    have_held = 0;
    given_back = 0;
    held = 1;
}

/* Between two prompts: there is nothing to write, and the modes are known. */
static void hold_between(void)
{
    held = 0;
    enter_bytes = leave_bytes = NULL;
    held_modes = ahead_modes;
    have_held = 1;
    given_back = 0;
    held = 1;
}

void terminal_modes_are_set(void)
{
    have_held = tcgetattr(STDIN_FILENO, &held_modes) == 0;
}

void terminal_lend(void)
{
    if (keeping)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &saved_modes);
}

void terminal_take_back(void)
{
    if (keeping)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &ahead_modes);
}

void terminal_release(void)
{
    if (keeping) {
        hold_between();
        terminal_take_back();
    } else {
        held = 0;
    }
}

void terminal_keep_ahead(void)
{
    if (keeping || !have_saved || tcgetattr(STDIN_FILENO, &ahead_modes) != 0)
        return;
    ahead_modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    ahead_modes.c_lflag |= NOFLSH;
    ahead_modes.c_cc[VMIN] = 1;
    ahead_modes.c_cc[VTIME] = 0;
    keeping = 1;
    hold_between();
    tcsetattr(STDIN_FILENO, TCSADRAIN, &ahead_modes);
}

void terminal_leave(void)
{
    terminal_lend();
    keeping = 0;
    held = 0;
}

/* Best effort: nothing can be done in a signal handler about a terminal that does not take the bytes. */
static void write_bytes(const char *bytes)
{
    size_t left = bytes == NULL ? 0 : strlen(bytes);
    ssize_t wrote;

    while (left > 0) {
        wrote = write(STDOUT_FILENO, bytes, left);
        if (wrote < 0 && errno != EINTR)
            return;
        if (wrote > 0) {
            bytes += wrote;
            left -= (size_t)wrote;
        }
    }
}

/* Changing the modes from the background would stop us, and spoil the foreground's terminal. */
static bool in_foreground(void)
{
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

void terminal_restore(void)
{
    if (!held || !have_saved || given_back || !in_foreground())
        return;
    write_bytes(leave_bytes);
    tcsetattr(STDIN_FILENO, TCSANOW, &saved_modes);
    given_back = 1;
}

bool terminal_is_given_back(void)
{
    return held && given_back;
}

void terminal_retake(void)
{
    if (!held || !have_held || !in_foreground())
        return;
    if (given_back)
        tcgetattr(STDIN_FILENO, &saved_modes); /* they may have been changed meanwhile */
    given_back = 0;                            /* a signal that ends the program from here on gives it back once more */
    tcsetattr(STDIN_FILENO, TCSADRAIN, &held_modes);
    write_bytes(enter_bytes);
}

size_t terminal_unread(const void *bytes, size_t size)
{
    size_t room = sizeof unread - unread_count;

    if (size > room)
        size = room;
    memcpy(unread + unread_count, bytes, size);
    unread_count += size;
    return size;
}

bool terminal_has_unread(void)
{
    return unread_count > 0;
}

void terminal_forget_unread(void)
{
    unread_count = 0;
}

void terminal_run_nothing_ahead(void)
{
    nothing_ahead = true;
}

bool terminal_take_nothing_ahead(void)
{
    bool was = nothing_ahead;

    nothing_ahead = false;
    return was;
}

/* Takes what was handed back, first come first. */
static ssize_t take_unread(void *bytes, size_t size)
{
    if (size > unread_count)
        size = unread_count;
    memcpy(bytes, unread, size);
    unread_count -= size;
    memmove(unread, unread + size, unread_count);
    return (ssize_t)size;
}

enum wait_result terminal_wait(const sigset_t *wait_mask)
{
    return unread_count > 0 ? WAIT_INPUT : signals_wait(wait_mask);
}

ssize_t terminal_read(void *bytes, size_t size)
{
    ssize_t got;

    if (unread_count > 0)
        return take_unread(bytes, size);
    got = read(input_fd >= 0 ? input_fd : STDIN_FILENO, bytes, size);
    if (got > 0)
        return got;
    return got < 0 ? (errno == EINTR || errno == EAGAIN ? 0 : -1) : terminal_is_gone() ? -1 : 0;
}

void terminal_keep_input(void)
{
    struct termios modes;

    if (tcgetattr(STDIN_FILENO, &modes) != 0)
        return;
    modes.c_lflag |= NOFLSH;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
}

FILE *terminal_input(void)
{
    int fd = input_fd >= 0 ? fcntl(input_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) : -1;
    FILE *input = fd >= 0 ? fdopen(fd, "r") : stdin;

    if (input == NULL)
        close(fd);
    return input;
}

void terminal_input_close(FILE *input)
{
    if (input != NULL && input != stdin)
        fclose(input);
}

bool terminal_is_gone(void)
{
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

    return poll(&input, 1, 0) > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

const char *terminal_key_end(const char *at, const char *end)
{
    bool more = at < end && (*at == '[' || *at == 'O');

    for (at += at < end; more && at < end && !(*at >= '@' && *at <= '~'); at++)
        ;
    return at + (more && at < end);
}

/* What was just read is read again, before all that waits. */
static void put_back(const char *bytes, size_t size)
{
    size_t room = sizeof unread - unread_count;

    if (size > room)
        size = room; /* never: it was taken from there, or there is nothing */
    memmove(unread + size, unread, unread_count);
    memcpy(unread, bytes, size);
    unread_count += size;
}

/* Reads one key: of the bytes of a special key (an arrow) only the first counts, and what is typed behind it is another.  -2
 * where it was taken away again. */
static int read_key(void)
{
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
    unsigned char key;
    char rest[64];
    const char *end;
    ssize_t got;

    got = terminal_read(&key, 1);
    if (got <= 0)
        return got < 0 ? -1 : -2;
    if (key != '\033' || (unread_count == 0 && poll(&input, 1, 0) <= 0))
        return key;
    got = terminal_read(rest, sizeof rest);
    if (got < 0)
        return -1;
    end = terminal_key_end(rest, rest + got);
    put_back(end, (size_t)(rest + got - end));
    return key;
}

int terminal_key(struct session *session)
{
    struct termios modes, before;
    enum wait_result wait = WAIT_FAILED;
    sigset_t wait_mask;
    bool ours = tcgetattr(STDIN_FILENO, &before) == 0;
    int got = -2;

    if (ours) {
        modes = before;
        modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        modes.c_cc[VMIN] = 1;
        modes.c_cc[VTIME] = 0;
        terminal_hold(NULL, NULL);
        tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
        terminal_modes_are_set();
    }
    signals_block(&wait_mask);
    while (!session->interrupted && got == -2) {
        wait = terminal_wait(&wait_mask);
        if (!session->interrupted && wait != WAIT_SIGNAL)
            got = wait == WAIT_INPUT ? read_key() : -1;
    }
    signals_unblock(&wait_mask);
    if (ours) {
        tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
        terminal_release();
    }
    return got < 0 ? -1 : got;
}
