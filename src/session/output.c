/* output.c -- see output.h. */
#include "session/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "session/private.h"

enum { PLAIN_WIDTH = 80, LEAST_WIDTH = 40, MOST_WIDTH = 250 };

/* --- style ------------------------------------------------------------------------------------ */

static enum charset charset_of(int setting, enum charset automatic)
{
    switch (setting) {
    case SET_CHARSET_BLOCK: return CHARSET_BLOCK;
    case SET_CHARSET_BRAILLE: return CHARSET_BRAILLE;
    case SET_CHARSET_ASCII: return CHARSET_ASCII;
    default: return automatic;
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
    session->own->broken = errno == EPIPE;
    if (session->own->broken)
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

static bool write_copy(struct session *session, const char *text, size_t length, struct glmm_error *err)
{
    struct session_private *own = session->own;

    if (own->output == NULL || own->capture != NULL || write_stream(own->output, own->output_path, text, length, err))
        return true;
    session_output(session, NULL, NULL);        /* no second error for each result to come */
    return false;
}

/* Shows text in the place of the moment, without the copy. */
static bool show(struct session *session, const char *text, size_t length, struct glmm_error *err)
{
    struct session_private *own = session->own;

    if (own->capture != NULL) {
        text_add_bytes(own->capture, text, length);
        return !own->capture->failed || fail_memory(err);
    }
    own->wrote = true;
    if (session->show != NULL)
        return session->show(session, text, length, err) || fail_shown(session, err);
    return (fwrite(text, 1, length, stdout) == length && fflush(stdout) == 0) || fail_shown(session, err);
}

bool session_write(struct session *session, const char *text, size_t length, struct glmm_error *err)
{
    session->own->apart = session->own->copy_apart = false;
    return show(session, text, length, err) && write_copy(session, text, length, err);
}

static bool same_style(const struct style *a, const struct style *b)
{
    return a->format == b->format && a->width == b->width && a->digits == b->digits && a->charset == b->charset
        && a->color == b->color && a->hints == b->hints;
}

/* Whether a blank line is due before a result; notes that one was shown. */
static bool needs_blank(bool *apart, const struct style *style)
{
    bool prose = style->format == FORMAT_TEXT || style->format == FORMAT_MARKDOWN || style->format == FORMAT_LATEX;
    bool due = *apart && prose;

    *apart = prose;
    return due;
}

/* The copy looks as a script's output would: rendered anew unless it is the same. */
static bool emit_copy(struct session *session, const struct result *result, const struct style *shown, const char *text,
                      size_t length, struct glmm_error *err)
{
    struct style plain = session_plain_style(session);
    struct text copy = { 0 };
    bool ok;

    if (session->own->output == NULL)
        return true;
    ok = !needs_blank(&session->own->copy_apart, &plain) || write_copy(session, "\n", 1, err);
    if (same_style(&plain, shown))
        return ok && write_copy(session, text, length, err);
    ok = ok && (render(result, &plain, &copy) || fail_memory(err)) && write_copy(session, text_string(&copy), copy.length, err);
    text_clear(&copy);
    return ok;
}

bool session_emit(struct session *session, struct result *result, struct glmm_error *err)
{
    struct style style = session_style(session);
    struct text text = { 0 };
    size_t blank = needs_blank(&session->own->apart, &style);
    bool ok;

    text_repeat(&text, "\n", (int)blank);
    ok = (result_ok(result) && render(result, &style, &text)) || fail_memory(err);
    ok = ok && show(session, text_string(&text), text.length, err)
         && emit_copy(session, result, &style, text_string(&text) + blank, text.length - blank, err);
    text_clear(&text);
    if (result_ok(result)) {
        result_free(session->last);
        session->last = result;
    } else {
        result_free(result);
    }
    return ok;
}

struct text *session_capture(struct session *session, struct text *capture)
{
    struct text *before = session->own->capture;

    session->own->capture = capture;
    session->own->apart = false;
    return before;
}

/* --- files ------------------------------------------------------------------------------------ */

bool session_output(struct session *session, const char *path, struct glmm_error *err)
{
    struct session_private *own = session->own;
    FILE *stream = NULL;
    char *copy = NULL;

    if (path != NULL) {
        copy = mem_strdup(path);
        if (copy == NULL)
            return fail_memory(err);
        stream = fopen(path, "we");
        if (stream == NULL) {
            fail_write(path, err);
            mem_free(copy);
            return false;
        }
    }
    if (own->output != NULL)
        fclose(own->output);
    mem_free(own->output_path);
    own->output = stream;
    own->copy_apart = false;
    own->output_path = copy;
    return true;
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

bool file_replace(const char *path, const char *bytes, size_t count, struct glmm_error *err)
{
    struct text name = { 0 };
    struct stat status;
    FILE *stream = NULL;
    int descriptor;
    bool ok;

    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {     /* a device or a pipe: /dev/stdout */
        stream = fopen(path, "we");
        if (stream == NULL)
            return fail_write(path, err);
        ok = write_stream(stream, path, bytes, count, err);
        return (fclose(stream) == 0 || fail_write(path, err)) && ok;
    }
    text_addf(&name, "%s.XXXXXX", path);
    if (name.failed)
        return fail_memory(err);
    descriptor = mkstemp(name.data);
    if (descriptor < 0) {
        fail_write(path, err);
        text_clear(&name);
        return false;
    }
    stream = fdopen(descriptor, "w");
    ok = stream != NULL && fwrite(bytes, 1, count, stream) == count && fflush(stream) == 0
         && fchmod(descriptor, mode_for(path)) == 0;
    ok = (stream != NULL ? fclose(stream) : close(descriptor)) == 0 && ok;
    ok = ok && rename(name.data, path) == 0;
    if (!ok) {
        fail_write(path, err);
        unlink(name.data);
    }
    text_clear(&name);
    return ok;
}
