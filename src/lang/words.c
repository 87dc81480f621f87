/* words.c -- see words.h. */
#include "lang/words.h"

#include <stdlib.h>
#include <string.h>

#include "base/safe.h"
#include "data/frame.h"

struct glmm_span trim_span(const char *line, struct glmm_span part)
{
    while (part.begin < part.end && word_blank(line[part.begin]))
        part.begin++;
    while (part.end > part.begin && word_blank(line[part.end - 1]))
        part.end--;
    return part;
}

/* The place behind the quote at `at`, at most `end`. */
static int quote_end(const char *line, int at, int end)
{
    char quote = line[at];

    for (at++; at < end; at++) {
        if (line[at] == quote)
            return at + 1;
        if (line[at] == '\\' && quote == '"')
            at++;
    }
    return end;
}

/* The first byte from `at` on that is at depth 0 outside quotes and one of `stops`, or a blank where `blanks`; else end. */
static int scan(const char *line, int at, int end, const char *stops, bool blanks)
{
    int depth = 0;

    while (at < end) {
        char c = line[at];

        if (c == '"' || c == '`') {
            at = quote_end(line, at, end);
            continue;
        }
        if (depth == 0 && ((blanks && word_blank(c)) || (c != '\0' && strchr(stops, c) != NULL)))
            return at;
        if (c == '(' || c == '{')
            depth++;
        else if ((c == ')' || c == '}') && depth > 0)
            depth--;
        at++;
    }
    return end;
}

int option_comma(const char *line, struct glmm_span part)
{
    return scan(line, part.begin, part.end, ",", false);
}

int word_end(const char *line, int at, int end, const char *stops)
{
    return scan(line, at, end, stops, true);
}

/* The byte that `\c` stands for, or 0. */
static char escape(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case '"':
        return '"';
    case '\\':
        return '\\';
    default:
        return '\0';
    }
}

static const char *fail_word(struct glmm_error *err, struct glmm_span at, const char *message)
{
    fail(err, GLMM_E_SYNTAX, at, "%s", message);
    return NULL;
}

/* Where one of the escapes that stand for any character (base/safe.h) is at `at`, appends what it means and returns its length.
 */
static int take_escape(const char *line, int at, int end, char *text, int *length)
{
    char bytes[4];
    size_t count, taken = line[at] == '\\' ? safe_escape(line + at, (size_t)(end - at), true, bytes, &count) : 0;

    if (taken > 0) {
        memcpy(text + *length, bytes, count);
        *length += (int)count;
    }
    return (int)taken;
}

/* An unquoted word, into `text`. */
static const char *decode(char *text, const char *line, int begin, int end)
{
    int length = 0, escaped;

    for (int i = begin; i<end; i += escaped> 0 ? escaped : 1)
        if ((escaped = take_escape(line, i, end, text, &length)) == 0)
            text[length++] = line[i];
    text[length] = '\0';
    return text;
}

const char *word_unquote(struct arena *arena, const char *line, struct glmm_span at, bool *quoted, struct glmm_error *err)
{
    char *text = arena_strndup(arena, line + at.begin, (size_t)(at.end - at.begin));
    char quote = at.begin < at.end ? line[at.begin] : '\0';
    int close, length = 0, escaped;

    *quoted = quote == '"' || quote == '`';
    if (text == NULL)
        fail_memory(err);
    if (text == NULL)
        return NULL;
    if (!*quoted)
        return decode(text, line, at.begin, at.end);
    close = quote_end(line, at.begin, at.end) - 1;
    if (close == at.begin || line[close] != quote)
        return fail_word(err, at, "this quote is not closed");
    if (close + 1 < at.end && quote == '`') { /* a longer name that begins with a quoted one: `Animal ID`:year */
        *quoted = false;
        return text;
    }
    if (close + 1 < at.end)
        return fail_word(err, span_of(close + 1, at.end), "a blank is missing behind the closing quote");
    for (int i = at.begin + 1; i < close; i++) {
        char c = line[i];

        if ((escaped = take_escape(line, i, close, text, &length)) > 0) {
            i += escaped - 1;
            continue;
        }
        if (c == '\\' && quote == '"') {
            c = escape(line[++i]);
            if (c == '\0') {
                fail(err, GLMM_E_SYNTAX, span_of(i - 1, i + 1), "unknown escape in a string");
                error_hint(err, "only \\\", \\\\, \\n, \\t, \\u{HEX} and \\x{HEX} are known; a backslash itself is written \\\\");
                return NULL;
            }
        }
        text[length++] = c;
    }
    text[length] = '\0';
    return text;
}

/* An end of such a level: a number, -Inf or Inf, which R has a blank before. */
static bool is_interval_end(const char *begin, const char *end)
{
    double ignored;

    begin += strspn(begin, " ");
    return (end - begin == 3 && memcmp(begin, "Inf", 3) == 0) || (end - begin == 4 && memcmp(begin, "-Inf", 4) == 0)
           || (end > begin && parse_number(begin, (size_t)(end - begin), &ignored));
}

size_t interval_length(const char *text)
{
    const char *comma = *text == '(' || *text == '[' ? strchr(text, ',') : NULL,
               *close = comma == NULL ? NULL : strpbrk(comma, ")]");

    return close != NULL && is_interval_end(text + 1, comma) && is_interval_end(comma + 1, close) ? (size_t)(close + 1 - text)
                                                                                                  : 0;
}

bool words_split(struct arena *arena, const char *line, struct glmm_span part, struct word **words, int *count,
                 struct glmm_error *err)
{
    int capacity = 0, n = 0;

    for (int at = part.begin; at < part.end; capacity++)
        for (at = word_end(line, at, part.end, ""); at < part.end && word_blank(line[at]); at++)
            continue;
    *count = 0;
    *words = arena_alloc(arena, (size_t)capacity + 1, sizeof **words);
    if (*words == NULL)
        return fail_memory(err);
    for (int at = part.begin; at < part.end;) {
        int end = word_end(line, at, part.end, "");
        struct word *word = &(*words)[n];

        if (end > at) {
            word->at = span_of(at, end);
            word->text = word_unquote(arena, line, word->at, &word->quoted, err);
            if (word->text == NULL)
                return false;
            n++;
        }
        for (at = end; at < part.end && word_blank(line[at]); at++)
            continue;
    }
    *count = n;
    return true;
}

const char *path_at_home(struct arena *arena, const char *path)
{
    const char *home = getenv("HOME");

    return path[0] == '~' && path[1] == '/' && home != NULL ? arena_printf(arena, "%s%s", home, path + 1) : path;
}

const char *path_from_home(struct arena *arena, const char *path)
{
    const char *home = getenv("HOME");
    size_t length = home == NULL ? 0 : strlen(home);

    return length > 1 && strncmp(path, home, length) == 0 && path[length] == '/' ? arena_printf(arena, "~%s", path + length)
                                                                                 : path;
}
