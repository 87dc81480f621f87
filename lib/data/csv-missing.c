/* csv-missing.c -- the texts that mean missing.
 *
 * "-99,n/a" is two of them.  A cell that holds a text with commas as it is (`< 5,0`, in quotes) says that it is one; the file is
 * then read again. */
#include "config.h"
#include "data/csv-private.h"

#include <string.h>

#include "base/memory.h"

static const char *const default_missing[] = { "NA", "", NULL };

static size_t count_texts(const char *const *texts)
{
    size_t count = 0;

    while (texts[count] != NULL)
        count++;
    return count;
}

static void free_texts(struct csv_reader *r)
{
    for (size_t i = 0; r->missing != NULL && r->missing[i] != NULL; i++)
        mem_free(r->missing[i]);
    mem_free(r->missing);
    r->missing = NULL;
}

/* Adds the parts of a text between commas; false when memory is out. */
static bool add_parts(char **texts, size_t *used, const char *text, bool whole)
{
    size_t length;

    for (;; text += length + 1) {
        length = whole ? strlen(text) : strcspn(text, ",");
        texts[*used] = mem_strndup(text, length);
        if (texts[*used] == NULL)
            return false;
        ++*used;
        if (text[length] == '\0')
            return true;
    }
}

bool csv_missing_begin(struct csv_reader *r)
{
    const char *const *texts = r->options->missing == NULL ? default_missing : r->options->missing;
    size_t count = count_texts(texts), parts = 1, used = 0;
    bool ok = true;

    if (r->whole == NULL)
        r->whole = mem_zalloc(count + 1, sizeof *r->whole);
    if (r->whole_line == NULL)
        r->whole_line = mem_zalloc(count + 1, sizeof *r->whole_line);
    for (size_t i = 0; i < count; i++) {
        parts++;
        for (const char *c = texts[i]; *c != '\0'; c++)
            parts += *c == ',';
    }
    free_texts(r);
    r->missing = mem_zalloc(parts, sizeof *r->missing);
    if (r->whole == NULL || r->whole_line == NULL || r->missing == NULL)
        return false;
    r->lists = 0;
    for (size_t i = 0; ok && i < count; i++) {
        r->lists += !r->whole[i] && strchr(texts[i], ',') != NULL;
        ok = add_parts(r->missing, &used, texts[i], r->whole[i]);
    }
    r->rules.missing = (const char *const *)r->missing;
    return ok;
}

void csv_missing_meet(struct csv_reader *r, const char *text, size_t length)
{
    const char *const *texts = r->options->missing;

    for (size_t i = 0; texts[i] != NULL; i++) {
        if (r->whole[i] || strlen(texts[i]) != length || memcmp(texts[i], text, length) != 0)
            continue;
        r->whole[i] = true;
        r->whole_line[i] = r->line;
        r->restart = r->stopped = true;
    }
}

void csv_missing_clear(struct csv_reader *r)
{
    free_texts(r);
    mem_free(r->whole);
    mem_free(r->whole_line);
}
