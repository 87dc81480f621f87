/* pager.c -- longer than the screen: our own pager, a guest in the scrollback.
 *
 * It writes a screen of lines and a line that says how far it is, waits for a key, takes that line away and goes on.  It is gone
 * on the last line, on q, Esc, Ctrl-C and Ctrl-D, and on any key that is not its own: that one, with all that was typed behind
 * it, is handed back for the prompt.  Where something was typed before it could show itself, that was not meant for it: it stays
 * away. */
#include "config.h"
#include "term/pager.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"
#include "session/output.h"
#include "term/pager-external.h"
#include "term/progress.h"
#include "term/signals.h"
#include "term/terminal.h"

enum {
    BURST = 512,            /* bytes of keys that are looked at together */
    BURST_MILLISECONDS = 10 /* and within which they follow one another */
};

struct guest {
    struct session *session;
    const char *text, *end; /* what is not shown yet */
    int lines, shown;       /* of the text, and how many were shown */
    bool leave;
};

/* --- rows ------------------------------------------------------------------------------------------ */

/* Columns of a line of text; escape sequences (colours) take none. */
static int line_columns(const char *line, size_t length)
{
    const char *end = line + length, *escape;
    int columns = 0;

    while ((escape = memchr(line, '\033', (size_t)(end - line))) != NULL) {
        columns += utf8_width_n(line, (size_t)(escape - line));
        line = escape + 1;
        if (line < end && *line == '[')
            line++;
        while (line < end && (*line < '@' || *line > '~'))
            line++;
        line += line < end;
    }
    return columns + utf8_width_n(line, (size_t)(end - line));
}

/* The end of the line that begins at `line`, its newline included; *rows: what it takes on the screen. */
static const char *line_after(const char *line, const char *end, int width, int *rows)
{
    const char *newline = memchr(line, '\n', (size_t)(end - line));
    int columns = line_columns(line, (size_t)((newline == NULL ? end : newline) - line));

    *rows = columns <= width ? 1 : (columns + width - 1) / width;
    return newline == NULL ? end : newline + 1;
}

static int rows_of(const char *text, const char *end, int width)
{
    int all = 0, rows;

    for (; text < end; all += rows)
        text = line_after(text, end, width, &rows);
    return all;
}

/* The whole lines from `text` on that fit into `room` rows, one at least; *lines counts them.  The end of a page may go back to
 * the last blank line in its lower half, so that what belongs together stays together. */
static const char *lines_within(const char *text, const char *end, int width, int room, bool whole_blocks, int *lines)
{
    const char *next, *blank = NULL;
    int rows, left = room, blank_lines = 0;

    for (*lines = 0; text < end; text = next, left -= rows, ++*lines) {
        next = line_after(text, end, width, &rows);
        if (rows > left && *lines > 0)
            break;
        if (*text == '\n' && left <= room / 2) {
            blank = next;
            blank_lines = *lines + 1;
        }
    }
    if (!whole_blocks || text >= end || blank == NULL)
        return text;
    *lines = blank_lines;
    return blank;
}

/* --- the guest ------------------------------------------------------------------------------------- */

static bool write_bytes(const char *bytes, size_t length)
{
    return file_write(STDOUT_FILENO, bytes, length, NULL);
}

/* Shows the lines that fit into `rows` rows. */
static bool show_rows(struct guest *guest, int rows)
{
    const char *text = guest->text;
    int lines;

    guest->text = lines_within(text, guest->end, guest->session->screen.width, rows, rows > 1, &lines);
    guest->shown += lines;
    guest->session->standing.unseen += rows_of(text, guest->text, guest->session->screen.width);
    return write_bytes(text, (size_t)(guest->text - text));
}

/* The line below what is shown; as much of it as the screen has room for. */
static bool show_state(const struct guest *guest)
{
    bool color = session_style(guest->session).color;
    struct text state = { 0 };
    char line[80];
    bool ok;

    snprintf(line, sizeof line, "%d of %d lines  space goes on", guest->shown, guest->lines);
    text_add(&state, color ? "\033[7m" : "");
    text_add_bytes(&state, line, utf8_prefix(line, guest->session->screen.width - 1));
    text_add(&state, color ? "\033[0m" : "");
    ok = !state.failed && write_bytes(state.data, state.length);
    text_clear(&state);
    return ok;
}

static bool erase_state(void)
{
    return write_bytes("\r\033[K", 4);
}

/* The keys that are ours: how many rows further they lead, or that they leave. */
enum { FOREIGN = -1, LEAVE = 0 };

/* What the key at the beginning of `bytes` does; *length: its bytes. */
static int key_meaning(const char *bytes, size_t count, int page, size_t *length)
{
    static const struct {
        const char *bytes;
        int page, rows;
    } keys[] = {
        { " ", 1, 0 },      { "\033[6~", 1, 0 }, { "\n", 0, 1 },    { "\r", 0, 1 },
        { "\033[B", 0, 1 }, { "\033OB", 0, 1 },  { "q", 0, LEAVE }, { "\004", 0, LEAVE },
    };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        *length = strlen(keys[i].bytes);
        if (*length <= count && memcmp(bytes, keys[i].bytes, *length) == 0)
            return keys[i].page * page + keys[i].rows;
    }
    *length = 1;
    return count == 1 && bytes[0] == '\033' ? LEAVE : FOREIGN;
}

/* True where a key among the bytes is not ours: they were typed for the prompt then, all of them (`quit` is no `q`). */
static bool is_for_prompt(const char *bytes, size_t count)
{
    size_t length;

    for (size_t at = 0; at < count; at += length)
        if (key_meaning(bytes + at, count - at, 1, &length) == FOREIGN)
            return true;
    return false;
}

/* Does what the keys say; those behind a leave are handed back. */
static bool take_keys(struct guest *guest, const char *bytes, size_t count)
{
    int page = guest->session->screen.height - 1, rows;
    size_t at = 0, length;
    bool ok = true;

    guest->leave = is_for_prompt(bytes, count);
    while (ok && !guest->leave && guest->text < guest->end && at < count) {
        rows = key_meaning(bytes + at, count - at, page, &length);
        at += length;
        guest->leave = rows == LEAVE;
        guest->session->standing.unseen = 0;
        ok = guest->leave || show_rows(guest, rows);
    }
    terminal_unread(bytes + at, count - at);
    return ok;
}

/* Waits for keys and reads those that follow at once; 0: a signal came, -1: the terminal is gone. */
static ssize_t read_keys(const sigset_t *wait_mask, char *bytes, size_t size)
{
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
    size_t count = 0;
    ssize_t got;

    switch (terminal_wait(wait_mask)) {
    case WAIT_INPUT:
        break;
    case WAIT_FAILED:
        return -1;
    default:
        return 0;
    }
    do {
        got = terminal_read(bytes + count, size - count);
        if (got > 0)
            count += (size_t)got;
    } while (got > 0 && count < size && poll(&input, 1, BURST_MILLISECONDS) > 0);
    return got < 0 && count == 0 ? -1 : (ssize_t)count;
}

/* Page after page; a new size of the terminal counts from the next one on. */
static bool go_through(struct guest *guest, const sigset_t *wait_mask)
{
    char bytes[BURST];
    ssize_t count;
    bool ok = show_rows(guest, guest->session->screen.height - 1);

    while (ok && guest->text < guest->end && !guest->leave) {
        ok = show_state(guest);
        do
            count = read_keys(wait_mask, bytes, sizeof bytes);
        while (count == 0 && !guest->session->interrupted && !signals_take_resume());
        ok = ok && erase_state();
        terminal_look(guest->session);
        guest->leave = count < 0 || guest->session->interrupted;
        if (ok && count > 0 && guest->leave)
            terminal_unread(bytes, (size_t)count);
        else if (ok && count > 0)
            ok = take_keys(guest, bytes, (size_t)count);
    }
    return ok;
}

/* Keys come one by one and unseen, and Ctrl-C takes none of them away. */
static bool hold_keys(struct termios *before)
{
    struct termios modes;

    if (tcgetattr(STDIN_FILENO, before) != 0)
        return false;
    modes = *before;
    modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    modes.c_lflag |= NOFLSH;
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    terminal_hold(NULL, "\r\033[K");
    tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
    terminal_modes_are_set();
    return true;
}

static void release_keys(const struct termios *before)
{
    tcsetattr(STDIN_FILENO, TCSADRAIN, before);
    terminal_release();
}

/* False where it could not be shown: nothing was written then. */
static bool show_pages(struct session *session, const char *text, size_t length)
{
    struct guest guest = { .session = session, .text = text, .end = text + length };
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
    struct termios before;
    sigset_t wait_mask;
    bool ahead;

    if (terminal_has_unread() || !hold_keys(&before))
        return false;
    ahead = poll(&input, 1, 0) > 0;
    if (!ahead) {
        lines_within(text, guest.end, session->screen.width, INT_MAX, false, &guest.lines);
        signals_block(&wait_mask);
        go_through(&guest, &wait_mask);
        signals_unblock(&wait_mask);
        if (session->standing.depth <= 1)
            session->interrupted = 0; /* that Ctrl-C was the pager's; in the middle of a script it ends the script too */
    }
    release_keys(&before);
    return !ahead;
}

/* --- which ------------------------------------------------------------------------------------------- */

/* True where the text leaves no room on the screen for the prompt behind it. */
static bool is_too_long(const struct session *session, const char *text, size_t length)
{
    int lines;

    return lines_within(text, text + length, session->screen.width, session->screen.height - 1, false, &lines) < text + length;
}

bool pager_show(struct session *session, const char *text, size_t length, struct glmm_error *err)
{
    const char *term = getenv("TERM");
    bool able = session->interactive && session->screen.terminal && term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;

    fflush(stdout);
    progress_hide();
    if (able && session->settings.pager != PAGER_OFF && is_too_long(session, text, length)
        && (session->settings.pager == PAGER_EXTERNAL ? pager_external(session, text, length)
                                                      : show_pages(session, text, length)))
        return true;
    if (able)
        session->standing.unseen += rows_of(text, text + length, session->screen.width);
    if (!file_write(STDOUT_FILENO, text, length, &session->interrupted))
        return fail(err, GLMM_E_FILE, NOWHERE, "cannot write standard output: %s", strerror(errno));
    return true;
}

int pager_wait(struct session *session)
{
    static const char words[] = "space goes on";
    bool color = session_style(session).color;
    int key;

    fflush(stdout);
    (void)(write_bytes(color ? "\033[7m" : "", color ? 4 : 0) && write_bytes(words, sizeof words - 1)
           && write_bytes(color ? "\033[0m" : "", color ? 4 : 0));
    key = terminal_key(session);
    (void)erase_state();
    session->standing.unseen = 0;
    return key;
}
