/* at.c -- see at.h.
 *
 * at     -> NAME '=' values { ',' NAME '=' values }
 * values -> value { ',' value } | 'c' '(' value { ',' value } ')'
 * value  -> TEXT | '`' TEXT '`' | "'" TEXT "'" | '"' TEXT '"'
 *         | NUMBER ':' NUMBER                                     whole steps
 *         | ('(' | '[') NUMBER ',' NUMBER (')' | ']')             a level as R's cut() names it */
#include "lang/at.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "data/frame.h"
#include "lang/words.h"

#define BLANKS " \t\n"

static const double ROUNDING = 1e-9; /* of whole steps from one number to another */

struct reader {
    struct arena *arena;
    struct glmm_span place;
    struct at *out;
    struct glmm_error *err;
    bool in_list; /* within c(...) */
};

static bool fail_form(const struct reader *r)
{
    fail(r->err, GLMM_E_SYNTAX, r->place, "at= takes variables with their values");
    error_hint(r->err, "at=\"Days=0:9, Subject=308, 309\"");
    return false;
}

/* "recipe=A temp=200", "recipe=A; temp=200": what stands before an equals sign where a comma belongs is a value, a blank or a
 * semicolon, and a name, which may be between backquotes. */
static bool fail_blank(const struct reader *r, const char *both)
{
    size_t next = both == NULL ? 0 : strlen(both), end;
    const char *name = r->out->count == 0 ? "" : r->out->variables[r->out->count - 1].name;
    const char *quote = strchr(name, ' ') != NULL ? "`" : "";

    if (next > 1 && both[next - 1] == '`')
        for (next--; next > 0 && both[next - 1] != '`';)
            next--;
    while (next > 0 && strchr(" ;", both[next - 1]) == NULL)
        next--;
    for (end = next; end > 0 && strchr(" ;", both[end - 1]) != NULL;)
        end--;
    if (end == 0 || name[0] == '\0')
        return fail_form(r);
    fail(r->err, GLMM_E_SYNTAX, r->place, "a comma stands before the next variable of at=");
    error_hint(r->err, "%s%.40s%s=%.*s, %.40s=", quote, name, quote, (int)end, both, both + next);
    return false;
}

static bool add_value(struct reader *r, const char *text)
{
    struct at_variable *v = &r->out->variables[r->out->count - 1];
    const char **wider;

    if (text == NULL)
        return fail_memory(r->err);
    if (v->count == AT_VALUES_MOST)
        return fail(r->err, GLMM_E_LIMIT, r->place, "`%.60s` has more than %d values", v->name, (int)AT_VALUES_MOST);
    if (v->count == v->capacity) {
        wider = arena_alloc(r->arena, v->capacity * 2 + 16, sizeof *wider);
        if (wider == NULL)
            return fail_memory(r->err);
        if (v->count > 0)
            memcpy(wider, v->values, v->count * sizeof *wider);
        v->values = wider;
        v->capacity = v->capacity * 2 + 16;
    }
    v->values[v->count++] = text;
    return true;
}

/* `0:9`, or one value. */
static bool add_values(struct reader *r, const char *text)
{
    const char *colon = strchr(text, ':');
    double first, last, step;
    char buffer[40];

    if (colon == NULL || !parse_number(text, (size_t)(colon - text), &first)
        || !parse_number(colon + 1, strlen(colon + 1), &last))
        return add_value(r, text);
    if (!(fabs(last - first) < AT_VALUES_MOST))
        return fail(r->err, GLMM_E_LIMIT, r->place, "`%.60s` has more than %d values", text, (int)AT_VALUES_MOST);
    step = last < first ? -1 : 1;
    for (int i = 0; i <= (int)floor(fabs(last - first) + ROUNDING); i++)
        if (!add_value(r, arena_strdup(r->arena, number_as_r(first + i * step, buffer))))
            return false;
    return true;
}

static bool add_variable(struct reader *r, const char *name)
{
    struct at *out = r->out;

    if (name == NULL)
        return fail_memory(r->err);
    if (name[0] == '\0')
        return fail_form(r);
    for (int i = 0; i < out->count; i++)
        if (strcmp(out->variables[i].name, name) == 0)
            return fail(r->err, GLMM_E_USAGE, r->place, "at= names `%.60s` twice", name);
    if (out->count == AT_VARIABLES_MOST)
        return fail(r->err, GLMM_E_LIMIT, r->place, "at= takes at most %d variables", (int)AT_VARIABLES_MOST);
    out->variables[out->count++] = (struct at_variable){ .name = name };
    return true;
}

/* Whether what is over here ends a value: blanks, then a comma, the end of c(...) or of all. */
static bool ends_value(const struct reader *r, const char *text)
{
    text += strspn(text, BLANKS);
    return *text == '\0' || *text == ',' || (r->in_list && *text == ')');
}

/* Where a text between quotes ends: backquotes, or straight ones that nothing but the next value follows; NULL: it begins with
 * none. */
static const char *closing_quote(const struct reader *r, const char *begin)
{
    const char *close = *begin != '\0' && strchr("`'\"", *begin) != NULL ? strchr(begin + 1, *begin) : NULL;

    return close == NULL || *begin == '`' || ends_value(r, close + 1) ? close : NULL;
}

/* The next text, up to a comma or (of a name) an equals sign outside quotes, without blanks around it and without the quotes;
 * *text moves behind it.  *quoted: it stood between quotes. */
static const char *next_text(struct reader *r, const char **text, bool *quoted)
{
    const char *begin = *text + strspn(*text, BLANKS), *end = begin + interval_length(begin), *close = closing_quote(r, begin);

    *quoted = close != NULL;
    if (close != NULL) {
        *text = close + 1 + strspn(close + 1, BLANKS);
        return arena_strndup(r->arena, begin + 1, (size_t)(close - begin - 1));
    }
    if (end == begin || !ends_value(r, end))
        end = begin + strcspn(begin, r->in_list ? ",=)" : ",=");
    *text = end;
    while (end > begin && isspace((unsigned char)end[-1]))
        end--;
    return arena_strndup(r->arena, begin, (size_t)(end - begin));
}

/* "c(" with its end before the next variable: the length of what opens the list, else 0. */
static size_t begins_list(struct reader *r, const char *text)
{
    const char *begin = text + strspn(text, BLANKS), *close = strchr(begin, ')'), *next = strchr(begin, '=');

    if (strncmp(begin, "c(", 2) != 0 || close == NULL || (next != NULL && next < close))
        return 0;
    r->in_list = true;
    return (size_t)(begin + 2 - text);
}

/* Quotes as a word processor or a chat makes them of straight ones. */
static bool has_curly_quotes(const char *text)
{
    static const char *const curly[] = { "\xe2\x80\x98", "\xe2\x80\x99", "\xe2\x80\x9c",
                                         "\xe2\x80\x9d", "\xe2\x80\x9e", "\xe2\x80\x9f" };
    size_t length = strlen(text);

    for (size_t i = 0; i < sizeof curly / sizeof *curly; i++)
        if (strncmp(text, curly[i], 3) == 0 || (length >= 3 && strcmp(text + length - 3, curly[i]) == 0))
            return true;
    return false;
}

bool at_parse(struct arena *arena, const char *text, struct glmm_span place, struct at *out, struct glmm_error *err)
{
    struct reader r = { arena, place, out, err, false };
    const char *one;
    bool quoted;

    *out = (struct at){ .variables = arena_alloc(arena, AT_VARIABLES_MOST, sizeof *out->variables) };
    if (out->variables == NULL)
        return fail_memory(err);
    if (has_curly_quotes(text)) {
        fail(err, GLMM_E_SYNTAX, place, "curly quotes are part of no value: quotes are straight");
        error_hint(err, "at=\"Days=0:9, Subject=308, 309\"");
        return false;
    }
    for (;; text++) {
        one = next_text(&r, &text, &quoted);
        if (*text == '=') {
            if (!add_variable(&r, one))
                return false;
            text += 1 + begins_list(&r, text + 1);
            one = next_text(&r, &text, &quoted);
            if (*text == '=')
                return fail_blank(&r, one);
        }
        if (one == NULL)
            return fail_memory(err);
        if (r.in_list && *text == ')') {
            r.in_list = false;
            text += 1 + strspn(text + 1, BLANKS);
        }
        if (out->count == 0 || (one[0] == '\0' && !quoted) || (*text != ',' && *text != '\0'))
            return fail_form(&r);
        if (!(quoted ? add_value(&r, one) : add_values(&r, one)))
            return false;
        if (*text == '\0')
            return !r.in_list || fail_form(&r);
    }
}
