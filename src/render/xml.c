/* xml.c -- see xml.h. */
#include "render/xml.h"

#include <string.h>

#include "base/safe.h"

static const char *entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return NULL;
    }
}

void xml_add(struct text *out, const char *words, bool lines)
{
    struct text safe = { 0 };

    safe_add(&safe, words, strlen(words), SAFE_LINES);
    for (const char *c = text_string(&safe); *c != '\0'; c++) {
        const char *entity = entity_of(*c);

        if (entity != NULL)
            text_add(out, entity);
        else
            text_add_char(out, !lines && (*c == '\n' || *c == '\t') ? ' ' : *c);
    }
    out->failed = out->failed || safe.failed;
    text_clear(&safe);
}
