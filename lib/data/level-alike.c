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

/* The bytes of a sign at the text's begin that is not seen: a zero-width blank, a word joiner, a byte order mark, a soft hyphen;
 * 0 where there is none. */
static size_t unseen_length(const char *text)
{
    if (strncmp(text, "\xc2\xad", 2) == 0)
        return 2;
    return strncmp(text, "\xe2\x80\x8b", 3) == 0 || strncmp(text, "\xe2\x81\xa0", 3) == 0 || strncmp(text, "\xef\xbb\xbf", 3) == 0
               ? 3
               : 0;
}

/* The letter and mark (u and U+0308) that stand at the text's begin, as files of a Mac have them, as one letter (U+00FC): its
 * bytes; 0 where there are none.  *taken: the bytes of the two. */
static size_t compose(const char *text, char letter[2], size_t *taken)
{
    static const struct {
        unsigned char mark[2];
        const char *bases, *letters;
    } marks[] = {
        { { 0xcc, 0x80 }, "AEIOUNaeioun", "ÀÈÌÒÙǸàèìòùǹ" },
        { { 0xcc, 0x81 }, "AEIOUYCLNRSZaeiouyclnrsz", "ÁÉÍÓÚÝĆĹŃŔŚŹáéíóúýćĺńŕśź" },
        { { 0xcc, 0x82 }, "AEIOUCGHJSWYaeioucghjswy", "ÂÊÎÔÛĈĜĤĴŜŴŶâêîôûĉĝĥĵŝŵŷ" },
        { { 0xcc, 0x83 }, "ANOIUanoiu", "ÃÑÕĨŨãñõĩũ" },
        { { 0xcc, 0x84 }, "AEIOUaeiou", "ĀĒĪŌŪāēīōū" },
        { { 0xcc, 0x86 }, "AEGIOUaegiou", "ĂĔĞĬŎŬăĕğĭŏŭ" },
        { { 0xcc, 0x87 }, "CEGIZcegz", "ĊĖĠİŻċėġż" },
        { { 0xcc, 0x88 }, "AEIOUYaeiouy", "ÄËÏÖÜŸäëïöüÿ" },
        { { 0xcc, 0x8a }, "AUau", "ÅŮåů" },
        { { 0xcc, 0x8b }, "OUou", "ŐŰőű" },
        { { 0xcc, 0x8c }, "CDENRSTZcdenrstz", "ČĎĚŇŘŠŤŽčďěňřšťž" },
        { { 0xcc, 0xa7 }, "CGKLNRSTcklnrst", "ÇĢĶĻŅŖŞŢçķļņŗşţ" },
        { { 0xcc, 0xa8 }, "AEIUaeiu", "ĄĘĮŲąęįų" },
    };

    for (size_t k = 0; text[0] != '\0' && text[1] != '\0' && k < sizeof marks / sizeof *marks; k++) {
        const char *base = memcmp(text + 1, marks[k].mark, 2) == 0 ? strchr(marks[k].bases, text[0]) : NULL;

        if (base == NULL)
            continue;
        memcpy(letter, marks[k].letters + 2 * (base - marks[k].bases), 2);
        *taken = 3;
        return 2;
    }
    return 0;
}

/* A full-width letter, digit or sign, U+FF01 to U+FF5E, as that of ASCII; 0: it is none. */
static char narrow(const char *text)
{
    unsigned char second = text[0] == '\xef' ? (unsigned char)text[1] : 0, third = second != 0 ? (unsigned char)text[2] : 0;

    if (second == 0xbc && third >= 0x81 && third <= 0xbf)
        return (char)(third - 0x60);
    return second == 0xbd && third >= 0x80 && third <= 0x9e ? (char)(third - 0x20) : '\0';
}

/* The Latin letter that a Cyrillic one looks like; 0: none. */
static char latin(const char *text)
{
    static const char cyrillic[] = "АВЕКМНОРСТХаеорсух", letters[] = "ABEKMHOPCTXaeopcyx";

    for (size_t k = 0; text[0] != '\0' && text[1] != '\0' && letters[k] != '\0'; k++)
        if (memcmp(text, cyrillic + 2 * k, 2) == 0)
            return letters[k];
    return '\0';
}

static bool has_latin(const char *text)
{
    for (; *text != '\0'; text++)
        if ((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z'))
            return true;
    return false;
}

/* The character at the text's begin, `bytes` long, in small letters. */
static void add_small(struct text *out, const char *text, size_t bytes)
{
    unsigned char c = (unsigned char)*text;
    unsigned letter;

    if (bytes == 2) {
        letter = small_letter((c & 0x1fU) << 6 | ((unsigned char)text[1] & 0x3fU));
        text_add_char(out, (char)(0xc0 | letter >> 6));
        text_add_char(out, (char)(0x80 | (letter & 0x3f)));
        return;
    }
    text_add_char(out, (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
}

/* One character, or a letter with its mark, at the text's begin; returns what is behind it.  `small`: folded; `mixed`: Latin
 * letters are in the text, so that Cyrillic ones that look like them are taken for them. */
static const char *add_folded(struct text *out, const char *text, bool small, bool mixed)
{
    unsigned char c = (unsigned char)*text;
    char letter[2], plain;
    size_t taken = 1, bytes = compose(text, letter, &taken);

    if (bytes > 0 && small)
        add_small(out, letter, bytes);
    if (bytes > 0 && !small)
        text_add_bytes(out, letter, bytes);
    if (bytes > 0)
        return text + taken;
    if (!small) {
        text_add_char(out, *text);
        return text + 1;
    }
    if ((plain = narrow(text)) != '\0') {
        add_small(out, &plain, 1);
        return text + 3;
    }
    if (mixed && (plain = latin(text)) != '\0') {
        add_small(out, &plain, 1);
        return text + 2;
    }
    bytes = c >= 0xc3 && c <= 0xdf && text[1] != '\0' ? 2 : 1;
    add_small(out, text, bytes);
    return text + bytes;
}

/* With one blank for each run of them, none around, without signs that are not seen, and letters with their marks as one;
 * `small`: and without capitals, full-width letters, and Cyrillic ones in Latin words. */
static void tidy(struct text *out, const char *text, bool small)
{
    bool blank = false, mixed = small && has_latin(text);
    size_t length;

    text_truncate(out, 0);
    while (*text != '\0') {
        if ((length = blank_length(text)) > 0) {
            blank = true;
            text += length;
            continue;
        }
        if ((length = unseen_length(text)) > 0) {
            text += length;
            continue;
        }
        if (blank && out->length > 0)
            text_add_char(out, ' ');
        blank = false;
        text = add_folded(out, text, small, mixed);
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
