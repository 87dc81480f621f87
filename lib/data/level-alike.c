/* level-alike.c -- see level-alike.h.  Levels are alike whose texts fold to the same bytes. */
#include "config.h"
#include "data/level-alike.h"

#include <stdint.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/name-index.h"

/* The characters of a text of UTF-8, *count of them, with a letter and its marks in one where Unicode has one for them: files of
 * a Mac have u and U+0308 for U+00FC.  NULL when memory is out. */
static ucs4_t *compose(const char *text, size_t *count)
{
    size_t length = strlen(text);
    ucs4_t *letters = mem_alloc(length + 1, sizeof *letters), c, composed;

    *count = 0;
    for (size_t at = 0; letters != NULL && at < length;) {
        at += (size_t)u8_mbtouc(&c, (const uint8_t *)text + at, length - at);
        composed = *count == 0 ? 0 : uc_composition(letters[*count - 1], c);
        if (composed != 0)
            letters[*count - 1] = composed;
        else
            letters[(*count)++] = c;
    }
    return letters;
}

static bool is_blank(ucs4_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 || c == 0x202f; /* the last: no-break ones */
}

/* A zero-width blank, a word joiner, a byte order mark, a soft hyphen. */
static bool is_unseen(ucs4_t c)
{
    return c == 0x200b || c == 0x2060 || c == 0xfeff || c == 0xad;
}

/* The Latin letter that a Cyrillic one looks like, or the character itself. */
static ucs4_t latin(ucs4_t c)
{
    static const ucs4_t cyrillic[] = { 0x410, 0x412, 0x415, 0x41a, 0x41c, 0x41d, 0x41e, 0x420, 0x421,
                                       0x422, 0x425, 0x430, 0x435, 0x43e, 0x440, 0x441, 0x443, 0x445 };
    static const char letters[] = "ABEKMHOPCTXaeopcyx";

    for (size_t k = 0; k < sizeof cyrillic / sizeof *cyrillic; k++)
        if (c == cyrillic[k])
            return (unsigned char)letters[k];
    return c;
}

/* A small letter of ASCII's width, U+FF01 to U+FF5E being those of full width; `mixed`: Latin letters are in the text, so that
 * Cyrillic ones that look like them are taken for them. */
static ucs4_t fold(ucs4_t c, bool mixed)
{
    c = c >= 0xff01 && c <= 0xff5e ? c - 0xfee0 : c;
    return uc_tolower(mixed ? latin(c) : c);
}

static bool has_latin(const ucs4_t *letters, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((letters[i] >= 'a' && letters[i] <= 'z') || (letters[i] >= 'A' && letters[i] <= 'Z'))
            return true;
    return false;
}

static void add_character(struct text *out, ucs4_t c)
{
    uint8_t bytes[6];
    int length = u8_uctomb(bytes, c, sizeof bytes);

    text_add_bytes(out, (const char *)bytes, length > 0 ? (size_t)length : 0);
}

/* With one blank for each run of them, none around, without signs that are not seen, and letters with their marks as one;
 * `small`: and without capitals, full-width letters, and Cyrillic ones in Latin words.  What is no UTF-8 stays as it is. */
static void tidy(struct text *out, const char *text, bool small)
{
    bool blank = false, mixed;
    ucs4_t *letters;
    size_t count;

    text_truncate(out, 0);
    if (u8_check((const uint8_t *)text, strlen(text)) != NULL) {
        text_add(out, text);
        return;
    }
    letters = compose(text, &count);
    if (letters == NULL) {
        out->failed = true;
        return;
    }
    mixed = small && has_latin(letters, count);
    for (size_t i = 0; i < count; i++) {
        if (is_blank(letters[i]) || is_unseen(letters[i])) {
            blank = blank || is_blank(letters[i]);
            continue;
        }
        if (blank && out->length > 0)
            text_add_char(out, ' ');
        blank = false;
        add_character(out, small ? fold(letters[i], mixed) : letters[i]);
    }
    mem_free(letters);
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
