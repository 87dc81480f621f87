/* load-again.c -- a load command written out: the options that are given, and those that are advised. */
#include "cmd/load.h"

#include <stdio.h>
#include <string.h>

#include "base/safe.h"
#include "base/arena-text.h"

enum { SPELLED = 12 };

/* How a character is typed that is not always shown as it is, and its bytes in *length: blanks that no line breaks at, and signs
 * and Greek letters, which plain output spells in ASCII.  NULL where none begins there. */
static const char *spelled_sign(const char *text, size_t *length, char buffer[SPELLED])
{
    const unsigned char *byte = (const unsigned char *)text;
    unsigned code;

    if (byte[0] >= 0xc2 && byte[0] <= 0xcf && byte[1] >= 0x80) {
        *length = 2;
        code = (byte[0] & 0x1fU) << 6 | (byte[1] & 0x3fU);
    } else if (byte[0] == 0xe2 && byte[1] >= 0x80 && byte[2] >= 0x80) {
        *length = 3;
        code = (byte[0] & 0x0fU) << 12 | (byte[1] & 0x3fU) << 6 | (byte[2] & 0x3fU);
    } else {
        return NULL;
    }
    if (!((code >= 0xa0 && code <= 0xbf) || code == 0xd7 || code == 0xf7 || (code >= 0x370 && code <= 0x3ff)
          || (code >= 0x2000 && code <= 0x25ff)))
        return NULL;
    snprintf(buffer, SPELLED, "\\u{%x}", code);
    return buffer;
}

void load_add_word(struct text *out, const char *word, bool quoted)
{
    const char *end;
    char buffer[SPELLED];
    size_t length;

    for (const char *c = word; *c != '\0'; c++)
        quoted = quoted
                 || !((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9')
                      || strchr("_.-/~", *c) != NULL || (unsigned char)*c >= 0x80);
    for (end = word; *end != '\0'; end++)
        quoted = quoted || spelled_sign(end, &length, buffer) != NULL;
    quoted = quoted || word[0] == '\0' || !safe_already(word, strlen(word), SAFE_WORDS);
    text_add(out, quoted ? "\"" : "");
    for (; *word != '\0'; word = end) {
        const char *sign = NULL;

        for (end = word; strchr("\"\\", *end) == NULL && (sign = spelled_sign(end, &length, buffer)) == NULL; end++)
            ;
        safe_add(out, word, (size_t)(end - word), SAFE_WORDS);
        if (sign != NULL) {
            text_add(out, sign);
            end += length;
        } else if (*end != '\0') {
            text_addf(out, "\\%c", *end++);
        }
    }
    text_add(out, quoted ? "\"" : "");
}

void load_add_list(struct text *out, const char *const *levels, size_t count, size_t room, const char *between)
{
    struct text joined = { 0 };
    bool simple = count > 0 && strncmp(levels[0], "c(", 2) != 0;

    for (size_t l = 0; l < count; l++) {
        size_t length = strlen(levels[l]);

        simple =
            simple && length > 0 && strpbrk(levels[l], ",\r\n") == NULL && levels[l][0] != ' ' && levels[l][length - 1] != ' ';
        text_addf(&joined, l == 0 ? "%s" : ",%s", levels[l]);
    }
    if (simple && (size_t)utf8_width(text_string(&joined)) + strlen("\"\"") <= room) {
        load_add_word(out, text_string(&joined), true);
    } else {
        text_add(out, "c(");
        if (between[0] == '\n' && count > 0 && (size_t)utf8_width(levels[0]) + strlen("c(\"\",") > room)
            text_add(out, between);
        for (size_t l = 0; l < count; l++) {
            load_add_word(out, levels[l], true);
            text_addf(out, "%s%s", l + 1 == count ? "" : ",", l + 1 == count ? "" : between);
        }
        text_add_char(out, ')');
    }
    out->failed = out->failed || joined.failed;
    text_clear(&joined);
}

static void add_option(struct text *out, const char *name, const char *value, bool quoted)
{
    if (value == NULL || value[0] == '\0')
        return;
    text_addf(out, "%s%s=", out->length > 0 ? " " : "", name);
    load_add_word(out, value, quoted);
}

static const char *separator_word(char separator, char buffer[2])
{
    static const struct {
        char separator;
        const char *word;
    } words[] = { { ',', "comma" }, { ';', "semicolon" }, { '\t', "tab" }, { '|', "pipe" }, { ' ', "blank" } };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].separator == separator)
            return words[i].word;
    buffer[0] = separator;
    buffer[1] = '\0';
    return separator == '\0' ? NULL : buffer;
}

static const char *thousands_word(char mark)
{
    return mark == ',' ? "comma" : mark == '.' ? "point" : mark == ' ' ? "space" : mark == '\'' ? "apostrophe" : NULL;
}

static const char *first_of(const char *advised, const char *given)
{
    return advised != NULL ? advised : given;
}

/* units=: what is given and what is advised together. */
static const char *units_word(const char *given, const struct csv_advice *advice)
{
    bool cells = advice->units_in_cells || (given != NULL && strcmp(given, "row") != 0);
    bool row = advice->unit_row || (given != NULL && strcmp(given, "cells") != 0);

    return cells && row ? "both" : cells ? "cells" : row ? "row" : NULL;
}

/* types=: those that are given, and those that are advised. */
static void add_types(struct text *out, const char *given, const char *advised)
{
    struct text types = { 0 };

    if (given != NULL)
        text_addf(&types, "%s%s", given, advised != NULL ? "," : "");
    text_add(&types, advised != NULL ? advised : "");
    add_option(out, "types", text_string(&types), true);
    out->failed = out->failed || types.failed;
    text_clear(&types);
}

const char *load_options_text(struct arena *arena, const struct load_options *given, const struct csv_advice *advice)
{
    static const struct load_options none = { 0 };
    struct text out = { 0 };
    char buffer[2], number[24] = "";
    const char *decimal = advice->decimal == ',' ? "comma" : advice->decimal == '.' ? "point" : NULL;
    long skip, rows;

    if (given == NULL)
        given = &none;
    skip = advice->skip > 0 ? advice->skip : given->skip;
    if (skip > 0)
        snprintf(number, sizeof number, "%ld", skip);
    add_option(&out, "sep", first_of(separator_word(advice->separator, buffer), given->sep), false);
    add_option(&out, "decimal", first_of(decimal, given->decimal), false);
    add_option(&out, "thousands", first_of(thousands_word(advice->thousands), given->thousands), false);
    add_option(&out, "units", units_word(given->units, advice), false);
    for (size_t i = 0; given->na != NULL && given->na[i] != NULL; i++)
        add_option(&out, "na", given->na[i], true);
    for (int i = 0; i < advice->missing_count; i++)
        add_option(&out, "na", advice->missing[i], true);
    add_option(&out, "header", advice->no_header ? "no" : given->header, false);
    add_option(&out, "names", advice->unique_names ? "unique" : given->names, false);
    add_option(&out, "skip", number, false);
    rows = advice->rows > 0 ? advice->rows : given->rows;
    if (advice->unit_row && rows > 1 && units_word(given->units, &(struct csv_advice){ 0 }) != units_word(given->units, advice))
        rows--; /* the row of units was one of them */
    if (advice->no_header && rows > 0 && (given->header == NULL || strcmp(given->header, "no") != 0))
        rows++; /* the line that was taken for names is one of them */
    number[0] = '\0';
    if (rows > 0)
        snprintf(number, sizeof number, "%ld", rows);
    add_option(&out, "rows", number, false);
    add_types(&out, given->types, advice->types);
    add_option(&out, "encoding", given->encoding, false);
    add_option(&out, "sheet", given->sheet, true);
    add_option(&out, "table", given->table, true);
    add_option(&out, "query", given->query, true);
    add_option(&out, "imputation", given->imputation, true);
    return arena_take(arena, &out);
}

void load_add_lines(struct result *result, const char *lines)
{
    const char *end;

    for (; *lines != '\0'; lines = *end == '\0' ? end : end + 1) {
        end = lines + strcspn(lines, "\n");
        result_line(result, LINE_VERBATIM, "    %.*s", (int)(end - lines), lines);
    }
}

/* Breaks behind a blank outside of quotes. */
void load_break_lines(struct text *out, const char *command, int width)
{
    size_t begin = 0, last = 0;
    bool quoted = false;

    for (size_t i = 0; width > 0 && command[i] != '\0'; i++) {
        if (utf8_width_n(command + begin, i - begin) > width - 2 && last > begin) {
            text_add_bytes(out, command + begin, last - begin);
            text_add(out, "\\\n");
            begin = last;
        }
        if (command[i] == '\\' && quoted && command[i + 1] != '\0')
            i++;
        else if (command[i] == '"')
            quoted = !quoted;
        else if (command[i] == ' ' && !quoted)
            last = i + 1;
    }
    text_add(out, command + begin);
}

const char *load_command(struct arena *arena, const struct call *call, const char *options, int width)
{
    const struct word *file = &call->words[0];
    bool bare = file->quoted && strpbrk(file->text, "./") == NULL; /* else an example of that name might be loaded */
    struct text out = { 0 }, lines = { 0 };

    text_add(&out, "load ");
    load_add_word(&out, file->text, bare);
    if (call->word_count == 3) {
        text_add(&out, " as ");
        load_add_word(&out, call->words[2].text, false);
    }
    if (options[0] != '\0')
        text_addf(&out, ", %s", options);
    load_break_lines(&lines, text_string(&out), width);
    lines.failed = lines.failed || out.failed;
    text_clear(&out);
    return arena_take(arena, &lines);
}
