/* well-formed.h -- a small reader of XML, for what tests write: enough to see that nothing of a name became markup. */
#ifndef TESTS_WELL_FORMED_H
#define TESTS_WELL_FORMED_H

#include <stdbool.h>
#include <string.h>

/* One attribute `name="value"`; returns behind it, or NULL. */
static const char *skip_attribute(const char *at)
{
    at += strcspn(at, "=<>\"");
    if (*at != '=' || at[1] != '"')
        return NULL;
    at += 2;
    at += strcspn(at, "\"<");
    return *at == '"' ? at + 1 : NULL;
}

/* A small reader of XML: tags nest, attributes are quoted, entities are known, no byte is a control character. */
static bool is_well_formed(const char *at)
{
    const char *open[32];
    int depth = 0;

    for (; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 && *at != '\n')
            return false;
        if (*at == '&' && strncmp(at, "&amp;", 5) != 0 && strncmp(at, "&lt;", 4) != 0 && strncmp(at, "&gt;", 4) != 0
            && strncmp(at, "&quot;", 6) != 0)
            return false;
        if (*at != '<')
            continue;
        if (at[1] == '/') {
            size_t length = strcspn(at + 2, ">");

            if (depth == 0 || strncmp(open[--depth], at + 2, length) != 0 || strchr(" >", open[depth][length]) == NULL)
                return false;
            at += 2 + length;
            continue;
        }
        if (depth == 32)
            return false;
        open[depth++] = at + 1;
        at += 1 + strcspn(at + 1, " />");
        while (*at == ' ') {
            at += strspn(at, " ");
            if (*at == '/')
                break;
            if ((at = skip_attribute(at)) == NULL)
                return false;
        }
        if (*at == '/') {
            depth--;
            at++;
        }
        if (*at != '>')
            return false;
    }
    return depth == 0;
}

#endif
