/* suggest.c -- see suggest.h. */
#include "base/suggest.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { MOST = 3 }; /* ties that are named: more are a list of names, and no hint */

void suggest_init(struct suggest *suggest, const char *word)
{
    memset(suggest, 0, sizeof *suggest);
    suggest->word = word;
    suggest->best = INT_MAX;
}

/* What comes must be as near as `best`. */
static void forget(struct suggest *suggest, int best)
{
    suggest->best = best;
    suggest->count = 0;
    suggest->names[0] = '\0';
}

/* Whether the name, as it is written, is among those that have been offered. */
static bool is_offered(const struct suggest *suggest, const char *quote, const char *name)
{
    const char *names = suggest->names;
    size_t marks = strlen(quote), length = strlen(name);

    for (const char *at = suggest->count == 0 ? NULL : strstr(names, name); at != NULL; at = strstr(at + 1, name))
        if ((size_t)(at - names) >= marks && strncmp(at - marks, quote, marks) == 0 && strncmp(at + length, quote, marks) == 0)
            return true;
    return false;
}

void suggest_offer(struct suggest *suggest, const char *name)
{
    size_t length;
    const char *quote;
    int distance;

    if (!is_near(suggest->word, name, &distance) || distance > suggest->best)
        return;
    if (distance < suggest->best)
        forget(suggest, distance);
    length = strlen(suggest->names);
    quote = strchr(name, '`') == NULL ? "`" : ""; /* a name may have its own */
    if (suggest->count == MOST || is_offered(suggest, quote, name))
        return;
    snprintf(suggest->names + length, sizeof suggest->names - length, "%s%s%s%s", suggest->count++ == 0 ? "" : " or ", quote,
             name, quote);
}

void suggest_all(struct suggest *suggest, const char *const *names)
{
    for (; names != NULL && *names != NULL; names++)
        suggest_offer(suggest, *names);
}

void suggest_sift(struct suggest *suggest)
{
    int third = (int)strlen(suggest->word) / 3;

    if (suggest->best > third)
        forget(suggest, third);
}

bool suggest_hint(struct suggest *suggest, struct glmm_error *err)
{
    return suggest_hint_or(suggest, "", err);
}

bool suggest_hint_or(struct suggest *suggest, const char *otherwise, struct glmm_error *err)
{
    bool found = suggest->count > 0;

    if (found)
        error_hint(err, "did you mean %s?%s%s", suggest->names, otherwise[0] == '\0' ? "" : " ", otherwise);
    return found;
}
