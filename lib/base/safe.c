/* safe.c -- see safe.h.  Which characters may be ignored is libunistring's knowledge. */
#include "base/safe.h"

#include <assert.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>

/* --- characters --------------------------------------------------------------------------------- */

static bool is_unsafe(ucs4_t c)
{
    if (c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 || (c >= 0xfff9 && c <= 0xfffb))
        return true;
    return (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef)
           || (c >= 0xad && uc_is_property(c, UC_PROPERTY_DEFAULT_IGNORABLE_CODE_POINT));
}

/* The length of `ESC [ digits m` at the beginning, or 0. */
static size_t color_at(const char *bytes, size_t left)
{
    size_t i = 2;

    if (left < 3 || bytes[0] != '\033' || bytes[1] != '[')
        return 0;
    while (i < left && ((bytes[i] >= '0' && bytes[i] <= '9') || bytes[i] == ';'))
        i++;
    return i < left && bytes[i] == 'm' ? i + 1 : 0;
}

/* What stands at the beginning. */
struct piece {
    size_t length;
    bool unsafe, invalid;
    ucs4_t c;
};

static struct piece piece_at(const char *bytes, size_t left, enum safe_kind kind)
{
    struct piece piece = { .length = 1, .c = (unsigned char)bytes[0] };
    int length;

    if (piece.c < 0x80) {
        if (kind == SAFE_COLORED && piece.c == '\033' && (length = (int)color_at(bytes, left)) > 0) {
            piece.length = (size_t)length;
            return piece;
        }
        piece.unsafe = (piece.c < 0x20 || piece.c == 0x7f) && (kind == SAFE_WORDS || (piece.c != '\n' && piece.c != '\t'));
        return piece;
    }
    length = u8_mbtoucr(&piece.c, (const uint8_t *)bytes, left);
    piece.invalid = length <= 0;
    piece.length = length <= 0 ? 1 : (size_t)length;
    piece.unsafe = piece.invalid || is_unsafe(piece.c);
    return piece;
}

/* Writes how the piece is spelled; returns the length. */
static size_t spell(char buffer[24], const struct piece *piece, unsigned char byte, enum safe_kind kind)
{
    ucs4_t c = piece->c;
    int length;

    if (kind == SAFE_JSON && piece->invalid)
        length = snprintf(buffer, 24, "\\ufffd");
    else if (kind == SAFE_JSON && c > 0xffff)
        length = snprintf(buffer, 24, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
    else if (kind == SAFE_JSON)
        length = snprintf(buffer, 24, "\\u%04x", c);
    else if (piece->invalid)
        length = snprintf(buffer, 24, "\\x{%02x}", byte);
    else
        length = snprintf(buffer, 24, "\\u{%x}", c);
    return (size_t)length;
}

/* --- whole texts -------------------------------------------------------------------------------- */

/* The length of the beginning that is safe. */
static size_t safe_length(const char *bytes, size_t count, enum safe_kind kind)
{
    size_t i = 0;

    while (i < count) {
        struct piece piece;

        if (bytes[i] >= ' ' && bytes[i] < 0x7f) {
            i++;
            continue;
        }
        piece = piece_at(bytes + i, count - i, kind);
        if (piece.unsafe)
            break;
        i += piece.length;
    }
    return i;
}

bool safe_already(const char *bytes, size_t count, enum safe_kind kind)
{
    return safe_length(bytes, count, kind) == count;
}

void safe_add(struct text *out, const char *bytes, size_t count, enum safe_kind kind)
{
    char spelled[24];

    while (count > 0) {
        size_t safe = safe_length(bytes, count, kind);
        struct piece piece;

        text_add_bytes(out, bytes, safe);
        bytes += safe;
        count -= safe;
        if (count == 0)
            return;
        piece = piece_at(bytes, count, kind);
        text_add_bytes(out, spelled, spell(spelled, &piece, (unsigned char)bytes[0], kind));
        bytes += piece.length;
        count -= piece.length;
    }
}

/* --- escapes ------------------------------------------------------------------------------------ */

size_t safe_escape(const char *text, size_t left, bool raw, char bytes[4], size_t *count)
{
    ucs4_t value = 0;
    size_t i = 3;
    int length;

    if (left < 5 || text[0] != '\\' || text[2] != '{' || !(text[1] == 'u' || (raw && text[1] == 'x')))
        return 0;
    for (; i < left && text[i] != '}' && i < 10; i++) {
        char c = text[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;

        if (digit < 0)
            return 0;
        value = value * 16 + (ucs4_t)digit;
    }
    if (i == 3 || i >= left || text[i] != '}' || value == 0)
        return 0;
    if (text[1] == 'x') {
        bytes[0] = (char)value;
        *count = 1;
        return value <= 0xff ? i + 1 : 0;
    }
    length = u8_uctomb((uint8_t *)bytes, value, 4);
    *count = (size_t)length;
    return length > 0 ? i + 1 : 0;
}

void safe_undo(struct text *out, const char *safe, size_t count)
{
    char bytes[4];
    size_t meant, taken;

    for (size_t i = 0; i < count; i += taken) {
        taken = safe_escape(safe + i, count - i, true, bytes, &meant);
        if (taken > 0)
            text_add_bytes(out, bytes, meant);
        else
            text_add_char(out, safe[i]);
        taken = taken > 0 ? taken : 1;
    }
}

size_t safe_step(const char *bytes, size_t left)
{
    char ignored[4];
    size_t count, length = safe_escape(bytes, left, true, ignored, &count);

    return length > 0 ? length : piece_at(bytes, left, SAFE_WORDS).length;
}

/* --- formats ------------------------------------------------------------------------------------ */

/* Where it goes: a buffer that fills, or a text that grows. */
struct sink {
    struct text *text;
    char *buffer;
    size_t size, length;
    bool full, lacks; /* a string was NULL */
};

/* Adds the bytes, whole or not at all. */
static void put(struct sink *sink, const char *bytes, size_t count)
{
    if (sink->text != NULL) {
        text_add_bytes(sink->text, bytes, count);
        return;
    }
    if (sink->full || count >= sink->size - sink->length) {
        sink->full = true;
        return;
    }
    assert(sink->buffer != NULL); /* a sink of no text, of more than 0 bytes */
    memcpy(sink->buffer + sink->length, bytes, count);
    sink->length += count;
}

/* Adds a text of whole characters, as many as there is room for. */
static void put_pieces(struct sink *sink, const char *bytes, size_t count)
{
    while (count > 0 && !sink->full) {
        size_t length = safe_step(bytes, count);

        put(sink, bytes, length);
        bytes += length;
        count -= length;
    }
}

static void put_safe(struct sink *sink, const char *bytes, size_t count)
{
    while (count > 0 && !sink->full) {
        struct piece piece = piece_at(bytes, count, SAFE_WORDS);
        char spelled[24];

        if (piece.unsafe)
            put(sink, spelled, spell(spelled, &piece, (unsigned char)bytes[0], SAFE_WORDS));
        else
            put(sink, bytes, piece.length);
        bytes += piece.length;
        count -= piece.length;
    }
}

/* A text of at most `most` bytes (-1: all), without the half of a character that such a cut leaves at its end. */
static void put_string(struct sink *sink, const char *string, int most)
{
    size_t length;
    ucs4_t c;

    if (string == NULL) {
        sink->lacks = true;
        return;
    }
    length = most < 0 ? strlen(string) : strnlen(string, (size_t)most);
    for (size_t i = 0; most >= 0 && i < length; i++)
        if (u8_mbtoucr(&c, (const uint8_t *)string + i, length - i) == -2)
            length = i;
    put_safe(sink, string, length);
}

/* Formats one number by the conversion that stands in `spec`. */
static void put_number(struct sink *sink, const char *spec, const char *length, char conversion, int star, va_list *args)
{
    char number[400];
    bool z = strcmp(length, "z") == 0 || strcmp(length, "t") == 0 || strcmp(length, "j") == 0, stars = star > INT_MIN;

    number[0] = '\0';
#define SHOW(type)                                                                                                               \
    (stars ? snprintf(number, sizeof number, spec, star, va_arg(*args, type))                                                    \
           : snprintf(number, sizeof number, spec, va_arg(*args, type)))
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (strchr("eEfFgGaA", conversion) != NULL)
        SHOW(double);
    else if (conversion == 'p')
        SHOW(void *);
    else if (strcmp(length, "ll") == 0)
        SHOW(long long);
    else if (strcmp(length, "l") == 0 || z)
        SHOW(long);
    else
        SHOW(int);
#pragma GCC diagnostic pop
#undef SHOW
    put(sink, number, strlen(number));
}

/* Reads one conversion behind its `%`, and adds what it gives.  Returns the place behind it. */
static const char *put_conversion(struct sink *sink, const char *format, va_list *args)
{
    char spec[32], length[4] = "", byte;
    size_t flags = strspn(format, "-+ #0123456789.*'"), count = strspn(format + flags, "hlzjt");
    char conversion = format[flags + count];
    const char *precision = memchr(format, '.', flags);
    int star = INT_MIN;

    assert(flags + count + 3 < sizeof spec && count < sizeof length);
    memcpy(length, format + flags, count);
    spec[0] = '%';
    memcpy(spec + 1, format, flags + count + 1);
    spec[flags + count + 2] = '\0';
    if (memchr(format, '*', flags) != NULL)
        star = va_arg(*args, int);
    if (conversion == 's' && precision != NULL)
        put_string(sink, va_arg(*args, const char *), precision[1] == '*' ? star : atoi(precision + 1));
    else if (conversion == 's')
        put_string(sink, va_arg(*args, const char *), -1);
    else if (conversion == 'c') {
        byte = (char)va_arg(*args, int);
        put_safe(sink, &byte, 1);
    } else if (conversion == '%')
        put(sink, "%", 1);
    else
        put_number(sink, spec, length, conversion, star, args);
    return format + flags + count + (conversion != '\0');
}

static void put_format(struct sink *sink, const char *format, va_list args)
{
    va_list rest;

    va_copy(rest, args);
    while (*format != '\0' && !sink->full) {
        size_t plain = strcspn(format, "%");

        put_pieces(sink, format, plain);
        format += plain;
        if (*format == '%')
            format = put_conversion(sink, format + 1, &rest);
    }
    va_end(rest);
}

bool safe_format(char *buffer, size_t size, const char *format, va_list args)
{
    static const char dots[] = "...";
    struct sink sink = { .buffer = buffer, .size = size - (sizeof dots - 1) };

    put_format(&sink, format, args);
    if (sink.full) {
        memcpy(buffer + sink.length, dots, sizeof dots - 1);
        sink.length += sizeof dots - 1;
    }
    buffer[sink.length] = '\0';
    return !sink.lacks;
}

void safe_addv(struct text *out, const char *format, va_list args)
{
    struct sink sink = { .text = out };

    put_format(&sink, format, args);
    out->failed = out->failed || sink.lacks;
}
