/* output.c -- see output.h. */
#include "config.h"
#include "session/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/safe.h"
#include "data/source.h"
#include "session/chronicle.h"
#include "session/guard.h"
#include "session/private.h"

enum { PLAIN_WIDTH = 80, LEAST_WIDTH = 40, MOST_WIDTH = 250 };

/* --- style ------------------------------------------------------------------------------------ */

static enum charset charset_of(int setting, enum charset automatic)
{
    switch (setting) {
    case SET_CHARSET_BLOCK:
        return CHARSET_BLOCK;
    case SET_CHARSET_BRAILLE:
        return CHARSET_BRAILLE;
    case SET_CHARSET_ASCII:
        return CHARSET_ASCII;
    default:
        return automatic;
    }
}

struct style session_plain_style(const struct session *session)
{
    const struct settings *set = &session->settings;
    struct style style = {
        .format = (enum format)set->format,
        .width = set->width > 0 ? set->width : PLAIN_WIDTH,
        .digits = set->digits,
        .charset = charset_of(set->charset, CHARSET_ASCII),
        .progress = &session->progress,
        .is_command = session->is_command,
    };

    return style;
}

struct style session_style(const struct session *session)
{
    const struct settings *set = &session->settings;
    const struct screen *screen = &session->screen;
    struct style style = session_plain_style(session);

    if (session->own->capture != NULL)
        return style;
    if (set->width == 0)
        style.width = screen->width < LEAST_WIDTH ? LEAST_WIDTH : screen->width > MOST_WIDTH ? MOST_WIDTH : screen->width;
    if (screen->terminal)
        style.height = screen->height;
    style.charset = charset_of(set->charset, screen->charset);
    style.color = set->color == SWITCH_ON || (set->color == SWITCH_AUTO && screen->color);
    style.hints = session->interactive;
    return style;
}

/* --- writing ---------------------------------------------------------------------------------- */

static bool fail_write(const char *path, struct glmm_error *err)
{
    return fail(err, GLMM_E_FILE, NOWHERE, "cannot write %s: %s", path, strerror(errno));
}

/* Standard output cannot be written; where only its reader went away (`| head`), the session is to end without a word. */
static bool fail_shown(struct session *session, struct glmm_error *err)
{
    session->standing.broken = errno == EPIPE;
    if (session->standing.broken)
        session->quit = true;
    return fail_write("standard output", err);
}

/* Writes and flushes, so that what was shown is there whatever happens next. */
static bool write_stream(FILE *stream, const char *path, const char *text, size_t length, struct glmm_error *err)
{
    errno = 0;
    if (fwrite(text, 1, length, stream) == length && fflush(stream) == 0)
        return true;
    fail_write(path, err);
    clearerr(stream);
    return false;
}

/* Ends the copy; false where the last of it could not be written. */
static bool close_output(struct session *session, struct glmm_error *err)
{
    struct session_private *own = session->own;
    bool ok = true;

    if (own->output != NULL) {
        guard_mark(session, fileno(own->output));
        errno = 0;
        ok = fclose(own->output) == 0 || fail_write(own->output_path, err);
    }
    mem_free(own->output_path);
    own->output = NULL;
    own->output_path = NULL;
    session->standing.copy_apart = false;
    return ok;
}

static bool write_copy(struct session *session, const char *text, size_t length, struct glmm_error *err)
{
    struct session_private *own = session->own;

    if (own->output == NULL || own->capture != NULL || write_stream(own->output, own->output_path, text, length, err))
        return true;
    close_output(session, NULL); /* no second error for each result to come */
    return false;
}

/* All of it to standard output.  Not by stdio, for which a Ctrl-C that comes while the reader makes it wait is an error; the rest
 * is left out then, for the script ends there. */
static bool write_out(const struct session *session, const char *text, size_t length)
{
    return fflush(stdout) == 0 && file_write(STDOUT_FILENO, text, length, session->interrupted ? NULL : &session->interrupted);
}

/* Writes to standard output, or hands it to the pager. */
static bool show_bytes(struct session *session, const char *text, size_t length, struct glmm_error *err)
{
    session->standing.wrote = true;
    if (session->show != NULL ? session->show(session, text, length, err) : write_out(session, text, length))
        return true;
    session->standing.lost = true;
    return fail_shown(session, err);
}

/* Shows text in the place of the moment, without the copy.  At a terminal nothing passes that it would obey: results were made
 * safe as they were laid out, all but those in a format for other programs, in which no colour is the program's own. */
static bool show(struct session *session, const char *text, size_t length, bool colored, struct glmm_error *err)
{
    struct session_private *own = session->own;
    enum safe_kind kind = colored ? SAFE_COLORED : SAFE_LINES;
    struct text safe = { 0 };
    bool ok;

    if (own->capture != NULL) {
        text_add_bytes(own->capture, text, length);
        return !own->capture->failed || fail_memory(err);
    }
    if (!session->screen.terminal || safe_already(text, length, kind))
        return show_bytes(session, text, length, err);
    safe_add(&safe, text, length, kind);
    ok = safe.failed ? fail_memory(err) : show_bytes(session, text_string(&safe), safe.length, err);
    text_clear(&safe);
    return ok;
}

bool session_write(struct session *session, const char *text, size_t length, bool colored, struct glmm_error *err)
{
    session->standing.apart = session->standing.copy_apart = false;
    return show(session, text, length, colored, err) && write_copy(session, text, length, err);
}

static bool same_style(const struct style *a, const struct style *b)
{
    return a->format == b->format && a->width == b->width && a->height == b->height && a->digits == b->digits
           && a->charset == b->charset && a->color == b->color && a->hints == b->hints;
}

/* Whether a blank line is due before a result; notes that one was shown. */
static bool needs_blank(bool *apart, const struct style *style)
{
    bool prose = style->format == FORMAT_TEXT || style->format == FORMAT_MARKDOWN || style->format == FORMAT_LATEX
                 || style->format == FORMAT_HTML;
    bool due = *apart && prose;

    *apart = prose;
    return due;
}

bool session_render(const struct session *session, const struct result *result, const struct style *style, struct text *out,
                    struct glmm_error *err)
{
    if (result_ok(result) && render(result, style, out))
        return true;
    if (session->interrupted)
        return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped while the output was laid out");
    return fail_memory(err);
}

/* The copy looks as a script's output would, in the format that is shown: rendered anew unless it is the same. */
static bool emit_copy(struct session *session, const struct result *result, const struct style *shown, const char *text,
                      size_t length, struct glmm_error *err)
{
    struct style plain = session_plain_style(session);
    struct text copy = { 0 };
    bool ok;

    if (session->own->output == NULL)
        return true;
    plain.format = shown->format;
    plain.digits = shown->digits;
    ok = !needs_blank(&session->standing.copy_apart, &plain) || write_copy(session, "\n", 1, err);
    if (same_style(&plain, shown))
        return ok && write_copy(session, text, length, err);
    ok = ok && session_render(session, result, &plain, &copy, err) && write_copy(session, text_string(&copy), copy.length, err);
    text_clear(&copy);
    return ok;
}

bool session_copy_command(struct session *session, const char *line, struct glmm_error *err)
{
    struct session_private *own = session->own;
    struct text text = { 0 };
    bool ok;

    if (own->output == NULL || !own->output_commands || session->settings.format != FORMAT_TEXT)
        return true;
    text_addf(&text, "%s> %s\n", session->standing.copy_apart ? "\n" : "", line);
    session->standing.copy_apart = false;
    ok = (!text.failed || fail_memory(err)) && write_copy(session, text_string(&text), text.length, err);
    text_clear(&text);
    return ok;
}

void session_copy_error(struct session *session, const char *message)
{
    chronicle_error(session, message);
    if (session->own->output != NULL && session->own->output_commands)
        write_copy(session, message, strlen(message), NULL);
}

bool session_tell(struct session *session, struct result *result, struct glmm_error *err)
{
    struct result *last = session->last;
    FILE *output = session->own->output;
    struct text *capture = session->own->capture;
    size_t before = capture == NULL ? 0 : capture->length;
    bool ok = true, apart = session->standing.apart;

    if (capture != NULL && session->own->expected == NULL) {
        result_free(result);
        return true;
    }
    session->last = NULL;
    session->own->output = NULL;
    session->own->telling = true;
    ok = session_emit(session, result, err);
    session->own->telling = false;
    result_free(session->last);
    session->last = last;
    session->own->output = output;
    if (ok && capture != NULL && strstr(session->own->expected, text_string(capture) + before) == NULL) {
        text_truncate(capture, before);
        session->standing.apart = apart;
    }
    return ok;
}

const char *session_expect(struct session *session, const char *expected)
{
    const char *before = session->own->expected;

    session->own->expected = expected;
    return before;
}

bool session_whole(const struct session *session)
{
    return mem_refused() == session->standing.refused;
}

void session_blame_memory(const struct session *session, struct glmm_error *err)
{
    bool shown = err->code == GLMM_OK && session->status != 0;

    if (session_whole(session) || shown || err->code == GLMM_E_LIMIT || err->code == GLMM_E_INTERRUPT)
        return;
    error_clear(err);
    fail_memory(err);
}

/* Shows a result in that style, and copies it. */
static bool emit(struct session *session, const struct result *result, const struct style *style, struct glmm_error *err)
{
    struct text text = { 0 };
    size_t blank = needs_blank(&session->standing.apart, style);
    bool ok;

    text_repeat(&text, "\n", (int)blank);
    ok = session_render(session, result, style, &text, err) && (session_whole(session) || fail_memory(err));
    ok = ok && show(session, text_string(&text), text.length, style->color && style->format == FORMAT_TEXT, err)
         && emit_copy(session, result, style, text_string(&text) + blank, text.length - blank, err);
    text_clear(&text);
    return ok;
}

bool session_emit(struct session *session, struct result *result, struct glmm_error *err)
{
    struct style style = session_style(session);
    bool ok, stopped = session->interrupted;

    session->interrupted = 0; /* that Ctrl-C was the command's, which kept what was done: it stops neither layout nor pager */
    ok = emit(session, result, &style, err);
    if (stopped)
        session->interrupted = 1;
    if (ok && session->own->capture == NULL && !session->own->telling)
        chronicle_result(session, result);
    if (result_ok(result) && session_whole(session)) {
        result_free(session->last);
        session->last = result;
    } else {
        result_free(result);
    }
    return ok;
}

bool session_emit_again(struct session *session, const struct style *style, struct glmm_error *err)
{
    return emit(session, session->last, style, err);
}

struct text *session_capture(struct session *session, struct text *capture)
{
    struct text *before = session->own->capture;

    session->own->capture = capture;
    session->standing.apart = false;
    return before;
}

/* --- files ------------------------------------------------------------------------------------ */

/* Opens a file for writing from its beginning.  A FIFO without a reader is an error, not a wait. */
static FILE *open_output(const char *path, struct glmm_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666), flags;
    FILE *stream;

    if (fd < 0) {
        if (errno == ENXIO)
            fail(err, GLMM_E_FILE, NOWHERE, "cannot write %s: nobody reads it", path);
        else
            fail_write(path, err);
        return NULL;
    }
    flags = fcntl(fd, F_GETFL);
    if (flags >= 0)
        (void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    stream = fdopen(fd, "w");
    if (stream == NULL) {
        fail_write(path, err);
        close(fd);
    }
    return stream;
}

bool output_copy_open(const struct session *session, const char *path, bool commands, struct output_copy *copy,
                      struct glmm_error *err)
{
    *copy = (struct output_copy){ .path = mem_strdup(path), .commands = commands };
    if (copy->path == NULL)
        return fail_memory(err);
    copy->stream = open_output(session_is_silent(session) ? "/dev/null" : path, err);
    if (copy->stream == NULL)
        output_copy_clear(copy);
    return copy->path != NULL;
}

void output_copy_clear(struct output_copy *copy)
{
    if (copy->stream != NULL)
        fclose(copy->stream);
    mem_free(copy->path);
    *copy = (struct output_copy){ .stream = NULL };
}

bool session_output(struct session *session, struct output_copy *copy, struct glmm_error *err)
{
    struct session_private *own = session->own;
    bool ok;

    if (own->output != NULL)
        guard_mark(session, fileno(own->output)); /* what of it may need memory */
    if (!session_whole(session))
        return fail_memory(err);
    ok = close_output(session, err);
    if (copy == NULL)
        return ok;
    own->output = copy->stream;
    own->output_commands = copy->commands;
    own->output_path = copy->path;
    *copy = (struct output_copy){ .stream = NULL };
    return ok;
}

const char *session_output_path(const struct session *session)
{
    return session->own->output_path;
}

/* The permissions of the file that is to be replaced, or those of a new one. */
static mode_t mode_for(const char *path)
{
    struct stat status;
    mode_t mask = umask(0);

    umask(mask);
    return stat(path, &status) == 0 ? status.st_mode & 0777 : 0666 & ~mask;
}

bool file_write(int fd, const char *bytes, size_t count, const volatile sig_atomic_t *stop)
{
    ssize_t wrote;

    while (count > 0) {
        if (stop != NULL && *stop)
            return true;
        wrote = write(fd, bytes, count);
        if (wrote < 0 && errno != EINTR)
            return false;
        if (wrote > 0) {
            bytes += wrote;
            count -= (size_t)wrote;
        }
    }
    return true;
}

/* Writes all of it to the descriptor, down to the disk. */
static bool write_whole(int fd, const char *bytes, size_t count)
{
    return file_write(fd, bytes, count, NULL) && (fsync(fd) == 0 || errno == EINVAL || errno == EROFS);
}

/* False where memory was refused to the command: nothing is replaced then. */
static bool mark(struct session *session, int fd)
{
    guard_mark(session, fd);
    errno = ENOMEM;
    return session_whole(session);
}

/* Gives a file without a name the name `path`, in the place of what stands there.  A link cannot replace a file, so it gets
 * another name first: always the same one, so that what a kill leaves between the two calls is gone after the next. */
static bool put_in_place(int fd, const char *path, const char *temporary)
{
    char self[40];

    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    if (linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0)
        return true;
    for (int tries = 0; errno == EEXIST && tries < 100; tries++) {
        bool linked = linkat(AT_FDCWD, self, AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) == 0;
        int reason;

        if (linked && rename(temporary, path) == 0)
            return true;
        reason = errno;
        if (linked || reason == EEXIST)
            unlink(temporary);
        errno = linked && reason == ENOENT ? EEXIST : reason; /* another process has taken ours for what a kill had left */
    }
    return false;
}

/* The same for file systems that have no files without a name. */
static bool replace_named(struct session *session, const char *path, const char *bytes, size_t count, const char *temporary)
{
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = fd >= 0 && write_whole(fd, bytes, count) && fchmod(fd, mode_for(path)) == 0;

    if (ok && session != NULL)
        ok = mark(session, fd);
    ok = (fd < 0 || close(fd) == 0) && ok && rename(temporary, path) == 0;
    if (!ok && fd >= 0)
        unlink(temporary);
    return ok;
}

/* Writes a plain file that has or gets the name `path`, a link's target. */
static bool replace_plain(struct session *session, const char *path, const char *bytes, size_t count)
{
    const char *slash = strrchr(path, '/');
    size_t folder = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    struct text temporary = { 0 }, where = { 0 };
    bool ok, made = false;
    int fd = -1;

    text_add_bytes(&where, folder == 0 ? "." : path, folder == 0 ? 1 : folder);
    text_add_bytes(&temporary, path, folder);
    text_addf(&temporary, ".%s.new", path + folder);
    ok = !temporary.failed && !where.failed;
    if (!ok)
        errno = ENOMEM;
    if (ok && access("/proc/self/fd", X_OK) == 0)
        fd = open(where.data, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
    if (fd >= 0) {
        ok = write_whole(fd, bytes, count) && fchmod(fd, mode_for(path)) == 0;
        if (ok && session != NULL)
            ok = mark(session, fd);
        made = ok && put_in_place(fd, path, temporary.data);
        ok = made;
        close(fd);
    } else if (ok) {
        ok = replace_named(session, path, bytes, count, temporary.data);
    }
    text_clear(&temporary);
    text_clear(&where);
    return ok;
}

/* Where a link leads, for it stays one: new (free), NULL where it is no matter.  One that leads nowhere yet gets an empty file to
 * lead to. */
static char *real_path(const char *path)
{
    struct stat status;
    int fd;

    if (lstat(path, &status) != 0 || !S_ISLNK(status.st_mode))
        return NULL;
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    if (fd >= 0)
        close(fd);
    return realpath(path, NULL);
}

bool file_read(const char *path, struct text *text, struct glmm_error *err)
{
    FILE *stream = fopen(path, "re");
    char block[1 << 14];
    size_t got;
    bool ok;

    if (stream == NULL)
        return source_fail(path, errno, err);
    while ((got = fread(block, 1, sizeof block, stream)) > 0)
        text_add_bytes(text, block, got);
    ok = ferror(stream) == 0 || fail(err, GLMM_E_FILE, NOWHERE, "cannot read `%s`: %s", path, strerror(errno));
    fclose(stream);
    return ok && (!text->failed || fail_memory(err));
}

bool file_replace(struct session *session, const char *path, const char *bytes, size_t count, struct glmm_error *err)
{
    struct stat status;
    char *real = NULL;
    FILE *stream;
    bool ok;

    if (session_is_silent(session))
        return true;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) { /* a device or a pipe: /dev/stdout */
        stream = open_output(path, err);
        if (stream == NULL)
            return false;
        ok = write_stream(stream, path, bytes, count, err);
        return (fclose(stream) == 0 || fail_write(path, err)) && ok;
    }
    real = real_path(path);
    errno = 0;
    ok = replace_plain(session, real == NULL ? path : real, bytes, count) || fail_write(path, err);
    free(real);
    return ok;
}
