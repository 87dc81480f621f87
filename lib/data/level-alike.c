/* level-alike.c -- see level-alike.h.  Levels are alike whose texts fold to the same bytes. */
#include "config.h"
#include "data/level-alike.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/name-index.h"

/* The small letter of a capital that UTF-8 writes in two bytes: Latin, Greek, Cyrillic; others stay. */
static unsigned small_letter(unsigned c)
{
    if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
        return c + 0x20;
    if (c >= 0x400 && c <= 0x40f)
        return c + 0x50;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e)) /* pairs that begin with an odd one */
        return c % 2 == 1 ? c + 1 : c;
    return c >= 0x100 && c <= 0x177 && c % 2 == 0 && c != 0x130 && c != 0x138 ? c + 1 : c;
}

/* The bytes of a blank at the text's begin: an ASCII one, or a no-break one; 0 where there is none. */
static size_t blank_length(const char *text)
{
    if (*text == ' ' || (*text >= '\t' && *text <= '\r'))
        return 1;
    return strncmp(text, "\xc2\xa0", 2) == 0 ? 2 : strncmp(text, "\xe2\x80\xaf", 3) == 0 ? 3 : 0;
}

/* With one blank for each run of them, none around; `small`: and without capitals. */
static void tidy(struct text *out, const char *text, bool small)
{
    bool blank = false;
    size_t length;

    text_truncate(out, 0);
    while (*text != '\0') {
        unsigned char c = (unsigned char)*text;

        if ((length = blank_length(text)) > 0) {
            blank = true;
            text += length;
            continue;
        }
        if (blank && out->length > 0)
            text_add_char(out, ' ');
        blank = false;
        if (!small) {
            text_add_char(out, *text++);
        } else if (c >= 0xc3 && c <= 0xdf && text[1] != '\0') {
            unsigned letter = small_letter((c & 0x1fU) << 6 | ((unsigned char)text[1] & 0x3fU));

            text_add_char(out, (char)(0xc0 | letter >> 6));
            text_add_char(out, (char)(0x80 | (letter & 0x3f)));
            text += 2;
        } else {
            text_add_char(out, (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
            text++;
        }
    }
}

bool levels_alike(const char *const *levels, size_t count, int32_t same[], size_t *superfluous)
{
    struct text folded = { 0 };
    struct name_index known = { 0 };
    int32_t *first = mem_alloc(count, sizeof *first), place;
    char **names = mem_zalloc(count, sizeof *names);
    bool ok = first != NULL && names != NULL;

    *superfluous = 0;
    for (size_t k = 0; ok && k < count; k++) {
        tidy(&folded, levels[k], true);
        names[k] = folded.failed ? NULL : mem_strdup(text_string(&folded));
        ok = names[k] != NULL && name_index_add(&known, names[k], &place);
        if (!ok)
            break;
        if (place + 1 == known.count && (size_t)known.count + *superfluous == k + 1)
            first[place] = (int32_t)k;
        else
            ++*superfluous;
        same[k] = first[place];
    }
    name_index_clear(&known);
    for (size_t k = 0; names != NULL && k < count; k++)
        mem_free(names[k]);
    mem_free(names);
    mem_free(first);
    text_clear(&folded);
    return ok;
}

char *level_tidy(const char *level)
{
    struct text out = { 0 };

    tidy(&out, level, false);
    return out.failed || out.length > 0 ? text_take(&out) : mem_strdup("");
}
