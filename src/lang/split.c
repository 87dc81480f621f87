/* split.c -- see split.h.  One pass over the bytes with a stack of what is open; UTF-8 needs no care, for all marks are ASCII. */
#include "lang/split.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { DEPTH_LIMIT = 256 };

/* What one command's scan has open. */
struct nest {
    char mark[DEPTH_LIMIT]; /* `(` or `{` */
    size_t place[DEPTH_LIMIT];
    int depth;
};

void split_init(struct split *split, const char *text, size_t length)
{
    memset(split, 0, sizeof *split);
    split->text = text;
    split->length = length;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

static size_t line_end(const struct split *split, size_t at)
{
    const char *newline = memchr(split->text + at, '\n', split->length - at);

    return newline == NULL ? split->length : (size_t)(newline - split->text);
}

/* The place behind the quote that begins at `at`, or 0 when it is not closed. */
static size_t quote_end(const struct split *split, size_t at)
{
    char quote = split->text[at];

    for (size_t i = at + 1; i < split->length; i++) {
        if (split->text[i] == quote)
            return i + 1;
        if (split->text[i] == '\\' && quote == '"')
            i++;
    }
    return 0;
}

static void set_open(struct split *split, char what, size_t at)
{
    split->open = what;
    split->open_at = at;
}

/* True where the `\` at `at` has only blanks behind it on its line; *next is then the start of the next line. */
static bool continues(const struct split *split, size_t at, size_t *next)
{
    size_t end = line_end(split, at);

    for (size_t i = at + 1; i < end; i++)
        if (!is_blank(split->text[i]))
            return false;
    *next = end < split->length ? end + 1 : end;
    return true;
}

/* True where the command that begins the text goes on behind its last byte, an operator of a formula: an operand is missing
 * there.  A
 * `-` or `/` ends a file's name (`load -`), so these need a formula or an expression before them; what follows `=` is a value
 * (`na=-`). */
static bool lacks_operand(const char *command, size_t last)
{
    size_t name = 0, before = last, i;
    char c = command[last];
    bool expression = c == '~' || c == ',';

    if (c == '\0' || strchr("+-*:/~,", c) == NULL)
        return false;
    while (name < last && !is_blank(command[name]))
        name++;
    while (name < last && is_blank(command[name]))
        name++;
    while (before > 0 && is_blank(command[before - 1]))
        before--;
    for (i = 0; i < last; i++)
        expression = expression || strchr("=<>", command[i]) != NULL || (command[i] == '~' && command[i + 1] != '/');
    return expression && name < last && command[before - 1] != '=';
}

/* Opens or closes a bracket; false with err for one that does not fit. */
static bool bracket(struct nest *nest, char c, size_t at, struct glmm_error *err)
{
    struct glmm_span here = span_of((int)at, (int)at + 1);
    char opener = c == ')' ? '(' : '{';

    if (c == '(' || c == '{') {
        if (nest->depth == DEPTH_LIMIT)
            return fail(err, GLMM_E_LIMIT, here, "more than %d brackets are open", DEPTH_LIMIT);
        nest->mark[nest->depth] = c;
        nest->place[nest->depth++] = at;
        return true;
    }
    if (nest->depth == 0)
        return fail(err, GLMM_E_SYNTAX, here, "this `%c` closes nothing", c);
    if (nest->mark[nest->depth - 1] != opener)
        return fail(err, GLMM_E_SYNTAX, here, "this `%c` closes nothing: `%c` is open", c, nest->mark[nest->depth - 1]);
    nest->depth--;
    return true;
}

/* Moves begin and end inwards over blanks. */
static void trim(struct split *split, const char *clean)
{
    size_t length = split->end - split->begin;

    while (length > 0 && is_blank(clean[length - 1]))
        length--;
    split->end = split->begin + length;
}

static void blank_out(char *clean, size_t from, size_t to)
{
    memset(clean + from, ' ', to - from);
}

/* Skips blanks, separators, comments and lone continuation marks; false at the end. */
static bool find_begin(struct split *split)
{
    size_t next;

    while (split->at < split->length) {
        char c = split->text[split->at];

        if (c == '#')
            split->at = line_end(split, split->at);
        else if (c == '\\' && continues(split, split->at, &next))
            split->at = next;
        else if (is_blank(c) || c == ';')
            split->at++;
        else
            return true;
    }
    return false;
}

/* The place behind the piece at i: a quoted text, a comment, a continuation, or a byte; 0 where it has no end. */
static size_t piece_end(struct split *split, size_t i)
{
    char c = split->text[i];
    size_t next = i + 1;

    if (c == '"' || c == '`') {
        next = quote_end(split, i);
        if (next == 0)
            set_open(split, c, i);
    } else if (c == '#') {
        next = line_end(split, i);
    } else if (c == '\\' && continues(split, i, &next) && next == split->length) {
        set_open(split, '\\', i);
        split->end = i;
        next = 0;
    }
    return next;
}

/* The command's own copy, so long as it was read: it grows by doubling, that many commands on a line cost what the line does. */
struct copy {
    struct arena *arena;
    char *bytes;
    size_t size;
};

static bool reach(const struct split *split, struct copy *copy, size_t place)
{
    enum { FIRST = 128 };
    size_t wanted = place - split->begin, most = split->length - split->begin, size = 2 * wanted > FIRST ? 2 * wanted : FIRST;
    char *bytes;

    assert(wanted > 0);
    if (wanted <= copy->size)
        return true;
    size = size < most ? size : most;
    bytes = arena_alloc(copy->arena, size + 1, 1);
    if (bytes == NULL)
        return false;
    if (copy->size > 0)
        memcpy(bytes, copy->bytes, copy->size);
    memcpy(bytes + copy->size, split->text + split->begin + copy->size, size - copy->size);
    copy->bytes = bytes;
    copy->size = size;
    return true;
}

/* Makes the piece blank in the copy, where it is no text of the command. */
static void blank_piece(const struct split *split, char *bytes, size_t i, size_t next)
{
    char c = split->text[i];

    if (c == '#' || (c == '\\' && next > i + 1))
        blank_out(bytes, i - split->begin, next - split->begin);
    else if (is_blank(c))
        bytes[i - split->begin] = ' ';
}

/* Scans one command from split->begin on; *end: the place behind it. */
static enum split_state scan(struct split *split, struct copy *copy, size_t *end, struct glmm_error *err)
{
    struct nest nest = { .depth = 0 };
    enum split_state state = SPLIT_COMMAND;
    size_t i, next, last = 0; /* last: what is no blank, of the command's own bytes */

    for (i = split->begin; i < split->length && state == SPLIT_COMMAND; i = next) {
        char c = split->text[i];

        assert(i == split->begin || copy->bytes != NULL); /* what was read is in the copy */
        *end = i;
        if (c == '\n' && nest.depth == 0 && i > split->begin && lacks_operand(copy->bytes, last)) {
            if (split_is_blank(split->text + i, split->length - i)) {
                set_open(split, copy->bytes[last], split->begin + last);
                return SPLIT_OPEN;
            }
        } else if ((c == '\n' || c == ';') && nest.depth == 0) {
            return SPLIT_COMMAND;
        }
        if ((c == '(' || c == ')' || c == '{' || c == '}') && !bracket(&nest, c, i, err))
            state = SPLIT_ERROR;
        next = piece_end(split, i);
        if (next == 0)
            return SPLIT_OPEN;
        if (!reach(split, copy, next)) {
            fail_memory(err);
            *end = split->length;
            return SPLIT_ERROR;
        }
        blank_piece(split, copy->bytes, i, next);
        for (size_t k = i - split->begin; k < next - split->begin; k++)
            last = is_blank(copy->bytes[k]) ? last : k;
    }
    *end = i;
    if (state == SPLIT_COMMAND && nest.depth > 0) {
        set_open(split, nest.mark[nest.depth - 1], nest.place[nest.depth - 1]);
        state = SPLIT_OPEN;
    }
    return state;
}

enum split_state split_next(struct split *split, struct arena *arena, const char **clean, struct glmm_error *err)
{
    struct copy copy = { .arena = arena };
    enum split_state state;
    size_t end;

    if (!find_begin(split))
        return SPLIT_END;
    split->begin = split->at;
    split->open = '\0';
    state = scan(split, &copy, &end, err);
    if (state == SPLIT_OPEN)
        return state;
    if (state == SPLIT_ERROR)
        end = line_end(split, end);
    split->end = split->at = end;
    if (state == SPLIT_ERROR)
        return state;
    assert(copy.bytes != NULL); /* a command has a byte at least: find_begin() went over what is none */
    trim(split, copy.bytes);
    copy.bytes[split->end - split->begin] = '\0';
    *clean = copy.bytes;
    return state;
}

void split_tidy(const char *clean, struct text *out)
{
    struct split split;

    split_init(&split, clean, strlen(clean));
    while (split.at < split.length) {
        size_t from = split.at, to = from + 1;

        if (clean[from] == '"' || clean[from] == '`')
            to = quote_end(&split, from);
        if (to == 0)
            to = split.length; /* never in clean text */
        if (clean[from] == ' ')
            to = from + strspn(clean + from, " ");
        text_add_bytes(out, clean + from, clean[from] == ' ' ? 1 : to - from);
        split.at = to;
    }
}

bool split_is_blank(const char *text, size_t length)
{
    struct split split;

    split_init(&split, text, length);
    return !find_begin(&split);
}
