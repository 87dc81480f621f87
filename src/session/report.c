/* report.c -- see report.h. */
#include "session/report.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/safe.h"
#include "render/render.h"
#include "render/wrap.h"
#include "session/output.h"
#include "session/private.h"

enum { MESSAGE_INDENT = 7 }; /* `error: ` */

int error_status(const struct glmm_error *err)
{
    switch (err->code) {
    case GLMM_OK:
        return 0;
    case GLMM_E_SYNTAX:
        return 2;
    case GLMM_E_USAGE:
        return 2;
    case GLMM_E_FILE:
        return 3;
    case GLMM_E_INTERRUPT:
        return 130;
    default:
        return 1;
    }
}

const char *error_name(enum glmm_code code)
{
    static const char *const names[] = {
        [GLMM_OK] = "ok",
        [GLMM_E_SYNTAX] = "syntax",
        [GLMM_E_USAGE] = "usage",
        [GLMM_E_NAME] = "name",
        [GLMM_E_TYPE] = "type",
        [GLMM_E_VALUE] = "value",
        [GLMM_E_DATA] = "data",
        [GLMM_E_MODEL] = "model",
        [GLMM_E_STATE] = "state",
        [GLMM_E_FILE] = "file",
        [GLMM_E_LIMIT] = "limit",
        [GLMM_E_MEMORY] = "memory",
        [GLMM_E_INTERRUPT] = "interrupt",
    };

    return names[code];
}

/* Where an error stands: its line of the input and the columns in it. */
struct spot {
    long line;        /* number, from 1 */
    const char *text; /* the line, `length` bytes */
    size_t length;
    bool skipped;      /* the line began earlier */
    bool last;         /* of the input */
    int column, width; /* display columns before the span, and of it */
    bool caret;        /* the error has a span */
};

/* Keeps of a line what is near the place, in whole characters, that each of many errors in a long line costs little; true where
 * its beginning is left out. */
static bool near(const char *text, size_t begin, size_t *start, size_t *end, size_t *stop)
{
    enum { NEAR = 4096 }; /* bytes: more than any screen has columns */
    bool skipped = begin - *start > NEAR;

    if (skipped)
        for (*start = begin - NEAR; ((unsigned char)text[*start] & 0xC0) == 0x80;)
            ++*start;
    if (*stop - begin > NEAR)
        for (*stop = begin + NEAR; ((unsigned char)text[*stop] & 0xC0) == 0x80;)
            --*stop;
    if (*end > *stop)
        *end = *stop;
    return skipped;
}

static struct spot find_spot(const struct glmm_error *err, const struct origin *origin)
{
    struct spot spot = { .line = origin->line, .caret = err->at.begin >= 0 };
    size_t begin = origin->begin + (size_t)(spot.caret ? err->at.begin : 0);
    size_t end = origin->begin + (size_t)(spot.caret ? err->at.end : 0), start = 0, stop;
    const char *newline;

    if (begin > origin->length)
        begin = origin->length;
    while ((newline = memchr(origin->text + start, '\n', begin - start)) != NULL) {
        start = (size_t)(newline - origin->text) + 1;
        spot.line++;
    }
    newline = memchr(origin->text + start, '\n', origin->length - start);
    stop = newline == NULL ? origin->length : (size_t)(newline - origin->text);
    end = end > stop ? stop : end < begin ? begin : end;
    spot.skipped = near(origin->text, begin, &start, &end, &stop);
    spot.text = origin->text + start;
    spot.length = stop - start;
    spot.last = newline == NULL || newline + 1 == origin->text + origin->length;
    spot.column = utf8_width_n(spot.text, begin - start);
    spot.width = utf8_width_n(origin->text + begin, end - begin);
    return spot;
}

/* `    ^~~~` behind so many columns. */
static void add_caret(struct text *out, const struct spot *spot, int columns)
{
    text_repeat(out, " ", columns + spot->column);
    text_add_char(out, '^');
    text_repeat(out, "~", spot->width - 1);
    text_add_char(out, '\n');
}

/* Cuts a long line to the columns around the spot, in whole characters; what is left out at its beginning becomes "...". */
static struct spot narrow(const struct spot *spot, int columns)
{
    enum { DOTS = 3 };
    struct spot cut = *spot;
    int skipped = 0, width;
    size_t at = 0;

    if (!spot->skipped && utf8_width_n(spot->text, spot->length) <= columns)
        return cut;
    while (spot->column - skipped > columns / 2) {
        for (width = 1; at + (size_t)width < spot->length && ((unsigned char)spot->text[at + (size_t)width] & 0xC0) == 0x80;)
            width++;
        skipped += utf8_width_n(spot->text + at, (size_t)width);
        at += (size_t)width;
    }
    cut.text += at;
    cut.length -= at;
    cut.skipped = spot->skipped || at > 0;
    cut.column += (cut.skipped ? DOTS : 0) - skipped;
    at = utf8_prefix(cut.text, columns - (cut.skipped ? DOTS : 0));
    if (at < cut.length)
        cut.length = at;
    if (cut.column + cut.width > columns)
        cut.width = columns - cut.column;
    return cut;
}

/* The line and the caret under it; a tab is one blank, as it was counted. */
static void add_lines(struct text *out, const struct spot *whole, int columns)
{
    struct spot spot = narrow(whole, columns - 4);

    text_addf(out, "    %s", spot.skipped ? "..." : "");
    for (size_t i = 0; i < spot.length; i++)
        text_add_char(out, (unsigned char)spot.text[i] < ' ' ? ' ' : spot.text[i]);
    text_add_char(out, '\n');
    add_caret(out, &spot, 4);
}

/* The bytes up to the next blank, or behind what is quoted there, to be typed as it stands, where that fits the columns. */
static size_t unbroken(const char *text, int columns)
{
    size_t word = strcspn(text, " \n"), end;
    const char *quote, *close;

    while ((quote = memchr(text, '`', word)) != NULL && (close = strchr(quote + 1, '`')) != NULL) {
        end = (size_t)(close - text) + 1;
        end += strcspn(close + 1, " `\n"); /* a comma behind it */
        if (end <= word || memchr(text, '\n', end) != NULL || utf8_width_n(text, end) > columns)
            break;
        word = end;
    }
    return word;
}

/* What stands together at `text`, which begins with a word: a command behind a colon, up to a semicolon or the end of the line,
 * where it fits the columns; else what unbroken() has.  The whole message is `message`. */
static size_t together(const struct session *session, const char *message, const char *text, int columns)
{
    size_t word = unbroken(text, columns);
    bool behind_colon = text >= message + 2 && memcmp(text - 2, ": ", 2) == 0;
    size_t length = behind_colon ? wrap_command(text, session->is_command) : 0;

    return length > word && utf8_width_n(text, length) <= columns ? length : word;
}

/* Appends the text, broken between words where a person reads, so that no word is torn at the edge; `column` is where it begins.
 */
static void add_words(struct text *out, const struct session *session, const char *message, int column)
{
    int width = session->interactive ? session_style(session).width : 0;

    for (const char *text = message; *text != '\0';) {
        size_t blanks = strspn(text, " "), word = together(session, message, text + blanks, width - MESSAGE_INDENT);
        int columns = utf8_width_n(text, blanks + word);

        if (*text == '\n') { /* the message's own lines */
            text_add_char(out, *text++);
            column = 0;
            continue;
        }
        if (width > 0 && column > MESSAGE_INDENT && column + columns > width && blanks > 0) {
            text_add_char(out, '\n');
            text_repeat(out, " ", MESSAGE_INDENT);
            column = MESSAGE_INDENT;
            text += blanks;
            columns -= (int)blanks;
            blanks = 0;
        }
        text_add_bytes(out, text, blanks + word);
        column += columns;
        text += blanks + word;
    }
}

/* Where the last line of the text begins. */
static size_t last_line(const struct text *text)
{
    size_t at = text->length;

    while (at > 0 && text->data[at - 1] != '\n')
        at--;
    return at;
}

/* `what is x?` ends by itself. */
static bool is_question(const char *message)
{
    size_t length = strlen(message);

    return length > 0 && message[length - 1] == '?';
}

static void add_message(struct text *out, const struct session *session, const struct glmm_error *err, bool color)
{
    bool interrupt = err->code == GLMM_E_INTERRUPT;
    struct text message = { 0 };
    int place = utf8_width(text_string(out) + last_line(out)); /* where the error is in a script */

    text_add(&message, err->message);
    if (err->hint[0] != '\0')
        text_addf(&message, "%s%s", is_question(err->message) ? " " : "; ", err->hint);
    if (interrupt)
        text_add(out, session->interactive && out->length == 0 ? "\r^C  " : "interrupted: ");
    else
        text_addf(out, "%serror:%s ", color ? "\033[1;31m" : "", color ? "\033[0m" : "");
    add_words(out, session, text_string(&message), interrupt ? (int)strlen("^C  ") : place + MESSAGE_INDENT);
    text_add_char(out, '\n');
    out->failed = out->failed || message.failed;
    text_clear(&message);
}

/* The input made safe, with the error's place in it: what stands before the error keeps its lines. */
static struct origin safe_origin(struct text *safe, struct glmm_error *err, const struct origin *origin)
{
    struct origin made = *origin;
    size_t begin = origin->begin + (size_t)(err->at.begin >= 0 ? err->at.begin : 0);
    size_t end = origin->begin + (size_t)(err->at.begin >= 0 ? err->at.end : 0);

    begin = begin > origin->length ? origin->length : begin;
    end = end > origin->length ? origin->length : end < begin ? begin : end;
    if (safe_already(origin->text, origin->length, SAFE_LINES))
        return made;
    safe_add(safe, origin->text, begin, SAFE_LINES);
    made.begin = safe->length;
    safe_add(safe, origin->text + begin, end - begin, SAFE_LINES);
    if (err->at.begin >= 0)
        err->at = span_of(0, (int)(safe->length - made.begin));
    safe_add(safe, origin->text + end, origin->length - end, SAFE_LINES);
    made.text = text_string(safe);
    made.length = safe->length;
    made.prompt_width = 0; /* what was typed stands there in another way: it is shown again */
    return made;
}

/* At the prompt the caret goes under what was typed, if that still stands right above; else the line is shown again. */
static void report_prompt(struct text *out, const struct session *session, const struct glmm_error *err,
                          const struct origin *origin, bool color)
{
    struct spot spot = find_spot(err, origin);
    int width = session_style(session).width;
    bool above = origin->prompt_width > 0 && spot.last && !session->standing.wrote
                 && origin->prompt_width + utf8_width_n(spot.text, spot.length) < width;

    if (spot.caret && above)
        add_caret(out, &spot, origin->prompt_width);
    else if (spot.caret)
        add_lines(out, &spot, width);
    add_message(out, session, err, color);
}

static void report_script(struct text *out, const struct session *session, const struct glmm_error *err,
                          const struct origin *origin, bool color)
{
    struct spot spot = find_spot(err, origin);

    safe_add(out, origin->name, strlen(origin->name), SAFE_WORDS);
    text_addf(out, ":%ld:%d: ", spot.line, spot.column + 1);
    add_message(out, session, err, color);
    if (spot.caret)
        add_lines(out, &spot, session_style(session).width);
}

static void report_at(struct text *out, const struct session *session, const struct glmm_error *err, const struct origin *origin,
                      const char *usage, bool color)
{
    if (origin->name == NULL)
        report_prompt(out, session, err, origin, color);
    else
        report_script(out, session, err, origin, color);
    if (err->code == GLMM_E_USAGE && usage != NULL) {
        text_add(out, "usage: ");
        add_words(out, session, usage, MESSAGE_INDENT);
        text_add_char(out, '\n');
    }
}

static void report_json(struct text *out, const struct glmm_error *err, const struct origin *origin)
{
    struct spot spot = origin == NULL ? (struct spot){ 0 } : find_spot(err, origin);
    bool place = origin != NULL && (origin->name != NULL || spot.caret);
    struct text file = { 0 };
    long refused = mem_refused();
    json_t *json;
    char *line;

    if (origin != NULL && origin->name != NULL)
        safe_add(&file, origin->name, strlen(origin->name), SAFE_WORDS);
    json =
        json_pack("{s:{s:s, s:s, s:s*, s:s?, s:o, s:o}}", "error", "code", error_name(err->code), "message", err->message, "hint",
                  err->hint[0] == '\0' ? NULL : err->hint, "file", file.data, "line",
                  place ? json_integer(spot.line) : json_null(), "column", place ? json_integer(spot.column + 1) : json_null());
    line = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    text_add(out,
             line == NULL || mem_refused() != refused /* jansson goes on behind a key that it could not write */
                 ? "{\"error\":{\"code\":\"memory\",\"message\":\"out of memory\",\"file\":null,\"line\":null,\"column\":null}}"
                 : line);
    text_add_char(out, '\n');
    free(line);
    json_decref(json);
    text_clear(&file);
}

/* All that goes to standard error but the progress line. */
static void say(struct session *session, const struct text *out)
{
    struct text safe = { 0 };
    enum safe_kind kind = session->settings.format == FORMAT_JSON ? SAFE_JSON
                          : session_style(session).color          ? SAFE_COLORED
                                                                  : SAFE_LINES;
    size_t column = out->length > 0 && out->data[0] == '\r'; /* our own way to the first column, before `^C` */
    const char *words;

    text_add_bytes(&safe, "\r", column);
    safe_add(&safe, text_string(out) + column, out->length - column, kind);
    words = text_string(&safe);
    if (out->failed || safe.failed)
        words = "mixsh: out of memory\n";
    /* Not by stdio, for which a Ctrl-C that comes while the terminal makes it wait is an error. */
    if (fflush(stderr) != 0 || !file_write(STDERR_FILENO, words, strlen(words), NULL))
        session->standing.lost = true;
    session->standing.wrote = true;
    text_clear(&safe);
}

void session_report(struct session *session, const struct glmm_error *err, const struct origin *origin, const char *usage)
{
    struct text out = { 0 }, copy = { 0 }, safe = { 0 };
    struct glmm_error placed = *err;
    struct origin made;

    fflush(stdout);
    if (session->settings.format == FORMAT_JSON) {
        report_json(&out, err, origin);
    } else if (origin == NULL) {
        text_addf(&out, "mixsh: %s%s%s\n", err->message, err->hint[0] == '\0' ? "" : "; ", err->hint);
    } else {
        made = safe_origin(&safe, &placed, origin);
        report_at(&out, session, &placed, &made, usage, session_style(session).color && isatty(STDERR_FILENO));
        made.prompt_width = made.prompt_width == 0 ? 0 : (int)strlen("> "); /* in a copy the command stands behind that */
        report_at(&copy, session, &placed, &made, usage, false);
    }
    out.failed = out.failed || safe.failed || copy.failed;
    say(session, &out);
    session_copy_error(session, text_string(copy.length > 0 ? &copy : &out));
    text_clear(&out);
    text_clear(&copy);
    text_clear(&safe);
}

void session_notice(struct session *session, const char *format, ...)
{
    struct text out = { 0 };
    va_list args;

    fflush(stdout);
    text_add(&out, "mixsh: ");
    va_start(args, format);
    safe_addv(&out, format, args);
    va_end(args);
    text_add_char(&out, '\n');
    say(session, &out);
    text_clear(&out);
}
