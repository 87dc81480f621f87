/* values.c -- see values.h.  Values are put in as they stand, before the line is split into commands: a value can be a number, a
 * name, a part of a formula, several options. */
#include "lang/values.h"

#include <string.h>

#include "base/suggest.h"

static bool is_value_name(char c, bool first)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (!first && c >= '0' && c <= '9');
}

static const char *find_value(const struct script_value *values, const char *name, size_t length)
{
    for (; values->name != NULL; values++)
        if (strlen(values->name) == length && memcmp(values->name, name, length) == 0)
            return values->value;
    return NULL;
}

static bool fail_value(const struct script_value *values, const char *name, size_t length, struct glmm_span at,
                       struct glmm_error *err)
{
    struct text word = { 0 };
    struct suggest suggest;

    text_add_bytes(&word, name, length);
    if (word.failed)
        return fail_memory(err);
    fail(err, GLMM_E_NAME, at, "`$%.60s` has no value", text_string(&word));
    suggest_init(&suggest, text_string(&word));
    for (; values->name != NULL; values++)
        suggest_offer(&suggest, values->name);
    if (!suggest_hint(&suggest, err))
        error_hint(err, "source FILE, %.60s=VALUE gives it one; $$ is a plain dollar sign", text_string(&word));
    text_clear(&word);
    return false;
}

/* `$NAME` or `${NAME}` at `at`; *step gets its length.  A `$` before anything else is itself. */
static bool put_value(const struct script_value *values, const char *line, size_t at, size_t length, struct text *out,
                      size_t *step, struct glmm_error *err)
{
    bool braced = at + 1 < length && line[at + 1] == '{';
    size_t begin = at + (braced ? 2 : 1), end = begin;
    const char *value;

    while (end < length && is_value_name(line[end], end == begin))
        end++;
    *step = end - at + (braced ? 1 : 0);
    if (end == begin || (braced && (end == length || line[end] != '}'))) {
        *step = at + 1 < length && line[at + 1] == '$' ? 2 : 1;
        text_add_char(out, '$');
        return true;
    }
    value = find_value(values, line + begin, end - begin);
    if (value == NULL)
        return fail_value(values, line + begin, end - begin, span_of((int)at, (int)(at + *step)), err);
    text_add(out, value);
    return true;
}

bool values_put(const struct script_value *values, const char *line, size_t length, struct text *out, struct glmm_error *err)
{
    char quote = '\0';
    size_t step;

    for (size_t at = 0; at < length; at += step) {
        step = 1;
        if (quote == '\0' && line[at] == '#') {
            text_add_bytes(out, line + at, length - at);
            return true;
        }
        if (line[at] == '$') {
            if (!put_value(values, line, at, length, out, &step, err))
                return false;
            continue;
        }
        if (quote == '"' && line[at] == '\\' && at + 1 < length)
            step = 2;
        else if (quote == line[at])
            quote = '\0';
        else if (quote == '\0' && (line[at] == '"' || line[at] == '`'))
            quote = line[at];
        text_add_bytes(out, line + at, step);
    }
    return true;
}
