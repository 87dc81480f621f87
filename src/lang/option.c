/* option.c -- see option.h. */
#include "lang/option.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"

const struct option *option_find(const struct option *options, const char *name)
{
    for (; options != NULL && options->name != NULL; options++)
        if (strcmp(options->name, name) == 0)
            return options;
    return NULL;
}

int option_count(const struct option *options)
{
    int count = 0;

    while (options != NULL && options[count].name != NULL)
        count++;
    return count;
}

/* Appends to a buffer of fixed size; what does not fit is cut. */
static void append(char *buffer, size_t size, const char *text)
{
    size_t used = strlen(buffer);

    snprintf(buffer + used, size - used, "%s", text);
}

static void allow_range(const struct option *option, const char *kind, char *buffer, size_t size)
{
    if (option->min == 0 && option->max == 0)
        snprintf(buffer, size, "%s", kind);
    else if (isinf(option->max) && option->min == DBL_MIN)
        snprintf(buffer, size, "%s above 0", kind);
    else if (isinf(option->max) || (option->type == OPTION_INTEGER && option->max >= INT_MAX))
        snprintf(buffer, size, "%s of at least %.15g", kind, option->min);
    else
        snprintf(buffer, size, "%s from %.15g to %.15g", kind, option->min, option->max);
}

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Whether the text has the name, and not only within a longer word. */
static bool names(const char *text, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = text; at != NULL && length > 0 && (at = strstr(at, name)) != NULL; at++)
        if ((at == text || !is_word_byte(at[-1]) || !is_word_byte(name[0]))
            && (!is_word_byte(at[length]) || !is_word_byte(name[length - 1])))
            return true;
    return false;
}

bool option_lists(const struct option *option)
{
    bool closed = option->type == OPTION_CHOICE || option->type == OPTION_ENUM;
    int count = 0, named = 0;

    if (option->choices == NULL)
        return false;
    for (const char *const *choice = option->choices; *choice != NULL; choice++, count++) {
        if (!closed && strpbrk(*choice, "(~\" ") != NULL)
            return false;
        named += names(option->help, *choice) || names(option->word, *choice);
    }
    return closed ? named < count : 2 * named < count;
}

const char *option_allowed(const struct option *option, char *buffer, size_t size)
{
    buffer[0] = '\0';
    switch (option->type) {
    case OPTION_FLAG:
        append(buffer, size, "no value");
        break;
    case OPTION_INTEGER:
        allow_range(option, "an integer", buffer, size);
        break;
    case OPTION_REAL:
        allow_range(option, "a number", buffer, size);
        break;
    case OPTION_SEED:
        append(buffer, size, "an integer of at least 0");
        break;
    case OPTION_SWITCH:
        append(buffer, size, "on or off");
        break;
    case OPTION_WORDS:
    case OPTION_WORD:
        append(buffer, size, "a word or a quoted text");
        break;
    case OPTION_VARIABLE:
        append(buffer, size, "a variable or an expression");
        break;
    case OPTION_FILE:
        append(buffer, size, "a file");
        break;
    case OPTION_CHOICE:
    case OPTION_ENUM:
        append(buffer, size, option->choices[1] == NULL ? "" : "one of ");
        for (int i = 0; option->choices[i] != NULL; i++) {
            append(buffer, size, i == 0 ? "" : ", ");
            append(buffer, size, option->choices[i]);
        }
    }
    return buffer;
}

static bool bad_value(const struct option *option, const char *text, struct glmm_span at, struct glmm_error *err)
{
    char allowed[256];

    option_allowed(option, allowed, sizeof allowed);
    return fail(err, GLMM_E_USAGE, at, "`%s` must be %s, not `%.60s`", option->name, allowed, text);
}

/* The index of the choice, by its name or an unambiguous prefix; -1. */
static int find_choice(const struct option *option, const char *text, bool prefix)
{
    int found = -1;

    for (int i = 0; option->choices[i] != NULL; i++)
        if (strcmp(option->choices[i], text) == 0)
            return i;
    for (int i = 0; prefix && text[0] != '\0' && option->choices[i] != NULL; i++)
        if (strncmp(option->choices[i], text, strlen(text)) == 0) {
            if (found >= 0)
                return -1;
            found = i;
        }
    return found;
}

static bool in_range(const struct option *option, double x)
{
    return (option->min == 0 && option->max == 0) || (x >= option->min && x <= option->max);
}

/* Plain decimal notation only: strtod alone would take "nan", "0x1p3" and "infinity". */
static bool read_real(const char *text, double *x)
{
    char *end;

    if (text[0] == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0')
        return false;
    errno = 0;
    *x = strtod(text, &end);
    return *end == '\0' && isfinite(*x);
}

static bool read_seed(const char *text, uint64_t *seed)
{
    char *end;

    if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0')
        return false;
    errno = 0;
    *seed = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0;
}

static bool read_choice(const struct option *option, const char *text, bool prefix, void *target, struct glmm_span at,
                        struct glmm_error *err)
{
    int choice = find_choice(option, text, prefix);
    struct suggest suggest;

    if (choice < 0) {
        bad_value(option, text, at, err);
        suggest_init(&suggest, text);
        suggest_all(&suggest, option->choices);
        suggest_hint(&suggest, err);
        return false;
    }
    if (option->type == OPTION_ENUM)
        *(int *)target = choice;
    else
        *(const char **)target = option->choices[choice];
    return true;
}

/* Adds the text to the list at `target`, a new one each time. */
static bool add_word(struct arena *arena, void *target, const char *text)
{
    const char *const *before = *(const char *const **)target;
    const char **list, *copy = arena_strdup(arena, text);
    size_t count = 0;

    while (before != NULL && before[count] != NULL)
        count++;
    list = arena_alloc(arena, count + 2, sizeof *list);
    if (list == NULL || copy == NULL)
        return false;
    if (count > 0)
        memcpy(list, before, count * sizeof *list);
    list[count] = copy;
    *(const char *const **)target = list;
    return true;
}

bool option_read(const struct option *option, const char *text, bool prefix, struct arena *arena, void *values,
                 struct glmm_span at, struct glmm_error *err)
{
    void *target = (char *)values + option->offset;
    bool on = strcmp(text, "on") == 0;
    uint64_t seed;
    double x;

    switch (option->type) {
    case OPTION_FLAG:
        *(bool *)target = true;
        return true;
    case OPTION_SWITCH:
        if (!on && strcmp(text, "off") != 0)
            return bad_value(option, text, at, err);
        *(bool *)target = on;
        return true;
    case OPTION_INTEGER:
        if (!read_real(text, &x) || x != floor(x) || fabs(x) > INT_MAX || !in_range(option, x))
            return bad_value(option, text, at, err);
        *(int *)target = (int)x;
        return true;
    case OPTION_REAL:
        if (!read_real(text, &x) || !in_range(option, x))
            return bad_value(option, text, at, err);
        *(double *)target = x;
        return true;
    case OPTION_SEED:
        if (!read_seed(text, &seed))
            return bad_value(option, text, at, err);
        *(uint64_t *)target = seed;
        return true;
    case OPTION_CHOICE:
    case OPTION_ENUM:
        return read_choice(option, text, prefix, target, at, err);
    case OPTION_WORDS:
        return add_word(arena, target, text) || fail_memory(err);
    case OPTION_WORD:
    case OPTION_VARIABLE:
    case OPTION_FILE:
        *(const char **)target = arena_strdup(arena, text);
        return *(const char **)target != NULL || fail_memory(err);
    }
    return false;
}

const char *option_show(const struct option *option, const void *values, char *buffer, size_t size)
{
    const void *target = (const char *)values + option->offset;

    buffer[0] = '\0';
    switch (option->type) {
    case OPTION_FLAG:
        return "";
    case OPTION_SWITCH:
        return *(const bool *)target ? "on" : "off";
    case OPTION_ENUM:
        return option->choices[*(const int *)target];
    case OPTION_INTEGER:
        snprintf(buffer, size, "%d", *(const int *)target);
        break;
    case OPTION_REAL:
        if (!isnan(*(const double *)target)) /* NaN: not given */
            snprintf(buffer, size, "%.15g", *(const double *)target);
        break;
    case OPTION_SEED:
        snprintf(buffer, size, "%" PRIu64, *(const uint64_t *)target);
        break;
    case OPTION_WORDS:
        return *(const char *const *const *)target == NULL ? "" : **(const char *const *const *)target;
    case OPTION_CHOICE:
    case OPTION_WORD:
    case OPTION_VARIABLE:
    case OPTION_FILE:
        return *(const char *const *)target == NULL ? "" : *(const char *const *)target;
    }
    return buffer;
}
