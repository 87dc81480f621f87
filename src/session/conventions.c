/* conventions.c -- see conventions.h. */
#include "session/conventions.h"

#include <stdio.h>
#include <string.h>

/* The first version has nothing before it. */
const struct convention conventions[] = {
    { NULL, NULL },
};

/* False where it is no version.  What follows the numbers ("~rc1") is no matter. */
static bool read_version(const char *text, int number[3])
{
    number[0] = number[1] = number[2] = 0;
    return sscanf(text, "%4d.%4d.%4d", &number[0], &number[1], &number[2]) >= 2;
}

static int order(const int a[3], const int b[3])
{
    for (int i = 0; i < 3; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

bool conventions_since(struct text *out, const char *version, const char *now, const struct convention *list)
{
    int script[3], program[3], since[3];
    bool first = true;

    if (!read_version(version, script) || !read_version(now, program))
        return false;
    if (order(script, program) > 0) {
        text_addf(out, "this is %s, an older one, whose numbers and commands can be others", now);
        return true;
    }
    for (; list->version != NULL; list++) {
        if (!read_version(list->version, since) || order(since, script) <= 0 || order(since, program) > 0)
            continue;
        text_addf(out, "%s%s (%s)", first ? "since then " : "; ", list->what, list->version);
        first = false;
    }
    return true;
}
