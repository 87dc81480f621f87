/* error.c -- see error.h. */
#include "base/error.h"

#include <stdarg.h>
#include <string.h>

#include "base/safe.h"

#undef fail /* the analyzer's, of the header */
#undef fail_memory
#undef error_argument

const struct glmm_span NOWHERE = { -1, -1 };

struct glmm_span span_of(int begin, int end)
{
    struct glmm_span span = { begin, end };

    return span;
}

bool fail(struct glmm_error *err, enum glmm_code code, struct glmm_span at, const char *format, ...)
{
    va_list args;
    bool named;

    if (err == NULL || err->code != GLMM_OK)
        return false;
    va_start(args, format);
    named = safe_format(err->message, sizeof err->message, format, args);
    va_end(args);
    if (!named)
        return fail_memory(err);
    err->code = code;
    err->at = at;
    return false;
}

bool fail_memory(struct glmm_error *err)
{
    return fail(err, GLMM_E_MEMORY, NOWHERE, "out of memory");
}

void error_hint(struct glmm_error *err, const char *format, ...)
{
    va_list args;

    if (err == NULL || err->hint[0] != '\0')
        return;
    va_start(args, format);
    if (!safe_format(err->hint, sizeof err->hint, format, args))
        err->hint[0] = '\0';
    va_end(args);
}

bool error_argument(struct glmm_error *err, const char *name)
{
    if (err != NULL && err->argument == NULL && err->code != GLMM_OK && err->code != GLMM_E_MEMORY
        && err->code != GLMM_E_INTERRUPT)
        err->argument = name;
    return false;
}

bool error_is_about(const struct glmm_error *err, const char *name)
{
    return err->argument != NULL && strcmp(err->argument, name) == 0;
}

void error_shift(struct glmm_error *err, int offset)
{
    if (err == NULL || err->code == GLMM_OK || err->at.begin < 0)
        return;
    err->at.begin += offset;
    err->at.end += offset;
}

void error_clear(struct glmm_error *err)
{
    if (err == NULL)
        return;
    memset(err, 0, sizeof *err);
    err->at = NOWHERE;
}
