/* progress.c -- one line on standard error that rewrites itself, and the poll of Ctrl-C.
 *
 * The engine may tell from several threads at once: the counters are then those of whichever thread draws; the flag is read by
 * all. */
#include "config.h"
#include "term/progress.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/safe.h"
#include "base/text.h"
#include "result/number.h"

#define FIRST_DRAW 1.0  /* seconds of work before the line appears */
#define REDRAW     0.1  /* and between two of its states */
#define FIRST_ETA  0.02 /* share of the work done before a guess at the rest means anything */
#define ECHO_WIDTH 2    /* columns of the `^C` that the terminal writes behind the line */

static struct progress {
    struct session *session;
    char label[96], kept[64];
    char unit[32];  /* "evaluation"; what was last counted */
    char phase[32]; /* what is done since that is not counted; "": nothing */
    double done, total;
    double start;    /* by seconds_now() */
    double drawn_at; /* seconds; 0: not yet */
    int drawn_width; /* columns that the line on the screen takes */
    bool running, shown;
    atomic_flag busy;
    bool (*look)(const char *what);
} progress = { .busy = ATOMIC_FLAG_INIT };

static void copy_text(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void copy_text(char *to, size_t size, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    safe_format(to, size, format, args);
    va_end(args);
}

/* Copies as much of a name as fits, made safe for the terminal. */
static void copy_name(char *to, size_t size, const char *from)
{
    copy_text(to, size, "%s", from == NULL ? "" : from);
}

/* Appends `812 bytes`, `34 kB`, `1.2 MB`. */
static void add_bytes(struct text *out, double bytes)
{
    if (bytes < 1e3)
        text_addf(out, "%.0f byte%s", bytes, bytes == 1 ? "" : "s");
    else if (bytes < 1e6)
        text_addf(out, "%.0f kB", bytes / 1e3);
    else
        text_addf(out, "%.1f MB", bytes / 1e6);
}

/* Appends `3 s`, `4 min 10 s`, `2 h 5 min`. */
static void add_duration(struct text *out, double seconds)
{
    long whole = seconds < 0 ? 0 : seconds > 1e8 ? 100000000 : (long)seconds;

    if (whole < 60)
        text_addf(out, "%ld s", whole);
    else if (whole < 3600)
        text_addf(out, "%ld min %ld s", whole / 60, whole % 60);
    else
        text_addf(out, "%ld h %ld min", whole / 3600, whole / 60 % 60);
}

/* A phase ("checking columns") has no count that would mean something to a person. */
static bool is_phase(void)
{
    return progress.unit[0] == '\0' || progress.phase[0] != '\0';
}

/* Appends how far the work is: "evaluation 14", "replicate 3 of 100", "1.2 of 3.4 MB". */
static void add_place(struct text *out)
{
    if (is_phase())
        text_add(out, progress.phase);
    else if (strcmp(progress.unit, "byte") == 0) {
        add_bytes(out, progress.done);
        if (progress.total > 0) {
            text_add(out, " of ");
            add_bytes(out, progress.total);
        }
    } else {
        text_addf(out, "%s %.0f", progress.unit, progress.done);
        if (progress.total > 0)
            text_addf(out, " of %.0f", progress.total);
    }
}

/* The line: label, counter, value, time, time left, and how to stop. */
static void compose(struct text *out, double value, double seconds)
{
    char number[NUMBER_SIZE];
    double share = progress.total > 0 && !is_phase() ? progress.done / progress.total : 0;

    text_addf(out, "%s  ", progress.label);
    add_place(out);
    if (isfinite(value))
        text_addf(out, "  deviance %s", number_fixed(number, value, 2));
    text_add(out, "  ");
    add_duration(out, seconds);
    if (share >= FIRST_ETA && share < 1) {
        text_add(out, "  ");
        add_duration(out, seconds * (1 - share) / share + 0.5);
        text_add(out, " left");
    }
    text_add(out, "  ^C stops");
}

/* Writes the line over the one before; one write, so that other output does not tear it. */
static void draw(double value, double seconds)
{
    struct text line = { 0 }, bytes = { 0 };
    struct winsize window = { 0 };
    int width, columns = 80;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0)
        columns = window.ws_col;
    compose(&line, value, seconds);
    columns -= 1 + ECHO_WIDTH;
    if (utf8_width(text_string(&line)) > columns)
        text_truncate(&line, utf8_prefix(text_string(&line), columns));
    width = utf8_width(text_string(&line));
    text_add_char(&bytes, '\r');
    text_add(&bytes, text_string(&line));
    if (progress.drawn_width > width) {
        text_repeat(&bytes, " ", progress.drawn_width - width);
        text_repeat(&bytes, "\b", progress.drawn_width - width);
    }
    if (!bytes.failed && write(STDERR_FILENO, bytes.data, bytes.length) > 0)
        progress.drawn_width = width;
    else if (!bytes.failed && errno == EIO && progress.session->interactive)
        progress.session->interrupted = 1; /* the terminal went away: nobody waits for this any more */
    text_clear(&line);
    text_clear(&bytes);
}

/* What is not counted leaves the last count as it is: that is what one wants to know of work that is stopped. */
static void note(const char *what, double done, double total)
{
    bool phase = what[0] == '\0' || strchr(what, ' ') != NULL;
    char *to = phase ? progress.phase : progress.unit;

    if (strcmp(to, what) != 0)
        copy_name(to, sizeof progress.unit, what);
    if (phase)
        return;
    progress.phase[0] = '\0';
    progress.done = done;
    progress.total = total;
}

static bool tell(void *context, const char *what, double done, double total, double value)
{
    struct session *session = context;
    double seconds;

    if (progress.look != NULL && !progress.look(what))
        session->interrupted = 1;
    if (session->interrupted)
        return false;
    if (atomic_flag_test_and_set_explicit(&progress.busy, memory_order_acquire))
        return true;
    note(what, done, total);
    if (progress.shown) {
        seconds = seconds_now() - progress.start;
        if (seconds >= FIRST_DRAW && seconds >= progress.drawn_at + REDRAW) {
            draw(value, seconds);
            progress.drawn_at = seconds;
        }
    }
    atomic_flag_clear_explicit(&progress.busy, memory_order_release);
    return true;
}

void progress_watch(bool (*look)(const char *what))
{
    progress.look = look;
}

void progress_begin(struct session *session, const char *label)
{
    progress.session = session;
    copy_name(progress.label, sizeof progress.label, label);
    progress.kept[0] = progress.unit[0] = progress.phase[0] = '\0';
    progress.done = progress.total = progress.drawn_at = 0;
    progress.drawn_width = 0;
    progress.running = true;
    progress.shown = session->settings.progress != SWITCH_OFF && isatty(STDERR_FILENO);
    progress.start = seconds_now();
    session->progress.tell = tell;
    session->progress.context = session;
}

void progress_name(struct session *session, const char *label, const char *kept)
{
    (void)session;
    copy_name(progress.label, sizeof progress.label, label);
    copy_name(progress.kept, sizeof progress.kept, kept);
}

void progress_hide(void)
{
    struct text bytes = { 0 };

    if (progress.drawn_width == 0)
        return;
    text_add_char(&bytes, '\r');
    text_repeat(&bytes, " ", progress.drawn_width + ECHO_WIDTH);
    text_add_char(&bytes, '\r');
    if (bytes.failed || write(STDERR_FILENO, bytes.data, bytes.length) < 0)
        progress.shown = false; /* a terminal that takes no bytes is not asked again */
    progress.drawn_width = 0;
    text_clear(&bytes);
}

void progress_end(struct session *session)
{
    (void)session;
    if (progress.running)
        progress_hide();
    progress.running = false;
}

double progress_seconds(const struct session *session)
{
    (void)session;
    return seconds_now() - progress.start;
}

const char *progress_stopped(struct session *session, char *buffer, size_t size)
{
    struct text out = { 0 };
    char number[NUMBER_SIZE];

    text_addf(&out, "%s stopped after ", progress.label);
    if (strcmp(progress.unit, "byte") == 0 && progress.done > 0) {
        add_bytes(&out, progress.done);
        text_addf(&out, " (%s s); ", number_fixed(number, progress_seconds(session), 1));
    } else if (progress.done > 0)
        text_addf(&out, "%.0f %s%s (%s s); ", progress.done, progress.unit, progress.done == 1 ? "" : "s",
                  number_fixed(number, progress_seconds(session), 1));
    else
        text_addf(&out, "%s s; ", number_fixed(number, progress_seconds(session), 1));
    text_addf(&out, "%s is unchanged.", progress.kept[0] != '\0' ? progress.kept : "the session");
    copy_name(buffer, size, text_string(&out));
    text_clear(&out);
    return buffer;
}
