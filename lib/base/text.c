/* text.c -- see text.h.  UTF-8 decoding and display width are libunistring's. */
#include "base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistr.h>
#include <uniwidth.h>

#include "base/memory.h"

static bool reserve(struct text *text, size_t more)
{
    void *data = text->data;

    if (text->failed || more > SIZE_MAX - text->length - 1 || !mem_grow(&data, &text->capacity, text->length + more + 1, 1)) {
        text->failed = true;
        return false;
    }
    text->data = data;
    return true;
}

void text_clear(struct text *text)
{
    mem_free(text->data);
    memset(text, 0, sizeof *text);
}

void text_truncate(struct text *text, size_t length)
{
    if (length < text->length) {
        text->length = length;
        text->data[length] = '\0';
    }
}

void text_add_bytes(struct text *text, const char *bytes, size_t count)
{
    if (!reserve(text, count))
        return;
    if (count > 0) /* of another text that is empty there are none */
        memcpy(text->data + text->length, bytes, count);
    text->length += count;
    text->data[text->length] = '\0';
}

void text_add(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string));
}

void text_add_char(struct text *text, char c)
{
    text_add_bytes(text, &c, 1);
}

void text_repeat(struct text *text, const char *string, int times)
{
    for (int i = 0; i < times; i++)
        text_add(text, string);
}

void text_addf(struct text *text, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0 || !reserve(text, (size_t)length))
        return;
    va_start(args, format);
    vsnprintf(text->data + text->length, (size_t)length + 1, format, args);
    va_end(args);
    text->length += (size_t)length;
}

const char *text_string(const struct text *text)
{
    return text->data == NULL ? "" : text->data;
}

char *text_take(struct text *text)
{
    char *data;

    if (text->data == NULL)
        text_add(text, "");
    data = text->failed ? NULL : text->data;
    if (text->failed)
        mem_free(text->data);
    memset(text, 0, sizeof *text);
    return data;
}

/* Reads one character of at most `left` bytes: sets its width and returns its length in bytes (1 for an invalid byte). */
static size_t step(const char *place, size_t left, int *width)
{
    ucs4_t c;
    int length = u8_mbtoucr(&c, (const uint8_t *)place, left);

    if (length <= 0) {
        *width = 1;
        return 1;
    }
    *width = uc_width(c, "UTF-8");
    if (*width < 0)
        *width = 1;
    return (size_t)length;
}

int utf8_width_n(const char *string, size_t bytes)
{
    int total = 0, width;

    for (size_t i = 0; i < bytes; total += width)
        i += step(string + i, bytes - i, &width);
    return total;
}

int utf8_width(const char *string)
{
    return utf8_width_n(string, strlen(string));
}

size_t utf8_prefix(const char *string, int columns)
{
    enum {
        LONGEST = 4
    }; /* bytes of one character; the whole is not measured, so that cutting a long text into lines stays linear */
    size_t i = 0, length;
    int total = 0, width;

    while (string[i] != '\0') {
        length = step(string + i, strnlen(string + i, LONGEST), &width);
        if (total + width > columns)
            break;
        total += width;
        i += length;
    }
    return i;
}

ptrdiff_t utf8_invalid(const char *bytes, size_t count)
{
    const uint8_t *bad = u8_check((const uint8_t *)bytes, count);

    return bad == NULL ? -1 : bad - (const uint8_t *)bytes;
}

int edit_distance(const char *a, const char *b)
{
    enum { LIMIT = 64 };
    int rows[3][LIMIT + 1];
    size_t la = strlen(a), lb = strlen(b);
    int *before = rows[0], *previous = rows[1], *now = rows[2], *spare;

    if (la > LIMIT || lb > LIMIT)
        return (int)(la > lb ? la : lb);
    for (size_t j = 0; j <= lb; j++)
        previous[j] = (int)j;
    for (size_t i = 1; i <= la; i++) {
        now[0] = (int)i;
        for (size_t j = 1; j <= lb; j++) {
            int ca = tolower((unsigned char)a[i - 1]), cb = tolower((unsigned char)b[j - 1]);
            int best = previous[j - 1] + (ca != cb);

            if (previous[j] + 1 < best)
                best = previous[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) && tolower((unsigned char)a[i - 2]) == cb
                && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
        spare = before;
        before = previous;
        previous = now;
        now = spare;
    }
    return previous[lb];
}

/* True where the name has several words, of which the one that was typed is the first: Nitrate, and `Nitrate (mg/l)`. */
static bool is_first_word(const char *word, const char *name)
{
    enum { SHORTEST = 3 };
    size_t length = strlen(word);

    name += *name == '`';
    return length >= SHORTEST && strncasecmp(word, name, length) == 0 && name[length] != '\0'
           && strchr(" (/[", name[length]) != NULL;
}

bool is_near(const char *word, const char *candidate, int *distance)
{
    size_t lw = strlen(word), lc = strlen(candidate);
    int longer = (int)(lw > lc ? lw : lc);
    int bound = longer / 3 > 2 ? longer / 3 : 2;

    if (is_first_word(word, candidate)) {
        *distance = 1;
        return true;
    }
    *distance = edit_distance(word, candidate);
    return *distance <= bound && *distance < (int)lw && *distance < longer;
}

bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

bool is_name_byte(char c)
{
    return is_name_start(c) || (c >= '0' && c <= '9') || c == '.';
}

bool name_is(const char *name, const char *typed)
{
    for (;; name++, typed++) {
        name += strspn(name, "`");
        typed += strspn(typed, "`");
        if (*name != *typed || *name == '\0')
            return *name == *typed;
    }
}

bool path_ends_in(const char *path, const char *ending)
{
    size_t length = strlen(path), tail = strlen(ending);

    return length > tail && strcasecmp(path + length - tail, ending) == 0;
}
